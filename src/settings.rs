//! What the person who runs the program decided: the settings file, and the register of
//! organisations.
//!
//! Takes: the path of a settings file, and the environment. Gives: [`Settings`] and [`Register`],
//! valid throughout. Touches: those two files, the password's file or variable, nothing else.

mod account;
mod calendar;
mod isolation;
mod ledger;
mod mail;
mod mistake;
mod new;
mod oauth;
mod pattern;
mod register;
mod secret;
mod section;
mod time_zone;
mod variables;

use std::path::{Path, PathBuf};

use chrono::Weekday;
use chrono_tz::Tz;
use serde::Deserialize;

pub use account::{AccountSettings, SendingAccount};
pub use calendar::CalendarSettings;
pub use ledger::LedgerDatabase;
pub use mail::{
    MailSettings, OneConnection, OutboxSettings, ReturnsSettings, Security, SendmailSettings,
    SmtpSettings, TransportKind,
};
pub use mistake::{Mistake, SettingsError};
pub use new::{NEW_REGISTER, new_settings};
pub use oauth::{LastDay, OauthSettings};
pub use pattern::{DatedPattern, ExportPattern};
pub use register::{FaultyRow, Organisation, Register};
pub use section::SecretFile;
pub use variables::{SETTINGS_VARIABLE, VARIABLES};

use self::section::{section, without_paths};
use crate::domain::calendar::Calendar;
use crate::domain::{DateOrder, EmailAddress, ExpectedRate};
use crate::sheets::Limits;

/// Where a settings file is looked for when none is named, in this order.
pub const DEFAULT_PATHS: [&str; 2] = [
    "migration-monitor.toml",
    "/etc/migration-monitor/migration-monitor.toml",
];

section! {
    /// Everything in a settings file. Paths are as the program can open them: relative ones are joined
    /// to the folder of the settings file.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Settings {
        /// Who reports on what.
        pub programme: Programme,
        /// Where the migration tool's exports lie.
        pub exports: Exports,
        /// Where the program keeps what it must remember.
        pub data: Data,
        /// The database that two machines share for what was sent to whom; a file in the data folder
        /// where there is none.
        pub ledger: Option<LedgerDatabase>,
        /// On which days exports are made, as the file says it.
        #[serde(default, rename = "calendar")]
        calendar_settings: CalendarSettings,
        /// On which days exports are made.
        #[serde(skip)]
        pub calendar: Calendar,
        /// How reports are sent.
        pub mail: MailSettings,
        /// How reports look.
        #[serde(default)]
        pub reports: Reports,
    }
}

section! {
    /// The `[programme]` section.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Programme {
        /// Printed in every report.
        pub name: String,
        /// Reply-To, and printed in every report.
        pub contact: EmailAddress,
        /// Who gets the Run Summary.
        #[serde(default)]
        pub summary_to: Vec<EmailAddress>,
        /// Decides which day “today” is.
        #[serde(deserialize_with = "time_zone::read")]
        pub time_zone: Tz,
        /// The fraction of attempted items that fails in an ordinary migration.
        pub expected_failure_rate: ExpectedRate,
        /// The register of organisations.
        pub register: PathBuf,
    }
}

section! {
    /// The `[exports]` section.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Exports {
        /// The drop folder.
        pub folder: PathBuf,
        /// Where in it the sync-state export of an organisation and date is.
        pub sync_state: DatedPattern,
        /// Where in it the failed-item export of an organisation and date is.
        pub failed_items: DatedPattern,
        /// Where in it an organisation's migration schedule is.
        pub schedule: Option<ExportPattern>,
        /// Where in it an organisation's schedule is as it was agreed.
        pub frozen_schedule: Option<ExportPattern>,
        /// Where in it the report of an organisation's accounts in the new mail system is.
        pub accounts: Option<ExportPattern>,
        /// Where in it the organisation's decisions on failed items are.
        pub decisions: Option<ExportPattern>,
        /// The layout of sync-state exports, where it should not be detected.
        pub sync_state_layout: Option<String>,
        /// The layout of failed-item exports, where it should not be detected.
        pub failed_items_layout: Option<String>,
        /// The layout of migration schedules, where it should not be detected.
        pub schedule_layout: Option<String>,
        /// The layout of account reports, where it should not be detected.
        pub accounts_layout: Option<String>,
        /// The layout of logs of decisions, where it should not be detected.
        pub decisions_layout: Option<String>,
        /// The order of day and month in sync-state exports, where it is not the layout's.
        pub sync_state_date_order: Option<DateOrder>,
        /// The order of day and month in failed-item exports, where it is not the layout's.
        pub failed_items_date_order: Option<DateOrder>,
        /// The order of day and month in migration schedules, where it is not the layout's.
        pub schedule_date_order: Option<DateOrder>,
        /// The order of day and month in account reports, where it is not the layout's.
        pub accounts_date_order: Option<DateOrder>,
        /// The order of day and month in logs of decisions, where it is not the layout's.
        pub decisions_date_order: Option<DateOrder>,
        /// A folder of layouts that are added to the built-in ones, or override them.
        pub layouts_folder: Option<PathBuf>,
        /// How old the newest time-stamp of a sync-state export may be, at 7 am on the report date.
        /// Days that are no working days do not count.
        #[serde(default = "default_max_age_hours")]
        pub max_age_hours: u32,
        /// The share of unreadable rows above which an organisation is held.
        #[serde(default = "default_max_bad_rows")]
        pub max_bad_rows: Share,
        /// The share of the mailboxes of the last report above which an organisation is held when they
        /// are no longer listed.
        #[serde(default = "default_max_lost_mailboxes")]
        pub max_lost_mailboxes: Share,
        /// How many mailboxes of an organisation may switch in one week.
        #[serde(default = "default_max_switches_a_week")]
        pub max_switches_a_week: u64,
        /// The most that one export may hold, unpacked, in MiB.
        #[serde(default = "default_max_unpacked_mib")]
        pub max_unpacked_mib: u32,
        /// The most cells that one table may have: rows times headings.
        #[serde(default = "default_max_cells")]
        pub max_cells: u64,
    }
}

impl Exports {
    /// How much one table may hold.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            max_unpacked_mib: self.max_unpacked_mib,
            max_cells: self.max_cells,
        }
    }
}

fn default_max_bad_rows() -> Share {
    Share(0.01)
}

fn default_max_age_hours() -> u32 {
    36
}

fn default_max_lost_mailboxes() -> Share {
    Share(0.25)
}

fn default_max_switches_a_week() -> u64 {
    5_000
}

fn default_max_unpacked_mib() -> u32 {
    Limits::default().max_unpacked_mib
}

fn default_max_cells() -> u64 {
    Limits::default().max_cells
}

/// A share of rows or of mailboxes, from 0 to 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub struct Share(f64);

without_paths!(Share);

impl Share {
    /// As a fraction.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(share: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err("a share is between 0 and 1: 0.01 is 1%")
        }
    }
}

section! {
    /// The `[data]` section.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Data {
        /// Archive, history, ledger and lock.
        pub folder: PathBuf,
        /// A file of figures for the textfile collector of Prometheus' node exporter, written anew
        /// after each complete run.
        pub metrics_file: Option<PathBuf>,
    }
}

section! {
    /// The `[reports]` section.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Reports {
        /// A folder of templates that replace the built-in ones of the same name.
        pub templates_folder: Option<PathBuf>,
        /// A file of rules of causes that replace the built-in ones.
        pub causes: Option<PathBuf>,
        /// The day of the week on which the Board Page goes out.
        #[serde(default = "default_board_day")]
        pub board_day: Weekday,
    }
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            templates_folder: None,
            causes: None,
            board_day: default_board_day(),
        }
    }
}

fn default_board_day() -> Weekday {
    Weekday::Mon
}

impl Settings {
    /// Reads the settings file at `path`, or else the first of [`DEFAULT_PATHS`] that exists.
    ///
    /// # Errors
    /// [`SettingsError`]: the file is missing, is not TOML, has an unknown key or a value that
    /// makes no sense; each with the line and the key.
    pub fn load(path: Option<&Path>) -> Result<Self, SettingsError> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => DEFAULT_PATHS
                .iter()
                .map(PathBuf::from)
                .find(|path| path.exists())
                .ok_or(SettingsError::NotFound)?,
        };
        let text = std::fs::read_to_string(&path).map_err(SettingsError::unreadable(&path))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut settings = Self::parse(&text, &path)?;
        settings.calendar = settings.calendar_settings.calendar(folder)?;
        Ok(settings.with_paths_below(folder))
    }

    fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let settings: Self =
            toml::from_str(text).map_err(|error| mistake::in_toml(text, path, &error))?;
        match settings.contradiction() {
            Some((key, message)) => Err(mistake::at_key(text, path, key, message)),
            None => Ok(settings),
        }
    }

    /// The first key whose value does not go with the others, and what is wrong with it.
    fn contradiction(&self) -> Option<(&'static str, String)> {
        let mail = &self.mail;
        let (section, is_there) = match mail.transport {
            TransportKind::Outbox => ("outbox", mail.outbox.is_some()),
            TransportKind::Smtp => ("smtp", mail.smtp.is_some()),
            TransportKind::Sendmail => ("sendmail", mail.sendmail.is_some()),
        };
        if !is_there {
            let message = format!(
                "the transport is \"{section}\", but there is no section [mail.{section}]: add it"
            );
            return Some(("transport", message));
        }
        let is_open =
            |smtp: &SmtpSettings| smtp.security == Security::None && !smtp.is_on_this_machine();
        if mail.smtp.as_ref().is_some_and(is_open) {
            let message = "plain text is only for a server on this machine (127.0.0.1, ::1, \
                           localhost): write \"starttls\" or \"tls\"";
            return Some(("security", message.to_owned()));
        }
        if let Some((key, message)) = mail.smtp.as_ref().and_then(SmtpSettings::contradiction) {
            return Some((key, message.to_owned()));
        }
        let is_open = |ledger: &LedgerDatabase| !ledger.tls && !ledger.is_on_this_machine();
        if self.ledger.as_ref().is_some_and(is_open) {
            let message = "without encryption only a database on this machine may be reached \
                           (127.0.0.1, ::1, localhost, a socket)";
            return Some(("tls", message.to_owned()));
        }
        let programme = &self.programme;
        let accounts = mail.smtp.iter().flat_map(|smtp| &smtp.account);
        let accounts = accounts.map(|account| &account.from);
        let mut senders = std::iter::once(&mail.from).chain(accounts.clone());
        let is_twice = |sender: &EmailAddress| {
            let all = std::iter::once(&mail.from).chain(accounts.clone());
            all.filter(|other| *other == sender).count() > 1
        };
        if senders.any(is_twice) {
            let message = "each account under [[mail.smtp.account]] has an address of its own, and \
                           [mail.smtp] has that of [mail]";
            return Some(("mail.smtp.account", message.to_owned()));
        }
        let summary_to = programme.summary_to.iter();
        [("contact", &programme.contact), ("from", &mail.from)]
            .into_iter()
            .chain(summary_to.map(|address| ("summary_to", address)))
            .chain(accounts.map(|address| ("mail.smtp.account", address)))
            .find(|(_, address)| !address.is_within(&mail.allowed_domains))
            .map(|(key, address)| {
                let domain = address.domain();
                let message = format!("the domain {domain} is not one of mail.allowed_domains");
                (key, message)
            })
    }
}

/// Whether `host` names this very machine.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
