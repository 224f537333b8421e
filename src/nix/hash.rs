//! Store paths from contents: how Nix names derivations and their outputs.
//!
//! The rules are those of Nix's `libstore/store-api.cc` (`makeStorePath`) and
//! `libstore/derivations.cc` (`hashDerivationModulo`): a fixed output's path follows from its hash
//! alone; an input-addressed one's from the derivation in which every input is replaced by *its*
//! hash modulo fixed outputs, so that how a source is fetched never changes what is built from it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::aterm;
use super::derivation::{Derivation, OutputKind, UsedOutputs};
use super::nixbase32;
use super::store_path::Digest;

/// A sha256.
pub type Sha256Hash = [u8; 32];

fn sha256(text: &[u8]) -> Sha256Hash {
    Sha256::digest(text).into()
}

/// The digest of the store path of `name` for a fingerprint type and inner hash: the sha256 of
/// `type:sha256:<inner hex>:<store dir>:<name>`, folded to 160 bits.
#[must_use]
pub fn store_digest(kind: &str, inner: &Sha256Hash, store_dir: &str, name: &str) -> Digest {
    let fingerprint = format!("{kind}:sha256:{}:{store_dir}:{name}", HEXLOWER.encode(inner));
    let mut folded = [0u8; 20];
    for (i, byte) in sha256(fingerprint.as_bytes()).into_iter().enumerate() {
        folded[i % 20] ^= byte;
    }
    Digest::from_prefix(nixbase32::encode(&folded).as_bytes()).unwrap_or(Digest::NONE)
}

/// The name of the store path of an output: the derivation's name, and `-output` unless it is `out`.
#[must_use]
pub fn output_path_name<'a>(drv_name: &'a str, output: &str) -> Cow<'a, str> {
    if output == "out" { Cow::Borrowed(drv_name) } else { Cow::Owned(format!("{drv_name}-{output}")) }
}

/// The digest of a fixed output. `algorithm` carries the method as in an ATerm (`r:sha256`,
/// `text:sha256`, `git:sha1`, `sha256`); `hash` is base 16.
#[must_use]
pub fn fixed_output_digest(store_dir: &str, path_name: &str, algorithm: &str, hash: &str) -> Digest {
    match (algorithm, decode_sha256(hash)) {
        ("r:sha256", Some(hash)) => store_digest("source", &hash, store_dir, path_name),
        ("text:sha256", Some(hash)) => store_digest("text", &hash, store_dir, path_name),
        _ => {
            let inner = sha256(format!("fixed:out:{algorithm}:{hash}:").as_bytes());
            store_digest("output:out", &inner, store_dir, path_name)
        }
    }
}

fn decode_sha256(hex: &str) -> Option<Sha256Hash> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

/// The digest of a derivation's own path: its text, with what it refers to.
/// `references` are absolute paths.
#[must_use]
pub fn derivation_digest<'a>(
    store_dir: &str,
    name: &str,
    text: &[u8],
    references: impl IntoIterator<Item = &'a str>,
) -> Digest {
    let mut references: Vec<&str> = references.into_iter().collect();
    references.sort_unstable();
    references.dedup();
    let mut kind = String::from("text");
    for reference in references {
        kind.push(':');
        kind.push_str(reference);
    }
    store_digest(&kind, &sha256(text), store_dir, name)
}

/// What stands in a derivation's own environment for an output whose path is not known yet.
#[must_use]
pub fn own_placeholder(output: &str) -> String {
    format!("/{}", nixbase32::encode(&sha256(format!("nix-output:{output}").as_bytes())))
}

/// What stands in a consumer for an output of `drv` (hash part and name without `.drv`) whose path
/// is not known yet.
#[must_use]
pub fn upstream_placeholder(drv: Digest, drv_name: &str, output: &str) -> String {
    let clear = format!("nix-upstream-output:{}:{}", drv.as_str(), output_path_name(drv_name, output));
    format!("/{}", nixbase32::encode(&sha256(clear.as_bytes())))
}

/// A derivation's hash modulo fixed outputs: what stands for it when its consumers are hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modulo {
    /// Every output has its own hash (a fixed-output derivation).
    Fixed(BTreeMap<Vec<u8>, Sha256Hash>),
    /// One hash for the whole derivation.
    Regular(Sha256Hash),
    /// Depends on a floating or impure output: consumers' paths are not known before the build.
    Deferred(Sha256Hash),
}

impl Modulo {
    fn of_output(&self, output: &[u8]) -> Option<&Sha256Hash> {
        match self {
            Self::Fixed(hashes) => hashes.get(output),
            Self::Regular(hash) | Self::Deferred(hash) => Some(hash),
        }
    }
}

/// A derivation's hash modulo and the digests that its outputs must have.
#[derive(Debug, Clone)]
pub struct Expected {
    /// What stands for the derivation in its consumers.
    pub modulo: Modulo,
    /// By output, in the derivation's order: the right digest, or `None` where no path is known
    /// before the build.
    pub outputs: Vec<Option<Digest>>,
}

/// Recomputes what follows from a derivation. `inputs` answers with the hash modulo of an input by
/// its path.
///
/// # Errors
/// With the path of the first input (or output of it) that `inputs` does not know.
pub fn expect<'m>(
    derivation: &Derivation<'_>,
    store_dir: &str,
    drv_name: &str,
    inputs: impl Fn(&[u8]) -> Option<&'m Modulo>,
) -> Result<Expected, Vec<u8>> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if derivation.is_fixed_output() {
        let mut hashes = BTreeMap::new();
        let mut outputs = Vec::with_capacity(derivation.outputs.len());
        for output in &derivation.outputs {
            let (algorithm, hash) = (text(&output.algorithm), text(&output.hash));
            let name = output_path_name(drv_name, &text(&output.name)).into_owned();
            let digest = fixed_output_digest(store_dir, &name, &algorithm, &hash);
            let path = format!("{store_dir}/{}-{name}", digest.as_str());
            hashes.insert(output.name.to_vec(), sha256(format!("fixed:out:{algorithm}:{hash}:{path}").as_bytes()));
            outputs.push(Some(digest));
        }
        return Ok(Expected { modulo: Modulo::Fixed(hashes), outputs });
    }

    let mut deferred =
        derivation.outputs.iter().any(|output| !matches!(output.kind(), Some(OutputKind::InputAddressed)));
    // inputs by hash: two that fetch the same become one, with the outputs of both
    let mut by_hash: BTreeMap<String, UsedOutputs<'_>> = BTreeMap::new();
    for (path, used) in &derivation.input_derivations {
        let modulo = inputs(path).ok_or_else(|| path.to_vec())?;
        deferred |= matches!(modulo, Modulo::Deferred(_)) || !used.dynamic.is_empty();
        for name in &used.names {
            let hash = modulo.of_output(name).ok_or_else(|| [path, &b"!"[..], name].concat())?;
            let merged = by_hash.entry(HEXLOWER.encode(hash)).or_default();
            if let Err(at) = merged.names.binary_search_by(|known| known.as_ref().cmp(name)) {
                merged.names.insert(at, Cow::Borrowed(name));
            }
        }
    }
    let printed = |mask| {
        let inputs = by_hash.iter().map(|(hash, used)| (hash.as_bytes(), Cow::Borrowed(used)));
        sha256(&aterm::print_with(derivation, inputs, mask))
    };
    let masked = (!deferred).then(|| printed(true));
    let outputs = derivation.outputs.iter().map(|output| {
        let name = text(&output.name);
        let path_name = output_path_name(drv_name, &name);
        masked.map(|hash| store_digest(&format!("output:{name}"), &hash, store_dir, &path_name))
    });
    let outputs = outputs.collect();
    let modulo = if deferred { Modulo::Deferred(printed(false)) } else { Modulo::Regular(printed(false)) };
    Ok(Expected { modulo, outputs })
}

#[cfg(test)]
#[path = "hash_tests.rs"]
mod tests;
