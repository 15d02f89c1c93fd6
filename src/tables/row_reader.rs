use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::PolarsResult;

use super::mailbox_order::{in_threads, rows_by_mailbox};
use super::{Rules, figures};
use crate::domain::{Domain, EmailAddress, Finding, FindingCode, Severity};
use crate::exports::{Export, Field, Unit};
use crate::sheets::MisshapenRow;

/// Bad rows that are listed one by one; the others are counted.
const LISTED: usize = 20;
/// Rows from which on a part of a file is worth a thread of its own, and the most parts. Both are
/// the same on any machine.
const ROWS_A_PART: usize = 50_000;
const MOST_PARTS: usize = 8;
/// Rows that are brought near at once.
const ROWS_AT_ONCE: usize = 32;

/// Reads the cells of an export, row by row. A cell that cannot be read makes the row a bad one; a
/// blank is `None`.
pub(super) struct RowReader<'a> {
    export: &'a Export,
    rules: Rules<'a>,
    /// Where each field stands.
    places: [FieldPlace<'a>; Field::ALL.len()],
    /// The domain of the last mailbox, which is the organisation's: most rows have the same.
    own_domain: &'a str,
    /// The last date of each field, which stands on many rows.
    last_moments: [(&'a str, Option<NaiveDateTime>); Field::ALL.len()],
    /// The line of the present row, from 1.
    line: u32,
    cells: Vec<&'a str>,
    /// The field in each cell, where the tool writes the row shorter than its headings.
    short: Option<Vec<Option<Field>>>,
    fault: Option<Fault>,
}

/// The columns of a field, from 0.
#[derive(Debug, Clone, Copy, Default)]
struct FieldPlace<'a> {
    column: Option<usize>,
    where_blank: &'a [usize],
    to_add: &'a [usize],
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
        let mut places = [FieldPlace::default(); Field::ALL.len()];
        for (place, field) in places.iter_mut().zip(Field::ALL) {
            let (column, where_blank) = (export.column(*field), export.columns_where_blank(*field));
            *place = FieldPlace {
                column,
                where_blank,
                to_add: export.columns_to_add(*field),
            };
        }
        let last_moments = [("", None); Field::ALL.len()];
        Self {
            export,
            rules,
            places,
            own_domain: "",
            last_moments,
            line: 0,
            cells: Vec::new(),
            short: None,
            fault: None,
        }
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
        let is_edged_by_text =
            |bytes: &[u8]| matches!(bytes, [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~']);
        if is_edged_by_text(cell.as_bytes()) {
            cell
        } else {
            cell.trim()
        }
    }

    /// Where the cell of `field` itself stands in the present row, from 0.
    fn column(&self, field: Field) -> Option<usize> {
        match &self.short {
            None => self.place(field).column,
            Some(fields) => fields.iter().position(|held| *held == Some(field)),
        }
    }

    fn place(&self, field: Field) -> FieldPlace<'a> {
        self.places.get(field as usize).copied().unwrap_or_default()
    }

    pub(super) fn text(&self, field: Field) -> Option<&'a str> {
        let has_text = |text: &&str| !text.is_empty();
        let own = Some(self.cell(self.column(field)?)).filter(has_text);
        if own.is_some() || self.short.is_some() {
            return own;
        }
        self.place(field)
            .where_blank
            .iter()
            .map(|column| self.cell(*column))
            .find(has_text)
    }

    /// A cell read by `read`, which gives `None` for what it cannot read.
    pub(super) fn figure<T>(
        &mut self,
        field: Field,
        what: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(field)?;
        let value = read(text);
        if value.is_none() {
            self.fault(field, what, FindingCode::BadRow);
        }
        value
    }

    /// A date in the layout's order, with the time where there is one; `None` too for one that
    /// tools write where there is none. One that can only be read in the other order holds the
    /// organisation: its other dates may have been read with day and month exchanged.
    pub(super) fn moment(&mut self, field: Field) -> Option<NaiveDateTime> {
        let text = self.text(field)?;
        if let Some((last, moment)) = self.last_moments.get(field as usize)
            && *last == text
        {
            return *moment;
        }
        let order = self.export.date_order;
        let of_serial = self.export.sheet.date_of_serial(text);
        let date = of_serial.as_deref().unwrap_or(text);
        let moment = figures::moment(date, order);
        if moment.is_some() || figures::stands_for_no_date(date) {
            if let Some(last) = self.last_moments.get_mut(field as usize) {
                *last = (text, moment);
            }
            return moment;
        }
        if figures::moment(date, figures::reversed(order)).is_some() {
            self.fault(
                field,
                "this date can only be read with day and month the other way round",
                FindingCode::DatesOtherWay,
            );
        } else {
            self.fault(field, "this is not a date", FindingCode::BadRow);
        }
        None
    }

    /// The same without its time, which must be valid all the same.
    pub(super) fn day(&mut self, field: Field) -> Option<NaiveDate> {
        self.moment(field).map(|moment| moment.date())
    }

    /// A whole number: the cell of `field`, or the sum of the cells that the layout adds. Of these
    /// a blank is unknown and left out; the sum of blanks only is unknown.
    pub(super) fn count(&mut self, field: Field) -> Option<i64> {
        let what = "this is not a whole number";
        if self.short.is_some() || self.column(field).is_some() {
            return self.figure(field, what, figures::count);
        }
        let mut sum: Option<i64> = None;
        for column in self.place(field).to_add {
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

    /// The source mailbox in lower case. A row without one is bad; one of another organisation
    /// holds this one.
    pub(super) fn mailbox(&mut self) -> Cow<'a, str> {
        let rules = self.rules;
        if let Some(code) = self.text(Field::Organisation)
            && !code.eq_ignore_ascii_case(rules.organisation.as_str())
        {
            self.fault(
                Field::Organisation,
                "the row names another organisation",
                FindingCode::OtherOrganisation,
            );
        }
        let Some(address) = self.text(Field::SourceMailbox) else {
            self.fault(
                Field::SourceMailbox,
                "the row names no source mailbox",
                FindingCode::BadRow,
            );
            return Cow::Borrowed("");
        };
        // Most addresses are like this.
        let local = address
            .strip_suffix(self.own_domain)
            .and_then(|local| local.strip_suffix('@'))
            .unwrap_or_default();
        if !self.own_domain.is_empty()
            && !local.is_empty()
            && local
                .bytes()
                .all(|byte| matches!(byte, b'!'..=b'@' | b'['..=b'~'))
        {
            return Cow::Borrowed(address);
        }
        match domain_of(address, rules.mail_domains) {
            None => self.fault(
                Field::SourceMailbox,
                "this is not an email address",
                FindingCode::BadRow,
            ),
            Some(domain) if !rules.mail_domains.iter().any(|own| own.holds(domain)) => {
                self.fault(
                    Field::SourceMailbox,
                    "the mailbox is at a domain that is not this organisation's",
                    FindingCode::OtherOrganisation,
                );
            }
            Some(domain) => self.own_domain = domain,
        }
        let is_in_lower_case = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
        };
        if !is_in_lower_case(self.own_domain) {
            self.own_domain = "";
        }
        if is_in_lower_case(address) {
            Cow::Borrowed(address)
        } else {
            Cow::Owned(address.to_lowercase())
        }
    }

    fn fault(&mut self, field: Field, message: &'static str, code: FindingCode) {
        self.fault_at(field, self.column(field).unwrap_or_default(), message, code);
    }

    fn fault_at(&mut self, field: Field, column: usize, message: &'static str, code: FindingCode) {
        let is_worse = self
            .fault
            .as_ref()
            .is_none_or(|fault| code.severity() > fault.code.severity());
        if is_worse {
            self.fault = Some(Fault {
                line: self.line,
                field,
                column,
                message,
                code,
            });
        }
    }
}

/// The domain of something that is an address; any name before the `@` will do, since old systems
/// allowed more. The domains in `known` are domains.
fn domain_of<'a>(address: &'a str, known: &[Domain]) -> Option<&'a str> {
    let (local, domain) = address.rsplit_once('@')?;
    let is_domain = || {
        known
            .iter()
            .any(|known| known.as_str().eq_ignore_ascii_case(domain))
            || Domain::parse(domain).is_some()
    };
    let is_valid = is_local_part(local) && is_domain();
    (is_valid || EmailAddress::parse(address).is_ok()).then_some(domain)
}

/// Whether a text may stand before an `@`.
fn is_local_part(text: &str) -> bool {
    let has_blank = match text.is_ascii() {
        true => text
            .bytes()
            .any(|byte| matches!(byte, b'\t'..=b'\r' | b' ')),
        false => text.contains(char::is_whitespace),
    };
    !text.is_empty() && !has_blank
}

/// The unit of sizes in the column of `field`.
pub(super) fn unit_of(export: &Export, field: Field) -> Unit {
    let heading = export
        .column(field)
        .and_then(|column| export.sheet.headings().get(column));
    export.layout.unit(heading.map_or("", String::as_str))
}

/// The rows of a table while they are read.
pub(super) trait TableRows<'a> {
    /// What is read of a row before it is known whether it has a fault.
    type Row;
    /// Rows that have been read.
    type Part: Send;

    /// None yet, with room for so many.
    fn of(export: &'a Export, rows: usize) -> Self;

    /// Reads the present row of `reader`.
    fn read(&mut self, reader: &mut RowReader<'a>) -> Self::Row;

    /// Keeps a row without a fault, which stands on `line`.
    fn keep(&mut self, row: Self::Row, line: u32);

    /// Finishes these rows.
    fn finish(self) -> PolarsResult<Self::Part>;
}

/// Reads every row of every file, and keeps those without a fault, in parts that follow each other.
/// Rows with faults are counted and listed as findings; too many of them hold the organisation.
pub(super) fn read_rows<'a, T: TableRows<'a>>(
    exports: &'a [Export],
    rules: Rules<'a>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<Vec<T::Part>> {
    let mut parts = Vec::new();
    for export in exports {
        let mut bad = BadRows {
            export,
            findings,
            listed: 0,
            unlisted: 0,
            holding: BTreeMap::new(),
        };
        let mut short_rows = Vec::new();
        for misshapen in export.misshapen() {
            match export.short_row(misshapen) {
                Some(fields) => short_rows.push((misshapen, fields)),
                None => bad.add_misshapen(misshapen),
            }
        }
        let last_line = export
            .sheet
            .height()
            .checked_sub(1)
            .map(|row| export.sheet.line(row));
        let mut last_line_fault = None;
        let (mut whole, mut faults) = read_whole_rows::<T>(export, rules)?;
        parts.append(&mut whole);
        faults.sort_by_key(|fault| fault.line);
        for fault in faults {
            last_line_fault = Some(fault.line)
                .filter(|line| export.sheet.ends_without_line_end && Some(*line) == last_line);
            bad.add(&fault);
        }
        if !short_rows.is_empty() {
            let rows = short_rows.len();
            let steps = short_rows.into_iter().map(|(row, fields)| {
                move |reader: &mut RowReader<'a>| reader.turn_to_short(row, fields)
            });
            let (part, faults) = read_part::<T, _>(export, rules, rows, steps)?;
            parts.push(part);
            faults.iter().for_each(|fault| bad.add(fault));
        }
        bad.close(rules, last_line_fault);
    }
    Ok(parts)
}

/// Reads the rows that are as wide as the headings, by mailbox, in parts at the same time.
fn read_whole_rows<'a, T: TableRows<'a>>(
    export: &'a Export,
    rules: Rules<'a>,
) -> PolarsResult<(Vec<T::Part>, Vec<Fault>)> {
    let height = export.height();
    let parts = (height / ROWS_A_PART).clamp(1, MOST_PARTS);
    let size = height.div_ceil(parts).max(1);
    let rows = rows_by_mailbox(export, size);
    let read = |rows: &[u32]| {
        let near = rows
            .chunks(ROWS_AT_ONCE)
            .inspect(|rows| export.sheet.bring_near(rows))
            .flatten();
        let steps = near.map(|row| move |reader: &mut RowReader<'a>| reader.turn_to(*row as usize));
        read_part::<T, _>(export, rules, rows.len(), steps)
    };
    // Of no rows there is a part too, which has the columns.
    let parts = if rows.is_empty() {
        vec![rows.as_slice()]
    } else {
        rows.chunks(size).collect()
    };
    let read = in_threads(parts, read)
        .into_iter()
        .collect::<PolarsResult<Vec<_>>>()?;
    let (parts, faults): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    Ok((parts, faults.into_iter().flatten().collect()))
}

/// Reads so many rows, to each of which one of `steps` turns the reader.
fn read_part<'a, T: TableRows<'a>, S: FnOnce(&mut RowReader<'a>)>(
    export: &'a Export,
    rules: Rules<'a>,
    rows: usize,
    steps: impl Iterator<Item = S>,
) -> PolarsResult<(T::Part, Vec<Fault>)> {
    let mut part = T::of(export, rows);
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
        let heading = self
            .export
            .columns_to_add(fault.field)
            .contains(&column)
            .then_some(column)
            .or(self.export.column(fault.field));
        let heading = heading
            .and_then(|column| self.export.sheet.headings().get(column))
            .map_or("", String::as_str);
        if fault.code.severity() < Severity::Hold {
            let message = format!(
                "Under “{heading}”, {}; the row was set aside. Correct it and export again.",
                fault.message
            );
            self.list(message, line, Some(column));
            return;
        }
        let rows = self.holding.entry(fault.code).or_default();
        *rows += 1;
        if *rows == 1 {
            let advice = match fault.code {
                FindingCode::DatesOtherWay => {
                    "Export again with the region settings of the layout, or name a layout with \
                     the other order."
                }
                _ => {
                    "Check what was exported, and the organisation's mail_domains in the register."
                }
            };
            let message = format!("Under “{heading}”, {}. {advice}", fault.message);
            self.push(
                Finding::new(fault.code, message)
                    .at_line(line)
                    .at_column(number(column)),
            );
        }
    }

    fn add_misshapen(&mut self, row: &MisshapenRow) {
        let width = self.export.sheet.headings().len();
        match row.fault {
            crate::sheets::RowFault::Cells(cells) => {
                let message = format!(
                    "The row has {cells} cells where the headings have {width}; it was set aside. \
                     Look for a missing or a surplus delimiter."
                );
                self.list(message, row.line, None);
            }
            crate::sheets::RowFault::TextAfterQuote(cell) => {
                let message =
                    "Text follows a closing quotation mark; the row was set aside. Quotation marks \
                     within a cell are doubled.".to_owned();
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
        self.findings
            .push(finding.in_file(self.export.file.clone()));
    }

    fn close(mut self, rules: Rules<'_>, last_line_fault: Option<u32>) {
        for (code, rows) in std::mem::take(&mut self.holding) {
            if rows > 1 {
                self.push(Finding::new(
                    code,
                    format!("{rows} rows are like that; the first is listed."),
                ));
            }
        }
        if let Some(line) = last_line_fault {
            let message = "The last row cannot be read and has no line end: the export was cut off \
             and its figures are incomplete. Export it again.";
            self.push(Finding::new(FindingCode::FileTruncated, message).at_line(line));
        }
        let bad = self.listed + self.unlisted;
        if self.unlisted > 0 {
            self.push(Finding::new(
                FindingCode::BadRow,
                format!("{} more rows were set aside; {bad} in all.", self.unlisted),
            ));
        }
        let rows = self.export.height() + self.export.misshapen().len();
        #[allow(clippy::cast_precision_loss)] // rows stay far below 2^53
        let share = if rows == 0 {
            0.0
        } else {
            bad as f64 / rows as f64
        };
        if share > rules.max_bad_rows {
            let message = format!(
                "{bad} of {rows} rows cannot be read, more than the {:.1}% that are allowed: the \
                 figures would mislead. Correct the export and run this day again.",
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
