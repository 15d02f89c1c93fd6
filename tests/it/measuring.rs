//! The figures of random organisations, from their files, against loops over the rows that the
//! files were written from.

mod chance;
mod naive;
mod organisation;
mod verdicts;

use std::collections::BTreeMap;

use migration_monitor::domain::{ExpectedRate, SyncState};
use migration_monitor::metrics::{
    CauseRules, CollectionMetrics, GroupMetrics, OrganisationMetrics, measure,
};
use naive::{CauseCount, Figures};
use organisation::{Organisation, Person, organisation};
use proptest::prelude::*;

use crate::reading::drop_folder::report_date;

/// Writes the exports of an organisation, reads them and measures what was read.
fn measured(organisation: &Organisation) -> OrganisationMetrics {
    let read = organisation.drop_folder().read();
    let expected = ExpectedRate::try_from(organisation.expected).unwrap();
    measure(
        read.tables(),
        report_date(),
        expected,
        &CauseRules::built_in().unwrap(),
    )
    .unwrap()
}

fn figures_of(metrics: &GroupMetrics) -> Figures {
    Figures {
        mailboxes: metrics.mailboxes,
        by_state: SyncState::ALL.map(|state| metrics.by_state.of(state)),
        in_sync_or_beyond: metrics.in_sync_or_beyond(),
        items_total: metrics.items_total,
        items_synchronised: metrics.items_synchronised,
        items_failed: metrics.items_failed,
        items_attempted: metrics.items_attempted,
        progress: (
            metrics.item_progress.mailboxes,
            metrics.item_progress.synchronised,
            metrics.item_progress.total,
        ),
        bytes: (
            metrics.bytes.mailboxes,
            metrics.bytes.total,
            metrics.bytes.in_sync_or_beyond,
        ),
        judged: (
            metrics.judgement.mailboxes,
            metrics.judgement.rate.failed,
            metrics.judgement.rate.attempted,
        ),
    }
}

fn members<'a>(organisation: &'a Organisation, name: Option<&str>) -> Vec<&'a Person> {
    organisation
        .people
        .iter()
        .filter(|person| person.collection == name)
        .collect()
}

fn by_name(collections: &[CollectionMetrics]) -> BTreeMap<Option<&str>, &CollectionMetrics> {
    collections
        .iter()
        .map(|collection| (collection.name.as_deref(), collection))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_figures_of_all_mailboxes_are_those_of_a_loop(organisation in organisation()) {
        let people: Vec<&Person> = organisation.people.iter().collect();
        prop_assert_eq!(figures_of(&measured(&organisation).whole), Figures::of(&people));
    }

    #[test]
    fn the_figures_of_each_collection_are_those_of_a_loop(organisation in organisation()) {
        let metrics = measured(&organisation);
        let collections = by_name(&metrics.collections);
        prop_assert_eq!(collections.len(), metrics.collections.len());
        let mut mailboxes = 0;
        for (name, collection) in collections {
            let people = members(&organisation, name);
            prop_assert_eq!(figures_of(&collection.metrics), Figures::of(&people), "{:?}", name);
            prop_assert_eq!(collection.first_switch_date, people.iter().filter_map(|person| person.switch_date).min());
            prop_assert_eq!(collection.last_switch_date, people.iter().filter_map(|person| person.switch_date).max());
            mailboxes += people.len();
        }
        prop_assert_eq!(mailboxes, organisation.people.len());
    }

    #[test]
    fn collections_stand_in_the_order_of_switch_dates_then_of_names(organisation in organisation()) {
        let metrics = measured(&organisation);
        for pair in metrics.collections.windows(2) {
            let key = |collection: &CollectionMetrics| {
                let place = organisation::COLLECTIONS.iter().position(|known| *known == collection.name.as_deref()).unwrap();
                (collection.first_switch_date.is_none(), collection.first_switch_date, place)
            };
            prop_assert!(key(&pair[0]) < key(&pair[1]), "{:?} before {:?}", pair[0].name, pair[1].name);
        }
    }

    #[test]
    fn switches_ahead_and_overdue_are_those_of_a_loop(organisation in organisation()) {
        let metrics = measured(&organisation);
        let today = report_date().day();
        prop_assert_eq!(metrics.next_switch.map(|next| (next.date, next.due, next.ready)), naive::next_switch(&organisation.people, today));
        prop_assert_eq!(metrics.past_switch_date, naive::past_switch_date(&organisation.people, today));
    }

    #[test]
    fn causes_are_counted_as_a_loop_counts_them(organisation in organisation()) {
        let metrics = measured(&organisation);
        let causes: Vec<CauseCount> =
            metrics.causes.iter().map(|cause| (cause.cause.name.clone(), cause.items, cause.mailboxes)).collect();
        prop_assert_eq!(causes, naive::causes(&organisation.items));
        prop_assert_eq!(metrics.failed_items.len(), organisation.items.len());
        prop_assert!(metrics.failed_items.is_sorted_by(|a, b| a.mailbox <= b.mailbox));
    }

    #[test]
    fn every_mailbox_is_listed_once_with_the_figures_of_its_row(organisation in organisation()) {
        let metrics = measured(&organisation);
        let mut people: Vec<&Person> = organisation.people.iter().collect();
        people.sort_by_key(|person| &person.address);
        prop_assert_eq!(metrics.mailboxes.len(), people.len());
        for (mailbox, person) in metrics.mailboxes.iter().zip(people) {
            prop_assert_eq!(&mailbox.address, &person.address);
            prop_assert_eq!(mailbox.collection.as_deref(), person.collection);
            prop_assert_eq!((&*mailbox.state_word, mailbox.state), person.state);
            prop_assert_eq!(
                (mailbox.items_total, mailbox.items_synchronised, mailbox.items_failed),
                (person.total, person.synchronised, person.failed)
            );
            prop_assert_eq!(mailbox.size_bytes, person.bytes());
            prop_assert_eq!(mailbox.switch_date, person.switch_date);
        }
    }
}
