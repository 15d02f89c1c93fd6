mod broken_rows;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use self::broken_rows::{broken_row, cut_off_row, is_short};
use super::{Mistake, SettingsError};
use crate::domain::{Domain, EmailAddress, OrganisationCode, ReportKind, Stage, SubjectLines};
use crate::sheets::{Sheet, fold_heading};

/// The organisations of a programme.
///
/// A row with a mistake holds its organisation only: it stands under `faulty` and the others go on.
/// An address with a mistake holds its recipient only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// In order of their codes.
    pub organisations: Vec<Organisation>,
    /// Rows with mistakes, in the order of the file.
    pub faulty: Vec<FaultyRow>,
    /// Addresses with mistakes, of organisations that go on without them.
    pub faulty_addresses: Vec<FaultyRow>,
    /// What somebody must look at that holds nothing, one sentence each.
    pub warnings: Vec<String>,
}

/// An organisation, and who gets what about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// The code by which the settings, the exports and the command line name it.
    pub code: OrganisationCode,
    /// Its name, as reports print it.
    pub name: String,
    /// How far its migration is; a closed one gets no reports.
    pub stage: Stage,
    /// The domains of its source mailboxes: what tells its rows from another organisation's.
    pub mail_domains: Vec<Domain>,
    /// Where subject lines may stand.
    pub subject_lines: SubjectLines,
    /// Who is called about it, with the number, as somebody wrote it; for the central team only.
    pub contact: Option<String>,
    /// Its former codes, and those of organisations that it took over: it continues their history.
    pub formerly: Vec<OrganisationCode>,
    recipients: BTreeMap<ReportKind, Vec<EmailAddress>>,
}

impl Organisation {
    /// Whether any report may go to it: it is open, or closed with somebody who gets the report that
    /// closes it.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.stage != Stage::Closed || !self.recipients(ReportKind::Closing).is_empty()
    }

    /// Who gets a report; each person once.
    #[must_use]
    pub fn recipients(&self, report: ReportKind) -> &[EmailAddress] {
        self.recipients.get(&report).map_or(&[], Vec::as_slice)
    }
}

/// A row of the register that cannot be used, or whose addresses cannot all be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultyRow {
    /// The organisation, where at least its code can be read.
    pub code: Option<OrganisationCode>,
    /// Everything that is wrong with the row.
    pub mistakes: Vec<Mistake>,
}

impl FaultyRow {
    /// Where it stands, as far as its first mistake says so.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.mistakes.first()?.line
    }

    /// Whether a mistake is about this column.
    #[must_use]
    pub fn is_about(&self, column: &str) -> bool {
        let mut keys = self.mistakes.iter().map(|mistake| mistake.key.as_deref());
        keys.any(|key| key == Some(column))
    }
}

/// The columns of the register: what an organisation is, who gets each report, and its policy. Those
/// of reports that do not go out daily may be missing.
fn columns() -> Vec<String> {
    let recipients = ReportKind::ALL
        .into_iter()
        .map(ReportKind::recipients_column);
    ["code", "name", "stage", "mail_domains"]
        .map(str::to_owned)
        .into_iter()
        .chain(recipients)
        .chain(["subject_lines".to_owned()])
        .collect()
}

/// Columns that a register may have.
const OPTIONAL: [&str; 2] = ["contact", "formerly"];

impl Register {
    /// Reads the register at `path`, a csv file or an xlsx workbook.
    ///
    /// # Errors
    /// [`SettingsError`] where the file is missing or is not a table with the register's columns. A
    /// mistake in a row is not an error of the register: see [`Register::faulty`].
    pub fn load(path: &Path, allowed_domains: &[Domain]) -> Result<Self, SettingsError> {
        let bytes = std::fs::read(path).map_err(SettingsError::unreadable(path))?;
        let is_workbook = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
        let sheet = if is_workbook {
            Sheet::from_workbook(&bytes)
        } else {
            Sheet::from_delimited(bytes)
        };
        let sheet = sheet.map_err(|source| SettingsError::NotATable {
            path: path.to_owned(),
            source,
        })?;
        Self::read(&sheet, path, allowed_domains)
    }

    /// The organisation with this code.
    #[must_use]
    pub fn organisation(&self, code: &OrganisationCode) -> Option<&Organisation> {
        self.organisations
            .iter()
            .find(|organisation| organisation.code == *code)
    }

    /// The codes that organisations had before, each with the code of today.
    pub fn former_codes(&self) -> impl Iterator<Item = (&OrganisationCode, &OrganisationCode)> {
        self.organisations.iter().flat_map(|organisation| {
            let codes = organisation.formerly.iter();
            codes.map(|code| (code, &organisation.code))
        })
    }

    pub(super) fn read(
        sheet: &Sheet,
        path: &Path,
        allowed_domains: &[Domain],
    ) -> Result<Self, SettingsError> {
        check_columns(sheet, path)?;
        let (short, broken): (Vec<_>, Vec<_>) =
            sheet.misshapen.iter().partition(|row| is_short(sheet, row));
        let mut register = Self {
            organisations: Vec::new(),
            faulty: broken
                .iter()
                .map(|row| broken_row(sheet, path, row))
                .collect(),
            faulty_addresses: Vec::new(),
            warnings: Vec::new(),
        };
        register.faulty.extend(cut_off_row(sheet, path));
        let whole = (0..sheet.height()).map(|row| (sheet.line(row), sheet.cells(row)));
        let short = short
            .iter()
            .map(|row| (row.line, sheet.misshapen_cells(row)));
        let mut rows: Vec<_> = whole.chain(short).collect();
        rows.sort_by_key(|(line, _)| *line);
        // What an unreadable row says of an organisation may be what is right.
        let broken = register.faulty.iter();
        let mut lines_of_codes: HashMap<OrganisationCode, u32> = broken
            .filter_map(|row| Some((row.code.clone()?, row.line()?)))
            .collect();
        for (line, cells) in rows {
            let mut reader = RegisterRow {
                sheet,
                line,
                cells: cells.map(str::trim).collect(),
                path,
                mistakes: Vec::new(),
                of_addresses: Vec::new(),
            };
            let organisation = reader.organisation(allowed_domains);
            let code = OrganisationCode::parse(reader.text("code")).ok();
            let known = code.clone();
            if let Some(first) = known.and_then(|code| lines_of_codes.insert(code, line)) {
                let message = format!("the organisation is on line {first} too: keep one row");
                reader.mistake("code", message);
                let organisations = &mut register.organisations;
                organisations.retain(|organisation| Some(&organisation.code) != code.as_ref());
                let addresses = &mut register.faulty_addresses;
                addresses.retain(|of_row| of_row.code != code);
            }
            let (mut mistakes, of_addresses) = (reader.mistakes, reader.of_addresses);
            match organisation.filter(|_| mistakes.is_empty()) {
                Some(organisation) => {
                    register.organisations.push(organisation);
                    if !of_addresses.is_empty() {
                        register.faulty_addresses.push(FaultyRow {
                            code,
                            mistakes: of_addresses,
                        });
                    }
                }
                None => {
                    mistakes.extend(of_addresses);
                    register.faulty.push(FaultyRow { code, mistakes });
                }
            }
        }
        register.organisations.sort_by(|a, b| a.code.cmp(&b.code));
        register.faulty.sort_by_key(FaultyRow::line);
        Ok(register)
    }
}

/// Says which column is not known, or is missing.
fn check_columns(sheet: &Sheet, path: &Path) -> Result<(), SettingsError> {
    let columns = columns();
    let mistaken = |column: Option<&str>, what: &str| {
        let message = format!(
            "{what}; the columns are {}, and for yourself notes and those that begin with #",
            columns.join(", ")
        );
        Err(SettingsError::Mistaken(Mistake::new(
            path, None, column, message,
        )))
    };
    // A row, and no heading: it names people.
    let is_address = |heading: &String| heading.contains('@') && !is_own(heading);
    if sheet.headings().iter().any(is_address) {
        return mistaken(
            None,
            "an address stands among the headings: the first line has to name the columns",
        );
    }
    for (position, heading) in sheet.headings().iter().enumerate() {
        let is_known = |column: &String| sheet.column(column) == Some(position);
        if is_own(heading) {
            continue;
        }
        let mut optional = OPTIONAL.into_iter().map(str::to_owned);
        if !columns.iter().any(is_known) && !optional.any(|column| is_known(&column)) {
            let mut known = columns.iter().map(String::as_str).chain(OPTIONAL);
            if known.any(|column| fold_heading(column) == fold_heading(heading)) {
                return mistaken(Some(heading), "the column is there twice");
            }
            return mistaken(Some(heading), &format!("unknown column “{heading}”"));
        }
    }
    let may_be_missing: Vec<String> = ReportKind::occasional()
        .map(ReportKind::recipients_column)
        .collect();
    let is_missing =
        |column: &&String| sheet.column(column).is_none() && !may_be_missing.contains(column);
    match columns.iter().find(is_missing) {
        Some(missing) => mistaken(Some(missing), "the column is missing"),
        None => Ok(()),
    }
}

/// Whether a register may be without this column.
fn may_be_missing(heading: &str) -> bool {
    let is_same = |column: &str| fold_heading(column) == fold_heading(heading);
    is_own(heading)
        || OPTIONAL.into_iter().any(is_same)
        || ReportKind::occasional().any(|kind| is_same(&kind.recipients_column()))
}

/// Whether a column is what people write for themselves.
fn is_own(heading: &str) -> bool {
    heading.starts_with('#') || heading.trim().eq_ignore_ascii_case("notes")
}

struct RegisterRow<'a> {
    sheet: &'a Sheet,
    line: u32,
    /// As many as there are headings, or the first of them.
    cells: Vec<&'a str>,
    path: &'a Path,
    mistakes: Vec<Mistake>,
    /// Of addresses, which hold nobody else.
    of_addresses: Vec<Mistake>,
}

impl<'a> RegisterRow<'a> {
    /// The organisation of this row; `None`, with at least one mistake, where it cannot be made.
    fn organisation(&mut self, allowed_domains: &[Domain]) -> Option<Organisation> {
        let code = OrganisationCode::parse(self.text("code"))
            .map_err(|error| self.mistake("code", error.to_string()))
            .ok();
        let name = self.text("name").to_owned();
        if name.is_empty() {
            self.mistake("name", "the name is missing: it stands in every report");
        }
        let stage = self.word(
            "stage",
            Stage::parse,
            "a stage: write pilot, sync-and-switch, mop-up or closed",
        );
        let subject_lines = self.word(
            "subject_lines",
            SubjectLines::parse,
            "a policy: write workbook, email or withheld",
        );
        let mail_domains = self.domains();
        let recipients: BTreeMap<_, _> = ReportKind::ALL
            .into_iter()
            .map(|kind| {
                (
                    kind,
                    self.addresses(&kind.recipients_column(), allowed_domains),
                )
            })
            .collect();
        let formerly = self.former_codes();
        let contact = Some(self.text("contact")).filter(|text| !text.is_empty());
        let is_closed = stage == Some(Stage::Closed);
        let of_closing = recipients.get(&ReportKind::Closing);
        if stage.is_some() && (!is_closed || of_closing.is_some_and(|to| !to.is_empty())) {
            let has_readers = recipients.values().any(|addresses| !addresses.is_empty());
            self.check_that_reports_can_be_made(&mail_domains, has_readers);
        }
        Some(Organisation {
            code: code?,
            name,
            stage: stage?,
            mail_domains,
            subject_lines: subject_lines?,
            contact: contact.map(str::to_owned),
            formerly,
            recipients,
        })
    }

    fn check_that_reports_can_be_made(&mut self, mail_domains: &[Domain], has_readers: bool) {
        if mail_domains.is_empty() {
            self.mistake(
                "mail_domains",
                "no mail domain: without one, another organisation's mailboxes could not be told \
                 apart",
            );
        }
        if !has_readers {
            self.mistake(
                &ReportKind::OverallMigration.recipients_column(),
                "nobody would get a report: name at least one recipient, or make the stage closed",
            );
        }
    }

    fn text(&self, column: &str) -> &'a str {
        let column = self.sheet.column(column);
        let cell = column.and_then(|column| self.cells.get(column));
        cell.copied().unwrap_or_default()
    }

    /// One of the words that a column may hold.
    fn word<T>(
        &mut self,
        column: &str,
        parse: impl Fn(&str) -> Option<T>,
        what_to_write: &str,
    ) -> Option<T> {
        let text = self.text(column);
        let value = parse(text);
        if value.is_none() {
            self.mistake(column, format!("“{text}” is not {what_to_write}"));
        }
        value
    }

    fn domains(&mut self) -> Vec<Domain> {
        let mut domains = Vec::new();
        for text in list(self.text("mail_domains")) {
            match Domain::parse(text) {
                Some(domain) => domains.push(domain),
                None => self.mistake(
                    "mail_domains",
                    format!(
                        "“{text}” is not a mail domain: write it as trust.nhs.example, several \
                         separated by ;"
                    ),
                ),
            }
        }
        domains
    }

    fn former_codes(&mut self) -> Vec<OrganisationCode> {
        let mut codes = Vec::new();
        for text in list(self.text("formerly")) {
            match OrganisationCode::parse(text) {
                Ok(code) if codes.contains(&code) => {}
                Ok(code) => codes.push(code),
                Err(error) => self.mistake("formerly", error.to_string()),
            }
        }
        codes
    }

    fn addresses(&mut self, column: &str, allowed_domains: &[Domain]) -> Vec<EmailAddress> {
        let mut addresses: Vec<EmailAddress> = Vec::new();
        for (number, text) in (1..).zip(list(self.text(column))) {
            match EmailAddress::parse(text) {
                Err(error) => {
                    let message = format!(
                        "address {number} is {error}, several separated by ;. Nothing is sent to it"
                    );
                    let mistake = self.mistaken(column, message);
                    self.of_addresses.push(mistake);
                }
                Ok(address) if !address.is_within(allowed_domains) => {
                    let message = format!(
                        "address {number} is at {}, which is not one of mail.allowed_domains: \
                         nothing will be sent there",
                        address.domain()
                    );
                    let mistake = self.mistaken(column, message);
                    self.of_addresses.push(mistake);
                }
                Ok(address) if addresses.contains(&address) => {}
                Ok(address) => addresses.push(address),
            }
        }
        addresses
    }

    fn mistake(&mut self, column: &str, message: impl Into<String>) {
        let mistake = self.mistaken(column, message);
        self.mistakes.push(mistake);
    }

    fn mistaken(&self, column: &str, message: impl Into<String>) -> Mistake {
        Mistake::new(self.path, Some(self.line), Some(column), message)
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ',', '\n', '\r'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests;
