//! Which store paths two outputs record, and which of them changed.

use std::collections::{BTreeMap, BTreeSet};

use super::params::ReferenceChange;
use super::paths::Rules;
use crate::nix::Digest;
use crate::proof::outputs::StorePaths;

/// The store paths that the files name which differ, on both sides.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    pub(super) first: StorePaths,
    pub(super) second: StorePaths,
}

impl Recorded {
    pub(super) fn of(first: &[u8], second: &[u8], store_dir: &str) -> Self {
        let of = |text| StorePaths::of(text, store_dir.as_bytes());
        Self { first: of(first), second: of(second) }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self { first: self.first.and(other.first), second: self.second.and(other.second) }
    }

    /// What one side alone records, in pairs where one stands for the other; counterparts are the same.
    pub(super) fn changes(&self, rules: &Rules<'_>) -> Vec<ReferenceChange> {
        let named = |paths: &StorePaths| -> BTreeMap<Digest, String> {
            let listed = |digest: &Digest, absolute| absolute || rules.is_input(*digest);
            let kept = paths.0.iter().filter(|(digest, named)| listed(digest, named.absolute));
            kept.map(|(digest, named)| (*digest, named.name())).collect()
        };
        let (first, second) = (named(&self.first), named(&self.second));
        let mut added: BTreeMap<Digest, String> = second
            .iter()
            .filter(|(digest, _)| !first.contains_key(&rules.normal(**digest)))
            .map(|(d, n)| (*d, n.clone()))
            .collect();
        let kept: BTreeSet<Digest> = second.keys().map(|digest| rules.normal(*digest)).collect();
        let mut changes = Vec::new();
        for (digest, name) in first.iter().filter(|(digest, _)| !kept.contains(digest)) {
            let stands = |(other, other_name): &(&Digest, &String)| {
                rules.exchanged(*digest, **other) || rules.versions(name.as_bytes(), other_name.as_bytes())
            };
            let other = added.iter().find(stands).map(|(other, _)| *other);
            let after = other.and_then(|other| added.remove(&other).map(|name| base_name(other, &name)));
            changes.push(ReferenceChange { before: Some(base_name(*digest, name)), after });
        }
        changes.extend(added.iter().map(|(d, n)| ReferenceChange { before: None, after: Some(base_name(*d, n)) }));
        changes.sort();
        changes
    }
}

fn base_name(digest: Digest, name: &str) -> String {
    format!("{}-{name}", digest.as_str())
}
