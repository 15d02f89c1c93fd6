//! A Run Summary in the light of what was heard since it was made.

use std::collections::BTreeMap;

use super::{Basis, SummaryModel, actions, headline, sections, tiles};
use crate::domain::{DeliveryCounts, OrganisationCode};

impl SummaryModel {
    /// The same with the deliveries of the day as they are now: their numbers by state, and those of
    /// unknown ones, of each organisation. Subject and edition stay those of the email.
    #[must_use]
    pub fn with_deliveries(
        mut self,
        mut now: BTreeMap<OrganisationCode, (DeliveryCounts, Vec<i64>)>,
    ) -> Self {
        let mut is_news = false;
        for line in &mut self.organisations {
            let Some((messages, unknown)) = line.code.as_ref().and_then(|code| now.remove(code))
            else {
                continue;
            };
            if messages != line.messages {
                is_news = true;
                line.state = line.state.since(&messages, !line.reasons.is_empty());
                (line.messages, line.unknown) = (messages, unknown);
            }
        }
        if !is_news {
            return self;
        }
        let today = self.report_date.day();
        self.organisations
            .sort_by_cached_key(|line| line.worst_first(today));
        let lines = &self.organisations;
        self.messages = lines.iter().flat_map(|line| line.messages.iter()).collect();
        let basis = Basis {
            report_date: self.report_date,
            is_preview: false,
            // There are deliveries.
            is_day_off: false,
            is_kept: self.is_kept,
            earlier: self.earlier,
            last_sent: self.last_sent.as_deref(),
            warnings: &self.warnings,
            gone: &self.gone,
        };
        self.page.headline = headline::headline(&basis, lines, &self.messages);
        self.page.key_figures = tiles::tiles(today, lines, &self.messages);
        self.page.actions = actions::actions(&basis, lines);
        for renewed in [
            sections::worst_first(today, lines),
            sections::messages_by_state(&self.messages, lines),
        ] {
            let mut sections = self.page.sections.iter_mut();
            if let Some(section) = sections.find(|old| old.heading == renewed.heading) {
                *section = renewed;
            }
        }
        self
    }
}
