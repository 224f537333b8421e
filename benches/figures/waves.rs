//! Waves of the fixed lists of bumps (`testdata/waves`): plan and frontier, the whole process.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Corpus, Row, median, ms, peak_memory, say, time};

pub(crate) fn waves(corpus: &Corpus, table: &mut Vec<Row>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join("../shared/data").exists() {
        say("waves: left out, for the lists of bumps are of ../shared/data");
        return;
    }
    for (bumps, list, rounds, goal) in
        [(200, "nixpkgs-2018-200.toml", 5, ["10 s", "1 GiB"]), (1_000, "nixpkgs-2018-1000.txt", 3, ["60 s", "1 GiB"])]
    {
        let file = root.join("testdata/waves").join(list);
        let command = |farm: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_nix-ripple"));
            command.args(["waves", "--format", "json", "--bumps"]).arg(&file).arg("-c").arg(&corpus.snapshot);
            command.args(farm).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let run = |farm: &[&str]| {
            let once = || assert!(command(farm).status().expect("the program").success());
            median((0..rounds).map(|_| time(once)).collect())
        };
        let [farm, alone] = [&["--builders", "64"][..], &[]].map(run);
        table.push([
            format!("waves of {bumps} bumps with the frontier, the whole process"),
            ms(alone),
            format!("with the makespans on 64 builders: {}", ms(farm)),
            goal[0].to_owned(),
        ]);
        let [farm, alone] = [&["--builders", "64"][..], &[]].map(|farm| peak_memory(&mut command(farm)));
        table.push([
            "the same, peak memory of the process".to_owned(),
            alone,
            format!("with the makespans: {farm}"),
            goal[1].to_owned(),
        ]);
    }
}
