use proptest::prelude::*;

use super::*;

#[test]
fn a_message_id_is_found_only_where_it_stands_by_itself_and_has_our_form() {
    let digest = "0123456789abcdef0123456789abcdef";
    let ours = format!("20261120.ztp.{digest}@nhs.example");
    for (text, is_found) in [
        (format!("Message-ID: <{ours}>"), true),
        (format!("({ours})."), true),
        (format!("&lt;{ours}&gt;"), true),
        (format!("rehearsal.0123456789ab.{ours}"), false),
        (format!("x{ours}"), false),
        (ours.replace('@', " at "), false),
        (ours.replace("2026", "202"), false),
        (ours.replace("ef@", "eg@"), false),
        (format!("20261120.{digest}@nhs.example"), false),
        ("<CAByYQ_1@mail.example>".to_owned(), false),
    ] {
        let found = ids_of_our_form(&text);
        let expected: &[String] = if is_found {
            std::slice::from_ref(&ours)
        } else {
            &[]
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn fields_are_unfolded_and_recipients_told_apart_even_without_an_empty_line() {
    let status = "Reporting-MTA: dns; relay.example\nFinal-Recipient: rfc822; A@x.example\nAction: \
                  failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550\n  no such\n\tuser\n\
                  Final-Recipient: rfc822;<b@x.example>\nAction: delayed (for a while)\nFinal-Recipient: \
                  rfc822; c@x.example\nStatus: 5.2.2\n\nFinal-Recipient: rfc822; d@x.example\nAction: \
                  dropped\n";
    let found = recipients(status);
    let seen: Vec<_> = found
        .iter()
        .map(|one| (one.addresses.first().unwrap().as_str(), one.outcome))
        .collect();
    assert_eq!(
        seen,
        [
            ("a@x.example", Outcome::Failed),
            ("b@x.example", Outcome::Delayed),
            ("c@x.example", Outcome::Failed),
        ]
    );
    assert_eq!(found[0].words, "smtp; 550 no such user");
}

/// How many messages are made up: more where somebody asks for it.
fn cases() -> ProptestConfig {
    let cases = std::env::var("RETURNS_CASES").ok();
    ProptestConfig {
        cases: cases.and_then(|cases| cases.parse().ok()).unwrap_or(1_000),
        ..ProptestConfig::default()
    }
}

/// Of messages in messages, in parts and in digests, deeper than any stack.
#[test]
fn a_message_that_lies_as_deep_as_nobody_would_lay_it_ends_nothing() {
    let digest = "Content-Type: multipart/digest; boundary=b\n\n--b\n\n";
    for level in ["Content-Type: message/rfc822\n\n", digest] {
        let message = level.repeat(100_000) + "x\n";
        assert_eq!(read_message(message.as_bytes()), Returned::NotUnderstood);
    }
}

#[test]
fn a_message_of_more_parts_than_anybody_makes_is_not_taken_apart() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/returns/reports");
    let report = std::fs::read_to_string(format!("{folder}/postfix.eml")).unwrap();
    let (_, boundary) = report.split_once("boundary=\"").unwrap();
    let (boundary, _) = boundary.split_once('"').unwrap();
    for (parts, is_report) in [(100, true), (10_001, false)] {
        let more = format!("\n--{boundary}\n\n").repeat(parts);
        let report = report.replace(
            &format!("\n--{boundary}--"),
            &format!("{more}\n--{boundary}--"),
        );
        assert_eq!(
            matches!(read(report.as_bytes()), Returned::Report(_)),
            is_report
        );
    }
}

#[test]
fn a_panic_that_is_caught_is_known_to_be_as_long_as_it_lasts() {
    assert!(!panics_are_caught());
    assert_eq!(caught(panics_are_caught), Some(true));
    assert_eq!(caught(|| Vec::<u8>::new()[0]), None);
    assert!(!panics_are_caught());
}

/// Every report of the tests, about a delivery.
fn reports() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/returns/reports");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let fill = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let id = format!("20261120.ztp.{}@nhs.example", "0123456789abcdef".repeat(2));
        text.replace("{{ID}}", &id)
            .replace("{{TO}}", "amina@trust.example")
            .into_bytes()
    };
    files.into_iter().map(fill).collect()
}

/// What must hold of whatever was read.
fn is_sound(returned: &Returned) -> bool {
    let Returned::Report(report) = returned else {
        return true;
    };
    let ids = report.message_ids.iter().flatten();
    let addresses = report.recipients.iter().flat_map(|one| &one.addresses);
    !report.recipients.is_empty()
        && ids
            .into_iter()
            .all(|id| ids_of_our_form(id) == [id.clone()])
        && addresses
            .into_iter()
            .all(|address| address.contains('@') && *address == address.to_lowercase())
}

proptest! {
    #![proptest_config(cases())]

    /// Bytes are put into a report, taken out of it, and parts of it are moved.
    #[test]
    fn a_report_that_was_damaged_anywhere_is_read_without_harm(
        report in prop::sample::select(reports()),
        slips in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8, prop::collection::vec(any::<u8>(), 0..20)),
            1..8,
        ),
    ) {
        let mut bytes = report;
        for (one, other, kind, noise) in slips {
            let (one, other) = (one.index(bytes.len() + 1), other.index(bytes.len() + 1));
            let (start, end) = (one.min(other), one.max(other));
            match kind {
                0 => drop(bytes.splice(start..start, noise)),
                1 => drop(bytes.drain(start..end.min(start + 200))),
                2 => bytes.extend_from_within(start..end),
                _ => bytes.truncate(end),
            }
        }
        prop_assert!(is_sound(&read(&bytes)));
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(is_sound(&read(&bytes)));
    }
}
