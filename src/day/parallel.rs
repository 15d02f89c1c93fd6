use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

/// Large is what weighs more than this part of all that one thread has to do.
const LARGE: u64 = 8;

/// Makes something of each of `subjects`, several at once, and hands the results over by this
/// thread, in the order of the subjects and each as soon as it can be: `None` where the program
/// panicked at one.
///
/// Subjects with a large `weight` are begun first: one that is begun last would keep one processor
/// busy while the others have nothing to do. A result that is made before its turn waits in memory,
/// so it should be small; where it is not, let all weigh 0, and they are begun in their order.
/// While a result is being handed over, only as many more are made as there are threads. After the
/// first error of a hand-over nothing more is begun.
pub(crate) fn in_order<S: Sync, M: Send, E>(
    subjects: &[S],
    weight: impl Fn(&S) -> u64,
    make: impl Fn(&S) -> M + Sync,
    mut hand_over: impl FnMut(&S, Option<M>) -> Result<(), E>,
) -> Result<(), E> {
    // One more than there are processors: while one waits for the disk, the others do not.
    let at_once = std::thread::available_parallelism().map_or(1, usize::from) + 1;
    let order = order(&subjects.iter().map(weight).collect::<Vec<_>>(), at_once);
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, made) = mpsc::sync_channel(at_once);
    let work = |sender: mpsc::SyncSender<(usize, Option<M>)>| {
        while !is_over.load(Ordering::Relaxed) {
            let Some(place) = order.get(next.fetch_add(1, Ordering::Relaxed)).copied() else {
                return;
            };
            let Some(subject) = subjects.get(place) else {
                return;
            };
            let made = std::panic::catch_unwind(AssertUnwindSafe(|| make(subject))).ok();
            if sender.send((place, made)).is_err() {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(subjects.len()) {
            let sender = sender.clone();
            scope.spawn(|| work(sender));
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut turn = 0;
        for (place, made) in made {
            waiting.insert(place, made);
            while let (Some(subject), Some(made)) = (subjects.get(turn), waiting.remove(&turn)) {
                hand_over(subject, made).inspect_err(|_| is_over.store(true, Ordering::Relaxed))?;
                turn += 1;
            }
        }
        Ok(())
    })
}

/// The places of what is to be made, in the order in which it is begun.
fn order(weights: &[u64], at_once: usize) -> Vec<usize> {
    let threads = u64::try_from(at_once).unwrap_or(u64::MAX);
    let large = weights.iter().sum::<u64>() / LARGE.saturating_mul(threads).max(1);
    let mut order: Vec<(usize, u64)> = weights.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, weight)| Reverse(if *weight > large { *weight } else { 0 }));
    order.into_iter().map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_made_is_handed_over_in_order_whoever_ends_first() {
        let subjects: Vec<u64> = (0..40).collect();
        let make = |subject: &u64| {
            std::thread::sleep(Duration::from_millis((subject * 7) % 5));
            subject * subject
        };
        let mut handed_over = Vec::new();
        let Ok(()) = in_order(
            &subjects,
            |subject| (subject % 7).pow(4),
            make,
            |subject, made| {
                handed_over.push((*subject, made));
                Ok::<(), Infallible>(())
            },
        );
        assert_eq!(
            handed_over,
            subjects
                .iter()
                .map(|subject| (*subject, Some(subject * subject)))
                .collect::<Vec<_>>()
        );
        let Ok(()) = in_order(&[], |_| 0, make, |_, _| Ok::<(), Infallible>(()));
    }

    #[test]
    fn large_ones_are_begun_first_and_the_others_in_order() {
        assert_eq!(order(&[5, 60, 4, 5, 400, 5], 3), [4, 1, 0, 2, 3, 5]);
        assert_eq!(order(&[3; 40], 3), (0..40).collect::<Vec<_>>());
        assert_eq!(order(&[0, 0], 3), [0, 1]);
    }

    #[test]
    fn a_failure_of_the_program_at_one_leaves_the_others() {
        let make = |subject: &u8| {
            assert_ne!(*subject, 3, "meant to fail");
            *subject
        };
        let mut handed_over = Vec::new();
        let Ok(()) = in_order(
            &[1, 2, 3, 4, 5],
            |_| 1,
            make,
            |_, made| {
                handed_over.push(made);
                Ok::<(), Infallible>(())
            },
        );
        assert_eq!(handed_over, [Some(1), Some(2), None, Some(4), Some(5)]);
    }

    #[test]
    fn nothing_more_is_begun_once_a_hand_over_fails() {
        let subjects: Vec<usize> = (0..10_000).collect();
        let begun = AtomicUsize::new(0);
        let make = |subject: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
            *subject
        };
        let mut handed_over = 0;
        let ended = in_order(
            &subjects,
            |_| 1,
            make,
            |subject, _| {
                handed_over += 1;
                if *subject == 2 {
                    Err("the ledger is full")
                } else {
                    Ok(())
                }
            },
        );
        assert_eq!((ended, handed_over), (Err("the ledger is full"), 3));
        assert!(begun.into_inner() < 1_000);
    }
}
