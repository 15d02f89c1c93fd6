use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::domain::invisible::is_invisible;
use crate::sheets::SheetError;

/// A mistake in a settings file or a register: one sentence, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The settings file or the register.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The key of a settings file, or the column of a register.
    pub key: Option<String>,
    /// What is wrong, and what to write.
    pub message: String,
}

impl Mistake {
    pub(super) fn new(
        path: &Path,
        line: Option<u32>,
        key: Option<&str>,
        message: impl Into<String>,
    ) -> Self {
        // Both may quote what somebody wrote, or pasted.
        let shown = |text: &str| text.replace(|c| c != '\n' && is_invisible(c), "");
        Self {
            path: path.to_owned(),
            line,
            key: key.map(shown),
            message: shown(&message.into()),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ", key {key}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Why there are no settings, or no register.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// No settings file was named, and none is where one is looked for.
    #[error(
        "there is no migration-monitor.toml in this folder nor in /etc/migration-monitor: name one \
         with --settings FILE"
    )]
    NotFound,
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Where the file should be.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A mistake in the settings file or the register.
    #[error("{0}")]
    Mistaken(Mistake),
    /// The register is not a table.
    #[error("{}: {source}", path.display())]
    NotATable {
        /// Where the register is.
        path: PathBuf,
        /// What no table has, with its place.
        source: SheetError,
    },
    /// An account is named, and no password can be had.
    #[error(
        "the mail server's password is missing: name its file as password_file in [mail.smtp], or \
         set {}",
        super::variables::PASSWORD_VARIABLE
    )]
    NoPassword,
    /// An application is named, and nothing proves it.
    #[error(
        "[mail.smtp.oauth] has neither certificate nor secret: name certificate_file (and \
         key_file) or secret_file, or set {}",
        super::variables::OAUTH_SECRET_VARIABLE
    )]
    NoOauthSecret,
    /// A credential of a systemd service, which nobody else has.
    #[error(
        "{} cannot be read: {source}. It is there only inside the systemd service: run the service \
         (systemctl start migration-monitor@2026-11-22 runs a day), or set {variable}",
        path.display()
    )]
    OnlyInService {
        /// Where the service has it.
        path: PathBuf,
        /// The variable that is read in its place.
        variable: &'static str,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file or the variable of a password begins with an empty line.
    #[error("the first line of {place} is empty: it must be the password")]
    EmptyPassword {
        /// The file or the variable.
        place: String,
    },
}

impl SettingsError {
    /// That the file at `path` cannot be read, from why.
    pub(crate) fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Unreadable {
            path,
            source: match source.kind() {
                ErrorKind::InvalidData => {
                    std::io::Error::other("it is not UTF-8: save it as text in UTF-8")
                }
                _ => source,
            },
        }
    }
}

/// What the TOML reader found, with its line and key.
pub(super) fn in_toml(text: &str, path: &Path, error: &toml::de::Error) -> SettingsError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line = text.lines().nth(before.matches('\n').count());
    let message = line.and_then(instead_of_percent).unwrap_or_else(|| {
        // The reader speaks of fields; a settings file has keys.
        let message = error.message().replace("field `", "key `");
        message.replace('\n', " ")
    });
    at_offset(text, path, start, message)
}

/// What to write in place of the value of a line that is a percentage.
fn instead_of_percent(line: &str) -> Option<String> {
    let (_, value) = line.split_once('=')?;
    let value = value.split('#').next().unwrap_or_default();
    let value = value.trim().trim_matches(['"', '\'']);
    let percent: f64 = value.strip_suffix('%')?.trim().parse().ok()?;
    // Rounded to what was written: 0.07 / 100 has 19 decimals.
    let share = format!("{:.12}", percent / 100.0);
    let share = share.trim_end_matches('0').trim_end_matches('.');
    Some(format!("a share is a fraction: write {share} for {value}"))
}

/// A mistake at a line of a list that the settings name; the line stands in `message` no more.
pub(super) fn in_list(path: &Path, line: usize, message: &str) -> SettingsError {
    let (_, message) = message.split_once(": ").unwrap_or(("", message));
    SettingsError::Mistaken(Mistake::new(path, u32::try_from(line).ok(), None, message))
}

/// A mistake in the value of `key`, at the first line that sets it.
pub(super) fn at_key(text: &str, path: &Path, key: &str, message: String) -> SettingsError {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if key_of(line) == Some(key) {
            break;
        }
        offset += line.len();
    }
    at_offset(text, path, offset, message)
}

fn at_offset(text: &str, path: &Path, offset: usize, message: String) -> SettingsError {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count();
    let key = text.lines().nth(line).and_then(key_of);
    let number = u32::try_from(line + 1).ok();
    SettingsError::Mistaken(Mistake::new(path, number, key, message))
}

/// The key that a line sets, or the section it opens.
fn key_of(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(section) = line.strip_prefix('[') {
        return Some(section.trim_end_matches(|c| c != ']').trim_end_matches(']'));
    }
    let (key, _) = line.split_once('=')?;
    (!line.starts_with('#')).then(|| key.trim())
}
