//! One report says one thing: its label, sentences, tiles, pictures and actions agree, and so do
//! the reports of one day.

use serde_json::Value;

use crate::support::prepared::sample_after_its_day;

const REPORTS: [&str; 3] = ["overall-migration", "failed-item", "switch-readiness"];

fn texts<'a>(page: &'a Value, part: &str) -> Vec<&'a str> {
    page[part]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}

fn figure<'a>(page: &'a Value, label: &str) -> &'a Value {
    page["key_figures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|figure| figure["label"] == label)
        .unwrap_or_else(|| panic!("no {label}"))
}

#[test]
fn what_a_reader_meets_first_agrees_with_everything_below() {
    let morning = sample_after_its_day();
    let archive = morning.archive();
    let mut pages = 0;
    for organisation in morning.organisations_served() {
        let of = |report: &str| {
            let is_made = archive
                .keys()
                .any(|file| file.contains(&format!("{organisation}/{report}/")));
            is_made.then(|| morning.model(&organisation, report))
        };
        for (report, model) in REPORTS
            .iter()
            .filter_map(|report| Some((report, of(report)?)))
        {
            pages += 1;
            let page = &model["page"];
            let (label, tone) = (
                page["headline"]["label"].as_str().unwrap(),
                page["headline"]["tone"].as_str().unwrap(),
            );
            let banner = texts(&page["headline"], "sentences").join(" ");
            let verdict = model["failure_rate"]["verdict"].as_str().unwrap();
            let is_above = ["high", "raised", "concentrated"].contains(&verdict);

            // Good is what no sentence of the box takes back.
            for worry in [
                "above",
                "missed",
                "did not switch",
                "will not be ready",
                "may not be ready",
            ] {
                assert!(
                    tone != "good" || !banner.contains(worry),
                    "{organisation} {report}: {label}: {banner}"
                );
            }
            if *report != "switch-readiness" && page["stage"] != "Mop-up" {
                assert_eq!(
                    banner.contains("above"),
                    is_above,
                    "{organisation} {report}: {banner}"
                );
                let ours = texts(page, "our_actions").join(" ");
                let looks_into = [
                    "We are finding out why failures",
                    "We are watching failures",
                    "We are looking into the mailbox",
                ];
                assert_eq!(
                    looks_into.iter().any(|words| ours.contains(words)),
                    is_above,
                    "{organisation} {report}: {ours}"
                );
            }
            // The figures of the box are those of the tiles.
            if *report == "overall-migration" && page["stage"] != "Mop-up" {
                let share = figure(page, "In sync or switched")["value"]
                    .as_str()
                    .unwrap();
                assert!(
                    banner.contains(&format!("({share})")),
                    "{organisation}: {share}: {banner}"
                );
            }
            if *report == "failed-item" && page["stage"] != "Mop-up" && verdict != "too_few_items" {
                let rate = figure(page, "Failure rate")["value"].as_str().unwrap();
                assert!(banner.contains(rate), "{organisation}: {rate}: {banner}");
            }
            // A picture says aloud what stands above it, and its figures stand in the table below
            // it.
            for section in page["sections"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|section| !section["chart"].is_null())
            {
                assert_eq!(
                    section["chart"]["alternative_text"], section["chart"]["title"],
                    "{organisation} {report}"
                );
                assert!(
                    !section["table"]["rows"].as_array().unwrap().is_empty(),
                    "{organisation} {report}: {}",
                    section["heading"]
                );
                assert_eq!(
                    section["chart"]["width"], 520,
                    "{organisation} {report}: {}",
                    section["heading"]
                );
            }
        }
        // What the organisation acts on is the same in both reports.
        let yours = |report: &str| -> Vec<String> {
            let model = of(report).unwrap();
            let yours = texts(&model["page"], "your_actions")
                .into_iter()
                .filter(|action| action.contains(" failed item"))
                .map(str::to_owned);
            yours
                .map(|action| action.split(" List: ").next().unwrap().to_owned())
                .collect()
        };
        assert_eq!(
            yours("overall-migration"),
            yours("failed-item"),
            "{organisation}"
        );
    }
    assert!(pages > 12, "{pages}");
}
