//! Sizes of store paths, as files tell them.

use std::path::Path;

use crate::nix::{Digest, StorePath};
use crate::proof::outputs::{Metadata, MetadataError, Recorded};

/// The size of a store path. 0 bytes mean that nobody knows: no archive has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SizeRecord {
    /// What follows the hash in the path.
    pub(super) name: Box<str>,
    pub(super) digest: Digest,
    /// Bytes of the NAR.
    pub(super) nar: u64,
    /// Bytes that are downloaded for it.
    pub(super) download: u64,
    /// Whether its path follows from its content.
    pub(super) by_content: bool,
    /// Which file told the first of both.
    pub(super) file: u32,
}

/// Sizes of store paths, from any number of files.
#[derive(Debug, Clone, Default)]
pub struct SizeRecords {
    /// Ascending by name and digest once [`Self::finish`]ed, each path once.
    records: Vec<SizeRecord>,
    files: Vec<String>,
    notes: Vec<String>,
}

impl SizeRecords {
    /// Reads files, each recognised by its content: see [`Metadata::open`]. Of a path that several tell of, the
    /// first that tells a size counts.
    ///
    /// # Errors
    /// When a file cannot be read, is none of them, is damaged, or tells no size at all.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Self, MetadataError> {
        let mut records = Self::default();
        for path in paths {
            let shown = path.as_ref().display().to_string();
            let metadata = Metadata::open(path.as_ref())?;
            records.notes.extend(metadata.note().map(str::to_owned));
            if !records.add(&shown, metadata.into_recorded()?) {
                return Err(MetadataError::NoSizes(shown));
            }
        }
        records.finish();
        Ok(records)
    }

    /// Adds what a file tells, and says whether it tells the size of any NAR. Derivations themselves are no outputs,
    /// and are left out.
    fn add(&mut self, file: &str, recorded: impl IntoIterator<Item = (String, Recorded)>) -> bool {
        let number = self.files.len() as u32;
        let mut any = false;
        self.files.push(file.to_owned());
        for (base_name, recorded) in recorded {
            let (nar, download) = (recorded.nar.unwrap_or(0), recorded.download.unwrap_or(0));
            let Ok(path) = StorePath::from_base_name(base_name.as_bytes()) else { continue };
            if path.name.ends_with(".drv") || (nar == 0 && download == 0) {
                continue;
            }
            let (name, digest, by_content) = (path.name.into(), path.digest, recorded.by_content);
            self.records.push(SizeRecord { name, digest, nar, download, by_content, file: number });
            any |= nar > 0;
        }
        any
    }

    /// Sorts, and joins what is told of one path. O(n log n).
    fn finish(&mut self) {
        // stable: of one path, the first file stays first
        self.records.sort_by(|one, other| (&one.name, &one.digest).cmp(&(&other.name, &other.digest)));
        self.records.dedup_by(|later, first| {
            let same = later.digest == first.digest && later.name == first.name;
            if same && first.nar == 0 {
                first.nar = later.nar;
            }
            if same && first.download == 0 {
                first.download = later.download;
            }
            same
        });
    }

    pub(super) fn all(&self) -> &[SizeRecord] {
        &self.records
    }

    /// The files, as they were named.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// What somebody should know who reads the answer.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How many paths there are sizes of.
    #[must_use]
    pub fn count(&self) -> usize {
        self.records.len()
    }
}
