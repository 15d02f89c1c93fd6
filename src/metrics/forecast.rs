//! Who will be ready: of each collection how many mailboxes are not, on the morning of its switch.
//!
//! The mailboxes of a collection are taken as a queue, and the days so far as trials: what the order
//! and the pace of a past day told of the days after it, and what came. Nothing is drawn at random;
//! the recipe, and how often it was right in simulation, are in `docs/statistics.md`.

mod queue;
mod reckoning;

use chrono::{Days as Span, NaiveDate};

use crate::domain::calendar::Calendar;
use crate::domain::{ReportDate, Standing};
use queue::{Course, Days, Experience, FARTHEST, Queue, going_pace};

use reckoning::{Reckoning, at_least, counts_as_ready, reckon};

/// The days of which a forecast is made: six weeks.
const DAYS: u64 = 42;
/// The fewest mailboxes of which a share is told.
const FEWEST_ALIKE: u32 = 20;

/// How a collection stands against its switch date.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Whether its mailboxes will be ready on it.
    pub status: ForecastStatus,
    /// The last switch date of the collection, where it has one.
    pub switch_date: Option<NaiveDate>,
    /// Mailboxes of the collection.
    pub mailboxes: u64,
    /// Those that are not ready today.
    pub not_ready: u64,
    /// Those that are not in sync and report no total, whatever else is known.
    pub mailboxes_without_total: u64,
    /// How many mailboxes are not ready on the morning of the switch date: at least and at most.
    /// `None` where it cannot be told yet.
    pub range: Option<(u64, u64)>,
}

/// What became of mailboxes that stood like others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alike {
    /// How many days later.
    pub days: u64,
    /// The share of them that was ready.
    pub ready: f64,
}

/// Whether the mailboxes of a collection will be ready on its switch date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForecastStatus {
    /// All of them are in sync, or have switched.
    InSync,
    /// All will be, but for at most 2 in 100.
    OnTrack,
    /// Whether so few will be missing is open.
    AtRisk,
    /// More will be missing.
    WillBeLate,
    /// The switch date is the report date: who is not ready is known.
    SwitchesToday,
    /// The switch date has passed: what is not in sync switches by itself once it is.
    PastSwitchDate,
    /// There is no switch date.
    NoSwitchDate,
    /// Mailboxes that are not in sync report no total: how much is left is not known.
    TotalsNotReported,
    /// The switch date is more than two weeks ahead.
    TooFarAhead,
    /// Too little is known of the days so far, or they differ too much.
    CannotTell,
}

impl ForecastStatus {
    /// The status as reports print it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::InSync => "In sync",
            Self::OnTrack => "On track",
            Self::AtRisk => "At risk",
            Self::WillBeLate => "Will be late",
            Self::SwitchesToday => "Switches today",
            Self::PastSwitchDate => "Past its switch date",
            Self::NoSwitchDate => "No switch date",
            Self::TotalsNotReported => "Totals not reported",
            Self::TooFarAhead => "More than 2 weeks ahead",
            Self::CannotTell => "Cannot tell yet",
        }
    }
}

/// A mailbox as a forecast takes it.
#[derive(Debug, Clone)]
pub(super) struct Standings {
    /// The place of its collection.
    pub(super) collection: usize,
    /// Items that it holds.
    pub(super) items_total: Option<u64>,
    /// Items copied or failed.
    pub(super) items_done: Option<u64>,
    /// A letter a day, the last one of the report date.
    pub(super) course: String,
}

/// The forecasts of an organisation.
pub(super) struct Forecasts {
    /// Of each collection.
    pub(super) collections: Vec<Forecast>,
    /// Of each mailbox that is not ready: what became of those that stood like it, by its
    /// collection's switch date.
    pub(super) mailboxes: Vec<Option<Alike>>,
}

impl Forecasts {
    /// Forecasts collections, by their switch dates, from the courses of their mailboxes.
    pub(super) fn of(
        mailboxes: &[Standings],
        switch_dates: &[Option<NaiveDate>],
        report_date: ReportDate,
        calendar: &Calendar,
    ) -> Self {
        let mut courses: Vec<Vec<Course>> = vec![Vec::new(); switch_dates.len()];
        // Where each mailbox is found in its collection.
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); switch_dates.len()];
        for (place, mailbox) in mailboxes.iter().enumerate() {
            if let (Some(courses), Some(members)) = (
                courses.get_mut(mailbox.collection),
                members.get_mut(mailbox.collection),
            ) {
                courses.push(mailbox.as_course());
                members.push(place);
            }
        }
        let days = days(&courses, report_date, calendar);
        let mut experience = Experience::default();
        for collection in &courses {
            experience.add(collection, &days);
        }
        let going = going_pace(&courses, &days);
        let mut forecasts = Self {
            collections: Vec::with_capacity(courses.len()),
            mailboxes: vec![None; mailboxes.len()],
        };
        for ((courses, members), switch_date) in courses.iter().zip(&members).zip(switch_dates) {
            let ahead = switch_date.map(|date| (date - report_date.day()).num_days());
            let ahead = ahead.and_then(|ahead| usize::try_from(ahead).ok());
            let reckoning = ahead.map(|ahead| reckon(courses, &days, &experience, ahead, going));
            let chances = ahead.map(|ahead| chances(courses, &days, &experience, ahead));
            for (place, alike) in chances.into_iter().flatten() {
                let mailbox = members
                    .get(place)
                    .and_then(|place| forecasts.mailboxes.get_mut(*place));
                if let Some(mailbox) = mailbox {
                    *mailbox = Some(alike);
                }
            }
            let mut forecast = forecast(courses, *switch_date, report_date, reckoning);
            if let (Some((least, most)), Some(ahead)) = (&mut forecast.range, ahead) {
                let is_halted = |one: &&Course| one.standings.last() == Some(&Standing::Halted);
                let halted = courses.iter().filter(is_halted).count();
                *least = at_least(*least as usize, halted, ahead, &experience) as u64;
                *most = (*most).max(*least);
            }
            forecasts.collections.push(forecast);
        }
        forecasts
    }
}

impl Standings {
    fn as_course(&self) -> Course {
        let letters = self.course.chars().map(Standing::of_letter);
        let missing = (DAYS as usize).saturating_sub(self.course.len());
        let (items, done) = (self.items_total.unwrap_or(0), self.items_done.unwrap_or(0));
        Course {
            items: items as f64,
            left: items.saturating_sub(done) as f64,
            standings: std::iter::repeat_n(Standing::NotListed, missing)
                .chain(letters)
                .collect(),
        }
    }
}

/// The days of the courses, and those ahead. A day has a report where any mailbox was in it.
fn days(courses: &[Vec<Course>], report_date: ReportDate, calendar: &Calendar) -> Days {
    let first = report_date.day() - Span::new(DAYS - 1);
    let all = (0..DAYS + FARTHEST as u64).map(|day| first + Span::new(day));
    let is_working = all.map(|day| calendar.is_working_day(ReportDate::of(day)));
    let is_reported = |day: &usize| {
        let mut mailboxes = courses.iter().flatten();
        mailboxes.any(|one| {
            one.standings
                .get(*day)
                .is_some_and(|one| *one != Standing::NotListed)
        })
    };
    let reported = (0..DAYS as usize).filter(is_reported);
    Days::of(is_working.collect(), reported.collect(), courses)
}

/// Of each mailbox in the queue of a collection what became of those that stood like it.
fn chances(
    courses: &[Course],
    days: &Days,
    experience: &Experience,
    ahead: usize,
) -> Vec<(usize, Alike)> {
    let Some(today) = days
        .reported
        .last()
        .copied()
        .filter(|_| (1..=FARTHEST).contains(&ahead))
    else {
        return Vec::new();
    };
    let queue = Queue::on(today, courses, days);
    let items = queue.pace.unwrap_or(0.0) * days.work(today, today + ahead);
    if items <= 0.0 {
        return Vec::new();
    }
    let alike = |(place, until_done): &(usize, f64)| {
        let (ready, all) = experience.tally(ahead, until_done / items);
        let ready = f64::from(ready) / f64::from(all);
        let alike = Alike {
            days: ahead as u64,
            ready,
        };
        (all >= FEWEST_ALIKE).then_some((*place, alike))
    };
    queue.places.iter().filter_map(alike).collect()
}

fn forecast(
    courses: &[Course],
    switch_date: Option<NaiveDate>,
    report_date: ReportDate,
    reckoning: Option<Reckoning>,
) -> Forecast {
    let standing = |one: &Course| one.standings.last().copied();
    let number = |is: &dyn Fn(Option<Standing>) -> bool| {
        courses.iter().filter(|one| is(standing(one))).count()
    };
    let (mailboxes, not_ready) = (courses.len(), number(&|one| one != Some(Standing::Ready)));
    let range = match reckoning {
        Some(Reckoning::NotReady { least, most }) => Some((least, most)),
        _ => None,
    };
    let status = match (switch_date, reckoning) {
        _ if not_ready == 0 => ForecastStatus::InSync,
        (None, _) => ForecastStatus::NoSwitchDate,
        (Some(date), _) if date < report_date.day() => ForecastStatus::PastSwitchDate,
        (Some(date), _) if date == report_date.day() => ForecastStatus::SwitchesToday,
        (_, Some(Reckoning::NotReady { most, .. })) if counts_as_ready(most, mailboxes) => {
            ForecastStatus::OnTrack
        }
        (_, Some(Reckoning::NotReady { least, .. })) if !counts_as_ready(least, mailboxes) => {
            ForecastStatus::WillBeLate
        }
        (_, Some(Reckoning::NotReady { .. })) => ForecastStatus::AtRisk,
        (_, Some(Reckoning::WithoutTotals)) => ForecastStatus::TotalsNotReported,
        (_, Some(Reckoning::TooFar)) => ForecastStatus::TooFarAhead,
        (_, Some(Reckoning::TooLittle) | None) => ForecastStatus::CannotTell,
    };
    Forecast {
        status,
        switch_date,
        mailboxes: mailboxes as u64,
        not_ready: not_ready as u64,
        mailboxes_without_total: number(&|one| one == Some(Standing::WithoutTotal)) as u64,
        range: range.map(|(least, most)| (least as u64, most as u64)),
    }
}

#[cfg(test)]
mod tests;
