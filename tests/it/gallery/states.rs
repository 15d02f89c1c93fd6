//! The states in which reports are shown, and what proves that they are in them.

use migration_monitor::domain::{ReportKind, Verdict};
use migration_monitor::report::ReportModel;

use super::estate::{Invented, Journey, Traits};

/// A state of an organisation.
pub(super) struct State {
    /// Its folder in the gallery.
    pub(super) name: &'static str,
    /// What is particular about it.
    pub(super) says: &'static str,
    pub(super) organisation: Invented,
    /// Whether a model is of this state.
    pub(super) is_shown_by: fn(&ReportModel) -> bool,
}

fn is(model: &ReportModel, verdict: Verdict) -> bool {
    model.failure_rate.verdict == verdict
}

/// Every state. Organisations differ by little else than what the state is about.
pub(super) fn states() -> Vec<State> {
    let state = |name, says, organisation, is_shown_by| State {
        name,
        says,
        organisation,
        is_shown_by,
    };
    let of = |code| Invented {
        code,
        ..Invented::default()
    };
    let large = "Invented University Hospitals of the Northern Fells, Western Isles and Southern \
     Marches NHS Foundation Trust with its Community Partners";
    vec![
        state(
            "usual",
            "As expected, on the fourteenth day",
            Invented {
                days: 14,
                ..of("ZUS")
            },
            |model| is(model, Verdict::AsExpected) && model.changes.is_some(),
        ),
        state(
            "first-day",
            "The first day: nothing to compare with",
            of("ZFD"),
            |model| model.changes.is_none(),
        ),
        state(
            "second-day",
            "The second day",
            Invented {
                days: 2,
                ..of("ZSD")
            },
            |model| model.changes.is_some(),
        ),
        state(
            "raised",
            "Failures somewhat above what is expected",
            Invented {
                days: 2,
                failing_per_million: 195,
                ..of("ZRA")
            },
            |model| is(model, Verdict::Raised),
        ),
        state(
            "high",
            "Failures well above what is expected",
            Invented {
                days: 9,
                failing_per_million: 260,
                ..of("ZHI")
            },
            |model| is(model, Verdict::High),
        ),
        state(
            "concentrated",
            "Failures above what is expected because of one mailbox",
            Invented {
                days: 3,
                traits: Traits {
                    failing_at_once: 90,
                    ..Traits::default()
                },
                ..of("ZCO")
            },
            |model| is(model, Verdict::Concentrated),
        ),
        state(
            "lower",
            "Failures below what is expected",
            Invented {
                failing_per_million: 40,
                ..of("ZLO")
            },
            |model| is(model, Verdict::LowerThanExpected),
        ),
        state(
            "too-few",
            "Too few items to judge",
            Invented {
                mailboxes: 14,
                traits: Traits {
                    median_items: 700,
                    ..Traits::default()
                },
                failing_per_million: 250,
                ..of("ZTF")
            },
            |model| is(model, Verdict::TooFewItems) && model.totals.items_failed > Some(0),
        ),
        state(
            "no-failures",
            "No item failed",
            Invented {
                days: 3,
                failing_per_million: 0,
                ..of("ZNF")
            },
            |model| model.totals.items_failed == Some(0),
        ),
        state(
            "unknown-totals",
            "The tool reports no items",
            Invented {
                traits: Traits {
                    reports_items: false,
                    ..Traits::default()
                },
                ..of("ZUT")
            },
            |model| {
                model.totals.items_total.is_none()
                    && model.totals.items_attempted.is_none()
                    && model.totals.items_failed.is_none()
            },
        ),
        state(
            "not-begun",
            "No mailbox has begun",
            Invented {
                journey: Journey::NotBegun,
                ..of("ZNB")
            },
            |model| {
                model.totals.by_state.not_started + model.totals.by_state.queued
                    == model.totals.mailboxes
            },
        ),
        state(
            "late",
            "A week that cannot be ready in time",
            Invented {
                days: 12,
                traits: Traits {
                    slowness: 40.0,
                    ..Traits::default()
                },
                ..of("ZLA")
            },
            |model| model.totals.by_state.ready_to_switch == 0,
        ),
        state(
            "all-switched",
            "Every mailbox has switched",
            Invented {
                days: 2,
                journey: Journey::Done,
                traits: Traits {
                    stuck_share: 0.0,
                    ..Traits::default()
                },
                ..of("ZAS")
            },
            |model| model.totals.by_state.switched == model.totals.mailboxes,
        ),
        state(
            "mop-up",
            "Mop-up: what is outstanding",
            Invented {
                days: 3,
                stage: "mop-up",
                journey: Journey::Done,
                traits: Traits {
                    stuck_share: 0.05,
                    ..Traits::default()
                },
                subject_lines: "withheld",
                ..of("ZMO")
            },
            |model| model.page.stage == "Mop-up",
        ),
        state(
            "pilot",
            "A pilot of few mailboxes",
            Invented {
                stage: "pilot",
                mailboxes: 24,
                ..of("ZPI")
            },
            |model| model.page.stage == "Pilot",
        ),
        state(
            "no-vips",
            "A schedule that names no VIPs",
            Invented {
                traits: Traits {
                    has_vips: false,
                    ..Traits::default()
                },
                ..of("ZNV")
            },
            |_| true,
        ),
        state(
            "no-schedule",
            "No migration schedule",
            Invented {
                traits: Traits {
                    has_schedule: false,
                    ..Traits::default()
                },
                ..of("ZNS")
            },
            |model| model.report != ReportKind::SwitchReadiness,
        ),
        state(
            "subject-lines",
            "Subject lines in the email, hostile ones among them",
            Invented {
                days: 2,
                subject_lines: "email",
                failing_per_million: 200,
                traits: Traits {
                    awkward_share: 1.0,
                    ..Traits::default()
                },
                ..of("ZSU")
            },
            |model| {
                model.report != ReportKind::FailedItem
                    || serde_json::to_string(model)
                        .unwrap()
                        .contains("<b>URGENT</b>")
            },
        ),
        state(
            "odd-exports",
            "Exports with what is odd about them",
            Invented {
                days: 2,
                traits: Traits {
                    is_odd: true,
                    ..Traits::default()
                },
                ..of("ZOD")
            },
            |model| model.findings.len() >= 3,
        ),
        state(
            "long-names",
            "Names as long as directories let them be",
            Invented {
                days: 2,
                name: large,
                traits: Traits {
                    names: "long",
                    ..Traits::default()
                },
                failing_per_million: 200,
                ..of("ZLONGEST")
            },
            |model| model.organisation.name.len() > 130,
        ),
        state(
            "right-to-left",
            "Names that are written from right to left",
            Invented {
                days: 2,
                name: "Invented Vale בית חולים NHS Trust",
                traits: Traits {
                    names: "hebrew",
                    ..Traits::default()
                },
                ..of("ZRL")
            },
            |model| model.organisation.name.contains("בית"),
        ),
        state(
            "many-users",
            "40,000 users",
            Invented {
                mailboxes: 40_000,
                traits: Traits {
                    median_items: 400,
                    ..Traits::default()
                },
                ..of("ZMANY")
            },
            |model| model.totals.mailboxes == 40_000,
        ),
        state(
            "second-edition",
            "Edition 2, which replaces what was sent",
            Invented {
                days: 2,
                ..of("ZED")
            },
            |model| {
                model.edition == 2
                    && model
                        .page
                        .notices
                        .iter()
                        .any(|notice| notice.starts_with("Edition 2, replaces "))
            },
        ),
        // Its export is taken away on the last day.
        state(
            "held",
            "Held: no report, and a line in the Run Summary",
            Invented {
                days: 2,
                mailboxes: 20,
                ..of("ZHE")
            },
            |_| false,
        ),
        state(
            "closed",
            "Closed: no report",
            Invented {
                days: 0,
                stage: "closed",
                ..of("ZCL")
            },
            |_| false,
        ),
    ]
}
