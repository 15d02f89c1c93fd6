//! Who will be ready: of each collection how many mailboxes are not, on the morning of its switch.
//!
//! The mailboxes of a collection are taken as a queue, and the days so far as trials: what the order
//! and the pace of a past day told of the days after it, and what came. Nothing is drawn at random;
//! the recipe, and how often it was right in simulation, are in `docs/statistics.md`.

mod alike;
mod experience;
mod queue;
mod reckoning;

use chrono::{Days as Span, NaiveDate};

use crate::domain::calendar::Calendar;
use crate::domain::{ReportDate, Standing};
use experience::Experience;
use queue::{Course, Days, FARTHEST, going_pace};
use reckoning::{Reckoning, SwitchForecast, counts_as_ready, reckon};

/// The days of which a forecast is made: six weeks.
const DAYS: u64 = 42;

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
    /// How many mailboxes are not ready on the morning of the switch date: at least and at most, and
    /// all that may be where little is known. `None` where nothing is said.
    pub range: Option<(u64, u64)>,
    /// About how many of them are not ready; `None` where too little is known.
    pub expected: Option<u64>,
}

impl Forecast {
    /// The range, where it says more than that anything may come.
    #[must_use]
    pub fn settled_range(&self) -> Option<(u64, u64)> {
        let is_open = matches!(
            self.status,
            ForecastStatus::CannotTell | ForecastStatus::TotalsNotReported
        );
        self.range.filter(|_| !is_open)
    }
}

/// What became of mailboxes that stood like another, over as much work as lies ahead of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alike {
    /// How many days ahead.
    pub days: u64,
    /// The share of them that was ready.
    pub ready: f64,
    /// Within which share it is 19 times in 20: at least and at most.
    pub within: (f64, f64),
}

/// The widest interval, of which the share itself says something.
const SAYS_SOMETHING: f64 = 0.3;

impl Alike {
    /// Whether enough is known to tell the share itself.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.within.1 - self.within.0 <= SAYS_SOMETHING
    }
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
        let today = days.reported.last().copied().unwrap_or_default();
        let ahead_of = |date: &Option<NaiveDate>| {
            let ahead = date.map(|date| (date - report_date.day()).num_days());
            ahead.and_then(|ahead| usize::try_from(ahead).ok())
        };
        let asked = switch_dates.iter().filter_map(ahead_of);
        let asked = asked.filter(|ahead| (1..=FARTHEST).contains(ahead));
        let work = asked.flat_map(|ahead| days.work_ahead(today, ahead));
        let mut experience = Experience::asked(work.collect());
        for collection in &courses {
            experience.add(collection, &days);
        }
        let going = going_pace(&courses, &days);
        let mut forecasts = Self {
            collections: Vec::with_capacity(courses.len()),
            mailboxes: vec![None; mailboxes.len()],
        };
        for ((courses, members), switch_date) in courses.iter().zip(&members).zip(switch_dates) {
            let ahead = ahead_of(switch_date);
            let told = ahead.map(|ahead| reckon(courses, &days, &experience, ahead, going));
            let told = told.unwrap_or_default();
            for (place, share) in &told.mailboxes {
                let mailbox = members
                    .get(*place)
                    .and_then(|place| forecasts.mailboxes.get_mut(*place));
                if let Some(mailbox) = mailbox {
                    *mailbox = Some(Alike {
                        days: ahead.unwrap_or_default() as u64,
                        ready: share.share,
                        within: (share.least, share.most),
                    });
                }
            }
            let forecast = forecast(courses, *switch_date, report_date, &told);
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

fn forecast(
    courses: &[Course],
    switch_date: Option<NaiveDate>,
    report_date: ReportDate,
    told: &SwitchForecast,
) -> Forecast {
    let standing = |one: &Course| one.standings.last().copied();
    let number = |is: &dyn Fn(Option<Standing>) -> bool| {
        courses.iter().filter(|one| is(standing(one))).count()
    };
    let (mailboxes, not_ready) = (courses.len(), number(&|one| one != Some(Standing::Ready)));
    let (least, most) = told.range;
    let status = match (switch_date, told.reckoning) {
        _ if not_ready == 0 => ForecastStatus::InSync,
        (None, _) => ForecastStatus::NoSwitchDate,
        (Some(date), _) if date < report_date.day() => ForecastStatus::PastSwitchDate,
        (Some(date), _) if date == report_date.day() => ForecastStatus::SwitchesToday,
        (_, Reckoning::NotReady) if counts_as_ready(most, mailboxes) => ForecastStatus::OnTrack,
        (_, Reckoning::NotReady) if !counts_as_ready(least, mailboxes) => {
            ForecastStatus::WillBeLate
        }
        (_, Reckoning::NotReady) => ForecastStatus::AtRisk,
        (_, Reckoning::WithoutTotals) => ForecastStatus::TotalsNotReported,
        (_, Reckoning::TooFar) => ForecastStatus::TooFarAhead,
        (_, Reckoning::TooLittle) => ForecastStatus::CannotTell,
    };
    let is_ahead = switch_date.is_some_and(|date| date >= report_date.day());
    let is_told = is_ahead && told.reckoning != Reckoning::TooFar;
    Forecast {
        status,
        switch_date,
        mailboxes: mailboxes as u64,
        not_ready: not_ready as u64,
        mailboxes_without_total: number(&|one| one == Some(Standing::WithoutTotal)) as u64,
        range: is_told.then_some((least as u64, most as u64)),
        expected: told.expected.map(|expected| expected as u64),
    }
}

#[cfg(test)]
mod tests;
