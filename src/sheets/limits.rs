use super::SheetError;

/// How much one table may hold. What holds more is refused while it is read, and before it fills
/// the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most text, and the most that a workbook unpacks to, in MiB.
    pub max_unpacked_mib: u32,
    /// The most cells: rows times headings.
    pub max_cells: u64,
}

impl Default for Limits {
    /// What 2.1 million mailboxes need with the widest layout, of 57 columns, and a little more.
    fn default() -> Self {
        Self {
            max_unpacked_mib: 2_048,
            max_cells: 125_000_000,
        }
    }
}

/// The columns of the widest spreadsheet: XFD.
pub(super) const MAX_COLUMNS: usize = 16_384;

/// The text of the longest cell. Excel's hold 32,767 characters.
pub(super) const MAX_CELL_BYTES: usize = 1024 * 1024;

/// Offsets in a text have 32 bits.
const MAX_ADDRESSABLE_MIB: u64 = 4_000;

impl Limits {
    pub(super) fn max_mebibytes(self) -> u64 {
        u64::from(self.max_unpacked_mib).min(MAX_ADDRESSABLE_MIB)
    }

    pub(super) fn max_bytes(self) -> u64 {
        self.max_mebibytes() * 1024 * 1024
    }

    pub(super) fn too_large(self) -> SheetError {
        SheetError::TooLarge {
            max_mebibytes: self.max_mebibytes(),
        }
    }

    /// Refuses text of `bytes`.
    pub(super) fn check_bytes(self, bytes: usize) -> Result<(), SheetError> {
        if bytes as u64 > self.max_bytes() {
            Err(self.too_large())
        } else {
            Ok(())
        }
    }

    /// The most rows of `width` cells.
    pub(super) fn max_rows(self, width: usize) -> u64 {
        self.max_cells / (width as u64).max(1)
    }

    pub(super) fn too_many_cells(self) -> SheetError {
        SheetError::TooManyCells {
            max_cells: self.max_cells,
        }
    }
}
