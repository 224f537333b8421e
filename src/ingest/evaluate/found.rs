//! What an evaluation finds.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::path::join_path;
use crate::ingest::system::split_system;
use crate::nix::StorePath;

/// What stands at an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    Derivation { drv_path: String, system: String, meta: Option<Value> },
    Failed(String),
}

impl Found {
    /// What says that it is a derivation: a set may say so and name anything.
    pub(super) fn derivation(drv_path: String, system: String, meta: Option<Value>) -> Self {
        let is_derivation = drv_path.ends_with(".drv") && StorePath::from_absolute(drv_path.as_bytes()).is_ok();
        if is_derivation {
            Self::Derivation { drv_path, system, meta }
        } else {
            Self::Failed(format!("its drvPath '{drv_path}' is not the path of a derivation"))
        }
    }
}

/// What an evaluation for one system finds.
#[derive(Debug, Clone, Default)]
pub(super) struct Finding {
    /// The system that was evaluated for.
    pub(super) system: String,
    pub(super) attributes: BTreeMap<Vec<String>, Found>,
    /// Attributes that were asked for and are not there, with what is said of them.
    pub(super) missing: BTreeMap<Vec<String>, String>,
    /// Something was ended from outside: another time more may be found.
    pub(super) killed: bool,
}

/// A line as nix-eval-jobs prints it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'l> {
    attr: &'l str,
    attr_path: &'l [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drv_path: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<&'l Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'l str>,
}

impl Finding {
    /// Adds the lines of all attributes, sorted. The system that was evaluated for ends the
    /// attribute's name, unless it has one in it.
    pub(super) fn write(&self, lines: &mut String) {
        for (path, found) in &self.attributes {
            let mut attr = join_path(path.iter().map(String::as_str));
            if split_system(&attr).1.is_none() {
                attr.extend([".", &self.system]);
            }
            let line = match found {
                Found::Derivation { drv_path, system, meta } => Line {
                    attr: &attr,
                    attr_path: path,
                    system: Some(system),
                    drv_path: Some(drv_path),
                    meta: meta.as_ref(),
                    error: None,
                },
                Found::Failed(message) => Line {
                    attr: &attr,
                    attr_path: path,
                    system: None,
                    drv_path: None,
                    meta: None,
                    error: Some(message),
                },
            };
            // texts under fixed keys: there is nothing that JSON cannot say
            lines.push_str(&serde_json::to_string(&line).unwrap_or_default());
            lines.push('\n');
        }
    }

    /// Names places in this folder without it, so that what is said does not depend on where it lies.
    pub(super) fn relative_to(&mut self, folders: &[String]) {
        let strip = |text: &mut String| {
            for folder in folders {
                if text.contains(folder.as_str()) {
                    *text = text.replace(&format!("{folder}/"), "");
                }
            }
        };
        for found in self.attributes.values_mut() {
            match found {
                Found::Failed(message) => strip(message),
                Found::Derivation { meta: Some(meta), .. } => {
                    if let Some(Value::String(position)) = meta.get_mut("position") {
                        strip(position);
                    }
                }
                Found::Derivation { meta: None, .. } => {}
            }
        }
    }
}
