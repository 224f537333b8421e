//! The counterfactual, made by the real Nix: packages with their checks off, in batches that survive
//! what cannot be evaluated.

use std::path::Path;

use super::evaluation::{Asked, Evaluation, ProbeError};
use super::pairs::{Pair, Pairs};
use crate::ingest::Progress;
use crate::ingest::evaluate::{Argument, in_batches, split_path};
use crate::verdict::{Failure, Variant};

/// An expression, made ready to be probed.
#[derive(Debug, Clone)]
pub struct Probe {
    evaluation: Evaluation,
    system: String,
}

/// What Nix says of the attributes: each is in one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    /// Where both derivations were made; they are in the store now.
    pub pairs: Pairs,
    /// Where one of them could not be made, sorted.
    pub failures: Vec<Failure>,
}

impl Probe {
    /// Evaluates the file alone: a Nix expression, a folder with a default.nix, or `<name>` of the search
    /// path. Its functions get the arguments that they take, as from `nix-instantiate`. `system` is what
    /// Nix takes for the current one, and is given as an argument too. Derivations are written into the
    /// store at `store_root`, unless the environment names one (`NIX_REMOTE`).
    ///
    /// # Errors
    /// When there is no Nix, or the file does not evaluate.
    pub fn new(
        file: &Path,
        arguments: &[Argument],
        system: Option<&str>,
        store_root: Option<&Path>,
    ) -> Result<Self, ProbeError> {
        let evaluation = Evaluation::new(file, arguments, system.map(str::to_owned), store_root)?;
        let system = evaluation.check()?;
        Ok(Self { evaluation, system })
    }

    /// The system that packages are evaluated for.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.system
    }

    /// Instantiates one attribute as it is, and gives its derivation's path, or why there is none.
    ///
    /// # Errors
    /// When Nix cannot be run any more.
    pub fn instantiate(&self, attribute: &str) -> Result<Result<String, String>, ProbeError> {
        let Some(path) = split_path(attribute) else {
            return Ok(Err("a quote in the attribute's path is not closed".to_owned()));
        };
        Ok(self.evaluation.package(&(attribute.to_owned(), path))?)
    }

    /// Instantiates attributes with and without checks, `batch` in one run of Nix, runs side by side on
    /// all threads. What ends a whole run is found by halving: at most two runs for each halving of the
    /// batch, and one more to tell a failure of the package from one of its variant. The answer does
    /// not depend on batches or timing.
    ///
    /// # Errors
    /// When Nix cannot be run any more.
    pub fn run(&self, attributes: &[String], batch: usize, progress: &Progress) -> Result<Probed, ProbeError> {
        let mut sorted: Vec<&String> = attributes.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut asked: Vec<Asked> = Vec::new();
        let mut probed = Probed::default();
        for attribute in sorted {
            match split_path(attribute) {
                Some(path) => asked.push((attribute.clone(), path)),
                None => probed.failures.push(Failure {
                    attribute: attribute.clone(),
                    variant: Variant::Package,
                    error: "a quote in the attribute's path is not closed".to_owned(),
                }),
            }
        }
        let answers = in_batches(&self.evaluation, &asked, batch, progress)?;
        for ((attribute, _), answer) in asked.into_iter().zip(answers) {
            match (answer.base, answer.without) {
                (Some(base), Some(without_checks)) => {
                    probed.pairs.0.insert(attribute, Pair { base, without_checks });
                }
                (base, _) => {
                    let known = if base.is_some() { Variant::WithoutChecks } else { Variant::Package };
                    let variant = answer.variant.unwrap_or(known);
                    let error = answer.error.unwrap_or_else(|| "Nix gives no derivation".to_owned());
                    probed.failures.push(Failure { attribute, variant, error });
                }
            }
        }
        probed.failures.sort();
        Ok(probed)
    }
}
