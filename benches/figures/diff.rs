//! Two snapshots compared.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use nix_ripple::graph::Graph;
use nix_ripple::proof::Texts;
use nix_ripple::query::Diff;

use super::{Corpus, Row, median, ms, peak_memory, side_by_side, time, to_graph, unpack};

/// The day before, and the day: the whole process from two snapshots, and the comparison alone. Without
/// `../shared/data` a closure is compared with itself, where there is nothing to find.
pub(crate) fn diff(corpus: &Corpus, scratch: &Path, table: &mut Vec<Row>) {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let attributes = shared.join("nixpkgs-2018-before-attrs.json.zst");
    let before = if attributes.exists() {
        let (json, snapshot) = (scratch.join("before.json"), scratch.join("before.ripple"));
        unpack(&shared.join("nixpkgs-2018-before.json.zst"), &json);
        to_graph(&[&json, &attributes]).save(&snapshot).expect("a snapshot");
        snapshot
    } else {
        corpus.snapshot.clone()
    };
    let binary = env!("CARGO_BIN_EXE_nix-ripple");
    let command = || {
        let mut command = Command::new(binary);
        command.args(["diff", "--quiet"]).args([&before, &corpus.snapshot]).stdout(std::process::Stdio::null());
        command
    };
    let one = |snapshot: &Path| {
        let mut command = Command::new(binary);
        command.args(["impact", corpus.bump, "-c"]).arg(snapshot).stdout(std::process::Stdio::null());
        command
    };
    let run = |mut command: Command| assert!(command.status().expect("the program").success());
    let (whole, impact) = side_by_side(31, || run(command()), || run(one(&corpus.snapshot)));
    table.push([
        "diff of two snapshots, the whole process".to_owned(),
        ms(whole),
        format!("impact {}, side by side: {}", corpus.bump, ms(impact)),
        "150 ms".to_owned(),
    ]);
    table.push([
        "the same, peak memory of the process".to_owned(),
        peak_memory(&mut command()),
        format!("impact {}: {}", corpus.bump, peak_memory(&mut one(&corpus.snapshot))),
        "2 x one graph".to_owned(),
    ]);
    let (old, new) = (Graph::open(&before).expect("a snapshot"), Graph::open(&corpus.snapshot).expect("a snapshot"));
    let none = Texts::default();
    let alone = || {
        let diff = Diff::of(&old, &new);
        black_box(diff.report([String::new(), String::new()], [&none, &none], Vec::new(), None));
    };
    let times = (0..31).map(|_| time(alone)).collect();
    table.push(["the comparison and its causes alone".to_owned(), ms(median(times)), String::new(), String::new()]);
}
