//! Tables as a tool might write them on its worst day: headings of a built-in layout, and awkward
//! cells.

use arbitrary::{Arbitrary, Error, Result, Unstructured};
use migration_monitor::exports::{Input, Layout};
use migration_monitor::sheets::fold_heading;

use crate::built_in_layouts;

/// Cells that must not be misread. Those that could stand in a message are short.
const AWKWARD: [&str; 62] = [
    "",
    " ",
    "0",
    "-1",
    "7",
    "1,234",
    "1.234,5",
    "1.5",
    "12 345",
    "1e3",
    "99999999999999999999",
    "100%",
    "86,5 %",
    "104",
    "NaN",
    "∞",
    "١٢",
    "20/11/2026",
    "11/20/2026",
    "31/02/2026",
    "2026-11-20T06:12:30",
    "20/11/2026 06:12",
    "11/19/2026 6:07 PM",
    "01/01/4501",
    "3/4/2026",
    "28.45 GB (30,551,458,399 bytes)",
    "512 KB",
    "Unlimited",
    "In Sync",
    "Failed",
    "Completed",
    "Switched",
    "Fettled",
    "New",
    "ada.moss@pennyford-hospice.example",
    "ADA.MOSS@PENNYFORD-HOSPICE.EXAMPLE",
    "ben.vale@pennyford-hospice.example",
    "@pennyford-hospice.example",
    "a b@pennyford-hospice.example",
    "ada.moss",
    "ZTP",
    "say \"hi\"",
    "a,b;c\td|e",
    "line\r\nbreak",
    "\"",
    "=1+1",
    "Zoë\u{202E}",
    "x@elsewhere.example",
    "Never",
    "TBC",
    "?",
    "Total",
    "Wave 1",
    "✓",
    "Not VIP",
    "@{value=3; Value=Synced}",
    "System.Object[]",
    "SMTP:ada.moss@pennyford-hospice.example",
    "Ada <ada.moss@pennyford-hospice.example>;",
    "20-Nov-26 5:13 p.m.",
    "2026-07-01T05:13:18.1234567Z",
    "Fri 20th November 2026",
];

/// A table in the headings of a layout, and how it is written to a file.
#[derive(Debug)]
pub struct WrittenTable {
    /// What the layout is of.
    pub input: Input,
    headings: Vec<String>,
    /// Rows of as many cells as there are headings, or of others.
    pub rows: Vec<Vec<String>>,
    delimiter: char,
    is_quoted_throughout: bool,
    line_end: &'static str,
}

impl<'a> Arbitrary<'a> for WrittenTable {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let layouts: Vec<&Layout> = built_in_layouts().iter().collect();
        let layout = *u.choose(&layouts)?;
        let delimiter = *u.choose(&[',', ';', '\t', '|'])?;
        let is_quoted_throughout = u.arbitrary()?;
        let line_end = *u.choose(&["\r\n", "\n", "\r"])?;
        let mut columns = columns(layout, u)?;
        for place in (1..columns.len()).rev() {
            let other = u.int_in_range(0..=place)?;
            columns.swap(place, other);
        }
        let mut rows = Vec::new();
        while !u.is_empty() && rows.len() < 60 {
            let mut row = Vec::new();
            for column in &columns {
                let byte: u8 = u.arbitrary()?;
                let cell = AWKWARD
                    .get(usize::from(byte))
                    .map_or_else(|| usual(&column.name, byte), |cell| (*cell).to_owned());
                row.push(cell);
            }
            match u.int_in_range(0..=31)? {
                30 => row.push("surplus".to_owned()),
                31 => drop(row.pop()),
                _ => {}
            }
            rows.push(row);
        }
        let headings: Vec<String> = columns.into_iter().map(|column| column.heading).collect();
        if headings.len() < 2 {
            return Err(Error::IncorrectFormat);
        }
        Ok(Self {
            input: layout.input,
            headings,
            rows,
            delimiter,
            is_quoted_throughout,
            line_end,
        })
    }
}

struct Column {
    /// The field's name in the layout.
    name: String,
    heading: String,
}

/// One heading of each field of `layout`, or of its terms; some fields are left out, and none
/// stands twice.
fn columns(layout: &Layout, u: &mut Unstructured<'_>) -> Result<Vec<Column>> {
    let whole: toml::Table = layout.text().parse().unwrap();
    let table = |name: &str| {
        whole
            .get(name)
            .and_then(toml::Value::as_table)
            .into_iter()
            .flatten()
    };
    let spellings = |value: &toml::Value| -> Vec<String> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|heading| heading.as_str().map(str::to_owned))
            .collect()
    };
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    groups.extend(
        table("fields")
            .chain(table("where_blank"))
            .map(|(name, value)| (name.clone(), spellings(value))),
    );
    for (name, terms) in table("sums") {
        groups.extend(
            terms
                .as_array()
                .into_iter()
                .flatten()
                .map(|term| (name.clone(), spellings(term))),
        );
    }
    if let Some(told_by) = whole.get("told_by") {
        groups.push(("told_by".to_owned(), spellings(told_by)));
    }
    let mut columns: Vec<Column> = Vec::new();
    for (name, spellings) in groups {
        let heading = u.choose(&spellings)?.clone();
        let is_wanted = u.int_in_range(0..=15)? < 15;
        if is_wanted
            && !columns
                .iter()
                .any(|column| fold_heading(&column.heading) == fold_heading(&heading))
        {
            columns.push(Column { name, heading });
        }
    }
    Ok(columns)
}

/// What might well stand in a column; `seed` chooses.
fn usual(field: &str, seed: u8) -> String {
    match field {
        "source_mailbox" => format!("person{}@pennyford-hospice.example", seed % 64),
        "target_mailbox" => format!("person{}@nhs-target.example", seed % 64),
        "organisation" => "ZTP".to_owned(),
        "sync_state" => {
            ["In Sync", "Failed", "Completed", "Queued"][usize::from(seed % 4)].to_owned()
        }
        "items_total" => "1,200".to_owned(),
        "progress_percent" | "items_synchronised" | "items_failed" | "items_skipped"
        | "size_bytes" => (seed % 10).to_string(),
        "last_synchronised_at" | "switched_at" | "failed_at" | "item_date" | "switch_date" => {
            "03/04/2026 06:12".to_owned()
        }
        "display_name" | "user" => format!("Person Number {seed}"),
        "subject" => format!("Biopsy of patient {seed}"),
        _ => format!("text {seed}"),
    }
}

impl WrittenTable {
    /// The bytes of the file.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        let needs_quotes = |cell: &str| {
            self.is_quoted_throughout || cell.contains([self.delimiter, '"', '\n', '\r'])
        };
        let cell = |cell: &String| {
            if needs_quotes(cell) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.clone()
            }
        };
        let line = |row: &Vec<String>| {
            row.iter()
                .map(cell)
                .collect::<Vec<_>>()
                .join(&self.delimiter.to_string())
                + self.line_end
        };
        std::iter::once(&self.headings)
            .chain(&self.rows)
            .map(line)
            .collect::<String>()
            .into_bytes()
    }

    /// The same table with its last column first, as the tool writes it after someone dragged that
    /// heading.
    #[must_use]
    pub fn with_last_column_first(&self) -> Self {
        let width = self.headings.len();
        let turned = |row: &Vec<String>| {
            let mut row = row.clone();
            if row.len() == width {
                row.rotate_right(1);
            }
            row
        };
        Self {
            input: self.input,
            headings: turned(&self.headings),
            rows: self.rows.iter().map(turned).collect(),
            delimiter: self.delimiter,
            is_quoted_throughout: self.is_quoted_throughout,
            line_end: self.line_end,
        }
    }

    /// The rows in which something stands.
    #[must_use]
    pub fn rows_with_text(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.iter().any(|cell| !cell.trim().is_empty()))
            .count()
    }
}
