//! Files that tell what is cached.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;

use super::{CachedError, CachedFile};
use crate::ingest::looks_like_a_job;
use crate::nix::store_path::DIGEST_LEN;
use crate::nix::{Digest, StorePath};
use crate::proof::outputs::Metadata;

/// How far it is looked into a JSON text to see what it is.
const LOOK: usize = 64 * 1024;

/// What else lies in a cache's folder, and so in a list of its files.
const BESIDE: [&str; 5] = ["nix-cache-info", "nar", "log", "realisations", "debuginfo"];

/// What some editors and shells begin a text with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a file, recognised by its content, or a folder; and what somebody should know. A pipe is read once.
pub(super) fn read(path: &Path) -> Result<(CachedFile, Option<String>), CachedError> {
    let shown = path.display().to_string();
    if path.is_dir() {
        return recorded(Metadata::open(path)?, shown);
    }
    let io = |source: io::Error| CachedError::Io { path: shown.clone(), source };
    let mut file = File::open(path).map_err(io)?;
    let mut text = Vec::new();
    Read::by_ref(&mut file).take(LOOK as u64).read_to_end(&mut text).map_err(io)?;
    if text.starts_with(b"SQLite format 3\0") {
        let is_file = file.metadata().map_err(io)?.is_file();
        return if is_file { recorded(Metadata::open(path)?, shown) } else { Err(CachedError::PipedDatabase(shown)) };
    }
    let is_job = looks_like_a_job(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text));
    file.read_to_end(&mut text).map_err(io)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let start = text.trim_ascii_start();
    let first = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let field = first.iter().position(|&byte| byte == b':').map(|at| first.get(at + 1));
    let (told, note) = match start.first() {
        None => (CachedFile::default(), Some(format!("{shown}: is empty: nothing is taken to be built already"))),
        Some(b'{') if is_job => (jobs(text, &shown)?, None),
        Some(b'{' | b'[') => return recorded(Metadata::parse(text, &shown)?, shown),
        // a field of a narinfo file; an address goes on with a slash
        Some(_) if matches!(field, Some(None | Some(b' ' | b'\r'))) => {
            return recorded(Metadata::parse(text, &shown)?, shown);
        }
        Some(_) => (list(text, &shown)?, None),
    };
    Ok((CachedFile { shown, ..told }, note))
}

/// All paths that [`Metadata`] tells of.
fn recorded(metadata: Metadata, shown: String) -> Result<(CachedFile, Option<String>), CachedError> {
    let note = metadata.note().map(str::to_owned);
    let paths = metadata.into_recorded()?;
    let digest = |(name, _): &(String, _)| Digest::from_prefix(name.as_bytes());
    let outputs = || paths.iter().filter(|(name, _)| !name.ends_with(".drv"));
    if !paths.is_empty() && outputs().next().is_none() {
        return Err(CachedError::Derivations(shown));
    }
    let paths = outputs().filter_map(digest).collect();
    Ok((CachedFile { shown, paths, derivations: Vec::new() }, note))
}

/// A list, one a line: what follows the first blank of a line is passed over, as sizes are, and so are empty
/// lines, comments behind `#`, and derivations.
fn list(text: &[u8], shown: &str) -> Result<CachedFile, CachedError> {
    let unknown = || CachedError::Unknown(shown.to_owned());
    let text = std::str::from_utf8(text).map_err(|_| unknown())?;
    let mut told = CachedFile::default();
    let (mut any, mut derivations) = (false, false);
    for (nth, line) in text.lines().enumerate() {
        let Some(word) = line.split_whitespace().next().filter(|word| !word.starts_with('#')) else { continue };
        let base = word.trim_end_matches('/').rsplit('/').next().unwrap_or(word);
        let name = base.strip_suffix(".narinfo").unwrap_or(base);
        let digest = match StorePath::from_base_name(name.as_bytes()) {
            Ok(path) => Some(path.digest),
            Err(_) => Digest::from_prefix(name.as_bytes()).filter(|_| name.len() == DIGEST_LEN),
        };
        let Some(digest) = digest else {
            if BESIDE.contains(&base) {
                continue;
            }
            let found: String = word.chars().take(80).collect::<String>().escape_debug().to_string();
            let error = CachedError::Line { path: shown.to_owned(), line: nth + 1, found };
            return Err(if any { error } else { unknown() });
        };
        any = true;
        if name.ends_with(".drv") {
            derivations = true;
        } else {
            told.paths.push(digest);
        }
    }
    if derivations && told.paths.is_empty() {
        return Err(CachedError::Derivations(shown.to_owned()));
    }
    told.paths.sort_unstable();
    told.paths.dedup();
    Ok(told)
}

/// A line of nix-eval-jobs; other fields tell other things.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job<'j> {
    #[serde(borrow)]
    attr: Option<Cow<'j, str>>,
    #[serde(borrow)]
    drv_path: Option<Cow<'j, str>>,
    outputs: Option<BTreeMap<String, Option<String>>>,
    #[serde(borrow)]
    cache_status: Option<Cow<'j, str>>,
    /// Of older versions, where it means what the status tells in three words.
    is_cached: Option<bool>,
    /// What the substituters have of what it needs.
    #[serde(default)]
    needed_substitutes: Vec<String>,
}

/// Lines of nix-eval-jobs. What is not built tells of nothing but what can be substituted for it: newer versions
/// also call it so where an input alone is not built.
fn jobs(text: &[u8], shown: &str) -> Result<CachedFile, CachedError> {
    let mut told = CachedFile::default();
    let mut any = false;
    for job in serde_json::Deserializer::from_slice(text).into_iter::<Job<'_>>() {
        let job = job.map_err(|source| CachedError::Json { path: shown.to_owned(), source })?;
        let attribute = || job.attr.as_deref().unwrap_or_default().to_owned();
        let error = |expected: String| CachedError::Job { path: shown.to_owned(), attribute: attribute(), expected };
        let digest = |path: &str| {
            let parsed = StorePath::from_absolute(path.as_bytes()).map(|(_, path)| path.digest);
            parsed.map_err(|expected| error(format!("'{}': {expected}", path.escape_debug())))
        };
        let status = match job.cache_status.as_deref() {
            Some("local" | "cached") => Some(true),
            Some("notBuilt") => Some(false),
            Some(other) => {
                let found = other.escape_debug();
                return Err(error(format!("expected a cacheStatus of local, cached or notBuilt, found '{found}'")));
            }
            None => job.is_cached,
        };
        any |= status.is_some();
        if status == Some(true) {
            told.derivations.extend(job.drv_path.as_deref().map(digest).transpose()?);
            for path in job.outputs.iter().flat_map(BTreeMap::values).flatten() {
                told.paths.push(digest(path)?);
            }
        }
        for path in &job.needed_substitutes {
            told.paths.push(digest(path)?);
        }
    }
    if !any {
        return Err(CachedError::NoStatus(shown.to_owned()));
    }
    for list in [&mut told.paths, &mut told.derivations] {
        list.sort_unstable();
        list.dedup();
    }
    Ok(told)
}
