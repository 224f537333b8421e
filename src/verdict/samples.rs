//! Evidence made up for tests, in one place: one package, one input.

use super::{Checks, Experiment, ExperimentKind, InputRef, OpenedIn, Outcome, PackageRef, Trace};
use crate::graph::RecipeDigest;

pub(crate) fn package() -> PackageRef {
    PackageRef { attribute: "app".to_owned(), drv: "/nix/store/app.drv".to_owned(), name: "app-1".to_owned() }
}

pub(crate) fn input() -> InputRef {
    InputRef {
        drv: "/nix/store/tool.drv".to_owned(),
        name: "tool-1".to_owned(),
        pname: "tool".to_owned(),
        outputs: vec!["out".to_owned()],
        keys: vec!["buildInputs".to_owned()],
    }
}

/// An experiment in a sandbox, on an input that the output does not mention.
pub(crate) fn experiment(kind: ExperimentKind, outcome: Outcome, checks: Checks) -> Experiment {
    Experiment {
        package: package(),
        recipe: RecipeDigest([7; 32]),
        input: input(),
        chain: Vec::new(),
        experiment: kind,
        against: None,
        poisoned: false,
        outcome,
        compared: None,
        checks,
        phase: None,
        referenced: false,
        sandboxed: true,
        files: Vec::new(),
        differing: 0,
        seconds: 1,
    }
}

/// A trace of a build that opened one file in each of these phases.
pub(crate) fn trace(phases: &[Option<&str>]) -> Trace {
    let opened =
        |phase: &Option<&str>| OpenedIn { phase: phase.map(str::to_owned), files: 1, first: "bin/tool".to_owned() };
    Trace {
        package: package(),
        recipe: RecipeDigest([7; 32]),
        input: input(),
        chain: Vec::new(),
        opened: phases.iter().map(opened).collect(),
        referenced: false,
        sandboxed: true,
    }
}
