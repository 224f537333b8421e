//! The page of `impact`, against its JSON: what needs no browser.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::program::{Program, minipkgs};

/// Runs `impact` with a page: its JSON (with the list) and the page.
fn page(arguments: &[&str]) -> (Value, String) {
    let program = Program::new();
    let closure = minipkgs().to_str().unwrap().to_owned();
    let all = [&["impact", "-c", &closure, "--format", "json", "--html", "page.html"], arguments].concat();
    let ran = program.run(&all);
    assert!(ran.talk.contains("wrote page.html ("), "{}", ran.talk);
    (ran.json(), std::fs::read_to_string(program.folder.path().join("page.html")).unwrap())
}

/// What stands between `start` and the next `end` after it.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start}")) + start.len();
    &text[from..from + text[from..].find(end).unwrap()]
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "<script type=\"application/json\" id=\"page\">", "</script>")).unwrap()
}

#[test]
fn figures_are_those_of_the_json() {
    let (json, page) = page(&["numpy", "hypothesis", "--cost", "--list"]);
    let mut facts = 0;
    for tile in page.split("<div class=\"fact\" data-fact=\"").skip(1) {
        let key = tile.split('"').next().unwrap();
        let value: f64 = between(tile, "data-v=\"", "\"").parse().unwrap();
        let pointer = format!("/{}", key.replace('.', "/"));
        assert_eq!(json.pointer(&pointer).and_then(Value::as_f64), Some(value), "{key}");
        facts += 1;
    }
    // derivations, attributes, time, chain, and what is needless at one grade or more
    assert!(facts >= 5, "{facts}");
}

#[test]
fn the_list_is_told_in_full() {
    for bump in ["numpy", "zlib"] {
        let (json, page) = page(&[bump, "--list"]);
        let list = json["list"].as_array().unwrap();
        let rows = between(&page, "data-shown=\"rebuilt\"", "</section>");
        assert_eq!(rows.matches("<tr>").count(), list.len() + 1, "{bump}");
        for listed in list {
            let drv = listed["drv"].as_str().unwrap();
            let name = listed["name"].as_str().unwrap();
            let digest = &drv["/nix/store/".len()..][..32];
            let large = format!("<td data-v={digest}>{name}<td>");
            let small = format!("data-v=\"{drv}\" title=\"{drv}\">{name}</td>");
            assert!(rows.contains(&large) || rows.contains(&small), "{bump}: {drv}");
        }
    }
}

#[test]
fn a_page_changes_nothing_of_the_answer() {
    let closure = minipkgs().to_str().unwrap().to_owned();
    let plain = Program::new().run(&["impact", "numpy", "-c", &closure, "--format", "json"]).json();
    let (with, _) = page(&["numpy"]);
    assert_eq!(with, plain);
    assert_eq!(with["list"], Value::Null);
}

#[test]
fn the_icicle_begins_with_the_hubs() {
    let (json, page) = page(&["zlib"]);
    let data = data(&page);
    let section = data["sections"].as_array().unwrap().iter().find(|section| section["id"] == "hubs").unwrap();
    let root = &section["picture"]["root"];
    let told = |slice: &Value| (slice["key"].as_str().unwrap().to_owned(), slice["value"].as_u64().unwrap());
    let parts = root["parts"].as_array().unwrap();
    let first: Vec<(String, u64)> = parts.iter().filter(|part| part["rest"] != true).map(told).collect();
    let hubs: Vec<(String, u64)> = json["hubs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hub| (hub["drv"].as_str().unwrap().to_owned(), hub["adds"].as_u64().unwrap()))
        .collect();
    assert_eq!(first, hubs);
    // all of it, and nothing twice
    let sum: u64 = parts.iter().map(|part| part["value"].as_u64().unwrap()).sum();
    assert_eq!((Some(sum), root["value"].as_u64()), (json["derivations"]["total"].as_u64(), Some(sum)));
    let mut keys: BTreeMap<String, u64> = BTreeMap::new();
    let mut stack = vec![root];
    while let Some(slice) = stack.pop() {
        *keys.entry(told(slice).0).or_default() += 1;
        let parts: Vec<&Value> = slice["parts"].as_array().into_iter().flatten().collect();
        let within: u64 = parts.iter().map(|part| part["value"].as_u64().unwrap()).sum();
        assert!(within <= told(slice).1, "{slice}");
        stack.extend(parts);
    }
    assert!(keys.len() > hubs.len() + 3 && keys.values().all(|&count| count == 1), "{keys:?}");
}

/// Applying the remedies of a grade is another way through the program than telling which builds are needless.
#[test]
fn a_build_is_needless_at_the_grade_at_which_its_remedies_spare_it() {
    let closure = minipkgs().to_str().unwrap().to_owned();
    let mut needless = 0;
    for bump in ["hypothesis", "pytest", "zlib"] {
        let run = |more: &[&str]| {
            let arguments = [&["impact", bump, "-c", &closure, "--list", "--format", "json"], more].concat();
            Program::new().run(&arguments).json()
        };
        let told = run(&[]);
        // the strongest first; a build is told at the first that spares it
        let mut grades: BTreeMap<String, String> = BTreeMap::new();
        for grade in ["proven", "observed", "inferred", "suspected"] {
            for listed in run(&["--min-grade", grade])["list"].as_array().unwrap() {
                if listed["after"]["build"] == false && listed["fetched"] == false {
                    grades.entry(listed["drv"].as_str().unwrap().to_owned()).or_insert(grade.to_owned());
                }
            }
        }
        for listed in told["list"].as_array().unwrap() {
            let expect = grades.get(listed["drv"].as_str().unwrap()).map(String::as_str);
            assert_eq!(listed["needless"].as_str(), expect, "{bump}: {}", listed["drv"]);
            needless += u64::from(expect.is_some());
        }
    }
    assert!(needless > 0);
}

#[test]
fn owners_come_from_files() {
    let program = Program::new();
    let closure = minipkgs().to_str().unwrap().to_owned();
    program.write("people.json", r#"{"python311Packages.numpy": ["@num"]}"#);
    program.write("owners", "python311Packages.* @snakes\n");
    let arguments = ["impact", "numpy", "-c", &closure, "--list", "--format", "json"];
    let files = ["--maintainers", "people.json", "--owners", "owners", "--html", "page.html"];
    let json = program.run(&[&arguments[..], &files[..]].concat()).json();
    let owners = |attribute: &str| {
        let list = json["list"].as_array().unwrap();
        let named = |listed: &&Value| listed["attributes"].as_array().unwrap().iter().any(|own| own == attribute);
        list.iter().find(named).unwrap()["owners"].clone()
    };
    assert_eq!(owners("python311Packages.numpy"), serde_json::json!(["@num", "@snakes"]));
    assert_eq!(owners("python311Packages.scipy"), serde_json::json!(["@snakes"]));
    assert_eq!(owners("python27Packages.numpy"), Value::Null);
    let page = std::fs::read_to_string(program.folder.path().join("page.html")).unwrap();
    assert!(page.contains("@snakes"));
}

#[test]
fn remedies_are_told() {
    let (json, page) = page(&["hypothesis", "--what-if", "drop:hypothesis->numpy"]);
    let after = json["what_if"]["after"]["builds"].as_u64().unwrap();
    assert!(after < json["derivations"]["total"].as_u64().unwrap());
    let tile = between(&page, "data-fact=\"what_if.after.builds\"", "</div>");
    assert!(tile.contains(&format!("data-v=\"{after}\"")), "{tile}");
    let rows = between(&page, "data-shown=\"remedies\"", "</section>");
    assert_eq!(rows.matches("<tr>").count(), json["what_if"]["remedies"].as_array().unwrap().len() + 1);
}

/// What is there may be what the command reads: nothing but an earlier page is written over.
#[test]
fn nothing_but_a_page_is_written_over() {
    let program = Program::new();
    let closure = minipkgs().to_str().unwrap().to_owned();
    program.write("names.json", "{}");
    let run = |file: &str| program.run(&["impact", "numpy", "-c", &closure, "--html", file]);
    assert!(run("names.json").failed().contains("names.json: is there, and is no page"));
    assert_eq!(std::fs::read_to_string(program.folder.path().join("names.json")).unwrap(), "{}");
    run("page.html").fine();
    run("page.html").fine();
    assert!(run("-").failed().contains("name a file"));
}

/// The rows of a page's list of builds, without its heading.
fn rebuilt(page: &str) -> &str {
    between(page, "data-shown=\"rebuilt\"", "</section>")
}

#[test]
fn downloads_are_no_builds() {
    let (json, of_names) = page(&["name:zlib*", "--list", "--cost"]);
    let list = json["list"].as_array().unwrap();
    let count = |fetched: bool| list.iter().filter(|listed| listed["fetched"] == fetched).count();
    assert_eq!(json["derivations"]["total"].as_u64(), Some(count(false) as u64));
    assert!(count(true) > 1);
    let rows = rebuilt(&of_names);
    assert_eq!(rows.matches("<td>built<td>").count(), count(false));
    assert_eq!(rows.matches("<td>fetched<td>").count(), count(true));
    let picture = |page: &str| {
        let data = data(page);
        let sections = data["sections"].as_array().unwrap();
        sections.iter().find(|section| section["id"] == "rebuilt").unwrap()["picture"]["only"].clone()
    };
    assert_eq!(picture(&of_names), serde_json::json!(["done", "built"]));
    let lead = between(&of_names, "<p class=\"lead\">", "</p>");
    assert!(lead.starts_with("1,699 builds. The table has 15 downloads of "), "{lead}");
    // where nothing is fetched, nothing is said of it
    let (_, of_package) = page(&["zlib", "--list"]);
    assert!(!rebuilt(&of_package).contains("<td>built<td>"));
    assert_eq!(picture(&of_package), Value::Null);
}

#[test]
fn a_page_has_what_a_list_of_some_depth_leaves_out() {
    let closure = minipkgs().to_str().unwrap().to_owned();
    for depth in ["0", "1"] {
        let plain = ["impact", "numpy", "--depth", depth, "-c", &closure, "--format", "json"];
        let plain = Program::new().run(&plain).json();
        let (with, page) = page(&["numpy", "--depth", depth]);
        assert_eq!(with, plain);
        let total = with["derivations"]["total"].as_u64().unwrap() as usize;
        assert!(with["list"].as_array().unwrap().len() < total);
        assert_eq!(rebuilt(&page).matches("<tr>").count(), total + 1);
    }
}
