//! Counts of things, in words: “1 message”, “1,000 messages”.

/// A number with a comma between its thousands: “4,312”.
#[must_use]
pub fn count(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of things whose plural only takes an s: `count_of(2, "message")` is “2 messages”.
#[must_use]
pub fn count_of(number: impl TryInto<u64> + Copy, thing: &str) -> String {
    counted(number, thing, &format!("{thing}s"))
}

/// A number with the words that follow one and several: `counted(12, "mailbox is", "mailboxes
/// are")` is “12 mailboxes are”.
#[must_use]
pub fn counted(number: impl TryInto<u64> + Copy, one: &str, several: &str) -> String {
    let words = match number.try_into() {
        Ok(1) => one,
        _ => several,
    };
    format!("{} {words}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0_u64, 999, 1_000, 41_234_567].map(count),
            ["0", "999", "1,000", "41,234,567"]
        );
    }

    #[test]
    fn only_one_thing_stands_in_the_singular() {
        assert_eq!(
            [0, 1, 2, 1_000].map(|number| count_of(number, "message")),
            ["0 messages", "1 message", "2 messages", "1,000 messages"]
        );
        assert_eq!(counted(1, "mailbox", "mailboxes"), "1 mailbox");
        assert_eq!(counted(2, "mailbox is", "mailboxes are"), "2 mailboxes are");
    }
}
