#!/usr/bin/env python3
"""An estate that evolves, of which the truth is known, and a check that each report says it.

    tests/evolving_estate.py PROGRAM [--organisations 12] [--days 27] [--seed 1] [--keep FOLDER]

Makes a programme of organisations with pilots, waves and stragglers; days without exports, days run twice, undone switches,
resyncs that take items off the list and put them back, blank totals, items that fail, clear, are moved and change their size, with
and without a subject line, mailboxes that halt and whose address changes. PROGRAM runs each day; report.txt of each report is
read, and each sentence and figure that this program understands is held against the truth; in the workbooks, that an item which
can be followed keeps its reference. Of forecasts it counts how often
“On track” and “Will be late” were right. Ends with 1 where anything differs.

Needs nothing but Python. All people are invented.
"""
import argparse
import collections
import csv
import datetime
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
import zipfile

FIRST = datetime.date(2026, 9, 7)
HEADINGS = ("Collection,Display Name,Source Mailbox,Target Mailbox,Sync State,Progress (%),Items Total,Items Synchronized,"
            "Failed Items,Mailbox Size (MB),Last Synchronized,Switch Date").split(",")
FAILED = "Collection,User,Source Mailbox,Folder,Subject,Item Class,Item Date,Size (KB),Error Code,Error,Failed At".split(",")
ERRORS = [("0x80040305", "Message is too large"), ("0x8004010B", "Server busy: request throttled"), ("0x8004011B", "The item is corrupt")]


# How often each kind of sentence was met: one that never is was not checked.
UNDERSTOOD = collections.Counter({"in sync": 0, "new and cleared": 0, "failing again": 0, "listed since": 0, "no longer listed": 0,
                                  "references kept": 0, "verdicts that last": 0, "forecasts": 0})


class Item:
    """A failed item. Its key is what can be followed: it is another one where it cannot."""
    made = 0

    def __init__(self, chance, date):
        Item.made += 1
        self.number = self.key = Item.made
        self.subject = f"Message {self.number}" if chance.random() > 0.15 else ""
        self.folder, self.size, self.error, self.since = "Inbox", 20 + self.number, chance.choice(ERRORS), date
        self.listed_as = None

    def live(self, chance):
        if chance.random() < 0.03:
            self.folder = "Archive" if self.folder == "Inbox" else "Inbox"
        if chance.random() < 0.02:
            self.size += 1_000_000

    def list_as(self, mailbox, day):
        """What is listed of it; `day` counts the days that were written."""
        now = (mailbox, self.folder, self.size)
        if self.listed_as:
            was, last = self.listed_as
            changed = [one != other for one, other in zip(now, was)]
            was_away = last < day - 1
            followed = not any(changed) or changed == [False, True, False]
            followed = followed or not was_away and bool(self.subject) and changed == [False, False, True]
            # Of an item without a subject date and size alone tell which it is in a mailbox with another address.
            has_target = mailbox.startswith("target ")
            followed = followed or not was_away and has_target and changed in ([True, False, False], [True, not self.subject, False])
            if not followed:
                Item.made += 1
                self.key = Item.made
        self.listed_as = now, day


class Mailbox:
    def __init__(self, chance, number, code, collection, switch):
        self.name = f"Person {number}"
        self.address = f"person{number}@{code.lower()}.example"
        self.collection, self.switch = collection, switch
        self.total = max(20, int(chance.lognormvariate(7.5, 1)))
        self.done, self.state, self.failed = 0, "New", []
        self.hides_total = chance.random() < 0.05
        self.target = f"person{number}.{code.lower()}@nhs.example" if chance.random() > 0.2 else ""
        self.names, self.taken_off = 0, []
        self.halts_until = None

    def rename(self):
        self.names += 1
        self.address = f"{self.address.split('@')[0].split('.')[0]}.new{self.names}@{self.address.split('@')[1]}"

    def identity(self):
        """Which it is, as far as it can be followed."""
        return self.target or self.address


class Organisation:
    """Lives a day at a time; what it knows of itself is the truth."""

    def __init__(self, chance, code):
        self.chance, self.code, self.day, self.written = chance, code, 0, 0
        self.mailboxes = []
        # One in three has about 30 mailboxes.
        pilot, least, most = (5, 9, 14) if chance.random() < 1 / 3 else (chance.randint(8, 15), 20, 60)
        for wave, (name, number) in enumerate([("Pilot", pilot), ("Wave 1", chance.randint(least, most)), ("Wave 2", chance.randint(least, most))]):
            switch = FIRST + datetime.timedelta(days=7 + 9 * wave)
            self.mailboxes += [Mailbox(chance, len(self.mailboxes) + at, code, name, switch) for at in range(number)]
        self.rate = chance.choice([0.0008, 0.001, 0.001, 0.006])
        self.pace = sum(one.total for one in self.mailboxes) / chance.randint(16, 30)

    def live(self, date):
        chance, rest = self.chance, self.pace * self.chance.lognormvariate(0, 0.3) * (0.5 if date.weekday() >= 5 else 1)
        for one in self.mailboxes:
            if one.halts_until and self.day >= one.halts_until:
                one.halts_until, one.state = None, "Synchronizing"
            if one.state == "Switched" and chance.random() < 0.002:
                one.state, one.done = "Undo Switch", one.total // 3
                one.taken_off, one.failed = one.taken_off + one.failed, []
                one.halts_until = self.day + chance.randint(1, 3)
            elif one.state == "In Sync" and chance.random() < 0.01:
                one.state, one.done = "Synchronizing", one.total // 2
                one.taken_off, one.failed = one.taken_off + one.failed, []
                one.halts_until = self.day + chance.randint(1, 3)
            elif one.state == "Synchronizing" and chance.random() < 0.01:
                one.state, one.halts_until = "Stopped", self.day + 3
            if chance.random() < 0.004:
                one.rename()
        for one in self.mailboxes:
            if rest <= 0:
                break
            if one.state in ("New", "Synchronizing", "Undo Switch") and not one.halts_until:
                step = min(rest, one.total - one.done)
                one.done += int(step)
                rest -= step
                one.state = "In Sync" if one.done >= one.total else "Synchronizing"
                for _ in range(int(step)):
                    if chance.random() < self.rate:
                        one.failed.append(Item(chance, date))
                if one.state == "In Sync":
                    # What failed before a resync fails again, all but some.
                    one.failed, one.taken_off = one.failed + [item for item in one.taken_off if chance.random() < 0.8], []
        for one in self.mailboxes:
            one.failed = [item for item in one.failed if chance.random() > 0.05]
            for item in one.failed:
                item.live(chance)
            if one.state == "In Sync" and one.switch <= date:
                one.state = "Switched"
        self.day += 1

    def write(self, folder, date):
        self.written += 1
        folder.mkdir(parents=True)
        moment = f"{date - datetime.timedelta(days=1):%d/%m/%Y} 23:10:00"
        with open(folder / "sync-state.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(HEADINGS)
            for one in self.mailboxes:
                known = not (one.hides_total and one.state in ("New", "Synchronizing"))
                failed = min(len(one.failed), one.done)
                rows.writerow([one.collection, one.name, one.address, one.target, one.state, "", one.total if known else "", one.done - failed, failed, "",
                               moment if one.state != "New" else "", f"{one.switch:%d/%m/%Y}"])
        with open(folder / "failed-items.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(FAILED)
            for one in self.mailboxes:
                for item in one.failed[:one.done]:
                    item.list_as(f"target {one.target} {one.address}" if one.target else one.address, self.written)
                    rows.writerow([one.collection, one.name, one.address, item.folder, item.subject, "IPM.Note", f"{FIRST:%d/%m/%Y}", item.size, *item.error,
                                   f"{item.since:%d/%m/%Y} 20:00:00"])

    def truth(self):
        ready = [one for one in self.mailboxes if one.state in ("In Sync", "Switched")]
        return {
            "mailboxes": len(self.mailboxes), "ready": len(ready), "switched": sum(one.state == "Switched" for one in self.mailboxes),
            "failing": {item.key for one in self.mailboxes for item in one.failed[:one.done]},
            "items": {(one.address, item.size * 1024): item.key for one in self.mailboxes for item in one.failed[:one.done]},
            "identities": {one.identity() for one in self.mailboxes},
            "without_total": sum(one.hides_total and one.state in ("New", "Synchronizing") for one in self.mailboxes),
            "unready": collections.Counter(one.collection for one in self.mailboxes if one not in ready),
            "of": collections.Counter(one.collection for one in self.mailboxes),
            "switch": {one.collection: one.switch for one in self.mailboxes},
        }


def number(text):
    return {"none": 0, "all": -1}.get(text.lower(), None) if not text[0].isdigit() else int(text.replace(",", ""))


def check(text, now, earlier, date, said):
    """What a report says that is not so."""
    text = re.sub(r"\s+", " ", text)
    for match in re.finditer(r"([\d,]+) of ([\d,]+) mailboxes \(([^)]*)\) (?:is|are|has|have) (in sync or switched|in sync|switched)\b", text):
        UNDERSTOOD["in sync"] += 1
        part, whole = number(match[1]), number(match[2])
        wanted = now["switched"] if match[4] == "switched" else now["ready"]
        if (part, whole) != (wanted, now["mailboxes"]):
            yield f"“{match[0]}”: {wanted} of {now['mailboxes']}"
        if (match[3] == "100%") != (part == whole) or (match[3] == "0%") != (part == 0):
            yield f"“{match[0]}” is rounded to what is not so"
    if earlier:
        before, ever = earlier[-1], set().union(*(day["failing"] for day in earlier))
        new, again, cleared = len(now["failing"] - ever), len(now["failing"] & ever - before["failing"]), len(before["failing"] - now["failing"])
        for match in re.finditer(r"(none|[\d,]*\d) new, (?:([\d,]+) failing again, )?(none|[\d,]+) cleared", text, re.IGNORECASE):
            UNDERSTOOD["new and cleared"] += 1
            UNDERSTOOD["failing again"] += bool(match[2])
            if (number(match[1]), number(match[2] or "0"), number(match[3])) != (new, again, cleared):
                yield f"“{match[0]}”: {new} new, {again} failing again, {cleared} cleared"
        came, went = len(now["identities"] - before["identities"]), len(before["identities"] - now["identities"])
        for kind, words, wanted in [("listed since", r"(\d+) mailbox(?:es)? (?:is|are) in the export that", came),
                                    ("no longer listed", r"(\d+) mailbox(?:es)? (?:was|were) in the export on", went)]:
            UNDERSTOOD[kind] += len(found := re.findall(words, text))
            if found and found != [str(wanted)]:
                yield f"“{found} mailboxes” {kind}: {wanted}"
    waits = sum(some for name, some in now["unready"].items() if now["switch"][name] < date)
    if "Every collection that switches soon is in sync, or on track" in text and (waits or now["without_total"]):
        yield "every collection is said to be well"
    if waits == 0 and re.search(r"\d+ mailbox(es)? (has|have) missed", text):
        yield "nobody is past the date"
    if now["without_total"] and re.search(r"Items copied: 100%|No problems found|Every item has been", text):
        yield "an unknown counts as complete"
    if re.search(r"\b1 in 1\b(?!,)|\b1 in 0\b", text):
        yield "a rate of 1 in 1"
    for name, status in re.findall(r"(Pilot|Wave \d) (?:\w{3} )?[^A-Z]{0,60}?(?:(?:Sep|Oct|Nov|Dec) )?[^A-Z]{0,60}?(On track|Will be late|At risk|Cannot tell yet|Totals not reported)", text):
        UNDERSTOOD["forecasts"] += 1
        said.append((name, status, date))


def check_streak(text, streak):
    """How long a verdict lasts, by the reports before: `streak` is the last label, and for how many reports."""
    found = re.search(r"(Failures (?:well above|somewhat above|concentrated))[^\n]*?(?: for the (\d+)\w\w morning)?\n", text)
    label = found[1] if found else None
    streak[:] = [label, streak[1] + 1 if label and label == streak[0] else 1]
    said = int(found[2]) if found and found[2] else 1
    UNDERSTOOD["verdicts that last"] += bool(label and streak[1] > 1)
    if label and said != streak[1]:
        yield f"“{found[0].strip()}” is for {streak[1]} reports"


def rows_of(workbook, sheet):
    """The rows of a sheet, by the headings that one of them has."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(workbook) as parts:
        names = [one.get("name") for one in xml.fromstring(parts.read("xl/workbook.xml")).iter(f"{main}sheet")]
        shared = []
        if "xl/sharedStrings.xml" in parts.namelist():
            shared = ["".join(one.itertext()) for one in xml.fromstring(parts.read("xl/sharedStrings.xml")).iter(f"{main}si")]
        headings = None
        for row in xml.fromstring(parts.read(f"xl/worksheets/sheet{names.index(sheet) + 1}.xml")).iter(f"{main}row"):
            cells = {}
            for cell in row:
                text = "".join(cell.itertext())
                cells[re.sub(r"\d", "", cell.get("r"))] = shared[int(text)] if cell.get("t") == "s" else text
            if headings:
                yield {headings.get(column): text for column, text in cells.items()}
            elif "Reference" in cells.values():
                headings = cells


def check_references(workbook, now, known):
    """That each item is called as it was, and no two the same."""
    for row in rows_of(workbook, "Failed items"):
        if row["Reference"] == "–":  # A table of nothing has one such row.
            continue
        key = now["items"].get((row["Source mailbox"], round(float(row["Size (KB)"])) * 1024))
        if key is None:
            yield f"{row['Reference']} is no item of the day"
            continue
        UNDERSTOOD["references kept"] += key in known
        if known.setdefault(key, row["Reference"]) != row["Reference"]:
            yield f"{known[key]} is called {row['Reference']}"
    if len(set(known.values())) != len(known):
        yield "two items are called the same"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--organisations", type=int, default=12)
    parser.add_argument("--days", type=int, default=27)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    folder = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="estate-"))
    folder.mkdir(parents=True, exist_ok=True)
    codes = [f"Z{chr(65 + place // 26)}{chr(65 + place % 26)}" for place in range(arguments.organisations)]
    with open(folder / "organisations.csv", "w") as file:
        file.write("code,name,stage,mail_domains,overall_migration_to,failed_item_to,switch_readiness_to,subject_lines\n")
        for code in codes:
            file.write(f"{code},Invented {code} Trust,sync-and-switch,{code.lower()}.example,a@{code.lower()}.example,a@{code.lower()}.example,a@{code.lower()}.example,workbook\n")
    (folder / "settings.toml").write_text(f"""[programme]
name = "Invented programme"
contact = "team@nhs.example"
summary_to = ["team@nhs.example"]
time_zone = "Europe/London"
expected_failure_rate = 0.001
register = "organisations.csv"
[exports]
folder = "exports"
sync_state = "{{organisation}}/{{date}}/sync-state*"
failed_items = "{{organisation}}/{{date}}/failed-items*"
[data]
folder = "data"
[calendar]
bank_holidays = "none"
[mail]
transport = "outbox"
from = "reports@nhs.example"
trusted_domains = ["nhs.example"]
allowed_domains = ["example"]
[mail.outbox]
folder = "outbox"
""")
    estate = {code: Organisation(random.Random(chance.random()), code) for code in codes}
    history, forecasts, faults, read = collections.defaultdict(list), collections.defaultdict(list), [], 0
    streaks, references = collections.defaultdict(lambda: [None, 0]), collections.defaultdict(dict)
    for day in range(arguments.days):
        date = FIRST + datetime.timedelta(days=day)
        for organisation in estate.values():
            organisation.live(date - datetime.timedelta(days=1))
        written = {code for code in codes if chance.random() > (0.3 if date.weekday() >= 5 else 0.07)}
        for code, organisation in estate.items():
            if code in written:
                organisation.write(folder / "exports" / code / str(date), date)
            history[code].append((date, organisation.truth(), code in written))
        run = [arguments.program, "run", "--settings", folder / "settings.toml", "--date", str(date), "--send-late"]
        # Some days are run twice: that changes nothing.
        for _ in range(2 if chance.random() < 0.15 else 1):
            outcome = subprocess.run(run, capture_output=True, text=True)
        if outcome.returncode not in (0, 4):
            faults.append(f"{date}: run ended with {outcome.returncode}: {outcome.stderr[-300:]}")
        for code in written:
            known = [truth for _, truth, was_written in history[code] if was_written]
            now, earlier = known[-1], known[:-1]
            for report in (folder / "data").rglob("report.txt"):
                if str(date) not in str(report) or f"/{code}/" not in str(report):
                    continue
                read += 1
                text = report.read_text()
                of_streak = list(check_streak(text, streaks[code])) if "failed-item" in str(report) else []
                workbook = next(report.parent.glob("*.xlsx"), None) if "failed-item" in str(report) else None
                of_items = list(check_references(workbook, now, references[code])) if workbook else []
                for fault in [*check(text, now, earlier, date, forecasts[code]), *of_streak, *of_items]:
                    faults.append(f"{date} {code} {report.parent.name}: {fault}")
        print(f"{date}: {len(written)} organisations, {len(faults)} faults so far", flush=True)
    right = collections.Counter()
    for code, said in forecasts.items():
        at = {date: truth for date, truth, _ in history[code]}
        for name, status, date in set(said):
            switch = at[date]["switch"][name]
            if switch in at and status in ("On track", "Will be late"):
                is_ready = at[switch]["unready"][name] * 50 <= at[switch]["of"][name]
                right[status, is_ready == (status == "On track")] += 1
            elif switch >= date:
                right[status] += 1
    faults += [f"no sentence was met of: {kind}" for kind, times in UNDERSTOOD.items() if times == 0]
    print(f"Met: {dict(UNDERSTOOD)}")
    print(f"{read} reports read. Forecasts: {dict(right)}")
    print("\n".join(faults) or "Every sentence that is understood is true.")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
