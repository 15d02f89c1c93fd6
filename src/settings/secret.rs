//! Passwords and keys, which are never in the settings: the files and variables that hold them.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::{Settings, SettingsError};

/// Where systemd puts the credentials of each service.
const CREDENTIALS: &str = "/run/credentials";
/// What says where those of this service are.
const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// The first line of what the variable says, or else of the file; `None` where the variable is not
/// set and no file is named.
pub(super) fn read(
    file: Option<&Path>,
    variable: &'static str,
) -> Result<Option<SecretString>, SettingsError> {
    let (text, place) = match (std::env::var(variable), file) {
        (Ok(text), _) => (Zeroizing::new(text), variable.to_owned()),
        (Err(_), Some(path)) => {
            let text = std::fs::read_to_string(path).map(Zeroizing::new);
            let text = text.map_err(|source| match path.starts_with(CREDENTIALS) {
                true => SettingsError::OnlyInService {
                    path: path.to_owned(),
                    variable,
                    source,
                },
                false => SettingsError::unreadable(path)(source),
            })?;
            (text, path.display().to_string())
        }
        (Err(_), None) => return Ok(None),
    };
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Some(SecretString::from(line))),
        _ => Err(SettingsError::EmptyPassword { place }),
    }
}

impl Settings {
    /// The files that hold what proves who logs in.
    fn secret_files(&mut self) -> Vec<&mut PathBuf> {
        let mut files = Vec::new();
        if let Some(smtp) = &mut self.mail.smtp {
            files.push(&mut smtp.password_file);
            let accounts = smtp.account.iter_mut();
            files.extend(accounts.map(|account| &mut account.password_file));
            if let Some(oauth) = &mut smtp.oauth {
                files.extend([
                    &mut oauth.certificate_file,
                    &mut oauth.key_file,
                    &mut oauth.secret_file,
                    &mut oauth.refresh_token_file,
                ]);
            }
        }
        files.extend(self.ledger.as_mut().map(|ledger| &mut ledger.password_file));
        files.into_iter().filter_map(Option::as_mut).collect()
    }

    /// Takes them to be below `folder`; a credential of another service, to be the one of this
    /// service that has the same name.
    pub(super) fn with_secrets_below(mut self, folder: &Path) -> Self {
        let own = std::env::var_os(CREDENTIALS_VARIABLE).map(PathBuf::from);
        for path in self.secret_files() {
            let name = path.file_name().filter(|_| path.starts_with(CREDENTIALS));
            *path = match (&own, name) {
                (Some(own), Some(name)) => own.join(name),
                _ => folder.join(&*path),
            };
        }
        self
    }

    /// The files with passwords or keys that every user of this machine may read, and the data folder
    /// where they may look into it.
    #[must_use]
    pub fn exposed(&self) -> Vec<PathBuf> {
        let mut settings = self.clone();
        // A certificate is no secret, where its key is in another file.
        let oauth = settings.mail.smtp.iter_mut();
        for oauth in oauth.filter_map(|smtp| smtp.oauth.as_mut()) {
            oauth.certificate_file.take_if(|_| oauth.key_file.is_some());
        }
        let files = settings.secret_files().into_iter().map(|path| path.clone());
        files
            .chain([self.data.folder.clone()])
            .filter(|path| is_open_to_all(path))
            .collect()
    }
}

#[cfg(unix)]
fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o005 != 0)
}

/// Elsewhere permissions are not of this kind.
#[cfg(not(unix))]
fn is_open_to_all(_: &Path) -> bool {
    false
}
