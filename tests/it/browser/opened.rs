//! A page that a command wrote, open in a tab, beside what the command said as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::tab::Tab;
use crate::cli::program::Program;
use crate::needs;

/// A row of a table as the page tells it: raw values by the column's key.
pub(crate) type Row = BTreeMap<String, Value>;

/// A page and its report.
pub(crate) struct Opened {
    pub(crate) tab: Tab,
    pub(crate) json: Value,
    pub(crate) file: PathBuf,
    _program: Program,
}

impl Opened {
    /// The page of a command, which names its closure.
    pub(crate) fn on(command: &[&str], program: Program) -> Option<Self> {
        needs::chromium()?;
        let file = program.folder.path().join("page.html");
        let mut words = command.to_vec();
        words.extend(["-q", "--format", "json", "--html", file.to_str().unwrap()]);
        let json = program.run(&words).json();
        let mut tab = Tab::open()?;
        tab.load(&file, "");
        Some(Self { tab, json, file, _program: program })
    }

    /// The page once more, with this state.
    pub(crate) fn reload(&mut self, hash: &str) {
        self.tab.load(&self.file.clone(), hash);
    }

    /// The sections that have a table, in order.
    pub(crate) fn sections(&mut self) -> Vec<String> {
        let ids = self.tab.eval("[...document.querySelectorAll('[data-shown]')].map(shown => shown.dataset.shown)");
        serde_json::from_value(ids).unwrap()
    }

    /// All rows of a table that pass the filter, as they stand on the page once all are shown.
    pub(crate) fn rows(&mut self, section: &str) -> Vec<Row> {
        let script = format!(
            "(async () => {{
                const id = {};
                const more = document.querySelector(`[data-more=\"${{id}}\"]`);
                while (more && !more.hidden) more.click();
                const table = document.querySelector(`table[data-table=\"${{id}}\"]`);
                const keys = [...table.tHead.rows[0].cells].map(th => th.dataset.column);
                const kinds = [...table.tHead.rows[0].cells].map(th => th.className);
                return [...table.tBodies[0].rows].map(tr => keys.map((key, at) =>
                    [key, kinds[at], tr.cells[at].getAttribute('data-v')]));
            }})()",
            json!(section)
        );
        let rows: Vec<Vec<(String, String, Option<String>)>> = serde_json::from_value(self.tab.eval(&script)).unwrap();
        rows.into_iter().map(|row| row.into_iter().map(|(key, kind, raw)| (key, typed(&kind, raw))).collect()).collect()
    }

    /// The keys of a table's columns.
    pub(crate) fn columns(&mut self, section: &str) -> Vec<String> {
        let heads = format!("document.querySelectorAll('table[data-table=\"{section}\"] th')");
        serde_json::from_value(self.tab.eval(&format!("[...{heads}].map(th => th.dataset.column)"))).unwrap()
    }

    /// How many rows of a table are said to pass the filter, and of how many.
    pub(crate) fn said(&mut self, section: &str) -> (u64, u64) {
        let shown = format!("document.querySelector('[data-shown=\"{section}\"]').dataset");
        let counts = self.tab.eval(&format!("[Number({shown}.v), Number({shown}.of)]"));
        (counts[0].as_u64().unwrap(), counts[1].as_u64().unwrap())
    }

    /// The facets of the page's filter, each with its values.
    pub(crate) fn facets(&mut self) -> BTreeMap<String, Vec<String>> {
        let script = "Object.fromEntries([...document.querySelectorAll('select[data-filter]')].map(select =>
            [select.dataset.filter, [...select.options].map(option => option.value).filter(Boolean)]))";
        serde_json::from_value(self.tab.eval(script)).unwrap()
    }
}

/// A raw value as the JSON report has it.
fn typed(kind: &str, raw: Option<String>) -> Value {
    let Some(raw) = raw else { return Value::Null };
    match kind.split(' ').next().unwrap() {
        "count" | "hours" | "bytes" | "share" => {
            json!(raw.parse::<f64>().unwrap_or_else(|_| panic!("no number: {raw}")))
        }
        "names" => serde_json::from_str(&raw).unwrap_or_else(|_| panic!("no list: {raw}")),
        _ => json!(raw),
    }
}

/// A member of a report by its path: `cost.hours.total`.
pub(crate) fn member<'j>(report: &'j Value, path: &str) -> &'j Value {
    path.split('.').fold(report, |value, key| match key.parse::<usize>() {
        Ok(at) if value.is_array() => &value[at],
        _ => &value[key],
    })
}

/// A value of the report as a page tells it: numbers as such, nothing for what is empty.
pub(crate) fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap()),
        Value::String(text) if text.is_empty() => Value::Null,
        _ => value.clone(),
    }
}
