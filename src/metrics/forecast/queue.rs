//! The mailboxes of a collection as a queue: what is to be copied before each is done.
//!
//! Uses nothing but the standard library, so that `tests/reference/forecast_worlds.rs` can try it
//! on many thousands of organisations, built by itself.

use crate::domain::Standing;

/// The most days ahead for which anything is said.
pub(super) const FARTHEST: usize = 14;
/// The days of which the pace is taken.
const PACE_DAYS: usize = 14;
/// A day with less than this share of the mean stood still.
const STANDS_STILL: f64 = 0.2;
/// Hardly anything is left.
const ALL_BUT_COPIED: Standing = Standing::Begun(19);
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
    fn at(&self, day: usize) -> Standing {
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
    /// Of each day up to today, and of the days ahead, whether people work on it.
    pub(super) is_working: Vec<bool>,
    /// The days up to today that have a report, in order; the last is today.
    pub(super) reported: Vec<usize>,
    /// What is done on a day off, of what is done on a working day.
    pub(super) off: f64,
}

impl Days {
    /// The days with the work of days off, as the organisation's days have it.
    #[must_use]
    pub(super) fn of(is_working: Vec<bool>, reported: Vec<usize>, courses: &[Vec<Course>]) -> Self {
        let mut days = Self {
            is_working,
            reported,
            off: 0.5,
        };
        days.off = days.fitted_off(courses);
        days
    }

    /// By least squares over what was done from report to report; a half until both kinds of days
    /// were seen often enough.
    fn fitted_off(&self, collections: &[Vec<Course>]) -> f64 {
        let (mut ww, mut wo, mut oo, mut wy, mut oy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut steps, mut days_off) = (0, 0.0);
        for (from, to) in self.steps() {
            let courses = collections.iter().flatten();
            let done: f64 = courses.filter_map(|course| done(course, from, to)).sum();
            let (work, off) = self.kinds(from, to);
            // Each by its length: a longer step varies more.
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
            return 0.5;
        }
        let of_work = (oo * wy - wo * oy) / determinant;
        let of_off = (ww * oy - wo * wy) / determinant;
        if of_work <= 0.0 {
            0.5
        } else {
            (of_off / of_work).clamp(0.0, 1.2)
        }
    }

    /// From one report to the next.
    fn steps(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + '_ {
        self.reported
            .iter()
            .copied()
            .zip(self.reported.iter().copied().skip(1))
    }

    /// Working days and days off from the morning of one day to that of another.
    fn kinds(&self, from: usize, to: usize) -> (f64, f64) {
        let days = self.is_working.get(from..to).unwrap_or_default();
        let working = days.iter().filter(|is_working| **is_working).count() as f64;
        (working, days.len() as f64 - working)
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
    /// By how far ahead and by place: how many mailboxes were ready, of how many.
    tallies: [[(u32, u32); PLACES.len() + 1]; FARTHEST],
    /// Of mailboxes that came to be ready: the days from the first on which hardly anything was left.
    passes: Vec<usize>,
    /// Over the reports after each mailbox was ready: how often it was so no more, of how often.
    went_back: (usize, usize),
    /// By how far ahead: how often a mailbox that had halted moved again, or was ready, of how often.
    came_back: [(usize, usize); FARTHEST],
}

/// The places in a queue, by the items until a mailbox is done over those that the pace of the days
/// before would copy: below each.
const PLACES: [f64; 7] = [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5];

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

fn place_of(share: f64) -> usize {
    PLACES.partition_point(|limit| *limit <= share)
}

impl Experience {
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
            let Some(pace) = queue.pace else { continue };
            for to in days
                .reported
                .iter()
                .copied()
                .filter(|to| *to > from && *to - from <= FARTHEST)
            {
                self.add_pair(courses, &queue, to, to - from, pace * days.work(from, to));
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
            let is_ready = now == Standing::Ready;
            ready += usize::from(is_ready);
            let tallies = self.tallies.get_mut(ahead - 1);
            let tally = tallies.and_then(|tallies| tallies.get_mut(place_of(share)));
            if let Some((of_them, all)) = tally {
                *of_them += u32::from(is_ready);
                *all += 1;
            }
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

    /// How many mailboxes with such a place were ready so many days later, of how many: about as
    /// many days.
    #[must_use]
    pub(super) fn tally(&self, ahead: usize, share: f64) -> (u32, u32) {
        let near = ahead.saturating_sub(1 + ahead / 4)..(ahead + ahead / 4).min(FARTHEST);
        let tallies = self.tallies.get(near).unwrap_or_default().iter();
        let tallies = tallies.filter_map(|tallies| tallies.get(place_of(share)));
        tallies.fold((0, 0), |(ready, all), (more, of)| (ready + more, all + of))
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
        may_be(halted, mailboxes)
    }

    /// How many of so many mailboxes that have halted may be restarted within so many days: likewise, and
    /// none where none ever was.
    #[must_use]
    pub(super) fn may_come_back(&self, ahead: usize, mailboxes: usize) -> usize {
        let so_far = ahead
            .checked_sub(1)
            .and_then(|place| self.came_back.get(place));
        may_be(so_far.copied().unwrap_or_default(), mailboxes)
    }

    /// How many of so many mailboxes that are ready, or come to be, may be so no more: likewise.
    #[must_use]
    pub(super) fn may_go_back(&self, mailboxes: usize) -> usize {
        may_be(self.went_back, mailboxes)
    }
}

/// More than 9 times in 10 no more than this of so many, where of so many before some were.
fn may_be((some, all): (usize, usize), mailboxes: usize) -> usize {
    let mean = mailboxes as f64 * some as f64 / all.max(1) as f64;
    let (mut chance, mut so_far, mut number) = ((-mean).exp(), (-mean).exp(), 0);
    while so_far < 0.9 && number < mailboxes {
        number += 1;
        chance *= mean / number as f64;
        so_far += chance;
    }
    number
}
