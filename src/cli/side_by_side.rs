//! Pieces of work done side by side, their answers taken in order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use super::error::CliError;

/// Does `count` pieces of work on some threads, and gives each answer to `take` in their order, as soon as
/// those before it are there. The first error of `take` ends it: what has begun is waited for.
pub(super) fn side_by_side<T: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(usize, T) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads.min(count) {
            let send = send.clone();
            let (next, stopped, work) = (&next, &stopped, &work);
            scope.spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count || send.send((at, work(at))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut waiting: BTreeMap<usize, T> = BTreeMap::new();
        let mut due = 0;
        for (at, answer) in receive {
            waiting.insert(at, answer);
            while let Some(answer) = waiting.remove(&due) {
                if let Err(error) = take(due, answer) {
                    stopped.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                due += 1;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_order_whoever_is_first() {
        for threads in [1, 3, 20] {
            let mut taken = Vec::new();
            // the first are the slowest
            let work = |at: usize| {
                std::thread::sleep(std::time::Duration::from_millis(10 - at as u64));
                at * 2
            };
            let take = |at, answer| {
                taken.push((at, answer));
                Ok(())
            };
            side_by_side(threads, 10, work, take).unwrap();
            assert_eq!(taken, (0..10).map(|at| (at, at * 2)).collect::<Vec<_>>(), "{threads} threads");
        }
        side_by_side(4, 0, |at| at, |_, _| Ok(())).unwrap();
    }

    #[test]
    fn the_first_error_ends_it() {
        let begun = AtomicUsize::new(0);
        let mut taken = 0;
        let work = |_| begun.fetch_add(1, Ordering::Relaxed);
        let take = |_, _| {
            taken += 1;
            if taken == 3 { Err(CliError::NoInput) } else { Ok(()) }
        };
        assert!(matches!(side_by_side(1, 1_000_000, work, take), Err(CliError::NoInput)));
        assert_eq!(taken, 3);
        assert!(begun.load(Ordering::Relaxed) < 1_000_000);
    }
}
