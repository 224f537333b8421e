//! Attributes: what an evaluation calls its derivations.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;

use super::collector::drv_name;
use super::json_stream::Piece;
use super::meta::Meta;
use super::problem::{IngestError, Problem};
use super::raw::{
    Chunk, Origin, PathIndex, RawAttribute, RawDerivation, RawInput, RawOutput, Symbol, TextHashes, flag, hash_name,
};
use super::system::split_system;
use crate::nix::json::JsonError;
use crate::nix::{Digest, StorePath};

/// One line of nix-eval-jobs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job<'j> {
    #[serde(borrow)]
    attr: Cow<'j, str>,
    #[serde(borrow)]
    system: Option<Cow<'j, str>>,
    #[serde(borrow)]
    drv_path: Option<Cow<'j, str>>,
    outputs: Option<BTreeMap<String, Option<String>>>,
    input_drvs: Option<BTreeMap<String, UsedOutputs>>,
    #[serde(borrow)]
    error: Option<Cow<'j, str>>,
    meta: Option<Meta>,
}

/// Inputs as nix-eval-jobs prints them; newer versions as `nix derivation show` does.
#[derive(Deserialize)]
#[serde(untagged)]
enum UsedOutputs {
    Names(Vec<String>),
    Object { outputs: Vec<String> },
}

/// One entry of `nix-env -qaP --json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package<'p> {
    #[serde(borrow)]
    system: Option<Cow<'p, str>>,
    #[serde(borrow)]
    drv_path: Option<Cow<'p, str>>,
    outputs: Option<BTreeMap<String, Option<String>>>,
    #[serde(borrow)]
    out_path: Option<Cow<'p, str>>,
    meta: Option<Meta>,
}

/// Whether a text begins with an object that is a line of nix-eval-jobs: its key `attr` holds a
/// string. (An attribute may be *called* `attr`; then it holds an object.)
pub(crate) fn looks_like_a_job(text: &[u8]) -> bool {
    /// Reads keys until `attr` has come, or the text has ended.
    struct Search<'f>(&'f mut bool);
    impl<'de> serde::de::Visitor<'de> for Search<'_> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            let mut entries = 0;
            while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                if matches!(key.as_ref(), "attr" | "drvPath" | "error") {
                    *self.0 = map.next_value::<serde_json::Value>()?.is_string();
                    return Ok(());
                }
                map.next_value::<serde::de::IgnoredAny>()?;
                entries += 1;
                if entries > 64 {
                    break;
                }
            }
            Ok(())
        }
    }
    let mut found = false;
    // an error is one of the cut text, or is told by who reads on
    let _ = serde::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_slice(text), Search(&mut found));
    found
}

/// Collects the attributes of one input.
pub(crate) struct Attributes {
    path: String,
    input: u32,
    chunk: Chunk,
    failed: Vec<String>,
}

impl Attributes {
    pub(crate) fn new(path: &str, input: u32) -> Self {
        Self { path: path.to_owned(), input, chunk: Chunk::default(), failed: Vec::new() }
    }

    fn parse<'p, T: Deserialize<'p>>(&self, piece: Piece<'p>, what: &str) -> Result<T, IngestError> {
        serde_json::from_slice(piece.text).map_err(|error| {
            let JsonError { offset, message } = JsonError::from_serde(piece.text, &error);
            IngestError::malformed(&self.path, piece.offset + offset as u64, format!("{what}: {message}"))
        })
    }

    /// A line of nix-eval-jobs.
    pub(crate) fn job(&mut self, piece: Piece<'_>, store_dir: &str) -> Result<(), IngestError> {
        let job: Job<'_> = self.parse(piece, "a line of nix-eval-jobs")?;
        if let Some(error) = job.error {
            let first =
                error.lines().rfind(|line| line.contains("error:")).or(error.lines().next()).unwrap_or_default();
            self.failed.push(format!("{} ({})", job.attr, first.trim()));
            self.chunk.fail(&job.attr, job.system.as_deref(), &error);
            return Ok(());
        }
        let Some(drv_path) = job.drv_path else {
            return Err(IngestError::malformed(
                &self.path,
                piece.offset,
                format!("attribute '{}' has neither drvPath nor error", job.attr),
            ));
        };
        let outputs = job.outputs.unwrap_or_default();
        let derivation = self.drv_path(&drv_path, store_dir, piece.offset)?;
        if let Some(inputs) = job.input_drvs {
            self.derivation(derivation, job.system.as_deref(), &outputs, inputs, store_dir, piece.offset)?;
        }
        let paths = outputs.values().flatten().map(String::as_str);
        self.attribute(
            &job.attr,
            job.system.as_deref(),
            Some(derivation),
            paths,
            job.meta.unwrap_or_default(),
            store_dir,
            piece.offset,
        )
    }

    /// An entry of `nix-env --json` or of nixpkgs CI's outpaths.
    pub(crate) fn entry(&mut self, attr: &str, piece: Piece<'_>, store_dir: &str) -> Result<(), IngestError> {
        let offset = piece.offset;
        // outpaths: {"out": "/nix/store/…", …} and nothing else
        if let Ok(outputs) = serde_json::from_slice::<BTreeMap<Cow<'_, str>, Cow<'_, str>>>(piece.text)
            && outputs.values().all(|path| path.starts_with('/'))
            && !outputs.keys().any(|key| matches!(key.as_ref(), "drvPath" | "outPath"))
        {
            if outputs.is_empty() {
                return Err(IngestError::malformed(&self.path, offset, format!("attribute '{attr}' has no outputs")));
            }
            let paths = outputs.values().map(AsRef::as_ref);
            return self.attribute(attr, None, None, paths, Meta::default(), store_dir, offset);
        }
        let package: Package<'_> = self.parse(piece, &format!("attribute '{attr}'"))?;
        let mut paths: Vec<&str> =
            package.outputs.iter().flat_map(BTreeMap::values).flatten().map(String::as_str).collect();
        paths.extend(package.out_path.as_deref());
        if package.drv_path.is_none() && paths.is_empty() {
            return Err(IngestError::malformed(
                &self.path,
                offset,
                format!(
                    "attribute '{attr}' has neither drvPath nor outputs; give nix-env --out-path (and --drv-path where it knows it)"
                ),
            ));
        }
        let derivation = match package.drv_path {
            Some(path) => Some(self.drv_path(&path, store_dir, offset)?),
            None => None,
        };
        self.attribute(
            attr,
            package.system.as_deref(),
            derivation,
            paths,
            package.meta.unwrap_or_default(),
            store_dir,
            offset,
        )
    }

    /// An attribute whose derivation is known from elsewhere.
    pub(crate) fn stated(&mut self, attr: &str, drv_path: &str, store_dir: &str) -> Result<(), IngestError> {
        let derivation = self.drv_path(drv_path, store_dir, 0)?;
        self.attribute(attr, None, Some(derivation), [], Meta::default(), store_dir, 0)
    }

    /// The path of a derivation.
    fn drv_path(&mut self, text: &str, store_dir: &str, offset: u64) -> Result<PathIndex, IngestError> {
        let base = text.rsplit('/').next().unwrap_or(text);
        if StorePath::from_base_name(base.as_bytes()).is_ok_and(|path| drv_name(&path).is_none()) {
            let message = format!("'{text}' is no path of a derivation: these end in .drv");
            return Err(IngestError::malformed(&self.path, offset, message));
        }
        self.store_path(text, store_dir, offset)
    }

    fn store_path(&mut self, text: &str, store_dir: &str, offset: u64) -> Result<PathIndex, IngestError> {
        let wrong = |message: String| IngestError::malformed(&self.path, offset, message);
        let path = match StorePath::from_absolute(text.as_bytes()) {
            Ok((dir, path)) if dir == store_dir.as_bytes() => path,
            Ok(_) => {
                return Err(wrong(format!("'{text}' lies in another store directory than the others ('{store_dir}')")));
            }
            Err(_) if !text.contains('/') => {
                StorePath::from_base_name(text.as_bytes()).map_err(|error| wrong(format!("'{text}': {error}")))?
            }
            Err(error) => return Err(wrong(format!("'{text}': {error}"))),
        };
        let name_hash = hash_name(path.name.as_bytes());
        match self.chunk.paths.find(&path.digest, name_hash) {
            Some((known, true)) => Ok(known),
            Some((_, false)) => Err(wrong(format!("the hash part of '{text}' stands before another name, too"))),
            None => {
                let name = self.chunk.strings.append(path.name.as_bytes());
                Ok(self.chunk.paths.add(path.digest, name, name_hash))
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one record, given once")]
    fn attribute<'p>(
        &mut self,
        attr: &str,
        system: Option<&str>,
        derivation: Option<PathIndex>,
        outputs: impl IntoIterator<Item = &'p str>,
        meta: Meta,
        store_dir: &str,
        offset: u64,
    ) -> Result<(), IngestError> {
        let start = self.chunk.attribute_outputs.len() as u32;
        for output in outputs {
            let path = self.store_path(output, store_dir, offset)?;
            self.chunk.attribute_outputs.push(path);
        }
        let (name, suffix) = split_system(attr);
        let maintainers = self.people(&meta.maintainers);
        let teams = self.people(&meta.teams);
        let strings = &mut self.chunk.strings;
        let intern = |text: Option<&str>, strings: &mut super::raw::Strings| {
            text.map_or(Symbol::NONE, |text| strings.intern(text.as_bytes()))
        };
        let attribute = RawAttribute {
            name: strings.intern(name.as_bytes()),
            system: intern(suffix.or(system), strings),
            derivation,
            outputs: start..self.chunk.attribute_outputs.len() as u32,
            position: intern(meta.position.as_deref(), strings),
            maintainers,
            teams,
            origin: Origin { input: self.input, offset },
        };
        self.chunk.attributes.push(attribute);
        Ok(())
    }

    /// Keeps these names, and gives where.
    fn people(&mut self, names: &[String]) -> Range<u32> {
        let start = self.chunk.people.len() as u32;
        for name in names {
            let name = self.chunk.strings.intern(name.as_bytes());
            self.chunk.people.push(name);
        }
        start..self.chunk.people.len() as u32
    }

    /// A derivation of which only inputs and outputs are known.
    fn derivation(
        &mut self,
        path: PathIndex,
        system: Option<&str>,
        outputs: &BTreeMap<String, Option<String>>,
        inputs: BTreeMap<String, UsedOutputs>,
        store_dir: &str,
        offset: u64,
    ) -> Result<(), IngestError> {
        let outputs_start = self.chunk.outputs.len() as u32;
        for (name, output) in outputs {
            let digest = match output {
                Some(output) => {
                    let index = self.store_path(output, store_dir, offset)?;
                    self.chunk.paths.digest(index)
                }
                None => Digest::NONE,
            };
            let name = self.chunk.strings.intern(name.as_bytes());
            self.chunk.outputs.push(RawOutput { name, digest });
        }
        let inputs_start = self.chunk.inputs.len() as u32;
        for (input, used) in inputs {
            let (UsedOutputs::Names(mut names) | UsedOutputs::Object { outputs: mut names }) = used;
            names.sort();
            names.dedup();
            let path = self.drv_path(&input, store_dir, offset)?;
            let outputs = self.chunk.strings.intern(names.join(",").as_bytes());
            self.chunk.inputs.push(RawInput { path, outputs });
        }
        let chunk = &mut self.chunk;
        let floating = chunk.outputs[outputs_start as usize..].iter().any(|output| !output.digest.is_some());
        let (sources, mentions) = (chunk.sources.len() as u32, chunk.mentions.len() as u32);
        chunk.derivations.push(RawDerivation {
            path,
            system: system.map_or(Symbol::NONE, |system| chunk.strings.intern(system.as_bytes())),
            pname: Symbol::NONE,
            version: Symbol::NONE,
            features: Symbol::NONE,
            flags: flag::NO_RECIPE | if floating { flag::DEFERRED } else { 0 },
            origin: Origin { input: self.input, offset },
            outputs: outputs_start..chunk.outputs.len() as u32,
            inputs: inputs_start..chunk.inputs.len() as u32,
            sources: sources..sources,
            mentions: mentions..mentions,
            text: TextHashes::default(),
        });
        Ok(())
    }

    pub(crate) fn finish(self) -> (Chunk, Vec<Problem>) {
        let mut problems = Vec::new();
        if !self.failed.is_empty() {
            let shown: Vec<&str> = self.failed.iter().take(3).map(String::as_str).collect();
            let count = self.failed.len();
            let more = if count > shown.len() { ", …" } else { "" };
            problems.push(Problem::new(
                "attributes-failed",
                format!(
                    "{}: {count} attributes failed to evaluate and are left out: {}{more}",
                    self.path,
                    shown.join(", ")
                ),
            ));
        }
        (self.chunk, problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs() {
        assert!(looks_like_a_job(br#"{"attr":"hello","attrPath":["hello"],"drvPath":"/nix/store/x.drv""#));
        assert!(looks_like_a_job(br#"{"meta":{"a":1},"error":"no"}"#));
        assert!(!looks_like_a_job(br#"{"attr":{"name":"attr-2.4"},"zlib":{}}"#));
        assert!(!looks_like_a_job(br#"{"/nix/store/x.drv":{"#));
    }
}
