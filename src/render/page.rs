//! What templates can do with text, so that they need not know how.

use std::fmt::Write as _;

/// The width of a text page, in characters.
const WIDTH: usize = 76;

/// Characters of a word after which a page may break it: a subject line without blanks must not widen its table.
const LONGEST_WORD: usize = 24;

/// The file name of a chart.
pub(super) fn picture_file(chart: &str) -> String {
    format!("{chart}.png")
}

/// What a page in a message calls a picture; in the form of a message's own identifiers (RFC 2392).
pub(super) fn content_id(file_name: &str) -> String {
    format!("{file_name}@migration-monitor")
}

/// Text for HTML, escaped, in which no mail client sees an address or a link: every `@`, every `//` after a colon,
/// and every point before a letter stands in an element of its own. A word that is too long for a line may be broken.
pub(super) fn unlinked(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    let mut word_length = 0;
    while let Some(c) = characters.next() {
        word_length = if c.is_whitespace() { 0 } else { word_length + 1 };
        if word_length > LONGEST_WORD {
            html.push_str("<wbr>");
            word_length = 1;
        }
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '@' => html.push_str("<span>@</span>"),
            '.' if characters.peek().is_some_and(|next| next.is_alphabetic()) => html.push_str("<span>.</span>"),
            ':' if characters.peek() == Some(&'/') => html.push_str("<span>:</span>"),
            c => html.push(c),
        }
    }
    html
}

/// A task for HTML, as [`unlinked`]: what is to be done, which ends with the first colon, stands out from why and for whom.
pub(super) fn with_lead(task: &str) -> String {
    match task.split_once(": ") {
        Some((lead, rest)) => format!("<strong>{}:</strong> {}", unlinked(lead), unlinked(rest)),
        None => unlinked(task),
    }
}

/// A page with `<` and `>` escaped in its attributes, as browsers have written them since 2025: who takes pages apart
/// without knowing of quotes finds no tag there. The inliner of styles undoes what the template language escaped.
pub(super) fn attributes_escaped(html: &str) -> String {
    let mut escaped = String::with_capacity(html.len());
    let (mut is_in_tag, mut is_in_value) = (false, false);
    let mut characters = html.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '<' if is_in_value => escaped.push_str("&lt;"),
            '>' if is_in_value => escaped.push_str("&gt;"),
            _ => escaped.push(c),
        }
        match c {
            '"' if is_in_tag => is_in_value = !is_in_value,
            '<' if !is_in_tag => is_in_tag = characters.peek().is_some_and(char::is_ascii_alphabetic),
            '>' if !is_in_value => is_in_tag = false,
            _ => {}
        }
    }
    escaped
}

/// A line, and under it as long a line of `mark`.
pub(super) fn underlined(text: &str, mark: char) -> String {
    format!("{text}\n{}", mark.to_string().repeat(text.chars().count()))
}

/// Text in lines of at most 76 characters, each but the first begun with `indent`.
pub(super) fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    let mut used = indent.chars().count();
    for word in text.split(' ') {
        let length = word.chars().count();
        if !lines.is_empty() && used + 1 + length > WIDTH {
            let _ = write!(lines, "\n{indent}{word}");
            used = indent.chars().count() + length;
        } else {
            let space = if lines.is_empty() { "" } else { " " };
            let _ = write!(lines, "{space}{word}");
            used += space.len() + length;
        }
    }
    lines
}

/// A table in text. In columns where they fit the width, else a block a row.
pub(super) fn text_table(headings: &[String], are_numbers: &[bool], rows: &[Vec<String>]) -> String {
    let lengths = |column: usize| {
        let cells = rows.iter().filter_map(move |row| row.get(column));
        headings.get(column).into_iter().chain(cells).map(|cell| cell.chars().count())
    };
    let widths: Vec<usize> = (0..headings.len()).map(|column| lengths(column).max().unwrap_or(0)).collect();
    if widths.iter().sum::<usize>() + 2 * headings.len().saturating_sub(1) <= WIDTH {
        return columns(headings, are_numbers, rows, &widths);
    }
    let block = |row: &Vec<String>| {
        let mut cells = row.iter().zip(headings);
        let first = cells.next().map_or("", |(cell, _)| cell);
        let rest = cells.map(|(cell, heading)| format!("\n   {}", wrapped(&format!("{heading}: {cell}"), "      ")));
        format!("-  {}{}", wrapped(first, "   "), rest.collect::<String>())
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn columns(headings: &[String], are_numbers: &[bool], rows: &[Vec<String>], widths: &[usize]) -> String {
    let line = |row: &[String]| {
        let cells = row.iter().zip(widths).zip(are_numbers).map(|((cell, &width), is_number)| {
            let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
            if *is_number { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(line(headings)).chain(rows.iter().map(|row| line(row))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_nothing_in_it_is_a_link() {
        assert_eq!(unlinked("<b>\"x\"</b> & 'y'"), "&lt;b&gt;&quot;x&quot;&lt;/b&gt; &amp; &#39;y&#39;");
        assert_eq!(unlinked("a.b@nhs.example"), "a<span>.</span>b<span>@</span>nhs<span>.</span>example");
        assert_eq!(unlinked("http://evil.example"), "http<span>:</span>//evil<span>.</span>example");
        assert_eq!(unlinked(&"x".repeat(90)).matches("<wbr>").count(), 3);
        assert_eq!(unlinked("0.0074% (1 in 13,500). Next: 5"), "0.0074% (1 in 13,500). Next: 5");
    }

    #[test]
    fn what_is_to_be_done_stands_out() {
        assert_eq!(with_lead("Tell <us>: at 07:05: now"), "<strong>Tell &lt;us&gt;:</strong> at 07:05: now");
        assert_eq!(with_lead("Nothing at 07:05"), "Nothing at 07:05");
    }

    #[test]
    fn attributes_hold_no_tags() {
        let html = "<!DOCTYPE html><style>p > b { x: \"y\" }</style><img alt=\"<b> a > b\" title=\"\"/><p>1 > 0 \"<br>\"</p>";
        let escaped = "<!DOCTYPE html><style>p > b { x: \"y\" }</style><img alt=\"&lt;b&gt; a &gt; b\" title=\"\"/><p>1 > 0 \"<br>\"</p>";
        assert_eq!(attributes_escaped(html), escaped);
    }

    #[test]
    fn lines_are_at_most_76_characters() {
        let text = "word ".repeat(40);
        let lines = wrapped(text.trim(), "   ");
        assert!(lines.lines().all(|line| line.len() <= 76) && lines.lines().skip(1).all(|line| line.starts_with("   word")));
        assert_eq!(lines.split_whitespace().count(), 40);
        assert_eq!(wrapped("", ""), "");
    }

    #[test]
    fn a_narrow_table_has_columns_and_a_wide_one_blocks() {
        let headings = ["State".to_owned(), "Mailboxes".to_owned()];
        let row = |name: &str| vec![name.to_owned(), "1,204".to_owned()];
        assert_eq!(text_table(&headings, &[false, true], &[row("In sync")]), "State    Mailboxes\nIn sync      1,204");
        let wide = text_table(&headings, &[false, true], &[row(&"long ".repeat(20))]);
        assert!(wide.starts_with("-  long") && wide.ends_with("\n   Mailboxes: 1,204"), "{wide}");
    }
}
