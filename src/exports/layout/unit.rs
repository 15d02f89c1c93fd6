use serde::Deserialize;

/// The unit of a size that comes without one. Powers of 1,024, as Windows and Exchange print them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum SizeUnit {
    Bytes,
    Kibibytes,
    Mebibytes,
    Gibibytes,
    Tebibytes,
}

impl SizeUnit {
    /// How many bytes one is.
    #[must_use]
    pub fn bytes(self) -> f64 {
        let thousands = match self {
            Self::Bytes => 0,
            Self::Kibibytes => 1,
            Self::Mebibytes => 2,
            Self::Gibibytes => 3,
            Self::Tebibytes => 4,
        };
        1024_f64.powi(thousands)
    }

    /// The unit that a word of a heading says: the last of `Mailbox Size (MB)` and `TotalSizeInKB`.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "b" | "byte" | "bytes" => Some(Self::Bytes),
            "kb" | "kib" | "kilobytes" | "kibibytes" => Some(Self::Kibibytes),
            "mb" | "mbs" | "mib" | "megabytes" | "mebibytes" => Some(Self::Mebibytes),
            "gb" | "gbs" | "gib" | "gigabytes" | "gibibytes" => Some(Self::Gibibytes),
            "tb" | "tib" | "terabytes" | "tebibytes" => Some(Self::Tebibytes),
            _ => None,
        }
    }
}
