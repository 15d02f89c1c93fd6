use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How the bytes of a file were read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Marked, or valid throughout.
    Utf8,
    /// UTF-16, little-endian: “Unicode” in Windows.
    Utf16LittleEndian,
    /// UTF-16, big-endian.
    Utf16BigEndian,
    /// None of these: assumed, as most exports of older Windows programs are.
    Windows1252,
    /// Some lines are UTF-8 and others are not, as PowerShell's `-Append` leaves a file; these were read as Windows-1252.
    MixedByLine,
}

/// Bytes that are looked at to tell UTF-16 without a mark.
const LOOKED_AT: usize = 4096;

/// The text of `bytes` without its byte order mark, and how it was read. Every byte is read as something: a byte that
/// the encoding does not have becomes U+FFFD, in sight.
pub(super) fn decode(bytes: Vec<u8>) -> (String, Encoding) {
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => return (UTF_16LE.decode_without_bom_handling(rest).0.into_owned(), Encoding::Utf16LittleEndian),
        [0xFE, 0xFF, rest @ ..] => return (UTF_16BE.decode_without_bom_handling(rest).0.into_owned(), Encoding::Utf16BigEndian),
        _ => {}
    }
    match unmarked_utf16(&bytes) {
        Some(Encoding::Utf16LittleEndian) => {
            return (UTF_16LE.decode_without_bom_handling(&bytes).0.into_owned(), Encoding::Utf16LittleEndian);
        }
        Some(_) => return (UTF_16BE.decode_without_bom_handling(&bytes).0.into_owned(), Encoding::Utf16BigEndian),
        None => {}
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{FEFF}') {
                text.drain(..'\u{FEFF}'.len_utf8());
            }
            (text, Encoding::Utf8)
        }
        Err(error) => by_line(&error.into_bytes()),
    }
}

/// UTF-16 by its look: a table is mostly ASCII, so that nearly every second byte of it is zero, and always the same one.
fn unmarked_utf16(bytes: &[u8]) -> Option<Encoding> {
    let start = bytes.get(..LOOKED_AT.min(bytes.len() & !1))?;
    let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), start.len() / 2);
    let are_most = |zeros: usize| zeros * 10 >= pairs * 7;
    match (even, odd) {
        _ if pairs == 0 => None,
        (0, odd) if are_most(odd) => Some(Encoding::Utf16LittleEndian),
        (even, 0) if are_most(even) => Some(Encoding::Utf16BigEndian),
        _ => None,
    }
}

/// Reads each line as UTF-8 where it is, and as Windows-1252 where it is not. A line end is the same byte in both.
fn by_line(bytes: &[u8]) -> (String, Encoding) {
    let marked = bytes.strip_prefix(b"\xEF\xBB\xBF");
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    let mut has_utf8_lines = marked.is_some();
    for line in marked.unwrap_or(bytes).split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => {
                has_utf8_lines |= !line.is_ascii();
                text.push_str(line);
            }
            Err(_) => text.push_str(&WINDOWS_1252.decode_without_bom_handling(line).0),
        }
    }
    (text, if has_utf8_lines { Encoding::MixedByLine } else { Encoding::Windows1252 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2], mark: &[u8]) -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(to_bytes)).collect()
    }

    #[test]
    fn each_encoding_gives_the_same_text() {
        let text = "Zoë O’Neill – £5";
        let cases = [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Encoding::Utf8),
            (utf16(text, u16::to_le_bytes, &[0xFF, 0xFE]), Encoding::Utf16LittleEndian),
            (utf16(text, u16::to_be_bytes, &[0xFE, 0xFF]), Encoding::Utf16BigEndian),
            (utf16(text, u16::to_le_bytes, &[]), Encoding::Utf16LittleEndian),
            (utf16(text, u16::to_be_bytes, &[]), Encoding::Utf16BigEndian),
            (b"Zo\xEB O\x92Neill \x96 \xA35".to_vec(), Encoding::Windows1252),
        ];
        for (bytes, encoding) in cases {
            assert_eq!(decode(bytes), (text.to_owned(), encoding));
        }
    }

    #[test]
    fn a_file_that_was_appended_to_is_read_line_by_line() {
        assert_eq!(decode(b"Zo\xC3\xAB\r\nZo\xEB\n\xC5\x81ukasz".to_vec()), ("Zoë\r\nZoë\nŁukasz".to_owned(), Encoding::MixedByLine));
        assert_eq!(decode(b"\xEF\xBB\xBFa\nZo\xEB!".to_vec()), ("a\nZoë!".to_owned(), Encoding::MixedByLine));
        assert_eq!(decode(b"a\nZo\xEB!".to_vec()), ("a\nZoë!".to_owned(), Encoding::Windows1252));
    }

    #[test]
    fn a_stray_zero_makes_no_utf_16() {
        for bytes in [&b""[..], b"a", b"a\0", b"ab\0\0cd", b"\0\0\0\0", b"a,b\n1,\0\n"] {
            let (_, encoding) = decode(bytes.to_vec());
            assert_eq!(encoding == Encoding::Utf16LittleEndian, bytes == b"a\0", "{bytes:?}");
        }
    }
}
