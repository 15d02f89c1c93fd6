use std::borrow::Cow;
use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::column::SharedText;
use super::{Rules, figures};
use crate::domain::{DateOrder, Domain, EmailAddress, Finding, FindingCode, Severity};
use crate::exports::{Export, Field, Unit};
use crate::sheets::MisshapenRow;

/// Bad rows that are listed one by one; the others are counted.
const LISTED: usize = 20;
/// Rows from which on a part of a file is worth a thread of its own, and the most parts. Both are the same on any machine.
const ROWS_A_PART: usize = 50_000;
const MOST_PARTS: usize = 8;

/// Reads the cells of an export, row by row. A cell that cannot be read makes the row a bad one; a blank is `None`.
pub(super) struct RowReader<'a> {
    export: &'a Export,
    rules: Rules<'a>,
    /// The column of each field.
    columns: [Option<usize>; Field::ALL.len()],
    /// The line of the present row, from 1.
    line: u32,
    cells: Vec<&'a str>,
    /// The field in each cell, where the tool writes the row shorter than its headings.
    short: Option<Vec<Option<Field>>>,
    fault: Option<Fault>,
}

/// The first thing that is wrong with a row.
struct Fault {
    /// Of the row.
    line: u32,
    field: Field,
    /// From 0.
    column: usize,
    message: &'static str,
    code: FindingCode,
}

impl<'a> RowReader<'a> {
    fn new(export: &'a Export, rules: Rules<'a>) -> Self {
        let mut columns = [None; Field::ALL.len()];
        for (column, field) in columns.iter_mut().zip(Field::ALL) {
            *column = export.column(*field);
        }
        Self { export, rules, columns, line: 0, cells: Vec::new(), short: None, fault: None }
    }

    /// Turns to a row whose cells are under their headings.
    fn turn_to(&mut self, row: usize) {
        self.turn_to_cells(self.export.sheet.line(row), self.export.sheet.cells(row));
    }

    /// Turns to a row with a field in each cell.
    fn turn_to_short(&mut self, row: &'a MisshapenRow, fields: Vec<Option<Field>>) {
        self.turn_to_cells(row.line, self.export.sheet.misshapen_cells(row));
        self.short = Some(fields);
    }

    fn turn_to_cells(&mut self, line: u32, cells: impl Iterator<Item = &'a str>) {
        self.line = line;
        self.cells.clear();
        self.cells.extend(cells);
        self.fault = None;
    }

    /// The line of the present row, from 1.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    fn cell(&self, column: usize) -> &'a str {
        let cell = self.cells.get(column).copied().unwrap_or("");
        let is_edged_by_text = |bytes: &[u8]| matches!(bytes, [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~']);
        if is_edged_by_text(cell.as_bytes()) { cell } else { cell.trim() }
    }

    /// Where the cell of `field` itself stands in the present row, from 0.
    fn column(&self, field: Field) -> Option<usize> {
        match &self.short {
            None => self.columns.get(field as usize).copied().flatten(),
            Some(fields) => fields.iter().position(|held| *held == Some(field)),
        }
    }

    pub(super) fn text(&self, field: Field) -> Option<&'a str> {
        let has_text = |text: &&str| !text.is_empty();
        let own = Some(self.cell(self.column(field)?)).filter(has_text);
        if own.is_some() || self.short.is_some() {
            return own;
        }
        self.export.columns_where_blank(field).iter().map(|column| self.cell(*column)).find(has_text)
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

    /// A date read by `read` in the layout's order; `None` too for one that tools write where there is none. One that can
    /// only be read in the other order holds the organisation: its other dates may have been read with day and month
    /// exchanged.
    pub(super) fn date<T>(&mut self, field: Field, read: impl Fn(&str, DateOrder) -> Option<T>) -> Option<T> {
        let order = self.export.date_order;
        let text = self.text(field)?;
        let of_serial = self.export.sheet.date_of_serial(text);
        let text = of_serial.as_deref().unwrap_or(text);
        let value = read(text, order);
        if value.is_some() || figures::stands_for_no_date(text) {
            return value;
        }
        if read(text, figures::reversed(order)).is_some() {
            self.fault(field, "this date can only be read with day and month the other way round", FindingCode::DatesOtherWay);
        } else {
            self.fault(field, "this is not a date", FindingCode::BadRow);
        }
        None
    }

    /// A whole number: the cell of `field`, or the sum of the cells that the layout adds. Of these a blank is unknown
    /// and left out; the sum of blanks only is unknown.
    pub(super) fn count(&mut self, field: Field) -> Option<i64> {
        let what = "this is not a whole number";
        if self.short.is_some() || self.column(field).is_some() {
            return self.figure(field, what, figures::count);
        }
        let mut sum: Option<i64> = None;
        for column in self.export.columns_to_add(field) {
            let text = self.cell(*column);
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

    /// The source mailbox in lower case. A row without one is bad; one of another organisation holds this one.
    pub(super) fn mailbox(&mut self) -> Cow<'a, str> {
        let rules = self.rules;
        if let Some(code) = self.text(Field::Organisation)
            && !code.eq_ignore_ascii_case(rules.organisation.as_str())
        {
            self.fault(Field::Organisation, "the row names another organisation", FindingCode::OtherOrganisation);
        }
        let Some(address) = self.text(Field::SourceMailbox) else {
            self.fault(Field::SourceMailbox, "the row names no source mailbox", FindingCode::BadRow);
            return Cow::Borrowed("");
        };
        match domain_of(address, rules.mail_domains) {
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
        let is_in_lower_case = address.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        if is_in_lower_case { Cow::Borrowed(address) } else { Cow::Owned(address.to_lowercase()) }
    }

    fn fault(&mut self, field: Field, message: &'static str, code: FindingCode) {
        self.fault_at(field, self.column(field).unwrap_or_default(), message, code);
    }

    fn fault_at(&mut self, field: Field, column: usize, message: &'static str, code: FindingCode) {
        let is_worse = self.fault.as_ref().is_none_or(|fault| code.severity() > fault.code.severity());
        if is_worse {
            self.fault = Some(Fault { line: self.line, field, column, message, code });
        }
    }
}

/// The domain of something that is an address; any name before the `@` will do, since old systems allowed more. The
/// domains in `known` are domains.
fn domain_of<'a>(address: &'a str, known: &[Domain]) -> Option<&'a str> {
    let (local, domain) = address.rsplit_once('@')?;
    let is_domain = || known.iter().any(|known| known.as_str().eq_ignore_ascii_case(domain)) || Domain::parse(domain).is_some();
    let has_blank = || match address.is_ascii() {
        true => address.bytes().any(|byte| matches!(byte, b'\t'..=b'\r' | b' ')),
        false => address.contains(char::is_whitespace),
    };
    let is_valid = !local.is_empty() && !has_blank() && is_domain();
    (is_valid || EmailAddress::parse(address).is_ok()).then_some(domain)
}

/// The unit of sizes in the column of `field`.
pub(super) fn unit_of(export: &Export, field: Field) -> Unit {
    let heading = export.column(field).and_then(|column| export.sheet.headings().get(column));
    export.layout.unit(heading.map_or("", String::as_str))
}

/// The rows of a table while they are read.
pub(super) trait TableRows<'a> {
    /// What is read of a row before it is known whether it has a fault.
    type Row;
    /// Rows that have been read.
    type Part: Send;

    /// None yet, with room for so many.
    fn of(export: &'a Export, text: &SharedText<'a>, rows: usize) -> Self;

    /// Reads the present row of `reader`.
    fn read(&mut self, reader: &mut RowReader<'a>) -> Self::Row;

    /// Keeps a row without a fault, which stands on `line`.
    fn keep(&mut self, row: Self::Row, line: u32);

    /// Finishes these rows.
    fn finish(self) -> PolarsResult<Self::Part>;
}

/// Reads every row of every file, and keeps those without a fault, in parts that follow each other. Rows with faults are
/// counted and listed as findings; too many of them hold the organisation.
pub(super) fn read_rows<'a, T: TableRows<'a>>(
    exports: &'a [Export],
    rules: Rules<'a>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<Vec<T::Part>> {
    let mut parts = Vec::new();
    for export in exports {
        let text = SharedText::of(&export.sheet);
        let mut bad = BadRows { export, findings, listed: 0, unlisted: 0, holding: BTreeMap::new() };
        let mut short_rows = Vec::new();
        for misshapen in export.misshapen() {
            match export.short_row(misshapen) {
                Some(fields) => short_rows.push((misshapen, fields)),
                None => bad.add_misshapen(misshapen),
            }
        }
        let last_line = export.sheet.height().checked_sub(1).map(|row| export.sheet.line(row));
        let mut last_line_fault = None;
        for (part, faults) in read_whole_rows::<T>(export, &text, rules)? {
            parts.push(part);
            for fault in faults {
                last_line_fault = Some(fault.line).filter(|line| export.sheet.ends_without_line_end && Some(*line) == last_line);
                bad.add(&fault);
            }
        }
        if !short_rows.is_empty() {
            let steps = short_rows.into_iter().map(|(row, fields)| move |reader: &mut RowReader<'a>| reader.turn_to_short(row, fields));
            let (part, faults) = read_part::<T, _>(export, &text, rules, steps)?;
            parts.push(part);
            faults.iter().for_each(|fault| bad.add(fault));
        }
        bad.close(rules, last_line_fault);
    }
    Ok(parts)
}

/// Reads the rows that are as wide as the headings, in parts at the same time.
fn read_whole_rows<'a, T: TableRows<'a>>(
    export: &'a Export,
    text: &SharedText<'a>,
    rules: Rules<'a>,
) -> PolarsResult<Vec<(T::Part, Vec<Fault>)>> {
    let height = export.height();
    let parts = (height / ROWS_A_PART).clamp(1, MOST_PARTS);
    let size = height.div_ceil(parts);
    let read = |part: usize| {
        let rows = export.rows().skip(part * size).take(size);
        read_part::<T, _>(export, text, rules, rows.map(|row| move |reader: &mut RowReader<'a>| reader.turn_to(row)))
    };
    if parts == 1 {
        return Ok(vec![read(0)?]);
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..parts).map(|part| scope.spawn(move || read(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Reads rows, to each of which one of `steps` turns the reader.
fn read_part<'a, T: TableRows<'a>, S: FnOnce(&mut RowReader<'a>)>(
    export: &'a Export,
    text: &SharedText<'a>,
    rules: Rules<'a>,
    steps: impl Iterator<Item = S>,
) -> PolarsResult<(T::Part, Vec<Fault>)> {
    let mut part = T::of(export, text, steps.size_hint().0);
    let mut reader = RowReader::new(export, rules);
    let mut faults = Vec::new();
    for step in steps {
        step(&mut reader);
        let row = part.read(&mut reader);
        match reader.fault.take() {
            None => part.keep(row, reader.line()),
            Some(fault) => faults.push(fault),
        }
    }
    Ok((part.finish()?, faults))
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
    fn add(&mut self, fault: &Fault) {
        let Fault { line, column, .. } = *fault;
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
