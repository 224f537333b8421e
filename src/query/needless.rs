//! Which rebuilds are needless, and at which grade of evidence.

use serde::Serialize;

use super::impact::Listed;
use super::what_if::{RemedyParams, remedies};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::reach::{Edits, Savings, rebuild_edited};
use crate::role::EffectiveInputs;
use crate::verdict::{Grade, Verdicts};

/// How many builds of a bump are needless, going by evidence of a grade and all stronger ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Needless {
    /// The weakest grade that counts.
    pub grade: Grade,
    /// What the remedies of all its verdicts would spare, and what they would add.
    #[serde(flatten)]
    pub savings: Savings,
}

/// The needless builds of a bump.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NeedlessBuilds {
    /// How many, at each grade, the strongest first.
    pub by_grade: Vec<Needless>,
    /// Which, with the strongest grade at which the full build is spared; ascending.
    builds: Vec<(NodeId, Grade)>,
}

impl NeedlessBuilds {
    /// The strongest grade at which a build is spared. Binary search.
    #[must_use]
    pub fn grade(&self, node: NodeId) -> Option<Grade> {
        let at = self.builds.binary_search_by_key(&node, |&(node, _)| node).ok()?;
        self.builds.get(at).map(|&(_, grade)| grade)
    }

    /// Tells the grade of each entry of a list.
    pub fn tell(&self, list: &mut [Listed]) {
        for listed in list {
            listed.needless = self.grade(listed.node);
        }
    }
}

/// The needless builds at each grade. Each figure is exact: the difference of two rebuild sets, before and after
/// the remedies of all verdicts at or above the grade. O(nodes + edges) for each grade that there is evidence of.
#[must_use]
pub fn needless_builds(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    bumped: &[NodeId],
    costs: Option<&Costs>,
) -> NeedlessBuilds {
    let weights = costs.map(Costs::weights);
    let before = rebuild_edited(graph, bumped, &Edits::default());
    // of each build before, the grade at which it is spared
    let mut grades: Vec<Option<Grade>> = vec![None; before.builds.len()];
    let mut by_grade: Vec<Needless> = Vec::new();
    let mut last: Option<(usize, Savings)> = None;
    for grade in Grade::ALL.into_iter().rev() {
        let edges = verdicts.edges().map(|(_, judgement)| judgement);
        // what comes along has no remedy, but tells who needs what no longer does
        let carried = verdicts.pairs().map(|(_, _, judgement)| judgement);
        let count = edges.chain(carried).filter(|judgement| judgement.grade >= Some(grade)).count();
        let savings = match last {
            // no evidence of this grade alone
            Some((known, savings)) if known == count => savings,
            // nothing is treated
            None if count == 0 => Savings::nothing(weights),
            _ => {
                let params = RemedyParams { min_grade: Some(grade), only: false };
                let edits = remedies(graph, effective, verdicts, bumped, &[], params).map(|all| all.edits());
                let after = rebuild_edited(graph, bumped, &edits.unwrap_or_default());
                for (node, found) in before.builds.iter().zip(&mut grades) {
                    if found.is_none() && after.builds.binary_search(node).is_err() {
                        *found = Some(grade);
                    }
                }
                Savings::between(graph, &before, &after, weights)
            }
        };
        last = Some((count, savings));
        by_grade.push(Needless { grade, savings });
    }
    let builds = before.builds.iter().zip(grades).filter_map(|(&node, grade)| Some((node, grade?)));
    NeedlessBuilds { by_grade, builds: builds.collect() }
}

/// How many builds are needless at each grade, the strongest first; see [`needless_builds`].
#[must_use]
pub fn needless(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    bumped: &[NodeId],
    costs: Option<&Costs>,
) -> Vec<Needless> {
    needless_builds(graph, effective, verdicts, bumped, costs).by_grade
}
