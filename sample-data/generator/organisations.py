"""What holds of every invented organisation: its days, its states, how large mailboxes are, whose they are."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Callable

from files import PLAIN_CSV, FileFormat
from words import VIP_ROLES, Namer, Person

DEFAULT_SEED = 20261120
LAST_DAY = date(2026, 11, 20)
EXPORTED_AT = time(6, 30)
ONE_DAY = timedelta(days=1)

NEW, QUEUED, RUNNING, IN_SYNC = "New", "Queued", "In Progress", "In Sync"
READY, SWITCHED = "Ready to Switch", "Switched"
STOPPED, FAILED, UNDO = "Stopped", "Failed", "Undo Switch"


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
    accounts_from: date | None = None   # since when the portal's report of accounts is there, each day
    words: dict[str, str] = field(default_factory=dict)   # state words that differ from the usual
    story: Callable[["Story"], None] | None = None


def work_done_before(day: date) -> float:
    """The share of a working day's work that is in the export of `day`.

    An export is taken in the early morning, so it holds the work of the day
    before; at weekends the copying runs in a narrower window.
    """
    return 0.35 if (day - ONE_DAY).weekday() >= 5 else 1.0


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
