//! The `[mail.smtp.oauth]` section.

use secrecy::SecretString;
use serde::Deserialize;

use super::SettingsError;
use super::section::{SecretFile, section, without_paths};
use super::variables::{OAUTH_SECRET_VARIABLE, REFRESH_TOKEN_VARIABLE};
use crate::domain::ReportDate;

section! {
    /// The `[mail.smtp.oauth]` section: an application that logs the account in by OAuth 2.0 client
    /// credentials.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct OauthSettings {
        /// Where tokens come from.
        pub token_url: String,
        /// The registered application.
        pub client_id: String,
        /// What a token is good for.
        #[serde(default = "default_scope")]
        pub scope: String,
        /// The application's certificate (PEM).
        pub certificate_file: Option<SecretFile>,
        /// The key of that certificate (PEM), where it is not in the same file.
        pub key_file: Option<SecretFile>,
        /// A file with the application's secret on its first line, in place of a certificate.
        pub secret_file: Option<SecretFile>,
        /// The last day on which the secret is good: nobody else knows it.
        pub secret_expires: Option<LastDay>,
        /// A file with a refresh token on its first line, where a person has consented for the account
        /// in place of an administrator for the application.
        pub refresh_token_file: Option<SecretFile>,
    }
}

/// What Exchange Online asks for.
fn default_scope() -> String {
    "https://outlook.office365.com/.default".to_owned()
}

impl OauthSettings {
    /// The secret, from the file or the variable; `None` where a certificate takes its place.
    ///
    /// # Errors
    /// [`SettingsError`] where there is neither.
    pub fn secret(&self) -> Result<Option<SecretString>, SettingsError> {
        if self.certificate_file.is_some() {
            return Ok(None);
        }
        let secret = super::secret::read(self.secret_file.as_deref(), OAUTH_SECRET_VARIABLE)?;
        secret.map(Some).ok_or(SettingsError::NoOauthSecret)
    }

    /// The refresh token, from the file or the variable, where there is one.
    ///
    /// # Errors
    /// [`SettingsError`] where its file cannot be read.
    pub fn refresh_token(&self) -> Result<Option<SecretString>, SettingsError> {
        let file = self.refresh_token_file.as_deref();
        super::secret::read(file, REFRESH_TOKEN_VARIABLE)
    }
}

/// A day, written 2027-03-31.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct LastDay(pub ReportDate);

without_paths!(LastDay);

impl TryFrom<String> for LastDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let day = ReportDate::parse_iso(&text);
        day.map(Self)
            .ok_or("a day is written as in \"2027-03-31\", in quotes")
    }
}
