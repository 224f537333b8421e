//! The counterfactual, made by the real Nix: packages with their checks off, in batches that survive
//! what cannot be evaluated.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::evaluation::{Answer, Argument, Evaluation, ProbeError, RunError};
use super::pairs::{Pair, Pairs};
use crate::ingest::Progress;
use crate::verdict::{Failure, Variant};

/// How many bytes of attribute paths one run is given: far below what a system takes.
const BATCH_BYTES: usize = 48 * 1024;

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

/// An attribute, and its path.
type Asked = (String, Vec<String>);

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
            match attribute_path(attribute) {
                Some(path) => asked.push((attribute.clone(), path)),
                None => probed.failures.push(Failure {
                    attribute: attribute.clone(),
                    variant: Variant::Package,
                    error: "a quote in the attribute's path is not closed".to_owned(),
                }),
            }
        }
        let shared = Shared { probe: self, progress, answers: Mutex::default(), fatal: Mutex::default() };
        // no thread without work
        let batch = batch.min(asked.len().div_ceil(rayon::current_num_threads())).max(1);
        rayon::scope(|scope| {
            for batch in asked.chunks(batch) {
                scope.spawn(|scope| shared.batch(batch, scope));
            }
        });
        if let Some(error) = shared.fatal.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        for (attribute, answer) in shared.answers.into_inner().unwrap_or_else(PoisonError::into_inner) {
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

struct Shared<'p> {
    probe: &'p Probe,
    progress: &'p Progress,
    answers: Mutex<BTreeMap<String, Answer>>,
    fatal: Mutex<Option<ProbeError>>,
}

impl Shared<'_> {
    fn batch<'s>(&'s self, asked: &'s [Asked], scope: &rayon::Scope<'s>) {
        if self.fatal.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        let bytes: usize = asked.iter().map(|(attribute, path)| attribute.len() + 4 * path.len() + 4).sum();
        if asked.len() > 1 && bytes > BATCH_BYTES {
            return self.halve(asked, scope);
        }
        let paths: Vec<&[String]> = asked.iter().map(|(_, path)| path.as_slice()).collect();
        match self.probe.evaluation.ask(&paths, false) {
            Ok(answers) => self.keep(asked, answers),
            Err(RunError::Evaluation(_)) if asked.len() > 1 => self.halve(asked, scope),
            Err(RunError::Evaluation(message)) => match self.probe.evaluation.ask(&paths, true) {
                Ok(answers) => {
                    // the package itself is fine, unless it says otherwise
                    let variant = |answer: Answer| match answer.error {
                        Some(_) => answer,
                        None => {
                            Answer { variant: Some(Variant::WithoutChecks), error: Some(message.clone()), ..answer }
                        }
                    };
                    self.keep(asked, answers.into_iter().map(variant).collect());
                }
                Err(RunError::Evaluation(message)) => {
                    let variant = Some(Variant::Package);
                    self.keep(asked, vec![Answer { base: None, without: None, variant, error: Some(message) }]);
                }
                Err(RunError::Fatal(error)) => self.stop(error),
            },
            Err(RunError::Fatal(error)) => self.stop(error),
        }
    }

    fn halve<'s>(&'s self, asked: &'s [Asked], scope: &rayon::Scope<'s>) {
        let (first, second) = asked.split_at(asked.len() / 2);
        scope.spawn(move |scope| self.batch(first, scope));
        scope.spawn(move |scope| self.batch(second, scope));
    }

    fn keep(&self, asked: &[Asked], answers: Vec<Answer>) {
        self.progress.add(asked.len() as u64);
        let mut kept = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(asked.iter().map(|(attribute, _)| attribute.clone()).zip(answers));
    }

    fn stop(&self, error: ProbeError) {
        self.fatal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// The names of an attribute's path, as Nix splits them: at dots outside double quotes. `None` when a
/// quote is not closed.
fn attribute_path(attribute: &str) -> Option<Vec<String>> {
    let mut names = vec![String::new()];
    let mut within = false;
    for c in attribute.chars() {
        match (c, names.last_mut()) {
            ('"', _) => within = !within,
            ('.', _) if !within => names.push(String::new()),
            (_, Some(name)) => name.push(c),
            (_, None) => {}
        }
    }
    (!within).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_attributes() {
        let check = |attribute: &str, expect: Option<&[&str]>| {
            let path = attribute_path(attribute);
            assert_eq!(path.as_ref().map(|path| path.iter().map(String::as_str).collect()), expect.map(Vec::from));
        };
        check("hello", Some(&["hello"]));
        check("a.b.c", Some(&["a", "b", "c"]));
        check(r#"a."b.c".d"#, Some(&["a", "b.c", "d"]));
        check(r#"a."b"#, None);
        check("", Some(&[""]));
    }
}
