//! What is a code of an error, and what may be a sentence.

/// The most bytes of what is taken for a code.
const LONGEST: usize = 64;

/// Whether the text is a code. What has blanks or an @ in it may be a sentence about somebody.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let is_of_codes = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    text.len() <= LONGEST && text.bytes().all(is_of_codes)
}
