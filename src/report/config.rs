//! The defaults that hold, as text.

use std::io::{self, Write};

use serde::Serialize;

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout};
use crate::query::REPORT_VERSION;

/// A default.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigSetting {
    /// What it is called: as the option is.
    pub key: &'static str,
    /// What it is; several only of files.
    pub values: Vec<String>,
    /// Who says so: a file with its line, a variable of the environment, the program.
    pub from: String,
    /// Those of its files that do not exist.
    pub missing: Vec<String>,
}

/// A file in which defaults are looked for.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigFile {
    /// The file.
    pub path: String,
    /// Why it is looked for.
    pub whose: &'static str,
    /// Whether it exists.
    pub found: bool,
}

/// Which defaults hold, and where they come from.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigReport {
    version: u32,
    /// Nothing where only the places were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    settings: Vec<ConfigSetting>,
    /// What counts most comes first.
    files: Vec<ConfigFile>,
    #[serde(skip)]
    files_alone: bool,
}

const SETTINGS: [Column; 4] = [("key", false), ("value", false), ("from", false), ("note", false)];
const FILES: [Column; 3] = [("file", false), ("whose", false), ("state", false)];

impl ConfigReport {
    /// Of these settings and files; tables show the files only where those alone were asked for.
    #[must_use]
    pub fn new(settings: Vec<ConfigSetting>, files: Vec<ConfigFile>, files_alone: bool) -> Self {
        Self { version: REPORT_VERSION, settings, files, files_alone }
    }

    fn setting_rows(&self) -> impl Iterator<Item = [String; 4]> {
        self.settings.iter().map(|setting| {
            let values = if setting.values.is_empty() { "-".to_owned() } else { setting.values.join(", ") };
            let note = match setting.missing.as_slice() {
                [] => String::new(),
                missing if missing.len() == setting.values.len() => "is not there".to_owned(),
                missing => format!("not there: {}", missing.join(", ")),
            };
            [setting.key.to_owned(), values, setting.from.clone(), note]
        })
    }

    fn file_rows(&self) -> impl Iterator<Item = [String; 3]> {
        self.files.iter().map(|file| {
            let state = if file.found { "is read" } else { "is not there" };
            [file.path.clone(), file.whose.to_owned(), state.to_owned()]
        })
    }
}

impl Render for ConfigReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        match self.files_alone {
            true => writeln!(out, "{}", table::plain(&FILES, layout, self.file_rows())),
            false => writeln!(out, "{}", table::plain(&SETTINGS, layout, self.setting_rows())),
        }
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.files_alone {
            true => writeln!(out, "{}", table::markdown(&FILES, self.file_rows())),
            false => writeln!(out, "{}", table::markdown(&SETTINGS, self.setting_rows())),
        }
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        if self.files_alone {
            rows.row(["file", "whose", "found"])?;
            for file in &self.files {
                rows.row([file.path.as_str(), file.whose, if file.found { "true" } else { "false" }])?;
            }
        } else {
            rows.row(["key", "value", "from", "missing"])?;
            for setting in &self.settings {
                rows.row([setting.key, &setting.values.join(" "), &setting.from, &setting.missing.join(" ")])?;
            }
        }
        rows.finish()
    }
}
