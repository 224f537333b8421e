//! JSON inputs: `nix derivation show`, nix-eval-jobs, `nix-env --json`, nixpkgs CI's outpaths.
//!
//! One thread takes the text apart, the others parse the derivations in it.

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::attribute::{self, Attributes};
use super::collector::{Collector, drv_name};
use super::json_stream::{JsonStream, Piece};
use super::problem::{IngestError, Problem};
use super::progress::Progress;
use super::raw::{Chunk, Origin};
use crate::nix::store_path::DEFAULT_STORE_DIR;
use crate::nix::{StorePath, aterm, json};

/// Bytes of derivations that travel to a worker together.
const BATCH: usize = 256 * 1024;

/// Derivations on their way to a worker.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    /// Path of the derivation, where its text starts in `text`, and in the whole.
    entries: Vec<(String, usize, u64)>,
}

/// Reads a JSON text of any known kind.
///
/// `store_dir` is the store directory if an earlier input has shown it.
pub(crate) fn read(
    reader: impl Read,
    path: &str,
    input: u32,
    store_dir: &mut Option<String>,
    keep_texts: bool,
    progress: &Progress,
) -> Result<(Vec<Chunk>, Vec<Problem>), IngestError> {
    let mut stream = JsonStream::new(reader, path);
    if stream.peek()? != Some(b'{') {
        return Err(
            stream.error("'{' of a JSON object (nix derivation show, nix-eval-jobs, nix-env --json, or outpaths)")
        );
    }
    let mut attributes = Attributes::new(path, input);
    if attribute::looks_like_a_job(stream.look_ahead(64 * 1024)?) {
        let store_dir = store_dir.get_or_insert_with(|| DEFAULT_STORE_DIR.to_owned());
        while stream.peek()?.is_some() {
            attributes.job(stream.value()?, store_dir)?;
        }
        let (chunk, problems) = attributes.finish();
        return Ok((vec![chunk], problems));
    }

    // the first derivation shows the store directory, which the workers need
    let (sender, receiver) = sync_channel::<Batch>(4);
    // owned by the workers alone: when none is left, sending fails instead of waiting
    let receiver = Arc::new(Mutex::new(receiver));
    let shown_dir: Mutex<Option<String>> = Mutex::new(store_dir.clone());
    let (framed, results) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..rayon::current_num_threads().max(1))
            .map(|_| {
                let receiver = Arc::clone(&receiver);
                let shown_dir = &shown_dir;
                scope.spawn(move || parse_batches(&receiver, shown_dir, path, input, keep_texts, progress))
            })
            .collect();
        drop(receiver);
        let mut frame = Frame {
            path,
            sender: Some(sender),
            batch: Batch::default(),
            store_dir: &shown_dir,
            attributes: &mut attributes,
        };
        let framed = frame.run(&mut stream);
        drop(frame);
        let results: Vec<_> = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        (framed, results)
    });
    *store_dir = shown_dir.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut chunks = Vec::new();
    let mut errors = Vec::new();
    for (chunk, error) in results {
        chunks.push(chunk);
        errors.extend(error);
    }
    // of several errors the first in the text is told, whatever the workers' timing
    if let Err(error) = framed {
        errors.push((stream.offset(), error));
    }
    errors.sort_by_key(|(offset, _)| *offset);
    if let Some((_, error)) = errors.into_iter().next() {
        return Err(error);
    }
    let (chunk, problems) = attributes.finish();
    chunks.push(chunk);
    Ok((chunks, problems))
}

/// Walks the outermost object and sends its derivations away.
struct Frame<'f> {
    path: &'f str,
    sender: Option<SyncSender<Batch>>,
    batch: Batch,
    store_dir: &'f Mutex<Option<String>>,
    attributes: &'f mut Attributes,
}

impl Frame<'_> {
    fn run<R: Read>(&mut self, stream: &mut JsonStream<R>) -> Result<(), IngestError> {
        stream.byte(b'{', "'{'")?;
        if stream.any()? {
            loop {
                self.entry(stream)?;
                if !stream.more()? {
                    break;
                }
            }
        }
        stream.end()?;
        self.flush();
        Ok(())
    }

    fn entry<R: Read>(&mut self, stream: &mut JsonStream<R>) -> Result<(), IngestError> {
        let key = stream.key()?;
        let kind = stream.peek()?;
        match key.as_str() {
            // {"version": 4, "derivations": {…}}
            "derivations" if kind == Some(b'{') => {
                stream.byte(b'{', "'{'")?;
                if stream.any()? {
                    loop {
                        let key = stream.key()?;
                        self.derivation(key, stream)?;
                        if !stream.more()? {
                            break;
                        }
                    }
                }
                Ok(())
            }
            "version" if kind != Some(b'{') => {
                let piece = stream.value()?;
                match piece.text {
                    b"3" | b"4" => Ok(()),
                    other => Err(IngestError::malformed(
                        self.path,
                        piece.offset,
                        format!(
                            "unknown version {} of the derivation format; versions 3, 4 and those without a number are read",
                            String::from_utf8_lossy(other)
                        ),
                    )),
                }
            }
            // whatever stands there: what is no object is refused by name
            key_text if key_text.ends_with(".drv") => self.derivation(key, stream),
            _ if kind == Some(b'{') => {
                let store_dir = shown(self.store_dir);
                let piece = stream.value()?;
                self.attributes.entry(&key, piece, store_dir.as_deref().unwrap_or(DEFAULT_STORE_DIR))
            }
            // beside `derivations` other things may stand
            _ => stream.value().map(drop),
        }
    }

    fn derivation<R: Read>(&mut self, key: String, stream: &mut JsonStream<R>) -> Result<(), IngestError> {
        let Piece { text, offset } = stream.value()?;
        if self.batch.entries.is_empty() && shown(self.store_dir).is_none() {
            let dir = match StorePath::from_absolute(key.as_bytes()) {
                Ok((dir, _)) => String::from_utf8_lossy(dir).into_owned(),
                Err(_) => DEFAULT_STORE_DIR.to_owned(),
            };
            *self.store_dir.lock().unwrap_or_else(PoisonError::into_inner) = Some(dir);
        }
        self.batch.entries.push((key, self.batch.text.len(), offset));
        self.batch.text.extend_from_slice(text);
        if self.batch.text.len() >= BATCH {
            self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if let (false, Some(sender)) = (batch.entries.is_empty(), &self.sender) {
            // workers stop early only after an error, which is told anyway
            let _ = sender.send(batch);
        }
    }
}

fn shown(store_dir: &Mutex<Option<String>>) -> Option<String> {
    store_dir.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

type Parsed = (Chunk, Option<(u64, IngestError)>);

fn parse_batches(
    receiver: &Mutex<Receiver<Batch>>,
    store_dir: &Mutex<Option<String>>,
    path: &str,
    input: u32,
    keep_texts: bool,
    progress: &Progress,
) -> Parsed {
    let mut collector: Option<(Collector, String)> = None;
    loop {
        let received = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = received else { break };
        let (collector, store_dir) = collector.get_or_insert_with(|| {
            let dir = shown(store_dir).unwrap_or_else(|| DEFAULT_STORE_DIR.to_owned());
            (Collector::new(&dir), dir)
        });
        for (i, (key, start, offset)) in batch.entries.iter().enumerate() {
            let end = batch.entries.get(i + 1).map_or(batch.text.len(), |next| next.1);
            let text = &batch.text[*start..end];
            if let Err((at, message)) =
                parse_one(collector, store_dir, key, text, Origin { input, offset: *offset }, keep_texts)
            {
                let at = offset + at;
                let error = IngestError::malformed(path, at, format!("derivation '{key}': {message}"));
                // the others must not wait for a place in the queue
                while receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().is_ok() {}
                return (Chunk::default(), Some((at, error)));
            }
        }
        progress.add(batch.entries.len() as u64);
    }
    (collector.map(|(collector, _)| collector.chunk).unwrap_or_default(), None)
}

fn parse_one(
    collector: &mut Collector,
    store_dir: &str,
    key: &str,
    text: &[u8],
    origin: Origin,
    keep_texts: bool,
) -> Result<(), (u64, String)> {
    let path = match StorePath::from_absolute(key.as_bytes()) {
        Ok((dir, _)) if dir != store_dir.as_bytes() => {
            return Err((0, format!("lies in another store directory than the others ('{store_dir}')")));
        }
        Ok((_, path)) => path,
        Err(_) => StorePath::from_base_name(key.as_bytes()).map_err(|error| (0, error.to_string()))?,
    };
    let name = drv_name(&path).ok_or((0, "the path does not end in .drv".to_owned()))?;
    collector.begin(name, None);
    if let Err(error) = json::parse_events(text, store_dir, name, collector) {
        collector.abandon();
        return Err((error.offset as u64, error.message));
    }
    collector.finish(&path, origin, None).map_err(|message| (0, message))?;
    if keep_texts {
        let mut derivation =
            json::parse(text, store_dir, name).map_err(|error| (error.offset as u64, error.message))?;
        derivation.sort();
        collector.keep_text(&aterm::print(&derivation));
    }
    Ok(())
}
