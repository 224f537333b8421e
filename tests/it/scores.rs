//! How right the rules are: scored against experiments on real software, and against pairs of the nixpkgs of
//! 2018 that people judged one by one. The README prints these scores; a test compares.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::nix::parse_drv_name;
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{Carried, EvidenceFile, Grade, Judgement, Rules, Verdict, Verdicts};

use crate::cli::program::Program;
use crate::needs;
use crate::realpkgs::{labels, verdict};
use crate::support::testdata;

/// A share of a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Share {
    part: u32,
    of: u32,
}

impl Share {
    fn see(&mut self, hit: bool) {
        self.of += 1;
        self.part += u32::from(hit);
    }

    fn value(self) -> f64 {
        f64::from(self.part) / f64::from(self.of.max(1))
    }

    /// Wilson's interval of 95 %.
    fn interval(self) -> (f64, f64) {
        let (n, p, z) = (f64::from(self.of.max(1)), self.value(), 1.959_964);
        let middle = p + z * z / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z * z / n;
        (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
    }

    fn words(self) -> String {
        let (low, high) = self.interval();
        let percent = |share: f64| format!("{:.1}", share * 100.0);
        format!("{} of {}, {} % ({} to {})", self.part, self.of, percent(self.value()), percent(low), percent(high))
    }
}

/// Whether a change of the input cannot change what is built, but for paths.
fn is_spurious(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::NoEffect | Verdict::TestOnly | Verdict::ReferenceOnly)
}

/// Whether a verdict says less of the output than is true: that nothing is recorded.
fn understates(said: Verdict, truth: Verdict) -> bool {
    truth == Verdict::ReferenceOnly && matches!(said, Verdict::NoEffect | Verdict::TestOnly)
}

/// What rules got right and wrong.
#[derive(Debug, Default)]
struct Score {
    /// Of what is flagged, what is spurious; by rule.
    by_rule: BTreeMap<String, Share>,
    right: Share,
    /// Of what is spurious, what is flagged.
    recall: Share,
    /// Flagged as changing nothing, and yet recorded.
    understated: u32,
    wrong: Vec<String>,
}

impl Score {
    fn see(&mut self, pair: &str, judgement: &Judgement, rule: &str, truth: Verdict) {
        let flagged = judgement.grade >= Some(Grade::Inferred) && is_spurious(judgement.verdict);
        if is_spurious(truth) {
            self.recall.see(flagged);
        }
        if flagged {
            self.right.see(is_spurious(truth));
            self.by_rule.entry(rule.to_owned()).or_default().see(is_spurious(truth));
            self.understated += u32::from(understates(judgement.verdict, truth));
            if !is_spurious(truth) {
                self.wrong.push(format!("{pair} ({rule})"));
            }
        }
    }

    /// As the README has it.
    fn table(&self) -> String {
        let mut text = String::from("| rule | right |\n|---|---|\n");
        for (rule, share) in &self.by_rule {
            writeln!(text, "| `{rule}` | {} of {} |", share.part, share.of).unwrap();
        }
        text
    }
}

fn rule_of<'v>(verdicts: &'v Verdicts, judgement: &Judgement) -> &'v str {
    judgement.rule.and_then(|index| verdicts.rules().get(index)).map_or("evidence", |rule| rule.id.as_str())
}

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// Every lane of the README's section stands there as computed.
fn is_in_readme(text: &str) {
    let readme = readme();
    for line in text.lines() {
        assert!(readme.contains(line), "the README does not say: {line}\n\nall of it:\n{text}");
    }
}

/// The labels of real builds: `prove` settled every python input of 31 packages.
#[test]
fn against_experiments() {
    let Some(sources) = needs::realpkgs().filter(|_| needs::nix()) else { return };
    let program = Program::new();
    let labels = labels();
    let attributes: BTreeSet<&str> = labels.keys().map(|(package, _)| package.as_str()).collect();
    let named: Vec<&str> = attributes.iter().flat_map(|attribute| ["-A", attribute]).collect();
    let expression = format!("import {} {{ sources = {sources:?}; }}", testdata("realpkgs").display());
    program.write("all.nix", expression);
    let store = ["--store-root", "store"];
    program.run(&[&["ingest", "-f", "all.nix", "-o", "real.ripple"][..], &named, &store].concat()).fine();
    program.run(&[&["probe", "-f", "all.nix", "-o", "checks.jsonl"][..], &named, &store].concat()).fine();

    let graph = Graph::open(&program.folder.path().join("real.ripple")).unwrap();
    let (file, problems) = EvidenceFile::load(&program.folder.path().join("checks.jsonl")).unwrap();
    assert_eq!(problems, []);
    let (verdicts, problems) = Verdicts::with_rules(&graph, &file.evidence, Rules::embedded());
    assert_eq!(problems, []);
    let effective = EffectiveInputs::new(&graph);
    let carried = Carried::new(&graph, &effective, &verdicts);
    let mut score = Score::default();
    for attribute in attributes {
        let package = graph.find_attribute(attribute).next().and_then(|at| graph.attributes().nth(at)).unwrap();
        let package = graph.attribute_node(package).unwrap();
        let mut judged: BTreeMap<NodeId, Judgement> = carried.of(package);
        judged.extend(graph.input_edges(package).map(|(edge, input)| (input, verdicts.of(edge))));
        let by_pname: BTreeMap<String, Judgement> = judged
            .into_iter()
            .filter_map(|(input, judged)| Some((graph.name(input).strip_prefix("python3.11-")?, judged)))
            .map(|(name, judged)| (parse_drv_name(name).0.to_owned(), judged))
            .collect();
        for ((_, input), experiments) in labels.iter().filter(|((package, _), _)| package == attribute) {
            let truth = verdict(experiments);
            let judged = by_pname.get(input).unwrap_or_else(|| panic!("{attribute} does not see {input}"));
            if truth != Verdict::Unknown {
                score.see(&format!("{input} of {attribute}"), judged, rule_of(&verdicts, judged), truth);
            }
        }
    }
    assert_eq!((score.wrong.join(", "), score.understated), (String::new(), 0));
    assert!(score.right.value() >= 0.95, "{}", score.right.words());
    assert!(score.recall.value() >= 0.7, "{}", score.recall.words());
    is_in_readme(&score.table());
    is_in_readme(&format!("right: {}\nfound: {}", score.right.words(), score.recall.words()));
}
