//! An invented organisation from its first pilot day to its close, and the truth about it: what each
//! mailbox does, which items fail, who moves on the schedule and who activates an account when.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{Datelike, Days, NaiveDate, Weekday};

pub(super) const FIRST: &str = "2026-08-24";
pub(super) const LAST: &str = "2026-10-23";
/// A Monday without exports, and so without reports.
const BANK_HOLIDAY: &str = "2026-08-31";
/// The week before a switch, in which each of these changes; the second and third of others.
pub(super) const MOVED_ON: &str = "2026-09-16";
pub(super) const ADDED_ON: &str = "2026-09-17";
pub(super) const REMOVED_ON: &str = "2026-09-29";
/// Who moves, who is added, who is taken off, and who stops for good.
const MOVED: usize = 7;
const ADDED: usize = 24;
const REMOVED: usize = 15;
const STUCK: usize = 23;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The days with exports: 44 of the 61.
pub(super) fn report_dates() -> Vec<NaiveDate> {
    let all = (0..).map(|days| day(FIRST) + Days::new(days));
    all.take_while(|date| *date <= day(LAST))
        .filter(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun))
        .filter(|date| *date != day(BANK_HOLIDAY))
        .collect()
}

/// The place of a day among these.
fn place(date: &str) -> usize {
    let dates = report_dates();
    dates.iter().position(|one| *one == day(date)).unwrap()
}

/// A mailbox, and what becomes of it. Days are places in the list of report dates.
pub(super) struct Life {
    pub(super) number: usize,
    pub(super) address: String,
    target: String,
    pub(super) collection: &'static str,
    switch_date: NaiveDate,
    items: u64,
    begins: usize,
    pub(super) in_sync: usize,
}

/// An item that fails, and when it is resolved.
pub(super) struct Failure {
    pub(super) mailbox: usize,
    pub(super) subject: String,
    from: usize,
    pub(super) until: Option<usize>,
}

/// What a schedule says of a mailbox: its collection and its switch date.
type Planned = (&'static str, NaiveDate);

/// A mailbox of which two days' schedules say different things.
pub(super) struct Change {
    pub(super) on: NaiveDate,
    pub(super) kind: &'static str,
    pub(super) mailbox: usize,
    pub(super) before: Option<Planned>,
    pub(super) now: Option<Planned>,
}

impl Change {
    /// Whether a switch that it is about is seven days ahead or fewer.
    pub(super) fn is_late(&self, date: NaiveDate) -> bool {
        let dates = [self.before, self.now].into_iter().flatten();
        let mut ahead = dates.map(|(_, switch)| (switch - date).num_days());
        ahead.any(|days| (0..=7).contains(&days))
    }
}

/// The account of a mailbox.
pub(super) struct Account {
    pub(super) created: NaiveDate,
    activated: NaiveDate,
    /// Of some the report never says whether they are activated.
    pub(super) is_told: bool,
}

impl Account {
    pub(super) fn is_activated(&self, date: NaiveDate) -> bool {
        self.is_told && self.activated <= date
    }
}

pub(super) struct Estate {
    pub(super) code: &'static str,
    pub(super) domain: &'static str,
    pub(super) lives: Vec<Life>,
    pub(super) failures: Vec<Failure>,
}

impl Estate {
    pub(super) fn of(code: &'static str, domain: &'static str) -> Self {
        let collections = [
            ("Pilot", "2026-09-07", 6, 2),
            ("Week 1", "2026-09-21", 9, 9),
            ("Week 2", "2026-10-05", 9, 16),
            // A new starter.
            ("Week 1", "2026-09-21", 1, place(ADDED_ON)),
        ];
        let (mut lives, mut failures) = (Vec::new(), Vec::new());
        for (collection, switch_date, mailboxes, begins) in collections {
            for _ in 0..mailboxes {
                let number = lives.len();
                lives.push(Life {
                    number,
                    address: format!("user.{number}@{domain}"),
                    target: format!("user.{number}.{}@nhs.example", code.to_lowercase()),
                    collection,
                    switch_date: day(switch_date),
                    items: 3_000 + (number as u64 * 617) % 2_500,
                    begins,
                    in_sync: match number {
                        ADDED => begins + 1,
                        _ => begins + 2 + number % 4,
                    },
                });
            }
        }
        for (mailbox, life) in lives
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != STUCK)
        {
            for item in 0..mailbox % 3 {
                let is_resolved = (mailbox + item) % 2 == 0;
                failures.push(Failure {
                    mailbox,
                    subject: format!("Letter {item} on {code} patient {mailbox}"),
                    from: life.in_sync,
                    until: is_resolved.then_some(life.in_sync + 8),
                });
            }
        }
        Self {
            code,
            domain,
            lives,
            failures,
        }
    }

    /// What the schedule says of a mailbox on a day; nothing where it is not on it.
    fn planned(&self, life: &Life, date: NaiveDate) -> Option<Planned> {
        let is_since = |change: &str| date >= day(change);
        match life.number {
            ADDED if !is_since(ADDED_ON) => None,
            REMOVED if is_since(REMOVED_ON) => None,
            MOVED if is_since(MOVED_ON) => Some(("Week 2", day("2026-10-05"))),
            _ => Some((life.collection, life.switch_date)),
        }
    }

    /// Who is there on a day, with what the schedule says.
    pub(super) fn there(&self, date: NaiveDate) -> impl Iterator<Item = (&Life, Planned)> {
        let lives = self.lives.iter();
        lives.filter_map(move |life| Some((life, self.planned(life, date)?)))
    }

    /// Every change of the schedule, in order.
    pub(super) fn changes(&self) -> Vec<Change> {
        let changes = [
            (MOVED_ON, "Moved", MOVED),
            (ADDED_ON, "Added", ADDED),
            (REMOVED_ON, "Taken off", REMOVED),
        ];
        let of = |mailbox: usize, date| self.planned(&self.lives[mailbox], date);
        let change = |(on, kind, mailbox)| Change {
            on: day(on),
            kind,
            mailbox,
            before: of(mailbox, day(on) - Days::new(1)),
            now: of(mailbox, day(on)),
        };
        changes.map(change).into()
    }

    /// Created in the first week; activated three days before the switch, by most.
    pub(super) fn account(&self, mailbox: usize) -> Account {
        Account {
            created: day(FIRST) + Days::new(mailbox as u64 % 5),
            activated: self.lives[mailbox].switch_date - Days::new(3),
            is_told: mailbox % 4 != 3,
        }
    }

    fn listed_on(&self, today: usize) -> impl Iterator<Item = &Failure> {
        let is_listed =
            move |one: &&Failure| one.from <= today && one.until.is_none_or(|until| today < until);
        self.failures.iter().filter(is_listed)
    }

    /// The state of a mailbox, and how many of its items were tried.
    pub(super) fn state(
        &self,
        life: &Life,
        switch: NaiveDate,
        date: NaiveDate,
    ) -> (&'static str, u64) {
        let today = place(&date.to_string());
        let tried = (today.saturating_sub(life.begins) as u64 + 1) * life.items
            / (life.in_sync - life.begins + 1) as u64;
        match today {
            today if today < life.begins => ("Not Started", 0),
            _ if life.number == STUCK => ("Failed", life.items * 2 / 5),
            today if today < life.in_sync => ("Synchronizing", tried),
            _ if date >= switch => ("Switched", life.items),
            _ => ("In Sync", life.items),
        }
    }

    /// Everything that the drop folder gets of these days.
    pub(super) fn write(&self, exports: &Path, dates: &[NaiveDate]) {
        let folder = exports.join(self.code);
        for date in dates {
            let of_day = folder.join(date.to_string());
            std::fs::create_dir_all(&of_day).unwrap();
            for (name, text) in [
                ("sync-state.csv", self.states(*date)),
                ("failed-items.csv", self.items(*date)),
                ("schedule.csv", self.schedule(*date)),
                ("accounts.csv", self.accounts(*date)),
            ] {
                std::fs::write(of_day.join(name), text).unwrap();
            }
        }
        let frozen = self.schedule(day(FIRST));
        std::fs::write(folder.join("frozen-schedule.csv"), frozen).unwrap();
    }

    fn schedule(&self, date: NaiveDate) -> String {
        let mut schedule = "Mailbox,Collection,Switch Date,Pilot or Live,VIP Category\n".to_owned();
        for (life, (collection, switch)) in self.there(date) {
            let phase = if collection == "Pilot" {
                "Pilot"
            } else {
                "Live"
            };
            let switch = switch.format("%d/%m/%Y");
            // As a spreadsheet saves it: the last cell of most is missing.
            let vip = if life.number == 9 { ",Director" } else { "" };
            let _ = writeln!(
                schedule,
                "{},{collection},{switch},{phase}{vip}",
                life.address
            );
        }
        schedule
    }

    fn accounts(&self, date: NaiveDate) -> String {
        let mut accounts = "Email Address,Created,AUP Accepted\n".to_owned();
        for (life, _) in self.there(date) {
            let account = self.account(life.number);
            let created = account.created.format("%d/%m/%Y");
            let accepted = match (account.is_told, account.is_activated(date)) {
                (false, _) => String::new(),
                (true, true) => account.activated.format(",%d/%m/%Y").to_string(),
                (true, false) => ",No".to_owned(),
            };
            let _ = writeln!(accounts, "{},{created}{accepted}", life.target);
        }
        accounts
    }

    fn states(&self, date: NaiveDate) -> String {
        let today = place(&date.to_string());
        let mut states =
            "Collection,Display Name,Source Mailbox,Target Mailbox,Sync State,Progress \
                          (%),Items Total,Items Synchronized,Failed Items,Mailbox Size (MB),Last \
                          Synchronized,Switch Date\n"
                .to_owned();
        for (life, (collection, switch)) in self.there(date) {
            let (state, tried) = self.state(life, switch, date);
            let number = life.number;
            let listed = self.listed_on(today).filter(|one| one.mailbox == number);
            let failed = listed.count();
            let copied = tried - (failed as u64).min(tried);
            let _ = writeln!(
                states,
                "{collection},User {number},{},{},{state},{},{},{copied},{failed},{}.0,{} 05:00:00,{}",
                life.address,
                life.target,
                tried * 100 / life.items,
                life.items,
                100 + number * 90,
                date.format("%d/%m/%Y"),
                switch.format("%d/%m/%Y"),
            );
        }
        states
    }

    fn items(&self, date: NaiveDate) -> String {
        let mut items = "Collection,User,Source Mailbox,Folder,Subject,Item Class,Item Date,Size \
                         (KB),Error Code,Error,Failed At\n"
            .to_owned();
        for one in self.listed_on(place(&date.to_string())) {
            let life = &self.lives[one.mailbox];
            let (collection, _) = self.planned(life, date).unwrap();
            let _ = writeln!(
                items,
                "{collection},User {},{},Inbox,{},IPM.Note,10/07/2025,48025,0x80040305,Message size exceeds the \
                 maximum allowed (46.9 MB of 40 MB),24/08/2026 23:00:58",
                one.mailbox, life.address, one.subject
            );
        }
        items
    }

    /// Items that were ever listed, resolved, and open at the end.
    pub(super) fn truth(&self) -> (u64, u64, u64) {
        let last = report_dates().len() - 1;
        let open = self.listed_on(last).count() as u64;
        let ever = self.failures.len() as u64;
        (ever, ever - open, open)
    }
}
