//! The same work for many things: by several threads, its results in the order of the
//! things, whatever thread was the first.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

/// How many things a thread takes at a time, at most: what is told to the others costs
/// more than to look at a small file.
const MOST_AT_ONCE: usize = 32;

/// Does `work` for each of `things` and hands what came of it to `take`, in order.
pub(crate) fn in_order<T: Sync, R: Send>(
    things: &[T],
    threads: NonZeroUsize,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R),
) {
    let threads = threads.get().min(things.len());
    let at_once = (things.len() / threads.max(1) / 64).clamp(1, MOST_AT_ONCE);
    let next = AtomicUsize::new(0);
    let started = threads > 1
        && thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            let working = || {
                let sender = sender.clone();
                let (next, work) = (&next, &work);
                move || {
                    loop {
                        let from = next.fetch_add(at_once, Ordering::Relaxed);
                        let Some(rest) = things.get(from..).filter(|rest| !rest.is_empty()) else {
                            break;
                        };
                        let some = &rest[..rest.len().min(at_once)];
                        let done: Vec<R> = some.iter().map(work).collect();
                        if sender.send((from, done)).is_err() {
                            break;
                        }
                    }
                }
            };
            let start = |_: &usize| thread::Builder::new().spawn_scoped(scope, working()).is_ok();
            let started = (0..threads).filter(start).count();
            drop(sender);
            let mut waiting = BTreeMap::new();
            let mut due = 0;
            for (from, done) in receiver {
                waiting.insert(from, done);
                while let Some(done) = waiting.remove(&due) {
                    due += done.len();
                    done.into_iter().for_each(&mut take);
                }
            }
            started > 0
        });
    // Where the system grants no thread, this one has to do.
    if !started {
        things.iter().map(work).for_each(take);
    }
}

/// What is shared, for this thread. Whoever panicked with it did not leave it half done:
/// nothing here is changed in two steps.
pub(crate) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_things() {
        let things: Vec<u64> = (0..1000).collect();
        for threads in [1, 2, 3, 16, 5000] {
            let mut taken = Vec::new();
            let work = |thing: &u64| {
                // The first ones take the longest.
                thread::sleep(std::time::Duration::from_micros(1000 - thing));
                thing * 2
            };
            let threads = NonZeroUsize::new(threads).unwrap();
            in_order(&things[..200], threads, work, |done| taken.push(done));
            assert_eq!(taken, (0..200).map(|thing| thing * 2).collect::<Vec<_>>(), "{threads}");
        }
        in_order(&[], NonZeroUsize::MIN, |thing: &u64| *thing, |_| unreachable!());
    }
}
