use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::{Mistake, SettingsError};
use crate::domain::{Domain, EmailAddress, OrganisationCode, ReportKind, Stage, SubjectLines};
use crate::sheets::{MisshapenRow, Sheet, fold_heading};

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
const OPTIONAL: [&str; 1] = ["formerly"];

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
        let mut register = Self {
            organisations: Vec::new(),
            faulty: broken_rows(sheet, path),
            faulty_addresses: Vec::new(),
            warnings: Vec::new(),
        };
        let mut lines_of_codes: HashMap<OrganisationCode, u32> = HashMap::new();
        for row in 0..sheet.height() {
            let mut reader = RegisterRow {
                sheet,
                row,
                path,
                mistakes: Vec::new(),
                of_addresses: Vec::new(),
            };
            let organisation = reader.organisation(allowed_domains);
            let code = OrganisationCode::parse(reader.text("code")).ok();
            let known = code.clone();
            if let Some(first) = known.and_then(|code| lines_of_codes.insert(code, sheet.line(row)))
            {
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
        Ok(register)
    }
}

/// Says which column is not known, or is missing.
fn check_columns(sheet: &Sheet, path: &Path) -> Result<(), SettingsError> {
    let columns = columns();
    let mistaken = |column: &str, what: &str| {
        let message = format!(
            "{what}; the columns are {}, and for yourself notes and those that begin with #",
            columns.join(", ")
        );
        Err(SettingsError::Mistaken(Mistake::new(
            path,
            None,
            Some(column),
            message,
        )))
    };
    for (position, heading) in sheet.headings().iter().enumerate() {
        let is_known = |column: &String| sheet.column(column) == Some(position);
        // What people write for themselves.
        if heading.starts_with('#') || heading.trim().eq_ignore_ascii_case("notes") {
            continue;
        }
        let mut optional = OPTIONAL.into_iter().map(str::to_owned);
        if !columns.iter().any(is_known) && !optional.any(|column| is_known(&column)) {
            let mut known = columns.iter().map(String::as_str).chain(OPTIONAL);
            if known.any(|column| fold_heading(column) == fold_heading(heading)) {
                return mistaken(heading, "the column is there twice");
            }
            return mistaken(heading, &format!("unknown column “{heading}”"));
        }
    }
    let may_be_missing: Vec<String> = ReportKind::occasional()
        .map(ReportKind::recipients_column)
        .collect();
    let is_missing =
        |column: &&String| sheet.column(column).is_none() && !may_be_missing.contains(column);
    match columns.iter().find(is_missing) {
        Some(missing) => mistaken(missing, "the column is missing"),
        None => Ok(()),
    }
}

/// Rows that cannot be told into cells: of them not even the organisation is known.
fn broken_rows(sheet: &Sheet, path: &Path) -> Vec<FaultyRow> {
    let misshapen = "the row does not have as many cells as there are columns: look for a missing \
                     or a surplus delimiter or quotation mark";
    let cut_off = "the file ends in the middle of this row: save it again";
    let is_whole = |row: &&MisshapenRow| Some(row.line) != sheet.cut_off_at;
    let rows = sheet.misshapen.iter().filter(is_whole);
    rows.map(|row| (row.line, misshapen))
        .chain(sheet.cut_off_at.map(|line| (line, cut_off)))
        .map(|(line, message)| FaultyRow {
            code: None,
            mistakes: vec![Mistake::new(path, Some(line), None, message)],
        })
        .collect()
}

struct RegisterRow<'a> {
    sheet: &'a Sheet,
    row: usize,
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
        self.sheet
            .column(column)
            .map_or("", |column| self.sheet.cell(self.row, column))
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
        let line = Some(self.sheet.line(self.row));
        Mistake::new(self.path, line, Some(column), message)
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ',', '\n', '\r'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: &str = "code,name,stage,mail_domains,overall_migration_to,failed_item_to,switch_readiness_to,subject_lines\n";

    fn read(rows: &str) -> Result<Register, SettingsError> {
        let sheet = Sheet::from_delimited(format!("{HEADINGS}{rows}").into_bytes()).unwrap();
        Register::read(
            &sheet,
            Path::new("organisations.csv"),
            &[Domain::parse("example").unwrap()],
        )
    }

    fn mistakes(row: &str) -> Vec<String> {
        read(row)
            .unwrap()
            .faulty
            .iter()
            .flat_map(|row| &row.mistakes)
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_row_is_an_organisation() {
        let register = read(
            "znm,Northmoor,sync-and-switch,nm.example;old.example,a@nm.example; \
         A@nm.example;b@nm.example,,,\n",
        )
        .unwrap();
        let organisation = register
            .organisation(&OrganisationCode::parse("ZNM").unwrap())
            .unwrap();
        assert_eq!(organisation.mail_domains.len(), 2);
        assert_eq!(
            organisation.recipients(ReportKind::OverallMigration).len(),
            2
        );
        assert_eq!(organisation.recipients(ReportKind::FailedItem), []);
        assert_eq!(organisation.subject_lines, SubjectLines::Workbook);
    }

    #[test]
    fn every_mistake_of_a_row_is_told_and_holds_that_row_only() {
        let register = read(
            "ZNM,N,pilot,nm.example,a@nm.example,,,\nZX,,soon,-,c,d@elsewhere.invalid,,maybe\n",
        )
        .unwrap();
        assert_eq!(register.organisations.len(), 1);
        let told: Vec<_> = register
            .faulty
            .iter()
            .flat_map(|row| &row.mistakes)
            .map(ToString::to_string)
            .collect();
        let keys: Vec<_> = register.faulty[0]
            .mistakes
            .iter()
            .map(|mistake| mistake.key.clone().unwrap())
            .collect();
        assert_eq!(
            keys,
            [
                "code",
                "name",
                "stage",
                "subject_lines",
                "mail_domains",
                "overall_migration_to",
                "failed_item_to"
            ]
        );
        assert!(
            told.iter()
                .all(|mistake| mistake.starts_with("organisations.csv, line 3, key ")),
            "{told:?}"
        );
        assert!(told[6].contains("elsewhere.invalid, which is not one of mail.allowed_domains"));
    }

    #[test]
    fn a_mistaken_address_holds_its_recipient_only() {
        let register = read(
            "ZNM,N,pilot,nm.example,a@nm.example;b at nm.example;c@elsewhere.invalid,,,\n\
             ZTP,T,pilot,tp.example,nobody,,,\n",
        )
        .unwrap();
        let [organisation] = register.organisations.as_slice() else {
            panic!("{register:?}")
        };
        let recipients = organisation.recipients(ReportKind::OverallMigration);
        assert_eq!(recipients.len(), 1);
        let [addresses] = register.faulty_addresses.as_slice() else {
            panic!("{register:?}")
        };
        assert_eq!(addresses.mistakes.len(), 2);
        assert_eq!(addresses.code.as_ref(), Some(&organisation.code));
        // Where nobody is left, there is nobody to go on for.
        let [held] = register.faulty.as_slice() else {
            panic!("{register:?}")
        };
        assert_eq!(held.mistakes.len(), 2);
    }

    #[test]
    fn an_address_is_not_printed_whole() {
        assert!(
            !mistakes("ZNM,N,pilot,nm.example,jo.bloggs@elsewhere.invalid,,,\n")
                .concat()
                .contains("jo.bloggs")
        );
    }

    #[test]
    fn people_write_for_themselves_and_in_their_own_spelling() {
        let rows = "ZNM,N,Sync & Switch,nm.example,\"a@nm.example, b@nm.example\nc@nm.example\",,,,\
                    ring Jo,x\n";
        let headings = HEADINGS.trim_end().to_owned() + ",Notes,# ours\n";
        let sheet = Sheet::from_delimited((headings + rows).into_bytes()).unwrap();
        let domains = [Domain::parse("example").unwrap()];
        let register = Register::read(&sheet, Path::new("r.csv"), &domains).unwrap();
        let [organisation] = register.organisations.as_slice() else {
            panic!("{:?}", register.faulty)
        };
        assert_eq!(organisation.stage, Stage::SyncAndSwitch);
        let recipients = organisation.recipients(ReportKind::OverallMigration);
        assert_eq!(recipients.len(), 3);
        for (word, stage) in [("Mop up", Stage::MopUp), ("PILOT ", Stage::Pilot)] {
            assert_eq!(Stage::parse(word), Some(stage));
        }
        assert_eq!(Stage::parse("mopped"), None);
    }

    #[test]
    fn a_code_on_two_rows_is_neither() {
        let row = "ZNM,N,pilot,nm.example,a@nm.example,,,\n";
        let register = read(&format!("{row}{row}")).unwrap();
        assert_eq!(
            (register.organisations.len(), register.faulty.len()),
            (0, 1)
        );
    }

    #[test]
    fn an_open_organisation_needs_a_domain_and_a_reader() {
        assert_eq!(mistakes("ZNM,N,pilot,,,,,\n").len(), 2);
        assert_eq!(mistakes("ZNM,N,closed,,,,,\n").len(), 0);
    }

    #[test]
    fn reports_that_do_not_go_out_daily_have_a_column_where_somebody_wants_them() {
        let read = |headings: &str, row: &str| {
            let sheet = Sheet::from_delimited(format!("{headings}\n{row}\n").into_bytes()).unwrap();
            let domains = [Domain::parse("example").unwrap()];
            Register::read(&sheet, Path::new("r.csv"), &domains).unwrap()
        };
        let row = "ZNM,N,pilot,nm.example,a@nm.example,,,";
        for kind in ReportKind::occasional() {
            let column = kind.recipients_column();
            let headings = HEADINGS.trim_end();
            let without = read(headings, row);
            let with = read(
                &format!("{headings},{column}"),
                &format!("{row},b@nm.example"),
            );
            let recipients = |register: &Register| {
                let [organisation] = register.organisations.as_slice() else {
                    panic!("{register:?}")
                };
                organisation.recipients(kind).len()
            };
            assert_eq!(
                (recipients(&without), recipients(&with)),
                (0, 1),
                "{column}"
            );
        }
    }

    #[test]
    fn columns_are_all_there_and_known() {
        let error = |headings: &str| {
            let sheet = Sheet::from_delimited(headings.as_bytes().to_vec()).unwrap();
            Register::read(&sheet, Path::new("r.csv"), &[])
                .unwrap_err()
                .to_string()
        };
        assert!(
            error(&HEADINGS.replace("stage,", "")).contains("key stage: the column is missing")
        );
        assert!(
            error(&HEADINGS.replace("stage,", "stage,phase,"))
                .contains("key phase: unknown column")
        );
    }
}
