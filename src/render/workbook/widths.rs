use crate::domain::invisible::is_plain;
use crate::report::rounding::{LEAST_RATE, TINY_RATE};
use crate::report::{Cell, WorkbookColumn};

/// So many characters of 10 points fill the width of an A4 page, less its margins, printed at 70%:
/// at 7 points, the smallest type that is read with ease.
const PRINTED: f64 = 210.0;
/// Beside the words of a heading: the button of its filter, and the edges of the cell.
const BESIDE_HEADING: usize = 5;
/// Beside the words of a cell: its edges and its indent.
const BESIDE_WORDS: f64 = 3.5;
/// The button of a filter.
const BUTTON: f64 = 4.0;
/// A digit of the font, and the edges of a column (ECMA-376, part 1, 18.3.1.13).
const DIGIT_PIXELS: f64 = 7.0;
const EDGE_PIXELS: f64 = 5.0;
/// A row has at most 409 points in Excel.
const MOST_LINES: u32 = 31;
/// Letters are narrower than the digits by which a column is measured; words of digits and capitals
/// are not.
const LETTER_IN_COLUMN: f64 = 0.95;
const LETTER_IN_LINE: f64 = 0.9;
/// A heading is set in bold.
const BOLD: f64 = 1.1;
/// The points of a line of a heading, and of what is above and below.
const HEADING_LINE: f64 = 13.0;
const HEADING_EDGES: f64 = 6.0;

/// How wide the columns of a table are, in characters.
pub(super) struct Widths {
    widths: Vec<f64>,
    /// Whether a cell is longer than its column is wide.
    are_wrapped: Vec<bool>,
}

impl Widths {
    /// Each column as wide as its longest cell and as the longest word of its heading, and at most
    /// as wide as it may be.
    pub(super) fn of(columns: &[WorkbookColumn], rows: &[Vec<Cell>]) -> Self {
        let mut longest = vec![0; columns.len()];
        for row in rows {
            for (longest, cell) in longest.iter_mut().zip(row) {
                // No text has more characters than bytes.
                if !matches!(cell, Cell::Text(text) if text.len() <= *longest) {
                    *longest = characters(cell).max(*longest);
                }
            }
        }
        let (mut widths, mut are_wrapped) = (Vec::new(), Vec::new());
        for (column, longest) in columns.iter().zip(longest) {
            let words = column.heading.split(' ').map(|word| word.chars().count());
            let word = words.max().unwrap_or(0);
            #[allow(clippy::cast_precision_loss)] // a cell holds no more than 32,767
            let (cells, heading) = (
                longest as f64 * LETTER_IN_COLUMN + BESIDE_WORDS,
                (word + BESIDE_HEADING) as f64 * BOLD,
            );
            widths.push(cells.min(column.width).max(heading));
            are_wrapped.push(cells > column.width);
        }
        Self {
            widths,
            are_wrapped,
        }
    }

    /// In Excel's measure, which counts whole pixels in units of a digit and 1/256 of one.
    pub(super) fn in_excel(&self) -> impl Iterator<Item = f64> {
        self.widths.iter().map(|width| {
            let pixels = (width * DIGIT_PIXELS).round() + EDGE_PIXELS;
            (pixels / DIGIT_PIXELS * 256.0).floor() / 256.0
        })
    }

    /// Whether the text of a column goes on in another line.
    pub(super) fn is_wrapped(&self, place: usize) -> bool {
        self.are_wrapped.get(place).copied().unwrap_or_default()
    }

    /// Lines of the cell that takes most of them.
    pub(super) fn lines_of_row(&self, cells: &[Cell]) -> u32 {
        let columns = self.widths.iter().zip(&self.are_wrapped);
        let lines_of_cell = |(cell, (width, is_wrapped)): (&Cell, (&f64, &bool))| match cell {
            Cell::Text(text) if *is_wrapped => lines(text, *width - BESIDE_WORDS),
            _ => 1,
        };
        let most = cells.iter().zip(columns).map(lines_of_cell).max();
        most.unwrap_or(1).min(MOST_LINES)
    }

    /// How many columns from the left have room on a page, at least one.
    pub(super) fn printed(&self) -> usize {
        let mut used = 0.0;
        let fits = |width: &&f64| {
            used += **width;
            used <= PRINTED
        };
        self.widths.iter().take_while(fits).count().max(1)
    }

    /// Lines that a text above the table takes from a column on, within what is printed. A title is
    /// set in larger type.
    pub(super) fn lines_of_introduction(&self, first: usize, text: &str, is_title: bool) -> u32 {
        let width: f64 = self.widths.iter().take(self.printed()).skip(first).sum();
        lines(text, if is_title { width / 1.5 } else { width })
    }

    /// The height of the row of headings, in points.
    pub(super) fn heading_height(&self, columns: &[WorkbookColumn]) -> f64 {
        let columns = columns.iter().zip(&self.widths);
        let lines = columns.map(|(column, width)| lines(column.heading, (*width - BUTTON) / BOLD));
        HEADING_LINE * f64::from(lines.max().unwrap_or(1)) + HEADING_EDGES
    }
}

/// Lines that a text takes; a word that is wider than a line takes several.
fn lines(text: &str, width: f64) -> u32 {
    match is_plain(text) {
        true => lines_of_letters(text.as_bytes(), (width / LETTER_IN_LINE) as usize),
        false => text
            .split('\n')
            .map(|line| lines_of_words(line, width))
            .sum(),
    }
}

/// Of a text in which each byte is a letter, and a line has room for so many. It looks at the ends of
/// lines only, which saves 3 % of a nation's day.
fn lines_of_letters(mut text: &[u8], room: usize) -> u32 {
    let mut lines = 1;
    while let Some(line) = text.get(..=room.max(1)) {
        let blank = line.iter().rposition(|letter| *letter == b' ');
        let next = blank.map_or(line.len() - 1, |blank| blank + 1);
        text = text.get(next..).unwrap_or_default();
        lines += 1;
    }
    lines
}

fn lines_of_words(line: &str, width: f64) -> u32 {
    let (mut lines, mut used) = (1, 0.0);
    for word in line.split(' ') {
        #[allow(clippy::cast_precision_loss)] // a cell holds no more than 32,767
        let mut left = wide(word) as f64 * LETTER_IN_LINE;
        if used > 0.0 && used + left > width {
            lines += 1;
            used = 0.0;
        }
        while left > width && lines < MOST_LINES {
            lines += 1;
            left -= width.max(1.0);
        }
        used += left + LETTER_IN_LINE;
    }
    lines
}

/// Characters, of which those of East Asia are twice as wide as others.
fn wide(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars()
        .map(|letter| 1 + usize::from(letter >= '\u{1100}'))
        .sum()
}

/// Characters of the longest line of a cell as it is printed.
fn characters(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) if is_plain(text) => text.len(),
        Cell::Text(text) => text.split('\n').map(wide).max().unwrap_or(0),
        Cell::Word(word) => wide(word),
        Cell::Count(count) => {
            let digits = count.checked_ilog10().unwrap_or(0) as usize + 1;
            digits + (digits - 1) / 3
        }
        Cell::Share(_) => "100.0%".len(),
        Cell::Rate(rate) if *rate > 0.0 && *rate < LEAST_RATE / 2.0 => TINY_RATE.len(),
        Cell::Rate(_) => "100.0000%".len(),
        Cell::Decimal(_) | Cell::Day(_) => "01/01/2026".len(),
        Cell::Moment(_) => "01/01/2026 00:00".len(),
        Cell::NotReported => super::rows::NOT_REPORTED.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(heading: &'static str, width: f64) -> WorkbookColumn {
        WorkbookColumn {
            heading,
            width,
            names_row: false,
            choices: None,
        }
    }

    #[test]
    fn a_column_is_as_wide_as_what_is_in_it_and_long_text_is_wrapped() {
        let columns = [
            column("User", 30.0),
            column("Share of items copied", 21.0),
            column("Error", 20.0),
        ];
        let row = |error: &str| {
            vec![
                Cell::Text("Dr A. Example".into()),
                Cell::Share(0.5),
                Cell::Text(error.to_owned().into()),
            ]
        };
        let widths = Widths::of(&columns, &[row("None"), row(&"word ".repeat(9))]);
        assert_eq!(
            widths
                .widths
                .iter()
                .map(|width| width.round())
                .collect::<Vec<_>>(),
            [16.0, 12.0, 20.0]
        );
        assert_eq!(
            [0, 1, 2].map(|place| widths.is_wrapped(place)),
            [false, false, true]
        );
        assert_eq!(
            (widths.printed(), widths.heading_height(&columns)),
            (3, 3.0 * HEADING_LINE + HEADING_EDGES)
        );
    }

    #[test]
    fn words_go_on_in_another_line_where_one_is_full() {
        // A line of 9 has room for ten letters, of ASCII or not.
        for (words, taken) in [
            ("ten lettrs", 1),
            ("eleven letr", 2),
            ("ten lettrs and ten more", 3),
            ("ten lettrs ", 2),
            ("oneoftwentyoneletters", 3),
            ("an oneoftwentyletters", 3),
            ("a b c d e f g h i j k", 3),
            ("", 1),
        ] {
            assert_eq!(lines(words, 9.1), taken, "{words}");
            let other = words.replace('e', "ż");
            assert_eq!(lines(&other, 9.1), taken, "{other}");
            assert_eq!(lines(&format!("{words}\nż"), 9.1), taken + 1, "{words}");
        }
    }

    #[test]
    fn no_more_columns_are_printed_than_can_be_read() {
        let text = |length: usize| vec![Cell::Text("x".repeat(length).into()); 8];
        let columns: Vec<_> = (0..8).map(|_| column("Note", 60.0)).collect();
        assert_eq!(Widths::of(&columns, &[text(57)]).printed(), 3);
        assert_eq!(Widths::of(&columns, &[text(10)]).printed(), 8);
        assert_eq!(
            Widths::of(&[column("Note", 400.0)], &[text(300)]).printed(),
            1
        );
    }
}
