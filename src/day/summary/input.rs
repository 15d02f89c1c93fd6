use std::collections::BTreeMap;

use crate::day::clock::{day_and_time, time_of_day};
use crate::day::context::Context;
use crate::day::error::DayError;
use crate::day::record::DayOutcome;
use crate::day::status::DayStatus;
use crate::delivery::Ledger;
use crate::domain::{DeliveryState, OrganisationCode, Stage};
use crate::report::{
    EarlierDays, GoneOrganisation, OrganisationOutcome, SummaryInput, SummaryModel,
};
use crate::settings::{FaultyRow, Mistake};

/// So many days before are looked at for deliveries that a person must see to.
const EARLIER_DAYS: u64 = 7;

/// What the Run Summary of a run is made of.
pub(super) fn of_run<'a>(
    context: &'a Context,
    day: &DayOutcome,
    status: &DayStatus,
    ledger: &Ledger,
) -> Result<SummaryInput<'a>, DayError> {
    let mut outcomes = day.organisations.clone();
    for (code, (messages, unknown)) in status.by_organisation() {
        let outcome = outcomes.entry(code).or_default();
        (outcome.messages, outcome.unknown) = (messages, unknown);
    }
    let mut earlier = EarlierDays::default();
    for date in (1..=EARLIER_DAYS).filter_map(|days| context.report_date.days_before(days)) {
        let status = DayStatus::of(&context.register, ledger, date, &context.codes())?;
        let count = |state| status.count(state) as u64;
        earlier.unknown += count(DeliveryState::Unknown);
        earlier.bounced += count(DeliveryState::Bounced);
        earlier.quarantined += count(DeliveryState::Quarantined);
        earlier.expired += count(DeliveryState::Expired);
    }
    Ok(SummaryInput {
        earlier,
        last_sent: last_sent(context, status),
        ..summary_input(context, outcomes, false)
    })
}

/// What the Run Summary of a preview is made of.
pub(super) fn of_preview<'a>(context: &'a Context, day: &DayOutcome) -> SummaryInput<'a> {
    summary_input(context, day.organisations.clone(), true)
}

fn summary_input(
    context: &Context,
    mut outcomes: BTreeMap<OrganisationCode, OrganisationOutcome>,
    is_preview: bool,
) -> SummaryInput<'_> {
    let register = &context.register;
    let readable = register.organisations.iter().map(|organisation| {
        let outcome = outcomes.remove(&organisation.code).unwrap_or_default();
        OrganisationOutcome {
            code: Some(organisation.code.clone()),
            name: organisation.name.clone(),
            stage: Some(organisation.stage),
            contact: organisation.contact.clone(),
            formerly: organisation.formerly.clone(),
            ..outcome
        }
    });
    let mut organisations: Vec<OrganisationOutcome> = readable.collect();
    let mut faulty: BTreeMap<&OrganisationCode, Vec<String>> = BTreeMap::new();
    for row in &register.faulty {
        if let Some(code) = &row.code {
            let mistakes = row.mistakes.iter().map(place_of);
            faulty.entry(code).or_default().extend(mistakes);
        }
    }
    let held_by_mistakes = |(code, mistakes): (&OrganisationCode, _)| OrganisationOutcome {
        code: Some(code.clone()),
        mistakes,
        ..OrganisationOutcome::default()
    };
    organisations.extend(faulty.into_iter().map(held_by_mistakes));
    let unreadable = register.faulty.iter().filter(|row| row.code.is_none());
    let earlier = earlier_summary(context);
    SummaryInput {
        programme: &context.settings.programme,
        report_date: context.report_date,
        is_preview,
        is_working_day: context.is_working_day(),
        organisations,
        unreadable_rows: unreadable.map(FaultyRow::line).collect(),
        earlier: EarlierDays::default(),
        last_sent: None,
        warnings: [context.unusable_addresses(), context.warnings()].concat(),
        gone: earlier
            .as_ref()
            .map_or_else(Vec::new, |earlier| no_longer_served(context, earlier)),
        before: earlier,
        is_kept: !context.settings.mail.transport.leaves_the_machine(),
    }
}

/// Organisations which the last Run Summary reported on and that are gone from the register, or closed and
/// without a report that says so to them: a filter in a spreadsheet takes rows away without a word.
fn no_longer_served(context: &Context, earlier: &SummaryModel) -> Vec<GoneOrganisation> {
    let register = &context.register;
    let is_served = |code: &OrganisationCode| {
        let organisation = register.organisation(code);
        organisation.is_some_and(|one| one.stage != Stage::Closed || one.is_served())
            || register
                .faulty
                .iter()
                .any(|row| row.code.as_ref() == Some(code))
            || register.former_codes().any(|(former, _)| former == code)
    };
    GoneOrganisation::of(earlier, context.report_date, is_served)
}

/// The newest Run Summary of the last day before; `None` where there is none, or it cannot be read.
pub(in crate::day) fn earlier_summary(context: &Context) -> Option<SummaryModel> {
    let archive = &context.archive;
    let days = archive.days().ok()?;
    let mut earlier = days.into_iter().filter(|day| *day < context.report_date);
    let newest = archive.newest_summary(earlier.next_back()?).ok()??;
    serde_json::from_slice(&archive.read_summary(newest, "model.json").ok()?).ok()
}

/// When a server took the last message of the day over: “07:19”, with the day where it is another.
fn last_sent(context: &Context, status: &DayStatus) -> Option<String> {
    let accepted = status.deliveries().iter();
    let at = accepted.filter_map(|delivery| delivery.accepted_at).max()?;
    let time_zone = context.settings.programme.time_zone;
    let is_today = at.with_timezone(&time_zone).date_naive() == context.report_date.day();
    Some(match is_today {
        true => time_of_day(at, time_zone),
        false => day_and_time(at, time_zone),
    })
}

/// Where a mistake is. What it says may quote an address of the register, which an email need not
/// repeat.
fn place_of(mistake: &Mistake) -> String {
    match (mistake.line, &mistake.key) {
        (Some(line), Some(column)) => format!("Line {line}, column {column}."),
        (Some(line), None) => format!("Line {line}."),
        (None, _) => "The register as a whole.".to_owned(),
    }
}
