//! How long a page may be: mail programs cut what is longer, without a word.

use super::model::{Page, Section, Table};

/// What a page comes to at the most, in bytes. Gmail cuts what is beyond 102 KB, and says so in
/// small letters.
const MOST_BYTES: usize = 96_000;
/// What comes with every page: styles, headings, the box at the top.
const FRAME_BYTES: usize = 12_000;
/// What a paragraph, a table, a heading, a row and its cells come to beside their text: styles are
/// written out in each.
const PARAGRAPH_BYTES: usize = 150;
const TABLE_BYTES: usize = 550;
const HEADING_BYTES: usize = 190;
const ROW_BYTES: usize = 60;
const WORD_BYTES: usize = 175;
const NUMBER_BYTES: usize = 180;
/// Lists keep so many rows, whatever they come to.
const FEWEST_ROWS: usize = 5;

/// Cuts the longest lists until the page is short enough.
pub(super) fn fit(mut page: Page) -> Page {
    while bytes_of(&page) > MOST_BYTES {
        let lists = page
            .sections
            .iter_mut()
            .filter_map(|section| section.table.as_mut());
        let lists = lists.filter(|table| table.cut.is_some() && table.rows.len() > FEWEST_ROWS);
        let Some(longest) = lists.max_by_key(|table| bytes_of_table(table)) else {
            return page;
        };
        let rows = longest.rows.len();
        longest.shorten((rows - rows.div_ceil(8)).max(FEWEST_ROWS));
    }
    page
}

fn bytes_of(page: &Page) -> usize {
    let words = page
        .your_actions
        .iter()
        .chain(&page.our_actions)
        .chain(&page.headline.sentences)
        .chain(&page.notices);
    FRAME_BYTES + paragraphs(words) + page.sections.iter().map(bytes_of_section).sum::<usize>()
}

fn bytes_of_section(section: &Section) -> usize {
    let chart = section
        .chart
        .as_ref()
        .map_or(0, |chart| 400 + chart.alternative_text.len());
    paragraphs(section.text.iter())
        + PARAGRAPH_BYTES
        + chart
        + section.table.as_ref().map_or(0, bytes_of_table)
}

fn bytes_of_table(table: &Table) -> usize {
    let cells: usize = table
        .columns
        .iter()
        .map(|column| {
            if column.is_number {
                NUMBER_BYTES
            } else {
                WORD_BYTES
            }
        })
        .sum();
    let row = |row: &Vec<String>| {
        ROW_BYTES + cells + row.iter().map(|cell| bytes_in_markup(cell)).sum::<usize>()
    };
    TABLE_BYTES + table.columns.len() * HEADING_BYTES + table.rows.iter().map(row).sum::<usize>()
}

fn paragraphs<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts
        .map(|text| PARAGRAPH_BYTES + bytes_in_markup(text))
        .sum()
}

/// A text as a page writes it: what means something in HTML is spelt out, and what mail programs
/// make links of is wrapped.
fn bytes_in_markup(text: &str) -> usize {
    let bytes = |c: char| match c {
        '<' | '>' | '&' | '"' | '\'' => 6,
        '.' | '@' | ':' => 14,
        other => other.len_utf8(),
    };
    text.chars().map(bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::super::{Cut, Headline, Tabulation, Tone};
    use super::*;

    fn section(rows: usize, of: Option<usize>) -> Section {
        let table = Table {
            cut: of.map(|of| Cut::new(rows, of, "", "; all are in the workbook.")),
            ..Tabulation::of(0..rows)
                .text("User", |_| "A. Nother".repeat(4))
                .number("Items", |row: usize| row.to_string())
                .table("Users")
        };
        Section {
            heading: "Users".to_owned(),
            text: vec!["One.".to_owned()],
            chart: None,
            table: Some(table),
        }
    }

    fn page(sections: Vec<Section>) -> Page {
        Page {
            subject: String::new(),
            notices: Vec::new(),
            title: String::new(),
            date: String::new(),
            stage: String::new(),
            headline: Headline {
                label: String::new(),
                tone: Tone::Plain,
                sentences: Vec::new(),
            },
            key_figures: Vec::new(),
            your_actions: Vec::new(),
            letters: None,
            our_actions: Vec::new(),
            sections,
            workbook: String::new(),
        }
    }

    #[test]
    fn only_lists_are_cut_the_longest_first_and_say_so() {
        let short = page(vec![section(30, Some(30)), section(9, Some(400))]);
        assert_eq!(fit(short.clone()), short);

        let long = fit(page(vec![
            section(80, None),
            section(200, Some(200)),
            section(40, Some(400)),
        ]));
        assert!(bytes_of(&long) <= MOST_BYTES);
        let tables: Vec<&Table> = long
            .sections
            .iter()
            .filter_map(|section| section.table.as_ref())
            .collect();
        let sentences: Vec<Option<&str>> = tables
            .iter()
            .map(|table| table.cut.as_ref().and_then(|cut| cut.sentence.as_deref()))
            .collect();
        assert_eq!(tables[0].rows.len(), 80, "what is whole stays whole");
        let shown = tables[1].rows.len();
        assert!(
            (FEWEST_ROWS..200).contains(&shown) && shown + 8 >= tables[2].rows.len(),
            "{shown}"
        );
        assert_eq!(
            sentences[1],
            Some(format!("Showing {shown} of 200; all are in the workbook.").as_str())
        );
        assert_eq!(
            sentences[2],
            Some("Showing 40 of 400; all are in the workbook.")
        );
    }

    #[test]
    fn what_cannot_be_cut_further_is_left() {
        let long = page((0..200).map(|_| section(FEWEST_ROWS, Some(40))).collect());
        assert_eq!(fit(long.clone()), long);
    }
}
