//! How large a chart is: as wide as the text of an email, and as high as what it draws.

use super::drawing::{Chart, Drawing, StateRow};
use crate::domain::SyncState;
use crate::domain::plural::count;

/// About how wide a letter of a label is, and a swatch with what is round it, in CSS pixels.
const LETTER: u64 = 10;
const SWATCH: u64 = 38;

impl Chart {
    /// How wide charts are, in CSS pixels: nearly as wide as the text, which has 576 in a sheet of 640.
    /// On a phone of 360, where 336 are left, and in the dark 320, words of 18 are read as 11.
    const WIDTH: u32 = 520;

    /// A chart whose drawing takes `height` CSS pixels. The page has its finding above it.
    pub(crate) fn new(name: &str, title: String, height: u32, drawing: Drawing) -> Self {
        Self {
            name: name.to_owned(),
            alternative_text: title.clone(),
            title,
            drawing,
            width: Self::WIDTH,
            height,
        }
    }

    /// A bar of the states of mailboxes under a finding.
    pub(crate) fn of_states(name: &str, title: String, segments: Vec<(SyncState, u64)>) -> Self {
        let width = u64::from(Self::WIDTH);
        let all: u64 = segments.iter().map(|(_, mailboxes)| mailboxes).sum();
        // What has no room inside stands below with its figure.
        let is_below = |(state, mailboxes): &&(SyncState, u64)| {
            mailboxes * width < (letters(*state) * (LETTER + 1) + LETTER) * all
        };
        let below = segments.iter().filter(is_below);
        let widths = below.map(|(state, mailboxes)| {
            (letters(*state) + 1 + count(*mailboxes).len() as u64) * LETTER + SWATCH
        });
        let height = match lines(widths, width) {
            0 => 84,
            lines => 100 + 28 * lines,
        };
        let row = StateRow {
            label: String::new(),
            value: String::new(),
            segments,
        };
        Self::new(name, title, height, Drawing::States { rows: vec![row] })
    }

    /// A bar for each of several groups of mailboxes under a finding.
    pub(crate) fn of_groups(name: &str, title: String, rows: Vec<StateRow>) -> Self {
        let occurs = |state: &SyncState| {
            rows.iter()
                .any(|row| row.segments.iter().any(|(occurs, _)| occurs == state))
        };
        let key = SyncState::ALL
            .into_iter()
            .filter(occurs)
            .map(|state| letters(state) * LETTER + SWATCH);
        let height = 12
            + 28 * lines(key, u64::from(Self::WIDTH))
            + 64 * u32::try_from(rows.len()).unwrap_or(0);
        Self::new(name, title, height, Drawing::States { rows })
    }
}

fn letters(state: SyncState) -> u64 {
    state.label().chars().count() as u64
}

/// In how many lines of a width pieces stand, one behind the other.
fn lines(pieces: impl Iterator<Item = u64>, width: u64) -> u32 {
    let (mut lines, mut used) = (0, width);
    for piece in pieces {
        let longer = used + piece;
        (lines, used) = if lines == 0 || longer > width {
            (lines + 1, piece)
        } else {
            (lines, longer)
        };
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_stand_in_lines() {
        assert_eq!(
            [&[][..], &[500], &[200, 200], &[200, 200, 200], &[480, 1]]
                .map(|pieces| lines(pieces.iter().copied(), 480)),
            [0, 1, 1, 2, 2]
        );
    }

    #[test]
    fn a_chart_is_as_high_as_what_it_shows_and_says_its_finding_aloud() {
        let of = |title: &str, segments: &[(SyncState, u64)]| {
            Chart::of_states("name", title.to_owned(), segments.to_vec())
        };
        let plain = of("5 mailboxes have not switched", &[(SyncState::Stopped, 5)]);
        let small = of(
            "5 mailboxes have not switched",
            &[(SyncState::Stopped, 1), (SyncState::Failed, 900)],
        );
        let long = of(
            "4,312 of 5,020 mailboxes (86%) are in sync or switched today",
            &[(SyncState::Stopped, 5)],
        );
        assert_eq!((plain.height, small.height, long.height), (84, 128, 84));
        assert!(
            [plain, small, long]
                .iter()
                .all(|chart| chart.width == 520 && chart.alternative_text == chart.title)
        );
    }
}
