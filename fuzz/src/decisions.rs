//! What the person who runs the program decided: settings, a register, and a layout or rules of causes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use migration_monitor::domain::{Domain, ReportKind};
use migration_monitor::exports::Layouts;
use migration_monitor::metrics::CauseRules;
use migration_monitor::settings::{Register, Settings, SettingsError};

/// Between the settings, the register, and what follows it.
const NEXT: &str = "\n%%\n";

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = crate::scratch().join("decisions");
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

/// Reads settings, and a register, and a layout or rules where they follow, and asserts what must hold.
pub fn read_decisions(bytes: &[u8]) {
    let (settings, rest) = cut(bytes);
    let allowed = read_settings(settings);
    if let Some(rest) = rest {
        let (register, own) = cut(rest);
        read_register(register, &allowed);
        own.into_iter().for_each(read_own);
    }
}

fn cut(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut windows = bytes.windows(NEXT.len());
    match windows.position(|window| window == NEXT.as_bytes()) {
        Some(at) => (&bytes[..at], Some(&bytes[at + NEXT.len()..])),
        None => (bytes, None),
    }
}

/// A layout of one's own, or rules of causes.
fn read_own(bytes: &[u8]) {
    let folder = FOLDER.join("layouts");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("own.toml"), bytes).unwrap();
    match Layouts::load(Some(&folder)) {
        Ok(layouts) => assert!(layouts.iter().all(|layout| !layout.text().is_empty())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Err(error) = CauseRules::parse(&String::from_utf8_lossy(bytes)) {
        assert!(!error.to_string().is_empty());
    }
}

/// Gives the domains that mail may go to, or those of the first inputs.
fn read_settings(bytes: &[u8]) -> Vec<Domain> {
    let path = FOLDER.join("settings.toml");
    std::fs::write(&path, bytes).unwrap();
    match Settings::load(Some(&path)) {
        Ok(settings) => {
            let accounts = settings.mail.accounts();
            assert!(!accounts.is_empty(), "there is a sender");
            let senders: BTreeSet<String> = accounts.iter().map(|one| one.from.folded()).collect();
            assert_eq!(
                senders.len(),
                accounts.len(),
                "each account sends as itself"
            );
            assert!(!settings.mail.max_sending_time().is_zero());
            settings.mail.allowed_domains
        }
        Err(error) => {
            assert_told(&error);
            vec![Domain::parse("nhs.example").unwrap()]
        }
    }
}

fn read_register(bytes: &[u8], allowed: &[Domain]) {
    let path = FOLDER.join("register.csv");
    std::fs::write(&path, bytes).unwrap();
    let register = match Register::load(&path, allowed) {
        Ok(register) => register,
        Err(error) => return assert_told(&error),
    };
    // A row may go over several lines, and never the other way about.
    let lines = bytes.split(|byte| [b'\n', b'\r'].contains(byte)).count();
    assert!(register.organisations.len() + register.faulty.len() < lines.max(1));
    let codes: BTreeSet<_> = register.organisations.iter().map(|one| &one.code).collect();
    assert_eq!(
        codes.len(),
        register.organisations.len(),
        "an organisation is there once"
    );
    for organisation in &register.organisations {
        assert!(!organisation.name.trim().is_empty());
        for report in ReportKind::ALL {
            let recipients = organisation.recipients(report);
            assert!(recipients.iter().all(|one| one.is_within(allowed)));
            let folded: BTreeSet<_> = recipients.iter().map(|one| one.folded()).collect();
            assert_eq!(folded.len(), recipients.len(), "each person once");
        }
    }
    for row in &register.faulty {
        assert!(!row.mistakes.is_empty(), "a row is left out for a reason");
        for mistake in &row.mistakes {
            let line = usize::try_from(mistake.line.unwrap()).unwrap();
            assert!(
                (1..=lines).contains(&line) && !mistake.message.is_empty(),
                "{mistake:?}"
            );
        }
    }
}

/// A mistake says which file it is in, and can be shown.
fn assert_told(error: &SettingsError) {
    let text = error.to_string();
    assert!(!text.is_empty());
    let is_shown = |c: char| !c.is_control() || c == '\n';
    assert!(text.chars().all(is_shown), "{text:?}");
}
