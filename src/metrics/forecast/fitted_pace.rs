//! The days so far: pace, weekends, how much days differ and how long a slow spell lasts.

use chrono::{Datelike, NaiveDate, Weekday};

use super::Known;

/// Days that a forecast looks back: eight weeks. Longer, and it is of another time; shorter, and
/// weekends and slow spells cannot be told from chance.
const LOOK_BACK: i64 = 56;
/// The fewest days between the first and the last report.
const FEWEST_DAYS: u32 = 10;
/// The fewest steps from report to report.
const FEWEST_STEPS: usize = 7;
/// Where the total moves by more than this share from a report to the next, mailboxes were moved in
/// or out, and what the counts did says nothing about the pace.
const MOVED: f64 = 0.1;
/// How much of its effect a slow day leaves to the next: spells of about five days.
pub(super) const PERSISTENCE: f64 = 0.8;
/// Days apart at which the likeness of days is looked at.
const LAGS: usize = 4;
/// What is added to an autocorrelation, in its known shortfall.
const BIAS: f64 = 1.25;
/// A weekend day varies at least as much as this share of a weekday, even where nothing is copied
/// at weekends.
pub(super) const LEAST_VARIATION: f64 = 0.25;
/// The part of a weekend day that its weekday half counts as, where the history says nothing.
const WEEKEND_GUESS: f64 = 0.5;
/// In weekend days, what that guess weighs.
const WEEKEND_GUESS_WEIGHT: f64 = 0.05;

/// From one report to the next.
struct Step {
    /// By how much the items left fell.
    done: f64,
    weekdays: f64,
    weekend_days: f64,
}

impl Step {
    fn days(&self) -> f64 {
        self.weekdays + self.weekend_days
    }

    /// Its length in days of a weekday's work.
    fn work(&self, weekend: f64) -> f64 {
        self.weekdays + weekend * self.weekend_days
    }

    /// Its variance in that of a weekday.
    fn variation(&self, weekend: f64) -> f64 {
        self.work(weekend).max(LEAST_VARIATION * self.days())
    }
}

/// What the days so far say about days to come.
pub(super) struct FittedPace {
    /// Items done on a weekday.
    pub(super) pace: f64,
    /// What is done on a weekend day, of what is done on a weekday: 0 to 1.5.
    pub(super) weekend: f64,
    /// Variance of a weekday's items.
    pub(super) variance: f64,
    /// κ: the share of that variance which lasts into the next days.
    pub(super) lasting: f64,
    /// How far the latest days were off `pace`, as far as that lasts: items of a weekday.
    current: f64,
    /// Variance of `pace`, in that of a weekday.
    pub(super) pace_variance: f64,
    /// Degrees of freedom of `variance`.
    pub(super) freedom: f64,
    days: f64,
    done: f64,
}

impl FittedPace {
    /// `None` where there are too few steps.
    pub(super) fn of(known: &[Known]) -> Option<Self> {
        let steps = steps(known);
        let days: f64 = steps.iter().map(Step::days).sum();
        if steps.len() < FEWEST_STEPS || days < f64::from(FEWEST_DAYS) {
            return None;
        }
        let weekend = weekend(&steps);
        let done: f64 = steps.iter().map(|step| step.done).sum();
        let work: f64 = steps.iter().map(|step| step.work(weekend)).sum();
        let pace = if work > 0.0 { done / work } else { 0.0 };
        let variation: f64 = steps.iter().map(|step| step.variation(weekend)).sum();
        let residuals: Vec<f64> = steps
            .iter()
            .map(|step| (step.done - pace * step.work(weekend)) / step.variation(weekend).sqrt())
            .collect();
        let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
        let lasting = lasting(&residuals, squares, days);
        #[allow(clippy::cast_precision_loss)] // at most 56
        let count = steps.len() as f64;
        let inflation = variance_of_sum(count, lasting) / count;
        // Days that are alike vary less around their own mean than around the true one.
        let seen = (1.0 - (inflation - 1.0) / (count - 1.0)).max(0.3);
        Some(Self {
            pace,
            weekend,
            variance: squares / (count - 1.0) / seen,
            lasting,
            current: current(&steps, &residuals, lasting),
            pace_variance: if work > 0.0 {
                inflation * variation / (work * work)
            } else {
                0.0
            },
            freedom: count - 1.0,
            days,
            done,
        })
    }

    /// What days to come do beside their pace, because the latest days were slow or quick, and that
    /// lasts: current · Σ φʲ.
    pub(super) fn lasting_items(&self, days: f64) -> f64 {
        self.current * PERSISTENCE * (1.0 - PERSISTENCE.powf(days)) / (1.0 - PERSISTENCE)
    }

    pub(super) fn items_a_day(&self) -> f64 {
        self.done / self.days
    }

    pub(super) fn days(&self) -> u32 {
        // whole, and at most 56
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let days = self.days as u32;
        days
    }
}

/// The variance of a sum over as many weekdays, in that of one: h + 2κ Σ (h − j) φʲ.
pub(super) fn variance_of_sum(days: f64, lasting: f64) -> f64 {
    if days <= 1.0 {
        return days;
    }
    let rest = 1.0 - PERSISTENCE;
    days + 2.0 * lasting * PERSISTENCE * (days * rest - (1.0 - PERSISTENCE.powf(days)))
        / (rest * rest)
}

pub(super) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Steps of the last eight weeks, from the first on which something was done.
fn steps(known: &[Known]) -> Vec<Step> {
    let Some(last) = known.last() else {
        return Vec::new();
    };
    let recent = known
        .iter()
        .filter(|day| (last.date - day.date).num_days() <= LOOK_BACK);
    let pairs = recent.clone().zip(recent.skip(1));
    pairs
        .skip_while(|(from, to)| to.attempted <= from.attempted)
        .filter_map(|(from, to)| step(*from, *to))
        .collect()
}

#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn step(from: Known, to: Known) -> Option<Step> {
    if (to.total as f64 - from.total as f64).abs() > MOVED * from.total as f64 {
        return None;
    }
    let dates = from
        .date
        .iter_days()
        .skip(1)
        .take_while(|date| *date <= to.date);
    let (weekend_days, weekdays): (Vec<NaiveDate>, Vec<NaiveDate>) =
        dates.partition(|date| is_weekend(*date));
    Some(Step {
        done: from.left() as f64 - to.left() as f64,
        weekdays: weekdays.len() as f64,
        weekend_days: weekend_days.len() as f64,
    })
}

/// What is done on a weekend day, of a weekday's: least squares of done = a · weekdays + b ·
/// weekend days, each step weighed by one over its days, with a twentieth of a weekend day of b =
/// a/2 added, so that there is an answer where every step is a whole week.
fn weekend(steps: &[Step]) -> f64 {
    let sum = |term: fn(&Step) -> f64| {
        steps
            .iter()
            .map(|step| term(step) / step.days())
            .sum::<f64>()
    };
    let aa = sum(|step| step.weekdays * step.weekdays)
        + WEEKEND_GUESS_WEIGHT * WEEKEND_GUESS * WEEKEND_GUESS;
    let ab = sum(|step| step.weekdays * step.weekend_days) - WEEKEND_GUESS_WEIGHT * WEEKEND_GUESS;
    let bb = sum(|step| step.weekend_days * step.weekend_days) + WEEKEND_GUESS_WEIGHT;
    let (ad, bd) = (
        sum(|step| step.weekdays * step.done),
        sum(|step| step.weekend_days * step.done),
    );
    // Cramer's rule; the determinant is common to both.
    let (weekday, weekend_day) = (ad * bb - bd * ab, bd * aa - ad * ab);
    if weekday > 0.0 {
        (weekend_day / weekday).clamp(0.0, 1.5)
    } else {
        1.0
    }
}

/// κ: how far days are like the days before them, fitted to the first four autocorrelations as κ
/// φʲ. An autocorrelation falls short by (1 + 3ρ)/n where the mean is estimated (Kendall 1954,
/// Marriott & Pope 1954). A quarter more than that is added: a slow spell that is taken for chance
/// makes the range too narrow, and the opposite only makes it somewhat too wide.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap
)] // at most 56
fn lasting(residuals: &[f64], squares: f64, days: f64) -> f64 {
    if squares <= 0.0 {
        return 0.0;
    }
    let (mut fit, mut weight) = (0.0, 0.0);
    for lag in 1..=LAGS.min(residuals.len().saturating_sub(2)) {
        let products: f64 = residuals
            .iter()
            .zip(residuals.iter().skip(lag))
            .map(|(one, later)| one * later)
            .sum();
        let seen = products / squares;
        let correlation = seen + BIAS * (1.0 + 3.0 * seen.max(0.0)) / days;
        let pairs = (residuals.len() - lag) as f64 / residuals.len() as f64;
        let decay = PERSISTENCE.powi(lag as i32);
        fit += pairs * decay * correlation;
        weight += pairs * decay * decay;
    }
    (fit / weight).clamp(0.0, 1.0)
}

/// The part of the latest residuals that lasts, filtered from what does not (Kalman 1960): a state
/// that keeps φ of itself from day to day, seen through noise, with κ of the variance in the state.
fn current(steps: &[Step], residuals: &[f64], lasting: f64) -> f64 {
    let (mut state, mut uncertainty) = (0.0, lasting);
    for (step, residual) in steps.iter().zip(residuals) {
        let kept = PERSISTENCE.powf(step.days());
        state *= kept;
        uncertainty = kept * kept * uncertainty + (1.0 - kept * kept) * lasting;
        let gain = if uncertainty > 0.0 {
            uncertainty / (uncertainty + 1.0 - lasting)
        } else {
            0.0
        };
        state += gain * (residual - state);
        uncertainty *= 1.0 - gain;
    }
    state
}
