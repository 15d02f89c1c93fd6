//! When is a collection in sync, and is that before its switch date?
//!
//! The items left fall by what is attempted in a day, less what is added to the collection. A
//! forecast says on which day none will be left if the days to come are like the days so far: like
//! them in pace, in weekends, in how much days differ, and in how far a slow day is followed by
//! another. Nothing is drawn at random; the recipe, and how often it was right in simulation, are
//! in `docs/statistics.md`.

mod fitted_pace;
mod prediction;

use chrono::NaiveDate;

use fitted_pace::FittedPace;
pub use prediction::FanDay;
use prediction::Prediction;

/// How often the date is in the range, at least.
pub const RANGE_HOLDS: f64 = 0.8;
/// How often the date is before the range, and how often after it.
const TAIL: f64 = (1.0 - RANGE_HOLDS) / 2.0;
/// A collection will be late where the chance to be in time is at most this: stricter than the range,
/// since it makes people act, and must be right 9 times in 10 in collections of every kind.
const LATE: f64 = 0.07;
/// The most days that the chart of a forecast reaches.
const FAN_DAYS: usize = 60;

/// What the exports of a report date say of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionPoint {
    /// The report date.
    pub date: NaiveDate,
    /// Items in the collection's mailboxes on that day.
    pub items_total: Option<u64>,
    /// Items attempted so far.
    pub items_attempted: Option<u64>,
    /// How many mailboxes it has.
    pub mailboxes: u64,
    /// Mailboxes that are not in sync and report no total: they are in neither figure.
    pub mailboxes_without_total: u64,
}

/// When a collection will be in sync.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Whether that is by the switch date.
    pub status: ForecastStatus,
    /// The last switch date of the collection, where it has one.
    pub switch_date: Option<NaiveDate>,
    /// The latest day of which total and attempted items are known; the forecast begins there.
    pub as_of: Option<NaiveDate>,
    /// Items not attempted on that day, of the mailboxes that report a total.
    pub items_left: Option<u64>,
    /// Mailboxes that are not in sync and report no total, on the last of all days.
    pub mailboxes_without_total: u64,
    /// When it is likely in sync; `None` for one that is, and without enough history.
    pub outlook: Option<Outlook>,
}

/// Whether a collection will be in sync by its switch date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForecastStatus {
    /// Every item has been attempted.
    InSync,
    /// The range ends by the switch date.
    OnTrack,
    /// The switch date is within the range.
    AtRisk,
    /// The switch date is before the range, and hardly likely to be met.
    WillBeLate,
    /// The switch date has passed: what is not in sync switches by itself once it is.
    PastSwitchDate,
    /// There is a forecast, and no switch date to compare it with.
    NoSwitchDate,
    /// Mailboxes that are not in sync report no total: how much is left is not known.
    TotalsNotReported,
    /// Too little is known of the days so far.
    NotEnoughHistory,
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
            Self::PastSwitchDate => "Past its switch date",
            Self::NoSwitchDate => "No switch date",
            Self::TotalsNotReported => "Totals not reported",
            Self::NotEnoughHistory => "Not enough history",
        }
    }
}

/// The dates of a forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Items by which what is left falls in a day: the mean of all days of the history, weekends
    /// included.
    pub items_a_day: f64,
    /// Days of history that the forecast rests on.
    pub days_of_history: u32,
    /// The day by which it is as likely as not in sync; `None` for later than the forecast reaches.
    pub likely: Option<NaiveDate>,
    /// The first day of the range; `None` for later than the forecast reaches.
    pub first: Option<NaiveDate>,
    /// The last day of the range; `None` for later than the forecast reaches.
    pub last: Option<NaiveDate>,
    /// How often the date is in this range: at least 0.8, and more where whole days make it so.
    pub range_holds: f64,
    /// How likely it is in sync by the switch date, where there is one.
    pub by_switch_date: Option<f64>,
    /// Attempted items of each day to come, until range and switch date have passed, for 60 days at
    /// most.
    pub fan: Vec<FanDay>,
}

impl Forecast {
    /// Forecasts a collection from its days in the order of dates, each at most once. A day may be
    /// missing or unknown.
    #[must_use]
    pub fn of(days: &[CollectionPoint], switch_date: Option<NaiveDate>) -> Self {
        let forecast = Self::of_known_totals(days, switch_date);
        let silent = days.last().map_or(0, |day| day.mailboxes_without_total);
        let is_late = matches!(
            forecast.status,
            ForecastStatus::AtRisk | ForecastStatus::WillBeLate | ForecastStatus::PastSwitchDate
        );
        match silent {
            0 => forecast,
            // What is not known comes on top: it makes nothing earlier.
            _ if is_late => Self {
                mailboxes_without_total: silent,
                ..forecast
            },
            _ => Self {
                status: ForecastStatus::TotalsNotReported,
                items_left: None,
                outlook: None,
                mailboxes_without_total: silent,
                ..forecast
            },
        }
    }

    /// The forecast of the mailboxes that report a total.
    fn of_known_totals(days: &[CollectionPoint], switch_date: Option<NaiveDate>) -> Self {
        let known: Vec<Known> = days.iter().filter_map(Known::of).collect();
        let mut forecast = Self {
            status: ForecastStatus::NotEnoughHistory,
            switch_date,
            as_of: None,
            items_left: None,
            mailboxes_without_total: 0,
            outlook: None,
        };
        let Some(now) = known.last().copied() else {
            return forecast;
        };
        forecast.as_of = Some(now.date);
        forecast.items_left = Some(now.left());
        if now.left() == 0 {
            forecast.status = ForecastStatus::InSync;
            return forecast;
        }
        let Some(fitted) = FittedPace::of(&known) else {
            return forecast;
        };
        let prediction = Prediction::of(&fitted, now);
        let outlook = outlook(&fitted, &prediction, now, switch_date);
        forecast.status = match outlook.by_switch_date {
            None => ForecastStatus::NoSwitchDate,
            Some(_) if switch_date.is_some_and(|date| date < now.date) => {
                ForecastStatus::PastSwitchDate
            }
            Some(chance) if chance <= LATE => ForecastStatus::WillBeLate,
            Some(chance) if chance >= 1.0 - TAIL => ForecastStatus::OnTrack,
            Some(_) => ForecastStatus::AtRisk,
        };
        forecast.outlook = Some(outlook);
        forecast
    }
}

/// A day of which both figures are known.
#[derive(Debug, Clone, Copy)]
struct Known {
    date: NaiveDate,
    total: u64,
    attempted: u64,
}

impl Known {
    fn of(day: &CollectionPoint) -> Option<Self> {
        Some(Self {
            date: day.date,
            total: day.items_total?,
            attempted: day.items_attempted?,
        })
    }

    fn left(self) -> u64 {
        self.total.saturating_sub(self.attempted)
    }
}

fn outlook(
    fitted: &FittedPace,
    prediction: &Prediction,
    now: Known,
    switch_date: Option<NaiveDate>,
) -> Outlook {
    let on = |day: Option<usize>| {
        day.and_then(|day| now.date.checked_add_days(chrono::Days::new(day as u64)))
    };
    let (first, last) = (
        prediction.first_day_above(TAIL),
        prediction.first_day_above(1.0 - TAIL),
    );
    let reached = |day: Option<usize>| day.map_or(1.0, |day| prediction.chance_by(day));
    let days_to = |date: NaiveDate| usize::try_from((date - now.date).num_days()).unwrap_or(0);
    let switch_day = switch_date.map(days_to);
    let end = last
        .unwrap_or(FAN_DAYS)
        .max(switch_day.unwrap_or(0))
        .min(FAN_DAYS);
    Outlook {
        items_a_day: fitted.items_a_day(),
        days_of_history: fitted.days(),
        likely: on(prediction.first_day_above(0.5)),
        first: on(first),
        last: on(last),
        range_holds: reached(last)
            - first.map_or(prediction.chance_at_end(), |day| {
                prediction.chance_by(day.saturating_sub(1))
            }),
        by_switch_date: switch_day.map(|day| prediction.chance_by(day)),
        fan: prediction.fan(now, end),
    }
}

#[cfg(test)]
mod tests;
