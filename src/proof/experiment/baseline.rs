//! A package as it is, built twice: whether it builds the same, and which inputs its output mentions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::consumer::{Candidate, Consumer};
use super::error::ExperimentError;
use super::expression::expression;
use super::failure::Built;
use super::nix::Instantiated;
use super::prover::{FIRST, Prover, SECOND};
use crate::nix::Digest;
use crate::proof::comparison::CompareParams;
use crate::proof::outputs::Scanner;
use crate::verdict::{Carrier, FileChange, Outcome, Reference, ReferenceSource, References};

/// A package as it is, built twice.
#[derive(Debug)]
pub struct Baseline {
    pub(super) made: Instantiated,
    /// Whether both builds are the same.
    pub deterministic: bool,
    /// What differs between them.
    pub(super) difference: Vec<FileChange>,
    /// Which inputs its output mentions, and how.
    pub references: References,
    /// Whether builds run in a sandbox.
    pub sandboxed: bool,
    /// How long both builds took; nothing where they were there already.
    pub took: Duration,
}

impl Prover {
    /// Provides a package's inputs and builds it twice, as it is.
    ///
    /// # Errors
    /// When it does not build, or a build ends without an answer.
    pub fn baseline(&self, consumer: &Consumer) -> Result<Baseline, ExperimentError> {
        let again = self.nix.instantiate(&expression(&consumer.recipe))?;
        if again.drv != consumer.package.drv {
            return Err(ExperimentError::NotTheSame { drv: consumer.package.drv.clone(), other: again.drv });
        }
        self.nix.provide(&consumer.needs())?;
        let sandboxed = self.sandboxed(&consumer.recipe)?;
        let begun = Instant::now();
        let twin = |number| -> Result<Instantiated, ExperimentError> {
            let made = self.nix.instantiate(&self.salted(consumer.recipe.clone(), number, None)?)?;
            match self.nix.build(&made.drv, None)? {
                Built::Done => Ok(made),
                Built::Failed { phase, tail } => {
                    Err(ExperimentError::Baseline { drv: consumer.package.drv.clone(), phase, message: tail })
                }
            }
        };
        let made = twin(FIRST)?;
        let second = twin(SECOND)?;
        let took = begun.elapsed();
        let difference = self.compare(&made, &second, &CompareParams::default())?;
        Ok(Baseline {
            deterministic: difference.outcome == Outcome::Identical,
            difference: difference.files,
            references: self.references(consumer, &made)?,
            made,
            sandboxed: sandboxed && !consumer.recipe.escapes_sandbox(),
            took,
        })
    }

    /// Which of the inputs a build mentions, and how.
    pub(super) fn references(&self, consumer: &Consumer, made: &Instantiated) -> Result<References, ExperimentError> {
        let digests: BTreeSet<Digest> = consumer.candidates.iter().flat_map(Candidate::digests).collect();
        let scanner = Scanner::new(digests);
        // the files, each in its output, and how they carry it
        type Where<'t> = (BTreeSet<(&'t String, Vec<u8>)>, BTreeSet<Carrier>);
        let mut found: BTreeMap<Digest, Where<'_>> = BTreeMap::new();
        let trees = self.trees(made)?;
        for (output, tree) in &trees {
            for (digest, files) in tree.mentions(&scanner)? {
                let (paths, carriers) = found.entry(digest).or_default();
                for file in files {
                    carriers.extend(file.carriers.into_keys());
                    paths.insert((output, file.path));
                }
            }
        }
        let inputs = consumer.candidates.iter().filter_map(|candidate| {
            let (mut files, mut carriers) = (BTreeSet::new(), BTreeSet::new());
            for (of_path, of_carriers) in candidate.digests().iter().filter_map(|digest| found.get(digest)) {
                files.extend(of_path.iter().cloned());
                carriers.extend(of_carriers.iter().copied());
            }
            (!files.is_empty()).then(|| Reference {
                input: candidate.input.clone(),
                files: files.len() as u64,
                carriers: carriers.into_iter().collect(),
            })
        });
        Ok(References {
            package: consumer.package.clone(),
            recipe: consumer.digest,
            outputs: made.outputs.keys().cloned().collect(),
            inputs: inputs.collect(),
            source: ReferenceSource::Scan,
        })
    }
}
