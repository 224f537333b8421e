//! Flagged edges, as people act on them.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{BlockedBy, Group, GroupBy, Saves, SpuriousEdge, Step};
use super::flagged::{Flagged, rule};
use super::prices::Prices;
use crate::graph::NodeId;
use crate::reach::{BumpGroup, Treatment, Weights, Yearly};
use crate::verdict::{Grade, Verdict, Verdicts};

/// By pnames of input and, for a pair, consumer, and by what is done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    by: GroupBy,
    input: String,
    consumer: Option<String>,
    remedy: Option<Treatment>,
}

/// A group before it is told.
#[derive(Debug)]
struct Members {
    key: Key,
    /// Places of the flagged edges, ascending.
    edges: Vec<usize>,
    /// The number to ask for.
    number: usize,
}

/// All groups, by kind and name.
#[derive(Debug)]
pub(super) struct Groups<'q> {
    flagged: &'q [Flagged],
    all: Vec<Members>,
}

impl<'q> Groups<'q> {
    /// Makes them, and has each priced on a bump of all that is called as the input is.
    pub(super) fn new(
        flagged: &'q [Flagged],
        packages: &BTreeMap<String, Vec<NodeId>>,
        prices: &mut Prices<'_>,
    ) -> Self {
        let mut found: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        let mut of_input: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, own) in flagged.iter().enumerate() {
            let (input, remedy) = (own.input_name.clone(), own.judgement.remedy);
            let consumer = Some(own.consumer_name.clone());
            let pair = Key { by: GroupBy::Pair, input: input.clone(), consumer, remedy };
            found.entry(pair).or_default().push(at);
            found.entry(Key { by: GroupBy::Input, input, consumer: None, remedy }).or_default().push(at);
            if remedy.is_some() {
                of_input.entry(own.input_name.as_str()).or_default().push(at);
            }
        }
        let all = found.into_iter().map(|(key, edges)| {
            // in the greedy order all that is done to an input may be done
            let with = of_input.get(key.input.as_str()).filter(|_| key.by == GroupBy::Input && key.remedy.is_some());
            let bumped = packages.get(&key.input).cloned().unwrap_or_else(|| inputs(flagged, &edges));
            let number = prices.together(&edges, with.unwrap_or(&edges), bumped);
            Members { key, edges, number }
        });
        Self { flagged, all: all.collect() }
    }

    /// What to do first, second, third: by input, where there is a remedy.
    pub(super) fn first(&self, prices: &Prices<'_>, bumps: &[BumpGroup], steps: usize) -> Vec<Step> {
        let of = |members: &&Members| members.key.by == GroupBy::Input;
        let candidates: Vec<(&Members, Treatment)> =
            self.all.iter().filter(of).filter_map(|members| Some((members, members.key.remedy?))).collect();
        let numbers: Vec<usize> = candidates.iter().map(|(members, _)| members.number).collect();
        let mut total = Yearly::default();
        let mut steps_done = Vec::new();
        for (step, (at, gain)) in (1..).zip(prices.first(&numbers, bumps, steps)) {
            let Some((members, remedy)) = candidates.get(at) else { continue };
            total += gain;
            let (input, edges) = (members.key.input.clone(), members.edges.len() as u64);
            steps_done.push(Step { step, input, remedy: *remedy, edges, gain, total });
        }
        steps_done
    }

    /// All of them: by input, then by pair, and there what saves most in a year first. `new` tells of each edge
    /// whether an earlier answer lacks it, where there is one.
    pub(super) fn told(
        self,
        verdicts: &Verdicts,
        saves: &[Saves],
        blocked: &[Option<BlockedBy>],
        weights: Option<Weights<'_>>,
        new: Option<&[bool]>,
    ) -> Vec<Group> {
        let flagged = self.flagged;
        let group = |members: Members| {
            let edges = || members.edges.iter().filter_map(|&at| flagged.get(at));
            let verdict: BTreeSet<Verdict> = edges().map(|own| own.judgement.verdict).collect();
            let rules: BTreeSet<&str> = edges().filter_map(|own| rule(verdicts, &own.judgement)).collect();
            let instances: BTreeSet<_> = edges().map(|own| own.consumer).collect();
            let price = saves.get(members.number).copied().unwrap_or_default();
            let (saves, would_save) = priced(members.key.remedy, price, weights);
            let is_new = |at: &usize| new.is_some_and(|new| new.get(*at).copied().unwrap_or_default());
            Group {
                by: members.key.by,
                verdicts: verdict.into_iter().collect(),
                grade: edges().map(|own| own.grade).min().unwrap_or(Grade::Suspected),
                rules: rules.into_iter().map(str::to_owned).collect(),
                edges: members.edges.len() as u64,
                instances: instances.len() as u64,
                saves,
                would_save,
                // of what is saved nothing is kept
                blocked_by: (price.one_bump.builds <= 0)
                    .then(|| members.edges.iter().find_map(|&at| blocked.get(at).cloned().flatten()))
                    .flatten(),
                new: new.filter(|_| members.key.by == GroupBy::Pair).map(|_| members.edges.iter().any(is_new)),
                input: members.key.input,
                consumer: members.key.consumer,
                remedy: members.key.remedy,
            }
        };
        let mut told: Vec<Group> = self.all.into_iter().map(group).collect();
        told.sort_by(|a, b| {
            let names = (&a.input, &a.consumer, a.remedy).cmp(&(&b.input, &b.consumer, b.remedy));
            a.by.cmp(&b.by).then_with(|| pays(b, a)).then(names)
        });
        told
    }
}

/// The inputs of flagged edges, each once: of sources, which are no packages.
fn inputs(flagged: &[Flagged], edges: &[usize]) -> Vec<NodeId> {
    let inputs: BTreeSet<NodeId> = edges.iter().filter_map(|&at| flagged.get(at)).map(|own| own.input).collect();
    inputs.into_iter().collect()
}

/// What is saved; without a remedy nothing, and what would be is told apart.
pub(super) fn priced(remedy: Option<Treatment>, price: Saves, weights: Option<Weights<'_>>) -> (Saves, Option<Saves>) {
    match remedy {
        Some(_) => (price, None),
        None => (Saves::nothing(weights), Some(price)),
    }
}

/// What has a price.
pub(super) trait Priced {
    /// What is saved, and what would be.
    fn prices(&self) -> (Saves, Saves);
}

impl Priced for Group {
    fn prices(&self) -> (Saves, Saves) {
        (self.saves, self.would_save.unwrap_or_default())
    }
}

impl Priced for SpuriousEdge {
    fn prices(&self) -> (Saves, Saves) {
        (self.saves, self.would_save.unwrap_or_default())
    }
}

/// Which of two saves more: in a year, then on a bump; then which would. Time counts where costs are asked for, and
/// builds where that is equal.
pub(super) fn pays(one: &impl Priced, other: &impl Priced) -> std::cmp::Ordering {
    let more = |one: Saves, other: Saves| {
        let (year, other_year) = (one.per_year, other.per_year);
        let time = year.millis.unwrap_or_default().total_cmp(&other_year.millis.unwrap_or_default());
        let builds = time.then(year.builds.total_cmp(&other_year.builds));
        let (once, other_once) = (one.one_bump, other.one_bump);
        builds.then(once.millis.cmp(&other_once.millis)).then(once.builds.cmp(&other_once.builds))
    };
    let ((saves, would), (other_saves, other_would)) = (one.prices(), other.prices());
    more(saves, other_saves).then_with(|| more(would, other_would))
}
