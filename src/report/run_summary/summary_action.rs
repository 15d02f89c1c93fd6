use serde::{Deserialize, Serialize};

use super::super::wording::first_of;
use super::OrganisationLine;

/// Organisations that a sentence names; the others are counted.
pub(super) const NAMED: usize = 8;
/// What is to be done, and by which commands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct SummaryAction {
    /// A sentence or two.
    pub what: String,
    /// Why, one line for each organisation; may be empty.
    pub why: Vec<String>,
    /// Commands, in their order.
    pub commands: Vec<String>,
}

/// “ZCA, ZGL and 4 more”.
pub(super) fn named(lines: &[&OrganisationLine]) -> String {
    let codes: Vec<String> = lines
        .iter()
        .map(|line| line.code_text().to_owned())
        .collect();
    first_of(&codes, NAMED)
}
