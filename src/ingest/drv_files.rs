//! Derivations as files: read from a store directory, recursively and in parallel.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use rustc_hash::FxBuildHasher;

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

    fn open(&self, base_name: &str) -> io::Result<(File, usize)> {
        let mut first = None;
        for (at, folder) in self.folders.iter().enumerate() {
            match File::open(folder.join(base_name)) {
                Ok(file) => return Ok((file, at)),
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

/// Reads `roots` (base names) and everything they need.
///
/// Each file is read once; which worker reads it depends on timing, what comes out does not. A
/// file that does not exist is no error here: the graph's builder names it with its consumers. An
/// error in several files is told of the one whose name sorts first.
pub(crate) fn read(
    location: &StoreLocation,
    roots: Vec<String>,
    input: u32,
    options: Reading,
    progress: &Progress,
) -> Result<FilesRead, IngestError> {
    let shared = Shared {
        queue: Mutex::new(Vec::new()),
        wake: Condvar::new(),
        pending: AtomicUsize::new(0),
        idle: AtomicUsize::new(0),
        failed: AtomicBool::new(false),
        seen: (0..SHARDS).map(|_| Mutex::new(HashSet::default())).collect(),
    };
    let mut fresh: Vec<String> = Vec::with_capacity(roots.len());
    for root in roots {
        // a root whose name is no store path's is read, and refused with its name
        if Digest::from_prefix(root.as_bytes()).is_none_or(|digest| shared.is_new(&digest)) {
            fresh.push(root);
        }
    }
    // popped from the end: the order of the names is the order on most disks
    fresh.sort_unstable_by(|a, b| b.cmp(a));
    shared.pending.store(fresh.len(), Ordering::SeqCst);
    *lock(&shared.queue) = fresh;

    let workers = rayon::current_num_threads().max(1);
    let results: Vec<WorkerResult> = std::thread::scope(|scope| {
        let handles: Vec<_> =
            (0..workers).map(|_| scope.spawn(|| worker(location, input, options, &shared, progress))).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut read = FilesRead::default();
    let mut errors = Vec::new();
    for result in results {
        read.absent.extend(result.absent);
        read.chunks.push(result.chunk);
        errors.extend(result.error);
    }
    read.absent.sort_unstable();
    errors.sort_by(|a, b| a.0.cmp(&b.0));
    match errors.into_iter().next() {
        Some((_, error)) => Err(error),
        None => Ok(read),
    }
}

/// How to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Whether inputs are followed.
    pub(crate) recursive: bool,
    /// Whether texts are kept, to be verified.
    pub(crate) keep_texts: bool,
}

const SHARDS: usize = 32;

struct Shared {
    queue: Mutex<Vec<String>>,
    wake: Condvar,
    /// Files that are queued or being read.
    pending: AtomicUsize,
    idle: AtomicUsize,
    failed: AtomicBool,
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
            if self.failed.load(Ordering::SeqCst) {
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

    fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
        let _queue = lock(&self.queue);
        self.wake.notify_all();
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
    while let Some(mut names) = shared.take() {
        while let Some(name) = names.pop() {
            match read_one(location, &name, input, options, &mut collector, &mut buffer) {
                Ok(true) => progress.add(1),
                Ok(false) => absent.push(name),
                Err(error) => {
                    shared.fail();
                    return WorkerResult { chunk: collector.chunk, absent, error: Some((name, error)) };
                }
            }
            if options.recursive {
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
            if names.len() > 8 && shared.idle.load(Ordering::SeqCst) > 0 {
                let half = names.len() / 2;
                shared.give(names.drain(..half));
            }
            shared.done(1);
        }
    }
    WorkerResult { chunk: collector.chunk, absent, error: None }
}

/// Reads one file into the collector; `false` when it does not exist.
fn read_one(
    location: &StoreLocation,
    base_name: &str,
    input: u32,
    options: Reading,
    collector: &mut Collector,
    buffer: &mut Vec<u8>,
) -> Result<bool, IngestError> {
    let (mut file, folder) = match location.open(base_name) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(IngestError::io(location.folders[0].join(base_name).display().to_string())(error)),
    };
    let shown = || location.folders[folder].join(base_name).display().to_string();
    let text = fill(&mut file, buffer).map_err(|error| IngestError::io(shown())(error))?;
    parse(collector, base_name, text, Origin { input, offset: 0 })
        .map_err(|(offset, message)| IngestError::malformed(&shown(), offset, message))?;
    if options.keep_texts {
        collector.chunk.texts.push(text.to_vec());
    }
    Ok(true)
}

/// Parses the text of a derivation into the collector; an error comes with its byte offset.
fn parse(collector: &mut Collector, base_name: &str, text: &[u8], origin: Origin) -> Result<(), (u64, String)> {
    let path =
        StorePath::from_base_name(base_name.as_bytes()).map_err(|error| (0, format!("the file's name: {error}")))?;
    let name = drv_name(&path).ok_or_else(|| (0, "the file's name does not end in .drv".to_owned()))?;
    collector.begin(name);
    if let Err(error) = aterm::parse_events(text, collector) {
        collector.abandon();
        return Err((error.offset as u64, error.what()));
    }
    collector.finish(&path, origin).map_err(|message| (0, message))
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

/// Reads a whole file into `buffer`, which keeps its size, and gives what was read.
fn fill<'b>(file: &mut File, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    let mut len = 0;
    loop {
        if len == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        match file.read(&mut buffer[len..]) {
            Ok(0) => return Ok(&buffer[..len]),
            Ok(n) => len += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
