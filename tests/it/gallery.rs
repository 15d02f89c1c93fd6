//! The gallery: every report in every state. The program makes the reports of invented
//! organisations; the gallery's pages are made from nothing but the models that lie in its archive,
//! and are held against the pages beside them.

mod estate;
mod states;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use calamine::{Reader, Xlsx, open_workbook_from_rs};
use chrono::Days;
use migration_monitor::domain::{DeliveryState, OrganisationCode, ReportDate, ReportKind};
use migration_monitor::render::{self, Picture, Rendered, Templates, WorkbookFile};
use migration_monitor::report::{
    self, ArchivedDay, DayRecord, EditionLink, OrganisationOutcome, ReportModel, SummaryModel, Tone,
};
use migration_monitor::settings::Settings;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::run_summary::{invented, model_of, summary_of};
use crate::support::morning::{DATE, Morning, Said, files_below, sample_folder};
use estate::{Invented, last_day};
use states::{State, states};

/// Fixed, so that references of failed items are the same each time.
const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";

/// A morning of every state: settings, register and exports.
fn morning_of(states: &[State]) -> Morning {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        sample_folder().join("migration-monitor.toml"),
        folder.path().join("migration-monitor.toml"),
    )
    .unwrap();
    let organisations: Vec<&Invented> = states.iter().map(|state| &state.organisation).collect();
    estate::write(&organisations, folder.path());
    let register = folder.path().join("organisations.csv");
    let with_occasional = with_occasional(&std::fs::read_to_string(&register).unwrap());
    std::fs::write(register, with_occasional).unwrap();
    std::fs::create_dir_all(folder.path().join("data/history")).unwrap();
    std::fs::write(folder.path().join("data/history/key"), KEY).unwrap();
    Morning { folder }
}

/// States in which the reports that do not go out daily are shown too.
const WITH_OCCASIONAL: [&str; 9] = [
    "ZUS", "ZFD", "ZHI", "ZUT", "ZNB", "ZAS", "ZMO", "ZPI", "ZLONGEST",
];

/// A register in which somebody gets these reports too, where they are shown.
fn with_occasional(register: &str) -> String {
    let mut lines = register.lines();
    let columns = ReportKind::occasional().map(ReportKind::recipients_column);
    let columns: Vec<String> = columns.collect();
    let mut with = format!("{},{}\n", lines.next().unwrap(), columns.join(","));
    for line in lines {
        let code = line.split(',').next().unwrap();
        let to = match WITH_OCCASIONAL.contains(&code) {
            true => "board@nhs.example",
            false => "",
        };
        let _ = writeln!(with, "{line},{}", vec![to; columns.len()].join(","));
    }
    with
}

/// The arguments that ask for them.
fn asking_for_all() -> Vec<&'static str> {
    let reports = ReportKind::occasional();
    reports
        .flat_map(|report| ["--also", report.name()])
        .collect()
}

/// Runs the program on every day, and brings the organisations into their states.
fn run(morning: &Morning, states: &[State]) {
    let most_days = states
        .iter()
        .map(|state| state.organisation.days)
        .max()
        .unwrap();
    for date in (0..most_days)
        .rev()
        .map(|before| last_day() - Days::new(before))
    {
        let served: Vec<&State> = states
            .iter()
            .filter(|state| state.organisation.has_exports_of(date))
            .collect();
        if date < last_day() {
            let codes = served
                .iter()
                .flat_map(|state| ["--organisation", state.organisation.code]);
            let said = morning.say_of(
                &date.to_string(),
                &["run"].into_iter().chain(codes).collect::<Vec<_>>(),
            );
            assert_eq!(said.exit_code, 0, "{}", said.all());
        }
    }
    std::fs::remove_file(
        morning
            .folder
            .path()
            .join(Morning::export("ZHE", "sync-state.csv")),
    )
    .unwrap();
    let ended_with =
        |said: Said, exit_code| assert_eq!(said.exit_code, exit_code, "{}", said.all());
    let all: Vec<&str> = ["run"].into_iter().chain(asking_for_all()).collect();
    ended_with(morning.say(&all), 4);
    morning.edit(&Morning::export("ZED", "failed-items.csv"), |items| {
        items.replacen("IPM.Note", "IPM.Task", 1)
    });
    ended_with(
        morning.say(&[
            "reissue",
            "--organisation",
            "ZED",
            "--reason",
            "The export of failed items was cut short.",
        ]),
        0,
    );
}

/// What a file of the archive says, which must be all that it says: written again, it is the same.
fn read<M: DeserializeOwned + Serialize>(bytes: &[u8]) -> M {
    let model: M = serde_json::from_slice(bytes).unwrap();
    assert_eq!(
        serde_json::to_string_pretty(&model).unwrap() + "\n",
        String::from_utf8_lossy(bytes),
        "a model is not read as it was written"
    );
    model
}

/// A page of the gallery, as its checks know it.
#[derive(Serialize)]
struct Shown {
    state: String,
    says: String,
    report: String,
    /// Whether it is sent: a page of the archive is not.
    is_email: bool,
    /// The page, from the gallery's folder.
    html: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workbook: Option<String>,
}

/// A folder of pages.
struct Gallery {
    folder: PathBuf,
    pages: Vec<Shown>,
}

impl Gallery {
    fn write(&self, below: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.folder.join(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        below.to_owned()
    }

    /// Adds an email as it lies beside its pictures.
    fn add_email(
        &mut self,
        state: &str,
        says: &str,
        report: &str,
        rendered: &Rendered,
        model: &impl Serialize,
    ) {
        let file = |name: &str| format!("{state}/{report}/{name}");
        for Picture { file_name, png } in &rendered.pictures {
            self.write(&file(file_name), png);
        }
        let shown = Shown {
            state: state.to_owned(),
            says: says.to_owned(),
            report: report.to_owned(),
            is_email: true,
            html: self.write(&file("report.html"), render::page_beside_pictures(rendered)),
            text: Some(self.write(&file("report.txt"), &rendered.text)),
            model: Some(self.write(
                &file("model.json"),
                serde_json::to_vec_pretty(model).unwrap(),
            )),
            workbook: Some(self.write(
                &file(&rendered.workbook.file_name),
                &rendered.workbook.bytes,
            )),
        };
        self.pages.push(shown);
    }

    /// Adds a page of the archive; its pictures are those of the Run Summary beside it.
    fn add_page(
        &mut self,
        state: &str,
        says: &str,
        report: &str,
        html: &str,
        rendered: Option<&Rendered>,
    ) {
        for Picture { file_name, png } in rendered.iter().flat_map(|rendered| &rendered.pictures) {
            self.write(
                &format!("{state}/{report}/run-summary/edition-1/{file_name}"),
                png,
            );
        }
        let html = self.write(&format!("{state}/{report}/index.html"), html);
        let (state, says, report) = (state.to_owned(), says.to_owned(), report.to_owned());
        self.pages.push(Shown {
            state,
            says,
            report,
            is_email: false,
            html,
            text: None,
            model: None,
            workbook: None,
        });
    }

    /// Adds a Run Summary, and the archive's page of its day.
    fn add_summary(
        &mut self,
        state: &str,
        says: &str,
        model: &SummaryModel,
        links: &[EditionLink],
        templates: &Templates,
    ) -> Rendered {
        let model: SummaryModel = read(&written(model));
        let rendered =
            render::run_summary(&model, &report::summary_workbook(&model), templates).unwrap();
        self.add_email(state, says, "run-summary", &rendered, &model);
        let page = render::day_page(&report::day_page(&model, links, true), templates).unwrap();
        let page = page.replace(
            &format!("run-summary/edition-{}/", model.edition),
            "run-summary/edition-1/",
        );
        self.add_page(state, says, "archive-day", &page, Some(&rendered));
        rendered
    }

    /// Writes what leads to the pages: for people, and for checks.
    fn finish(self) {
        let mut states: Vec<(&str, &str, Vec<&Shown>)> = Vec::new();
        for page in &self.pages {
            match states.iter_mut().find(|(state, ..)| *state == page.state) {
                Some((_, _, pages)) => pages.push(page),
                None => states.push((&page.state, &page.says, vec![page])),
            }
        }
        let mut rows = String::new();
        for (state, says, pages) in &states {
            let _ = write!(
                rows,
                "<tr><th scope=\"row\">{state}</th><td>{says}</td><td><ul>"
            );
            for page in pages {
                let _ = write!(
                    rows,
                    "<li>{}: <a href=\"{}\">page</a>",
                    page.report, page.html
                );
                for (word, file) in [
                    ("text", &page.text),
                    ("model", &page.model),
                    ("workbook", &page.workbook),
                ] {
                    if let Some(file) = file {
                        let _ = write!(rows, ", <a href=\"{file}\">{word}</a>");
                    }
                }
                rows += "</li>";
            }
            rows += "</ul></td></tr>\n";
        }
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>Gallery of \
             reports</title>\n\
             <style>body {{ font-family: Arial, sans-serif; margin: 2em; }} th, td {{ text-align: \
             left; vertical-align: top; padding: 4px 24px 4px 0; \
             border-bottom: 1px solid #d8dde0; }} ul {{ margin: 0; padding-left: 1em; \
             }}</style></head>\n<body><h1>Gallery of reports</h1>\n\
             <p>{} pages in {} states. Nobody and nothing in them is \
             real.</p>\n<table><thead><tr><th scope=\"col\">State</th>\
             <th scope=\"col\">What it is</th><th \
             scope=\"col\">Reports</th></tr></thead><tbody>\n{rows}</tbody></table></body></html>\n",
            self.pages.len(),
            states.len()
        );
        self.write("index.html", page);
        self.write(
            "gallery.json",
            serde_json::to_vec_pretty(&self.pages).unwrap(),
        );
    }
}

/// A model as the archive writes it.
fn written(model: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(model).unwrap();
    bytes.push(b'\n');
    bytes
}

/// The newest edition of a report: its folder, from the archive's.
fn newest_edition(archive: &BTreeMap<String, Vec<u8>>, code: &str, report: &str) -> Option<String> {
    let folder = |edition: u32| format!("{DATE}/{code}/{report}/edition-{edition}/");
    (1..=9)
        .rev()
        .map(folder)
        .find(|folder| archive.contains_key(&format!("{folder}model.json")))
}

/// An archived report, made again from its model, which gives the same page, text and pictures.
fn rendered_again(
    folder: &str,
    archive: &BTreeMap<String, Vec<u8>>,
    templates: &Templates,
) -> (ReportModel, Rendered) {
    let file = |name: &str| &archive[&format!("{folder}{name}")];
    let model: ReportModel = read(file("model.json"));
    let workbook = WorkbookFile {
        file_name: model.page.workbook.clone(),
        bytes: file(&model.page.workbook).clone(),
    };
    let rendered = render::render_model(&model, workbook, templates).unwrap();
    assert!(
        render::page_beside_pictures(&rendered).as_bytes() == file("report.html"),
        "{folder}report.html"
    );
    assert!(
        rendered.text.as_bytes() == file("report.txt"),
        "{folder}report.txt"
    );
    for picture in &rendered.pictures {
        assert!(
            picture.png == *file(&picture.file_name),
            "{folder}{}",
            picture.file_name
        );
    }
    let pictures = archive
        .keys()
        .filter(|name| name.starts_with(folder) && name.ends_with(".png"))
        .count();
    assert_eq!(rendered.pictures.len(), pictures, "{folder}");
    (model, rendered)
}

/// Adds the reports of a state, and says of which it is not true.
fn add_reports(
    gallery: &mut Gallery,
    state: &State,
    archive: &BTreeMap<String, Vec<u8>>,
    templates: &Templates,
) -> Vec<String> {
    let mut untrue = Vec::new();
    let is_silent = ["held", "closed"].contains(&state.name);
    assert_eq!(
        newest_edition(archive, state.organisation.code, "overall-migration").is_none(),
        is_silent,
        "{} is held",
        state.name
    );
    assert_eq!(
        newest_edition(archive, state.organisation.code, "failed-item").is_none(),
        is_silent,
        "{} is held",
        state.name
    );
    for kind in ReportKind::ALL {
        let Some(folder) = newest_edition(archive, state.organisation.code, kind.name()) else {
            continue;
        };
        let (model, rendered) = rendered_again(&folder, archive, templates);
        if !(state.is_shown_by)(&model) {
            untrue.push(format!(
                "{folder} is not what “{}” says: {:?}, {:?}",
                state.name, model.failure_rate, model.totals
            ));
        }
        untrue.extend(
            lists_that_differ(&model, &rendered)
                .into_iter()
                .map(|list| format!("{folder} {list}")),
        );
        untrue.extend(colour_that_says_other(&model).map(|said| format!("{folder} {said}")));
        gallery.add_email(state.name, state.says, kind.name(), &rendered, &model);
    }
    untrue
}

/// What a box of this colour may not stand over: red over nothing to do, and a word of no problem over
/// mailboxes that are still to come.
fn colour_that_says_other(model: &ReportModel) -> Option<String> {
    let page = &model.page;
    let label = &page.headline.label;
    let is_daily = matches!(
        model.report,
        ReportKind::OverallMigration | ReportKind::FailedItem | ReportKind::SwitchReadiness
    );
    let nothing_to_do = page.your_actions.is_empty() && page.our_actions.is_empty();
    let states = &model.totals.by_state;
    let is_left =
        states.in_sync + states.ready_to_switch + states.switched < model.totals.mailboxes;
    let tone = page.headline.tone;
    let is_wrong =
        (tone == Tone::Attention && nothing_to_do) || (label == "No problems found" && is_left);
    (is_daily && is_wrong).then(|| format!("is {tone:?} of nothing: {label}"))
}

/// The first number of a sentence.
fn first_number(sentence: &str) -> Option<usize> {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let from = sentence.find(is_digit)?;
    let number = sentence[from..].split(|letter| !is_digit(letter) && letter != ',');
    number
        .take(1)
        .collect::<String>()
        .replace(',', "")
        .parse()
        .ok()
}

/// Of the numbered actions those that count other than the rows of the sheet that they name, as
/// another reader reads it, and of the sheets of actions those that no action names.
fn lists_that_differ(model: &ReportModel, rendered: &Rendered) -> Vec<String> {
    let bytes = Cursor::new(rendered.workbook.bytes.clone());
    let mut workbook: Xlsx<_> = open_workbook_from_rs(bytes).unwrap();
    let mut sheets: Vec<String> = workbook.sheet_names();
    sheets.retain(|sheet| sheet.starts_with("Action "));
    let mut wrong = Vec::new();
    for action in &model.page.your_actions {
        let named = action.rsplit_once(" List: ");
        let named = named.map_or("", |(_, list)| list.trim_start_matches("workbook, "));
        let named = named.trim_start_matches("sheet ").trim_end_matches('.');
        if !sheets.contains(&named.to_owned()) {
            wrong.push(format!("names no list: {action}"));
            continue;
        }
        sheets.retain(|sheet| sheet != named);
        let range = workbook.worksheet_range(named).unwrap();
        let headings = range
            .rows()
            .position(|row| row.iter().any(|cell| *cell == "Source mailbox"));
        let rows = range.height() - headings.unwrap() - 1;
        if first_number(action) != Some(rows) {
            wrong.push(format!("sheet {named} has {rows} rows: {action}"));
        }
    }
    wrong.extend(
        sheets
            .into_iter()
            .map(|sheet| format!("no action names {sheet}")),
    );
    wrong
}

#[test]
fn the_first_number_of_a_sentence_is_what_it_counts() {
    for (sentence, number) in [
        ("Tell 1,204 users that 3 …", Some(1_204)),
        ("117 users have 143 items", Some(117)),
        ("Nothing", None),
    ] {
        assert_eq!(first_number(sentence), number);
    }
}

/// Run Summaries of mornings that were invented: what servers do to messages is not a matter of
/// exports.
fn add_summaries(gallery: &mut Gallery, templates: &Templates) {
    let organisation = |number: usize, messages: &[(DeliveryState, u64)]| OrganisationOutcome {
        messages: messages.iter().copied().collect(),
        unknown: if messages
            .iter()
            .any(|(state, _)| *state == DeliveryState::Unknown)
        {
            vec![17]
        } else {
            Vec::new()
        },
        held: Vec::new(),
        ..invented(30)[number].clone()
    };
    let all_out: Vec<OrganisationOutcome> = (6..14)
        .map(|number| organisation(number, &[(DeliveryState::Accepted, 3)]))
        .collect();
    let nothing_out: Vec<OrganisationOutcome> = (6..14)
        .map(|number| organisation(number, &[(DeliveryState::Deferred, 3)]))
        .collect();
    let states = [
        DeliveryState::Unknown,
        DeliveryState::Refused,
        DeliveryState::Bounced,
        DeliveryState::Quarantined,
        DeliveryState::Delivered,
        DeliveryState::Held,
        DeliveryState::Expired,
        DeliveryState::Deferred,
        DeliveryState::Accepted,
    ];
    let mixed: Vec<OrganisationOutcome> = (6..18)
        .map(|number| OrganisationOutcome {
            held: if number == 7 {
                vec!["The sync-state export is missing.".to_owned()]
            } else {
                Vec::new()
            },
            changed: if number == 12 {
                vec!["X013/2026-11-20/sync-state.csv changed".to_owned()]
            } else {
                Vec::new()
            },
            mistakes: if number == 13 {
                vec!["Line 14, column stage.".to_owned()]
            } else {
                Vec::new()
            },
            ..organisation(
                number,
                &[
                    (states[number % states.len()], 1),
                    (DeliveryState::Accepted, 2),
                ],
            )
        })
        .collect();
    let earlier = report::EarlierDays {
        unknown: 1,
        bounced: 1,
        quarantined: 1,
        expired: 2,
    };
    let came_back: Vec<OrganisationOutcome> = (6..18)
        .map(|number| {
            let state = match number {
                7 => DeliveryState::Bounced,
                9 => DeliveryState::Quarantined,
                _ => DeliveryState::Delivered,
            };
            organisation(number, &[(state, 1), (DeliveryState::Accepted, 2)])
        })
        .collect();
    for (state, says, model) in [
        (
            "summary-came-back",
            "All was accepted, and some came back",
            summary_of(came_back, false, report::EarlierDays::default()),
        ),
        (
            "summary-all-out",
            "All reports went out",
            summary_of(all_out.clone(), false, report::EarlierDays::default()),
        ),
        (
            "summary-nothing-out",
            "The mail server was away",
            summary_of(nothing_out, false, report::EarlierDays::default()),
        ),
        (
            "summary-mixed",
            "Every state of a delivery, and days before that are open",
            summary_of(mixed, false, earlier),
        ),
        (
            "summary-preview",
            "A preview: nothing was sent",
            summary_of(all_out, true, report::EarlierDays::default()),
        ),
        ("summary-600", "600 organisations", model_of(600)),
    ] {
        gallery.add_summary(state, says, &model, &links_of(&model), templates);
    }
}

fn links_of(model: &SummaryModel) -> Vec<EditionLink> {
    let codes = model
        .organisations
        .iter()
        .filter_map(|line| line.code.clone());
    codes
        .map(|organisation| EditionLink {
            organisation,
            report: ReportKind::OverallMigration,
            edition: 1,
        })
        .collect()
}

#[test]
fn an_archived_model_is_all_that_page_text_and_charts_are_made_of() {
    let (morning, templates) = (Morning::of_three(), Templates::new(&[]).unwrap());
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let archive = morning.archive();
    for code in ["ZCA", "ZMU", "ZTP"] {
        for report in ["overall-migration", "failed-item"] {
            rendered_again(
                &newest_edition(&archive, code, report).unwrap(),
                &archive,
                &templates,
            );
        }
    }
}

/// Writes the gallery for tests/gallery.
#[test]
#[ignore = "run by tests/gallery"]
fn pages() {
    let folder = std::env::var("GALLERY").expect("GALLERY names a folder");
    let mut gallery = Gallery {
        folder: Path::new(&folder).to_owned(),
        pages: Vec::new(),
    };
    let (states, templates) = (states(), Templates::new(&[]).unwrap());
    let morning = morning_of(&states);
    run(&morning, &states);
    let archive = files_below(&morning.folder.path().join("data/archive"));
    let untrue: Vec<String> = states
        .iter()
        .flat_map(|state| add_reports(&mut gallery, state, &archive, &templates))
        .collect();
    assert!(untrue.is_empty(), "{}", untrue.join("\n"));

    let editions: Vec<EditionLink> = archive
        .keys()
        .filter_map(|file| {
            file.strip_prefix(&format!("{DATE}/"))?
                .strip_suffix("/model.json")
        })
        .filter_map(|below| {
            let [code, report, edition] = below.split('/').collect::<Vec<_>>()[..] else {
                return None;
            };
            let (organisation, report) = (
                OrganisationCode::parse(code).ok()?,
                ReportKind::from_name(report)?,
            );
            Some(EditionLink {
                organisation,
                report,
                edition: edition.strip_prefix("edition-")?.parse().ok()?,
            })
        })
        .collect();
    let summary = |edition: u32| -> SummaryModel {
        read(&archive[&format!("{DATE}/run-summary/edition-{edition}/model.json")])
    };
    let held = gallery.add_summary(
        "held",
        "Held: no report, and a line in the Run Summary",
        &summary(1),
        &editions,
        &templates,
    );
    assert_eq!(
        render::page_beside_pictures(&held).as_bytes(),
        archive[&format!("{DATE}/run-summary/edition-1/report.html")]
    );
    assert!(
        held.text.contains("Held, and so not sent: ZHE."),
        "{}",
        held.text
    );
    add_summaries(&mut gallery, &templates);

    let record: DayRecord =
        serde_json::from_slice(&archive[&format!("{DATE}/run-summary/edition-1/record.json")])
            .unwrap();
    let settings = Settings::load(Some(&sample_folder().join("migration-monitor.toml"))).unwrap();
    let day = |before: u64, record| ArchivedDay {
        date: ReportDate::of(last_day() - Days::new(before)),
        record,
    };
    let days = [day(0, Some(record)), day(1, None)];
    let page = render::archive_page(
        &report::archive_page(&settings.programme, &days),
        &templates,
    )
    .unwrap();
    gallery.add_page(
        "archive",
        "All days of the archive",
        "archive-days",
        &page,
        None,
    );
    gallery.finish();
}
