//! The program. Everything it does is in the library.

use std::process::ExitCode;

/// Tables of text are millions of small pieces, taken and given back by several threads: a twelfth of a run is saved beside
/// the system's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(migration_monitor::cli::main())
}
