//! The spurious inputs that a change adds and removes.

use std::collections::BTreeSet;

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::query::{Diff, Judged, SpuriousChanges, SpuriousInput};
use nix_ripple::reach::{Edits, savings};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{CheckOnly, Evidence, Grade, InputRef, PackageRef, Rules, Verdicts};

use crate::cli::program::Program;
use crate::support::{Recipe, folder, graph};

fn node(graph: &Graph, name: &str) -> NodeId {
    graph.nodes().find(|&node| graph.name(node) == name).unwrap_or_else(|| panic!("no {name}"))
}

fn changes(old: &Graph, new: &Graph, evidence: &[Evidence], rules: &Rules) -> SpuriousChanges {
    let verdicts = [old, new].map(|graph| Verdicts::with_rules(graph, evidence, rules.clone()).0);
    let effective = [old, new].map(EffectiveInputs::new);
    let judged = |side: usize| Judged { effective: &effective[side], verdicts: &verdicts[side], costs: None };
    let found = Diff::of(old, new).spurious(judged(0), judged(1));
    for (graph, rows) in [(old, &found.removed), (new, &found.added)] {
        rows.iter().for_each(|row| saves_what_a_search_says(graph, row));
    }
    found
}

fn saves_what_a_search_says(graph: &Graph, row: &SpuriousInput) {
    let (input, consumer) = (node(graph, &row.input.name), node(graph, &row.consumer.name));
    let (edge, _) = graph.input_edges(consumer).find(|&(_, own)| own == input).unwrap();
    let mut edits = Edits::default();
    edits.treat(edge, row.remedy.unwrap());
    assert_eq!(row.saves, Some(savings(graph, &[input], &edits, None)), "{row:?}");
}

fn pairs(rows: &[SpuriousInput]) -> Vec<String> {
    let pair = |row: &SpuriousInput| {
        let rule = row.rule.as_deref().unwrap_or("evidence");
        format!("{} in {}: {} by {rule}", row.input.name, row.consumer.name, row.verdict.as_str())
    };
    rows.iter().map(pair).collect()
}

/// The sides: what each consumer names, and under which keys.
pub(super) fn sides() -> [Vec<Recipe>; 2] {
    let side = |number: usize, interpreter: &str, new: bool| {
        let tool = Recipe::new(1 + number, if new { "tool-2.0" } else { "tool-1.0" });
        let library = Recipe::new(2, "library-1.0");
        let module = Recipe::new(3 + number, &format!("{interpreter}-module-1.0"));
        // loses the one, and has the other for its checks alone now
        let edited = match new {
            false => Recipe::new(10, "edited-1.0").input(&library, "buildInputs").input(&tool, "updateScript"),
            true => Recipe::new(110, "edited-1.1").input(&library, "checkPhase"),
        };
        let above = Recipe::new(11 + number, "above-1.0").input(&edited, "buildInputs");
        let above_tool = Recipe::new(12 + number, "more-1.0").input(&above, "buildInputs");
        // the same recipe, but for the tool's version
        let same = Recipe::new(13 + number, "same-1.0").input(&tool, "updateScript");
        // another flag, and flagged before and after
        let mut flag = Recipe::new(14 + number, "flag-1.0").input(&tool, "updateScript");
        flag.env.push(("configureFlags".to_owned(), format!("--x={number}")));
        let by_interpreter = Recipe::new(15 + number, &format!("{interpreter}-app-1.0")).input(&module, "updateScript");
        let alone = Recipe::new(16 + number, if new { "fresh-1.0" } else { "gone-1.0" }).input(&tool, "updateScript");
        // nobody needs what fetches
        let fetched = Recipe::new(17 + number, if new { "a-2" } else { "a-1" }).fixed().input(&tool, "updateScript");
        vec![tool, library, module, edited, above, above_tool, same, flag, by_interpreter, alone, fetched]
    };
    [side(0, "python3.6", false), side(100, "python3.7", true)]
}

#[test]
fn added_and_removed() {
    let folders = sides().map(|side| folder(&side));
    let [old, new] = folders.each_ref().map(|folder| graph(&[folder.path()]));
    let found = changes(&old, &new, &[], &Rules::embedded());
    // the one that costs more comes first
    assert_eq!(
        pairs(&found.added),
        ["library-1.0 in edited-1.1: test-only by check-phase", "tool-2.0 in fresh-1.0: no-effect by update-script"]
    );
    assert_eq!(
        pairs(&found.removed),
        ["tool-1.0 in edited-1.0: no-effect by update-script", "tool-1.0 in gone-1.0: no-effect by update-script"]
    );
    let builds = |rows: &[SpuriousInput]| rows.iter().map(|row| row.saves.unwrap().builds).collect::<Vec<_>>();
    assert_eq!((builds(&found.added), builds(&found.removed)), (vec![3, 1], vec![3, 1]));
    assert_eq!((found.added[0].keys.as_slice(), found.open), (["checkPhase".to_owned()].as_slice(), 0));
    assert_eq!(found.added[0].grade, Some(Grade::Inferred));

    // the other way round it is the other way round
    let back = changes(&new, &old, &[], &Rules::embedded());
    assert_eq!((back.added, back.removed), (found.removed, found.added));
    // without rules nothing is known
    assert_eq!(changes(&old, &new, &[], &Rules::default()), SpuriousChanges::default());
    // and between a side and itself there is nothing
    assert_eq!(changes(&old, &old, &[], &Rules::embedded()), SpuriousChanges::default());
}

/// Evidence is of a recipe: of another recipe it says nothing, neither that the input has become needed.
#[test]
fn what_evidence_says_of_one_side_alone() {
    let library = Recipe::new(1, "library-1.0");
    let tool = Recipe::new(2, "tool-1.0");
    let user = |number: usize, inputs: &[&Recipe]| {
        let mut user = Recipe::new(number, &format!("user-1.{number}"));
        for input in inputs {
            user.inputs.push((input.path(), vec!["out".to_owned()]));
        }
        let paths: Vec<String> = inputs.iter().map(|input| input.output_path("out")).collect();
        user.env.push(("buildInputs".to_owned(), paths.join(" ")));
        user
    };
    let folder_of = |user: Recipe| folder(&[library.clone(), tool.clone(), user]);
    let [old, same, less] =
        [user(10, &[&library, &tool]), user(11, &[&library, &tool]), user(12, &[&library])].map(folder_of);
    let [old, same, less] = [&old, &same, &less].map(|folder| graph(&[folder.path()]));
    let consumer = node(&old, "user-1.10");
    let (edge, input) = old.input_edges(consumer).find(|&(_, input)| old.name(input) == "tool-1.0").unwrap();
    let evidence = Evidence::CheckOnly(CheckOnly {
        package: PackageRef { attribute: String::new(), drv: old.path(consumer), name: "user-1.10".to_owned() },
        recipe: old.recipe(consumer),
        inputs: vec![InputRef {
            drv: old.path(input),
            name: "tool-1.0".to_owned(),
            pname: "tool".to_owned(),
            outputs: vec!["out".to_owned()],
            keys: old.mentions(edge).map(str::to_owned).collect(),
        }],
        appeared: Vec::new(),
        differing_keys: Some(Vec::new()),
        grade: Grade::Inferred,
    });
    let evidence = [evidence];
    for (one, other, open) in [(&old, &same, 1), (&same, &old, 1)] {
        let found = changes(one, other, &evidence, &Rules::default());
        assert_eq!((found.added.len(), found.removed.len(), found.open), (0, 0, open), "{found:?}");
    }
    let found = changes(&old, &less, &evidence, &Rules::default());
    assert_eq!(pairs(&found.removed), ["tool-1.0 in user-1.10: test-only by evidence"]);
    assert_eq!((found.added.len(), found.open), (0, 0));
}

#[test]
fn told() {
    let program = Program::new();
    for (name, side) in ["old", "new"].into_iter().zip(sides()) {
        std::fs::create_dir(program.folder.path().join(name)).unwrap();
        for recipe in side {
            program.write(&format!("{name}/{}", recipe.base_name()), recipe.text());
        }
    }
    let run = |arguments: &[&str]| program.run(&[&["diff", "old", "new"], arguments].concat());
    let table = run(&[]).fine();
    for line in [
        "spurious inputs added: 2\n  library-1.0 in edited-1.1: test-only (inferred, check-phase); detach: -3 builds, +1 test build a bump\n",
        "spurious inputs removed: 2\n  tool-1.0 in edited-1.0: no-effect (inferred, update-script); drop: -3 builds a bump\n",
    ] {
        assert!(table.contains(line), "{table}");
    }
    let comment = run(&["--format", "markdown"]).fine();
    assert!(
        comment.contains("<details><summary>spurious inputs added: 2</summary>\n\n- `library-1.0` in"),
        "{comment}"
    );
    let json = run(&["--format", "json"]).json();
    let row = &json["spurious"]["added"][0];
    let keys: BTreeSet<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["consumer", "grade", "input", "keys", "remedy", "rule", "saves", "verdict"].into());
    assert_eq!((row["input"]["pname"].as_str(), row["saves"]["builds"].as_i64()), (Some("library"), Some(3)));
    assert_eq!(json["spurious"]["open"], 0);
    let without = run(&["--no-rules", "--format", "json"]).json();
    assert!(without.get("spurious").is_none(), "{without}");
}
