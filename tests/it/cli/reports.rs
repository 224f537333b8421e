//! What the reports hold, in each form.

use serde_json::Value;

use super::program::{Program, Ran, on_minipkgs};
use crate::support::Recipe;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn rows(csv: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.records().map(|row| row.unwrap()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn impact_as_json() {
    let report = on_minipkgs(&["impact", "zlib", "--format", "json"]).json();
    let expected = ["version", "bump", "attributes", "derivations", "labels", "branch", "by_distance", "hubs"];
    for key in expected {
        assert!(report.get(key).is_some(), "{key}");
    }
    assert!(report.get("list").is_none());
    assert_eq!(report["version"], 1);
    assert_eq!(keys(&report["bump"]), ["derivations", "selectors"]);
    assert_eq!(keys(&report["bump"]["derivations"][0]), ["drv", "extended", "fixed_output", "name", "system"]);
    assert_eq!(keys(&report["attributes"]), ["by_kernel", "by_system", "of", "total"]);
    assert_eq!(keys(&report["derivations"]), ["by_system", "fetched", "of", "total"]);
    assert_eq!(keys(&report["attributes"]["by_kernel"]), ["darwin", "linux"]);
    assert_eq!(keys(&report["by_distance"][0]), ["derivations", "distance"]);
    assert_eq!(keys(&report["hubs"][0]), ["adds", "drv", "name", "reaches", "system"]);
    assert_eq!(report["hubs"].as_array().unwrap().len(), 10);
    let sum = |value: &Value| value.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>();
    let total = report["derivations"]["total"].as_u64().unwrap();
    assert_eq!(sum(&report["derivations"]["by_system"]), total);
    let distances = report["by_distance"].as_array().unwrap();
    assert_eq!(distances.iter().map(|at| at["derivations"].as_u64().unwrap()).sum::<u64>(), total);
    assert!(report["labels"].as_array().unwrap().iter().any(|label| label == "10.rebuild-linux-stdenv"));
}

#[test]
fn lists() {
    let report = on_minipkgs(&["impact", "pillow", "--list", "--format", "json"]).json();
    let list = report["list"].as_array().unwrap();
    let total = report["derivations"]["total"].as_u64().unwrap() as usize;
    assert_eq!(list.len(), total);
    assert_eq!(
        keys(&list[0]),
        ["attribute_systems", "attributes", "distance", "drv", "fetched", "name", "package", "system"]
    );
    // rows of CSV are those of JSON
    let rows = rows(&on_minipkgs(&["impact", "pillow", "--format", "csv"]).fine());
    assert_eq!(rows.len(), list.len());
    for (row, listed) in rows.iter().zip(list) {
        let attributes: Vec<&str> = listed["attributes"].as_array().unwrap().iter().map(text).collect();
        assert_eq!((&row[0], &row[1], &row[2]), (text(&listed["drv"]), text(&listed["name"]), text(&listed["system"])));
        assert_eq!((row[4].parse().ok(), &row[5]), (listed["distance"].as_u64(), attributes.join(" ").as_str()));
    }
    // by attribute
    let arguments = ["impact", "pillow", "--list=attribute", "--format"];
    let report = on_minipkgs(&[&arguments[..], &["json"]].concat()).json();
    let by_attribute = report["list"].as_array().unwrap();
    let by_system = report["attributes"]["by_system"].as_object().unwrap().values();
    assert_eq!(by_attribute.len() as u64, by_system.map(|count| count.as_u64().unwrap()).sum::<u64>());
    assert!(by_attribute.iter().all(|listed| listed["attributes"].as_array().unwrap().len() == 1));
    let rows = self::rows(&on_minipkgs(&[&arguments[..], &["csv"]].concat()).fine());
    assert_eq!(rows.len(), by_attribute.len());
}

#[test]
fn depth_and_paths() {
    let list = |more: &[&str]| on_minipkgs(&[&["impact", "zlib", "--format", "json"], more].concat()).json();
    let report = list(&["--depth", "1"]);
    let counts = &report["by_distance"];
    let expected = counts[0]["derivations"].as_u64().unwrap() + counts[1]["derivations"].as_u64().unwrap();
    assert_eq!(report["list"].as_array().unwrap().len() as u64, expected);
    assert!(report["list"].as_array().unwrap().iter().all(|listed| listed["distance"].as_u64().unwrap() <= 1));
    assert!(report["derivations"]["total"].as_u64().unwrap() > expected, "only the list is cut");

    let all = list(&["--list"]);
    let paths: Vec<&str> = all["list"].as_array().unwrap().iter().map(|listed| text(&listed["drv"])).collect();
    let printed = on_minipkgs(&["impact", "zlib", "--print-drv"]).fine();
    assert_eq!(printed.lines().collect::<Vec<_>>(), paths);
    let near = on_minipkgs(&["impact", "zlib", "--print-drv", "--depth", "0"]).fine();
    assert_eq!(near.lines().count() as u64, counts[0]["derivations"].as_u64().unwrap());
    // what is fetched is not built
    let source = on_minipkgs(&["impact", "name:zlib-1.2.13.tar.gz", "--print-drv"]).fine();
    assert!(!source.contains(".tar.gz.drv") && !source.is_empty());
}

#[test]
fn rank_in_each_form() {
    let report = on_minipkgs(&["rank", "--format", "json"]).json();
    assert_eq!(keys(&report), ["nodes", "total", "version"]);
    let nodes = report["nodes"].as_array().unwrap();
    assert_eq!(report["total"].as_u64(), Some(nodes.len() as u64));
    assert_eq!(keys(&nodes[0]), ["attributes", "dependents", "drv", "name", "system"]);
    let counts: Vec<u64> = nodes.iter().map(|node| node["dependents"].as_u64().unwrap()).collect();
    assert!(counts.is_sorted_by(|before, after| before >= after));
    let rows = rows(&on_minipkgs(&["rank", "--format", "csv"]).fine());
    assert_eq!(rows.len(), nodes.len());
    for (row, node) in rows.iter().zip(nodes) {
        assert_eq!(
            (&row[0], &row[1], row[2].parse().ok()),
            (text(&node["drv"]), text(&node["name"]), node["dependents"].as_u64())
        );
    }
    // a table is for reading
    let table = |more: &[&str]| on_minipkgs(&[&["rank"], more].concat()).fine().lines().count();
    assert_eq!((table(&[]), table(&["-n", "3"]), table(&["--all"])), (21, 4, nodes.len() + 1));
    let markdown = on_minipkgs(&["rank", "-n", "3", "--format", "markdown"]).fine();
    assert_eq!(markdown.lines().filter(|line| line.starts_with('|') && line.ends_with('|')).count(), 5);
    assert!(on_minipkgs(&["rank", "--format", "dot"]).failed().contains("no dot form"));
    // a bump's rank is its impact
    let first = text(&nodes[100]["drv"]);
    let impact = on_minipkgs(&["impact", first, "--format", "json"]).json();
    let itself = u64::from(impact["by_distance"][0]["distance"] == 0);
    assert_eq!(impact["derivations"]["total"].as_u64().unwrap(), counts[100] + itself);
}

#[test]
fn why_in_each_form() {
    let arguments =
        ["why", "attr:libjpeg.x86_64-linux", "attr:python311Packages.torchvision.x86_64-linux", "--paths", "3"];
    let run = |format: &str| -> Ran { on_minipkgs(&[&arguments[..], &["--format", format]].concat()) };
    let report = run("json").json();
    for key in ["version", "from", "to", "paths", "path_count", "all_path_count", "dominators", "nodes_between"] {
        assert!(report.get(key).is_some(), "{key}");
    }
    let paths = report["paths"].as_array().unwrap();
    assert!(!paths.is_empty() && paths.len() <= 3);
    assert!(report["path_count"].as_u64().unwrap() >= paths.len() as u64);
    for path in paths.iter().map(|path| path.as_array().unwrap()) {
        assert_eq!(path[0]["drv"], report["from"][0]["drv"]);
        assert_eq!(path.last().unwrap()["drv"], report["to"][0]["drv"]);
        assert_eq!(keys(&path[0]), ["drv", "keys", "name", "system"]);
        assert!(path[1..].iter().all(|node| !node["keys"].as_array().unwrap().is_empty()), "each names the one before");
    }
    let dominators = report["dominators"].as_array().unwrap();
    assert_eq!(dominators[0]["drv"], report["from"][0]["drv"]);
    assert_eq!(dominators.last().unwrap()["drv"], report["to"][0]["drv"]);

    let rows = rows(&run("csv").fine());
    assert_eq!(rows.len(), paths.iter().map(|path| path.as_array().unwrap().len()).sum::<usize>());
    let dot = run("dot").fine();
    assert_dot(&dot);
    for path in paths {
        for pair in path.as_array().unwrap().windows(2) {
            assert!(dot.contains(&format!("\"{}\" -> \"{}\"", text(&pair[0]["drv"]), text(&pair[1]["drv"]))));
        }
    }
    assert!(run("table").fine().contains("on every path: "));
    assert!(run("markdown").fine().contains("| path "));

    // no path, and why not
    let back = on_minipkgs(&["why", arguments[2], arguments[1], "--format", "json"]).json();
    assert_eq!((back["path_count"].as_u64(), back["paths"].as_array().unwrap().len()), (Some(0), 0));
    assert!(text(&back["note"]).contains("not needed"));
}

/// A graph as Graphviz reads it: statements of quoted names, brackets that close, no stray quote.
fn assert_dot(dot: &str) {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for c in dot.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            '\n' => assert!(!quoted, "a line ends in a string"),
            c if !quoted => assert!(c.is_ascii_alphanumeric() || " ;=,->_.".contains(c), "{c:?}"),
            _ => {}
        }
        assert!(depth >= 0);
    }
    assert!(dot.starts_with("digraph ") && depth == 0 && !quoted);
}

/// A small closure with what a report can meet: a source, variants, keys that want escaping, an
/// attribute on two systems, one that the closure does not hold.
fn small() -> Program {
    let source = Recipe::new(1, "zlib-1.3.tar.gz").fixed();
    let zlib = Recipe::new(2, "zlib-1.3").outputs(&["out", "dev"]).input(&source, "src");
    let mut i686 = Recipe::new(3, "zlib-1.3").input(&source, "src");
    i686.system = "i686-linux".to_owned();
    let curl = Recipe::new(4, "curl-8.0").input(&zlib, "buildInputs");
    let odd = Recipe::new(5, "odd-1").input(&zlib, "a\"b\\c|d");
    let top = Recipe::new(6, "top-2").input(&curl, "propagatedBuildInputs").input(&odd, "nativeBuildInputs");
    let page = Recipe::new(7, "page.html").fixed().input(&top, "curl");
    let program = Program::new();
    let folder = program.folder.path().join("drvs");
    std::fs::create_dir(&folder).unwrap();
    for recipe in [&source, &zlib, &i686, &curl, &odd, &top, &page] {
        std::fs::write(folder.join(recipe.base_name()), recipe.text()).unwrap();
    }
    let entry = |name: &str, recipe: &Recipe| format!(r#""{name}":{{"out":"{}"}}"#, recipe.output_path("out"));
    let gone = Recipe::new(99, "gone");
    program.write(
        "attrs.json",
        format!(
            "{{{}}}",
            [
                entry("zlib.x86_64-linux", &zlib),
                entry("zlib.i686-linux", &i686),
                entry("curl.x86_64-linux", &curl),
                entry("set.a_b|c.x86_64-linux", &odd),
                entry("top.x86_64-linux", &top),
                entry("alias.x86_64-linux", &top),
                entry("gone.x86_64-linux", &gone),
            ]
            .join(",")
        ),
    );
    let ran = program.run(&["ingest", "drvs", "attrs.json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    program
}

#[test]
fn reports_read_so() {
    let program = small();
    for (name, arguments) in [
        ("impact", &["impact", "zlib", "--list"][..]),
        ("impact-two", &["impact", "attr:curl", "pname:odd", "--list=attribute"]),
        ("rank", &["rank", "--all"]),
        ("why", &["why", "zlib", "top"]),
        ("why-fetched", &["why", "zlib", "name:page.html"]),
    ] {
        for format in ["table", "markdown", "csv", "json"] {
            let ran = program.run(&[arguments, &["--format", format]].concat());
            assert_eq!((ran.code, ran.talk.as_str()), (0, ""), "{name} as {format}");
            insta::assert_snapshot!(format!("{name}.{format}"), ran.out);
        }
    }
    let dot = program.run(&["why", "zlib", "top", "--format", "dot"]).fine();
    assert_dot(&dot);
    insta::assert_snapshot!("why.dot", dot);
}

#[test]
fn text_that_wants_escaping() {
    let program = small();
    let run = |arguments: &[&str]| program.run(arguments).fine();
    let dot = run(&["why", "attr:zlib.x86_64-linux", "pname:odd", "--format", "dot"]);
    assert!(dot.contains(r#"label="a\"b\\c|d""#), "{dot}");
    assert_dot(&dot);
    let rows = rows(&run(&["why", "attr:zlib.x86_64-linux", "pname:odd", "--format", "csv"]));
    assert_eq!(&rows[1][4], "a\"b\\c|d");
    let markdown = run(&["impact", "pname:odd", "--list", "--format", "markdown"]);
    assert!(markdown.contains(r"set.a\_b\|c"), "{markdown}");
}
