//! Invented organisations are what their generator writes: the sample, and the estates that
//! measurements are made on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;

use crate::support::morning::sample_folder;

/// The files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(below) = waiting.pop() {
        for entry in std::fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                files.insert(
                    path.strip_prefix(folder).unwrap().to_owned(),
                    std::fs::read(path).unwrap(),
                );
            }
        }
    }
    files
}

fn estate(arguments: &[&str]) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/generator");
    let mut generate = Command::new("python3");
    generate
        .arg(script)
        .arg("estate")
        .args(["--organisations", "3", "--mailboxes", "900"])
        .args(arguments)
        .arg("--out")
        .arg(folder.path());
    let output = generate.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    files(folder.path())
}

/// What is in a file, which different versions of zlib pack differently.
fn unpacked((path, bytes): (&PathBuf, &Vec<u8>)) -> Vec<u8> {
    let mut text = Vec::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut text)
            .unwrap();
    } else {
        text.extend(bytes);
    }
    text
}

#[test]
fn the_sample_is_what_its_generator_writes() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("python3")
        .arg(sample_folder().join("generator"))
        .arg("sample")
        .arg("--out")
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (made, kept) = (
        files(&folder.path().join("exports")),
        files(&sample_folder().join("exports")),
    );
    assert!(made.keys().eq(kept.keys()));
    for (made, kept) in made.iter().zip(&kept) {
        assert!(unpacked(made) == unpacked(kept), "{}", kept.0.display());
    }
}

/// Address and state of each mailbox in a sync-state export; no cell before them holds a comma.
fn states(export: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8(export.to_vec()).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    text.lines()
        .skip(1)
        .map(cells)
        .map(|cells| (cells[2].clone(), cells[4].clone()))
        .collect()
}

#[test]
fn an_estate_is_the_same_whenever_it_is_made_and_its_days_are_of_the_same_people() {
    let four_days = estate(&["--days", "4"]);
    assert_eq!(four_days, estate(&["--days", "4"]));

    // The last day of four is that day by itself.
    for (path, bytes) in estate(&[]) {
        assert_eq!(four_days.get(&path), Some(&bytes), "{}", path.display());
    }
    let (mut moved, mut switched) = (0, 0);
    for code in ["ZE0001", "ZE0002", "ZE0003"] {
        let day = |day: &str| {
            states(
                &four_days[&Path::new("exports")
                    .join(code)
                    .join(day)
                    .join("sync-state.csv")],
            )
        };
        let (first, last) = (day("2026-11-17"), day("2026-11-20"));
        assert_eq!(
            first.keys().collect::<BTreeSet<_>>(),
            last.keys().collect::<BTreeSet<_>>()
        );
        for (mailbox, before) in &first {
            moved += usize::from(last[mailbox] != *before);
            switched += usize::from(before == "Switched");
            assert!(
                before != "Switched" || last[mailbox] == "Switched",
                "nobody is switched back"
            );
        }
    }
    assert!(
        moved > 20 && switched > 20,
        "{moved} of 900 came to another state, {switched} are switched"
    );
}

#[test]
fn another_seed_makes_other_people() {
    let register = Path::new("exports/ZE0001/migration-schedule.csv");
    assert_ne!(estate(&[])[register], estate(&["--seed", "7"])[register]);
}
