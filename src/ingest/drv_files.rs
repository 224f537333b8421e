//! Derivations as files: read from a store directory, recursively and in parallel.

use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use rustc_hash::FxBuildHasher;
use rustix::fs::{Mode, OFlags};

use super::collector::{Collector, drv_name};
use super::problem::IngestError;
use super::progress::Progress;
use super::raw::{Chunk, Origin, RawClosure};
use crate::nix::{Digest, StorePath, aterm};

/// Where `.drv` files are looked for.
#[derive(Debug, Clone)]
pub(crate) struct StoreLocation {
    /// The store directory that the derivations speak of.
    pub(crate) store_dir: String,
    /// Folders that hold its files, in the order of looking.
    pub(crate) folders: Vec<PathBuf>,
}

impl StoreLocation {
    /// The store itself, or where `root` holds it (`root/nix/store`, or `root` itself).
    pub(crate) fn new(store_dir: &str, root: Option<&Path>) -> Self {
        let folders = match root {
            None => vec![PathBuf::from(store_dir)],
            Some(root) => vec![root.join(store_dir.trim_start_matches('/')), root.to_path_buf()],
        };
        Self { store_dir: store_dir.to_owned(), folders }
    }

    /// Opens a file; `path` is then where it lies, or where it was looked for last.
    fn open(&self, base_name: &str, path: &mut PathBuf) -> io::Result<OwnedFd> {
        let mut first = None;
        for folder in &self.folders {
            path.clear();
            path.push(folder);
            path.push(base_name);
            match open(path) {
                Ok(file) => return Ok(file),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
    }
}

/// What reading a set of files gave.
#[derive(Debug, Default)]
pub(crate) struct FilesRead {
    pub(crate) chunks: Vec<Chunk>,
    /// Files that are not there (base names, sorted), to be told as holes of the closure.
    pub(crate) absent: Vec<String>,
}

/// Reads `roots` (base names) and, if asked for, everything they need. The roots may still be
/// listed while the first are read.
///
/// Each file is read once (without recursion: each root); which worker reads it depends on timing,
/// what comes out does not. A file that does not exist is no error here: the graph's builder names
/// it with its consumers. Of errors in several files that of the name that sorts first is told.
pub(crate) fn read(
    location: &StoreLocation,
    roots: impl IntoIterator<Item = Result<String, IngestError>>,
    input: u32,
    options: Reading,
    progress: &Progress,
) -> Result<FilesRead, IngestError> {
    let shared = Shared {
        queue: Mutex::new(Vec::new()),
        wake: Condvar::new(),
        // the one who lists
        pending: AtomicUsize::new(1),
        idle: AtomicUsize::new(0),
        panicked: AtomicBool::new(false),
        seen: (0..SHARDS).map(|_| Mutex::new(HashSet::default())).collect(),
    };
    let workers = rayon::current_num_threads().max(1);
    let (listed, results) = std::thread::scope(|scope| {
        let handles: Vec<_> =
            (0..workers).map(|_| scope.spawn(|| worker(location, input, options, &shared, progress))).collect();
        let listed = list(roots, options, &shared);
        shared.done(1);
        let results: Vec<WorkerResult> = handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        (listed, results)
    });
    listed?;
    let mut read = FilesRead::default();
    let mut errors = Vec::new();
    for result in results {
        read.absent.extend(result.absent);
        read.chunks.push(result.chunk);
        errors.extend(result.error);
    }
    read.absent.sort_unstable();
    match errors.into_iter().min_by(|a, b| a.0.cmp(&b.0)) {
        Some((_, error)) => Err(error),
        None => Ok(read),
    }
}

/// Hands the roots over, some at a time.
fn list(
    roots: impl IntoIterator<Item = Result<String, IngestError>>,
    options: Reading,
    shared: &Shared,
) -> Result<(), IngestError> {
    let mut batch = Vec::with_capacity(BATCH);
    for root in roots {
        let root = root?;
        // a root whose name is no store path's is read, and refused with its name
        let digest = if options.recursive { Digest::from_prefix(root.as_bytes()) } else { None };
        if digest.is_none_or(|digest| shared.is_new(&digest)) {
            batch.push(root);
        }
        if batch.len() == BATCH {
            shared.pending.fetch_add(batch.len(), Ordering::SeqCst);
            shared.give(batch.drain(..));
        }
    }
    shared.pending.fetch_add(batch.len(), Ordering::SeqCst);
    shared.give(batch.drain(..));
    Ok(())
}

/// How many names are handed over at once.
const BATCH: usize = 256;

/// How to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Whether inputs are followed.
    pub(crate) recursive: bool,
    /// Whether texts are kept.
    pub(crate) keep_texts: bool,
}

const SHARDS: usize = 32;

struct Shared {
    queue: Mutex<Vec<String>>,
    wake: Condvar,
    /// Files that are queued or being read.
    pending: AtomicUsize,
    idle: AtomicUsize,
    /// A worker is gone, so what it had will never be done.
    panicked: AtomicBool,
    seen: Vec<Mutex<HashSet<Digest, FxBuildHasher>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn is_new(&self, digest: &Digest) -> bool {
        let shard = usize::from(digest.0[0]) ^ usize::from(digest.0[1]) << 2;
        lock(&self.seen[shard % SHARDS]).insert(*digest)
    }

    /// The next files to read; `None` when all is done.
    fn take(&self) -> Option<Vec<String>> {
        let mut queue = lock(&self.queue);
        loop {
            if self.panicked.load(Ordering::SeqCst) {
                return None;
            }
            if !queue.is_empty() {
                let keep = queue.len() - queue.len().div_ceil(2).min(64);
                return Some(queue.split_off(keep));
            }
            if self.pending.load(Ordering::SeqCst) == 0 {
                return None;
            }
            self.idle.fetch_add(1, Ordering::SeqCst);
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            self.idle.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn give(&self, names: impl Iterator<Item = String>) {
        lock(&self.queue).extend(names);
        self.wake.notify_all();
    }

    fn done(&self, files: usize) {
        if self.pending.fetch_sub(files, Ordering::SeqCst) == files {
            let _queue = lock(&self.queue);
            self.wake.notify_all();
        }
    }
}

/// Lets the other workers end when one panics, so that the panic is told instead of waited for.
struct Alive<'s>(&'s Shared);

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked.store(true, Ordering::SeqCst);
            let _queue = lock(&self.0.queue);
            self.0.wake.notify_all();
        }
    }
}

struct WorkerResult {
    chunk: Chunk,
    absent: Vec<String>,
    error: Option<(String, IngestError)>,
}

fn worker(
    location: &StoreLocation,
    input: u32,
    options: Reading,
    shared: &Shared,
    progress: &Progress,
) -> WorkerResult {
    let mut collector = Collector::new(&location.store_dir);
    let mut buffer = vec![0u8; 64 * 1024];
    let mut absent = Vec::new();
    let mut error: Option<(String, IngestError)> = None;
    let mut path = PathBuf::new();
    let _alive = Alive(shared);
    while let Some(mut names) = shared.take() {
        while let Some(name) = names.pop() {
            let read = read_one(location, &name, input, options, &mut collector, &mut buffer, &mut path);
            let kept = matches!(read, Ok(true));
            match read {
                Ok(true) => progress.add(1),
                Ok(false) => absent.push(name),
                // the others are read all the same, so that the same error is told every time
                Err(new) if error.as_ref().is_none_or(|(first, _)| name < *first) => error = Some((name, new)),
                Err(_) => {}
            }
            if options.recursive && kept {
                let chunk = &collector.chunk;
                let start = names.len();
                for path in collector.last_inputs() {
                    let digest = chunk.paths.digest(path);
                    if shared.is_new(&digest) {
                        let name = std::str::from_utf8(chunk.strings.get(chunk.paths.name(path))).unwrap_or_default();
                        names.push(StorePath { digest, name }.base_name());
                    }
                }
                shared.pending.fetch_add(names.len() - start, Ordering::SeqCst);
            }
            // without recursion the queue has enough for all
            if options.recursive && names.len() > 8 && shared.idle.load(Ordering::SeqCst) > 0 {
                let half = names.len() / 2;
                shared.give(names.drain(..half));
            }
            shared.done(1);
        }
    }
    WorkerResult { chunk: collector.chunk, absent, error }
}

/// Reads one file into the collector; `false` when it does not exist. `path` is scratch.
fn read_one(
    location: &StoreLocation,
    base_name: &str,
    input: u32,
    options: Reading,
    collector: &mut Collector,
    buffer: &mut Vec<u8>,
    path: &mut PathBuf,
) -> Result<bool, IngestError> {
    let file = match location.open(base_name, path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(IngestError::io(path.display().to_string())(error)),
    };
    let origin = Origin { input, offset: 0 };
    let io = |error| IngestError::io(path.display().to_string())(error);
    // one read gives all of a file nearly always, and a derivation shows its end: only where it
    // does not parse is it asked whether there is more
    let mut len = fill_once(&file, buffer, 0).map_err(io)?;
    let mut parsed = parse(collector, base_name, &buffer[..len], origin);
    if parsed.is_err() {
        let whole = fill(&file, buffer, len).map_err(io)?;
        if whole > len {
            len = whole;
            parsed = parse(collector, base_name, &buffer[..len], origin);
        }
    }
    parsed.map_err(|(offset, message)| IngestError::malformed(&path.display().to_string(), offset, message))?;
    if options.keep_texts {
        collector.keep_text(&buffer[..len]);
    }
    Ok(true)
}

/// Parses the text of a derivation into the collector; an error comes with its byte offset.
fn parse(collector: &mut Collector, base_name: &str, text: &[u8], origin: Origin) -> Result<(), (u64, String)> {
    let path =
        StorePath::from_base_name(base_name.as_bytes()).map_err(|error| (0, format!("the file's name: {error}")))?;
    let name = drv_name(&path).ok_or_else(|| (0, "the file's name does not end in .drv".to_owned()))?;
    collector.begin(name, Some(text));
    if let Err(error) = aterm::parse_events(text, collector) {
        collector.abandon();
        return Err((error.offset as u64, error.what()));
    }
    collector.finish(&path, origin, Some(text)).map_err(|message| (0, message))
}

/// Reads derivations that are in memory already: base name of the path, and the ATerm. One thread.
///
/// # Errors
/// On the first that is none, with its name and byte offset.
pub fn ingest_texts<'t>(
    store_dir: &str,
    texts: impl IntoIterator<Item = (&'t str, &'t [u8])>,
) -> Result<RawClosure, IngestError> {
    let mut collector = Collector::new(store_dir);
    for (name, text) in texts {
        parse(&mut collector, name, text, Origin::default())
            .map_err(|(offset, message)| IngestError::malformed(name, offset, message))?;
    }
    let origins = vec!["memory".to_owned()];
    Ok(RawClosure { store_dir: store_dir.to_owned(), chunks: vec![collector.chunk], origins })
}

/// Opens a file to read it.
fn open(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Reads once into `buffer` behind its first `len` bytes, and gives how many there are then.
fn fill_once(file: &OwnedFd, buffer: &mut Vec<u8>, len: usize) -> io::Result<usize> {
    if len == buffer.len() {
        buffer.resize(buffer.len() * 2, 0);
    }
    loop {
        match rustix::io::read(file, &mut buffer[len..]) {
            Ok(read) => return Ok(len + read),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads the rest of a file.
fn fill(file: &OwnedFd, buffer: &mut Vec<u8>, mut len: usize) -> io::Result<usize> {
    loop {
        let more = fill_once(file, buffer, len)?;
        if more == len {
            return Ok(len);
        }
        len = more;
    }
}
