//! How strongly a count speaks against the expected one, for those who look every morning.

use super::tails::{deviance, stirling_error};

/// Relative precision at which a series or a fraction stops.
const PRECISION: f64 = 1e-15;
/// Terms after which it stops all the same: ten times what 10,000 million items need.
const MOST_TERMS: u32 = 1_000_000;

/// The evidence for and against a count that is higher or lower than expected, as logarithms.
///
/// Each is an *e-value*: the likelihood of the count, mixed over rates on that side, over its
/// likelihood at the expected rate, for a Poisson count. While the rate is the expected one, an
/// e-value of a growing count ever reaches 1/α in at most α of cases, however often one looks
/// (Ville 1939; Robbins 1970; Ramdas, Grünwald, Vovk and Shafer 2023, *Statistical Science* 38).
/// A probability of one look says nothing of that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogEValues {
    /// Of rates above the expected one, which are 1 + t times as high with weight e⁻ᵗ: the
    /// logarithm of ∫ (1 + t)ᵏ e⁻ᵗᵘ e⁻ᵗ dt over t > 0, μ the expected count.
    pub(super) above: f64,
    /// Of rates below it, each with the same weight: the logarithm of ∫ sᵏ e⁽¹⁻ˢ⁾ᵘ ds over
    /// 0 < s < 1.
    pub(super) below: f64,
}

impl LogEValues {
    /// Of as many failed items where `expected` are expected, above 0; either may be divided by a
    /// dispersion.
    pub(super) fn of(failed: f64, expected: f64) -> Self {
        Self {
            above: scaled_gammas(failed + 1.0, expected + 1.0).upper,
            below: scaled_gammas(failed + 1.0, expected).lower,
        }
    }
}

/// ln(eˣ x⁻ᵃ γ(a, x)) and ln(eˣ x⁻ᵃ Γ(a, x)), the incomplete gamma functions without what makes
/// them astronomical.
struct ScaledGammas {
    lower: f64,
    upper: f64,
}

fn scaled_gammas(a: f64, x: f64) -> ScaledGammas {
    // ln(eˣ x⁻ᵃ Γ(a)), by Stirling's series and without cancellation where a is near x.
    let whole = deviance(a, x) + stirling_error(a) + 0.5 * (std::f64::consts::TAU / a).ln();
    let less = |part: f64| whole + (-(part - whole).exp()).ln_1p();
    if x < a {
        let lower = series(a, x).ln();
        ScaledGammas {
            lower,
            upper: less(lower),
        }
    } else {
        let upper = continued_fraction(a, x).ln();
        ScaledGammas {
            lower: less(upper),
            upper,
        }
    }
}

/// Σ xⁿ / (a (a + 1) … (a + n)), DLMF 8.11.4, for x below a.
fn series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for n in 1..MOST_TERMS {
        term *= x / (a + f64::from(n));
        sum += term;
        if term < sum * PRECISION {
            break;
        }
    }
    sum
}

/// The continued fraction of DLMF 8.9.2 by Lentz's method as modified by Thompson & Barnett 1986,
/// for x not below a.
fn continued_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = f64::INFINITY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for n in 1..MOST_TERMS {
        let n = f64::from(n);
        let numerator = n * (a - n);
        b += 2.0;
        d = 1.0 / (b + numerator * d);
        c = b + numerator / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < PRECISION {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// k, μ, and both logarithms: those of the incomplete gamma functions of mpmath 1.3 at 40
    /// digits, `x + log(gammainc(a, x, inf)) - a*log(x)` of a = k + 1 and x = μ + 1, and `x +
    /// log(gammainc(a, 0, x)) - a*log(x)` of x = μ; the first also by `quad` of the integral.
    const REFERENCE: [(f64, f64, f64, f64); 14] = [
        (0.0, 0.05, -0.048790164169432, 0.0251041644966139),
        (0.0, 4.0, -1.6094379124341, 2.59522019205422),
        (0.0, 5.0, -1.79175946922806, 3.38380133811641),
        (3.0, 0.1, 2.48443981497642, -1.36616026383463),
        (5.0, 1.0, 2.61190634054931, -1.64082840350389),
        (17.0, 10.0, 1.31023850820304, -2.19052067484446),
        (22.0, 10.0, 4.31854718533318, -2.61431644834876),
        (370.0, 142.4121, 123.001152576628, -5.43461636764593),
        (979.0, 1014.0815, -3.9382781706077, -2.09463383566723),
        (3104.0, 4120.0, -6.92758557056946, 133.682094908995),
        (2.5246, 10.0429, -2.16938887172029, 3.13475174731839),
        (241.4, 251.2, -2.97911241999611, -1.99993655985902),
        (12450.0, 10000.0, 274.415652519018, -7.80590845688358),
        (0.9, 800.0, -6.68473812224849, 787.260253441508),
    ];

    #[test]
    fn evidence_equals_the_reference_values() {
        for (failed, expected, above, below) in REFERENCE {
            let evidence = LogEValues::of(failed, expected);
            for (ours, theirs) in [(evidence.above, above), (evidence.below, below)] {
                assert!(
                    (ours - theirs).abs() < 1e-10 * theirs.abs().max(1.0),
                    "{failed} of {expected}: {ours}, not {theirs}"
                );
            }
        }
    }

    /// Of all counts that a nation may have, none is lost in the size of its numbers.
    #[test]
    fn evidence_is_a_number_and_grows_with_the_count() {
        for exponent in -6..=7 {
            let expected = 10_f64.powi(exponent);
            let mut before = f64::NEG_INFINITY;
            for times in [0.0, 0.5, 0.9, 1.0, 1.1, 1.5, 2.0, 10.0] {
                let evidence = LogEValues::of(expected * times, expected);
                assert!(evidence.above.is_finite() && evidence.below.is_finite());
                assert!(evidence.above >= before, "{expected} × {times}");
                before = evidence.above;
            }
        }
    }
}
