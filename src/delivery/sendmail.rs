use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::masking::fit_to_keep;
use super::transport::{Deferral, Leave, OutgoingMessage, Refusal, SendOutcome, Transport};

/// “Try again later”: the only exit status that says so (`EX_TEMPFAIL` of sysexits.h, which every
/// sendmail keeps to).
const TRY_LATER: i32 = 75;

/// What is wrong with the machine, and with no message: of the system, of its files, of reading and
/// writing, of the mail program's settings (`EX_OSERR`, `EX_OSFILE`, `EX_CANTCREAT`, `EX_IOERR`,
/// `EX_CONFIG` of sysexits.h).
const MACHINE_IS_TO_BLAME: [i32; 5] = [71, 72, 73, 74, 78];
/// What is wrong with the recipient's address or its domain (`EX_NOUSER`, `EX_NOHOST`).
const RECIPIENT_IS_TO_BLAME: [i32; 2] = [67, 68];
/// How often a program that is still at work is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How the variables of this program begin.
const OWN_VARIABLES: &str = "MIGRATION_MONITOR_";
/// How much of what a program says is read.
const MOST_SAID_BYTES: u64 = 8 * 1024;

/// Hands messages to the mail program of this machine, which queues and sends them.
///
/// No shell is involved: the program gets `-i -f SENDER -t`, and the message on its standard input,
/// whose header `To` names the recipient. In arguments everybody on the machine can read an address:
/// the recipient stands there only where the header names somebody else. No variable of this
/// program's, which may be a password, is handed on.
#[derive(Debug, Clone)]
pub struct Sendmail {
    command: PathBuf,
    timeout: Duration,
}

impl Sendmail {
    /// The program at `command`, which may take `timeout` for one message.
    pub fn new(command: impl Into<PathBuf>, timeout: Duration) -> Self {
        Self {
            command: command.into(),
            timeout,
        }
    }

    fn name(&self) -> String {
        self.command.display().to_string()
    }

    fn start(&self, message: &OutgoingMessage<'_>) -> io::Result<Child> {
        let mut program = Command::new(&self.command);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with(OWN_VARIABLES) {
                program.env_remove(name);
            }
        }
        // -i: a line with only a full stop does not end the message.
        program.args(["-i", "-f", message.from.reveal()]);
        if names_only(message) {
            program.arg("-t");
        } else {
            program.args(["--", message.to.reveal()]);
        }
        program
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
    }

    /// What a program that was started came to. It reads and speaks at its own pace, so that each
    /// has a thread.
    fn attend(&self, mut program: Child, message: &OutgoingMessage<'_>) -> SendOutcome {
        let (input, errors) = (program.stdin.take(), program.stderr.take());
        // Programs take lines as this machine ends them, and end them anew for the wire.
        let lines = String::from_utf8_lossy(message.bytes).replace("\r\n", "\n");
        let writing = thread::spawn(move || {
            input.map_or(Ok(()), |mut input| input.write_all(lines.as_bytes()))
        });
        let listening = thread::spawn(move || errors.map(first_line).unwrap_or_default());
        let status = match wait(&mut program, self.timeout) {
            Ok(Some(status)) => status.code(),
            Ok(None) => {
                // Its threads end with it, or with whoever it handed its pipes to: they are not
                // waited for.
                let _ = program.kill();
                let _ = program.wait();
                let seconds = self.timeout.as_secs();
                return self.unknown(&format!("did not end within {seconds} s and was stopped"));
            }
            Err(error) => return self.unknown(&format!("was lost: {error}")),
        };
        let is_written = matches!(writing.join(), Ok(Ok(())));
        let said = listening.join().unwrap_or_default();
        self.outcome(status, is_written, &fit_to_keep(&said, Some(message.to)))
    }

    /// The outcome of a program that ended with this status; `None` where a signal ended it.
    fn outcome(&self, status: Option<i32>, is_written: bool, said: &str) -> SendOutcome {
        let name = self.name();
        let Some(status) = status else {
            return self.unknown("was ended by a signal");
        };
        let mut reply = format!("{name} ended with status {status}");
        if !said.is_empty() {
            reply = format!("{reply}: {said}");
        }
        match status {
            0 if is_written => SendOutcome::Accepted(format!("queued by {name}")),
            0 => self.unknown("did not read the whole message, and ended well"),
            TRY_LATER => SendOutcome::Deferred(reply, Deferral::Message),
            _ if MACHINE_IS_TO_BLAME.contains(&status) => SendOutcome::unreachable(reply),
            _ => SendOutcome::Refused(Refusal {
                text: reply,
                kind: format!("status {status}"),
                is_certain: RECIPIENT_IS_TO_BLAME.contains(&status),
            }),
        }
    }

    fn unknown(&self, what_happened: &str) -> SendOutcome {
        SendOutcome::Unknown(format!(
            "{} {what_happened}: the message may have been queued",
            self.name()
        ))
    }
}

/// Whether the headers name the recipient, and nobody else whom a mail program would send to.
fn names_only(message: &OutgoingMessage<'_>) -> bool {
    let text = String::from_utf8_lossy(message.bytes);
    let headers = text.split("\r\n\r\n").next().unwrap_or_default();
    let value_of = |name: &str, line: &str| {
        let (found, value) = line.split_once(':')?;
        found
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    };
    let lines: Vec<&str> = headers.split("\r\n").collect();
    let to: Vec<String> = lines
        .iter()
        .filter_map(|line| value_of("To", line))
        .collect();
    let names_others = lines.iter().any(|line| {
        let name = line.split(':').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        ["cc", "bcc"].contains(&name.as_str()) || name.starts_with("resent-")
    });
    to == [message.to.reveal()] && !names_others
}

impl Transport for Sendmail {
    fn hand_over(&mut self, message: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        // Where we end, its input does: it may take what it has for a whole message.
        if !leave() {
            return SendOutcome::stayed();
        }
        match self.start(message) {
            Ok(program) => self.attend(program, message),
            Err(error) => SendOutcome::unreachable(format!(
                "{} cannot be started: {error}; check command under [mail.sendmail]",
                self.name()
            )),
        }
    }

    fn finish(&mut self) {}
}

/// The first line of what a program says that is not empty. What cannot be read was not said; what
/// follows is thrown away, so that the program is not stopped by it.
fn first_line(mut errors: ChildStderr) -> String {
    let mut said = Vec::new();
    let _ = errors.by_ref().take(MOST_SAID_BYTES).read_to_end(&mut said);
    let _ = io::copy(&mut errors, &mut io::sink());
    let said = String::from_utf8_lossy(&said);
    let mut lines = said.lines().map(str::trim);
    lines
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .to_owned()
}

/// Waits for the program to end; `None` where it does not in time.
fn wait(program: &mut Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = program.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() >= timeout {
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::mail::Message;

    fn message() -> Message {
        let bytes = format!(
            "To: amina.okafor@nhs.example\r\nSubject: a\r\n\r\n{}.\r\n.\r\nend\r\n",
            "a line\r\n".repeat(100_000)
        );
        Message::invented("RXX", "amina.okafor@nhs.example", bytes)
    }

    /// What comes of a program with this body.
    fn outcome(folder: &Path, body: &str) -> SendOutcome {
        let program = folder.join("sendmail");
        std::fs::write(
            &program,
            format!("#!/bin/sh\ncd '{}'\n{body}\n", folder.display()),
        )
        .unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        Sendmail::new(program, Duration::from_secs(2)).send(&message())
    }

    #[test]
    fn the_program_gets_the_message_and_nothing_is_read_by_a_shell() {
        let folder = tempfile::tempdir().unwrap();
        let outcome = outcome(
            folder.path(),
            "printf '%s|' \"$@\" >arguments; env >variables; cat >message",
        );
        assert!(matches!(outcome, SendOutcome::Accepted(reply) if reply.starts_with("queued by ")));
        let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert_eq!(read("arguments"), "-i|-f|reports@nhs.example|-t|");
        assert_eq!(
            read("message").replace('\n', "\r\n").into_bytes(),
            message().bytes
        );
    }

    #[test]
    fn every_end_has_its_state() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("sendmail").display().to_string();
        let of = |body: &str| outcome(folder.path(), body);
        assert_eq!(
            of(
                "cat >/dev/null; echo 'queue of amina.okafor@nhs.example full' >&2; echo more >&2; \
                 exit 75"
            ),
            SendOutcome::Deferred(
                format!("{name} ended with status 75: queue of …@nhs.example full"),
                Deferral::Message
            )
        );
        let misconfigured =
            SendOutcome::unreachable(format!("{name} ended with status 78: no queue folder"));
        assert_eq!(
            of("cat >/dev/null; echo 'no queue folder' >&2; exit 78"),
            misconfigured
        );
        assert_eq!(
            of("exit 67"),
            SendOutcome::Refused(Refusal {
                text: format!("{name} ended with status 67"),
                kind: "status 67".to_owned(),
                is_certain: true,
            })
        );
        assert_eq!(
            of("cat >/dev/null; head -c 300000 /dev/zero | tr '\\0' 'x' >&2; exit 1"),
            SendOutcome::Refused(Refusal {
                text: format!("{name} ended with status 1: {}…", "x".repeat(500)),
                kind: "status 1".to_owned(),
                is_certain: false,
            }),
            "however much it says"
        );
        for unknown in [
            "cat >/dev/null; kill -9 $$",
            "cat >/dev/null; exec sleep 60",
            "exit 0",
        ] {
            assert!(matches!(of(unknown), SendOutcome::Unknown(_)), "{unknown}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_puts_messages_off() {
        let outcome = Sendmail::new("/no/such/sendmail", Duration::from_secs(2)).send(&message());
        assert!(
            matches!(outcome, SendOutcome::Deferred(reason, Deferral::Unreachable) if reason.contains("[mail.sendmail]"))
        );
    }
}
