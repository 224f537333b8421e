//! The labels of the planted cases: what is right, said by hand.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use nix_ripple::verdict::{Carrier, Change, Checks, ExperimentKind, Outcome};
use serde::Deserialize;

use crate::nix_as_judge::{Store, nix, ran};
use crate::support::testdata;

/// A pair of a package and an input. What is `None` is not looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    pub(super) attribute: String,
    pub(super) input: String,
    /// In words.
    pub(super) why: String,
    /// Files of the machine without which the case shows nothing.
    pub(super) needs: Vec<String>,
    /// Experimental features of Nix.
    pub(super) features: Vec<String>,
    /// Whether it may as well be refused.
    pub(super) refused: bool,
    /// The first build without the input.
    pub(super) removed: Option<Removed>,
    /// How the experiments may end; empty where nothing may be shown.
    pub(super) outcome: Vec<Outcome>,
    /// Which experiment may settle it.
    pub(super) experiment: Option<Vec<ExperimentKind>>,
    pub(super) verdict: Vec<Word>,
    pub(super) checks: Option<Checks>,
    pub(super) files: Option<BTreeMap<String, File>>,
    /// The pnames of what carries it.
    pub(super) chain: Option<Vec<String>>,
    /// Words on stderr.
    pub(super) says: Vec<String>,
    /// Further options for the builds.
    pub(super) options: Vec<String>,
    /// A port where something answers meanwhile.
    pub(super) listens: Option<u16>,
}

/// What may be said of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Word {
    Affects,
    ReferenceOnly,
    TestOnly,
    NoEffect,
    Unknown,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removed {
    pub(super) outcome: Outcome,
    pub(super) phase: Option<String>,
}

/// What may be said of a file that differs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) change: Vec<Change>,
    pub(super) carriers: Vec<Carrier>,
}

/// All of them, by attribute; in their order.
pub(super) fn labels() -> &'static BTreeMap<String, Vec<Label>> {
    static LABELS: LazyLock<BTreeMap<String, Vec<Label>>> = LazyLock::new(|| {
        let store = Store::new();
        let mut command = nix("nix-instantiate");
        command.args(["--store", store.path(), "--eval", "--strict", "--json", "--readonly-mode"]);
        command.arg(testdata("minipkgs/planted.nix")).args(["-A", "labels"]);
        let labels: Vec<Label> = serde_json::from_slice(&ran(&mut command).stdout).unwrap();
        let mut by_attribute: BTreeMap<String, Vec<Label>> = BTreeMap::new();
        for label in labels {
            by_attribute.entry(label.attribute.clone()).or_default().push(label);
        }
        by_attribute
    });
    &LABELS
}
