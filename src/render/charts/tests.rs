use super::bitmap::Written;
use super::*;
use crate::domain::{SyncState, plural::count};
use crate::metrics::FunnelLimits;
use crate::report::{
    CauseBar, CauseDays, ControlPoint, FunnelPoint, Mark, ProgressDay, ReadyCurve, StateRow,
};
use chrono::NaiveDate;

fn chart(name: &str, title: &str, height: u32, drawing: Drawing) -> Chart {
    Chart::new(name, title.to_owned(), height, drawing)
}

fn one(name: &str, title: &str, counts: [u64; 9]) -> Chart {
    Chart::of_states(name, title.to_owned(), row("", "", counts).segments)
}

fn row(label: &str, value: &str, counts: [u64; 9]) -> StateRow {
    let segments = SyncState::ALL
        .into_iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .collect();
    StateRow {
        label: label.to_owned(),
        value: value.to_owned(),
        segments,
    }
}

fn several(name: &str, title: &str, number: usize) -> Chart {
    let names = [
        "Wave 1 pilot",
        "Médecine générale, Élan Valley",
        "Community and Mental Health Services (south west)",
        "Łódź partner clinic",
        "Estates",
        "A&E <main site>",
    ];
    let rows: Vec<StateRow> = (0..number)
        .map(|place| {
            let n = place as u64;
            let counts = match place % 4 {
                0 => [0, 0, 30 + n, 1_200, 340, 4_100, 2, 3, 0],
                1 => [900, 200, 310, 45, 0, 0, 12, 1, 1],
                2 => [0, 0, 0, 0, 0, 77 + n, 0, 0, 0],
                _ => [120, 40, 300, 600, 20, 10, 0, 9, 0],
            };
            let done: u64 = counts[3..6].iter().sum();
            let all: u64 = counts.iter().sum();
            row(
                names[place % names.len()],
                &format!("{} of {}", count(done), count(all)),
                counts,
            )
        })
        .collect();
    Chart::of_groups(name, title.to_owned(), rows)
}

fn causes(name: &str, title: &str, bars: &[(&str, u64)], expected: f64) -> Chart {
    let bars: Vec<CauseBar> = bars
        .iter()
        .map(|(label, count)| CauseBar {
            label: (*label).to_owned(),
            count: *count,
        })
        .collect();
    let total = bars.iter().map(|bar| bar.count).sum();
    chart(
        name,
        title,
        104 + 56 * u32::try_from(bars.len()).unwrap(),
        Drawing::Causes {
            causes: bars,
            total,
            expected,
        },
    )
}

/// What a report can ask for, and worse.
fn samples() -> Vec<Chart> {
    let long = "4,312 of 5,020 mailboxes (86%) are in sync or switched, and 37 of the 1,204 \
     mailboxes that switch on Monday are not ready";
    let usual = [
        ("Item too large (over 40 MB)", 1_402),
        ("Item corrupted", 1_377),
        ("Temporary: time-out or throttling", 202),
        ("Other", 123),
    ];
    let eight = [
        ("Item too large (over 40 MB)", 4_000),
        ("Item corrupted", 120),
        ("Mailbox over its size limit", 60),
        ("Permission or folder metadata", 44),
        ("Temporary: time-out or throttling of the target", 12),
        (
            "A cause whose name is far too long for the room beside its bar",
            3,
        ),
        ("Café <unknown> & other", 1),
        ("Other", 1),
    ];
    vec![
        one(
            "one-typical",
            "86% of mailboxes are in sync or switched",
            [120, 60, 510, 1_204, 167, 2_941, 9, 9, 0],
        ),
        one(
            "one-all-states",
            long,
            [400, 300, 600, 900, 350, 2_400, 40, 25, 5],
        ),
        one(
            "one-slivers",
            "All but 9 of 50,000 mailboxes are switched",
            [1, 1, 1, 2, 1, 49_991, 1, 1, 1],
        ),
        one(
            "one-start",
            "No mailbox is in sync yet",
            [48_000, 1_000, 3, 0, 0, 0, 0, 0, 1],
        ),
        one(
            "one-halted",
            "Half of the mailboxes are halted",
            [0, 0, 100, 200, 0, 0, 150, 160, 140],
        ),
        one(
            "one-only",
            "All 5,020 mailboxes are switched",
            [0, 0, 0, 0, 0, 5_020, 0, 0, 0],
        ),
        one("one-none", "There are no mailboxes yet", [0; 9]),
        several("several-1", "The pilot is nearly done", 1),
        several("several-2", "The pilot is nearly done", 2),
        several("several-3", long, 3),
        several(
            "several-12",
            "3 of 12 collections are switched; the clinics are behind",
            12,
        ),
        several("several-20", "5 of 20 collections are switched", 20),
        chart(
            "several-empty",
            "Nothing to show",
            104,
            Drawing::States { rows: Vec::new() },
        ),
        causes(
            "causes-near",
            "Failures are as expected: 3,104 items, most too large",
            &usual,
            4_123.0,
        ),
        causes(
            "causes-touching",
            "Failures are as expected",
            &usual,
            3_180.0,
        ),
        causes("causes-at", "Failures are as expected", &usual, 3_104.0),
        causes(
            "causes-high",
            "Failures are well above what is expected, mostly items that are too large",
            &eight,
            310.0,
        ),
        causes("causes-low", long, &usual[..2], 41_300.0),
        causes("causes-one", "1 item failed", &[("Other", 1)], 0.4),
        causes(
            "causes-zero",
            "No item failed, where about 42 are expected",
            &[],
            42.0,
        ),
        causes("causes-nothing", "Nothing was attempted yet", &[], 0.0),
        control(
            "control-usual",
            "Failures are as expected day by day",
            30,
            1.0,
            &[],
        ),
        control(
            "control-special",
            "More failures on 26 November 2026 than chance explains",
            26,
            1.0,
            &[25],
        ),
        control(
            "control-outlier",
            "More failures on 20 November 2026 than chance explains",
            45,
            30.0,
            &[19],
        ),
        control("control-trial", long, 5, 1.0, &[]),
        control(
            "control-short",
            "Failures are as expected day by day",
            8,
            1.0,
            &[],
        ),
        control(
            "control-year",
            "Failures are as expected day by day",
            200,
            1.0,
            &[],
        ),
        chart(
            "control-none",
            "No days",
            300,
            Drawing::ControlChart {
                points: Vec::new(),
                target: 0.0001,
                is_trial: true,
            },
        ),
        progress("progress-usual", 15, 44_900_000),
        progress("progress-small", 40, 44_900),
        progress("progress-past", 20, 3_100_000),
        chart(
            "progress-none",
            "No days",
            300,
            Drawing::Progress { days: Vec::new() },
        ),
        ready("ready-usual", 12, 3, Some(3)),
        ready("ready-one", 2, 1, Some(1)),
        ready("ready-same-day", 20, 4, Some(0)),
        ready("ready-long", 42, 4, Some(14)),
        ready("ready-no-date", 12, 2, None),
        chart(
            "ready-none",
            "No days",
            280,
            Drawing::ReadyOverTime {
                days: Vec::new(),
                curves: Vec::new(),
            },
        ),
        over_time(
            "over-time",
            "61% of new failed items in 20 days: item too large",
            20,
            5,
        ),
        over_time("over-time-one", long, 3, 1),
        over_time(
            "over-time-long",
            "61% of new failed items in 20 days: item too large",
            60,
            6,
        ),
        funnel(
            "funnel-usual",
            "2 of 6 organisations above what chance explains",
            6,
        ),
        funnel("funnel-many", long, 600),
        funnel(
            "funnel-some",
            "2 of 40 organisations above what chance explains",
            40,
        ),
        chart(
            "funnel-none",
            "Nothing",
            360,
            Drawing::Funnel {
                points: Vec::new(),
                limits: Vec::new(),
                expected: 0.0001,
            },
        ),
        chart(
            "over-time-none",
            "Nothing",
            116,
            Drawing::CausesOverTime {
                dates: Vec::new(),
                causes: Vec::new(),
            },
        ),
    ]
}

/// Organisations round 1 in 10,000, of which each twentieth stands out; the first attempted few
/// items, of which many failed.
fn funnel(name: &str, title: &str, organisations: u64) -> Chart {
    let width = |attempted: f64| 3.1 * (0.0001 / attempted).sqrt();
    let limits = (0..80)
        .map(|place| 10_f64.powf(2.5 + f64::from(place) * 0.06))
        .map(|attempted| FunnelLimits {
            attempted: attempted as u64,
            lower_outer: (0.0001 - width(attempted)).max(0.0),
            lower_inner: (0.0001 - width(attempted) * 0.63).max(0.0),
            upper_inner: 0.0001 + width(attempted) * 0.63,
            upper_outer: 0.0001 + width(attempted),
        });
    let points = (0..organisations).map(|place| {
        let attempted = if place == 0 {
            400
        } else {
            1_000 + place * place * 2_654_435_761 % 9_000_000
        };
        let (factor, mark) = match place % 20 {
            0 => (3.0, Mark::Above),
            7 => (-1.2, Mark::Below),
            other => (other as f64 / 20.0 - 0.5, Mark::Usual),
        };
        let rate = (0.0001 + factor * width(attempted as f64)).max(0.0);
        FunnelPoint {
            label: format!("X{place:03}"),
            attempted,
            rate,
            mark,
        }
    });
    let drawing = Drawing::Funnel {
        points: points.collect(),
        limits: limits.collect(),
        expected: 0.0001,
    };
    chart(name, title, 380, drawing)
}

fn dates(number: usize) -> Vec<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 11, 1)
        .unwrap()
        .iter_days()
        .take(number)
        .collect()
}

/// A figure that looks like chance, 0 to 1, the same each time.
fn chance(place: usize) -> f64 {
    ((place * 7_919 + 104_729) % 1_009) as f64 / 1_009.0
}

/// Days of different size, one week without reports, days that stand out by `times` and one that is
/// good.
fn control(name: &str, title: &str, number: usize, times: f64, special: &[usize]) -> Chart {
    let points = dates(number)
        .into_iter()
        .enumerate()
        .filter(|(place, _)| !(9..12).contains(place))
        .map(|(place, date)| {
            let spread = 0.000_05 + 0.000_05 * chance(place * 3);
            let is_special = special.contains(&place);
            let rate = if is_special {
                0.000_1 + spread * 1.4 * times
            } else {
                0.000_06 + 0.000_08 * chance(place)
            };
            let mark = if is_special {
                Mark::Above
            } else if place == 4 {
                Mark::Below
            } else {
                Mark::Usual
            };
            ControlPoint {
                date,
                rate,
                lower: (0.000_1 - spread).max(0.0),
                upper: 0.000_1 + spread,
                mark,
            }
        });
    chart(
        name,
        title,
        336,
        Drawing::ControlChart {
            points: points.collect(),
            target: 0.000_1,
            is_trial: number < 12,
        },
    )
}

fn progress(name: &str, number: usize, total: u64) -> Chart {
    let items = |place: usize| total * place as u64 / (number as u64 * 2);
    let days = dates(number).into_iter().enumerate();
    let days = days.filter(|(place, _)| number < 12 || !(5..7).contains(place));
    let days = days.map(|(place, date)| ProgressDay {
        date,
        attempted: items(place),
        total: total - total / 50 + items(place) / 50,
        mailboxes: 100,
        mailboxes_without_total: 0,
    });
    let drawing = Drawing::Progress {
        days: days.collect(),
    };
    chart(name, "47% of items attempted", 260, drawing)
}

/// Collections of which the first switches so many days ahead, and each other a week after the one
/// before.
fn ready(name: &str, number: usize, collections: usize, ahead: Option<u64>) -> Chart {
    let days = dates(number);
    let labels = [
        "Week 2",
        "Community and Mental Health Services",
        "Week 1",
        "Łódź",
    ];
    let curve = |(place, label): (usize, &str)| ReadyCurve {
        label: label.to_owned(),
        mailboxes: 5_000,
        ready: (0..number)
            .map(|day| {
                let is_known = day != 4 || number < 12;
                is_known.then(|| ((day * 600) >> place).min(4_990 - place) as u64)
            })
            .collect(),
        switch_date: ahead
            .map(|ahead| *days.last().unwrap() + chrono::Days::new(ahead + 7 * place as u64)),
        expected: (place != 2).then_some((4_961 - 1_500 * place as u64, 5_000)),
    };
    let curves = labels.into_iter().take(collections).enumerate().map(curve);
    let drawing = Drawing::ReadyOverTime {
        curves: curves.collect(),
        days: days.clone(),
    };
    chart(name, "“Week 2” is 99% ready", 280, drawing)
}

fn over_time(name: &str, title: &str, number: usize, causes: usize) -> Chart {
    let labels = [
        "Item too large (over 40 MB)",
        "Item corrupted",
        "Temporary: time-out or throttling",
        "Permission",
        "Mailbox over its size limit",
        "3 other causes",
    ];
    let causes = labels
        .into_iter()
        .take(causes)
        .enumerate()
        .map(|(cause, label)| {
            let most = 900.0 / 3_f64.powi(cause as i32);
            let new_failed = (0..number)
                .map(|day| (day % 9 != 7).then(|| (most * chance(day * 5 + cause * 31)) as u64));
            CauseDays {
                label: label.to_owned(),
                new_failed: new_failed.collect(),
            }
        });
    let causes: Vec<CauseDays> = causes.collect();
    let height = 40 + 62 * u32::try_from(causes.len()).unwrap();
    chart(
        name,
        title,
        height,
        Drawing::CausesOverTime {
            dates: dates(number),
            causes,
        },
    )
}

/// The picture in black and white.
fn in_black_and_white(chart: &Chart) -> Vec<bool> {
    let weight = |[red, green, blue, _]: &[u8; 4]| {
        u32::from(*red) * 54 + u32::from(*green) * 183 + u32::from(*blue) * 19
    };
    paint(chart)
        .unwrap()
        .pixels()
        .iter()
        .map(|pixel| weight(pixel) < 128 * 256)
        .collect()
}

#[test]
fn special_points_differ_in_shape() {
    let painted = |mark: Mark| {
        let point = |date: NaiveDate| ControlPoint {
            date,
            rate: 0.000_1,
            lower: 0.0,
            upper: 0.000_2,
            mark,
        };
        let points = dates(3).into_iter().map(point).collect();
        in_black_and_white(&chart(
            "shape",
            "T",
            300,
            Drawing::ControlChart {
                points,
                target: 0.000_1,
                is_trial: false,
            },
        ))
    };
    let (usual, above, below) = (
        painted(Mark::Usual),
        painted(Mark::Above),
        painted(Mark::Below),
    );
    let differing = |one: &[bool], other: &[bool]| {
        one.iter()
            .zip(other)
            .filter(|(one, other)| one != other)
            .count()
    };
    for (one, other) in [(&usual, &above), (&usual, &below), (&above, &below)] {
        assert!(
            differing(one, other) > 3 * 30,
            "three marks of some 150 pixels each"
        );
    }
}

#[test]
fn a_control_chart_says_what_its_lines_are_and_when_they_are_on_trial() {
    let written = |number| -> Vec<String> { words(&control("control", "T", number, 1.0, &[])) };
    for word in [
        "expected",
        "upper limit",
        "lower limit",
        "Failed of 10,000 newly attempted, each day",
    ] {
        assert!(written(30).iter().any(|text| text == word), "{word}");
    }
    let trial = "Limits are provisional until day 12".to_owned();
    assert!(written(8).contains(&trial) && !written(30).contains(&trial));
}

#[test]
fn collections_and_switch_dates_are_labelled() {
    let written: Vec<String> = words(&ready("ready", 12, 3, Some(3)));
    for word in [
        "Share of mailboxes that are ready",
        "Switch 15 Nov",
        "22 Nov",
        "Week 2 99.8%",
        "Week 1 33%",
    ] {
        assert!(
            written.iter().any(|text| text == word),
            "{word}: {written:?}"
        );
    }
}

#[test]
fn the_last_day_is_told_from_all_items() {
    let day = ProgressDay {
        date: dates(1)[0],
        attempted: 4_161_729,
        total: 4_181_830,
        mailboxes: 5_000,
        mailboxes_without_total: 0,
    };
    let drawing = Drawing::Progress {
        days: vec![
            day,
            ProgressDay {
                date: dates(2)[1],
                ..day
            },
        ],
    };
    let written: Vec<String> = words(&chart("progress", "T", 260, drawing));
    assert!(
        written.contains(&"4.18 million".to_owned())
            && written.contains(&"4.16 million".to_owned()),
        "{written:?}"
    );
}

/// The texts of a chart, where and how large they are written.
fn texts(chart: &Chart) -> Vec<Written> {
    paint(chart).unwrap().written
}

fn words(chart: &Chart) -> Vec<String> {
    texts(chart)
        .into_iter()
        .map(|written| written.text)
        .collect()
}

fn decoded(png: &[u8]) -> (png::OutputInfo, png::ColorType) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .unwrap();
    let colours = reader.info().color_type;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    (reader.next_frame(&mut pixels).unwrap(), colours)
}

#[test]
fn pictures_are_twice_the_size_with_a_palette_and_the_same_each_time() {
    for chart in samples() {
        let png = draw(&chart).unwrap();
        let (info, colours) = decoded(&png);
        assert_eq!(
            (info.width, info.height),
            (2 * chart.width, 2 * chart.height),
            "{}",
            chart.name
        );
        assert_eq!(colours, png::ColorType::Indexed, "{}", chart.name);
        assert_eq!(png, draw(&chart).unwrap(), "{}", chart.name);
    }
}

#[test]
fn no_text_leaves_the_picture_or_meets_another() {
    for chart in samples() {
        let texts = texts(&chart);
        for (place, Written { text, ink, .. }) in texts.iter().enumerate() {
            let inside = ink.left >= -0.5
                && ink.top >= 0.0
                && ink.right <= f64::from(chart.width) + 0.5
                && ink.bottom <= f64::from(chart.height);
            assert!(inside, "{}: {text:?} at {ink:?}", chart.name);
            for Written {
                text: other,
                ink: theirs,
                ..
            } in texts.iter().skip(place + 1)
            {
                let apart = ink.right <= theirs.left
                    || theirs.right <= ink.left
                    || ink.bottom <= theirs.top
                    || theirs.bottom <= ink.top;
                assert!(apart, "{}: {text:?} meets {other:?}", chart.name);
            }
        }
    }
}

#[test]
fn the_mark_of_the_baseline_crosses_no_figure() {
    for expected in 0..900 {
        let chart = causes("mark", "T", &[("Other", 400)], f64::from(expected));
        let figure = texts(&chart)
            .into_iter()
            .find(|written| written.text == "400")
            .unwrap()
            .ink;
        let scale = (520.0 - figure.width() - 16.0) / f64::from(expected.max(400));
        let mark = f64::from(expected) * scale;
        assert!(
            mark < figure.left - 1.0 || mark > figure.right + 1.0,
            "{expected}: {mark} in {figure:?}"
        );
    }
}

/// No word is smaller than those of an email, 16; on a phone of 360 a page has 336 for a picture, and in
/// the dark, with an edge round it, 320.
#[test]
fn every_word_is_as_large_as_the_text_and_read_on_a_phone() {
    for chart in samples() {
        let texts = texts(&chart);
        let on_a_phone = |written: &Written| written.size * 320.0 / f64::from(chart.width);
        let is_read = |written: &Written| written.size >= 16.0 && on_a_phone(written) >= 11.0;
        assert!(
            !texts.is_empty() && texts.iter().all(is_read),
            "{}: {texts:?}",
            chart.name
        );
    }
}

/// Printed without colour, no two areas that meet are of one grey: there is white or an edge
/// between them.
#[test]
fn areas_of_a_bar_are_told_apart_in_grey() {
    let chart = one("grey", "T", [400, 300, 600, 900, 350, 2_400, 40, 25, 5]);
    let png = draw(&chart).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&png[..]));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    // A line of pixels near the top of the bar, above its words.
    let line = (8 + 4) * 2 * info.line_size;
    let grey: Vec<u8> = pixels[line..line + info.line_size]
        .chunks(3)
        .map(|pixel| {
            ((u32::from(pixel[0]) * 54 + u32::from(pixel[1]) * 183 + u32::from(pixel[2]) * 19) >> 8)
                as u8
        })
        .collect();
    let gaps = grey
        .windows(4)
        .filter(|four| four.iter().all(|grey| *grey > 250))
        .count();
    assert!(gaps >= 8, "{gaps} columns of white between 9 states");
}

#[test]
fn every_state_with_its_count_is_written_and_the_finding_is_left_to_the_page() {
    let chart = one(
        "states",
        "All but 9 of 50,000 mailboxes are switched",
        [1, 2, 3, 4, 5, 49_991, 7, 8, 9],
    );
    let written: Vec<String> = words(&chart);
    assert!(!written.contains(&chart.title));
    for state in SyncState::ALL {
        assert!(
            written.iter().any(|text| text == state.label()),
            "{state:?}"
        );
    }
    for count in ["1", "2", "3", "4", "5", "49,991", "7", "8", "9"] {
        assert!(written.iter().any(|text| text == count), "{count}");
    }
}

#[test]
fn the_key_names_only_states_that_occur() {
    let rows = vec![
        row("One", "", [0, 0, 5, 0, 0, 1, 0, 0, 0]),
        row("Two", "", [0, 0, 0, 0, 0, 9, 0, 0, 0]),
    ];
    let written: Vec<String> = words(&chart("key", "T", 138, Drawing::States { rows }));
    let named: Vec<_> = SyncState::ALL
        .into_iter()
        .filter(|state| written.iter().any(|text| text == state.label()))
        .collect();
    assert_eq!(named, [SyncState::Synchronising, SyncState::Switched]);
}

#[test]
fn hostile_texts_are_drawn_as_text() {
    let rows = vec![
        row("<script>&\"'\u{1}\u{0}\u{FFFF}", "\u{202E}x", [1; 9]),
        row("日本語 🏥", "", [1; 9]),
    ];
    draw(&chart(
        "hostile",
        "a\nb </svg> \u{7}",
        138,
        Drawing::States { rows },
    ))
    .unwrap();
}

#[test]
fn impossible_charts_are_refused_by_name() {
    let mut flat = one("flat", "T", [1; 9]);
    flat.height = 0;
    assert!(
        draw(&flat)
            .unwrap_err()
            .to_string()
            .starts_with("chart flat was not drawn")
    );
    flat.height = 1_000_000;
    assert!(matches!(
        draw(&flat).unwrap_err().problem,
        ChartProblem::Size { .. }
    ));
    for expected in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(matches!(
            draw(&causes("odd", "T", &[], expected))
                .unwrap_err()
                .problem,
            ChartProblem::Expected(_)
        ));
    }
    let mut tiny = one("tiny", "T", [1; 9]);
    (tiny.width, tiny.height) = (1, 1);
    draw(&tiny).unwrap();
}
