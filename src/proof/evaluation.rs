//! What Nix is asked of packages, with and without their checks.

use std::path::Path;

use serde::Deserialize;

use crate::ingest::evaluate::{Argument, NixError, Oracle, Ran, Refusal, RunError, Session};
use crate::verdict::Variant;

const EXPRESSION: &str = include_str!("probe.nix");

/// Why nothing at all could be probed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// There is no Nix.
    #[error(
        "nix-instantiate is not installed (or not in PATH); install Nix, or compare closures that were made elsewhere with --compare"
    )]
    NoNix,
    /// Nix cannot be run, or the file does not evaluate.
    #[error(transparent)]
    Nix(NixError),
}

impl From<NixError> for ProbeError {
    fn from(error: NixError) -> Self {
        match error {
            NixError::NoNix => Self::NoNix,
            error => Self::Nix(error),
        }
    }
}

/// An expression that has packages.
#[derive(Debug, Clone)]
pub(super) struct Evaluation(Session);

/// An attribute, and its path.
pub(super) type Asked = (String, Vec<String>);

/// What Nix says of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Answer {
    pub(super) base: Option<String>,
    pub(super) without: Option<String>,
    pub(super) variant: Option<Variant>,
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
struct Answers {
    system: String,
    results: Vec<Answer>,
}

impl Evaluation {
    /// Of a file, a folder, or `<name>` of the search path.
    pub(super) fn new(
        file: &Path,
        arguments: &[Argument],
        system: Option<String>,
        store_root: Option<&Path>,
    ) -> Result<Self, NixError> {
        Session::new(EXPRESSION, file, arguments, system, store_root).map(Self)
    }

    /// Evaluates what holds for all attributes, and gives the system that packages are for.
    pub(super) fn check(&self) -> Result<String, NixError> {
        let answers: Answers = self.0.check(&[("paths", "[]"), ("variants", "both")])?;
        Ok(answers.system)
    }

    /// The derivation of one package, or why there is none.
    pub(super) fn package(&self, asked: &Asked) -> Result<Result<String, String>, NixError> {
        match self.run(std::slice::from_ref(asked), "package") {
            Ok(answers) => Ok(match answers.into_iter().next() {
                Some(Answer { base: Some(base), .. }) => Ok(base),
                answer => {
                    Err(answer.and_then(|answer| answer.error).unwrap_or_else(|| "Nix gives no derivation".to_owned()))
                }
            }),
            Err(RunError::Evaluation(refusal)) => Ok(Err(refusal.message)),
            Err(RunError::Fatal(error)) => Err(error),
        }
    }

    fn run(&self, asked: &[Asked], variants: &str) -> Result<Vec<Answer>, RunError> {
        let paths: Vec<&[String]> = asked.iter().map(|(_, path)| path.as_slice()).collect();
        // texts under fixed keys: there is nothing that JSON cannot say
        let paths = serde_json::to_string(&paths).unwrap_or_default();
        let answers: Answers = self.0.ask(&[("paths", &paths), ("variants", variants)])?;
        Ok(answers.results)
    }
}

impl Oracle for Evaluation {
    type Question = Asked;
    type Answer = Answer;

    fn size(&self, (attribute, path): &Asked) -> usize {
        attribute.len() + 4 * path.len() + 4
    }

    fn ask(&self, asked: &[Asked]) -> Result<Ran<Answer>, NixError> {
        match self.run(asked, "both") {
            Ok(answers) => Ok(Ran::All(answers)),
            Err(RunError::Evaluation(refusal)) => Ok(Ran::None(refusal)),
            Err(RunError::Fatal(error)) => Err(error),
        }
    }

    /// Tells a failure of the package from one of its variant, by one more run.
    fn alone(&self, asked: &Asked, refusal: Refusal) -> Result<Answer, NixError> {
        let failed =
            |base, variant, message| Answer { base, without: None, variant: Some(variant), error: Some(message) };
        match self.run(std::slice::from_ref(asked), "package") {
            // the package itself is fine, unless it says otherwise
            Ok(answers) => Ok(match answers.into_iter().next() {
                Some(answer) if answer.error.is_some() => answer,
                Some(answer) => failed(answer.base, Variant::WithoutChecks, refusal.message),
                None => failed(None, Variant::Package, refusal.message),
            }),
            Err(RunError::Evaluation(refusal)) => Ok(failed(None, Variant::Package, refusal.message)),
            Err(RunError::Fatal(error)) => Err(error),
        }
    }
}
