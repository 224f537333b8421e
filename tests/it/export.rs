//! Exported tables say what the graph and the other commands say, whatever the form.

mod duckdb;
mod parquet;

use std::collections::BTreeMap;
use std::path::Path;

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::verdict::{CheckOnly, Evidence, EvidenceFile, Grade, InputRef, PackageRef};
use serde_json::Value;

use crate::cli::program::{Program, Ran, minipkgs};
use crate::support::{Recipe, folder};

/// Runs on the small distribution.
fn program() -> Program {
    Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap())
}

/// The rows of a table, by column.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn listed<'t>(items: impl IntoIterator<Item = &'t str>) -> String {
    items.into_iter().collect::<Vec<_>>().join(";")
}

fn graph() -> Graph {
    Graph::open(minipkgs()).unwrap()
}

fn strings(value: &Value) -> String {
    listed(value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A file with times and sizes of some derivations.
fn known(program: &Program, graph: &Graph) -> [String; 4] {
    let mut times = String::from("name,seconds\n");
    let mut sizes = Vec::new();
    for node in graph.nodes().filter(|&node| graph.is_derivation(node)) {
        if node.0 % 3 == 0 {
            times += &format!("{},{}\n", graph.path(node), 10 + node.0);
        }
        for (output, digest) in graph.outputs(node).filter(|(_, digest)| digest.is_some() && node.0 % 2 == 0) {
            let path = graph.output_path(node, output, digest);
            sizes.push(serde_json::json!({"path": path, "narSize": 1000 + node.0, "downloadSize": 100 + node.0}));
        }
    }
    let times = program.write("times.csv", times);
    let sizes = program.write("sizes.json", serde_json::to_vec(&sizes).unwrap());
    ["--times", times.to_str().unwrap(), "--sizes", sizes.to_str().unwrap()].map(str::to_owned)
}

fn with<'a>(own: &[&'a str], more: &'a [String]) -> Vec<&'a str> {
    own.iter().copied().chain(more.iter().map(String::as_str)).collect()
}

#[test]
fn nodes_are_those_of_the_graph() {
    let (program, graph) = (program(), graph());
    let known = known(&program, &graph);
    let told = rows(&program.run(&with(&["export", "--nodes"], &known)).fine());
    assert_eq!(told.len(), graph.node_count());
    let all: Vec<String> =
        graph.nodes().filter(|&node| graph.is_derivation(node)).map(|node| graph.path(node)).collect();
    let costs = program.run(&with(&["cost", "--format", "json"], &[all, known.to_vec()].concat())).json();
    let costs: BTreeMap<&str, &Value> =
        costs["derivations"].as_array().unwrap().iter().map(|cost| (text(&cost["drv"]), cost)).collect();
    let (mut sources, mut positions) = (0, 0);
    for (row, node) in told.iter().zip(graph.nodes()) {
        assert_eq!(row["id"], node.0.to_string());
        assert_eq!(row["path"], graph.path(node));
        let words = [
            ("name", graph.name(node)),
            ("pname", graph.pname(node)),
            ("version", graph.version(node)),
            ("system", graph.system(node)),
        ];
        for (column, word) in words {
            assert_eq!(row[column], word, "{}", graph.path(node));
        }
        assert_eq!(row["kind"], if graph.is_derivation(node) { "derivation" } else { "source" });
        assert_eq!(row["fixed_output"], graph.is_fixed(node).to_string());
        assert_eq!(row["missing"], graph.is_missing(node).to_string());
        assert_eq!(row["prefer_local"], graph.prefers_local(node).to_string());
        assert_eq!(row["features"], listed(graph.features(node)));
        assert_eq!(row["outputs"], listed(graph.outputs(node).map(|(name, _)| name)));
        let known = graph.outputs(node).filter(|(_, digest)| digest.is_some());
        let paths: Vec<String> = known.map(|(name, digest)| graph.output_path(node, name, digest)).collect();
        assert_eq!(row["output_paths"], paths.join(";"));
        assert_eq!(row["level"], graph.level(node).to_string());
        assert_eq!(row["attributes"], graph.attributes_of(node).len().to_string());
        let position = graph.attributes_of(node).map(|attribute| graph.attribute_position(attribute));
        assert_eq!(row["position"], position.into_iter().find(|told| !told.is_empty()).unwrap_or_default());
        positions += usize::from(!row["position"].is_empty());
        match costs.get(graph.path(node).as_str()) {
            None => sources += usize::from(row["hours"] == "0" && !graph.is_derivation(node)),
            Some(cost) => {
                let seconds = row["hours"].parse::<f64>().unwrap() * 3600.0;
                assert!((seconds - cost["seconds"].as_f64().unwrap()).abs() < 1e-6, "{cost}");
                assert_eq!(row["time_measured"], cost["measured"].to_string());
                assert_eq!(row["bytes"], cost["bytes"].to_string());
                assert_eq!(row["size_measured"], cost["size_measured"].to_string());
            }
        }
    }
    assert_eq!(sources, graph.node_count() - costs.len());
    assert!(positions > 100, "{positions}");
    // without costs nothing is said of them
    for row in rows(&program.run(&["export", "--nodes"]).fine()) {
        for column in ["hours", "time_measured", "bytes", "size_measured", "download_bytes"] {
            assert_eq!(row[column], "", "{column}");
        }
    }
}

#[test]
fn edges_are_those_that_inputs_tells() {
    let (program, graph) = (program(), graph());
    let pandas = graph.nodes().find(|&node| graph.name(node).contains("-pandas-")).unwrap();
    let (edge, input) = graph.input_edges(pandas).last().unwrap();
    let evidence = Evidence::CheckOnly(CheckOnly {
        package: PackageRef { attribute: String::new(), drv: graph.path(pandas), name: graph.name(pandas).to_owned() },
        recipe: graph.recipe(pandas),
        inputs: vec![InputRef {
            drv: graph.path(input),
            name: graph.name(input).to_owned(),
            pname: graph.pname(input).to_owned(),
            outputs: graph.used_outputs(edge).map(str::to_owned).collect(),
            keys: graph.mentions(edge).map(str::to_owned).collect(),
        }],
        appeared: Vec::new(),
        differing_keys: Some(Vec::new()),
        grade: Grade::Inferred,
    });
    let file = program.folder.path().join("evidence.jsonl");
    EvidenceFile { evidence: vec![evidence], ..EvidenceFile::default() }.save(&file).unwrap();
    let evidence = ["--evidence".to_owned(), file.to_str().unwrap().to_owned()];

    let told = rows(&program.run(&with(&["export", "--edges"], &evidence)).fine());
    assert_eq!(told.len(), graph.edge_count());
    let mut by_consumer: BTreeMap<&str, Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    let mut at = told.iter();
    for consumer in graph.nodes() {
        for (edge, input) in graph.input_edges(consumer) {
            let row = at.next().unwrap();
            assert_eq!((&row["input"], &row["consumer"]), (&input.0.to_string(), &consumer.0.to_string()));
            assert_eq!(row["outputs"], listed(graph.used_outputs(edge)));
            assert_eq!(row["keys"], listed(graph.mentions(edge)));
            assert_eq!(row["propagates"], (!graph.is_fixed(consumer)).to_string());
            by_consumer.entry(&row["consumer"]).or_default().push(row);
        }
    }
    let some = graph.nodes().filter(|&node| graph.is_derivation(node) && node.0 % 97 == 0);
    let mut compared = 0;
    for consumer in some.chain([pandas]) {
        let report = program.run(&with(&["inputs", &graph.path(consumer), "--format", "json"], &evidence)).json();
        let inputs = report["inputs"].as_array().unwrap();
        let own = by_consumer.get(consumer.0.to_string().as_str()).cloned().unwrap_or_default();
        assert_eq!(inputs.len(), own.len());
        for input in inputs {
            let is =
                |row: &&&BTreeMap<String, String>| graph.path(NodeId(row["input"].parse().unwrap())) == input["drv"];
            let row = own.iter().find(is).unwrap_or_else(|| panic!("{input}"));
            for list in ["outputs", "keys", "roles"] {
                assert_eq!(row[list], strings(&input[list]), "{list} of {input}");
            }
            for word in ["verdict", "grade", "rule", "remedy"] {
                assert_eq!(row[word], text(&input[word]), "{word} of {input}");
            }
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared}");
    let shown: Vec<_> = told.iter().filter(|row| row["evidence"] != "0").collect();
    assert!(shown.iter().any(|row| row["roles"].split(';').any(|role| role == "check")), "{shown:?}");
    assert!(told.iter().any(|row| !row["rule"].is_empty()));
    let bare = rows(&program.run(&["export", "--edges", "--no-rules"]).fine());
    assert!(bare.iter().all(|row| row["verdict"] == "unknown" && row["grade"].is_empty()));
}

#[test]
fn attributes_and_what_failed() {
    let (program, graph) = (program(), graph());
    let told = rows(&program.run(&["export", "--attributes"]).fine());
    assert_eq!(told.len(), graph.attribute_count() + graph.failed().len());
    for (row, attribute) in told.iter().zip(graph.attributes()) {
        assert_eq!(row["name"], graph.attribute_name(attribute));
        assert_eq!(row["system"], graph.attribute_system(attribute));
        assert_eq!(row["node"], graph.attribute_node(attribute).map(|node| node.0.to_string()).unwrap_or_default());
        assert_eq!(row["position"], graph.attribute_position(attribute));
        assert_eq!(row["maintainers"], listed(graph.maintainers(attribute)));
        assert_eq!(row["teams"], listed(graph.teams(attribute)));
        assert_eq!((row["failed"].as_str(), row["error"].as_str()), ("false", ""));
    }

    let program = Program::new();
    let own = Recipe::new(1, "a-1");
    let folder = folder(std::slice::from_ref(&own));
    let lines = format!(
        "{}\n{}\n",
        serde_json::json!({"attr": "a", "attrPath": ["a"], "name": "a-1", "system": "x86_64-linux",
            "drvPath": own.path(), "outputs": {"out": own.output_path("out")},
            "meta": {"position": "/x/a.nix:7", "maintainers": [{"github": "ann"}, {"name": "Bo; the second"}]}}),
        serde_json::json!({"attr": "b", "attrPath": ["b"], "error": "no, \"b\" does\nnot evaluate"}),
    );
    let jobs = program.write("jobs.jsonl", lines);
    let closure = ["-c", folder.path().to_str().unwrap(), "-c", jobs.to_str().unwrap()];
    let told = program.run(&[&["export", "--attributes"][..], &closure].concat()).fine();
    assert_eq!(
        told,
        "name,system,node,position,maintainers,teams,failed,error\n\
         a,x86_64-linux,0,/x/a.nix:7,@ann;Bo\\; the second,,false,\n\
         b,,,,,,true,\"no, \"\"b\"\" does\nnot evaluate\"\n"
    );
}

#[test]
fn ranks_are_those_of_rank() {
    let (program, graph) = (program(), graph());
    let known = known(&program, &graph);
    let told = rows(&program.run(&with(&["export", "--rank"], &known)).fine());
    assert_eq!(told.len(), graph.node_count());
    let report = program.run(&with(&["rank", "--all", "--format", "json"], &known)).json();
    let ranked: BTreeMap<&str, &Value> =
        report["nodes"].as_array().unwrap().iter().map(|node| (text(&node["drv"]), node)).collect();
    for (row, node) in told.iter().zip(graph.nodes()) {
        let expected = ranked[graph.path(node).as_str()];
        let cost = &expected["cost"];
        assert_eq!(row["node"], node.0.to_string());
        assert_eq!(row["dependents"], expected["dependents"].to_string());
        for (column, number) in [
            ("hours", &cost["hours"]["total"]),
            ("hours_measured", &cost["hours"]["measured"]),
            ("critical_path_hours", &cost["critical_path_hours"]),
        ] {
            // reading JSON may cost the last digit
            let (own, number) = (row[column].parse::<f64>().unwrap(), number.as_f64().unwrap());
            assert!((own - number).abs() <= number * 1e-14, "{column}: {own} of {expected}");
        }
        for column in ["bytes", "bytes_measured", "download_bytes"] {
            assert_eq!(row[column], cost[column].to_string(), "{column} of {expected}");
        }
    }
    let bare = rows(&program.run(&["export", "--rank"]).fine());
    assert!(bare.iter().all(|row| row["hours"].is_empty() && row["bytes"].is_empty()));
}

#[test]
fn a_folder_of_tables() {
    let program = program();
    let graph = graph();
    let ran = program.run(&["export", "--to", "new/closure"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    let folder = program.folder.path().join("new/closure");
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["version"], 1);
    assert_eq!(manifest["program"], concat!("nix-ripple ", env!("CARGO_PKG_VERSION")));
    assert_eq!(manifest["closure"], graph.checksum());
    assert_eq!((&manifest["format"], &manifest["list_separator"]), (&"csv".into(), &";".into()));
    let names: Vec<&str> = manifest["tables"].as_array().unwrap().iter().map(|table| text(&table["table"])).collect();
    assert_eq!(names, ["nodes", "edges", "attributes", "rank"]);
    for table in manifest["tables"].as_array().unwrap() {
        let content = std::fs::read_to_string(folder.join(text(&table["file"]))).unwrap();
        let header: Vec<&str> = content.lines().next().unwrap().split(',').collect();
        let columns = table["columns"].as_array().unwrap();
        assert_eq!(header, columns.iter().map(|column| text(&column["name"])).collect::<Vec<_>>());
        let rows = rows(&content);
        assert_eq!(table["rows"], rows.len());
        for column in columns {
            // a list may be empty; everything else that every row has is there
            if column["nullable"] == false && column["type"] != "list" {
                let name = text(&column["name"]);
                assert!(rows.iter().all(|row| !row[name].is_empty()), "{name}");
            }
        }
    }
    let names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(names.is_empty(), "{names:?}");

    // what is there stays, unless it may go
    let before = std::fs::read(folder.join("edges.csv")).unwrap();
    let refused = program.run(&["export", "--edges", "--to", "new/closure"]).failed();
    assert!(refused.contains("edges.csv: is there already") && refused.contains("--force"), "{refused}");
    let ran = program.run(&["export", "--edges", "--no-rules", "--to", "new/closure", "--force"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.talk.contains("nodes.csv: is of an earlier export"), "{ran:?}");
    assert_ne!(before, std::fs::read(folder.join("edges.csv")).unwrap());
}

#[test]
fn the_same_bytes_whatever_the_threads() {
    let program = program();
    for form in forms() {
        for (folder, threads) in [("one", "1"), ("four", "4")] {
            let to = format!("{folder}-{form}");
            program.run(&["export", "--cost", "--as", form, "--to", &to, "--threads", threads]).fine();
        }
        for table in ["nodes", "edges", "attributes", "rank"] {
            let read = |folder: &str| {
                std::fs::read(program.folder.path().join(format!("{folder}-{form}/{table}.{form}"))).unwrap()
            };
            assert_eq!(read("one"), read("four"), "{table}.{form}");
        }
    }
}

/// The forms that this program was built with.
fn forms() -> &'static [&'static str] {
    if cfg!(feature = "parquet") { &["csv", "parquet"] } else { &["csv"] }
}

#[test]
fn what_is_refused() {
    let program = program();
    let refused = |arguments: &[&str], told: &str| {
        let talk = program.run(&[&["export"], arguments].concat()).failed();
        assert!(talk.contains(told), "{arguments:?}: {talk}");
    };
    refused(&[], "all tables are asked for, and standard output takes one");
    refused(&["--nodes", "--edges"], "--to DIR");
    refused(&["--nodes", "--format", "json"], "its forms are csv and parquet (--as)");
    if cfg!(feature = "parquet") {
        refused(&["--nodes", "--as", "parquet"], "Parquet tables are asked for");
    } else {
        refused(&["--as", "parquet", "--to", "x"], "--features parquet");
    }
    let ran: Ran = program.run(&["export", "--force", "--nodes"]);
    assert!(ran.code == 2 && ran.talk.contains("--to"), "{ran:?}");
    program.write("file", "");
    refused(&["--to", "file"], "file");
    refused(&["--to", "file/below"], "file/below");
}

/// The columns in the README are those of the tables.
#[test]
fn the_readme_knows_every_column() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, section) = text.split_once("## Export").unwrap();
    for table in nix_ripple::query::TableKind::ALL {
        let row = section.lines().find(|line| line.starts_with(&format!("| `{}` |", table.as_str()))).unwrap();
        for field in table.fields() {
            assert!(row.contains(&format!("`{}`", field.name)), "{}: {}", table.as_str(), field.name);
        }
        assert_eq!(row.matches('`').count() / 2, table.fields().len() + 1, "{row}");
    }
}
