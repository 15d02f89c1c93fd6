use chrono::NaiveDate;

use super::*;
use crate::mail::compose;
use crate::mail::specimen::{COLLECTIONS, FINDINGS, Specimen, USERS, domain, email, xlsx};
use crate::render::Rendered;

const TEXT_TYPE: &str = "Content-Type: text/plain; charset=utf-8\r\n";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn composed(specimen: &Specimen) -> Message {
    compose(&specimen.rendered, &specimen.envelope()).unwrap()
}

fn allowed() -> Vec<Domain> {
    vec![domain("nhs.example"), domain("zenith.example")]
}

fn verify_one(message: &Message, expected: &Expectation<'_>) -> Result<(), Vec<Violation>> {
    verify(std::slice::from_ref(message), expected)
}

fn found(specimen: &Specimen, message: &Message) -> Vec<Violation> {
    verify_one(message, &specimen.expectation(&allowed()))
        .err()
        .unwrap_or_default()
}

/// What is found when the report is changed before it is composed.
fn found_in(change: impl Fn(&mut Specimen)) -> Vec<Violation> {
    let mut specimen = Specimen::new();
    change(&mut specimen);
    found(&specimen, &composed(&specimen))
}

/// What is found when the finished bytes say `new` where they said `old`.
fn found_with(old: &str, new: &str) -> Vec<Violation> {
    let specimen = Specimen::new();
    let mut message = composed(&specimen);
    let text = String::from_utf8(message.bytes).unwrap();
    assert!(text.contains(old), "{old}");
    message.bytes = text.replacen(old, new, 1).into_bytes();
    found(&specimen, &message)
}

/// What is found when a part is put in front of the text.
fn found_with_part(headers: &str) -> Vec<Violation> {
    let text = String::from_utf8(composed(&Specimen::new()).bytes).unwrap();
    let (before, _) = text.split_once(TEXT_TYPE).unwrap();
    let boundary = before.trim_end().rsplit("\r\n").next().unwrap();
    found_with(
        TEXT_TYPE,
        &format!("{headers}\r\n\r\nx\r\n{boundary}\r\n{TEXT_TYPE}"),
    )
}

#[test]
fn what_compose_makes_holds() {
    assert_eq!(found_in(|_| {}), []);
}

#[test]
fn the_delivery_is_the_expected_one() {
    let specimen = Specimen::new();
    let changes: [fn(&mut Message); 3] = [
        |message| message.key.organisation = OrganisationCode::parse("8E003").unwrap(),
        |message| message.key.report = ReportKind::FailedItem,
        |message| {
            message.key.report_date = ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 21).unwrap())
        },
    ];
    for change in changes {
        let mut message = composed(&specimen);
        change(&mut message);
        assert_eq!(found(&specimen, &message), [Violation::OtherDelivery]);
    }
}

#[test]
fn bytes_that_are_no_message_are_unreadable() {
    let specimen = Specimen::new();
    let message = Message {
        bytes: Vec::new(),
        ..composed(&specimen)
    };
    assert_eq!(
        found(&specimen, &message),
        [Violation::LineEnd, Violation::Unreadable]
    );
    assert_eq!(
        found_with("\r\nUEsDB", "\r\n!!!!!"),
        [
            Violation::Unreadable,
            Violation::PartUnexpected,
            Violation::WorkbookCount(0)
        ]
    );
}

#[test]
fn bytes_are_ascii() {
    assert_eq!(
        found_with("Last line", "L\u{e4}st line"),
        [Violation::NotAscii]
    );
    assert_eq!(
        found_with("Last line", "Last\u{0}line"),
        [Violation::NotAscii]
    );
}

#[test]
fn lines_end_in_cr_and_lf() {
    assert_eq!(found_with("\r\nTo: ", "\nTo: "), [Violation::LineEnd]);
    assert_eq!(found_with("Last line", "Last\rline"), [Violation::LineEnd]);
    let specimen = Specimen::new();
    let mut message = composed(&specimen);
    message.bytes.truncate(message.bytes.len() - 2);
    assert_eq!(found(&specimen, &message), [Violation::LineEnd]);
}

#[test]
fn lines_are_at_most_998_characters_long() {
    assert_eq!(
        found_with("Last line", &format!("\r\n{}\r\n", "a".repeat(998))),
        []
    );
    assert_eq!(
        found_with("Last line", &format!("\r\n{}\r\n", "a".repeat(999))),
        [Violation::LineTooLong(999)]
    );
}

#[test]
fn the_size_is_that_of_the_encoded_bytes() {
    let specimen = Specimen::new();
    let found_of_size = |bytes: usize| {
        let mut message = composed(&specimen);
        let text = String::from_utf8(message.bytes).unwrap();
        // Text between the headers and the first boundary belongs to no part.
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let missing = bytes - text.len();
        let padding = format!(
            "{}{}\r\n",
            "\r\n".repeat((missing - 2) / 2),
            " ".repeat(missing % 2)
        );
        message.bytes = format!("{head}\r\n\r\n{padding}{body}").into_bytes();
        assert_eq!(message.bytes.len(), bytes);
        verify_one(
            &message,
            &Expectation {
                max_message_mib: 1,
                ..specimen.expectation(&allowed())
            },
        )
    };
    assert_eq!(found_of_size(1_048_576), Ok(()));
    assert_eq!(
        found_of_size(1_048_577),
        Err(vec![Violation::TooLarge {
            bytes: 1_048_577,
            limit_mib: 1
        }])
    );
}

#[test]
fn every_header_stands_once() {
    let date = "Date: Sun, 22 Nov 2026 07:04:05 +0000\r\n";
    assert_eq!(
        found_with(date, ""),
        [Violation::HeaderCount {
            header: "Date",
            count: 0
        }]
    );
    assert_eq!(
        found_with(date, &date.repeat(2)),
        [Violation::HeaderCount {
            header: "Date",
            count: 2
        }]
    );
}

#[test]
fn no_header_brings_anything_else() {
    for header in ["Cc", "Bcc", "Resent-To", "X-Mailer"] {
        let line = format!("\r\n{header}: spy@nhs.example\r\nTo: ");
        assert_eq!(
            found_with("\r\nTo: ", &line),
            [Violation::HeaderUnexpected(header.to_owned())]
        );
    }
}

#[test]
fn bounces_are_let_come_and_other_answers_are_kept_away() {
    let suppressed = "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\r\n";
    for other in ["All", "", "DR, RN, NRN, OOF, AutoReply, NDR", "OOF"] {
        assert_eq!(
            found_with(
                suppressed,
                &format!("X-Auto-Response-Suppress: {other}\r\n")
            ),
            [Violation::SuppressedAnswers],
            "{other}"
        );
    }
    for count in [0, 2] {
        assert_eq!(
            found_with(suppressed, &suppressed.repeat(count)),
            [Violation::HeaderCount {
                header: "X-Auto-Response-Suppress",
                count
            }]
        );
    }
}

#[test]
fn there_is_one_recipient() {
    for to in [
        "amina.okafor@zenith.example, it.lead@nhs.example",
        "All: amina.okafor@zenith.example, it.lead@nhs.example;",
    ] {
        assert_eq!(
            found_with("To: amina.okafor@zenith.example", &format!("To: {to}")),
            [Violation::RecipientCount(2)]
        );
    }
    let twice = "\r\nTo: amina.okafor@zenith.example\r\nTo: amina.okafor@zenith.example\r\n";
    assert_eq!(
        found_with("\r\nTo: amina.okafor@zenith.example\r\n", twice),
        [
            Violation::HeaderCount {
                header: "To",
                count: 2
            },
            Violation::RecipientCount(2)
        ]
    );
}

#[test]
fn the_recipient_is_that_of_the_delivery() {
    assert_eq!(
        found_with("To: amina.okafor@zenith.example", "To: it.lead@nhs.example"),
        [Violation::RecipientWrong]
    );
    assert_eq!(
        found_with(
            "To: amina.okafor@zenith.example",
            "To: Amina.Okafor@ZENITH.example"
        ),
        []
    );
}

#[test]
fn the_recipient_is_one_of_the_organisation() {
    let specimen = Specimen::new();
    let others = [email("it.lead@nhs.example")];
    let allowed = allowed();
    let expected = Expectation {
        recipients_of_organisation: &others,
        ..specimen.expectation(&allowed)
    };
    assert_eq!(
        verify_one(&composed(&specimen), &expected),
        Err(vec![Violation::RecipientNotListed])
    );
}

#[test]
fn the_recipient_is_in_an_allowed_domain() {
    let specimen = Specimen::new();
    let found = verify_one(
        &composed(&specimen),
        &specimen.expectation(&[domain("nhs.example")]),
    );
    assert_eq!(found, Err(vec![Violation::RecipientDomainNotAllowed]));
}

#[test]
fn the_sender_and_the_identifier_are_those_of_the_delivery() {
    assert_eq!(
        found_with("<Migration.Reports@nhs.example>", "<spy@nhs.example>"),
        [Violation::SenderWrong]
    );
    let two = "<Migration.Reports@nhs.example>, spy@nhs.example";
    assert_eq!(
        found_with("<Migration.Reports@nhs.example>", two),
        [Violation::SenderWrong]
    );
    assert_eq!(
        found_with("Message-ID: <2026", "Message-ID: <2025"),
        [Violation::MessageIdWrong]
    );
}

#[test]
fn the_subject_names_the_organisation_and_carries_the_mark() {
    let without =
        |specimen: &mut Specimen| specimen.rendered.subject = "Overall Migration Report".to_owned();
    assert_eq!(
        found_in(without),
        [Violation::SubjectWithoutCode("ZNM".to_owned())]
    );
    assert_eq!(
        found_with("Subject: [secure] ", "Subject: "),
        [Violation::SecurePrefixMissing]
    );
    let specimen = Specimen::new();
    let unmarked = compose(
        &specimen.rendered,
        &crate::mail::Envelope {
            holds_personal_data: false,
            ..specimen.envelope()
        },
    )
    .unwrap();
    let allowed = allowed();
    let expected = Expectation {
        secure_prefix_required: false,
        ..specimen.expectation(&allowed)
    };
    assert_eq!(verify_one(&unmarked, &expected), Ok(()));
}

#[test]
fn text_and_page_say_something() {
    assert_eq!(
        found_in(|specimen| specimen.rendered.text = " \n\t\n".to_owned()),
        [Violation::TextEmpty]
    );
    assert_eq!(
        found_with(TEXT_TYPE, "Content-Type: application/json\r\n"),
        [Violation::PartUnexpected, Violation::TextEmpty]
    );
    let no_words = |specimen: &mut Specimen| {
        specimen.rendered.pictures.clear();
        specimen.rendered.html = "<html><head><title>x</title><style>p { margin: 0 \
         }</style></head><body><p> </p></body></html>"
            .to_owned();
    };
    assert_eq!(found_in(no_words), [Violation::PageEmpty]);
}

#[test]
fn the_page_shows_the_pictures_of_the_message_and_no_others() {
    let missing = found_in(|specimen| {
        specimen.rendered.pictures.pop();
    });
    assert_eq!(
        missing,
        [Violation::PictureMissing(
            "failures-by-cause.png@migration-monitor".to_owned()
        )]
    );
    let unused = found_in(|specimen| {
        specimen.rendered.html = specimen
            .rendered
            .html
            .replace("cid:failures-by-cause", "cid:mailboxes-by-state")
    });
    assert_eq!(
        unused,
        [Violation::PictureUnused(
            "failures-by-cause.png@migration-monitor".to_owned()
        )]
    );
    let twice = found_in(|specimen| {
        let picture = specimen.rendered.pictures[0].clone();
        specimen.rendered.pictures.push(picture);
    });
    assert_eq!(twice, [Violation::PartUnexpected]);
}

#[test]
fn the_page_leads_nowhere_outside() {
    let found = found_in(|specimen| {
        specimen
            .rendered
            .html
            .push_str("<a href='https://x.example'>x</a><img src='data:image/png;base64,AA'>")
    });
    assert_eq!(
        found,
        [
            Violation::OutsideLink("href".to_owned()),
            Violation::OutsideLink("src".to_owned())
        ]
    );
}

#[test]
fn an_address_in_sight_is_of_the_organisation_or_was_expected() {
    for text in [
        "Write to carl@other.example.",
        "carl@zenith.example",
        "(x'amina.okafor@zenith.example)",
    ] {
        assert_eq!(
            found_in(|specimen| specimen.rendered.text.push_str(text)),
            [Violation::ForeignAddress(MessagePlace::Text)],
            "{text}"
        );
    }
    for html in [
        "<p>carl<span>@</span>other<span>.</span>example</p>",
        "<p title='of carl@other.example'>x</p>",
        "<a href='mailto:carl&#64;other.example'>write</a>",
        "<p>carl&commat;other.example</p>",
    ] {
        assert_eq!(
            found_in(|specimen| specimen.rendered.html.push_str(html)),
            [Violation::ForeignAddress(MessagePlace::Page)],
            "{html}"
        );
    }
    let subject =
        |specimen: &mut Specimen| specimen.rendered.subject.push_str(" carl@other.example");
    assert_eq!(
        found_in(subject),
        [Violation::ForeignAddress(MessagePlace::Subject)]
    );
    let own = |specimen: &mut Specimen| {
        specimen
            .rendered
            .html
            .push_str("<td>Amina</td><td>bo<span>@</span>zenith<span>.</span>exa…</td><td>Bo</td><td>bo@zenith.example</td>");
        specimen
            .rendered
            .text
            .push_str("\nAmina.Okafor@Zenith.example, help@desk.example");
        specimen.roster.allow("Questions: help@desk.example");
    };
    assert_eq!(found_in(own), []);
}

#[test]
fn a_workbook_with_a_foreign_row_is_found_in_its_message() {
    let zenith = Specimen::new();
    let with = |bytes: Vec<u8>| Message {
        bytes,
        ..composed(&zenith)
    };
    let text = String::from_utf8(composed(&zenith).bytes).unwrap();
    let mut other = Specimen::new();
    let carl: &[&str] = &["Carl Zhou", "carl@other.example", "Ward 1", "–"];
    other.rendered.workbook.bytes = xlsx(&[
        ("Users", &[USERS[2], USERS[3], carl]),
        ("Collections", COLLECTIONS),
        ("Findings", FINDINGS),
    ]);
    let smuggled = composed(&other).bytes;
    let found = found(&zenith, &with(smuggled.clone()));
    assert!(
        matches!(
            found.first(),
            Some(Violation::WorkbookForeign {
                heading: "Source mailbox",
                cells: 1,
                row: 3,
                ..
            })
        ),
        "{found:?}"
    );
    // In the second of two messages too, whatever was proved of the first.
    let allowed = allowed();
    let both = [with(text.into_bytes()), with(smuggled)];
    assert_eq!(
        verify(&both, &zenith.expectation(&allowed)).unwrap_err(),
        found
    );
    assert_eq!(verify(&both[..1], &zenith.expectation(&allowed)), Ok(()));
}

#[test]
fn a_zipped_workbook_is_read_as_any_other() {
    let zipped = |specimen: &mut Specimen| {
        specimen.rendered.workbook = crate::mail::zipped(&specimen.rendered.workbook).unwrap()
    };
    assert_eq!(found_in(zipped), []);
    let foreign = |specimen: &mut Specimen| {
        specimen.rendered.workbook.bytes = xlsx(&[
            ("Users", USERS),
            ("Collections", COLLECTIONS),
            ("Findings", COLLECTIONS),
        ]);
        zipped(specimen);
    };
    assert_eq!(
        found_in(foreign),
        [Violation::WorkbookRows {
            sheet: "Findings".to_owned(),
            rows: 1,
            expected: 0
        }]
    );
    let renamed = |specimen: &mut Specimen| {
        zipped(specimen);
        specimen.rendered.workbook.file_name =
            "ZNM-overall-migration-2026-11-22-2.xlsx.zip".to_owned();
    };
    let unreadable =
        Violation::WorkbookUnreadable("it does not come out of its zip file".to_owned());
    assert_eq!(found_in(renamed), std::slice::from_ref(&unreadable));
    let not_zipped =
        |specimen: &mut Specimen| specimen.rendered.workbook.file_name.push_str(".zip");
    assert_eq!(found_in(not_zipped), [unreadable]);
}

#[test]
fn page_and_text_call_the_workbook_by_its_name() {
    let says = |name: &'static str| {
        move |specimen: &mut Specimen| {
            specimen.rendered.text = format!("All rows are in the attached workbook, {name}.");
            let (start, end) = name.split_at(9);
            specimen.rendered.html.push_str(&format!(
                "<p>All rows are in {start}<wbr>{}.</p><p>x</p>",
                end.replace('.', "<span>.</span>")
            ));
        }
    };
    let plain = "ZNM-overall-migration-2026-11-22.xlsx";
    assert_eq!(found_in(says(plain)), []);
    let both = [
        Violation::WorkbookMisnamed(MessagePlace::Text),
        Violation::WorkbookMisnamed(MessagePlace::Page),
    ];
    assert_eq!(
        found_in(says("ZNM-overall-migration-2026-11-22.xlsx.zip")),
        both
    );
    let zipped = |specimen: &mut Specimen| {
        specimen.rendered.workbook = crate::mail::zipped(&specimen.rendered.workbook).unwrap();
        says(plain)(specimen);
    };
    assert_eq!(found_in(zipped), both);
}

#[test]
fn there_is_one_workbook_of_this_report() {
    assert_eq!(
        found_with(XLSX, "application/zip"),
        [Violation::PartUnexpected, Violation::WorkbookCount(0)]
    );
    let second = format!(
        "Content-Type: {XLSX}\r\nContent-Disposition: attachment; \
         filename=ZNM-overall-migration-2026-11-22-2.xlsx"
    );
    assert_eq!(found_with_part(&second), [Violation::WorkbookCount(2)]);
    for name in [
        "RXX-overall-migration-2026-11-22.xlsx",
        "ZNM-failed-item-2026-11-22.xlsx",
        "ZNM-overall-migration-2026-11-21.xlsx",
        "ZNM-overall-migration-2026-11-22.xls",
    ] {
        let found = found_in(|specimen| specimen.rendered.workbook.file_name = name.to_owned());
        assert_eq!(
            found,
            [Violation::WorkbookName(
                "ZNM-overall-migration-2026-11-22".to_owned()
            )],
            "{name}"
        );
    }
}

#[test]
fn every_part_belongs_in_the_message() {
    for headers in [
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv",
        "Content-Type: application/zip\r\nContent-Disposition: attachment; filename=a.zip",
        "Content-Type: image/png\r\nContent-Disposition: inline",
        "Content-Type: image/png\r\nContent-Disposition: attachment\r\nContent-ID: <a@b>",
        "Content-Type: image/svg+xml\r\nContent-Disposition: inline\r\nContent-ID: <a@b>",
        "Content-Type: message/rfc822\r\n\r\nFrom: spy@nhs.example",
    ] {
        assert_eq!(
            found_with_part(headers),
            [Violation::PartUnexpected],
            "{headers}"
        );
    }
}

#[test]
fn texts_kept_out_are_found_wherever_they_stand() {
    let forbidden = ForbiddenTexts::new(["Zoë's results & <more>"]);
    let found_in = |change: fn(&mut Rendered)| {
        let mut specimen = Specimen::new();
        change(&mut specimen.rendered);
        let allowed = allowed();
        let expected = Expectation {
            must_not_appear: &forbidden,
            ..specimen.expectation(&allowed)
        };
        verify_one(&composed(&specimen), &expected)
            .err()
            .unwrap_or_default()
    };
    assert_eq!(found_in(|_| {}), []);
    assert_eq!(
        found_in(|rendered| rendered.subject.push_str(" Zoë's results & <more>")),
        [Violation::ForbiddenText(MessagePlace::Subject)]
    );
    assert_eq!(
        found_in(|rendered| rendered.text.push_str("\nre: zoë's\n   RESULTS & <more>.")),
        [Violation::ForbiddenText(MessagePlace::Text)]
    );
    for html in [
        "<td>Zo&euml;&#x27;s <b>results</b>&nbsp;&amp; &lt;more&gt;</td>",
        "<img alt=\"Zoë&#39;s results &amp; &lt;more>\">",
    ] {
        let mut specimen = Specimen::new();
        specimen.rendered.html.push_str(html);
        let allowed = allowed();
        let expected = Expectation {
            must_not_appear: &forbidden,
            ..specimen.expectation(&allowed)
        };
        assert_eq!(
            verify_one(&composed(&specimen), &expected),
            Err(vec![Violation::ForbiddenText(MessagePlace::Page)]),
            "{html}"
        );
    }
}

#[test]
fn the_sentences_name_nobody() {
    let mut specimen = Specimen::new();
    specimen.rendered.text = "Results of Amina Okafor".to_owned();
    specimen.rendered.subject = "Results of Amina Okafor".to_owned();
    let message = composed(&specimen);
    let forbidden = ForbiddenTexts::new(["Results of Amina Okafor"]);
    let expected = Expectation {
        must_not_appear: &forbidden,
        recipients_of_organisation: &[],
        ..specimen.expectation(&[])
    };
    let sentences: Vec<_> = verify_one(&message, &expected)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(sentences.len(), 5, "{sentences:#?}");
    assert!(
        sentences
            .iter()
            .all(|sentence| !sentence.to_lowercase().contains("amina") && !sentence.contains('@')),
        "{sentences:#?}"
    );
}
