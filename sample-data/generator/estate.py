"""An estate for measurements: any number of organisations and mailboxes, one to ninety days of exports.

Sizes of organisations are log-normal and sum to --mailboxes. Mailboxes move in collections, one a week: each begins to copy in
the two weeks before the Monday of its switch, some of its mailboxes are slow, stop on the way or never end, failed items cluster
in mailboxes, and some are cured. A pilot went before them all.

What a mailbox is on a day follows from the seed, its place in its organisation and that day, and from nothing else: the
same arguments give the same bytes, an estate of ten days holds the last ten of one of ninety, and organisations are
written side by side.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from bisect import bisect_left
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from files import (
    EXCEL_CSV, PLAIN_CSV, SCHEDULE_HEADINGS, SYNC_HEADINGS, TARGET_DOMAIN, FileFormat, Table, day_text, failed_table, moment_text,
    settings_text, write_register,
)
from organisations import (
    DEFAULT_SEED, EXPORTED_AT, FAILED, IN_SYNC, LAST_DAY, NEW, ONE_DAY, QUEUED, READY, RUNNING, STOPPED, SWITCHED, Organisation,
    item_count, megabytes_per_item, new_person, work_done_before,
)
from words import HEBREW_NAMES, LONG_COLLECTION, LONG_NAME, FailedItem, ItemWriter, Namer, Person

# An organisation moves in up to six collections of 500 or more, and in more where these would be larger than 5,000.
SMALLEST_COLLECTION, LARGEST_COLLECTION, USUAL_COLLECTIONS = 500, 5000, 6
MOST_DAYS = 90
PILOT_SHARE, PILOT_SWITCH = 0.02, date(2026, 8, 3)
SWITCHES_AROUND = date(2026, 11, 23)    # the Monday on which an organisation has a collection due, or has none left
# Days before its switch on which the first and the last mailbox of a collection begins to be copied.
FIRST_START, LAST_START = 17, 8
READY_BEFORE = 5                        # days before the switch from which on a mailbox in sync is ready
MEDIAN_ITEMS = 13800
USUAL_RATE, HIGH_RATE = 0.000095, 0.00025   # of attempted items; every seventeenth organisation has the second
CURED_SHARE = 0.2
SLOW_SHARE, STOPPING_SHARE, STUCK_SHARE = 0.01, 0.02, 0.004

# The working days that have passed before the export of each day, from a day before every other on.
EPOCH = date(2025, 1, 1).toordinal()
WORK = list(accumulate(work_done_before(date.fromordinal(EPOCH + offset)) for offset in range(2000)))
NEVER = len(WORK)


def day_number(day: date) -> int:
    """Days are whole numbers here, so that a mailbox's state is a few comparisons."""
    return day.toordinal() - EPOCH


@dataclass(frozen=True)
class Traits:
    """In what an organisation differs from the others of an estate."""

    median_items: int = MEDIAN_ITEMS
    clustering: float = 0.6             # shape of the gamma distribution of failure rates; small is clustered
    failing_at_once: int = 0            # so many failed items more in one mailbox
    awkward_share: float = 0.05         # of subject lines
    stuck_share: float = STUCK_SHARE
    slowness: float = 1.0               # of the first collection after the pilot
    names: str = "usual"                # or "long", as directories let them be, or "hebrew", written from right to left
    reports_items: bool = True          # whether the tool says how many items there are, and how many are copied
    reports_errors: bool = False        # why a mailbox stopped
    has_schedule: bool = True
    has_vips: bool = True
    is_odd: bool = False                # whether exports hold what makes findings


@dataclass(slots=True)
class Mailbox:
    """A person's mailbox, and the days on which it comes to each state."""

    person: Person
    items: int
    arriving: int                   # new items a day
    megabytes_per_item: float | None
    starts: int
    work_days: float
    pauses: int                     # from this day on, until `resumes`
    resumes: int
    pause_state: str
    in_sync_on: int
    ready_on: int
    switched_on: int
    clock: int                      # makes the time of its last pass
    failures: list[Failure]

    def share_done(self, day: int) -> float:
        if day >= self.in_sync_on:
            return 1.0
        return min(worked(self, day) / self.work_days, 0.999)

    def state(self, day: int) -> str:
        if day >= self.switched_on:
            return SWITCHED
        if self.pauses <= day < self.resumes:
            return self.pause_state
        if day >= self.in_sync_on:
            return READY if day >= self.ready_on else IN_SYNC
        if day >= self.starts:
            return RUNNING
        return QUEUED if day == self.starts - 1 else NEW


@dataclass(slots=True)
class Failure:
    """An item that fails on a day, and may be cured on a later one."""

    failed_on: int
    cured_on: int
    item: FailedItem


def worked(mailbox: Mailbox, day: int) -> float:
    """Working days that were spent on a mailbox until the export of a day."""
    if day < mailbox.starts:
        return 0.0
    done = WORK[day] - WORK[mailbox.starts - 1]
    if day >= mailbox.pauses:
        done -= WORK[min(day, mailbox.resumes - 1)] - WORK[mailbox.pauses - 1]
    return done


def day_of_share(mailbox: Mailbox, share: float) -> int:
    """The first day on which so much of a mailbox is done."""
    wanted = share * mailbox.work_days
    day = bisect_left(WORK, WORK[mailbox.starts - 1] + wanted, lo=mailbox.starts)
    if day < mailbox.pauses:
        return day
    if mailbox.resumes == NEVER:
        return NEVER
    paused = WORK[mailbox.resumes - 1] - WORK[mailbox.pauses - 1]
    return bisect_left(WORK, WORK[mailbox.starts - 1] + wanted + paused, lo=mailbox.resumes)


def share_out(total: int, weights: list[float]) -> list[int]:
    """Whole shares of at least 1, in proportion to the weights, that sum to the total."""
    spare = total - len(weights)
    scale = spare / sum(weights)
    shares = [1 + int(weight * scale) for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -(weights[index] * scale % 1))
    for index in by_remainder[:total - sum(shares)]:
        shares[index] += 1
    return shares


def poisson(rng: random.Random, mean: float) -> int:
    """Enough for the small means here; large ones are cut up so that exp does not underflow."""
    if mean > 30:
        return poisson(rng, mean / 2) + poisson(rng, mean / 2)
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def estate_organisation(number: int, has_readiness: bool) -> Organisation:
    code = f"ZE{number:04}"
    domain = f"{code.lower()}.nhs.example"
    desk = [f"service.desk@{domain}"]
    return Organisation(
        code, f"Invented Estate Trust {number}", "sync-and-switch", [domain], [f"projects@{domain}"], desk,
        desk if has_readiness else [], "workbook", file_format=EXCEL_CSV if number % 2 else PLAIN_CSV,
        failure_rate=HIGH_RATE if number % 17 == 5 else USUAL_RATE)


def new_mailbox(rng: random.Random, namer: Namer, items: ItemWriter, organisation: Organisation, traits: Traits,
                switch: int, slowness: float, number: int) -> tuple[Mailbox, str]:
    """A mailbox with all that will ever become of it, and its VIP category."""
    person, vip = new_person(rng, namer)
    person = renamed(person, traits.names, number)
    # The programme has one target domain: an address of another organisation must not come twice.
    local, code = person.target.partition("@")[0], organisation.code.lower()
    if not local.startswith(code):
        person = person._replace(target=f"{local}.{code}@{TARGET_DOMAIN}")
    starts = switch - rng.randint(LAST_START, FIRST_START)
    work_days = slowness * rng.lognormvariate(math.log(2.5), 0.5)
    chance = rng.random()
    if chance < SLOW_SHARE:
        work_days *= rng.uniform(3, 7)
    mailbox = Mailbox(person, item_count(rng, traits.median_items), rng.randint(0, 6), megabytes_per_item(rng), starts,
                      work_days, NEVER, NEVER, STOPPED, NEVER, NEVER, NEVER, rng.randrange(8970), [])
    chance = rng.random()
    if chance < traits.stuck_share + STOPPING_SHARE:
        mailbox.pauses = starts + rng.randint(1, 3)
        mailbox.pause_state = STOPPED if rng.random() < 0.6 else FAILED
        if chance >= traits.stuck_share:
            mailbox.resumes = mailbox.pauses + rng.randint(1, 4)
    mailbox.in_sync_on = day_of_share(mailbox, 1.0)
    if mailbox.in_sync_on <= mailbox.pauses:
        mailbox.pauses = mailbox.resumes = NEVER    # it was through before anything stopped it
    mailbox.ready_on = max(mailbox.in_sync_on, switch - READY_BEFORE)
    if mailbox.in_sync_on < NEVER:
        mailbox.switched_on = max(mailbox.in_sync_on + 1, switch)
    rate = organisation.failure_rate * rng.gammavariate(traits.clustering, 1 / traits.clustering)
    failing = poisson(rng, mailbox.items * rate) + (traits.failing_at_once if number == 11 else 0)
    for _ in range(min(failing, mailbox.items)):
        mailbox.failures.append(new_failure(rng, items, mailbox))
    mailbox.failures.sort(key=lambda failure: failure.failed_on)
    return mailbox, vip


def renamed(person: Person, names: str, number: int) -> Person:
    """Somebody with a name that strains a layout."""
    domain = person.source.partition("@")[2]
    if names == "long":     # 64 characters before the @: all that RFC 5321 allows
        return person._replace(display_name=f"{person.display_name.split()[0]} {LONG_NAME}",
                               source=f"wolfeschlegelsteinhausenbergerdorff.featherstonehaugh.chol.{number:05}@{domain}")
    if names == "hebrew":
        return person._replace(display_name=f"{HEBREW_NAMES[number % 8]} {number // 8 + 1}", source=f"user{number:05}@{domain}")
    return person


def new_failure(rng: random.Random, items: ItemWriter, mailbox: Mailbox) -> Failure:
    """An item has a place in its mailbox, and fails when the copying gets there."""
    failed_on = day_of_share(mailbox, rng.random())
    is_cured = rng.random() < CURED_SHARE
    cured_on = failed_on + rng.randint(1, 6) if is_cured else NEVER
    failed_at = datetime.combine(date.fromordinal(EPOCH + failed_on), EXPORTED_AT) - timedelta(seconds=rng.randint(35, 45000))
    return Failure(failed_on, cured_on, items.write(items.kind(not is_cured), failed_at))


def last_pass(mailbox: Mailbox, day: int) -> datetime | None:
    """When the tool was last at a mailbox: each night from its start on, and not while it is paused."""
    if day < mailbox.starts:
        return None
    if mailbox.pauses <= day < mailbox.resumes:
        day = mailbox.pauses - 1
    before = 30 + (mailbox.clock + day * 3571) % 8970
    return datetime.combine(date.fromordinal(EPOCH + day), EXPORTED_AT) - timedelta(seconds=before)


def sync_cells(mailbox: Mailbox, collection: str, switch_text: str, day: int, failed: int) -> tuple:
    """A cell is blank, not 0, where the tool has measured nothing yet."""
    person, state = mailbox.person, mailbox.state(day)
    start = (collection, person.display_name, person.source, person.target, state)
    if state == NEW:
        return (*start, "", "", "", failed, "", "", switch_text)
    until = min(day, mailbox.switched_on)
    total = mailbox.items + mailbox.arriving * max(0, until - mailbox.starts)
    attempted = max(int(total * mailbox.share_done(day)), failed)
    size = "" if mailbox.megabytes_per_item is None else f"{total * mailbox.megabytes_per_item:.1f}"
    return (*start, 100 * attempted // total, total, attempted - failed, failed, size, moment_text(last_pass(mailbox, day)),
            switch_text)


def collections_of(rng: random.Random, mailboxes: int) -> list[tuple[str, int, date]]:
    """Name, size and switch date of each collection, the pilot first."""
    pilot = max(1, round(mailboxes * PILOT_SHARE))
    live = mailboxes - pilot
    count = max(math.ceil(live / LARGEST_COLLECTION), min(USUAL_COLLECTIONS, math.ceil(live / SMALLEST_COLLECTION)))
    switching_next = rng.randint(0, count)
    switches = [SWITCHES_AROUND + timedelta(weeks=index - switching_next) for index in range(count)]
    sizes = share_out(live, [1.0] * count) if count else []
    weeks = zip(sizes, switches)
    return [("Pilot", pilot, PILOT_SWITCH), *((f"Week {week}", size, switch) for week, (size, switch) in enumerate(weeks, 1))]


def reported(cells: tuple, traits: Traits, number: int) -> tuple:
    """The row of a mailbox as a tool reports it that says less, more or odd things."""
    row = list(cells)
    if traits.reports_errors:
        row.append("The mailbox is over its quota" if row[4] in (STOPPED, FAILED) else "")
    if not traits.reports_items:
        row[5:10] = [""] * 5
    if traits.is_odd and number == 3:
        row[6] = "about 900"
    if traits.is_odd and number % 50 == 1:
        row[4] = "Fettled"
    return tuple(row)


def write_organisation(folder: Path, organisation: Organisation, traits: Traits, plan: list[tuple[str, int, date]],
                       days: list[date], rng: random.Random) -> None:
    """Collection by collection, with the files of all days open: memory does not grow with the organisation."""
    layout: FileFormat = organisation.file_format
    namer = Namer(rng, organisation.code, organisation.mail_domains, layout.encoding, Counter())
    items = ItemWriter(rng, layout.any_letter, layout.encoding, traits.awkward_share)
    headings = (*SYNC_HEADINGS, "Last Error") if traits.reports_errors else SYNC_HEADINGS
    number = 0
    with ExitStack() as files:
        schedule = None
        if traits.has_schedule:
            schedule = files.enter_context(Table(folder / "migration-schedule.csv", EXCEL_CSV, SCHEDULE_HEADINGS))
        exports = []
        for day in days:
            day_folder = folder / day.isoformat()
            exports.append((day_number(day), files.enter_context(Table(day_folder / "sync-state.csv", layout, headings)),
                            files.enter_context(failed_table(day_folder, layout))))
        for name, size, switch_date in plan:
            switch, switch_text = day_number(switch_date), day_text(switch_date)
            phase = "Pilot" if name == "Pilot" else "Live"
            slowness = traits.slowness if name == "Week 1" else 1.0
            collection = LONG_COLLECTION if traits.names == "long" else name
            for _ in range(size):
                mailbox, vip = new_mailbox(rng, namer, items, organisation, traits, switch, slowness, number)
                person = mailbox.person
                if schedule:
                    schedule.row((person.source, collection, switch_text, phase, vip if traits.has_vips else ""))
                for day, sync, failed in exports:
                    listed = [failure for failure in mailbox.failures if failure.failed_on <= day < failure.cured_on]
                    sync.row(reported(sync_cells(mailbox, collection, switch_text, day, len(listed)), traits, number))
                    is_short = traits.is_odd and number % 5 == 0
                    for failure in listed[1 if is_short else 0:]:      # one that is counted, and not listed
                        failed.row(failure.item.row(collection, person.display_name, person.source))
                number += 1
        if schedule and traits.is_odd:
            schedule.row((f"left.last.year@{organisation.mail_domains[0]}", "Week 1", "23/11/2026", "Live", ""))


def write_measured(folder: Path, organisation: Organisation, mailboxes: int, days: list[date], seed: int) -> None:
    """An organisation of an estate for measurements."""
    rng = random.Random(f"{seed}/{organisation.code}")
    write_organisation(folder, organisation, Traits(), collections_of(rng, mailboxes), days, rng)


# How far the mailboxes of a listed organisation are on the last day: name, share and switch date of each collection.
JOURNEYS = {
    "weekly": [("Pilot", 0.1, date(2026, 11, 16)), ("Week 1", 0.4, date(2026, 11, 23)), ("Week 2", 0.5, date(2026, 11, 30))],
    "not-begun": [("Week 1", 1.0, date(2026, 12, 14))],
    "done": [("Week 1", 1.0, date(2026, 8, 31))],
}


def write_listed(folder: Path, listed: dict) -> Organisation:
    """One of a list: its row of the register, the days that it has exports of, its journey, and its traits."""
    code, days = listed["code"], listed["days"]
    domain = f"{code.lower()}.nhs.example"
    desk = [f"programme.office@{domain}"]
    organisation = Organisation(code, listed["name"], listed["stage"], [domain], desk, desk, desk, listed["subject_lines"],
                                failure_rate=listed["failing_per_million"] / 1_000_000)
    if days:
        journey = JOURNEYS[listed["journey"]]
        sizes = share_out(listed["mailboxes"], [share for _, share, _ in journey])
        plan = [(name, size, switch) for (name, _, switch), size in zip(journey, sizes)]
        dates = [LAST_DAY - offset * ONE_DAY for offset in reversed(range(days))]
        write_organisation(folder / code, organisation, Traits(**listed["traits"]), plan, dates, random.Random(f"{DEFAULT_SEED}/{code}"))
    return organisation


def mistake_in(options: argparse.Namespace) -> str | None:
    if not 1 <= options.organisations <= min(9999, options.mailboxes):
        return "--organisations must be from 1 to 9999, and no more than --mailboxes"
    if not 1 <= options.days <= MOST_DAYS:
        return f"--days must be from 1 to {MOST_DAYS}"
    if not PILOT_SWITCH < options.date - options.days * ONE_DAY <= options.date <= date(2027, 12, 31):
        return f"all days must be from {PILOT_SWITCH} to 2027-12-31: the estate migrates around {SWITCHES_AROUND}"
    return None


def write(options: argparse.Namespace) -> None:
    if options.list:
        organisations = [write_listed(options.out / "exports", listed) for listed in json.loads(options.list.read_text())]
        write_register(options.out / "organisations.csv", organisations)
        return
    if mistake := mistake_in(options):
        sys.exit(f"generator estate: {mistake}")
    out: Path = options.out
    rng = random.Random(f"{options.seed}/estate")
    sizes = share_out(options.mailboxes, [rng.lognormvariate(0, 1.1) for _ in range(options.organisations)])
    estate = [estate_organisation(number, not options.no_switch_readiness) for number in range(1, options.organisations + 1)]
    days = [options.date - offset * ONE_DAY for offset in reversed(range(options.days))]
    out.mkdir(parents=True, exist_ok=True)
    settings = settings_text("Invented estate for measurements")
    (out / "migration-monitor.toml").write_text(settings, encoding="utf-8")
    write_register(out / "organisations.csv", estate)
    largest_first = sorted(zip(sizes, estate), key=lambda sized: -sized[0])
    with ProcessPoolExecutor() as processes:
        written = [processes.submit(write_measured, out / "exports" / organisation.code, organisation, size, days, options.seed)
                   for size, organisation in largest_first]
        for one in written:
            one.result()


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organisations", type=int, default=20, help="how many (default %(default)s)")
    parser.add_argument("--mailboxes", type=int, default=50000, help="in all organisations together (default %(default)s)")
    parser.add_argument("--days", type=int, default=1, help=f"of exports, each day of the week; 1 to {MOST_DAYS} (default %(default)s)")
    parser.add_argument("--date", type=date.fromisoformat, default=LAST_DAY, help="the last of the days (default %(default)s)")
    parser.add_argument("--list", type=Path, metavar="FILE",
                        help="JSON: organisations with traits of their own in place of these; only their exports and register")
    parser.add_argument("--no-switch-readiness", action="store_true",
                        help="nobody in the register gets the Switch Readiness Report")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default %(default)s")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write into; it is made if it is not there")
