//! The mailboxes of a collection as a queue: what is to be copied before each is done.
//!
//! Uses nothing but the standard library, so that `tests/reference/forecast_worlds.rs` can try it
//! on many thousands of organisations, built by itself.

use crate::domain::Standing;

/// The most days ahead for which anything is said.
pub(super) const FARTHEST: usize = 14;
/// The pace is that of so many days.
const PACE_DAYS: usize = 14;
/// On a day with less than this share of the mean nothing moved.
const STANDS_STILL: f64 = 0.2;
/// So many reports with the same mailboxes are needed for a pace.
const STEPS: usize = 3;

/// A mailbox over the days of its collection.
#[derive(Debug, Clone)]
pub(super) struct Course {
    /// Items that it holds, as far as that is known.
    pub(super) items: f64,
    /// Items left to copy today.
    pub(super) left: f64,
    /// How it stood on each day, the last of which is today.
    pub(super) standings: Vec<Standing>,
}

impl Course {
    pub(super) fn at(&self, day: usize) -> Standing {
        self.standings
            .get(day)
            .copied()
            .unwrap_or(Standing::NotListed)
    }

    /// Items left on a day; `None` where that is not known.
    fn left_at(&self, day: usize) -> Option<f64> {
        let share = self.at(day).left()?;
        let is_today = day + 1 == self.standings.len();
        Some(if is_today && share > 0.0 {
            self.left
        } else {
            share * self.items
        })
    }
}

/// Days and what is done on them.
#[derive(Debug, Clone)]
pub(super) struct Days {
    /// Whether people work on each day, up to today and in the days ahead.
    pub(super) is_working: Vec<bool>,
    /// The days up to today that have a report, in order; the last is today.
    pub(super) reported: Vec<usize>,
    /// What is done on a day off, as a part of what is done on a working day.
    pub(super) off: f64,
    /// Whether `off` was measured; else it is a guess.
    pub(super) is_off_seen: bool,
}

impl Days {
    /// The days, with what is done on days off as the organisation's own days show it.
    #[must_use]
    pub(super) fn of(is_working: Vec<bool>, reported: Vec<usize>, courses: &[Vec<Course>]) -> Self {
        let mut days = Self {
            is_working,
            reported,
            off: 0.5,
            is_off_seen: false,
        };
        if let Some(off) = days.fitted_off(courses) {
            (days.off, days.is_off_seen) = (off, true);
        }
        days
    }

    /// What is done on a day off, fitted by least squares to what was done from report to report; `None`
    /// until both kinds of days were seen often enough.
    fn fitted_off(&self, collections: &[Vec<Course>]) -> Option<f64> {
        let (mut ww, mut wo, mut oo, mut wy, mut oy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut steps, mut days_off) = (0, 0.0);
        for (from, to) in self.steps() {
            let courses = collections.iter().flatten();
            let done: f64 = courses.filter_map(|course| done(course, from, to)).sum();
            let (work, off) = self.kinds(from, to);
            // A longer step varies more, and so counts for less.
            let weight = 1.0 / (work + off);
            ww += weight * work * work;
            wo += weight * work * off;
            oo += weight * off * off;
            wy += weight * work * done;
            oy += weight * off * done;
            steps += 1;
            days_off += off;
        }
        let determinant = ww * oo - wo * wo;
        if steps < 8 || days_off < 4.0 || determinant <= 1e-9 * ww * oo {
            return None;
        }
        let of_work = (oo * wy - wo * oy) / determinant;
        let of_off = (ww * oy - wo * wy) / determinant;
        (of_work > 0.0).then(|| (of_off / of_work).clamp(0.0, 1.2))
    }

    /// Each report with the next.
    fn steps(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + '_ {
        self.reported
            .iter()
            .copied()
            .zip(self.reported.iter().copied().skip(1))
    }

    /// How many working days and days off lie from the morning of one day to that of another.
    fn kinds(&self, from: usize, to: usize) -> (f64, f64) {
        let days = self.is_working.get(from..to).unwrap_or_default();
        let working = days.iter().filter(|is_working| **is_working).count() as f64;
        (working, days.len() as f64 - working)
    }

    /// The work of so many days ahead, in working days: the least, the likely and the most. They differ
    /// where `off` is a guess.
    pub(super) fn work_ahead(&self, today: usize, ahead: usize) -> [f64; 3] {
        let (working, off) = self.kinds(today, today + ahead);
        let (least, most) = match self.is_off_seen {
            true => (self.off, self.off),
            false => (0.0, 1.0),
        };
        [least, self.off, most].map(|share| working + share * off)
    }

    /// The work of the days from the morning of one day to that of another, in working days.
    #[must_use]
    pub(super) fn work(&self, from: usize, to: usize) -> f64 {
        let (working, off) = self.kinds(from, to);
        working + self.off * off
    }
}

/// What was done of a mailbox from one day to another; `None` where that is not known.
fn done(course: &Course, from: usize, to: usize) -> Option<f64> {
    Some(course.left_at(from)? - course.left_at(to)?)
}

/// The mailboxes of a collection that were not ready on a day and have a turn: those in hand first,
/// then those whose turn has not come, each by what is left of them.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    /// The place of each mailbox among the courses, and the items to copy until it is done.
    pub(super) places: Vec<(usize, f64)>,
    /// Items a working day of the days before; `None` where too little is known.
    pub(super) pace: Option<f64>,
    /// Mailboxes that do not move.
    pub(super) halted: usize,
    /// Mailboxes that report no total.
    pub(super) without_total: usize,
}

impl Queue {
    /// The queue of a collection on a day.
    #[must_use]
    pub(super) fn on(day: usize, courses: &[Course], days: &Days) -> Self {
        let count = |standing| courses.iter().filter(|one| one.at(day) == standing).count();
        let mut waiting: Vec<(bool, f64, usize)> = courses
            .iter()
            .enumerate()
            .filter(|(_, one)| matches!(one.at(day), Standing::NotBegun | Standing::Begun(_)))
            .filter_map(|(place, one)| {
                Some((one.at(day) == Standing::NotBegun, one.left_at(day)?, place))
            })
            .collect();
        waiting.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut before = 0.0;
        let places = waiting.into_iter().map(|(_, left, place)| {
            before += left;
            (place, before)
        });
        Self {
            places: places.collect(),
            pace: pace(day, courses, days),
            halted: count(Standing::Halted),
            without_total: count(Standing::WithoutTotal),
        }
    }

    /// How many are done when so many items are copied in the order of the queue.
    #[must_use]
    pub(super) fn done_with(&self, items: f64) -> usize {
        self.places
            .partition_point(|(_, until_done)| *until_done <= items)
    }
}

/// Items a working day, over the reports of the last days, from the first day on which anything was
/// done.
fn pace(day: usize, courses: &[Course], days: &Days) -> Option<f64> {
    let (mut items, mut work, mut steps) = (0.0, 0.0, 0);
    for (from, to) in days.steps() {
        if to > day || from + PACE_DAYS < day {
            continue;
        }
        let done: f64 = courses.iter().filter_map(|one| done(one, from, to)).sum();
        if items <= 0.0 && done <= 0.0 {
            continue;
        }
        items += done;
        work += days.work(from, to);
        steps += 1;
    }
    (steps >= STEPS && work >= 2.0 && items > 0.0).then(|| items / work)
}

/// Items a working day of the whole organisation on the days on which it went on, and whether the
/// last of its days was one.
#[must_use]
pub(super) fn going_pace(collections: &[Vec<Course>], days: &Days) -> Option<(f64, bool)> {
    let today = days.reported.last().copied()?;
    let steps = days.steps().filter(|(from, _)| from + PACE_DAYS >= today);
    let steps = steps.map(|(from, to)| {
        let courses = collections.iter().flatten();
        let done: f64 = courses.filter_map(|one| done(one, from, to)).sum();
        (done, days.work(from, to))
    });
    let steps: Vec<(f64, f64)> = steps.filter(|(_, work)| *work >= 0.9).collect();
    let pace = |steps: &mut dyn Iterator<Item = &(f64, f64)>| {
        let (items, work) = steps.fold((0.0, 0.0), |(items, all), (done, work)| {
            (items + done, all + work)
        });
        (items > 0.0).then(|| items / work)
    };
    let mean = pace(&mut steps.iter())?;
    let goes = |(done, work): &&(f64, f64)| *done >= STANDS_STILL * mean * work;
    let going = pace(&mut steps.iter().filter(goes))?;
    Some((going, steps.last().as_ref().is_some_and(goes)))
}
