use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{Limits, SheetError};

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
    /// Some lines are UTF-8 and others are not, as PowerShell's `-Append` leaves a file; these were
    /// read as Windows-1252.
    MixedByLine,
}

/// The text of a file. Of UTF-8 it may begin with the byte order mark: to take it away would move
/// the whole of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) encoding: Encoding,
    /// Whether the file ends in the middle of a character.
    pub(super) is_cut_off: bool,
}

/// Bytes that are looked at to tell UTF-16 without a mark.
const LOOKED_AT: usize = 4096;

/// Bytes that are decoded between two looks at the size of the text, which can be larger than the
/// file.
const DECODED_AT_ONCE: usize = 1024 * 1024;

/// Reads bytes as text. Every byte is read as something: what the encoding does not have becomes
/// U+FFFD, in sight.
pub(super) fn decode(bytes: Vec<u8>, limits: Limits) -> Result<Decoded, SheetError> {
    limits.check_bytes(bytes.len())?;
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => return utf16(rest, Encoding::Utf16LittleEndian, limits),
        [0xFE, 0xFF, rest @ ..] => return utf16(rest, Encoding::Utf16BigEndian, limits),
        _ => {}
    }
    if let Some(encoding) = unmarked_utf16(&bytes) {
        return utf16(&bytes, encoding, limits);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Decoded {
            text,
            encoding: Encoding::Utf8,
            is_cut_off: false,
        }),
        Err(error) => by_line(&error.into_bytes(), limits),
    }
}

/// The first bytes of a file as text, of which the last character may be cut in two.
pub(super) fn start_of(bytes: &[u8]) -> String {
    let decoded = decode(bytes.to_vec(), Limits::default());
    decoded.map_or_else(|_| String::new(), |decoded| decoded.text)
}

fn utf16(bytes: &[u8], encoding: Encoding, limits: Limits) -> Result<Decoded, SheetError> {
    let is_little_endian = encoding == Encoding::Utf16LittleEndian;
    let (units, odd_byte) = bytes.split_at(bytes.len() & !1);
    let last_unit = units.last_chunk().map_or(0, |pair| {
        if is_little_endian {
            u16::from_le_bytes(*pair)
        } else {
            u16::from_be_bytes(*pair)
        }
    });
    // A pair of surrogates of which the second is missing.
    let ends_inside_a_pair = (0xD800..0xDC00).contains(&last_unit);
    let mut decoder =
        if is_little_endian { UTF_16LE } else { UTF_16BE }.new_decoder_without_bom_handling();
    let mut text = String::new();
    let mut chunks = units.chunks(DECODED_AT_ONCE).peekable();
    while let Some(chunk) = chunks.next() {
        text.reserve(
            decoder
                .max_utf8_buffer_length(chunk.len())
                .ok_or(limits.too_large())?,
        );
        let _ = decoder.decode_to_string(chunk, &mut text, chunks.peek().is_none());
        limits.check_bytes(text.len())?;
    }
    Ok(Decoded {
        text,
        encoding,
        is_cut_off: !odd_byte.is_empty() || ends_inside_a_pair,
    })
}

/// UTF-16 by its look: a table is mostly ASCII, so that nearly every second byte of it is zero, and
/// few of the others are: those of letters such as Ā, U+0100.
fn unmarked_utf16(bytes: &[u8]) -> Option<Encoding> {
    let start = bytes.get(..LOOKED_AT.min(bytes.len() & !1))?;
    let zeros = |offset: usize| {
        start
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd, pairs) = (zeros(0), zeros(1), start.len() / 2);
    let are_most = |zeros: usize| zeros * 10 >= pairs * 7;
    let are_few = |zeros: usize| zeros * 10 <= pairs;
    match (even, odd) {
        _ if pairs == 0 => None,
        _ if are_most(odd) && are_few(even) => Some(Encoding::Utf16LittleEndian),
        _ if are_most(even) && are_few(odd) => Some(Encoding::Utf16BigEndian),
        _ => None,
    }
}

/// Reads each line as UTF-8 where it is, and as Windows-1252 where it is not. A line end is the
/// same byte in both.
fn by_line(bytes: &[u8], limits: Limits) -> Result<Decoded, SheetError> {
    let marked = bytes.strip_prefix(b"\xEF\xBB\xBF");
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    let mut has_utf8_lines = marked.is_some();
    for line in marked
        .unwrap_or(bytes)
        .split_inclusive(|byte| matches!(byte, b'\n' | b'\r'))
    {
        match std::str::from_utf8(line) {
            Ok(line) => {
                has_utf8_lines |= !line.is_ascii();
                text.push_str(line);
            }
            Err(_) => {
                for part in line.chunks(DECODED_AT_ONCE) {
                    text.push_str(&WINDOWS_1252.decode_without_bom_handling(part).0);
                    limits.check_bytes(text.len())?;
                }
            }
        }
        limits.check_bytes(text.len())?;
    }
    let encoding = if has_utf8_lines {
        Encoding::MixedByLine
    } else {
        Encoding::Windows1252
    };
    Ok(Decoded {
        text,
        encoding,
        is_cut_off: false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> (String, Encoding) {
        let decoded = decode(bytes.to_vec(), Limits::default()).unwrap();
        assert!(!decoded.is_cut_off, "{bytes:?}");
        (
            decoded.text.trim_start_matches('\u{FEFF}').to_owned(),
            decoded.encoding,
        )
    }

    fn encoded(text: &str, to_bytes: fn(u16) -> [u8; 2], mark: &[u8]) -> Vec<u8> {
        mark.iter()
            .copied()
            .chain(text.encode_utf16().flat_map(to_bytes))
            .collect()
    }

    #[test]
    fn each_encoding_gives_the_same_text() {
        let text = "Zoë O’Neill – £5";
        let cases = [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Encoding::Utf8),
            (
                encoded(text, u16::to_le_bytes, &[0xFF, 0xFE]),
                Encoding::Utf16LittleEndian,
            ),
            (
                encoded(text, u16::to_be_bytes, &[0xFE, 0xFF]),
                Encoding::Utf16BigEndian,
            ),
            (
                encoded(text, u16::to_le_bytes, &[]),
                Encoding::Utf16LittleEndian,
            ),
            (
                encoded(text, u16::to_be_bytes, &[]),
                Encoding::Utf16BigEndian,
            ),
            (
                b"Zo\xEB O\x92Neill \x96 \xA35".to_vec(),
                Encoding::Windows1252,
            ),
        ];
        for (bytes, encoding) in cases {
            assert_eq!(decoded(&bytes), (text.to_owned(), encoding));
        }
    }

    #[test]
    fn a_file_that_was_appended_to_is_read_line_by_line() {
        assert_eq!(
            decoded(b"Zo\xC3\xAB\r\nZo\xEB\n\xC5\x81ukasz"),
            ("Zoë\r\nZoë\nŁukasz".to_owned(), Encoding::MixedByLine)
        );
        assert_eq!(
            decoded(b"\xEF\xBB\xBFa\nZo\xEB!"),
            ("a\nZoë!".to_owned(), Encoding::MixedByLine)
        );
        assert_eq!(
            decoded(b"a\nZo\xEB!"),
            ("a\nZoë!".to_owned(), Encoding::Windows1252)
        );
    }

    #[test]
    fn a_letter_that_holds_a_zero_hides_no_utf_16() {
        let text = "Display Name,Sync State\r\nĀva Moss,In Sync\r\n";
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_eq!(decoded(&encoded(text, to_bytes, &[])).0, text);
        }
    }

    #[test]
    fn a_stray_zero_makes_no_utf_16() {
        for bytes in [
            &b""[..],
            b"a",
            b"a\0",
            b"ab\0\0cd",
            b"\0\0\0\0",
            b"a,b\n1,\0\n",
        ] {
            let (_, encoding) = decoded(bytes);
            assert_eq!(
                encoding == Encoding::Utf16LittleEndian,
                bytes == b"a\0",
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn lines_that_end_in_carriage_returns_are_lines_too() {
        assert_eq!(
            decoded(b"Zo\xC3\xAB\rZo\xEB\r"),
            ("Zoë\rZoë\r".to_owned(), Encoding::MixedByLine)
        );
    }

    #[test]
    fn utf_16_that_ends_inside_a_character_is_cut_off() {
        for (to_bytes, mark) in [
            (u16::to_le_bytes as fn(u16) -> [u8; 2], [0xFF, 0xFE]),
            (u16::to_be_bytes, [0xFE, 0xFF]),
        ] {
            let whole = encoded("A,B\n1,𝄞", to_bytes, &mark);
            assert_eq!(decoded(&whole).0, "A,B\n1,𝄞");
            let told = |bytes: &[u8]| decode(bytes.to_vec(), Limits::default()).unwrap();
            let odd = told(&whole[..whole.len() - 5]);
            assert_eq!((odd.text.as_str(), odd.is_cut_off), ("A,B\n1", true));
            let half_a_pair = told(&whole[..whole.len() - 2]);
            assert_eq!(
                (half_a_pair.text.as_str(), half_a_pair.is_cut_off),
                ("A,B\n1,\u{FFFD}", true)
            );
        }
    }

    #[test]
    fn broken_surrogates_are_in_sight_and_harm_nothing_else() {
        let broken: Vec<u8> = [0xFEFF, 0x41, 0xDC00, 0x2C, 0xD800, 0x42]
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decoded(&broken).0, "A\u{FFFD},\u{FFFD}B");
    }

    #[test]
    fn text_that_grows_while_it_is_decoded_is_held_to_the_limit() {
        let limits = Limits {
            max_unpacked_mib: 1,
            ..Limits::default()
        };
        let told = |bytes: Vec<u8>| decode(bytes, limits).map(|decoded| decoded.text.len());
        let units = 450_000;
        let ideographs = encoded(&"\u{6D77}".repeat(units), u16::to_le_bytes, &[0xFF, 0xFE]);
        assert_eq!(
            (ideographs.len(), told(ideographs)),
            (2 * units + 2, Err(limits.too_large()))
        );
        assert_eq!(
            told(encoded(&"a".repeat(units), u16::to_le_bytes, &[0xFF, 0xFE])),
            Ok(units)
        );
        assert_eq!(told(vec![0x80; 400_000]), Err(limits.too_large()));
        assert_eq!(told(vec![b'a'; 1024 * 1024 + 1]), Err(limits.too_large()));
    }

    proptest! {
        /// As tables have them: mostly letters of ASCII, and lines.
        #[test]
        fn any_text_is_the_same_in_every_encoding(text in "[ -~]{12}([ -~]{5}[éëößÿ–’€Łж漢😀]?|\r\n|\n){0,40}") {
            for (to_bytes, mark) in [(u16::to_le_bytes as fn(u16) -> [u8; 2], [0xFF, 0xFE]), (u16::to_be_bytes, [0xFE, 0xFF])] {
                prop_assert_eq!(&decoded(&encoded(&text, to_bytes, &mark)).0, &text);
                prop_assert_eq!(&decoded(&encoded(&text, to_bytes, &[])).0, &text);
            }
            prop_assert_eq!(decoded(text.as_bytes()), (text.clone(), Encoding::Utf8));
            prop_assert_eq!(decoded(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), (text.clone(), Encoding::Utf8));
            let (windows, _, has_others) = WINDOWS_1252.encode(&text);
            if !has_others {
                prop_assert_eq!(decoded(&windows).0, text);
            }
        }
    }
}
