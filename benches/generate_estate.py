#!/usr/bin/env python3
"""Writes an invented estate for measurements: any number of organisations and mailboxes, one to ninety days of exports.

    python3 benches/generate_estate.py --organisations 20 --mailboxes 50000 --out DIR
    python3 benches/generate_estate.py --organisations 1 --mailboxes 5000 --days 90 --out DIR

Settings, a register, migration schedules, and for each day the exports of every organisation. Sizes of organisations are
log-normal and sum to --mailboxes. Mailboxes move in collections, one a week: each begins to copy in the two weeks before
the Monday of its switch, some of its mailboxes are slow, stop on the way or never end, failed items cluster in mailboxes,
and some are cured. A pilot went before them all. Names, addresses, subject lines and errors are those of sample-data/generate.py.

What a mailbox is on a day follows from the seed, its place in its organisation and that day, and from nothing else: the
same arguments give the same bytes, an estate of ten days holds the last ten of one of ninety, and organisations are
written side by side. Only Python's own library is needed (3.11 or later).
"""

from __future__ import annotations

import argparse
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

sys.dont_write_bytecode = True      # nothing beside the sample
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sample-data"))

from generate import (  # noqa: E402
    DEFAULT_SEED, EXCEL_CSV, EXPORTED_AT, FAILED, IN_SYNC, LAST_DAY, NEW, ONE_DAY, PLAIN_CSV, QUEUED, READY, RUNNING,
    SCHEDULE_HEADINGS, STOPPED, SWITCHED, TARGET_DOMAIN, FailedItem, FileFormat, ItemWriter, Namer, Organisation, Person,
    Table, day_text, failed_table, item_count, megabytes_per_item, moment_text, new_person, settings_text, sync_table,
    work_done_before, write_register,
)

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


def new_mailbox(rng: random.Random, namer: Namer, items: ItemWriter, organisation: Organisation,
                switch: int) -> tuple[Mailbox, str]:
    """A mailbox with all that will ever become of it, and its VIP category."""
    person, vip = new_person(rng, namer)
    # The programme has one target domain: an address of another organisation must not come twice.
    local, code = person.target.partition("@")[0], organisation.code.lower()
    if not local.startswith(code):
        person = person._replace(target=f"{local}.{code}@{TARGET_DOMAIN}")
    starts = switch - rng.randint(LAST_START, FIRST_START)
    work_days = rng.lognormvariate(math.log(2.5), 0.5)
    chance = rng.random()
    if chance < SLOW_SHARE:
        work_days *= rng.uniform(3, 7)
    mailbox = Mailbox(person, item_count(rng, MEDIAN_ITEMS), rng.randint(0, 6), megabytes_per_item(rng), starts,
                      work_days, NEVER, NEVER, STOPPED, NEVER, NEVER, NEVER, rng.randrange(8970), [])
    chance = rng.random()
    if chance < STUCK_SHARE + STOPPING_SHARE:
        mailbox.pauses = starts + rng.randint(1, 3)
        mailbox.pause_state = STOPPED if rng.random() < 0.6 else FAILED
        if chance >= STUCK_SHARE:
            mailbox.resumes = mailbox.pauses + rng.randint(1, 4)
    mailbox.in_sync_on = day_of_share(mailbox, 1.0)
    if mailbox.in_sync_on <= mailbox.pauses:
        mailbox.pauses = mailbox.resumes = NEVER    # it was through before anything stopped it
    mailbox.ready_on = max(mailbox.in_sync_on, switch - READY_BEFORE)
    if mailbox.in_sync_on < NEVER:
        mailbox.switched_on = max(mailbox.in_sync_on + 1, switch)
    rate = organisation.failure_rate * rng.gammavariate(0.6, 1 / 0.6)
    for _ in range(min(poisson(rng, mailbox.items * rate), mailbox.items)):
        mailbox.failures.append(new_failure(rng, items, mailbox))
    mailbox.failures.sort(key=lambda failure: failure.failed_on)
    return mailbox, vip


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


def write_organisation(folder: Path, organisation: Organisation, mailboxes: int, days: list[date], seed: int) -> None:
    """Collection by collection, with the files of all days open: memory does not grow with the organisation."""
    rng = random.Random(f"{seed}/{organisation.code}")
    layout: FileFormat = organisation.file_format
    namer = Namer(rng, organisation.code, organisation.mail_domains, layout.encoding, Counter())
    items = ItemWriter(rng, layout.any_letter, layout.encoding, 0.05)
    plan = collections_of(rng, mailboxes)
    with ExitStack() as files:
        schedule = files.enter_context(Table(folder / "migration-schedule.csv", EXCEL_CSV, SCHEDULE_HEADINGS))
        exports = []
        for day in days:
            day_folder = folder / day.isoformat()
            exports.append((day_number(day), files.enter_context(sync_table(day_folder, layout)),
                            files.enter_context(failed_table(day_folder, layout))))
        for name, size, switch_date in plan:
            switch, switch_text = day_number(switch_date), day_text(switch_date)
            phase = "Pilot" if switch_date == PILOT_SWITCH else "Live"
            for _ in range(size):
                mailbox, vip = new_mailbox(rng, namer, items, organisation, switch)
                person = mailbox.person
                schedule.row((person.source, name, switch_text, phase, vip))
                for day, sync, failed in exports:
                    listed = [failure for failure in mailbox.failures if failure.failed_on <= day < failure.cured_on]
                    sync.row(sync_cells(mailbox, name, switch_text, day, len(listed)))
                    for failure in listed:
                        failed.row(failure.item.row(name, person.display_name, person.source))


def write_estate(options: argparse.Namespace) -> None:
    out: Path = options.out
    rng = random.Random(f"{options.seed}/estate")
    sizes = share_out(options.mailboxes, [rng.lognormvariate(0, 1.1) for _ in range(options.organisations)])
    estate = [estate_organisation(number, not options.no_switch_readiness) for number in range(1, options.organisations + 1)]
    days = [options.date - offset * ONE_DAY for offset in reversed(range(options.days))]
    out.mkdir(parents=True, exist_ok=True)
    settings = settings_text("Invented estate for measurements").replace("generate.py", "generate_estate.py")
    (out / "migration-monitor.toml").write_text(settings, encoding="utf-8")
    write_register(out / "organisations.csv", estate)
    largest_first = sorted(zip(sizes, estate), key=lambda sized: -sized[0])
    with ProcessPoolExecutor() as processes:
        written = [processes.submit(write_organisation, out / "exports" / organisation.code, organisation, size, days, options.seed)
                   for size, organisation in largest_first]
        for one in written:
            one.result()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Write settings, register, schedules and exports of an invented estate.",
        epilog="The same arguments give the same bytes, and the same --seed the same people on every date.")
    parser.add_argument("--organisations", type=int, default=20, help="how many (default %(default)s)")
    parser.add_argument("--mailboxes", type=int, default=50000, help="in all organisations together (default %(default)s)")
    parser.add_argument("--days", type=int, default=1, help=f"of exports, each day of the week; 1 to {MOST_DAYS} (default %(default)s)")
    parser.add_argument("--date", type=date.fromisoformat, default=LAST_DAY, help="the last of the days (default %(default)s)")
    parser.add_argument("--no-switch-readiness", action="store_true",
                        help="nobody in the register gets the Switch Readiness Report")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default %(default)s")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write into; it is made if it is not there")
    options = parser.parse_args()
    if not 1 <= options.organisations <= min(9999, options.mailboxes):
        parser.error("--organisations must be from 1 to 9999, and no more than --mailboxes")
    if not 1 <= options.days <= MOST_DAYS:
        parser.error(f"--days must be from 1 to {MOST_DAYS}")
    if not PILOT_SWITCH < options.date - options.days * ONE_DAY <= options.date <= date(2027, 12, 31):
        parser.error(f"all days must be from {PILOT_SWITCH} to 2027-12-31: the estate migrates around {SWITCHES_AROUND}")
    return options


if __name__ == "__main__":
    write_estate(arguments())
