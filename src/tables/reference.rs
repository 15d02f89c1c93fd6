use super::values::tidy;
use crate::domain::OrganisationCode;

/// What stands where the reference of a failed item should.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// One of this organisation, less its code.
    Own(String),
    OfAnother,
    None,
}

/// The fewest groups of four letters and digits.
const GROUPS: usize = 2;

impl Reference {
    /// Reads `ZNM-7F3K-29QD` as people hand it on: in small letters, without the code, with blanks
    /// or long dashes.
    pub(super) fn read(cell: &str, own: &OrganisationCode) -> Self {
        let text = tidy(cell).to_uppercase();
        let parts: Vec<&str> = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|part| !part.is_empty())
            .collect();
        let is_group =
            |part: &&str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let are_groups = |parts: &[&str]| parts.len() >= GROUPS && parts.iter().all(is_group);
        match parts.as_slice() {
            [code, groups @ ..] if *code == own.as_str() && are_groups(groups) => {
                Self::Own(groups.join("-"))
            }
            all if are_groups(all) => Self::Own(all.join("-")),
            [code, groups @ ..] if OrganisationCode::parse(code).is_ok() && are_groups(groups) => {
                Self::OfAnother
            }
            _ => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_people_hand_it_on_and_never_as_anothers() {
        let own = OrganisationCode::parse("ZNM").unwrap();
        let read = |cell| Reference::read(cell, &own);
        let known = || Reference::Own("7F3K-29QD".to_owned());
        for cell in [
            "ZNM-7F3K-29QD",
            " znm-7f3k-29qd ",
            "7F3K-29QD",
            "ZNM – 7F3K–29QD.",
            "“ZNM 7F3K 29QD”",
            "ZNM\u{2011}7F3K\u{2011}29QD\u{200b}",
        ] {
            assert_eq!(read(cell), known(), "{cell}");
        }
        assert_eq!(
            read("ZNM-7F3K-29QD-3333"),
            Reference::Own("7F3K-29QD-3333".to_owned())
        );
        for cell in ["ZGL-7F3K-29QD", "zgl 7f3k 29qd"] {
            assert_eq!(read(cell), Reference::OfAnother, "{cell}");
        }
        for cell in ["", "ZNM", "ZNM-7F3K", "row 12", "=1+1", "7F3K-29Q", "None"] {
            assert_eq!(read(cell), Reference::None, "{cell}");
        }
    }
}
