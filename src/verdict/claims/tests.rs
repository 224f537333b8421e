//! The table of claims, and what holds for any evidence.

use proptest::prelude::*;

use super::*;
use crate::graph::RecipeDigest;
use crate::verdict::samples::{experiment, input, package, trace};
use crate::verdict::{Evidence, Judgement, Reference, ReferenceSource, References};

use ChecksFact::CannotChange;
use Grade::{Inferred, Observed, Proven, Suspected};
use OutputFact::{ReferenceOnly, Same};

const MAY: OutputFact = OutputFact::MayChange;
const CHECKS_MAY: ChecksFact = ChecksFact::MayChange;

fn claims(output: Option<(OutputFact, Grade)>, checks: Option<(ChecksFact, Grade)>) -> Claims {
    Claims { output, checks }
}

/// Kind, outcome, and the claim on the output; `None` in place of it: no claim at all, of the checks either.
type OfOutput = (ExperimentKind, Outcome, Option<(OutputFact, Grade)>);

const OF_OUTPUT: [OfOutput; 12] = [
    (ExperimentKind::Remove, Outcome::Identical, Some((Same, Proven))),
    (ExperimentKind::Remove, Outcome::ReferenceOnly, Some((ReferenceOnly, Proven))),
    (ExperimentKind::Remove, Outcome::Different, Some((MAY, Proven))),
    (ExperimentKind::Remove, Outcome::PresenceOnly, Some((Same, Proven))),
    (ExperimentKind::Remove, Outcome::Fails, Some((MAY, Observed))),
    (ExperimentKind::Remove, Outcome::Nondeterministic, None),
    (ExperimentKind::Stub, Outcome::Identical, Some((Same, Proven))),
    (ExperimentKind::Stub, Outcome::ReferenceOnly, Some((ReferenceOnly, Proven))),
    (ExperimentKind::Stub, Outcome::Different, Some((MAY, Proven))),
    (ExperimentKind::Stub, Outcome::PresenceOnly, Some((Same, Proven))),
    (ExperimentKind::Stub, Outcome::Fails, Some((MAY, Proven))),
    (ExperimentKind::Stub, Outcome::Nondeterministic, None),
];

#[test]
fn of_removing_and_stubbing() {
    for (kind, outcome, output) in OF_OUTPUT {
        let of = |checks| experiment(kind, outcome, checks).claims();
        let Some(_) = output else {
            assert_eq!([Checks::None, Checks::Passed, Checks::Off].map(of), [Claims::default(); 3]);
            continue;
        };
        let may = Some((CHECKS_MAY, Proven));
        let cannot = Some((CannotChange, Proven));
        let expected = match (kind, outcome) {
            (_, Outcome::PresenceOnly) => [may, may, may],
            (_, Outcome::Fails) => [cannot, None, None],
            _ => [cannot, None, may],
        };
        let found = [Checks::None, Checks::Passed, Checks::Off].map(of);
        assert_eq!(found, expected.map(|checks| claims(output, checks)), "{kind:?} {outcome:?}");
    }
}

#[test]
fn what_is_recorded_counts() {
    let of = |kind, outcome, compared, referenced| {
        let shown = experiment(kind, outcome, Checks::None);
        Experiment { compared, referenced, ..shown }.claims().output
    };
    let recorded = Some((ReferenceOnly, Proven));
    let (remove, stub) = (ExperimentKind::Remove, ExperimentKind::Stub);
    assert_eq!(of(remove, Outcome::PresenceOnly, Some(Outcome::ReferenceOnly), false), recorded);
    assert_eq!(of(remove, Outcome::PresenceOnly, Some(Outcome::Identical), true), recorded);
    assert_eq!(of(remove, Outcome::PresenceOnly, Some(Outcome::Identical), false), Some((Same, Proven)));
    assert_eq!(of(stub, Outcome::Identical, None, true), recorded);
    assert_eq!(of(stub, Outcome::ReferenceOnly, None, true), recorded);
}

#[test]
fn of_perturbing() {
    let of = |outcome, checks, against: Option<&str>| {
        let shown = experiment(ExperimentKind::Perturb, outcome, checks);
        Experiment { against: against.map(str::to_owned), ..shown }.claims()
    };
    for outcome in Outcome::ALL {
        let expected = if outcome == Outcome::Different { Some((MAY, Proven)) } else { None };
        assert_eq!(of(outcome, Checks::None, None), claims(expected, None), "{outcome:?}");
        assert_eq!(of(outcome, Checks::Passed, None), claims(expected, None), "{outcome:?}");
    }
    let next = Some("tool-2");
    for (outcome, output) in [
        (Outcome::Identical, (Same, Observed)),
        (Outcome::ReferenceOnly, (ReferenceOnly, Observed)),
        (Outcome::Different, (MAY, Proven)),
        (Outcome::Fails, (MAY, Observed)),
    ] {
        assert_eq!(of(outcome, Checks::None, next), claims(Some(output), Some((CannotChange, Observed))));
        assert_eq!(of(outcome, Checks::Passed, next), claims(Some(output), None));
    }
    let presence = of(Outcome::PresenceOnly, Checks::Passed, next);
    assert_eq!(presence, claims(Some((Same, Observed)), Some((CHECKS_MAY, Observed))));
    assert_eq!(of(Outcome::Nondeterministic, Checks::None, next), Claims::default());
}

#[test]
fn of_tracing() {
    let checks = trace(&[Some("checkPhase"), Some("installCheckPhase")]);
    assert_eq!(trace(&[]).claims(), claims(Some((Same, Observed)), Some((CannotChange, Observed))));
    assert_eq!(checks.claims(), claims(Some((Same, Observed)), Some((CHECKS_MAY, Observed))));
    assert_eq!(trace(&[Some("checkPhase"), Some("buildPhase")]).claims(), Claims::default());
    assert_eq!(trace(&[None]).claims(), Claims::default());
    assert_eq!(Trace { referenced: true, ..trace(&[]) }.claims().output, Some((ReferenceOnly, Observed)));
    assert_eq!(Trace { sandboxed: false, ..trace(&[]) }.claims().output, Some((Same, Suspected)));
}

fn judge(evidence: &[Evidence]) -> (Verdict, Option<Grade>) {
    let judgement = Judgement::of((0..).zip(evidence));
    assert_eq!(judgement.evidence.len(), evidence.len());
    (judgement.verdict, judgement.grade)
}

fn check_only(grade: Grade) -> Evidence {
    Evidence::CheckOnly(CheckOnly {
        package: package(),
        recipe: RecipeDigest([7; 32]),
        inputs: vec![input()],
        appeared: Vec::new(),
        differing_keys: Some(Vec::new()),
        grade,
    })
}

fn references() -> Evidence {
    Evidence::References(References {
        package: package(),
        recipe: RecipeDigest([7; 32]),
        outputs: vec!["out".to_owned()],
        inputs: vec![Reference { input: input(), files: 1, carriers: Vec::new() }],
        source: ReferenceSource::Scan,
    })
}

#[test]
fn together() {
    let of = |kind, outcome, checks| Evidence::Experiment(experiment(kind, outcome, checks));
    let (remove, stub) = (ExperimentKind::Remove, ExperimentKind::Stub);
    let fails = of(remove, Outcome::Fails, Checks::Off);
    let same = of(remove, Outcome::Identical, Checks::Passed);
    let bare = of(remove, Outcome::Identical, Checks::None);
    let different = of(remove, Outcome::Different, Checks::Passed);
    let stubbed = of(stub, Outcome::Identical, Checks::Passed);
    let poison =
        |outcome| Evidence::Experiment(Experiment { poisoned: true, ..experiment(stub, outcome, Checks::Passed) });
    let off = experiment(stub, Outcome::Identical, Checks::Off);
    let poisoned_off = Evidence::Experiment(Experiment { poisoned: true, ..off });
    let opened = Evidence::Trace(trace(&[Some("checkPhase")]));
    let unopened = Evidence::Trace(trace(&[]));
    let nothing = of(remove, Outcome::Nondeterministic, Checks::None);
    for (evidence, expected) in [
        (vec![], (Verdict::Unknown, None)),
        (vec![nothing.clone()], (Verdict::Unknown, None)),
        (vec![references()], (Verdict::Unknown, None)),
        (vec![check_only(Inferred)], (Verdict::TestOnly, Some(Inferred))),
        (vec![same.clone()], (Verdict::TestOnly, Some(Proven))),
        (vec![bare.clone()], (Verdict::NoEffect, Some(Proven))),
        (vec![fails.clone()], (Verdict::Affects, Some(Observed))),
        // it must be there, and its content does not matter
        (vec![fails.clone(), stubbed.clone()], (Verdict::TestOnly, Some(Proven))),
        (vec![fails.clone(), of(stub, Outcome::Identical, Checks::None)], (Verdict::NoEffect, Some(Proven))),
        // whoever uses it is stopped: the checks, or nobody
        (vec![same.clone(), poison(Outcome::Identical)], (Verdict::NoEffect, Some(Proven))),
        (vec![same.clone(), poison(Outcome::Fails)], (Verdict::TestOnly, Some(Proven))),
        (vec![bare.clone(), poison(Outcome::Fails)], (Verdict::NoEffect, Some(Proven))),
        (vec![same.clone(), poisoned_off], (Verdict::TestOnly, Some(Proven))),
        (vec![same.clone(), poison(Outcome::Different)], (Verdict::Affects, Some(Proven))),
        (vec![poison(Outcome::Identical)], (Verdict::Unknown, None)),
        // equally strong: the more careful one
        (vec![fails.clone(), opened.clone()], (Verdict::Affects, Some(Observed))),
        (vec![same.clone(), different.clone()], (Verdict::Affects, Some(Proven))),
        // what was proven wins over what was inferred, both ways
        (vec![check_only(Inferred), different], (Verdict::Affects, Some(Proven))),
        (vec![check_only(Inferred), bare.clone()], (Verdict::NoEffect, Some(Proven))),
        (vec![same.clone(), unopened], (Verdict::NoEffect, Some(Observed))),
        (vec![same.clone(), opened], (Verdict::TestOnly, Some(Proven))),
        // what the output mentions changes with it
        (vec![bare, references()], (Verdict::ReferenceOnly, Some(Proven))),
        (vec![check_only(Inferred), references()], (Verdict::ReferenceOnly, Some(Inferred))),
        (vec![nothing, same.clone()], (Verdict::TestOnly, Some(Proven))),
    ] {
        assert_eq!(judge(&evidence), expected, "{evidence:?}");
    }
    assert_eq!(Judgement::of([(3, &fails)]).insists, Some(crate::verdict::Insistence::Build));
    assert_eq!(Judgement::of([(3, &stubbed)]).insists, Some(crate::verdict::Insistence::Build));
    // what goes well without the input insists on nothing, whatever stands in its place afterwards
    assert_eq!(Judgement::of([(3, &same), (5, &poison(Outcome::Identical))]).insists, None);
    assert_eq!(Judgement::of([(3, &fails), (5, &stubbed)]).evidence, [3, 5]);
    assert!(Judgement::of([(0, &references())]).referenced);
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let kinds = prop::sample::select(ExperimentKind::ALL.to_vec());
    let outcomes = prop::sample::select(Outcome::ALL.to_vec());
    let checks = prop::sample::select(vec![Checks::None, Checks::Passed, Checks::Off]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let experiments =
        (kinds, outcomes, checks, flags).prop_map(|(kind, outcome, checks, (against, seen, sandboxed))| {
            Evidence::Experiment(Experiment {
                against: against.then(|| "tool-2".to_owned()),
                compared: (outcome == Outcome::PresenceOnly && against).then_some(Outcome::ReferenceOnly),
                referenced: seen,
                sandboxed,
                ..experiment(kind, outcome, checks)
            })
        });
    let phases = prop::sample::subsequence(vec![Some("checkPhase"), Some("buildPhase"), None], 0..=3);
    prop_oneof![
        6 => experiments,
        1 => (phases, any::<bool>()).prop_map(|(phases, sandboxed)| {
            Evidence::Trace(Trace { sandboxed, ..trace(&phases) })
        }),
        1 => prop::sample::select(vec![check_only(Suspected), check_only(Inferred), references()]),
    ]
}

proptest! {
    #[test]
    fn order_and_duplicates_do_not_matter(evidence in prop::collection::vec(any_evidence(), 0..8), seed in 0usize..8) {
        let mut other = evidence.clone();
        other.reverse();
        other.extend(evidence.get(seed).cloned());
        prop_assert_eq!(judge(&evidence), judge(&other));
    }

    #[test]
    fn what_was_proven_to_matter_stays(evidence in prop::collection::vec(any_evidence(), 0..8), more in any_evidence()) {
        let before = judge(&evidence);
        let after = judge(&[evidence, vec![more]].concat());
        if before == (Verdict::Affects, Some(Proven)) {
            prop_assert_eq!(after, before);
        }
        // what is known of the output never gets weaker
        if before.0 != Verdict::NoEffect {
            prop_assert!(after.1 >= before.1 || after.0 == Verdict::NoEffect, "{:?} {:?}", before, after);
        }
    }

    #[test]
    fn no_verdict_is_stronger_than_its_evidence(evidence in prop::collection::vec(any_evidence(), 0..8)) {
        let (verdict, grade) = judge(&evidence);
        prop_assert_eq!(verdict == Verdict::Unknown, grade.is_none());
        let strongest = evidence.iter().filter_map(Evidence::grade).max();
        prop_assert!(grade <= strongest);
        let unsandboxed = |evidence: &Evidence| match evidence {
            Evidence::Experiment(shown) => !shown.sandboxed,
            Evidence::Trace(shown) => !shown.sandboxed,
            _ => false,
        };
        if evidence.iter().all(unsandboxed) {
            prop_assert!(grade <= Some(Suspected));
        }
    }
}

/// A build that opened the input outside its checks takes back what a rule infers; that it was opened by
/// checks alone does not.
#[test]
fn a_trace_holds_a_rule_back() {
    let rules = crate::verdict::Rules::embedded();
    let (index, rule) = (0u16..).zip(rules.all()).find(|(_, rule)| rule.id == "python-run-time").unwrap();
    let judged = |phase: &str| {
        let evidence = Evidence::Trace(trace(&[Some(phase)]));
        Judgement::with_rule([(0, &evidence)], Some((index, rule)))
    };
    let read = judged("buildPhase");
    assert_eq!((read.verdict, read.grade, read.rule), (Verdict::ReferenceOnly, Some(Suspected), Some(index)));
    assert!(!read.shown);
    let checked = judged("checkPhase");
    assert_eq!((checked.verdict, checked.grade), (Verdict::TestOnly, Some(Observed)));
    assert!(checked.shown);
}
