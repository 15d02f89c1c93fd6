//! A code that changed, and organisations that merged: their history goes on.

use serde_json::Value;

use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{DATE, Morning};

const DAY_BEFORE: &str = "2026-11-19";

/// Two days of three organisations, of which the first is run.
fn before() -> Morning {
    let morning = Morning::of_three().with_exports_of(DAY_BEFORE);
    let said = morning.say_of(DAY_BEFORE, &["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    morning
}

/// The same, in which later exports of an organisation are another's.
fn moved(morning: &Morning, from: &str, to: &str, numbered: &str) {
    let exports = morning.folder.path().join("exports");
    let (from, to) = (exports.join(from), exports.join(to));
    std::fs::create_dir_all(to.join(DATE)).unwrap();
    for (folder, file) in [
        (DATE, "sync-state"),
        (DATE, "failed-items"),
        ("", "migration-schedule"),
    ] {
        let text = std::fs::read(from.join(folder).join(format!("{file}.csv")));
        if let Ok(text) = text {
            std::fs::write(to.join(folder).join(format!("{file}{numbered}.csv")), text).unwrap();
        }
    }
    std::fs::remove_dir_all(from).unwrap();
}

/// The hospice under another code.
const NEW_ROW: &str = "ZTQ,Tiny Pennyford Hospice,pilot,pennyford-hospice.example,\
                       matron@pennyford-hospice.example,matron@pennyford-hospice.example,,workbook,ZTP";

/// The register with other rows in place of those of some organisations.
fn with_rows(morning: &Morning, gone: &[&str], rows: &[&str]) {
    morning.edit("organisations.csv", |register| {
        let mut lines = register.lines();
        let mut text = format!("{},formerly\n", lines.next().unwrap());
        for line in lines.filter(|line| !gone.iter().any(|code| line.starts_with(code))) {
            text += &format!("{line},\n");
        }
        text + &rows.join("\n") + "\n"
    });
}

/// The same text with one code in place of another.
fn with_code(model: &Value, from: &str, to: &str) -> String {
    model.to_string().replace(from, to)
}

#[test]
fn under_a_new_code_everything_goes_on_and_the_first_report_says_so() {
    let control = before();
    assert_eq!(control.say(&["run"]).exit_code, 0);
    // References are made of fingerprints, and those with a key.
    let morning = Morning::of_three().with_exports_of(DAY_BEFORE);
    let key = |of: &Morning| of.folder.path().join("data/history/key");
    std::fs::create_dir_all(key(&morning).parent().unwrap()).unwrap();
    std::fs::copy(key(&control), key(&morning)).unwrap();
    morning.say_of(DAY_BEFORE, &["run"]);
    moved(&morning, "ZTP", "ZTQ", "");
    with_rows(&morning, &["ZTP"], &[NEW_ROW]);
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    for report in ["overall-migration", "failed-item"] {
        let mut model = morning.model("ZTQ", report);
        let notices = model["page"]["notices"].take();
        let notice = notices[0].as_str().unwrap();
        assert!(
            notice.starts_with(
                "First report under the code ZTQ: it continues ZTP, last reported on Thursday 19 \
                 November."
            ),
            "{notice}"
        );
        let mut known = control.model("ZTP", report);
        known["page"]["notices"].take();
        assert_eq!(
            with_code(&model, "ZTQ", "ZTP"),
            known.to_string(),
            "{report}: but for the code and the notice it says what it would have said"
        );
    }
    // What the former code was sent is found under the new one too.
    let listed = morning.deliveries(&["--organisation", "ZTQ"]);
    let codes: Vec<&str> = listed
        .iter()
        .map(|delivery| delivery["organisation"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["ZTP", "ZTP", "ZTQ", "ZTQ"]);
    let page = morning.folder.path().join("data/archive").join(DATE);
    let page = std::fs::read_to_string(page.join("index.html")).unwrap();
    let link = format!("<a href=\"../{DAY_BEFORE}/index.html\">Until 19 November 2026, as ZTP<");
    assert!(page.contains(&link), "{page}");
    // What still comes under the code before is known as its own.
    let old = morning.folder.path().join("exports/ZTP").join(DATE);
    std::fs::create_dir_all(&old).unwrap();
    std::fs::write(old.join("sync-state.csv"), "Source Mailbox\n").unwrap();
    let said = morning.say(&["run"]);
    assert!(
        said.stderr
            .contains("1 export of ZTP, which is ZTQ in the register now"),
        "{}",
        said.all()
    );
}

#[test]
fn what_went_out_under_the_code_before_goes_not_out_again_the_same_day() {
    let server = server().start();
    let morning = morning_with(&server);
    morning.run_of(DATE, "ZTP");
    assert_eq!(server.taken(), 3);
    moved(&morning, "ZTP", "ZTQ", "");
    with_rows(&morning, &["ZTP"], &[NEW_ROW]);
    let said = morning.say(&["run", "--organisation", "ZTQ"]);
    assert_eq!((said.exit_code, server.taken()), (0, 3), "{}", said.all());
    assert!(
        said.stderr.contains(
            "ZTQ: no reports, for that of this day went out under the code which it had before"
        ),
        "{}",
        said.all()
    );
}

#[test]
fn organisations_that_merged_go_on_as_one() {
    let control = before();
    assert_eq!(control.say(&["run"]).exit_code, 0);
    let morning = before();
    moved(&morning, "ZTP", "ZNW", "-1");
    moved(&morning, "ZCA", "ZNW", "-2");
    let row = "ZNW,Pennyford and Cawderdale,sync-and-switch,\
               pennyford-hospice.example;cawderdale.nhs.example,\
               matron@pennyford-hospice.example,matron@pennyford-hospice.example,,workbook,ZTP;ZCA";
    with_rows(&morning, &["ZTP", "ZCA"], &[row]);
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let [merged, one, other] = [
        morning.model("ZNW", "overall-migration"),
        control.model("ZTP", "overall-migration"),
        control.model("ZCA", "overall-migration"),
    ];
    let notice = merged["page"]["notices"][0].as_str().unwrap();
    assert!(
        notice.contains("it continues ZTP and ZCA, last reported on"),
        "{notice}"
    );
    for figure in [
        "mailboxes",
        "items_total",
        "items_failed",
        "items_attempted",
    ] {
        let of = |model: &Value| model["totals"][figure].as_u64().unwrap();
        assert_eq!(of(&merged), of(&one) + of(&other), "{figure}");
    }
    // What is new, cleared and newly attempted is counted from the days of both.
    let days = |of: &Morning, code: &str| {
        let file = super::file("organisation-days", DATE, code);
        let frame = super::frame(&super::history(of)[&file]);
        [
            "new_failed_items",
            "cleared_failed_items",
            "newly_attempted",
        ]
        .map(|name| {
            let figures = frame.column(name).unwrap().i64().unwrap();
            figures.get(0).unwrap()
        })
    };
    let [sum, one, other] = [
        days(&morning, "ZNW"),
        days(&control, "ZTP"),
        days(&control, "ZCA"),
    ];
    assert_eq!(sum, [0, 1, 2].map(|at| one[at] + other[at]));
}

#[test]
fn a_former_code_is_continued_by_one_organisation_that_is_alone_in_it() {
    let row = |code: &str, domain: &str, formerly: &str| {
        format!(
            "{code},Name of {code},pilot,{domain}.example,jo@{domain}.example,,,workbook,{formerly}"
        )
    };
    for (rows, why) in [
        (
            [row("ZAA", "aa", "ZTP"), row("ZBB", "bb", "ZTP")],
            "ZTP is claimed by ZBB too: only one organisation may continue its history",
        ),
        (
            [row("ZAA", "aa", "ZAA"), row("ZBB", "bb", "")],
            "ZAA is its own code",
        ),
        (
            [row("ZAA", "aa", "ZMU"), row("ZBB", "bb", "")],
            "ZMU is an organisation of the register that is not closed",
        ),
    ] {
        let again = before();
        with_rows(&again, &["ZTP"], &[&rows[0], &rows[1]]);
        let said = again.say(&["run"]);
        assert!(
            said.exit_code == 3 && said.stderr.contains(why),
            "{}",
            said.all()
        );
        assert!(
            !again.organisations_served().contains(&"ZAA".to_owned()),
            "it is held"
        );
    }
}
