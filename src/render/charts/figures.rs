/// A count as people read it: `4,120`.
pub(super) fn with_commas(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What the baseline would give, in words no more exact than it is: two significant figures.
pub(super) fn expected_words(expected: f64) -> String {
    if expected < 1.0 {
        return "fewer than 1 expected".to_owned();
    }
    let exponent = (expected.log10().floor() - 1.0).max(0.0);
    let unit = 10_f64.powf(exponent);
    // positive; `as` saturates
    let rounded = ((expected / unit).round() * unit) as u64;
    format!("about {} expected", with_commas(rounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_have_commas() {
        let texts = [0, 7, 999, 1_000, 41_200, 1_234_567, u64::MAX].map(with_commas);
        assert_eq!(texts, ["0", "7", "999", "1,000", "41,200", "1,234,567", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn expectations_have_two_significant_figures() {
        let words = [0.0, 0.99, 1.0, 7.4, 42.6, 99.4, 99.6, 996.0, 4_123.9, 4_160.0, 41_200_000.0].map(expected_words);
        let figures = [
            "fewer than 1",
            "fewer than 1",
            "about 1",
            "about 7",
            "about 43",
            "about 99",
            "about 100",
            "about 1,000",
            "about 4,100",
            "about 4,200",
            "about 41,000,000",
        ];
        assert_eq!(words, figures.map(|figure| format!("{figure} expected")));
        assert!(expected_words(f64::MAX).starts_with("about"));
    }
}
