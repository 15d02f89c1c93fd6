"""Exports, schedules, registers and settings as files."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

TARGET_DOMAIN = "nhs.example"

SYNC_HEADINGS = (
    "Collection", "Display Name", "Source Mailbox", "Target Mailbox", "Sync State", "Progress (%)", "Items Total",
    "Items Synchronized", "Failed Items", "Mailbox Size (MB)", "Last Synchronized", "Switch Date",
)
FAILED_HEADINGS = (
    "Collection", "User", "Source Mailbox", "Folder", "Subject", "Item Class", "Item Date", "Size (KB)", "Error Code",
    "Error", "Failed At",
)
ACCOUNT_HEADINGS = ("User Principal Name", "Display Name", "Created Date", "AUP Accepted", "Last Login", "Status")
SCHEDULE_HEADINGS = ("Mailbox", "Collection", "Switch Date", "Pilot or Live", "VIP Category")

# One organisation's export has other headings, in another order. Each entry
# is the usual heading and the heading in the file.
VARIANT_SYNC_HEADINGS = (
    ("Source Mailbox", "Source Mailbox"), ("Display Name", "Display Name"), ("Target Mailbox", "Target Mailbox"),
    ("Collection", "Collection"), ("Sync State", "Sync Status"), ("Failed Items", "Failed Item Count"),
    ("Items Synchronized", "Items Synchronised"), ("Items Total", "Items Total"), ("Progress (%)", "Progress"),
    ("Last Synchronized", "Last Synchronised"), ("Switch Date", "Switch Date"),
    ("Mailbox Size (MB)", "Mailbox Size (MB)"),
)
VARIANT_FAILED_HEADINGS = (
    ("Source Mailbox", "Source Mailbox"), ("User", "User"), ("Collection", "Collection"), ("Error Code", "Error Code"),
    ("Error", "Error"), ("Failed At", "Failed At"), ("Folder", "Folder"), ("Subject", "Subject"),
    ("Item Class", "Item Class"), ("Item Date", "Item Date"), ("Size (KB)", "Size (KB)"),
)


@dataclass(frozen=True)
class FileFormat:
    """How an organisation's exports are written."""

    encoding: str = "utf-8"
    byte_order_mark: bytes = b""
    delimiter: str = ","
    line_end: str = "\r\n"
    quote_all: bool = False
    first_line: str = ""            # a line above the headings, as some tools write
    variant_headings: bool = False
    packed: bool = False            # with gzip

    @property
    def any_letter(self) -> bool:
        return self.encoding.startswith("utf")


UTF8_BOM = b"\xef\xbb\xbf"
EXCEL_CSV = FileFormat(byte_order_mark=UTF8_BOM)
PLAIN_CSV = FileFormat(line_end="\n")
PACKED_CSV = FileFormat(line_end="\n", packed=True)
POWERSHELL_CSV = FileFormat(byte_order_mark=UTF8_BOM, quote_all=True,
                            first_line="#TYPE Selected.System.Management.Automation.PSCustomObject")
UNICODE_TEXT = FileFormat(encoding="utf-16-le", byte_order_mark=b"\xff\xfe", delimiter="\t")
OLD_EXCEL_CSV = FileFormat(encoding="cp1252", delimiter=";", line_end="\n", first_line="sep=;", variant_headings=True)


class Table:
    """A delimited file, written row by row."""

    def __init__(self, path: Path, layout: FileFormat, headings: tuple[str, ...],
                 variant: tuple[tuple[str, str], ...] | None = None):
        path.parent.mkdir(parents=True, exist_ok=True)
        if layout.packed:       # without a name and a time, which would differ from run to run
            path = path.with_name(path.name + ".gz")
        self._written = path.open("wb", buffering=1 << 20)
        self._file = gzip.GzipFile("", "wb", 9, self._written, 0) if layout.packed else self._written
        self._file.write(layout.byte_order_mark)
        self._text = io.TextIOWrapper(self._file, encoding=layout.encoding, newline="", write_through=False)
        if layout.first_line:
            self._text.write(layout.first_line + layout.line_end)
        writer = csv.writer(self._text, delimiter=layout.delimiter, lineterminator=layout.line_end,
                            quoting=csv.QUOTE_ALL if layout.quote_all else csv.QUOTE_MINIMAL)
        self._write = writer.writerow
        self._order = None
        if layout.variant_headings and variant:
            self._order = [headings.index(usual) for usual, _ in variant]
            self._write([heading for _, heading in variant])
        else:
            self._write(headings)

    def row(self, cells: tuple) -> None:
        self._write([cells[index] for index in self._order] if self._order else cells)

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_) -> None:
        self._text.close()
        self._written.close()


def sync_table(folder: Path, layout: FileFormat) -> Table:
    return Table(folder / "sync-state.csv", layout, SYNC_HEADINGS, VARIANT_SYNC_HEADINGS)


def failed_table(folder: Path, layout: FileFormat) -> Table:
    return Table(folder / "failed-items.csv", layout, FAILED_HEADINGS, VARIANT_FAILED_HEADINGS)


def day_text(day: date | None) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}" if day else ""


def moment_text(moment: datetime | None) -> str:
    if not moment:
        return ""
    return f"{day_text(moment)} {moment.hour:02}:{moment.minute:02}:{moment.second:02}"


def settings_text(programme: str) -> str:
    return f'''\
# Settings of migration-monitor for invented sample data. Relative paths are
# relative to this file. Written by sample-data/generator.

[programme]
name = "{programme}"
contact = "central.team@nhs.example"        # Reply-To, and printed in every report
summary_to = ["central.team@nhs.example"]   # gets the Run Summary
time_zone = "Europe/London"
expected_failure_rate = 0.0001              # failed items of attempted items: 0.01 %, 1 in 10,000
register = "organisations.csv"              # who gets which report

[exports]
folder = "exports"
sync_state = "{{organisation}}/{{date}}/sync-state*"
failed_items = "{{organisation}}/{{date}}/failed-items*"
schedule = "{{organisation}}/migration-schedule*"
frozen_schedule = "{{organisation}}/frozen-schedule*"   # the schedule as it was agreed
accounts = "{{organisation}}/{{date}}/accounts*"   # the portal's report of new accounts
decisions = "{{organisation}}/decisions*"     # the log of failed items, filled in

[data]
folder = "data"                             # archive, history, ledger, lock

[mail]
transport = "outbox"                        # writes messages into a folder; nothing leaves this computer
from = "migration.reports@nhs.example"
trusted_domains = ["nhs.example"]
allowed_domains = ["nhs.example", "example"] # a recipient elsewhere is an error in the register
max_message_mib = 35
messages_per_minute = 30                    # not applied to outbox

[mail.outbox]
folder = "outbox"

# To send through a server, set transport = "smtp" above and take these lines in:
# [mail.smtp]
# host = "smtp.nhs.example"
# port = 587
# security = "starttls"
# username = "migration.reports@nhs.example"
# password_file = "/run/credentials/smtp-password"
'''


def write_register(path: Path, organisations: list[Organisation]) -> None:
    headings = ("code", "name", "stage", "mail_domains", "overall_migration_to", "failed_item_to",
                "switch_readiness_to", "subject_lines")
    with Table(path, PLAIN_CSV, headings) as table:
        for entry in organisations:
            lists = (entry.mail_domains, entry.overall_to, entry.failed_to, entry.readiness_to)
            table.row((entry.code, entry.name, entry.stage, *(";".join(values) for values in lists),
                       entry.subject_lines))
