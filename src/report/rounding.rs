//! The rules of rounding, for pages, texts, charts and workbooks alike: a number is as short as it
//! can be without saying what is not so.
//!
//! - A share is 0% only of none and 100% only of all.
//! - Of a part and its whole, what lacks can be told from what is printed, to a tenth of it.
//! - “1 in 3” is right to a tenth; a share that no such number fits is told in tenths: “4 in 10”.
//!   All are “all”.
//! - A rate has two figures, and is 0% only where none failed.

use crate::domain::plural::count;
use crate::domain::{ExpectedRate, FailureRate};

/// What stands for a figure that the export does not have.
pub(super) const NOT_REPORTED: &str = "Not reported";

/// A share below this is printed as under 1%; one as near to the whole has a decimal.
const HALF_A_PERCENT: f64 = 0.005;
/// The least share, and the most but all, that a decimal of a percent shows.
const LEAST: f64 = 0.001;
const MOST: f64 = 0.999;
/// A rate below half of it has no figure among four decimals of a percent.
pub(crate) const LEAST_RATE: f64 = 1e-6;
/// What stands for such a rate.
pub(crate) const TINY_RATE: &str = "under 0.0001%";
/// How far a rounded number may be from the true one.
const TOLERANCE: f64 = 0.1;

/// `part` of `whole`; 0 of nothing.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
pub(super) fn fraction(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// “86%”, “under 1%”, “99.9%”.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NOT_REPORTED.to_owned();
    }
    printed_share(fraction(part, whole))
}

/// “3.2 times”, “40 times”.
pub(super) fn times(times: f64) -> String {
    match times {
        times if times < 10.0 => format!("{} times", format!("{times:.1}").trim_end_matches(".0")),
        times => format!("{times:.0} times"),
    }
}

/// A fraction as [`share`] prints it.
pub(super) fn printed_share(fraction: f64) -> String {
    let percent = fraction * 100.0;
    match fraction {
        fraction if fraction >= 1.0 => "100%".to_owned(),
        fraction if fraction <= 0.0 => "0%".to_owned(),
        fraction if fraction < HALF_A_PERCENT => "under 1%".to_owned(),
        // Rounded down, so that it never reads 100.
        fraction if fraction >= 1.0 - HALF_A_PERCENT => {
            format!("{:.1}%", (percent * 10.0).floor() / 10.0)
        }
        _ => format!("{:.0}%", percent.round()),
    }
}

/// A fraction for a cell that shows a decimal of its percent: neither none nor all, unless it is.
pub(super) fn shown_share(fraction: f64) -> f64 {
    if fraction > 0.0 && fraction < 1.0 {
        fraction.clamp(LEAST, MOST)
    } else {
        fraction
    }
}

/// A share in whole points; `None` of nothing.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 100
pub(super) fn share_in_points(part: u64, whole: u64) -> Option<u64> {
    (whole > 0).then(|| (fraction(part, whole).min(1.0) * 100.0).round() as u64)
}

/// “41.2 million” from a million on, else “412,345”.
pub(super) fn large_count(number: u64) -> String {
    #[allow(clippy::cast_precision_loss)]
    if number >= 1_000_000 {
        format!("{:.1} million", number as f64 / 1e6)
    } else {
        count(number)
    }
}

/// “41.2 of 44.9 million”, “812 of 1,204”.
pub(super) fn part_of(part: u64, whole: u64) -> String {
    if whole < 1_000_000 {
        return format!("{} of {}", count(part), count(whole));
    }
    if part < 100_000 {
        return format!("{} of {}", count(part), large_count(whole));
    }
    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    let millions = |number: u64, decimals: usize| format!("{:.decimals$}", number as f64 / 1e6);
    match decimals_of_millions(part, whole) {
        Some(decimals) => {
            let [part, whole] = [part, whole].map(|number| millions(number, decimals));
            format!("{part} of {whole} million")
        }
        None => format!("{} of {}", count(part), count(whole)),
    }
}

/// The decimals of millions from which the part and what lacks of the whole can be told; `None`
/// where three are too few.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
pub(crate) fn decimals_of_millions(part: u64, whole: u64) -> Option<usize> {
    let lacking = whole.saturating_sub(part) as f64;
    (1..=3).find(|decimals| {
        let unit = 1e6 / 10_f64.powf(*decimals as f64);
        let [part_shown, whole_shown] =
            [part, whole].map(|number| (number as f64 / unit).round() * unit);
        let is_near = |shown: f64, of: f64| (shown - of).abs() <= TOLERANCE * of;
        is_near(part_shown, part as f64) && is_near(whole_shown - part_shown, lacking)
    })
}

/// “1 in 13,300”, to three figures; “none” where nothing failed.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
pub(super) fn one_in(rate: FailureRate) -> String {
    ratio(rate.failed as f64, rate.attempted as f64)
}

/// “1 in 10,000”
pub(super) fn expected_one_in(expected: ExpectedRate) -> String {
    ratio(expected.fraction(), 1.0)
}

fn ratio(part: f64, whole: f64) -> String {
    if part <= 0.0 {
        return "none".to_owned();
    }
    if part >= whole {
        return "all".to_owned();
    }
    let ratio = whole / part;
    let rounded = three_figures(ratio);
    #[allow(clippy::cast_precision_loss)]
    if rounded > 1 && (rounded as f64 - ratio).abs() <= TOLERANCE * ratio {
        return format!("1 in {}", count(rounded));
    }
    match (10.0 * part / whole).round() {
        tenths if tenths >= 10.0 => "more than 9 in 10".to_owned(),
        tenths => format!("{tenths:.0} in 10"),
    }
}

/// “0.0074%”, to two figures.
pub(super) fn percentage(rate: FailureRate) -> String {
    let percent = fraction(rate.failed, rate.attempted) * 100.0;
    if percent <= 0.0 {
        return "0%".to_owned();
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 20
    let decimals = (1.0 - percent.log10().floor()).clamp(0.0, 12.0) as usize;
    if rate.failed < rate.attempted && percent >= 99.5 {
        return printed_share(fraction(rate.failed, rate.attempted));
    }
    format!("{percent:.decimals$}%")
}

/// A rate as a cell has it: one that lacks something of all is not rounded to it.
pub(super) fn shown_rate(fraction: f64) -> f64 {
    if fraction < 1.0 {
        fraction.min(1.0 - LEAST_RATE)
    } else {
        fraction
    }
}

/// A rate with four decimals of a percent.
pub(super) fn printed_rate(fraction: f64) -> String {
    if fraction > 0.0 && fraction < LEAST_RATE / 2.0 {
        TINY_RATE.to_owned()
    } else {
        format!("{:.4}%", shown_rate(fraction) * 100.0)
    }
}

/// How many items are to be expected, no more exactly than it is known: “about 1,400”, “fewer than
/// 1”.
pub(crate) fn expected_count(number: f64) -> String {
    if number < 1.0 {
        return "fewer than 1".to_owned();
    }
    let unit = 10_f64.powf((number.log10().floor() - 1.0).max(0.0));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positive; `as` saturates
    let rounded = ((number / unit).round() * unit) as u64;
    format!("about {}", count(rounded))
}

/// A number rounded to three figures.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn three_figures(number: f64) -> u64 {
    let unit = 10_f64.powf((number.log10().floor() - 2.0).max(0.0));
    ((number / unit).round() * unit) as u64
}

#[cfg(test)]
mod tests;
