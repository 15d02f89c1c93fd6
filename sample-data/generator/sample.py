"""The sample: settings, register, schedules, and twelve days of exports of six organisations with a story each."""

from __future__ import annotations

import argparse
import math
import random
import shutil
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Iterator, NamedTuple

from files import (
    ACCOUNT_HEADINGS, EXCEL_CSV, OLD_EXCEL_CSV, PACKED_CSV, PLAIN_CSV, POWERSHELL_CSV, SCHEDULE_HEADINGS, UNICODE_TEXT, FileFormat, Table, day_text,
    failed_table, moment_text, settings_text, sync_table, write_register,
)
from organisations import (
    DEFAULT_SEED, EXPORTED_AT, FAILED, IN_SYNC, LAST_DAY, NEW, ONE_DAY, QUEUED, READY, RUNNING, STOPPED, SWITCHED, UNDO, Collection,
    Organisation, item_count, megabytes_per_item, new_person, work_done_before,
)
from words import CORRUPTED, TOO_LARGE, FailedItem, ItemWriter, Namer, Person

FIRST_DAY = date(2026, 11, 9)


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
            failure_rate=0.00026, clustering=6.0, words={IN_SYNC: "Synchronized"}, accounts_from=date(2026, 11, 16)),
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


def write_accounts(folder: Path, organisation: Organisation, mailboxes: list[Mailbox], seed: int) -> None:
    """The portal's report of new accounts: most users accept the policy within three weeks, some later, some not by the end."""
    rng = random.Random(f"{seed}/{organisation.code}/accounts")
    accounts = []
    for mailbox in mailboxes:
        created = date(2026, 10, 23) + rng.randrange(3) * ONE_DAY
        accepted = created + rng.randint(1, 20) * ONE_DAY
        if rng.random() < 0.06:
            accepted += rng.randint(5, 20) * ONE_DAY
        accounts.append((mailbox, created, accepted, rng.random() < 0.005))
    for day in report_days():
        if day < organisation.accounts_from:
            continue
        with Table(folder / day.isoformat() / "accounts.csv", EXCEL_CSV, ACCOUNT_HEADINGS) as table:
            for mailbox, created, accepted, is_blank in accounts:
                is_accepted = accepted <= day
                policy = "" if is_blank else day_text(accepted) if is_accepted else "No"
                log_in = day_text(accepted) if is_accepted else "Never"
                table.row((mailbox.person.target, mailbox.person.display_name, day_text(created), policy, log_in, "Active"))


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
    if organisation.accounts_from:
        write_accounts(folder, organisation, mailboxes, seed)


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


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED,
                        help="the same seed gives the same bytes (default %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent, metavar="DIR",
                        help="folder of the sample (default: the folder above this script)")


def write(options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    write_sample(options.out, options.seed)
