//! A message trace of Exchange Online, as a table: what `Get-MessageTraceV2 | Export-Csv` writes,
//! and what the admin centre lets people download.

use std::collections::BTreeMap;

use crate::sheets::{Sheet, SheetError};

/// What a trace says of messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct MessageTrace {
    /// By Message-ID and recipient, both in lower case.
    pub(super) outcomes: BTreeMap<(String, String), TraceOutcome>,
    /// Rows whose status is not known, or that are damaged.
    pub(super) rows_not_understood: usize,
}

/// What became of a message to one recipient. Of several that a trace tells, the greatest counts: a
/// message that was released from quarantine is there twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TraceOutcome {
    /// Exchange has it, and is still at it, or passed it on to the members of a group.
    Taken,
    /// It was taken for spam, and neither delivered nor put in quarantine.
    FilteredAsSpam,
    Failed,
    Quarantined,
    Delivered,
}

/// Why a table is no trace.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoTrace {
    #[error("{0}")]
    Sheet(#[from] SheetError),
    #[error("it has no column {0}: export it by Get-MessageTraceV2 | Export-Csv")]
    Column(&'static str),
}

/// Reads a trace. Its dates and subjects are not looked at.
pub(super) fn read(bytes: Vec<u8>) -> Result<MessageTrace, NoTrace> {
    let sheet = if bytes.starts_with(b"PK") {
        Sheet::from_workbook(&bytes)?
    } else {
        Sheet::from_delimited(bytes)?
    };
    let column = |names: &[&'static str]| {
        let column = names.iter().find_map(|name| sheet.column(name));
        column.ok_or(NoTrace::Column(names.first().copied().unwrap_or_default()))
    };
    let message_id = column(&["MessageId", "Internet message ID"])?;
    // The reports to download have both in one cell.
    let status = column(&["Status", "recipient_status"])?;
    let recipient = column(&["RecipientAddress", "Recipient", "recipient_status"])?;
    let mut trace = MessageTrace {
        rows_not_understood: sheet.misshapen.len(),
        ..MessageTrace::default()
    };
    for row in 0..sheet.height() {
        let id = sheet
            .cell(row, message_id)
            .trim_matches(['<', '>'])
            .to_lowercase();
        let (recipients, status) = (sheet.cell(row, recipient), sheet.cell(row, status));
        let is_joined = recipients.contains("##");
        for recipient in recipients.split(';').filter(|part| !part.trim().is_empty()) {
            let (address, status) = match recipient.split_once("##") {
                Some(joined) => joined,
                None => (recipient, status),
            };
            let outcome = if is_joined {
                of_events(status)
            } else {
                of_status(status)
            };
            let Some(outcome) = outcome else {
                trace.rows_not_understood += 1;
                continue;
            };
            let key = (id.clone(), address.trim().to_lowercase());
            let known = trace.outcomes.entry(key).or_insert(outcome);
            *known = outcome.max(*known);
        }
    }
    Ok(trace)
}

fn of_status(status: &str) -> Option<TraceOutcome> {
    let mut folded = status.to_ascii_lowercase();
    folded.retain(|c| c.is_ascii_alphanumeric());
    Some(match folded.as_str() {
        "delivered" => TraceOutcome::Delivered,
        "quarantined" => TraceOutcome::Quarantined,
        "failed" => TraceOutcome::Failed,
        "filteredasspam" => TraceOutcome::FilteredAsSpam,
        "pending" | "expanded" | "gettingstatus" | "resolved" => TraceOutcome::Taken,
        _ => return None,
    })
}

/// “Receive, Deliver”: the last is where it ended. What is sent left for another organisation.
fn of_events(events: &str) -> Option<TraceOutcome> {
    let last = events.rsplit(',').next().unwrap_or_default().trim();
    Some(match last.to_ascii_lowercase().as_str() {
        "deliver" | "send" => TraceOutcome::Delivered,
        "quarantine" => TraceOutcome::Quarantined,
        "fail" => TraceOutcome::Failed,
        "spam" => TraceOutcome::FilteredAsSpam,
        "receive" | "submit" | "defer" | "expand" | "resolve" | "transfer" | "redirect" => {
            TraceOutcome::Taken
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "20261120.ztp.0123456789abcdef0123456789abcdef@nhs.example";

    fn outcomes(text: &str) -> Vec<(String, TraceOutcome)> {
        let trace = read(text.as_bytes().to_vec()).unwrap();
        let outcomes = trace.outcomes.into_iter();
        outcomes.map(|((_, to), outcome)| (to, outcome)).collect()
    }

    #[test]
    fn a_trace_of_powershell_is_read_in_every_way_it_is_saved() {
        let rows = format!(
            "\"MessageTraceId\",\"MessageId\",\"Received\",\"SenderAddress\",\"RecipientAddress\",\
             \"Subject\",\"Status\",\"ToIP\",\"FromIP\",\"Size\"\r\n\
             \"1\",\"<{ID}>\",\"20/11/2026 07:01:02\",\"f@nhs.example\",\"A@nhs.example\",\"x, y\",\
             \"Delivered\",,,\"1\"\r\n\
             \"2\",\"<{ID}>\",\"11/20/2026 7:01:02 AM\",\"f@nhs.example\",\"b@nhs.example\",\"x\",\
             \"FilteredAsSpam\",,,\"1\"\r\n"
        );
        let expected = [
            ("a@nhs.example".to_owned(), TraceOutcome::Delivered),
            ("b@nhs.example".to_owned(), TraceOutcome::FilteredAsSpam),
        ];
        assert_eq!(outcomes(&rows), expected);
        assert_eq!(
            outcomes(&format!("#TYPE System.Object\r\n{rows}")),
            expected
        );
        assert_eq!(
            outcomes(&rows.replace("\",\"", "\";\"").replace(",,,", ";;;")),
            expected
        );
        let utf_16: Vec<u8> = std::iter::once(0xfeff)
            .chain(rows.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(utf_16).unwrap().outcomes.len(), 2);
    }

    #[test]
    fn a_report_of_the_admin_centre_has_recipients_and_events_in_one_cell() {
        let text = format!(
            "origin_timestamp_utc,sender_address,recipient_status,message_subject,message_id\r\n\
             2026-11-20T07:01:02Z,f@nhs.example,\"a@nhs.example##Receive, Deliver;\
             b@nhs.example##Receive, Fail;c@nhs.example##Receive, Send\",x,<{ID}>\r\n"
        );
        assert_eq!(
            outcomes(&text),
            [
                ("a@nhs.example".to_owned(), TraceOutcome::Delivered),
                ("b@nhs.example".to_owned(), TraceOutcome::Failed),
                ("c@nhs.example".to_owned(), TraceOutcome::Delivered),
            ]
        );
    }

    #[test]
    fn of_several_rows_the_better_counts_and_what_is_not_known_is_counted() {
        let text = format!(
            "MessageId,RecipientAddress,Status\n<{ID}>,a@nhs.example,Quarantined\n\
             <{ID}>,A@nhs.example,Delivered\n<{ID}>,a@nhs.example,Pending\n\
             <{ID}>,b@nhs.example,Zugestellt\n<{ID}>,c@nhs.example,Getting status\n"
        );
        let trace = read(text.into_bytes()).unwrap();
        let found: Vec<_> = trace.outcomes.into_values().collect();
        assert_eq!(found, [TraceOutcome::Delivered, TraceOutcome::Taken]);
        assert_eq!(trace.rows_not_understood, 1);
        for (text, said) in [
            ("Subject,Status\nx,Delivered\n", "no column MessageId"),
            (
                "MessageId,Status\nx,Delivered\n",
                "no column RecipientAddress",
            ),
            ("", "the file is empty"),
        ] {
            let error = read(text.as_bytes().to_vec()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
