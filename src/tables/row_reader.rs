use std::collections::BTreeMap;

use super::{Rules, figures};
use crate::domain::{DateOrder, Domain, EmailAddress, Finding, FindingCode, Severity};
use crate::exports::{Export, Field};
use crate::sheets::MisshapenRow;

/// Bad rows that are listed one by one; the others are counted.
const LISTED: usize = 20;

/// Reads the cells of one row of an export. A cell that cannot be read makes the row a bad one; a blank is `None`.
pub(super) struct RowReader<'a> {
    export: &'a Export,
    place: Place<'a>,
    fault: Option<Fault>,
}

/// Where the cells of a row are.
enum Place<'a> {
    /// Under their headings, in the row of this number.
    Whole(usize),
    /// In a row that the tool writes shorter than its headings: the field in each cell.
    Short(&'a MisshapenRow, Vec<Option<Field>>),
}

/// The first thing that is wrong with a row.
struct Fault {
    field: Field,
    /// From 0.
    column: usize,
    message: &'static str,
    code: FindingCode,
}

impl<'a> RowReader<'a> {
    pub(super) fn text(&self, field: Field) -> Option<&'a str> {
        let text = match &self.place {
            Place::Whole(row) => {
                let cell = |column| Some(self.export.sheet.cell(*row, column)).filter(|text| !text.is_empty());
                let own = cell(self.export.column(field)?);
                own.or_else(|| self.export.columns_where_blank(field).iter().find_map(|column| cell(*column)))
            }
            Place::Short(row, fields) => {
                let cell = fields.iter().position(|held| *held == Some(field))?;
                Some(self.export.sheet.misshapen_cell(row, cell))
            }
        };
        text.filter(|text| !text.is_empty())
    }

    /// A cell read by `read`, which gives `None` for what it cannot read.
    pub(super) fn figure<T>(&mut self, field: Field, what: &'static str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(field)?;
        let value = read(text);
        if value.is_none() {
            self.fault(field, what, FindingCode::BadRow);
        }
        value
    }

    /// A date read by `read` in the layout's order; `None` too for one that tools write where there is none. One that can only be read in the other order holds the organisation:
    /// its other dates may have been read with day and month exchanged.
    pub(super) fn date<T>(&mut self, field: Field, read: impl Fn(&str, DateOrder) -> Option<T>) -> Option<T> {
        let order = self.export.date_order;
        let text = self.text(field)?;
        let of_serial = self.export.sheet.date_of_serial(text);
        let text = Some(of_serial.as_deref().unwrap_or(text)).filter(|text| !figures::stands_for_no_date(text))?;
        let value = read(text, order);
        if value.is_none() && read(text, figures::reversed(order)).is_some() {
            self.fault(field, "this date can only be read with day and month the other way round", FindingCode::DatesOtherWay);
        } else if value.is_none() {
            self.fault(field, "this is not a date", FindingCode::BadRow);
        }
        value
    }

    /// A whole number: the cell of `field`, or the sum of the cells that the layout adds. Of these a blank is unknown
    /// and left out; the sum of blanks only is unknown.
    pub(super) fn count(&mut self, field: Field) -> Option<i64> {
        let what = "this is not a whole number";
        let export = self.export;
        let terms = export.columns_to_add(field);
        let Place::Whole(row) = self.place else { return self.figure(field, what, figures::count) };
        if terms.is_empty() {
            return self.figure(field, what, figures::count);
        }
        let mut sum: Option<i64> = None;
        for column in terms {
            let text = export.sheet.cell(row, *column);
            if text.is_empty() {
                continue;
            }
            match figures::count(text).and_then(|count| sum.unwrap_or(0).checked_add(count)) {
                Some(total) => sum = Some(total),
                None => self.fault_at(field, *column, what, FindingCode::BadRow),
            }
        }
        sum
    }

    /// The heading under which `field` stands; empty where the export lacks it.
    pub(super) fn heading(&self, field: Field) -> &'a str {
        self.export.column(field).and_then(|column| self.export.sheet.headings().get(column)).map_or("", String::as_str)
    }

    /// The source mailbox in lower case. A row without one is bad; one of another organisation holds this one.
    pub(super) fn mailbox(&mut self, rules: Rules<'_>) -> String {
        if let Some(code) = self.text(Field::Organisation)
            && !code.eq_ignore_ascii_case(rules.organisation.as_str())
        {
            self.fault(Field::Organisation, "the row names another organisation", FindingCode::OtherOrganisation);
        }
        let Some(address) = self.text(Field::SourceMailbox) else {
            self.fault(Field::SourceMailbox, "the row names no source mailbox", FindingCode::BadRow);
            return String::new();
        };
        match domain_of(address) {
            None => self.fault(Field::SourceMailbox, "this is not an email address", FindingCode::BadRow),
            Some(domain) if !rules.mail_domains.iter().any(|own| own.holds(domain)) => {
                self.fault(
                    Field::SourceMailbox,
                    "the mailbox is at a domain that is not this organisation's",
                    FindingCode::OtherOrganisation,
                );
            }
            Some(_) => {}
        }
        address.to_lowercase()
    }

    fn fault(&mut self, field: Field, message: &'static str, code: FindingCode) {
        let column = match &self.place {
            Place::Whole(_) => self.export.column(field),
            Place::Short(_, fields) => fields.iter().position(|held| *held == Some(field)),
        };
        self.fault_at(field, column.unwrap_or_default(), message, code);
    }

    fn fault_at(&mut self, field: Field, column: usize, message: &'static str, code: FindingCode) {
        let is_worse = self.fault.as_ref().is_none_or(|fault| code.severity() > fault.code.severity());
        if is_worse {
            self.fault = Some(Fault { field, column, message, code });
        }
    }
}

/// The domain of something that is an address; any name before the `@` will do, since old systems allowed more.
fn domain_of(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    let is_valid = !local.is_empty() && !address.contains(char::is_whitespace) && Domain::parse(domain).is_some();
    (is_valid || EmailAddress::parse(address).is_ok()).then_some(domain)
}

/// Reads every row of every file: `read` makes a value of a row, which is kept where the row has no fault. Rows with
/// faults are counted and listed as findings; too many of them hold the organisation.
pub(super) fn read_rows<'a, T>(
    exports: &'a [Export],
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
    mut read: impl FnMut(&mut RowReader<'a>, u32, &'a Export) -> T,
) -> Vec<T> {
    let mut kept = Vec::with_capacity(exports.iter().map(Export::height).sum());
    for export in exports {
        let mut bad = BadRows { export, findings, listed: 0, unlisted: 0, holding: BTreeMap::new() };
        let mut short_rows = Vec::new();
        for misshapen in export.misshapen() {
            match export.short_row(misshapen) {
                Some(fields) => short_rows.push((misshapen, fields)),
                None => bad.add_misshapen(misshapen),
            }
        }
        let mut last_line_fault = None;
        for row in export.rows() {
            let mut reader = RowReader { export, place: Place::Whole(row), fault: None };
            let line = export.sheet.line(row);
            let value = read(&mut reader, line, export);
            match reader.fault {
                None => kept.push(value),
                Some(fault) => {
                    if row + 1 == export.sheet.height() && export.sheet.ends_without_line_end {
                        last_line_fault = Some(line);
                    }
                    bad.add(line, &fault);
                }
            }
        }
        for (row, fields) in short_rows {
            let mut reader = RowReader { export, place: Place::Short(row, fields), fault: None };
            let value = read(&mut reader, row.line, export);
            match reader.fault {
                None => kept.push(value),
                Some(fault) => bad.add(row.line, &fault),
            }
        }
        bad.close(rules, last_line_fault);
    }
    kept
}

/// The bad rows of one file.
struct BadRows<'a> {
    export: &'a Export,
    findings: &'a mut Vec<Finding>,
    listed: usize,
    unlisted: usize,
    /// How many rows hold the organisation, by why; the first of each is listed.
    holding: BTreeMap<FindingCode, usize>,
}

impl BadRows<'_> {
    fn add(&mut self, line: u32, fault: &Fault) {
        let column = fault.column;
        // A short row's cells stand under headings that are not theirs.
        let heading = self.export.columns_to_add(fault.field).contains(&column).then_some(column).or(self.export.column(fault.field));
        let heading = heading.and_then(|column| self.export.sheet.headings().get(column)).map_or("", String::as_str);
        if fault.code.severity() < Severity::Hold {
            let message = format!("Under “{heading}”, {}; the row was set aside. Correct it and export again.", fault.message);
            self.list(message, line, Some(column));
            return;
        }
        let rows = self.holding.entry(fault.code).or_default();
        *rows += 1;
        if *rows == 1 {
            let advice = match fault.code {
                FindingCode::DatesOtherWay => "Export again with the region settings of the layout, or name a layout with the other order.",
                _ => "Check what was exported, and the organisation's mail_domains in the register.",
            };
            let message = format!("Under “{heading}”, {}. {advice}", fault.message);
            self.push(Finding::new(fault.code, message).at_line(line).at_column(number(column)));
        }
    }

    fn add_misshapen(&mut self, row: &MisshapenRow) {
        let width = self.export.sheet.headings().len();
        match row.fault {
            crate::sheets::RowFault::Cells(cells) => {
                let message = format!(
                    "The row has {cells} cells where the headings have {width}; it was set aside. Look for a missing or a surplus delimiter."
                );
                self.list(message, row.line, None);
            }
            crate::sheets::RowFault::TextAfterQuote(cell) => {
                let message =
                    "Text follows a closing quotation mark; the row was set aside. Quotation marks within a cell are doubled.".to_owned();
                self.list(message, row.line, Some(cell.saturating_sub(1)));
            }
        }
    }

    fn list(&mut self, message: String, line: u32, column: Option<usize>) {
        if self.listed == LISTED {
            self.unlisted += 1;
            return;
        }
        self.listed += 1;
        let finding = Finding::new(FindingCode::BadRow, message).at_line(line);
        self.push(match column {
            Some(column) => finding.at_column(number(column)),
            None => finding,
        });
    }

    fn push(&mut self, finding: Finding) {
        self.findings.push(finding.in_file(self.export.file.clone()));
    }

    fn close(mut self, rules: Rules<'_>, last_line_fault: Option<u32>) {
        for (code, rows) in std::mem::take(&mut self.holding) {
            if rows > 1 {
                self.push(Finding::new(code, format!("{rows} rows are like that; the first is listed.")));
            }
        }
        if let Some(line) = last_line_fault {
            let message =
                "The last row cannot be read and has no line end: the export was cut off and its figures are incomplete. Export it again.";
            self.push(Finding::new(FindingCode::FileTruncated, message).at_line(line));
        }
        let bad = self.listed + self.unlisted;
        if self.unlisted > 0 {
            self.push(Finding::new(FindingCode::BadRow, format!("{} more rows were set aside; {bad} in all.", self.unlisted)));
        }
        let rows = self.export.height() + self.export.misshapen().len();
        #[allow(clippy::cast_precision_loss)] // rows stay far below 2^53
        let share = if rows == 0 { 0.0 } else { bad as f64 / rows as f64 };
        if share > rules.max_bad_rows {
            let message = format!(
                "{bad} of {rows} rows cannot be read, more than the {:.1}% that are allowed: the figures would mislead. Correct the export and run this day again.",
                rules.max_bad_rows * 100.0
            );
            self.push(Finding::new(FindingCode::TooManyBadRows, message));
        }
    }
}

/// The number of a column, from 1, of one counted from 0.
fn number(position: usize) -> u32 {
    u32::try_from(position + 1).unwrap_or(u32::MAX)
}
