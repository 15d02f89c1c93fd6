//! What holds across rooms: one binary, since each links the whole program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod agreement;
mod answers;
mod architecture;
mod as_people_have_them;
#[cfg(unix)]
mod backup;
mod causes;
mod daily_run;
mod decisions;
mod documents;
mod estate;
mod faults;
mod gallery;
mod guides;
mod history;
mod hostile_text;
mod layouts;
mod ledger;
mod losses;
#[cfg(unix)]
mod lost_ledger;
mod manual;
mod measuring;
mod mornings;
mod national_file;
mod neighbours;
mod personal_data;
mod plan;
mod programme;
mod proof;
mod reading;
mod returns;
mod run_summary;
mod schedule_changes;
mod sending;
mod smtp;
mod support;
mod switch_readiness;
mod told_once;
mod upgrade;
mod verification;
mod whole_programme;
