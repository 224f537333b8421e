//! Records appended to an evidence file that others may write to at the same time.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::file::{EvidenceError, EvidenceFile, Reading};
use super::lines::{self, HEADER};

/// What appending did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    /// How many records were written.
    pub records: usize,
    /// Whether an unfinished line was ended first: one whose writer was ended halfway.
    pub ended_line: bool,
}

impl EvidenceFile {
    /// Appends the records to a file; makes it where there is none. Others may append at the same time: each
    /// waits for its turn, and writes whole lines. Where a disk is full, the file is left as it was. What is
    /// no regular file (a pipe) gets a whole file.
    ///
    /// # Errors
    /// When the operating system refuses, or the file is none to append to.
    pub fn append(path: &Path, records: &Self) -> Result<Appended, EvidenceError> {
        Locked::open(path, true)?.append(records)
    }

    /// Appends those of the records that the file does not have yet.
    ///
    /// # Errors
    /// As [`EvidenceFile::append`], and when the file cannot be read.
    pub fn append_new(path: &Path, records: &Self) -> Result<Appended, EvidenceError> {
        let mut locked = Locked::open(path, true)?;
        let known = locked.read()?.file;
        let is_new = |known: bool| !known;
        let mut new = records.clone();
        new.sort();
        new.evidence.retain(|record| is_new(known.evidence.binary_search(record).is_ok()));
        new.failures.retain(|record| is_new(known.failures.binary_search(record).is_ok()));
        new.unknown.retain(|record| is_new(known.unknown.binary_search(record).is_ok()));
        locked.append(&new)
    }

    /// Whether records could be appended to this file: before the work is done that gives them.
    ///
    /// # Errors
    /// When the folder is not there, or the file is none to append to.
    pub fn check_appendable(path: &Path) -> Result<(), EvidenceError> {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        if folder.is_some_and(|folder| !folder.is_dir()) || path.is_dir() {
            let source = io::Error::new(io::ErrorKind::NotFound, "expected a file to write, in a folder that exists");
            return Err(EvidenceError::io(path)(source));
        }
        if path.is_file() {
            Locked::open(path, false)?.start()?;
        }
        Ok(())
    }

    /// Puts in a file's place what `change` makes of it; nobody can append in between.
    ///
    /// # Errors
    /// When the file cannot be read or written, and what `change` gives.
    pub fn rewrite(path: &Path, change: impl FnOnce(Reading) -> Self) -> Result<(), EvidenceError> {
        let mut locked = Locked::open(path, false)?;
        let file = change(locked.read()?);
        file.save(path)
    }
}

/// How a file begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// There is a header.
    Header,
    /// It is empty, or its header was not finished.
    Nothing,
}

/// A file that is ours alone until this is dropped.
struct Locked<'p> {
    path: &'p Path,
    file: File,
    /// Whether it is a regular file.
    regular: bool,
}

impl<'p> Locked<'p> {
    /// Opens the file, or makes it where that is wanted, and waits until nobody else has it.
    fn open(path: &'p Path, create: bool) -> Result<Self, EvidenceError> {
        let failed = || EvidenceError::io(path);
        loop {
            // a pipe cannot be opened for both
            let is_regular = std::fs::metadata(path).map_or(true, |known| known.is_file());
            let mut options = OpenOptions::new();
            options.append(true).read(is_regular).create(create && is_regular);
            let file = options.open(path).map_err(failed())?;
            let regular = file.metadata().map_err(failed())?.is_file();
            let locked = Self { path, file, regular };
            if !regular {
                return Ok(locked);
            }
            locked.file.lock().map_err(failed())?;
            // whoever had it may have put another file in its place
            if locked.is_in_place().map_err(failed())? {
                return Ok(locked);
            }
        }
    }

    #[cfg(unix)]
    fn is_in_place(&self) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let ours = self.file.metadata()?;
        match std::fs::metadata(self.path) {
            Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    #[cfg(not(unix))]
    fn is_in_place(&self) -> io::Result<bool> {
        Ok(true)
    }

    fn read(&mut self) -> Result<Reading, EvidenceError> {
        let mut text = Vec::new();
        if self.regular {
            self.file.rewind().and_then(|()| self.file.read_to_end(&mut text)).map_err(EvidenceError::io(self.path))?;
        }
        if text.is_empty() {
            return Ok(Reading::default());
        }
        Reading::parse(&text, &self.path.display().to_string())
    }

    /// How the file begins, and so what must stand before what is appended.
    fn start(&mut self) -> Result<Start, EvidenceError> {
        if self.bytes(0, HEADER.len() as u64)? == HEADER.as_bytes() {
            return Ok(Start::Header);
        }
        let text = self.bytes(0, u64::MAX)?;
        if HEADER.as_bytes().starts_with(&text) && lines::header(&text).is_none() {
            return Ok(Start::Nothing);
        }
        // damaged, of another version, or none at all
        self.read()?;
        let is_headed = text.split(|&byte| byte == b'\n').any(|line| lines::header(line).is_some());
        if is_headed {
            Ok(Start::Header)
        } else {
            Err(EvidenceError::NotAppendable { path: self.path.display().to_string() })
        }
    }

    fn length(&self) -> Result<u64, EvidenceError> {
        Ok(self.file.metadata().map_err(EvidenceError::io(self.path))?.len())
    }

    fn bytes(&mut self, from: u64, count: u64) -> Result<Vec<u8>, EvidenceError> {
        let mut bytes = Vec::new();
        let mut read = || {
            self.file.seek(SeekFrom::Start(from))?;
            (&self.file).take(count).read_to_end(&mut bytes)
        };
        read().map_err(EvidenceError::io(self.path))?;
        Ok(bytes)
    }

    fn append(&mut self, records: &EvidenceFile) -> Result<Appended, EvidenceError> {
        let text = lines::text(records);
        if !self.regular {
            let whole = format!("{HEADER}{text}");
            self.file.write_all(whole.as_bytes()).map_err(EvidenceError::io(self.path))?;
            return Ok(Appended { records: records.count(), ended_line: false });
        }
        let start = self.start()?;
        let length = self.length()?;
        let ended_line = length > 0 && self.bytes(length - 1, 1)? != b"\n";
        if text.is_empty() && start == Start::Header {
            return Ok(Appended::default());
        }
        let end = if ended_line { "\n" } else { "" };
        let header = if start == Start::Header { "" } else { HEADER };
        let whole = format!("{end}{header}{text}");
        let written = self.file.write_all(whole.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            let path = self.path.display().to_string();
            return Err(match self.file.set_len(length) {
                Ok(()) => EvidenceError::Io { path, source },
                Err(_) => EvidenceError::HalfWritten { path, source },
            });
        }
        Ok(Appended { records: records.count(), ended_line })
    }
}
