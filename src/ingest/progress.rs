//! How far work has come, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counts what is done. Shared between those that work and the one that shows it; a count is one atomic addition.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    of: AtomicU64,
    phase: Mutex<Option<&'static str>>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// What is counted, or done, where the work says so.
    pub phase: Option<&'static str>,
    /// So many are done.
    pub done: u64,
    /// So many there are; `None` where that is not known.
    pub of: Option<u64>,
}

impl Progress {
    /// Adds what is done: derivations, attributes, or what the phase counts.
    pub fn add(&self, count: u64) {
        self.done.fetch_add(count, Ordering::Relaxed);
    }

    /// Begins with something else: what is counted, and how many there are, or what is done, where nothing is counted.
    pub fn begin(&self, phase: &'static str, of: Option<u64>) {
        let mut now = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        *now = Some(phase);
        self.of.store(of.unwrap_or(0), Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
    }

    /// How far it is.
    #[must_use]
    pub fn now(&self) -> Done {
        let phase = *self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let of = self.of.load(Ordering::Relaxed);
        Done { phase, done: self.done.load(Ordering::Relaxed), of: (of > 0).then_some(of) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_counts_anew() {
        let progress = Progress::default();
        progress.add(3);
        assert_eq!(progress.now(), Done { phase: None, done: 3, of: None });
        progress.begin("bumps", Some(7));
        progress.add(2);
        assert_eq!(progress.now(), Done { phase: Some("bumps"), done: 2, of: Some(7) });
        progress.begin("searching", None);
        assert_eq!(progress.now(), Done { phase: Some("searching"), done: 0, of: None });
    }
}
