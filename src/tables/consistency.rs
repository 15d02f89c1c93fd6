//! What the rows say of each other: within the sync-state export, and between it and the failed-item export.

use polars::prelude::*;

use super::{FailedItemTable, MailboxTable, Rules, columns, shared_targets};
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

    let targets = shared_targets::count(mailboxes.frame().column(columns::TARGET_MAILBOX)?.str()?);
    if targets > 0 {
        let message = format!(
            "{targets} target mailboxes stand on more than one row: mail of two people would land in one mailbox. Stop their migration and correct the target, before anything else."
        );
        findings.push(Finding::new(FindingCode::TargetTwice, message));
    }

    let accounted = col(columns::ITEMS_SYNCHRONISED).fill_null(lit(0)) + col(columns::ITEMS_FAILED).fill_null(lit(0));
    let contradictory =
        height(rows.clone().filter(accounted.gt(col(columns::ITEMS_TOTAL)).or(col(columns::PROGRESS_PERCENT).gt(lit(100.0)))))?;
    if contradictory > 0 {
        let message = format!(
            "{contradictory} mailboxes report more than everything: more items copied and failed than there are, or progress over 100%. Pictures stop at the end; the workbook has the figures as exported."
        );
        findings.push(Finding::new(FindingCode::FiguresContradict, message));
    }

    let listed = items.clone().group_by([col(columns::MAILBOX)]).agg([len().cast(DataType::Int64).alias("listed")]);
    let unknown = items.join(rows.clone(), [col(columns::MAILBOX)], [col(columns::MAILBOX)], JoinArgs::new(JoinType::Anti));
    let unknown = height(unknown)?;
    if unknown > 0 {
        let message = format!(
            "{unknown} failed items are of mailboxes that the sync-state export does not list. They are in the Failed Item Report and in no rate. Check that both exports are of the same collections."
        );
        findings.push(Finding::new(FindingCode::MailboxUnknown, message));
    }

    let both = rows
        .clone()
        .filter(col(columns::ITEMS_FAILED).is_not_null())
        .join(listed, [col(columns::MAILBOX)], [col(columns::MAILBOX)], JoinArgs::new(JoinType::Left))
        .with_column(col("listed").fill_null(lit(0)))
        .filter(col("listed").neq(col(columns::ITEMS_FAILED)))
        .select([len().alias("mailboxes"), col(columns::ITEMS_FAILED).sum().alias("counted"), col("listed").sum().alias("listed")])
        .collect()?;
    let figure = |name: &str| both.column(name)?.cast(&DataType::Int64)?.i64()?.get(0).ok_or_else(|| polars_err!(NoData: "no row"));
    let (differing, counted, listed) = (figure("mailboxes")?, figure("counted")?, figure("listed")?);
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

fn height(rows: LazyFrame) -> PolarsResult<usize> {
    Ok(rows.collect()?.height())
}
