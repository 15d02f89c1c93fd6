use chrono::{Datelike, NaiveDateTime, Timelike};
use proptest::prelude::*;

use super::*;
use crate::domain::{DateOrder, Domain};
use crate::exports::SizeUnit;

mod spellings;

const UNREADABLE: Unreadable = Unreadable;

fn dates_in(order: DateOrder) -> DateForm {
    DateForm {
        order,
        time_zone: chrono_tz::Europe::London,
    }
}

/// How a date is read by a British program.
fn day_first(text: &str) -> String {
    said(moment(text, dates_in(DateOrder::DayMonthYear)))
}

/// How a date is read by an American program.
fn month_first(text: &str) -> String {
    said(moment(text, dates_in(DateOrder::MonthDayYear)))
}

fn said(reading: Reading<NaiveDateTime>) -> String {
    match reading {
        Ok(Some(moment)) => moment.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
        Ok(None) => "none".to_owned(),
        Err(Unreadable) => "unreadable".to_owned(),
    }
}

#[test]
fn counts_are_whole_and_not_negative() {
    for (text, number) in [
        ("0", 0),
        ("1234", 1234),
        ("1,234", 1234),
        ("12 345 678", 12_345_678),
        ("1.234", 1234),
        ("7.0", 7),
        ("7.00", 7),
        ("1,234.00", 1234),
        ("1.234,00", 1234),
        ("1\u{A0}234", 1234),
        ("1’234", 1234),
        ("'1234", 1234),
        ("\"12\"", 12),
        ("\u{200B}12", 12),
        ("12 items", 12),
        ("1,234 Items", 1234),
        ("@{value=3}", 3),
    ] {
        assert_eq!(count(text), Ok(Some(number)), "{text}");
    }
    for text in [
        "-1",
        "(3)",
        "1.5",
        "12,34",
        "0,123",
        "1,234.567",
        "1e3",
        "1.2E+05",
        "abc",
        "many items",
        "1234,567",
        "1,23,456",
        ",",
        "3 of 5",
        "3/5",
        "5+",
        "~5",
        "99999999999999999999",
        "5000000000000",
        "٣",
        "20/11/2026",
        "TRUE",
        "System.Object[]",
    ] {
        assert_eq!(count(text), Err(UNREADABLE), "{text}");
    }
}

#[test]
fn percentages_take_a_sign_and_either_decimal_mark() {
    for (text, number) in [
        ("86", 86.0),
        ("86%", 86.0),
        ("86.5", 86.5),
        ("86,5 %", 86.5),
        ("86.5\u{A0}%", 86.5),
        ("86 percent", 86.0),
        ("100.00", 100.0),
        ("104", 104.0),
    ] {
        assert_eq!(percentage(text), Ok(Some(number)), "{text}");
    }
    let endless = "9".repeat(400);
    for text in ["%", "-5", "1,234.5", "inf", "50%%", "3/4", &endless] {
        assert_eq!(percentage(text), Err(UNREADABLE), "{text}");
    }
}

#[test]
fn sizes_become_bytes() {
    for (text, unit, bytes) in [
        ("1", SizeUnit::Kibibytes, 1024),
        ("1,024.5", SizeUnit::Bytes, 1025),
        ("1,024", SizeUnit::Bytes, 1024),
        ("1.024,5", SizeUnit::Bytes, 1025),
        ("0,5", SizeUnit::Mebibytes, 524_288),
        ("1 024", SizeUnit::Bytes, 1024),
        (
            "@{IsUnlimited=False; Value=7 B (7 bytes)}",
            SizeUnit::Bytes,
            7,
        ),
    ] {
        assert_eq!(size_bytes(text, unit), Ok(Some(bytes)), "{text}");
    }
    assert_eq!(size_bytes("-1", SizeUnit::Bytes), Err(UNREADABLE));
}

#[test]
fn sizes_with_bytes_in_brackets_are_those_bytes_in_any_culture() {
    for text in [
        "28.45 GB (30,551,458,399 bytes)",
        "28,45 GB (30.551.458.399 bytes)",
        "28.45 GB (30'551'458'399 bytes)",
        "28,45 GB (30\u{A0}551\u{A0}458\u{A0}399 bytes)",
        "28,45\u{A0}GB (30\u{202F}551\u{202F}458\u{202F}399\u{A0}bytes)",
        "28.45 GB (30551458399 bytes)",
        "28,45 GB (30.551.458.399 Bytes)",
    ] {
        let read = size_bytes(text, SizeUnit::Mebibytes);
        assert_eq!(read, Ok(Some(30_551_458_399)), "{text}");
    }
    assert_eq!(size_bytes("0 B (0 bytes)", SizeUnit::Bytes), Ok(Some(0)));
    for text in [
        "28.45 GB (30,551,458,39 bytes)",
        "28.45 GB (many bytes)",
        "28.45 GB (30,551",
        "28 GB (28 KB)",
    ] {
        assert_eq!(size_bytes(text, SizeUnit::Bytes), Err(UNREADABLE), "{text}");
    }
}

#[test]
fn a_unit_in_the_cell_counts_for_more_than_the_headings() {
    for (text, bytes) in [
        ("28.45 GB", 30_547_954_893),
        ("512 KB", 524_288),
        ("512KB", 524_288),
        ("512 KiB", 524_288),
        ("1,2 MB", 1_258_291),
        ("1.024,5 KB", 1_049_088),
        ("1 024 KB", 1_048_576),
        ("7 B", 7),
        ("7 bytes", 7),
        ("2 tb", 2_199_023_255_552),
    ] {
        let read = size_bytes(text, SizeUnit::Mebibytes);
        assert_eq!(read, Ok(Some(bytes)), "{text}");
    }
    for text in ["GB", "4 XB", "4 GB 5", "-4 GB", "Unlimited", "1e3 KB"] {
        assert_eq!(size_bytes(text, SizeUnit::Bytes), Err(UNREADABLE), "{text}");
    }
}

#[test]
fn words_for_none_are_no_values_and_no_faults() {
    for text in [
        "Never",
        "N/A",
        "n/a",
        "NA",
        "#N/A",
        "-",
        "–",
        "--",
        "TBC",
        "T.B.C.",
        "tba",
        "TBD",
        "?",
        "???",
        "on hold",
        "On-hold",
        "not scheduled",
        "Not yet scheduled",
        "none",
        "(none)",
        "NULL",
        "<null>",
        "(blank)",
        "{}",
        "Unknown",
        "to be confirmed",
        "…",
        "nil",
    ] {
        assert_eq!(count(text), Ok(None), "{text}");
        assert_eq!(percentage(text), Ok(None), "{text}");
        assert_eq!(size_bytes(text, SizeUnit::Bytes), Ok(None), "{text}");
        assert_eq!(day_first(text), "none", "{text}");
        assert_eq!(answer(text, "vip"), Ok(None), "{text}");
    }
    for text in [
        "Monday",
        "soon",
        "N/A?!x",
        "none of these",
        "w/c 23/11/2026",
        "Ada",
        "0",
        "-1",
    ] {
        assert!(!stands_for_none(text), "{text}");
    }
}

#[test]
fn text_is_text_but_for_objects_and_errors() {
    for kept in [
        "None",
        "Never",
        "N/A",
        "-",
        "Null",
        "Microsoft Exchange",
        "System.OutOfMemoryException: no room",
        "{a",
        "@ward",
    ] {
        assert_eq!(text(kept), Ok(Some(kept)));
    }
    for (object, value) in [
        ("@{value=3; Value=Synced}", Some("Synced")),
        ("@{Value=Synced; value=3}", Some("Synced")),
        ("@{DisplayName=Ada Ash}", Some("Ada Ash")),
        ("@{}", None),
        ("{}", None),
        ("#N/A", None),
    ] {
        assert_eq!(text(object), Ok(value), "{object}");
    }
    for lost in [
        "System.Object[]",
        "System.String[]",
        "System.Collections.Generic.List`1[System.String]",
        "System.Collections.Hashtable",
        "@{Name=a; Id=3}",
        "#REF!",
    ] {
        assert_eq!(text(lost), Err(UNREADABLE), "{lost}");
    }
}

#[test]
fn dates_are_read_as_people_and_programs_write_them() {
    for text in [
        "20/11/2026 05:13:18",
        "20-11-2026 05:13:18",
        "20.11.2026 05:13:18",
        "20.11.2026 05.13.18",
        "2026-11-20 05:13:18",
        "2026/11/20 5:13:18",
        "2026-11-20T05:13:18",
        "2026-11-20T05:13:18Z",
        "2026-11-20T05:13:18+00:00",
        "2026-11-20T06:13:18+01:00",
        "2026-11-20 00:13:18 -0500",
        "20261120051318",
        "20261120T051318Z",
        "20 Nov 2026 05:13:18",
        "20-Nov-2026 05:13:18",
        "20-NOV-26 05:13:18",
        "20Nov2026 05:13:18",
        "20th November 2026, 05:13:18",
        "20th of November 2026 at 5:13:18 am",
        "November 20, 2026 5:13:18 AM",
        "Nov 20 2026 5:13:18AM",
        "Friday, 20 November 2026 05:13:18",
        "Fri 20/11/2026 05:13:18",
        "Fri, 20 Nov 2026 05:13:18 GMT",
        "Fri, 20 Nov 2026 06:13:18 +0100",
        "Fri Nov 20 05:13:18 2026",
        "Fri Nov 20 05:13:18 UTC 2026",
        "Fri Nov 20 2026 05:13:18 GMT+0000 (Greenwich Mean Time)",
        "20/11/26 05:13:18",
        "20/11/2026, 05:13:18",
        "20/11/2026 - 05:13:18",
        "20/11/2026 5:13:18 a.m.",
        "20/11/2026 05:13:18 am",
        "20/11/2026 5:13:18\u{202F}AM",
        "20/11/2026 05:13:18 UTC",
        "20/11/2026 05:13:18 (UTC)",
        "20/11/2026 06:13:18 BST",
        "05:13:18 20/11/2026",
        "05:13:18, 20 Nov 2026",
        "\u{200E}20/\u{200E}11/\u{200E}2026 \u{200F}\u{200E}05:13:18",
        "'20/11/2026 05:13:18",
        "/Date(1795151598000)/",
        "\\/Date(1795151598000+0100)\\/",
    ] {
        assert_eq!(day_first(text), "2026-11-20 05:13:18", "{text}");
    }
    assert_eq!(
        day_first("2026-11-20T05:13:18.1234567+00:00"),
        "2026-11-20 05:13:18.123456700"
    );
    for text in [
        "20/11/2026",
        "20/11/26",
        "20.11.26",
        "20-Nov-26",
        "20 November 2026",
        "2026-11-20",
        "2026-11-20T00:00:00",
        "20261120",
        "Fri 20th Nov 2026",
        "2026-Nov-20",
        "20 11 2026",
    ] {
        assert_eq!(day_first(text), "2026-11-20 00:00:00", "{text}");
    }
    assert_eq!(day_first("20/11/2026 5.30pm"), "2026-11-20 17:30:00");
    assert_eq!(day_first("20/11/2026 17:30 PM"), "2026-11-20 17:30:00");
    assert_eq!(day_first("20/11/2026 12:05 AM"), "2026-11-20 00:05:00");
    assert_eq!(day_first("20/11/2026 9pm"), "2026-11-20 21:00:00");
    assert_eq!(day_first("1/1/98"), "1998-01-01 00:00:00");
}

#[test]
fn a_time_of_another_zone_is_converted_to_the_programmes() {
    assert_eq!(day_first("2026-07-01T05:13:18Z"), "2026-07-01 06:13:18");
    assert_eq!(day_first("2026-06-30T23:30:00Z"), "2026-07-01 00:30:00");
    assert_eq!(day_first("01/07/2026 05:13 UTC"), "2026-07-01 06:13:00");
    assert_eq!(day_first("2026-07-01T05:13:18"), "2026-07-01 05:13:18");
}

#[test]
fn what_could_be_another_date_or_none_is_not_read() {
    for text in [
        "11/20/2026",
        "31/02/2026",
        "20/11/2026 25:00",
        "20/11/2026 05:61",
        "20/11/1026",
        "20/11/2026 x",
        "20/11",
        "20 Nov",
        "Nov 2026",
        "20-11-26",
        "26-11-20",
        "20 11 26",
        "20-11/2026",
        "2026-20-11",
        "Monday 20/11/2026",
        "w/c 23/11/2026",
        "23/11/2026 (provisional)",
        "23/11/2026 or 24/11/2026",
        "23-24/11/2026",
        "05:13:18",
        "1.05:13:18",
        "46346",
        "46346.2175",
        "1795151598",
        "28.45",
        "15.20.1234.567",
        "next Tuesday",
        "20/11/2026 13:05 am",
        "20/11/2026 0:30 pm",
        "20/11/2026 05:13 EST",
        "20/11/2026 05:13 +25:00",
        "12,112,026",
    ] {
        assert_eq!(day_first(text), "unreadable", "{text}");
    }
    assert_eq!(month_first("11/20/2026"), "2026-11-20 00:00:00");
    assert_eq!(month_first("3/4/2026 6:07 PM"), "2026-03-04 18:07:00");
    assert_eq!(
        month_first("11/20/2026 12:05\u{202F}AM"),
        "2026-11-20 00:05:00"
    );
    assert_eq!(day_first("3/4/2026 6:07"), "2026-04-03 06:07:00");
}

#[test]
fn dates_that_stand_for_none_are_known() {
    for text in [
        "01/01/4501",
        "1601-01-01T00:00:00",
        "01/01/0001 00:00:00",
        "0001-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59.9999999Z",
        "31/12/9999",
        "/Date(-62135596800000)/",
    ] {
        assert_eq!(day_first(text), "none", "{text}");
    }
    assert_eq!(day_first("01/01/2026 16:01"), "2026-01-01 16:01:00");
}

#[test]
fn yes_and_no_are_read_as_people_write_them() {
    for text in [
        "TRUE",
        "True",
        "yes",
        "Y",
        "1",
        "x",
        "X",
        "✓",
        "✔",
        "✔\u{FE0F}",
        "☑",
        "VIP",
        "vip",
        "VIP - Yes",
        "-1",
        "*",
        "'TRUE",
    ] {
        assert_eq!(answer(text, "vip"), Ok(Some(YesOrNo::Yes)), "{text}");
    }
    for text in [
        "FALSE",
        "false",
        "No",
        "N",
        "0",
        "✗",
        "❌",
        "☐",
        "Not VIP",
        "not a VIP",
        "Non-VIP",
        "NonVIP",
        "No VIP",
        "VIP: no",
    ] {
        assert_eq!(answer(text, "vip"), Ok(Some(YesOrNo::No)), "{text}");
    }
    for text in [
        "Medical secretary",
        "Notary",
        "Senior management",
        "VIP 2",
        "None of these",
        "Yes Minister's office",
    ] {
        assert_eq!(
            answer(text, "vip"),
            Ok(Some(YesOrNo::Words(text))),
            "{text}"
        );
    }
    for text in ["☒", "×", "!", "System.Object[]"] {
        assert_eq!(answer(text, "vip"), Err(UNREADABLE), "{text}");
    }
}

fn read_address(cell: &str) -> Result<String, AddressFault> {
    address(cell, &[Domain::parse("wharfe.example").unwrap()]).map(Cow::into_owned)
}

#[test]
fn addresses_are_read_as_they_are_copied() {
    for text in [
        "ada.ash@wharfe.example",
        "Ada.Ash@WHARFE.example",
        "SMTP:ada.ash@wharfe.example",
        "smtp:ada.ash@wharfe.example",
        "mailto:ada.ash@wharfe.example",
        "Ada Ash <ada.ash@wharfe.example>",
        "\"Ash, Ada\" <ada.ash@wharfe.example>;",
        "Ash, Ada (WHARFE) <ada.ash@wharfe.example>",
        "Ada Ash (ada.ash@wharfe.example)",
        "ada.ash@wharfe.example (Ada Ash)",
        "ada.ash@wharfe.example<mailto:ada.ash@wharfe.example>",
        "[ada.ash@wharfe.example](mailto:ada.ash@wharfe.example)",
        "<ada.ash@wharfe.example>",
        "{SMTP:ada.ash@wharfe.example}",
        "'ada.ash@wharfe.example",
        "'ada.ash@wharfe.example'",
        "“ada.ash@wharfe.example”",
        "ada.ash@wharfe.example;",
        "ada.ash@wharfe.example,",
        "ada.ash@wharfe.example.",
        "\u{200B}ada.ash@wharfe.example",
        "\u{A0}ada.ash@wharfe.example\u{A0}",
        "\u{FEFF}ada.ash@\u{200B}wharfe.example",
        "=HYPERLINK(\"mailto:ada.ash@wharfe.example\",\"ada.ash@wharfe.example\")",
        "ada.ash@wharfe.example; Ada.Ash@wharfe.example",
    ] {
        let read = read_address(text);
        assert_eq!(read.as_deref(), Ok("ada.ash@wharfe.example"), "{text}");
    }
    assert_eq!(
        read_address("Siobhan.O'Neill@wharfe.example").as_deref(),
        Ok("siobhan.o'neill@wharfe.example")
    );
    assert_eq!(
        read_address("Zoë.Ash@wharfe.example").as_deref(),
        Ok("zoë.ash@wharfe.example")
    );
    for text in [
        "ada@wharfe.example; bob@wharfe.example",
        "ada@wharfe.example bob@wharfe.example",
        "{SMTP:ada@wharfe.example, smtp:a@wharfe.example}",
        "ada@wharfe.example\nbob@wharfe.example",
    ] {
        assert_eq!(read_address(text), Err(AddressFault::Several), "{text}");
    }
    for text in [
        "ada",
        "a b@wharfe.example",
        "smith, john@wharfe.example",
        "<a b@wharfe.example>",
        "ada@",
        "@wharfe.example",
        "ada@wharfe example",
        "Ada Ash ada@wharfe.example",
        "/o=Wharfe/cn=ada",
        "System.Object[]",
        "ada@exa_mple.example",
    ] {
        assert_eq!(read_address(text), Err(AddressFault::NotOne), "{text}");
    }
    for text in ["", " ", "{}", "#N/A"] {
        assert_eq!(read_address(text), Err(AddressFault::None), "{text}");
    }
}

#[test]
fn a_shape_tells_no_letter_and_no_digit() {
    assert_eq!(shape("Zoë’s 2nd: 12/2026"), "aaa·a 9aa: 99/9999");
    assert_eq!(shape(&"x".repeat(31)), format!("{}…", "a".repeat(30)));
}

#[test]
fn words_for_none_are_sorted() {
    assert!(words::WORDS_FOR_NONE.is_sorted());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[0-9.,'% :/T()a-zA-Z@<>{}=;\u{A0}\u{202F}٣-]{0,24}") {
        prop_assert!(!matches!(count(&text), Ok(Some(number)) if !(0..=1_000_000_000_000).contains(&number)));
        prop_assert!(!matches!(percentage(&text), Ok(Some(number)) if number < 0.0));
        prop_assert!(!matches!(size_bytes(&text, SizeUnit::Gibibytes), Ok(Some(bytes)) if !(0..=1_000_000_000_000_000).contains(&bytes)));
        for order in [DateOrder::DayMonthYear, DateOrder::MonthDayYear] {
            prop_assert!(!matches!(moment(&text, dates_in(order)), Ok(Some(moment)) if !(1900..=2200).contains(&moment.year())));
        }
        let _ = (answer(&text, "vip"), read_address(&text), copied_address(&text), shape(&text));
    }
}
