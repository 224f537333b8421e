//! Inputs that cannot change what is built: which, on what grounds, and what it saves to treat them.

mod answer;
mod baseline;
mod bumps;
mod carried;
mod flagged;
mod groups;
mod ignores;
mod prices;
mod rates;

use std::collections::{BTreeMap, BTreeSet};

use self::baseline::Pair;
use self::flagged::{Flagged, flagged, label, rule};
use self::groups::{Groups, pays, priced};
use self::prices::{Asked, Prices};
use super::evidence_words::told;
use super::{Link, REPORT_VERSION};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::ingest::Progress;
use crate::reach::{Weights, Yearly};
use crate::role::EffectiveInputs;
use crate::verdict::{Evidence, Grade, Verdicts};

pub use answer::{
    BlockedBy, Compared, Consumer, Group, GroupBy, Named, Saves, SpuriousEdge, SpuriousReport, StaleIgnore, Step,
    Totals,
};
pub use baseline::Baseline;
pub(super) use bumps::{by_pname, year_makes};
pub use ignores::Ignores;
pub use rates::BumpRates;

/// What to report.
#[derive(Debug, Clone)]
pub struct SpuriousParams<'p> {
    /// How far it is.
    pub progress: &'p Progress,
    /// Whose inputs to look at, as the user wrote it, and what it names; everybody's without. What is saved is
    /// saved in the whole closure.
    pub scope: Option<(Vec<String>, BTreeSet<NodeId>)>,
    /// The weakest grade that counts.
    pub min_grade: Grade,
    /// Also what comes along by propagation.
    pub effective: bool,
    /// How often what is bumped.
    pub rates: &'p BumpRates,
    /// What builds cost, where that is asked for: then what saves most time comes first, and not what saves most
    /// builds.
    pub costs: Option<&'p Costs>,
    /// What is not to be told.
    pub ignores: &'p Ignores,
    /// An earlier answer.
    pub baseline: Option<&'p Baseline>,
    /// How many steps to take in the order of what pays most.
    pub steps: usize,
    /// How many groups of a kind to show to people.
    pub shown: usize,
}

/// Every edge into a derivation that is built whose verdict is reference-only, test-only or no-effect at the grade
/// asked for; alone, as pairs of packages, by input, and in the order in which it pays to act.
///
/// All figures are exact: differences of rebuild sets of the whole closure before and after the remedies, where who
/// received a propagated input and may need it lists it himself. A year is a bump of every derivation that is
/// built, of all with one pname together, as often as the rates say; new sources alone (patches, fixed outputs) are
/// no bumps of it. An edge without a remedy saves nothing; what would be saved without it is told as its price.
///
/// Overestimates and underestimates: as the verdicts do, see the rules and kinds of evidence that they stand on.
#[must_use]
pub fn spurious(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    evidence: &[Evidence],
    params: &SpuriousParams<'_>,
) -> SpuriousReport {
    let least = params.min_grade;
    let weights = params.costs.map(Costs::weights);
    let scope = params.scope.as_ref().map(|(_, nodes)| nodes);
    params.progress.begin("judging inputs", None);
    let mut found = flagged(graph, verdicts, least, scope, params.ignores);
    let all = std::mem::take(&mut found.flagged);
    let mut prices = Prices::new(Asked { graph, effective, verdicts, least, flagged: &all, weights });
    let packages = bumps::by_pname(graph);
    params.progress.begin("grouping what is flagged", None);
    let groups = Groups::new(&all, &packages, &mut prices);
    let remedied: Vec<usize> =
        (0..).zip(&all).filter(|(_, own)| own.judgement.remedy.is_some()).map(|(at, _)| at).collect();
    let everything = (!remedied.is_empty()).then(|| prices.together(&remedied, &remedied, Vec::new()));
    let bumps = bumps::year(&packages, params.rates);
    params.progress.begin("counting what each remedy saves", None);
    let saves = prices.saves(&bumps);
    let (builds_per_year, cost_per_year) = bumps::year_makes(graph, &bumps, params.costs);
    let blocked: Vec<Option<BlockedBy>> =
        prices.blockers().into_iter().map(|by| by.map(|by| blocked_by(graph, by))).collect();
    params.progress.begin("finding what pays first", None);
    let first = groups.first(&prices, &bumps, params.steps);

    let mut pairs: Vec<Pair> = all.iter().map(|own| own.pair(graph)).collect();
    let is_new = |pair: &Pair| params.baseline.map(|baseline| !baseline.has(pair));
    let new: Option<Vec<bool>> = pairs.iter().map(is_new).collect();
    let telling = Telling { graph, verdicts, evidence, weights };
    let mut edges: Vec<SpuriousEdge> = (0..)
        .zip(&all)
        .zip(&pairs)
        .map(|((at, own), pair)| {
            let price: Saves = saves.get(at).copied().unwrap_or_default();
            SpuriousEdge { new: is_new(pair), ..telling.edge(own, price, blocked.get(at).cloned().flatten()) }
        })
        .collect();
    if params.effective {
        let (carried, carried_pairs) = carried::carried(telling, effective, params, &mut found);
        edges.extend(carried);
        pairs.extend(carried_pairs);
    }
    edges.sort_by(|a, b| pays(b, a).then_with(|| by_names(a).cmp(&by_names(b))));
    let mut counted: BTreeMap<Pair, u64> = BTreeMap::new();
    pairs.into_iter().for_each(|pair| *counted.entry(pair).or_default() += 1);
    let names: BTreeSet<(&str, &str)> =
        counted.keys().map(|pair| (pair.input.as_str(), pair.consumer.as_str())).collect();
    let consumers: BTreeSet<&str> = edges.iter().map(|edge| edge.consumer.named.drv.as_str()).collect();
    SpuriousReport {
        version: REPORT_VERSION,
        scope: params.scope.as_ref().map(|(text, _)| text.clone()),
        min_grade: least,
        effective: params.effective,
        totals: Totals {
            edges: edges.len() as u64,
            pairs: names.len() as u64,
            consumers: consumers.len() as u64,
            without_remedy: (all.len() - remedied.len()) as u64,
            builds_per_year,
            cost_per_year,
            saves_per_year: everything
                .and_then(|number| saves.get(number))
                .map_or_else(|| Yearly::nothing(weights), |saves| saves.per_year),
        },
        first,
        groups: groups.told(verdicts, &saves, &blocked, weights, new.as_deref()),
        baseline: params.baseline.map(|baseline| baseline.compared(&counted, &found.ignored)),
        edges,
        ignored: found.ignored_edges,
        stale_ignores: params.ignores.stale(&found.needed),
        shown: params.shown,
    }
}

/// By names, and where these are the same by paths.
fn by_names(edge: &SpuriousEdge) -> (&str, &str, &str, &str) {
    let (input, consumer) = (&edge.input, &edge.consumer.named);
    (&input.name, &consumer.name, &input.drv, &consumer.drv)
}

fn blocked_by(graph: &Graph, (edge, count): (crate::graph::EdgeId, u32)) -> BlockedBy {
    BlockedBy { input: Link::of(graph, graph.edge_input(edge)), more: u64::from(count.saturating_sub(1)) }
}

/// What is needed to tell of a pair.
#[derive(Debug, Clone, Copy)]
struct Telling<'q> {
    graph: &'q Graph,
    verdicts: &'q Verdicts,
    evidence: &'q [Evidence],
    weights: Option<Weights<'q>>,
}

impl Telling<'_> {
    fn edge(&self, own: &Flagged, price: Saves, blocked_by: Option<BlockedBy>) -> SpuriousEdge {
        let Self { graph, verdicts, evidence, weights } = *self;
        let judgement = &own.judgement;
        let (saves, would_save) = priced(judgement.remedy, price, weights);
        SpuriousEdge {
            input: self.named(own.input),
            consumer: self.consumer(own.consumer),
            keys: graph.mentions(own.edge).map(str::to_owned).collect(),
            verdict: judgement.verdict,
            grade: own.grade,
            rule: rule(verdicts, judgement).map(str::to_owned),
            evidence: told(graph, evidence, judgement, own.input),
            remedy: judgement.remedy,
            saves,
            would_save,
            blocked_by,
            comes_with: Vec::new(),
            new: None,
        }
    }

    fn named(&self, node: NodeId) -> Named {
        Named::of(self.graph, node)
    }

    fn consumer(&self, node: NodeId) -> Consumer {
        let attributes = self.graph.attributes_of(node).map(|attribute| self.graph.attribute_name(attribute));
        let attributes: BTreeSet<&str> = attributes.collect();
        Consumer { named: self.named(node), attributes: attributes.into_iter().map(str::to_owned).collect() }
    }
}
