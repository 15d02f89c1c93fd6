use chrono::{DateTime, Days, NaiveTime, Utc};

use super::error::DayError;
use crate::delivery::{ClientProof, OauthClient, TokenSource};
use crate::domain::plural::counted;
use crate::settings::{Settings, SmtpSettings, TransportKind};

/// How long before what proves the application ends it is said, and said to be urgent.
const WARNED_BEFORE_DAYS: i64 = 30;
const URGENT_BEFORE_DAYS: i64 = 7;

/// What gives tokens for the log-in, where the settings name an application; nobody is asked yet.
pub(super) fn open_tokens(smtp: &SmtpSettings) -> Result<Option<TokenSource>, DayError> {
    let Some(oauth) = &smtp.oauth else {
        return Ok(None);
    };
    let proof = match (&oauth.certificate_file, oauth.secret()?) {
        (Some(certificate), _) => ClientProof::Certificate {
            certificate_file: certificate.to_path_buf(),
            key_file: oauth.key_file.as_ref().unwrap_or(certificate).to_path_buf(),
        },
        (None, Some(secret)) => ClientProof::Secret(secret),
        (None, None) => return Ok(None),
    };
    Ok(Some(TokenSource::new(OauthClient {
        token_url: oauth.token_url.clone(),
        client_id: oauth.client_id.clone(),
        scope: oauth.scope.clone(),
        proof,
        refresh_token: oauth.refresh_token()?,
        ca_file: smtp.ca_file.clone(),
        patience: OauthClient::PATIENCE,
    })?))
}

/// What proves the application of the log-in will not be good for much longer, or is not: said from
/// 30 days before.
pub(crate) fn expiry_warning(
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Option<String>, DayError> {
    let smtp = settings.mail.smtp.as_ref();
    let smtp = smtp.filter(|_| settings.mail.transport == TransportKind::Smtp);
    let Some((smtp, oauth)) = smtp.and_then(|smtp| Some((smtp, smtp.oauth.as_ref()?))) else {
        return Ok(None);
    };
    let certificate = open_tokens(smtp)?.and_then(|tokens| tokens.certificate_ends_at());
    let secret = oauth.secret_expires.as_ref().map(|last| {
        let end = last.0.day() + Days::new(1);
        end.and_time(NaiveTime::MIN).and_utc()
    });
    let (what, ends_at) = match (certificate, secret) {
        (Some(end), _) => ("certificate", end),
        (None, Some(end)) => ("secret", end),
        (None, None) => return Ok(None),
    };
    let days = (ends_at - now).num_days();
    let until = ends_at.format("%-d %B %Y");
    let renew = "have a new one made, put it in its place under [mail.smtp.oauth], and check: without it \
         nothing is sent";
    Ok(if ends_at <= now {
        Some(format!(
            "the {what} that logs in to the mail server has expired on {until}: {renew}"
        ))
    } else if days < WARNED_BEFORE_DAYS {
        let left = counted(days, "day", "days");
        let urgent = if days < URGENT_BEFORE_DAYS {
            "URGENT: "
        } else {
            ""
        };
        Some(format!(
            "{urgent}the {what} that logs in to the mail server expires in {left}, on {until}: \
             {renew}"
        ))
    } else {
        None
    })
}
