use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How the bytes of a file were read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Marked, or valid throughout.
    Utf8,
    /// Marked UTF-16, little-endian: “Unicode” in Windows.
    Utf16LittleEndian,
    /// Marked UTF-16, big-endian.
    Utf16BigEndian,
    /// None of these: assumed, as most exports of older Windows programs are.
    Windows1252,
}

/// The text of `bytes` without its byte order mark, and how it was read. Every byte is read as something: a byte that
/// the encoding does not have becomes U+FFFD, in sight.
pub(super) fn decode(bytes: Vec<u8>) -> (String, Encoding) {
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => return (UTF_16LE.decode_without_bom_handling(rest).0.into_owned(), Encoding::Utf16LittleEndian),
        [0xFE, 0xFF, rest @ ..] => return (UTF_16BE.decode_without_bom_handling(rest).0.into_owned(), Encoding::Utf16BigEndian),
        _ => {}
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{FEFF}') {
                text.drain(..'\u{FEFF}'.len_utf8());
            }
            (text, Encoding::Utf8)
        }
        Err(error) => {
            let bytes = error.into_bytes();
            match bytes.strip_prefix(b"\xEF\xBB\xBF") {
                // Marked as UTF-8 and broken somewhere: the broken characters become U+FFFD, the others stay.
                Some(rest) => (String::from_utf8_lossy(rest).into_owned(), Encoding::Utf8),
                None => (WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(), Encoding::Windows1252),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_gives_the_same_text() {
        let text = "Zoë O’Neill – £5";
        let utf16 = |to_bytes: fn(u16) -> [u8; 2], mark: [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(to_bytes)).collect::<Vec<u8>>()
        };
        let cases = [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Encoding::Utf8),
            (utf16(u16::to_le_bytes, [0xFF, 0xFE]), Encoding::Utf16LittleEndian),
            (utf16(u16::to_be_bytes, [0xFE, 0xFF]), Encoding::Utf16BigEndian),
            (b"Zo\xEB O\x92Neill \x96 \xA35".to_vec(), Encoding::Windows1252),
        ];
        for (bytes, encoding) in cases {
            assert_eq!(decode(bytes), (text.to_owned(), encoding));
        }
    }

    #[test]
    fn a_broken_character_in_marked_utf_8_stays_in_sight() {
        assert_eq!(decode(b"\xEF\xBB\xBFZo\xEB!".to_vec()), ("Zo\u{FFFD}!".to_owned(), Encoding::Utf8));
    }
}
