//! What a reviewer may want to ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Cause, Judgement, OwnPullRequest, RebuiltCounts, Root};
use super::{Diff, Origin, USED_BY};
use crate::graph::NodeId;
use crate::query::{Branch, branch};
use crate::reach::{Propagation, dependents_of};

impl Diff<'_> {
    /// `order` has for each cause the number of its edit.
    pub(super) fn judgement(
        &self,
        causes: &[Cause],
        order: &[usize],
        rebuilt: &RebuiltCounts,
        has_attributes: bool,
    ) -> Judgement {
        let total = if has_attributes { rebuilt.total } else { self.built.len() as u64 };
        let most = causes.iter().enumerate().max_by_key(|&(at, cause)| (cause.exclusive, std::cmp::Reverse(at)));
        let own_pull_request = most
            .filter(|(_, cause)| causes.len() > 1 && cause.exclusive > 0 && cause.exclusive * 2 >= total)
            .map(|(at, cause)| OwnPullRequest {
                cause: at,
                alone: cause.exclusive,
                rest: total - cause.exclusive,
                rest_branch: order.get(at).filter(|_| has_attributes).map(|&edit| self.branch_without(edit, rebuilt)),
            });
        Judgement { own_pull_request, roots: self.roots() }
    }

    /// The branch verdict of what an edit does not cause alone.
    fn branch_without(&self, edit: usize, rebuilt: &RebuiltCounts) -> Branch {
        let rest: BTreeMap<String, u64> = rebuilt
            .by_kernel
            .iter()
            .map(|(kernel, &count)| {
                let units = self.edits.attribute_units(&self.compared, &self.rebuilt_of_kernel(kernel));
                let blames = self.edits.influence.blame(&units, self.edits.edits.len());
                (kernel.clone(), count - blames.get(edit).map_or(0, |blame| blame.exclusive))
            })
            .collect();
        // whether the tests are among the rest is not asked: the count decides
        branch(&rest, false)
    }

    /// Inputs that edited recipes newly take, and what a bump of each rebuilds, before and after. Where the
    /// new side has attributes, those that have one: helpers of one package are no roots.
    fn roots(&self) -> Vec<Root> {
        let (old, new) = (self.compared.old, self.compared.new);
        let mut taken: BTreeMap<NodeId, BTreeSet<&str>> = BTreeMap::new();
        for origin in self.edits.edits.iter().flat_map(|edit| &edit.origins) {
            let Origin::Edited(before) = *origin else { continue };
            let Some(after) = self.compared.matching.now(before) else { continue };
            for edge in self.compared.input_changes(before, after).added {
                let input = new.edge_input(edge);
                let counts = new.is_derivation(input)
                    && !new.is_fixed(input)
                    && (new.attribute_count() == 0 || new.attributes_of(input).len() > 0);
                if counts && !new.is_fixed(after) {
                    taken.entry(input).or_default().insert(new.name(after));
                }
            }
        }
        if taken.is_empty() {
            return Vec::new();
        }
        let after: Vec<u32> = taken.keys().map(|node| node.0).collect();
        let counterparts: BTreeSet<u32> =
            taken.keys().filter_map(|&node| self.compared.matching.was(node)).map(|node| node.0).collect();
        let counterparts: Vec<u32> = counterparts.into_iter().collect();
        let now = dependents_of(&Propagation::new(new), &after);
        let before = dependents_of(&Propagation::new(old), &counterparts);
        let before_of = |node: NodeId| {
            let old = self.compared.matching.was(node)?;
            Some(u64::from(before[counterparts.binary_search(&old.0).ok()?]))
        };
        let mut roots: Vec<Root> = taken
            .into_iter()
            .zip(now)
            .map(|((node, by), after)| Root {
                drv: new.path(node),
                name: new.name(node).to_owned(),
                taken_by: by.into_iter().take(USED_BY).map(str::to_owned).collect(),
                before: before_of(node).unwrap_or_default(),
                after: after.into(),
            })
            .filter(|root| root.after > root.before)
            .collect();
        roots.sort_by(|a, b| {
            (b.after - b.before).cmp(&(a.after - a.before)).then_with(|| (&a.name, &a.drv).cmp(&(&b.name, &b.drv)))
        });
        roots
    }
}
