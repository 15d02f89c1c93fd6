//! What became of mailboxes that stood like another, over as much work as lies ahead of it.
//!
//! Uses nothing but the standard library: see `queue`.

use std::collections::BTreeMap;

use super::queue::{Course, Days, Queue};
use crate::domain::Standing;

/// A mailbox's own speed is that of its last days: so much work, in working days.
const OWN_DAYS: f64 = 3.0;
/// A window is comparable where its work differs from the work that is asked about by no more than
/// this share of it, or by no more than this, in working days.
const COMPARABLE: (f64, f64) = (0.25, 0.35);
/// A share is told where there are at least so many windows, with so many mailboxes in them.
const FEWEST: (usize, u32) = (3, 20);
/// Each cell is given so many mailboxes more, which fared as those of its whole row: a cell with few
/// of its own then says what its row does.
const PRIOR: f64 = 10.0;
/// The quantile of the normal distribution for an interval that holds 19 times in 20.
const Z: f64 = 1.959_963_984_540_054;

/// The upper limits of rows: the work that a mailbox needs at its own speed, as a part of the work
/// ahead.
const OWN: [f64; 5] = [0.5, 0.75, 1.0, 1.4, 2.5];
/// The upper limits of columns: the work until the queue of its collection is done, at the pace of the
/// collection, as a part of the work ahead. Of mailboxes not begun, rows are that, and columns the
/// work until their own turn is over.
const TURNS: [f64; 7] = [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5];
/// Rows: one a limit of `OWN` and one beyond; without a speed yet; halted; and of those not begun one
/// a column.
const ROWS: usize = OWN.len() + 3 + COLUMNS;
const COLUMNS: usize = TURNS.len() + 1;

/// The share of mailboxes that was ready: as observed, and the least and the most that it is 19 times
/// in 20.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ReadyShare {
    pub(super) share: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

/// How far a mailbox that is not ready is, in working days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Need {
    /// At its own speed; infinite where it stands still.
    Own(f64),
    /// It is being copied, and has no speed yet.
    NoSpeed,
    NotBegun,
    Halted,
}

/// A mailbox that is not ready on a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaitingMailbox {
    pub(super) place: usize,
    pub(super) need: Need,
    /// The work until it is done in its turn, at the pace of its collection.
    turn: f64,
    /// The work until all mailboxes of the queue are done.
    all: f64,
}

/// The mailboxes of a collection that are not ready on a day and report a total.
pub(super) fn waiting(
    day: usize,
    courses: &[Course],
    queue: &Queue,
    days: &Days,
) -> Vec<WaitingMailbox> {
    let work = |items: f64| {
        queue
            .pace
            .filter(|_| items > 0.0)
            .map_or(f64::INFINITY, |pace| items / pace)
    };
    let all = queue
        .places
        .last()
        .map_or(0.0, |(_, until_done)| work(*until_done));
    let in_queue = queue.places.iter().map(|(place, until_done)| {
        let course = courses.get(*place);
        WaitingMailbox {
            place: *place,
            need: course.map_or(Need::NoSpeed, |course| need(course, day, days)),
            turn: work(*until_done),
            all,
        }
    });
    let halted = courses
        .iter()
        .enumerate()
        .filter(|(_, one)| one.at(day) == Standing::Halted);
    let halted = halted.map(|(place, _)| WaitingMailbox {
        place,
        need: Need::Halted,
        turn: 0.0,
        all: 0.0,
    });
    in_queue.chain(halted).collect()
}

/// What a mailbox that is not ready on a day needs, by its own speed over the days before.
fn need(course: &Course, day: usize, days: &Days) -> Need {
    let left = match course.at(day) {
        Standing::NotBegun => return Need::NotBegun,
        standing => standing.left().unwrap_or(0.0),
    };
    let mut speed = None;
    for before in days
        .reported
        .iter()
        .rev()
        .copied()
        .filter(|before| *before < day)
    {
        let then = match course.at(before) {
            // A mailbox that reports no total has mostly not begun.
            Standing::WithoutTotal => Some(1.0),
            standing => standing.left(),
        };
        let (Some(then), work) = (then, days.work(before, day)) else {
            continue;
        };
        if work > 0.0 {
            speed = Some((then - left).max(0.0) / work);
        }
        if work >= OWN_DAYS || then >= 1.0 {
            break;
        }
    }
    match speed {
        None => Need::NoSpeed,
        Some(speed) if speed <= 0.0 => Need::Own(f64::INFINITY),
        Some(speed) => Need::Own(left / speed),
    }
}

impl WaitingMailbox {
    /// Its row and column where so much `work` lies ahead.
    pub(super) fn cell(&self, work: f64) -> (usize, usize) {
        let of = |limits: &[f64], need: f64| limits.partition_point(|limit| limit * work <= need);
        let all = of(&TURNS, self.all);
        match self.need {
            Need::Own(need) => (of(&OWN, need), all),
            Need::NoSpeed => (OWN.len() + 1, all),
            Need::Halted => (OWN.len() + 2, 0),
            Need::NotBegun => (OWN.len() + 3 + all, of(&TURNS, self.turn)),
        }
    }
}

/// How many mailboxes there were, and how many of them became ready.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Tally {
    ready: u32,
    all: u32,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.ready += other.ready;
        self.all += other.all;
    }
}

impl Tally {
    fn share(self, prior: f64) -> f64 {
        (f64::from(self.ready) + PRIOR * prior) / (f64::from(self.all) + PRIOR)
    }
}

/// What became, from one day to another, of the mailboxes of all collections that were not ready.
#[derive(Debug, Clone, Default)]
struct WindowTally {
    work: f64,
    cells: [[Tally; COLUMNS]; ROWS],
}

/// What became of the mailboxes of past days, over windows like those that are asked about.
#[derive(Debug, Clone, Default)]
pub(super) struct Windows {
    asked: Vec<f64>,
    windows: BTreeMap<(usize, usize), WindowTally>,
}

fn are_comparable(one: f64, asked: f64) -> bool {
    (one - asked).abs() <= (COMPARABLE.0 * asked).max(COMPARABLE.1)
}

impl Windows {
    /// Made to be asked about so much work ahead: other windows are not kept.
    pub(super) fn asked(asked: Vec<f64>) -> Self {
        Self {
            asked,
            windows: BTreeMap::new(),
        }
    }

    /// Adds what became of mailboxes of a collection that were `waiting` on the day `from`, by the day
    /// `to`.
    pub(super) fn add(
        &mut self,
        courses: &[Course],
        waiting: &[WaitingMailbox],
        (from, to): (usize, usize),
        days: &Days,
    ) {
        let work = days.work(from, to);
        if !self.asked.iter().any(|asked| are_comparable(work, *asked)) {
            return;
        }
        let window = self.windows.entry((from, to)).or_default();
        window.work = work;
        for one in waiting
            .iter()
            .filter(|one| one.need != Need::NotBegun || one.all.is_finite())
        {
            let now = courses
                .get(one.place)
                .map_or(Standing::NotListed, |course| course.at(to));
            let (row, column) = one.cell(work);
            let cell = window
                .cells
                .get_mut(row)
                .and_then(|row| row.get_mut(column));
            if let (Some(cell), true) = (cell, now != Standing::NotListed) {
                *cell += Tally {
                    ready: u32::from(now == Standing::Ready),
                    all: 1,
                };
            }
        }
    }

    /// What comparable windows tell of so much work ahead.
    pub(super) fn over(&self, work: f64) -> Alikes {
        let mut alikes = Alikes {
            work,
            ..Alikes::default()
        };
        let mut of_rows: [Vec<Tally>; ROWS] = Default::default();
        let mut lengths = 0;
        let comparable = self
            .windows
            .iter()
            .filter(|(_, one)| are_comparable(one.work, work));
        for ((from, to), window) in comparable {
            lengths += to - from;
            alikes.windows += 1;
            for ((sums, cells), of_row) in
                alikes.cells.iter_mut().zip(&window.cells).zip(&mut of_rows)
            {
                let mut row = Tally::default();
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    *sum += *cell;
                    row += *cell;
                }
                of_row.push(row);
            }
        }
        // Windows that overlap tell the same again, and so count for less.
        let overlap = lengths as f64 / alikes.windows.max(1) as f64;
        for (row, tallies) in alikes.rows.iter_mut().zip(&of_rows) {
            tallies.iter().for_each(|tally| row.0 += *tally);
            row.1 = dispersion(row.0, tallies) * overlap.max(1.0);
        }
        alikes
    }
}

/// How much more windows differ from each other than by chance alone (Cochran 1977, chapter 6).
fn dispersion(all: Tally, tallies: &[Tally]) -> f64 {
    let share = f64::from(all.ready) / f64::from(all.all.max(1));
    let windows = tallies.iter().filter(|one| one.all > 0).count() as f64;
    let expected = f64::from(all.all) * share * (1.0 - share);
    if windows < 2.0 || expected <= 0.0 {
        return 1.0;
    }
    let square = |one: &Tally| (f64::from(one.ready) - share * f64::from(one.all)).powi(2);
    let squares: f64 = tallies.iter().map(square).sum();
    (windows / (windows - 1.0) * squares / expected).max(1.0)
}

/// What windows of about so much work tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Alikes {
    work: f64,
    windows: usize,
    cells: [[Tally; COLUMNS]; ROWS],
    /// The sum of each row, and by what its number is divided, since windows differ and overlap.
    rows: [(Tally, f64); ROWS],
}

impl Alikes {
    /// How many of those like a mailbox were ready; `None` where too few were seen.
    pub(super) fn of(&self, one: &WaitingMailbox) -> Option<ReadyShare> {
        if one.need == Need::NotBegun && one.all.is_infinite() {
            return None;
        }
        let (row, column) = one.cell(self.work);
        let (tally, dispersion) = *self.rows.get(row)?;
        if self.windows < FEWEST.0 || tally.all < FEWEST.1 {
            return None;
        }
        let of_row = f64::from(tally.ready) / f64::from(tally.all);
        let cell = *self.cells.get(row)?.get(column)?;
        let number = (f64::from(cell.all) + PRIOR).min(f64::from(tally.all)) / dispersion;
        Some(wilson(cell.share(of_row), number))
    }
}

/// Wilson's interval (1927) of a share that was observed over a `number` of mailboxes.
fn wilson(share: f64, number: f64) -> ReadyShare {
    let square = Z * Z / number;
    let middle = (share + square / 2.0) / (1.0 + square);
    let half =
        Z / (1.0 + square) * (share * (1.0 - share) / number + square / (4.0 * number)).sqrt();
    ReadyShare {
        share,
        least: (middle - half).max(0.0),
        most: (middle + half).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_scipy() {
        // scipy.stats.binomtest(k, n).proportion_ci(method="wilson"), 1.17.1
        for (ready, all, least, most) in [
            (0.0, 10.0, 0.0, 0.277_532_799_862_889_26),
            (9.0, 18.0, 0.290_310_215_051_699_7, 0.709_689_784_948_300_3),
            (
                90.0,
                100.0,
                0.825_634_338_495_086_5,
                0.944_770_862_932_641_9,
            ),
            (
                612.0,
                814.0,
                0.721_032_876_991_832_7,
                0.780_286_780_477_243_4,
            ),
        ] {
            let share = wilson(ready / all, all);
            assert!((share.least - least).abs() < 1e-9, "{share:?}");
            assert!((share.most - most).abs() < 1e-9, "{share:?}");
        }
    }

    #[test]
    fn windows_that_differ_count_less() {
        let tally = |ready, all| Tally { ready, all };
        let alike = [tally(50, 100), tally(50, 100), tally(50, 100)];
        assert!((dispersion(tally(150, 300), &alike) - 1.0).abs() < 1e-9);
        // 3/2 · (20² + 20²) / (300 · ½ · ½)
        let apart = [tally(30, 100), tally(50, 100), tally(70, 100)];
        assert!((dispersion(tally(150, 300), &apart) - 16.0).abs() < 1e-9);
        assert!((dispersion(tally(0, 30), &[tally(0, 30)]) - 1.0).abs() < 1e-9);
    }
}
