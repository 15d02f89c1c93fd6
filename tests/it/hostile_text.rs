//! Text that means harm, in every place of an export and of the register where text may stand,
//! through every output.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use mail_parser::{Message, MessageParser, MimeHeaders};
use migration_monitor::report::visible;

use crate::support::morning::{DATE, Morning};

/// What is put into each of: name, collection, folder, subject line, error. The longest come last:
/// a page is cut there.
fn corpus() -> Vec<String> {
    let texts = [
        "<script>alert(1)</script>",
        "</td></table><img src=x onerror=alert(1)>",
        "<a href=\"https://evil.example\">x</a>",
        "<!-- x --><style>@import 'x'</style>",
        "{{ 7 * 7 }} {% include \"x\" %} {# c #}",
        "=HYPERLINK(\"http://evil.example\",\"x\")",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "{=A1}",
        "x\t=1+1",
        "Rota\r\nBcc: spy@evil.example",
        "Rota\rx\nBcc: spy@evil.example\n\n<html>",
        "a\u{202E}b\u{2066}c\u{2069}",
        "a\u{200B}b\u{FEFF}c\u{AD}d",
        "👩\u{200D}⚕\u{FE0F} and 🏥",
        "e\u{301}\u{489}\u{36F}",
        "]]> <![CDATA[x]]> &amp;lt; &#64; &commat;",
        "_x000D_ _x0041_ _x005F_",
        "http://evil.example/a?b=c&d",
        "write to ceo@evil.example or www.evil.example",
        "a@b@evil.example@c",
        "=3D =20= =?utf-8?q?=0D=0ABcc:_x?=",
        ".",
        "..",
        "--=_mixed_0",
        "From nobody",
        "'one' \"two\" `three` \\four",
        "1E5",
        "007",
        "TRUE",
        "\u{1}\u{7}\u{1B}[31m\u{7F}",
        "x\u{85}y\u{2028}z\u{FFFE}",
        "Łódź 日本語 ﷺ",
        "../../etc/passwd",
    ];
    let long = [
        "x".repeat(40_000),
        "é ".repeat(50_000),
        "🏥".repeat(20_000),
        format!("{}@{}", "y".repeat(70), "evil.example".repeat(9)),
    ];
    texts.map(str::to_owned).into_iter().chain(long).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

const NAME: &str = "St \"A\" <b>&{{ 7 * 7 }} =1+1\r\nBcc: spy@evil.example\u{202E} @evil.example";

/// ZTP with the corpus everywhere, and subject lines in the email.
fn morning() -> Morning {
    let morning = Morning::of_three();
    let (mut sync_state, mut failed_items) = (String::new(), String::new());
    let mut schedule =
        "Mailbox,Display Name,Collection,Switch Date,Pilot or Live,VIP Category\r\n".to_owned();
    for (place, text) in corpus().iter().enumerate() {
        let (text, mailbox) = (
            quoted(text),
            format!("user{place:03}@pennyford-hospice.example"),
        );
        sync_state += &format!(
            "{text},{text},{mailbox},{text},Stopped,10,323,300,{},23.5,20/11/2026 \
             05:13:18,24/11/2026\r\n",
            90 - place
        );
        schedule += &format!("{mailbox},{text},{text},24/11/2026,Live,{text}\r\n");
        failed_items += &format!(
            "{text},{text},{mailbox},{text},{text},IPM.Note,10/07/2025,48,0x80040305,{text},11/11/2026 23:00:58\r\n"
        );
    }
    for (file, rows) in [
        ("sync-state.csv", sync_state),
        ("failed-items.csv", failed_items),
    ] {
        morning.edit(&Morning::export("ZTP", file), |text| {
            format!("{}\r\n{rows}", text.lines().next().unwrap())
        });
    }
    morning.edit("organisations.csv", |register| {
        assert!(register.contains("matron@pennyford-hospice.example,,workbook"));
        register
            .replace("Tiny Pennyford Hospice", &quoted(NAME))
            .replace(
                "matron@pennyford-hospice.example,,workbook",
                "matron@pennyford-hospice.example,matron@pennyford-hospice.example,email",
            )
    });
    std::fs::write(
        morning
            .folder
            .path()
            .join("exports/ZTP/migration-schedule.csv"),
        schedule,
    )
    .unwrap();
    morning
}

fn message(morning: &Morning, report: &str) -> Vec<u8> {
    let outbox = morning.outbox();
    outbox
        .iter()
        .find(|(file, _)| file.contains(&format!("ZTP-{report}")))
        .unwrap()
        .1
        .clone()
}

fn workbook(message: &Message<'_>) -> Xlsx<Cursor<Vec<u8>>> {
    let part = message
        .attachments()
        .find(|part| {
            part.attachment_name()
                .is_some_and(|name| name.ends_with(".xlsx"))
        })
        .unwrap();
    Xlsx::new(Cursor::new(part.contents().to_vec())).unwrap()
}

/// As a cell holds it: whole, or its beginning where it is longer than Excel allows.
fn is_in_cell(cell: &Data, text: &str) -> bool {
    let Data::String(cell) = cell else {
        return false;
    };
    cell == text
        || (text.encode_utf16().count() > 32_767
            && cell
                .strip_suffix('…')
                .is_some_and(|start| text.starts_with(start)))
}

/// As a page or a text shows it, which cut it.
fn shown(text: &str, most: usize) -> String {
    let text = visible(text);
    if text.chars().count() <= most {
        text
    } else {
        text.chars().take(most).chain(['…']).collect()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[test]
fn hostile_text_is_shown_everywhere_and_does_nothing() {
    let corpus = corpus();
    let morning = morning();
    let said = morning.say(&["run", "--organisation", "ZTP", "-v"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        !said.all().contains("evil") && !said.all().contains('\u{1B}'),
        "{}",
        said.all()
    );

    // Text after text is read back from the workbook, and none is a formula.
    for (report, sheet, columns) in [
        (
            "overall-migration",
            "Users",
            &["User", "Target mailbox", "Collection"][..],
        ),
        (
            "failed-item",
            "Failed items",
            &["User", "Subject line", "Folder", "Error", "Collection"],
        ),
        ("switch-readiness", "Due", &["VIP", "User", "Collection"]),
    ] {
        let bytes = message(&morning, report);
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let mut workbook = workbook(&parsed);
        assert!(
            workbook
                .worksheet_formula(sheet)
                .unwrap()
                .used_cells()
                .next()
                .is_none()
        );
        let range = workbook.worksheet_range(sheet).unwrap();
        let mut rows: Vec<_> = range.rows().skip(3).collect();
        let headings = rows.remove(0);
        let place = |heading: &str| headings.iter().position(|cell| *cell == heading).unwrap();
        rows.sort_by_key(|row| row[place("Source mailbox")].to_string());
        assert_eq!(rows.len(), corpus.len());
        for (row, text) in rows.iter().zip(&corpus) {
            for column in columns {
                // A category without a letter or a digit stands for none.
                if *column == "VIP" && row[place(column)] == "No" {
                    assert!(!text.chars().any(char::is_alphanumeric), "{text:?}");
                    continue;
                }
                // A yes is the plain category.
                if *column == "VIP" && text.trim().eq_ignore_ascii_case("true") {
                    assert!(is_in_cell(&row[place(column)], "VIP"));
                    continue;
                }
                assert!(
                    is_in_cell(&row[place(column)], &visible(text)),
                    "{column} {text:.60?} {:.90}",
                    row[place(column)].to_string()
                );
            }
        }

        // The headers are those of every message.
        let head = String::from_utf8(bytes.clone()).unwrap();
        let head = head.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        let names: Vec<_> = head
            .split("\r\n")
            .map(|line| line.split(':').next().unwrap())
            .collect();
        assert_eq!(names.len(), 12, "{names:?}");
        assert!(!names.contains(&"Bcc") && !head.contains("<spy@"), "{head}");
        assert_eq!(parsed.to().unwrap().iter().count(), 1);
        assert!(
            parsed
                .subject()
                .unwrap()
                .contains(" Report, ZTP, 20 November 2026"),
            "{:?}",
            parsed.subject()
        );

        // No tag, attribute, link or hidden character comes of it.
        let page =
            String::from_utf8(parsed.html_bodies().next().unwrap().contents().to_vec()).unwrap();
        for harm in [
            "<script",
            "<img src=x",
            "onerror=alert(1)>",
            "<a href=\"http",
            "<b>&",
            "<!--",
        ] {
            assert!(!page.contains(harm), "{report}: {harm}");
        }
        let hidden = |c: &char| visible(&c.to_string()).starts_with("[U+");
        assert_eq!(
            page.chars().filter(|c| !"\r\n\t".contains(*c)).find(hidden),
            None,
            "{report}"
        );
        // Nothing that a mail client makes a link of by itself, outside of attributes.
        let body = page.split_once("<body").unwrap().1;
        let outside: String = body
            .split('<')
            .filter_map(|tag| tag.split_once('>'))
            .map(|(_, text)| format!("{text}\n"))
            .collect();
        for link in ["http://", "www.evil", "ceo@evil", "evil.example"] {
            assert!(!outside.contains(link), "{report}: {link}");
        }
        let text = parsed.body_text(0).unwrap();
        assert_eq!(
            text.chars().filter(|c| !"\r\n".contains(*c)).find(hidden),
            None,
            "{report}"
        );
    }

    // Page, text and model say it as it is shown.
    let bytes = message(&morning, "failed-item");
    let parsed = MessageParser::new().parse(&bytes).unwrap();
    let page = String::from_utf8(parsed.html_bodies().next().unwrap().contents().to_vec()).unwrap();
    let page = page
        .replace("<span>", "")
        .replace("</span>", "")
        .replace("<wbr>", "")
        .replace("\r\n", "\n");
    let single_spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = single_spaced(&parsed.body_text(0).unwrap());
    let model = morning.model("ZTP", "failed-item").to_string();
    for subject in &corpus[..30] {
        assert!(
            page.contains(&format!(">{}</td>", escaped(&shown(subject, 150)))),
            "page: {subject:?}"
        );
        assert!(
            text.contains(&single_spaced(&format!(
                "Subject line: {}",
                shown(subject, 150)
            ))),
            "text: {subject:?}"
        );
        assert!(
            model.contains(&serde_json::Value::from(shown(subject, 150)).to_string()),
            "model: {subject:?}"
        );
    }
    assert!(
        page.contains(&escaped(&visible(NAME))) && text.contains(&single_spaced(&visible(NAME)))
    );
}

#[test]
fn bytes_that_are_no_text_are_shown_or_hold() {
    let with = |file: Vec<u8>| {
        let morning = Morning::of_three();
        std::fs::write(
            morning
                .folder
                .path()
                .join(Morning::export("ZTP", "failed-items.csv")),
            file,
        )
        .unwrap();
        let said = morning.say(&["run", "--organisation", "ZTP"]);
        (morning, said)
    };
    let original = std::fs::read_to_string(
        crate::support::morning::sample_folder().join(Morning::export("ZTP", "failed-items.csv")),
    )
    .unwrap();
    let subject = "Thank you from Miss Owen";
    assert!(original.contains(subject));
    let subjects = |morning: &Morning| {
        let bytes = message(morning, "failed-item");
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let range = workbook(&parsed).worksheet_range("Failed items").unwrap();
        crate::daily_run::column(
            &range.rows().map(<[_]>::to_vec).collect::<Vec<_>>(),
            "Subject line",
        )
    };

    // A half of a pair in UTF-16.
    let mut units: Vec<u16> = vec![0xFEFF];
    units.extend(
        original
            .replace(subject, "lone\u{1}half")
            .encode_utf16()
            .map(|unit| if unit == 1 { 0xD83D } else { unit }),
    );
    let (morning, said) = with(units.iter().flat_map(|unit| unit.to_le_bytes()).collect());
    if said.exit_code == 0 {
        assert!(subjects(&morning).contains(&"lone\u{FFFD}half".to_owned()));
    } else {
        assert!(
            said.exit_code == 4
                && said.stderr.contains("failed-items.csv")
                && morning.outbox().is_empty(),
            "{}",
            said.all()
        );
    }

    // A sequence that is no UTF-8 is read as Windows-1252, as Excel writes it.
    let broken = original
        .replace(subject, "broken \u{1}( sequence")
        .into_bytes();
    let (morning, said) = with(
        broken
            .iter()
            .map(|byte| if *byte == 1 { 0xC3 } else { *byte })
            .collect(),
    );
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        subjects(&morning).contains(&"broken Ã( sequence".to_owned()),
        "{:?}",
        subjects(&morning)
    );

    // No text has a NUL.
    let (morning, said) = with(original.replace(subject, "a\0b").into_bytes());
    assert!(
        said.exit_code == 4 && said.stderr.contains("holds a character that no text has"),
        "{}",
        said.all()
    );
    assert!(morning.outbox().is_empty() && said.stdout.contains(DATE));
}
