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

    the_figures_are_one_table_in_csv_and_parquet(&morning);

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

/// What DuckDB makes of both files of figures: the types of one, and how many cells of the other differ,
/// each read as text by itself.
const FIGURES: &str = r#"
import sys
import duckdb
parquet, csv = (f"{sys.argv[1]}/organisation-days.{ending}" for ending in ("parquet", "csv"))
columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{parquet}'").fetchall()
print(",".join(f"{name} {kind}" for name, kind, *_ in columns))
ours = duckdb.sql(f"SELECT COLUMNS(*)::VARCHAR FROM '{parquet}'").fetchall()
text = duckdb.sql(f"SELECT * FROM read_csv('{csv}', header = true, all_varchar = true)")
theirs = text.fetchall()
assert [name for name, *_ in columns] == text.columns
differ = sum(a != b for row, other in zip(ours, theirs, strict=True) for a, b in zip(row, other, strict=True))
unknown = sum(cell is None for row in ours for cell in row)
print(f"{len(ours)} rows, {unknown} cells not known, {differ} differ")
"#;

fn the_figures_are_one_table_in_csv_and_parquet(morning: &Morning) {
    let out = morning.folder.path().join("figures");
    let said = morning.tell(&["figures", "--out", out.to_str().unwrap()]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let output = Command::new(python())
        .args(["-c", FIGURES])
        .arg(&out)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (columns, compared) = text.split_once('\n').unwrap();
    let csv = std::fs::read_to_string(out.join("organisation-days.csv")).unwrap();
    let headings: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let typed: Vec<String> = headings
        .iter()
        .map(|name| match *name {
            "date" => "date DATE".to_owned(),
            "organisation" => "organisation VARCHAR".to_owned(),
            name => format!("{name} BIGINT"),
        })
        .collect();
    assert_eq!(columns, typed.join(","));
    // Of the first day of each organisation new, cleared and newly attempted items are not known.
    assert_eq!(compared.trim(), "12 rows, 9 cells not known, 0 differ");
}
