use std::str::FromStr;

use super::super::masking::{fit_to_keep, without_secrets};
use crate::domain::EmailAddress;
use secrecy::zeroize::Zeroizing;

/// An answer of a mail server: RFC 5321 4.2, with the enhanced code of RFC 3463 where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits, of which the first is 2 to 5.
    pub(super) code: u16,
    /// Subject and detail of the enhanced code: 7 and 60 of `5.7.60`. Its class is that of the code,
    /// whatever it says itself.
    pub(super) enhanced: Option<(u16, u16)>,
    /// The lines without their code.
    lines: Vec<String>,
}

/// What a server said is no answer of SMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer was not one of SMTP")]
pub(super) struct NoReply;

impl FromStr for Reply {
    type Err = NoReply;

    /// Reads all lines of an answer. A code without a text is one (RFC 5321 4.2).
    fn from_str(text: &str) -> Result<Self, NoReply> {
        let mut codes = Vec::new();
        let mut lines = Vec::new();
        for line in text.lines() {
            let (code, rest) = line.split_at_checked(3).ok_or(NoReply)?;
            let is_code = code.bytes().all(|byte| byte.is_ascii_digit());
            let code: u16 = code.parse().map_err(|_| NoReply)?;
            if !is_code || !(200..600).contains(&code) {
                return Err(NoReply);
            }
            let rest = rest.trim_end();
            let is_separated = rest.is_empty() || rest.starts_with([' ', '-', '\t']);
            codes.push(code);
            lines.push(rest.get(1..).unwrap_or_default().trim_start().to_owned());
            if !is_separated {
                return Err(NoReply);
            }
        }
        let code = codes.first().copied().ok_or(NoReply)?;
        if codes.iter().any(|other| *other != code) {
            return Err(NoReply);
        }
        let enhanced = lines.first().and_then(|line| enhanced_of(line));
        Ok(Self {
            code,
            enhanced,
            lines,
        })
    }
}

/// Subject and detail where a line begins with an enhanced code.
fn enhanced_of(line: &str) -> Option<(u16, u16)> {
    let word = line.split_whitespace().next()?;
    let word = word.trim_end_matches([';', ':', ',']);
    let mut parts = word.split('.').map(str::parse);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Ok(2_u16 | 4 | 5)), Some(Ok(subject)), Some(Ok(detail)), None) => {
            Some((subject, detail))
        }
        _ => None,
    }
}

impl Reply {
    /// Whether the server says yes, or go on.
    pub(super) fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// Whether the server says never.
    pub(super) fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// The texts of its lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// The answer without what it quotes of secrets.
    pub(super) fn without(mut self, secrets: &[Zeroizing<String>]) -> Self {
        for line in &mut self.lines {
            *line = without_secrets(line, secrets.iter().map(|secret| &**secret));
        }
        self
    }

    /// “554 5.2.0”
    pub(super) fn codes(&self) -> String {
        let class = self.code / 100;
        self.enhanced
            .map_or(self.code.to_string(), |(subject, detail)| {
                format!("{} {class}.{subject}.{detail}", self.code)
            })
    }

    /// The answer as one line, with every address masked. The enhanced code, which some servers begin
    /// every line with (RFC 2034), stands there once.
    pub(super) fn words(&self, recipient: Option<&EmailAddress>) -> String {
        let first = self.lines.first().and_then(|line| line.split(' ').next());
        let repeated = first.filter(|_| self.enhanced.is_some());
        let mut text = self.code.to_string();
        for (number, line) in self.lines.iter().enumerate() {
            let rest = repeated
                .filter(|_| number > 0)
                .and_then(|code| line.strip_prefix(code))
                .filter(|rest| rest.starts_with(' '));
            text.push(' ');
            text.push_str(rest.unwrap_or(line).trim_start());
        }
        fit_to_keep(text.trim_end(), recipient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(answer: &str) -> String {
        answer.parse::<Reply>().unwrap().words(None)
    }

    #[test]
    fn an_answer_of_several_lines_is_one_line_and_names_its_code_once() {
        assert_eq!(
            words("550-5.7.1 Not from\r\n550-5.7.1 there.\r\n550 5.7.1 Ask us\r\n"),
            "550 5.7.1 Not from there. Ask us"
        );
        assert_eq!(words("550-no\r\n550 no\r\n"), "550 no no");
        assert_eq!(
            words("250-5.7.1 a\r\n250 5.7.10 b\r\n"),
            "250 5.7.1 a 5.7.10 b"
        );
    }

    #[test]
    fn a_code_by_itself_is_an_answer_and_what_has_none_is_not() {
        for answer in ["250\r\n", "250 \r\n", "250\n", "250-\r\n250\r\n"] {
            assert_eq!(words(answer), "250", "{answer:?}");
        }
        for answer in [
            "",
            "\r\n",
            "25\r\n",
            "2500\r\n",
            "+50 ok\r\n",
            "150 ok\r\n",
            "650 ok\r\n",
            "é50\r\n",
            "250-a\r\n354 b\r\n",
            "what do you want?\r\n",
        ] {
            assert_eq!(answer.parse::<Reply>(), Err(NoReply), "{answer:?}");
        }
    }

    #[test]
    fn the_enhanced_code_is_read_where_there_is_one() {
        let enhanced = |answer: &str| answer.parse::<Reply>().unwrap().enhanced;
        assert_eq!(enhanced("550 5.7.60 SMTP; no\r\n"), Some((7, 60)));
        assert_eq!(enhanced("554 5.2.252: SendAsDenied\r\n"), Some((2, 252)));
        assert_eq!(enhanced("451 5.7.500 later\r\n"), Some((7, 500)));
        for none in [
            "550 no",
            "550 1.2.3 no",
            "550 5.7 no",
            "550 5.7.1.1 no",
            "550",
        ] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
