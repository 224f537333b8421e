//! What follows for inputs that come along with others.

use std::collections::{BTreeMap, BTreeSet};

use super::grade::Grade;
use super::judgement::{Judgement, Verdict};
use super::rules::Fits;
use super::verdicts::Verdicts;
use crate::graph::{EdgeId, Graph, NodeId};
use crate::role::EffectiveInputs;

/// Judges inputs that a consumer does not name, but that come along with what it names.
///
/// What comes along only with inputs that cannot change the output cannot change it either: with those that change
/// nothing or are there for the checks alone by the same evidence, with those that are recorded as far as a rule
/// says so.
/// Overestimates and underestimates: as the verdicts on what carries it.
#[derive(Debug)]
pub struct Carried<'g> {
    graph: &'g Graph,
    effective: &'g EffectiveInputs<'g>,
    verdicts: &'g Verdicts,
    fits: Fits<'g>,
}

impl<'g> Carried<'g> {
    /// Makes ready; see [`Fits::new`].
    #[must_use]
    pub fn new(graph: &'g Graph, effective: &'g EffectiveInputs<'g>, verdicts: &'g Verdicts) -> Self {
        Self { graph, effective, verdicts, fits: Fits::new(graph, verdicts.rules()) }
    }

    /// What is known of all that comes along to a consumer: by evidence on it, and by what is known of all that
    /// carry it. The stronger grade counts; of equal ones the more careful verdict. Linear in what the consumer
    /// sees, for each grade.
    #[must_use]
    pub fn of(&self, consumer: NodeId) -> BTreeMap<NodeId, Judgement> {
        let own: BTreeSet<NodeId> = self.graph.input_edges(consumer).map(|(_, input)| input).collect();
        let all = self.effective.nodes_without(consumer, &BTreeSet::new());
        let mut found = self.by_carriers(consumer, &all);
        all.difference(&own)
            .map(|&input| (input, self.verdicts.pair(self.graph, consumer, input).or_carried(found.remove(&input))))
            .collect()
    }

    /// What follows from the verdicts on what carries it.
    fn by_carriers(&self, consumer: NodeId, all: &BTreeSet<NodeId>) -> BTreeMap<NodeId, Judgement> {
        let judged: Vec<(EdgeId, Judgement)> =
            self.graph.input_edges(consumer).map(|(edge, _)| (edge, self.verdicts.of(edge))).collect();
        let mut found: BTreeMap<NodeId, Judgement> = BTreeMap::new();
        let mut tried: BTreeSet<BTreeSet<EdgeId>> = [BTreeSet::new()].into();
        for grade in Grade::ALL.into_iter().rev() {
            // with those that change nothing, with those for checks as well, with those that are recorded as well
            for least in [Verdict::NoEffect, Verdict::TestOnly, Verdict::ReferenceOnly] {
                let counts = |judgement: &Judgement| {
                    let spared = judgement.verdict != Verdict::Unknown && judgement.verdict >= least;
                    spared && judgement.grade >= Some(grade)
                };
                let taken: Vec<&(EdgeId, Judgement)> =
                    judged.iter().filter(|(_, judgement)| counts(judgement)).collect();
                let edges: BTreeSet<EdgeId> = taken.iter().map(|(edge, _)| *edge).collect();
                if !tried.insert(edges.clone()) {
                    continue;
                }
                let by: BTreeSet<Verdict> = taken.iter().map(|(_, judgement)| judgement.verdict).collect();
                let by: Vec<Verdict> = by.into_iter().collect();
                let evidence: BTreeSet<u32> =
                    taken.iter().flat_map(|(_, judgement)| judgement.evidence.clone()).collect();
                let left = self.effective.nodes_without(consumer, &edges);
                for &input in all.difference(&left) {
                    let Some(judgement) = self.judge(input, consumer, &by, grade, &evidence) else { continue };
                    let known = found.entry(input).or_insert_with(|| judgement.clone());
                    if judgement.grade > known.grade {
                        *known = judgement;
                    }
                }
            }
        }
        found
    }

    fn judge(
        &self,
        input: NodeId,
        consumer: NodeId,
        by: &[Verdict],
        grade: Grade,
        evidence: &BTreeSet<u32>,
    ) -> Option<Judgement> {
        let recorded = by.contains(&Verdict::ReferenceOnly);
        let rule = self.fits.of_carried(input, consumer, by).and_then(|index| {
            let rule = self.verdicts.rules().get(index)?;
            Some((index, rule))
        });
        let (verdict, grade, rule) = match rule {
            Some((_, rule)) if rule.holds_back() => return None,
            // without what carries it it would not be there, and what carries it changes nothing
            _ if by == [Verdict::NoEffect] => (Verdict::NoEffect, grade, None),
            // that all of it is taken away with the checks is what evidence shows
            Some((index, rule)) if !recorded && rule.grade >= Some(Grade::Inferred) => {
                (rule.verdict, grade, (Some(grade) <= rule.grade).then_some((index, rule.remedy)))
            }
            Some((index, rule)) => {
                (rule.verdict, rule.grade.map_or(grade, |most| most.min(grade)), Some((index, rule.remedy)))
            }
            None if recorded => return None,
            None => (Verdict::TestOnly, grade, None),
        };
        Some(Judgement {
            verdict,
            grade: Some(grade),
            evidence: evidence.iter().copied().collect(),
            rule: rule.map(|(index, _)| index),
            remedy: rule.map_or(verdict.remedy(), |(_, remedy)| remedy),
            shown: !evidence.is_empty(),
            ..Judgement::UNKNOWN
        })
    }
}
