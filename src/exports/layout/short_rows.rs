use serde::Deserialize;

use super::Field;

/// What stands in a cell of a short row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum ShortCell {
    Blank,
    /// Something that is not read.
    Any,
    /// This field, and never a blank.
    Holds(Field),
}

impl TryFrom<String> for ShortCell {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "" => Ok(Self::Blank),
            "*" => Ok(Self::Any),
            name => {
                let field = Field::ALL.iter().find(|field| field.name() == name);
                field.map(|field| Self::Holds(*field)).ok_or_else(|| {
                    format!("a cell of a short row is \"\", \"*\" or a field, not {name:?}")
                })
            }
        }
    }
}
