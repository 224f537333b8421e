//! Whom failures concern.

use std::collections::BTreeSet;

use super::answer::{Concerned, StatusPeople};
use crate::graph::{Graph, NodeId};
use crate::ingest::Maintainers;
use crate::query::{OwnerRules, Person, Touched, people};
use crate::reach::State;

/// Who maintains a build, by the closure and by a file; ascending.
pub(super) fn maintainers_of(graph: &Graph, node: NodeId, stated: &Maintainers) -> Vec<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for attribute in graph.attributes_of(node) {
        found.extend(graph.maintainers(attribute).map(str::to_owned));
        found.extend(
            stated.of(graph.attribute_name(attribute)).into_iter().flat_map(|owners| owners.maintainers.clone()),
        );
    }
    found.into_iter().collect()
}

/// Whom failures concern: who stands behind the attributes that failed or are held back. None where nobody is known.
pub(super) fn concerned(
    graph: &Graph,
    states: &[(NodeId, State)],
    stated: &Maintainers,
    rules: Option<&OwnerRules>,
) -> Option<StatusPeople> {
    let bad = states.iter().filter(|(_, state)| state.is_root() || *state == State::Blocked);
    let touched = bad.flat_map(|&(node, state)| {
        graph.attributes_of(node).map(move |attribute| {
            let position = graph.attribute_position(attribute);
            Touched {
                attribute: graph.attribute_name(attribute),
                rebuilt: true,
                edited: state == State::Failed,
                position: (!position.is_empty()).then_some(position),
                maintainers: graph.maintainers(attribute).collect(),
                teams: graph.teams(attribute).collect(),
            }
        })
    });
    let found = people(touched, stated, rules)?;
    let of = |people: Vec<Person>| -> Vec<Concerned> {
        // an attribute that failed on one system and is held back on another failed
        let of_person =
            |Person { name, rebuilt, edited }| Concerned { name, failing: edited, held_back: rebuilt - edited };
        people.into_iter().map(of_person).collect()
    };
    Some(StatusPeople {
        maintainers: of(found.maintainers),
        teams: of(found.teams),
        owners: of(found.owners),
        without: found.without,
    })
}
