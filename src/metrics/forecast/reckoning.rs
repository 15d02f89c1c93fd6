//! How many mailboxes of a collection will not be ready on a day to come.

use super::alike::{Need, Share, waiting};
use super::experience::Experience;
use super::queue::{Course, Days, FARTHEST, Queue};

/// Whether it can be told how a collection stands on the morning of its switch date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reckoning {
    /// As many as the range says are not ready.
    NotReady,
    /// It is too far ahead.
    TooFar,
    /// Too little is known of the days so far, or they differ too much.
    #[default]
    TooLittle,
    /// Mailboxes report no total.
    WithoutTotals,
}

/// What is told of a collection on the morning of its switch date.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) reckoning: Reckoning,
    /// Between so many mailboxes and so many are not ready, 19 times in 20.
    pub(super) range: (usize, usize),
    /// About so many; `None` where of some of them nothing is known.
    pub(super) expected: Option<usize>,
    /// Of each mailbox of which it is known: its place, and how many of those like it were ready.
    pub(super) mailboxes: Vec<(usize, Share)>,
}

/// Of so many of whom nothing is known one counts as late among those that are expected to be.
const ONE_UNKNOWN_IN: usize = 10;
/// Mailboxes of a hundred that may be missing where a collection counts as ready.
const MISSING_PERCENT: usize = 2;
/// The widest range that says something, of a hundred mailboxes.
const WIDEST_PERCENT: usize = 25;

/// Whether a collection of so many mailboxes counts as ready where so many are not.
#[must_use]
pub(super) fn counts_as_ready(missing: usize, mailboxes: usize) -> bool {
    missing * 100 <= mailboxes * MISSING_PERCENT
}

/// Reckons a collection so many days ahead.
#[must_use]
pub(super) fn reckon(
    courses: &[Course],
    days: &Days,
    experience: &Experience,
    ahead: usize,
    going: Option<(f64, bool)>,
) -> Told {
    let nothing = |reckoning| Told {
        reckoning,
        ..Told::default()
    };
    let Some(today) = days.reported.last().copied() else {
        return nothing(Reckoning::TooLittle);
    };
    let queue = Queue::on(today, courses, days);
    let waiting = queue.places.len() + queue.halted + queue.without_total;
    if ahead > FARTHEST && waiting > 0 {
        return nothing(Reckoning::TooFar);
    }
    if ahead == 0 || waiting == 0 {
        return Told {
            reckoning: Reckoning::NotReady,
            range: (waiting, waiting),
            ..Told::default()
        };
    }
    let chances = chances(courses, &queue, days, experience, ahead);
    let halted = queue.halted - experience.may_come_back(ahead, queue.halted);
    let all = courses.len();
    // Where nothing else is known, none or all of those that wait.
    let widest = (halted, waiting + experience.may_go_back(all - waiting));
    let by_pace = by_pace(&queue, days, experience, ahead, going, all);
    let (reckoning, (least, most)) = match by_pace {
        None => (Reckoning::TooLittle, widest),
        Some((least, most)) => {
            let mut range = (least + halted, most.max(least + halted));
            if let Some((least, most)) = chances.range {
                // The slow ones of a queue that is nearly done are held up by themselves.
                range = (range.0.min(least), range.1.max(most.min(widest.1)));
            }
            (judged(range, all, queue.without_total), range)
        }
    };
    let is_going = going.is_some_and(|(_, is_going)| is_going);
    let expected = chances.expected.filter(|_| is_going);
    Told {
        reckoning,
        range: (least, most),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        expected: expected.map(|late| (late.round() as usize).clamp(least, most)),
        mailboxes: chances.mailboxes,
    }
}

fn judged((least, most): (usize, usize), all: usize, without_total: usize) -> Reckoning {
    let is_late = !counts_as_ready(least, all);
    let is_told =
        is_late || counts_as_ready(most, all) || (most - least) * 100 <= all * WIDEST_PERCENT;
    match without_total {
        0 if is_told => Reckoning::NotReady,
        0 => Reckoning::TooLittle,
        // What is not known comes on top: it makes nothing earlier.
        _ if is_late => Reckoning::NotReady,
        _ => Reckoning::WithoutTotals,
    }
}

/// How many are not ready, by the pace of the days before and how it changed: at least of those that
/// move, and at most of all.
fn by_pace(
    queue: &Queue,
    days: &Days,
    experience: &Experience,
    ahead: usize,
    going: Option<(f64, bool)>,
    all: usize,
) -> Option<(usize, usize)> {
    let today = days.reported.last().copied()?;
    let waiting = queue.places.len() + queue.halted + queue.without_total;
    let (slowest, fastest) = experience.paces(ahead)?;
    let (Some(pace), Some((pace_of_all, true))) = (queue.pace, going) else {
        return None;
    };
    // All that is done in the organisation may go to this one.
    let at_best = (pace * fastest).max(pace_of_all * 1.4) * days.work(today, today + ahead);
    let least = queue.places.len() - queue.done_with(at_best);
    let until_pass = today + ahead.saturating_sub(experience.last_pass());
    let done = match days.work(today, until_pass) * slowest * pace {
        items if items > 0.0 => queue.done_with(items),
        _ => 0,
    };
    let may_go_back = experience.may_go_back(all - waiting + done);
    let most = waiting - done + experience.may_halt(ahead, done) + may_go_back;
    Some((least, most))
}

/// What is told of the mailboxes of a collection that are not ready, each by itself.
struct Chances {
    mailboxes: Vec<(usize, Share)>,
    /// About how many will not be ready, those of whom nothing is known among them; `None` where
    /// these are many.
    expected: Option<f64>,
    /// At least and at most so many; `None` likewise.
    range: Option<(usize, usize)>,
}

/// What became of mailboxes that stood like those of a collection, over as much work as the days ahead
/// have.
fn chances(
    courses: &[Course],
    queue: &Queue,
    days: &Days,
    experience: &Experience,
    ahead: usize,
) -> Chances {
    let today = days.reported.last().copied().unwrap_or_default();
    let [least, middle, most] = days
        .work_ahead(today, ahead)
        .map(|work| experience.windows.over(work));
    let ready = courses.len() - queue.places.len() - queue.halted - queue.without_total;
    let mut mailboxes = Vec::new();
    let mut late = experience.share_going_back() * ready as f64 + queue.without_total as f64;
    let mut unknown = queue.without_total;
    let (mut at_least, mut at_most, mut variance) = (0.0, queue.without_total as f64, 0.0);
    for one in waiting(today, courses, queue, days) {
        let share = middle.of(&one).map(|share| Share {
            least: least.of(&one).map_or(0.0, |of| of.least.min(share.least)),
            most: most.of(&one).map_or(1.0, |of| of.most.max(share.most)),
            ..share
        });
        mailboxes.extend(share.map(|share| (one.place, share)));
        let known = share.unwrap_or(Share {
            share: 0.0,
            least: 0.0,
            most: 1.0,
        });
        at_least += 1.0 - known.most;
        at_most += 1.0 - known.least;
        variance += known.share * (1.0 - known.share);
        late += 1.0 - known.share;
        // Of those that halted nobody was seen to restart one.
        unknown += usize::from(share.is_none() && one.need != Need::Halted);
    }
    let chance_alone = 1.64 * f64::sqrt(variance);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let range = (
        (at_least - chance_alone).max(0.0).floor() as usize,
        (at_most + chance_alone).ceil() as usize + experience.may_go_back(ready),
    );
    let is_known = unknown * ONE_UNKNOWN_IN <= courses.len() - ready;
    Chances {
        mailboxes,
        expected: is_known.then_some(late),
        range: is_known.then_some(range),
    }
}
