//! Proves a closure intact: every path is recomputed from what it names.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxBuildHasher;

use super::problem::Problem;
use super::raw::{PathIndex, RawClosure};
use crate::nix::derivation::{Derivation, OutputKind, OwnedAssembler};
use crate::nix::hash::{self, Modulo};
use crate::nix::{Digest, StorePath, aterm};

/// What [`verify`] found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Derivations whose own path was recomputed.
    pub derivations: usize,
    /// Output paths and placeholders that were recomputed.
    pub outputs: usize,
    /// What does not fit, sorted. Codes: `wrong-derivation-path`, `wrong-output-path`,
    /// `wrong-output-variable`, `unverifiable`.
    pub problems: Vec<Problem>,
}

struct Item {
    digest: Digest,
    /// With `.drv`.
    name: String,
    derivation: Derivation<'static>,
    text: Vec<u8>,
}

/// Recomputes the path of every derivation from its text, and of every output from the derivation
/// and its inputs (floating ones by their placeholders). Needs a closure read with `keep_texts`.
///
/// A derivation with an input that is not in the closure, or known only by name, or in a cycle, is
/// `unverifiable` where its outputs are concerned. Time and memory are linear in the texts.
#[must_use]
pub fn verify(closure: &RawClosure) -> Verified {
    let mut verified = Verified::default();
    let mut items = items(closure, &mut verified.problems);
    items.sort_by(|a, b| (&a.name, a.digest).cmp(&(&b.name, b.digest)));
    items.dedup_by(|a, b| a.digest == b.digest && a.text == b.text);
    let by_digest: HashMap<Digest, usize, FxBuildHasher> =
        items.iter().enumerate().map(|(i, item)| (item.digest, i)).collect();

    for item in &items {
        own_path(closure, item, &mut verified);
    }
    let order = inputs_first(&items, &by_digest);
    let mut modulo: Vec<Option<Modulo>> = vec![None; items.len()];
    for &index in &order {
        let item = &items[index];
        let drv_name = item.name.strip_suffix(".drv").unwrap_or(&item.name);
        let lookup = |path: &[u8]| {
            let (_, path) = StorePath::from_absolute(path).ok()?;
            modulo[*by_digest.get(&path.digest)?].as_ref()
        };
        match hash::expect(&item.derivation, &closure.store_dir, drv_name, lookup) {
            Ok(expected) => {
                output_paths(closure, item, &expected.outputs, &mut verified);
                modulo[index] = Some(expected.modulo);
            }
            Err(input) => verified.problems.push(Problem::new(
                "unverifiable",
                format!(
                    "{}: its input {} is not in the closure, or could not be verified itself",
                    shown(closure, item),
                    String::from_utf8_lossy(&input)
                ),
            )),
        }
    }
    if order.len() < items.len() {
        let count = items.len() - order.len();
        verified.problems.push(Problem::new(
            "unverifiable",
            format!("{count} derivations are in a cycle of inputs, or depend on one"),
        ));
    }
    verified.problems.sort();
    verified
}

fn items(closure: &RawClosure, problems: &mut Vec<Problem>) -> Vec<Item> {
    let mut items = Vec::new();
    let texts = closure
        .chunks
        .iter()
        .flat_map(|chunk| chunk.derivations.iter().take(chunk.texts.len()).map(|raw| chunk.paths.digest(raw.path)));
    let with_text: HashSet<Digest, FxBuildHasher> = texts.collect();
    for chunk in &closure.chunks {
        let mut texts = chunk.texts.unpacker();
        for (i, raw) in chunk.derivations.iter().enumerate() {
            let name =
                |path: PathIndex| String::from_utf8_lossy(chunk.strings.get(chunk.paths.name(path))).into_owned();
            let Some(text) = texts.get(i) else {
                if with_text.contains(&chunk.paths.digest(raw.path)) {
                    continue;
                }
                problems.push(Problem::new(
                    "unverifiable",
                    format!("{}: only its name and inputs are known", name(raw.path)),
                ));
                continue;
            };
            // it has been parsed before; a failure would have ended the reading
            let mut assembler = OwnedAssembler::default();
            if aterm::parse_events(text, &mut assembler).is_ok() {
                let (digest, name) = (chunk.paths.digest(raw.path), name(raw.path));
                items.push(Item { digest, name, derivation: assembler.finish(), text: text.to_vec() });
            }
        }
    }
    items
}

fn shown(closure: &RawClosure, item: &Item) -> String {
    format!("{}/{}-{}", closure.store_dir, item.digest.as_str(), item.name)
}

fn own_path(closure: &RawClosure, item: &Item, verified: &mut Verified) {
    let inputs = item.derivation.input_derivations.iter().map(|(path, _)| path.as_ref());
    let references: Vec<&str> = inputs
        .chain(item.derivation.input_sources.iter().map(AsRef::as_ref))
        .map(|path| std::str::from_utf8(path).unwrap_or_default())
        .collect();
    let digest = hash::derivation_digest(&closure.store_dir, &item.name, &item.text, references);
    verified.derivations += 1;
    if digest != item.digest {
        verified.problems.push(Problem::new(
            "wrong-derivation-path",
            format!(
                "{}: its content hashes to {}; it was changed after Nix wrote it",
                shown(closure, item),
                digest.as_str()
            ),
        ));
    }
}

fn output_paths(closure: &RawClosure, item: &Item, expected: &[Option<Digest>], verified: &mut Verified) {
    let derivation = &item.derivation;
    let structured = derivation.variable(b"__json").is_some();
    for (output, expected) in derivation.outputs.iter().zip(expected) {
        let name = String::from_utf8_lossy(&output.name);
        verified.outputs += 1;
        if output.kind() == Some(OutputKind::Fixed) || expected.is_some() {
            let stated = StorePath::from_absolute(&output.path).map_or(Digest::NONE, |(_, path)| path.digest);
            let right = expected.unwrap_or(Digest::NONE);
            if stated != right {
                verified.problems.push(Problem::new(
                    "wrong-output-path",
                    format!(
                        "{}: output '{name}' is {}; its derivation makes {}",
                        shown(closure, item),
                        stated.as_str(),
                        right.as_str()
                    ),
                ));
            }
        }
        let variable = match output.kind() {
            Some(OutputKind::Floating | OutputKind::Impure) => hash::own_placeholder(&name).into_bytes(),
            Some(OutputKind::Deferred) => Vec::new(),
            _ => output.path.to_vec(),
        };
        match derivation.variable(&output.name) {
            Some(value) if value != variable => verified.problems.push(Problem::new(
                "wrong-output-variable",
                format!(
                    "{}: the variable '{name}' is '{}'; expected '{}'",
                    shown(closure, item),
                    String::from_utf8_lossy(value),
                    String::from_utf8_lossy(&variable)
                ),
            )),
            None if !structured => verified.problems.push(Problem::new(
                "wrong-output-variable",
                format!(
                    "{}: the variable '{name}' is missing; expected '{}'",
                    shown(closure, item),
                    String::from_utf8_lossy(&variable)
                ),
            )),
            _ => {}
        }
    }
}

/// An order in which every item stands after its inputs (Kahn); what is in a cycle, or behind one,
/// is left out.
fn inputs_first(items: &[Item], by_digest: &HashMap<Digest, usize, FxBuildHasher>) -> Vec<usize> {
    let mut waits = vec![0usize; items.len()];
    let mut consumers: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (consumer, item) in items.iter().enumerate() {
        for (path, _) in &item.derivation.input_derivations {
            let input = StorePath::from_absolute(path).ok().and_then(|(_, path)| by_digest.get(&path.digest));
            if let Some(&input) = input {
                waits[consumer] += 1;
                consumers[input].push(consumer);
            }
        }
    }
    let mut order: Vec<usize> = (0..items.len()).filter(|&i| waits[i] == 0).collect();
    let mut next = 0;
    while let Some(&done) = order.get(next) {
        next += 1;
        for &consumer in &consumers[done] {
            waits[consumer] -= 1;
            if waits[consumer] == 0 {
                order.push(consumer);
            }
        }
    }
    order
}
