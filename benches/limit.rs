//! What a day cannot do without, measured by itself: its exports read once and hashed once, its
//! workbooks and pictures compressed once, and all that it leaves written once.
//!
//!     cargo bench --bench limit -- FOLDER [EXPORTS]
//!
//! `FOLDER` is a programme's, after a run: with `data/archive`, `outbox`, and `exports` unless these
//! lie elsewhere. Each is done
//! by one thread, with the libraries and the levels of the program; what must be unpacked before it
//! can be compressed is unpacked before the clock starts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss
)] // a measurement, not the program

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use libdeflater::{CompressionLvl, Compressor};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

/// As the program compresses the sheets of a workbook, and the lines of a picture.
const OF_WORKBOOKS: i32 = 1;
const OF_PICTURES: u32 = 3;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|one| one != "--bench");
    let folder = PathBuf::from(
        arguments
            .next()
            .expect("the folder of a programme, after a run"),
    );
    let exports = arguments
        .next()
        .map_or(folder.join("exports"), PathBuf::from);
    let exports = files(&exports);
    let made: Vec<PathBuf> = ["data/archive", "outbox"]
        .iter()
        .flat_map(|below| files(&folder.join(below)))
        .collect();
    let ending = |ending: &'static str| {
        let has = move |path: &&PathBuf| path.extension().is_some_and(|found| found == ending);
        made.iter().filter(has)
    };

    let mut sum = Duration::ZERO;
    let mut tell = |what: &str, bytes: usize, took: Duration| {
        sum += took;
        println!(
            "{what:<28} {:>8.1} MB {:>8.2} s",
            bytes as f64 / 1e6,
            took.as_secs_f64()
        );
    };
    let (mut bytes, mut reading, mut hashing) = (0, Duration::ZERO, Duration::ZERO);
    for path in &exports {
        let file = timed(&mut reading, || std::fs::read(path).unwrap());
        bytes += file.len();
        timed(&mut hashing, || Sha256::digest(&file));
    }
    tell("exports, read", bytes, reading);
    tell("exports, hashed", bytes, hashing);

    let (mut bytes, mut took) = (0, Duration::ZERO);
    let mut compressor = Compressor::new(CompressionLvl::new(OF_WORKBOOKS).unwrap());
    for part in ending("xlsx").flat_map(|path| parts(path)) {
        bytes += part.len();
        timed(&mut took, || {
            let mut packed = vec![0; compressor.deflate_compress_bound(part.len())];
            compressor.deflate_compress(&part, &mut packed).unwrap();
            packed
        });
    }
    tell("workbooks, compressed", bytes, took);

    let (mut bytes, mut took) = (0, Duration::ZERO);
    for lines in ending("png").map(|path| lines_of(path)) {
        bytes += lines.len();
        timed(&mut took, || {
            let level = Compression::new(OF_PICTURES);
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(&lines).unwrap();
            encoder.finish().unwrap()
        });
    }
    tell("pictures, compressed", bytes, took);

    let (mut bytes, mut took) = (0, Duration::ZERO);
    let to = tempfile::tempdir_in(&folder).unwrap();
    for (number, path) in made.iter().enumerate() {
        let file = std::fs::read(path).unwrap();
        bytes += file.len();
        timed(&mut took, || {
            let mut to = File::create(to.path().join(number.to_string())).unwrap();
            to.write_all(&file).unwrap();
            to.sync_data().unwrap();
        });
    }
    tell("archive and outbox, written", bytes, took);

    let processors = std::thread::available_parallelism().unwrap().get();
    println!(
        "together {:.2} s, by {processors} processors {:.2} s",
        sum.as_secs_f64(),
        sum.as_secs_f64() / processors as f64
    );
}

fn timed<T>(took: &mut Duration, act: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = std::hint::black_box(act());
    *took += began.elapsed();
    done
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let below = entries.flat_map(|entry| {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path()),
            false => vec![entry.path()],
        }
    });
    below.collect()
}

/// The parts of a workbook, unpacked.
fn parts(workbook: &Path) -> Vec<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(std::fs::read(workbook).unwrap())).unwrap();
    let parts = archive.len();
    let part = |number| {
        let mut bytes = Vec::new();
        let mut part = archive.by_index(number).unwrap();
        part.read_to_end(&mut bytes).unwrap();
        bytes
    };
    (0..parts).map(part).collect()
}

/// The lines of a picture, as a palette has them.
fn lines_of(picture: &Path) -> Vec<u8> {
    let mut decoder = png::Decoder::new(Cursor::new(std::fs::read(picture).unwrap()));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().unwrap();
    let mut lines = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut lines).unwrap();
    lines
}
