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
    let register =
        read("ZNM,N,pilot,nm.example,a@nm.example,,,\nZX,,soon,-,c,d@elsewhere.invalid,,maybe\n")
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
fn cells_that_are_missing_at_the_end_are_blank_where_a_column_may_be() {
    let read = |added: &str, rows: &str| {
        let headings = HEADINGS.trim_end().to_owned() + added + "\n";
        let sheet = Sheet::from_delimited((headings + rows).into_bytes()).unwrap();
        Register::read(
            &sheet,
            Path::new("r.csv"),
            &[Domain::parse("example").unwrap()],
        )
    };
    let row = |code: &str, rest: &str| format!("{code},N,pilot,nm.example,a@nm.example,,,{rest}\n");
    let added = ",formerly,notes,# ours,board_to";
    let rows = [row("ZNM", ""), row("ZTP", ",ZTO"), row("ZGL", ",,ring Jo")].concat();
    let register = read(added, &rows).unwrap();
    assert_eq!(register.faulty, []);
    let codes: Vec<&str> = register
        .organisations
        .iter()
        .map(|one| one.code.as_str())
        .collect();
    assert_eq!(codes, ["ZGL", "ZNM", "ZTP"]);
    assert_eq!(register.organisations[2].formerly[0].as_str(), "ZTO");
    // One that each row must have is never taken as blank, and the row's organisation is named.
    let rows = [
        row("ZNM", ""),
        row("ZTP", ""),
        "ZGL,N,pilot,nm.example,a@nm.example,,\n".into(),
    ];
    let register = read("", &rows.concat()).unwrap();
    let [held] = register.faulty.as_slice() else {
        panic!("{register:?}")
    };
    assert_eq!(held.code.as_ref().unwrap().as_str(), "ZGL");
    assert!(
        held.mistakes[0]
            .to_string()
            .contains("line 4: the row has 7 cells where the headings are 8")
    );
}

#[test]
fn a_row_that_cannot_be_told_into_cells_names_its_organisation() {
    let good = "ZNM,N,pilot,nm.example,a@nm.example,,,\n";
    for (row, words) in [
        (
            "ZMU,M,pilot,mu.example,a@mu.example,b@mu.example,,,\n",
            "separated by ;",
        ),
        (
            "ZMU,\"M\"x,pilot,mu.example,a@mu.example,,,\n",
            "the closing quotation mark of cell 2",
        ),
        ("ZMU,M,pilot,mu.exa", "the file ends in the middle"),
    ] {
        let register = read(&format!("{good}{row}")).unwrap();
        let [held] = register.faulty.as_slice() else {
            panic!("{register:?}")
        };
        assert_eq!(
            held.code.as_ref().map(OrganisationCode::as_str),
            Some("ZMU"),
            "{row}"
        );
        let told = held.mistakes[0].to_string();
        assert!(told.contains("line 3: ") && told.contains(words), "{told}");
        assert_eq!(register.organisations.len(), 1);
    }
}

#[test]
fn rows_that_are_broken_stop_no_other_however_many_they_are() {
    let row = |code: &str| format!("{code},N,pilot,nm.example,a@nm.example,,\n");
    let good = "ZNM,N,pilot,nm.example,a@nm.example,,,\n";
    let register = read(&[good, &row("ZTP"), &row("ZGL")].concat()).unwrap();
    assert_eq!(register.organisations.len(), 1);
    let faulty = register.faulty.iter();
    let faulty: Vec<_> = faulty
        .map(|row| (row.code.as_ref().unwrap().as_str(), row.line()))
        .collect();
    assert_eq!(faulty, [("ZTP", Some(3)), ("ZGL", Some(4))]);
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
    let of_a_row = error("ZTP,Pennyford,pilot,pennyford.example,ann.lee@pennyford.example\n");
    assert!(
        of_a_row.contains("the first line has to name the columns") && !of_a_row.contains("ann"),
        "{of_a_row}"
    );
    assert!(error(&HEADINGS.replace("stage,", "")).contains("key stage: the column is missing"));
    assert!(
        error(&HEADINGS.replace("stage,", "stage,phase,")).contains("key phase: unknown column")
    );
}
