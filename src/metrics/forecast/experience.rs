//! What came of the days so far, which says how far a forecast can be trusted.
//!
//! Uses nothing but the standard library: see `queue`.

use super::alike::{Windows, waiting};
use super::queue::{Course, Days, FARTHEST, Queue};
use crate::domain::Standing;

/// How a mailbox stands of which hardly anything is left to copy.
const ALL_BUT_COPIED: Standing = Standing::Begun(19);

/// The forecast that a queue would have given on a past day, held against what came.
#[derive(Debug, Clone, Copy)]
pub(super) struct PaceTrial {
    /// How many days ahead it looked.
    pub(super) ahead: usize,
    /// The queue moved at least at this pace, as a part of the pace of the days before: it would have
    /// made as many mailboxes ready as came to be.
    pub(super) slowest: f64,
    /// It moved at less than this pace, which would have made one more ready; infinite where all were.
    pub(super) fastest: f64,
    /// Mailboxes in the queue.
    pub(super) waiting: usize,
    /// Those of them that had halted by the other day.
    pub(super) halted: usize,
}

/// What came of the days so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Experience {
    /// One for each pair of days and each collection.
    pub(super) trials: Vec<PaceTrial>,
    /// How mailboxes fared over as much work as is asked about.
    pub(super) windows: Windows,
    /// Of each mailbox that became ready: how many days it waited since hardly anything was left.
    passes: Vec<usize>,
    /// Of all reports on mailboxes that had been ready before: in how many a mailbox was ready no more,
    /// and how many reports there are.
    went_back: (usize, usize),
    /// For each number of days ahead: how often a mailbox that had halted moved again or was ready, and
    /// how often it was looked at.
    came_back: [(usize, usize); FARTHEST],
}

/// Days from the first on which hardly anything was left of a mailbox to the one on which it was
/// ready; `None` where either is not known.
fn days_of_last_pass(course: &Course) -> Option<usize> {
    let ready = course
        .standings
        .iter()
        .position(|one| *one == Standing::Ready)?;
    let before = course.standings.get(..ready)?;
    let copied = before.iter().position(|one| *one == ALL_BUT_COPIED)?;
    let is_last = before.get(copied..)?.iter();
    let mut is_last = is_last.map(|one| matches!(one, Standing::NotListed | &ALL_BUT_COPIED));
    is_last.all(|is_last| is_last).then_some(ready - copied)
}

impl Experience {
    /// Made to be asked about so much work ahead.
    pub(super) fn asked(work: Vec<f64>) -> Self {
        Self {
            windows: Windows::asked(work),
            ..Self::default()
        }
    }

    /// Adds the days of a collection.
    pub(super) fn add(&mut self, courses: &[Course], days: &Days) {
        self.passes
            .extend(courses.iter().filter_map(days_of_last_pass));
        for course in courses {
            let standings = course.standings.iter();
            let since_ready = standings.skip_while(|one| **one != Standing::Ready);
            for one in since_ready.filter(|one| **one != Standing::NotListed) {
                self.went_back.0 += usize::from(*one != Standing::Ready);
                self.went_back.1 += 1;
            }
            self.add_halts(course, &days.reported);
        }
        for from in days.reported.iter().copied() {
            let queue = Queue::on(from, courses, days);
            let waiting = waiting(from, courses, &queue, days);
            for to in days
                .reported
                .iter()
                .copied()
                .filter(|to| *to > from && *to - from <= FARTHEST)
            {
                self.windows.add(courses, &waiting, (from, to), days);
                if let Some(pace) = queue.pace {
                    self.add_pair(courses, &queue, to, to - from, pace * days.work(from, to));
                }
            }
        }
    }

    /// Adds what became of a mailbox after each day on which it had halted.
    fn add_halts(&mut self, course: &Course, reported: &[usize]) {
        let halted = reported.iter().enumerate();
        for (place, from) in halted.filter(|(_, from)| course.at(**from) == Standing::Halted) {
            for to in reported.iter().skip(place + 1) {
                let standing = course.at(*to);
                let Some((moving, all)) = self.came_back.get_mut(to - from - 1) else {
                    break;
                };
                let is_listed = standing != Standing::NotListed;
                *moving += usize::from(is_listed && standing != Standing::Halted);
                *all += usize::from(is_listed);
            }
        }
    }

    fn add_pair(&mut self, courses: &[Course], queue: &Queue, to: usize, ahead: usize, items: f64) {
        if items <= 0.0 || queue.places.is_empty() {
            return;
        }
        let (mut ready, mut halted) = (0, 0);
        let mut moving = Vec::with_capacity(queue.places.len());
        for (place, until_done) in &queue.places {
            let now = courses
                .get(*place)
                .map_or(Standing::NotListed, |one| one.at(to));
            let share = until_done / items;
            match now {
                Standing::NotListed | Standing::WithoutTotal => continue,
                Standing::Halted => halted += 1,
                _ => moving.push(share),
            }
            ready += usize::from(now == Standing::Ready);
        }
        self.trials.push(PaceTrial {
            ahead,
            slowest: ready
                .checked_sub(1)
                .and_then(|last| moving.get(last))
                .copied()
                .unwrap_or(0.0),
            fastest: moving.get(ready).copied().unwrap_or(f64::INFINITY),
            waiting: queue.places.len(),
            halted,
        });
    }
}

impl Experience {
    /// Trials of about so many days.
    fn near(&self, ahead: usize) -> impl Iterator<Item = &PaceTrial> {
        let third = ahead.div_ceil(3);
        let near = ahead - third..=ahead + third;
        self.trials
            .iter()
            .filter(move |trial| near.contains(&trial.ahead))
    }

    /// The slowest and the fastest pace that the coming days may have, as parts of the pace of the days
    /// before; `None` where too few spans of so many days are past.
    #[must_use]
    pub(super) fn paces(&self, ahead: usize) -> Option<(f64, f64)> {
        let (mut slowest, mut fastest, mut number) = (1.0_f64, 1.0_f64, 0);
        for trial in self.near(ahead) {
            if trial.fastest.is_finite() {
                slowest = slowest.min(trial.fastest);
            }
            fastest = fastest.max(trial.slowest);
            number += 1;
        }
        // Trials that overlap tell the same again: so many are apart.
        let apart = number / (2 * ahead);
        let beyond = match apart {
            0..3 => return None,
            3..6 => 0.5,
            _ => 0.65,
        };
        Some((slowest * beyond, fastest / beyond))
    }

    /// The days that a mailbox may wait once it is copied, since only a pass at night or once a week
    /// brings it into sync: 9 in 10 wait no longer. None where the wait is no more than copying the rest
    /// takes.
    #[must_use]
    pub(super) fn last_pass(&self) -> usize {
        let mut passes = self.passes.clone();
        let place = passes.len() * 9 / 10;
        if place >= passes.len() {
            return 0;
        }
        match *passes.select_nth_unstable(place).1 {
            0..4 => 0,
            days => days - 1,
        }
    }

    /// How many of these mailboxes may halt meanwhile: more than 9 times in 10 it is no more.
    #[must_use]
    pub(super) fn may_halt(&self, ahead: usize, mailboxes: usize) -> usize {
        let halted = self.near(ahead).fold((0, 0), |(halted, waiting), trial| {
            (halted + trial.halted, waiting + trial.waiting)
        });
        may_be((halted.0 as f64, halted.1 as f64), mailboxes)
    }

    /// How many of these mailboxes that have halted may move again within so many days: more than 9 times
    /// in 10 it is no more. Where few halted before, half a case is added (Jeffreys 1946).
    #[must_use]
    pub(super) fn may_come_back(&self, ahead: usize, mailboxes: usize) -> usize {
        let so_far = ahead
            .checked_sub(1)
            .and_then(|place| self.came_back.get(place));
        let (some, all) = so_far.copied().unwrap_or_default();
        may_be((some as f64 + 0.5, all as f64 + 1.0), mailboxes)
    }

    /// The share of mailboxes once ready that are ready no more on a day.
    #[must_use]
    pub(super) fn share_going_back(&self) -> f64 {
        let (some, all) = self.went_back;
        some as f64 / all.max(1) as f64
    }

    /// How many of these mailboxes that are or become ready may be so no more: more than 9 times in 10
    /// it is no more.
    #[must_use]
    pub(super) fn may_go_back(&self, mailboxes: usize) -> usize {
        let (some, all) = self.went_back;
        may_be((some as f64, all as f64), mailboxes)
    }
}

/// How many of these mailboxes it may be, where it was `some` of `all` before: more than 9 times in 10
/// it is no more, by the Poisson distribution.
fn may_be((some, all): (f64, f64), mailboxes: usize) -> usize {
    let mean = mailboxes as f64 * some / all.max(1.0);
    let (mut chance, mut so_far, mut number) = ((-mean).exp(), (-mean).exp(), 0);
    while so_far < 0.9 && number < mailboxes {
        number += 1;
        chance *= mean / number as f64;
        so_far += chance;
    }
    number
}
