use std::io::{self, Cursor, Read};

use memchr::memmem;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::sheets::{Format, Limits, SheetError};

/// The largest part of styles. Excel's 65,490 styles need less.
const MAX_STYLES_BYTES: u64 = 16 * 1024 * 1024;

/// The longest tag of a part of styles. Excel's formats of numbers have at most 255 characters.
const MAX_STYLES_TAG_BYTES: usize = 4096;

/// The most that a part of styles may say `xf`: twice for each of Excel's 65,490 styles, in a tag
/// and in an attribute.
const MAX_STYLES: usize = 4 * 65_490;

/// The most worksheets: an export has one, and each that a workbook has is looked into.
pub(super) const MAX_WORKSHEETS: usize = 1_000;

/// Bytes that are looked at at once.
const CHUNK: usize = 64 * 1024;

const COUNT_OF_STRINGS: &[u8] = b"uniqueCount=";

/// How a merged cell begins in its worksheet.
const MERGED_CELL: &[u8] = b"mergeCell ";

/// The fewest bytes of a string in its part: `<si/>`.
const FEWEST_BYTES_A_STRING: u64 = 5;

/// What is to be known of a package before it is read.
pub(super) struct PackageFacts {
    /// Whether a worksheet has merged cells.
    pub(super) has_merged_cells: bool,
}

/// Refuses a package that unpacks to more than allowed, or that would fill the memory of whoever
/// believes what it says of itself: every part is unpacked once and counted, whatever size it
/// states.
pub(super) fn check(bytes: &[u8], limits: Limits) -> Result<PackageFacts, SheetError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| explained(&error))?;
    let mut left = limits.max_bytes();
    let (mut is_workbook, mut has_merged_cells, mut worksheets) = (false, false, 0);
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|error| explained(&error))?;
        let name = part
            .name()
            .map_err(|error| explained(&error))?
            .replace('\\', "/")
            .to_ascii_lowercase();
        if let Some(format) = Format::of_part(&name) {
            return Err(SheetError::OtherFormat(format));
        }
        is_workbook |= name == "_rels/.rels";
        worksheets += usize::from(name.contains("worksheets/"));
        check_worksheets(worksheets)?;
        let part = part.take(left.saturating_add(1));
        let unpacked = if name.ends_with("sharedstrings.xml") {
            count_strings(part)
        } else if name.ends_with("styles.xml") {
            check_styles(part)
        } else if name.contains("worksheets/") && !has_merged_cells {
            let found = find(part, MERGED_CELL, |_| has_merged_cells = true);
            found.map_err(|_| damaged("a part cannot be unpacked"))
        } else {
            io::copy(&mut { part }, &mut io::sink())
                .map_err(|_| damaged("a part cannot be unpacked"))
        };
        left = left.checked_sub(unpacked?).ok_or(limits.too_large())?;
    }
    if is_workbook {
        Ok(PackageFacts { has_merged_cells })
    } else {
        Err(SheetError::OtherFormat(Format::Zip))
    }
}

/// Refuses a table of texts that states more of them than it can hold: room for so many is made at
/// once.
fn count_strings(part: impl Read) -> Result<u64, SheetError> {
    let mut stated = 0;
    let unpacked = find(part, COUNT_OF_STRINGS, |behind| {
        let digits = behind.iter().skip(1);
        let count = digits
            .take_while(|byte| byte.is_ascii_digit())
            .fold(0_u64, |count, digit| {
                count
                    .saturating_mul(10)
                    .saturating_add(u64::from(digit - b'0'))
            });
        stated = stated.max(count);
    });
    let unpacked = unpacked.map_err(|_| damaged("a part cannot be unpacked"))?;
    if stated > unpacked / FEWEST_BYTES_A_STRING {
        Err(damaged("it states more texts than it holds"))
    } else {
        Ok(unpacked)
    }
}

/// Unpacks a part, and gives `found` the bytes behind each place of `words`, of which there may be
/// few at first and all of them the next time. Gives the length of the part.
fn find(mut part: impl Read, words: &[u8], mut found: impl FnMut(&[u8])) -> io::Result<u64> {
    let finder = memmem::Finder::new(words);
    let mut unpacked = 0;
    let mut window = Vec::with_capacity(2 * CHUNK);
    loop {
        let chunk = &mut part.by_ref().take(CHUNK as u64);
        let read = chunk.read_to_end(&mut window)?;
        unpacked += read as u64;
        for at in finder.find_iter(&window) {
            found(window.get(at + words.len()..).unwrap_or_default());
        }
        if read == 0 {
            return Ok(unpacked);
        }
        // What may be cut in two is looked at again.
        window.drain(..window.len().saturating_sub(words.len() + 24));
    }
}

/// Refuses styles of which each would be copied into many others.
fn check_styles(part: impl Read) -> Result<u64, SheetError> {
    let mut styles = Vec::new();
    part.take(MAX_STYLES_BYTES + 1)
        .read_to_end(&mut styles)
        .map_err(|_| damaged("a part cannot be unpacked"))?;
    let mut last = 0;
    let mut longest = 0;
    for at in memchr::memchr_iter(b'<', &styles).chain([styles.len()]) {
        longest = longest.max(at - last);
        last = at;
    }
    let is_modest = styles.len() as u64 <= MAX_STYLES_BYTES
        && longest <= MAX_STYLES_TAG_BYTES
        && memmem::find_iter(&styles, b"xf")
            .take(MAX_STYLES + 1)
            .count()
            <= MAX_STYLES;
    if is_modest {
        Ok(styles.len() as u64)
    } else {
        Err(damaged("it has more styles than Excel allows"))
    }
}

fn explained(error: &ZipError) -> SheetError {
    match error {
        ZipError::UnsupportedArchive(what) if *what == ZipError::PASSWORD_REQUIRED => {
            SheetError::OtherFormat(Format::Protected)
        }
        _ => damaged("a part cannot be unpacked"),
    }
}

/// Refuses more worksheets than anybody would look through.
pub(super) fn check_worksheets(number: usize) -> Result<(), SheetError> {
    if number > MAX_WORKSHEETS {
        return Err(damaged(
            "it has more than 1,000 worksheets, and an export has one",
        ));
    }
    Ok(())
}

fn damaged(what: &str) -> SheetError {
    SheetError::Workbook(what.to_owned())
}
