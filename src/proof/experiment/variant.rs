//! A package without an input, or with something else in its place, ready to be built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::consumer::{Candidate, Consumer};
use super::error::ExperimentError;
use super::expression::expression;
use super::failure::Built;
use super::hidden::Hidden;
use super::nix::Instantiated;
use super::propagation::{Copies, Edit, brought, copy_carriers};
use super::prover::{Prover, SECOND, lock};
use super::recipe::Recipe;
use super::sandbox::is_hidden;
use super::stand_in::{Filling, digest_of, stub};
use crate::nix::Digest;
use crate::proof::comparison::CompareParams;

/// A package without an input, or with something else in its place.
pub(super) struct Variant {
    pub(super) recipe: Recipe,
    pub(super) params: CompareParams,
    /// What it must not find on the machine.
    pub(super) hidden: Option<Hidden>,
}

impl Prover {
    /// The package without the input; `None` where something other than a list names it, or no list that the
    /// build sees has it, so that nothing would be taken out.
    pub(super) fn without(
        &self,
        consumer: &Consumer,
        candidate: &Candidate,
    ) -> Result<Option<Variant>, ExperimentError> {
        let gone = candidate.outputs.iter().map(|(_, path)| path.clone()).collect();
        let edit = Edit { gone, ..Edit::default() };
        let copies = copy_carriers(&self.nix, &consumer.recipe.listed(), &edit)?;
        let mut recipe = consumer.recipe.clone();
        recipe.edit_lists(&edit.gone, &copies.paths);
        if !recipe.naming(&candidate.digests()).is_empty() || is_unchanged(&recipe, consumer, &copies) {
            return Ok(None);
        }
        recipe.forget_unnamed(&consumer.recipe, &consumer.inputs);
        // what comes along with it alone goes with it
        let left = brought(&self.nix, &recipe.listed().into_iter().collect())?;
        let gone = brought(&self.nix, &edit.gone)?;
        let places: Vec<PathBuf> = gone.difference(&left).map(|path| self.nix.place(path)).collect();
        let hidden = Hidden::of(&places, &self.settings.sandbox_paths, &|path| self.nix.followed(&path));
        let hidden = (!hidden.paths.is_empty()).then_some(hidden);
        let params = CompareParams { input: candidate.digests().into_iter().collect(), ..counterparts(&copies) };
        recipe.add_sources(copies.paths.into_values().chain(copies.references));
        Ok(Some(Variant { recipe, params, hidden }))
    }

    /// The package with something else in the place of the input; `None` where nothing that the build sees
    /// names it.
    pub(super) fn with(
        &self,
        consumer: &Consumer,
        candidate: &Candidate,
        edit: Edit,
    ) -> Result<Option<Variant>, ExperimentError> {
        let copies = copy_carriers(&self.nix, &consumer.recipe.listed(), &edit)?;
        let mut recipe = consumer.recipe.clone();
        recipe.edit_lists(&BTreeSet::new(), &copies.paths);
        let digests = |pairs: &BTreeMap<String, String>| -> BTreeMap<Digest, Digest> {
            pairs.iter().filter_map(|(from, to)| Some((digest_of(from)?, digest_of(to)?))).collect()
        };
        recipe.exchange_everywhere(&edit.exchanged);
        if is_unchanged(&recipe, consumer, &copies) {
            return Ok(None);
        }
        recipe.forget_unnamed(&consumer.recipe, &consumer.inputs);
        let mut params = counterparts(&copies);
        params.input = candidate.digests().into_iter().collect();
        params.exchanged = digests(&edit.exchanged).into_iter().map(|(from, to)| (to, from)).collect();
        let mut needed: BTreeSet<String> = copies.paths.into_values().chain(copies.references).collect();
        for (from, to) in &edit.exchanged {
            needed.insert(to.clone());
            // what it brings along
            let references = self.nix.references(if edit.everywhere { to } else { from })?;
            needed.extend(references.into_iter().filter(|path| !edit.exchanged.contains_key(path)));
        }
        recipe.add_sources(needed);
        Ok(Some(Variant { recipe, params, hidden: None }))
    }

    /// Stubs of all outputs that are there.
    pub(super) fn stubs(&self, candidate: &Candidate, filling: Filling) -> Result<Edit, ExperimentError> {
        let mut edit = Edit::default();
        for (_, path) in &candidate.outputs {
            if self.nix.place(path).symlink_metadata().is_ok() {
                let key = (path.clone(), filling);
                let known = lock(&self.stubs).get(&key).cloned();
                let stub = match known {
                    Some(stub) => stub,
                    None => stub(&self.nix, path, filling)?,
                };
                lock(&self.stubs).insert(key, stub.clone());
                edit.exchanged.insert(path.clone(), stub);
            }
        }
        Ok(edit)
    }

    /// Another version, or the input made again under another hash, in all its outputs; `None` for a source.
    pub(super) fn rebuilt(&self, candidate: &Candidate) -> Result<Option<Edit>, ExperimentError> {
        let made = match (&self.params.next, &candidate.recipe) {
            (Some(next), _) => Instantiated { drv: next.drv.clone(), outputs: next.outputs.clone() },
            (None, Some(recipe)) => self.nix.instantiate(&self.salted(recipe.clone(), SECOND, None)?)?,
            (None, None) => return Ok(None),
        };
        if let Built::Failed { tail, .. } = self.nix.build(&made.drv, None)? {
            return Err(ExperimentError::Needed { drv: made.drv, message: tail });
        }
        let exchanged = candidate
            .outputs
            .iter()
            .filter_map(|(name, path)| Some((path.clone(), made.outputs.get(name)?.clone())))
            .collect();
        Ok(Some(Edit { exchanged, everywhere: true, ..Edit::default() }))
    }

    /// Whether what is to be hidden is.
    pub(super) fn stays_hidden(&self, consumer: &Consumer, variant: &Variant) -> Result<bool, ExperimentError> {
        variant.hidden.as_ref().map_or(Ok(true), |hidden| is_hidden(&self.nix, &consumer.recipe, hidden))
    }
}

/// Copies of carriers stand for the carriers.
fn counterparts(copies: &Copies) -> CompareParams {
    let pairs = copies.paths.iter().filter_map(|(path, copy)| Some((digest_of(copy)?, digest_of(path)?)));
    CompareParams { counterparts: pairs.collect(), ..CompareParams::default() }
}

/// Whether an edited recipe is what it was, and no carrier of an input another one.
fn is_unchanged(recipe: &Recipe, consumer: &Consumer, copies: &Copies) -> bool {
    copies.paths.is_empty() && expression(recipe) == expression(&consumer.recipe)
}
