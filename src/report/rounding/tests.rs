use super::*;

fn rate(failed: u64, attempted: u64) -> FailureRate {
    FailureRate { failed, attempted }
}

/// Parts of wholes: every one of the small, and of the large those near none, near all and between.
fn parts() -> impl Iterator<Item = (u64, u64)> {
    let small = (1..=400).flat_map(|whole| (0..=whole).map(move |part| (part, whole)));
    let large = [
        1_199,
        5_000,
        20_000,
        999_999,
        1_000_000,
        1_030_000,
        44_912_345,
        2_100_000_000,
    ];
    let large = large.into_iter().flat_map(|whole: u64| {
        let near = (0..40).map(|step| step * step * step);
        let between = (0..=97).map(move |step| whole / 97 * step);
        let ends = near.flat_map(move |lack| [lack.min(whole), whole.saturating_sub(lack)]);
        ends.chain(between).map(move |part| (part, whole))
    });
    small.chain(large)
}

/// The first number in a text, with its commas.
fn figure(text: &str) -> f64 {
    let text: String = text.chars().filter(|one| *one != ',').collect();
    let digits = text.split(|one: char| !one.is_ascii_digit() && one != '.');
    digits
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap())
        .next()
        .unwrap()
}

#[test]
fn nothing_reads_as_none_or_all_that_is_not() {
    for (part, whole) in parts() {
        let (none, all) = (part == 0, part == whole);
        let said = share(part, whole);
        assert_eq!(
            (said == "0%", said == "100%"),
            (none, all),
            "{part} of {whole}: {said}"
        );
        if said != "under 1%" {
            let off = (figure(&said) / 100.0 - fraction(part, whole)).abs();
            assert!(off <= 0.0051, "{part} of {whole}: {said}");
        }
        // As a workbook shows it, with a decimal of its percent.
        let shown = format!("{:.1}%", shown_share(fraction(part, whole)) * 100.0);
        assert_eq!(
            (shown == "0.0%", shown == "100.0%"),
            (none, all),
            "{part} of {whole}: {shown}"
        );
        let two_figures = percentage(rate(part, whole));
        let is_all = two_figures == "100%" || two_figures == "100.0%";
        assert_eq!(
            (two_figures == "0%", is_all),
            (none, all),
            "{part} of {whole}: {two_figures}"
        );
        let four_decimals = printed_rate(fraction(part, whole));
        assert_eq!(four_decimals == "0.0000%", none, "{part} of {whole}");
    }
    assert_eq!(share(0, 0), NOT_REPORTED);
    assert_eq!(
        [share(1, 300), share(99_977, 100_000)],
        ["under 1%", "99.9%"]
    );
}

#[test]
fn so_many_in_so_many_is_right_to_a_tenth() {
    for (part, whole) in parts() {
        let said = one_in(rate(part, whole));
        assert_eq!(
            (said == "none", said == "all"),
            (part == 0, part == whole),
            "{part} of {whole}"
        );
        assert!(
            said != "1 in 1" && said != "10 in 10" && !said.ends_with(" in 0"),
            "{said}"
        );
        let share = fraction(part, whole);
        if let Some(number) = said.strip_prefix("1 in ") {
            let number = figure(number);
            assert!(
                (share * number - 1.0).abs() < 0.12,
                "{part} of {whole}: {said}"
            );
        } else if let Some(tenths) = said
            .strip_suffix(" in 10")
            .filter(|_| share < 0.95 && part > 0)
        {
            assert!(
                (figure(tenths) / 10.0 - share).abs() <= 0.0501,
                "{part} of {whole}: {said}"
            );
        }
    }
    let said = [
        (3_104, 41_200_000),
        (7, 20),
        (9, 10),
        (2, 3),
        (999, 1_000),
        (3, 3),
        (0, 9),
    ];
    assert_eq!(
        said.map(|(failed, attempted)| one_in(rate(failed, attempted))),
        [
            "1 in 13,300",
            "1 in 3",
            "9 in 10",
            "7 in 10",
            "more than 9 in 10",
            "all",
            "none"
        ]
    );
    let expected = |rate| expected_one_in(ExpectedRate::try_from(rate).unwrap());
    assert_eq!(
        [expected(0.0001), expected(0.7)],
        ["1 in 10,000", "7 in 10"]
    );
}

#[test]
fn what_lacks_of_a_whole_can_be_told_from_what_is_printed() {
    for (part, whole) in parts() {
        let said = part_of(part, whole);
        let (first, second) = said.split_once(" of ").unwrap();
        let in_millions = if second.ends_with("million") {
            1e6
        } else {
            1.0
        };
        // A small part of millions stands in full.
        let is_alone = part < 100_000 && in_millions > 1.0;
        let [first, second] = [
            figure(first) * if is_alone { 1.0 } else { in_millions },
            figure(second) * in_millions,
        ];
        let lacks = (whole - part) as f64;
        assert!(
            (first - part as f64).abs() <= 0.1 * part as f64 + 1e-6,
            "{part} of {whole}: {said}"
        );
        assert!(
            ((second - first) - lacks).abs() <= 0.101 * lacks + 1e-3,
            "{part} of {whole}: {said}"
        );
    }
    for (part, whole, said) in [
        (41_234_567, 44_912_345, "41.2 of 44.9 million"),
        (4_161_000, 4_183_000, "4.16 of 4.18 million"),
        (1_029_749, 1_030_000, "1,029,749 of 1,030,000"),
        (4_183_000, 4_183_000, "4.2 of 4.2 million"),
        (812, 1_204, "812 of 1,204"),
        (12, 4_183_000, "12 of 4.2 million"),
    ] {
        assert_eq!(part_of(part, whole), said);
    }
}

#[test]
fn rates_have_two_figures() {
    assert_eq!(
        [(3_104, 41_200_000), (7, 20), (1, 300)].map(|(part, whole)| percentage(rate(part, whole))),
        ["0.0075%", "35%", "0.33%"]
    );
    assert_eq!(
        [999_999, 1_000_000, 41_234_567].map(large_count),
        ["999,999", "1.0 million", "41.2 million"]
    );
    assert_eq!(
        [0.0, 2.4e-8, 7.4e-5, 0.999_999_9, 1.0].map(printed_rate),
        [
            "0.0000%",
            "under 0.0001%",
            "0.0074%",
            "99.9999%",
            "100.0000%"
        ]
    );
}

#[test]
fn expectations_have_two_significant_figures() {
    let words = [
        0.0,
        0.99,
        1.0,
        7.4,
        42.6,
        99.6,
        142.4,
        4_123.9,
        41_200_000.0,
    ]
    .map(expected_count);
    assert_eq!(
        words,
        [
            "fewer than 1",
            "fewer than 1",
            "about 1",
            "about 7",
            "about 43",
            "about 100",
            "about 140",
            "about 4,100",
            "about 41,000,000"
        ]
    );
    assert!(expected_count(f64::MAX).starts_with("about"));
}
