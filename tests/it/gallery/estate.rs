//! Invented organisations, and the exports that a migration tool would write of them: the same each
//! time.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{Days, NaiveDate};

use crate::support::morning::DATE;

/// How far mailboxes are, and when they switch.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Journey {
    /// A pilot that has switched, one week nearly ready, and one that is half-way.
    Weekly,
    /// The same, with a first week that cannot be ready in time.
    Slow,
    /// One collection that has not begun.
    NotBegun,
    /// One collection that has switched.
    Done,
    /// All have switched but every twentieth, which stopped or failed long ago.
    MopUp,
}

/// How items fail.
#[derive(Clone, Copy)]
pub(super) enum Failing {
    /// So many of a million, spread over all mailboxes.
    PerMillion(u64),
    /// One of ten thousand, and so many more in one mailbox.
    InOneMailbox(u64),
}

/// What people and collections are called.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Names {
    Usual,
    /// As long as directories let them be.
    Long,
    /// Written from right to left.
    Hebrew,
}

/// An organisation as the gallery invents it.
pub(super) struct Invented {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) stage: &'static str,
    /// The register's word for where subject lines stand.
    pub(super) subject_lines: &'static str,
    pub(super) mailboxes: u64,
    /// About so many items in each mailbox.
    pub(super) items: u64,
    /// Days with exports, of which the report date is the last.
    pub(super) days: u64,
    pub(super) journey: Journey,
    pub(super) failing: Failing,
    pub(super) names: Names,
    /// Whether the tool reports how many items there are, and how many are copied.
    pub(super) reports_items: bool,
    pub(super) has_schedule: bool,
    pub(super) has_vips: bool,
    /// Whether the exports hold what makes findings.
    pub(super) is_odd: bool,
}

impl Default for Invented {
    fn default() -> Self {
        Self {
            code: "ZZZ",
            name: "Invented Vale NHS Trust",
            stage: "sync-and-switch",
            subject_lines: "workbook",
            mailboxes: 120,
            items: 3_000,
            days: 1,
            journey: Journey::Weekly,
            failing: Failing::PerMillion(100),
            names: Names::Usual,
            reports_items: true,
            has_schedule: true,
            has_vips: true,
            is_odd: false,
        }
    }
}

pub(super) fn last_day() -> NaiveDate {
    DATE.parse().unwrap()
}

const FIRST_NAMES: [&str; 20] = [
    "Aaliyah", "Brendan", "Chidi", "Dilys", "Eilidh", "Farah", "Gethin", "Harpreet", "Isla",
    "Jomo", "Keziah", "Lorcan", "Mairi", "Nnamdi", "Olwen", "Piotr", "Ruaridh", "Siobhán",
    "Tamsin", "Zoë",
];
const LAST_NAMES: [&str; 20] = [
    "Achebe",
    "Birtwistle",
    "Cholmondeley",
    "D'Souza",
    "Eze",
    "Featherstonehaugh",
    "Gwynne",
    "Hardcastle",
    "Iqbal",
    "Jones-Parry",
    "Khan",
    "Llewellyn",
    "Macleod",
    "Ng",
    "O'Neill",
    "Patel",
    "Quigley",
    "Rhys",
    "Strachan",
    "Wójcik",
];
const HEBREW_NAMES: [&str; 8] = [
    "אבגיל כהן",
    "בנימין לוי",
    "גליה מזרחי",
    "דוד אזולאי",
    "הדר פרץ",
    "ורד ביטון",
    "זהבה דהן",
    "חיים אברהם",
];
const LONG_NAME: &str = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley, \
 Consultant in Paediatric Gastroenterology";
const LONG_COLLECTION: &str = "Theatres, Anaesthetics, Critical Care and Pain Management (Northern \
 and Western Sites), shared and personal";
const ERRORS: [(&str, &str); 6] = [
    (
        "0x80040305",
        "Message size exceeds the maximum allowed (46.9 MB of 40 MB)",
    ),
    ("0x8004011B", "The item is corrupted and cannot be read"),
    ("0x8004010B", "Server busy: request throttled"),
    ("0x8004011B", "The item is corrupted and cannot be read"),
    ("0x80070005", "Access is denied"),
    ("0x80004005", "Call failed"),
];
const SUBJECTS: [&str; 8] = [
    "Minutes of the Cardiology meeting, Friday",
    "Rota for week 47",
    "Budget 46: £46,400 still to find",
    "RE: FW: RE: Estates, leaking roof at the stores",
    "Thank you",
    "<b>Bold</b> & \"quoted\" =HYPERLINK(\"http://evil.example\")",
    "Référence: Übersicht der Termine, 日本語 🏥",
    "Averyveryverylongsubjectlinewithoutanyblankinitthatmustnotwidenitstableandisthereforebrokenwhereitmustbe",
];

/// A number that looks random and is the same each time (Steele and others 2014: splitmix64).
fn scattered(seed: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn pick<T: Copy>(list: &[T], number: u64) -> T {
    list[usize::try_from(number % list.len() as u64).unwrap()]
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// `23/11/2026`
fn british(date: NaiveDate) -> String {
    date.format("%d/%m/%Y").to_string()
}

/// A cell of a comma-separated file.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

struct Collection {
    name: &'static str,
    switches: NaiveDate,
    begins: NaiveDate,
    /// Days that copying takes.
    takes: i64,
    is_pilot: bool,
}

/// A mailbox on one day.
struct Mailbox {
    number: u64,
    collection: Collection,
    total: u64,
    copied: u64,
    failed: u64,
    state: &'static str,
}

impl Invented {
    pub(super) fn domain(&self) -> String {
        format!("{}.nhs.example", self.code.to_lowercase())
    }

    /// The organisation's row of the register.
    pub(super) fn row(&self) -> String {
        let to = format!("programme.office@{}", self.domain());
        format!(
            "{},{},{},{},{to},{to},{to},{}\n",
            self.code,
            quoted(self.name),
            self.stage,
            self.domain(),
            self.subject_lines
        )
    }

    pub(super) fn has_exports_of(&self, date: NaiveDate) -> bool {
        self.days > 0 && date > last_day() - Days::new(self.days) && date <= last_day()
    }

    /// Writes what the migration tool would export on a day.
    pub(super) fn write(&self, exports: &Path, date: NaiveDate) {
        let folder = exports.join(self.code).join(date.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let mailboxes: Vec<Mailbox> = self.mailboxes(date);
        std::fs::write(
            folder.join("sync-state.csv"),
            self.sync_state(&mailboxes, date),
        )
        .unwrap();
        std::fs::write(
            folder.join("failed-items.csv"),
            self.failed_items(&mailboxes, date),
        )
        .unwrap();
        if self.has_schedule {
            std::fs::write(
                folder.parent().unwrap().join("migration-schedule.csv"),
                self.schedule(&mailboxes),
            )
            .unwrap();
        }
    }

    fn collection(&self, number: u64) -> Collection {
        let of = |name, switches, begins, takes, is_pilot| Collection {
            name: if self.names == Names::Long {
                LONG_COLLECTION
            } else {
                name
            },
            switches: day(switches),
            begins: day(begins),
            takes,
            is_pilot,
        };
        match self.journey {
            Journey::NotBegun => of("Week 1", "2026-12-07", "2026-11-30", 5, false),
            Journey::Done | Journey::MopUp => of("Week 1", "2026-10-26", "2026-10-12", 10, false),
            Journey::Weekly | Journey::Slow => match number % 10 {
                0 => of("Pilot", "2026-11-16", "2026-11-02", 8, true),
                1..=4 if self.journey == Journey::Slow => {
                    of("Week 1", "2026-11-23", "2026-11-08", 40, false)
                }
                1..=4 => of(
                    "Week 1",
                    "2026-11-23",
                    "2026-11-05",
                    if number.is_multiple_of(23) { 30 } else { 13 },
                    false,
                ),
                _ => of("Week 2", "2026-11-30", "2026-11-10", 19, false),
            },
        }
    }

    fn mailboxes(&self, date: NaiveDate) -> Vec<Mailbox> {
        let mut owed = 0;
        let mailbox = |number| {
            let collection = self.collection(number);
            let total = self.items / 2 + scattered(number) % self.items;
            let days = (date - collection.begins).num_days();
            let is_halted = match self.journey {
                Journey::MopUp => number % 20 == 7,
                Journey::NotBegun | Journey::Done => false,
                Journey::Weekly | Journey::Slow => number % 41 == 17,
            };
            let takes = if is_halted {
                collection.takes * 2
            } else {
                collection.takes
            };
            let attempted = total * days.clamp(0, takes).unsigned_abs() / takes.unsigned_abs();
            // What is owed is carried on from mailbox to mailbox, so that all of them together have
            // the rate.
            let (rate, more) = match self.failing {
                Failing::PerMillion(rate) => (rate, 0),
                Failing::InOneMailbox(more) => (100, if number == 11 { more } else { 0 }),
            };
            owed += total * rate;
            let spread = owed / 1_000_000;
            owed %= 1_000_000;
            // One after the other as the mailbox is copied, each at some place of its share.
            let of_whole = spread + more;
            let place =
                |one: u64| (one * 1_000 + scattered(number * 7 + one) % 1_000) * total / 1_000;
            let failed = (0..of_whole)
                .filter(|one| attempted * of_whole > place(*one))
                .count() as u64;
            let state = if is_halted {
                if number % 2 == 0 { "Failed" } else { "Stopped" }
            } else if days <= 0 {
                if number % 3 == 0 { "Queued" } else { "New" }
            } else if days < takes {
                "In Progress"
            } else if collection.switches <= date {
                "Switched"
            } else if number % 5 == 2 {
                "In Sync"
            } else {
                "Ready to Switch"
            };
            let state = if self.is_odd && number % 50 == 1 {
                "Fettled"
            } else {
                state
            };
            Mailbox {
                number,
                total,
                copied: attempted - failed,
                failed,
                state,
                collection,
            }
        };
        (0..self.mailboxes).map(mailbox).collect()
    }

    fn name(&self, number: u64) -> String {
        match self.names {
            Names::Hebrew => format!("{} {}", pick(&HEBREW_NAMES, number), number / 8 + 1),
            Names::Long => format!("{} {LONG_NAME}", pick(&FIRST_NAMES, number)),
            Names::Usual => format!(
                "{} {}",
                pick(&FIRST_NAMES, number),
                pick(&LAST_NAMES, number / 20 + number)
            ),
        }
    }

    fn address(&self, number: u64) -> String {
        let local = match self.names {
            // 64 characters: all that RFC 5321 allows before the @.
            Names::Long => {
                format!("wolfeschlegelsteinhausenbergerdorff.featherstonehaugh.chol.{number:05}")
            }
            Names::Hebrew => format!("user{number:05}"),
            Names::Usual => {
                let letters = |text: &str| {
                    text.to_lowercase()
                        .chars()
                        .filter(char::is_ascii_alphabetic)
                        .collect::<String>()
                };
                format!(
                    "{}.{}{number}",
                    letters(pick(&FIRST_NAMES, number)),
                    letters(pick(&LAST_NAMES, number / 20 + number))
                )
            }
        };
        format!("{local}@{}", self.domain())
    }

    fn sync_state(&self, mailboxes: &[Mailbox], date: NaiveDate) -> String {
        let mut file = "Collection,Display Name,Source Mailbox,Target Mailbox,Sync State,Progress \
         (%),Items Total,Items Synchronized,\
             Failed Items,Mailbox Size (MB),Last Synchronized,Switch Date,Last Error\n"
            .to_owned();
        for mailbox in mailboxes {
            let is_known = self.reports_items && mailbox.copied + mailbox.failed > 0;
            let number = |value: u64| {
                if is_known {
                    value.to_string()
                } else {
                    String::new()
                }
            };
            let address = self.address(mailbox.number);
            let halted = matches!(mailbox.state, "Stopped" | "Failed");
            let _ = writeln!(
                file,
                "{},{},{address},{}@nhs.example,{},{},{},{},{},{},{},{},{}",
                quoted(mailbox.collection.name),
                quoted(&self.name(mailbox.number)),
                address.split('@').next().unwrap(),
                mailbox.state,
                number((mailbox.copied + mailbox.failed) * 100 / mailbox.total),
                // In one cell, what is no number.
                if self.is_odd && mailbox.number == 3 {
                    "about 900".to_owned()
                } else {
                    number(mailbox.total)
                },
                number(mailbox.copied),
                if self.reports_items {
                    mailbox.failed.to_string()
                } else {
                    String::new()
                },
                number(mailbox.total / 7),
                if is_known {
                    format!("{} 05:{:02}:00", british(date), mailbox.number % 60)
                } else {
                    String::new()
                },
                british(mailbox.collection.switches),
                if halted {
                    "The mailbox is over its quota"
                } else {
                    ""
                },
            );
        }
        file
    }

    fn failed_items(&self, mailboxes: &[Mailbox], date: NaiveDate) -> String {
        let mut file =
            "Collection,User,Source Mailbox,Folder,Subject,Item Class,Item Date,Size (KB),Error \
             Code,Error,Failed At\n"
                .to_owned();
        for mailbox in mailboxes {
            // One that the sync state counts, and that is not listed.
            let missing = u64::from(self.is_odd && mailbox.failed > 0);
            for place in missing..mailbox.failed {
                let seed = scattered(mailbox.number * 1_000 + place);
                let (code, error) = pick(&ERRORS, seed);
                let failed_on = (mailbox.collection.begins + Days::new(place + 1)).min(date);
                let _ = writeln!(
                    file,
                    "{},{},{},{},{},IPM.Note,{},{},{code},{},{} 00:{:02}:07",
                    quoted(mailbox.collection.name),
                    quoted(&self.name(mailbox.number)),
                    self.address(mailbox.number),
                    quoted(pick(
                        &[
                            "Inbox",
                            "Sent Items",
                            "Archive\\2017",
                            "Public folder favourites\\Estates"
                        ],
                        seed / 7
                    )),
                    quoted(pick(&SUBJECTS, seed / 11)),
                    british(day("2024-01-01") + Days::new(seed % 1_000)),
                    if code == "0x80040305" {
                        41_000 + seed % 60_000
                    } else {
                        seed % 4_000
                    },
                    quoted(error),
                    british(failed_on),
                    seed % 60,
                );
            }
        }
        file
    }

    fn schedule(&self, mailboxes: &[Mailbox]) -> String {
        let mut file = "Mailbox,Collection,Switch Date,Pilot or Live,VIP Category\n".to_owned();
        for mailbox in mailboxes {
            let vip = match mailbox.number % 40 {
                3 if self.has_vips => "Executive",
                17 | 22 if self.has_vips => "Clinical lead",
                _ => "",
            };
            let _ = writeln!(
                file,
                "{},{},{},{},{vip}",
                self.address(mailbox.number),
                quoted(mailbox.collection.name),
                british(mailbox.collection.switches),
                if mailbox.collection.is_pilot {
                    "Pilot"
                } else {
                    "Live"
                },
            );
        }
        if self.is_odd {
            let _ = writeln!(
                file,
                "left.last.year@{},Week 1,23/11/2026,Live,",
                self.domain()
            );
        }
        file
    }
}
