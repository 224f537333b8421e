//! Names that mean something to a browser are shown as they are.

use serde_json::json;

use super::opened::Opened;
use crate::cli::program::Program;
use crate::support::{Recipe, folder};

/// What a derivation's name cannot hold, its attribute can.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "</script><img src=x onerror=alert(1)>",
        "\"><svg onload=alert(2)>",
        "a & b &lt;i&gt; &amp;amp;",
        "'single' \"double\" `back`",
        "</noscript></td><script>alert(3)</script>",
        "]]>--><!--",
        "{{7*7}} ${7*7}",
        "\u{202e}reversed",
        "__proto__",
        "constructor",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("long".repeat(1_250));
    names
}

/// A closure whose attributes have those names, and more rows than stand in the page as elements where `many`.
fn page(many: bool) -> Option<Opened> {
    let base = Recipe::new(1, "base-1");
    let mut recipes = vec![base.clone()];
    let mut attributes = serde_json::Map::new();
    let count = if many { 400 } else { names().len() };
    for number in 0..count {
        let recipe = Recipe::new(number + 2, &format!("user{number}-1")).input(&base, "buildInputs");
        let name = names().get(number).cloned().unwrap_or_else(|| format!("plain{number}"));
        attributes.insert(format!("{}.x86_64-linux", json!(name)), json!({"out": recipe.output_path("out")}));
        recipes.push(recipe);
    }
    let drvs = folder(&recipes);
    let program = Program::new();
    let map = program.write("outpaths.json", serde_json::Value::Object(attributes).to_string());
    let people = program.write("people.json", json!({"plain11": ["<b>ada</b>"], "plain12": ["&amp;"]}).to_string());
    let command = [
        "impact",
        "base",
        "--list",
        "--maintainers",
        people.to_str().unwrap(),
        "-c",
        drvs.path().to_str().unwrap(),
        "-c",
        map.to_str().unwrap(),
    ];
    Opened::on(&command, program)
}

fn shown_as_they_are(many: bool) {
    let Some(mut page) = page(many) else { return };
    let made = "document.querySelectorAll('main img, main svg [onload], main script, main i, main b b').length";
    assert_eq!(page.tab.number(made), 0.0);
    let rows = page.rows("rebuilt");
    assert_eq!(rows.len(), page.json["list"].as_array().unwrap().len());
    let text = page.tab.text("document.querySelector('#rebuilt table').textContent");
    for (row, listed) in rows.iter().zip(page.json["list"].as_array().unwrap()) {
        for (name, wanted) in
            row["attributes"].as_array().into_iter().flatten().zip(listed["attributes"].as_array().unwrap())
        {
            let (name, wanted) = (name.as_str().unwrap(), wanted.as_str().unwrap());
            // marks that turn the direction are made visible, as on a terminal
            if !wanted.contains('\u{202e}') {
                assert_eq!(name, wanted);
            }
            assert!(text.contains(name), "not shown: {name}");
        }
    }
    assert!(!text.contains('\u{202e}'), "text is turned around");
    for name in names() {
        let words = name.split(' ').next().unwrap();
        page.reload(&format!("q={}", words.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()));
        if !name.contains('\u{202e}') {
            assert!(page.said("rebuilt").0 >= 1, "not found: {words}");
        }
    }
    page.tab.size(420, 900);
    page.reload("");
    assert!(page.tab.number("document.documentElement.scrollWidth") <= 420.0);
    page.tab.calm();
}

#[test]
fn in_small_tables() {
    shown_as_they_are(false);
}

#[test]
fn in_large_tables() {
    shown_as_they_are(true);
}

#[test]
fn what_is_not_of_the_page_does_not_run() {
    let Some(mut page) = page(false) else { return };
    page.tab.calm();
    let added = "(() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        return window.ran === undefined;
    })()";
    assert_eq!(page.tab.eval(added), json!(true));
    let wrongs = page.tab.wrongs();
    assert!(wrongs.iter().any(|wrong| wrong.contains("Content Security Policy")), "{wrongs:?}");
}
