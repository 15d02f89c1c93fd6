"""The same totals of the same exports, by DuckDB: what the speed of reading and measuring is held against, and another road to
every figure.

    python3 benches/peers/totals.py ESTATE DATE

ESTATE is a folder of `sample-data/generator estate`. Prints the totals as benches/totals.rs does, and on the error stream how
many seconds passed between the first file and the last total. Written as somebody would who knows DuckDB: the types of all
columns are given and not guessed, only the columns in use are read, each file is read once, all organisations at the same
time, and each different error is matched once.

It leaves out what the program does beside: it proves nothing about a row (keys, domains, dates, counts that contradict
each other), knows no other encoding, delimiter or heading than those of the estate, digests no file, keeps no row for a
report, and judges nothing.
"""

import os
import sys
import time
import tomllib
from pathlib import Path

import duckdb

SYNC = {
    "Collection": "VARCHAR", "Display Name": "VARCHAR", "Source Mailbox": "VARCHAR", "Target Mailbox": "VARCHAR",
    "Sync State": "VARCHAR", "Progress (%)": "DOUBLE", "Items Total": "BIGINT", "Items Synchronized": "BIGINT",
    "Failed Items": "BIGINT", "Mailbox Size (MB)": "DOUBLE", "Last Synchronized": "TIMESTAMP", "Switch Date": "DATE",
}
FAILED = {
    "Collection": "VARCHAR", "User": "VARCHAR", "Source Mailbox": "VARCHAR", "Folder": "VARCHAR", "Subject": "VARCHAR",
    "Item Class": "VARCHAR", "Item Date": "DATE", "Size (KB)": "BIGINT", "Error Code": "VARCHAR", "Error": "VARCHAR",
    "Failed At": "TIMESTAMP",
}
SCHEDULE = {
    "Mailbox": "VARCHAR", "Collection": "VARCHAR", "Switch Date": "DATE", "Pilot or Live": "VARCHAR", "VIP Category": "VARCHAR",
}
STATES = ["New", "Queued", "In Progress", "In Sync", "Ready to Switch", "Switched", "Stopped", "Failed"]
RULES = Path(__file__).resolve().parents[2] / "src/metrics/causes.toml"


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def read(pattern: Path, columns: dict[str, str]) -> str:
    types = ", ".join(f"{text(name)}: {text(kind)}" for name, kind in columns.items())
    return (f"read_csv({text(str(pattern))}, columns = {{{types}}}, header = true, auto_detect = false, delim = ',', quote = '\"', "
            "escape = '\"', dateformat = '%d/%m/%Y', timestampformat = '%d/%m/%Y %H:%M:%S', filename = true)")


def cause() -> str:
    """The rules of causes as an expression: kinds of item first, then texts, then codes."""
    rules = tomllib.loads(RULES.read_text(encoding="utf-8"))
    listed = lambda column, words: f"lower({column}) IN ({', '.join(text(word.lower()) for word in words)})"
    cases = [(listed("kind", rule["kinds"]), rule) for rule in rules["rule"] if rule.get("kinds")]
    # Each line of a pattern is one of what may match.
    lines = lambda pattern: "|".join(line.strip() for line in pattern.splitlines() if line.strip())
    matches = lambda column, pattern: f"regexp_matches({column}, {text(lines(pattern))}, 'i')"
    for column in ["error", "code"]:
        cases += [(matches(column, rule["pattern"]) + (f" AND NOT {matches(column, rule['unless'])}" if "unless" in rule else ""), rule)
                  for rule in rules["rule"] if rule.get("pattern")]
    cases += [(listed("code", rule["codes"]), rule) for rule in rules["rule"] if rule.get("codes")]
    whens = " ".join(f"WHEN {condition} THEN {text(rule['name'])}" for condition, rule in cases)
    return f"CASE {whens} ELSE {text(rules['other']['name'])} END"


def load(database: duckdb.DuckDBPyConnection, estate: Path, date: str) -> None:
    organisation = "regexp_extract(filename, 'exports/([^/]+)/', 1)"
    exports = estate / "exports" / "*"
    database.execute(f"""
        CREATE TEMP TABLE schedule AS SELECT {organisation} AS organisation, lower("Mailbox") AS mailbox,
            "Switch Date" AS switch_date, "Pilot or Live" AS phase, "VIP Category" AS vip
        FROM {read(exports / "migration-schedule.csv", SCHEDULE)};
        CREATE TEMP TABLE mailboxes AS SELECT {organisation} AS organisation, lower("Source Mailbox") AS mailbox, "Collection" AS collection,
            "Sync State" AS state, "Items Total" AS total, "Items Synchronized" AS synchronised, "Failed Items" AS failed,
            "Items Synchronized" + "Failed Items" AS attempted, CAST(round("Mailbox Size (MB)" * 1048576) AS BIGINT) AS bytes,
            "Last Synchronized" AS last_synchronised, "Switch Date" AS switch_date
        FROM {read(exports / date / "sync-state.csv", SYNC)};
        CREATE TEMP TABLE items AS SELECT {organisation} AS organisation, lower("Source Mailbox") AS mailbox, "Item Class" AS kind,
            "Error Code" AS code, "Error" AS error, "Failed At" AS failed_at
        FROM {read(exports / date / "failed-items.csv", FAILED)};
    """)


def rows(database: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return database.execute(query).fetchall()


def totals(database: duckdb.DuckDBPyConnection, date: str) -> list[str]:
    states = ", ".join(f"count(*) FILTER (state = {text(state)})" for state in STATES)
    is_done = "state IN ('In Sync', 'Ready to Switch', 'Switched')"
    has_progress = "total IS NOT NULL AND synchronised IS NOT NULL"
    figures = f"""count(*), {states}, count(*) FILTER (state NOT IN ({', '.join(map(text, STATES))})),
            sum(total), sum(synchronised), sum(failed), sum(attempted),
            count(*) FILTER ({has_progress}), coalesce(sum(synchronised) FILTER ({has_progress}), 0), coalesce(sum(total) FILTER ({has_progress}), 0),
            count(bytes), coalesce(sum(bytes), 0), coalesce(sum(bytes) FILTER ({is_done}), 0),
            coalesce(sum(failed) FILTER (attempted > 0), 0), coalesce(sum(attempted) FILTER (attempted > 0), 0)"""
    groups = rows(database, f"""
        SELECT organisation, collection, grouping(collection), {figures}, min(switch_date), max(switch_date)
        FROM mailboxes GROUP BY GROUPING SETS ((organisation), (organisation, collection))
    """)
    phases = rows(database, f"""
        SELECT organisation, phase, {figures} FROM mailboxes LEFT JOIN (SELECT organisation, mailbox, phase FROM schedule)
        USING (organisation, mailbox) GROUP BY ALL
    """)
    causes = rows(database, f"""
        WITH errors AS (SELECT DISTINCT kind, code, error FROM items),
            known AS (SELECT kind, code, error, {cause()} AS cause FROM errors)
        SELECT organisation, cause, count(*), count(DISTINCT mailbox) FROM items
        JOIN known ON items.kind IS NOT DISTINCT FROM known.kind AND items.code IS NOT DISTINCT FROM known.code
            AND items.error IS NOT DISTINCT FROM known.error
        GROUP BY ALL
    """)
    days = rows(database, "SELECT organisation, failed_at::DATE AS day, count(*) FROM items WHERE day IS NOT NULL GROUP BY ALL")
    waiting = f"state <> 'Switched' AND switch_date >= {text(date)}"
    others = rows(database, f"""
        WITH listed AS (SELECT organisation, mailbox, count(*) AS listed FROM items GROUP BY ALL),
            next_switch AS (SELECT organisation, min(switch_date) AS next_date FROM mailboxes WHERE {waiting} GROUP BY ALL),
            differences AS (
                SELECT organisation, count(*) AS differences FROM mailboxes FULL JOIN schedule USING (organisation, mailbox)
                WHERE mailboxes.state IS NULL OR (mailboxes.state <> 'Switched'
                    AND (schedule.organisation IS NULL OR mailboxes.switch_date <> schedule.switch_date))
                GROUP BY ALL)
        SELECT organisation, count(listed), count(*) FILTER (failed <> coalesce(listed, 0)),
            count(*) FILTER (last_synchronised < {text(date)}::TIMESTAMP - INTERVAL 1 DAY), count(vip),
            count(*) FILTER (state <> 'Switched' AND mailboxes.switch_date < {text(date)}),
            any_value(next_date), count(*) FILTER (state <> 'Switched' AND mailboxes.switch_date = next_date),
            count(*) FILTER (state <> 'Switched' AND mailboxes.switch_date = next_date AND {is_done}), any_value(coalesce(differences, 0))
        FROM mailboxes LEFT JOIN listed USING (organisation, mailbox) LEFT JOIN schedule USING (organisation, mailbox)
            LEFT JOIN next_switch USING (organisation) LEFT JOIN differences USING (organisation)
        GROUP BY organisation
    """)
    known = lambda figure: "-" if figure is None else str(figure)
    lines: dict[str, list[str]] = {}
    for code, collection, is_whole, *figures, first, last in sorted(groups, key=lambda row: (row[0], -row[2], known(row[1]))):
        figures = " ".join(map(known, figures))
        line = f"whole {figures}" if is_whole else f"collection {known(collection)}: {figures} {known(first)} {known(last)}"
        lines.setdefault(code, []).append(line)
    both = {code for code, phase, *_ in phases if phase == "Live"} & {code for code, phase, *_ in phases if phase == "Pilot"}
    for code, phase, *figures in sorted(phases, key=lambda row: ["Pilot", "Live", None].index(row[1])):
        if code in both:
            lines[code].append(f"phase {known(phase)}: {' '.join(map(known, figures))}")
    for code, name, items, mailboxes in sorted(causes, key=lambda row: (-row[2], row[1])):
        lines[code].append(f"cause {name}: {items} {mailboxes}")
    for code, day, items in sorted(days):
        lines[code].append(f"day {day}: {items}")
    for code, *figures in others:
        lines[code].append("mailboxes " + " ".join(map(known, figures)))
    return [f"{code} {line}" for code in sorted(lines) for line in lines[code]]


def main() -> None:
    estate, date = Path(sys.argv[1]), sys.argv[2]
    began = time.perf_counter()
    database = duckdb.connect()
    database.execute(f"SET threads = {len(os.sched_getaffinity(0))}; SET preserve_insertion_order = false")
    load(database, estate, date)
    lines = totals(database, date)
    seconds = time.perf_counter() - began
    print("\n".join(lines))
    print(seconds, file=sys.stderr)


if __name__ == "__main__":
    main()
