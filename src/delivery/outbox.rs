use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::slice;

use rayon::prelude::*;

use super::record::{DeliveryRecord, message_digest};
use super::transport::{
    Leave, LeaveAll, OutgoingMessage, Refusal, SendOutcome, Transport, one_by_one, outbox_file,
};
use crate::private_files;

/// Writes each message as a file that any mail client opens, instead of sending it.
///
/// A file is complete or absent, and for its owner only. Sending the same message again finds it
/// there.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// The outbox in `folder`, which is made when the first message is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Takes the message of a delivery out, where it lies there as it was written. Says whether it
    /// did.
    ///
    /// # Errors
    /// Where it cannot be read or removed.
    pub fn take_out(&self, delivery: &DeliveryRecord) -> io::Result<bool> {
        let path = self.folder.join(outbox_file(&delivery.key));
        let bytes = private_files::if_there(fs::read(&path))?;
        let is_its = bytes.is_some_and(|bytes| message_digest(&bytes) == delivery.message_digest);
        if is_its {
            fs::remove_file(&path)?;
        }
        Ok(is_its)
    }

    fn path_of(&self, message: &OutgoingMessage<'_>) -> PathBuf {
        self.folder.join(&message.file)
    }

    /// Writes messages side by side: the disk takes them in about the time of one.
    fn write(
        &self,
        messages: &[OutgoingMessage<'_>],
        leave: &mut LeaveAll<'_>,
    ) -> io::Result<Vec<SendOutcome>> {
        let mut folders = BTreeSet::new();
        for message in messages {
            let path = self.path_of(message);
            let folder = path.parent().unwrap_or(&self.folder);
            if !folder.is_dir() {
                private_files::create_folder(folder)?;
                folders.insert(self.folder.clone());
            }
            folders.insert(folder.to_owned());
        }
        let unfinished = messages.par_iter().map(|message| {
            let path = self.path_of(message);
            let mut file = private_files::unfinished_file(path.parent().unwrap_or(&self.folder))?;
            file.write_all(message.bytes)?;
            Ok((file, path))
        });
        let unfinished: Vec<_> = unfinished.collect::<io::Result<_>>()?;
        unfinished
            .par_iter()
            .try_for_each(|(file, _)| file.as_file().sync_all())?;
        let may_leave = leave(&Vec::from_iter(0..messages.len()));
        let mut outcomes = Vec::new();
        for (((file, path), message), may_leave) in
            unfinished.into_iter().zip(messages).zip(may_leave)
        {
            if !may_leave {
                outcomes.push(SendOutcome::stayed());
                continue;
            }
            let name = message.file.display();
            outcomes.push(match file.persist_noclobber(&path) {
                Ok(_) => SendOutcome::Kept(format!("written to {name}")),
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                    if fs::read(&path)? == message.bytes {
                        SendOutcome::Kept(format!("was there already as {name}"))
                    } else {
                        SendOutcome::Refused(Refusal::certain(format!(
                            "another message is in the outbox as {name}: move it away, if it was \
                             not meant to stay, and reissue the report"
                        )))
                    }
                }
                Err(error) => return Err(error.error),
            });
        }
        // The deepest first: a folder is on the disk before the one that names it.
        folders
            .iter()
            .rev()
            .try_for_each(|folder| private_files::sync_folder(folder))?;
        Ok(outcomes)
    }
}

impl Transport for Outbox {
    fn leaves_the_machine(&self) -> bool {
        false
    }

    fn at_once(&self) -> usize {
        16
    }

    fn hand_over_all(
        &mut self,
        messages: &[OutgoingMessage<'_>],
        leave: &mut LeaveAll<'_>,
    ) -> Vec<SendOutcome> {
        // Where one of them fails, each by itself says whether it does, and which are there already.
        self.write(messages, leave)
            .unwrap_or_else(|_| one_by_one(self, messages, leave))
    }

    fn hand_over(&mut self, message: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        self.write(slice::from_ref(message), &mut |_| vec![leave()])
            .and_then(|mut outcomes| outcomes.pop().ok_or_else(|| ErrorKind::Other.into()))
            .unwrap_or_else(|error| {
                SendOutcome::unreachable(format!(
                    "cannot write to the outbox {}: {error}; check that the folder belongs to the \
                     user who runs this and that the disk has space",
                    self.folder.display()
                ))
            })
    }

    fn finish(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::transport::Deferral;
    use crate::mail::Message;

    fn message(bytes: &[u8]) -> Message {
        Message::invented("RXX", "amina.okafor@nhs.example", bytes)
    }

    #[test]
    fn a_message_is_written_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut outbox = Outbox::new(folder.path().join("outbox"));
        let message = message(b"Subject: a\r\n\r\nb\r\n");
        assert!(
            matches!(outbox.send(&message), SendOutcome::Kept(reply) if reply.starts_with("written to 2026-11-22/RXX-overall-"))
        );
        assert!(
            matches!(outbox.send(&message), SendOutcome::Kept(reply) if reply.starts_with("was there already"))
        );
        let day = folder.path().join("outbox/2026-11-22");
        let files: Vec<_> = fs::read_dir(&day)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(files.len(), 1, "nothing half-written stays behind");
        assert_eq!(fs::read(&files[0]).unwrap(), message.bytes);
        assert!(!files[0].display().to_string().contains("amina"));
    }

    #[test]
    fn another_message_of_the_same_delivery_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let mut outbox = Outbox::new(folder.path());
        outbox.send(&message(b"one"));
        assert!(matches!(
            outbox.send(&message(b"two")),
            SendOutcome::Refused(_)
        ));
        assert_eq!(
            fs::read(folder.path().join(OutgoingMessage::of(&message(b"")).file)).unwrap(),
            b"one"
        );
    }

    #[cfg(unix)]
    #[test]
    fn files_and_folders_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let message = message(b"one");
        Outbox::new(folder.path().join("outbox")).send(&message);
        let mode = |path: &str| {
            fs::metadata(folder.path().join(path))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!((mode("outbox"), mode("outbox/2026-11-22")), (0o700, 0o700));
        assert_eq!(
            mode(&format!(
                "outbox/{}",
                OutgoingMessage::of(&message).file.display()
            )),
            0o600
        );
    }

    #[test]
    fn an_outbox_that_cannot_be_written_defers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let outcome = Outbox::new(&file).send(&message(b"one"));
        assert!(
            matches!(outcome, SendOutcome::Deferred(_, Deferral::Unreachable)),
            "{outcome:?}"
        );
    }
}
