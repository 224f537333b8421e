//! What a farm does is drawn of what passes the filter, and what is not drawn is said.

use serde_json::json;

use super::opened::Opened;
use super::pages::opened;
use crate::cli::program::{Program, minipkgs};

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
    let command = ["impact", "zlib", "--cost", "--builders", "900", "-c", minipkgs().to_str().unwrap()];
    let Some(mut page) = Opened::on(&command, Program::new()) else { return };
    let drawn = page.tab.number(&format!("document.querySelectorAll('{FIGURE} svg .slot').length"));
    assert!(0.0 < drawn && drawn <= 160.0, "{drawn}");
    let told = page.tab.text(&format!("document.querySelector('{FIGURE} .canvas > p').textContent"));
    let counts = told.trim_end_matches('.').split("; ").map(|part| part.split_once(" slot").unwrap());
    let missing: Vec<(f64, &str)> =
        counts.map(|(count, what)| (count.replace(',', "").parse().unwrap(), what)).collect();
    assert_eq!(drawn + missing.iter().map(|(count, _)| count).sum::<f64>(), 900.0, "{told}");
    page.tab.calm();
}
