//! What the charts of a report show: figures and labels, in the order in which they are drawn.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::wording::tells_of_all;
use crate::domain::SyncState;
use crate::metrics::{FunnelLimits, Side};

/// A picture: its file name, what it says, and what it shows.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Chart {
    /// The file name without its ending: `mailboxes-by-state`.
    pub name: String,
    /// The finding, as a title: “86% of mailboxes are in sync or switched”.
    pub title: String,
    /// For those who do not see the picture: the finding too, so that nobody is told something
    /// else.
    pub alternative_text: String,
    /// What is drawn.
    pub drawing: Drawing,
    /// Width in CSS pixels, as displayed; the PNG has twice as many.
    pub width: u32,
    /// Height in CSS pixels, as displayed; the PNG has twice as many.
    pub height: u32,
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Drawing {
    /// A bar for each row, all of one length, divided by the states of its mailboxes.
    States {
        /// One for the organisation, or one a collection.
        rows: Vec<StateRow>,
    },
    /// A bar for all failed items, one for each cause, and a line where the baseline would be.
    Causes {
        /// Causes, most items first; they add up to `total`.
        causes: Vec<CauseBar>,
        /// All failed items.
        total: u64,
        /// How many failed items the baseline gives of as many attempted; 0 where these are not
        /// reported.
        expected: f64,
    },
    /// A point for each day around the line of what is expected, between limits.
    ControlChart {
        /// Days with attempted items, in the order of dates.
        points: Vec<ControlPoint>,
        /// The expected rate, as a fraction: the line that points lie around.
        target: f64,
        /// Whether the limits are trial limits.
        is_trial: bool,
    },
    /// Attempted items by day, of all items.
    Progress {
        /// Days so far, in the order of dates; those without figures are left out.
        days: Vec<ProgressDay>,
    },
    /// Which share of each collection was ready, by day, up to its switch date.
    ReadyOverTime {
        /// Report dates, in order.
        days: Vec<NaiveDate>,
        /// Collections, the one that matters most first.
        curves: Vec<ReadyCurve>,
    },
    /// A row of bars for each cause, one a day, all to one scale.
    CausesOverTime {
        /// The report dates, in order.
        dates: Vec<NaiveDate>,
        /// Causes, most items first.
        causes: Vec<CauseDays>,
    },
    /// A point for each organisation round the expected rate, by how many items it attempted,
    /// between limits.
    Funnel {
        /// Organisations with attempted items, those that stand out last.
        points: Vec<FunnelPoint>,
        /// The limits, in the order of attempted items, from the fewest to the most.
        limits: Vec<FunnelLimits>,
        /// The expected rate, as a fraction: the line that points lie around.
        expected: f64,
    },
}

/// A point of [`Drawing::Funnel`].
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct FunnelPoint {
    /// The organisation's code.
    pub label: String,
    /// Attempted items, above 0.
    pub attempted: u64,
    /// Failed of attempted items, as a fraction.
    pub rate: f64,
    /// Whether it is beyond an outer limit, and where.
    pub mark: Mark,
}

/// A point of [`Drawing::ControlChart`]; rates are fractions.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
pub struct ControlPoint {
    /// The report date.
    pub date: NaiveDate,
    /// New failed of newly attempted items.
    pub rate: f64,
    /// The lower limit of the day.
    pub lower: f64,
    /// The upper limit of the day.
    pub upper: f64,
    /// Whether it stands out, and where.
    pub mark: Mark,
}

/// How a point is drawn: by shape, and by colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Within what chance explains.
    Usual,
    /// More failures than chance explains.
    Above,
    /// Fewer failures than chance explains.
    Below,
}

impl From<Option<Side>> for Mark {
    fn from(side: Option<Side>) -> Self {
        match side {
            None => Self::Usual,
            Some(Side::Above) => Self::Above,
            Some(Side::Below) => Self::Below,
        }
    }
}

/// A day of [`Drawing::Progress`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProgressDay {
    /// The report date.
    pub date: NaiveDate,
    /// Items attempted so far.
    pub attempted: u64,
    /// All items known on that day.
    pub total: u64,
    /// How many mailboxes there are; 0 where that was not kept.
    #[serde(default)]
    pub mailboxes: u64,
    /// Mailboxes that are not in sync and report no total: they are in neither figure.
    #[serde(default)]
    pub mailboxes_without_total: u64,
}

impl ProgressDay {
    /// Whether its share says something of all items.
    pub(super) fn tells_of_all(&self) -> bool {
        tells_of_all(
            self.attempted,
            self.total,
            self.mailboxes_without_total,
            self.mailboxes,
        )
    }
}

/// A collection of [`Drawing::ReadyOverTime`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ReadyCurve {
    /// What stands beside the curve.
    pub label: String,
    /// How many mailboxes it has.
    pub mailboxes: u64,
    /// How many of them were ready on each day; `None` where that is not known.
    pub ready: Vec<Option<u64>>,
    /// When it switches.
    pub switch_date: Option<NaiveDate>,
    /// How many will be ready then: at least and at most.
    pub expected: Option<(u64, u64)>,
}

impl ReadyCurve {
    /// How many are ready on the last day.
    pub(crate) fn now(&self) -> u64 {
        self.ready.last().copied().flatten().unwrap_or(0)
    }
}

/// A row of [`Drawing::CausesOverTime`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct CauseDays {
    /// The cause's name.
    pub label: String,
    /// New failed items of each day; `None` where there was no report.
    pub new_failed: Vec<Option<u64>>,
}

/// A bar of [`Drawing::States`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct StateRow {
    /// The name of the collection; empty where there is one bar only.
    pub label: String,
    /// What is printed at the end of the bar: “4,812 of 5,000”; may be empty.
    pub value: String,
    /// States that occur, in the order of the journey, with the number of mailboxes, all above 0.
    pub segments: Vec<(SyncState, u64)>,
}

/// A bar of [`Drawing::Causes`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct CauseBar {
    /// The cause's name.
    pub label: String,
    /// Failed items with this cause.
    pub count: u64,
}
