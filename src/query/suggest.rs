//! The names nearest to one that was not found.

use std::collections::BTreeSet;

use crate::graph::Graph;
use crate::nix::name::strip_interpreter;

/// The one of a few known words that is nearest to `wanted`, if any is near: at most a third of it differs.
/// Of equals the first in their order.
#[must_use]
pub fn nearest_word<'k>(wanted: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = wanted.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, &known.to_lowercase());
    let (distance, best) = known.iter().map(|known| (distance(known), *known)).min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= wanted.len().max(best.len())).then_some(best)
}

/// The same as the end of a message: `; did you mean 'x'?`, or nothing.
#[must_use]
pub fn did_you_mean(wanted: &str, known: &[&str]) -> String {
    nearest_word(wanted, known).map_or_else(String::new, |nearest| format!("; did you mean '{nearest}'?"))
}

/// How many names are suggested.
const SUGGESTIONS: usize = 5;

/// The names of attributes (whole, and their last parts) and pnames that are nearest to `wanted`,
/// best first; `name:` and the word where it is the name of a derivation. Linear in the names; for error
/// messages only.
pub(super) fn nearest(graph: &Graph, wanted: &str) -> Vec<String> {
    // reports show the names of derivations, which are no bare words
    if graph.nodes().any(|node| graph.is_derivation(node) && graph.name(node) == wanted) {
        return vec![format!("name:{wanted}")];
    }
    let wanted = wanted.to_lowercase();
    if let Some(set) = wanted.strip_suffix(".*") {
        let sets = graph.attributes().filter_map(|attribute| Some(graph.attribute_name(attribute).rsplit_once('.')?.0));
        return near(set, sets.collect()).into_iter().map(|set| format!("{set}.*")).collect();
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for attribute in graph.attributes() {
        let name = graph.attribute_name(attribute);
        let last = name.rsplit('.').next().unwrap_or(name);
        names.insert(if wanted.contains('.') { name } else { last });
    }
    for node in graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node)) {
        names.insert(strip_interpreter(graph.pname(node)));
    }
    near(&wanted, names)
}

/// Those of the names that are nearest to `wanted`, which is in lower case; best first.
fn near(wanted: &str, names: BTreeSet<&str>) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let distance =
                strsim::damerau_levenshtein(wanted, &lower) as f64 / wanted.len().max(lower.len()).max(1) as f64;
            (distance - 0.1 * strsim::jaro_winkler(wanted, &lower), name)
        })
        .filter(|(score, _)| *score < 0.4)
        .collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    let mut suggestions: Vec<String> = Vec::new();
    for (_, name) in scored {
        if !suggestions.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            suggestions.push(name.to_owned());
        }
        if suggestions.len() == SUGGESTIONS {
            break;
        }
    }
    suggestions
}
