//! Spurious inputs that come along with others.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::answer::{BlockedBy, Saves, SpuriousEdge};
use super::baseline::Pair;
use super::bumps::is_built;
use super::flagged::{Found, is_flagged};
use super::{SpuriousParams, Telling, label, rule};
use crate::graph::NodeId;
use crate::query::Link;
use crate::query::evidence_words::told;
use crate::role::EffectiveInputs;
use crate::verdict::{Carried, Grade, Judgement};

/// An input that comes along, and what is known of it.
struct Coming {
    input: NodeId,
    consumer: NodeId,
    judgement: Judgement,
    grade: Grade,
    chain: Vec<NodeId>,
    /// How many own inputs of the consumer carry it straight, besides the chain's first.
    more: u64,
}

/// What comes along and cannot change what is built. It saves nothing of its own: what carries it is what to treat,
/// and is what keeps the consumer. Linear in what each consumer of the scope sees, for each grade.
pub(super) fn carried(
    telling: Telling<'_>,
    effective: &EffectiveInputs<'_>,
    params: &SpuriousParams<'_>,
    found: &mut Found,
) -> (Vec<SpuriousEdge>, Vec<Pair>) {
    let graph = telling.graph;
    let judge = Carried::new(graph, effective, telling.verdicts);
    let consumers: Vec<NodeId> = match &params.scope {
        Some((_, nodes)) => nodes.iter().copied().collect(),
        None => graph.nodes().collect(),
    };
    let coming = |consumer: NodeId| -> Vec<Coming> {
        let judged = judge.of(consumer).into_iter();
        let flagged: BTreeMap<NodeId, (Judgement, Grade)> = judged
            .filter_map(|(input, judgement)| {
                let grade = is_flagged(&judgement, params.min_grade)?;
                Some((input, (judgement, grade)))
            })
            .collect();
        if flagged.is_empty() {
            return Vec::new();
        }
        let mut chains: BTreeMap<NodeId, Vec<Vec<NodeId>>> = BTreeMap::new();
        for input in effective.of(consumer) {
            if !input.chain.is_empty() && flagged.contains_key(&input.node) {
                chains.entry(input.node).or_default().push(input.chain);
            }
        }
        let all = flagged.into_iter().map(|(input, (judgement, grade))| {
            let all = chains.remove(&input).unwrap_or_default();
            let mut carriers: Vec<NodeId> = all.iter().filter_map(|chain| chain.first().copied()).collect();
            carriers.sort_unstable();
            carriers.dedup();
            let more = carriers.len().saturating_sub(1) as u64;
            Coming { input, consumer, judgement, grade, chain: all.into_iter().next().unwrap_or_default(), more }
        });
        all.collect()
    };
    let all: Vec<Coming> =
        consumers.into_par_iter().filter(|&node| is_built(graph, node)).flat_map_iter(coming).collect();
    let mut edges = Vec::new();
    let mut pairs = Vec::new();
    for coming in all {
        let (input, consumer) = (label(graph, coming.input), label(graph, coming.consumer));
        let rule = rule(telling.verdicts, &coming.judgement);
        let entries: Vec<usize> = params.ignores.fitting(&input, &consumer, rule).collect();
        let pair = Pair::new(&input, &consumer, Vec::new(), coming.judgement.verdict);
        if !entries.is_empty() {
            for entry in entries {
                if let Some(needed) = found.needed.get_mut(entry) {
                    *needed = true;
                }
            }
            found.ignored.insert(pair);
            found.ignored_edges += 1;
            continue;
        }
        edges.push(SpuriousEdge {
            input: telling.named(coming.input),
            consumer: telling.consumer(coming.consumer),
            keys: Vec::new(),
            verdict: coming.judgement.verdict,
            grade: coming.grade,
            rule: rule.map(str::to_owned),
            evidence: told(graph, telling.evidence, &coming.judgement, coming.input),
            remedy: None,
            saves: Saves::nothing(telling.weights),
            would_save: None,
            blocked_by: coming
                .chain
                .first()
                .map(|&carrier| BlockedBy { input: Link::of(graph, carrier), more: coming.more }),
            comes_with: coming.chain.iter().map(|&node| Link::of(graph, node)).collect(),
            new: params.baseline.map(|baseline| !baseline.has(&pair)),
        });
        pairs.push(pair);
    }
    (edges, pairs)
}
