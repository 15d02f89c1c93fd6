#!/usr/bin/env python3
"""Has DuckDB read each table of a history as one, and holds its totals against those of organisation-days.

    python3 totals.py data/history

It says how many days it compared, and every figure that differs; then it ends with 1. It needs the package duckdb.
"""

import sys
from pathlib import Path

import duckdb

STATES = ["not_started", "queued", "synchronising", "in_sync", "ready_to_switch", "switched", "stopped", "failed", "unrecognised"]
SUMS = ["items_total", "items_synchronised", "items_failed", "items_attempted"]


def main(folder: Path) -> int:
    connection = duckdb.connect()
    for table in ["mailboxes", "failed-items", "organisation-days", "collection-days", "cleared-items"]:
        connection.execute(
            f"CREATE VIEW \"{table}\" AS SELECT * FROM read_parquet('{folder}/{table}/*/*/*.parquet', hive_partitioning = true)"
        )
    of_mailboxes = ["count(*) AS mailboxes"]
    of_mailboxes += [f"count(*) FILTER (sync_state = '{state}') AS {state}" for state in STATES]
    of_mailboxes += [f"sum({name}) AS {name}" for name in SUMS[:3]] + ["sum(items_synchronised + items_failed) AS items_attempted"]
    figures = ["mailboxes", *STATES, *SUMS]
    # Matched by fingerprints, and by what is left of them without folders: a second road to what changed.
    before = '"failed-items" b ON b.organisation = day.organisation AND b.date = day.compared_with'
    follows = "b.item = a.item OR b.reference = a.reference"
    queries = {
        "mailboxes": (figures, f'SELECT date, organisation, {", ".join(of_mailboxes)} FROM mailboxes GROUP BY ALL'),
        "collection-days": (
            [*figures, "newly_attempted"],
            'SELECT date, organisation, ' + ", ".join(f"sum({name}) AS {name}" for name in [*figures, "newly_attempted"])
            + ' FROM "collection-days" GROUP BY ALL',
        ),
        "failed-items": (["failed_items_listed"], 'SELECT date, organisation, count(*) AS failed_items_listed FROM "failed-items" GROUP BY ALL'),
        "new": (
            ["new_failed_items"],
            'SELECT day.date, day.organisation, count(*) AS new_failed_items FROM "organisation-days" day JOIN "failed-items" a'
            " ON a.organisation = day.organisation AND a.date = day.date WHERE day.compared_with IS NOT NULL AND a.first_seen = day.date"
            " GROUP BY ALL",
        ),
        "cleared": (
            ["cleared_failed_items"],
            f'SELECT day.date, day.organisation, count(*) AS cleared_failed_items FROM "organisation-days" day JOIN {before}'
            ' WHERE NOT EXISTS (SELECT 1 FROM "failed-items" a WHERE a.organisation = day.organisation AND a.date = day.date'
            f" AND ({follows})) GROUP BY ALL",
        ),
        "remembered": (
            ["cleared_failed_items"],
            'SELECT day.date, day.organisation, count(*) AS cleared_failed_items FROM "organisation-days" day JOIN "cleared-items" c'
            " ON c.organisation = day.organisation AND c.date = day.date AND c.last_listed = day.compared_with"
            " WHERE c.is_setting IS NOT TRUE GROUP BY ALL",
        ),
        "attempted": (
            ["newly_attempted"],
            "SELECT day.date, day.organisation, sum(greatest(0, a.items_synchronised + a.items_failed - coalesce(b.items_synchronised"
            " + b.items_failed, CASE WHEN b.mailbox IS NULL OR b.sync_state IN ('not_started', 'queued') THEN 0 END)))"
            ' AS newly_attempted FROM "organisation-days" day JOIN mailboxes a ON a.organisation = day.organisation AND a.date = day.date'
            " LEFT JOIN mailboxes b ON b.organisation = day.organisation AND b.date = day.compared_with AND b.mailbox = a.mailbox"
            " WHERE day.compared_with IS NOT NULL AND a.items_synchronised + a.items_failed IS NOT NULL"
            " AND (b.mailbox IS NULL OR b.sync_state IN ('not_started', 'queued') OR b.items_synchronised + b.items_failed IS NOT NULL)"
            " GROUP BY ALL",
        ),
    }
    [(days, compared)] = connection.execute('SELECT count(*), count(compared_with) FROM "organisation-days"').fetchall()
    wrong = 0
    for table, (names, query) in queries.items():
        for name in names:
            # No row is none, where something is listed.
            none = "0" if name.endswith(("_listed", "failed_items")) or name in ["mailboxes", *STATES] else "NULL"
            rows = connection.execute(
                f'SELECT day.date, day.organisation, day.{name}, coalesce(other.{name}, {none}) FROM "organisation-days" day'
                f" LEFT JOIN ({query}) other USING (date, organisation) WHERE day.{name} IS NOT NULL"
                f" AND day.{name} IS DISTINCT FROM coalesce(other.{name}, {none}) AND NOT (day.{name} = 0 AND other.{name} IS NULL)"
            ).fetchall()
            for date, organisation, kept, counted in rows:
                print(f"{date} {organisation}: {name} is {kept} in organisation-days, and {counted} by {table}")
                wrong += 1
    print(f"{days} days, {compared} of them compared with one before: {wrong} figures differ")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
