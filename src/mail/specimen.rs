//! A small report and its delivery, for the tests of this room.

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::forbidden_text::ForbiddenTexts;
use std::borrow::Cow;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{DeliveryKey, Envelope, Expectation, ExpectedSheet, Roster};
use crate::domain::{Domain, EmailAddress, OrganisationCode, ReportDate, ReportKind, SubjectLines};
use crate::render::{Picture, Rendered, WorkbookFile};

/// Everything that an [`Envelope`] and an [`Expectation`] borrow.
pub(super) struct Specimen {
    pub(super) rendered: Rendered,
    pub(super) key: DeliveryKey,
    pub(super) organisation_name: String,
    pub(super) from: EmailAddress,
    pub(super) from_name: String,
    pub(super) reply_to: EmailAddress,
    pub(super) date: DateTime<FixedOffset>,
    pub(super) trusted_domains: Vec<Domain>,
    pub(super) recipients: Vec<EmailAddress>,
    pub(super) forbidden: ForbiddenTexts,
    pub(super) roster: Roster,
    pub(super) sheets: Vec<ExpectedSheet<'static>>,
}

/// The rows of a sheet, the headings among them.
pub(super) type SheetRows<'a> = &'a [&'a [&'a str]];

/// A workbook, written by hand, so that it can be wrong in every way.
pub(super) fn xlsx(sheets: &[(&str, SheetRows<'_>)]) -> Vec<u8> {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    let (mut list, mut relations, mut texts) = (String::new(), String::new(), Vec::new());
    let mut files = Vec::new();
    for (number, (name, rows)) in (1..).zip(sheets) {
        let name = escaped(name);
        list += &format!("<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
        relations +=
            &format!("<Relationship Id=\"rId{number}\" Target=\"worksheets/sheet{number}.xml\"/>");
        let mut xml = String::new();
        for (line, row) in (1..).zip(*rows) {
            xml += &format!("<row r=\"{line}\">");
            for (column, text) in ('A'..).zip(*row) {
                let text_number = texts.len();
                xml += &format!("<c r=\"{column}{line}\" s=\"0\" t=\"s\"><v>{text_number}</v></c>");
                texts.push(format!("<si><t>{}</t></si>", escaped(text)));
            }
            xml += "</row>";
        }
        files.push((
            format!("xl/worksheets/sheet{number}.xml"),
            format!("<worksheet><sheetData>{xml}</sheetData></worksheet>"),
        ));
    }
    for (name, text) in [
        (
            "xl/_rels/workbook.xml.rels",
            format!("<Relationships>{relations}</Relationships>"),
        ),
        (
            "xl/workbook.xml",
            format!("<workbook><sheets>{list}</sheets></workbook>"),
        ),
        (
            "xl/sharedStrings.xml",
            format!("<sst>{}</sst>", texts.concat()),
        ),
    ] {
        files.push((name.to_owned(), text));
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(super) const USERS: SheetRows<'static> = &[
    &["Users"],
    &["Every mailbox"],
    &["User", "Source mailbox", "Collection", "Last error"],
    &[
        "Amina Okafor",
        "amina.okafor@zenith.example",
        "Ward 1",
        "Sent by spy@evil.example",
    ],
    &["Not reported", "bo@zenith.example", "Not reported", "–"],
];
pub(super) const COLLECTIONS: SheetRows<'static> = &[
    &["Collections"],
    &["Collection", "Mailboxes"],
    &["Ward 1", "2"],
];
pub(super) const FINDINGS: SheetRows<'static> = &[&["Findings"], &["What", "File"], &["None", "–"]];

fn roster() -> Roster {
    let mut roster = Roster::new(&[domain("zenith.example")]);
    roster.add_user("amina.okafor@zenith.example", Some("Amina Okafor"));
    roster.add_user("bo@zenith.example", None);
    roster.add_collection("Ward 1");
    roster
}

fn sheets() -> Vec<ExpectedSheet<'static>> {
    let sheet = |name: &str, rows, mailboxes| ExpectedSheet {
        name: name.to_owned(),
        rows,
        mailboxes,
        ..ExpectedSheet::default()
    };
    let mailboxes = ["amina.okafor@zenith.example", "bo@zenith.example"].map(Cow::from);
    vec![
        sheet("Users", 2, Some(mailboxes.to_vec())),
        sheet("Collections", 1, None),
        sheet("Findings", 0, None),
    ]
}

pub(super) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(super) fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

/// Bytes of every value, in no short cycle.
pub(super) fn noise(length: usize) -> Vec<u8> {
    (0..length as u64)
        .map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect()
}

impl Specimen {
    pub(super) fn new() -> Self {
        let picture = |name: &str, length| Picture {
            file_name: name.to_owned(),
            png: [b"\x89PNG\r\n\x1A\n", &*noise(length)].concat(),
        };
        let pictures = vec![
            picture("mailboxes-by-state.png", 5000),
            picture("failures-by-cause.png", 57),
        ];
        let shown: String = pictures
            .iter()
            .map(|picture| {
                format!(
                    "<img src=\"cid:{}\" alt=\"120 of 200 are in sync\">\n",
                    picture.content_id()
                )
            })
            .collect();
        let long_row =
            "<td style=\"padding:4px\">Zoë O&#x27;Neill &lt;1 in 10,000&gt;</td>".repeat(40);
        Self {
            rendered: Rendered {
                subject:
                    "Overall Migration Report – ZNM Zenith Mental Health – 22 November 2026 – \
                 edition 1"
                        .to_owned(),
                html: format!(
                    "<!DOCTYPE html>\n<html lang=\"en-GB\"><body><h1>60% = in \
                     sync</h1>\n{shown}<table><tr>{long_row}</tr></table></body></html>\n"
                ),
                text: "Overall Migration Report\n\n.\nFrom Zoë: 60% = in \
                 sync \n\ttabbed\n--=_mixed_0\nLast line, no end: £1,000 王"
                    .to_owned(),
                pictures,
                workbook: WorkbookFile {
                    file_name: "ZNM-overall-migration-2026-11-22.xlsx".to_owned(),
                    bytes: xlsx(&[
                        ("Users", USERS),
                        ("Collections", COLLECTIONS),
                        ("Findings", FINDINGS),
                    ]),
                },
            },
            key: DeliveryKey {
                report_date: ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()),
                organisation: OrganisationCode::parse("ZNM").unwrap(),
                report: ReportKind::OverallMigration,
                edition: 1,
                recipient: email("amina.okafor@zenith.example"),
            },
            organisation_name: "Zenith Mental Health".to_owned(),
            from: email("Migration.Reports@NHS.example"),
            from_name: "NHS Email Migration Programme".to_owned(),
            reply_to: email("migration.team@nhs.example"),
            date: DateTime::parse_from_rfc3339("2026-11-22T07:04:05+00:00").unwrap(),
            trusted_domains: vec![domain("nhs.example")],
            recipients: vec![
                email("amina.okafor@zenith.example"),
                email("it.lead@nhs.example"),
            ],
            forbidden: ForbiddenTexts::default(),
            roster: roster(),
            sheets: sheets(),
        }
    }

    pub(super) fn envelope(&self) -> Envelope<'_> {
        Envelope {
            key: &self.key,
            organisation_name: &self.organisation_name,
            from: &self.from,
            from_name: &self.from_name,
            reply_to: &self.reply_to,
            date: self.date,
            trusted_domains: &self.trusted_domains,
            holds_personal_data: true,
            all_recipients: &self.recipients,
            rehearsal: None,
        }
    }

    pub(super) fn expectation<'a>(&'a self, allowed_domains: &'a [Domain]) -> Expectation<'a> {
        Expectation {
            organisation: &self.key.organisation,
            report: self.key.report,
            report_date: self.key.report_date,
            recipients_of_organisation: &self.recipients,
            allowed_domains,
            secure_prefix_required: true,
            max_message_mib: 35,
            must_not_appear: &self.forbidden,
            roster: &self.roster,
            sheets: &self.sheets,
            subject_lines: SubjectLines::Workbook,
            may_quote_subject_lines: true,
        }
    }
}
