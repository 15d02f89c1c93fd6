//! What a negative answer of a mail server is about: the one place that knows servers' words.

use std::ops::RangeInclusive;

use super::reply::Reply;

/// Where in the dialogue a server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Until the connection is secured.
    Greeting,
    LogIn,
    Sender,
    Recipient,
    Data,
    /// While the message is on its way.
    Content,
    End,
}

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// This recipient; others may fare better.
    Recipient,
    /// This message, unless others meet the same: nobody can tell from the answer.
    Message,
    /// Who sends: it meets every message until a person has acted, as this says.
    Sender(&'static str),
    /// Who logs in: every attempt but the first is one too many.
    LogIn(&'static str),
    /// The server as a whole, for now.
    Server,
    /// How fast messages come.
    Pace,
}

const SEND_AS: &str = "make `from` under [mail] the account that logs in, or have its mail team give \
                       the account the right to send as that address (SendAs)";
const QUOTA: &str = "the account has sent as much as it may: wait until its limit starts anew, a day \
                     as a rule, or ask its mail team for a higher limit";
const FULL: &str = "the sending account's mailbox is full: have its mail team empty Sent Items, or \
                    stop keeping sent messages there";
const BLOCKED: &str = "the mail service has blocked the sender: its mail team must find out why, and \
                       have the block lifted";
const LICENCE: &str = "the sending account has no valid licence: its mail team must assign one";
const RELAY: &str = "the server does not pass mail on for this machine: log in (username under \
                     [mail.smtp]), or have its mail team allow it";
const HELLO: &str = "set hello_name under [mail.smtp] to this machine's full name, as it is in DNS";
const PROOF: &str = "the sender's domain does not vouch for this server (SPF, DKIM, DMARC, reverse \
                     DNS): its mail team must correct that";
const NO_PASSWORDS: &str = "the mail service takes no passwords any more: set up [mail.smtp.oauth]";
const POLICY: &str = "a policy of the mail service keeps the account from logging in: its mail team \
                      must allow authenticated SMTP for the account and for the organisation";
pub(super) const LOG_IN: &str = "check username and password_file, or [mail.smtp.oauth], under [mail.smtp], and \
                      that the account may send by SMTP";
const DIALOGUE: &str = "the server does not take part in the dialogue as a mail server does: check \
                        host and port under [mail.smtp]";
const UNTOLD: &str = "ask the mail team what it means, and run again once they have acted";

/// A line of the table: it applies to an answer that has everything it names.
struct JudgementRow {
    /// The first digit of the code.
    class: u16,
    /// Subject and details of the enhanced code; any where there are none.
    enhanced: Option<(u16, RangeInclusive<u16>)>,
    /// A part of the text, in lower case; empty for any.
    text: &'static str,
    about: About,
}

const fn code(class: u16, subject: u16, detail: u16, about: About) -> JudgementRow {
    codes(class, subject, detail..=detail, about)
}

const fn codes(
    class: u16,
    subject: u16,
    details: RangeInclusive<u16>,
    about: About,
) -> JudgementRow {
    worded(class, Some((subject, details)), "", about)
}

const fn text(class: u16, text: &'static str, about: About) -> JudgementRow {
    worded(class, None, text, about)
}

const fn worded(
    class: u16,
    enhanced: Option<(u16, RangeInclusive<u16>)>,
    text: &'static str,
    about: About,
) -> JudgementRow {
    JudgementRow {
        class,
        enhanced,
        text,
        about,
    }
}

/// What is known of servers' words, most specific first; the first line that applies decides, at
/// whatever step. Unless another source is named, Microsoft's “Email non-delivery reports and SMTP
/// errors in Exchange Online” (learn.microsoft.com, exchange/troubleshoot/email-delivery/ndr).
const TABLE: &[JudgementRow] = &[
    // “432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded”, where only that mailbox is busy.
    text(4, "recipient thread limit", About::Recipient),
    // “432 4.3.2 Concurrent connections limit exceeded”, “STOREDRV.ClientSubmit; sender thread limit
    // exceeded”: the limits of SMTP AUTH client submission.
    code(4, 3, 2, About::Pace),
    code(4, 5, 3, About::Pace),
    codes(4, 7, 500..=699, About::Pace),
    codes(4, 7, 850..=899, About::Pace),
    // Amazon SES: “454 Throttling failure”. Postfix: “450 4.7.1 Error: too much mail from”, “too many
    // connections from” (postscreen and anvil).
    text(4, "throttl", About::Pace),
    text(4, "too much mail", About::Pace),
    text(4, "too many connections", About::Pace),
    text(4, "too many concurrent", About::Pace),
    // “554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException”, and “The message
    // can't be submitted because the sender's submission quota was exceeded”.
    text(5, "submissionquotaexceeded", About::Sender(QUOTA)),
    text(5, "submission quota", About::Sender(QUOTA)),
    // “550 5.7.60 SMTP; Client does not have permissions to send as this sender”, “554 5.2.252
    // SendAsDenied; … not allowed to send as …; STOREDRV.Submission.Exception:SendAsDeniedException”.
    text(5, "sendasdenied", About::Sender(SEND_AS)),
    text(5, "send as", About::Sender(SEND_AS)),
    code(5, 7, 60, About::Sender(SEND_AS)),
    // “Continuous Error Throttling for SMTP AUTH Submissions” (OfficeDocs-Exchange).
    code(5, 2, 251, About::Sender(FULL)),
    code(5, 2, 252, About::Sender(SEND_AS)),
    code(5, 2, 253, About::Sender(LICENCE)),
    codes(5, 2, 254..=255, About::Sender(BLOCKED)),
    // What the store of the sender's own mailbox refuses: quotas, and what has no name.
    text(
        5,
        "storedrv.submission.exception:quota",
        About::Sender(FULL),
    ),
    text(5, "storedrv.submission", About::Sender(UNTOLD)),
    text(5, "storedrv.clientsubmit", About::Sender(UNTOLD)),
    // RFC 3463 3.2: X.1.7 and X.1.8 are of the sender's address, alone among those of addresses.
    code(5, 1, 7, About::Sender(SEND_AS)),
    code(5, 1, 8, About::Sender(BLOCKED)),
    text(5, "sender denied", About::Sender(SEND_AS)),
    code(5, 1, 90, About::Sender(QUOTA)),
    // Gmail: “550 5.4.5 Daily user sending limit exceeded”; RFC 3463 3.5 has it as congestion.
    code(5, 4, 5, About::Sender(QUOTA)),
    // The tenant's limit of external recipients.
    codes(5, 7, 230..=239, About::Sender(QUOTA)),
    codes(5, 7, 501..=503, About::Sender(BLOCKED)),
    codes(5, 7, 504..=505, About::Recipient),
    code(5, 7, 506, About::Sender(HELLO)),
    code(5, 7, 507, About::Recipient),
    code(5, 7, 508, About::Sender(QUOTA)),
    code(5, 7, 509, About::Sender(PROOF)),
    code(5, 7, 510, About::Recipient),
    code(5, 7, 511, About::Sender(BLOCKED)),
    code(5, 7, 513, About::Recipient),
    codes(5, 7, 606..=649, About::Sender(BLOCKED)),
    code(5, 7, 703, About::Recipient),
    codes(5, 7, 700..=750, About::Sender(BLOCKED)),
    // RFC 7372: SPF, DKIM and reverse DNS of the sender.
    codes(5, 7, 20..=29, About::Sender(PROOF)),
    // “5.7.54 SMTP; Unable to relay recipient in non-accepted domain”, “5.7.64 TenantAttribution;
    // Relay Access Denied”; Postfix: “554 5.7.1 … Relay access denied”; Sendmail: “550 5.7.1 …
    // Relaying denied”; Exim: “550 relay not permitted”.
    code(5, 7, 54, About::Sender(RELAY)),
    code(5, 7, 64, About::Sender(RELAY)),
    text(5, "relay access denied", About::Sender(RELAY)),
    text(5, "to relay", About::Sender(RELAY)),
    text(5, "relaying", About::Sender(RELAY)),
    text(5, "relay not permitted", About::Sender(RELAY)),
    // Log-ins (RFC 4954 6 and what Exchange Online says since passwords go).
    code(5, 7, 30, About::LogIn(NO_PASSWORDS)),
    text(5, "basic authentication", About::LogIn(NO_PASSWORDS)),
    code(5, 7, 139, About::LogIn(POLICY)),
    text(
        5,
        "smtpclientauthentication is disabled",
        About::LogIn(POLICY),
    ),
    code(5, 7, 3, About::LogIn(LOG_IN)),
    code(5, 7, 57, About::LogIn(LOG_IN)),
    codes(5, 7, 8..=9, About::LogIn(LOG_IN)),
    text(5, "not authenticated to send", About::LogIn(LOG_IN)),
    text(5, "client was not authenticated", About::LogIn(LOG_IN)),
    text(5, "authentication required", About::LogIn(LOG_IN)),
    // Postfix' restrictions, which it tells at RCPT whatever they are about.
    text(5, "not owned by user", About::Sender(SEND_AS)),
    text(5, "sender address rejected", About::Sender(SEND_AS)),
    text(5, "sender verify failed", About::Sender(SEND_AS)),
    text(5, "helo command rejected", About::Sender(HELLO)),
    text(5, "client host rejected", About::Sender(BLOCKED)),
    text(5, "blocked using", About::Sender(BLOCKED)),
    // Groups and mailboxes that take mail from their own organisation only.
    codes(5, 7, 12..=13, About::Recipient),
    codes(5, 7, 124..=136, About::Recipient),
    text(5, "recipient address rejected", About::Recipient),
    // RFC 3463 3.4: what the system as a whole does not do; 5.3.4 is the size of the message.
    codes(5, 3, 0..=3, About::Server),
    code(5, 3, 4, About::Message),
];

/// What an answer, which is negative, is about.
pub(super) fn judge(step: Step, reply: &Reply) -> About {
    // RFC 5321 3.8: the server closes the connection, and says nothing of the message.
    if reply.code == 421 {
        return About::Pace;
    }
    // RFC 4954 6, and 530 from RFC 3207 4: true of every message.
    let is_of_log_in = matches!(reply.code, 530 | 534 | 535 | 538)
        || (step == Step::LogIn && reply.is_permanent());
    let text = text_of(reply);
    let class = reply.code / 100;
    let row = TABLE.iter().find(|row| {
        let is_its_code = row.enhanced.as_ref().is_none_or(|(subject, details)| {
            reply
                .enhanced
                .is_some_and(|(of, detail)| of == *subject && details.contains(&detail))
        });
        row.class == class && is_its_code && text.contains(row.text)
    });
    match row.map(|row| row.about) {
        Some(About::Sender(advice) | About::LogIn(advice)) if is_of_log_in => About::LogIn(advice),
        _ if is_of_log_in => About::LogIn(LOG_IN),
        Some(about) => about,
        None if reply.is_permanent() => of_step(step, reply),
        None => match step {
            Step::Recipient => About::Recipient,
            Step::Data | Step::Content | Step::End => About::Message,
            Step::Greeting | Step::LogIn => About::Server,
            Step::Sender => About::Pace,
        },
    }
}

/// What an answer says, in lower case, without addresses: a domain may have any word in it.
fn text_of(reply: &Reply) -> String {
    let words = reply.lines().flat_map(str::split_whitespace);
    let words: Vec<&str> = words.filter(|word| !word.contains('@')).collect();
    words.join(" ").to_ascii_lowercase()
}

/// What a permanent answer that the table does not know is about, by where it came.
fn of_step(step: Step, reply: &Reply) -> About {
    let subject = reply.enhanced.map(|(subject, _)| subject);
    match (step, subject, reply.code) {
        (Step::Greeting | Step::LogIn, ..) => About::Server,
        // RFC 3463: 1 and 2 are of an address and its mailbox, 4 of the way there.
        (Step::Recipient, Some(1 | 2 | 4), _) => About::Recipient,
        // RFC 5321 4.2.2: commands that are not understood, or not now.
        (_, Some(5) | None, 500..=504 | 555) => About::Sender(DIALOGUE),
        // RFC 5321 4.2.3: a mailbox that is not there, is elsewhere, is full, has a wrong name.
        (Step::Recipient, Some(0) | None, 550..=553) => About::Recipient,
        // Before a recipient was named, and after it was taken, only the sender's own mailbox is left.
        (Step::Sender | Step::End, Some(2), _) if reply.enhanced == Some((2, 2)) => {
            About::Sender(FULL)
        }
        (Step::Sender | Step::End, Some(2), _) => About::Sender(UNTOLD),
        (Step::End, Some(1), _) => About::Recipient,
        // Nobody was named yet, and of the message only its size: RFC 1870 6.1.
        (Step::Sender, Some(3), _) | (Step::Sender, _, 552) => About::Message,
        (Step::Sender, Some(1), _) => About::Sender(SEND_AS),
        (Step::Sender, ..) => About::Sender(UNTOLD),
        _ => About::Message,
    }
}

#[cfg(test)]
mod tests;
