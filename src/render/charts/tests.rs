use resvg::usvg::{Group, Node, Rect};

use super::*;
use crate::domain::SyncState;
use crate::report::{CauseBar, StateRow};

fn chart(name: &str, title: &str, height: u32, drawing: Drawing) -> Chart {
    Chart { name: name.to_owned(), title: title.to_owned(), alternative_text: String::new(), drawing, width: 640, height }
}

fn one(name: &str, title: &str, counts: [u64; 9]) -> Chart {
    chart(name, title, 150, Drawing::States { rows: vec![row("", "", counts)] })
}

fn row(label: &str, value: &str, counts: [u64; 9]) -> StateRow {
    let segments = SyncState::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect();
    StateRow { label: label.to_owned(), value: value.to_owned(), segments }
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
            row(names[place % names.len()], &format!("{} of {}", figures::with_commas(done), figures::with_commas(all)), counts)
        })
        .collect();
    chart(name, title, 70 + 34 * u32::try_from(number).unwrap(), Drawing::States { rows })
}

fn causes(name: &str, title: &str, bars: &[(&str, u64)], expected: f64) -> Chart {
    let bars: Vec<CauseBar> = bars.iter().map(|(label, count)| CauseBar { label: (*label).to_owned(), count: *count }).collect();
    let total = bars.iter().map(|bar| bar.count).sum();
    chart(name, title, 90 + 34 * (u32::try_from(bars.len()).unwrap() + 1), Drawing::Causes { causes: bars, total, expected })
}

/// What a report can ask for, and worse.
fn samples() -> Vec<Chart> {
    let long = "4,312 of 5,020 mailboxes (86%) are in sync or switched, and 37 of the 1,204 mailboxes that switch on Monday are not ready";
    let usual =
        [("Item too large (over 40 MB)", 1_402), ("Item corrupted", 1_377), ("Temporary: time-out or throttling", 202), ("Other", 123)];
    let eight = [
        ("Item too large (over 40 MB)", 4_000),
        ("Item corrupted", 120),
        ("Mailbox over its size limit", 60),
        ("Permission or folder metadata", 44),
        ("Temporary: time-out or throttling of the target", 12),
        ("A cause whose name is far too long for the room beside its bar", 3),
        ("Café <unknown> & other", 1),
        ("Other", 1),
    ];
    vec![
        one("one-typical", "86% of mailboxes are in sync or switched", [120, 60, 510, 1_204, 167, 2_941, 9, 9, 0]),
        one("one-all-states", long, [400, 300, 600, 900, 350, 2_400, 40, 25, 5]),
        one("one-slivers", "All but 9 of 50,000 mailboxes are switched", [1, 1, 1, 2, 1, 49_991, 1, 1, 1]),
        one("one-start", "No mailbox is in sync yet", [48_000, 1_000, 3, 0, 0, 0, 0, 0, 1]),
        one("one-halted", "Half of the mailboxes are halted", [0, 0, 100, 200, 0, 0, 150, 160, 140]),
        one("one-only", "All 5,020 mailboxes are switched", [0, 0, 0, 0, 0, 5_020, 0, 0, 0]),
        one("one-none", "There are no mailboxes yet", [0; 9]),
        several("several-1", "The pilot is nearly done", 1),
        several("several-2", "The pilot is nearly done", 2),
        several("several-3", long, 3),
        several("several-12", "3 of 12 collections are switched; the clinics are behind", 12),
        several("several-20", "5 of 20 collections are switched", 20),
        chart("several-empty", "Nothing to show", 104, Drawing::States { rows: Vec::new() }),
        causes("causes-near", "Failures are as expected: 3,104 items, most too large", &usual, 4_123.0),
        causes("causes-touching", "Failures are as expected", &usual, 3_180.0),
        causes("causes-at", "Failures are as expected", &usual, 3_104.0),
        causes("causes-high", "Failures are well above what is expected, mostly items that are too large", &eight, 310.0),
        causes("causes-low", long, &usual[..2], 41_300.0),
        causes("causes-one", "1 item failed", &[("Other", 1)], 0.4),
        causes("causes-zero", "No item failed, where about 42 are expected", &[], 42.0),
        causes("causes-nothing", "Nothing was attempted yet", &[], 0.0),
    ]
}

/// The texts of a drawing with the boxes of their letters, in CSS pixels.
fn texts(chart: &Chart) -> Vec<(String, Rect)> {
    fn collect(group: &Group, found: &mut Vec<(String, Rect)>) {
        for node in group.children() {
            match node {
                Node::Group(group) => collect(group, found),
                Node::Text(text) => {
                    let letters: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
                    let scale = 1.0 / canvas::UNITS_PER_PIXEL as f32;
                    let shape = text.flattened().abs_bounding_box();
                    let bounds = Rect::from_xywh(shape.x() * scale, shape.y() * scale, shape.width() * scale, shape.height() * scale);
                    found.push((letters, bounds.unwrap()));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(raster::read(&svg(chart).unwrap()).unwrap().root(), &mut found);
    found
}

fn decoded(png: &[u8]) -> (png::OutputInfo, png::ColorType) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let colours = reader.info().color_type;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    (reader.next_frame(&mut pixels).unwrap(), colours)
}

#[test]
fn pictures_are_twice_the_size_with_a_palette_and_the_same_each_time() {
    for chart in samples() {
        let png = draw(&chart).unwrap();
        let (info, colours) = decoded(&png);
        assert_eq!((info.width, info.height), (2 * chart.width, 2 * chart.height), "{}", chart.name);
        assert_eq!(colours, png::ColorType::Indexed, "{}", chart.name);
        assert_eq!(png, draw(&chart).unwrap(), "{}", chart.name);
    }
}

#[test]
fn no_text_leaves_the_picture_or_meets_another() {
    for chart in samples() {
        let texts = texts(&chart);
        for (place, (text, bounds)) in texts.iter().enumerate() {
            let inside = bounds.left() >= -0.5
                && bounds.top() >= 0.0
                && bounds.right() <= chart.width as f32 + 0.5
                && bounds.bottom() <= chart.height as f32;
            assert!(inside, "{}: {text:?} at {bounds:?}", chart.name);
            for (other, theirs) in texts.iter().skip(place + 1) {
                let apart = bounds.right() <= theirs.left()
                    || theirs.right() <= bounds.left()
                    || bounds.bottom() <= theirs.top()
                    || theirs.bottom() <= bounds.top();
                assert!(apart, "{}: {text:?} meets {other:?}", chart.name);
            }
        }
    }
}

#[test]
fn the_title_and_every_state_with_its_count_are_written() {
    let chart = one("states", "All but 9 of 50,000 mailboxes are switched", [1, 2, 3, 4, 5, 49_991, 7, 8, 9]);
    let written: Vec<String> = texts(&chart).into_iter().map(|(text, _)| text).collect();
    assert_eq!(written.first().unwrap(), &chart.title);
    for state in SyncState::ALL {
        assert!(written.iter().any(|text| text == state.label()), "{state:?}");
    }
    for count in ["1", "2", "3", "4", "5", "49,991", "7", "8", "9"] {
        assert!(written.iter().any(|text| text == count), "{count}");
    }
}

#[test]
fn the_key_names_only_states_that_occur() {
    let rows = vec![row("One", "", [0, 0, 5, 0, 0, 1, 0, 0, 0]), row("Two", "", [0, 0, 0, 0, 0, 9, 0, 0, 0])];
    let written: Vec<String> = texts(&chart("key", "T", 138, Drawing::States { rows })).into_iter().map(|(text, _)| text).collect();
    let named: Vec<_> = SyncState::ALL.into_iter().filter(|state| written.iter().any(|text| text == state.label())).collect();
    assert_eq!(named, [SyncState::Synchronising, SyncState::Switched]);
}

#[test]
fn hostile_texts_are_drawn_as_text() {
    let rows = vec![row("<script>&\"'\u{1}\u{0}\u{FFFF}", "\u{202E}x", [1; 9]), row("日本語 🏥", "", [1; 9])];
    draw(&chart("hostile", "a\nb </svg> \u{7}", 138, Drawing::States { rows })).unwrap();
}

#[test]
fn impossible_charts_are_refused_by_name() {
    let mut flat = one("flat", "T", [1; 9]);
    flat.height = 0;
    assert!(draw(&flat).unwrap_err().to_string().starts_with("chart flat was not drawn"));
    flat.height = 1_000_000;
    assert!(matches!(draw(&flat).unwrap_err().problem, ChartProblem::Size { .. }));
    for expected in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(matches!(draw(&causes("odd", "T", &[], expected)).unwrap_err().problem, ChartProblem::Expected(_)));
    }
    let mut tiny = one("tiny", "T", [1; 9]);
    (tiny.width, tiny.height) = (1, 1);
    draw(&tiny).unwrap();
}
