//! Every command's help shows examples, and each of them does what it is there for.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_ripple::graph::Graph;
use nix_ripple::verdict::{EvidenceFile, Grade};

use crate::cli::judging::check_only;
use crate::cli::program::{Program, minipkgs};
use crate::needs;
use crate::support::testdata;

/// An example: its line, without what is said of it.
#[derive(Debug)]
struct Example {
    command: String,
    line: String,
    code: i32,
    nix: bool,
}

/// The commands that a help names, those below them with a blank between.
fn commands() -> Vec<String> {
    fn below(of: &str, found: &mut Vec<String>) {
        let words: Vec<&str> = of.split_whitespace().collect();
        let help = help(&words);
        let names = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        for line in names.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let name = line.split_whitespace().next().unwrap();
            if name != "help" {
                let full = format!("{of} {name}").trim().to_owned();
                below(&full, found);
                found.push(full);
            }
        }
    }
    let mut found = Vec::new();
    below("", &mut found);
    found
}

fn help(words: &[&str]) -> String {
    Program::new().run(&[words, &["--help"]].concat()).fine()
}

fn examples(command: &str) -> Vec<Example> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let mut inside = None;
    let mut found = Vec::new();
    for line in help(&words).lines() {
        match line {
            line if line.starts_with("Examples with Nix") => inside = Some(true),
            "Examples:" => inside = Some(false),
            "" => inside = None,
            line => {
                let Some(nix) = inside else { continue };
                let line = line.strip_prefix("  ").unwrap_or_else(|| panic!("{command}: {line}"));
                let (line, said) = line.split_once("    # ").unwrap_or((line, ""));
                let code = said.strip_prefix("exit code ").and_then(|rest| rest[..1].parse().ok()).unwrap_or(0);
                found.push(Example { command: command.to_owned(), line: line.to_owned(), code, nix });
            }
        }
    }
    found
}

/// A folder that has what examples name.
fn folder() -> Program {
    let program = Program::new();
    let at = program.folder.path();
    for name in ["closure.ripple", "base.ripple", "head.ripple", "without-checks.ripple"] {
        std::fs::copy(minipkgs(), at.join(name)).unwrap();
    }
    for (name, target) in [
        ("times.csv", "costs/real/times.csv"),
        ("built.txt", "costs/real/dry-run/without-openssl-dev.cache"),
        ("bumps.toml", "waves/four.toml"),
        ("results.csv", "waves/wave-1.csv"),
        ("derivations", "minipkgs/drvs"),
        ("old.drvs", "minipkgs/drvs"),
        ("new.drvs", "minipkgs/drvs"),
        ("attrs.json", "minipkgs/outpaths.json"),
        ("old-attrs.json", "minipkgs/outpaths.json"),
        ("new-attrs.json", "minipkgs/outpaths.json"),
    ] {
        symlink(testdata(target), at.join(name)).unwrap();
    }
    program.write(
        "default.nix",
        format!(
            "{{ system ? \"x86_64-linux\", overlays ? [ ], config ? {{ }} }}:\nimport {} {{ inherit system overlays config; }}\n",
            testdata("minipkgs").display()
        ),
    );
    program.write("rates.csv", "pillow,12\nhypothesis,50\n");
    program.write("repositories.csv", "attr:python311Packages.*,python\npname:curl,network\n");
    let graph = Graph::open(minipkgs()).unwrap();
    let pandas = check_only(&graph, "python311Packages.pandas", &["python311Packages.hypothesis"], Grade::Inferred);
    let evidence = EvidenceFile { evidence: vec![pandas], ..EvidenceFile::default() }.to_text();
    program.write("evidence.jsonl", &evidence);
    program.write("theirs.jsonl", &evidence);
    for (name, text) in [("result", "one"), ("result-before", "one"), ("result-after", "two")] {
        std::fs::create_dir_all(at.join(name).join("bin")).unwrap();
        std::fs::write(at.join(name).join("bin/tool"), text).unwrap();
    }
    program
}

/// As a shell runs the line, with the program that was built.
fn shell(program: &Program, line: &str, env: &BTreeMap<&str, String>) -> (i32, String) {
    let mut command = Command::new("sh");
    let built = program.command::<&str>(&[]);
    for (key, value) in built.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    command.args(["-c", line]).current_dir(program.folder.path()).envs(env);
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The search path with the program before everything else.
fn path() -> String {
    let folder: PathBuf = Path::new(env!("CARGO_BIN_EXE_nix-ripple")).parent().unwrap().to_path_buf();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

#[test]
fn every_command_has_examples() {
    let commands = commands();
    assert!(commands.len() > 20, "{commands:?}");
    for command in &commands {
        let examples = examples(command);
        let own = examples.iter().filter(|example| example.line.contains(&format!("nix-ripple {command}")));
        assert!(own.count() > 0, "the help of '{command}' has no example of its own: {examples:?}");
    }
}

#[test]
fn examples_do_what_they_say() {
    let env = BTreeMap::from([("PATH", path())]);
    for command in commands() {
        // what one example of a command writes the next may read
        let program = folder();
        if command == "waves status" {
            let (code, talk) = shell(&program, "nix-ripple waves --bumps bumps.toml --format json > plan.json", &env);
            assert_eq!(code, 0, "{talk}");
        }
        for example in examples(&command).into_iter().filter(|example| !example.nix) {
            let (code, talk) = shell(&program, &example.line, &env);
            assert_eq!(code, example.code, "{example:?}: {talk}");
        }
    }
}

/// Those that evaluate, in a store of their own. What would build, or wants a checkout, is read as far
/// as the command line goes.
#[test]
fn examples_with_nix() {
    let program = folder();
    // nothing but the program and a shell: whatever is wrong then is not the command line
    let tools = tempfile::tempdir().unwrap();
    for tool in ["sh", "cat"] {
        symlink(Path::new("/bin").join(tool), tools.path().join(tool)).unwrap();
    }
    let program_alone = Path::new(env!("CARGO_BIN_EXE_nix-ripple"));
    symlink(program_alone, tools.path().join("nix-ripple")).unwrap();
    let bare = BTreeMap::from([("PATH", tools.path().display().to_string())]);
    let all: Vec<Example> = commands().iter().flat_map(|command| examples(command)).filter(|one| one.nix).collect();
    assert!(all.len() >= 8, "{all:?}");
    for example in &all {
        let (code, talk) = shell(&program, &example.line, &bare);
        assert!(code == 2 && !talk.contains("--help'."), "{example:?}: {talk}");
    }
    if !needs::nix() {
        return;
    }
    let store = tempfile::tempdir().unwrap();
    let small = testdata("minipkgs");
    let env = BTreeMap::from([("PATH", path()), ("NIX_PATH", format!("nixpkgs={}", small.display()))]);
    for example in all.iter().filter(|example| example.command != "prove" && !example.line.contains("--git")) {
        // a store of its own, so that nobody else's is written to
        let root = store.path().display();
        let line = example.line.replace("nix-ripple ", "nix-ripple --STORE ").replace("-A hello", "-A curl");
        let line = line.replace("nix-instantiate ", &format!("nix-instantiate --store {root} "));
        let command = &example.command;
        let line = line.replace(&format!("--STORE {command}"), &format!("{command} --store-root {root}"));
        let (code, talk) = shell(&program, &line, &env);
        assert_eq!(code, example.code, "{line}: {talk}");
    }
}
