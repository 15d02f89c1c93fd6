use std::path::{Path, PathBuf};

use super::clock::read_date;
use super::error::DayError;
use crate::archive::Archive;
use crate::domain::{OrganisationCode, ReportDate, Stage};
use crate::exports::{Layouts, SharedExports};
use crate::history::{History, HistoryError};
use crate::metrics::CauseRules;
use crate::render::{TemplateText, Templates};
use crate::settings::{Organisation, Register, Settings, SettingsError, TransportKind};

/// Which day and which organisations a command is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// The settings file; the default places where none is named.
    pub(crate) settings: Option<PathBuf>,
    /// `2026-11-22`, `today` or `yesterday`.
    pub(crate) date: String,
    /// Only these organisations; all where there is none.
    pub(crate) organisations: Vec<OrganisationCode>,
    /// How messages go, where it is not as the settings say.
    pub(crate) transport: Option<TransportKind>,
}

/// What every command loads before it looks at an export: settings, register, layouts, templates,
/// rules of causes and history, for one report date.
pub(crate) struct Context {
    /// The settings, with the transport that was asked for.
    pub(crate) settings: Settings,
    /// All organisations, and the rows that cannot be used.
    pub(crate) register: Register,
    /// The archive in the data folder.
    pub(crate) archive: Archive,
    /// What was kept of earlier days; or why nothing can be compared with them.
    pub(crate) history: Result<History, HistoryError>,
    /// The day that reports are about.
    pub(crate) report_date: ReportDate,
    pub(super) layouts: Layouts,
    /// The exports that hold the rows of all organisations.
    pub(super) shared_exports: SharedExports,
    pub(super) templates: Templates,
    pub(super) causes: CauseRules,
    /// The file of rules of causes, word for word, where it is not the built-in one.
    pub(super) own_causes: Option<String>,
    /// The codes that were asked for; all where there is none.
    selected: Vec<OrganisationCode>,
}

impl Context {
    /// Reads all of it. The history is opened to be read only, and not begun where there is none.
    pub(crate) fn load(selection: &Selection) -> Result<Self, DayError> {
        let mut settings = Settings::load(selection.settings.as_deref())?;
        if let Some(transport) = selection.transport {
            settings.mail.transport = transport;
        }
        let report_date = read_date("--date", &selection.date, &settings)?;
        let register =
            Register::load(&settings.programme.register, &settings.mail.allowed_domains)?;
        for code in &selection.organisations {
            let is_faulty = register
                .faulty
                .iter()
                .any(|row| row.code.as_ref() == Some(code));
            if register.organisation(code).is_none() && !is_faulty {
                return Err(DayError::Usage(format!(
                    "--organisation {code}: there is no such organisation in {}",
                    settings.programme.register.display()
                )));
            }
        }
        let (causes, own_causes) = match &settings.reports.causes {
            Some(path) => {
                let (rules, text) = read_causes(path)?;
                (rules, Some(text))
            }
            None => (CauseRules::built_in()?, None),
        };
        let layouts = Layouts::load(settings.exports.layouts_folder.as_deref())?;
        Ok(Self {
            shared_exports: SharedExports::read(&settings.exports, &layouts, report_date),
            layouts,
            templates: templates(&settings)?,
            causes,
            own_causes,
            archive: Archive::new(&settings.data.folder),
            history: History::open(&settings.data.folder),
            settings,
            register,
            report_date,
            selected: selection.organisations.clone(),
        })
    }

    /// Opens the history to be added to, and begins it where there is none. Only whoever holds the
    /// data folder's lock may.
    pub(crate) fn begin_history(&mut self) {
        self.history = History::open_or_begin(&self.settings.data.folder);
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

    /// The codes of [`Context::organisations`].
    pub(crate) fn codes(&self) -> Vec<OrganisationCode> {
        self.organisations()
            .into_iter()
            .map(|organisation| organisation.code.clone())
            .collect()
    }

    fn is_selected(&self, code: &OrganisationCode) -> bool {
        self.selected.is_empty() || self.selected.contains(code)
    }

    /// Mistakes in rows of the register that concern what was asked for, one sentence each.
    pub(crate) fn register_mistakes(&self) -> Vec<String> {
        self.register
            .faulty
            .iter()
            .filter(|row| row.code.as_ref().is_none_or(|code| self.is_selected(code)))
            .flat_map(|row| &row.mistakes)
            .map(ToString::to_string)
            .collect()
    }

    /// One sentence for each shared file with rows of organisations that the register does not have.
    pub(crate) fn unclaimed_rows(&self) -> Vec<String> {
        let rows = self.register.faulty.iter();
        let known = self
            .register
            .organisations
            .iter()
            .map(|organisation| &organisation.code)
            .chain(rows.filter_map(|row| row.code.as_ref()))
            .collect();
        self.shared_exports
            .unclaimed(&known)
            .iter()
            .map(ToString::to_string)
            .collect()
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

/// The rules of causes in a file, and its text.
fn read_causes(path: &Path) -> Result<(CauseRules, String), DayError> {
    let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let rules = CauseRules::parse(&text).map_err(|error| {
        DayError::Unusable(format!("rules of causes: {}, {error}", path.display()))
    })?;
    Ok((rules, text))
}

/// The built-in templates and those of the settings' own folder.
pub(super) fn templates(settings: &Settings) -> Result<Templates, DayError> {
    let own = settings
        .reports
        .templates_folder
        .as_deref()
        .map(read_templates)
        .transpose()?;
    Ok(Templates::new(&own.unwrap_or_default())?)
}

/// The templates in a folder and those below it.
fn read_templates(folder: &Path) -> Result<Vec<TemplateText>, DayError> {
    let mut templates = Vec::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((path, name)) = waiting.pop() {
        let unreadable = |source| SettingsError::Unreadable {
            path: path.clone(),
            source,
        };
        for entry in std::fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let file_name = entry.file_name().to_string_lossy().into_owned();
            let name = if name.is_empty() {
                file_name
            } else {
                format!("{name}/{file_name}")
            };
            if entry.path().is_dir() {
                waiting.push((entry.path(), name));
            } else if [".html", ".txt", ".css", ".js"]
                .iter()
                .any(|ending| name.ends_with(ending))
            {
                let text = std::fs::read_to_string(entry.path());
                let text = text.map_err(|source| SettingsError::Unreadable {
                    path: entry.path(),
                    source,
                })?;
                templates.push(TemplateText { name, text });
            }
        }
    }
    templates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(templates)
}
