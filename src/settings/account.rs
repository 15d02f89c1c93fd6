//! The accounts that send: the one of `[mail.smtp]`, and those of `[[mail.smtp.account]]`.

use std::num::NonZeroU32;

use secrecy::SecretString;
use serde::Deserialize;

use super::SettingsError;
use super::section::{SecretFile, section};
use crate::domain::EmailAddress;

section! {
    /// A `[[mail.smtp.account]]` section: an account that sends beside the first.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct AccountSettings {
        /// Its address: the sender of what it sends.
        pub from: EmailAddress,
        /// Whom to log in as, where that is not the address.
        pub username: Option<String>,
        /// A file with the password on its first line; not with tokens.
        pub password_file: Option<SecretFile>,
        /// Its pace, where it is not that of `[mail]`.
        pub messages_per_minute: Option<NonZeroU32>,
    }
}

/// An account that sends.
#[derive(Debug, Clone)]
pub struct SendingAccount {
    /// The sender of what it sends.
    pub from: EmailAddress,
    /// Whom to log in as; nobody logs in where there is none.
    pub username: Option<String>,
    /// How many messages it may send in a minute.
    pub messages_per_minute: NonZeroU32,
    pub(super) password_file: Option<SecretFile>,
    pub(super) password_variable: Option<&'static str>,
    pub(super) has_oauth: bool,
    pub(super) send_as: bool,
}

impl SendingAccount {
    /// The password, from the file or the variable; `None` where nobody logs in, or tokens take its
    /// place.
    ///
    /// # Errors
    /// [`SettingsError`] where somebody logs in and no password can be had.
    pub fn password(&self) -> Result<Option<SecretString>, SettingsError> {
        if self.username.is_none() || self.has_oauth {
            return Ok(None);
        }
        let variable = self.password_variable.unwrap_or_default();
        let password = super::secret::read(self.password_file.as_deref(), variable)?;
        password.map(Some).ok_or(SettingsError::NoPassword)
    }

    /// Whether the log-in is another address than the sender, and nobody says that it may be. A name
    /// that is no address says nothing.
    #[must_use]
    pub fn sends_as_another(&self) -> bool {
        let account = self.username.as_deref().map(EmailAddress::parse);
        let is_another =
            account.is_some_and(|account| account.is_ok_and(|account| account != self.from));
        !self.send_as && is_another
    }
}
