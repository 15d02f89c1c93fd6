use serde::{Deserialize, Serialize};

use super::super::wording::first_of;
use super::OrganisationLine;
use crate::domain::plural::count_of;

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

/// “ZCA, ZGL and 4 more”; rows of the register that cannot be read are counted.
pub(super) fn named(lines: &[&OrganisationLine]) -> String {
    let codes = lines.iter().filter_map(|line| line.code.as_ref());
    let mut codes: Vec<String> = codes.map(ToString::to_string).collect();
    let unreadable = lines.len() - codes.len();
    codes.extend((unreadable > 0).then(|| count_of(unreadable, "unreadable row")));
    first_of(&codes, NAMED)
}
