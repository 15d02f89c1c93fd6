//! What came of the days so far, which says how far a forecast can be trusted.
//!
//! Uses nothing but the standard library: see `queue`.

use super::alike::{Windows, waiting};
use super::queue::{Course, Days, FARTHEST, Queue};
use crate::domain::Standing;

/// Hardly anything is left.
const ALL_BUT_COPIED: Standing = Standing::Begun(19);

/// How far the order and the pace of a queue told on a past day what came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    /// The days from one to the other.
    pub(super) ahead: usize,
    /// The pace, of that of the days before, which would have made as many ready in the order of
    /// the queue: at least.
    pub(super) slowest: f64,
    /// And less than this; infinite where all were ready.
    pub(super) fastest: f64,
    /// Mailboxes in the queue.
    pub(super) waiting: usize,
    /// Those of them that had halted by the other day.
    pub(super) halted: usize,
}

/// What came of the days so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Experience {
    /// Each pair of days of each collection.
    pub(super) trials: Vec<Trial>,
    /// How mailboxes fared over as much work as is asked about.
    pub(super) windows: Windows,
    /// Of mailboxes that came to be ready: the days from the first on which hardly anything was left.
    passes: Vec<usize>,
    /// Over the reports after each mailbox was ready: how often it was so no more, of how often.
    went_back: (usize, usize),
    /// By how far ahead: how often a mailbox that had halted moved again, or was ready, of how often.
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
    /// To be asked about so much work ahead.
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
        self.trials.push(Trial {
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
    fn near(&self, ahead: usize) -> impl Iterator<Item = &Trial> {
        let third = ahead.div_ceil(3);
        let near = ahead - third..=ahead + third;
        self.trials
            .iter()
            .filter(move |trial| near.contains(&trial.ahead))
    }

    /// The slowest and the fastest pace that so many days ahead may come to, of that of the days
    /// before; `None` where too few such days are past.
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
        // Days that overlap tell the same.
        let apart = number / (2 * ahead);
        let beyond = match apart {
            0..3 => return None,
            3..6 => 0.5,
            _ => 0.65,
        };
        Some((slowest * beyond, fastest / beyond))
    }

    /// The days that a mailbox may wait after it is copied, as where a pass at night or once a week
    /// brings it into sync: 9 in 10 wait no longer; none where that is not more than their copying
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

    /// How many of so many mailboxes may halt meanwhile: more than 9 times in 10 no more than this.
    #[must_use]
    pub(super) fn may_halt(&self, ahead: usize, mailboxes: usize) -> usize {
        let halted = self.near(ahead).fold((0, 0), |(halted, waiting), trial| {
            (halted + trial.halted, waiting + trial.waiting)
        });
        may_be((halted.0 as f64, halted.1 as f64), mailboxes)
    }

    /// How many of so many mailboxes that have halted may be restarted within so many days: likewise, by
    /// what is likely where few halted before (Jeffreys 1946).
    #[must_use]
    pub(super) fn may_come_back(&self, ahead: usize, mailboxes: usize) -> usize {
        let so_far = ahead
            .checked_sub(1)
            .and_then(|place| self.came_back.get(place));
        let (some, all) = so_far.copied().unwrap_or_default();
        may_be((some as f64 + 0.5, all as f64 + 1.0), mailboxes)
    }

    /// Of mailboxes that were ready once the share that was so no more, on any day.
    #[must_use]
    pub(super) fn share_going_back(&self) -> f64 {
        let (some, all) = self.went_back;
        some as f64 / all.max(1) as f64
    }

    /// How many of so many mailboxes that are ready, or come to be, may be so no more: likewise.
    #[must_use]
    pub(super) fn may_go_back(&self, mailboxes: usize) -> usize {
        let (some, all) = self.went_back;
        may_be((some as f64, all as f64), mailboxes)
    }
}

/// More than 9 times in 10 no more than this of so many, where of so many before some were.
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
