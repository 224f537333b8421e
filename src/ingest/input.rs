//! One entry for everything that a closure can come from.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use super::attribute::Attributes;
use super::drv_files::{self, Reading, StoreLocation};
use super::expression::Expression;
use super::json;
use super::problem::{IngestError, Problem};
use super::progress::Progress;
use super::raw::RawClosure;
use crate::nix::StorePath;
use crate::nix::store_path::{DEFAULT_STORE_DIR, strip_output};

/// The first bytes of a snapshot (see `graph::snapshot`).
const SNAPSHOT_MAGIC: &[u8] = b"nix-ripple";

/// The first bytes of a zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A place to read from.
#[derive(Debug, Clone)]
pub enum Input {
    /// A file, a folder of `.drv` files, a `.drv` path of the store, or `-` for standard input.
    Path(PathBuf),
    /// A Nix expression, instantiated by `nix-instantiate`.
    Expression(Expression),
    /// Lines of derivation paths, as `nix-instantiate` prints them, and what they are called in messages.
    Lines {
        /// For messages.
        shown: String,
        /// The lines.
        text: String,
    },
    /// A text in memory, of any kind that a file may hold.
    Text {
        /// For messages.
        shown: String,
        /// The text.
        text: String,
    },
}

impl Input {
    /// From an argument of the command line.
    #[must_use]
    pub fn argument(text: &str) -> Self {
        Self::Path(PathBuf::from(text))
    }
}

/// How to read.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// Where the store lies, if not at its own place.
    pub store_root: Option<PathBuf>,
    /// Keep the texts (packed), so that [`super::verify()`] can recompute every path, and a graph can
    /// have them.
    pub keep_texts: bool,
    /// Where derivations that attributes state are not in the store (another machine evaluated them),
    /// leave these attributes without derivations, with a finding (`derivations-not-at-hand`). Without
    /// it that is an error.
    pub attributes_alone: bool,
}

/// Whether a file begins as a snapshot does.
#[must_use]
pub fn is_snapshot(path: &Path) -> bool {
    // looking into a pipe would take from what is to be read
    if !path.is_file() {
        return false;
    }
    let mut head = [0u8; 10];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == SNAPSHOT_MAGIC
}

/// Reads all inputs into one closure.
///
/// # Errors
/// On the first input that cannot be read; see [`IngestError`].
pub fn ingest(
    inputs: &[Input],
    options: &IngestOptions,
    progress: &Progress,
) -> Result<(RawClosure, Vec<Problem>), IngestError> {
    let mut reader =
        Reader { options, progress, closure: RawClosure::default(), problems: Vec::new(), store_dir: None };
    for input in inputs {
        match input {
            Input::Path(path) => reader.path(path)?,
            Input::Lines { shown, text } => reader.list(text, shown)?,
            Input::Text { shown, text } => reader.stream(text.as_bytes(), shown, None)?,
            Input::Expression(expression) => {
                let instantiated = expression.instantiate(options.store_root.as_deref())?;
                reader.list(&instantiated, &expression.to_string())?;
                reader.expression_attributes(expression, &instantiated)?;
            }
        }
    }
    reader.follow_attributes()?;
    reader.closure.store_dir = reader.store_dir.unwrap_or_else(|| DEFAULT_STORE_DIR.to_owned());
    reader.problems.sort();
    Ok((reader.closure, reader.problems))
}

/// The first bytes of a text, as many as it has up to `most`.
fn head(reader: &mut impl Read, most: u64, shown: &str) -> Result<Vec<u8>, IngestError> {
    let mut head = Vec::new();
    reader.take(most).read_to_end(&mut head).map_err(IngestError::io(shown))?;
    Ok(head)
}

struct Reader<'r> {
    options: &'r IngestOptions,
    progress: &'r Progress,
    closure: RawClosure,
    problems: Vec<Problem>,
    store_dir: Option<String>,
}

impl Reader<'_> {
    fn path(&mut self, path: &Path) -> Result<(), IngestError> {
        let shown = path.display().to_string();
        if path == Path::new("-") {
            return self.stream(io::stdin().lock(), "standard input", None);
        }
        if path.is_dir() {
            return self.folder(path, &shown);
        }
        // a store path is looked up in the store, which may lie elsewhere
        let stripped = strip_output(&shown);
        if stripped.ends_with(".drv")
            && (stripped.len() < shown.len() || self.options.store_root.is_some() || !path.exists())
        {
            return self.all_derivations(&[(stripped.to_owned(), 0)], &shown);
        }
        // a file that is named as a derivation is read as one, whatever its first bytes are
        let named = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if stripped.ends_with(".drv") && StorePath::from_base_name(named.as_bytes()).is_ok() {
            return self.derivation_file(path, &shown);
        }
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => IngestError::Io { path: shown.clone(), source: error },
            _ => IngestError::io(shown.clone())(error),
        })?;
        self.stream(file, &shown, Some(path))
    }

    /// All `.drv` files of a folder.
    fn folder(&mut self, folder: &Path, shown: &str) -> Result<(), IngestError> {
        let entries = std::fs::read_dir(folder).map_err(IngestError::io(shown))?;
        let mut names = entries
            .filter_map(|entry| match entry {
                Ok(entry) => entry.file_name().into_string().ok().filter(|name| name.ends_with(".drv")).map(Ok),
                Err(error) => Some(Err(IngestError::io(shown)(error))),
            })
            .peekable();
        let Some(first) = names.peek() else {
            let store = folder.join("nix/store");
            if store.is_dir() {
                return self.folder(&store, shown);
            }
            return Err(IngestError::Unrecognised {
                path: shown.to_owned(),
                message: "a folder without .drv files; give a folder of derivations, or the file that names them"
                    .to_owned(),
            });
        };
        let store_dir = match (&self.store_dir, first) {
            (Some(known), _) => known.clone(),
            (None, Ok(first)) => match Self::sniff_store_dir(&folder.join(first)) {
                Some(shown) => shown,
                None => Self::sniff_all(folder, shown)?,
            },
            (None, Err(_)) => DEFAULT_STORE_DIR.to_owned(),
        };
        let location = StoreLocation { store_dir, folders: vec![folder.to_path_buf()] };
        self.files(&location, names, &[], shown, false).map(drop)
    }

    /// The store directory that the first derivation to show one speaks of, by name: for folders in
    /// which some have no path at all.
    fn sniff_all(folder: &Path, shown: &str) -> Result<String, IngestError> {
        let entries = std::fs::read_dir(folder).map_err(IngestError::io(shown))?;
        let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "drv"));
        paths.sort_unstable();
        Ok(paths.iter().find_map(|path| Self::sniff_store_dir(path)).unwrap_or_else(|| DEFAULT_STORE_DIR.to_owned()))
    }

    /// The store directory that a derivation speaks of: that of its first output, input or source
    /// with a path. `None` where nothing shows one.
    fn sniff_store_dir(drv: &Path) -> Option<String> {
        let text = std::fs::read(drv).ok()?;
        let derivation = crate::nix::aterm::parse(&text).ok()?;
        let outputs = derivation.outputs.iter().map(|output| output.path.as_ref());
        let inputs = derivation.input_derivations.iter().map(|(path, _)| path.as_ref());
        let sources = derivation.input_sources.iter().map(AsRef::as_ref);
        let dir = outputs
            .chain(inputs)
            .chain(sources)
            .find_map(|path| StorePath::from_absolute(path).ok().map(|found| found.0))?;
        Some(String::from_utf8_lossy(dir).into_owned())
    }

    /// What a file or standard input holds, told by its first bytes.
    fn stream(&mut self, mut reader: impl Read, shown: &str, path: Option<&Path>) -> Result<(), IngestError> {
        let head = head(&mut reader, 512, shown)?;
        if head.starts_with(&ZSTD_MAGIC) {
            let mut decoder = zstd::Decoder::new(Cursor::new(head).chain(reader)).map_err(IngestError::io(shown))?;
            // frames made with --long=27 and longer, as large closures are kept
            decoder.window_log_max(31).map_err(IngestError::io(shown))?;
            return self.plain(BufReader::with_capacity(1 << 16, decoder), shown, path);
        }
        self.plain(Cursor::new(head).chain(reader), shown, path)
    }

    fn plain(&mut self, mut reader: impl Read, shown: &str, path: Option<&Path>) -> Result<(), IngestError> {
        let head = head(&mut reader, 4096, shown)?;
        let first = head.iter().copied().find(|byte| !byte.is_ascii_whitespace());
        if head.starts_with(SNAPSHOT_MAGIC) {
            return Err(IngestError::Unrecognised {
                path: shown.to_owned(),
                message: "a snapshot; give it alone with --closure, or make it anew from its inputs".to_owned(),
            });
        }
        if head.starts_with(b"Derive(") || head.starts_with(b"DrvWithVersion(") {
            let Some(path) = path else {
                return Err(IngestError::Unrecognised {
                    path: shown.to_owned(),
                    message: "a derivation without its path; give the .drv file by name".to_owned(),
                });
            };
            return self.derivation_file(path, shown);
        }
        match first {
            Some(b'{' | b'[') => {
                let input = self.origin(shown);
                let reader = Cursor::new(head).chain(reader);
                let keep = self.options.keep_texts;
                let (chunks, problems) = json::read(reader, shown, input, &mut self.store_dir, keep, self.progress)?;
                self.closure.chunks.extend(chunks);
                self.problems.extend(problems);
                Ok(())
            }
            Some(b'/' | b'0'..=b'9' | b'a'..=b'z' | b'"' | b'.' | b'#') if !head.contains(&0) => {
                let mut text = String::new();
                let mut reader = BufReader::new(Cursor::new(head).chain(reader));
                loop {
                    match reader.read_line(&mut text) {
                        Ok(0) => break,
                        Ok(_) => {}
                        Err(error) => return Err(IngestError::io(shown)(error)),
                    }
                }
                self.list(&text, shown)
            }
            None => Err(IngestError::Unrecognised { path: shown.to_owned(), message: "is empty".to_owned() }),
            Some(_) => Err(IngestError::Unrecognised {
                path: shown.to_owned(),
                message:
                    "is none of what is read: a snapshot, a .drv file or a list of them, nix derivation show JSON, \
                          nix-eval-jobs lines, nix-env --json, outpaths JSON (each also as .zst)"
                        .to_owned(),
            }),
        }
    }

    /// A `.drv` file given by name, with what it needs beside it.
    fn derivation_file(&mut self, path: &Path, shown: &str) -> Result<(), IngestError> {
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(IngestError::malformed(shown, 0, "a derivation's file is named <hash>-<name>.drv"));
        };
        let store_dir = self.store_dir.clone().or_else(|| Self::sniff_store_dir(path));
        let store_dir = store_dir.unwrap_or_else(|| DEFAULT_STORE_DIR.to_owned());
        let location = StoreLocation { store_dir, folders: vec![folder] };
        let gone = self.files(&location, [Ok(name.to_owned())], &[name.to_owned()], shown, true)?;
        Self::none_gone(&gone, &location, shown)
    }

    /// Lines of derivation paths, as `nix-instantiate` prints them.
    fn list(&mut self, text: &str, shown: &str) -> Result<(), IngestError> {
        let mut paths = Vec::new();
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let path = strip_output(line.trim().trim_matches('"'));
            if !path.is_empty() && !path.starts_with('#') {
                if !path.ends_with(".drv") {
                    let message =
                        format!("expected the path of a derivation, as nix-instantiate prints it, found '{path}'");
                    return Err(IngestError::malformed(shown, offset, message));
                }
                paths.push((path.to_owned(), offset));
            }
            offset += line.len() as u64;
        }
        if paths.is_empty() {
            return Err(IngestError::Unrecognised {
                path: shown.to_owned(),
                message: "names no derivation".to_owned(),
            });
        }
        self.all_derivations(&paths, shown)
    }

    /// As [`Self::derivations`], where none may be absent.
    fn all_derivations(&mut self, paths: &[(String, u64)], shown: &str) -> Result<(), IngestError> {
        let (location, gone) = self.derivations(paths, shown)?;
        Self::none_gone(&gone, &location, shown)
    }

    /// Derivations by their store paths, with all they need; each with the offset where it is named.
    /// Gives where they were looked for, and which of them are not there.
    fn derivations(
        &mut self,
        paths: &[(String, u64)],
        shown: &str,
    ) -> Result<(StoreLocation, Vec<String>), IngestError> {
        let mut names = Vec::with_capacity(paths.len());
        let mut dir = self.store_dir.clone();
        for (path, offset) in paths {
            let malformed = |error| IngestError::malformed(shown, *offset, format!("'{path}': {error}"));
            let (shown_dir, store_path) = match StorePath::from_absolute(path.as_bytes()) {
                Ok((dir, store_path)) => (String::from_utf8_lossy(dir).into_owned(), store_path),
                Err(_) if !path.contains('/') => {
                    let store_path = StorePath::from_base_name(path.as_bytes()).map_err(malformed)?;
                    (DEFAULT_STORE_DIR.to_owned(), store_path)
                }
                Err(error) => return Err(malformed(error)),
            };
            let dir = dir.get_or_insert_with(|| shown_dir.clone());
            if *dir != shown_dir {
                return Err(IngestError::Inconsistent(format!(
                    "{shown}: '{path}' lies in another store directory than '{dir}'"
                )));
            }
            names.push(store_path.base_name());
        }
        let dir = dir.unwrap_or_else(|| DEFAULT_STORE_DIR.to_owned());
        let location = StoreLocation::new(&dir, self.options.store_root.as_deref());
        let gone = self.files(&location, names.iter().cloned().map(Ok), &names, shown, true)?;
        Ok((location, gone))
    }

    /// Gives which of those asked for by name are not there: where nothing else names them, they would
    /// not be missed as holes.
    fn files(
        &mut self,
        location: &StoreLocation,
        names: impl IntoIterator<Item = Result<String, IngestError>>,
        asked: &[String],
        shown: &str,
        recursive: bool,
    ) -> Result<Vec<String>, IngestError> {
        match &self.store_dir {
            Some(known) if *known != location.store_dir => {
                return Err(IngestError::Inconsistent(format!(
                    "{shown}: its store directory is '{}', that of the other inputs is '{known}'",
                    location.store_dir
                )));
            }
            _ => self.store_dir = Some(location.store_dir.clone()),
        }
        let input = self.origin(shown);
        let reading = Reading { recursive, keep_texts: self.options.keep_texts };
        let read = drv_files::read(location, names, input, reading, self.progress)?;
        self.closure.chunks.extend(read.chunks);
        let absent = |name: &&String| read.absent.binary_search(*name).is_ok();
        Ok(asked.iter().filter(absent).cloned().collect())
    }

    /// Refuses what is not there.
    fn none_gone(gone: &[String], location: &StoreLocation, shown: &str) -> Result<(), IngestError> {
        let [first, others @ ..] = gone else { return Ok(()) };
        let folders: Vec<String> = location.folders.iter().map(|folder| folder.display().to_string()).collect();
        let more = match others.len() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Err(IngestError::Unrecognised {
            path: shown.to_owned(),
            message: format!(
                "no derivation {first}{more} in {}; a store that lies elsewhere is given by --store-root",
                folders.join(" or ")
            ),
        })
    }

    /// The attributes asked of an expression, where each gave one derivation.
    fn expression_attributes(&mut self, expression: &Expression, instantiated: &str) -> Result<(), IngestError> {
        let paths: Vec<&str> = instantiated.lines().map(strip_output).filter(|path| !path.is_empty()).collect();
        if paths.len() != expression.attributes.len() {
            return Ok(());
        }
        let store_dir = self.store_dir.clone().unwrap_or_else(|| DEFAULT_STORE_DIR.to_owned());
        let shown = expression.to_string();
        let input = self.origin(&shown);
        let mut attributes = Attributes::new(&shown, input);
        for (attribute, path) in expression.attributes.iter().zip(paths) {
            attributes.stated(attribute, path, &store_dir)?;
        }
        self.closure.chunks.push(attributes.finish().0);
        Ok(())
    }

    /// Where attributes are all there is, what they name is read from the store.
    fn follow_attributes(&mut self) -> Result<(), IngestError> {
        if self.closure.derivation_count() > 0 {
            return Ok(());
        }
        let store_dir = self.store_dir.clone().unwrap_or_else(|| DEFAULT_STORE_DIR.to_owned());
        let stated = self.closure.chunks.iter().flat_map(|chunk| {
            chunk.attributes.iter().filter_map(|attribute| attribute.derivation).map(|path| {
                let name = String::from_utf8_lossy(chunk.strings.get(chunk.paths.name(path))).into_owned();
                (format!("{store_dir}/{}-{name}", chunk.paths.digest(path).as_str()), 0)
            })
        });
        let mut paths: Vec<(String, u64)> = stated.collect();
        paths.sort_unstable();
        paths.dedup();
        if paths.is_empty() {
            return Ok(());
        }
        let shown = "the attributes' drvPath";
        let (location, gone) = self.derivations(&paths, shown)?;
        if !self.options.attributes_alone {
            return Self::none_gone(&gone, &location, shown);
        }
        if !gone.is_empty() {
            self.problems.push(Problem::new(
                "derivations-not-at-hand",
                format!(
                    "{} of the {} derivations that attributes name are not in the store, so these attributes are known by \
                     their output paths alone; evaluate on this machine, or give the derivations too (nix derivation show \
                     -r, or --store-root)",
                    gone.len(),
                    paths.len()
                ),
            ));
        }
        Ok(())
    }

    fn origin(&mut self, shown: &str) -> u32 {
        self.closure.origins.push(shown.to_owned());
        self.closure.origins.len() as u32 - 1
    }
}
