"""What organisations, people, subject lines and errors are called, and what fails."""

from __future__ import annotations

import math
import random
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from files import TARGET_DOMAIN, day_text, moment_text

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

LONG_NAME = ("Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley, "
             "Consultant in Paediatric Gastroenterology")
LONG_COLLECTION = ("Theatres, Anaesthetics, Critical Care and Pain Management (Northern and Western Sites), "
                   "shared and personal")
HEBREW_NAMES = ["אבגיל כהן", "בנימין לוי", "גליה מזרחי", "דוד אזולאי", "הדר פרץ", "ורד ביטון", "זהבה דהן", "חיים אברהם"]

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
