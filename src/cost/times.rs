//! Build times, as others have recorded them.

mod csv;
mod draft;
mod error;
mod json;
mod keys;
mod matching;
mod model;
mod names;
mod reason;
mod record;
mod samples;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use error::TimesError;
pub use reason::{Basis, Estimated, Match, Measured, TimeReason};
pub use record::{LONGEST_MILLIS, LeftOut};

pub(super) use matching::{NONE, matching};
pub(super) use model::model;

use draft::Draft;
use record::Record;

/// Recorded build times.
///
/// Overestimates where the machine was busy with other builds, or where a step counts what comes before the build.
/// Underestimates where builds were tried on a faster machine than the one that is asked about: machines are not told
/// apart.
#[derive(Debug, Clone, Default)]
pub struct Times {
    pub(super) files: Vec<TimesFile>,
    records: Vec<Record>,
    /// The systems that records name; the first is empty.
    systems: Vec<String>,
}

/// A file of build times.
#[derive(Debug, Clone)]
pub struct TimesFile {
    /// Where it lies.
    pub path: PathBuf,
    /// How many records it has, with those that are left out.
    pub records: u64,
    /// How many of them say nothing of how long a build takes, by reason as in [`LeftOut::ALL`].
    pub left_out: [u64; LeftOut::ALL.len()],
}

impl Times {
    /// Reads files, each once however often it is given.
    ///
    /// # Errors
    /// When one cannot be read, has none of the forms, or holds something that cannot be: the message names file and
    /// line.
    pub fn read(paths: &[PathBuf]) -> Result<Self, TimesError> {
        let mut times = Self::default();
        let mut seen = BTreeSet::new();
        for path in paths {
            if !seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())) {
                continue;
            }
            let shown = || path.display().to_string();
            let bytes = std::fs::read(path).map_err(|source| TimesError::Io { file: shown(), source })?;
            times.add(&bytes, path)?;
        }
        Ok(times)
    }

    /// Reads one more, recognised by its content; `path` is what messages name. O(bytes).
    ///
    /// # Errors
    /// As of [`Times::read`]; nothing is added then.
    pub fn add(&mut self, bytes: &[u8], path: &Path) -> Result<(), TimesError> {
        let file = path.display().to_string();
        let malformed = |line: u64, message: String| TimesError::Malformed { file: file.clone(), line, message };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            malformed(line_of(before), "expected UTF-8, found other bytes".to_owned())
        })?;
        let mut sink = Sink::new(self.files.len(), self.systems.clone());
        let read = match text.trim_start().as_bytes().first() {
            None => return Err(TimesError::Empty(file)),
            Some(b'{' | b'[') => json::read(text, &mut sink),
            Some(_) => csv::read(text, &mut sink),
        };
        read.map_err(|Misfit { line, message }| malformed(line, message))?;
        if sink.read == 0 {
            return Err(TimesError::Empty(file));
        }
        if u32::try_from(self.records.len() + sink.records.len()).is_err() {
            return Err(malformed(1, "expected less than 2^32 records in all files".to_owned()));
        }
        self.files.push(TimesFile { path: path.to_path_buf(), records: sink.read, left_out: sink.left_out });
        self.records.append(&mut sink.records);
        self.systems = sink.systems;
        Ok(())
    }

    /// The files, in the order in which they were read.
    #[must_use]
    pub fn files(&self) -> &[TimesFile] {
        &self.files
    }

    /// How many records tell how long a build takes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

/// The number of the line on which a text ends.
fn line_of(before: &[u8]) -> u64 {
    1 + memchr::memchr_iter(b'\n', before).count() as u64
}

/// What cannot be read, and where.
#[derive(Debug, PartialEq, Eq)]
struct Misfit {
    line: u64,
    message: String,
}

/// Takes the records of one file.
#[derive(Debug)]
struct Sink {
    file: u32,
    records: Vec<Record>,
    systems: Vec<String>,
    read: u64,
    left_out: [u64; LeftOut::ALL.len()],
    /// In which unit the file's durations are, as it was first seen.
    unit: Option<draft::Unit>,
}

impl Sink {
    fn new(file: usize, mut systems: Vec<String>) -> Self {
        if systems.is_empty() {
            systems.push(String::new());
        }
        Self { file: file as u32, records: Vec::new(), systems, read: 0, left_out: [0; LeftOut::ALL.len()], unit: None }
    }

    /// One more record.
    fn take(&mut self, draft: &Draft<'_>) -> Result<(), String> {
        self.read += 1;
        if let Some(unit) = draft.unit() {
            match self.unit {
                Some(known) if known != unit => {
                    return Err(format!(
                        "expected {} as before, found {}: one file has one unit",
                        known.as_str(),
                        unit.as_str()
                    ));
                }
                _ => self.unit = Some(unit),
            }
        }
        let system = self.system(&draft.system);
        match draft.finish(system, self.file)? {
            Ok(record) => self.records.push(record),
            Err(reason) => self.left_out[reason as usize] += 1,
        }
        Ok(())
    }

    fn system(&mut self, system: &str) -> u32 {
        // a handful
        let at = self.systems.iter().position(|known| known == system).unwrap_or_else(|| {
            self.systems.push(system.to_owned());
            self.systems.len() - 1
        });
        at as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Times, String> {
        let mut times = Times::default();
        times.add(text.as_bytes(), Path::new("t")).map_err(|error| error.to_string())?;
        Ok(times)
    }

    /// What is written of each record: name, attribute, system, milliseconds.
    fn told(text: &str) -> Vec<String> {
        let times = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let records = times.records.iter();
        records
            .map(|record| {
                let system = &times.systems[record.system as usize];
                let words = [record.path.as_str(), &record.name, &record.attribute, system];
                let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
                format!("{:?} {} {}", record.named, words.join(" "), record.millis)
            })
            .collect()
    }

    const DRV: &str = "/nix/store/0001x39905jwpbxh95qbvxcka0llljcd-curl-8.1.drv";

    #[test]
    fn every_form() {
        let hydra = "Derivation 0001x39905jwpbxh95qbvxcka0llljcd curl-8.1 x86_64-linux 90000";
        for (text, expected) in [
            ("hostname,derivation name,utc time,build seconds\n,curl,2024-01-01 00:00:00,12\nbig,go,2024-01-01 00:00:00,7\n".to_owned(), vec!["Short curl 12000", "Short go 7000"]),
            (format!("drvpath,starttime,stoptime,system,machine,overhead\n{DRV},1700000000,1700000090,x86_64-linux,m,5\n"), vec![hydra]),
            (format!("build,stepnr,type,drvPath,busy,status,startTime,stopTime,machine,system,propagatedFrom\n1,1,0,{DRV},0,0,1700000000,1700000090,m,x86_64-linux,\n"), vec![hydra]),
            (format!("[{{\"drvPath\": \"{DRV}\", \"startTime\": 1700000000, \"stopTime\": 1700000090, \"status\": 0, \"system\": \"x86_64-linux\", \"propagatedFrom\": null}}]"), vec![hydra]),
            (format!("{{\"drvpath\": \"{DRV}\", \"starttime\": 1700000000, \"stoptime\": 1700000090, \"system\": \"x86_64-linux\"}}\n{{\"job\": \"hello\", \"seconds\": 1}}\n"), vec![hydra, "Any hello 1000"]),
            ("curl,1.5\nhello,2,x86_64-linux\n".to_owned(), vec!["Any curl 1500", "Any hello x86_64-linux 2000"]),
            ("# ours\nname,seconds\ncurl,0.0004\ncurl,1\n".to_owned(), vec!["Any curl 1000"]),
            ("pname,minutes\ncurl,1.5\n".to_owned(), vec!["Pname curl 90000"]),
            ("attribute,system,build_ms\ncurl,x86_64-linux,15\n".to_owned(), vec!["Any curl x86_64-linux 15"]),
            ("{\"curl\": 2, \"hello\": [1, 3.5]}".to_owned(), vec!["Any curl 2000", "Any hello 1000", "Any hello 3500"]),
            ("[{\"name\": \"curl\", \"hours\": 1}, {\"attr\": \"a.b\", \"hours\": 2, \"system\": \"x\"}]".to_owned(), vec!["Any curl 3600000", "Any a.b x 7200000"]),
            (format!("name,seconds\n{DRV},90\n"), vec!["Derivation 0001x39905jwpbxh95qbvxcka0llljcd curl-8.1 90000"]),
            ("\u{feff}curl,1\r\nhello,2\r\n".to_owned(), vec!["Any curl 1000", "Any hello 2000"]),
        ] {
            assert_eq!(told(&text), expected, "{text}");
        }
    }
}
