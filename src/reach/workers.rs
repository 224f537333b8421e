//! Work shared out among threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `0..count` on all threads, each with a worker of its own, and gives the workers.
///
/// Who does what is chance: what is made of the workers must not depend on it.
pub(super) fn share_out<T: Send>(
    count: usize,
    worker: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, usize) + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    rayon::broadcast(|_| {
        let mut own = worker();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return own;
            }
            work(&mut own, at);
        }
    })
}
