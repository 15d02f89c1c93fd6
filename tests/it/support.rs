//! What tests share.

pub(crate) mod morning;
#[cfg(unix)]
pub(crate) mod postfix;
#[cfg(unix)]
pub(crate) mod postgres;
pub(crate) mod prepared;
pub(crate) mod raw_exports;
pub(crate) mod smtp_server;
pub(crate) mod token_endpoint;

/// The Python that `tests/run` gave the packages that tests need, or else the machine's own.
pub(crate) fn python() -> String {
    std::env::var("MIGRATION_MONITOR_TESTS_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Says why a test is skipped: seen with --nocapture, and in the log of whoever runs single tests.
#[allow(clippy::print_stderr)]
pub(crate) fn skipped(why: &str) {
    eprintln!("Skipped: {why}");
}

/// Whether that Python has a package; where it has not, it says so.
pub(crate) fn python_has(package: &str) -> bool {
    let has_it = std::process::Command::new(python())
        .args(["-c", &format!("import {package}")])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_it {
        skipped(&format!(
            "{} has no package {package}. Run tests/run --only-install, or pip install {package}.",
            python()
        ));
    }
    has_it
}
