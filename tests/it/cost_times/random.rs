//! Closures and records at random, in names that lay traps.

use std::collections::BTreeMap;
use std::path::Path;

use nix_ripple::cost::{Costs, Times};
use nix_ripple::graph::Graph;

use super::naive::{Known, Named, Node, Record, known, nodes, shortened};
use crate::support::{Chance, Recipe, folder, graph};

/// Names as nixpkgs has them, and some of the traps.
pub(super) const PNAMES: [&str; 8] =
    ["curl", "Curl", "python3.6-curl", "perl5.30-URI", "perl-URI", "font-100dpi", "python3", "hook"];
pub(super) const ENDS: [&str; 11] =
    ["", "-1.0", "-1.1", "-1.1", "-2rc1", "-3.6.5-env", "-1.0-wrapper", "-1.0.tar.gz", "-1.0.patch", "-4", ".5"];
pub(super) const SYSTEMS: [&str; 2] = ["x86_64-linux", "aarch64-linux"];

pub(super) fn recipes(chance: &mut Chance, count: usize) -> Vec<Recipe> {
    let bash = Recipe::new(count + 1, "bash");
    let mut recipes: Vec<Recipe> = (0..count)
        .map(|number| {
            let (pname, end) = (*chance.pick(&PNAMES), *chance.pick(&ENDS));
            let mut recipe = Recipe::new(number + 1, &format!("{pname}{end}"));
            (*chance.pick(&SYSTEMS)).clone_into(&mut recipe.system);
            if chance.below(3) == 0 {
                recipe.env.push(("pname".to_owned(), pname.to_owned()));
            }
            if chance.below(5) == 0 {
                recipe.env.push(("preferLocalBuild".to_owned(), "1".to_owned()));
            }
            if chance.below(8) == 0 {
                recipe.env.push(("requiredSystemFeatures".to_owned(), "big-parallel".to_owned()));
            }
            if chance.below(3) > 0 {
                recipe = recipe.input(&bash, "stdenv");
            }
            if end.ends_with("z") || chance.below(8) == 0 { recipe.fixed() } else { recipe }
        })
        .collect();
    recipes.push(bash);
    recipes
}

/// Attributes, of which several can name one derivation, and one several; some name none.
pub(super) fn attributes(chance: &mut Chance, recipes: &[Recipe]) -> String {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..recipes.len() {
        let name = chance.pick(&["curl", "a.curl", "b.x", "python3", "c.d.hook", "top"]);
        let recipe = chance.pick(recipes);
        let system = if chance.below(6) == 0 { *chance.pick(&SYSTEMS) } else { recipe.system.as_str() };
        let path = if chance.below(8) == 0 {
            "/nix/store/00000000000000000000000000009999-gone".to_owned()
        } else {
            recipe.output_path("out")
        };
        all.insert(format!("{name}.{system}"), path);
    }
    let lines: Vec<String> = all.into_iter().map(|(name, path)| format!(r#""{name}": {{"out": "{path}"}}"#)).collect();
    format!("{{{}}}", lines.join(","))
}

/// One file of each form.
pub(super) fn files(chance: &mut Chance, recipes: &[Recipe], each: usize) -> (Vec<Record>, Vec<String>) {
    let mut records = Vec::new();
    let mut files = vec![
        "drvPath,startTime,stopTime,system\n".to_owned(),
        "attribute,system,milliseconds\n".to_owned(),
        String::new(),
        "system,pname,ms\n".to_owned(),
        "hostname,derivation name,utc time,build seconds\n".to_owned(),
        "drvpath,job,nixname,starttime,stoptime,system\n".to_owned(),
    ];
    for _ in 0..each {
        let file = chance.below(files.len());
        let name = format!("{}{}", chance.pick(&PNAMES), chance.pick(&ENDS));
        let attribute = chance.pick(&[
            "curl",
            "a.curl",
            "b.x.x86_64-linux",
            "aarch64-linux.python3",
            "c.d.hook",
            "no.such",
            "top",
            "b.x",
        ]);
        let path = if chance.below(2) == 0 {
            chance.pick(recipes).path()
        } else {
            format!("/nix/store/{:032}-{name}.drv", 7_000_000 + chance.below(3))
        };
        let named_by_path = || path[44..].strip_suffix(".drv").unwrap().to_owned();
        let system = if chance.below(3) == 0 { "" } else { *chance.pick(&["x86_64-linux", "aarch64-linux", "z"]) };
        let seconds = 1 + chance.below(9) as u64;
        let mut record = Record { system: system.to_owned(), millis: seconds * 1_000, file, ..Record::default() };
        let line = match file {
            0 => {
                (record.path, record.name) = (path.clone(), named_by_path());
                format!("{path},1700000000,{},{system}", 1_700_000_000 + seconds)
            }
            1 => {
                (record.attribute, record.named) = ((*attribute).to_owned(), Named::Any);
                format!("{attribute},{system},{}", record.millis)
            }
            2 => {
                let name = if chance.below(3) == 0 { (*attribute).to_owned() } else { name };
                (record.name, record.named) = (name.clone(), Named::Any);
                format!("{name},{seconds},{system}")
            }
            3 => {
                let pname = chance.pick(&PNAMES);
                (record.name, record.named) = ((*pname).to_owned(), Named::Pname);
                format!("{system},{pname},{}", record.millis)
            }
            4 => {
                // as it names a derivation with a pname, or one without
                let name =
                    if chance.below(2) == 0 { (*chance.pick(&PNAMES)).to_owned() } else { shortened(&name).to_owned() };
                if name.is_empty() {
                    continue;
                }
                (record.name, record.named, record.system) = (name.clone(), Named::Short, String::new());
                format!(",{name},2024-01-01 00:00:00,{seconds}")
            }
            _ => {
                (record.path, record.name) = (path.clone(), named_by_path());
                (*attribute).clone_into(&mut record.attribute);
                format!("{path},{attribute},{name},1700000000,{},{system}", 1_700_000_000 + seconds)
            }
        };
        files[file].push_str(&line);
        files[file].push('\n');
        records.push(record);
    }
    records.sort_by_key(|record| record.file);
    (records, files)
}

/// Everything of one random closure with random records.
pub(super) struct Case {
    pub(super) graph: Graph,
    pub(super) nodes: Vec<Node>,
    pub(super) records: Vec<Record>,
    pub(super) knowns: Vec<Known>,
    pub(super) costs: Costs,
    /// The files that have records.
    pub(super) file_names: Vec<String>,
}

impl Case {
    pub(super) fn new(seed: u64, count: usize, each: usize) -> Self {
        let mut chance = Chance(seed);
        let recipes = recipes(&mut chance, count);
        let drvs = folder(&recipes);
        std::fs::write(drvs.path().join("attributes.json"), attributes(&mut chance, &recipes)).unwrap();
        let graph = graph(&[drvs.path().to_path_buf(), drvs.path().join("attributes.json")]);
        let (records, texts) = files(&mut chance, &recipes, each);
        let mut times = Times::default();
        let mut file_names = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            if records.iter().any(|record| record.file == at) {
                times
                    .add(text.as_bytes(), Path::new(&at.to_string()))
                    .unwrap_or_else(|error| panic!("{error}\n{text}"));
                file_names.push(at.to_string());
            }
        }
        assert_eq!(times.len(), records.len());
        let nodes = nodes(&graph);
        let all = graph.attributes().map(|attribute| graph.attribute_name(attribute).to_owned()).collect();
        let knowns = records.iter().map(|record| known(&nodes, &all, record)).collect();
        let costs = Costs::new(&graph, &times);
        Self { graph, nodes, records, knowns, costs, file_names }
    }
}
