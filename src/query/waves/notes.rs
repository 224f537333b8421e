//! Findings that bear on a plan.

use super::plan::Planned;
use super::report::Chosen;
use super::rows::Rows;
use super::wish::Pin;
use crate::graph::NodeId;
use crate::query::impact::notes_of_builds;
use crate::reach::RebuildSet;

/// A bump that rebuilds fewer is small: nothing is said of its instances.
const MANY: usize = 100;

impl Rows<'_> {
    /// What to know of a bump most of whose rebuilds are by instances that its selector does not name, and of one that
    /// names a wrapper alone.
    fn of_instances(&self, at: usize) -> Option<String> {
        let Planned { graph, bumps, alone, .. } = *self.planned;
        let bump = &bumps[at];
        let name = &bump.wish.name;
        let wrapper = |&node: &NodeId| graph.pname(node).strip_suffix("-wrapper");
        if let Some(wrapped) = bump.named.iter().find_map(wrapper)
            && bump.nodes.iter().all(|node| wrapper(node).is_some())
        {
            let shown = graph.name(bump.named[0]);
            return Some(format!(
                "{name} names the wrapper {shown}; what it wraps is not bumped by it: pname:{wrapped}"
            ));
        }
        let all = alone[at].nodes.len();
        if all < MANY || bump.named.len() == bump.nodes.len() {
            return None;
        }
        let named = RebuildSet::of(graph, &bump.named).nodes.len();
        (named * 10 < all).then(|| {
            format!("{name}: {named} of its {all} builds are by what it names, the others by its other instances; 'only' leaves these out")
        })
    }

    /// What bears on the plan; what takes more hours than a wave may is noted in `chosen`.
    pub(super) fn notes(&self, chosen: &mut Chosen) -> Vec<String> {
        let Planned { graph, bumps, units, unit_of, alone, waves, params, plan, changes, .. } = *self.planned;
        let mut notes = Vec::new();
        let all: Vec<NodeId> = graph.nodes().filter(|node| self.last[node.index()] > 0).collect();
        notes.extend(notes_of_builds(graph, &all));
        if let Some(most) = params.limits.millis() {
            let locked = params.locked.iter().copied().max().unwrap_or_default();
            for wave in plan.waves.iter().skip(locked).filter(|wave| waves.of(wave).cost.millis > most) {
                chosen.over.extend(wave.iter().map(|&unit| self.planned.unit_name(unit)));
                chosen.within_limits = false;
            }
        }
        for (at, bump) in bumps.iter().enumerate() {
            let name = &bump.wish.name;
            let versions: Vec<&str> = bump.named.iter().map(|&node| graph.version(node)).collect();
            if let Some(from) = &bump.wish.from
                && !versions.contains(&from.as_str())
            {
                let here = versions.iter().copied().filter(|version| !version.is_empty()).max().unwrap_or("none");
                notes.push(format!("{name}: from {from}, but the closure has {here}"));
            }
            if alone[at].nodes.is_empty() {
                notes.push(format!("{name}: nothing is rebuilt"));
            }
            notes.extend(self.of_instances(at));
            for &before in bump.after.iter().filter(|&&before| unit_of[before] == unit_of[at]) {
                notes.push(format!("{name} is to follow {}, but they move together", bumps[before].wish.name));
            }
            for &pinned in &bump.pins {
                let reached = bump.named.iter().any(|node| alone[pinned].nodes.binary_search(node).is_ok());
                let other = &bumps[pinned].wish.name;
                if reached {
                    let own = &units[unit_of[pinned] as usize];
                    let way: Vec<&str> = changes
                        .way(own, &bumps[pinned].nodes, &bump.named)
                        .into_iter()
                        .map(|node| graph.name(node))
                        .collect();
                    notes.push(format!("{name} pins {other}, and is rebuilt by it all the same: {}", way.join(" → ")));
                } else if bump.wish.pin != Pin::All && !changes.cuts(pinned, at) {
                    notes.push(format!("{name} pins {other}, which is no input of it"));
                }
            }
        }
        notes
    }
}
