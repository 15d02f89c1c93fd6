//! Which of the reports that do not go out daily are out already, as the ledger has it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Utc};

use super::clock::expires_at;
use super::context::Context;
use super::error::DayError;
use crate::delivery::{DeliveryRecord, Ledger};
use crate::domain::{DeliveryState, OrganisationCode, ReportDate, ReportKind, Rhythm};
use crate::settings::Settings;

/// Reports by organisation.
pub(super) type ReportsByOrganisation = BTreeMap<OrganisationCode, BTreeSet<ReportKind>>;

/// The reports of each organisation that went out on another day or still may: a weekly one in the
/// same week, another one ever. A run that was missed, or whose messages all came to nothing, is made
/// up for by the next.
pub(super) fn out_on_other_days(
    context: &Context,
    ledger: &Ledger,
) -> Result<ReportsByOrganisation, DayError> {
    let (mut out, now) = (ReportsByOrganisation::new(), Utc::now());
    // What went out under a code before is out.
    let of_today: BTreeMap<_, _> = context.register.former_codes().collect();
    for report in ReportKind::occasional() {
        let organisations = context.register.organisations.iter();
        let mut recipients = organisations.map(|organisation| organisation.recipients(report));
        if recipients.all(<[_]>::is_empty) {
            continue;
        }
        let days = match report.rhythm() {
            Rhythm::Weekly => Some(week_of(context)),
            Rhythm::Daily | Rhythm::Once => None,
        };
        for delivery in ledger.deliveries_of_report(report, days)? {
            let key = &delivery.key;
            if key.report_date != context.report_date && is_out(&context.settings, &delivery, now) {
                let code = of_today.get(&key.organisation).copied();
                let code = code.unwrap_or(&key.organisation);
                out.entry(code.clone()).or_default().insert(report);
            }
        }
    }
    Ok(out)
}

/// The first day of the week that a report date is in, and the last.
fn week_of(context: &Context) -> (ReportDate, ReportDate) {
    let date = context.report_date;
    let board_day = context.settings.reports.board_day;
    let since = date.day().weekday().days_since(board_day);
    let first = date.days_before(since.into()).unwrap_or(date);
    (first, first.days_after(6).unwrap_or(date))
}

fn is_out(settings: &Settings, delivery: &DeliveryRecord, now: DateTime<Utc>) -> bool {
    match delivery.state {
        DeliveryState::Held | DeliveryState::Superseded | DeliveryState::Expired => false,
        state if state.is_to_be_sent() => expires_at(settings, delivery) > now,
        _ => true,
    }
}
