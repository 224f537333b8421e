//! Every figure is the difference of two rebuild sets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::cost::Costs;
use nix_ripple::graph::{EdgeId, Graph, NodeId};
use nix_ripple::query::{
    BumpRates, Expense, Group, GroupBy, Ignores, Saves, SpuriousEdge, SpuriousParams, SpuriousReport, spurious,
};
use nix_ripple::reach::{Edits, RebuildSet, Savings, Treatment, Weights, Yearly, savings};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{Grade, Rules, Verdict, Verdicts};

use crate::support::{Recipe, folder, graph, minipkg};
use crate::weights::{costs, records};

/// What a package is called without case and the prefixes of interpreters.
fn called(pname: &str) -> String {
    let less = nix_ripple::nix::normalise_pname(pname);
    if less == pname { less } else { called(&less) }
}

/// What is asked, and by what it is judged.
struct Asked {
    graph: Graph,
    verdicts: Verdicts,
    rates: BumpRates,
    costs: Option<Costs>,
}

impl Asked {
    fn new(graph: Graph, rules: Rules, rates: &str) -> Self {
        let (verdicts, _) = Verdicts::with_rules(&graph, &[], rules);
        Self { graph, verdicts, rates: BumpRates::parse(rates, Path::new("rates")).unwrap(), costs: None }
    }

    /// The same with costs by chance.
    fn priced(self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let costs = costs(&self.graph, &records(&self.graph, folder.path()));
        Self { costs: Some(costs), ..self }
    }

    fn weights(&self) -> Option<Weights<'_>> {
        self.costs.as_ref().map(Costs::weights)
    }

    fn report(&self, min_grade: Grade, steps: usize) -> SpuriousReport {
        let params = SpuriousParams {
            progress: &nix_ripple::ingest::Progress::default(),
            scope: None,
            min_grade,
            effective: false,
            rates: &self.rates,
            costs: self.costs.as_ref(),
            ignores: &Ignores::default(),
            baseline: None,
            steps,
            shown: 20,
        };
        spurious(&self.graph, &EffectiveInputs::new(&self.graph), &self.verdicts, &[], &params)
    }
}

/// Edits the graph and counts again.
struct Oracle<'g> {
    asked: &'g Asked,
    effective: EffectiveInputs<'g>,
    least: Grade,
    nodes: BTreeMap<String, NodeId>,
    /// By normalised pname.
    bumps: BTreeMap<String, Vec<NodeId>>,
}

/// Edges and what is done to them.
type Treated = Vec<(EdgeId, Treatment)>;

impl<'g> Oracle<'g> {
    fn new(asked: &'g Asked, least: Grade) -> Self {
        let graph = &asked.graph;
        let mut bumps: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
        for node in graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node)) {
            bumps.entry(called(graph.pname(node))).or_default().push(node);
        }
        let nodes = graph.nodes().map(|node| (graph.path(node), node)).collect();
        Self { asked, effective: EffectiveInputs::new(graph), least, nodes, bumps }
    }

    fn edge(&self, edge: &SpuriousEdge) -> (EdgeId, Treatment) {
        let (input, consumer) = (self.nodes[&edge.input.drv], self.nodes[&edge.consumer.named.drv]);
        let mut own = self.asked.graph.input_edges(consumer).filter(|&(_, other)| other == input);
        (own.next().unwrap().0, edge.remedy.unwrap_or(Treatment::Drop))
    }

    fn edits(&self, treated: &Treated) -> Edits {
        let graph = &self.asked.graph;
        let mut edits = Edits::default();
        treated.iter().for_each(|&(edge, treatment)| edits.treat(edge, treatment));
        let moved: BTreeSet<EdgeId> =
            treated.iter().filter(|(_, treatment)| *treatment != Treatment::Split).map(|(edge, _)| *edge).collect();
        for (input, receiver, _) in self.effective.receivers(&moved) {
            let own = graph.input_edges(receiver).find(|&(_, other)| other == input);
            let judgement = self.asked.verdicts.pair(graph, receiver, input);
            let needless = !matches!(judgement.verdict, Verdict::Affects | Verdict::Unknown)
                && judgement.grade >= Some(self.least);
            if !needless && own.is_none_or(|(edge, _)| !moved.contains(&edge)) {
                edits.add(input, receiver);
            }
        }
        edits
    }

    fn once(&self, treated: &Treated, bumped: &[NodeId]) -> Savings {
        savings(&self.asked.graph, bumped, &self.edits(treated), self.asked.weights())
    }

    fn year(&self, treated: &Treated) -> Yearly {
        let edits = self.edits(treated);
        let weights = self.asked.weights();
        let mut year = Yearly::nothing(weights);
        for (pname, nodes) in &self.bumps {
            let (rate, saved) = (self.asked.rates.of(pname), savings(&self.asked.graph, nodes, &edits, weights));
            year.builds += rate * saved.builds as f64;
            year.wrappers_added += rate * saved.wrappers_added as f64;
            year.test_builds_added += rate * saved.test_builds_added as f64;
            year.millis = year.millis.map(|all| all + rate * saved.millis.unwrap() as f64);
            year.bytes = year.bytes.map(|all| all + rate * saved.bytes.unwrap() as f64);
        }
        year
    }

    fn saves(&self, treated: &Treated, bumped: &[NodeId]) -> Saves {
        Saves { one_bump: self.once(treated, bumped), per_year: self.year(treated) }
    }

    /// The edges of a group, by its names alone.
    fn members(&self, report: &SpuriousReport, group: &Group) -> Treated {
        let fits = |edge: &&SpuriousEdge| {
            called(&edge.input.pname) == group.input
                && group.consumer.as_ref().is_none_or(|name| called(&edge.consumer.named.pname) == *name)
                && edge.remedy == group.remedy
        };
        let members: Treated = report.edges.iter().filter(fits).map(|edge| self.edge(edge)).collect();
        assert_eq!(members.len() as u64, group.edges, "{group:?}");
        members
    }

    /// Checks one in so many edges and groups; tells how many of them save something.
    fn check(&self, report: &SpuriousReport, one_in: usize) -> usize {
        let mut some = 0;
        for edge in report.edges.iter().step_by(one_in) {
            let expected = self.saves(&vec![self.edge(edge)], &[self.nodes[&edge.input.drv]]);
            let told = edge.would_save.unwrap_or(edge.saves);
            assert_eq!(told, expected, "{edge:?}");
            assert!(edge.remedy.is_some() || edge.saves.one_bump.is_nothing());
            assert_eq!(edge.saves.per_year.hours().is_some(), self.asked.costs.is_some());
            assert!(edge.blocked_by.is_none() || told.one_bump.builds <= 0, "{edge:?}");
            some += usize::from(expected.one_bump.builds > 0);
        }
        for group in report.groups.iter().step_by(one_in) {
            let expected = self.saves(&self.members(report, group), &self.bumps[&group.input]);
            assert_eq!(group.would_save.unwrap_or(group.saves), expected, "{group:?}");
            some += usize::from(expected.per_year.builds > 0.0);
        }
        let builds: f64 = self
            .bumps
            .iter()
            .map(|(pname, nodes)| {
                self.asked.rates.of(pname) * RebuildSet::of(&self.asked.graph, nodes).nodes.len() as f64
            })
            .sum();
        assert_eq!(report.totals.builds_per_year, builds);
        assert_eq!(report.totals.cost_per_year.is_some(), self.asked.costs.is_some());
        if let (Some(told), Some(costs)) = (report.totals.cost_per_year, &self.asked.costs) {
            self.check_costs(told, costs);
        }
        let all: Treated =
            report.edges.iter().filter(|edge| edge.remedy.is_some()).map(|edge| self.edge(edge)).collect();
        assert_eq!(report.totals.saves_per_year, self.year(&all));
        some
    }

    /// What a year costs, build by build.
    fn check_costs(&self, told: Expense, costs: &Costs) {
        let (mut millis, mut measured, mut bytes) = (0.0, 0.0, 0.0);
        for (pname, nodes) in &self.bumps {
            let rate = self.asked.rates.of(pname);
            for node in RebuildSet::of(&self.asked.graph, nodes).nodes {
                let time = costs.time(node);
                millis += rate * time.millis as f64;
                measured += if time.measured { rate * time.millis as f64 } else { 0.0 };
                bytes += rate * costs.size(node).unwrap().bytes as f64;
            }
        }
        let hours = told.hours;
        assert!((hours.total - millis / 3.6e6).abs() < 1e-6 && (hours.measured - measured / 3.6e6).abs() < 1e-6);
        assert!(hours.measured > 0.0 && hours.estimated > 0.0, "{hours:?}");
        assert!((hours.measured + hours.estimated - hours.total).abs() < 1e-6);
        assert!((hours.measured_share - measured / millis).abs() < 1e-9);
        assert_eq!(told.bytes, Some(bytes as u64));
        assert!(told.bytes_measured > Some(0) && told.bytes_measured < told.bytes);
    }

    /// Tries all groups by input at each step; of those that save most the first by name is taken.
    fn check_steps(&self, report: &SpuriousReport) {
        let by_input = |group: &&Group| group.by == GroupBy::Input && group.remedy.is_some();
        let mut groups: Vec<&Group> = report.groups.iter().filter(by_input).collect();
        groups.sort_by_key(|group| (group.input.clone(), group.remedy));
        let mut done = Treated::new();
        let mut before = Yearly::nothing(self.asked.weights());
        let counts = |year: &Yearly| year.millis.unwrap_or(year.builds);
        for step in &report.first {
            let mut best: Option<(&Group, Yearly)> = None;
            for group in &groups {
                let year = self.year(&[done.clone(), self.members(report, group)].concat());
                if best.is_none_or(|(_, known)| counts(&year) > counts(&known)) {
                    best = Some((group, year));
                }
            }
            let (group, year) = best.unwrap();
            assert_eq!((&step.input, Some(step.remedy)), (&group.input, group.remedy), "{step:?}");
            assert_eq!((step.total, step.gain.builds), (year, year.builds - before.builds), "{step:?}");
            assert_eq!(counts(&step.gain), counts(&year) - counts(&before), "{step:?}");
            done.extend(self.members(report, group));
            before = year;
        }
    }
}

#[test]
fn of_minipkgs() {
    // a package with what it needs, on one system
    let graph = graph(&[minipkg("python3.11-torchvision-0.14.1.drv"), minipkg("cudatoolkit-11.7.1.drv")]);
    let asked = Asked::new(graph, Rules::embedded(), "hypothesis,52\npillow,4.5\nzlib,0");
    let report = asked.report(Grade::Suspected, 3);
    let remedies: BTreeSet<_> = report.edges.iter().map(|edge| edge.remedy).collect();
    assert!(report.edges.len() > 40 && remedies.len() > 2, "{} {remedies:?}", report.edges.len());
    let oracle = Oracle::new(&asked, Grade::Suspected);
    let some = oracle.check(&report, 4);
    assert!(some > 6, "{some} save something");
    assert!(!report.first.is_empty());
    oracle.check_steps(&report);

    let priced = asked.priced();
    let with_costs = priced.report(Grade::Suspected, 3);
    let oracle = Oracle::new(&priced, Grade::Suspected);
    assert_eq!(oracle.check(&with_costs, 4), some);
    oracle.check_steps(&with_costs);
    let order = |report: &SpuriousReport| report.groups.iter().map(|group| group.input.clone()).collect::<Vec<_>>();
    assert_ne!(order(&report), order(&with_costs), "time tells nothing that builds do not");
    let years: Vec<f64> = with_costs.edges.iter().map(|edge| edge.saves.per_year.millis.unwrap()).collect();
    assert!(years.is_sorted_by(|one, next| one >= next));
}

/// Rules that drop, detach or split inputs by their names alone.
fn rules() -> Rules {
    let rule = |id: &str, verdict: &str, input: &str, consumer: &str, grade: &str| {
        format!(
            "[[rule]]\nid = '{id}'\nverdict = '{verdict}'\ngrade = '{grade}'\ninput.pname = ['{input}']\n\
             consumer.pname = ['{consumer}']\nsummary = 's'\nassumes = 'a'\nexceptions = 'e'\noverestimates = 'o'\n\
             underestimates = 'u'\nflags = {{ input = 'a-1', consumer = 'b-1' }}\n\
             spares = {{ input = 'a-1', consumer = 'b-1' }}\n"
        )
    };
    let text = [
        rule("dropped", "no-effect", "tool", "lib*", "inferred"),
        rule("detached", "test-only", "tool", "other*", "inferred"),
        rule("recorded", "reference-only", "data", "*", "inferred"),
        rule("perhaps", "no-effect", "tool", "knows", "suspected"),
    ]
    .concat();
    Rules::parse(&text, Path::new("rules")).unwrap()
}

/// A tool comes to an application by two ways, of which one remedy alone takes one away; who may need it lists it
/// then, and that is counted.
#[test]
fn of_what_comes_by_two_ways() {
    let stdenv = Recipe::new(1, "stdenv");
    let with = |number, name: &str, lists: &[(&str, &[&Recipe])]| {
        let mut recipe = Recipe::new(number, name).input(&stdenv, "stdenv");
        for (key, inputs) in lists {
            recipe.inputs.extend(inputs.iter().map(|input| (input.path(), vec!["out".to_owned()])));
            let paths: Vec<String> = inputs.iter().map(|input| input.output_path("out")).collect();
            recipe.env.push(((*key).to_owned(), paths.join(" ")));
        }
        recipe
    };
    let tool = with(2, "tool-1", &[]);
    let data = with(3, "data-1", &[]);
    let lib = with(4, "lib-1", &[("propagatedBuildInputs", &[&tool]), ("buildInputs", &[&data])]);
    let other = with(5, "other-1", &[("propagatedBuildInputs", &[&tool])]);
    let far = with(6, "otherfar-1", &[("propagatedBuildInputs", &[&tool, &lib])]);
    let both = with(7, "app-1", &[("buildInputs", &[&lib, &other])]);
    let one = with(8, "one-1", &[("buildInputs", &[&lib])]);
    let knows = with(9, "knows-1", &[("buildInputs", &[&lib, &tool])]);
    let last = with(10, "last-1", &[("buildInputs", &[&far]), ("nativeBuildInputs", &[&both])]);
    let all = [stdenv.clone(), tool, data, lib, other, far, both, one, knows, last];
    let asked = || Asked::new(graph(&[folder(&all).path()]), rules(), "tool,12");
    let cases = [(Grade::Inferred, asked()), (Grade::Suspected, asked()), (Grade::Suspected, asked().priced())];
    for (least, asked) in cases {
        let report = asked.report(least, 10);
        assert_eq!(report.edges.len(), if least == Grade::Inferred { 4 } else { 5 });
        let oracle = Oracle::new(&asked, least);
        oracle.check(&report, 1);
        assert!(report.first.len() > 1);
        oracle.check_steps(&report);
    }
}

/// The whole nixpkgs of 2018 by rules alone: a sample of the edges and groups.
#[test]
fn of_nixpkgs() {
    let Some(graph) = crate::truth::nixpkgs() else { return };
    let (verdicts, _) = Verdicts::with_rules(graph, &[], Rules::embedded());
    let params = SpuriousParams {
        progress: &nix_ripple::ingest::Progress::default(),
        scope: None,
        min_grade: Grade::Inferred,
        effective: false,
        rates: &BumpRates::default(),
        costs: None,
        ignores: &Ignores::default(),
        baseline: None,
        steps: 2,
        shown: 20,
    };
    let effective = EffectiveInputs::new(graph);
    let report = spurious(graph, &effective, &verdicts, &[], &params);
    assert!(report.edges.len() > 5_000 && report.totals.saves_per_year.builds > 10_000.0);
    let nodes: BTreeMap<String, NodeId> = graph.nodes().map(|node| (graph.path(node), node)).collect();
    let mut some = 0;
    for edge in report.edges.iter().step_by(report.edges.len() / 60) {
        let (input, consumer) = (nodes[&edge.input.drv], nodes[&edge.consumer.named.drv]);
        let treated = graph.input_edges(consumer).find(|&(_, other)| other == input).unwrap().0;
        let treatment = edge.remedy.unwrap_or(Treatment::Drop);
        let mut edits = Edits::default();
        edits.treat(treated, treatment);
        if treatment != Treatment::Split {
            for (input, receiver, _) in effective.receivers(&[treated].into()) {
                let judgement = verdicts.pair(graph, receiver, input);
                if judgement.grade < Some(Grade::Inferred) || judgement.verdict == Verdict::Affects {
                    edits.add(input, receiver);
                }
            }
        }
        let found = savings(graph, &[input], &edits, None);
        assert_eq!(edge.would_save.unwrap_or(edge.saves).one_bump, found, "{edge:?}");
        some += usize::from(found.builds > 0);
    }
    assert!(some > 10, "{some} save something");
}
