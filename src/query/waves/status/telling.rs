//! Gives results to waves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::super::results::{Outcome, Record, Results};
use super::answer::{FileStatus, Fix, Retried, ToldBy};
use super::index::{Found, Index};
use super::wave::Wave;
use crate::graph::{Graph, NodeId};
use crate::reach::Propagation;

/// So many names of what is unknown are told of each file.
const UNKNOWN: usize = 10;

/// A file of results.
#[derive(Debug, Clone)]
pub struct ResultFile {
    /// Which.
    pub file: PathBuf,
    /// The wave that it tells of, where that is said; a result may say otherwise itself.
    pub wave: Option<usize>,
    /// What it tells.
    pub results: Results,
}

/// A result that names a wave that the plan does not have.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// For a whole file.
    #[error("{}: given as wave {wave}; the plan has {waves}", file.display())]
    NoSuchWave {
        /// The file.
        file: PathBuf,
        /// The number that was given.
        wave: usize,
        /// How many waves there are.
        waves: usize,
    },
    /// In a result.
    #[error("{}: line {line}: wave {wave}; the plan has {waves}", file.display())]
    NoSuchWaveAt {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The number that it gives.
        wave: u32,
        /// How many waves there are.
        waves: usize,
    },
}

/// What is told of a build, last.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub(super) outcome: Outcome,
    pub(super) note: Option<String>,
    pub(super) told_by: ToldBy,
    /// All outcomes that were told, in their order, without repetitions.
    outcomes: Vec<Outcome>,
}

/// What is told of a wave.
#[derive(Debug, Default)]
pub(super) struct OfWave {
    /// By node.
    pub(super) last: BTreeMap<u32, Last>,
    pub(super) fixes: Vec<Fix>,
}

impl OfWave {
    /// What several results tell differently, by what it is called.
    pub(super) fn retried(&self, name: impl Fn(u32) -> String) -> Vec<Retried> {
        let several = self.last.iter().filter(|(_, last)| last.outcomes.len() > 1);
        several.map(|(&node, last)| Retried { name: name(node), statuses: last.outcomes.clone() }).collect()
    }

    fn tell(&mut self, node: u32, record: &Record, told_by: &ToldBy) {
        let before = self.last.get(&node).map(|last| last.outcome);
        let outcome = record.outcome.after(before);
        if before == Some(outcome) && record.outcome == Outcome::Evaluated && outcome != Outcome::Evaluated {
            return;
        }
        let mut outcomes = self.last.remove(&node).map(|last| last.outcomes).unwrap_or_default();
        // that it evaluates, or waits, is no result that another one contradicts
        if outcome.told().is_some() && outcomes.last() != Some(&outcome) {
            outcomes.push(outcome);
        }
        self.last.insert(node, Last { outcome, note: record.note.clone(), told_by: told_by.clone(), outcomes });
    }
}

/// Gives each result to its wave: the one that it names, else that of its file, else the first that is not green by
/// the files before. Where all are green, results without a wave are of none.
///
/// # Errors
/// When a wave is named that there is not.
pub(super) fn tell(
    graph: &Graph,
    propagation: &Propagation,
    waves: &[Wave],
    files: &[ResultFile],
) -> Result<(Vec<OfWave>, Vec<FileStatus>), StatusError> {
    let mut told: Vec<OfWave> = waves.iter().map(|_| OfWave::default()).collect();
    let mut green: Vec<bool> = vec![false; waves.len()];
    let mut changed: BTreeSet<usize> = (0..waves.len()).collect();
    let mut indices: BTreeMap<usize, Index<'_>> = BTreeMap::new();
    let mut rows = Vec::with_capacity(files.len());
    for file in files {
        let records = &file.results.records;
        if let Some(wave) = file.wave.filter(|wave| !(1..=waves.len()).contains(wave)) {
            return Err(StatusError::NoSuchWave { file: file.file.clone(), wave, waves: waves.len() });
        }
        let given = match file.wave {
            Some(wave) => Some(wave - 1),
            None if records.iter().all(|record| record.wave.is_some()) => None,
            None => {
                for &at in &changed {
                    green[at] = waves[at].is_green(graph, propagation, &told[at]);
                }
                changed.clear();
                green.iter().position(|green| !green)
            }
        };
        let mut row = FileStatus {
            file: file.file.display().to_string(),
            form: file.results.form.as_str(),
            waves: Vec::new(),
            records: records.len() as u64,
            used: 0,
            elsewhere: 0,
            unknown: 0,
            unknown_names: Vec::new(),
        };
        let mut of_waves = BTreeSet::new();
        for record in records {
            let wave = match record.wave {
                None => given,
                Some(wave) => match usize::try_from(wave).ok().and_then(|wave| wave.checked_sub(1)) {
                    Some(at) if at < waves.len() => Some(at),
                    _ => {
                        return Err(StatusError::NoSuchWaveAt {
                            file: file.file.clone(),
                            line: record.line,
                            wave,
                            waves: waves.len(),
                        });
                    }
                },
            };
            let Some(wave) = wave else {
                row.elsewhere += 1;
                continue;
            };
            of_waves.insert(wave + 1);
            let told_by = ToldBy { file: row.file.clone(), line: record.line };
            if let Some(fix) = &record.fix {
                told[wave].fixes.push(Fix {
                    name: record.name.clone(),
                    fix: fix.clone(),
                    status: record.outcome,
                    note: record.note.clone(),
                    told_by: told_by.clone(),
                });
            }
            let index = indices.entry(wave).or_insert_with(|| Index::new(graph, &waves[wave].nodes));
            match index.find(record) {
                Found::Builds(nodes) => {
                    row.used += 1;
                    changed.insert(wave);
                    nodes.into_iter().for_each(|node| told[wave].tell(node, record, &told_by));
                }
                Found::Elsewhere => row.elsewhere += 1,
                Found::Unknown => {
                    row.unknown += 1;
                    if row.unknown_names.len() < UNKNOWN && !row.unknown_names.contains(&record.name) {
                        row.unknown_names.push(record.name.clone());
                    }
                }
            }
        }
        row.waves = of_waves.into_iter().collect();
        rows.push(row);
    }
    Ok((told, rows))
}

/// What a build is called: by its shortest attribute, else by its name; and its system.
pub(super) fn name_of(graph: &Graph, node: u32) -> String {
    let node = NodeId(node);
    let attributes = graph.attributes_of(node).map(|attribute| graph.attribute_name(attribute));
    let name = attributes.min_by_key(|name| (name.len(), *name)).unwrap_or_else(|| graph.name(node));
    format!("{name} ({})", graph.system(node))
}
