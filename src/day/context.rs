use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::clock::{is_long_past, read_date};
use super::error::DayError;
use super::log_in::expiry_warning;
use crate::archive::{Archive, LOCKS};
use crate::delivery::Ledger;
use crate::domain::plural::{count_of, counted};
use crate::domain::{OrganisationCode, ReportDate, ReportKind, Stage};
use crate::exports::{self, KnownCodes, Layouts, SharedExports, Twins};
use crate::history::{FormerCodes, History, HistoryError};
use crate::metrics::CauseRules;
use crate::render::{TemplateText, Templates};
use crate::settings::{
    FaultyRow, Mistake, Organisation, Register, Settings, SettingsError, TransportKind,
};

/// Which day and which organisations a command is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub(crate) settings: Option<PathBuf>,
    /// `2026-11-22`, `today` or `yesterday`.
    pub(crate) date: String,
    /// Only these organisations; all where there is none.
    pub(crate) organisations: Vec<OrganisationCode>,
    /// How messages go, where it is not as the settings say.
    pub(crate) transport: Option<TransportKind>,
    /// That their exports may list fewer mailboxes than before.
    pub(crate) loss_acceptance: Option<LossAcceptance>,
    /// Reports that do not go out daily, and are made all the same.
    pub(crate) also: Vec<ReportKind>,
}

/// A person's word that the mailboxes which an export no longer lists are gone on purpose.
#[derive(Debug, Clone, Default)]
pub(crate) struct LossAcceptance {
    /// Why, in the person's words.
    pub(crate) why: Option<String>,
}

/// What every command loads before it looks at an export: settings, register, layouts, templates,
/// rules of causes and history, for one report date.
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) register: Register,
    pub(crate) archive: Archive,
    /// What was kept of earlier days; or why nothing can be compared with them.
    pub(crate) history: Result<History, HistoryError>,
    pub(crate) report_date: ReportDate,
    pub(super) layouts: Layouts,
    pub(super) shared_exports: SharedExports,
    /// Exports that two organisations have.
    pub(super) twins: Twins,
    pub(super) templates: Templates,
    pub(super) causes: CauseRules,
    pub(super) own_causes: Option<String>,
    pub(super) loss_acceptance: Option<LossAcceptance>,
    /// Reports that do not go out daily, and were asked for.
    pub(super) also: Vec<ReportKind>,
    /// The codes that were asked for; all where there is none.
    selected: Vec<OrganisationCode>,
    /// Whether no run has left anything in the data folder.
    is_first: bool,
}

impl Context {
    /// Reads all of it. The history is opened to be read only, and not begun where there is none.
    pub(crate) fn load(selection: &Selection) -> Result<Self, DayError> {
        let mut settings = Settings::load(selection.settings.as_deref())?;
        if let Some(transport) = selection.transport {
            settings.mail.transport = transport;
        }
        let report_date = read_date("--date", &selection.date, &settings)?;
        let path = &settings.programme.register;
        let register = Register::load(path, &settings.mail.allowed_domains)?
            .kept_apart(path, &settings.mail.shared_domains);
        let known = known_codes(&register);
        if let Some(code) = selection
            .organisations
            .iter()
            .find(|code| !known.contains(code))
        {
            return Err(not_in_register(code, path, &register));
        }
        let (causes, own_causes) = causes(&settings)?;
        let layouts = Layouts::load(settings.exports.layouts_folder.as_deref())?;
        let is_first = has_nothing(&settings.data.folder);
        let twins = Twins::find(&settings.exports, &layouts, &known, report_date);
        Ok(Self {
            shared_exports: SharedExports::read(&settings.exports, &layouts, report_date),
            layouts,
            twins,
            templates: templates(&settings)?,
            causes,
            own_causes,
            archive: Archive::new(&settings.data.folder),
            history: History::open(&settings.data.folder)
                .map(|history| history.continuing(former_codes(&register))),
            settings,
            register,
            report_date,
            loss_acceptance: selection.loss_acceptance.clone(),
            also: selection.also.clone(),
            selected: selection.organisations.clone(),
            is_first,
        })
    }

    /// Opens the history to be added to, and begins it where there is none. Only whoever holds the
    /// data folder's lock may.
    pub(crate) fn begin_history(&mut self) {
        self.history = History::open_or_begin(&self.settings.data.folder)
            .map(|history| history.continuing(former_codes(&self.register)));
    }

    /// The organisations that were asked for and are not closed, in the order of their codes.
    pub(crate) fn organisations(&self) -> Vec<&Organisation> {
        self.register
            .organisations
            .iter()
            .filter(|organisation| organisation.stage != Stage::Closed)
            .filter(|organisation| self.is_selected(&organisation.code))
            .collect()
    }

    /// Closed organisations that were asked for, and of which somebody gets the Closing Report.
    pub(super) fn closed(&self) -> impl Iterator<Item = &Organisation> {
        let all = self.register.organisations.iter();
        all.filter(|one| one.stage == Stage::Closed && one.is_served())
            .filter(|one| self.is_selected(&one.code))
    }

    /// The organisations that were asked for, with those that are closed and have an outcome of the
    /// day.
    pub(crate) fn served(
        &self,
        has_outcome: impl Fn(&OrganisationCode) -> bool,
    ) -> Vec<&Organisation> {
        let mut served = self.organisations();
        served.extend(self.closed().filter(|one| has_outcome(&one.code)));
        served.sort_by(|one, other| one.code.cmp(&other.code));
        served
    }

    /// The codes of all that were asked for and may get a report.
    pub(crate) fn codes(&self) -> Vec<OrganisationCode> {
        let organisations = self.organisations().into_iter().chain(self.closed());
        let mut codes: Vec<_> = organisations.map(|one| one.code.clone()).collect();
        codes.sort();
        codes
    }

    fn is_selected(&self, code: &OrganisationCode) -> bool {
        self.selected.is_empty() || self.selected.contains(code)
    }

    /// Mistakes in rows of the register that concern what was asked for, one sentence each.
    pub(crate) fn register_mistakes(&self) -> Vec<String> {
        let register = &self.register;
        let rows = register.faulty.iter().chain(&register.faulty_addresses);
        rows.filter(|row| row.code.as_ref().is_none_or(|code| self.is_selected(code)))
            .flat_map(|row| &row.mistakes)
            .map(ToString::to_string)
            .collect()
    }

    /// One sentence for each organisation of the register with addresses that cannot be used. It
    /// says where: what a mistake says may quote an address, which an email need not repeat.
    pub(crate) fn unusable_addresses(&self) -> Vec<String> {
        let rows = self.register.faulty_addresses.iter();
        let sentence = |row: &FaultyRow| {
            let code = row.code.as_ref().map_or("", OrganisationCode::as_str);
            let line = row.line().unwrap_or_default();
            format!(
                "{code}: nothing is sent to {} of its row in the register (line {line}), which \
                 cannot be used. Correct the register, and run the day again.",
                counted(row.mistakes.len(), "address", "addresses")
            )
        };
        rows.map(sentence).collect()
    }

    /// One sentence for each shared file with rows under a code that no organisation of the register
    /// has now, and for each such code with exports of its own.
    pub(crate) fn unclaimed_exports(&self) -> Vec<String> {
        let exports = &self.settings.exports;
        let claims = KnownCodes {
            known: known_codes(&self.register),
            former: self.register.former_codes().collect(),
        };
        let mut unclaimed = self.shared_exports.unclaimed(&claims);
        unclaimed.extend(exports::unclaimed_files(exports, &claims, self.report_date));
        unclaimed.iter().map(ToString::to_string).collect()
    }

    /// What somebody must see to that is about no organisation, one sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.unclaimed_exports();
        let is_asked_for = |warning: &&String| {
            let code = warning
                .split(':')
                .next()
                .and_then(|code| OrganisationCode::parse(code).ok());
            code.is_none_or(|code| self.is_selected(&code))
        };
        let of_register = self.register.warnings.iter().filter(is_asked_for);
        warnings.extend(of_register.cloned());
        warnings.extend(self.history_fault());
        warnings.extend(
            self.settings
                .calendar
                .end_of_bank_holidays(self.report_date),
        );
        // A secret that cannot be read is told when it is needed.
        warnings.extend(expiry_warning(&self.settings, Utc::now()).ok().flatten());
        warnings
    }

    /// Whether the report date is so long past that its reports are not mailed unasked; what goes
    /// into a folder is not mailed.
    pub(crate) fn is_long_past(&self, now: DateTime<Utc>) -> bool {
        let time_zone = self.settings.programme.time_zone;
        self.settings.mail.transport.leaves_the_machine()
            && is_long_past(self.report_date, time_zone, now)
    }

    /// The warning that nothing is known of what was mailed before, where messages are mailed.
    pub(crate) fn new_data_folder(&self) -> Option<String> {
        let settings = &self.settings;
        let (mailed, folder) = (
            settings.mail.transport.leaves_the_machine(),
            &settings.data.folder,
        );
        // A ledger that machines share knows what the other machines mailed.
        (self.is_first && mailed && settings.ledger.is_none()).then(|| {
            format!(
                "{} is new: no run has left anything there, and nothing is known of what was mailed \
                 before. Where this programme has run before, “folder” under [data] is another one, or \
                 its volume is not mounted: everything would be mailed again.",
                folder.display()
            )
        })
    }

    /// Why no export can be had, as a sentence: there is no drop folder, or none that can be opened.
    pub(crate) fn exports_fault(&self) -> Option<String> {
        let folder = &self.settings.exports.folder;
        let error = std::fs::read_dir(folder).err()?;
        Some(format!(
            "The exports folder {} cannot be opened: {error}. Correct “folder” under [exports], give \
             this user rights to it, or mount what it is on",
            folder.display()
        ))
    }

    /// Refuses to go on where no export can be had.
    pub(crate) fn need_exports(&self) -> Result<(), DayError> {
        self.exports_fault()
            .map_or(Ok(()), |fault| Err(DayError::Unusable(fault)))
    }

    /// Whether exports of the report date are expected.
    pub(crate) fn is_working_day(&self) -> bool {
        self.settings.calendar.is_working_day(self.report_date)
    }

    /// Refuses to go on where earlier days were run, as archive or ledger know, and their figures cannot
    /// be had: every report would call old what is new, and leave out what is overdue.
    ///
    /// # Errors
    /// [`DayError::Doubtful`] with what to do.
    pub(crate) fn need_history(&self, ledger: &Ledger) -> Result<(), DayError> {
        let folder = self.settings.data.folder.join("history");
        let fault = match &self.history {
            Ok(history) if history.is_begun() => None,
            Ok(_) => self.known_before(ledger)?.map(|knows| {
                format!(
                    "the history {} is lost: {knows}, and it has nothing of any day",
                    folder.display()
                )
            }),
            Err(error) => Some(format!("the history cannot be used: {error}")),
        };
        fault.map_or(Ok(()), |fault| {
            Err(DayError::Doubtful(format!(
                "{fault}. So that nobody is told that what is old is new, nothing is sent. Put the folder \
                 back, or give this user rights to it: is its volume mounted, is there a backup? Only \
                 where it is gone for good: run --new-history puts aside what is left of it and begins \
                 anew; reports then compare with no earlier day"
            )))
        })
    }

    /// Who knows of an earlier day that was run, as a clause; `None` where nobody does.
    fn known_before(&self, ledger: &Ledger) -> Result<Option<String>, DayError> {
        for day in self.archive.days()?.into_iter().rev() {
            if day < self.report_date && !self.archive.editions(day)?.is_empty() {
                return Ok(Some(format!("the archive has reports of {day}")));
            }
        }
        // Other machines that share a ledger have histories of their own.
        let newest = match ledger.is_shared() {
            true => None,
            false => ledger.newest_date()?,
        };
        let earlier = newest.filter(|newest| *newest < self.report_date);
        Ok(earlier.map(|day| format!("the ledger has deliveries of {day}")))
    }

    /// Why nothing is compared with earlier days, as a sentence; `None` where it is.
    pub(crate) fn history_fault(&self) -> Option<String> {
        self.history.as_ref().err().map(|error| {
            format!(
                "Nothing is compared with earlier days, and nothing is kept of this one: {error}."
            )
        })
    }
}

/// The warning that there is nothing to be known from: a data folder that is missing or empty, and no
/// ledger elsewhere.
pub(crate) fn nothing_there(settings: &Settings) -> Option<String> {
    let folder = &settings.data.folder;
    (has_nothing(folder) && settings.ledger.is_none()).then(|| {
        format!(
            "{} is not there, or empty: no run has left anything in it. Where this programme has run \
             before, “folder” under [data] is another one, or its volume is not mounted.",
            folder.display()
        )
    })
}

/// Whether a data folder is missing, or has nothing in it but locks.
fn has_nothing(data_folder: &Path) -> bool {
    let is_lock = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| LOCKS.iter().any(|lock| entry.file_name() == *lock))
    };
    std::fs::read_dir(data_folder).map_or(true, |mut entries| entries.all(is_lock))
}

/// Whose history each organisation of the register continues.
fn former_codes(register: &Register) -> FormerCodes {
    let organisations = register.organisations.iter();
    let continuing = organisations.filter(|organisation| !organisation.formerly.is_empty());
    continuing
        .map(|organisation| (organisation.code.clone(), organisation.formerly.clone()))
        .collect()
}

/// Why an organisation that was asked for is none of those in the register: it may be in a row that
/// cannot be read.
fn not_in_register(code: &OrganisationCode, path: &Path, register: &Register) -> DayError {
    let unreadable = register.faulty.iter().filter(|row| row.code.is_none());
    let mistakes: Vec<&Mistake> = unreadable.flat_map(|row| &row.mistakes).collect();
    match mistakes.first() {
        None => DayError::Usage(format!(
            "--organisation {code}: there is no such organisation in {}",
            path.display()
        )),
        Some(first) => DayError::Unusable(format!(
            "--organisation {code} is in no row of the register that can be read, and {} cannot \
             be: {first}",
            count_of(mistakes.len(), "row")
        )),
    }
}

/// The code of every organisation in the register, even where its row has a mistake.
fn known_codes(register: &Register) -> BTreeSet<&OrganisationCode> {
    let faulty = register.faulty.iter().filter_map(|row| row.code.as_ref());
    let usable = register.organisations.iter();
    usable
        .map(|organisation| &organisation.code)
        .chain(faulty)
        .collect()
}

/// The rules of causes, and the text of the file where it is not the built-in one.
fn causes(settings: &Settings) -> Result<(CauseRules, Option<String>), DayError> {
    let Some(path) = &settings.reports.causes else {
        return Ok((CauseRules::built_in()?, None));
    };
    let text = std::fs::read_to_string(path).map_err(SettingsError::unreadable(path))?;
    let rules = CauseRules::parse(&text).map_err(|error| {
        DayError::Unusable(format!("rules of causes: {}, {error}", path.display()))
    })?;
    Ok((rules, Some(text)))
}

/// The built-in templates and those of the settings' own folder.
pub(super) fn templates(settings: &Settings) -> Result<Templates, DayError> {
    let mut own = Vec::new();
    if let Some(folder) = &settings.reports.templates_folder {
        add_templates(folder, "", &mut own)?;
    }
    own.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Templates::new(&own)?)
}

/// Adds the templates in a folder and those below it; what they are called begins with `above`.
fn add_templates(
    folder: &Path,
    above: &str,
    templates: &mut Vec<TemplateText>,
) -> Result<(), SettingsError> {
    for entry in std::fs::read_dir(folder).map_err(SettingsError::unreadable(folder))? {
        let entry = entry.map_err(SettingsError::unreadable(folder))?;
        let path = entry.path();
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        let endings = [".html", ".txt", ".css", ".js"];
        if path.is_dir() {
            add_templates(&path, &format!("{name}/"), templates)?;
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            let text = std::fs::read_to_string(&path).map_err(SettingsError::unreadable(&path))?;
            templates.push(TemplateText { name, text });
        }
    }
    Ok(())
}
