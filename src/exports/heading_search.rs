//! Where in a file the headings of its table stand: below titles, on one worksheet or on several.

use super::layout::Fit;
use crate::domain::invisible::excerpt;
use crate::domain::plural::{count_of, counted};
use crate::domain::{Finding, FindingCode};
use crate::sheets::{Format, Limits, OpenText, OpenWorkbook, Sheet, SheetError};

/// What tells headings from other rows.
pub(super) struct HeadingSearch<F, N> {
    /// What a row of headings means; nothing where it is not the one that is looked for.
    pub(super) fit: F,
    /// How near a row comes to them.
    pub(super) nearness: N,
}

/// What a file holds.
#[derive(Default)]
pub(super) struct OpenedTables {
    /// Its table, of which each worksheet holds a part.
    pub(super) tables: Vec<Sheet>,
    /// Worksheets whose headings are known too, and that are not read; without rows.
    unread: Vec<Sheet>,
    passed_over: Vec<PassedOver>,
}

/// Rows above the headings of a table.
struct PassedOver {
    /// Headings without rows, which say where they stand.
    table: Sheet,
    rows: usize,
    /// Those that fill as many cells as the headings do.
    as_wide: usize,
}

/// The row that holds headings, and what they mean.
struct Headings {
    row: Sheet,
    fit: Fit,
}

impl<F: Fn(&Sheet) -> Option<Fit>, N: Fn(&Sheet) -> usize> HeadingSearch<F, N> {
    /// Opens the tables of a file, which its bytes say to be a workbook or text.
    pub(super) fn open(&self, bytes: Vec<u8>, limits: Limits) -> Result<OpenedTables, SheetError> {
        if bytes.starts_with(b"PK") {
            self.open_workbook(&bytes, limits)
        } else {
            self.open_text(bytes, limits)
        }
    }

    fn open_text(&self, bytes: Vec<u8>, limits: Limits) -> Result<OpenedTables, SheetError> {
        let text = OpenText::open(bytes, limits)?;
        let mut opened = OpenedTables::default();
        let mut nearest = NearestRow::default();
        let headings = self.choose(text.possible_headings()?, &mut nearest, &mut opened);
        let headings = headings.map(|headings| headings.row);
        if headings.is_none()
            && let Some(format) = text.other_form()
            && (format != Format::Prose || nearest.is_far())
        {
            return Err(SheetError::OtherFormat(format));
        }
        let headings = headings.or(nearest.row).ok_or(SheetError::Empty)?;
        opened.tables.push(text.read(headings)?);
        Ok(opened)
    }

    fn open_workbook(&self, bytes: &[u8], limits: Limits) -> Result<OpenedTables, SheetError> {
        let mut workbook = OpenWorkbook::open(bytes, limits)?;
        let mut opened = OpenedTables::default();
        let mut nearest = NearestRow::default();
        let mut first: Option<Headings> = None;
        let mut joined = Vec::new();
        for worksheet in 0..workbook.worksheets() {
            let possible = match workbook.possible_headings(worksheet) {
                // What is behind the one that is read may be damaged.
                Err(_) if first.is_some() => continue,
                possible => possible?,
            };
            let Some(headings) = self.choose(possible, &mut nearest, &mut opened) else {
                continue;
            };
            match &first {
                None => first = Some(headings),
                Some(first) if first.is_continued_by(&headings) => joined.push(headings.row),
                Some(_) => opened.unread.push(headings.row),
            }
        }
        let first = first.map(|headings| headings.row).or(nearest.row);
        for headings in first.into_iter().chain(joined) {
            opened.tables.push(workbook.read(headings)?);
        }
        if opened.tables.is_empty() {
            return Err(SheetError::Empty);
        }
        Ok(opened)
    }

    /// The first of some rows that holds headings; the others are looked at for the `nearest`.
    fn choose(
        &self,
        possible: Vec<Sheet>,
        nearest: &mut NearestRow,
        opened: &mut OpenedTables,
    ) -> Option<Headings> {
        let mut above: Vec<(u32, usize)> = Vec::new();
        let mut possible = possible.into_iter().peekable();
        while let Some(row) = possible.next() {
            let Some(fit) = (self.fit)(&row) else {
                above.push((row.heading_line, filled(&row)));
                nearest.look_at((self.nearness)(&row), row);
                continue;
            };
            let mut headings = Headings { row, fit };
            // Of headings on two rows, the groups above their columns, the lower ones say more.
            while let Some(lower) = possible.next_if(|lower| self.says_more(lower, &headings.row))
                && let Some(fit) = (self.fit)(&lower)
            {
                headings = Headings { row: lower, fit };
            }
            let Headings { row, .. } = &headings;
            above.retain(|(line, _)| *line < row.heading_line);
            above.dedup_by_key(|(line, _)| *line);
            let width = filled(row);
            let as_wide = above.iter().filter(|(_, filled)| *filled >= width);
            opened.passed_over.push(PassedOver {
                rows: above.len(),
                as_wide: as_wide.count(),
                table: row.clone(),
            });
            return Some(headings);
        }
        None
    }

    /// Whether a row stands right below one that holds headings, and holds more of them.
    fn says_more(&self, lower: &Sheet, upper: &Sheet) -> bool {
        if lower.heading_line != upper.heading_line + 1 {
            return false;
        }
        let nearness = (self.nearness)(lower);
        nearness > 0 && nearness > (self.nearness)(upper) && (self.fit)(lower).is_some()
    }
}

/// How many cells of a row hold something.
fn filled(row: &Sheet) -> usize {
    let headings = row.headings().iter();
    headings.filter(|heading| !heading.is_empty()).count()
}

impl Headings {
    /// Whether another worksheet holds more rows of the same table: the same can be read there, and
    /// nobody has hidden it.
    fn is_continued_by(&self, other: &Self) -> bool {
        let is_hidden = |sheet: &Sheet| {
            let worksheet = sheet.worksheet.as_ref();
            worksheet.is_some_and(|worksheet| worksheet.is_hidden)
        };
        self.fit.layout.name == other.fit.layout.name
            && self.fit.columns.keys().eq(other.fit.columns.keys())
            && !is_hidden(&other.row)
    }
}

/// Of the rows that hold no headings that are known the first of those that come nearest.
#[derive(Default)]
struct NearestRow {
    nearness: usize,
    row: Option<Sheet>,
}

impl NearestRow {
    fn look_at(&mut self, nearness: usize, row: Sheet) {
        if self.row.is_none() || nearness > self.nearness {
            *self = Self {
                nearness,
                row: Some(row),
            };
        }
    }

    /// Whether it is no heading that anybody knows, or a single one.
    fn is_far(&self) -> bool {
        let cells = self.row.as_ref().map_or(0, filled);
        self.nearness == 0 || cells == 1
    }
}

impl OpenedTables {
    /// What is to be said of where the table stands in the file that is `packed_as` a name.
    pub(super) fn remarks(&self, packed_as: &str) -> Vec<Finding> {
        let unread = self.unread.iter().map(|worksheet| {
            let message = "This worksheet has the headings of an export too, and was not read: it \
                 is hidden, or its columns are not those of the first one. Move its rows there, or \
                 save it as a file of its own.";
            Finding::new(FindingCode::WorksheetUnread, message)
                .in_file(place_of(packed_as, worksheet))
                .at_line(worksheet.heading_line)
        });
        let joined = (self.tables.len() > 1).then(|| {
            let message = format!(
                "{} worksheets have the same columns, and were read as one table.",
                self.tables.len()
            );
            Finding::new(FindingCode::WorksheetsJoined, message).in_file(packed_as)
        });
        let above = self.passed_over.iter().flat_map(|passed| {
            let findings = passed.findings().into_iter();
            findings.map(|finding| finding.in_file(place_of(packed_as, &passed.table)))
        });
        unread.chain(joined).chain(above).collect()
    }
}

impl PassedOver {
    fn findings(&self) -> Vec<Finding> {
        if self.as_wide > 1 {
            let message = format!(
                "The headings of the export stand here, and {} above them as wide as they are, \
                 which were not read. If that is another table, export it into a file of its own.",
                counted(self.as_wide, "row stands", "rows stand")
            );
            return vec![
                Finding::new(FindingCode::BadRow, message).at_line(self.table.heading_line),
            ];
        }
        if self.rows == 0 {
            return Vec::new();
        }
        let message = format!(
            "The headings stand here, below {} of a title, which were passed over.",
            count_of(self.rows, "row")
        );
        vec![Finding::new(FindingCode::TitlePassedOver, message).at_line(self.table.heading_line)]
    }
}

/// Where a table is: its file, and its worksheet where the file has several.
pub(super) fn place_of(file: &str, sheet: &Sheet) -> String {
    match &sheet.worksheet {
        Some(worksheet) if !worksheet.is_only_one => {
            format!("{file} (worksheet “{}”)", excerpt(&worksheet.name, 31))
        }
        _ => file.to_owned(),
    }
}
