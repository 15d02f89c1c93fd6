//! The program. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(migration_monitor::cli::main())
}
