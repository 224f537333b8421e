//! The figures of the README, measured: `cargo bench`.
//!
//! Each figure is the median of several rounds; what is compared is run side by side, in turns, so
//! that noise meets both. With `../shared/data` the real nixpkgs of 2018 is read, without it
//! `testdata/minipkgs` (and a line says so).

use std::collections::BTreeSet;
use std::fs;
use std::hint::black_box;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix_ripple::graph::{BuildOptions, EdgeId, Graph, build};
use nix_ripple::ingest::{IngestOptions, Input, Progress, RawClosure, ingest, ingest_texts};
use nix_ripple::reach::{EdgeRemedy, Edits, Treatment, savings, savings_of_edges};
use nix_ripple::role::EffectiveInputs;

mod compare;
mod diff;
mod generate;
mod outputs;
mod rank;
mod spurious;
mod waves;

pub(crate) const ROUNDS: usize = 11;

fn main() {
    let scratch = tempfile::tempdir().expect("a folder for scratch files");
    let corpus = Corpus::prepare(scratch.path());
    let mut table = Vec::new();
    say(&format!("corpus: {}", corpus.what));

    drv_files(&corpus, &mut table);
    aterm(&corpus, &mut table);
    json(&corpus, scratch.path(), &mut table);
    impact(&corpus, &mut table);
    judged(&corpus, scratch.path(), &mut table);
    diff::diff(&corpus, scratch.path(), &mut table);
    compare::comparison(scratch.path(), &mut table);
    rank::rank(&corpus, &mut table);
    remedies(&corpus, &mut table);
    spurious::spurious(&corpus, &mut table);
    waves::waves(&corpus, &mut table);
    rank::generated(&mut table);
    outputs::outputs(&mut table);

    let mut out = comfy_table::Table::new();
    out.load_style(comfy_table::presets::ASCII_MARKDOWN);
    out.set_header(["what", "median", "beside", "to reach"]);
    for row in table {
        out.add_row(row);
    }
    say(&out.to_string());
}

type Row = [String; 4];

fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{text}");
}

/// What is measured on.
struct Corpus {
    what: &'static str,
    /// `nix derivation show` JSON.
    json: PathBuf,
    /// The same derivations as files.
    drvs: PathBuf,
    snapshot: PathBuf,
    /// A bump that rebuilds much.
    bump: &'static str,
}

impl Corpus {
    fn prepare(scratch: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shared = root.join("../shared/data");
        let drvs = scratch.join("drvs");
        fs::create_dir(&drvs).expect("scratch");
        let json = scratch.join("closure.json");
        let (what, attributes) = if shared.join("nixpkgs-2018.json.zst").exists() {
            unpack(&shared.join("nixpkgs-2018.json.zst"), &json);
            ("nixpkgs of 2018 (../shared/data)", shared.join("nixpkgs-2018-attrs.json.zst"))
        } else {
            write_json(&root.join("testdata/minipkgs/drvs"), &json);
            ("testdata/minipkgs, for ../shared/data is not there", root.join("testdata/minipkgs/outpaths.json"))
        };
        write_drvs(&json, &drvs);
        let snapshot = scratch.join("closure.ripple");
        to_graph(&[&json, &attributes]).save(&snapshot).expect("a snapshot");
        Self { what, json, drvs, snapshot, bump: "curl" }
    }

    /// The files' names and texts, one after the other in memory.
    fn texts(&self) -> (Vec<(String, std::ops::Range<usize>)>, Vec<u8>) {
        let mut names: Vec<String> = names(&self.drvs);
        names.sort();
        let mut bytes = Vec::new();
        let entries = names
            .into_iter()
            .map(|name| {
                let start = bytes.len();
                bytes.extend_from_slice(&fs::read(self.drvs.join(&name)).expect("a file just written"));
                (name, start..bytes.len())
            })
            .collect();
        (entries, bytes)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect()
}

fn unpack(from: &Path, to: &Path) {
    let mut decoder = zstd::Decoder::new(fs::File::open(from).expect("the closure")).expect("zstd");
    decoder.window_log_max(31).expect("zstd");
    let mut text = Vec::new();
    decoder.read_to_end(&mut text).expect("zstd");
    fs::write(to, text).expect("scratch");
}

/// Derivations as JSON of the oldest shape.
fn write_json(folder: &Path, to: &Path) {
    use serde_json::{Map, Value, json};
    let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes).into_owned());
    let mut all = Map::new();
    for name in names(folder) {
        let bytes = fs::read(folder.join(&name)).expect("a derivation");
        let drv = nix_ripple::nix::aterm::parse(&bytes).expect("a derivation");
        let outputs: Map<String, Value> = drv
            .outputs
            .iter()
            .map(|o| {
                let mut fields = Map::new();
                for (key, value) in [("path", &o.path), ("hashAlgo", &o.algorithm), ("hash", &o.hash)] {
                    if !value.is_empty() {
                        fields.insert(key.to_owned(), text(value));
                    }
                }
                (String::from_utf8_lossy(&o.name).into_owned(), Value::from(fields))
            })
            .collect();
        let inputs: Map<String, Value> = drv
            .input_derivations
            .iter()
            .map(|(path, used)| {
                (String::from_utf8_lossy(path).into_owned(), used.names.iter().map(|n| text(n)).collect())
            })
            .collect();
        let env: Map<String, Value> =
            drv.environment.iter().map(|(k, v)| (String::from_utf8_lossy(k).into_owned(), text(v))).collect();
        let value = json!({
            "outputs": outputs, "inputDrvs": inputs,
            "inputSrcs": drv.input_sources.iter().map(|s| text(s)).collect::<Vec<_>>(),
            "system": text(&drv.system), "builder": text(&drv.builder),
            "args": drv.arguments.iter().map(|a| text(a)).collect::<Vec<_>>(), "env": env,
        });
        all.insert(format!("/nix/store/{name}"), value);
    }
    fs::write(to, serde_json::to_vec(&all).expect("JSON")).expect("scratch");
}

/// The derivations of a JSON text as files.
fn write_drvs(json: &Path, folder: &Path) {
    let all: std::collections::BTreeMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_slice(&fs::read(json).expect("the closure")).expect("JSON");
    for (path, text) in all {
        let base = path.rsplit('/').next().unwrap_or(&path);
        let name = base.get(33..).and_then(|name| name.strip_suffix(".drv")).unwrap_or(base);
        let drv = nix_ripple::nix::json::parse(text.get().as_bytes(), "/nix/store", name).expect("a derivation");
        fs::write(folder.join(base), nix_ripple::nix::aterm::print(&drv)).expect("scratch");
    }
}

fn read(paths: &[&PathBuf]) -> RawClosure {
    let inputs: Vec<Input> = paths.iter().map(|path| Input::Path((*path).clone())).collect();
    ingest(&inputs, &IngestOptions::default(), &Progress::default()).expect("a closure").0
}

fn to_graph(paths: &[&PathBuf]) -> Graph {
    build(&read(paths), BuildOptions::default()).expect("a graph").0
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// Runs both in turns and gives the medians.
fn side_by_side(rounds: usize, mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        others.push(time(&mut other));
        ones.push(time(&mut one));
    }
    (median(ones), median(others))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn ratio(one: Duration, other: Duration) -> String {
    format!("{:.2} x", one.as_secs_f64() / other.as_secs_f64())
}

/// Reading the files of a folder with and without parsing them: listed while they are read, on the
/// same number of threads. Beside it, reading them when their names are known already.
fn drv_files(corpus: &Corpus, table: &mut Vec<Row>) {
    let all = names(&corpus.drvs);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let listed = || {
        let (sender, receiver) = std::sync::mpsc::channel::<Vec<std::ffi::OsString>>();
        let receiver = std::sync::Mutex::new(receiver);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Ok(part) = { receiver.lock().expect("no reader panics").recv() } {
                        for name in part {
                            black_box(fs::read(corpus.drvs.join(name)).expect("a file").len());
                        }
                    }
                });
            }
            let mut part = Vec::new();
            for entry in fs::read_dir(&corpus.drvs).expect("a folder") {
                part.push(entry.expect("an entry").file_name());
                if part.len() == 256 {
                    sender.send(std::mem::take(&mut part)).expect("readers");
                }
            }
            sender.send(part).expect("readers");
            drop(sender);
        });
    };
    let known = || {
        std::thread::scope(|scope| {
            for part in all.chunks(all.len().div_ceil(threads)) {
                scope.spawn(move || {
                    for name in part {
                        black_box(fs::read(corpus.drvs.join(name)).expect("a file").len());
                    }
                });
            }
        });
    };
    let (mut parsed, mut with_listing, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        parsed.push(time(|| read(&[&corpus.drvs])));
        with_listing.push(time(listed));
        without.push(time(known));
    }
    let (parsed, with_listing, without) = (median(parsed), median(with_listing), median(without));
    table.push([
        format!("a folder of {} .drv files read and parsed", all.len()),
        ms(parsed),
        format!(
            "{} of reading it alone ({}); {} where the names are known ({})",
            ratio(parsed, with_listing),
            ms(with_listing),
            ratio(parsed, without),
            ms(without)
        ),
        "1.3 x".to_owned(),
    ]);
}

/// Parsing with edges and mentions from memory, on one thread.
fn aterm(corpus: &Corpus, table: &mut Vec<Row>) {
    let (entries, bytes) = corpus.texts();
    let run = || {
        let texts = entries.iter().map(|(name, range)| (name.as_str(), &bytes[range.clone()]));
        black_box(ingest_texts("/nix/store", texts).expect("derivations").derivation_count());
    };
    let skim = || {
        // what only finds strings and brackets does at least
        black_box(memchr::memchr2_iter(b'"', b'\\', &bytes).count());
    };
    let (parsed, skimmed) = side_by_side(ROUNDS, run, skim);
    let rate = |time: Duration| format!("{:.2} GB/s", bytes.len() as f64 / time.as_secs_f64() / 1e9);
    table.push([
        format!("ATerm with edges and mentions, {:.0} MB in memory, one thread", bytes.len() as f64 / 1e6),
        rate(parsed),
        format!("counting quotes: {}", rate(skimmed)),
        "1 GB/s".to_owned(),
    ]);
}

/// From JSON to a snapshot on disk.
fn json(corpus: &Corpus, scratch: &Path, table: &mut Vec<Row>) {
    let to = scratch.join("bench.ripple");
    let run = || to_graph(&[&corpus.json]).save(&to).expect("a snapshot");
    let skip = || {
        let reader = BufReader::new(fs::File::open(&corpus.json).expect("the closure"));
        serde_json::from_reader::<_, serde::de::IgnoredAny>(reader).expect("JSON");
    };
    let (ours, skipped) = side_by_side(ROUNDS, run, skip);
    table.push([
        format!("JSON ({:.0} MB) to a snapshot", fs::metadata(&corpus.json).map_or(0.0, |m| m.len() as f64 / 1e6)),
        ms(ours),
        format!("{} of serde_json skipping it ({})", ratio(ours, skipped), ms(skipped)),
        "3 x, 1.5 s".to_owned(),
    ]);
    let binary = env!("CARGO_BIN_EXE_nix-ripple");
    let peak = peak_memory(Command::new(binary).args(["-q", "ingest"]).arg(&corpus.json).arg("-o").arg(&to));
    table.push(["the same, peak memory of the process".to_owned(), peak, String::new(), "400 MB".to_owned()]);
}

/// The peak of a process's resident memory, as Linux tells it when a child ends.
fn peak_memory(command: &mut Command) -> String {
    let child = command.spawn();
    let Ok(mut child) = child else { return "not measured".to_owned() };
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0u64;
    while matches!(child.try_wait(), Ok(None)) {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    }
    format!("{:.0} MB", peak as f64 * 1024.0 / 1e6)
}

/// The whole process, from the snapshot.
fn impact(corpus: &Corpus, table: &mut Vec<Row>) {
    let binary = env!("CARGO_BIN_EXE_nix-ripple");
    let run = |arguments: &[&str]| {
        let output =
            Command::new(binary).args(arguments).arg("-c").arg(&corpus.snapshot).output().expect("the program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let (whole, bare) = side_by_side(31, || run(&["impact", corpus.bump]), || run(&["--version"]));
    table.push([
        format!("impact {}, the whole process", corpus.bump),
        ms(whole),
        format!("the process alone: {}", ms(bare)),
        "40 ms".to_owned(),
    ]);
}

/// What evidence adds: the inputs of a package with all that comes along, and a bump with its needless
/// builds. Without `../shared/data` there is no evidence, and the bump is told with a remedy alone.
fn judged(corpus: &Corpus, scratch: &Path, table: &mut Vec<Row>) {
    let binary = env!("CARGO_BIN_EXE_nix-ripple");
    let evidence = scratch.join("evidence.jsonl");
    let pairs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/nixpkgs-2018-nocheck.json.zst");
    let (package, bump) = if pairs.exists() {
        let (json, evidence) = (corpus.json.as_os_str(), evidence.as_os_str());
        let arguments =
            ["probe".as_ref(), "--compare".as_ref(), pairs.as_os_str(), "-c".as_ref(), json, "-o".as_ref(), evidence];
        let output = Command::new(binary).args(arguments).output().expect("the program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        ("python36Packages.pandas", "pytest")
    } else {
        fs::write(&evidence, r#"{"version": 2, "evidence": [], "failures": []}"#).expect("scratch");
        ("python311Packages.pandas", "pytest")
    };
    let evidence = evidence.to_str().expect("a path of text");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(binary);
        command.args(arguments).args(["--evidence", evidence, "-c"]).arg(&corpus.snapshot);
        let output = command.output().expect("the program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let (inputs, impact) = side_by_side(31, || run(&["inputs", package, "--effective"]), || run(&["impact", bump]));
    table.push([
        format!("inputs {package} --effective, the whole process"),
        ms(inputs),
        String::new(),
        "100 ms".to_owned(),
    ]);
    table.push([format!("impact {bump} with its needless builds"), ms(impact), String::new(), "100 ms".to_owned()]);
}

/// What each of 10,000 remedies saves, on edges by chance that do not lead to a fixed-output
/// derivation. Beside it, editing the graph and counting again, for some of them.
fn remedies(corpus: &Corpus, table: &mut Vec<Row>) {
    const SOME: usize = 200;
    let graph = Graph::open(&corpus.snapshot).expect("a snapshot");
    let mut random = generate::Random::new(10_000);
    let edges = std::iter::repeat_with(|| EdgeId(random.below(graph.edge_count()) as u32));
    let ways = [Treatment::Drop, Treatment::Detach, Treatment::Split].into_iter().cycle();
    let picked: Vec<(EdgeId, Treatment)> =
        edges.filter(|&edge| !graph.is_fixed(graph.edge_consumer(edge))).zip(ways).take(10_000).collect();
    // who names the input by itself, where a propagated list loses it
    let with_receivers = || -> Vec<EdgeRemedy> {
        use rayon::prelude::*;
        let effective = EffectiveInputs::new(&graph);
        let remedy = |&(edge, treatment): &(EdgeId, Treatment)| {
            let removed = if treatment == Treatment::Split { BTreeSet::new() } else { BTreeSet::from([edge]) };
            let receivers = effective.receivers(&removed).into_iter().map(|(_, receiver, _)| receiver).collect();
            EdgeRemedy { edge, treatment, receivers }
        };
        picked.par_iter().map(remedy).collect()
    };
    let remedies = with_receivers();
    let one_by_one = || {
        let edited = remedies[..SOME].iter().map(|remedy| {
            let mut edits = Edits::default();
            edits.treat(remedy.edge, remedy.treatment);
            remedy.receivers.iter().for_each(|&receiver| edits.add(graph.edge_input(remedy.edge), receiver));
            savings(&graph, &[graph.edge_input(remedy.edge)], &edits, None)
        });
        edited.collect::<Vec<_>>()
    };
    assert_eq!(savings_of_edges(&graph, &remedies, None)[..SOME], one_by_one(), "both save the same");
    let ours = || drop(black_box(savings_of_edges(&graph, &with_receivers(), None)));
    let (ours, naive) = side_by_side(ROUNDS, ours, || drop(black_box(one_by_one())));
    table.push([
        format!("savings of {} edges, receivers found", remedies.len()),
        ms(ours),
        format!("{SOME} of them one by one: {}; peak memory of the benches so far: {}", ms(naive), own_peak()),
        "20 s, 1 GiB".to_owned(),
    ]);
}

/// The peak of this process's resident memory, as Linux tells it.
fn own_peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("?", str::trim).to_owned()
}
