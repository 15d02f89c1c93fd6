use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::failure::{ExitCode, Failure};
use crate::domain::{OrganisationCode, ReportDate, Stage};
use crate::exports::{Layouts, SharedExports};
use crate::history::{History, HistoryError};
use crate::metrics::CauseRules;
use crate::render::{TemplateText, Templates};
use crate::settings::{Organisation, Register, Settings, SettingsError};

/// Which day and which organisations a command is about.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The settings file; the default places where none is named.
    pub settings: Option<PathBuf>,
    /// `2026-11-22`, `today` or `yesterday`.
    pub date: String,
    /// Only these organisations; all where there is none.
    pub organisations: Vec<OrganisationCode>,
}

/// Everything a command needs before it looks at an export.
pub(super) struct Setup {
    pub(super) settings: Settings,
    pub(super) register: Register,
    pub(super) layouts: Layouts,
    /// The exports that hold the rows of all organisations.
    pub(super) shared_exports: SharedExports,
    pub(super) templates: Templates,
    pub(super) causes: CauseRules,
    /// The file of rules of causes, word for word, where it is not the built-in one.
    pub(super) own_causes: Option<String>,
    /// What was kept of earlier days; or why nothing can be compared with them.
    pub(super) history: Result<History, HistoryError>,
    pub(super) report_date: ReportDate,
    /// The codes that were asked for; all where there is none.
    wanted: Vec<OrganisationCode>,
}

impl Setup {
    /// Reads settings, register, layouts and templates.
    pub(super) fn load(selection: &Selection, now: DateTime<Utc>) -> Result<Self, Failure> {
        let settings = Settings::load(selection.settings.as_deref())?;
        let today = now
            .with_timezone(&settings.programme.time_zone)
            .date_naive();
        let report_date = ReportDate::parse(&selection.date, today)
            .map_err(|error| Failure::new(ExitCode::Usage, format!("--date: {error}")))?;
        let register =
            Register::load(&settings.programme.register, &settings.mail.allowed_domains)?;
        for code in &selection.organisations {
            let is_faulty = register
                .faulty
                .iter()
                .any(|row| row.code.as_ref() == Some(code));
            if register.organisation(code).is_none() && !is_faulty {
                let message = format!(
                    "--organisation {code}: there is no such organisation in {}",
                    settings.programme.register.display()
                );
                return Err(Failure::new(ExitCode::Usage, message));
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
            history: History::open(&settings.data.folder),
            settings,
            register,
            report_date,
            wanted: selection.organisations.clone(),
        })
    }

    /// The organisations that were asked for and are not closed, in the order of their codes.
    pub(super) fn organisations(&self) -> Vec<&Organisation> {
        let open = self
            .register
            .organisations
            .iter()
            .filter(|organisation| organisation.stage != Stage::Closed);
        open.filter(|organisation| {
            self.wanted.is_empty() || self.wanted.contains(&organisation.code)
        })
        .collect()
    }

    /// The codes of [`Setup::organisations`].
    pub(super) fn codes(&self) -> Vec<OrganisationCode> {
        self.organisations()
            .into_iter()
            .map(|organisation| organisation.code.clone())
            .collect()
    }

    /// Who gets nothing for a mistake in the register, as a sentence without its full stop.
    pub(super) fn served_nothing(&self) -> String {
        let mut codes: Vec<&str> = self
            .register
            .faulty
            .iter()
            .map(|row| {
                row.code
                    .as_ref()
                    .map_or("an unreadable row", OrganisationCode::as_str)
            })
            .collect();
        codes.sort_unstable();
        codes.dedup();
        format!("Nothing was sent about {}", codes.join(", "))
    }

    /// What is to be told of rows, in files of all organisations, that belong to none of the
    /// register.
    pub(super) fn unclaimed_rows(&self) -> Vec<String> {
        let known = self
            .register
            .organisations
            .iter()
            .map(|organisation| &organisation.code);
        let known = known
            .chain(
                self.register
                    .faulty
                    .iter()
                    .filter_map(|row| row.code.as_ref()),
            )
            .collect();
        self.shared_exports
            .unclaimed(&known)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// Why nothing is compared with earlier days, as a sentence; `None` where it is.
    pub(super) fn history_fault(&self) -> Option<String> {
        self.history.as_ref().err().map(|error| {
            format!(
                "Nothing is compared with earlier days, and nothing is kept of this one: {error}."
            )
        })
    }

    /// Mistakes in rows of the register that concern what was asked for, one sentence each.
    pub(super) fn register_mistakes(&self) -> Vec<String> {
        let concerns = |code: &Option<OrganisationCode>| {
            self.wanted.is_empty() || code.as_ref().is_none_or(|code| self.wanted.contains(code))
        };
        let rows = self
            .register
            .faulty
            .iter()
            .filter(|row| concerns(&row.code));
        rows.flat_map(|row| &row.mistakes)
            .map(ToString::to_string)
            .collect()
    }
}

/// The rules of causes in a file, and its text.
fn read_causes(path: &Path) -> Result<(CauseRules, String), Failure> {
    let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let rules = CauseRules::parse(&text).map_err(|error| {
        Failure::new(
            ExitCode::Settings,
            format!("rules of causes: {}, {error}", path.display()),
        )
    })?;
    Ok((rules, text))
}

/// The built-in templates and those of the settings' own folder.
pub(super) fn templates(settings: &Settings) -> Result<Templates, Failure> {
    let own = settings
        .reports
        .templates_folder
        .as_deref()
        .map(read_templates)
        .transpose()?;
    Ok(Templates::new(&own.unwrap_or_default())?)
}

/// The templates in a folder and those below it.
fn read_templates(folder: &Path) -> Result<Vec<TemplateText>, Failure> {
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
