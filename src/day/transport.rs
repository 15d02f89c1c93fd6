use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::error::DayError;
use super::log_in::open_tokens;
use crate::delivery::{self, Outbox, SendingAccounts, Sendmail, Smtp, SmtpServer, SmtpTimeouts};
use crate::domain::{Domain, EmailAddress, SubjectLines};
use crate::settings::{SendingAccount, Settings, SmtpSettings, TransportKind};

/// The transport that the settings name, ready but not yet connected.
pub(crate) fn open_transport(context: &Context) -> Result<Box<dyn delivery::Transport>, DayError> {
    let settings = &context.settings;
    refuse_anonymous_relay(context)?;
    match (settings.mail.transport, &settings.mail.outbox) {
        (TransportKind::Outbox, Some(outbox)) => Ok(Box::new(Outbox::new(&outbox.folder))),
        (TransportKind::Outbox, None) => Err(missing_section(TransportKind::Outbox)),
        (TransportKind::Smtp, _) => Ok(Box::new(SendingAccounts::new(open_accounts(settings)?))),
        (TransportKind::Sendmail, _) => Ok(Box::new(open_sendmail(settings)?)),
    }
}

/// Refuses to send subject lines, which may name patients, by a server that takes mail from
/// anybody.
pub(crate) fn refuse_anonymous_relay(context: &Context) -> Result<(), DayError> {
    let mail = &context.settings.mail;
    let is_open = mail
        .smtp
        .as_ref()
        .is_some_and(SmtpSettings::is_anonymous_relay);
    if mail.transport != TransportKind::Smtp || !is_open {
        return Ok(());
    }
    let mut organisations = context.organisations().into_iter().chain(context.closed());
    let quoted = organisations.find(|quoted| quoted.subject_lines != SubjectLines::Withheld);
    quoted.map_or(Ok(()), |organisation| {
        Err(DayError::Unusable(format!(
            "the reports of {} hold subject lines, which must not go by a mail server that nobody \
             logs in to: name a username under [mail.smtp], with the port that it needs (587 as a \
             rule), or withhold the subject lines in the register",
            organisation.code
        )))
    })
}

/// A log-in to the mail server for each account that the settings name, not yet connected.
pub(crate) fn open_accounts(settings: &Settings) -> Result<Vec<(EmailAddress, Smtp)>, DayError> {
    let smtp = settings.mail.smtp.as_ref();
    let smtp = smtp.ok_or_else(|| missing_section(TransportKind::Smtp))?;
    // One application, and so one token, for all of them.
    let tokens = open_tokens(smtp)?.map(Arc::new);
    let open = |account: SendingAccount| {
        let server = SmtpServer {
            host: smtp.host.clone(),
            port: smtp.port,
            security: smtp.security,
            username: account.username.clone(),
            password: account.password()?,
            tokens: tokens.clone(),
            ca_file: smtp.ca_file.clone(),
            hello_name: smtp.hello_name.clone().or_else(own_name),
            timeouts: SmtpTimeouts {
                reply: smtp.reply_timeout(),
                ..SmtpTimeouts::default()
            },
        };
        Ok((account.from, Smtp::new(server)?))
    };
    settings.mail.accounts().into_iter().map(open).collect()
}

/// The full name of this machine, where it has one that means something elsewhere.
fn own_name() -> Option<Domain> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Domain::parse(&name).filter(|name| name.as_str().contains('.'))
}

/// The mail program that the settings name.
pub(crate) fn open_sendmail(settings: &Settings) -> Result<Sendmail, DayError> {
    let sendmail = settings.mail.sendmail.as_ref();
    let sendmail = sendmail.ok_or_else(|| missing_section(TransportKind::Sendmail))?;
    let timeout = Duration::from_secs(sendmail.timeout_seconds.get().into());
    if !sendmail.command.is_file() {
        let message = format!(
            "{} is no program: name the machine's sendmail as command under [mail.sendmail]",
            sendmail.command.display()
        );
        return Err(DayError::Unusable(message));
    }
    Ok(Sendmail::new(&sendmail.command, timeout))
}

fn missing_section(transport: TransportKind) -> DayError {
    DayError::Unusable(format!(
        "there is no section [mail.{}] in the settings: add it, or choose another transport",
        transport.name()
    ))
}
