//! Bytes of nodes: which records tell of an output, and what stands for one that none tells of.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use nix_ripple::cost::{Bytes, Costs, OutputSize, SizeClass, SizeMatch, SizeReason, SizeRecords, Sizes};
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::proof::outputs::{MOST_BYTES, StoreDatabase};
use nix_ripple::query::{Bump, CostParams, explain_costs};

use crate::needs;
use crate::nix_as_judge::{Store, build_in, nix, ran, sandbox_works};
use crate::support::{self, Recipe, folder, graph, testdata};

fn node(graph: &Graph, name: &str) -> NodeId {
    let mut found = graph.nodes().filter(|&node| graph.name(node) == name);
    let node = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "several {name}");
    node
}

/// A folder of files that tell sizes.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// As `nix path-info --json` prints it: paths with their fields.
    fn path_info(&self, name: &str, entries: &[(&str, &str)]) -> PathBuf {
        let mut text = String::new();
        for (path, fields) in entries {
            let between = if text.is_empty() { "" } else { ",\n" };
            write!(text, r#"{between}{{"path":"{path}","references":[],{fields}}}"#).unwrap();
        }
        let file = self.0.path().join(name);
        std::fs::write(&file, format!("[{text}]")).unwrap();
        file
    }
}

fn sizes(graph: &Graph, files: &[PathBuf]) -> Sizes {
    Sizes::new(graph, SizeRecords::read(files).unwrap_or_else(|error| panic!("{error}"))).unwrap()
}

/// Curl in two versions and on two systems, each with two outputs, its source, and what uses them.
fn packages() -> (Vec<Recipe>, Graph) {
    let source = Recipe::new(1, "curl-8.5.0.tar.gz").fixed();
    let curl = Recipe::new(2, "curl-8.5.0").outputs(&["dev", "out"]).input(&source, "src");
    let mut darwin = Recipe::new(3, "curl-8.5.0").outputs(&["dev", "out"]).input(&source, "src");
    darwin.system = "x86_64-darwin".to_owned();
    let old = Recipe::new(4, "curl-7.1").outputs(&["dev", "out"]);
    let mut app = Recipe::new(5, "app-1.0").input(&curl, "buildInputs");
    app.sources.push(format!("/nix/store/{:032}-script.sh", 9_000_000));
    let recipes = vec![source, curl, darwin, old, app];
    let drvs = folder(&recipes);
    let graph = graph(&[drvs.path()]);
    (recipes, graph)
}

/// What is told of the outputs of a node: bytes, download, and how they were found.
fn told(sizes: &Sizes, graph: &Graph, node: NodeId) -> Vec<(String, u64, Option<Bytes>, String)> {
    let how = |size: &OutputSize<'_>| match &size.reason {
        SizeReason::Matched(SizeMatch::Path(file)) => {
            format!("path in {}", sizes.file(*file).rsplit('/').next().unwrap())
        }
        SizeReason::Matched(SizeMatch::Name(spread)) => format!("name of {}", spread.count),
        SizeReason::Matched(SizeMatch::Pname(spread)) => format!("pname of {}", spread.count),
        SizeReason::Class(class, spread) => format!("{class}: {}", spread.count),
    };
    let outputs = sizes.outputs(graph, node);
    outputs.map(|size| (size.output.to_owned(), size.bytes, size.download, how(&size))).collect()
}

fn of(recipes: &[Recipe], graph: &Graph, number: usize) -> NodeId {
    let path = recipes[number - 1].path();
    graph.nodes().find(|&node| graph.path(node) == path).unwrap()
}

/// From near to far: the path, the name, the pname, a class. A node is measured if each of its outputs is.
#[test]
fn from_near_to_far() {
    let (recipes, graph) = packages();
    let files = Files::new();
    let path = |number: usize, output: &str| recipes[number - 1].output_path(output);
    let one = files.path_info(
        "one.json",
        &[
            (&path(2, "out"), r#""narSize":1000"#),
            (&path(2, "dev"), r#""narSize":300,"downloadSize":30"#),
            (&path(1, "out"), r#""narSize":5000,"downloadSize":5000,"ca":"fixed:sha256:0""#),
            // derivations are no outputs
            (&recipes[3].path(), r#""narSize":7"#),
        ],
    );
    let two = files.path_info(
        "two.json",
        &[
            // the first that tells counts, also for what only another tells
            (&path(2, "out"), r#""narSize":9999,"downloadSize":170"#),
            ("/nix/store/00000000000000000000000000000777-curl-8.5.0", r#""narSize":1200,"downloadSize":200"#),
        ],
    );
    let sizes = sizes(&graph, &[one, two]);
    let measured = |bytes| Some(Bytes { bytes, measured: true });
    let estimated = |bytes| Some(Bytes { bytes, measured: false });
    let s = str::to_owned;
    // 1: by its path, and so is 2; the ratio of all that tells both: (30 + 5000 + 170 + 200) / (300 + 5000 + 1000 + 1200)
    let check = |number, expected: &[(String, u64, Option<Bytes>, String)]| {
        assert_eq!(told(&sizes, &graph, of(&recipes, &graph, number)), expected, "{number}");
    };
    check(1, &[(s("out"), 5000, measured(5000), s("path in one.json"))]);
    check(
        2,
        &[(s("dev"), 300, measured(30), s("path in one.json")), (s("out"), 1000, measured(170), s("path in one.json"))],
    );
    // 3: another system's; the median of two is the mean of both
    check(3, &[(s("dev"), 300, estimated(30), s("name of 1")), (s("out"), 1100, estimated(185), s("name of 2"))]);
    // 4: another version's, but not the source, which is called the same
    check(4, &[(s("dev"), 300, estimated(30), s("pname of 1")), (s("out"), 1100, estimated(185), s("pname of 2"))]);
    // 5: the median of the six built outputs above; less than five of them are of its kind and its output's name
    check(5, &[(s("out"), 650, estimated(650 * 5400 / 7500), s("built: 6"))]);
    let of = |number| of(&recipes, &graph, number);
    assert_eq!(sizes.size(of(2)), Bytes { bytes: 1300, measured: true });
    assert_eq!(sizes.size(of(3)), Bytes { bytes: 1400, measured: false });
    assert_eq!(sizes.download(of(2)), measured(200));
    let script = node(&graph, "script.sh");
    assert_eq!(sizes.size(script).bytes, 0);
    let uses = sizes.uses();
    assert_eq!((uses.by_path, uses.by_name, uses.by_pname, uses.by_class), (3, 2, 2, 1));
    let counts: Vec<(u64, u64)> = uses.files.iter().map(|&(_, all, some)| (all, some)).collect();
    assert_eq!(counts, [(3, 3), (1, 1)]);
    let costs = Costs::estimated(&graph).with_sizes(Some(sizes.clone()));
    assert_eq!(costs.bytes().unwrap(), sizes.bytes());
    assert_eq!(costs.size(of(3)), Some(Bytes { bytes: 1400, measured: false }));
    // together: what is downloaded for 2 and 3 is summed as what they write is
    let bump = |node: NodeId| Bump { selector: String::new(), named: vec![node], nodes: vec![node] };
    let params = CostParams { costs: &costs, heavyweights: 0, farm: None, cached: None };
    let report = explain_costs(&graph, &[bump(of(2)), bump(of(3))], params);
    let sums = (report.bytes, report.bytes_measured, report.download_bytes);
    assert_eq!(sums, (Some(2700), Some(1300), Some(200 + 215)));
    let told: Vec<(Option<u64>, Option<bool>)> = report
        .derivations
        .iter()
        .flat_map(|derivation| &derivation.outputs)
        .map(|output| (output.download, output.download_measured))
        .collect();
    for (bytes, measured) in [(30, true), (170, true), (30, false), (185, false)] {
        assert!(told.contains(&(Some(bytes), Some(measured))), "{told:?}");
    }
}

/// A node of which one output is known is not measured; unknown sizes (0) are none.
#[test]
fn a_part_is_not_the_whole() {
    let (recipes, graph) = packages();
    let files = Files::new();
    let out = recipes[1].output_path("out");
    let dev = recipes[1].output_path("dev");
    let file = files.path_info("x.json", &[(&out, r#""narSize":1000"#), (&dev, r#""narSize":0"#)]);
    let sizes = sizes(&graph, &[file]);
    let curl = of(&recipes, &graph, 2);
    assert_eq!(sizes.size(curl), Bytes { bytes: 2000, measured: false });
    assert_eq!((sizes.downloads(), sizes.download(curl)), (None, None));
}

/// Wrappers, environments and sources are called as what they are of, and have other sizes: by pname a record tells of
/// its own sort alone, and of a wrapper where only wrappers are called so.
#[test]
fn wrappers_are_no_builds() {
    let local = |number: usize, name: &str| {
        let mut recipe = Recipe::new(number, name);
        recipe.env.push(("preferLocalBuild".to_owned(), "1".to_owned()));
        recipe
    };
    let recipes = vec![
        Recipe::new(1, "vim-9.1"),
        local(2, "vim-9.0"),
        Recipe::new(3, "vim-9.1-env"),
        Recipe::new(4, "vim-9.1.tar.gz").fixed(),
        local(5, "firefox-120.0"),
    ];
    let drvs = folder(&recipes);
    let graph = graph(&[drvs.path()]);
    let files = Files::new();
    let entry = |number: u32, name: &str| format!("/nix/store/{number:032}-{name}");
    let check = |entries: &[(&str, u64, bool)], expected: [(u64, &str); 5]| {
        let entries: Vec<(String, String)> = (701..)
            .zip(entries)
            .map(|(number, (name, bytes, fetched))| {
                let ca = if *fetched { r#","ca":"fixed:x""# } else { "" };
                (entry(number, name), format!(r#""narSize":{bytes}{ca}"#))
            })
            .collect();
        let entries: Vec<(&str, &str)> = entries.iter().map(|(path, told)| (path.as_str(), told.as_str())).collect();
        let sizes = sizes(&graph, &[files.path_info("x.json", &entries)]);
        for (at, (bytes, how)) in expected.into_iter().enumerate() {
            let told = told(&sizes, &graph, of(&recipes, &graph, at + 1));
            let [(_, found, None, reason)] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!((*found, reason.as_str()), (bytes, how), "{}", recipes[at].name);
        }
    };
    check(
        &[
            ("vim-8.0", 9000, false),
            ("vim-8.0-env", 70, false),
            ("vim-8.0.tar.gz", 500, true),
            ("firefox-119.0", 40, false),
        ],
        [(9000, "pname of 1"), (70, "pname of 1"), (70, "pname of 1"), (500, "pname of 1"), (40, "pname of 1")],
    );
    // nothing but a build: what wraps it, and its source, are as large as anything
    check(
        &[("vim-8.0", 9000, false), ("s-1", 100, false), ("s-2", 100, false)],
        [
            (9000, "pname of 1"),
            (9000, "all outputs here: 1"),
            (9000, "all outputs here: 1"),
            (9000, "all outputs here: 1"),
            (9000, "all outputs here: 1"),
        ],
    );
    // a name of the closure tells which it is: the wrapper of another system is none of the builds
    check(
        &[("vim-9.0", 80, false), ("vim-9.1", 8000, false), ("vim-9.1-env", 70, false)],
        [
            (8000, "name of 1"),
            (80, "name of 1"),
            (70, "name of 1"),
            (80, "all outputs here: 3"),
            (80, "all outputs here: 3"),
        ],
    );
}

/// The largest sizes that there may be, and a download larger than its archive: what is estimated by them is not larger.
#[test]
fn the_largest() {
    let (recipes, graph) = packages();
    let files = Files::new();
    let most = format!(r#""narSize":{MOST_BYTES}"#);
    let file = files.path_info(
        "x.json",
        &[
            (
                "/nix/store/00000000000000000000000000000777-stranger",
                &format!(r#""narSize":1,"downloadSize":{MOST_BYTES}"#),
            ),
            ("/nix/store/00000000000000000000000000000778-curl-8.5.0", &most),
            ("/nix/store/00000000000000000000000000000779-curl-8.5.0-dev", &most),
        ],
    );
    let sizes = sizes(&graph, &[file]);
    let curl = of(&recipes, &graph, 2);
    let whole = Bytes { bytes: 2 * MOST_BYTES, measured: false };
    assert_eq!((sizes.size(curl), sizes.download(curl)), (whole, Some(whole)));
}

/// Sizes of nothing that is here still say how large things are.
#[test]
fn strangers() {
    let (recipes, graph) = packages();
    let files = Files::new();
    let stranger = |number: u32, bytes: u32| {
        (format!("/nix/store/{number:032}-stranger{number}"), format!(r#""narSize":{bytes}"#))
    };
    let strangers: Vec<(String, String)> = [(1, 10), (2, 500), (3, 20)].map(|(n, bytes)| stranger(n, bytes)).into();
    let entries: Vec<(&str, &str)> = strangers.iter().map(|(path, fields)| (path.as_str(), fields.as_str())).collect();
    let sizes = sizes(&graph, &[files.path_info("x.json", &entries)]);
    let app = of(&recipes, &graph, 5);
    let size = sizes.outputs(&graph, app).next().unwrap();
    assert!(matches!(size.reason, SizeReason::Class(SizeClass::Files, spread) if spread.count == 3), "{size:?}");
    assert_eq!(size.bytes, 20);
    assert_eq!(sizes.uses().files[0].2, 0);
}

/// Classes: by language where there are five of it, else by what the derivation says, and what is fetched apart.
#[test]
fn classes() {
    let mut recipes: Vec<Recipe> = (1..=5).map(|n| Recipe::new(n, &format!("python3.11-m{n}-1.0"))).collect();
    recipes.extend((6..=9).map(|n| Recipe::new(n, &format!("perl5.36-m{n}-1.0"))));
    recipes.extend((10..=15).map(|n| Recipe::new(n, &format!("s{n}.tar.gz")).fixed()));
    let known = recipes.clone();
    recipes.push(Recipe::new(20, "python3.11-new-1.0"));
    recipes.push(Recipe::new(21, "perl5.36-new-1.0"));
    recipes.push(Recipe::new(22, "new.tar.gz").fixed());
    recipes.push(Recipe::new(23, "doc-1.0").outputs(&["doc"]));
    let mut local = Recipe::new(24, "local-1.0");
    local.env.push(("preferLocalBuild".to_owned(), "1".to_owned()));
    recipes.push(local);
    let drvs = folder(&recipes);
    let graph = graph(&[drvs.path()]);
    let files = Files::new();
    let entries: Vec<(String, String)> = known
        .iter()
        .map(|recipe| {
            let ca = if recipe.fixed { r#","ca":"fixed:x""# } else { "" };
            (recipe.output_path("out"), format!(r#""narSize":{}{ca}"#, recipe.number * 100))
        })
        .collect();
    let entries: Vec<(&str, &str)> = entries.iter().map(|(path, fields)| (path.as_str(), fields.as_str())).collect();
    let sizes = sizes(&graph, &[files.path_info("x.json", &entries)]);
    let check = |name: &str, bytes: u64, how: &str| {
        let told = told(&sizes, &graph, node(&graph, name));
        let [(_, found, None, reason)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((*found, reason.as_str()), (bytes, how), "{name}");
    };
    check("python3.11-new-1.0", 300, "built, python, output out: 5");
    check("perl5.36-new-1.0", 500, "built, output out: 9");
    check("new.tar.gz", 1250, "fetched, of no language's set, output out: 6");
    check("doc-1.0", 500, "built: 9");
    check("local-1.0", 500, "built: 9");
}

fn real(name: &str) -> PathBuf {
    testdata("costs/real").join(name)
}

fn minipkgs() -> &'static Graph {
    static GRAPH: LazyLock<Graph> = LazyLock::new(|| graph(&[testdata("minipkgs/drvs")]));
    &GRAPH
}

fn uses(files: &[PathBuf]) -> (u64, u64, u64, u64) {
    let sizes = sizes(minipkgs(), files);
    let uses = sizes.uses();
    (uses.by_path, uses.by_name, uses.by_pname, uses.by_class)
}

/// The sizes of what the real Nix built, in every form that it tells them: of what several tell, all tell the same.
#[test]
fn by_the_real_nix() {
    let graph = minipkgs();
    let database = sizes(graph, &[real("db.sqlite")]);
    let outputs = |sizes: &Sizes| -> Vec<(NodeId, String, u64)> {
        let of = |node: NodeId| {
            let own = sizes.outputs(graph, node).filter(OutputSize::is_measured);
            own.map(move |size| (node, size.output.to_owned(), size.bytes)).collect::<Vec<_>>()
        };
        graph.nodes().flat_map(of).collect()
    };
    let built = outputs(&database);
    // counted in the texts of the derivations and in the database by a program of its own: 228 of the 248 paths are
    // outputs, those of sources of derivations for all systems
    assert_eq!(built.len(), 653);
    // an archive is a multiple of 8 bytes, and that of an empty folder has 96
    assert!(built.iter().all(|(_, _, bytes)| bytes % 8 == 0 && *bytes >= 96 && *bytes < 100_000));
    for (name, count) in [
        ("narinfo", 23),
        ("path-info-2.8.json", 23),
        ("path-info-2.8-cache.json", 23),
        ("path-info-2.19.json", 7),
        ("path-info-2.33-1.json", 7),
        ("path-info-2.33-2.json", 7),
    ] {
        let some = outputs(&sizes(graph, &[real(name)]));
        assert!(some.iter().all(|one| built.contains(one)), "{name}");
        assert_eq!(some.len(), count, "{name}");
    }
    // the cache tells what users download, and the store does not
    let cache = sizes(graph, &[real("narinfo")]);
    let curl =
        graph.nodes().find(|&node| graph.path(node).ends_with("rva4a3m70zhgis8ws8s5lzgchzj3phcp-curl-8.0.1.drv"));
    let curl = curl.unwrap();
    let told: Vec<u64> = support::files(&real("narinfo"))
        .iter()
        .map(|(_, text)| std::str::from_utf8(text).unwrap())
        .filter(|text| text.lines().next().unwrap().contains("-curl-8.0.1"))
        .flat_map(|text| text.lines().find_map(|line| line.strip_prefix("FileSize: ")))
        .map(|bytes| bytes.parse::<u64>().unwrap())
        .collect();
    assert_eq!(told.len(), 4);
    assert_eq!(cache.download(curl), Some(Bytes { bytes: told.iter().sum(), measured: true }));
    assert_eq!(cache.downloads(), sizes(graph, &[real("path-info-2.8-cache.json")]).downloads());
    assert_eq!(database.downloads(), None);
    assert_eq!(database.size(curl), cache.size(curl));
    assert!(cache.size(curl).bytes > told.iter().sum() && cache.size(curl).measured);
}

/// The other systems' outputs have the names of those that were built.
#[test]
fn of_other_systems() {
    let (by_path, by_name, by_pname, by_class) = uses(&[real("db.sqlite")]);
    let outputs: usize = minipkgs()
        .nodes()
        .filter(|&node| minipkgs().is_derivation(node))
        .map(|node| minipkgs().outputs(node).count())
        .sum();
    assert_eq!((by_path + by_name + by_pname + by_class) as usize, outputs);
    // also by a program of its own
    assert_eq!((by_path, by_name), (653, 899));
    assert!(by_pname > 0 && by_class > 0, "{by_pname} {by_class}");
}

/// What cannot be read, or tells no size, is named, and nothing is taken from it.
#[test]
fn refusals() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &[u8], told: &str| {
        let path = folder.path().join("x");
        std::fs::write(&path, text).unwrap();
        let error = SizeRecords::read(&[&path]).map(|records| records.count()).unwrap_err().to_string();
        assert!(error.contains(told), "{}: {error}", String::from_utf8_lossy(text));
    };
    const PATH: &str = "/nix/store/53glj43iarc8s4jnx316by6w3vlr6z11-curl-8.0.1";
    check(b"curl 3\n", "x: neither Nix's store database");
    check(b"[]", "x: tells the size of no output; expected NAR sizes");
    check(format!(r#"{{"{PATH}":{{"references":[]}}}}"#).as_bytes(), "tells the size of no output");
    check(format!(r#"{{"{PATH}.drv":{{"narSize":5}}}}"#).as_bytes(), "tells the size of no output");
    check(format!(r#"{{"{PATH}":{{"narSize":"5"}}}}"#).as_bytes(), "invalid type: string \"5\", expected u64");
    check(format!(r#"{{"{PATH}":{{"narSize":-5}}}}"#).as_bytes(), "expected u64 at line 1 column");
    check(
        format!("StorePath: {PATH}\nReferences: \nNarSize: much\n").as_bytes(),
        "x, line 3: NarSize: expected a number",
    );
    check(format!("StorePath: {PATH}\nReferences: \nFileSize: 3\n").as_bytes(), "tells the size of no output");
    // damaged in the middle: the schema is there, its rows are not
    let whole = std::fs::read(real("db.sqlite")).unwrap();
    check(&whole[..whole.len() / 2], "database disk image is malformed");
    let mut damaged = whole.clone();
    damaged[8192..].fill(0xaa);
    check(&damaged, "x: ");
    // one bad file among good ones
    let bad = folder.path().join("x");
    std::fs::write(&bad, "{").unwrap();
    assert!(SizeRecords::read(&[real("db.sqlite"), bad]).is_err());
}

/// What the real Nix tells now is of the shape of what is kept, and the sizes are the same.
#[test]
fn made_again() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let store = Store::new();
    let minipkgs = testdata("minipkgs");
    build_in(&store, &[minipkgs.to_str().unwrap(), "--argstr", "system", "x86_64-linux", "-A", "zlib"])
        .unwrap_or_else(|log| panic!("{log}"));
    let database = Path::new(store.path()).join("nix/var/nix/db/db.sqlite");
    let kept = StoreDatabase::open(&real("db.sqlite")).unwrap();
    let schema = |path: &Path| -> Vec<String> {
        let connection = rusqlite::Connection::open(path).unwrap();
        let mut statement =
            connection.prepare("select sql from sqlite_master where sql is not null order by name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    // a copy, for opening it to read could leave files beside it
    let copy = store_copy(&real("db.sqlite"));
    assert_eq!(schema(&database), schema(&copy.path().join("db.sqlite")));
    let run = |arguments: &[&str]| {
        let mut command = nix("nix");
        command.args(["--extra-experimental-features", "nix-command"]).args(arguments);
        ran(&mut command).stdout
    };
    let zlib =
        kept.paths().unwrap().into_iter().find(|path| path.ends_with("pnwi9dh3hsqifljw5jssmkv5hcx9x38l-zlib-1.2.13"));
    let zlib = zlib.unwrap();
    let cache = tempfile::tempdir().unwrap();
    let to = format!("file://{}", cache.path().display());
    run(&["copy", "--from", store.path(), "--to", &to, "--no-check-sigs", &zlib]);
    let folder = tempfile::tempdir().unwrap();
    let info = |name: &str, from: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, run(&["path-info", "--store", from, "--json", &zlib])).unwrap();
        file
    };
    let (own, cached) = (info("own.json", store.path()), info("cached.json", &to));
    let fields = |path: &Path| -> Vec<String> {
        let list: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let entry = list.as_array().unwrap().iter().find(|entry| entry["path"] == zlib.as_str()).unwrap();
        entry.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(fields(&own), fields(&real("path-info-2.8.json")));
    assert_eq!(fields(&cached), fields(&real("path-info-2.8-cache.json")));
    let lines = |folder: &Path| -> Vec<String> {
        let text = std::fs::read_to_string(folder.join("pnwi9dh3hsqifljw5jssmkv5hcx9x38l.narinfo")).unwrap();
        text.lines().map(|line| line.split_once(':').unwrap().0.to_owned()).collect()
    };
    assert_eq!(lines(cache.path()), lines(&real("narinfo")));
    let graph = self::minipkgs();
    let kept = sizes(graph, &[real("db.sqlite")]);
    let node = graph
        .nodes()
        .find(|&node| graph.outputs(node).any(|(_, digest)| zlib.contains(digest.as_str()) && digest.is_some()));
    let out = |sizes: &Sizes| {
        let own = sizes.outputs(graph, node.unwrap()).find(|size| size.output == "out").unwrap();
        assert!(own.is_measured(), "{own:?}");
        own.bytes
    };
    for file in [database, own, cached, cache.path().to_path_buf()] {
        assert_eq!(out(&sizes(graph, &[file])), out(&kept));
    }
}

fn store_copy(database: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(database, folder.path().join("db.sqlite")).unwrap();
    folder
}
