//! Progress over time: attempted items day by day.

use super::drawing::ProgressDay;
use crate::metrics::DayProgress;

/// A day of attempted items; `None` where total or attempted items are not reported.
pub(super) fn progress_day(day: &DayProgress) -> Option<ProgressDay> {
    Some(ProgressDay {
        date: day.date,
        attempted: day.items_attempted?,
        total: day.items_total?,
        mailboxes: day.mailboxes,
        mailboxes_without_total: day.mailboxes_without_total,
    })
}
