//! The variables of the environment that stand in for what is in files.

/// The variable that may name the settings file.
pub const SETTINGS_VARIABLE: &str = "MIGRATION_MONITOR_SETTINGS";

/// The variable that may hold the mail server's password in place of a file.
pub(super) const PASSWORD_VARIABLE: &str = "MIGRATION_MONITOR_SMTP_PASSWORD";

/// The variable that may hold the secret of the application that logs in, in place of a file.
pub(super) const OAUTH_SECRET_VARIABLE: &str = "MIGRATION_MONITOR_SMTP_OAUTH_SECRET";

/// The variable that may hold the refresh token of the account that logs in, in place of a file.
pub(super) const REFRESH_TOKEN_VARIABLE: &str = "MIGRATION_MONITOR_SMTP_OAUTH_REFRESH_TOKEN";

/// The variable that may hold the password of the ledger's database in place of a file.
pub(super) const LEDGER_PASSWORD_VARIABLE: &str = "MIGRATION_MONITOR_LEDGER_PASSWORD";

/// Every variable, with what it holds, as manual pages say it.
pub const VARIABLES: [(&str, &str); 5] = [
    (SETTINGS_VARIABLE, "the settings file, where none is named"),
    (
        PASSWORD_VARIABLE,
        "the mail server's password, in place of a file",
    ),
    (
        OAUTH_SECRET_VARIABLE,
        "the secret of the application that logs in, in place of a file",
    ),
    (
        REFRESH_TOKEN_VARIABLE,
        "the refresh token of the account that logs in, in place of a file",
    ),
    (
        LEDGER_PASSWORD_VARIABLE,
        "the password of the ledger's database, in place of a file",
    ),
];
