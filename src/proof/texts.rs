//! The texts of some derivations, which a graph does not keep.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::counterfactual::digest_of;
use crate::graph::{Graph, NodeId};
use crate::ingest::IngestError;
use crate::nix::{Derivation, Digest, StorePath, aterm, json};

/// The first bytes of a zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Derivations with all that they say, by the digests of their paths.
#[derive(Debug, Default)]
pub struct Texts(FxHashMap<Digest, Derivation<'static>>);

/// Where texts are looked for.
#[derive(Debug, Clone, Default)]
pub struct TextSources {
    /// What the closure was read from: `derivation show` JSON, folders, `.drv` files; others (snapshots,
    /// attributes, lists) hold none and are passed over.
    pub files: Vec<PathBuf>,
    /// Where the store lies, if not at its own place.
    pub store_root: Option<PathBuf>,
}

impl Texts {
    /// Looks for these derivations, in files first, then in the store. What is nowhere is left out.
    /// Linear in the size of the JSON, of which nothing else is kept.
    ///
    /// # Errors
    /// When a file cannot be read, or a derivation does not parse; with its name.
    pub fn read(sources: &TextSources, store_dir: &str, wanted: &[String]) -> Result<Self, IngestError> {
        let mut texts = Self::default();
        let mut missing: FxHashSet<Digest> = wanted.iter().filter_map(|path| digest_of(path)).collect();
        let mut folders = Vec::new();
        for file in &sources.files {
            if file.is_dir() {
                folders.extend([file.clone(), file.join("nix/store")]);
            } else if file.extension().is_some_and(|end| end == "drv") {
                folders.extend(file.parent().map(Path::to_path_buf));
            } else if file.is_file() && !missing.is_empty() {
                texts.scan(file, store_dir, &mut missing)?;
            }
        }
        match &sources.store_root {
            Some(root) => folders.extend([root.join(store_dir.trim_start_matches('/')), root.clone()]),
            None => folders.push(PathBuf::from(store_dir)),
        }
        for path in wanted {
            let Some(digest) = digest_of(path).filter(|digest| missing.remove(digest)) else { continue };
            let base_name = path.rsplit('/').next().unwrap_or_default();
            if let Some(derivation) = in_folders(&folders, base_name)? {
                texts.0.insert(digest, derivation);
            }
        }
        Ok(texts)
    }

    /// The texts of these derivations of a graph: those that it keeps itself, the others as [`Texts::read`]
    /// finds them.
    ///
    /// # Errors
    /// As those of [`Texts::read`].
    pub fn of(graph: &Graph, nodes: &[NodeId], sources: &TextSources) -> Result<Self, IngestError> {
        let kept = Self::kept(graph, nodes);
        let missing = nodes.iter().filter(|&&node| !kept.0.contains_key(&graph.digest(node)));
        let missing: Vec<String> = missing.map(|&node| graph.path(node)).collect();
        let mut texts = Self::read(sources, graph.store_dir(), &missing)?;
        texts.0.extend(kept.0);
        Ok(texts)
    }

    /// Those that a graph keeps of these nodes, which ascend.
    pub(super) fn kept(graph: &Graph, nodes: &[NodeId]) -> Self {
        let mut kept = Self::default();
        graph.each_text(nodes, |node, text| {
            let mut assembler = crate::nix::derivation::OwnedAssembler::default();
            // what does not parse is not there; a snapshot is checked as a whole when it is opened
            if aterm::parse_events(text, &mut assembler).is_ok() {
                kept.0.insert(graph.digest(node), assembler.finish());
            }
        });
        kept
    }

    /// Takes over what another one has.
    pub(super) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The derivation at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Derivation<'static>> {
        self.0.get(&digest_of(path)?)
    }

    /// Takes from a JSON file what is missing.
    fn scan(&mut self, file: &Path, store_dir: &str, missing: &mut FxHashSet<Digest>) -> Result<(), IngestError> {
        let shown = file.display().to_string();
        let Some(reader) = open_json(file)? else { return Ok(()) };
        let mut found = Vec::new();
        let mut deserializer = serde_json::Deserializer::from_reader(reader);
        let scan = Scan { wanted: missing, found: &mut found, nested: false };
        // what follows the object is that of lines of nix-eval-jobs, which hold no texts
        scan.deserialize(&mut deserializer).map_err(|error| unreadable(&shown, &error.to_string()))?;
        for (path, value) in found {
            let parsed = StorePath::from_base_name(path.as_bytes()).ok();
            let Some((digest, name)) = parsed.and_then(|path| Some((path.digest, path.name.strip_suffix(".drv")?)))
            else {
                continue;
            };
            let text = serde_json::to_vec(&value).unwrap_or_default();
            let derivation = json::parse(&text, store_dir, name)
                .map_err(|error| unreadable(&shown, &format!("derivation {path}: {error}")))?;
            check_inputs(&derivation).map_err(|error| unreadable(&shown, &format!("derivation {path}: {error}")))?;
            missing.remove(&digest);
            self.0.insert(digest, derivation);
        }
        Ok(())
    }
}

/// Every input must be a store path: one that is none would be taken for one that is not there.
fn check_inputs(derivation: &Derivation<'_>) -> Result<(), String> {
    let paths = derivation.input_derivations.iter().map(|(path, _)| path).chain(&derivation.input_sources);
    for path in paths {
        if let Err(error) = StorePath::from_absolute(path) {
            return Err(format!("input '{}': {error}", String::from_utf8_lossy(path)));
        }
    }
    Ok(())
}

fn unreadable(path: &str, message: &str) -> IngestError {
    IngestError::Unrecognised { path: path.to_owned(), message: message.to_owned() }
}

/// A file that holds a JSON object, decompressed; `None` when it holds something else.
pub(super) fn open_json(file: &Path) -> Result<Option<Box<dyn Read>>, IngestError> {
    let error = IngestError::io(file.display().to_string());
    open_object(file).map_err(error)
}

fn open_object(file: &Path) -> io::Result<Option<Box<dyn Read>>> {
    let mut head = Vec::new();
    File::open(file)?.take(4).read_to_end(&mut head)?;
    let open = || -> io::Result<Box<dyn Read>> {
        let file = File::open(file)?;
        if head == ZSTD_MAGIC {
            let mut decoder = zstd::Decoder::new(file)?;
            decoder.window_log_max(31)?;
            return Ok(Box::new(BufReader::with_capacity(1 << 16, decoder)));
        }
        Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
    };
    let mut start = Vec::new();
    open()?.take(64).read_to_end(&mut start)?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'{') { open().map(Some) } else { Ok(None) }
}

/// A derivation's file in the first folder that has it.
fn in_folders(folders: &[PathBuf], base_name: &str) -> Result<Option<Derivation<'static>>, IngestError> {
    for folder in folders {
        let file = folder.join(base_name);
        let shown = file.display().to_string();
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::NotADirectory => {
                continue;
            }
            Err(error) => return Err(IngestError::io(shown)(error)),
        };
        let mut assembler = crate::nix::derivation::OwnedAssembler::default();
        aterm::parse_events(&text, &mut assembler)
            .map_err(|error| IngestError::malformed(&shown, error.offset as u64, error.what()))?;
        let derivation = assembler.finish();
        check_inputs(&derivation).map_err(|message| IngestError::malformed(&shown, 0, message))?;
        return Ok(Some(derivation));
    }
    Ok(None)
}

/// Takes the wanted derivations out of `{path: derivation}` or `{…, "derivations": {path: derivation}}`.
struct Scan<'s> {
    wanted: &'s FxHashSet<Digest>,
    found: &'s mut Vec<(String, Value)>,
    nested: bool,
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of derivations")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let base_name = key.rsplit('/').next().unwrap_or_default();
            if key == "derivations" && !self.nested {
                map.next_value_seed(Scan { wanted: self.wanted, found: self.found, nested: true })?;
            } else if Digest::from_prefix(base_name.as_bytes()).is_some_and(|digest| self.wanted.contains(&digest)) {
                self.found.push((base_name.to_owned(), map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
