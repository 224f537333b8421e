//! What a farm does is drawn of what passes the filter, and what is not drawn is said.

use serde_json::json;

use super::opened::Opened;
use super::pages::opened;
use crate::cli::program::Program;
use crate::support::{Recipe, folder};

const FIGURE: &str = "figure[data-picture=farm]";

#[test]
fn the_wave_that_passes_is_drawn() {
    let Some(mut page) = opened("waves") else { return };
    let label = format!("document.querySelector('{FIGURE} svg').getAttribute('aria-label')");
    let choices = format!("document.querySelectorAll('{FIGURE} [data-farm] option').length");
    let waves = page.json["waves"].as_array().unwrap().len();
    assert!(waves > 1);
    assert!(page.tab.text(&label).contains(": Wave 1: "));
    assert_eq!(page.tab.number(&choices), waves as f64);
    // the wave alone, whatever was picked
    page.reload("wave=2&farm=1");
    assert!(page.tab.text(&label).contains(": Wave 2: "));
    assert_eq!(page.tab.number(&choices), 0.0);
    page.reload("q=nothing+of+this+name");
    assert_eq!(page.tab.eval(&format!("document.querySelector('{FIGURE} svg')")), json!(null));
    page.tab.calm();
}

#[test]
fn each_slot_is_drawn_or_told_of() {
    // more at a time than are drawn by themselves, and far more than there is room for
    let base = Recipe::new(1, "base-1");
    let user = |number| Recipe::new(number, &format!("user{number}-1")).input(&base, "buildInputs");
    let recipes: Vec<Recipe> = std::iter::once(base.clone()).chain((2..2_301).map(user)).collect();
    let drvs = folder(&recipes);
    let command = ["impact", "name:base-1", "--cost", "--builders", "2400", "-c", drvs.path().to_str().unwrap()];
    let Some(mut page) = Opened::on(&command, Program::new()) else { return };
    let drawn = page.tab.number(&format!("document.querySelectorAll('{FIGURE} svg .slot').length"));
    assert_eq!(drawn, 160.0);
    let told = page.tab.text(&format!("document.querySelector('{FIGURE} .canvas > p').textContent"));
    let counts = told.trim_end_matches('.').split("; ").map(|part| part.split_once(" slot").unwrap());
    let missing: Vec<(f64, &str)> =
        counts.map(|(count, what)| (count.replace(',', "").parse().unwrap(), what)).collect();
    assert_eq!(drawn + missing.iter().map(|(count, _)| count).sum::<f64>(), 2_400.0, "{told}");
    let count = |what: &str| missing.iter().find(|(_, why)| why.contains(what)).unwrap_or_else(|| panic!("{told}")).0;
    // 2,299 builds at a time; 2,000 are told by name, one of them the base, on a slot that goes on with another
    assert_eq!(count("for want of room"), 1_999.0 - 160.0, "{told}");
    assert_eq!([count("shorter"), count("never")], [300.0, 101.0], "{told}");
    page.tab.calm();
}
