use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::open_day::begin_session;
use crate::archive::{Archive, Removed};
use crate::day;
use crate::delivery::DeliveryFilter;
use crate::domain::DeliveryState;
use crate::domain::plural::{count_of, counted};
use crate::settings::Settings;

/// Removes archive and history of every day before a date, and says what and how much. A day stays
/// whose deliveries wait for a run or a person. The ledger stays whole: it is the proof of what was
/// sent, and holds no user and no subject line.
pub(crate) fn purge(
    settings: Option<&std::path::Path>,
    before: &str,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let before = day::read_date("--before", before, &settings)?;
    let session = begin_session(&settings, console)?;
    let archive = Archive::new(&settings.data.folder);
    let (mut all, mut days, mut kept) = (Removed::default(), 0, 0);
    for (day, folders) in archive.days_before(before)? {
        let open = DeliveryFilter {
            states: vec![
                DeliveryState::Prepared,
                DeliveryState::Sending,
                DeliveryState::Deferred,
                DeliveryState::Unknown,
            ],
            ..DeliveryFilter::of_date(day)
        };
        let open = session.ledger.deliveries(&open)?;
        if !open.is_empty() {
            let states: std::collections::BTreeSet<&str> =
                open.iter().map(|delivery| delivery.state.name()).collect();
            let states = states.into_iter().collect::<Vec<_>>().join(" or ");
            console.result(&format!(
                "{day}: kept, {} {states}: see deliveries --date {day}",
                counted(open.len(), "delivery is", "deliveries are")
            ))?;
            kept += 1;
            continue;
        }
        let removed = archive.remove(&folders)?;
        console.result(&format!("{day}: removed {}", size(removed)))?;
        all = all.and(removed);
        days += 1;
    }
    let kept = if kept > 0 {
        format!(" {} kept.", count_of(kept, "day"))
    } else {
        String::new()
    };
    console.result(&format!(
        "Removed archive and history of {} before {before}: {}.{kept} The ledger keeps its record \
         of what was sent.",
        count_of(days, "day"),
        size(all)
    ))?;
    day::write_archive_page(&archive, &settings)?;
    Ok(ExitCode::Done)
}

#[allow(clippy::cast_precision_loss)] // for display
fn size(removed: Removed) -> String {
    let files = count_of(removed.files, "file");
    format!("{files}, {:.1} MB", removed.bytes as f64 / 1_048_576.0)
}
