//! One day of the organisations that were asked for. Running, reissuing, rehearsing, previewing and
//! planning all go this one way, each as far as it needs; no file leads back to one before it.
//!
//! ```text
//! context -> measure -> decide -> prepare -> record -> send -> status -> summary
//! ```
//!
//! Takes: which day and which organisations. Gives: what came of each organisation and of each
//! delivery, and [`Note`]s of what is to be said. Touches: the clock; all else through the rooms.

mod acceptance;
mod backup;
mod clock;
mod context;
mod decide;
mod error;
mod files;
mod interruption;
mod ledger_view;
mod log_in;
mod measure;
mod neighbours;
mod new_history;
mod note;
mod occasional;
mod parallel;
mod prepare;
mod proof;
mod rebuild;
mod record;
mod resend;
mod returns;
mod send;
mod session;
mod snapshot;
mod status;
mod summary;
mod transport;
mod urgency;
mod witnesses;

pub(crate) use acceptance::{decision, note_accepted_loss};
pub(crate) use backup::{back_up, restore};
pub(crate) use clock::{day_and_time, expires_at, read_date, time_of_day};
pub(crate) use context::{Context, LossAcceptance, Selection, nothing_there};
pub(crate) use decide::{EditionRequest, Mode, ReportDecision, decide};
pub(crate) use error::DayError;
pub(crate) use interruption::{is_asked_to_end, listen, sleep};
pub(crate) use ledger_view::{KnownEdition, LedgerView};
pub(crate) use log_in::expiry_warning;
pub(crate) use measure::{MeasuredOrganisation, arrived_at, export_bytes, measure_organisation};
pub(crate) use neighbours::{Neighbours, marks_of};
pub(crate) use new_history::begin_new_history;
pub(crate) use note::Note;
pub(crate) use parallel::in_order;
pub(crate) use prepare::{PreparedOrganisation, prepare_each, report_input};
pub(crate) use proof::Proof;
pub(crate) use rebuild::rebuild_ledger;
pub(crate) use record::{DayOutcome, drop_editions};
pub(crate) use resend::{is_of_organisation, send_again};
pub(crate) use returns::{faults_of_returns, hear_of_returns, note_of_returns, returns_in_words};
pub(crate) use send::{expire, pace, send, tidy_outbox};
pub(crate) use session::{
    LedgerCheck, Session, TakenAsFound, doubt_of_listed, exposure, ledger_place,
    open_ledger_as_it_is, open_ledger_read_only,
};
pub(crate) use status::DayStatus;
pub(crate) use summary::{
    preview_summary, refresh_day_page, tell_central_team, write_archive_page,
};
pub(crate) use transport::{open_accounts, open_sendmail, open_transport, refuse_anonymous_relay};
pub(crate) use urgency::most_urgent_first;
pub(crate) use witnesses::{anchor_as_json, anchor_in_archive, copy_is_gone, heartbeat_path};
