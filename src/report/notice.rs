use super::input::ReportInput;
use super::model::Replacement;
use super::visible::visible;
use super::wording::{coming_day, list};
use crate::history::Continued;

/// What stands above everything else in a report; nothing in an ordinary one.
pub(super) fn notices(input: ReportInput<'_>) -> Vec<String> {
    let rehearsal = input.is_rehearsal.then(|| {
        "REHEARSAL. This message was made to be looked at and was sent to nobody else. It \
         is not a report to act on."
            .to_owned()
    });
    let replacement = input
        .replacement
        .map(|replacement| replaces(input, replacement));
    let continues = input.continues.map(|continued| continues(input, continued));
    let notices = rehearsal.into_iter().chain(replacement);
    notices.chain(continues).collect()
}

/// That figures and references go on from what was known under other codes.
fn continues(input: ReportInput<'_>, continued: &Continued) -> String {
    let codes: Vec<String> = continued.codes.iter().map(ToString::to_string).collect();
    let (own, before, until) = (
        &input.organisation.code,
        list(&codes),
        coming_day(continued.until.day()),
    );
    let example = codes.first().map_or("", String::as_str);
    format!(
        "First report under the code {own}: it continues {before}, last reported on {until}. Changes \
         and trends are counted from there. References keep their digits: {example}-2345-6789 is now \
         {own}-2345-6789."
    )
}

fn replaces(input: ReportInput<'_>, replacement: &Replacement) -> String {
    let replaced = match replacement.sent_at {
        Some(at) if at.date() == input.report_date.day() => {
            format!("the report sent at {}", at.format("%H:%M"))
        }
        Some(at) => format!(
            "the report sent on {} at {}",
            coming_day(at.date()),
            at.format("%H:%M")
        ),
        None => format!("edition {}, which was not sent", replacement.replaces),
    };
    // “Changed: a.csv changed” says it twice; what is new or gone says so.
    let said_once = |change: &String| visible(change.strip_suffix(" changed").unwrap_or(change));
    let changed: Vec<String> = replacement.changed.iter().map(said_once).collect();
    let changed = if changed.is_empty() {
        "nothing in the exports".to_owned()
    } else {
        list(&changed)
    };
    let reason = visible(&replacement.reason);
    format!(
        "Edition {}, replaces {replaced}. Reason: {}. Changed: {changed}.",
        input.edition,
        reason.trim_end_matches('.')
    )
}
