//! Exact tails of the binomial distribution, for counts that need not be whole.

/// Relative precision at which the continued fraction stops.
const PRECISION: f64 = 1e-15;
/// Terms after which the continued fraction stops all the same. It needs about the square root of
/// the larger parameter: 100,000 at ten thousand million items.
const MOST_TERMS: u32 = 1_000_000;

/// P(X ≥ k) for X ~ Binomial(n, p), by I(p; k, n − k + 1). `failed` and `attempted` are counts of
/// items, which may be divided by a dispersion; 0 ≤ failed ≤ attempted, 0 < p < 1.
#[must_use]
pub fn probability_at_least(failed: f64, attempted: f64, p: f64) -> f64 {
    if failed <= 0.0 {
        1.0
    } else {
        incomplete_beta(failed, attempted - failed + 1.0, p, 1.0 - p)
    }
}

/// P(X ≤ k) for X ~ Binomial(n, p), by 1 − I(p; k + 1, n − k) = I(1 − p; n − k, k + 1). Of no
/// failure at all, as of most mailboxes, it is (1 − p)ⁿ.
#[must_use]
pub fn probability_at_most(failed: f64, attempted: f64, p: f64) -> f64 {
    if failed <= 0.0 {
        return (attempted * (-p).ln_1p()).exp();
    }
    if failed >= attempted {
        1.0
    } else {
        incomplete_beta(attempted - failed, failed + 1.0, 1.0 - p, p)
    }
}

/// The regularised incomplete beta function I(x; a, b), with y = 1 − x given so that no digit of a
/// small one is lost.
///
/// The continued fraction of DLMF 8.17.22, evaluated by Lentz's method as modified by Thompson &
/// Barnett 1986, times the density of the binomial distribution by Loader 2000, which keeps its
/// relative precision where the factorials are astronomical.
fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    // xᵃ yᵇ / B(a, b)
    let density = binomial_density(a, b, x, y) * a * b / (a + b);
    let result = if x < (a + 1.0) / (a + b + 2.0) {
        density * continued_fraction(a, b, x) / a
    } else {
        1.0 - density * continued_fraction(b, a, y) / b
    };
    result.clamp(0.0, 1.0)
}

fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    let tiny = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < tiny { tiny } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for term in 1..=MOST_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < PRECISION {
            break;
        }
    }
    fraction
}

/// Γ(a + b + 1) / (Γ(a + 1) Γ(b + 1)) · pᵃ qᵇ by the saddle-point expansion of Loader 2000.
fn binomial_density(a: f64, b: f64, p: f64, q: f64) -> f64 {
    let n = a + b;
    let correction = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * p)
        - deviance(b, n * q);
    (correction - 0.5 * (std::f64::consts::TAU.ln() + a.ln() + (b / n).ln())).exp()
}

/// ln Γ(n + 1) less Stirling's approximation of it.
pub(super) fn stirling_error(n: f64) -> f64 {
    if n <= 15.0 {
        return libm::lgamma(n + 1.0) - (n + 0.5) * n.ln() + n - 0.5 * std::f64::consts::TAU.ln();
    }
    let square = n * n;
    (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square)
            / square)
        / n
}

/// x ln(x / mean) + mean − x, without cancellation where x is near the mean.
pub(super) fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let v = difference / (x + mean);
    let mut sum = difference * v;
    let mut power = 2.0 * x * v;
    for j in 1..1000 {
        power *= v * v;
        let next = sum + power / f64::from(2 * j + 1);
        #[allow(clippy::float_cmp)] // the series has converged when a term changes nothing
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// k, n, p, P(X ≥ k), P(X ≤ k); k and n not whole where divided by a dispersion. The values are
    /// those of `tails_reference.py`, which sums or integrates with mpmath at 60 digits and agrees
    /// with scipy 1.10's `betainc`.
    const REFERENCE: &str = include_str!("tails_reference.csv");

    #[test]
    fn tails_equal_the_reference_values() {
        let mut checked = 0;
        for line in REFERENCE.lines().filter(|line| !line.starts_with('#')) {
            let numbers: Vec<f64> = line
                .split(',')
                .map(|number| number.parse().unwrap())
                .collect();
            let [k, n, p, at_least, at_most] = numbers[..] else {
                panic!("{line}")
            };
            for (name, ours, theirs) in [
                ("≥", probability_at_least(k, n, p), at_least),
                ("≤", probability_at_most(k, n, p), at_most),
            ] {
                let error = if theirs == 0.0 {
                    ours
                } else {
                    (ours / theirs - 1.0).abs()
                };
                assert!(
                    error < 1e-9,
                    "P(X {name} {k}) of {n} at {p}: {ours}, reference {theirs}"
                );
            }
            checked += 1;
        }
        assert!(checked >= 60, "{checked}");
    }

    /// The rule table printed in the design of the reports.
    #[test]
    fn alarms_begin_at_the_printed_counts() {
        for (attempted, alarm) in [
            (1_000, 3),
            (5_000, 5),
            (10_000, 6),
            (50_000, 14),
            (100_000, 22),
            (500_000, 74),
            (5_000_000, 571),
        ] {
            let first = (0..)
                .find(|&k| {
                    probability_at_least(f64::from(k), f64::from(attempted), 0.0001) <= 0.001
                })
                .unwrap();
            assert_eq!(first, alarm, "of {attempted}");
        }
    }

    #[test]
    fn the_ends_are_certain() {
        assert_eq!(probability_at_least(0.0, 100.0, 0.0001), 1.0);
        assert_eq!(probability_at_most(100.0, 100.0, 0.0001), 1.0);
        assert_eq!(probability_at_most(0.0, 0.0, 0.0001), 1.0);
    }
}
