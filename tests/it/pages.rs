//! The pages of `diff`, `spurious` and `rank`, against their JSON: what needs no browser.

use serde_json::{Value, json};

use crate::cli::program::{Program, minipkgs};
use crate::support::{Recipe, folder};

/// What a name of nobody's liking looks like.
const HOSTILE: &str = "\"</script><img src=x onerror=alert(1)>&amp; \u{202e}x\"";

/// A run with a page: its JSON and the page.
fn page(program: &Program, arguments: &[&str]) -> (Value, String) {
    let ran = program.run(&[arguments, &["--format", "json", "--html", "page.html"]].concat());
    assert!(ran.talk.contains("wrote page.html ("), "{}", ran.talk);
    (ran.json(), std::fs::read_to_string(program.folder.path().join("page.html")).unwrap())
}

fn on_minipkgs() -> Program {
    Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap())
}

/// zlib, what is built with it, and a page of words; zlib of another number is another derivation.
fn side(program: &Program, name: &str, number: usize) -> [String; 2] {
    let zlib = Recipe::new(number, "zlib-1.3");
    let curl = Recipe::new(number + 1, "curl-8").input(&zlib, "buildInputs");
    let tests = Recipe::new(number + 2, "python3-pytest-7").input(&zlib, "buildInputs");
    let lib = Recipe::new(number + 3, "python3-lib-1").input(&curl, "buildInputs").input(&tests, "nativeCheckInputs");
    let attributes = json!({
        "zlib.x86_64-linux": {"out": zlib.output_path("out")},
        format!("{HOSTILE}.curl.x86_64-linux"): {"out": curl.output_path("out")},
        "python3Packages.pytest.x86_64-linux": {"out": tests.output_path("out")},
        format!("python3Packages.{HOSTILE}.x86_64-linux"): {"out": lib.output_path("out")},
    });
    let derivations = folder(&[zlib, curl, tests, lib]);
    let kept = program.folder.path().join(name);
    std::fs::create_dir(&kept).unwrap();
    for entry in std::fs::read_dir(derivations.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), kept.join(entry.file_name())).unwrap();
    }
    let attributes = program.write(&format!("{name}.json"), attributes.to_string());
    let snapshot = program.folder.path().join(format!("{name}.ripple")).display().to_string();
    program.run(&["ingest", kept.to_str().unwrap(), attributes.to_str().unwrap(), "-o", &snapshot, "-q"]).fine();
    [snapshot, attributes.display().to_string()]
}

/// Two sides, and files that say who stands behind what is on them.
fn sides() -> (Program, [String; 2]) {
    let program = Program::new();
    let [old, _] = side(&program, "old", 1);
    let [new, _] = side(&program, "new", 11);
    program.write("owners", "* @everyone\nzlib <b>@zlib</b>\n");
    (program, [old, new])
}

/// What stands between `start` and the next `end` after it.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start}")) + start.len();
    &text[from..from + text[from..].find(end).unwrap()]
}

/// Each figure on a tile is the member of the JSON that it names; tells which there are.
fn figures(json: &Value, page: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for tile in page.split("data-fact=\"").skip(1) {
        let key = tile.split('"').next().unwrap();
        let value: f64 = between(tile, "data-v=\"", "\"").parse().unwrap();
        let member = json.pointer(&format!("/{}", key.replace('.', "/"))).and_then(Value::as_f64);
        // serde_json reads a number to within its last digit
        let same = member.is_some_and(|member| (member - value).abs() <= f64::EPSILON * value.abs());
        assert!(same, "{key}: {member:?}, {value}");
        keys.push(key.to_owned());
    }
    keys
}

/// How many rows a section's table has, without its heading.
fn rows(page: &str, id: &str) -> usize {
    let section = between(page, &format!("<section id=\"{id}\""), "</section>");
    section.matches("<tr>").count() - 1
}

fn count(json: &Value, pointer: &str) -> usize {
    json.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no {pointer}")).len()
}

#[test]
fn figures_and_rows_are_those_of_the_json() {
    let program = on_minipkgs();
    let (json, of_spurious) = page(&program, &["spurious", "--cost", "--min-grade", "suspected"]);
    let keys = figures(&json, &of_spurious);
    assert!(keys.contains(&"totals.saves_per_year.hours".to_owned()) && keys.len() >= 5, "{keys:?}");
    assert_eq!(
        (rows(&of_spurious, "steps"), rows(&of_spurious, "edges")),
        (count(&json, "/first"), count(&json, "/edges"))
    );
    let groups = json["groups"].as_array().unwrap();
    let of = |by: &str, remedied: bool| {
        groups.iter().filter(|group| group["by"] == by && group["remedy"].is_null() != remedied).count()
    };
    assert_eq!((rows(&of_spurious, "inputs"), rows(&of_spurious, "pairs")), (of("input", true), of("pair", true)));
    assert!(count(&json, "/edges") > 10 && of("pair", true) > 2);

    let (json, of_rank) = page(&program, &["rank", "--cost", "--all"]);
    assert_eq!(figures(&json, &of_rank), ["total", "closure.hours.total", "closure.critical_path_hours"]);
    assert_eq!(rows(&of_rank, "nodes"), count(&json, "/nodes"));
    for node in json["nodes"].as_array().unwrap() {
        let name = node["name"].as_str().unwrap();
        assert!(of_rank.contains(&format!(">{name}<td")), "{name}");
    }
    let (json, of_packages) = page(&program, &["rank", "--packages", "--by", "hours"]);
    assert!(figures(&json, &of_packages).contains(&"per_year.hours".to_owned()));
    assert_eq!(rows(&of_packages, "packages"), count(&json, "/packages"));

    let (program, [old, new]) = sides();
    let (json, of_diff) = page(&program, &["diff", &old, &new, "--cost", "--owners", "owners"]);
    let keys = figures(&json, &of_diff);
    assert!(keys.contains(&"rebuilt.total".to_owned()) && keys.contains(&"cost.hours.total".to_owned()), "{keys:?}");
    assert_eq!(rows(&of_diff, "causes"), count(&json, "/causes"));
    assert_eq!(rows(&of_diff, "attributes"), count(&json, "/rebuilt/list"));
    assert_eq!(Some(rows(&of_diff, "rebuilt") as u64), json["derivations"]["total"].as_u64());
    assert!(count(&json, "/causes") > 0);
}

/// A table for reading shows the first 20, its page has more, and a page of the first three has three.
#[test]
fn a_page_has_its_own_length() {
    let program = on_minipkgs();
    let run = |more: &[&str]| {
        let ran = program.run(&[&["rank", "--html", "page.html"], more].concat());
        let page = std::fs::read_to_string(program.folder.path().join("page.html")).unwrap();
        (ran.fine().lines().count(), rows(&page, "nodes"))
    };
    let all = on_minipkgs().run(&["rank", "--format", "json"]).json()["total"].as_u64().unwrap() as usize;
    assert!(all > 20);
    assert_eq!(run(&[]), (21, all.min(2_000)));
    assert_eq!(run(&["-n", "3"]), (4, 3));
    assert_eq!(run(&["--all"]), (all + 1, all));
}

#[test]
fn a_page_changes_nothing_of_the_answer() {
    let program = on_minipkgs();
    for arguments in [&["spurious"][..], &["rank"], &["rank", "--packages"]] {
        let plain = program.run(&[arguments, &["--format", "json"]].concat()).json();
        assert_eq!(page(&program, arguments).0, plain, "{arguments:?}");
    }
    let (program, [old, new]) = sides();
    let plain = program.run(&["diff", &old, &new, "--format", "json"]).json();
    assert_eq!(page(&program, &["diff", &old, &new]).0, plain);
}

#[test]
fn names_are_text() {
    let (program, [old, new]) = sides();
    let closure = ["-c", new.as_str()];
    for arguments in [
        &["diff", &old, &new, "--owners", "owners"][..],
        &[&["spurious", "--min-grade", "suspected", "--owners", "owners"], &closure[..]].concat(),
        &[&["rank", "--owners", "owners"], &closure[..]].concat(),
    ] {
        let (_, page) = page(&program, arguments);
        assert!(!page.contains("<img") && !page.contains("<b>@zlib") && !page.contains('\u{202e}'), "{arguments:?}");
        // each script ends where it ends
        assert_eq!(page.matches("<script").count(), page.matches("</script>").count(), "{arguments:?}");
        if arguments[0] != "spurious" {
            assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"), "{arguments:?}");
            assert!(page.contains("&lt;b&gt;@zlib&lt;/b&gt;"), "{arguments:?}");
        }
    }
}

#[test]
fn does_not_depend_on_threads() {
    let program = on_minipkgs();
    for arguments in [&["spurious", "--cost", "--effective"][..], &["rank", "--cost"], &["rank", "--packages"]] {
        let of = |threads: &str| page(&program, &[arguments, &["--threads", threads]].concat()).1;
        let one = of("1");
        assert!(["2", "5"].into_iter().all(|threads| of(threads) == one), "{arguments:?}");
    }
    let (program, [old, new]) = sides();
    let of = |threads: &str| page(&program, &["diff", &old, &new, "--cost", "--threads", threads]).1;
    assert_eq!(of("1"), of("4"));
}
