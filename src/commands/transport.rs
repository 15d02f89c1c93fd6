use super::failure::{ExitCode, Failure};
use crate::delivery::{self, Outbox, Smtp, SmtpSecurity, SmtpSettings, SmtpTimeouts};
use crate::settings::{Security, Settings, Transport};

/// The transport that the settings name, ready but not yet connected.
pub(super) fn open_transport(settings: &Settings) -> Result<Box<dyn delivery::Transport>, Failure> {
    match (settings.mail.transport, &settings.mail.outbox) {
        (Transport::Outbox, Some(outbox)) => Ok(Box::new(Outbox::new(&outbox.folder))),
        (Transport::Outbox, None) => Err(missing_section("outbox")),
        (Transport::Smtp, _) => Ok(Box::new(open_smtp(settings)?)),
    }
}

/// The mail server that the settings name, not yet connected.
pub(super) fn open_smtp(settings: &Settings) -> Result<Smtp, Failure> {
    let smtp = settings.mail.smtp.as_ref().ok_or_else(|| missing_section("smtp"))?;
    Ok(Smtp::new(SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port,
        security: match smtp.security {
            Security::StartTls => SmtpSecurity::Starttls,
            Security::Tls => SmtpSecurity::Tls,
            Security::None => SmtpSecurity::None,
        },
        username: smtp.username.clone(),
        password: smtp.password()?,
        ca_file: smtp.ca_file.clone(),
        timeouts: SmtpTimeouts { reply: smtp.reply_timeout(), ..SmtpTimeouts::default() },
        hello_name: None,
    })?)
}

fn missing_section(section: &str) -> Failure {
    Failure::new(ExitCode::Settings, format!("there is no section [mail.{section}] in the settings: add it, or choose another transport"))
}
