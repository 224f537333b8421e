//! The contract of the command line of `probe`.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::cli::program::Program;
use crate::needs;
use crate::nix_as_judge::Store;
use crate::support::{Recipe, folder, testdata};

#[test]
fn usage() {
    for arguments in [
        &["probe"][..],
        &["probe", "-A", "x"],
        &["probe", "-c", "x.ripple"],
        &["probe", "-f", "x.nix", "-A", "x", "-c", "x.ripple"],
        &["probe", "-f", "x.nix", "--compare", "y.json"],
        &["probe", "--compare", "y.json", "--batch", "3"],
        &["probe", "-f", "x.nix", "--batch", "0"],
        &["probe", "-f", "x.nix", "--arg", "name"],
    ] {
        let ran = Program::new().run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.talk.contains("--help"), "{arguments:?}: {}", ran.talk);
    }
}

/// A program in whose PATH `nix-instantiate` is this script, or is missing.
fn with_nix(script: Option<&str>) -> Program {
    let program = Program::new();
    let bin = program.folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    if let Some(script) = script {
        let file = bin.join("nix-instantiate");
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = bin.to_str().unwrap().to_owned();
    program.write("x.nix", "{ }");
    program.env("PATH", &path)
}

fn is_written(program: &Program) -> bool {
    program.folder.path().join("evidence.jsonl").exists()
}

#[test]
fn what_ends_a_probe() {
    let program = with_nix(None);
    let told = program.run(&["probe", "-f", "x.nix", "-A", "x"]).failed();
    assert!(told.contains("nix-instantiate is not installed") && told.contains("--compare"), "{told}");
    let told = program.run(&["probe", "-f", "y.nix", "-A", "x"]).failed();
    assert!(told.contains("y.nix: there is no such file"), "{told}");
    // said before anything is evaluated
    for output in ["nowhere/evidence.jsonl", "bin"] {
        let told = program.run(&["probe", "-f", "x.nix", "-A", "x", "-o", output]).failed();
        assert!(told.contains(output) && told.contains("expected a file to write"), "{told}");
    }

    // a Nix that always fails is no failure of attributes
    let program = with_nix(Some("#!/bin/sh\necho 'error: no space left' >&2; exit 1\n"));
    let told = program.run(&["probe", "-f", "x.nix", "-A", "x"]).failed();
    assert!(told.contains("x.nix: does not evaluate: no space left"), "{told}");
    let program = with_nix(Some("#!/bin/sh\nkill -9 $$\n"));
    let told = program.run(&["probe", "-f", "x.nix", "-A", "x"]).failed();
    assert!(told.contains("signal: 9") && told.contains("said nothing"), "{told}");
    let program = with_nix(Some("#!/bin/sh\necho '[]'\n"));
    let told = program.run(&["probe", "-f", "x.nix", "-A", "x"]).failed();
    assert!(told.contains("printed no answer"), "{told}");
    assert!(!is_written(&program));
}

#[test]
fn what_ends_a_probe_by_nix() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let program = Program::new().env("NIX_REMOTE", store.path());
    for (text, told) in [
        ("{ x = ", "x.nix: does not evaluate: syntax error"),
        ("abort \"no\"", "x.nix: does not evaluate: evaluation aborted with the following error message: 'no'"),
        ("{ needed }: { }", "x.nix: does not evaluate: "),
        ("{ }", "nothing could be probed: failed: x: there is no 'x'"),
        ("{ x = abort \"no\"; }", "nothing could be probed: failed: x: evaluation aborted"),
    ] {
        program.write("x.nix", text);
        let failed = program.run(&["probe", "-f", "x.nix", "-A", "x", "--store-root", store.path()]).failed();
        assert!(failed.contains(told), "{text}: {failed}");
        assert!(!is_written(&program), "{text}");
    }
    let minipkgs = testdata("minipkgs");
    let drvs = testdata("minipkgs/drvs");
    let start = ["probe", "-f", minipkgs.to_str().unwrap(), "--store-root", store.path()];
    let failed = program.run(&[&start[..], &["-c", drvs.to_str().unwrap()]].concat()).failed();
    assert!(failed.contains("the closure has no attributes for x86_64-linux"), "{failed}");
    assert!(program.run(&start).failed().contains("no closure"));
}

/// Nix is killed whenever it is asked for one attribute: that one is named, the others are probed.
#[test]
fn a_killed_process() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let path = std::env::var("PATH").unwrap();
    let script =
        format!("#!/bin/sh\ncase \"$*\" in *zlib*) kill -9 $$;; esac\nPATH='{path}' exec nix-instantiate \"$@\"\n");
    let program = with_nix(Some(&script)).env("NIX_REMOTE", store.path());
    let minipkgs = testdata("minipkgs");
    let mut arguments =
        vec!["probe", "-f", minipkgs.to_str().unwrap(), "--store-root", store.path(), "--format", "json"];
    for attribute in ["curl", "gnutls", "zlib", "proj", "zlib"] {
        arguments.extend(["-A", attribute]);
    }
    let report = program.run(&arguments).json();
    assert_eq!((&report["probed"], &report["failed"]), (&json!(3), &json!(1)));
    assert_eq!(report["failures"][0]["attribute"], "zlib");
    assert_eq!(report["failures"][0]["variant"], "package");
    assert!(report["failures"][0]["error"].as_str().unwrap().contains("signal: 9"));
}

#[test]
fn arguments_of_the_expression() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let program = Program::new().env("NIX_REMOTE", store.path());
    program.write(
        "x.nix",
        format!(
            "{{ word, number ? 0, system ? \"none\" }}: let packages = import {} {{ }}; in {{ ${{word}} = if number == 3 \
             then packages.curl else packages.zlib; ${{system}} = packages.gnutls; }}",
            testdata("minipkgs").display()
        ),
    );
    let run = |more: &[&str]| {
        let start = ["probe", "-f", "x.nix", "--store-root", store.path(), "--format", "json"];
        program.run(&[&start, more].concat())
    };
    let names = |report: Value| -> Vec<String> {
        let packages = report["packages"].as_array().unwrap();
        packages.iter().map(|package| package["name"].as_str().unwrap().to_owned()).collect()
    };
    // a dollar, a quote and a backslash are no syntax in a string
    let word = r#"a"${b}\c"#;
    let odd = ["--argstr", "word", word, "--arg", "number", "1 + 2 # three"];
    let report = run(&[&odd[..], &["-A", "none"]].concat()).json();
    assert_eq!(names(report), ["gnutls-3.8.0"]);
    let strings = ["--argstr", "word", "pkg", "--arg", "number", "1 + 2 # three", "-A", "pkg"];
    assert_eq!(names(run(&strings).json()), ["curl-8.0.1"]);
    assert_eq!(names(run(&["--argstr", "word", "pkg", "-A", "pkg"]).json()), Vec::<String>::new());
    // the system is an argument, too, unless it is given as one
    let system = ["--argstr", "word", "w", "--system", "aarch64-linux"];
    assert_eq!(names(run(&[&system[..], &["-A", "aarch64-linux"]].concat()).json()), ["gnutls-3.8.0"]);
    let both = [&system[..], &["--argstr", "system", "riscv64-linux", "-A", "riscv64-linux"]].concat();
    assert_eq!(names(run(&both).json()), ["gnutls-3.8.0"]);
    assert!(run(&["-A", "pkg"]).failed().contains("does not evaluate"));
}

/// A package with an input for its checks, one whose recipe follows from the flag, and one without.
fn made_by_hand(program: &Program) -> tempfile::TempDir {
    let tool = Recipe::new(1, "tool-1");
    let library = Recipe::new(2, "library-1");
    let other = Recipe::new(3, "other-1");
    let tested = |number: usize| Recipe::new(number, "tested-1").input(&library, "buildInputs");
    let flagged = |number: usize, flag: &str| {
        let mut recipe = Recipe::new(number, "flagged-1").input(&library, "buildInputs");
        recipe.env.push(("flags".to_owned(), flag.to_owned()));
        recipe
    };
    let checks = |mut recipe: Recipe, on: &str| {
        recipe.env.push(("doCheck".to_owned(), on.to_owned()));
        recipe
    };
    let base = [tested(10).input(&tool, "nativeBuildInputs"), flagged(20, "on").input(&tool, "nativeBuildInputs")]
        .map(|recipe| checks(recipe, "1"));
    let off = [tested(11), flagged(21, "off").input(&other, "nativeBuildInputs")].map(|recipe| checks(recipe, ""));
    // loses an input, but not because of its checks: it has none
    let tested_before = checks(tested(12).input(&tool, "nativeBuildInputs"), "");
    let derivation = |recipe: &Recipe| {
        let mut env = serde_json::Map::from_iter(recipe.env.iter().map(|(key, value)| (key.clone(), json!(value))));
        env.insert("out".to_owned(), json!(recipe.output_path("out")));
        let inputs = serde_json::Map::from_iter(recipe.inputs.iter().map(|(path, used)| (path.clone(), json!(used))));
        json!({"outputs": {"out": {"path": recipe.output_path("out")}}, "inputDrvs": inputs, "inputSrcs": [],
               "system": recipe.system, "builder": "/bin/sh", "args": [], "env": env})
    };
    let derivations = serde_json::Map::from_iter(off.iter().map(|recipe| (recipe.path(), derivation(recipe))));
    let pair = |base: &str, off: &str| json!({"base": base, "without_checks": off});
    let pairs = json!({
        "tested": pair(&base[0].path(), &off[0].path()),
        "alias": pair(&base[0].path(), &off[0].path()),
        "flagged": pair(&base[1].path(), &off[1].path()),
        "library": pair(&library.path(), &library.path()),
        "gone": pair(&Recipe::new(90, "gone").path(), &off[0].path()),
        "half": pair(&library.path(), &Recipe::new(91, "half").path()),
        "stranger": pair(&tested_before.path(), &off[0].path()),
    });
    let pairs = json!({"derivations": derivations, "pairs": pairs}).to_string();
    program.write("pairs.json", &pairs);
    program.write("pairs.json.zst", zstd::encode_all(pairs.as_bytes(), 3).unwrap());
    folder(&[&[tool, library, other, tested_before][..], &base].concat())
}

#[test]
fn reports() {
    let program = Program::new();
    let drvs = made_by_hand(&program);
    let drvs = drvs.path().to_str().unwrap();
    let run = |more: &[&str]| program.run(&[&["probe", "--compare", "pairs.json.zst", "-c", drvs], more].concat());
    let ran = run(&["--format", "json"]);
    assert_eq!(
        ran.talk,
        "evidence.jsonl: probed 4 attributes: 3 with check-only inputs, 3 failed (--verbose names them)\n"
    );
    let report = ran.json();
    let count = |key: &str| report[key].as_u64().unwrap();
    assert_eq!(["version", "probed", "with_check_inputs", "check_inputs", "failed"].map(count), [1, 4, 3, 3, 3]);
    let [alias, flagged, tested] = report["packages"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&alias["attribute"], &tested["attribute"]), (&json!("alias"), &json!("tested")));
    assert_eq!((&tested["grade"], &tested["differing_keys"]), (&json!("inferred"), &json!([])));
    assert_eq!(tested["inputs"][0]["name"], "tool-1");
    assert_eq!(tested["inputs"][0]["pname"], "tool");
    assert_eq!(tested["inputs"][0]["keys"], json!(["nativeBuildInputs"]));
    assert_eq!(tested["inputs"][0]["outputs"], json!(["out"]));
    assert_eq!((&flagged["grade"], &flagged["differing_keys"]), (&json!("suspected"), &json!(["flags"])));
    assert_eq!(flagged["appeared"][0]["name"], "other-1");
    let failures: Vec<_> = report["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| (&failure["attribute"], &failure["variant"]))
        .collect();
    let without = json!("without-checks");
    let expected = [(&json!("gone"), &json!("package")), (&json!("half"), &without), (&json!("stranger"), &without)];
    assert_eq!(failures, expected);

    let written = std::fs::read_to_string(program.folder.path().join("evidence.jsonl")).unwrap();
    let file: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(file["evidence"][2]["inputs"], tested["inputs"]);
    assert_eq!(file["failures"], report["failures"]);
    // plain text, and a snapshot of the closure whose derivations are looked up elsewhere
    program.run(&["ingest", drvs, "-o", "closure.ripple", "-q"]).fine();
    for (pairs, more) in [("pairs.json", &["-c", drvs][..]), ("pairs.json", &["--store-root", drvs])] {
        let ran = program.run(&[&["probe", "--compare", pairs, "-o", "again.json", "-q"], more].concat());
        assert_eq!((ran.code, ran.talk.as_str()), (0, ""));
        assert!(std::fs::read_to_string(program.folder.path().join("again.json")).unwrap() == written, "{more:?}");
    }

    let table = run(&["--verbose"]);
    assert!(
        table.talk.contains("failed: half without checks: ") && table.talk.contains("failed: gone: "),
        "{}",
        table.talk
    );
    assert_eq!(
        table.fine(),
        "\
4 attributes probed, 3 with check-only inputs (3 inputs); 3 failed
 attribute  check-only inputs  grade      what else differs
 alias      tool-1             inferred
 flagged    tool-1             suspected  flags; appears: other-1
 tested     tool-1             inferred
"
    );
    let csv = run(&["--format", "csv"]).fine();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], "attribute,drv,name,grade,input_drv,input_name,keys,differing_keys");
    assert!(lines[2].starts_with("flagged,/nix/store/") && lines[2].ends_with(",tool-1,nativeBuildInputs,flags"));
    let markdown = run(&["--format", "markdown"]).fine();
    assert!(markdown.starts_with("### Check-only inputs\n\n**4 attributes probed"), "{markdown}");
    assert!(run(&["--format", "dot"]).talk.contains("no dot form"));
}

#[test]
fn where_evidence_is_written() {
    let program = Program::new();
    let drvs = made_by_hand(&program);
    let drvs = drvs.path().to_str().unwrap();
    let run = |output: &str| program.run(&["probe", "--compare", "pairs.json", "-c", drvs, "-q", "-o", output]).fine();
    let at = |name: &str| program.folder.path().join(name);
    program.write("target.json", "old");
    std::os::unix::fs::symlink("target.json", at("link.json")).unwrap();
    run("link.json");
    assert!(at("link.json").symlink_metadata().unwrap().is_symlink());
    let text = std::fs::read_to_string(at("target.json")).unwrap();
    assert!(text.starts_with("{\n  \"version\": 2,"), "{text}");
    // a pipe of our own is written into (never try this on a device: whoever tests as root would lose it)
    let pipe = at("pipe.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    run("pipe.json");
    assert_eq!(reader.join().unwrap(), text);
    assert!(!pipe.symlink_metadata().unwrap().is_file());
}

#[test]
fn files_that_cannot_be_compared() {
    let program = Program::new();
    let drvs = made_by_hand(&program);
    let drvs = drvs.path().to_str().unwrap();
    let failed = |text: &str| {
        program.write("x.json", text);
        program.run(&["probe", "--compare", "x.json", "-c", drvs]).failed()
    };
    for (text, told) in [
        (r#"{"derivations": {}, "pairs": {"a": {"base": "x"}}}"#, "x.json: missing field `without_checks`"),
        (r#"{"pairs": [], "derivations": {}}"#, "x.json: invalid type: sequence"),
        (r#"{"pairs": {}, "derivations": {}}"#, "nothing could be probed: there is no attribute"),
        (r#"{"pairs": {"a": {"base": "x", "without_checks": "y"}}}"#, "failed: a: x is not in the closure"),
        ("{", "x.json: at byte "),
        ("", "x.json: is empty"),
    ] {
        let failed = failed(text);
        assert!(failed.contains(told), "{text}: {failed}");
        assert!(!is_written(&program));
    }
    let gone = program.run(&["probe", "--compare", "gone.json", "-c", drvs]).failed();
    assert!(gone.contains("gone.json"), "{gone}");
    // two closures of which one names no packages
    let failed = program.run(&["probe", "--compare", drvs, "-c", drvs]).failed();
    assert!(failed.contains("has neither pairs nor attributes"), "{failed}");
}

#[test]
fn nix_writes_where_it_is_read() {
    if !needs::nix() {
        return;
    }
    let program = Program::new();
    let store = program.folder.path().join("root");
    std::fs::create_dir(&store).unwrap();
    let minipkgs = testdata("minipkgs");
    let (file, root) = (minipkgs.to_str().unwrap(), store.to_str().unwrap());
    let ran = program.run(&["probe", "-f", file, "-A", "python311Packages.mock", "--store-root", root, "-q"]);
    assert!(ran.fine().contains("python3.11-pytest"));
    program.run(&["ingest", "-f", file, "-A", "zlib", "--store-root", root]).fine();
    let written = std::fs::read_dir(store.join("nix/store")).unwrap();
    assert!(written.count() > 100, "derivations are in the store that was named");
}
