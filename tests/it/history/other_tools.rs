//! What other tools make of the history.

use std::path::Path;
use std::process::Command;

use crate::support::morning::Morning;

/// The Python that `tests/run` gave the packages that tests need, or else the machine's own.
fn python() -> String {
    std::env::var("MIGRATION_MONITOR_TESTS_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
#[allow(clippy::print_stderr)] // a test that is skipped says why
fn duckdb_reads_it_as_one_table_and_counts_the_same() {
    let has_duckdb = Command::new(python())
        .args(["-c", "import duckdb"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_duckdb {
        // Seen with --nocapture, and in the log of whoever runs single tests: tests/run installs
        // it.
        eprintln!(
            "Skipped: {} has no package duckdb. Run tests/run --only-install, or pip install \
             duckdb.",
            python()
        );
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
