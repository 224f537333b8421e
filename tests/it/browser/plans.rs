//! Another plan of waves is picked: the page then tells what the command tells of that plan.

use serde_json::{Value, json};

use super::expected;
use super::opened::Opened;
use super::pages::{alike, opened, tells, with};

/// Holds the page to the report of a run with so many waves.
fn tells_the_plan(page: &mut Opened, report: &Value, waves: u64) {
    let own = std::mem::replace(&mut page.json, report.clone());
    for section in ["waves", "bumps"] {
        tells(page, "waves", section);
    }
    page.json = own;
    let facts = page
        .tab
        .eval("[...document.querySelectorAll('[data-fact]')].map(fact => [fact.dataset.fact, Number(fact.dataset.v)])");
    for fact in facts.as_array().unwrap() {
        let key = fact[0].as_str().unwrap();
        let wanted = json!(expected::fact(report, key));
        assert!(alike(&fact[1], &wanted), "{waves} waves: {key}: {} and not {wanted}", fact[1]);
    }
    let pressed = page.tab.text("document.querySelector('[data-waves][aria-pressed=true]').dataset.waves");
    assert_eq!(pressed, waves.to_string());
    let bars = page.tab.number("document.querySelectorAll('figure[data-picture=gantt] svg [data-key]').length");
    assert!(bars >= waves as f64, "{bars} bars for {waves} waves");
}

#[test]
fn by_hand_by_keyboard_and_by_link() {
    let Some(mut page) = opened("waves") else { return };
    let chosen = page.json["chosen"]["waves"].as_u64().unwrap();
    let plans: Vec<u64> =
        page.json["frontier"].as_array().unwrap().iter().map(|point| point["waves"].as_u64().unwrap()).collect();
    assert!(plans.len() > 2 && plans.contains(&chosen));
    let own = page.json.clone();
    for &waves in plans.iter().filter(|&&waves| waves != chosen) {
        let number = waves.to_string();
        let report = with("waves", &["--waves", &number]).unwrap().json.clone();
        // by hand
        page.tab.click(&format!("[data-waves=\"{waves}\"]"));
        tells_the_plan(&mut page, &report, waves);
        assert!(page.tab.text("location.hash").contains(&format!("waves={waves}")));
        // back to the chosen one
        page.tab.eval("history.back()");
        page.tab.until("!location.hash.includes('waves=')");
        page.tab.settle();
        tells_the_plan(&mut page, &own, chosen);
        // by keyboard: Tab to the plot, arrows to the point, Enter
        page.tab.tab_to("[data-waves]");
        page.tab.key("Home");
        for _ in 0..plans.len() {
            if page.tab.text("document.activeElement.dataset.waves ?? ''") == number {
                break;
            }
            page.tab.key("ArrowRight");
        }
        // one point alone is reached by Tab, whichever it is
        let stops = "[...document.querySelectorAll('[data-picture=frontier] svg [tabindex=\"0\"]')]";
        assert_eq!(page.tab.text(&format!("{stops}.map(one => one.dataset.key).join()")), number);
        page.tab.key("Enter");
        tells_the_plan(&mut page, &report, waves);
        let kept = page.tab.text("document.activeElement.dataset.waves ?? ''");
        assert_eq!(kept, number, "the focus stays where it was");
        // by link
        page.reload(&format!("waves={waves}"));
        tells_the_plan(&mut page, &report, waves);
        page.reload("");
        tells_the_plan(&mut page, &own, chosen);
    }
    page.tab.calm();
}
