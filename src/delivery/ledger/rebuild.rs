//! A ledger made anew from what others know: the copy of its audit log, and for days of which that
//! knows nothing the messages in the archive.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::super::record::{INPUTS_NOT_KNOWN, PreparedDelivery};
use super::audit::{self, AuditAction, Entry};
use super::database::Parameter;
use super::error::{LedgerError, LedgerErrorKind};
use super::{Ledger, audit_copy, row};
use crate::domain::{DeliveryState, EmailAddress};

/// Why a delivery is `unknown` of which the log does not say how it ended.
const CUT_OFF: &str = "the audit log ends before the server's answer: the message may have arrived";
/// Why a delivery is `unknown` of which only the archive knows.
const ONLY_ARCHIVED: &str = "only the archive knows of this message: whether it was sent is not \
                             known";

/// What came of a rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Deliveries that the ledger did not have.
    pub added: usize,
    /// Deliveries of which it knew less.
    pub advanced: usize,
    /// How many of both were taken over by a server, by all that is known.
    pub taken: usize,
    /// How many of both may have been.
    pub unknown: usize,
    /// Lines of the copy that are not as they were written, and so were not believed.
    pub spoilt: usize,
}

/// A delivery by the log: its fields by name, and its number.
struct Logged {
    id: Option<i64>,
    fields: Map<String, Value>,
}

impl Logged {
    fn text(&self, name: &str) -> Option<String> {
        Some(self.fields.get(name)?.as_str()?.to_owned())
    }

    fn state(&self) -> Option<DeliveryState> {
        DeliveryState::from_name(self.fields.get("state")?.as_str()?)
    }

    fn attempts(&self) -> i64 {
        let attempts = self.fields.get("attempts").and_then(Value::as_i64);
        attempts.unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }
}

/// What the columns of a delivery's key say.
type KeyColumns = [String; 5];

/// What a log knows: deliveries by key, and what editions were made from.
#[derive(Default)]
struct Log {
    deliveries: BTreeMap<KeyColumns, Logged>,
    inputs: BTreeMap<[String; 4], String>,
    days: BTreeSet<String>,
}

impl Log {
    /// What the entries of one ledger after another know together: of a delivery that several know,
    /// what proves more wins.
    fn of(entries: &[Entry]) -> Self {
        let mut all = Self::default();
        for of_ledger in entries.chunk_by(|_, next| next.number != 1) {
            let log = Self::of_ledger(of_ledger);
            all.inputs.extend(log.inputs);
            all.days.extend(log.days);
            for (key, logged) in log.deliveries {
                let proves = |logged: &Logged| logged.state().map(weight);
                let known = all.deliveries.get(&key).and_then(proves);
                if known <= proves(&logged) {
                    all.deliveries.insert(key, logged);
                }
            }
        }
        all
    }

    fn of_ledger(entries: &[Entry]) -> Self {
        let mut log = Self::default();
        let mut keys: BTreeMap<i64, KeyColumns> = BTreeMap::new();
        for entry in entries {
            log.days.extend(entry.report_date.clone());
            let detail = entry.detail.as_deref().map(serde_json::from_str::<Value>);
            let Some(Ok(Value::Object(detail))) = detail else {
                continue;
            };
            let action = entry.action.as_str();
            if action == AuditAction::Edition.name() {
                let of = |name: &str| plain(detail.get(name));
                let date = entry.report_date.clone().unwrap_or_default();
                let code = entry.organisation.clone().unwrap_or_default();
                let key = [date, code, of("report"), of("edition")];
                log.inputs.insert(key, of("inputs_digest"));
            } else if action == AuditAction::Delivery.name() {
                let of = |name: &str| plain(detail.get(name));
                let recipient = EmailAddress::parse(&of("recipient"));
                let Ok(recipient) = recipient else { continue };
                let key = [
                    of("report_date"),
                    of("organisation"),
                    of("report"),
                    of("edition"),
                    recipient.folded(),
                ];
                let (id, fields) = (entry.delivery, detail);
                keys.extend(id.map(|id| (id, key.clone())));
                log.deliveries.insert(key, Logged { id, fields });
            } else if let Some(logged) = entry
                .delivery
                .and_then(|id| log.deliveries.get_mut(keys.get(&id)?))
            {
                logged.fields.extend(detail);
            }
        }
        log
    }

    /// Adds what lies in the archive, of days that the log does not have.
    fn add_archived(&mut self, archived: &[PreparedDelivery], at: DateTime<Utc>) {
        for delivery in archived {
            let key = &delivery.key;
            let date = key.report_date.to_string();
            if self.days.contains(&date) {
                continue;
            }
            let code = key.organisation.as_str();
            let (report, edition) = (key.report.name(), key.edition);
            let time = row::write_time(at);
            let mut logged = Logged {
                id: None,
                fields: Map::new(),
            };
            logged.set("recipient", key.recipient.reveal());
            logged.set("message_id", delivery.message_id.as_str());
            logged.set("message_path", &*delivery.message_path.to_string_lossy());
            logged.set("message_digest", delivery.message_digest.as_str());
            logged.set("prepared_at", time.as_str());
            logged.set("updated_at", time);
            logged.set("attempts", 0);
            logged.set("state", DeliveryState::Unknown.name());
            logged.set("reason", ONLY_ARCHIVED);
            let key = [
                date,
                code.to_owned(),
                report.to_owned(),
                edition.to_string(),
                key.recipient.folded(),
            ];
            self.deliveries.insert(key, logged);
        }
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// How much a state proves of what became of a message: the more wins.
fn weight(state: DeliveryState) -> u8 {
    match state {
        DeliveryState::Prepared => 0,
        DeliveryState::Deferred | DeliveryState::Outbox => 1,
        DeliveryState::Held | DeliveryState::Expired | DeliveryState::Superseded => 2,
        DeliveryState::Refused => 3,
        DeliveryState::Sending | DeliveryState::Unknown => 4,
        DeliveryState::Accepted => 5,
        DeliveryState::Delivered | DeliveryState::Quarantined | DeliveryState::Bounced => 6,
    }
}

/// Which deliveries a ledger had that were changed by hand, for the entry that says that it was made
/// anew: how many, and the first of them.
fn told(altered: &BTreeSet<i64>) -> Option<String> {
    const TOLD: usize = 20;
    let first: Vec<i64> = altered.iter().copied().take(TOLD).collect();
    (!altered.is_empty())
        .then(|| json!({ "changed_by_hand": altered.len(), "deliveries": first }).to_string())
}

impl Ledger {
    /// Adds what the copy of the audit log in `folder` knows, and of days that it does not have what
    /// was `archived`; where the ledger knows of a delivery too, what proves more wins. All or none.
    pub fn rebuild(
        &mut self,
        folder: &Path,
        archived: &[PreparedDelivery],
        why: Option<String>,
        at: DateTime<Utc>,
    ) -> Result<Rebuilt, LedgerError> {
        let rebuild = || {
            let (entries, spoilt) = audit_copy::entries(folder).map_err(LedgerErrorKind::Copy)?;
            let mut log = Log::of(&entries);
            log.add_archived(archived, at);
            let mut rebuilt = Rebuilt {
                spoilt,
                ..Rebuilt::default()
            };
            let altered = self.altered_ids()?;
            let begun = Entry {
                detail: told(&altered),
                why: why.map(row::without_nul),
                ..Entry::new(AuditAction::Rebuild, &self.who, at)
            };
            let kept = [AuditAction::AcceptLoss, AuditAction::Purge].map(AuditAction::name);
            let mut decisions: Vec<Entry> = entries;
            decisions.retain(|entry| kept.contains(&entry.action.as_str()));
            audit::append(&self.database, [vec![begun], decisions].concat())?;
            for (key, mut logged) in log.deliveries {
                if logged.state() == Some(DeliveryState::Sending) {
                    logged.set("state", DeliveryState::Unknown.name());
                    logged.set("reason", CUT_OFF);
                }
                let Some(state) = logged.state() else {
                    continue;
                };
                let known = self.by_key(&key)?;
                let has_changed = match known {
                    None => {
                        let [date, code, report, edition, _] = &key;
                        let of = [date, code, report, edition].map(Clone::clone);
                        let inputs = log.inputs.get(&of).map_or(INPUTS_NOT_KNOWN, String::as_str);
                        self.insert_edition_of(&of, inputs, &logged)?;
                        rebuilt.added += 1;
                        self.insert_logged(&key, &logged, at)?
                    }
                    Some((id, known)) if weight(known) < weight(state) || altered.contains(&id) => {
                        rebuilt.advanced += 1;
                        self.advance(id, &logged, at)?
                    }
                    Some(_) => 0,
                };
                if has_changed > 0 {
                    rebuilt.taken += usize::from(state.was_taken());
                    rebuilt.unknown += usize::from(state == DeliveryState::Unknown);
                }
            }
            Ok(rebuilt)
        };
        self.write(rebuild).map_err(self.could_not("be made anew"))
    }

    fn by_key(&self, key: &KeyColumns) -> Result<Option<(i64, DeliveryState)>, LedgerError> {
        let [date, code, report, edition, recipient] = key;
        let edition: i64 = edition.parse().unwrap_or_default();
        let found = self.select(
            "report_date = ?1 AND organisation = ?2 AND report = ?3 AND edition = ?4 AND \
             recipient_folded = ?5",
            &[date, code, report, &edition, recipient],
        )?;
        Ok(found.first().map(|found| (found.id.0, found.state)))
    }

    fn insert_edition_of(
        &self,
        [date, code, report, edition]: &[String; 4],
        inputs: &str,
        logged: &Logged,
    ) -> Result<(), LedgerError> {
        let edition: i64 = edition.parse().unwrap_or_default();
        self.database.execute(
            "INSERT INTO editions (report_date, organisation, report, edition, inputs_digest, \
             prepared_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (report_date, organisation, report, edition) DO NOTHING",
            &[
                date,
                code,
                report,
                &edition,
                &inputs,
                &logged.text("prepared_at"),
            ],
        )?;
        Ok(())
    }

    fn insert_logged(
        &self,
        [date, code, report, edition, folded]: &KeyColumns,
        logged: &Logged,
        at: DateTime<Utc>,
    ) -> Result<usize, LedgerError> {
        let edition: i64 = edition.parse().unwrap_or_default();
        let values: [&dyn Parameter; 16] = [
            date,
            code,
            report,
            &edition,
            &logged.text("recipient"),
            folded,
            &logged.text("message_id"),
            &logged.text("message_path"),
            &logged.text("message_digest"),
            &logged.text("prepared_at"),
            &logged.text("state"),
            &logged.attempts(),
            &logged.text("server_reply"),
            &logged.text("reason"),
            &logged.text("updated_at"),
            &logged.text("accepted_at"),
        ];
        // In a file the numbers that people wrote down are kept, where they are free.
        let id = logged.id.filter(|_| !self.is_shared());
        let is_free = |id: &i64| Ok::<_, LedgerError>(self.select("id = ?1", &[id])?.is_empty());
        let (column, number) = match id {
            Some(id) if is_free(&id)? => ("id, ", format!("{id}, ")),
            _ => ("", String::new()),
        };
        let statement = format!(
            "INSERT INTO deliveries ({column}report_date, organisation, report, edition, recipient, \
             recipient_folded, message_id, message_path, message_digest, prepared_at, state, \
             attempts, server_reply, reason, updated_at, accepted_at) VALUES ({number}?1, ?2, ?3, \
             ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
        );
        self.change_deliveries(AuditAction::Delivery, (&statement, &values), at)
    }

    fn advance(&self, id: i64, logged: &Logged, at: DateTime<Utc>) -> Result<usize, LedgerError> {
        let values: [&dyn Parameter; 12] = [
            &id,
            &logged.text("state"),
            &logged.attempts(),
            &logged.text("server_reply"),
            &logged.text("reason"),
            &logged.text("updated_at"),
            &logged.text("accepted_at"),
            &logged.text("recipient"),
            &logged.text("message_id"),
            &logged.text("message_path"),
            &logged.text("message_digest"),
            &logged.text("prepared_at"),
        ];
        let statement = "UPDATE deliveries SET state = ?2, attempts = ?3, server_reply = ?4, \
                         reason = ?5, updated_at = ?6, accepted_at = ?7, recipient = ?8, \
                         message_id = ?9, message_path = ?10, message_digest = ?11, \
                         prepared_at = ?12 WHERE id = ?1";
        self.change_deliveries(AuditAction::Delivery, (statement, &values), at)
    }
}
