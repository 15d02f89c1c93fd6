//! Every command of the guides works as they say.

use std::path::Path;
use std::process::Command;

use super::support::morning::Morning;

/// The blocks of a document that a shell can run.
fn commands_of(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let blocks = text.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_commands_of_the_operators_guide_work_in_their_order() {
    let morning = Morning::of_the_sample();
    let program = Path::new(env!("CARGO_BIN_EXE_migration-monitor"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let blocks = commands_of("docs/operating.md");
    assert!(blocks.len() >= 9, "{blocks:?}");
    for block in blocks {
        if block.contains("resolve 7") {
            // The answer to it was lost.
            let lose = "UPDATE deliveries SET state = 'unknown' WHERE id = 7";
            assert_eq!(morning.edit_ledger(lose), 1);
        }
        if block.contains("migration-monitor returns") {
            std::fs::create_dir(morning.folder.path().join("returns")).unwrap();
            morning.edit("migration-monitor.toml", |settings| {
                format!("{settings}\n[mail.returns]\nfolder = \"returns\"\n")
            });
        }
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &block])
            .current_dir(morning.folder.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{block}\n{said}");
    }
    let preview = morning
        .folder
        .path()
        .join("preview/2026-11-20/ZNM/overall-migration/edition-1/report.html");
    assert!(preview.exists(), "{}", preview.display());
}
