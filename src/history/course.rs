//! How each mailbox stood on the days up to this one: what tells when others will be ready.

use polars::prelude::*;

use super::sums::attempted;
use super::table::COURSE;
use crate::domain::{ReportDate, Standing, SyncState};
use crate::tables::columns;

/// The days that a course has at most: six weeks.
pub(super) const COURSE_DAYS: usize = 42;

/// The course of each row of `today`: that of `before`, a letter for each day without a report, and
/// how it stands today. `before` comes with its date and with the row in it of each mailbox of
/// `today`. A first day has what its own export says of earlier ones.
pub(super) fn courses(
    today: &DataFrame,
    date: ReportDate,
    before: Option<(&DataFrame, ReportDate, &[Option<usize>])>,
) -> PolarsResult<Column> {
    let own = today.column(COURSE)?.str()?;
    let mut earlier = None;
    let mut missed = 0;
    if let Some((frame, day, followed)) = before {
        earlier = Some((frame.column(COURSE)?.str()?, followed));
        let days = (date.day() - day.day()).num_days();
        missed = usize::try_from(days - 1).unwrap_or(0).min(COURSE_DAYS);
    }
    let rows = letters(today)?.into_iter().zip(own.iter()).enumerate();
    let courses = rows.map(|(row, (letter, own))| {
        let so_far = match earlier {
            Some((courses, followed)) => {
                let was = followed.get(row).copied().flatten();
                was.and_then(|was| courses.get(was))
            }
            None => own.and_then(|own| own.get(..own.len().saturating_sub(1))),
        };
        let mut course = so_far.unwrap_or_default().to_owned();
        if !course.is_empty() {
            course.extend(std::iter::repeat_n(Standing::NotListed.letter(), missed));
        }
        course.push(letter);
        course
            .get(course.len().saturating_sub(COURSE_DAYS)..)
            .unwrap_or_default()
            .to_owned()
    });
    Ok(StringChunked::from_iter_values(COURSE.into(), courses).into_column())
}

/// How each mailbox stands: its letter.
fn letters(mailboxes: &DataFrame) -> PolarsResult<Vec<char>> {
    let states = mailboxes.column(columns::SYNC_STATE)?.str()?.iter();
    let approvals = mailboxes.column(columns::AWAITS_APPROVAL)?.bool()?.iter();
    let counts = |name: &str| PolarsResult::Ok(mailboxes.column(name)?.i64()?.iter());
    let done = counts(columns::ITEMS_SYNCHRONISED)?.zip(counts(columns::ITEMS_FAILED)?);
    let items = counts(columns::ITEMS_TOTAL)?.zip(done);
    let count = |figure: Option<i64>| figure.and_then(|figure| u64::try_from(figure).ok());
    let rows = states.zip(approvals).zip(items);
    Ok(rows
        .map(
            |((state, awaits_approval), (total, (synchronised, failed)))| {
                let done = attempted(synchronised, Some(failed.unwrap_or(0)));
                let state = SyncState::ALL
                    .into_iter()
                    .find(|known| state == Some(known.name()));
                let state = state.unwrap_or(SyncState::Unrecognised);
                let awaits_approval = awaits_approval == Some(true);
                let standing = standing(state, awaits_approval, count(total), count(done));
                match state {
                    SyncState::Switched => Standing::SWITCHED,
                    _ => standing.letter(),
                }
            },
        )
        .collect())
}

/// Of a mailbox of which so many items are done, and so many there are; `None` where that is not
/// known.
fn standing(
    state: SyncState,
    awaits_approval: bool,
    total: Option<u64>,
    done: Option<u64>,
) -> Standing {
    let is_ready = state.is_in_sync_or_beyond();
    if is_ready && (state == SyncState::Switched || !awaits_approval) {
        return Standing::Ready;
    }
    if is_ready || state.is_halted() || state == SyncState::Unrecognised {
        return Standing::Halted;
    }
    let is_waiting = matches!(state, SyncState::NotStarted | SyncState::Queued);
    match (total, done) {
        (None, _) => Standing::WithoutTotal,
        (Some(_), None | Some(0)) if is_waiting => Standing::NotBegun,
        (Some(_), None) => Standing::WithoutTotal,
        (Some(total), Some(done)) => Standing::begun(done, total),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn mailboxes(
        rows: &[(&str, SyncState, Option<i64>, Option<i64>)],
        courses: &[Option<&str>],
    ) -> DataFrame {
        df!(
            columns::MAILBOX => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            columns::SYNC_STATE => rows.iter().map(|row| row.1.name()).collect::<Vec<_>>(),
            columns::AWAITS_APPROVAL => vec![Some(false); rows.len()],
            columns::ITEMS_TOTAL => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            columns::ITEMS_SYNCHRONISED => rows.iter().map(|row| row.3).collect::<Vec<_>>(),
            columns::ITEMS_FAILED => vec![None::<i64>; rows.len()],
            COURSE => courses,
        )
        .unwrap()
    }

    fn texts(column: &Column) -> Vec<&str> {
        column
            .str()
            .unwrap()
            .iter()
            .map(Option::unwrap_or_default)
            .collect()
    }

    #[test]
    fn a_course_goes_on_over_days_without_a_report_and_forgets_after_six_weeks() {
        let day = |day| ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
        let long = "N".repeat(COURSE_DAYS);
        let before = mailboxes(
            &[
                ("a", SyncState::Synchronising, Some(100), Some(10)),
                ("b", SyncState::Queued, None, None),
                ("c", SyncState::NotStarted, Some(5), None),
            ],
            &[Some("Nc"), Some("U"), Some(&long)],
        );
        let today = mailboxes(
            &[
                ("a", SyncState::InSync, Some(100), Some(100)),
                ("b", SyncState::Synchronising, Some(40), Some(20)),
                ("c", SyncState::Failed, Some(5), None),
                ("d", SyncState::Queued, Some(9), Some(0)),
            ],
            &[None; 4],
        );
        let held = courses(
            &today,
            day(13),
            Some((&before, day(10), &[Some(0), Some(1), Some(2), None])),
        )
        .unwrap();
        let of_c = format!("{}--H", &long[3..]);
        assert_eq!(texts(&held), ["Nc--R", "U--k", of_c.as_str(), "N"]);
        // What it was held against is gone: it says itself what was.
        let mut alone = today.clone();
        alone.with_column(held.clone()).unwrap();
        let held_alone = courses(&alone, day(13), None).unwrap();
        assert_eq!(texts(&held_alone), texts(&held));
        assert_eq!(
            texts(&courses(&today, day(13), None).unwrap()),
            ["R", "k", "H", "N"]
        );
    }
}
