//! The rooms and who may see whom: data flows one way, and each library is kept inside the rooms
//! that need it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rooms in the order of the flow. A room may import `domain` and those before it.
const ROOMS: [&str; 16] = [
    "domain",
    "private_files",
    "sheets",
    "settings",
    "exports",
    "tables",
    "history",
    "metrics",
    "report",
    "render",
    "mail",
    "archive",
    "delivery",
    "day",
    "commands",
    "cli",
];

/// Which rooms may name a library. A library that is not listed may be named nowhere; one of no room
/// is there for its features.
const LIBRARIES: [(&str, &[&str]); 55] = [
    ("ab_glyph", &["render"]),
    ("base64", &["delivery"]),
    ("calamine", &["sheets"]),
    (
        "chrono",
        &[
            "domain", "settings", "tables", "history", "metrics", "report", "render", "mail",
            "delivery", "day", "commands", "cli",
        ],
    ),
    ("chrono_tz", &["settings", "tables", "day", "commands"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("css_inline", &["render"]),
    ("encoding_rs", &["sheets"]),
    ("flate2", &["exports"]),
    ("foldhash", &["history", "render", "mail"]),
    ("getrandom", &["history"]),
    ("harfrust", &["render"]),
    ("hmac", &["history"]),
    ("indicatif", &["commands"]),
    ("itoa", &["render"]),
    ("lettre", &["mail"]),
    ("libdeflater", &["render"]),
    ("libm", &["metrics"]),
    ("mail_parser", &["mail", "delivery"]),
    ("memchr", &["sheets", "mail", "delivery"]),
    ("notosans", &["render"]),
    ("once_cell", &[]),
    ("plotters", &["render"]),
    ("plotters_backend", &["render"]),
    ("png", &["render"]),
    ("polars", &["tables", "history", "metrics"]),
    ("polars_io", &["history"]),
    ("polars_parquet", &["history"]),
    ("postgres", &["delivery"]),
    ("proptest", &["sheets"]),
    ("quick_xml", &["mail"]),
    ("rayon", &["delivery"]),
    ("regex", &["metrics"]),
    ("rusqlite", &["delivery"]),
    ("rustls", &["delivery"]),
    ("rustls_native_certs", &["delivery"]),
    ("ryu", &["render"]),
    ("schemars", &["commands"]),
    ("secrecy", &["settings", "delivery"]),
    (
        "serde",
        &[
            "domain", "settings", "exports", "history", "metrics", "report", "render", "delivery",
            "day", "commands",
        ],
    ),
    ("signal_hook", &["day"]),
    ("serde_json", &["history", "delivery", "day", "commands"]),
    ("sha2", &["exports", "history", "mail", "delivery", "day"]),
    ("strsim", &["settings"]),
    ("tempfile", &["private_files"]),
    ("tera", &["render"]),
    ("tiny_skia", &["render"]),
    ("tokio_postgres_rustls", &["delivery"]),
    ("toml", &["settings", "exports", "metrics"]),
    ("whoami", &["day"]),
    ("ureq", &["delivery"]),
    ("x509_cert", &["delivery"]),
    ("zip", &["sheets", "exports", "mail"]),
];

/// What a room that touches nothing may not name.
const OUTSIDE: [&str; 9] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "SystemTime::now",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "println!",
];
const ROOMS_THAT_TOUCH_NOTHING: [&str; 7] = [
    "domain", "sheets", "tables", "metrics", "report", "render", "mail",
];

/// A file without the unit tests at its end.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap()
}

/// The Rust files of a room, with their text less comments and less unit tests, which may do what
/// they like.
fn files_of(room: &str) -> Vec<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut waiting = vec![source.join(room)];
    let mut files = vec![source.join(format!("{room}.rs"))];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.ends_with("tests") {
                continue;
            }
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = without_tests(&text);
        let code: String = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        (path, code)
    };
    files.into_iter().map(read).collect()
}

/// Names that follow `prefix` in code: `domain` in `use crate::domain::Verdict`.
fn names_after<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(prefix).map(move |(at, _)| {
        let rest = &code[at + prefix.len()..];
        &rest[..rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len())]
    })
}

#[test]
fn every_room_of_the_library_has_its_place() {
    let library =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules: BTreeSet<&str> = names_after(&library, "mod ").collect();
    assert_eq!(modules, BTreeSet::from(ROOMS));
}

#[test]
fn a_room_sees_only_the_rooms_before_it() {
    let mut wrong = Vec::new();
    for (place, room) in ROOMS.iter().enumerate() {
        for (path, code) in files_of(room) {
            for named in names_after(&code, "crate::") {
                let is_room = ROOMS.contains(&named);
                let is_allowed = named == *room || ROOMS[..place].contains(&named);
                if is_room && !is_allowed {
                    wrong.push(format!("{} names {named}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_a_day_the_commands_and_the_command_line_see_every_room() {
    let day = ROOMS.iter().position(|room| *room == "day").unwrap();
    let widest = ROOMS[..day].iter().map(|room| {
        let files = files_of(room);
        let named: BTreeSet<String> = files
            .iter()
            .flat_map(|(_, code)| names_after(code, "crate::"))
            .map(str::to_owned)
            .collect();
        ROOMS
            .iter()
            .filter(|other| *other != room && named.contains(**other))
            .count()
    });
    assert!(
        widest.max().unwrap() <= 5,
        "a room before `day` names more than five rooms"
    );
}

/// What code imports from the module that `prefix` leads to: `compare` and `mark` in
/// `use super::{compare, mark::Mark}`.
fn imported<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let name = |text: &'a str| {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        &text[..end.unwrap_or(text.len())]
    };
    let mut names = Vec::new();
    let is_first = |at: usize| !code[..at].ends_with("::");
    for (at, _) in code.match_indices(prefix).filter(|(at, _)| is_first(*at)) {
        let rest = &code[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.push(name(rest));
            continue;
        };
        let (mut depth, mut begin) = (0, 0);
        for (at, character) in list.char_indices() {
            match character {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    names.push(name(&list[begin..at]));
                    begin = at + 1;
                }
                _ => {}
            }
            if character == '}' {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            }
        }
    }
    // Behind the last comma of a list is nothing.
    names.retain(|name| !name.is_empty());
    names
}

/// By each file of a folder, with the folder of its name, the others that it imports; of a name that
/// the folder's own file hands on, the file that it is from.
fn imports_within(name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    let files = files_of(name);
    let (_, own) = files
        .iter()
        .find(|(path, _)| *path == folder.with_extension("rs"))
        .unwrap();
    let modules: BTreeSet<&str> = names_after(own, "mod ").collect();
    let handed_on: BTreeMap<&str, &str> = modules
        .iter()
        .flat_map(|module| {
            let prefix = format!("use {module}::");
            imported(own, &prefix)
                .into_iter()
                .map(|name| (name, *module))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, code) in &files {
        let Ok(below) = path.strip_prefix(&folder) else {
            continue;
        };
        let first = Path::new(below.iter().next().unwrap());
        let file = first.file_stem().unwrap().to_str().unwrap();
        let names = [
            "super::".repeat(below.iter().count()),
            format!("crate::{}::", name.replace('/', "::")),
        ];
        let names = names.iter().flat_map(|prefix| imported(code, prefix));
        let names = names.map(|name| match modules.contains(name) {
            true => name,
            false => handed_on.get(name).copied().unwrap_or(name),
        });
        imports
            .entry(file.to_owned())
            .or_default()
            .extend(names.filter(|name| *name != file).map(str::to_owned));
    }
    imports
}

/// The folders of the library: `day`, `day/summary`.
fn folders() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = ROOMS.iter().flat_map(|room| files_of(room));
    let folders = files.filter_map(|(path, _)| {
        let below = path.parent()?.strip_prefix(&source).ok()?;
        Some(below.to_str()?.to_owned())
    });
    folders.filter(|folder| !folder.is_empty()).collect()
}

#[test]
fn no_files_of_a_folder_import_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for folder in folders() {
        let mut imports = imports_within(&folder);
        // Whoever imports nothing that is left is in no circle.
        loop {
            let left: BTreeSet<String> = imports.keys().cloned().collect();
            imports.retain(|_, imported| !imported.is_disjoint(&left));
            if imports.len() == left.len() {
                break;
            }
        }
        if !imports.is_empty() {
            circles.push((folder, imports));
        }
    }
    assert!(circles.is_empty(), "a circle among these: {circles:#?}");
}

#[test]
fn no_file_has_more_than_500_lines() {
    let lines = |path: &Path| {
        without_tests(&std::fs::read_to_string(path).unwrap())
            .lines()
            .count()
    };
    let files = ROOMS.iter().flat_map(|room| files_of(room));
    let files = files.map(|(path, _)| (lines(&path), path));
    let long: Vec<_> = files.filter(|(lines, _)| *lines > 500).collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// The functions of code, as rustfmt sets them: the name of each, and how many lines it has.
fn functions(code: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let is_declaration = |before: &str| {
        let mut words = before.split_whitespace();
        words.all(|word| word.starts_with("pub") || matches!(word, "const" | "async"))
    };
    let length = |at: usize, indent: &str| {
        let ends = |line: &&str| match line.strip_prefix(indent) {
            Some(rest) if !rest.starts_with(' ') => rest == "}" || rest.ends_with([';', '}']),
            _ => false,
        };
        lines[at..].iter().position(ends).unwrap() + 1
    };
    let mut functions = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some((before, behind)) = line.split_once("fn ")
            && is_declaration(before)
        {
            let indent = &before[..before.len() - before.trim_start().len()];
            let name = behind.split(['(', '<']).next().unwrap();
            functions.push((name, length(at, indent)));
        }
    }
    functions
}

#[test]
fn no_function_has_more_than_80_lines() {
    let (mut seen, mut long) = (0, Vec::new());
    for (path, _) in ROOMS.iter().flat_map(|room| files_of(room)) {
        let text = std::fs::read_to_string(&path).unwrap();
        let functions = functions(without_tests(&text));
        seen += functions.len();
        let functions = functions.into_iter().filter(|(_, lines)| *lines > 80);
        long.extend(functions.map(|(name, lines)| format!("{}: {name}, {lines}", path.display())));
    }
    assert!(seen > 3_000, "only {seen} functions are seen");
    assert!(long.is_empty(), "{long:#?}");
}

/// The types that code declares. What stands in an `impl` is none of its own.
fn types(code: &str) -> impl Iterator<Item = &str> {
    let declared = code.lines().filter_map(|line| {
        let in_crate = line.trim_start().trim_start_matches("pub(super) ");
        let words = in_crate.trim_start_matches("pub(crate) ");
        let (kind, rest) = words.trim_start_matches("pub ").split_once(' ')?;
        let is_indented = line.starts_with(' ');
        match kind {
            "struct" | "enum" | "trait" => Some(rest),
            "type" if !is_indented => Some(rest),
            _ => None,
        }
    });
    let name = |rest: &'_ str| {
        rest.find(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest.len())
    };
    declared.map(move |rest| &rest[..name(rest)])
}

#[test]
fn a_type_has_a_name_of_its_own() {
    let mut places: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for (path, code) in ROOMS.iter().flat_map(|room| files_of(room)) {
        for name in types(&code) {
            places
                .entry(name.to_owned())
                .or_default()
                .insert(path.clone());
        }
    }
    assert!(places.len() > 500, "only {} types are seen", places.len());
    places.retain(|_, places| places.len() > 1);
    assert!(
        places.is_empty(),
        "each of these names means two things: {places:#?}"
    );
}

#[test]
fn each_library_is_kept_inside_its_rooms() {
    let allowed: BTreeMap<&str, &[&str]> = LIBRARIES.into();
    let manifest =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let dependencies = manifest
        .split("[dependencies]")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    let names = dependencies
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.replace('-', "_"));
    let mut wrong = Vec::new();
    for library in names.filter(|name| !name.starts_with('#')) {
        let rooms = allowed.get(library.as_str());
        let mut is_used = library == "thiserror" || rooms.is_some_and(|rooms| rooms.is_empty());
        for room in ROOMS {
            for (path, code) in files_of(room) {
                let is_named = [
                    format!("use {library}::"),
                    format!(" {library}::"),
                    format!("({library}::"),
                    format!("&{library}::"),
                    format!("<{library}::"),
                ]
                .iter()
                .any(|form| code.contains(form.as_str()));
                is_used |= is_named;
                let is_allowed =
                    library == "thiserror" || rooms.is_some_and(|rooms| rooms.contains(&room));
                if is_named && !is_allowed {
                    wrong.push(format!("{} names {library}", path.display()));
                }
            }
        }
        if !is_used {
            wrong.push(format!("{library} is a dependency that no room names"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rooms_that_touch_nothing_name_nothing_outside() {
    let mut wrong = Vec::new();
    for room in ROOMS_THAT_TOUCH_NOTHING {
        for (path, code) in files_of(room) {
            for outside in OUTSIDE.iter().filter(|outside| code.contains(**outside)) {
                wrong.push(format!("{} names {outside}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_room_opens_by_saying_what_it_takes_gives_and_touches() {
    for room in ROOMS {
        let text = std::fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{room}.rs")),
        )
        .unwrap();
        let opening: String = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        for word in ["Takes:", "Gives:", "Touches:"] {
            assert!(
                opening.contains(word),
                "src/{room}.rs does not say what it “{word}”"
            );
        }
    }
}
