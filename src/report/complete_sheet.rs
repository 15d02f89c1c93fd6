//! What is known of a sheet before it is written, so that it can be held against it.

/// A sheet that has one row for each of these, no more and no fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteSheet<'a> {
    /// The name on the tab.
    pub sheet: String,
    /// The address of each row's mailbox, in any order; as often as it has rows.
    pub mailboxes: Vec<&'a str>,
    /// Whether a row quotes a subject line, which is confidential.
    pub quotes_subject_lines: bool,
    /// About how many bytes of a message a row takes, with what other sheets say of it: measured
    /// over messages of the sample and of an invented estate.
    pub bytes_a_row: u64,
}
