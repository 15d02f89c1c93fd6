//! Tables of invented people as migration tools export them, and the ways in which they are written
//! to files.

/// Headings and rows of an export.
#[derive(Debug, Clone)]
pub(crate) struct WrittenTable {
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

const SYNC_STATE: [&str; 12] = [
    "Collection",
    "Display Name",
    "Source Mailbox",
    "Target Mailbox",
    "Sync State",
    "Progress (%)",
    "Items Total",
    "Items Synchronized",
    "Failed Items",
    "Mailbox Size (MB)",
    "Last Synchronized",
    "Switch Date",
];

const FAILED_ITEMS: [&str; 11] = [
    "Collection",
    "User",
    "Source Mailbox",
    "Folder",
    "Subject",
    "Item Class",
    "Item Date",
    "Size (KB)",
    "Error Code",
    "Error",
    "Failed At",
];

/// What no finding may ever say: names, words of subject lines, a password.
pub(crate) const CONFIDENTIAL: [&str; 15] = [
    "amina",
    "okafor",
    "bryn",
    "llewellyn",
    "chloë",
    "chloe",
    "neill",
    "dafydd",
    "biopsy",
    "discharge",
    "ward 7",
    "rota",
    "Winter2026",
    "person",
    "letter",
];

/// The sync-state export that every test starts from: Amina, Bryn and Chloë.
pub(crate) fn sync_state() -> WrittenTable {
    WrittenTable::of(&SYNC_STATE)
        .with_row("Week 1|Amina Okafor|amina.okafor@nm.example|amina.okafor@nhs.example|In \
         Sync|100|1200|1198|2|512.5|20/11/2026 06:12:30|23/11/2026")
        .with_row("Week 1|Bryn Llewellyn|bryn.llewellyn@nm.example|bryn.llewellyn@nhs.example|Synchronizing|50.5|1,000|500|1|256|20/11/2026 06:10|23/11/2026")
        .with_row("Week 2|Chloë O'Neill|chloe.oneill@nm.example|chloe.oneill@nhs.example|Queued|0|800|0|0|||30/11/2026")
}

/// The failed-item export that every test starts from: two items of Amina's, one of Bryn's.
pub(crate) fn failed_items() -> WrittenTable {
    WrittenTable::of(&FAILED_ITEMS)
        .with_row(
            "Week 1|Amina Okafor|amina.okafor@nm.example|Inbox|Re: biopsy, second \
         opinion|IPM.Note|08/09/2026|21|0x8004010B|Server busy: request throttled|19/11/2026 \
         22:38:23",
        )
        .with_row(
            "Week 1|Amina Okafor|amina.okafor@nm.example|Archive\\2017|Discharge \
         letter\r\nfor \"ward 7\"|IPM.Note|29/12/2022|67788|0x80040305|Message size exceeds the \
         maximum allowed|19/11/2026 00:19:22",
        )
        .with_row(
            "Week 1|Bryn Llewellyn|bryn.llewellyn@nm.example|Sent Items|Café \
         rota|IPM.Appointment||15||The item is corrupted|",
        )
}

impl WrittenTable {
    fn of(headings: &[&str]) -> Self {
        Self {
            headings: headings.iter().map(|&heading| heading.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// One more row, its cells between `|`.
    pub(crate) fn with_row(mut self, cells: &str) -> Self {
        self.rows
            .push(cells.split('|').map(str::to_owned).collect());
        self
    }

    /// The same with another text in one cell.
    pub(crate) fn with(mut self, row: usize, heading: &str, text: &str) -> Self {
        let column = self.place(heading);
        self.rows[row][column] = text.to_owned();
        self
    }

    /// One more row: that at `row` again, with other texts under some headings.
    pub(crate) fn with_copy_of(mut self, row: usize, changes: &[(&str, &str)]) -> Self {
        self.rows.push(self.rows[row].clone());
        let last = self.rows.len() - 1;
        changes.iter().fold(self, |table, (heading, text)| {
            table.with(last, heading, text)
        })
    }

    /// `count` more mailboxes, all like Amina's but with addresses of their own.
    pub(crate) fn with_more_people(self, count: usize) -> Self {
        let address = |number| format!("person{number:03}@nm.example");
        let target = |number| format!("person{number:03}@nhs.example");
        (0..count).fold(self, |table, number| {
            table.with_copy_of(
                0,
                &[
                    ("Source Mailbox", &address(number)),
                    ("Target Mailbox", &target(number)),
                    ("Failed Items", "0"),
                ],
            )
        })
    }

    /// One more column on the right, with the same text in every row.
    pub(crate) fn with_column(mut self, heading: &str, text: &str) -> Self {
        self.headings.push(heading.to_owned());
        self.rows
            .iter_mut()
            .for_each(|row| row.push(text.to_owned()));
        self
    }

    pub(crate) fn without_column(mut self, heading: &str) -> Self {
        let column = self.place(heading);
        self.headings.remove(column);
        self.rows
            .iter_mut()
            .for_each(|row| drop(row.remove(column)));
        self
    }

    pub(crate) fn with_heading(mut self, heading: &str, other: &str) -> Self {
        let column = self.place(heading);
        self.headings[column] = other.to_owned();
        self
    }

    pub(crate) fn without_row(mut self, row: usize) -> Self {
        self.rows.remove(row);
        self
    }

    pub(crate) fn without_rows(mut self) -> Self {
        self.rows.clear();
        self
    }

    /// The columns in another order: `order` holds the present place of each.
    pub(crate) fn in_order(&self, order: &[usize]) -> Self {
        let arranged =
            |row: &Vec<String>| order.iter().map(|&column| row[column].clone()).collect();
        Self {
            headings: arranged(&self.headings),
            rows: self.rows.iter().map(arranged).collect(),
        }
    }

    fn place(&self, heading: &str) -> usize {
        self.headings
            .iter()
            .position(|known| known == heading)
            .unwrap_or_else(|| panic!("no column {heading}"))
    }

    /// The file as Excel writes it: commas, CRLF, quotation marks where they are needed.
    pub(crate) fn to_csv(&self) -> String {
        self.delimited_by(',')
    }

    pub(crate) fn delimited_by(&self, delimiter: char) -> String {
        self.written(delimiter, false, "\r\n")
    }

    /// The file as PowerShell writes it, with quotation marks round every cell.
    pub(crate) fn quoted_throughout(&self, delimiter: char) -> String {
        self.written(delimiter, true, "\r\n")
    }

    /// The file with quotation marks round every cell, or round those that need them.
    pub(crate) fn written(
        &self,
        delimiter: char,
        is_quoted_throughout: bool,
        line_end: &str,
    ) -> String {
        let needs_quotes =
            |cell: &str| is_quoted_throughout || cell.contains([delimiter, '"', '\n', '\r']);
        let cell = |text: &String| {
            if needs_quotes(text) {
                quoted(text)
            } else {
                text.clone()
            }
        };
        let line = |row: &Vec<String>| {
            row.iter()
                .map(cell)
                .collect::<Vec<_>>()
                .join(&delimiter.to_string())
                + line_end
        };
        std::iter::once(&self.headings)
            .chain(&self.rows)
            .map(line)
            .collect()
    }
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// The bytes of a text that has only characters of Latin-1, which Windows-1252 shares from U+00A0
/// on.
pub(crate) fn windows_1252(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

pub(crate) fn utf_16_little_endian(text: &str) -> Vec<u8> {
    [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect()
}

pub(crate) fn utf_16_big_endian(text: &str) -> Vec<u8> {
    [0xFE, 0xFF]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
        .collect()
}
