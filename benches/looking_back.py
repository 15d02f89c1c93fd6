"""How long it takes to look back: `deliveries`, `status` and `summary` over a ledger of a year.

    looking_back.py PROGRAM [--days 365] [--organisations 600] [--keep FOLDER]

Makes a programme whose ledger has three messages of each organisation on each day, 657,000 deliveries, each with the three
entries of the audit log that a run writes, in their chain of digests: `deliveries verify` would believe it; and a month of
Run Summaries of the size that 600 organisations have. Then each command is run five times, and the median printed, of the wall clock and of the processors' time. Nothing here fails for being slow.
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import resource
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAST = datetime.date(2026, 11, 20)
REPORTS = ["overall-migration", "failed-item", "switch-readiness"]
STATES = ["prepared", "sending", "deferred", "outbox", "accepted", "delivered", "quarantined", "bounced", "refused", "unknown", "held",
          "superseded", "expired"]
LASTING = ["report_date", "organisation", "report", "edition", "recipient", "message_id", "message_path", "message_digest", "prepared_at"]
CHANGING = ["state", "attempts", "server_reply", "reason", "updated_at", "accepted_at"]


def digest(fields):
    of_all = hashlib.sha256()
    for field in fields:
        of_all.update(len(field.encode()).to_bytes(8, "big") + field.encode())
    return of_all.hexdigest()


def text(fields):
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def codes(number):
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return [f"Z{letters[at // 576 % 24]}{letters[at // 24 % 24]}{letters[at % 24]}" for at in range(number)]


def make_ledger(path, organisations, days):
    ledger = sqlite3.connect(path)
    ledger.execute("PRAGMA journal_mode = WAL")
    schema = (ROOT / "src/delivery/ledger/file.sql").read_text()
    ledger.executescript(schema.replace("/* states */", ", ".join(f"'{state}'" for state in STATES)))
    ledger.executescript("""
        CREATE TABLE audit_log (number BIGINT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, report_date TEXT,
            organisation TEXT, amount BIGINT, why TEXT, digest TEXT NOT NULL, delivery BIGINT, row_digest TEXT, detail TEXT);
        CREATE INDEX audit_log_by_day ON audit_log (report_date, organisation);
        PRAGMA user_version = 3;""")
    ledger.executescript((ROOT / "src/delivery/ledger/indexes.sql").read_text())
    before, number, delivery = "", 0, 0

    def entries(row, action, at):
        nonlocal before, number
        number += 1
        changing = {name: row[name] for name in CHANGING}
        lasting = {name: row[name] for name in LASTING}
        of_row = digest([str(row["id"]), text(lasting), text(changing)])
        detail = text(changing | lasting if action == "delivery" else changing)
        who = "migration-monitor on reports-1"
        before = digest([before, str(number), at, who, action, row["report_date"], row["organisation"], "", "", str(row["id"]), of_row, detail])
        return number, at, who, action, row["report_date"], row["organisation"], None, None, before, row["id"], of_row, detail

    for back in range(days - 1, -1, -1):
        day = (LAST - datetime.timedelta(days=back)).isoformat()
        prepared, sending, accepted = (f"{day}T07:{minute}:00.000Z" for minute in ("01", "05", "06"))
        editions, rows, log = [], [], []
        for code in organisations:
            for report in REPORTS:
                delivery += 1
                editions.append((day, code, report, 1, "inputs", prepared))
                recipient = f"lead@{code.lower()}.example"
                row = {
                    "id": delivery, "report_date": day, "organisation": code, "report": report, "edition": 1, "recipient": recipient,
                    "message_id": f"{day}.{code}.{report}@nhs.example",
                    "message_path": f"archive/{day}/{code}/{report}/edition-1/message-1.eml",
                    "message_digest": hashlib.sha256(f"{day}{code}{report}".encode()).hexdigest(), "prepared_at": prepared,
                    "state": "prepared", "attempts": 0, "server_reply": None, "reason": None, "updated_at": prepared, "accepted_at": None,
                }
                log.append(entries(row, "delivery", prepared))
                row |= {"state": "sending", "attempts": 1, "updated_at": sending}
                log.append(entries(row, "change", sending))
                row |= {"state": "accepted", "server_reply": "250 2.0.0 OK", "updated_at": accepted, "accepted_at": accepted}
                log.append(entries(row, "change", accepted))
                rows.append(tuple(row[name] for name in ("id", *LASTING[:5], *LASTING[5:], *CHANGING)) + (recipient,))
        with ledger:
            ledger.executemany("INSERT INTO editions VALUES (?, ?, ?, ?, ?, ?)", editions)
            names = ", ".join(("id", *LASTING, *CHANGING, "recipient_folded"))
            ledger.executemany(f"INSERT INTO deliveries ({names}) VALUES ({', '.join('?' * 17)})", rows)
            ledger.executemany(f"INSERT INTO audit_log VALUES ({', '.join('?' * 12)})", log)
    ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    return delivery, number


def make_programme(folder, organisations, days):
    (folder / "data").mkdir(mode=0o700)
    (folder / "exports").mkdir()
    heading = (ROOT / "sample-data/organisations.csv").read_text().splitlines()[0].split(",")
    rows = [",".join(heading)]
    for code in organisations:
        to = f"lead@{code.lower()}.example"
        of = {"code": code, "name": f"Organisation {code}", "stage": "sync-and-switch", "mail_domains": f"{code.lower()}.example",
              "overall_migration_to": to, "failed_item_to": to, "switch_readiness_to": to, "subject_lines": "workbook"}
        rows.append(",".join(of.get(column, "") for column in heading))
    (folder / "organisations.csv").write_text("\n".join(rows) + "\n")
    shutil.copy(ROOT / "sample-data/migration-monitor.toml", folder)
    made = make_ledger(folder / "data/ledger.sqlite", organisations, days)
    runs = []
    for back in range(min(days, 31)):
        day = (LAST - datetime.timedelta(days=back)).isoformat()
        summary = folder / "data/archive" / day / "run-summary/edition-1"
        summary.mkdir(parents=True)
        (summary / "report.txt").write_text("\n".join(f"Organisation {code}: all three reports are out" for code in organisations))
        (summary / "model.json").write_text(json.dumps({"organisations": [{"code": code, "reports": [1] * 300} for code in organisations]}))
        runs.append({"report_date": day, "started": f"{day}T07:00:00Z", "finished": f"{day}T07:40:00Z", "exit_code": 0,
                     "organisations": len(organisations), "organisations_held": 0, "register_mistakes": 0,
                     "deliveries": {"accepted": 3 * len(organisations)}})
    (folder / "data/heartbeat.json").write_text(json.dumps(runs[0] | {"earlier": runs[1:]}))
    for file in ("data/ledger.sqlite", "data/heartbeat.json"):
        (folder / file).chmod(0o600)
    return made


def measure(program, folder, words):
    walls, processors, said = [], [], ""
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        ran = subprocess.run([program, *words, "--settings", "migration-monitor.toml"], cwd=folder, capture_output=True, text=True)
        walls.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processors.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        said = f"exit {ran.returncode}, {len(ran.stdout.splitlines())} lines"
    print(f"{' '.join(words):58} {statistics.median(walls):6.2f} s  {statistics.median(processors):6.2f} s of processors  {said}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", type=lambda path: str(pathlib.Path(path).resolve()))
    arguments.add_argument("--days", type=int, default=365)
    arguments.add_argument("--organisations", type=int, default=600)
    arguments.add_argument("--keep", type=pathlib.Path, help="a folder for the programme, which is made where it is missing and stays")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (chosen.keep or pathlib.Path(scratch)).resolve()
        if not (folder / "data").exists():
            folder.mkdir(parents=True, exist_ok=True)
            made = make_programme(folder, codes(chosen.organisations), chosen.days)
            print(f"{made[0]:,} deliveries, {made[1]:,} entries of the audit log")
        of_one = codes(chosen.organisations)[7]
        for words in (
            ["deliveries"], ["deliveries", "--date", LAST.isoformat(), "--organisation", of_one], ["deliveries", "--organisation", of_one],
            ["deliveries", "--state", "unknown", "--state", "refused"], ["deliveries", "--format", "json"],
            ["status", "--date", LAST.isoformat()], ["summary"],
        ):
            measure(chosen.program, folder, words)


main()
