//! What asks a run to end: Ctrl-C, the service manager, a terminal that is closed. It ends after the
//! message in hand, and says so.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// How soon whoever waits hears of it.
const SLICE: Duration = Duration::from_millis(200);

static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on a first signal is heard by [`is_asked_to_end`]; a second one ends the program at once.
/// Whoever listens already, as the second day of several, does so on: twice, one signal would count as two.
pub(crate) fn listen() -> io::Result<()> {
    if ASKED.get().is_some() {
        return Ok(());
    }
    let asked = ASKED.get_or_init(Arc::default);
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        // The second first: it looks whether there was one before it.
        flag::register_conditional_default(signal, Arc::clone(asked))?;
        flag::register(signal, Arc::clone(asked))?;
    }
    Ok(())
}

/// Whether the run is to end.
pub(crate) fn is_asked_to_end() -> bool {
    ASKED
        .get()
        .is_some_and(|asked| asked.load(Ordering::Relaxed))
}

/// Waits, unless the run is to end.
pub(crate) fn sleep(time: Duration) {
    let began = Instant::now();
    while let Some(left) = time
        .checked_sub(began.elapsed())
        .filter(|_| !is_asked_to_end())
    {
        std::thread::sleep(left.min(SLICE));
    }
}
