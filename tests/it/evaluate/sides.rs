//! The sides of `diff` on the command line: what is evaluated, what is read, what is refused.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::cli::program::{Program, Ran};
use crate::needs;
use crate::nix_as_judge::Store;

/// A program with a store and a cache of its own, and a small expression in `x.nix`.
pub(super) struct Sides {
    pub(super) store: Store,
    pub(super) program: Program,
}

/// `base` is named by its version; `user` uses it; `config` breaks things.
pub(super) const EXPRESSION: &str = r#"
{ version ? "1", config ? { }, system ? builtins.currentSystem }:
let
  package = name: attrs: derivation ({ inherit name system; builder = "/bin/sh"; } // attrs);
  broken = kind: value:
    if config.broken or null != kind then value
    else if kind == "throw" then throw "broken by version ${version}" else abort "aborted";
in rec {
  base = package "base-${version}" { inherit version; };
  user = package "user-1" { buildInputs = [ base ]; };
  other = package "other-1" { } // { meta.position = toString ./x.nix + ":9"; };
  set = { recurseForDerivations = true; thrown = broken "throw" other; aborted = broken "abort" other; };
  ${if config.more or false then "extra" else null} = package "extra-1" { };
}
"#;

impl Sides {
    pub(super) fn new() -> Self {
        Self::of(Store::new(), Program::new())
    }

    pub(super) fn of(store: Store, program: Program) -> Self {
        let cache = program.folder.path().join("cache").to_str().unwrap().to_owned();
        let program = program
            .env("XDG_CACHE_HOME", &cache)
            .env("NIX_RIPPLE_EVAL_JOBS", "")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("NIX_REMOTE", store.path());
        program.write("x.nix", EXPRESSION);
        Self { store, program }
    }

    pub(super) fn diff(&self, arguments: &[&str]) -> Ran {
        let start = ["diff", "--store-root", self.store.path()];
        self.program.run(&[&start[..], arguments].concat())
    }

    pub(super) fn report(&self, arguments: &[&str]) -> Value {
        self.diff(&[arguments, &["--format", "json"]].concat()).json()
    }
}

pub(super) fn rebuilt(report: &Value) -> &Value {
    &report["rebuilt"]["list"]
}

#[test]
fn one_expression_with_different_arguments() {
    if !needs::nix() {
        return;
    }
    let sides = Sides::new();
    let report = sides.report(&["x.nix", "--new-argstr", "version", "2"]);
    assert_eq!(rebuilt(&report), &json!(["base", "user"]));
    assert_eq!((&report["old"]["attributes"], &report["new"]["attributes"]), (&json!(5), &json!(5)));
    let names = [&report["old"]["name"], &report["new"]["name"]].map(|name| name.as_str().unwrap());
    assert_eq!(names, ["x.nix with no arguments", "x.nix with version = \"2\""]);
    // what changed in the recipe is read from the store
    assert_eq!(report["causes"][0]["changes"][0]["kind"], "version", "{}", report["causes"]);
    // a shared argument, and one that a side overrides
    let shared = ["--argstr", "version", "2", "--old-argstr", "version", "1"];
    assert_eq!(rebuilt(&sides.report(&[&["x.nix"][..], &shared].concat())), &json!(["base", "user"]));
    assert_eq!(rebuilt(&sides.report(&["x.nix", "--old-arg", "version", "\"1\" + \".\""])), &json!(["base", "user"]));
    // attributes that fail on one side, with Nix's message
    let report =
        sides.report(&["x.nix", "--argstr", "version", "7", "--new-config", "{ broken = \"throw\"; more = true; }"]);
    assert_eq!((rebuilt(&report), &report["added"]), (&json!(["extra"]), &json!(["extra"])));
    let failing = &report["failing"];
    assert_eq!(failing[0]["attribute"], "set.thrown");
    assert_eq!(failing[0]["error"], "broken by version 7");
    let report = sides.report(&["x.nix", "--new-config", "{ broken = \"abort\"; }", "--old-config", "{ }"]);
    assert!(report["failing"][0]["error"].as_str().unwrap().contains("'aborted'"), "{}", report["failing"]);
    // what is broken on both sides is not newly so
    let both = ["x.nix", "--config", "{ broken = \"abort\"; }", "--new-argstr", "version", "2"];
    assert_eq!(sides.report(&both)["failing"], json!([]));
}

#[test]
fn attributes_and_systems() {
    if !needs::nix() {
        return;
    }
    let sides = Sides::new();
    let bump = ["x.nix", "--new-argstr", "version", "2"];
    let report = |more: &[&str]| sides.report(&[&bump[..], more].concat());
    assert_eq!(rebuilt(&report(&["-A", "user", "-A", "set"])), &json!(["user"]));
    let systems = report(&["--system", "x86_64-linux", "--system", "aarch64-darwin"]);
    assert_eq!(systems["rebuilt"]["by_system"], json!({"aarch64-darwin": 2, "x86_64-linux": 2}));
    assert_eq!(systems["rebuilt"]["by_kernel"], json!({"darwin": 2, "linux": 2}));
    assert_eq!(report(&["--batch", "1", "--workers", "3"]), report(&[]));
    let failed = sides.diff(&[&bump[..], &["-A", "nowhere"]].concat()).failed();
    assert!(failed.contains("neither side has 'nowhere'"), "{failed}");
    // on one side alone it is added, and a warning says so
    let ran = sides.diff(&["x.nix", "--new-config", "{ more = true; }", "-A", "extra", "--format", "json"]);
    assert!(ran.talk.contains("warning: x.nix with no arguments has no 'extra'"), "{}", ran.talk);
    assert_eq!(ran.json()["added"], json!(["extra"]));
}

/// The same two sides, evaluated and read: the answer is the same.
#[test]
fn sides_of_different_kinds() {
    if !needs::nix() {
        return;
    }
    let sides = Sides::new();
    std::fs::create_dir(sides.program.folder.path().join("tree")).unwrap();
    sides.program.write("tree/default.nix", EXPRESSION.replace("? \"1\"", "? \"2\""));
    let expected = sides.report(&["x.nix", "tree"]);
    assert_eq!(rebuilt(&expected), &json!(["base", "user"]));
    sides.program.env_write_snapshot(&sides.store, "tree", "tree.ripple");
    let report = sides.report(&["x.nix", "tree.ripple"]);
    assert_eq!(rebuilt(&report), rebuilt(&expected));
    assert_eq!(report["causes"][0]["changes"], expected["causes"][0]["changes"]);
    // found by the search path
    let folder = sides.program.folder.path().display();
    let searched = sides.report(&["x.nix", "<tree>", "-I", &format!("tree={folder}/tree")]);
    assert_eq!(rebuilt(&searched), rebuilt(&expected));
    // an expression on one side takes options that the other has no use for
    assert_eq!(rebuilt(&sides.report(&["tree.ripple", "x.nix", "-A", "user"])), &json!(["user"]));
    // an empty side
    sides.program.write("empty.nix", "{ }");
    let from_nothing = sides.report(&["empty.nix", "x.nix"]);
    assert_eq!(from_nothing["added"], json!(["base", "other", "set.aborted", "set.thrown", "user"]));
    let to_nothing = sides.report(&["x.nix", "empty.nix"]);
    assert_eq!((&to_nothing["removed"], rebuilt(&to_nothing)), (&from_nothing["added"], &json!([])));
}

trait WriteSnapshot {
    fn env_write_snapshot(&self, store: &Store, file: &str, output: &str);
}

impl WriteSnapshot for Program {
    /// A snapshot of the attributes of a file, made by 'ingest'.
    fn env_write_snapshot(&self, store: &Store, file: &str, output: &str) {
        let mut arguments = vec!["ingest", "-f", file, "-o", output, "--store-root", store.path()];
        for attribute in ["base", "other", "set.aborted", "set.thrown", "user"] {
            arguments.extend(["-A", attribute]);
        }
        self.run(&arguments).fine();
    }
}

#[test]
fn what_is_refused() {
    for (arguments, told) in [
        (&["diff"][..], "nothing to compare: give OLD and NEW"),
        (&["diff", "x.json"], "x.json is no Nix expression"),
        (&["diff", "x.nix"], "x.nix on both sides, with the same arguments"),
        (&["diff", "x.nix", "--argstr", "a", "b"], "--old-config, --new-config"),
        (&["diff", "x.json", "x.json", "-A", "a"], "nothing is evaluated"),
        (&["diff", "x.json", "--git", "a..b"], "--git gives both sides; leave out 'x.json'"),
        (&["diff", "--git", "a"], "'a' is no range of revisions; expected BASE..HEAD"),
        (&["diff", "--git", "a..b", "--file", "../x.nix"], "--file '../x.nix' must lie in the tree"),
        (&["diff", "x.nix", "y.nix"], "y.nix: there is no such file"),
        (&["diff", "x.nix", "y.json"], "y.json: No such file"),
        (&["diff", "x.nix", "x.json", "--new-with", "y.json"], "y.json: No such file"),
    ] {
        // said before anything is evaluated
        let program = with_nix_alone(Program::new(), Some("#!/bin/sh\necho 'error: asked' >&2; exit 1\n"));
        program.write("x.nix", "{ }");
        program.write("x.json", "{}");
        let failed = program.run(arguments).failed();
        assert!(failed.contains(told), "{arguments:?}: {failed}");
    }
    let ran = Program::new().run(&["diff", "x.nix", "x.nix", "--repo", "."]);
    assert!(ran.code == 2 && ran.talk.contains("--git"), "{}", ran.talk);
    let program = with_nix_alone(Program::new(), None);
    program.write("x.nix", "{ }");
    let failed = program.run(&["diff", "x.nix", "x.nix"]).failed();
    assert!(failed.contains("nix-instantiate is not installed"), "{failed}");
    let program = with_nix_alone(Program::new(), Some("#!/bin/sh\necho 'error: no space left' >&2; exit 1\n"));
    program.write("x.nix", "{ }");
    let failed = program.run(&["diff", "x.nix", "x.nix"]).failed();
    assert!(failed.contains("x.nix: does not evaluate: no space left"), "{failed}");
}

/// A program in whose PATH `nix-instantiate` is this script, beside what else there is.
pub(super) fn with_nix(program: Program, script: &str) -> Program {
    let path = std::env::var("PATH").unwrap();
    let bin = script_in(&program, Some(script));
    program.env("PATH", &format!("{bin}:{path}"))
}

/// The same with nothing else in PATH.
fn with_nix_alone(program: Program, script: Option<&str>) -> Program {
    let bin = script_in(&program, script);
    program.env("PATH", &bin)
}

fn script_in(program: &Program, script: Option<&str>) -> String {
    let bin = program.folder.path().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    if let Some(script) = script {
        let file = bin.join("nix-instantiate");
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    bin.to_str().unwrap().to_owned()
}

/// nix-instantiate is killed wherever one package is asked for, and there is no `nix` to explain what
/// throws: the package fails, what throws is told by a run for each.
#[test]
fn a_killed_process() {
    if !needs::nix() {
        return;
    }
    let path = std::env::var("PATH").unwrap();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *'\"other\"'*) kill -9 $$;; esac\nPATH='{path}' exec nix-instantiate \"$@\"\n"
    );
    let sides = Sides::of(Store::new(), with_nix_alone(Program::new(), Some(&script)));
    let mut arguments = vec!["x.nix", "--new-argstr", "version", "2", "--config", "{ broken = \"throw\"; }"];
    let report = sides.report(&arguments);
    assert_eq!(rebuilt(&report), &json!(["base", "user"]));
    assert_eq!((&report["old"]["failed"], &report["new"]["failed"]), (&json!(2), &json!(2)));
    assert_eq!(report["failing"], json!([]));
    arguments.extend(["--old-config", "{ }"]);
    let report = sides.report(&arguments);
    assert_eq!(report["failing"][0]["error"], "broken by version 2");
}
