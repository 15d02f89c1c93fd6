use super::*;
use crate::mail::forbidden_text::ForbiddenTexts;
use crate::mail::specimen::{COLLECTIONS, FINDINGS, SheetRows, Specimen, USERS, xlsx};

fn found_within(
    specimen: &Specimen,
    bytes: &[u8],
    subject_lines: SubjectLines,
    may_quote_subject_lines: bool,
) -> Vec<Violation> {
    check(
        bytes,
        Contents {
            roster: &specimen.roster,
            sheets: &specimen.sheets,
            subject_lines,
            must_not_appear: &ForbiddenTexts::new(["Results of Mr Quince"]),
            may_quote_subject_lines,
        },
    )
}

fn found(sheets: &[(&str, SheetRows<'_>)]) -> Vec<Violation> {
    found_within(
        &Specimen::new(),
        &xlsx(sheets),
        SubjectLines::Workbook,
        true,
    )
}

/// What is found where the users' sheet has these rows under its headings.
fn found_in_users(rows: SheetRows<'_>) -> Vec<Violation> {
    let users = [&USERS[..3], rows].concat();
    found(&[
        ("Users", &users),
        ("Collections", COLLECTIONS),
        ("Findings", FINDINGS),
    ])
}

fn foreign(sheet: &str, heading: &'static str, cells: usize, row: u32) -> Violation {
    Violation::WorkbookForeign {
        sheet: sheet.to_owned(),
        heading,
        cells,
        row,
    }
}

fn rows(sheet: &str, rows: usize, expected: usize) -> Violation {
    Violation::WorkbookRows {
        sheet: sheet.to_owned(),
        rows,
        expected,
    }
}

const AMINA: &[&str] = &["Amina Okafor", "amina.okafor@zenith.example", "Ward 1", "–"];
const BO: &[&str] = &["Not reported", "bo@zenith.example", "Not reported", "–"];

#[test]
fn the_organisations_own_rows_hold() {
    assert_eq!(found_in_users(&[AMINA, BO]), []);
    let second = [&USERS[..3], &[BO]].concat();
    let goes_on = found(&[
        ("Users", &USERS[..4]),
        ("Users (2)", &second),
        ("Collections", COLLECTIONS),
        ("Findings", FINDINGS),
    ]);
    assert_eq!(goes_on, []);
}

#[test]
fn a_foreign_row_is_found() {
    let carl: &[&str] = &["Carl Zhou", "carl@other.example", "Ward 9", "–"];
    let all = [
        foreign("Users", "Source mailbox", 1, 5),
        foreign("Users", "User", 1, 5),
        foreign("Users", "Collection", 1, 5),
    ];
    let incomplete = Violation::WorkbookNotComplete("Users".to_owned());
    assert_eq!(
        found_in_users(&[AMINA, carl]),
        [&all[..], std::slice::from_ref(&incomplete)].concat()
    );
    assert_eq!(
        found_in_users(&[AMINA, carl, BO]),
        [&all[..], &[rows("Users", 3, 2)]].concat()
    );
    // At a domain that two organisations share: its own tables do not have the mailbox.
    let shared: &[&str] = &["Not reported", "carl@zenith.example", "Ward 1", "–"];
    let of_shared = [
        foreign("Users", "Source mailbox", 1, 5),
        foreign("Users", "User", 1, 5),
        incomplete.clone(),
    ];
    assert_eq!(found_in_users(&[AMINA, shared]), of_shared);
    // Somebody else's name at an own mailbox, and an own row in another's place.
    let renamed: &[&str] = &["Carl Zhou", "bo@zenith.example", "Ward 1", "–"];
    assert_eq!(
        found_in_users(&[AMINA, renamed]),
        [foreign("Users", "User", 1, 5)]
    );
    assert_eq!(found_in_users(&[AMINA, AMINA]), [incomplete]);
    for cell in ["", "None", "Not reported", "–"] {
        assert!(
            found_in_users(&[AMINA, &["Not reported", cell, "Ward 1", "–"]]).contains(&foreign(
                "Users",
                "Source mailbox",
                1,
                5
            )),
            "{cell}"
        );
    }
}

#[test]
fn a_foreign_row_is_found_behind_thousands() {
    let carl: &[&str] = &["Carl Zhou", "carl@other.example", "Ward 9", "–"];
    let found = found_in_users(&[&[AMINA; 4_000][..], &[carl], &[BO; 4_000][..]].concat());
    for heading in ["Source mailbox", "User", "Collection"] {
        assert!(
            found.contains(&foreign("Users", heading, 1, 4_004)),
            "{found:?}"
        );
    }
}

#[test]
fn a_foreign_row_in_another_sheet_is_found() {
    let with = |collections: SheetRows<'_>, findings: SheetRows<'_>| {
        found(&[
            ("Users", USERS),
            ("Collections", collections),
            ("Findings", findings),
        ])
    };
    let other = [&COLLECTIONS[..2], &[&["Ward 9", "2"]]].concat();
    assert_eq!(
        with(&other, FINDINGS),
        [foreign("Collections", "Collection", 1, 3)]
    );
    let more = [COLLECTIONS, &[&["Ward 1", "carl@other.example"]]].concat();
    let address = |sheet: &str, row| Violation::WorkbookAddress {
        sheet: sheet.to_owned(),
        row,
    };
    assert_eq!(
        with(&more, FINDINGS),
        [address("Collections", 4), rows("Collections", 2, 1)]
    );
    let finding = [&FINDINGS[..2], &[&["carl@other.example", "–"]]].concat();
    assert_eq!(
        with(COLLECTIONS, &finding),
        [address("Findings", 3), rows("Findings", 1, 0)]
    );
    let above = [&[&["of carl@other.example"][..]], FINDINGS].concat();
    assert_eq!(with(COLLECTIONS, &above), [address("Findings", 1)]);
    let beside = [&COLLECTIONS[..2], &[&["Ward 1", "2", "carl"]]].concat();
    // The widest row is the table's first, whatever was meant to be.
    assert!(!with(&beside, FINDINGS).is_empty());
    let far: Vec<&[&str]> = COLLECTIONS[..2]
        .iter()
        .copied()
        .chain(std::iter::repeat_n(&["Ward 1", "2"][..], 30))
        .chain([&["Ward 1", "2", "carl"][..]])
        .collect();
    assert_eq!(
        with(&far, FINDINGS),
        [
            Violation::WorkbookTextBeside("Collections".to_owned()),
            rows("Collections", 31, 1)
        ]
    );
}

#[test]
fn the_sheets_are_those_of_the_report() {
    let missing = found(&[("Users", USERS), ("Findings", FINDINGS)]);
    assert_eq!(
        missing,
        [Violation::WorkbookSheetMissing("Collections".to_owned())]
    );
    for name in ["Carl", "Users2", "Users ()", "Users (x)"] {
        let surplus = found(&[
            ("Users", USERS),
            ("Collections", COLLECTIONS),
            ("Findings", FINDINGS),
            (name, &[&["a"]]),
        ]);
        assert_eq!(surplus, [Violation::WorkbookSheetUnexpected], "{name}");
    }
    let blank = found(&[
        ("Users", USERS),
        ("Collections", COLLECTIONS),
        ("Findings", &[]),
    ]);
    assert_eq!(
        blank,
        [
            Violation::WorkbookSheetUnexpected,
            Violation::WorkbookSheetMissing("Findings".to_owned())
        ]
    );
    assert!(matches!(
        found_within(&Specimen::new(), b"PK", SubjectLines::Workbook, true).as_slice(),
        [Violation::WorkbookUnreadable(_)]
    ));
}

#[test]
fn the_workbook_of_another_organisation_is_found_throughout() {
    let users: SheetRows<'_> = &[
        USERS[2],
        &["Carl Zhou", "carl@other.example", "Ward 9", "–"],
        &["Dai Rees", "dai@other.example", "Ward 9", "–"],
    ];
    let collections: SheetRows<'_> = &[COLLECTIONS[1], &["Ward 9", "2"]];
    let all = found(&[
        ("Users", users),
        ("Collections", collections),
        ("Findings", FINDINGS),
    ]);
    let incomplete = Violation::WorkbookNotComplete("Users".to_owned());
    let of_users = [
        foreign("Users", "Source mailbox", 2, 2),
        foreign("Users", "User", 2, 2),
        foreign("Users", "Collection", 2, 2),
    ];
    assert_eq!(
        all,
        [
            &of_users[..],
            &[foreign("Collections", "Collection", 1, 2), incomplete]
        ]
        .concat()
    );
    let sentences: String = all.iter().map(ToString::to_string).collect();
    assert!(
        !sentences.contains("Carl") && !sentences.contains('@'),
        "{sentences}"
    );
}

#[test]
fn subject_lines_stand_where_policy_and_way_allow() {
    let mut specimen = Specimen::new();
    specimen.sheets.retain(|sheet| sheet.name == "Users");
    let found = |line: &str, policy, may_quote| {
        let bytes = xlsx(&[(
            "Users",
            &[
                &["Source mailbox", "Subject line"],
                &["amina.okafor@zenith.example", line],
                &["bo@zenith.example", "–"],
            ],
        )]);
        found_within(&specimen, &bytes, policy, may_quote)
    };
    for line in ["Withheld", "No subject"] {
        assert_eq!(found(line, SubjectLines::Withheld, false), []);
    }
    assert_eq!(found("Scan", SubjectLines::Workbook, true), []);
    assert_eq!(
        found("Scan", SubjectLines::Withheld, true),
        [Violation::SubjectLineNotWithheld]
    );
    assert_eq!(
        found("Scan", SubjectLines::Email, false),
        [Violation::SubjectLinesUnprotected]
    );
}

#[test]
fn a_subject_line_in_any_cell_is_found_where_they_are_withheld() {
    let specimen = Specimen::new();
    let found = |error: &str, policy| {
        let bytes = xlsx(&[(
            "Users",
            &[
                &["Source mailbox", "Last error"],
                &["amina.okafor@zenith.example", error],
                &["bo@zenith.example", "–"],
            ],
        )]);
        let found = found_within(&specimen, &bytes, policy, true);
        found.contains(&Violation::SubjectLineInWorkbook)
    };
    let error = "Copying “results of  Mr Quince” timed out";
    assert!(found(error, SubjectLines::Withheld));
    assert!(!found(error, SubjectLines::Workbook));
    assert!(!found("Temporary fault", SubjectLines::Withheld));
}

#[test]
fn a_letter_is_to_its_own_user_and_names_own_items() {
    let specimen = Specimen::new();
    let address = "amina.okafor@zenith.example";
    let letter = Letter {
        addresses: vec![address.into()],
        items: vec![OwnItem {
            subject: Some("Rota of bo@other.example".into()),
            folder: Some("Inbox".into()),
        }],
    };
    let sheets = [ExpectedSheet {
        name: "Tell users".to_owned(),
        rows: 1,
        mailboxes: Some(vec![address.into()]),
        letters: Some([(address.into(), letter)].into()),
        ..ExpectedSheet::default()
    }];
    let found = |row: &[&str], subject_lines, may_quote_subject_lines| {
        let headings: &[&str] = &["User", "Source mailbox", "Send to", "Greeting", "Paragraph"];
        let contents = Contents {
            roster: &specimen.roster,
            sheets: &sheets,
            subject_lines,
            must_not_appear: &ForbiddenTexts::new(["Results of Mr Quince"]),
            may_quote_subject_lines,
        };
        check(&xlsx(&[("Tell users", &[headings, row])]), contents)
    };
    // What a subject line says is the mailbox's own, whomever it names.
    let own = [
        "Amina Okafor",
        address,
        address,
        "Dear Amina Okafor,",
        "2 items could not be copied:\n• “Rota of bo@other.example”, folder Inbox, 52.1 MB\n• and 1 \
         more\nPlease ask.",
    ];
    assert_eq!(found(&own, SubjectLines::Workbook, true), []);
    // A greeting leaves out what stands in brackets behind a name, and nothing else.
    let mut abridged = own;
    abridged[3] = "Dear Amina,";
    let wrong = found(&abridged, SubjectLines::Workbook, true);
    assert_eq!(wrong, [foreign("Tell users", "Greeting", 1, 2)]);
    for (place, heading, cell) in [
        (2, "Send to", "carl@other.example"),
        (3, "Greeting", "Dear Carl Zhou,"),
        (3, "Greeting", "Carl Zhou"),
        (
            4,
            "Paragraph",
            "1 item:\n• “Results of Ms Other”\nPlease ask.",
        ),
        (
            4,
            "Paragraph",
            "1 item:\n• “Rota…”, folder Results of Ms Other",
        ),
        (4, "Paragraph", "Ask carl@other.example."),
    ] {
        let mut row = own;
        row[place] = cell;
        let wrong = found(&row, SubjectLines::Workbook, true);
        assert_eq!(wrong, [foreign("Tell users", heading, 1, 2)], "{cell}");
    }
    assert_eq!(
        found(&own, SubjectLines::Withheld, true),
        [Violation::SubjectLineNotWithheld]
    );
    assert_eq!(
        found(&own, SubjectLines::Workbook, false),
        [Violation::SubjectLinesUnprotected]
    );
    let mut silent = own;
    silent[4] = "1 item could not be copied:\n• 4 March 2021, 52.1 MB\nPlease ask.";
    assert_eq!(found(&silent, SubjectLines::Withheld, false), []);
}
