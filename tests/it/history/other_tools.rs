//! What other tools make of the history.

use std::path::Path;
use std::process::Command;

use crate::support::morning::Morning;
use crate::support::{python, python_has};

#[test]
fn duckdb_reads_it_as_one_table_and_counts_the_same() {
    if !python_has("duckdb") {
        return;
    }
    let mut morning = Morning::of_three();
    let dates = ["2026-11-12", "2026-11-17", "2026-11-18", "2026-11-20"];
    for date in dates {
        morning = morning.with_exports_of(date);
    }
    // Not in their order.
    for date in ["2026-11-12", "2026-11-18", "2026-11-17", "2026-11-20"] {
        assert_eq!(morning.say_of(date, &["run"]).exit_code, 0);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/history/totals.py");
    let history = morning.folder.path().join("data/history");
    let count = || {
        let output = Command::new(python())
            .arg(&script)
            .arg(&history)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert_eq!(
        count(),
        (
            Some(0),
            "12 days, 9 of them compared with one before: 0 figures differ\n".to_owned()
        )
    );

    // And it tells where they differ: the mailboxes of one day in the place of another's.
    let mailboxes = |date: &str| {
        history.join(format!(
            "mailboxes/date={date}/organisation=ZMU/part.parquet"
        ))
    };
    std::fs::copy(mailboxes("2026-11-12"), mailboxes("2026-11-18")).unwrap();
    let (exit_code, said) = count();
    assert!(
        exit_code == Some(1) && said.contains("2026-11-18 ZMU: items_failed is "),
        "{said}"
    );
}
