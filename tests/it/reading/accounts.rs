//! Reports of accounts, as portals and directories write them: who activated, who did not, and who is
//! not known to have.

use std::path::Path;

use migration_monitor::domain::FindingCode::{AccountsUnusable, RowsPassedOver};

use super::drop_folder::{DropFolder, Read};

fn awkward(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/awkward");
    std::fs::read(folder.join(file)).unwrap()
}

fn read(report: impl Into<Vec<u8>>) -> Read {
    let folder = DropFolder::with_good_exports();
    folder.with("accounts.csv", report).read()
}

/// Each account, as `name created activated`.
fn accounts(read: &Read) -> Vec<String> {
    let report = read.tables().accounts.as_ref();
    let report = report.unwrap_or_else(|| panic!("{:#?}", read.findings()));
    let said = report.accounts.iter().map(|account| {
        let name = account.mailbox.split('.').next().unwrap();
        let created = account.created_on.map_or("-".into(), |day| day.to_string());
        let is_activated = match account.is_activated {
            Some(true) => "activated",
            Some(false) => "not",
            None => "unknown",
        };
        format!("{name} {created} {is_activated}")
    });
    said.collect()
}

#[test]
fn the_users_of_google_workspace_are_read_by_their_last_sign_in() {
    let read = read(awkward("accounts-google-workspace.csv"));
    assert_eq!(
        accounts(&read),
        ["amina - activated", "bryn - not", "chloe - unknown"]
    );
}

#[test]
fn sign_ins_of_microsoft_graph_are_read_whatever_stands_for_none() {
    let read = read(awkward("accounts-graph-sign-ins.csv"));
    assert_eq!(
        accounts(&read),
        [
            "amina 2026-10-22 activated",
            // In UTC it is the day before.
            "bryn 2026-10-22 not",
            "chloe 2026-10-23 unknown"
        ]
    );
}

#[test]
fn a_list_of_users_that_does_not_say_who_signed_in_is_refused_by_what_it_lacks() {
    let read = read(awkward("accounts-entra-users.csv"));
    assert!(read.tables().accounts.is_none() && !read.is_held());
    read.warns_of(AccountsUnusable);
    let told = read.findings()[0].to_string();
    assert!(told.contains("this is missing: Activated"), "{told}");
}

#[test]
fn an_account_is_activated_by_a_sign_in_and_by_nothing_that_stands_for_none() {
    for (cell, is_activated) in [
        ("19/11/2026 07:58", "activated"),
        ("2026-11-19T07:58:12.123Z", "activated"),
        ("19 Nov 2026, 07:58", "activated"),
        ("Yes", "activated"),
        ("True", "activated"),
        ("Never", "not"),
        ("Never logged in", "not"),
        ("Never signed in", "not"),
        ("NeverSignedIn", "not"),
        ("No sign-in", "not"),
        ("Never Logged On", "not"),
        ("No", "not"),
        ("FALSE", "not"),
        // What Windows, .NET and spreadsheets write for none, and words that say nothing.
        ("01/01/1601 00:00:00", "unknown"),
        ("01/01/0001 00:00:00", "unknown"),
        ("31/12/1600 23:58:45", "unknown"),
        ("0001-01-01T00:00:00Z", "unknown"),
        ("", "unknown"),
        ("null", "unknown"),
        ("N/A", "unknown"),
        ("-", "unknown"),
        (
            "Microsoft.Graph.PowerShell.Models.MicrosoftGraphSignInActivity",
            "unknown",
        ),
        ("133456789012345678", "unknown"),
        ("see portal", "unknown"),
    ] {
        let report = format!("UPN,LastLogonTime\r\namina.okafor@nhs.example,\"{cell}\"\r\n");
        let read = read(report);
        assert_eq!(
            accounts(&read),
            [format!("amina - {is_activated}")],
            "{cell}"
        );
    }
}

#[test]
fn cells_that_a_spreadsheet_left_out_at_the_end_of_a_row_are_not_known() {
    let read = read(
        "User Principal Name,Created,AUP Accepted\r\n\
         amina.okafor@nhs.example,21/10/2026,Yes\r\n\
         bryn.llewellyn@nhs.example,21/10/2026\r\n\
         chloe.oneill@nhs.example\r\n",
    );
    assert_eq!(
        accounts(&read),
        [
            "amina 2026-10-21 activated",
            "bryn 2026-10-21 unknown",
            "chloe - unknown"
        ]
    );
    assert_eq!(read.codes(), []);
    // Rows that are none are still told.
    let read = self::read(
        "Applied filters: Status is Active\r\nUser Principal Name,AUP Accepted\r\n\
         amina.okafor@nhs.example,Yes\r\nTotal: 1\r\n",
    );
    assert_eq!(accounts(&read), ["amina - activated"]);
    read.notes(RowsPassedOver);
}
