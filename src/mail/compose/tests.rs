use mail_parser::{HeaderValue, MessageParser, MimeHeaders, PartType};
use proptest::prelude::*;

use super::*;
use crate::mail::specimen::{Specimen, domain, email, noise};

fn composed(specimen: &Specimen) -> Message {
    compose(&specimen.rendered, &specimen.envelope()).unwrap()
}

fn as_text(message: &Message) -> String {
    String::from_utf8(message.bytes.clone()).unwrap()
}

fn header_lines(message: &Message) -> Vec<String> {
    let text = as_text(message);
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.replace("\r\n ", " ")
        .split("\r\n")
        .map(str::to_owned)
        .collect()
}

fn subject_of(message: &Message) -> String {
    MessageParser::default()
        .parse(&message.bytes)
        .unwrap()
        .subject()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn the_headers_are_these_and_no_others() {
    let message = composed(&Specimen::new());
    let lines = header_lines(&message);
    let names: Vec<_> = lines
        .iter()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Reply-To",
            "Subject",
            "Date",
            "Message-ID",
            "References",
            "List-Id",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "MIME-Version",
            "Content-Type"
        ]
    );
    for line in [
        "From: \"NHS Email Migration Programme\" <Migration.Reports@nhs.example>",
        "To: amina.okafor@zenith.example",
        "Reply-To: migration.team@nhs.example",
        "Date: Sun, 22 Nov 2026 07:04:05 +0000",
        "References: <stream.overall-migration.znm@nhs.example>",
        "List-Id: Overall Migration Report Zenith Mental Health \
         <overall-migration.znm.nhs.example>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
        "MIME-Version: 1.0",
    ] {
        assert!(
            lines.iter().any(|found| found == line),
            "{line} is not in {lines:#?}"
        );
    }
    assert!(lines.contains(&format!("Message-ID: <{}>", message.message_id)));
    assert_eq!(
        message.message_id,
        Specimen::new().key.message_id("nhs.example")
    );
}

#[test]
fn another_parser_reads_the_structure_and_every_byte_back() {
    let specimen = Specimen::new();
    let message = composed(&specimen);
    let parsed = MessageParser::default().parse(&message.bytes).unwrap();
    let shape: Vec<_> = parsed
        .parts
        .iter()
        .map(|part| {
            let content_type = part.content_type().unwrap();
            let parts = part.sub_parts().unwrap_or_default();
            (
                format!(
                    "{}/{}",
                    content_type.ctype(),
                    content_type.subtype().unwrap()
                ),
                parts.to_vec(),
            )
        })
        .collect();
    let expected: [(&str, &[u32]); 8] = [
        ("multipart/mixed", &[1, 7]),
        ("multipart/alternative", &[2, 3]),
        ("text/plain", &[]),
        ("multipart/related", &[4, 5, 6]),
        ("text/html", &[]),
        ("image/png", &[]),
        ("image/png", &[]),
        (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            &[],
        ),
    ];
    assert_eq!(
        shape,
        expected.map(|(kind, parts)| (kind.to_owned(), parts.to_vec()))
    );
    assert_eq!(
        parsed.parts[3].content_type().unwrap().attribute("type"),
        Some("text/html")
    );

    for (part, text) in [(2, &specimen.rendered.text), (4, &specimen.rendered.html)] {
        let part = &parsed.parts[part];
        assert_eq!(part.text_contents().unwrap(), text.replace('\n', "\r\n"));
        assert_eq!(
            part.content_type().unwrap().attribute("charset"),
            Some("utf-8")
        );
    }
    for (part, picture) in parsed.parts[5..7].iter().zip(&specimen.rendered.pictures) {
        assert_eq!(part.contents(), picture.png);
        assert_eq!(part.content_id(), Some(picture.content_id().as_str()));
        assert!(part.content_disposition().unwrap().is_inline());
        assert_eq!(
            part.content_disposition().unwrap().attribute("filename"),
            Some(picture.file_name.as_str())
        );
        assert_eq!(
            part.content_type().unwrap().attribute("name"),
            Some(picture.file_name.as_str())
        );
    }
    let workbook = &parsed.parts[7];
    assert!(
        matches!(&workbook.body, PartType::Binary(bytes) if **bytes == *specimen.rendered.workbook.bytes)
    );
    assert!(workbook.content_disposition().unwrap().is_attachment());
    assert_eq!(
        workbook
            .content_disposition()
            .unwrap()
            .attribute("filename"),
        Some("ZNM-overall-migration-2026-11-22.xlsx")
    );
    assert_eq!(
        workbook.content_type().unwrap().attribute("name"),
        Some("ZNM-overall-migration-2026-11-22.xlsx")
    );
    assert!(
        matches!(parsed.list_id(), HeaderValue::Address(list) if list.first().unwrap().name() == Some("Overall Migration Report Zenith Mental Health"))
    );
}

#[test]
fn the_bytes_are_ascii_in_short_lines_that_end_in_crlf() {
    let mut specimen = Specimen::new();
    specimen.from_name =
        "Programm Überführung – alle Häuser im ganzen Land, von Łódź bis Århus und zurück"
            .to_owned();
    specimen.organisation_name =
        "Zenith – Mental Health and Learning Disability Partnership – Trust".repeat(3);
    let text = as_text(&composed(&specimen));
    assert!(text.is_ascii());
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    // The type of a workbook alone is longer than the 78 characters that RFC 5322 section 2.1.1
    // recommends.
    let long: Vec<_> = text
        .split("\r\n")
        .filter(|line| line.len() > 78 && !line.ends_with("spreadsheetml.sheet;"))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn the_same_report_gives_the_same_bytes_and_another_recipient_other_boundaries() {
    let mut specimen = Specimen::new();
    let first = composed(&specimen);
    assert_eq!(first, composed(&Specimen::new()));
    let boundaries = |message: &Message| {
        let text = as_text(message);
        text.split("boundary=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    specimen.key.recipient = email("it.lead@nhs.example");
    let second = composed(&specimen);
    let mut all = [boundaries(&first), boundaries(&second)].concat();
    assert!(
        all.iter()
            .all(|boundary| boundary.len() <= 70 && boundary.starts_with("=_"))
    );
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
}

#[test]
fn policy_marks_the_subject_for_all_when_one_recipient_is_outside_the_trusted_domains() {
    let mut specimen = Specimen::new();
    let marked =
        |specimen: &Specimen| subject_of(&composed(specimen)).starts_with("[secure] Overall");
    assert!(marked(&specimen));
    specimen.key.recipient = email("it.lead@nhs.example");
    assert!(marked(&specimen), "another recipient is outside");
    specimen.trusted_domains.push(domain("zenith.example"));
    assert!(!marked(&specimen));
    specimen.key.recipient = email("someone@elsewhere.example");
    assert!(marked(&specimen), "the recipient itself is outside");
    specimen.key.recipient = email("it.lead@nhs.example");
    specimen.trusted_domains.clear();
    assert!(marked(&specimen));
    let message = compose(
        &specimen.rendered,
        &Envelope {
            holds_personal_data: false,
            ..specimen.envelope()
        },
    )
    .unwrap();
    assert_eq!(subject_of(&message), specimen.rendered.subject);
    specimen.rendered.subject = "[secure] ZNM".to_owned();
    assert_eq!(subject_of(&composed(&specimen)), "[secure] ZNM");
}

#[test]
fn the_mark_stands_unencoded_at_the_start_of_the_header() {
    let mut specimen = Specimen::new();
    specimen.rendered.subject = "Überall – ZNM".to_owned();
    assert!(as_text(&composed(&specimen)).contains("\r\nSubject: [secure] =?utf-8?b?"));
}

#[test]
fn the_date_is_that_of_the_programme_s_time_zone() {
    let mut specimen = Specimen::new();
    specimen.date = DateTime::parse_from_rfc3339("2026-06-05T07:04:05+01:00").unwrap();
    assert!(
        header_lines(&composed(&specimen))
            .contains(&"Date: Fri, 5 Jun 2026 07:04:05 +0100".to_owned())
    );
}

#[test]
fn no_text_makes_a_header_of_its_own() {
    let hostile = [
        "ZNM\r\nBcc: spy@evil.example",
        "ZNM\nBcc: spy@evil.example",
        "ZNM\rBcc: spy@evil.example",
        "ZNM\r\n\r\n<html>",
        "é\r\nBcc: spy@evil.example\u{85}x",
        "=?utf-8?q?=0D=0ABcc:_spy@evil.example?=",
        "\" <spy@evil.example>, \"",
        "a, spy@evil.example; (b) \\",
        "\u{0}\u{1}\u{7F}\u{202E}",
        "",
    ];
    let names = |message: &Message| {
        header_lines(message)
            .iter()
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let expected = names(&composed(&Specimen::new()));
    for text in hostile {
        let mut specimen = Specimen::new();
        specimen.rendered.subject = text.to_owned();
        specimen.from_name = text.to_owned();
        specimen.organisation_name = text.to_owned();
        let message = composed(&specimen);
        assert_eq!(names(&message), expected, "{text:?}");
        let parsed = MessageParser::default().parse(&message.bytes).unwrap();
        let senders: Vec<_> = parsed
            .from()
            .unwrap()
            .iter()
            .map(|sender| sender.address().unwrap())
            .collect();
        assert_eq!(senders, ["Migration.Reports@nhs.example"], "{text:?}");
        let subject = parsed.subject().unwrap().to_owned();
        assert!(!subject.contains(|c: char| c.is_control()), "{subject:?}");
        assert!(
            matches!(parsed.list_id(), HeaderValue::Address(list) if list.iter().count() == 1),
            "{text:?}"
        );
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    for name in [
        "a b.xlsx",
        "../a.xlsx",
        "a\"b.xlsx",
        "ä.xlsx",
        "a\r\n.xlsx",
        "",
    ] {
        let mut specimen = Specimen::new();
        specimen.rendered.workbook.file_name = name.to_owned();
        assert!(
            matches!(
                compose(&specimen.rendered, &specimen.envelope()),
                Err(ComposeError::FileName(_))
            ),
            "{name}"
        );
    }
    let mut specimen = Specimen::new();
    specimen.rendered.pictures[0].file_name = "a b.png".to_owned();
    assert!(matches!(
        compose(&specimen.rendered, &specimen.envelope()),
        Err(ComposeError::FileName(_))
    ));
    for (year, is_written) in [(1899, false), (1900, true), (9999, true), (10_000, false)] {
        let mut specimen = Specimen::new();
        specimen.date = specimen.date.with_year(year).unwrap();
        let composed = compose(&specimen.rendered, &specimen.envelope());
        assert_eq!(
            !matches!(composed, Err(ComposeError::Date(_))),
            is_written,
            "{year}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn subjects_and_names_come_back_as_one_line(subject in "\\PC{0,300}", name in "\\PC{0,120}", organisation in "\\PC{0,120}") {
        let mut specimen = Specimen::new();
        specimen.rendered = Rendered { subject, pictures: Vec::new(), ..specimen.rendered };
        specimen.from_name = name;
        specimen.organisation_name = organisation;
        let message = compose(&specimen.rendered, &Envelope { holds_personal_data: false, ..specimen.envelope() }).unwrap();
        prop_assert!(message.bytes.is_ascii());
        let parsed = MessageParser::default().parse(&message.bytes).unwrap();
        prop_assert_eq!(parsed.subject().unwrap_or_default(), one_line(&specimen.rendered.subject));
        prop_assert_eq!(parsed.from().unwrap().first().unwrap().name().unwrap_or_default(), one_line(&specimen.from_name));
        prop_assert_eq!(parsed.headers().len(), 12);
    }

    #[test]
    fn texts_come_back_whatever_they_hold(text in "(?s).{0,400}", lines in "[ \t.=a-]{0,90}([ \t.=\r\né-]{0,90}){0,4}") {
        let mut specimen = Specimen::new();
        specimen.rendered = Rendered { text: text.clone(), html: lines.clone(), pictures: Vec::new(), ..specimen.rendered };
        let message = composed(&specimen);
        let parsed = MessageParser::default().parse(&message.bytes).unwrap();
        let crlf = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        prop_assert_eq!(parsed.parts[2].text_contents().unwrap(), crlf(&text));
        prop_assert_eq!(parsed.parts[4].text_contents().unwrap(), crlf(&lines));
        prop_assert!(as_text(&message).split("\r\n").all(|line| line.len() <= 80));
    }

    #[test]
    fn workbooks_of_every_length_come_back(length in 0_usize..400) {
        let mut specimen = Specimen::new();
        specimen.rendered.workbook.bytes = noise(length);
        let message = composed(&specimen);
        let parsed = MessageParser::default().parse(&message.bytes).unwrap();
        prop_assert_eq!(parsed.parts[7].contents(), noise(length));
    }

    #[test]
    fn every_valid_address_can_be_written(local in "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}", label in "[a-z0-9]{1,63}") {
        let mut specimen = Specimen::new();
        specimen.key.recipient = email(&format!("{local}@{label}.example"));
        specimen.from = specimen.key.recipient.clone();
        let message = composed(&specimen);
        let parsed = MessageParser::default().parse(&message.bytes).unwrap();
        prop_assert_eq!(parsed.to().unwrap().first().unwrap().address().unwrap(), specimen.key.recipient.reveal());
        prop_assert_eq!(parsed.from().unwrap().first().unwrap().address().unwrap(), specimen.key.recipient.reveal());
    }
}
