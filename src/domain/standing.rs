/// How a mailbox stands on the morning of a report date, as far as it tells when it will be ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There was no report, or the mailbox was not in it.
    NotListed,
    /// It can switch, or has.
    Ready,
    /// It does not move until somebody acts: it stopped, failed, waits for an approval, or is in a
    /// state that nobody knows.
    Halted,
    /// It is not ready, and how much is left of it is not known.
    WithoutTotal,
    /// Its turn has not come.
    NotBegun,
    /// It is being copied: so many whole twentieths are done, at most 19.
    Begun(u8),
}

/// The parts in which the share that is done is kept.
const PARTS: u8 = 20;

impl Standing {
    /// The letter of a mailbox that is ready because it has switched.
    pub const SWITCHED: char = 'S';

    /// Of a mailbox that is being copied: how much of it is done.
    #[must_use]
    pub fn begun(done: u64, total: u64) -> Self {
        let parts = u128::from(done) * u128::from(PARTS) / u128::from(total.max(1));
        Self::Begun(u8::try_from(parts).unwrap_or(PARTS).min(PARTS - 1))
    }

    /// As it is kept.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::NotListed => '-',
            Self::Ready => 'R',
            Self::Halted => 'H',
            Self::WithoutTotal => 'U',
            Self::NotBegun => 'N',
            Self::Begun(parts) => char::from(b'a' + parts.min(PARTS - 1)),
        }
    }

    /// Of a letter that was kept.
    #[must_use]
    pub fn of_letter(letter: char) -> Self {
        match letter {
            'R' | Self::SWITCHED => Self::Ready,
            'H' => Self::Halted,
            'U' => Self::WithoutTotal,
            'N' => Self::NotBegun,
            'a'..='t' => Self::Begun(letter as u8 - b'a'),
            _ => Self::NotListed,
        }
    }

    /// The share that is left to copy; `None` where it is not known, or nobody copies it.
    #[must_use]
    pub fn left(self) -> Option<f64> {
        match self {
            Self::Ready => Some(0.0),
            Self::NotBegun => Some(1.0),
            Self::Begun(parts) => Some(1.0 - (f64::from(parts) + 0.5) / f64::from(PARTS)),
            Self::NotListed | Self::Halted | Self::WithoutTotal => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_read_back_and_shares_are_in_twentieths() {
        let begun = (0..20).map(Standing::Begun);
        let others = [
            Standing::NotListed,
            Standing::Ready,
            Standing::Halted,
            Standing::WithoutTotal,
            Standing::NotBegun,
        ];
        let all: Vec<Standing> = begun.chain(others).collect();
        let letters: std::collections::BTreeSet<char> =
            all.iter().map(|standing| standing.letter()).collect();
        assert_eq!(letters.len(), all.len());
        for standing in all {
            assert_eq!(Standing::of_letter(standing.letter()), standing);
        }
        assert_eq!(Standing::of_letter(Standing::SWITCHED), Standing::Ready);
        for (done, total, parts) in [(0, 100, 0), (4, 100, 0), (5, 100, 1), (100, 100, 19)] {
            assert_eq!(Standing::begun(done, total), Standing::Begun(parts));
        }
        assert_eq!(Standing::begun(7, 0), Standing::Begun(19));
    }
}
