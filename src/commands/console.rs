use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::day::Note;

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Warnings, and the result.
    Quiet,
    /// What a person wants to know who watches the run.
    Normal,
    /// Every step of every organisation.
    Verbose,
}

/// The terminal: results on standard output; progress and log lines, which never name a user, on
/// standard error.
pub(crate) struct Console {
    format: LogFormat,
    verbosity: Verbosity,
    bar: ProgressBar,
}

impl Console {
    pub(crate) fn new(format: LogFormat, verbosity: Verbosity) -> Self {
        Self {
            format,
            verbosity,
            bar: ProgressBar::hidden(),
        }
    }

    /// Whether only what is wrong is to be said.
    pub(super) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Begins a phase of `steps` steps.
    pub(super) fn begin(&mut self, phase: &'static str, steps: usize) {
        let is_shown = std::io::stderr().is_terminal()
            && self.format == LogFormat::Text
            && self.verbosity > Verbosity::Quiet;
        let target = if is_shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        self.bar = ProgressBar::with_draw_target(Some(steps as u64), target);
        // A template that does not parse leaves the default style.
        if let Ok(style) = ProgressStyle::with_template("{prefix:>9} [{bar:30}] {pos}/{len} {msg}")
        {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.set_prefix(phase);
    }

    /// Says what is in hand: an organisation.
    pub(super) fn step(&self, in_hand: &str) {
        self.bar.set_message(in_hand.to_owned());
        self.bar.inc(1);
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    pub(super) fn say(&self, notes: impl IntoIterator<Item = Note>) -> std::io::Result<()> {
        for note in notes {
            match note {
                Note::Detail(text) => self.detail(&text),
                Note::Info(text) => self.info(&text),
                Note::Warning(text) => self.warning(&text),
                Note::Result(text) => self.result(&text)?,
            }
        }
        Ok(())
    }

    /// A line for everybody for each of `texts`.
    pub(super) fn warnings(&self, texts: impl IntoIterator<Item: AsRef<str>>) {
        for text in texts {
            self.warning(text.as_ref());
        }
    }

    /// A line for those who want every step.
    pub(super) fn detail(&self, text: &str) {
        self.log("detail", Verbosity::Verbose, text);
    }

    /// A line for those who watch the run.
    pub(super) fn info(&self, text: &str) {
        self.log("info", Verbosity::Normal, text);
    }

    /// A line for everybody.
    pub(super) fn warning(&self, text: &str) {
        self.log("warning", Verbosity::Quiet, text);
    }

    /// Why the program ends.
    pub(crate) fn error(&self, text: &str) {
        self.log("error", Verbosity::Quiet, text);
    }

    fn log(&self, level: &'static str, from: Verbosity, text: &str) {
        if self.verbosity < from {
            return;
        }
        let line = match self.format {
            LogFormat::Text if from == Verbosity::Quiet => format!("{level}: {text}"),
            LogFormat::Text => text.to_owned(),
            LogFormat::Json => {
                let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
                serde_json::json!({ "time": time, "level": level, "message": text }).to_string()
            }
        };
        // Nobody is left to be told when standard error is closed.
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stderr(), "{line}");
        });
    }

    /// A line of the result.
    pub(super) fn result(&self, text: &str) -> std::io::Result<()> {
        match self.bar.suspend(|| writeln!(std::io::stdout(), "{text}")) {
            // Whoever read it has seen enough: `deliveries | head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }
}
