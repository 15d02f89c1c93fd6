use super::*;
use crate::metrics::DayOfFailures;
use crate::report::drawing::Mark;

fn expected() -> ExpectedRate {
    ExpectedRate::try_from(0.0001).unwrap()
}

fn chart(failed: &[u64]) -> Result<ControlChart, NoControlChart> {
    let first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    let days: Vec<DayOfFailures> = first
        .iter_days()
        .zip(failed)
        .map(|(date, failed)| DayOfFailures {
            date,
            new_failed: *failed,
            newly_attempted: 1_000_000,
        })
        .collect();
    ControlChart::of(&days, expected(), 1.0)
}

fn first_sentence(failed: &[u64]) -> String {
    let usual: [u64; 13] = [104, 95, 108, 97, 111, 93, 102, 89, 106, 98, 112, 94, 103];
    control_chart(&chart(&[&usual, failed].concat()), expected())
        .text
        .remove(0)
}

#[test]
fn every_finding_is_one_plain_sentence() {
    for (failed, wanted) in [
        (
            &[96][..],
            "New failures were as expected on each of the latest 7 days.",
        ),
        (
            &[260],
            "On 14 November 2026, 1 in 3,850 newly attempted items failed: more than chance \
             explains, where about 1 in 10,000 is expected.",
        ),
        (
            &[0],
            "On 14 November 2026, none of 1,000,000 newly attempted items failed: fewer than \
             chance explains, where about 1 in 10,000 is expected.",
        ),
        (
            &[260, 98],
            "The latest day that stood out, with more failures than chance explains, was 14 \
             November 2026: it is too soon to say that this is over.",
        ),
        (
            &[260, 98, 103],
            "New failures were as expected again to 16 November 2026; the latest day that stood \
             out was 14 November 2026.",
        ),
        (
            &[96, 103, 107, 104, 108, 105, 103, 104],
            "Since 15 November 2026, new failures have been above the expected rate in 7 \
             reports in a row; about 1 in 10,000 is expected.",
        ),
        (
            &[103, 93, 97, 94, 98, 95, 93, 99],
            "Since 15 November 2026, new failures have been below the expected rate in 7 \
             reports in a row; about 1 in 10,000 is expected.",
        ),
        (
            &[132, 101, 132],
            "Since 14 November 2026, new failures have been close to the upper limit in 2 of 3 \
             reports; about 1 in 10,000 is expected.",
        ),
        (
            &[68, 98, 68],
            "Since 14 November 2026, new failures have been close to the lower limit in 2 of 3 \
             reports; about 1 in 10,000 is expected.",
        ),
        (
            &[90, 94, 97, 101, 104, 107, 109],
            "Since 14 November 2026, the share of new failures has risen from report to report, 7 \
             in a row; about 1 in 10,000 is expected.",
        ),
        (
            &[109, 107, 104, 102, 98, 95, 91],
            "Since 14 November 2026, the share of new failures has fallen from report to report, 7 \
             in a row; about 1 in 10,000 is expected.",
        ),
    ] {
        assert_eq!(first_sentence(failed), wanted);
    }
}

#[test]
fn where_verdict_and_days_differ_it_is_said_that_they_may() {
    let date = NaiveDate::from_ymd_opt(2026, 11, 14).unwrap();
    for side in [Side::Above, Side::Below] {
        let findings = [
            ControlChartFinding::Outside { side, date },
            ControlChartFinding::Run {
                side,
                since: date,
                days: 7,
            },
            ControlChartFinding::NearLimit { side, since: date },
            ControlChartFinding::Trend {
                side,
                since: date,
                days: 7,
            },
            ControlChartFinding::InControl { days: 7 },
        ];
        for (place, finding) in findings.into_iter().enumerate() {
            let is_above = side == Side::Above && place < 4;
            for (verdict, is_verdict_above) in [
                (Verdict::High, true),
                (Verdict::Raised, true),
                (Verdict::Concentrated, true),
                (Verdict::LowerThanExpected, false),
                (Verdict::AsExpected, false),
                (Verdict::TooFewItems, false),
            ] {
                assert_eq!(
                    beside_the_verdict(finding, verdict).is_some(),
                    is_above != is_verdict_above,
                    "{finding:?} {verdict:?}"
                );
            }
        }
    }
}

#[test]
fn too_few_days_are_counted() {
    for (failed, known) in [
        (&[][..], "there are none yet"),
        (&[1], "there is 1"),
        (&[1, 2], "there are 2"),
    ] {
        let section = control_chart(&chart(failed), expected());
        assert_eq!(
            section.text,
            [format!(
                "A chart of failures by day needs 3 days with newly attempted items; {known}."
            )]
        );
        assert!(section.chart.is_none() && section.table.is_none());
    }
}

#[test]
fn trial_limits_and_missing_days_are_told() {
    let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    let days = [
        (1, 0, 100_000),
        (2, 10, 100_000),
        (4, 23, 200_000),
        (5, 0, 0),
        (6, 0, 0),
        (7, 12, 100_000),
    ]
    .map(|(day, new_failed, newly_attempted)| DayOfFailures {
        date: date(day),
        new_failed,
        newly_attempted,
    });
    let section = control_chart(&ControlChart::of(&days, expected(), 1.0), expected());
    assert_eq!(
        section.text[1..3],
        [
            "Not on the chart: 1 day without a report.",
            "Not on the chart: 2 days on which nothing was attempted.",
        ]
    );
}

#[test]
fn the_table_has_the_numbers_of_the_chart() {
    let days: Vec<u64> = (0..20).map(|day| 90 + day % 5 * 5).chain([300]).collect();
    let section = control_chart(&chart(&days), expected());
    let table = section.table.unwrap();
    assert_eq!(
        (
            table.rows.len(),
            table.cut.as_ref().and_then(|cut| cut.sentence.as_deref())
        ),
        (
            5,
            Some("Showing the latest 5 of 21 days; all: workbook, sheet By day.")
        )
    );
    assert_eq!(
        table.rows[0][..4],
        ["Sat 21 Nov", "300", "1,000,000", "3.0"]
    );
    assert_eq!(table.rows[0][5], "Above the upper limit");
    assert!(table.rows.iter().flatten().all(|cell| !cell.is_empty()));
    let chart = section.chart.unwrap();
    let Drawing::ControlChart {
        points, is_trial, ..
    } = &chart.drawing
    else {
        panic!("{chart:?}")
    };
    assert_eq!(
        (points.len(), points[20].mark, *is_trial),
        (21, Mark::Above, false)
    );
    assert_eq!(
        chart.title,
        "More failures on 21 November 2026 than chance explains"
    );
}
