//! Passwords and keys, which are never in the settings: the files and variables that hold them.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::section::{Place, SecretFile, Setting};
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
    /// Takes paths to be below `folder`; a credential of another service, to be the one of this
    /// service that has the same name.
    pub(super) fn with_paths_below(mut self, folder: &Path) -> Self {
        let own = std::env::var_os(CREDENTIALS_VARIABLE).map(PathBuf::from);
        self.each_path(&mut |place| match place {
            Place::Plain(path) => *path = folder.join(&*path),
            Place::Secret(SecretFile(path)) => {
                let name = path.file_name().filter(|_| path.starts_with(CREDENTIALS));
                *path = match (&own, name) {
                    (Some(own), Some(name)) => own.join(name),
                    _ => folder.join(&*path),
                };
            }
        });
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
        let mut files = Vec::new();
        settings.each_path(&mut |place| {
            if let Place::Secret(SecretFile(path)) = place {
                files.push(path.clone());
            }
        });
        files.push(self.data.folder.clone());
        files.retain(|path| is_open_to_all(path));
        files
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
