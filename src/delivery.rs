//! Sends each message once: a state machine over a ledger and a transport.
//!
//! Takes: messages, by the records that were prepared for them. Gives: the state of each delivery,
//! durable at every step. Touches: the ledger's file or database, the outbox folder, the mail
//! server and the endpoint of its tokens, the machine's mail program, the folder of returned
//! messages.

mod accounts;
mod dispatch;
mod ledger;
mod masking;
mod oauth;
mod outbox;
mod pace;
mod progress;
mod record;
mod rehearsal;
mod returns;
mod sendmail;
mod smtp;
mod streak;
mod transport;
mod trust;
mod waiting;

pub use accounts::SendingAccounts;
pub use dispatch::{Load, WithheldMessage, deliver};
pub use ledger::{
    Anchor, AuditAction, AuditEntry, AuditedDecision, DatabaseFault, Evidence, Ignorance, Ledger,
    LedgerError, LedgerErrorKind, LedgerPlace, LedgerServer, NotOpened, Rebuilt, Restoration,
    Settled, newest_copied,
};
pub use oauth::{ClientProof, InvalidOauth, OauthClient, TokenSource, UnusableCertificate};
pub use outbox::Outbox;
pub use pace::{Lanes, Pace};
pub use progress::{DeliveryEvent, DeliverySummary};
pub use record::{
    DeliveryFilter, DeliveryId, DeliveryRecord, EditionRecord, INPUTS_NOT_KNOWN, PreparedDelivery,
    StateNote, WANTED_AGAIN, message_digest,
};
pub use rehearsal::Rehearsal;
pub use returns::{ReturnPlaces, ReturnsSummary, SettledByReport, panics_are_caught, read_returns};
pub use sendmail::Sendmail;
pub use smtp::{InvalidSmtpServer, ServerFault, Smtp, SmtpServer, SmtpTimeouts};
pub use transport::{Deferral, Leave, LeaveAll, OutgoingMessage, Refusal, SendOutcome, Transport};
pub use waiting::Expiry;
