use std::collections::BTreeMap;

use crate::archive::ArchivedFile;
use crate::delivery::message_digest;
use crate::render::{self, Rendered};

/// A file of an edition's folder that holds a model or a record.
pub(super) fn json_file(
    name: &str,
    content: &impl serde::Serialize,
) -> Result<ArchivedFile, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(content)?;
    bytes.push(b'\n');
    Ok(file(name, bytes))
}

/// Page, text, pictures and workbook, as an edition's folder has them.
pub(super) fn rendered_files(rendered: Rendered) -> Vec<ArchivedFile> {
    let page = render::page_beside_pictures(&rendered);
    let mut files = vec![
        file("report.html", page.into_bytes()),
        file("report.txt", rendered.text.into_bytes()),
    ];
    for picture in rendered.pictures {
        files.push(file(&picture.file_name, picture.png));
    }
    files.push(file(&rendered.workbook.file_name, rendered.workbook.bytes));
    files
}

/// The names of files, and the digests of what they hold, as the audit log keeps them.
pub(super) fn contents(files: &[ArchivedFile]) -> BTreeMap<String, String> {
    let content = |file: &ArchivedFile| (file.name.clone(), message_digest(&file.bytes));
    files.iter().map(content).collect()
}

/// The message to a recipient, whose digest stands for the address.
pub(super) fn message_file(recipient_digest: &str, bytes: Vec<u8>) -> ArchivedFile {
    file(&message_file_name(recipient_digest), bytes)
}

pub(super) fn message_file_name(recipient_digest: &str) -> String {
    format!("message-{recipient_digest}.eml")
}

fn file(name: &str, bytes: Vec<u8>) -> ArchivedFile {
    ArchivedFile {
        name: name.to_owned(),
        bytes,
    }
}
