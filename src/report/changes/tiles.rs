//! What changed, in the few words of a tile. Where no earlier day is known, nothing of it is said.

use std::cmp::Ordering;

use chrono::Days;

use super::super::input::ReportInput;
use super::super::wording::share_in_points;
use super::{ItemsMoved, moved, since};
use crate::domain::plural::{count, count_of};
use crate::metrics::{Changes, Mailbox, Movement};

/// “Up 4 points since Thursday”, between two shares as they are printed; `None` where no earlier
/// day is known.
pub(in crate::report) fn points(
    input: ReportInput<'_>,
    now: (u64, u64),
    then: impl Fn(&Changes) -> (u64, u64),
) -> Option<String> {
    let changes = input.metrics.changes.as_ref()?;
    points_between(now, then(changes), &since(input, changes))
}

fn points_between(now: (u64, u64), then: (u64, u64), since: &str) -> Option<String> {
    let points = share_in_points(now.0, now.1)?.abs_diff(share_in_points(then.0, then.1)?);
    let direction = match (u128::from(now.0) * u128::from(then.1))
        .cmp(&(u128::from(then.0) * u128::from(now.1)))
    {
        Ordering::Greater => "Up",
        Ordering::Less => "Down",
        Ordering::Equal => return Some(format!("As on {since}")),
    };
    Some(match points {
        0 => format!("Hardly changed since {since}"),
        _ => format!("{direction} {} since {since}", count_of(points, "point")),
    })
}

/// “, up 17 in a week”, of the mailboxes that are ready now; `None` where that day is not known, or
/// was no different.
pub(in crate::report) fn in_a_week(input: ReportInput<'_>, now: (u64, u64)) -> Option<String> {
    let trends = input.metrics.trends.as_ref()?;
    let week_ago = input.report_date.day().checked_sub_days(Days::new(7))?;
    let place = trends.days.iter().position(|day| day.date == week_ago)?;
    let collections = trends.ready.iter();
    let then = collections.map(|days| days.get(place).copied().flatten());
    points_in_a_week(now, (then.sum::<Option<u64>>()?, now.1))
}

fn points_in_a_week(now: (u64, u64), then: (u64, u64)) -> Option<String> {
    let (now, then) = (
        share_in_points(now.0, now.1)?,
        share_in_points(then.0, then.1)?,
    );
    match now.cmp(&then) {
        Ordering::Greater => Some(format!(", up {} in a week", now - then)),
        Ordering::Less => Some(format!(", down {} in a week", then - now)),
        Ordering::Equal => None,
    }
}

/// “118 new, 64 cleared since Thursday”; `None` where no earlier day is known.
pub(in crate::report) fn new_and_cleared(input: ReportInput<'_>) -> Option<String> {
    let changes = input.metrics.changes.as_ref()?;
    Some(new_and_cleared_since(
        ItemsMoved::of(changes),
        &since(input, changes),
    ))
}

fn new_and_cleared_since(moved: ItemsMoved, since: &str) -> String {
    let moved = moved.in_words();
    let moved = moved.as_deref().unwrap_or("none new, none cleared");
    match moved.strip_prefix("none") {
        Some(rest) => format!("None{rest} since {since}"),
        None => format!("{moved} since {since}"),
    }
}

/// “5 came into sync, 1 went back since Thursday”, of some mailboxes; `None` where no earlier day
/// is known.
pub(in crate::report) fn of_mailboxes(
    input: ReportInput<'_>,
    is_counted: impl Fn(&Mailbox) -> bool,
) -> Option<String> {
    let changes = input.metrics.changes.as_ref()?;
    let of = |is_one: &dyn Fn(Movement) -> bool| {
        moved(input, changes)
            .filter(|(change, mailbox)| is_counted(mailbox) && is_one(change.movement))
            .count() as u64
    };
    let came = of(&|movement| movement == Movement::CameIntoSync);
    let fell = of(&|movement| matches!(movement, Movement::WentBack | Movement::Halted));
    Some(came_and_fell(came, fell, &since(input, changes)))
}

/// “3 switched since Thursday”; `None` where no earlier day is known.
pub(in crate::report) fn switched_since(input: ReportInput<'_>) -> Option<String> {
    let changes = input.metrics.changes.as_ref()?;
    let since = since(input, changes);
    Some(match changes.count(Movement::Switched) {
        0 => format!("None switched since {since}"),
        switched => format!("{} switched since {since}", count(switched)),
    })
}

fn came_and_fell(came: u64, fell: u64, since: &str) -> String {
    match (came, fell) {
        (0, 0) => format!("As on {since}"),
        (came, 0) => format!("{} came into sync since {since}", count(came)),
        (0, fell) => format!("{} fell back since {since}", count(fell)),
        (came, fell) => format!(
            "{} came into sync, {} fell back since {since}",
            count(came),
            count(fell)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_grow_and_fall_by_the_points_that_are_printed() {
        for (now, then, said) in [
            ((86, 100), (82, 100), "Up 4 points since Thursday"),
            ((81, 100), (82, 100), "Down 1 point since Thursday"),
            ((8_201, 10_000), (82, 100), "Hardly changed since Thursday"),
            ((8_199, 10_000), (82, 100), "Hardly changed since Thursday"),
            ((41, 50), (82, 100), "As on Thursday"),
            // From 81.6 to 86.4, printed as 82 and 86.
            ((864, 1_000), (816, 1_000), "Up 4 points since Thursday"),
            ((100, 100), (0, 7), "Up 100 points since Thursday"),
        ] {
            assert_eq!(points_between(now, then, "Thursday").as_deref(), Some(said));
        }
        assert_eq!(points_between((0, 0), (1, 2), "Thursday"), None);
        assert_eq!(points_between((1, 2), (0, 0), "Thursday"), None);
    }

    #[test]
    fn a_week_is_told_where_it_made_a_difference() {
        for (now, then, said) in [
            ((86, 100), (69, 100), Some(", up 17 in a week")),
            ((81, 100), (82, 100), Some(", down 1 in a week")),
            ((82, 100), (82, 100), None),
            ((0, 0), (0, 0), None),
        ] {
            assert_eq!(points_in_a_week(now, then).as_deref(), said);
        }
    }

    #[test]
    fn what_changed_is_said_in_a_tile_too() {
        for (new, cleared, said) in [
            (118, 64, "118 new, 64 cleared since Thursday"),
            (1_000, 0, "1,000 new, none cleared since Thursday"),
            (0, 5, "None new, 5 cleared since Thursday"),
            (0, 0, "None new, none cleared since Thursday"),
        ] {
            let moved = ItemsMoved {
                new,
                again: 0,
                cleared,
            };
            assert_eq!(new_and_cleared_since(moved, "Thursday"), said);
        }
        for (came, fell, said) in [
            (0, 0, "As on Thursday"),
            (1_000, 0, "1,000 came into sync since Thursday"),
            (0, 1, "1 fell back since Thursday"),
            (5, 1, "5 came into sync, 1 fell back since Thursday"),
        ] {
            assert_eq!(came_and_fell(came, fell, "Thursday"), said);
        }
    }
}
