//! A page as HTML.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use sha2::{Digest as _, Sha256};

use super::assets::{STYLE, scripts};
use super::cell::{Cell, Kind};
use super::data;
use super::page::{Fact, Page, Section};
use super::table::{Column, Table};
use crate::report::table::{counted, printable};

/// Tables with more rows are only shown in part, unless scripts are off.
const SMALL: usize = 300;

/// Cells of more characters are wrapped; the script of tables knows the same.
const LONG: usize = 36;

/// Nothing can be asked for, from nowhere, and nothing runs but these scripts.
fn policy(scripts: &[&str]) -> String {
    let digest = |script: &&str| format!(" 'sha256-{}'", BASE64.encode(&Sha256::digest(script)));
    let scripts: String = scripts.iter().map(digest).collect();
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src{scripts}; img-src data:; base-uri 'none'; \
         form-action 'none'"
    )
}

/// With what every page begins.
pub const BEGINNING: &str = "<!DOCTYPE html>";

/// Writes a page: one file that needs no other. Linear in the page; the same page gives the same bytes.
///
/// # Errors
/// When writing fails.
pub fn write_page(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let data = data::json(page)?;
    let pictures = page.sections.iter().filter_map(|section| section.picture.as_ref());
    let scripts = scripts(pictures);
    let text = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&scripts));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("nix-ripple ", env!("CARGO_PKG_VERSION")));
                title { (printable(&page.title)) " · nix-ripple " (page.command) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href=(page.sections.first().map_or("#", |_| "#sections")) { "Skip to the answer" }
                (header(page))
                main id="sections" {
                    @for section in &page.sections { (body_of(section)) }
                }
                footer {
                    p { "Made by nix-ripple " (env!("CARGO_PKG_VERSION")) ". This file asks for nothing outside itself." }
                }
                div.tip role="tooltip" id="tip" hidden {}
                script type="application/json" id="page" { (PreEscaped(data)) }
                @for script in &scripts { script { (PreEscaped(script)) } }
            }
        }
    };
    out.write_all(text.into_string().as_bytes())?;
    out.write_all(b"\n")
}

fn header(page: &Page) -> Markup {
    html! {
        header.page {
            div.top {
                p.brand { b { "nix-ripple" } " " (page.command) }
                div.tools id="tools" {}
            }
            h1 { (printable(&page.title)) }
            @for line in &page.headline { p.headline { (printable(line)) } }
            @if !page.facts.is_empty() {
                dl.facts { @for fact in &page.facts { (tile(fact)) } }
            }
            @if !page.notes.is_empty() {
                ul.notes { @for note in &page.notes { li { (printable(note)) } } }
            }
        }
        nav.bar aria-label="Page" {
            div.links {
                @for section in &page.sections { a href={ "#" (section.id) } { (printable(&section.title)) } }
            }
            div.filter id="filter" role="search" {}
        }
    }
}

fn tile(fact: &Fact) -> Markup {
    html! {
        div.fact data-fact=(fact.key) data-v=(fact.value) {
            dt { (fact.label) }
            dd { (printable(&fact.text)) }
            @if !fact.note.is_empty() { dd.note { (printable(&fact.note)) } }
        }
    }
}

fn body_of(section: &Section) -> Markup {
    html! {
        section id=(section.id) aria-labelledby={ "h-" (section.id) } {
            h2 id={ "h-" (section.id) } { a href={ "#" (section.id) } { (printable(&section.title)) } }
            @if !section.lead.is_empty() { p.lead { (printable(&section.lead)) } }
            @if let Some(picture) = &section.picture {
                figure data-picture=(picture.name()) data-of=(section.id) hidden {
                    figcaption { (printable(picture.label())) }
                }
            }
            (rows(section))
        }
    }
}

fn rows(section: &Section) -> Markup {
    let table = &section.table;
    let blank: Vec<bool> = (0..table.columns.len()).map(|at| table.is_blank(at)).collect();
    html! {
        p.shown role="status" data-shown=(section.id) data-v=(table.rows.len()) data-of=(table.rows.len()) {
            (counted(table.rows.len() as u64, "row"))
        }
        @if table.rows.len() <= SMALL {
            div.scroll tabindex="0" role="region" aria-label={ "Table: " (printable(&section.title)) } {
                table data-table=(section.id) {
                    thead { tr { @for (column, blank) in table.columns.iter().zip(&blank) { (heading(column, *blank)) } } }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                @for ((column, cell), blank) in table.columns.iter().zip(row).zip(&blank) {
                                    (small_cell(column, cell, *blank))
                                }
                            }
                        }
                    }
                }
            }
        } @else {
            // once, for eyes and scripts alike
            noscript data-rows=(section.id) { (PreEscaped(large(table))) }
        }
    }
}

fn heading(column: &Column, blank: bool) -> Markup {
    html! { th scope="col" hidden[blank] data-column=(column.key) class=(column.kind.as_str()) { (column.title) } }
}

fn small_cell(column: &Column, cell: &Cell, blank: bool) -> Markup {
    let mut class = column.kind.as_str().to_owned();
    if cell.shown(column.kind).chars().count() > LONG {
        class.push_str(" long");
    }
    let hover = match cell {
        Cell::Path { path, .. } => Some(printable(path)),
        _ => None,
    };
    html! {
        td class=(class) hidden[blank] data-v=[cell.raw()] title=[hover] {
            @match cell {
                Cell::Names(names) => @for (at, name) in names.iter().enumerate() {
                    @if at > 0 { ", " } bdi { (printable(name)) }
                },
                Cell::Text(_) if column.kind == Kind::Grade => span.grade data-grade=[cell.raw()] { (cell.shown(column.kind)) },
                _ => (cell.shown(column.kind)),
            }
        }
    }
}

/// A table as compact HTML: end tags that may be left out are, and a value stands beside its text only where the
/// text does not tell it. A store path is told by its digest, if that and its name make it, and once until its name
/// stands for another.
fn large(table: &Table) -> String {
    let prefix = store(table);
    let mut text = String::with_capacity(table.rows.len() * 200);
    let _ = write!(text, "<table data-store=\"{}\"><thead><tr>", escaped(&prefix));
    for column in &table.columns {
        let _ = write!(text, "<th>{}", escaped(column.title));
    }
    text.push_str("</thead><tbody>");
    let mut told = BTreeMap::new();
    for row in &table.rows {
        text.push_str("\n<tr>");
        for (column, cell) in table.columns.iter().zip(row) {
            // a name that stands for the same path as when it came last needs no path
            if let Cell::Path { path, name } = cell
                && told.insert(printable(name), path.as_str()) == Some(path.as_str())
            {
                text.push_str("<td>");
                cell.shown(column.kind).render_to(&mut text);
                continue;
            }
            compact(&mut text, column.kind, cell, &prefix);
        }
    }
    text.push_str("</tbody></table>");
    text
}

fn compact(text: &mut String, kind: Kind, cell: &Cell, prefix: &str) {
    text.push_str("<td");
    let shown = cell.shown(kind);
    match cell {
        Cell::Names(names) => {
            text.push('>');
            for (at, name) in names.iter().enumerate() {
                text.push_str(if at > 0 { "<br>" } else { "" });
                printable(name).render_to(text);
            }
            return;
        }
        Cell::Path { path, .. } => match digest(path, &shown, prefix) {
            Some(digest) => value(text, digest),
            None => value(text, &printable(path)),
        },
        _ => {
            if let Some(raw) = cell.raw().filter(|raw| *raw != shown) {
                value(text, &raw);
            }
        }
    }
    text.push('>');
    shown.render_to(text);
}

/// ` data-v=…`, in quotes where it must be.
fn value(text: &mut String, value: &str) {
    let bare = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./_-+".contains(&byte));
    if bare {
        let _ = write!(text, " data-v={value}");
    } else {
        let _ = write!(text, " data-v=\"{}\"", escaped(value));
    }
}

fn escaped(text: &str) -> String {
    text.render().into_string()
}

/// The folder of the first path, with the slash behind it.
fn store(table: &Table) -> String {
    let path = table.rows.iter().flatten().find_map(|cell| match cell {
        Cell::Path { path, .. } => path.rfind('/').and_then(|at| path.get(..=at)),
        _ => None,
    });
    path.map(|folder| printable(folder).into_owned()).unwrap_or_default()
}

/// The digest of `PREFIX DIGEST-NAME.drv`, if a path is that.
fn digest<'p>(path: &'p str, name: &str, prefix: &str) -> Option<&'p str> {
    let digest = path.strip_prefix(prefix)?.strip_suffix(".drv")?.strip_suffix(name)?.strip_suffix('-')?;
    let plain = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(digest)
}
