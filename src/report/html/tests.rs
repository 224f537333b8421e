use super::assets::scripts;
use super::cell::{Cell, Kind};
use super::page::{Fact, Page, Section};
use super::picture::{Area, Picture, Treemap};
use super::rebuilt::set_of;
use super::table::{Column, Table};
use super::write_page;

const HOSTILE: &str = "</script><img src=x onerror=\"alert('1')\">&amp;\u{202e}<!--</noscript>";

fn text(page: &Page) -> String {
    let mut out = Vec::new();
    write_page(page, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A page with so many rows, all of which say the worst that there is.
fn hostile(rows: usize) -> Page {
    let columns = vec![
        Column::new("drv", "derivation", Kind::Path),
        Column::facet("owner", "owner", Kind::Names),
        Column::facet("set", "set", Kind::Text),
        Column::new("hours", "time", Kind::Hours),
    ];
    let row = vec![
        Cell::Path { path: format!("/nix/store/{HOSTILE}.drv"), name: HOSTILE.to_owned() },
        Cell::Names(vec![HOSTILE.to_owned(), "b".to_owned()]),
        Cell::Text(HOSTILE.to_owned()),
        Cell::Estimate(0.1),
    ];
    let treemap = Treemap {
        label: "boxes".to_owned(),
        path: vec!["set"],
        areas: vec![Area { key: "builds", title: "builds", column: None }],
        only: None,
        grade: None,
    };
    Page {
        command: "impact",
        title: HOSTILE.to_owned(),
        headline: vec![HOSTILE.to_owned()],
        facts: vec![Fact {
            key: "a.b",
            label: "things",
            value: 1_234.5,
            text: "1,234.5".to_owned(),
            note: HOSTILE.to_owned(),
        }],
        notes: vec![HOSTILE.to_owned()],
        sections: vec![Section {
            id: "things",
            title: HOSTILE.to_owned(),
            lead: HOSTILE.to_owned(),
            picture: Some(Picture::Treemap(treemap)),
            table: Table { columns, rows: vec![row; rows] },
        }],
    }
}

#[test]
fn nothing_that_is_told_is_markup() {
    for rows in [3, 301] {
        let text = text(&hostile(rows));
        assert!(!text.contains("<img"), "{rows}");
        assert!(!text.contains('\u{202e}'), "{rows}");
        assert!(!text.contains("<!--"), "{rows}");
        // the data, and what runs
        let scripts = scripts(hostile(1).sections.iter().filter_map(|section| section.picture.as_ref()));
        assert_eq!(text.matches("<script").count(), 1 + scripts.len(), "{rows}");
        assert_eq!(text.matches("</script").count(), 1 + scripts.len(), "{rows}");
        assert_eq!(text.matches("<noscript").count(), text.matches("</noscript").count());
        assert_eq!(text.matches("<noscript").count(), usize::from(rows > 300));
    }
}

#[test]
fn scripts_and_styles_end_nothing_and_ask_for_nothing() {
    let page = hostile(1);
    for script in scripts(page.sections.iter().filter_map(|section| section.picture.as_ref())) {
        assert!(!script.contains("</script") && !script.contains("<!--"));
    }
    assert!(!super::assets::STYLE.contains("</style") && !super::assets::STYLE.contains("url("));
    assert!(text(&page).contains("content=\"default-src 'none'; "));
}

#[test]
fn a_large_table_tells_values_once() {
    let columns = vec![
        Column::new("drv", "derivation", Kind::Path),
        Column::new("owner", "owner", Kind::Names),
        Column::new("count", "count", Kind::Count),
        Column::new("hours", "time", Kind::Hours),
        Column::new("none", "nothing", Kind::Text),
    ];
    let path = |path: &str| Cell::Path { path: path.to_owned(), name: "a-1".to_owned() };
    let row = |drv: &str| {
        vec![
            path(drv),
            Cell::Names(vec!["a b".to_owned(), "c<".to_owned()]),
            Cell::Number(1_234.0),
            Cell::Estimate(0.5),
            Cell::None,
        ]
    };
    let mut rows = vec![row("/s/0c-a-1.drv"), row("/s/0c-b-1.drv"), row("/other/0c-a-1.drv")];
    rows.extend(std::iter::repeat_n(row("/s/0d-a-1.drv"), 300));
    let mut page = hostile(0);
    page.sections[0].table = Table { columns, rows };
    let text = text(&page);
    let rest = "<td>a b<br>c&lt;<td data-v=1234>1,234<td data-v=0.5>~30.0 min<td>\n";
    assert!(text.contains("<table data-store=\"/s/\">"));
    assert!(text.contains(&format!("<tr><td data-v=0c>a-1{rest}")), "{text}");
    // the name does not make the path, and the folder is another
    assert!(text.contains(&format!("<tr><td data-v=/s/0c-b-1.drv>a-1{rest}")));
    assert!(text.contains(&format!("<tr><td data-v=/other/0c-a-1.drv>a-1{rest}")));
}

#[test]
fn the_same_page_is_the_same_bytes() {
    assert_eq!(text(&hostile(301)), text(&hostile(301)));
}

#[test]
fn what_no_row_has_is_left_out() {
    let columns = vec![Column::new("a", "a", Kind::Text), Column::new("b", "b", Kind::Names)];
    let table = |names: &[&str]| Table {
        columns: columns.clone(),
        rows: vec![vec![Cell::None, Cell::Names(names.iter().map(|&name| name.to_owned()).collect())]],
    };
    let kept = |table: Table| {
        let table = table.without_empty(&["b"]);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
        table.columns.iter().map(|column| column.key).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kept(table(&[])), "a");
    assert_eq!(kept(table(&["x"])), "a b");
}

#[test]
fn package_sets() {
    for (attribute, set) in [
        (Some("python3Packages.numpy"), "python3Packages"),
        (Some("a.b.c"), "a.b"),
        (Some("zlib"), "(top level)"),
        (Some("nodePackages.\"a.b\""), "nodePackages"),
        (Some("\"a.b\".c"), "\"a.b\""),
        (None, "(no attribute)"),
    ] {
        assert_eq!(set_of(attribute), set, "{attribute:?}");
    }
}

#[test]
fn nothing_runs_but_the_scripts_of_the_page() {
    let page = hostile(1);
    let text = text(&page);
    let policy = text.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    let allowed = policy.split("; ").find_map(|part| part.strip_prefix("script-src ")).unwrap();
    let scripts = scripts(page.sections.iter().filter_map(|section| section.picture.as_ref()));
    // browsers hash what they read, and read no carriage return
    assert!(scripts.iter().all(|script| !script.contains('\r')));
    assert!(!allowed.contains("unsafe") && allowed.split(' ').count() == scripts.len(), "{allowed}");
    // of the last script, as `openssl dgst -sha256 -binary | base64` tells it
    assert!(allowed.ends_with("'sha256-CYr74mRik8uQiJ5Bmo46dWWS8w+grrQtq2jmqTQgATE='"), "{allowed}");
    assert!(policy.ends_with("; base-uri 'none'; form-action 'none'"), "{policy}");
}

#[test]
fn sizes_can_be_lost() {
    use super::cell::figure;
    assert_eq!(figure(Kind::Bytes, -1_048_576.0), "-1.00 MiB");
    assert_eq!(figure(Kind::Bytes, 1_535.6), "1.50 KiB");
}

#[test]
fn a_column_without_anything_is_hidden() {
    let columns = vec![Column::new("a", "a", Kind::Text), Column::new("b", "b", Kind::Text)];
    let page = |cells: [Cell; 2]| {
        let mut page = hostile(0);
        let rows = cells.map(|cell| vec![Cell::Text("x".to_owned()), cell]).to_vec();
        page.sections[0].table = Table { columns: columns.clone(), rows };
        text(&page)
    };
    let count = |text: String| (text.matches("data-column=\"b\"").count(), text.matches("\" hidden></td>").count());
    let half = page([Cell::None, Cell::Text("y".to_owned())]);
    assert!(!half.contains("scope=\"col\" hidden"), "{half}");
    let none = page([Cell::None, Cell::None]);
    assert!(none.contains("scope=\"col\" hidden"));
    assert_eq!(count(none), (1, 2));
    assert_eq!(count(half), (1, 0));
}
