#!/usr/bin/env python3
"""An estate that evolves, of which the truth is known, and a check that each report says it.

    tests/evolving_estate.py PROGRAM [--organisations 12] [--days 27] [--seed 1] [--keep FOLDER]

Makes a programme of organisations with pilots, waves and stragglers; days without exports, days run twice, undone switches,
resyncs, blank totals, items that fail and clear, mailboxes that halt. PROGRAM runs each day; report.txt of each report is
read, and each sentence and figure that this program understands is held against the truth. Of forecasts it counts how often
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

FIRST = datetime.date(2026, 9, 7)
HEADINGS = ("Collection,Display Name,Source Mailbox,Target Mailbox,Sync State,Progress (%),Items Total,Items Synchronized,"
            "Failed Items,Mailbox Size (MB),Last Synchronized,Switch Date").split(",")
FAILED = "Collection,User,Source Mailbox,Folder,Subject,Item Class,Item Date,Size (KB),Error Code,Error,Failed At".split(",")
ERRORS = [("0x80040305", "Message is too large"), ("0x8004010B", "Server busy: request throttled"), ("0x8004011B", "The item is corrupt")]


# How often each kind of sentence was met: one that never is was not checked.
UNDERSTOOD = collections.Counter({"in sync": 0, "new and cleared": 0, "verdicts that last": 0, "forecasts": 0})


class Mailbox:
    def __init__(self, chance, number, code, collection, switch):
        self.name = f"Person {number}"
        self.address = f"person{number}@{code.lower()}.example"
        self.collection, self.switch = collection, switch
        self.total = max(20, int(chance.lognormvariate(7.5, 1)))
        self.done, self.state, self.failed = 0, "New", []
        self.hides_total = chance.random() < 0.05
        self.halts_until = None


class Organisation:
    """Lives a day at a time; what it knows of itself is the truth."""

    def __init__(self, chance, code):
        self.chance, self.code, self.day = chance, code, 0
        self.mailboxes, self.made = [], 0
        for wave, (name, number) in enumerate([("Pilot", chance.randint(8, 15)), ("Wave 1", chance.randint(20, 60)), ("Wave 2", chance.randint(20, 60))]):
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
            elif one.state == "In Sync" and chance.random() < 0.004:
                one.state, one.done = "Synchronizing", one.total // 2
            elif one.state == "Synchronizing" and chance.random() < 0.01:
                one.state, one.halts_until = "Stopped", self.day + 3
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
                        self.made += 1
                        one.failed.append((self.made, chance.choice(ERRORS), date))
        for one in self.mailboxes:
            one.failed = [item for item in one.failed if chance.random() > 0.05]
            if one.state == "In Sync" and one.switch <= date:
                one.state = "Switched"
        self.day += 1

    def write(self, folder, date):
        folder.mkdir(parents=True)
        moment = f"{date - datetime.timedelta(days=1):%d/%m/%Y} 23:10:00"
        with open(folder / "sync-state.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(HEADINGS)
            for one in self.mailboxes:
                known = not (one.hides_total and one.state in ("New", "Synchronizing"))
                failed = min(len(one.failed), one.done)
                rows.writerow([one.collection, one.name, one.address, "", one.state, "", one.total if known else "", one.done - failed, failed, "",
                               moment if one.state != "New" else "", f"{one.switch:%d/%m/%Y}"])
        with open(folder / "failed-items.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(FAILED)
            for one in self.mailboxes:
                for number, (code, text), since in one.failed[:one.done]:
                    rows.writerow([one.collection, one.name, one.address, "Inbox", f"Message {number}", "IPM.Note", f"{FIRST:%d/%m/%Y}", 20 + number, code, text,
                                   f"{since:%d/%m/%Y} 20:00:00"])

    def truth(self):
        ready = [one for one in self.mailboxes if one.state in ("In Sync", "Switched")]
        return {
            "mailboxes": len(self.mailboxes), "ready": len(ready), "switched": sum(one.state == "Switched" for one in self.mailboxes),
            "failing": {number for one in self.mailboxes for number, *_ in one.failed[:one.done]},
            "without_total": sum(one.hides_total and one.state in ("New", "Synchronizing") for one in self.mailboxes),
            "unready": collections.Counter(one.collection for one in self.mailboxes if one not in ready),
            "of": collections.Counter(one.collection for one in self.mailboxes),
            "switch": {one.collection: one.switch for one in self.mailboxes},
        }


def number(text):
    return {"none": 0, "all": -1}.get(text.lower(), None) if not text[0].isdigit() else int(text.replace(",", ""))


def check(text, now, before, date, said):
    """What a report says that is not so."""
    text = re.sub(r"\s+", " ", text)
    for match in re.finditer(r"([\d,]+) of ([\d,]+) mailboxes \(([^)]*)\) (?:is|are) (in sync or switched|in sync|switched)\b", text):
        UNDERSTOOD["in sync"] += 1
        part, whole = number(match[1]), number(match[2])
        wanted = now["switched"] if match[4] == "switched" else now["ready"]
        if (part, whole) != (wanted, now["mailboxes"]):
            yield f"“{match[0]}”: {wanted} of {now['mailboxes']}"
        if (match[3] == "100%") != (part == whole) or (match[3] == "0%") != (part == 0):
            yield f"“{match[0]}” is rounded to what is not so"
    if before:
        new, cleared = len(now["failing"] - before["failing"]), len(before["failing"] - now["failing"])
        for match in re.finditer(r"(\w[\w,]*) new, (\w[\w,]*) cleared since", text):
            UNDERSTOOD["new and cleared"] += 1
            if (number(match[1]), number(match[2])) != (new, cleared):
                yield f"“{match[0]}”: {new} new, {cleared} cleared"
    waits = sum(some for name, some in now["unready"].items() if now["switch"][name] < date)
    if "Every collection is in sync, or on track" in text and (waits or now["without_total"]):
        yield "every collection is said to be well"
    if waits == 0 and re.search(r"\d+ mailbox(es)? (is|are) past (its|their) switch date", text):
        yield "nobody is past the date"
    if now["without_total"] and re.search(r"Items copied: 100%|No problems found|Every item has been", text):
        yield "an unknown counts as complete"
    if re.search(r"\b1 in 1\b(?!,)|\b1 in 0\b", text):
        yield "a rate of 1 in 1"
    for name, status in re.findall(r"(Pilot|Wave \d) (On track|Will be late|At risk|Cannot tell yet|Totals not reported)", text):
        UNDERSTOOD["forecasts"] += 1
        said.append((name, status, date))


def check_streak(text, streak):
    """How long a verdict lasts, by the reports before: `streak` is the last label, and for how many reports."""
    found = re.search(r"((?:High|Raised) failure rate|Concentrated)[^\n]*?(?: for the (\d+)\w\w morning)?\n", text)
    label = found[1] if found else None
    streak[:] = [label, streak[1] + 1 if label and label == streak[0] else 1]
    said = int(found[2]) if found and found[2] else 1
    UNDERSTOOD["verdicts that last"] += bool(label and streak[1] > 1)
    if label and said != streak[1]:
        yield f"“{found[0].strip()}” is for {streak[1]} reports"


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
    streaks = collections.defaultdict(lambda: [None, 0])
    for day in range(arguments.days):
        date = FIRST + datetime.timedelta(days=day)
        for organisation in estate.values():
            organisation.live(date - datetime.timedelta(days=1))
        written = {code for code in codes if chance.random() > (0.3 if date.weekday() >= 5 else 0.07)}
        for code, organisation in estate.items():
            history[code].append((date, organisation.truth(), code in written))
            if code in written:
                organisation.write(folder / "exports" / code / str(date), date)
        run = [arguments.program, "run", "--settings", folder / "settings.toml", "--date", str(date), "--send-late"]
        # Some days are run twice: that changes nothing.
        for _ in range(2 if chance.random() < 0.15 else 1):
            outcome = subprocess.run(run, capture_output=True, text=True)
        if outcome.returncode not in (0, 4):
            faults.append(f"{date}: run ended with {outcome.returncode}: {outcome.stderr[-300:]}")
        for code in written:
            known = [truth for _, truth, was_written in history[code] if was_written]
            now, before = known[-1], known[-2] if len(known) > 1 else None
            for report in (folder / "data").rglob("report.txt"):
                if str(date) not in str(report) or f"/{code}/" not in str(report):
                    continue
                read += 1
                text = report.read_text()
                of_streak = list(check_streak(text, streaks[code])) if "failed-item" in str(report) else []
                for fault in [*check(text, now, before, date, forecasts[code]), *of_streak]:
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


main()
