use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::answer::{self, Answer};
use super::failure::{ExitCode, Failure};
use crate::day::Note;
use crate::domain::invisible::{escaped_in_json, for_terminal};
use crate::domain::{FindingCode, OrganisationCode, ReportDate};

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The form of a command's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerFormat {
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

/// What a log line is, and from which verbosity on it is said.
type Level = (&'static str, Verbosity);

const DETAIL: Level = ("detail", Verbosity::Verbose);
const INFO: Level = ("info", Verbosity::Normal);
const WARNING: Level = ("warning", Verbosity::Quiet);

/// The terminal: results on standard output; progress and log lines, which never name a user, on
/// standard error.
pub(crate) struct Console {
    format: LogFormat,
    verbosity: Verbosity,
    bar: ProgressBar,
    /// The command whose result is to be one object of JSON, in place of lines.
    answering: Option<&'static str>,
    answer: serde_json::Value,
    /// The day that log lines are about.
    about: Option<ReportDate>,
    /// Whether they are to say so, since there are several.
    tells_days_apart: bool,
}

impl Console {
    pub(crate) fn new(format: LogFormat, verbosity: Verbosity) -> Self {
        Self {
            format,
            verbosity,
            bar: ProgressBar::hidden(),
            answering: None,
            answer: json!({}),
            about: None,
            tells_days_apart: false,
        }
    }

    /// From here on the result is that of `command` as JSON, where there is one: no line of it is
    /// printed.
    pub(crate) fn answer_in_json(&mut self, command: Option<&'static str>) {
        self.answering = command;
    }

    /// What the command found, for whoever asked for JSON.
    pub(super) fn answer(&mut self, answer: &impl Answer) -> Result<(), Failure> {
        if self.answering.is_some() {
            self.answer = serde_json::to_value(answer).map_err(std::io::Error::from)?;
        }
        Ok(())
    }

    /// Prints the object, where JSON was asked for.
    pub(crate) fn finish(&self, exit_code: ExitCode, error: Option<&str>) -> std::io::Result<()> {
        match self.answering {
            None => Ok(()),
            Some(command) => {
                let object = answer::document(command, exit_code, error, self.answer.clone());
                self.print(&escaped_in_json(&format!("{object:#}")))
            }
        }
    }

    /// The day that what follows is about.
    pub(super) fn turn_to(&mut self, day: ReportDate) {
        self.about = Some(day);
    }

    /// From here on each line of the log says which day it is about.
    pub(super) fn tell_days_apart(&mut self) {
        self.tells_days_apart = true;
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
        self.say_of(None, notes)
    }

    /// Does something, and says what is noted of it, also where it fails.
    pub(super) fn hear<T, E>(
        &self,
        act: impl FnOnce(&mut Vec<Note>) -> Result<T, E>,
    ) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        let mut notes = Vec::new();
        let done = act(&mut notes);
        self.say(notes)?;
        Ok(done?)
    }

    /// What is to be said of an organisation.
    pub(super) fn say_of(
        &self,
        organisation: Option<&OrganisationCode>,
        notes: impl IntoIterator<Item = Note>,
    ) -> std::io::Result<()> {
        for note in notes {
            let (level, text, code) = match note {
                Note::Detail(text) => (DETAIL, text, None),
                Note::Info(text) => (INFO, text, None),
                Note::Warning(text) => (WARNING, text, None),
                Note::Held(text, code) => (WARNING, text, code),
                Note::Result(text) => {
                    self.result(&text)?;
                    continue;
                }
            };
            self.log(level, &text, organisation, code);
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
        self.log(DETAIL, text, None, None);
    }

    /// A line for everybody.
    pub(super) fn warning(&self, text: &str) {
        self.log(WARNING, text, None, None);
    }

    /// Why the program ends.
    pub(crate) fn error(&self, text: &str) {
        self.log(("error", Verbosity::Quiet), text, None, None);
    }

    fn log(
        &self,
        (level, from): Level,
        text: &str,
        organisation: Option<&OrganisationCode>,
        code: Option<FindingCode>,
    ) {
        if self.verbosity < from {
            return;
        }
        let day = self.about.filter(|_| self.tells_days_apart);
        let day = day.map_or(String::new(), |day| format!("{day}: "));
        let line = match self.format {
            LogFormat::Text if from == Verbosity::Quiet => {
                for_terminal(&format!("{level}: {day}{text}"))
            }
            LogFormat::Text => for_terminal(&format!("{day}{text}")),
            LogFormat::Json => {
                let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
                let mut line = json!({ "time": time, "level": level, "message": text });
                for (name, value) in [
                    ("date", self.about.map(|day| json!(day))),
                    ("organisation", organisation.map(|of| json!(of))),
                    ("code", code.map(|code| json!(code))),
                ] {
                    if let (Some(fields), Some(value)) = (line.as_object_mut(), value) {
                        fields.insert(name.to_owned(), value);
                    }
                }
                escaped_in_json(&line.to_string())
            }
        };
        // Nobody is left to be told when standard error is closed.
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stderr(), "{line}");
        });
    }

    /// A line of the result; not where it is asked for as JSON.
    pub(super) fn result(&self, text: &str) -> std::io::Result<()> {
        match self.answering {
            None => self.print(&for_terminal(text)),
            Some(_) => Ok(()),
        }
    }

    /// A line of the result where all is well: not for whoever wants to hear only what is wrong.
    pub(super) fn result_of_well(&self, text: &str) -> std::io::Result<()> {
        match self.is_quiet() {
            true => Ok(()),
            false => self.result(text),
        }
    }

    fn print(&self, text: &str) -> std::io::Result<()> {
        match self.bar.suspend(|| writeln!(std::io::stdout(), "{text}")) {
            // Whoever read it has seen enough: `deliveries | head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }
}
