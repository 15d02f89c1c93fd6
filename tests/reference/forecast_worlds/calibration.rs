//! Of those told a chance, how many were ready; and how far off the number was that was expected.

use crate::reckoning::SwitchForecast;

/// What was told, and what came.
#[derive(Debug, Clone, Default)]
pub struct Calibration {
    /// By tenths of the chance: how many, the sum of their chances, and how many were ready.
    tenths: [(u32, f64, u32); 10],
    /// Squares of what was told less what came.
    squares: f64,
    /// Mailboxes of which nothing was told.
    untold: u32,
    /// Collections of which a number was told: what was expected, what came, and by how much they differ.
    expected: (u32, f64, f64, f64),
    /// Ranges of chances: how wide, and for the share of each tenth.
    widths: f64,
}

impl Calibration {
    /// Adds what was told of a collection.
    pub fn add(&mut self, told: &SwitchForecast, missing: usize, is_ready: impl Fn(usize) -> bool) {
        for (place, share) in &told.mailboxes {
            let came = is_ready(*place);
            let tenth = &mut self.tenths[((share.share * 10.0) as usize).min(9)];
            *tenth = (
                tenth.0 + 1,
                tenth.1 + share.share,
                tenth.2 + u32::from(came),
            );
            self.squares += (share.share - f64::from(u8::from(came))).powi(2);
            self.widths += share.most - share.least;
        }
        if let Some(expected) = told.expected {
            let expected = expected as f64;
            let (number, of_expected, came, off) = self.expected;
            let missing = missing as f64;
            self.expected = (
                number + 1,
                of_expected + expected,
                came + missing,
                off + (expected - missing).abs(),
            );
        } else {
            self.untold += 1;
        }
    }

    fn add_all(&mut self, other: &Self) {
        for (one, more) in self.tenths.iter_mut().zip(other.tenths) {
            *one = (one.0 + more.0, one.1 + more.1, one.2 + more.2);
        }
        let (one, more) = (self.expected, other.expected);
        self.expected = (
            one.0 + more.0,
            one.1 + more.1,
            one.2 + more.2,
            one.3 + more.3,
        );
        self.squares += other.squares;
        self.widths += other.widths;
        self.untold += other.untold;
    }

    fn line(&self) -> String {
        let number: u32 = self.tenths.iter().map(|one| one.0).sum();
        let of = |sum: f64| sum / f64::from(number.max(1));
        let told: f64 = self.tenths.iter().map(|one| one.1).sum();
        let came: u32 = self.tenths.iter().map(|one| one.2).sum();
        let gap: f64 = self
            .tenths
            .iter()
            .map(|one| (one.1 - f64::from(one.2)).abs())
            .sum();
        let (of_collections, expected, missing, off) = self.expected;
        let each = |sum: f64| sum / f64::from(of_collections.max(1));
        format!(
            "{number} | {:.1}% | {:.1}% | {:.3} | {:.1} | {:.0} | {of_collections}, {} not | {:.1} | {:.1} | {:.1}",
            100.0 * of(told),
            100.0 * of(f64::from(came)),
            of(self.squares),
            100.0 * of(gap),
            100.0 * of(self.widths),
            self.untold,
            each(expected),
            each(missing),
            each(off),
        )
    }
}

/// A line a world, and how often each tenth came true in all of them.
pub fn print(worlds: &[(&str, Calibration)]) {
    println!(
        "\n| world | mailboxes told | mean chance | ready | Brier | off by, points | range, points | collections told | expected not ready | not ready | off by |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let mut all = Calibration::default();
    for (name, calibration) in worlds {
        println!("| {name} | {} |", calibration.line());
        all.add_all(calibration);
    }
    println!("| all | {} |", all.line());
    println!("\n| told | mailboxes | mean chance | ready |\n|---|---|---|---|");
    for (tenth, (number, told, ready)) in all.tenths.iter().enumerate() {
        let share = |sum: f64| 100.0 * sum / f64::from((*number).max(1));
        println!(
            "| {} to {}% | {number} | {:.1}% | {:.1}% |",
            tenth * 10,
            tenth * 10 + 10,
            share(*told),
            share(f64::from(*ready))
        );
    }
}
