//! How fast and how lean exports are read, beside polars' own CSV reader on the same file in the
//! same run.
//!
//!     cargo bench --bench reading -- [MAILBOXES [ROUNDS]]        default: 1000000 9
//!
//! Writes an estate of one organisation into a temporary folder (`sample-data/generator estate`),
//! then reads its sync-state export and its failed-item export: polars from the file to columns of
//! text, and to text and numbers; ours from the file to where every cell is found (decoded,
//! digested, laid out), and to the validated table. They read in turns, several rounds, and the
//! median of each counts. A process of its own for each reads once and says how much memory it came
//! to use above what it began with.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)] // a measurement, not the program

#[path = "support/estate.rs"]
mod estate;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use estate::{DAY, Estate};
use migration_monitor::exports::{Export, ExportSet};
use migration_monitor::tables::Tables;
use polars::prelude::{CsvReadOptions, DataFrame, SerReader};

const ORGANISATION: &str = "ZE0001";

fn main() {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let argument = |place: usize| arguments.get(place).map(String::as_str);
    if let (Some("memory"), Some(reader), Some(folder), Some(input)) =
        (argument(0), argument(1), argument(2), argument(3))
    {
        let drop_folder = DropFolder {
            folder: folder.into(),
            input: input.to_owned(),
        };
        println!(
            "{}",
            drop_folder.memory(
                Reader::ALL
                    .into_iter()
                    .find(|known| known.name() == reader)
                    .unwrap()
            )
        );
        return;
    }
    let mailboxes: usize = argument(0).map_or(1_000_000, |text| {
        text.parse().expect("a number of mailboxes")
    });
    let rounds = argument(1).map_or(9, |text| text.parse().expect("a number of rounds"));

    let scratch = tempfile::tempdir().unwrap();
    estate::generate(
        scratch.path(),
        &[
            "--organisations",
            "1",
            "--mailboxes",
            &mailboxes.to_string(),
        ],
    );
    for input in ["sync-state", "failed-items"] {
        with_all_of(input, scratch.path()).measure(rounds);
    }
}

/// A drop folder of an estate of one organisation, with the whole of one export, and of the other
/// one no more than can be done with.
fn with_all_of(input: &str, estate: &Path) -> DropFolder {
    let folder = estate.join(format!("all-of-{input}"));
    let below = Path::new("exports").join(ORGANISATION).join(DAY);
    std::fs::create_dir_all(folder.join(&below)).unwrap();
    for (name, lines) in [("sync-state.csv", 2), ("failed-items.csv", 1)] {
        let (from, to) = (
            estate.join(&below).join(name),
            folder.join(&below).join(name),
        );
        if name.starts_with(input) {
            std::fs::hard_link(from, to).unwrap();
        } else {
            let text = std::fs::read_to_string(from).unwrap();
            std::fs::write(
                to,
                text.split_inclusive('\n').take(lines).collect::<String>(),
            )
            .unwrap();
        }
    }
    for name in ["migration-monitor.toml", "organisations.csv"] {
        std::fs::copy(estate.join(name), folder.join(name)).unwrap();
    }
    DropFolder {
        folder,
        input: input.to_owned(),
    }
}

/// Who reads.
#[derive(Debug, Clone, Copy)]
enum Reader {
    /// The room `exports`.
    Cells,
    /// The rooms `exports` and `tables`.
    Table,
    /// polars, every column as text.
    PolarsText,
    Polars,
}

impl Reader {
    const ALL: [Self; 4] = [Self::Cells, Self::Table, Self::PolarsText, Self::Polars];

    fn name(self) -> &'static str {
        match self {
            Self::Cells => "cells",
            Self::Table => "table",
            Self::PolarsText => "polars-text",
            Self::Polars => "polars",
        }
    }
}

/// What was read.
enum Read {
    Cells(Vec<Export>),
    Table(DataFrame),
}

impl Read {
    fn rows(&self) -> usize {
        match self {
            Self::Cells(exports) => exports.iter().map(Export::height).sum(),
            Self::Table(frame) => frame.height(),
        }
    }
}

/// A drop folder, and the export in it that is measured.
struct DropFolder {
    folder: PathBuf,
    input: String,
}

impl DropFolder {
    fn file(&self) -> PathBuf {
        self.folder
            .join("exports")
            .join(ORGANISATION)
            .join(DAY)
            .join(format!("{}.csv", self.input))
    }

    fn measure(&self, rounds: usize) {
        let mut times = [const { Vec::new() }; 4];
        let mut rows = 0;
        for _ in 0..rounds {
            for (reader, times) in Reader::ALL.into_iter().zip(&mut times) {
                let began = Instant::now();
                let read = self.read(reader);
                times.push(began.elapsed());
                rows = read.rows();
            }
        }
        let [cells, table, polars_text, polars] = times.map(median);
        #[allow(clippy::cast_precision_loss)] // figures for people
        let rate = |time: Duration| rows as f64 / time.as_secs_f64();
        let bytes = std::fs::metadata(self.file()).unwrap().len();
        println!(
            "\n{}: {rows} rows, {:.1} MiB; median of {rounds} rounds",
            self.input,
            mebibytes(bytes)
        );
        println!(
            "{:>8} {:>12} {:>10} {:>12} {:>12}",
            "reader", "rows/s", "s", "peak MiB", "peak ÷ file"
        );
        for (reader, time) in Reader::ALL
            .into_iter()
            .zip([cells, table, polars_text, polars])
        {
            let peak = self.memory_of_a_process(reader);
            #[allow(clippy::cast_precision_loss)]
            let share = peak as f64 / bytes as f64;
            println!(
                "{:>8} {:>12.0} {:>10.3} {:>12.1} {share:>12.2}",
                reader.name(),
                rate(time),
                time.as_secs_f64(),
                mebibytes(peak)
            );
        }
        println!(
            "of the rows per second that polars reads: {:.2} to the cells (polars to text), {:.2} \
             to the cells, {:.2} to the table",
            rate(cells) / rate(polars_text),
            rate(cells) / rate(polars),
            rate(table) / rate(polars)
        );
    }

    fn read(&self, reader: Reader) -> Read {
        match reader {
            Reader::Cells => {
                let exports = self.exports();
                Read::Cells(if self.input == "sync-state" {
                    exports.sync_state
                } else {
                    exports.failed_items
                })
            }
            Reader::Table => {
                let tables = self.tables();
                let frame = if self.input == "sync-state" {
                    tables.mailboxes.frame()
                } else {
                    tables.failed_items.frame()
                };
                Read::Table(frame.clone())
            }
            Reader::PolarsText | Reader::Polars => {
                // Of 100 rows, as is usual, an error code or a size may look like another type than
                // it is; of none, all are text.
                let looked_at = if matches!(reader, Reader::PolarsText) {
                    0
                } else {
                    10_000
                };
                let options = CsvReadOptions::default()
                    .with_infer_schema_length(Some(looked_at))
                    .try_into_reader_with_file_path(Some(self.file()));
                Read::Table(options.and_then(SerReader::finish).unwrap())
            }
        }
    }

    fn open(&self) -> Estate {
        Estate::open(&self.folder, DAY)
    }

    fn exports(&self) -> ExportSet {
        let estate = self.open();
        estate.read(estate.register.organisations.first().unwrap())
    }

    /// What the program makes of the folder.
    fn tables(&self) -> Tables {
        let estate = self.open();
        let organisation = estate.register.organisations.first().unwrap();
        estate::tables_of(estate.validate(organisation, &estate.read(organisation)))
    }

    /// The most memory, in bytes, that reading once takes in a process of its own.
    fn memory_of_a_process(&self, reader: Reader) -> u64 {
        let mut process = Command::new(std::env::current_exe().unwrap());
        let output = process
            .args(["memory", reader.name()])
            .arg(&self.folder)
            .arg(&self.input)
            .output()
            .unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    /// The most memory, in bytes, that reading once in this process takes above what it had.
    fn memory(&self, reader: Reader) -> u64 {
        let before = status("VmRSS");
        let read = self.read(reader);
        let peak = status("VmHWM");
        assert!(read.rows() > 0);
        peak - before
    }
}

/// A figure of this process that Linux states, in bytes.
fn status(name: &str) -> u64 {
    let status =
        std::fs::read_to_string("/proc/self/status").expect("memory is measured on Linux only");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit())
        .parse::<u64>()
        .unwrap()
        * 1024
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times
        .get(times.len() / 2)
        .copied()
        .expect("at least one round")
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
