//! Bytes of nodes: which records tell of an output, and what stands for one that none tells of.

use std::fmt::Write as _;
use std::path::PathBuf;

use nix_ripple::cost::{Bytes, Costs, OutputSize, SizeClass, SizeMatch, SizeReason, SizeRecords, Sizes};
use nix_ripple::graph::{Graph, NodeId};

use crate::support::{Recipe, folder, graph};

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
