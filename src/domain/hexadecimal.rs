//! Bytes as lower-case hexadecimal digits, and back.

/// Two digits for each byte.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| digits_of(*byte))
        .map(char::from)
        .collect()
}

/// The two digits of a byte, in ASCII.
fn digits_of(byte: u8) -> [u8; 2] {
    let digit = |value| match value {
        0..=9 => b'0' + value,
        _ => b'a' + (value - 10),
    };
    [digit(byte >> 4), digit(byte & 0xF)]
}

/// The bytes that digits of either case stand for; `None` where anything else stands among them.
#[must_use]
pub fn decode(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[high, low]| Some(value_of(*high)? << 4 | value_of(*low)?))
        .collect()
}

fn value_of(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written_and_read_back() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        assert_eq!(decode(&encode(&bytes)), Some(bytes));
        assert_eq!(encode(&[0x00, 0x0f, 0xa7]), "000fa7");
        assert_eq!(decode("00Fa"), Some(vec![0x00, 0xfa]));
    }

    #[test]
    fn what_is_no_pair_of_digits_is_refused() {
        for text in ["0", "0g", "+1", " 1", "é0"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
