#!/usr/bin/env python3
"""How the mailboxes of other programs' estates went, day by day, for `forecast_worlds` to ask about.

    tests/reference/forecast_lives.py sample              of sample-data/exports: twelve days of six organisations
    tests/reference/forecast_lives.py estate [SEED] [N]   of the estates of sample-data/generator, by N organisations
    tests/reference/forecast_lives.py evolving [SEED] [N] of tests/evolving_estate.py

Prints a block an organisation: `life NAME FIRST_WEEKDAY`, `reported` with a 1 or 0 a day, `collection SWITCH_DAY` each, and of each
mailbox its collection, items, a letter a day (src/domain/standing.rs) and the items left on each day.
"""
import csv
import dataclasses
import datetime
import gzip
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "sample-data" / "generator"), str(ROOT / "tests")]
READY, HALTED = ("in sync", "synchronized", "ready to switch", "switched"), ("stopped", "failed", "undo switch")
WAITING = ("new", "queued", "not started")


def letter(state, total, done):
    state = state.lower()
    if state in READY:
        return "R"
    if state in HALTED:
        return "H"
    if total is None:
        return "U"
    if state in WAITING and not done:
        return "N"
    return chr(ord("a") + min(done * 20 // max(total, 1), 19))


def show(name, first, reported, switches, mailboxes):
    """`mailboxes`: collection, and of each day state, items and items done; `None` where it was in no export."""
    print(f"life {name} {first.weekday()}")
    print("reported", "".join("01"[one] for one in reported))
    for switch in switches:
        print("collection", (switch - first).days)
    for collection, days in mailboxes:
        letters = "".join("-" if day is None else letter(*day) for day in days)
        left = ",".join("0" if day is None or day[1] is None else str(max(day[1] - (day[2] or 0), 0)) for day in days)
        items = max((day[1] for day in days if day and day[1]), default=0)
        print("mailbox", collection, items, letters, left)


def sample():
    for folder in sorted((ROOT / "sample-data" / "exports").iterdir()):
        tables = {}
        for path in sorted(folder.glob("*/sync-state*")):
            raw = path.read_bytes()
            raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
            text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig" if raw[:3] == b"\xef\xbb\xbf" else "cp1252", "replace")
            lines = [line for line in text.splitlines() if not line.startswith(("sep=", "#TYPE"))]
            rows = csv.DictReader(lines, delimiter=max(",;\t", key=lines[0].count))
            tables[datetime.date.fromisoformat(path.parent.name)] = {row["Source Mailbox"]: row for row in rows}
        if not tables:
            continue
        first, last = min(tables), max(tables)
        dates = [first + datetime.timedelta(days=day) for day in range((last - first).days + 1)]
        whole = lambda text: int(text.replace(",", "")) if text and text.strip() else None
        collections, mailboxes = {}, []
        for address, row in tables[last].items():
            switch = row.get("Switch Date") or ""
            try:
                switch = datetime.datetime.strptime(switch, "%d/%m/%Y").date()
            except ValueError:
                continue
            place = collections.setdefault((row["Collection"], switch), len(collections))
            rows = [tables.get(date, {}).get(address) for date in dates]
            mailboxes.append((place, [one and (one.get("Sync State") or one["Sync Status"], whole(one["Items Total"]), (whole(one.get("Items Synchronized") or one.get("Items Synchronised")) or 0)
                                               + (whole(one.get("Failed Items") or one.get("Failed Item Count")) or 0)) for one in rows]))
        show(folder.name, first, [date in tables for date in dates], [switch for _, switch in collections], mailboxes)


def estate(seed, number):
    import estate as generated
    from words import ItemWriter, Namer
    last = datetime.date(2026, 12, 18)
    for place in range(number):
        chance = random.Random(f"{seed}/{place}")
        organisation = dataclasses.replace(generated.estate_organisation(place, True), failure_rate=0.0)
        plan = generated.collections_of(chance, chance.choice([600, 1500, 3000]))
        days = [last - datetime.timedelta(days=day) for day in reversed(range(85))]
        namer = Namer(chance, organisation.code, organisation.mail_domains, organisation.file_format.encoding, generated.Counter())
        items = ItemWriter(chance, organisation.file_format.any_letter, organisation.file_format.encoding, 0.0)
        # As the generator has it, or with more that are slow and stop.
        generated.SLOW_SHARE, generated.STOPPING_SHARE = chance.choice([(0.01, 0.02), (0.05, 0.02), (0.1, 0.06)])
        traits, mailboxes = generated.Traits(clustering=0.6), []
        for at, (_, size, switch) in enumerate(plan):
            slowness = chance.choice([1.0, 1.0, 1.6])
            for _ in range(size):
                one, _ = generated.new_mailbox(chance, namer, items, organisation, traits, generated.day_number(switch), slowness, len(mailboxes))
                rows = []
                for day in map(generated.day_number, days):
                    total = one.items + one.arriving * max(0, min(day, one.switched_on) - one.starts)
                    state = one.state(day)
                    known = state != generated.NEW
                    rows.append((state, total if known else None, int(total * one.share_done(day))))
                mailboxes.append((at, rows))
        show(organisation.code, days[0], [True] * len(days), [switch for *_, switch in plan], mailboxes)


def evolving(seed, number):
    import evolving_estate as world
    for place in range(number):
        chance = random.Random(f"{seed}/{place}")
        one = world.Organisation(chance, f"Z{place}")
        rows, reported = [[] for _ in one.mailboxes], []
        for day in range(45):
            date = world.FIRST + datetime.timedelta(days=day)
            one.live(date - datetime.timedelta(days=1))
            reported.append(chance.random() > (0.3 if date.weekday() >= 5 else 0.07))
            for row, mailbox in zip(rows, one.mailboxes):
                known = not (mailbox.hides_total and mailbox.state in ("New", "Synchronizing"))
                row.append((mailbox.state, mailbox.total if known else None, mailbox.done))
        names = sorted({mailbox.collection for mailbox in one.mailboxes})
        switches = [next(mailbox.switch for mailbox in one.mailboxes if mailbox.collection == name) for name in names]
        show(one.code, world.FIRST, reported, switches, [(names.index(mailbox.collection), row) for row, mailbox in zip(rows, one.mailboxes)])


def main():
    kind, *numbers = sys.argv[1:]
    seed, number = [*map(int, numbers), *(1, 40)[len(numbers):]]
    {"sample": sample, "estate": lambda: estate(seed, number), "evolving": lambda: evolving(seed, number)}[kind]()


main()
