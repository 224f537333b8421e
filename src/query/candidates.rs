//! What to prove next: which experiment pays most for its time.

mod cost;
mod found;
mod order;

use std::collections::BTreeSet;

use serde::Serialize;

use self::cost::{Cost, Pace};
use self::found::{Group, Tried, found};
use self::order::{Weighed, order};
use super::spurious::year_makes;
use super::{Expense, Named, REPORT_VERSION};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::reach::{Action, BumpGroup, EdgeRemedy, Treatment, Weights, Yearly, yearly_savings};
use crate::role::EffectiveInputs;
use crate::verdict::{Evidence, Grade, Verdict, Verdicts};

pub use cost::DEFAULT_MINUTES;

/// What to report.
#[derive(Debug, Clone)]
pub struct CandidatesParams<'p> {
    /// Whose inputs; everybody's without.
    pub scope: Option<BTreeSet<NodeId>>,
    /// What is bumped in a year, and how often.
    pub bumps: &'p [BumpGroup],
    /// How long a build is taken to last where no experiment tells and no costs are given, in minutes.
    pub minutes: f64,
    /// What builds cost, where that is asked for: then a candidate is worth the time that it saves, and not the
    /// builds.
    pub costs: Option<&'p Costs>,
    /// Where the expression is that has the packages, for the commands.
    pub file: &'p str,
    /// The first so many; all when `None`.
    pub top: Option<usize>,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct CandidatesReport {
    /// Version of this shape.
    pub version: u32,
    /// What pays most first, each given those before it.
    pub candidates: Vec<Candidate>,
    /// How many there are in all.
    pub total: u64,
    /// How long all of them would take, in hours.
    pub hours: f64,
    /// What all builds of a year of bumps cost, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_year: Option<Expense>,
    /// How many more would pay, but of packages that no attribute names.
    pub without_attribute: u64,
    /// How many more there are whose remedy saves nothing: something else has the consumer built all the same.
    pub saving_nothing: u64,
    /// How many more have been tried, and the experiments showed nothing.
    pub tried: u64,
}

/// An input of a package that is flagged without proof.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The input.
    pub input: Named,
    /// The package to build.
    pub consumer: Named,
    /// Its attribute.
    pub attribute: String,
    /// What it is built on.
    pub system: String,
    /// How many derivations have the same recipe, so that the proof holds for them as well.
    pub instances: u64,
    /// What is claimed.
    pub verdict: Verdict,
    /// How strongly.
    pub grade: Grade,
    /// The rule that says so, if it is one.
    pub rule: Option<String>,
    /// What would be done.
    pub remedy: Treatment,
    /// What that saves over a year of bumps, on all instances.
    pub saves: Yearly,
    /// How likely an experiment is taken to confirm it.
    pub probability: f64,
    /// The builds a year that are saved, times that.
    pub expected: f64,
    /// The machine hours a year that are saved, times that, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_hours: Option<f64>,
    /// How many builds the experiments take; the two of the package as it is stand with its first candidate.
    pub builds: u32,
    /// How long they take, in minutes.
    pub minutes: f64,
    /// Whether earlier experiments with the package tell that, or a record of its build.
    pub measured: bool,
    /// Expected builds a year for each hour.
    pub per_hour: f64,
    /// Expected machine hours a year for each hour, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_per_hour: Option<f64>,
    /// What proves it.
    pub command: String,
    /// The package's derivation.
    #[serde(skip)]
    pub node: NodeId,
    /// The derivations of its input, nearly always one.
    #[serde(skip)]
    pub inputs: Vec<NodeId>,
}

/// How likely an experiment confirms what is claimed at a grade: assumptions, until enough was tried.
const fn probability(grade: Grade) -> f64 {
    match grade {
        Grade::Suspected => 0.5,
        Grade::Inferred => 0.9,
        Grade::Observed => 0.95,
        Grade::Proven => 1.0,
    }
}

/// The inputs that are flagged below `proven`, of packages that an attribute names, by what an experiment is
/// expected to save for each hour: builds a year that the remedy saves × the probability that the
/// experiment confirms it, by the time of its builds. With costs the machine time of these builds counts
/// in their place. All derivations of one recipe count together,
/// for evidence holds for a recipe.
///
/// This is an ordering, not a forecast. Probabilities are assumed by grade alone. Builds are counted as they
/// go when the claim is true: the package twice as it is, which its candidates share; without the input
/// once, and once more where a check is expected to want it; with a stub once. Overestimates: savings that
/// several candidates share are told with each of them. Underestimates: what must be built
/// first, and failures that are seen twice, take longer.
///
/// The savings cost what [`yearly_savings`] costs, the rest is linear in what is judged, and its order.
#[must_use]
pub fn candidates(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    evidence: &[Evidence],
    params: &CandidatesParams<'_>,
) -> CandidatesReport {
    let tried = Tried::of(evidence);
    let (open, done): (Vec<Group>, Vec<Group>) =
        found(graph, verdicts, params.scope.as_ref()).into_iter().partition(|group| !tried.has(group));
    let weights = params.costs.map(Costs::weights);
    let saves = savings(graph, effective, verdicts, &open, params.bumps, weights);
    let pace = Pace::of(evidence, params.minutes, params.costs);
    let mut report = CandidatesReport {
        version: REPORT_VERSION,
        candidates: Vec::new(),
        total: 0,
        hours: 0.0,
        cost_per_year: params.costs.and_then(|costs| year_makes(graph, params.bumps, Some(costs)).1),
        without_attribute: 0,
        saving_nothing: 0,
        tried: done.len() as u64,
    };
    let mut weighed = Vec::new();
    for (group, saves) in open.into_iter().zip(saves) {
        let expected = saves.hours().unwrap_or(saves.builds) * probability(group.grade);
        match group.attribute {
            _ if expected <= 0.0 => report.saving_nothing += 1,
            None => report.without_attribute += 1,
            Some(_) => weighed.push(Weighed { cost: Cost::of(graph, &group, &pace), group, saves, expected }),
        }
    }
    let order = order(&weighed);
    report.total = order.len() as u64;
    report.hours = order.iter().map(|(_, cost)| cost.minutes()).sum::<f64>() / 60.0;
    let shown = order.into_iter().take(params.top.unwrap_or(usize::MAX));
    let systems: BTreeSet<&str> = weighed.iter().map(|weighed| graph.system(weighed.group.consumer)).collect();
    let several = systems.len() > 1;
    let row =
        |(at, cost): (usize, Cost)| Some(candidate(graph, verdicts, weighed.get(at)?, cost, params.file, several));
    report.candidates = shown.filter_map(row).collect();
    report
}

/// What the remedies of each group save together.
fn savings(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    groups: &[Group],
    bumps: &[BumpGroup],
    weights: Option<Weights<'_>>,
) -> Vec<Yearly> {
    let mut remedies: Vec<EdgeRemedy> = Vec::new();
    let mut actions = Vec::new();
    for group in groups {
        let first = remedies.len() as u32;
        remedies.extend(group.remedies(graph, effective, verdicts));
        actions.push(Action((first..remedies.len() as u32).collect()));
    }
    yearly_savings(graph, &remedies, &actions, bumps, weights)
}

fn candidate(
    graph: &Graph,
    verdicts: &Verdicts,
    weighed: &Weighed,
    cost: Cost,
    file: &str,
    several_systems: bool,
) -> Candidate {
    let Weighed { group, saves, .. } = weighed;
    let probability = probability(group.grade);
    let (expected, expected_hours) = (saves.builds * probability, saves.hours().map(|hours| hours * probability));
    let rule = group.rule.and_then(|index| verdicts.rules().get(index));
    let attribute = group.attribute.clone().unwrap_or_default();
    let minutes = cost.minutes();
    let system = graph.system(group.consumer).to_owned();
    let named = if several_systems { format!(" --system {}", quoted(&system)) } else { String::new() };
    let command = format!(
        "nix-ripple prove -f {} -A {} --input {}{named}",
        quoted(file),
        quoted(&attribute),
        quoted(&group.pname)
    );
    let input = group.inputs.first().copied().unwrap_or(group.consumer);
    Candidate {
        input: Named::of(graph, input),
        consumer: Named::of(graph, group.consumer),
        instances: group.instances,
        verdict: group.verdict,
        grade: group.grade,
        rule: rule.map(|rule| rule.id.clone()),
        remedy: group.remedy,
        saves: *saves,
        probability,
        expected,
        expected_hours,
        builds: cost.builds,
        minutes,
        measured: cost.measured,
        per_hour: expected * 60.0 / minutes,
        hours_per_hour: expected_hours.map(|expected| expected * 60.0 / minutes),
        command,
        attribute,
        system,
        node: group.consumer,
        inputs: group.inputs.clone(),
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+:@=,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell() {
        for (word, expect) in [
            ("python3Packages.x", "python3Packages.x"),
            ("<nixpkgs>", "'<nixpkgs>'"),
            ("nodePackages.\"@a/b.c\"", "'nodePackages.\"@a/b.c\"'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
            ("a b", "'a b'"),
        ] {
            assert_eq!(quoted(word), expect);
        }
    }
}
