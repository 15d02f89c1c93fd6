#!/usr/bin/env python3
"""Writes the invented sample data of migration-monitor.

    python3 sample-data/generate.py
        rewrites the sample in the folder of this script: settings, register,
        schedules, and twelve days of exports of six invented organisations.

Larger estates for measurements are made of the same words by
benches/generate_estate.py.

Everybody and everything in these files is invented. The same seed gives the
same bytes: nothing depends on the clock, on the order of files in a folder or
on Python's hash seed. Only Python's own library is needed (3.11 or later).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import math
import random
import re
import shutil
import unicodedata
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

DEFAULT_SEED = 20261120
FIRST_DAY = date(2026, 11, 9)
LAST_DAY = date(2026, 11, 20)
EXPORTED_AT = time(6, 30)
ONE_DAY = timedelta(days=1)
TARGET_DOMAIN = "nhs.example"

# ---------------------------------------------------------------------------
# Words to make names, subjects and errors from
# ---------------------------------------------------------------------------

FIRST_NAMES = """
    Aaliyah Abigail Adaeze Adam Aditi Agnieszka Ahmed Aisha Alan Alasdair Alice Amara Amélie Amir Andrew Angharad
    Anil Anjali Anneliese Anthony Aoife Arjun Bartosz Beatrice Benedict Bethan Blessing Brendan Bríd Callum Caoimhe
    Carys Catherine Chidi Chloë Christopher Ciarán Claire Daniel David Deborah Declan Delyth Dilip Dorota Dylan Ebony
    Eilidh Eleri Elizabeth Emeka Emily Emma Esther Ewan Faisal Farah Fatima Ffion Fiona Folasade François Gareth
    George Gethin Giulia Grace Graham Grzegorz Gwenllian Hafsa Hamish Hannah Harpreet Heather Helen Hürrem Ian Ifeoma
    Imran Inés Iona Isaac Isobel Jacqueline James Jasmine Jean-Luc Jennifer João Joanne John José Joseph Joyce Julie
    Karen Karthik Katarzyna Kayleigh Keith Kenneth Kwame Lakshmi Laura Leila Lewis Linda Llinos Louise Łukasz
    Małgorzata Manjit Margaret Mark Mary Matthew Maureen Megan Mehmet Mhairi Michael Mohammed Morag Nadia Naomi Natalie
    Ngozi Niamh Nicola Nikhil Noël Olivia Olumide Oscar Padraig Patience Patricia Paul Peter Philippa Priya Rachel
    Rajesh Rebecca Renée Rhiannon Richard Robert Rosemary Ruth Samantha Samuel Sandra Sarah Seán Shabana Sharon Siân
    Simon Siobhán Sofia Sophie Stephen Sunita Susan Tariq Temitope Thanh Thomas Tomás Tracey Uzma Valerie Victoria
    Vikram Wendy William Yasmin Yusuf Zainab Zoë Željka Şebnem
""".split()

LAST_NAMES = [name.replace("_", " ") for name in """
    Abbott Abdi Abubakar Adeyemi Ahmed Akhtar Ali Allott Anderson Appleyard Armitage Ashworth Atkinson Bailey Bakare
    Banerjee Banks Barnes Barraclough Begum Bell Bennett Bhatt Birtwistle Blackwood Booth Bosworth Boyle Bradshaw
    Brennan Brook Brown Burns Butterworth Campbell Carter Chakrabarti Chapman Chaudhry Clarke Clegg Collins Cooper
    Cowgill Crabtree Crossley D'Arcy D'Souza Davies De_Souza Dhillon Dixon Donnelly Dungworth Dyson Earnshaw Eastwood
    Edwards Ellis Entwistle Evans Fairweather Farouk Fernández Fielding Fitzgerald Fletcher Foster Fraser Gallagher
    García Gibson Gill Gledhill Graham Grant Greenhalgh Greenwood Griffiths Hall Hanif Hardcastle Hargreaves Harris
    Haslam Hebblethwaite Henderson Higginbottom Hill Hirst Holdsworth Holroyd Hopkins Hughes Hussain Ibrahim Illingworth
    Iqbal Jackson James Jenkins Johnson Jones Joshi Kapoor Kaur Kelly Kerr Khan Kowalski Kumar Lambert Lawson Lee Lewis
    Lister Llewellyn-Pugh Lloyd Lockwood MacDonald MacLeod Mahmood Malik Marsh Marshall Mbeki McAllister McCarthy
    McDonald McKenzie Mehta Mellor Metcalfe Midgley Mistry Mitchell Mohamed Moore Morgan Morris Müller Murphy Murray
    Naylor Nguyễn Nowak Nuttall O'Brien O'Connor O'Hara O'Neill O'Sullivan Ogunleye Okafor Okonkwo Oldroyd Osei Owen
    Ozturk Parker Parkinson Parry Patel Pearson Phillips Pickersgill Popescu Powell Prendergast Price Pritchard Quinn
    Rahman Ramsbottom Rao Redfearn Rees Reid Rhodes Richardson Roberts Robertson Robinson Rodríguez Rowbotham Russell
    Ryan Sandhu Schofield Scott Sharma Sheikh Shepherd Siddiqui Silva Singh Smith Smith-Jones Stewart Stott Sutcliffe
    Sykes Tattersall Taylor Thistlethwaite Thomas Thompson Thornton Tordoff Townend Turner Uddin Van_der_Berg Varma
    Villiers-Okoro Wadsworth Walker Wallace Walsh Walton Ward Waterhouse Watson White Whitaker Wigglesworth Wilkinson
    Williams Williamson Wilson Wiśniewska Wood Wright Yeadon Young Yılmaz Zhang
""".split()]

# The address comes from the Latin part, before the bracket.
RARE_PEOPLE = ["Wang Wei (王伟)", "Li Na (李娜)", "Maria Papadopoulou (Μαρία)"]

SPECIALTIES = [
    "Cardiology", "Dermatology", "Endoscopy", "Gastroenterology", "Haematology", "Maternity", "Neurology", "Oncology",
    "Ophthalmology", "Orthopaedics", "Paediatrics", "Pathology", "Pharmacy", "Physiotherapy", "Radiology", "Renal",
    "Respiratory", "Rheumatology", "Stroke", "Theatres", "Urology", "X-ray",
]
SHARED_ROLES = ["Bookings", "Secretaries", "Rota", "Referrals", "Enquiries", "Reception", "Stores", "Team"]
VIP_ROLES = ["Senior management", "Medical secretary"]

FOLDERS = [
    "Inbox", "Inbox", "Inbox", "Inbox\\Clinic letters", "Inbox\\Referrals", "Inbox\\Rotas", "Inbox\\MDT, weekly",
    "Sent Items", "Sent Items", "Deleted Items", "Drafts", "Archive\\2014", "Archive\\2017", "Archive\\Scans",
    "Public folder favourites\\Estates",
]

# Placeholders are filled by write_subject.
SUBJECTS = [
    "RE: Clinic list for {weekday}", "FW: Discharge summary - {title} {surname}", "{specialty} rota week {number}",
    "Minutes of the {specialty} meeting, {weekday}", "RE: RE: Annual leave {weekday} to Friday",
    "Invoice {number}0{number}",
    "Scan images for {title} {surname}, as requested", "Referral: {title} {surname}; {specialty}",
    "MDT agenda {weekday}: {specialty}", "Board papers part {number}", "Training video {number} of 60",
    "FW: \"{specialty}\" leaflet, proof {number}", "Ward {number} off-duty", "Appointment moved to {weekday}",
    "RE: {title} {surname}'s x-ray", "Photographs from the {specialty} open day", "Estates helpdesk ticket {number}",
    "Complaint {number} - response to {title} {surname}", "Your payslip query", "Handover notes {weekday} night",
    "Draft business case v{number}.2 (with appendices)", "Out of office: {surname}",
    "Room booking: seminar room {number}",
    "Equipment order {number}; delivery {weekday}", "Thank you from {title} {surname}",
    "Winter plan – comments by {weekday}",
    "Budget {number}: £{number},400 still to find", "Interview panel {weekday}", "Mandatory training reminder",
]

# What reaches a subject line in practice and upsets programs: quoting, line
# ends, markup, spreadsheet formulas, no subject at all, and one that is very long.
AWKWARD_SUBJECTS = [
    "", "",
    "He said \"call back\", then rang off; see note",
    "Theatre list\nRoom 2 moved to Room 4",
    "Address change:\r\n1 Nowhere Lane\r\nNorthmoor",
    "<b>URGENT</b> bed state", "<script>alert(1)</script>", "Tom & Jerry's leaving do &amp; collection",
    "=HYPERLINK(\"http://evil.example\",\"x\")", "+441632960001 missed call", "-1", "@SUM(A1)", "=1+1",
    "\tTabbed subject",
    "'Quoted' with one apostrophe's tail", "   leading and trailing spaces   ", "100% of £5 is £5; 50% is £2.50",
    "Résumé for the Bänk post – naïve café “curly” quotes", "C:\\Users\\scan\\new file.pdf",
    "{{report.date}} {% if x %}",
    "RE: " * 12 + "who has the key to the store room",
    "Agenda: " + ("item for discussion at the next meeting of the working group on storage of old paper records, " * 4)
    + "and any other business",
]

# Only for encodings that hold them.
AWKWARD_UNICODE_SUBJECTS = [
    "Report \u202Efdp.exe\u202C attached", "\u200Fשלום – תור למרפאה", "Pay\u200Broll \u200Dreview\uFEFF 2026",
    "موعد العيادة", "预约变更通知", "📅 Rota – week 47 👩🏽‍⚕️", "Ta\u0301ble with combining accent", "Zażółć gęślą jaźń",
]

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
TITLES = ["Mr", "Mrs", "Ms", "Miss", "Dr"]


class ErrorKind(NamedTuple):
    text: str
    code: str
    weight_open: float      # how often it is behind an item that stays failed
    weight_cleared: float   # how often it is behind an item that a retry cures
    classes: tuple[str, ...] = ("IPM.Note",)


MAIL = ("IPM.Note", "IPM.Note", "IPM.Note", "IPM.Schedule.Meeting.Request")
TOO_LARGE = ErrorKind("Message size exceeds the maximum allowed ({megabytes} MB of 40 MB)", "0x80040305", 36, 4)
CORRUPTED = ErrorKind("The item is corrupted and cannot be read", "0x8004011B", 34, 6,
                      MAIL + ("IPM.Contact", "IPM.Note.SMIME"))
ERROR_KINDS = [
    TOO_LARGE,
    CORRUPTED,
    ErrorKind("Mailbox quota exceeded on target", "0x8004060C", 7, 10, MAIL),
    ErrorKind("Access denied to folder permissions", "0x80070005", 6, 5, MAIL),
    ErrorKind("Connection timed out", "0x80040401", 4, 30, MAIL),
    ErrorKind("Server busy: request throttled", "0x8004010B", 3, 30, MAIL),
    ErrorKind("Network error while copying the item", "0x80040115", 3, 15, MAIL),
    ErrorKind("", "0x80004005", 2, 2, MAIL),
    ErrorKind("The recurrence pattern is not valid", "0x80040108", 3, 1, ("IPM.Appointment",)),
    ErrorKind("Attachment 3 has an unknown property type", "0x80040301", 1, 1, MAIL),
    ErrorKind("Item could not be opened: object was not found", "0x8004010F", 1, 3, ("IPM.Task", "IPM.StickyNote")),
]

# ---------------------------------------------------------------------------
# Files: encoding, delimiter, quoting, headings
# ---------------------------------------------------------------------------

SYNC_HEADINGS = (
    "Collection", "Display Name", "Source Mailbox", "Target Mailbox", "Sync State", "Progress (%)", "Items Total",
    "Items Synchronized", "Failed Items", "Mailbox Size (MB)", "Last Synchronized", "Switch Date",
)
FAILED_HEADINGS = (
    "Collection", "User", "Source Mailbox", "Folder", "Subject", "Item Class", "Item Date", "Size (KB)", "Error Code",
    "Error", "Failed At",
)
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


# ---------------------------------------------------------------------------
# Names and addresses
# ---------------------------------------------------------------------------

# Letters that do not come apart into a plain letter and an accent.
PLAIN_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "æ": "ae", "Æ": "Ae", "ß": "ss", "đ": "d", "ı": "i"})


def address_form(name: str) -> str:
    """'Siân Llewellyn-Pugh' becomes 'sian.llewellyn-pugh'."""
    name = re.sub(r"\(.*?\)", "", name).strip()
    letters = unicodedata.normalize("NFKD", name.translate(PLAIN_LETTERS))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()
    first, _, rest = letters.partition(" ")
    return f"{first}.{rest.replace(' ', '')}" if rest else first


def can_write(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


class Person(NamedTuple):
    display_name: str
    source: str
    target: str


class Namer:
    """Gives out names whose addresses are all different.

    Target addresses share one domain, so `targets` is shared between all
    organisations; source addresses need to differ within one.
    """

    def __init__(self, rng: random.Random, code: str, domains: list[str], encoding: str, targets: Counter):
        self._rng = rng
        self._code = code.lower()
        self._domains = domains
        self._targets = targets
        self._sources: Counter = Counter()
        self._first_names = [name for name in FIRST_NAMES if can_write(name, encoding)]
        self._last_names = [name for name in LAST_NAMES if can_write(name, encoding)]
        self._rare = [name for name in RARE_PEOPLE if can_write(name, encoding)]
        self._forms: dict[str, str] = {}

    def person(self) -> Person:
        rng = self._rng
        if self._rare and rng.random() < 0.004:
            name = rng.choice(self._rare)
        else:
            name = f"{rng.choice(self._first_names)} {rng.choice(self._last_names)}"
        form = self._forms.get(name)
        if form is None:
            form = self._forms[name] = address_form(name)
        return self._addressed(name, form, form.replace("'", ""))

    def shared(self) -> Person:
        rng = self._rng
        if rng.random() < 0.3:
            name = f"Ward {rng.randint(1, 38)} {rng.choice(SHARED_ROLES)}"
        else:
            name = f"{rng.choice(SPECIALTIES)} {rng.choice(SHARED_ROLES)}"
        form = name.lower().replace(" ", "-")
        return self._addressed(name, form, f"{self._code}.{form}")

    def named(self, name: str) -> Person:
        form = name.lower().replace(" ", "-")
        return self._addressed(name, form, f"{self._code}.{form}")

    def _addressed(self, name: str, source: str, target: str) -> Person:
        domain = self._domains[0] if len(self._domains) == 1 or self._rng.random() < 0.8 else self._domains[1]
        number = self._next(self._sources, source)
        if number and "." not in source:
            name = f"{name} {number}"       # two shared mailboxes of one name cannot be told apart otherwise
        number_text = str(number) if number else ""
        target_number = self._next(self._targets, target) or ""
        return Person(name, f"{source}{number_text}@{domain}", f"{target}{target_number}@{TARGET_DOMAIN}")

    @staticmethod
    def _next(used: Counter, form: str) -> int:
        """0 for the first of a name, then 2, 3 and so on."""
        used[form] += 1
        return used[form] if used[form] > 1 else 0


# ---------------------------------------------------------------------------
# Failed items
# ---------------------------------------------------------------------------


@dataclass(slots=True)
class FailedItem:
    folder: str
    subject: str
    item_class: str
    item_date: date
    size_kb: int | None
    code: str
    error: str
    failed_at: datetime
    cleared_on: date | None = None

    def row(self, collection: str, user: str, source: str) -> tuple:
        return (collection, user, source, self.folder, self.subject, self.item_class, day_text(self.item_date),
                "" if self.size_kb is None else self.size_kb, self.code, self.error, moment_text(self.failed_at))


class ItemWriter:
    """Makes up failed items."""

    def __init__(self, rng: random.Random, any_letter: bool, encoding: str, awkward_share: float):
        self._rng = rng
        self._awkward = AWKWARD_SUBJECTS + (AWKWARD_UNICODE_SUBJECTS if any_letter else [])
        self._awkward_share = awkward_share
        self._deck: list[str] = []
        self._surnames = [name for name in LAST_NAMES if can_write(name, encoding)]
        self._open_weights = list(accumulate(kind.weight_open for kind in ERROR_KINDS))
        self._cleared_weights = list(accumulate(kind.weight_cleared for kind in ERROR_KINDS))

    def kind(self, stays_failed: bool) -> ErrorKind:
        weights = self._open_weights if stays_failed else self._cleared_weights
        return self._rng.choices(ERROR_KINDS, cum_weights=weights)[0]

    def write(self, kind: ErrorKind, failed_at: datetime) -> FailedItem:
        rng = self._rng
        size_kb: int | None = int(rng.lognormvariate(math.log(70), 1.1)) + 2
        error = kind.text
        if kind is TOO_LARGE:
            megabytes = round(40.1 + rng.expovariate(1 / 9), 1)
            size_kb = int(megabytes * 1024)
            error = kind.text.format(megabytes=megabytes)
        elif rng.random() < 0.03:
            size_kb = None
        code = "" if error and rng.random() < 0.05 else kind.code
        item_class = rng.choice(kind.classes)
        item_date = failed_at.date() - timedelta(days=1 + int(min(rng.expovariate(1 / 900), 5500)))
        return FailedItem(self._folder(item_class), self._subject(), item_class, item_date, size_kb, code, error,
                          failed_at)

    def _folder(self, item_class: str) -> str:
        special = {"IPM.Appointment": "Calendar", "IPM.Contact": "Contacts", "IPM.Task": "Tasks",
                   "IPM.StickyNote": "Notes"}
        return special.get(item_class) or self._rng.choice(FOLDERS)

    def _subject(self) -> str:
        rng = self._rng
        if rng.random() < self._awkward_share:
            return self._next_awkward()
        return rng.choice(SUBJECTS).format(
            weekday=rng.choice(WEEKDAYS), surname=rng.choice(self._surnames), title=rng.choice(TITLES),
            specialty=rng.choice(SPECIALTIES), number=rng.randint(1, 60))

    def _next_awkward(self) -> str:
        """Dealt like cards, so that even a small organisation gets every one of them."""
        if not self._deck:
            self._deck = self._rng.sample(self._awkward, len(self._awkward))
        return self._deck.pop()


# ---------------------------------------------------------------------------
# A mailbox's journey, day by day
# ---------------------------------------------------------------------------

NEW, QUEUED, RUNNING, IN_SYNC = "New", "Queued", "In Progress", "In Sync"
READY, SWITCHED = "Ready to Switch", "Switched"
STOPPED, FAILED, UNDO = "Stopped", "Failed", "Undo Switch"


class Snapshot(NamedTuple):
    """What the export of one day says of a mailbox, failed items apart."""

    day: date
    state: str
    total: int
    attempted: int
    last_sync: datetime | None


class Interruption(NamedTuple):
    state: str
    starts: date
    ends: date | None


@dataclass
class Mailbox:
    person: Person
    collection: str
    items: int
    megabytes_per_item: float | None
    starts: date
    work_days: float
    switch_date: date | None
    show_switch_date: bool = True
    interruption: Interruption | None = None
    vip: str = ""
    journey: list[Snapshot] = field(default_factory=list)
    failed: list[FailedItem] = field(default_factory=list)

    def on(self, day: date) -> Snapshot:
        return self.journey[(day - self.journey[0].day).days]

    def failed_on(self, day: date) -> list[FailedItem]:
        end = datetime.combine(day, EXPORTED_AT)
        return [item for item in self.failed
                if item.failed_at <= end and (item.cleared_on is None or item.cleared_on > day)]


def work_done_before(day: date) -> float:
    """The share of a working day's work that is in the export of `day`.

    An export is taken in the early morning, so it holds the work of the day
    before; at weekends the copying runs in a narrower window.
    """
    return 0.35 if (day - ONE_DAY).weekday() >= 5 else 1.0


def travel(mailbox: Mailbox, rng: random.Random) -> list[Snapshot]:
    """Takes a mailbox from New to wherever it is on the last day."""
    journey = []
    total, fraction = mailbox.items, 0.0
    in_sync_since: date | None = None
    switched = False
    last_sync: datetime | None = None
    day = min(mailbox.starts - 2 * ONE_DAY, FIRST_DAY)
    while day <= LAST_DAY:
        if day < mailbox.starts:
            state = QUEUED if day >= mailbox.starts - ONE_DAY else NEW
        elif not switched and interrupted(mailbox, day):
            state = mailbox.interruption.state
        else:
            last_sync = datetime.combine(day, EXPORTED_AT) - timedelta(seconds=rng.randint(30, 9000))
            if not switched:
                fraction += work_done_before(day) * rng.uniform(0.6, 1.4) / mailbox.work_days
                if work_done_before(day) == 1.0:
                    total += rng.randint(0, 6)      # new mail goes on arriving
                state, switched = state_after(mailbox, day, fraction, in_sync_since)
                if fraction >= 1 and in_sync_since is None:
                    in_sync_since = day
        journey.append(Snapshot(day, state, total, int(total * min(fraction, 1.0)), last_sync))
        day += ONE_DAY
    return journey


def interrupted(mailbox: Mailbox, day: date) -> bool:
    pause = mailbox.interruption
    return pause is not None and pause.starts <= day and (pause.ends is None or day < pause.ends)


def state_after(mailbox: Mailbox, day: date, fraction: float, in_sync_since: date | None) -> tuple[str, bool]:
    """The state of a mailbox that is being worked on, and whether it has switched.

    A mailbox that is not in sync on its switch date switches on the first day
    after it is.
    """
    if fraction < 1:
        return RUNNING, False
    if in_sync_since is None or mailbox.switch_date is None:
        return IN_SYNC, False
    if day >= mailbox.switch_date:
        return SWITCHED, True
    if day >= mailbox.switch_date - timedelta(days=10):
        return READY, False
    return IN_SYNC, False


# ---------------------------------------------------------------------------
# The six organisations of the sample
# ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Collection:
    name: str
    mailboxes: int
    starts: date                    # the first mailbox starts
    spread_days: int                # the last one starts this many days later
    work_days: float                # what a middling mailbox needs
    switch_date: date | None
    slow_share: float = 0.008       # need several times as long
    stopping_share: float = 0.012   # stop on the way and go on after some days
    stuck_share: float = 0.002      # stop and stay so
    pilot_mailboxes: int = 0        # the first by address are the pilot, as the schedule has it


@dataclass(frozen=True)
class Organisation:
    code: str
    name: str
    stage: str
    mail_domains: list[str]
    overall_to: list[str]
    failed_to: list[str]
    readiness_to: list[str]
    subject_lines: str
    file_format: FileFormat = PLAIN_CSV
    collections: tuple[Collection, ...] = ()
    median_items: int = 2900
    failure_rate: float = 0.000096  # of attempted items, still failed on the last day
    clustering: float = 0.6         # shape of the gamma distribution; small is clustered
    cleared_share: float = 0.25     # items that failed and were cured, per item still failed
    awkward_share: float = 0.15
    has_schedule: bool = True
    words: dict[str, str] = field(default_factory=dict)   # state words that differ from the usual
    story: Callable[["Story"], None] | None = None


@dataclass
class Story:
    """What an organisation's own twist has to work with."""

    organisation: Organisation
    rng: random.Random
    namer: Namer
    items: ItemWriter
    mailboxes: list[Mailbox]


def corrupt_archive(story: Story) -> None:
    """One archive mailbox meets a damaged stretch on 17 November."""
    person = story.namer.named("Records Archive 2009 to 2016")
    mailbox = Mailbox(person, "Archive and corporate", 61840, 0.21, date(2026, 11, 11), 11.5, date(2026, 11, 30))
    mailbox.journey = travel(mailbox, story.rng)
    for day, count in ((17, 262), (18, 31), (19, 24), (20, 17)):
        snapshot = mailbox.on(date(2026, 11, day))
        for _ in range(count):
            mailbox.failed.append(story.items.write(CORRUPTED, failing_moment(story.rng, snapshot)))
    story.mailboxes.append(mailbox)


def undone_switch(story: Story) -> None:
    """One mailbox of the first week is switched back for two days."""
    switch_day = date(2026, 11, 16)
    mailbox = next(box for box in story.mailboxes if box.on(switch_day).state == SWITCHED and not box.vip)
    states = {date(2026, 11, 18): UNDO, date(2026, 11, 19): UNDO, date(2026, 11, 20): IN_SYNC}
    mailbox.journey = [snapshot._replace(state=states.get(snapshot.day, snapshot.state))
                       for snapshot in mailbox.journey]


def two_failed_items(story: Story) -> None:
    """A pilot so small that its items are placed by hand: one early, one on the last day."""
    story.mailboxes.sort(key=lambda box: box.person.source)
    running = [box for box in story.mailboxes if box.on(LAST_DAY).state in (RUNNING, IN_SYNC, READY)]
    for mailbox, day, kind in ((running[0], date(2026, 11, 12), TOO_LARGE), (running[-1], LAST_DAY, CORRUPTED)):
        mailbox.failed = [story.items.write(kind, failing_moment(story.rng, mailbox.on(day)))]


def steady_mop_up(story: Story) -> None:
    """Old failed items are cleared on working days, at least one on each."""
    days = [day for day in report_days() if work_done_before(day) == 1.0 and day > FIRST_DAY]
    cured = [item for mailbox in story.mailboxes for item in mailbox.failed if item.cleared_on]
    story.rng.shuffle(cured)
    for index, item in enumerate(cured):
        item.cleared_on = days[index % len(days)]


def sample_organisations() -> list[Organisation]:
    return [
        Organisation(
            "ZNM", "Fictional Northmoor NHS Trust", "sync-and-switch",
            ["northmoor.nhs.example", "northmoor-community.nhs.example"],
            ["siobhan.o'neill@northmoor.nhs.example", "it.projects@northmoor.nhs.example"],
            ["it.projects@northmoor.nhs.example"], ["siobhan.o'neill@northmoor.nhs.example"], "workbook",
            EXCEL_CSV,
            (Collection("At pace", 1240, date(2026, 11, 2), 13, 2.2, date(2026, 11, 23), slow_share=0.02,
                        stuck_share=0.004),)),
        Organisation(
            "ZGL", "Greater Larkfield University Hospitals NHS Foundation Trust", "sync-and-switch",
            ["gluh.example"],
            ["programme.office@larkfield.nhs.example", "gwenllian.hardcastle@larkfield.nhs.example"],
            ["service.desk@larkfield.nhs.example"],
            ["programme.office@larkfield.nhs.example", "floor.walkers@larkfield.nhs.example"], "workbook",
            PACKED_CSV,
            (Collection("Week 1", 5000, date(2026, 10, 26), 13, 2.0, date(2026, 11, 16), slow_share=0.004,
                        stuck_share=0.0008, pilot_mailboxes=60),
             Collection("Week 2", 5000, date(2026, 11, 5), 10, 2.0, date(2026, 11, 23), slow_share=0.006,
                        stuck_share=0.002),
             Collection("Week 3", 1800, date(2026, 11, 15), 10, 3.5, date(2026, 11, 30))),
            median_items=790, failure_rate=0.0000965, awkward_share=0.05, story=undone_switch),
        Organisation(
            "ZCA", "Cawderdale Archive and Community NHS Trust", "sync-and-switch", ["cawderdale.nhs.example"],
            ["adaeze.birtwistle@cawderdale.nhs.example"], ["adaeze.birtwistle@cawderdale.nhs.example"],
            ["adaeze.birtwistle@cawderdale.nhs.example"], "email",
            POWERSHELL_CSV,
            (Collection("Community", 380, date(2026, 11, 3), 12, 2.5, date(2026, 11, 25)),
             Collection("Archive and corporate", 260, date(2026, 11, 10), 10, 3.0, date(2026, 11, 30))),
            failure_rate=0.00009, story=corrupt_archive),
        Organisation(
            "ZTP", "Tiny Pennyford Hospice", "pilot", ["pennyford-hospice.example"],
            ["matron@pennyford-hospice.example"], ["matron@pennyford-hospice.example"],
            ["matron@pennyford-hospice.example"], "workbook",
            FileFormat(),
            (Collection("Pilot", 14, date(2026, 11, 9), 6, 2.5, date(2026, 11, 24), 0, 0, 0, pilot_mailboxes=14),),
            median_items=420, failure_rate=0, cleared_share=0, story=two_failed_items),
        Organisation(
            "ZMU", "Muckle Uplands Health Board", "mop-up", ["muckle-uplands.nhs.example"],
            ["eilidh.macleod@muckle-uplands.nhs.example"], ["eilidh.macleod@muckle-uplands.nhs.example"],
            ["eilidh.macleod@muckle-uplands.nhs.example"], "withheld",
            UNICODE_TEXT,
            (Collection("Glens", 170, date(2026, 9, 14), 12, 2.5, date(2026, 10, 12), 0.01, 0.02, 0.012),
             Collection("Islands", 140, date(2026, 10, 5), 12, 3.0, date(2026, 10, 26), 0.01, 0.02, 0.012)),
            failure_rate=0.000093, cleared_share=0.6, awkward_share=0.25, has_schedule=False,
            words={RUNNING: "Synchronizing", IN_SYNC: "Synchronized"}, story=steady_mop_up),
        Organisation(
            "ZSL", "St Ælfgifu's Sound and Isles Partnership", "sync-and-switch", ["sound-and-isles.nhs.example"],
            ["zoe.d'souza@sound-and-isles.nhs.example", "projects@sound-and-isles.nhs.example"],
            ["zoe.d'souza@sound-and-isles.nhs.example"], ["projects@sound-and-isles.nhs.example"], "workbook",
            OLD_EXCEL_CSV,
            (Collection("Sound", 250, date(2026, 11, 3), 11, 2.5, date(2026, 11, 24), pilot_mailboxes=20),
             Collection("Isles", 170, date(2026, 11, 6), 11, 3.0, date(2026, 12, 1))),
            failure_rate=0.00026, clustering=6.0, words={IN_SYNC: "Synchronized"}),
        Organisation(
            "ZOK", "Old Kirkholme Cottage Hospital", "closed", ["kirkholme.nhs.example"],
            ["records@kirkholme.nhs.example"], ["records@kirkholme.nhs.example"], ["records@kirkholme.nhs.example"],
            "withheld"),
    ]


def report_days() -> list[date]:
    return [FIRST_DAY + timedelta(days=offset) for offset in range((LAST_DAY - FIRST_DAY).days + 1)]


def failing_moment(rng: random.Random, snapshot: Snapshot) -> datetime:
    """A moment in the night before the export of that day."""
    return snapshot.last_sync - timedelta(seconds=rng.randint(5, 36000))


def item_count(rng: random.Random, median: float) -> int:
    return max(25, min(int(rng.lognormvariate(math.log(median), 0.55)), int(median * 12)))


def megabytes_per_item(rng: random.Random) -> float | None:
    """Blank for some mailboxes: the tool could not read their size."""
    return None if rng.random() < 0.03 else rng.lognormvariate(math.log(0.09), 0.35)


def new_person(rng: random.Random, namer: Namer) -> tuple[Person, str]:
    """A person and their VIP category, or a shared mailbox."""
    chance = rng.random()
    if chance < 0.11:
        return namer.shared(), ""
    person = namer.person()
    if chance < 0.12:
        return person, VIP_ROLES[0]
    if chance < 0.16:
        if rng.random() < 0.4:
            person = person._replace(display_name=person.display_name + " (Medical Secretary)")
        return person, VIP_ROLES[1]
    return person, ""


def new_mailbox(rng: random.Random, namer: Namer, plan: Collection, median_items: int) -> Mailbox:
    person, vip = new_person(rng, namer)
    starts = plan.starts + timedelta(days=rng.randint(0, plan.spread_days))
    work_days = rng.lognormvariate(math.log(plan.work_days), 0.4)
    if rng.random() < plan.slow_share:
        work_days *= rng.uniform(3, 7)
    mailbox = Mailbox(person, plan.name, item_count(rng, median_items), megabytes_per_item(rng), starts, work_days,
                      plan.switch_date, rng.random() > 0.02, vip=vip)
    chance = rng.random()
    if chance < plan.stuck_share:
        mailbox.interruption = Interruption(rng.choice([STOPPED, FAILED]), starts + ONE_DAY, None)
    elif chance < plan.stuck_share + plan.stopping_share:
        begins = starts + timedelta(days=rng.randint(1, 3))
        mailbox.interruption = Interruption(rng.choice([STOPPED, STOPPED, FAILED]), begins,
                                            begins + timedelta(days=rng.randint(1, 4)))
    mailbox.journey = travel(mailbox, rng)
    return mailbox


def spread_failures(organisation: Organisation, mailboxes: list[Mailbox], items: ItemWriter,
                    rng: random.Random) -> None:
    """Gives out exactly as many failed items as the organisation's rate asks for.

    A gamma-distributed rate for each mailbox makes them cluster, as they do
    in practice. An item has a place in its mailbox's queue and fails on the
    day that the copying gets there.
    """
    attempted = sum(mailbox.on(LAST_DAY).attempted for mailbox in mailboxes)
    still_failed = round(attempted * organisation.failure_rate)
    if not still_failed:
        return
    weights = [mailbox.on(LAST_DAY).attempted * rng.gammavariate(organisation.clustering, 1) for mailbox in mailboxes]
    for mailbox in rng.choices(mailboxes, weights, k=still_failed):
        snapshot = day_reached(mailbox, rng)
        mailbox.failed.append(items.write(items.kind(True), failing_moment(rng, snapshot)))
    for mailbox in rng.choices(mailboxes, weights, k=round(still_failed * organisation.cleared_share)):
        snapshot = day_reached(mailbox, rng)
        cleared_on = max(snapshot.day, FIRST_DAY) + timedelta(days=rng.randint(1, 4))
        if cleared_on <= LAST_DAY:
            item = items.write(items.kind(False), failing_moment(rng, snapshot))
            item.cleared_on = cleared_on
            mailbox.failed.append(item)


def day_reached(mailbox: Mailbox, rng: random.Random) -> Snapshot:
    """The day on which the copying came to an item at a random place."""
    place = rng.randint(1, mailbox.journey[-1].attempted)
    return mailbox.journey[bisect_left(mailbox.journey, place, key=lambda snapshot: snapshot.attempted)]


def sync_row(mailbox: Mailbox, snapshot: Snapshot, failed: int, words: dict[str, str]) -> tuple:
    """A cell is blank, not 0, where the tool has measured nothing yet."""
    person = mailbox.person
    switch_date = day_text(mailbox.switch_date) if mailbox.show_switch_date else ""
    start = (mailbox.collection, person.display_name, person.source, person.target,
             words.get(snapshot.state, snapshot.state))
    if snapshot.state == NEW:
        return (*start, "", "", "", failed, "", "", switch_date)
    size = "" if mailbox.megabytes_per_item is None else f"{snapshot.total * mailbox.megabytes_per_item:.1f}"
    return (*start, 100 * snapshot.attempted // snapshot.total, snapshot.total, snapshot.attempted - failed, failed,
            size, moment_text(snapshot.last_sync), switch_date)


def write_day(folder: Path, organisation: Organisation, mailboxes: list[Mailbox], day: date) -> None:
    folder = folder / day.isoformat()
    with sync_table(folder, organisation.file_format) as sync, failed_table(folder, organisation.file_format) as failed:
        for mailbox in mailboxes:
            open_items = mailbox.failed_on(day)
            sync.row(sync_row(mailbox, mailbox.on(day), len(open_items), organisation.words))
            for item in open_items:
                failed.row(item.row(mailbox.collection, mailbox.person.display_name, mailbox.person.source))


def write_schedule(path: Path, rows: Iterator[tuple]) -> None:
    """The schedule is a spreadsheet that the organisation keeps, saved as CSV."""
    with Table(path, EXCEL_CSV, SCHEDULE_HEADINGS) as table:
        for row in rows:
            table.row(row)


def schedule_rows(organisation: Organisation, mailboxes: list[Mailbox]) -> Iterator[tuple]:
    pilots_left = {plan.name: plan.pilot_mailboxes for plan in organisation.collections}
    for mailbox in mailboxes:
        is_pilot = pilots_left[mailbox.collection] > 0
        pilots_left[mailbox.collection] -= 1
        yield (mailbox.person.source, mailbox.collection, day_text(mailbox.switch_date),
               "Pilot" if is_pilot else "Live", mailbox.vip)
    if organisation.code == "ZCA":
        # Somebody who left: still on the schedule, no longer in the export.
        yield ("left.in.august@cawderdale.nhs.example", "Community", "25/11/2026", "Live", "")


def write_organisation(folder: Path, organisation: Organisation, seed: int, targets: Counter) -> None:
    rng = random.Random(f"{seed}/{organisation.code}")
    layout = organisation.file_format
    namer = Namer(rng, organisation.code, organisation.mail_domains, layout.encoding, targets)
    items = ItemWriter(rng, layout.any_letter, layout.encoding, organisation.awkward_share)
    mailboxes = [new_mailbox(rng, namer, plan, organisation.median_items)
                 for plan in organisation.collections for _ in range(plan.mailboxes)]
    spread_failures(organisation, mailboxes, items, rng)
    if organisation.story:
        organisation.story(Story(organisation, rng, namer, items, mailboxes))
    mailboxes.sort(key=lambda mailbox: (mailbox.collection, mailbox.person.source))
    for mailbox in mailboxes:
        mailbox.failed.sort(key=lambda item: item.failed_at)
    for day in report_days():
        write_day(folder, organisation, mailboxes, day)
    if organisation.has_schedule:
        write_schedule(folder / "migration-schedule.csv", schedule_rows(organisation, mailboxes))


def write_sample(out: Path, seed: int) -> None:
    organisations = sample_organisations()
    (out / "migration-monitor.toml").write_text(settings_text("Invented mailbox migration programme"), encoding="utf-8")
    write_register(out / "organisations.csv", organisations)
    targets: Counter = Counter()
    for organisation in organisations:
        folder = out / "exports" / organisation.code
        shutil.rmtree(folder, ignore_errors=True)       # days of an earlier run of this script
        if organisation.collections:
            write_organisation(folder, organisation, seed, targets)


# ---------------------------------------------------------------------------
# Settings and register
# ---------------------------------------------------------------------------


def settings_text(programme: str) -> str:
    return f'''\
# Settings of migration-monitor for invented sample data. Relative paths are
# relative to this file. Written by generate.py.

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


# ---------------------------------------------------------------------------
# Command line
# ---------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Write the invented sample data of migration-monitor.",
        epilog="examples:\n"
               "  generate.py                    rewrite the sample in the folder of this script\n"
               "  generate.py --out /tmp/sample  write it elsewhere, for a comparison\n")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED,
                        help="the same seed gives the same bytes (default %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, metavar="DIR",
                        help="folder of the sample (default: the folder of this script)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write_sample(options.out, options.seed)


if __name__ == "__main__":
    main()
