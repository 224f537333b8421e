//! Defaults in files: which of them count, for what, and what is said of a wrong one.

use serde_json::Value;

use crate::cli::program::{Program, minipkgs};
use crate::support::testdata;

/// The program in a folder with these files: `.nix-ripple.toml` and the user's own.
fn with(project: &str, user: &str) -> Program {
    let program = Program::new();
    program.write(".nix-ripple.toml", project);
    let folder = program.folder.path().join("config/nix-ripple");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), user).unwrap();
    program
}

/// A line of a file that names the small distribution.
fn closure() -> String {
    format!("closure = \"{}\"\n", minipkgs().display())
}

fn setting(report: &Value, key: &str) -> Value {
    let found = report["settings"].as_array().unwrap().iter().find(|setting| setting["key"] == key);
    found.unwrap_or_else(|| panic!("no {key}")).clone()
}

#[test]
fn a_closure_of_a_file() {
    let program = with(&closure(), "");
    program.run(&["rank", "-n", "1"]).fine();
    // from a folder below it, too
    let below = program.folder.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    assert!(program.command(&["rank", "-n", "1"]).current_dir(&below).status().unwrap().success());
    // files of no account
    assert!(program.run(&["rank", "--no-config"]).failed().contains("no closure"));
    // the environment comes first, an option before that
    let broken = program.write("broken", "nothing");
    let program = program.env("NIX_RIPPLE_CLOSURE", broken.to_str().unwrap());
    assert!(program.run(&["rank"]).failed().contains("broken"));
    program.run(&["rank", "-n", "1", "-c", minipkgs().to_str().unwrap()]).fine();
}

#[test]
fn which_file_counts() {
    let named = Program::new();
    let file = named.write("mine.toml", "width = 70\n");
    let program = with("width = 80\nbuilders = 3\n", "width = 90\ncolor = \"never\"\nfarm = \"f.toml\"\n");
    let of = |program: &Program| program.run(&["config", "--format", "json"]).json();
    let report = of(&program);
    assert_eq!(setting(&report, "width")["values"][0], "80");
    assert!(setting(&report, "width")["from"].as_str().unwrap().ends_with(".nix-ripple.toml, line 1"));
    assert_eq!(setting(&report, "color")["values"][0], "never");
    // the nearer file tells of machines otherwise
    assert_eq!(setting(&report, "farm")["values"], serde_json::json!([]));
    let program = program.env("NIX_RIPPLE_CONFIG", file.to_str().unwrap());
    let report = of(&program);
    assert_eq!(setting(&report, "width")["values"][0], "70");
    // the user's own still counts, the project's does not
    assert_eq!(setting(&report, "builders")["values"], serde_json::json!([]));
    assert_eq!(setting(&report, "farm")["missing"].as_array().unwrap().len(), 1);
    let places = program.run(&["config", "--path"]).fine();
    assert!(places.contains("mine.toml") && places.contains("config/nix-ripple/config.toml"), "{places}");
    // a file that is named must be there
    let program = program.env("NIX_RIPPLE_CONFIG", "/gone/x.toml");
    assert!(program.run(&["rank"]).failed().contains("/gone/x.toml: No such file"));
}

#[test]
fn the_environment_is_told() {
    let program = with(&closure(), "").env("NIX_RIPPLE_CLOSURE", "/gone").env("NO_COLOR", "1").env("PAGER", "more");
    let report = program.run(&["config", "--format", "json"]).json();
    let told = |key: &str| {
        let setting = setting(&report, key);
        (setting["values"][0].as_str().unwrap().to_owned(), setting["from"].as_str().unwrap().to_owned())
    };
    let words = |value: &str, from: &str| (value.to_owned(), from.to_owned());
    assert_eq!(told("closure"), words("/gone", "$NIX_RIPPLE_CLOSURE"));
    assert_eq!(setting(&report, "closure")["missing"], serde_json::json!(["/gone"]));
    assert_eq!(told("color"), words("never", "$NO_COLOR"));
    assert_eq!(told("pager"), words("more", "$PAGER"));
    assert_eq!(told("cost"), words("false", "built in"));
}

/// A default of times does not change the shape of an answer; it is what costs are told by.
#[test]
fn times_count_where_costs_are_told() {
    let times = testdata("costs/real/times.csv");
    let program = with(&format!("{}times = [\"{}\"]\nbuilders = 4\n", closure(), times.display()), "");
    let json = |program: &Program, more: &[&str]| {
        program.run(&[&["impact", "curl", "--format", "json"], more].concat()).json()
    };
    let plain = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
    assert_eq!(json(&program, &[]), json(&plain, &[]));
    let given = ["--times", times.to_str().unwrap(), "--builders", "4"];
    assert_eq!(json(&program, &["--cost"]), json(&plain, &given));
    assert_ne!(json(&program, &["--cost"]), json(&plain, &["--cost"]));
    // an option replaces a default
    let other = program.write("other.csv", "name,seconds\ncurl,7000\n");
    let other = ["--times", other.to_str().unwrap(), "--builders", "2"];
    assert_eq!(json(&program, &other), json(&plain, &other));
    // a user may want costs always
    let always = with(&format!("{}cost = true\n", closure()), "");
    assert_eq!(json(&always, &[]), json(&plain, &["--cost"]));
}

#[test]
fn wrong_files() {
    for (text, expect) in [
        ("tims = \"x\"", "line 1: unknown key 'tims'; did you mean 'times'?"),
        ("\nbuilders = \"x\"", "line 2: 'builders': expected a whole number from 1 to 100000, found 'x'"),
        ("pager = \"sh -c boo\"", "line 1: 'pager' is for your own file alone"),
    ] {
        let program = with(text, "");
        let talk = program.run(&["rank"]).failed();
        assert!(talk.contains(".nix-ripple.toml: ") && talk.contains(expect), "{talk}");
        assert!(talk.contains("hint: see 'nix-ripple config --help'"), "{talk}");
        assert_eq!(program.run(&["config"]).failed(), talk);
    }
    // what a default names and is not there: the message says who named it
    let talk = with(&format!("{}times = [\"gone.csv\"]\n", closure()), "").run(&["rank", "--by", "hours"]).failed();
    assert!(talk.contains("gone.csv: No such file") && talk.contains("it is a default: 'times' of "), "{talk}");
    assert!(talk.contains("line 2"), "{talk}");
}
