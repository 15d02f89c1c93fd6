//! What the rows say of each other: within the sync-state export, and between it and the failed-item export.

use polars::prelude::*;

use super::{FailedItemTable, MailboxTable, Rules, columns};
use crate::domain::{Finding, FindingCode};

/// Adds a finding for each contradiction.
pub(super) fn check(
    mailboxes: &MailboxTable,
    failed_items: &FailedItemTable,
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<()> {
    let rows = mailboxes.frame().clone().lazy();
    let items = failed_items.frame().clone().lazy();

    let accounted = col(columns::ITEMS_SYNCHRONISED).fill_null(lit(0)) + col(columns::ITEMS_FAILED).fill_null(lit(0));
    let contradictory =
        height(rows.clone().filter(accounted.gt(col(columns::ITEMS_TOTAL)).or(col(columns::PROGRESS_PERCENT).gt(lit(100.0)))))?;
    if contradictory > 0 {
        let message = format!(
            "{contradictory} mailboxes report more than everything: more items copied and failed than there are, or progress over 100%. Pictures stop at the end; the workbook has the figures as exported."
        );
        findings.push(Finding::new(FindingCode::FiguresContradict, message));
    }

    // Both exports are asked once, and only for the mailboxes that both list: that costs least where they are millions.
    let listed = items.group_by([col(columns::MAILBOX)]).agg([len().cast(DataType::Int64).alias("listed")]);
    let in_both = rows.clone().select([col(columns::MAILBOX), col(columns::ITEMS_FAILED)]).join(
        listed,
        [col(columns::MAILBOX)],
        [col(columns::MAILBOX)],
        JoinArgs::new(JoinType::Inner),
    );
    let failed = col(columns::ITEMS_FAILED);
    let has_failed = failed.clone().gt(lit(0));
    let differs = col("listed").neq(failed.clone());
    let in_both = Figures::of(
        in_both,
        [
            col("listed").sum().alias("items"),
            has_failed.clone().sum().alias("mailboxes_with_failed"),
            failed.clone().sum().alias("failed"),
            differs.clone().sum().alias("differing"),
            failed.clone().filter(differs.clone()).sum().alias("counted"),
            col("listed").filter(differs).sum().alias("listed"),
        ],
    )?;
    let in_export = Figures::of(rows.clone(), [has_failed.sum().alias("mailboxes_with_failed"), failed.sum().alias("failed")])?;

    let unknown = i64::try_from(failed_items.frame().height()).unwrap_or(i64::MAX) - in_both.get("items")?;
    if unknown > 0 {
        let message = format!(
            "{unknown} failed items are of mailboxes that the sync-state export does not list. They are in the Failed Item Report and in no rate. Check that both exports are of the same collections."
        );
        findings.push(Finding::new(FindingCode::MailboxUnknown, message));
    }

    // A mailbox of which no item is listed differs where the sync-state export counts any.
    let of_unlisted = |figure: &str| Ok::<i64, PolarsError>(in_export.get(figure)? - in_both.get(figure)?);
    let differing = in_both.get("differing")? + of_unlisted("mailboxes_with_failed")?;
    let (counted, listed) = (in_both.get("counted")? + of_unlisted("failed")?, in_both.get("listed")?);
    if differing > 0 {
        let message = format!(
            "For {differing} mailboxes the two exports disagree: the sync-state export counts {counted} failed items, the failed-item export lists {listed}. Rates use the counts, the list shows what is listed. Export both at the same time."
        );
        findings.push(Finding::new(FindingCode::FailedCountsDiffer, message));
    }

    if let Some(not_before) = rules.not_before {
        let newest = rows.select([col(columns::LAST_SYNCHRONISED_AT).max()]).collect()?;
        let newest = newest.column(columns::LAST_SYNCHRONISED_AT)?.cast(&DataType::Int64)?.i64()?.get(0);
        if newest.is_some_and(|newest| newest < not_before.and_utc().timestamp_millis()) {
            let message = "The newest time-stamp in the sync-state export is older than max_age_hours allows: this is an old export. Export it again, and run this day again.";
            findings.push(Finding::new(FindingCode::ExportOld, message));
        }
    }
    Ok(())
}

/// Sums of whole numbers over a table.
struct Figures(DataFrame);

impl Figures {
    fn of<const N: usize>(rows: LazyFrame, sums: [Expr; N]) -> PolarsResult<Self> {
        rows.select(sums).collect().map(Self)
    }

    fn get(&self, name: &str) -> PolarsResult<i64> {
        self.0.column(name)?.cast(&DataType::Int64)?.i64()?.get(0).ok_or_else(|| polars_err!(NoData: "no row"))
    }
}

fn height(rows: LazyFrame) -> PolarsResult<usize> {
    Ok(rows.collect()?.height())
}
