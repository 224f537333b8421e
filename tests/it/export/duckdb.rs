//! The README's queries, run by DuckDB, give what the tool itself says.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix_ripple::graph::Graph;
use serde_json::{Value, json};

use super::{forms, graph, text};
use crate::cli::program::Program;
use crate::needs;
use crate::support::testdata;

/// Reads queries, writes their rows.
const RUN: &str = "
import duckdb, json, sys
print(json.dumps([[list(row) for row in duckdb.sql(query).fetchall()] for query in json.load(sys.stdin)]))
";

/// The README's queries, by the name in their first line.
fn queries() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut found = BTreeMap::new();
    for block in text.split("```sql\n").skip(1) {
        let (query, _) = block.split_once("```").unwrap();
        let name = query.strip_prefix("-- ").unwrap().split(':').next().unwrap();
        assert_eq!(found.insert(name.to_owned(), query.to_owned()), None, "{name}");
    }
    found
}

/// What they give, run in a folder.
fn answers(python: &Path, folder: &Path, queries: &[&String]) -> Vec<Value> {
    let mut child = Command::new(python)
        .args(["-I", "-c", RUN])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(queries).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The small distribution, and who maintains some of it.
fn with_people() -> (Program, Graph) {
    let (program, graph) = (Program::new(), graph());
    let mut lines = String::new();
    for attribute in graph.attributes() {
        let Some(node) = graph.attribute_node(attribute).filter(|_| attribute.0 % 3 == 0) else { continue };
        let people: Vec<Value> =
            (0..=attribute.0 % 4).map(|at| json!({"github": format!("p{}", (attribute.0 + at) % 11)})).collect();
        lines += &json!({
            "attr": graph.attribute_name(attribute),
            "attrPath": graph.attribute_name(attribute).split('.').collect::<Vec<_>>(),
            "name": graph.name(node),
            "system": graph.attribute_system(attribute),
            "drvPath": graph.path(node),
            "meta": {"maintainers": people},
        })
        .to_string();
        lines.push('\n');
    }
    let jobs = program.write("jobs.jsonl", lines);
    let inputs = [testdata("minipkgs/drvs"), testdata("minipkgs/outpaths.json"), jobs];
    let inputs: Vec<&str> = inputs.iter().map(|input| input.to_str().unwrap()).collect();
    program.run(&[&["ingest"], &inputs[..], &["-o", "closure.ripple"]].concat()).fine();
    let graph = Graph::open(&program.folder.path().join("closure.ripple")).unwrap();
    (program, graph)
}

#[test]
fn queries_of_the_readme() {
    let Some(python) = needs::duckdb() else { return };
    let (program, graph) = with_people();
    let queries = queries();
    let names: Vec<&str> = queries.keys().map(String::as_str).collect();
    assert_eq!(names, ["attributes", "edges", "nodes", "rank", "rebuilt"]);

    // what the tool says
    let mut systems: BTreeMap<&str, u64> = BTreeMap::new();
    for node in graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node)) {
        *systems.entry(graph.system(node)).or_default() += 1;
    }
    let mut nodes: Vec<(&str, u64)> = systems.into_iter().collect();
    nodes.sort_by_key(|&(system, count)| (std::cmp::Reverse(count), system));

    let spurious = program.run(&["spurious", "--format", "json", "--min-grade", "inferred"]).json();
    let mut inputs: BTreeMap<&str, u64> = BTreeMap::new();
    for edge in spurious["edges"].as_array().unwrap() {
        *inputs.entry(text(&edge["input"]["pname"])).or_default() += 1;
    }
    let mut edges: Vec<(&str, u64)> = inputs.into_iter().collect();
    edges.sort_by_key(|&(input, count)| (std::cmp::Reverse(count), input));
    edges.truncate(5);

    let mut people: BTreeMap<&str, u64> = BTreeMap::new();
    for attribute in graph.attributes() {
        graph.maintainers(attribute).for_each(|name| *people.entry(name).or_default() += 1);
    }
    let mut attributes: Vec<(&str, u64)> = people.into_iter().collect();
    attributes.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
    attributes.truncate(5);
    assert!(!attributes.is_empty() && !edges.is_empty());

    let ranked = program.run(&["rank", "--top", "5", "--by", "hours", "--format", "json"]).json();
    let rank: Vec<Value> = ranked["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| json!([node["name"], node["dependents"], node["cost"]["hours"]["total"]]))
        .collect();

    let impact = program.run(&["impact", "attr:zlib", "--only", "--format", "json"]).json();
    let rebuilt = json!([[impact["derivations"]["total"], impact["attributes"]["total"]]]);
    assert!(impact["derivations"]["total"].as_u64().unwrap() > 1000);

    for form in forms() {
        program.run(&["export", "--cost", "--as", form, "--to", &format!("{form}/closure")]).fine();
        let asked: Vec<String> = queries.values().map(|query| query.replace(".csv'", &format!(".{form}'"))).collect();
        // lists are texts in CSV
        let asked: Vec<String> =
            asked
                .into_iter()
                .map(|query| {
                    if *form == "csv" { query } else { query.replace("string_split(maintainers, ';')", "maintainers") }
                })
                .collect();
        let found = answers(&python, &program.folder.path().join(form), &asked.iter().collect::<Vec<_>>());
        assert_eq!(found[0], json!(attributes), "{form}: {}", asked[0]);
        assert_eq!(found[1], json!(edges), "{form}: {}", asked[1]);
        assert_eq!(found[2], json!(nodes), "{form}: {}", asked[2]);
        assert_eq!(found[3], json!(rank), "{form}: {}", asked[3]);
        assert_eq!(found[4], rebuilt, "{form}: {}", asked[4]);
    }
}
