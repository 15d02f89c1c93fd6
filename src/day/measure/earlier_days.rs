use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::domain::{ReportDate, hexadecimal};
use crate::history::OrganisationDay;

/// So many characters of a digest tell a day's figures from others.
const BRIEF: usize = 8;

/// The figures of earlier days that reports list or judge by, each day's by the beginning of its
/// digest: which of them changed, and which are gone, is known of each.
#[derive(Debug, Default)]
pub(super) struct EarlierFigures(BTreeMap<ReportDate, String>);

impl EarlierFigures {
    pub(super) fn of(days: &[OrganisationDay]) -> Self {
        let of_day = |day: &OrganisationDay| {
            let digest = Sha256::digest(figures(day));
            let brief = hexadecimal::encode(&digest).chars().take(BRIEF).collect();
            (day.date, brief)
        };
        Self(days.iter().map(of_day).collect())
    }

    /// The first day, and from it on each day's digest, blank where there is none, as
    /// `2026-11-06:1a2b3c4d...5e6f7081`; `None` where there is no day.
    pub(super) fn to_text(&self) -> Option<String> {
        let ((first, _), (last, _)) = (self.0.first_key_value()?, self.0.last_key_value()?);
        let days = first.day().iter_days();
        let days = days.take_while(|day| *day <= last.day()).map(|day| {
            let digest = self.0.get(&ReportDate::of(day));
            digest.map_or("", String::as_str)
        });
        Some(format!("{first}:{}", days.collect::<Vec<_>>().join(".")))
    }

    /// Reads [`EarlierFigures::to_text`].
    pub(super) fn read(text: &str) -> Option<Self> {
        let (first, digests) = text.split_once(':')?;
        let days = ReportDate::parse_iso(first)?.day().iter_days();
        let days = days.map(ReportDate::of).zip(digests.split('.'));
        let known = days.filter(|(_, digest)| !digest.is_empty());
        Some(Self(
            known
                .map(|(day, digest)| (day, digest.to_owned()))
                .collect(),
        ))
    }

    /// Days that `later` no longer has.
    pub(super) fn gone_from(&self, later: &Self) -> impl Iterator<Item = ReportDate> {
        let days = self.0.keys().copied();
        days.filter(|day| !later.0.contains_key(day))
    }

    /// Whether it has a day that `earlier` had not, or not so.
    pub(super) fn is_more_than(&self, earlier: &Self) -> bool {
        let mut days = self.0.iter();
        days.any(|(day, digest)| earlier.0.get(day) != Some(digest))
    }
}

fn figures(day: &OrganisationDay) -> String {
    let (new, cleared) = (day.new_failed_items, day.cleared_failed_items);
    let failed = (day.failed_items_listed, new, cleared);
    let again = day.returned_failed_items.filter(|again| *again > 0);
    let again = again.map_or_else(String::new, |again| format!(" {again} again"));
    let figures = &day.figures;
    let (total, attempted) = (figures.items_total, figures.items_attempted);
    format!(
        "{:?}{again}",
        (
            day.date,
            day.compared_with,
            failed,
            total,
            attempted,
            figures.newly_attempted,
            day.failures
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let day = |text: &str| ReportDate::parse_iso(text).unwrap();
        let days = EarlierFigures(
            [("2026-11-06", "1a2b3c4d"), ("2026-11-09", "5e6f7081")]
                .map(|(date, digest)| (day(date), digest.to_owned()))
                .into(),
        );
        let text = days.to_text().unwrap();
        assert_eq!(text, "2026-11-06:1a2b3c4d...5e6f7081");
        assert_eq!(EarlierFigures::read(&text).unwrap().0, days.0);
        assert_eq!(EarlierFigures::default().to_text(), None);
    }
}
