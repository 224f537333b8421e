//! From the bumps that wait to the derivations that they change.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::wish::{Pin, Wish, twice};
use crate::graph::{Graph, NodeId};
use crate::nix::called;
use crate::query::did_you_mean;
use crate::query::resolve::resolve;
use crate::query::selector::Selector;

/// A bump of a plan.
#[derive(Debug, Clone)]
pub struct PlannedBump {
    /// As the planner wrote it.
    pub wish: Wish,
    /// Its principals: what its selectors name, ascending.
    pub named: Vec<NodeId>,
    /// With all instances, ascending: what changes together.
    pub nodes: Vec<NodeId>,
    /// The numbers of the bumps that it is to follow, ascending.
    pub after: Vec<usize>,
    /// The numbers of the bumps whose old versions it goes on with, ascending.
    pub pins: Vec<usize>,
}

/// Why bumps cannot be planned: every reason, at once.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BumpsError(pub Vec<String>);

/// What to say of a name that two bumps have.
pub(super) fn named_twice(name: &str) -> String {
    format!("'{name}' is the name of two bumps; leave one out, or give it a name of its own")
}

/// How many of the attributes that a word may mean are told.
const SHOWN: usize = 5;

/// Finds what each bump changes. Selectors in parallel.
///
/// A word is ambiguous when it is no attribute, and derivations of different pnames match it: such as an attribute
/// of two package sets.
///
/// # Errors
/// With everything that is wrong, at once: what matches nothing or is ambiguous (with suggestions), a name that two
/// bumps have, `after` and `pin` of what is no bump.
pub fn planned(graph: &Graph, wishes: Vec<Wish>) -> Result<Vec<PlannedBump>, BumpsError> {
    let mut problems: Vec<String> = Vec::new();
    for name in twice(&wishes) {
        problems.push(named_twice(name));
    }
    let named = wishes.iter().enumerate().rev();
    let number: BTreeMap<&str, usize> = named.map(|(at, wish)| (wish.name.as_str(), at)).collect();
    let found: Vec<_> = wishes.par_iter().map(|wish| nodes(graph, wish)).collect();
    let mut bumps = Vec::with_capacity(wishes.len());
    for (at, (wish, found)) in wishes.iter().zip(found).enumerate() {
        let mut others = |names: &[String], what: &str| -> Vec<usize> {
            let mut found = BTreeSet::new();
            for name in names {
                match number.get(name.as_str()) {
                    Some(&other) if other == at => problems.push(format!("'{name}' {what} itself")),
                    Some(&other) => {
                        found.insert(other);
                    }
                    None => problems.push(format!(
                        "'{}' {what} '{name}', which is no bump here{}",
                        wish.name,
                        nearest(name, &number)
                    )),
                }
            }
            found.into_iter().collect()
        };
        let after = others(&wish.after, "is to follow");
        let pins = match &wish.pin {
            Pin::Nothing => Vec::new(),
            Pin::All => (0..wishes.len()).filter(|&other| other != at).collect(),
            Pin::These(names) => others(names, "pins"),
        };
        match found {
            Ok((named, nodes)) => bumps.push(PlannedBump { wish: wish.clone(), named, nodes, after, pins }),
            Err(own) => problems.extend(own),
        }
    }
    if problems.is_empty() { Ok(bumps) } else { Err(BumpsError(problems)) }
}

/// The principals and all instances of a bump, or all that is wrong with its selectors.
fn nodes(graph: &Graph, wish: &Wish) -> Result<(Vec<NodeId>, Vec<NodeId>), Vec<String>> {
    let (mut named, mut nodes) = (BTreeSet::new(), BTreeSet::new());
    let mut problems = Vec::new();
    for text in &wish.selectors {
        let parsed = Selector::parse(text).map_err(|error| error.to_string());
        let resolved = parsed.and_then(|selector| {
            let bumps = resolve(graph, std::slice::from_ref(&selector), wish.only);
            Ok((selector, bumps.map_err(|error| error.to_string())?))
        });
        match resolved {
            Ok((selector, bumps)) => {
                for bump in bumps {
                    problems.extend(ambiguous(graph, &selector, &bump.named));
                    named.extend(bump.named);
                    nodes.extend(bump.nodes);
                }
            }
            Err(own) => problems.push(own),
        }
    }
    if problems.is_empty() { Ok((named.into_iter().collect(), nodes.into_iter().collect())) } else { Err(problems) }
}

/// What a word means, where that is more than one package.
fn ambiguous(graph: &Graph, selector: &Selector, named: &[NodeId]) -> Option<String> {
    if !selector.is_bare_word() || !graph.find_attribute(&selector.text).is_empty() {
        return None;
    }
    let mut packages: BTreeMap<String, NodeId> = BTreeMap::new();
    for &node in named {
        packages.entry(called(graph.pname(node))).or_insert(node);
    }
    if packages.len() < 2 {
        return None;
    }
    let forms = packages.values().map(|&node| {
        let attribute = graph.attributes_of(node).next();
        attribute.map_or_else(
            || format!("name:{}", graph.name(node)),
            |attribute| format!("attr:{}", graph.attribute_name(attribute)),
        )
    });
    let forms: BTreeSet<String> = forms.collect();
    let shown: Vec<&str> = forms.iter().take(SHOWN).map(String::as_str).collect();
    let more = if forms.len() > SHOWN { ", …" } else { "" };
    Some(format!(
        "'{}' names {} packages in this closure; say which: {}{more}",
        selector.text,
        packages.len(),
        shown.join(", ")
    ))
}

/// What else a name may be meant to be.
fn nearest(name: &str, known: &BTreeMap<&str, usize>) -> String {
    did_you_mean(name, &known.keys().copied().collect::<Vec<_>>())
}
