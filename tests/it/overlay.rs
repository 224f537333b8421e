//! Overlays as text: the command, and names that would like to be code.

use std::collections::BTreeMap;

use nix_ripple::query::{RemedyParams, WhatIf, overlay, remedies};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::Verdicts;

use crate::cli::program::Program;
use crate::needs;
use crate::nix_as_judge::{nix, ran};
use crate::support::{self, Recipe, testdata};

/// Names that would be code if they were not quoted, and words of the language.
const HOSTILE: [&str; 9] =
    ["0ad", "if", "or", "a b", "${abort ''x''}", "\\", "x\n}; y = { ", "$${''", "# */ \r in abort \"x\""];

#[test]
fn names_stay_names() {
    if !needs::nix() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let mut recipes = Vec::new();
    let mut attributes = Vec::new();
    for (at, name) in HOSTILE.into_iter().enumerate() {
        let mut input = Recipe::new(2 * at + 1, "input-1");
        input.env.push(("pname".to_owned(), name.to_owned()));
        let consumer = Recipe::new(2 * at + 2, "consumer-1").input(&input, "buildInputs");
        for name in [name.to_owned(), format!("set.{name}"), format!("python3Packages.{name}")] {
            attributes.push(
                serde_json::json!({
                    "attr": name, "attrPath": [], "name": "x", "system": "x86_64-linux", "drvPath": consumer.path(),
                    "meta": { "position": format!("{name}:1") },
                })
                .to_string(),
            );
        }
        recipes.extend([input, consumer]);
    }
    let drvs = support::folder(&recipes);
    let graph = support::graph(&[drvs.path().to_path_buf(), write("attributes.jsonl", attributes.join("\n"))]);
    let effective = EffectiveInputs::new(&graph);
    let what_if = [WhatIf::parse("drop:name:input-1->name:consumer-1").unwrap()];
    let found = remedies(&graph, &effective, &Verdicts::default(), &[], &what_if, RemedyParams::default()).unwrap();
    let overlay = overlay(&graph, &found);
    assert_eq!(overlay.warnings, [""; 0]);
    let mut text = Vec::new();
    overlay.nix(&mut text).unwrap();
    let file = write("overlay.nix", String::from_utf8(text).unwrap());
    let names = write("names.json", serde_json::to_string(&HOSTILE).unwrap());
    // packages that are what is left of their inputs
    let expression = format!(
        "let
          names = builtins.fromJSON (builtins.readFile {});
          inputs = map (pname: {{ inherit pname; }}) (names ++ [ \"kept\" ]);
          package = {{ overrideAttrs = change: map (input: input.pname) (change {{ buildInputs = inputs; }}).buildInputs; }};
          packages = builtins.listToAttrs (map (name: {{ inherit name; value = package; }}) names);
          final = import {} final (packages // {{ set = packages; }});
          python = builtins.head final.pythonPackagesExtensions;
        in [
          (removeAttrs final [ \"set\" \"pythonPackagesExtensions\" ])
          (builtins.intersectAttrs packages final.set)
          (python {{ }} (packages // {{ python.pythonVersion = \"3.11\"; }}))
        ]",
        names.display(),
        file.display()
    );
    let mut command = nix("nix-instantiate");
    command.args(["--eval", "--strict", "--json", "--readonly-mode", "--store"]).arg(folder.path());
    let left: Vec<BTreeMap<String, Vec<String>>> =
        serde_json::from_slice(&ran(command.args(["-E", &expression])).stdout).unwrap();
    let others = |name: &str| {
        HOSTILE.iter().filter(|&&other| other != name).chain([&"kept"]).map(|&other| other.to_owned()).collect()
    };
    let expected: BTreeMap<String, Vec<String>> =
        HOSTILE.into_iter().map(|name| (name.to_owned(), others(name))).collect();
    assert_eq!(left, [expected.clone(), expected.clone(), expected]);
}

#[test]
fn the_command() {
    let program = Program::new();
    let (drvs, names) = (testdata("minipkgs/drvs"), testdata("minipkgs/outpaths.json"));
    let closure = ["-c", drvs.to_str().unwrap(), "-c", names.to_str().unwrap()];
    let run = |arguments: &[&str]| program.run(&[&["overlay"], arguments, &closure].concat());
    let failed = |arguments: &[&str]| run(&[arguments, &["--quiet"]].concat()).failed();
    let drop = ["drop:freetype->fontconfig", "split:pillow->torchvision"];
    let ran = run(&drop);
    let text = ran.out.clone();
    assert!(ran.code == 0 && ran.talk.contains(" edits for "), "{}", ran.talk);
    let edits = text.split_once("\nin\n").unwrap().1;
    insta::assert_snapshot!(edits);
    // whatever the order they are given in, and wherever it is written
    assert_eq!(run(&[drop[1], drop[0]]).fine(), text);
    assert_eq!(run(&[&drop[..], &["-o", "overlay.nix", "--threads", "1"]].concat()).fine(), "");
    assert_eq!(std::fs::read_to_string(program.folder.path().join("overlay.nix")).unwrap(), text);
    // what is not done is told
    let ran = run(&["drop:kmod->systemd"]);
    let warning = "systemd-253.3 names kmod-30 in postFixup: that is not edited, so the input stays";
    assert!(ran.talk.contains(warning) && ran.out.starts_with(&format!("# Not done: {warning}\n")), "{ran:?}");
    assert!(failed(&[]).contains("<REMEDY>"));
    assert!(failed(&["drop:zlib"]).contains("'->' is missing"));
    assert!(failed(&["detach-tests"]).contains("--evidence"));
    assert!(failed(&["drop:pcre->perl"]).contains("treats no edge"));
    assert!(failed(&["drop:zlib->libtiff", "--format", "json"]).contains("no json form"));
    assert!(failed(&["drop:zlib->libtiff", "-o", "none/overlay.nix"]).contains("there is no folder"));
}
