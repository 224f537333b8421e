//! What is built already: files that tell it, and what is left to build.

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use nix_ripple::cost::Cached;
use nix_ripple::graph::{EdgeId, Graph, NodeId};
use nix_ripple::nix::Digest;
use nix_ripple::reach::{RebuildSet, ToBuild, to_build};

use crate::graph_traits::{random_graphs, some};
use crate::needs;
use crate::nix_as_judge::{Store, nix, ran};
use crate::support::{self, Chance, testdata};

fn real(name: &str) -> PathBuf {
    testdata("costs/real").join(name)
}

fn minipkgs() -> &'static Graph {
    static GRAPH: LazyLock<Graph> = LazyLock::new(|| support::graph(&[testdata("minipkgs/drvs")]));
    &GRAPH
}

fn read<P: AsRef<Path>>(paths: &[P]) -> Cached {
    Cached::read(paths).unwrap_or_else(|error| panic!("{error}"))
}

/// The derivation with this output.
fn with_output(graph: &Graph, path: &str) -> NodeId {
    let digest = Digest::from_prefix(&path.as_bytes()["/nix/store/".len()..]).unwrap();
    let mut found = graph.nodes().filter(|&node| graph.outputs(node).any(|(_, of)| of == digest));
    found.next().unwrap_or_else(|| panic!("no {path}"))
}

/// The curl that was built for the fixtures.
fn curl(graph: &Graph) -> NodeId {
    with_output(graph, "/nix/store/53glj43iarc8s4jnx316by6w3vlr6z11-curl-8.0.1")
}

/// What is needed and made, by its definition: the least sets in which what is wanted, and what is used by
/// something that is made, is needed, and is made if it is not there.
fn naive(graph: &Graph, wanted: &[NodeId], is_there: impl Fn(NodeId, Option<EdgeId>) -> bool) -> ToBuild {
    let (mut needed, mut made) = (BTreeSet::new(), BTreeSet::new());
    loop {
        let before = (needed.len(), made.len());
        for node in graph.nodes().filter(|&node| graph.is_derivation(node)) {
            let mut asked: Vec<Option<EdgeId>> = wanted.iter().filter(|&&want| want == node).map(|_| None).collect();
            let consumers = graph.consumer_edges(node);
            asked.extend(consumers.filter(|(_, consumer)| made.contains(consumer)).map(|(edge, _)| Some(edge)));
            if !asked.is_empty() {
                needed.insert(node);
            }
            if asked.into_iter().any(|edge| !is_there(node, edge)) {
                made.insert(node);
            }
        }
        if (needed.len(), made.len()) == before {
            break;
        }
    }
    let of = |keep: &dyn Fn(&NodeId) -> bool| needed.iter().copied().filter(|node| keep(node)).collect();
    let missing = |node: &NodeId| graph.is_missing(*node);
    let fixed = |node: &NodeId| graph.is_fixed(*node);
    ToBuild {
        builds: of(&|node| made.contains(node) && !missing(node) && !fixed(node)),
        fetches: of(&|node| made.contains(node) && !missing(node) && fixed(node)),
        there: of(&|node| !made.contains(node)),
        unknown: of(&|node| made.contains(node) && missing(node)),
    }
}

#[test]
fn equals_its_definition() {
    let (mut builds, mut fetches, mut there) = (0, 0, 0);
    for (graph, mut chance) in random_graphs(71, 200, 60) {
        // any answers at all, also such as no cache gives
        let share = 1 + chance.below(6);
        let mut draw = |count: usize| -> Vec<bool> { (0..count).map(|_| chance.below(share) == 0).collect() };
        let (nodes, edges) = (draw(graph.node_count()), draw(graph.edge_count()));
        let is_there =
            |node: NodeId, edge: Option<EdgeId>| edge.map_or(nodes[node.index()], |edge| edges[edge.index()]);
        let wanted = some(&graph, &mut chance, 4);
        let found = to_build(&graph, &wanted, is_there);
        assert_eq!(found, naive(&graph, &wanted, is_there));
        builds += found.builds.len();
        fetches += found.fetches.len();
        there += found.there.len();
    }
    assert!(builds > 300 && fetches > 40 && there > 100, "{builds} {fetches} {there}");
}

/// With a cache of some outputs: what is there is decided output by output.
#[test]
fn of_a_cache() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    for (graph, mut chance) in random_graphs(72, 100, 60) {
        let all: Vec<(NodeId, String, Digest)> = graph
            .nodes()
            .flat_map(|node| graph.outputs(node).map(move |(output, digest)| (node, output.to_owned(), digest)))
            .collect();
        let kept: BTreeSet<(NodeId, String)> =
            all.iter().filter(|_| chance.below(3) > 0).map(|(node, output, _)| (*node, output.clone())).collect();
        let lines: String = all
            .iter()
            .filter(|(node, output, _)| kept.contains(&(*node, output.clone())))
            .map(|(_, _, digest)| format!("{}.narinfo\n", digest.as_str()))
            .collect();
        std::fs::write(&list, lines).unwrap();
        let cached = read(&[&list]);
        let has = |node: NodeId, output: &str| kept.contains(&(node, output.to_owned()));
        let is_there = |node: NodeId, edge: Option<EdgeId>| match edge {
            None => graph.outputs(node).all(|(output, _)| has(node, output)),
            Some(edge) => graph.used_outputs(edge).all(|output| has(node, output)),
        };
        let wanted = some(&graph, &mut chance, 4);
        assert_eq!(cached.to_build(&graph, &wanted), naive(&graph, &wanted, is_there));
        // beside a rebuild, of which nothing is there
        let set = RebuildSet::of(&graph, &wanted);
        let touched: Vec<NodeId> = set.nodes.iter().chain(&set.fetched).copied().collect();
        let new = |node: NodeId, edge: Option<EdgeId>| !touched.contains(&node) && is_there(node, edge);
        let mut expected = naive(&graph, &touched, new);
        for nodes in [&mut expected.builds, &mut expected.fetches, &mut expected.there] {
            nodes.retain(|node| !touched.contains(node));
        }
        assert_eq!(cached.beside(&graph, &touched), expected);
    }
}

/// What a dry run says: what will be built, and which paths will be fetched.
fn told(log: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut built, mut fetched) = (BTreeSet::new(), BTreeSet::new());
    let mut into = None;
    let mut counted = 0;
    for line in log.lines() {
        // "these 3 derivations", "this derivation"
        counted += match line.split(' ').next() {
            Some("these") => line.split(' ').nth(1).unwrap().parse::<usize>().unwrap(),
            Some("this") => 1,
            _ => 0,
        };
        if let Some(path) = line.strip_prefix("  /") {
            let into: &mut BTreeSet<String> = into.as_deref_mut().unwrap_or_else(|| panic!("{log}"));
            into.insert(format!("/{path}"));
        } else if line.contains("will be built") {
            into = Some(&mut built);
        } else if line.contains("will be fetched") {
            into = Some(&mut fetched);
        } else {
            panic!("{line}");
        }
    }
    assert_eq!(built.len() + fetched.len(), counted, "{log}");
    (built, fetched)
}

/// As Nix plans it: the same derivations, and of what is there, all that is used will be fetched.
fn as_planned(graph: &Graph, cached: &Cached, wanted: &[NodeId], log: &str) -> usize {
    let (built, fetched) = told(log);
    let found = cached.to_build(graph, wanted);
    let ours: BTreeSet<String> = found.builds.iter().chain(&found.fetches).map(|&node| graph.path(node)).collect();
    assert_eq!(ours, built);
    assert_eq!(found.unknown, []);
    let made: BTreeSet<NodeId> = found.builds.iter().chain(&found.fetches).copied().collect();
    for &node in &found.there {
        let used: BTreeSet<&str> = graph
            .consumer_edges(node)
            .filter(|(_, consumer)| made.contains(consumer))
            .flat_map(|(edge, _)| graph.used_outputs(edge))
            .chain(graph.outputs(node).map(|(output, _)| output).filter(|_| wanted.contains(&node)))
            .collect();
        for (output, digest) in graph.outputs(node).filter(|(output, _)| used.contains(output)) {
            let path = graph.output_path(node, output, digest);
            assert!(fetched.contains(&path), "{path} is not fetched:\n{log}");
        }
    }
    ours.len()
}

/// Dry runs of the real Nix, kept.
#[test]
fn as_nix_has_planned() {
    let graph = minipkgs();
    let mut counts = BTreeMap::new();
    for (name, _) in support::files(&real("dry-run")) {
        let Some(name) = name.strip_suffix(".cache") else { continue };
        let cached = read(&[real(&format!("dry-run/{name}.cache"))]);
        let log = std::fs::read_to_string(real(&format!("dry-run/{name}.log"))).unwrap();
        counts.insert(name.to_owned(), as_planned(graph, &cached, &[curl(graph)], &log));
    }
    let expected = [
        ("all", 0),
        ("curl-without-man", 164),
        ("nothing", 179),
        ("sources", 93),
        ("stdenv", 165),
        ("without-openssl-dev", 3),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

/// Dry runs of the real Nix, made now: random goals of the whole distribution, and caches of random outputs.
#[test]
fn as_nix_plans() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let folder = testdata("minipkgs");
    let select = ["--argstr", "system", "x86_64-linux"];
    let mut all = vec![folder.to_str().unwrap()];
    all.extend(select);
    store.instantiate(&all);
    let graph = minipkgs();
    let here: Vec<NodeId> = graph
        .nodes()
        .filter(|&node| {
            graph.is_derivation(node) && Path::new(&format!("{}{}", store.path(), graph.path(node))).exists()
        })
        .collect();
    assert!(here.len() > 800, "{}", here.len());
    let mut chance = Chance(73);
    let mut planned = Vec::new();
    for round in 0..24 {
        let cache = tempfile::tempdir().unwrap();
        std::fs::write(cache.path().join("nix-cache-info"), "StoreDir: /nix/store\n").unwrap();
        for &node in &here {
            for (output, digest) in graph.outputs(node) {
                // from nearly nothing to nearly everything
                if chance.below(16) < round % 16 {
                    let path = graph.output_path(node, output, digest);
                    let text = format!(
                        "StorePath: {path}\nURL: nar/x.nar\nCompression: none\nNarHash: sha256:{}\nNarSize: 1\nReferences: \n",
                        "0".repeat(52)
                    );
                    std::fs::write(cache.path().join(format!("{}.narinfo", digest.as_str())), text).unwrap();
                }
            }
        }
        let wanted: Vec<NodeId> = (0..1 + chance.below(5)).map(|_| *chance.pick(&here)).collect();
        let mut command = nix("nix-store");
        command.args(["--store", store.path(), "--realise", "--dry-run", "--option", "substitute", "true"]);
        command.args(["--option", "require-sigs", "false", "--option", "substituters"]);
        command.arg(format!("file://{}", cache.path().display()));
        command.args(wanted.iter().map(|&node| graph.path(node)));
        let log = String::from_utf8(ran(&mut command).stderr).unwrap();
        let cached = if round % 16 == 0 { Cached::default() } else { read(&[cache.path()]) };
        planned.push(as_planned(graph, &cached, &wanted, &log));
    }
    assert!(planned.iter().filter(|&&count| count > 0).count() > 12, "{planned:?}");
    assert!(planned.iter().filter(|&&count| count < 100).count() > 4, "{planned:?}");
}

/// Every form tells the same of what it tells of.
#[test]
fn every_form() {
    let graph = minipkgs();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let narinfo = support::files(&real("narinfo"));
    let names: Vec<&str> = narinfo.iter().map(|(name, _)| name.as_str()).collect();
    let paths: Vec<String> = narinfo
        .iter()
        .map(|(_, text)| {
            let text = std::str::from_utf8(text).unwrap();
            text.lines().next().unwrap().strip_prefix("StorePath: ").unwrap().to_owned()
        })
        .collect();
    let lines = |line: &dyn Fn(usize) -> String| -> String {
        (0..names.len()).fold(String::new(), |mut text, at| {
            writeln!(text, "{}", line(at)).unwrap();
            text
        })
    };
    let runtime: Vec<PathBuf> = vec![
        real("narinfo"),
        real("path-info-2.8.json"),
        real("path-info-2.8-cache.json"),
        write("names", lines(&|at| names[at].to_owned())),
        write("hashes", lines(&|at| names[at][..32].to_owned())),
        write("paths", format!("# made today\r\n\r\n{}", lines(&|at| format!("{}\t  {at}.0 KiB\r", paths[at])))),
        write("base-names", lines(&|at| paths[at]["/nix/store/".len()..].to_owned())),
        write("addresses", lines(&|at| format!("https://cache.example/{}", names[at]))),
        write("folder", format!("nix-cache-info\nnar\nlog\n{}", lines(&|at| format!("./{}", names[at])))),
        write("byte-order-mark", format!("\u{feff}{}", lines(&|at| names[at][..32].to_owned()))),
        write(
            "byte-order-mark.json",
            format!("\u{feff}{}", std::fs::read_to_string(real("path-info-2.8.json")).unwrap()),
        ),
        write("derivations", format!("{}{}\n", lines(&|at| paths[at].clone()), graph.path(curl(graph)))),
    ];
    for file in &runtime {
        let cached = read(&[file]);
        assert_eq!(cached.uses(graph)[0].1, paths.len() as u64, "{}", file.display());
        assert_eq!(
            cached.to_build(graph, &[curl(graph)]),
            read(&[real("dry-run/all.cache")]).to_build(graph, &[curl(graph)])
        );
        let there: Vec<bool> = graph.nodes().map(|node| cached.has_all(graph, node)).collect();
        let expected: Vec<bool> = graph.nodes().map(|node| read_once(&runtime[0]).has_all(graph, node)).collect();
        assert_eq!(there, expected, "{}", file.display());
    }
    // a single narinfo file, and several files together
    let one = read(&[real("narinfo").join(names[0])]);
    assert_eq!(one.uses(graph)[0].1, 1);
    let each: Vec<PathBuf> = names.iter().map(|name| real("narinfo").join(name)).collect();
    assert!(read(&each).has_all(graph, curl(graph)) && !one.has_all(graph, curl(graph)));
    // the store has built all of it
    let store = read(&[real("db.sqlite")]);
    assert_eq!(store.uses(graph)[0].2 as usize, read(&[real("dry-run/all.cache")]).uses(graph)[0].2 as usize);
    let wanted = read(&[real("dry-run/nothing.cache")]).to_build(graph, &[curl(graph)]);
    assert_eq!(wanted.builds.len() + wanted.fetches.len(), 179);
    assert!(wanted.builds.iter().chain(&wanted.fetches).all(|&node| store.has_all(graph, node)));
    // other versions: six of them
    for name in ["path-info-2.19.json", "path-info-2.33-1.json", "path-info-2.33-2.json"] {
        assert_eq!(read(&[real(name)]).uses(graph)[0].1, 6, "{name}");
    }
}

fn read_once(path: &Path) -> &'static Cached {
    static READ: LazyLock<Cached> = LazyLock::new(|| read(&[real("narinfo")]));
    assert_eq!(path, real("narinfo"));
    &READ
}

/// nix-eval-jobs: what is cached or local is, in both forms; what can be substituted is, too.
#[test]
fn eval_jobs() {
    let graph = minipkgs();
    let openssl = with_output(graph, "/nix/store/vdanyir7z086py3m0qj7cxr5n17gxs0n-openssl-3.0.8");
    let perl = with_output(graph, "/nix/store/9cnmlgxjs14s07vanalykf5mljk9b86q-perl-5.36.0");
    for (name, substituted) in [("eval-jobs.jsonl", true), ("eval-jobs-is-cached.jsonl", false)] {
        let cached = read(&[real(name)]);
        let there = [curl(graph), openssl, perl].map(|node| cached.has_all(graph, node));
        assert_eq!(there, [true, true, false], "{name}");
        let zlib = Digest::from_prefix(b"pnwi9dh3hsqifljw5jssmkv5hcx9x38l").unwrap();
        assert_eq!(cached.has(zlib), substituted, "{name}");
    }
}

#[test]
fn refusals() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &[u8], told: &str| {
        let path = folder.path().join("x");
        std::fs::write(&path, text).unwrap();
        let error = Cached::read(&[&path]).map(|cached| cached.uses(minipkgs())).unwrap_err().to_string();
        assert!(error.contains(told), "{}: {error}", String::from_utf8_lossy(text));
    };
    const NAME: &str = "53glj43iarc8s4jnx316by6w3vlr6z11-curl-8.0.1";
    check(b"curl\n", "x: tells of no cache; expected store paths");
    check(b"\xff\xfe\n", "tells of no cache");
    let derivations = "x: tells of derivations (.drv) alone, which are no outputs; expected the paths that they build";
    check(format!("# mine\n/nix/store/{NAME}.drv\n").as_bytes(), derivations);
    check(format!(r#"[{{"path":"/nix/store/{NAME}.drv","narSize":8}}]"#).as_bytes(), derivations);
    check(b"<html>", "tells of no cache");
    check(
        format!("{NAME}\n\ncurl 8\n").as_bytes(),
        "x, line 3: expected a store path, its hash or the name of a narinfo file, found 'curl'",
    );
    check(format!("{}\n{}\n", &NAME[..32], &NAME[..31]).as_bytes(), "line 2: expected");
    check(format!("StorePath: /nix/store/{NAME}\n").as_bytes(), "expected a line 'References");
    check(b"{\"a\": 3", "expected what 'nix path-info --json' prints");
    check(b"[{}]", "entry 0 of the list: expected a field 'path'");
    check(b"SQLite format 3\0", "not a database");
    check(
        br#"{"attr":"a","drvPath":"/nix/store/x.drv","name":"a"}"#,
        "make it with 'nix-eval-jobs --check-cache-status'",
    );
    check(
        br#"{"attr":"a","cacheStatus":"perhaps"}"#,
        "attribute 'a': expected a cacheStatus of local, cached or notBuilt, found 'perhaps'",
    );
    check(br#"{"attr":"a","isCached":"yes"}"#, "invalid type: string \"yes\", expected a boolean");
    check(br#"{"attr":"a","isCached":true,"drvPath":"x"}"#, "attribute 'a': 'x': a store path begins");
    check(b"{\"attr\":\"a\",\"isCached\":true}\n{\"attr\":\"b\",", "EOF while parsing");
    let error = Cached::read(&[folder.path().join("none")]).unwrap_err().to_string();
    assert!(error.contains("none: No such file"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    let error = Cached::read(&[empty.path()]).unwrap_err().to_string();
    assert!(error.contains("no narinfo file in it"), "{error}");
}

/// A file in which nothing is, as a command that fails leaves it, is taken as it is, and told of.
#[test]
fn an_empty_file() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["", "\n", "\u{feff}"] {
        let path = folder.path().join("x");
        std::fs::write(&path, text).unwrap();
        let cached = read(&[&path]);
        let [note] = cached.notes() else { panic!("{:?}", cached.notes()) };
        assert!(note.ends_with("x: is empty: nothing is taken to be built already"), "{note}");
        assert_eq!(cached.uses(minipkgs())[0].1, 0);
    }
    assert!(read(&[real("dry-run/all.cache")]).notes().is_empty());
}

/// What comes through a pipe can be read once, and says what it says in a file.
#[test]
fn pipes() {
    let graph = minipkgs();
    let shell = |file: &str| {
        let arguments = "exec \"$0\" cost pname:curl -c \"$1\" --format json --cached <(cat \"$2\")";
        let mut command = std::process::Command::new("bash");
        command.args(["-c", arguments, env!("CARGO_BIN_EXE_nix-ripple")]).args([testdata("minipkgs/drvs"), real(file)]);
        command.output().unwrap()
    };
    let of_file = |file: &str| {
        let wanted: Vec<NodeId> =
            graph.nodes().filter(|&node| graph.is_derivation(node) && graph.pname(node) == "curl").collect();
        read(&[real(file)]).to_build(graph, &wanted).builds.len()
    };
    for file in ["path-info-2.8.json", "path-info-2.8-cache.json", "dry-run/all.cache", "eval-jobs.jsonl"] {
        let ran = shell(file);
        let report: serde_json::Value = serde_json::from_slice(&ran.stdout)
            .unwrap_or_else(|error| panic!("{file}: {error}: {}", String::from_utf8_lossy(&ran.stderr)));
        assert_eq!(report["to_have"]["builds"], of_file(file), "{file}");
    }
    let narinfo = support::files(&real("narinfo"));
    let (name, _) = narinfo.first().unwrap();
    assert!(shell(&format!("narinfo/{name}")).status.success());
    let told = String::from_utf8(shell("db.sqlite").stderr).unwrap();
    assert!(told.contains("Nix's store database through a pipe; give the file itself"), "{told}");
}

/// A database that somebody writes for long, and one of something else.
#[test]
fn databases_that_do_not_serve() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("db.sqlite");
    std::fs::copy(real("db.sqlite"), &copy).unwrap();
    let writer = rusqlite::Connection::open(&copy).unwrap();
    writer.execute_batch("begin exclusive;").unwrap();
    let error = Cached::read(&[&copy]).unwrap_err().to_string();
    assert!(error.contains("in use, and was not free for 5 seconds; try again when Nix is done"), "{error}");
    writer.execute_batch("commit;").unwrap();
    assert_eq!(read(&[&copy]).uses(minipkgs())[0].1, 248);
    // of another program, and damaged
    let other = folder.path().join("other.sqlite");
    rusqlite::Connection::open(&other).unwrap().execute_batch("create table moz_places (id)").unwrap();
    let error = Cached::read(&[&other]).unwrap_err().to_string();
    assert!(error.contains("a database without Nix's table ValidPaths"), "{error}");
    let whole = std::fs::read(&copy).unwrap();
    std::fs::write(&other, &whole[..whole.len() / 2]).unwrap();
    let error = Cached::read(&[&other]).unwrap_err().to_string();
    assert!(error.contains("other.sqlite: database disk image is malformed"), "{error}");
}
