//! How far reading has come, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what was read: files or bytes. Shared between the readers and the one that shows it.
#[derive(Debug, Default)]
pub struct Progress {
    derivations: AtomicU64,
}

impl Progress {
    /// Adds derivations.
    pub fn add(&self, derivations: u64) {
        self.derivations.fetch_add(derivations, Ordering::Relaxed);
    }

    /// Derivations read so far.
    #[must_use]
    pub fn derivations(&self) -> u64 {
        self.derivations.load(Ordering::Relaxed)
    }
}
