//! The rules of nixpkgs' CI on what an evaluation prints, as plainly as they can be written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diff::answer::{Answer, Renamed};

/// What Nix says of an attribute, as an evaluation prints it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) attr: String,
    #[serde(default)]
    pub(super) attr_path: Vec<String>,
    pub(super) name: String,
    pub(super) system: String,
    pub(super) drv_path: String,
    /// None where the path hangs on what is built.
    pub(super) outputs: BTreeMap<String, Option<String>>,
}

/// The rules of nixpkgs' CI, on what Nix says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rules {
    pub(super) rebuilt: BTreeSet<String>,
    pub(super) by_system: BTreeMap<String, u64>,
    pub(super) changed: BTreeSet<String>,
    pub(super) added: BTreeSet<String>,
    pub(super) removed: BTreeSet<String>,
    pub(super) renamed: Vec<Renamed>,
}

fn paths(line: &Line) -> BTreeSet<String> {
    let path = |(output, path): (&String, &Option<String>)| {
        path.clone().unwrap_or_else(|| format!("{}!{output}", line.drv_path))
    };
    line.outputs.iter().map(path).collect()
}

pub(super) fn rules(old: &[Line], new: &[Line]) -> Rules {
    let by_key = |side: &[Line]| -> BTreeMap<(String, String), BTreeSet<String>> {
        let known: BTreeMap<_, _> =
            side.iter().map(|line| ((line.attr.clone(), line.system.clone()), paths(line))).collect();
        assert_eq!(known.len(), side.len(), "each attribute once");
        known
    };
    let (old, new) = (by_key(old), by_key(new));
    let mut rules = Rules::default();
    let mut renamed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((attribute, system), paths) in &new {
        let before: BTreeSet<&String> =
            old.iter().filter(|((_, other), _)| other == system).flat_map(|(_, paths)| paths).collect();
        let rebuilt = paths.iter().any(|path| !before.contains(path));
        if rebuilt {
            rules.rebuilt.insert(attribute.clone());
            *rules.by_system.entry(system.clone()).or_default() += 1;
        }
        match old.get(&(attribute.clone(), system.clone())) {
            Some(before) if before != paths => drop(rules.changed.insert(attribute.clone())),
            Some(_) => {}
            None => {
                rules.added.insert(attribute.clone());
                if !rebuilt {
                    let same = old.iter().filter(|((_, other), known)| other == system && !known.is_disjoint(paths));
                    renamed.entry(attribute.clone()).or_default().extend(same.map(|((name, _), _)| name.clone()));
                }
            }
        }
    }
    rules.removed = old.keys().filter(|key| !new.contains_key(*key)).map(|(name, _)| name.clone()).collect();
    let names: BTreeSet<&String> = new.keys().map(|(name, _)| name).collect();
    rules.renamed = renamed
        .into_iter()
        .map(|(attribute, was)| Renamed {
            attribute,
            gone: !was.iter().any(|name| names.contains(name)),
            was: was.into_iter().collect(),
        })
        .collect();
    rules
}

pub(super) fn answered(answer: &Answer) -> Rules {
    let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    Rules {
        rebuilt: set(&answer.rebuilt.list),
        by_system: answer
            .rebuilt
            .by_system
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(s, c)| (s.clone(), *c))
            .collect(),
        changed: set(&answer.changed),
        added: set(&answer.added),
        removed: set(&answer.removed),
        renamed: answer
            .renamed
            .iter()
            .map(|one| Renamed { attribute: one.attribute.clone(), was: one.was.clone(), gone: one.gone })
            .collect(),
    }
}
