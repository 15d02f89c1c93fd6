//! The words everyone here uses: organisations, addresses, states, rates, verdicts, findings.
//!
//! Takes: text and numbers. Gives: values that are valid once they exist.
//! Touches: nothing.

pub mod calendar;
mod date_order;
mod decision;
mod delivery_state;
mod email_address;
pub mod error_code;
mod failure_rate;
mod failure_sums;
mod finding;
pub mod hexadecimal;
pub mod invisible;
mod item_outcome;
mod organisation_code;
mod phase;
pub mod plural;
mod report_date;
mod report_kind;
mod setting_kind;
mod stage;
mod standing;
mod sync_state;
mod verdict;

pub use date_order::DateOrder;
pub use decision::Decision;
pub use delivery_state::{DeliveryCounts, DeliveryState};
pub use email_address::{Domain, EmailAddress, InvalidEmailAddress};
pub use failure_rate::{ExpectedRate, FailureRate, InvalidExpectedRate};
pub use failure_sums::{FailureSums, MAILBOXES_TO_SEE_CLUSTERS};
pub use finding::{Finding, FindingCode, Severity, without_names};
pub use item_outcome::ItemOutcome;
pub use organisation_code::{InvalidOrganisationCode, OrganisationCode};
pub use phase::Phase;
pub use report_date::{InvalidReportDate, ReportDate};
pub use report_kind::{ReportKind, Rhythm};
pub use setting_kind::SettingKind;
pub use stage::{Stage, SubjectLines};
pub use standing::Standing;
pub use sync_state::SyncState;
pub use verdict::Verdict;
