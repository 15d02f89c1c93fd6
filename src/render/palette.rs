use crate::domain::SyncState;

/// A colour of the screen (sRGB).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// The ground of every picture. The numbers below are contrasts with it (WCAG 2.2); all are colours
/// of the NHS identity.
pub(crate) const WHITE: Colour = Colour(0xFF, 0xFF, 0xFF);
/// Words and what must be seen first: 14.5.
pub(crate) const TEXT: Colour = Colour(0x21, 0x2B, 0x32);
/// Words and lines of second rank: 6.3.
pub(crate) const SECONDARY: Colour = Colour(0x4C, 0x62, 0x72);
/// Headings and bars: 6.3.
pub(crate) const BLUE: Colour = Colour(0x00, 0x5E, 0xB8);
/// A tint of it, 1.4: always outlined.
pub(crate) const PALE_BLUE: Colour = Colour(0xCC, 0xDF, 0xF1);
/// What stands out as bad news: 5.1. Its shape says so too.
pub(crate) const RED: Colour = Colour(0xD5, 0x28, 0x1B);
/// Grid lines, 1.4: they carry nothing that is not written beside them.
pub(crate) const GRID: Colour = Colour(0xD8, 0xDD, 0xE0);

impl Colour {
    /// The colour as `0x005EB8`.
    pub(crate) fn rgb(self) -> u32 {
        u32::from_be_bytes([0, self.0, self.1, self.2])
    }

    /// Relative luminance (WCAG 2.2), 0 for black and 1 for white; also how dark the colour is when
    /// printed in grey.
    #[cfg(test)]
    pub(crate) fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// The contrast ratio of two colours (WCAG 2.2), 1 to 21.
    #[cfg(test)]
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

/// The stripes of a state off the journey, which are seen where there is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hatch {
    Rising,
    Falling,
    Upright,
}

/// How a state is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StateLook {
    /// The colour of the area.
    pub(crate) fill: Colour,
    /// The colour of its edge: at least 3:1 against white, so that a pale area has a shape (WCAG 2.2, 1.4.11).
    pub(crate) outline: Colour,
    /// The colour of words inside: at least 4.5:1 against area and stripes (WCAG 2.2, 1.4.3).
    pub(crate) ink: Colour,
    /// Stripes, for the states off the journey.
    pub(crate) hatch: Option<(Hatch, Colour)>,
}

/// How a state is drawn: the journey from pale to strong, the end of it green, and what halted in
/// stripes. No two of the journey have the same grey, so a print without colour is still read by
/// its key.
pub(crate) fn state_look(state: SyncState) -> StateLook {
    const DARK_BLUE: Colour = Colour(0x00, 0x30, 0x87);
    const GREEN: Colour = Colour(0x00, 0x7F, 0x3B);
    const DARK_RED: Colour = Colour(0x8A, 0x15, 0x0D);
    const GREY: Colour = Colour(0xAE, 0xB7, 0xBD);
    let (fill, outline, ink, hatch) = match state {
        SyncState::NotStarted => (WHITE, SECONDARY, TEXT, None),
        SyncState::Queued => (Colour(0xDD, 0xE2, 0xE5), SECONDARY, TEXT, None),
        SyncState::Synchronising => (Colour(0x99, 0xC7, 0xED), BLUE, TEXT, None),
        SyncState::InSync => (Colour(0x4B, 0x9C, 0xDC), BLUE, TEXT, None),
        SyncState::ReadyToSwitch => (DARK_BLUE, DARK_BLUE, WHITE, None),
        SyncState::Switched => (GREEN, GREEN, WHITE, None),
        SyncState::Stopped => (SECONDARY, TEXT, WHITE, Some((Hatch::Rising, TEXT))),
        SyncState::Failed => (RED, DARK_RED, WHITE, Some((Hatch::Falling, DARK_RED))),
        SyncState::Unrecognised => (WHITE, TEXT, TEXT, Some((Hatch::Upright, GREY))),
    };
    StateLook {
        fill,
        outline,
        ink,
        hatch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEETS: [&str; 3] = [
        include_str!("../../report-templates/base/style.css"),
        include_str!("../../report-templates/base/screens.css"),
        include_str!("../../report-templates/run-summary/pages.css"),
    ];

    /// `#005EB8`
    fn read(hex: &str) -> Colour {
        let channel = |from: usize| u8::from_str_radix(&hex[from..from + 2], 16).unwrap();
        Colour(channel(1), channel(3), channel(5))
    }

    /// What stands behind a property in the sheets: `("font-size", "14px")` and so on.
    fn declarations() -> Vec<(String, String)> {
        let bodies = SHEETS.iter().flat_map(|sheet| sheet.split(['{', '}', ';']));
        let both = bodies.filter_map(|declaration| declaration.split_once(": "));
        both.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect()
    }

    #[test]
    fn emails_and_pages_share_one_scale_and_one_set_of_colours() {
        const COLOURS: &str = "#FFFFFF #F0F4F5 #D8DDE0 #4C6272 #212B32 #005EB8 #00602D #007F3B \
         #D5281B #B3200F #E6EFF8 #E6F2EB #FBEAE8 #FFF4D6 #B35C00 #FFEB3B";
        const DARK: &str =
            "#11181D #1D262D #2A363F #C3CDD4 #99C7ED #4B9CDC #1B3550 #143A28 #54231F #4A3A12";
        for (name, value) in declarations() {
            for word in value
                .split_whitespace()
                .filter(|word| word.starts_with('#'))
            {
                assert!(
                    COLOURS.contains(word) || DARK.contains(word),
                    "{name}: {value}"
                );
            }
            // On paper the table of all organisations is smaller.
            if name == "font-size" {
                assert!(
                    [
                        "26px", "22px", "20px", "16px", "14px", "11px", "10px", "1px"
                    ]
                    .contains(&value.trim_end_matches(" !important")),
                    "{value}"
                );
            }
            if [
                "padding",
                "margin",
                "padding-top",
                "margin-top",
                "margin-bottom",
                "gap",
            ]
            .contains(&name.as_str())
            {
                let lengths = value
                    .split_whitespace()
                    .filter_map(|word| word.strip_suffix("px")?.parse::<u32>().ok());
                for length in lengths {
                    assert!(
                        length % 4 == 0 || length == 6 || length == 2,
                        "{name}: {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn words_are_read_on_every_ground_of_the_sheets() {
        let light = ["#FFFFFF", "#F0F4F5", "#E6EFF8", "#E6F2EB", "#FBEAE8"].map(read);
        for ground in light {
            for ink in ["#212B32", "#4C6272", "#005EB8", "#00602D", "#B3200F"].map(read) {
                assert!(
                    ink.contrast(ground) >= 4.5,
                    "{ink:?} on {ground:?}: {}",
                    ink.contrast(ground)
                );
            }
        }
        assert!(read("#212B32").contrast(read("#FFF4D6")) >= 4.5);
        for ground in [
            "#11181D", "#1D262D", "#2A363F", "#1B3550", "#143A28", "#54231F", "#4A3A12",
        ]
        .map(read)
        {
            for ink in ["#F0F4F5", "#C3CDD4", "#99C7ED"].map(read) {
                assert!(
                    ink.contrast(ground) >= 4.5,
                    "{ink:?} on {ground:?}: {}",
                    ink.contrast(ground)
                );
            }
        }
        // What tells a verdict by its edge is seen, on white and on dark.
        for edge in ["#005EB8", "#007F3B", "#D5281B", "#4C6272"].map(read) {
            assert!(edge.contrast(WHITE) >= 3.0, "{edge:?}");
        }
    }

    #[test]
    fn every_state_stands_out_from_white_and_its_words_from_it() {
        for state in SyncState::ALL {
            let look = state_look(state);
            assert!(look.outline.contrast(WHITE) >= 3.0, "{state:?}");
            for ground in [
                look.fill,
                look.hatch.map_or(look.fill, |(_, stripe)| stripe),
            ] {
                assert!(
                    look.ink.contrast(ground) >= 4.5,
                    "{state:?} on {ground:?}: {}",
                    look.ink.contrast(ground)
                );
            }
        }
    }

    #[test]
    fn the_other_colours_do_too() {
        for (colour, contrast) in [
            (TEXT, 14.5),
            (SECONDARY, 6.3),
            (BLUE, 6.3),
            (PALE_BLUE, 1.4),
            (RED, 5.1),
            (GRID, 1.4),
        ] {
            assert!(
                (colour.contrast(WHITE) - contrast).abs() < 0.1,
                "{colour:?}: {}",
                colour.contrast(WHITE)
            );
        }
        for colour in [TEXT, SECONDARY, BLUE, RED] {
            assert!(colour.contrast(WHITE) >= 4.5, "{colour:?}");
        }
    }

    #[test]
    fn the_journey_to_ready_grows_darker_and_no_two_states_share_a_grey() {
        let looks: Vec<_> = SyncState::ALL
            .iter()
            .take(6)
            .map(|state| state_look(*state))
            .collect();
        assert!(
            looks[..5].is_sorted_by(|pale, dark| pale.fill.luminance() > dark.fill.luminance())
        );
        for (place, one) in looks.iter().enumerate() {
            for other in &looks[place + 1..] {
                assert!(
                    one.fill.contrast(other.fill) >= 1.25,
                    "{one:?} {other:?}: {}",
                    one.fill.contrast(other.fill)
                );
            }
        }
    }

    #[test]
    fn stripes_are_seen_without_colour() {
        for look in SyncState::ALL.map(state_look) {
            if let Some((_, stripe)) = look.hatch {
                assert!(
                    stripe.contrast(look.fill) >= 1.8,
                    "{look:?}: {}",
                    stripe.contrast(look.fill)
                );
            }
        }
    }

    /// Parts of a bar are apart by a gap of the ground; lines and points lie on the ground, or on
    /// the pale area between limits.
    #[test]
    fn what_carries_a_number_stands_out_from_what_lies_beside_it() {
        for drawn in [TEXT, SECONDARY, BLUE, RED] {
            for beside in [WHITE, PALE_BLUE] {
                assert!(
                    drawn.contrast(beside) >= 3.0,
                    "{drawn:?} beside {beside:?}: {}",
                    drawn.contrast(beside)
                );
            }
        }
        // A part that is as pale as the ground has an edge that is not.
        for look in SyncState::ALL.map(state_look) {
            assert!(
                look.fill.contrast(WHITE).max(look.outline.contrast(WHITE)) >= 3.0,
                "{look:?}"
            );
        }
    }
}
