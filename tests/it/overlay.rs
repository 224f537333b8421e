//! Overlays as text: the command, and names that would like to be code.

use std::collections::BTreeMap;

use nix_ripple::graph::Graph;
use nix_ripple::query::{RemedyParams, WhatIf, overlay, remedies};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{CheckOnly, Evidence, Grade, InputRef, PackageRef, Verdicts};

use crate::cli::program::Program;
use crate::needs;
use crate::nix_as_judge::{Store, build_in, nix, ran, sandbox_works};
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

/// Wrappers and detached tests are not only evaluated: they build, and are what they should be.
#[test]
fn remedies_build() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let store = Store::new();
    let program = Program::new();
    let write = |name: &str, text: &str| program.write(name, text).display().to_string();
    let roots = |overlays: &str, attributes: &[&str]| {
        let attributes: Vec<String> = attributes.iter().map(|attribute| format!("(set.{attribute})")).collect();
        let set = testdata("minipkgs");
        format!("let set = import {} {{ overlays = {overlays}; }}; in [ {} ]", set.display(), attributes.join(" "))
    };
    // a split of what python packages propagate, one with several outputs, one of structured attributes
    let texts = ["split:pillow->torchvision", "split:kmod->linux", "split:libidn2->wget"];
    let (drvs, names) = (testdata("minipkgs/drvs"), testdata("minipkgs/outpaths.json"));
    let graph = support::graph(&[drvs, names]);
    let what_ifs: Vec<WhatIf> = texts.iter().map(|text| WhatIf::parse(text).unwrap()).collect();
    let verdicts = checks_of(&graph, &["gnutls", "python311Packages.cffi", "perlPackages.LWP"]);
    let effective = EffectiveInputs::new(&graph);
    let params = RemedyParams { min_grade: Some(Grade::Suspected), ..RemedyParams::default() };
    let found = remedies(&graph, &effective, &verdicts, &[], &what_ifs, params).unwrap();
    let mut text = Vec::new();
    overlay(&graph, &found).nix(&mut text).unwrap();
    let overlay = write("overlay.nix", &String::from_utf8(text).unwrap());
    let attributes = [
        "python311Packages.torchvision",
        "python311Packages.torchvision.inner",
        "python311Packages.keras",
        "linux.dev",
        "linuxPackages.zfs",
        "wget",
        "gnutls.tests.checks",
        "python311Packages.cffi.tests.checks",
        "perlPackages.LWP.tests.checks",
    ];
    let file = write("roots.nix", &roots(&format!("[ (import {overlay}) ]"), &attributes));
    build_in(&store, &[&file]).unwrap_or_else(|log| panic!("{log}"));

    let eval = |attribute: &str, end: &str| -> String {
        let expression = format!(
            "(builtins.head (import {})).{end}",
            write("one.nix", &roots(&format!("[ (import {overlay}) ]"), &[attribute]))
        );
        let mut command = nix("nix-instantiate");
        command.args(["--store", store.path(), "--eval", "--json", "-E", &expression]);
        let path: String = serde_json::from_slice(&ran(&mut command).stdout).unwrap();
        path
    };
    let references = |path: &str| {
        let output = ran(nix("nix-store").args(["--store", store.path(), "-q", "--references", path]));
        String::from_utf8(output.stdout).unwrap()
    };
    let read = |path: &str, file: &str| {
        std::fs::read_to_string(format!("{}{path}/{file}", store.path()))
            .unwrap_or_else(|error| panic!("{path}/{file}: {error}"))
    };
    let (wrapper, inner) = ("python311Packages.torchvision", "python311Packages.torchvision.inner");
    let (wrapper, inner) = (eval(wrapper, "outPath"), eval(inner, "outPath"));
    assert!(references(&wrapper).contains("-python3.11-Pillow-") && references(&wrapper).contains(&inner));
    assert!(!references(&inner).contains("-python3.11-Pillow-"));
    let propagated = |path: &str| read(path, "nix-support/propagated-build-inputs");
    let without = |text: String| text.split_whitespace().filter(|path| !path.contains("Pillow")).count();
    assert_eq!(without(propagated(&wrapper)), without(propagated(&inner)));
    assert_eq!(propagated(&wrapper).split_whitespace().count(), propagated(&inner).split_whitespace().count() + 1);
    // what is no list still names what it was moved for
    let kernel = eval("linux", "outPath");
    assert!(read(&kernel, "nix-support/moved-inputs").contains("-kmod-"));
    let wget = eval("wget", "outPath");
    assert!(read(&wget, "nix-support/moved-inputs").contains("-libidn2-"));
}

/// Evidence that these packages have check-only inputs: those that the small distribution gives them.
fn checks_of(graph: &Graph, attributes: &[&str]) -> Verdicts {
    let inputs = |attribute: &str| match attribute {
        "gnutls" => vec!["which", "openssl"],
        "python311Packages.cffi" => vec!["python3.11-pytestCheckHook"],
        _ => vec!["perl5.36.0-TestMost"],
    };
    let mut evidence = Vec::new();
    for attribute in attributes {
        for at in graph.find_attribute(attribute) {
            let Some(node) = graph.attribute_node(graph.attributes().nth(at).unwrap()) else { continue };
            let reference = |node| (graph.path(node), graph.name(node).to_owned(), graph.pname(node).to_owned());
            let own = graph.input_edges(node).filter(|&(_, input)| inputs(attribute).contains(&graph.pname(input)));
            let inputs: Vec<InputRef> = own
                .map(|(edge, input)| {
                    let (drv, name, pname) = reference(input);
                    let outputs = graph.used_outputs(edge).map(str::to_owned).collect();
                    InputRef { drv, name, pname, outputs, keys: graph.mentions(edge).map(str::to_owned).collect() }
                })
                .collect();
            assert!(!inputs.is_empty(), "{attribute}");
            let (drv, name, _) = reference(node);
            evidence.push(Evidence::CheckOnly(CheckOnly {
                package: PackageRef { attribute: (*attribute).to_owned(), drv, name },
                recipe: graph.recipe(node),
                inputs,
                appeared: Vec::new(),
                differing_keys: None,
                grade: Grade::Suspected,
            }));
        }
    }
    Verdicts::new(graph, &evidence).0
}
