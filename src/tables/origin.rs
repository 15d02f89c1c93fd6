use crate::domain::{Finding, FindingCode};

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) file: &'a str,
    /// The line of the file, from 1.
    pub(super) line: u32,
}

impl Origin<'_> {
    /// A finding about this row.
    pub(super) fn finding(self, code: FindingCode, message: String) -> Finding {
        Finding::new(code, message)
            .in_file(self.file)
            .at_line(self.line)
    }
}
