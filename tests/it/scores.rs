//! How right the rules are: scored against experiments on real software, and against pairs of the nixpkgs of
//! 2018 that people judged one by one. The README prints these scores; a test compares.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::nix::parse_drv_name;
use nix_ripple::reach::Treatment;
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{Carried, Evidence, EvidenceFile, Grade, Judgement, Rules, Verdict, Verdicts};

use crate::cli::program::Program;
use crate::needs;
use crate::realpkgs::{labels, verdict};
use crate::support::{graph, testdata};

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
        let flagged = judgement.grade >= Some(Grade::Inferred) && judgement.verdict.is_spurious();
        if truth.is_spurious() {
            self.recall.see(flagged);
        }
        if flagged {
            self.right.see(truth.is_spurious());
            self.by_rule.entry(rule.to_owned()).or_default().see(truth.is_spurious());
            self.understated += u32::from(understates(judgement.verdict, truth));
            if !truth.is_spurious() {
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
    verdicts.rule_of(judgement).map_or("evidence", |rule| rule.id.as_str())
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

/// A pair that people judged.
#[derive(Debug, serde::Deserialize)]
struct Judged {
    drawn: String,
    rule: String,
    said: Verdict,
    truth: String,
    input_drv: String,
    consumer_drv: String,
}

fn judged_pairs() -> Vec<Judged> {
    let file = std::fs::File::open(testdata("judged/nixpkgs-2018.csv")).unwrap();
    csv::Reader::from_reader(file).into_deserialize().map(Result::unwrap).collect()
}

/// How many pairs the sample was drawn from: flagged ones, and list edges that were not.
const DRAWN_FROM: (f64, f64) = (12_330.0, 90_209.0);

/// The pairs of 2018, as they were judged before the rules were touched again.
#[test]
fn against_judges() {
    let pairs = judged_pairs();
    let truth = |pair: &Judged| serde_json::from_value::<Verdict>(pair.truth.clone().into()).ok();
    let (mut right, mut spared) = (Share::default(), Share::default());
    let mut by_rule: BTreeMap<&str, Share> = BTreeMap::new();
    for pair in &pairs {
        let Some(truth) = truth(pair) else {
            assert_eq!(pair.truth, "unsure", "{pair:?}");
            continue;
        };
        match pair.drawn.as_str() {
            "flagged" => {
                right.see(truth.is_spurious());
                by_rule.entry(&pair.rule).or_default().see(truth.is_spurious());
                assert!(!understates(pair.said, truth), "{pair:?}");
            }
            "unflagged" => spared.see(truth.is_spurious()),
            other => panic!("'{other}'"),
        }
    }
    assert_eq!(pairs.iter().filter(|pair| pair.drawn == "flagged").count(), 150);
    assert_eq!(pairs.len(), 300);
    assert!(right.value() >= 0.95, "{}", right.words());
    let found = |of_flagged: f64, of_others: f64| {
        let (flagged, others) = (of_flagged * DRAWN_FROM.0, of_others * DRAWN_FROM.1);
        100.0 * flagged / (flagged + others)
    };
    let ((least, most), (few, many)) = (right.interval(), spared.interval());
    let mut text = format!("right: {}\n", right.words());
    writeln!(text, "spurious among what is not flagged: {}", spared.words()).unwrap();
    writeln!(
        text,
        "found: {:.0} % ({:.0} to {:.0})",
        found(right.value(), spared.value()),
        found(least, many),
        found(most, few)
    )
    .unwrap();
    for (rule, share) in by_rule {
        writeln!(text, "| `{rule}` | {} of {} |", share.part, share.of).unwrap();
    }
    is_in_readme(&text);
}

/// Rules that were changed since are no worse on the same pairs, and take back little of what was right.
#[test]
fn as_judged_still() {
    let Some(_) = needs::shared() else { return };
    let (graph, evidence) = crate::probe::offline::nixpkgs_2018();
    let (verdicts, _) = Verdicts::with_rules(graph, evidence, Rules::embedded());
    let by_path: BTreeMap<String, NodeId> = graph.nodes().map(|node| (graph.path(node), node)).collect();
    let (mut right, mut kept) = (Share::default(), Share::default());
    for pair in judged_pairs().iter().filter(|pair| pair.truth != "unsure") {
        let (input, consumer) = (by_path[&pair.input_drv], by_path[&pair.consumer_drv]);
        let edge = graph.input_edges(consumer).find(|&(_, own)| own == input).unwrap().0;
        let judged = verdicts.of(edge);
        let flagged = judged.grade >= Some(Grade::Inferred) && judged.verdict.is_spurious();
        let spurious = pair.truth != "affects";
        if flagged {
            right.see(spurious);
            let truth = serde_json::from_value(pair.truth.clone().into()).unwrap();
            assert!(!understates(judged.verdict, truth), "{pair:?}");
        }
        if pair.drawn == "flagged" && spurious {
            kept.see(flagged);
        }
    }
    assert!(right.value() >= 0.95, "{}", right.words());
    assert!(kept.value() >= 0.95, "{}", kept.words());
}

/// What a package's inputs are said to do, also those that come along: by the name of the input.
fn said<'g>(graph: &'g Graph, evidence: &[Evidence], attribute: &str) -> BTreeMap<&'g str, (String, Judgement)> {
    let (verdicts, _) = Verdicts::with_rules(graph, evidence, Rules::embedded());
    let effective = EffectiveInputs::new(graph);
    let at = graph.find_attribute(attribute).next().unwrap_or_else(|| panic!("no {attribute}"));
    let package = graph.attribute_node(graph.attributes().nth(at).unwrap()).unwrap();
    let mut judged = Carried::new(graph, &effective, &verdicts).of(package);
    judged.extend(graph.input_edges(package).map(|(edge, input)| (input, verdicts.of(edge))));
    let named = |judged: Judgement| (rule_of(&verdicts, &judged).to_owned(), judged);
    judged.into_iter().map(|(input, judged)| (graph.name(input), named(judged))).collect()
}

/// Pairs that everybody asks about first.
#[test]
fn well_known_pairs() {
    let Some(_) = needs::shared() else { return };
    let (graph, evidence) = crate::probe::offline::nixpkgs_2018();
    let python = |package: &str| said(graph, evidence, &format!("python36Packages.{package}"));
    let of = |all: &BTreeMap<&str, (String, Judgement)>, pname: &str| -> (String, Judgement) {
        let prefix = format!("python3.6-{pname}-");
        let mut found = all.iter().filter(|(name, _)| name.starts_with(&prefix));
        let (_, judged) = found.next().unwrap_or_else(|| panic!("no {pname}"));
        judged.clone()
    };
    let (rule, pillow) = of(&python("torchvision"), "Pillow");
    assert_eq!((pillow.verdict, pillow.grade), (Verdict::ReferenceOnly, Some(Grade::Inferred)));
    assert_eq!((rule.as_str(), pillow.remedy), ("python-run-time", Some(Treatment::Split)));
    assert!(of(&python("pytorch"), "PyYAML").1.grade <= Some(Grade::Suspected));
    for package in ["pytorch", "scipy", "pandas", "h5py"] {
        let (_, numpy) = of(&python(package), "numpy");
        assert_eq!((numpy.verdict, numpy.remedy), (Verdict::Unknown, None), "{package}");
    }
    // wherever it stands: a build asks for it before anything runs
    let (verdicts, _) = Verdicts::with_rules(graph, evidence, Rules::embedded());
    let mut runners = 0;
    for (edge, judged) in verdicts.edges() {
        if graph.pname(graph.edge_input(edge)).ends_with("pytest-runner") {
            assert!(judged.grade <= Some(Grade::Suspected), "{}", graph.name(graph.edge_consumer(edge)));
            runners += 1;
        }
    }
    assert!(runners > 0, "evidence says of some that they vanish with the checks");
}

/// A toolkit that is unpacked, not compiled: its run path names libraries that its build does not read.
#[test]
fn a_run_path_has_no_light_wrapper() {
    let graph = graph(&[testdata("minipkgs/drvs"), testdata("minipkgs/outpaths.json")]);
    let all = said(&graph, &[], "cudatoolkit");
    let (rule, fontconfig) = &all["fontconfig-2.14.2"];
    assert_eq!((fontconfig.verdict, fontconfig.grade), (Verdict::ReferenceOnly, Some(Grade::Inferred)));
    assert_eq!((rule.as_str(), fontconfig.remedy), ("run-path", None));
    assert_eq!(all["gdk-pixbuf-2.42.10"].1.verdict, Verdict::Unknown);
}
