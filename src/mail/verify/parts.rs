use std::borrow::Cow;
use std::collections::BTreeSet;

use mail_parser::{MessagePart, MimeHeaders, PartType};

use super::super::package::{ZIP, unzipped};
use super::super::parsed_page::ParsedPage;
use crate::sheets::Limits;

/// The parts of a message, by what they are to a reader.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) texts: Vec<&'a str>,
    /// The source of each page, and what is in it.
    pub(super) pages: Vec<(&'a str, ParsedPage)>,
    pub(super) content_ids: BTreeSet<&'a str>,
    pub(super) workbooks: Vec<Attached<'a>>,
    pub(super) unexpected: usize,
}

/// A workbook as it is attached.
pub(super) struct Attached<'a> {
    pub(super) name: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) is_zipped: bool,
}

impl Attached<'_> {
    /// The workbook itself; `None` where it does not come out of its zip file.
    pub(super) fn xlsx(&self) -> Option<Cow<'_, [u8]>> {
        if !self.is_zipped {
            return Some(Cow::Borrowed(self.bytes));
        }
        let name = self.name.strip_suffix(ZIP)?;
        let max_bytes = u64::from(Limits::default().max_unpacked_mib) * 1_048_576;
        unzipped(self.bytes, name, max_bytes).map(Cow::Owned)
    }
}

impl<'a> Parts<'a> {
    pub(super) fn sort(parts: &'a [MessagePart<'a>]) -> Self {
        let mut sorted = Self::default();
        for part in parts {
            let disposition = part.content_disposition();
            match (&part.body, part.content_id()) {
                (PartType::Multipart(_), _) => {}
                (PartType::Text(text), None) if disposition.is_none() => sorted.texts.push(text),
                (PartType::Html(html), None) if disposition.is_none() => {
                    sorted.pages.push((html, ParsedPage::read(html)))
                }
                (PartType::InlineBinary(_) | PartType::Binary(_), Some(id))
                    if part.is_content_type("image", "png")
                        && disposition.is_some_and(|disposition| disposition.is_inline()) =>
                {
                    // Two pictures of one name: the page would show one of them twice.
                    sorted.unexpected += usize::from(!sorted.content_ids.insert(id));
                }
                (PartType::Binary(bytes), None) if is_workbook(part) => {
                    sorted.workbooks.push(Attached {
                        name: part.attachment_name().unwrap_or_default(),
                        bytes,
                        is_zipped: part.is_content_type("application", "zip"),
                    });
                }
                _ => sorted.unexpected += 1,
            }
        }
        sorted
    }
}

fn is_workbook(part: &MessagePart<'_>) -> bool {
    const SHEET: &str = "vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let name = part.attachment_name().unwrap_or_default();
    let is_packed = part.is_content_type("application", "zip") && name.ends_with(".xlsx.zip");
    let disposition = part.content_disposition();
    (is_packed || part.is_content_type("application", SHEET))
        && disposition.is_some_and(|disposition| disposition.is_attachment())
}
