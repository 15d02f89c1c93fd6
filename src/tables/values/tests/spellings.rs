//! A value, written in any way, is read as that value or not at all.

use super::*;

/// Something that people and programs put round a value and that says nothing.
fn wrapped(text: &str, wrapping: usize) -> String {
    match wrapping {
        0 => text.to_owned(),
        1 => format!(" {text} "),
        2 => format!("'{text}"),
        3 => format!("\"{text}\""),
        4 => format!("\u{200B}{text}\u{200E}"),
        5 => format!("\u{A0}{text}\u{A0}"),
        _ => format!("@{{Value={text}}}"),
    }
}

/// A number with its digits in groups of three.
fn grouped(number: i64, separator: &str) -> String {
    let digits = number.to_string();
    let mut groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.reverse();
    groups.join(separator)
}

/// Ways of writing a day, each with the order that it is in; `None` for one that says so itself.
const DAYS: [(&str, Option<DateOrder>); 26] = [
    ("%d/%m/%Y", Some(DateOrder::DayMonthYear)),
    ("%-d/%-m/%Y", Some(DateOrder::DayMonthYear)),
    ("%d.%m.%Y", Some(DateOrder::DayMonthYear)),
    ("%d-%m-%Y", Some(DateOrder::DayMonthYear)),
    ("%d %m %Y", Some(DateOrder::DayMonthYear)),
    ("%d/%m/%y", Some(DateOrder::DayMonthYear)),
    ("%d.%m.%y", Some(DateOrder::DayMonthYear)),
    ("%d-%m-%y", Some(DateOrder::DayMonthYear)),
    ("%A %d/%m/%Y", Some(DateOrder::DayMonthYear)),
    ("%m/%d/%Y", Some(DateOrder::MonthDayYear)),
    ("%-m/%-d/%y", Some(DateOrder::MonthDayYear)),
    ("%Y-%m-%d", None),
    ("%Y/%m/%d", None),
    ("%Y%m%d", None),
    ("%d %b %Y", None),
    ("%d-%b-%y", None),
    ("%d %B %Y", None),
    ("%-dth of %B %Y", None),
    ("%a, %d %b %Y", None),
    ("%A, %-d %B, %Y", None),
    ("%B %-d, %Y", None),
    ("%b %d %Y", None),
    ("%Y-%b-%d", None),
    ("%d%b%Y", None),
    ("%d.%b.%Y", None),
    ("%a %Y-%m-%d", None),
];

/// Ways of writing a time. Those without seconds lose them.
const TIMES: [(&str, bool); 14] = [
    (" %H:%M:%S", true),
    ("T%H:%M:%S", true),
    (" %H:%M", false),
    (", %H:%M:%S", true),
    (" - %H:%M:%S", true),
    (" at %H:%M", false),
    (" %-I:%M:%S %p", true),
    (" %I:%M:%S%p", true),
    (" %H:%M %p", false),
    (" %I:%M:%S\u{202F}%p", true),
    (" %H.%M.%S", true),
    (" %I.%M%p", false),
    (" %H:%M:%S.0000000", true),
    (" %H%M%S", true),
];

fn meridiem_spelt(text: &str, spelling: usize) -> String {
    let spelt = [
        ["AM", "PM"],
        ["am", "pm"],
        ["a.m.", "p.m."],
        ["A.M.", "P.M."],
    ];
    let [am, pm] = spelt[spelling % 4];
    text.replace("AM", am).replace("PM", pm)
}

proptest! {
    #[test]
    fn counts_and_sizes_are_the_same_in_every_culture(
        number in prop_oneof![0..=numbers::MOST_ITEMS, 0_i64..100_000],
        wrapping in 0_usize..7,
    ) {
        for separator in ["", ",", ".", "'", "’", " ", "\u{A0}", "\u{202F}"] {
            let text = wrapped(&grouped(number, separator), wrapping);
            prop_assert_eq!(count(&text), Ok(Some(number)), "{}", text);
            let text = wrapped(&format!("7 TB ({} bytes)", grouped(number, separator)), wrapping);
            prop_assert_eq!(size_bytes(&text, SizeUnit::Mebibytes), Ok(Some(number)), "{}", text);
        }
        for ending in [".0", ".00", ",00", " items"] {
            let text = wrapped(&format!("{number}{ending}"), wrapping);
            prop_assert_eq!(count(&text), Ok(Some(number)), "{}", text);
        }
        // Signs and other digits make another number, or none.
        for text in [format!("-{number}"), format!("({number})"), format!("{number}.5"), format!("{number}e1"), format!("{number}/7"), format!("{number} 5")] {
            prop_assert!(count(&text).is_err() || count(&text) == Ok(Some(number * 10 + 5)), "{}", text);
        }
    }

    #[test]
    fn a_percentage_is_the_same_with_any_mark(whole in 0_u32..200, tenths in 0_u32..10, wrapping in 0_usize..7) {
        let number = f64::from(whole * 10 + tenths) / 10.0;
        for text in [format!("{whole}.{tenths}"), format!("{whole},{tenths}"), format!("{whole}.{tenths}%"), format!("{whole},{tenths} %"), format!("{whole}.{tenths} percent")] {
            prop_assert_eq!(percentage(&wrapped(&text, wrapping)), Ok(Some(number)), "{}", text);
        }
    }

    #[test]
    fn a_moment_is_read_as_it_was_written_or_not_at_all(
        seconds in -631_152_000_i64..2_524_608_000, // 1950 to 2049, which two digits name
        (day, order) in prop::sample::select(&DAYS[..]),
        (time, has_seconds) in prop::sample::select(&TIMES[..]),
        zone in prop::sample::select(vec![None, Some(0), Some(3600), Some(-18_000), Some(19_800)]),
        wrapping in 0_usize..7,
        spelling in 0_usize..4,
    ) {
        let written = chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
        let written = if has_seconds { written } else { written.with_second(0).unwrap() };
        let mut text = meridiem_spelt(&written.format(&format!("{day}{time}")).to_string(), spelling);
        let mut expected = written;
        if let Some(zone) = zone {
            let zone = chrono::FixedOffset::east_opt(zone).unwrap();
            text += &format!(" {zone}");
            let instant = written.and_local_timezone(zone).unwrap();
            expected = instant.with_timezone(&chrono_tz::Europe::London).naive_local();
        }
        let text = wrapped(&text, wrapping);
        for read_in in [DateOrder::DayMonthYear, DateOrder::MonthDayYear] {
            let read = moment(&text, dates_in(read_in));
            if order.is_none() || order == Some(read_in) {
                let is_clear = day != "%d-%m-%y";
                prop_assert!(read == Ok(Some(expected)) || (!is_clear && read == Err(Unreadable)), "{}: {:?}", text, read);
            } else if let Ok(Some(other)) = read {
                // In the other order it is the other one of two possible days.
                let day_and_month = |moment: NaiveDateTime| (moment.day().min(moment.month()), moment.day().max(moment.month()));
                prop_assert!(zone.is_some() || day_and_month(other) == day_and_month(written), "{}: {}", text, other);
            }
        }
    }

    #[test]
    fn an_address_is_read_as_it_is_or_not_at_all(
        local in "[a-z][a-z0-9]{0,6}([._'-][a-z0-9]{1,6}){0,2}",
        domain in "[a-z]{1,8}(-[a-z]{1,5})?\\.example",
        name in "[A-Z][a-zé]{1,8},? [A-Z][a-z']{0,8}",
        wrapping in 0_usize..6,
        shouts in any::<bool>(),
        other in "[a-z]{1,6}",
    ) {
        let address = format!("{local}@{domain}");
        let written = if shouts { address.to_uppercase() } else { address.clone() };
        for text in [
            written.clone(),
            format!("SMTP:{written}"),
            format!("mailto:{written}"),
            format!("{name} <{written}>"),
            format!("{name} ({written})"),
            format!("{written} ({name})"),
            format!("\"{name}\" <smtp:{written}>;"),
            format!("{written}<mailto:{address}>"),
            format!("{written};"),
            format!("{written},"),
        ] {
            let read = read_address(&wrapped(&text, wrapping));
            prop_assert_eq!(read.as_deref(), Ok(address.as_str()), "{}", text);
        }
        // Of anything else no part is taken for the address.
        for text in [
            format!("{other} {written}"),
            format!("{written} {other}"),
            format!("{written}; zz{other}@{domain}"),
            format!("<{other} {written}>"),
            format!("{other}, {written}"),
        ] {
            prop_assert!(read_address(&text).is_err(), "{}", text);
        }
        let whole = format!("{other}@{address}");
        prop_assert_eq!(read_address(&whole), Ok(whole));
    }

    #[test]
    fn yes_is_never_no(
        yes in prop::sample::select(vec!["yes", "Yes", "TRUE", "y", "1", "x", "✓", "VIP"]),
        no in prop::sample::select(vec!["no", "No", "FALSE", "n", "0", "✗", "Not VIP", "non-vip"]),
        wrapping in 0_usize..7,
    ) {
        let (yes, no) = (wrapped(yes, wrapping), wrapped(no, wrapping));
        prop_assert_eq!(answer(&yes, "vip"), Ok(Some(YesOrNo::Yes)));
        prop_assert_eq!(answer(&no, "vip"), Ok(Some(YesOrNo::No)));
    }
}
