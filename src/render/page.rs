//! What templates can do with text, so that they need not know how.

use std::fmt::Write as _;

/// The width of a text page, in characters.
const WIDTH: usize = 76;

/// A row of a text table has at most so many lines: with more of them, it is read more easily as a
/// block.
const MOST_LINES: usize = 3;

/// Characters of a word after which a page may break it: a subject line without blanks must not
/// widen its table.
const LONGEST_WORD: usize = 24;
/// A name of more characters wants a column that is wider than its share, and where so many columns
/// stand beside each other does not get it by itself.
const LONG_NAME: usize = 24;
const MANY_COLUMNS: usize = 5;

/// The file name of a chart.
pub(super) fn picture_file(chart: &str) -> String {
    format!("{chart}.png")
}

/// What a page in a message calls a picture; in the form of a message's own identifiers (RFC 2392).
pub(super) fn content_id(file_name: &str) -> String {
    format!("{file_name}@migration-monitor")
}

/// Text for HTML, escaped, in which no mail client sees an address or a link: every `@`, every `//`
/// after a colon, and every point before a letter stands in an element of its own. A word that is
/// too long for a line may be broken.
pub(super) fn unlinked(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    let mut word_length = 0;
    while let Some(c) = characters.next() {
        word_length = match c.is_whitespace() {
            true => 0,
            false => word_length + 1,
        };
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
            '.' if characters.peek().is_some_and(|next| next.is_alphabetic()) => {
                html.push_str("<span>.</span>")
            }
            ':' if characters.peek() == Some(&'/') => html.push_str("<span>:</span>"),
            c => html.push(c),
        }
    }
    html
}

/// A task for HTML, as [`unlinked`]: what is to be done, which ends with the first colon or sentence,
/// stands out from why and for whom.
pub(super) fn with_lead(task: &str) -> String {
    let ends = [": ", ". "].into_iter().filter_map(|mark| task.find(mark));
    match ends.min().and_then(|end| task.split_at_checked(end + 1)) {
        Some((lead, rest)) => format!("<strong>{}</strong>{}", unlinked(lead), unlinked(rest)),
        None => unlinked(task),
    }
}

/// A page with `<` and `>` escaped in its attributes, as browsers have written them since 2025: who
/// takes pages apart without knowing of quotes finds no tag there. The inliner of styles undoes
/// what the template language escaped.
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
            '<' if !is_in_tag => {
                is_in_tag = characters.peek().is_some_and(char::is_ascii_alphabetic)
            }
            '>' if !is_in_value => is_in_tag = false,
            _ => {}
        }
    }
    escaped
}

/// A heading in lines of at most 76 characters, and under it as long a line of `mark`.
pub(super) fn underlined(text: &str, mark: char) -> String {
    let text = wrapped(text, "");
    let longest = text.lines().map(length).max().unwrap_or(0);
    format!("{text}\n{}", mark.to_string().repeat(longest))
}

/// Text in lines of at most 76 characters, each but the first begun with `indent`.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    let mut used = indent.chars().count();
    for word in text.split(' ') {
        let length = length(word);
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

/// A table in text. In columns where they fit the width, with headings and words in several lines
/// where they must be; else a block a row.
pub(super) fn text_table(
    headings: &[String],
    are_numbers: &[bool],
    rows: &[Vec<String>],
) -> String {
    let longest = |column: usize, length: fn(&str) -> usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| length(cell)).max().unwrap_or(0)
    };
    let columns = headings.iter().zip(are_numbers).enumerate();
    let widths = columns.map(|(column, (heading, is_number))| {
        // The first column names the row, and a number is never parted.
        let unparted = if column == 0 || *is_number {
            length
        } else {
            longest_word
        };
        let least = longest(column, unparted).max(longest_word(heading));
        (least, longest(column, length).max(length(heading)))
    });
    let (least, whole): (Vec<usize>, Vec<usize>) = widths.unzip();
    if let Some(widths) = widened(least, &whole) {
        let lines = std::iter::once(headings).chain(rows.iter().map(Vec::as_slice));
        let lines = lines.map(|row| lines_of_row(row, &widths, are_numbers));
        let table: Vec<Vec<String>> = lines.collect();
        if table.iter().all(|lines| lines.len() <= MOST_LINES) {
            return table.concat().join("\n");
        }
    }
    let block = |row: &Vec<String>| {
        let mut cells = row.iter().zip(headings);
        let first = cells.next().map_or("", |(cell, _)| cell);
        let rest = cells.map(|(cell, heading)| {
            format!("\n   {}", wrapped(&format!("{heading}: {cell}"), "      "))
        });
        format!("-  {}{}", wrapped(first, "   "), rest.collect::<String>())
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// How wide the column is that names the rows, where names are long and much stands beside them: by
/// itself a mail program would part them into many lines.
pub(super) fn naming_width(columns: usize, rows: &[Vec<String>]) -> Option<&'static str> {
    let names = rows.iter().filter_map(|row| row.first());
    let longest = names.map(|name| length(name)).max();
    (columns >= MANY_COLUMNS && longest > Some(LONG_NAME)).then_some("34%")
}

fn length(cell: &str) -> usize {
    cell.chars().count()
}

fn longest_word(cell: &str) -> usize {
    cell.split(' ').map(length).max().unwrap_or(0)
}

/// Columns that are at least so wide, with what is left of a line given to those that lack most of
/// their whole width; `None` where there is no room for them.
fn widened(mut widths: Vec<usize>, whole: &[usize]) -> Option<Vec<usize>> {
    let used = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    for _ in 0..WIDTH.checked_sub(used)? {
        let columns = widths.iter_mut().zip(whole);
        let lacking = columns.filter(|(width, whole)| **width < **whole);
        if let Some((width, _)) = lacking.max_by_key(|(width, whole)| **whole - **width) {
            *width += 1;
        }
    }
    Some(widths)
}

/// A row in columns. What is no number goes on in another line where its column is too narrow.
fn lines_of_row(row: &[String], widths: &[usize], are_numbers: &[bool]) -> Vec<String> {
    let cells = row.iter().zip(widths);
    let cells: Vec<Vec<String>> = cells.map(|(cell, width)| broken(cell, *width)).collect();
    let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
    let line = |place: usize| {
        let columns = cells.iter().zip(widths).zip(are_numbers);
        let parts = columns.map(|((cell, &width), is_number)| {
            let part = cell.get(place).map_or("", String::as_str);
            match is_number {
                true => format!("{part:>width$}"),
                false => format!("{part:<width$}"),
            }
        });
        parts.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    (0..lines).map(line).collect()
}

/// Text in lines of at most `width` characters, but for words that are longer.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let used = lines.last().map_or(0, |line| length(line));
        match lines.last_mut() {
            Some(line) if used == 0 => line.push_str(word),
            Some(line) if used + 1 + length(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_nothing_in_it_is_a_link() {
        assert_eq!(
            unlinked("<b>\"x\"</b> & 'y'"),
            "&lt;b&gt;&quot;x&quot;&lt;/b&gt; &amp; &#39;y&#39;"
        );
        assert_eq!(
            unlinked("a.b@nhs.example"),
            "a<span>.</span>b<span>@</span>nhs<span>.</span>example"
        );
        assert_eq!(
            unlinked("http://evil.example"),
            "http<span>:</span>//evil<span>.</span>example"
        );
        assert_eq!(unlinked(&"x".repeat(90)).matches("<wbr>").count(), 3);
        assert_eq!(
            unlinked("0.0074% (1 in 13,500). Next: 5"),
            "0.0074% (1 in 13,500). Next: 5"
        );
    }

    #[test]
    fn long_names_beside_many_columns_have_room() {
        let rows = |name: &str| vec![vec!["ZTP".to_owned()], vec![name.to_owned()]];
        let long = rows("Greater Larkfield University Hospitals");
        assert_eq!(naming_width(5, &long), Some("34%"));
        assert_eq!(naming_width(4, &long), None);
        assert_eq!(naming_width(5, &rows("ZTP Tiny Pennyford")), None);
        assert_eq!(naming_width(5, &[]), None);
    }

    #[test]
    fn what_is_to_be_done_stands_out() {
        assert_eq!(
            with_lead("Tell <us>: at 07:05: now"),
            "<strong>Tell &lt;us&gt;:</strong> at 07:05: now"
        );
        assert_eq!(
            with_lead("2 users have 3 items. Among them: A."),
            "<strong>2 users have 3 items.</strong> Among them: A."
        );
        assert_eq!(with_lead("Nothing at 07:05."), "Nothing at 07:05.");
    }

    #[test]
    fn attributes_hold_no_tags() {
        let html = "<!DOCTYPE html><style>p > b { x: \"y\" }</style><img alt=\"<b> a > b\" \
         title=\"\"/><p>1 > 0 \"<br>\"</p>";
        let escaped = "<!DOCTYPE html><style>p > b { x: \"y\" }</style><img alt=\"&lt;b&gt; a &gt; \
         b\" title=\"\"/><p>1 > 0 \"<br>\"</p>";
        assert_eq!(attributes_escaped(html), escaped);
    }

    #[test]
    fn lines_are_at_most_76_characters() {
        let text = "word ".repeat(40);
        let lines = wrapped(text.trim(), "   ");
        assert!(
            lines.lines().all(|line| line.len() <= 76)
                && lines
                    .lines()
                    .skip(1)
                    .all(|line| line.starts_with("   word"))
        );
        assert_eq!(lines.split_whitespace().count(), 40);
        assert_eq!(wrapped("", ""), "");
    }

    #[test]
    fn a_narrow_table_has_columns_and_a_wide_one_blocks() {
        let headings = ["State".to_owned(), "Mailboxes".to_owned()];
        let row = |name: &str| vec![name.to_owned(), "1,204".to_owned()];
        assert_eq!(
            text_table(&headings, &[false, true], &[row("In sync")]),
            "State    Mailboxes\nIn sync      1,204"
        );
        let days = ["Day", "Newly attempted items", "What it says"].map(str::to_owned);
        let day = [
            "Fri 20 Nov",
            "9,678",
            "Near the upper limit, twice in 3 days, and this time the trial limits were still in \
             force",
        ];
        let lines = "Day             Newly  What it \
         says\n            attempted\n                items\n\
                     Fri 20 Nov      9,678  Near the upper limit, twice in 3 days, and this \
                     time\n                       the trial limits were still in force";
        assert_eq!(
            text_table(
                &days,
                &[false, true, false],
                &[day.map(str::to_owned).to_vec()]
            ),
            lines
        );
        let wide = text_table(&headings, &[false, true], &[row(&"long ".repeat(20))]);
        assert!(
            wide.starts_with("-  long") && wide.ends_with("\n   Mailboxes: 1,204"),
            "{wide}"
        );
    }
}
