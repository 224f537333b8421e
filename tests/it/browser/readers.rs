//! Everybody is served: without scripts, on paper, on a telephone, by ear; and what that looks like is kept.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::opened::{Opened, Row};
use super::pages::opened;
use crate::cli::program::{Program, minipkgs};

/// Where pictures of the pages go.
fn screenshots() -> PathBuf {
    let folder = std::env::var_os("NIX_RIPPLE_SCREENSHOTS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| {
        let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        target.join("screenshots")
    });
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Without scripts, every row is there as a table, and no control that would do nothing.
fn plain(page: &mut Opened, name: &str) {
    let sections = page.sections();
    let rows: Vec<(String, Vec<Row>)> = sections.into_iter().map(|id| (id.clone(), page.rows(&id))).collect();
    page.tab.scripts(false);
    page.reload("");
    for (section, rows) in &rows {
        let table = format!("document.querySelector('#{section} table')");
        assert_eq!(page.tab.number(&format!("{table}.tBodies[0].rows.length")), rows.len() as f64, "{name}, {section}");
        let text = page.tab.text(&format!("{table}.innerText"));
        for (key, value) in rows.iter().flatten().filter(|(_, value)| value.is_string()) {
            // what is shown of a path is its name
            let path = value.as_str().unwrap();
            let shown = path.split_once("-").filter(|_| path.starts_with("/nix/store/")).map_or(path, |(_, name)| name);
            let shown = shown.strip_suffix(".drv").unwrap_or(shown);
            assert!(text.contains(shown), "{name}, {section}: {key} {value} is not there");
        }
    }
    let idle =
        "[...document.querySelectorAll('button, select, input, figure')].filter(one => one.checkVisibility()).length";
    assert_eq!(page.tab.number(idle), 0.0, "{name}: controls that do nothing without scripts");
    page.tab.scripts(true);
    page.reload("");
}

/// On paper: tables in light colours, no controls. Which wave a farm's picture shows is told by what picks it.
fn printed(page: &mut Opened, name: &str) {
    page.tab.media("print", "dark");
    let shown =
        "[...document.querySelectorAll(':not(th) > button, select:not([data-farm]), input, nav')].filter(one => one.checkVisibility())
        .map(one => one.outerHTML.slice(0, 90))";
    assert_eq!(page.tab.eval(shown), json!([]), "{name}: controls are printed");
    let ground = page.tab.text("getComputedStyle(document.body).backgroundColor");
    assert!(["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"].contains(&ground.as_str()), "{name}: printed on {ground}");
    let cut =
        "[...document.querySelectorAll('.scroll')].filter(box => getComputedStyle(box).overflowY !== 'visible').length";
    assert_eq!(page.tab.number(cut), 0.0, "{name}: tables are cut off in print");
    let pdf = page.tab.pdf();
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 10_000, "{name}: {} bytes", pdf.len());
    page.tab.media("", "light");
}

/// The light of a colour, and how two stand out from one another, as WCAG 2 has it.
const CONTRAST: &str = "(() => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, at) => {
        const part = rgb[at] / 255;
        return sum + weight * (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }, 0);
    const svg = document.body.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
    svg.setAttribute('class', 'picture');
    const tones = ['plain', 'needed', 'suspected', 'inferred', 'observed', 'proven'];
    const contrasts = tones.map((tone) => {
        svg.innerHTML = `<g class=mark><rect class='tone ${tone}' /><text class=quiet>1</text></g>`;
        const ground = parts(getComputedStyle(svg.querySelector('rect')).fill);
        const style = getComputedStyle(svg.querySelector('text'));
        const text = parts(style.fill).map((part, at) => part * style.opacity + ground[at] * (1 - style.opacity));
        const [most, least] = [light(text), light(ground)].sort((a, b) => b - a);
        return (most + 0.05) / (least + 0.05);
    });
    svg.remove();
    return Math.min(...contrasts);
})()";

#[test]
fn letters_on_boxes_stand_out() {
    let Some(mut page) = opened("impact") else { return };
    for scheme in ["light", "dark"] {
        page.tab.colours(scheme);
        let least = page.tab.number(CONTRAST);
        assert!((4.5..21.0).contains(&least), "{scheme}: {least}");
    }
    page.tab.calm();
}

/// Of a table that is too long for paper the first rows are printed, and that is said.
#[test]
fn paper_says_what_it_leaves_out() {
    let closure = minipkgs().to_str().unwrap();
    let Some(mut page) = Opened::on(&["impact", "zlib", "-c", closure], Program::new()) else { return };
    let all = page.json["derivations"]["total"].as_u64().unwrap();
    assert!(all > 1_000);
    let said = "document.querySelector('[data-shown=rebuilt]').textContent";
    let rows = "document.querySelector('[data-table=rebuilt]').tBodies[0].rows.length";
    let before = (page.tab.text(said), page.tab.number(rows));
    let printed = format!("(() => {{ dispatchEvent(new Event('beforeprint')); return [{said}, {rows}]; }})()");
    let number = |count: u64| format!("{},{:03}", count / 1_000, count % 1_000);
    assert_eq!(page.tab.eval(&printed), json!([format!("the first 1,000 of {} rows", number(all)), 1_000]));
    page.tab.eval("dispatchEvent(new Event('afterprint'))");
    assert_eq!((page.tab.text(said), page.tab.number(rows)), before);
    // what fits is printed whole, and nothing else is said
    page.reload("system=aarch64-darwin");
    let few = page.said("rebuilt").0;
    assert!(100 < few && few < 1_000, "{few}");
    let before = page.tab.text(said);
    assert_eq!(page.tab.eval(&printed), json!([before, few]));
    page.tab.eval("dispatchEvent(new Event('afterprint'))");
    assert_eq!(page.tab.number(rows), 100.0);
    page.tab.calm();
}

/// By ear: each thing that can be worked has a name, and the focus is to be seen.
fn heard(page: &mut Opened, name: &str) {
    let tree = page.tab.call("Accessibility.getFullAXTree", json!({}));
    let roles = ["button", "combobox", "searchbox", "textbox", "link", "checkbox", "radio", "slider", "region", "img"];
    for node in tree["nodes"].as_array().unwrap() {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        let named = node["name"]["value"].as_str().is_some_and(|name| !name.trim().is_empty());
        assert!(node["ignored"] == json!(true) || !roles.contains(&role) || named, "{name}: without a name: {node}");
    }
    page.tab.eval("document.activeElement.blur()");
    let look = "(() => {
        const one = document.activeElement;
        if (!one || one === document.body) return null;
        const styles = [one, ...one.querySelectorAll('.edge')].map(one => getComputedStyle(one));
        const seen = styles.some(style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
            || style.boxShadow !== 'none' || parseFloat(style.strokeWidth) >= 2);
        return [seen, one.outerHTML.slice(0, 120)];
    })()";
    let mut stops = 0;
    for _ in 0..60 {
        page.tab.key("Tab");
        if let Value::Array(stop) = page.tab.eval(look) {
            assert_eq!(stop[0], json!(true), "{name}: the focus is not to be seen on {}", stop[1]);
            stops += 1;
        }
    }
    assert!(stops > 10, "{name}: Tab stops at {stops} things alone");
}

/// At both widths and in both colours: nothing runs over, and a picture of it all.
fn looked_at(page: &mut Opened, name: &str) {
    for width in [1440, 420] {
        for scheme in ["light", "dark"] {
            page.tab.size(width, 900);
            page.tab.colours(scheme);
            page.reload("");
            let wide = page.tab.number("document.documentElement.scrollWidth");
            assert!(wide <= f64::from(width), "{name}: {wide} pixels wide on a screen of {width}");
            let picture = page.tab.screenshot();
            std::fs::write(screenshots().join(format!("{name}-{width}-{scheme}.png")), picture).unwrap();
        }
    }
    page.tab.size(1440, 900);
    page.tab.colours("light");
}

fn serves_everybody(name: &str) {
    let Some(mut page) = opened(name) else { return };
    looked_at(&mut page, name);
    plain(&mut page, name);
    printed(&mut page, name);
    page.reload("");
    heard(&mut page, name);
    page.tab.calm();
}

#[test]
fn impact() {
    serves_everybody("impact");
}

#[test]
fn diff() {
    serves_everybody("diff");
}

#[test]
fn spurious() {
    serves_everybody("spurious");
}

#[test]
fn rank() {
    serves_everybody("rank");
}

#[test]
fn packages() {
    serves_everybody("packages");
}

#[test]
fn waves() {
    serves_everybody("waves");
}
