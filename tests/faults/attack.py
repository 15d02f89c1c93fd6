"""A random attacker: each try spoils one thing of a small morning, by a seed, and then holds what came of it. See tests/attack."""

import argparse
import email
import email.policy
import io
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import zipfile

from morning import CODES, DATE, Broken, MailServer, Morning, ended_as_it_should, program, shim

HOSTILE = [
    "=HYPERLINK(\"http://evil.example\",\"x\")", "<script>alert(1)</script>", "a\r\nBcc: mallory@nhs.example", "\u202etxt.exe",
    "../../../etc/passwd", "\x1b]0;owned\x07", "{{ config }}", "' OR 1=1 --", "x" * 40000, "\ufeff", "9" * 40, "-1", "1e309", "NaN",
    "mallory@northmoor.nhs.example", "2026-13-45", "\u0000",
]
REPLIES = ["421 4.3.2 closing", "432 4.3.2 slow down", "450 4.2.1 later", "451 4.7.500 busy", "452 full", "550 5.1.1 nobody", "552 5.2.2 full",
           "554 5.7.1 no", "535 5.7.3 no", "500 what", "999 odd", "", "\x00\xff", "2" * 5000, "drop", "250-never ends"]


def spoil_export(chosen, morning):
    files = sorted((morning.folder / "exports").rglob("*.csv*")) or sorted((morning.folder / "exports").rglob("*.*"))
    file = chosen.choice(files)
    data = bytearray(file.read_bytes())
    how = chosen.randrange(9)
    if how == 0:
        data = data[: chosen.randrange(len(data) + 1)]
    elif how == 1:
        for _ in range(chosen.randrange(1, 30)):
            data[chosen.randrange(len(data))] = chosen.randrange(256)
    elif how == 2:
        shutil.copy(chosen.choice(files), file)
        return f"another file in the place of {file.name}"
    elif how == 3:
        (file.parent / (file.stem + "-2.csv.part")).write_bytes(data[: len(data) // 2])
    elif how == 4:
        os.symlink("/nowhere", file.parent / (file.stem.split(".")[0] + "-9.csv"))
    elif how == 5:
        file.unlink()
        return f"{file.name} is gone"
    else:
        rows = data.decode("utf-8", "surrogateescape").splitlines()
        if how == 6:
            chosen.shuffle(rows)
        elif how == 7:
            rows += chosen.choices(rows, k=chosen.randrange(1, 20))
        else:
            for _ in range(chosen.randrange(1, 10)):
                at = chosen.randrange(len(rows))
                cells = rows[at].split(",")
                cells[chosen.randrange(len(cells))] = '"' + chosen.choice(HOSTILE).replace('"', '""') + '"'
                rows[at] = ",".join(cells)
        data = "\n".join(rows).encode("utf-8", "surrogateescape")
    file.write_bytes(data)
    return f"{file.name}, way {how}"


def spoil_table(name):
    def spoil(chosen, morning):
        file = morning.folder / name
        lines = file.read_text().splitlines()
        at = chosen.randrange(len(lines))
        how = chosen.randrange(5)
        if how == 0:
            del lines[at]
        elif how == 1:
            lines.insert(at, lines[chosen.randrange(len(lines))])
        elif how == 2 and name.endswith(".csv"):
            column = chosen.randrange(8)
            one, other = chosen.sample(range(1, len(lines)), 2)
            cells, others = lines[one].split(","), lines[other].split(",")
            cells[column], others[column] = others[column], cells[column]
            lines[one], lines[other] = ",".join(cells), ",".join(others)
        elif how == 3:
            lines[at] = chosen.choice(HOSTILE).replace("\x00", "")
        else:
            line = list(lines[at] or "x")
            line[chosen.randrange(len(line))] = chosen.choice("\";,=[]#@.\n\t ZÉ")
            lines[at] = "".join(line)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")
        return f"{name}, line {at + 1}, way {how}"

    return spoil


def spoil_ledger(chosen, morning):
    ledger = morning.folder / "data/ledger.sqlite"
    how = chosen.randrange(6)
    if how < 4:
        statements = [
            "DELETE FROM deliveries WHERE id % 2 = 0", "UPDATE deliveries SET state = 'prepared'", "DELETE FROM audit_log",
            "UPDATE deliveries SET recipient = 'mallory@nhs.example'", "DELETE FROM audit_log WHERE number % 3 = 0",
            "UPDATE deliveries SET state = 'deferred', attempts = 0 WHERE id = 3", "DELETE FROM deliveries; DELETE FROM editions",
        ]
        with sqlite3.connect(ledger) as open_ledger:
            statement = chosen.choice(statements)
            open_ledger.executescript(statement)
        return statement
    for ending in ("", "-wal", "-shm"):
        pathlib.Path(f"{ledger}{ending}").unlink(missing_ok=True)
    if how == 5:
        ledger.write_bytes(chosen.randbytes(chosen.choice([0, 100, 9000])))
    return "no ledger" if how == 4 else "another file"


def quote_subjects(chosen, morning):
    """Gives ZMU another policy, and quotes its subject lines in other columns. Gives the policy, and what is looked for."""
    policy = chosen.choice(["withheld", "workbook", "email"])
    register = morning.folder / "organisations.csv"
    lines = register.read_text().splitlines()
    lines = [line.rsplit(",", 1)[0] + "," + policy if line.startswith("ZMU,") else line for line in lines]
    register.write_text("\n".join(lines) + "\n")
    file = morning.folder / "exports/ZMU" / DATE / "failed-items.csv"
    rows = [row.split("\t") for row in file.read_text(encoding="utf-16").splitlines()]
    mark = "Zyxwq" + "".join(chosen.choices("aeiou", k=6))
    for number, row in enumerate(rows[1:]):
        if len(row) == len(rows[0]):
            subject = row[4].replace('"', "") + f" {mark} {number}"
            said = row[9].replace('"', "")
            quoted = [f"Could not copy '{subject}': {said}", f"{said} {subject}", f"[{subject}] {said}", f"{said} ({subject[:40]}"]
            row[4], row[9] = subject, chosen.choice(quoted)
            row[3] = chosen.choice([row[3], f"Inbox/{subject}", subject])
    file.write_text("\r\n".join("\t".join(row) for row in rows) + "\r\n", encoding="utf-16")
    return policy, mark


def quoted_where(server, mark):
    """In which kinds of parts of ZMU's messages a mark stands."""
    found = set()
    for name, body in server.bodies.items():
        if "zmu" not in name.lower():
            continue
        message = email.message_from_bytes(body, policy=email.policy.default)
        if mark.lower() in str(message["subject"]).lower():
            found.add("subject")
        for part in message.walk():
            data = b"" if part.is_multipart() else part.get_payload(decode=True) or b""
            if data[:2] == b"PK":
                with zipfile.ZipFile(io.BytesIO(data)) as packed:
                    if any(mark.encode() in packed.read(name) for name in packed.namelist()):
                        found.add("workbook")
            elif mark.encode() in data:
                found.add("message")
    return found


def leaks(server, rows):
    """What a message holds that its organisation must not get."""
    domains = {row[0].lower(): row[3].split(";") for row in rows}
    recipients = {row[0].lower(): set(";".join(row[4:7]).lower().split(";")) for row in rows}
    for found, body in server.bodies.items():
        if "run-summary" in found:
            continue
        code = next((code for code in domains if f"{code}" in found.lower()), None)
        if code is None:
            raise Broken(f"{found} is of no organisation")
        for recipient in server.recipients[found]:
            if recipient not in recipients[code]:
                raise Broken(f"a report of {code} went to another")
        texts = []
        for part in email.message_from_bytes(body, policy=email.policy.default).walk():
            if part.is_multipart():
                continue
            data = part.get_payload(decode=True) or b""
            if data[:2] == b"PK":
                with zipfile.ZipFile(io.BytesIO(data)) as packed:
                    texts += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist() if name.endswith(".xml")]
            elif part.get_content_maintype() == "text":
                texts.append(data.decode("utf-8", "replace"))
        others = [domain for other, of in domains.items() if other != code for domain in of]
        for text in texts:
            for domain in re.findall(r"@([\w.-]+)", text):
                if any(domain == other or domain.endswith("." + other) for other in others):
                    raise Broken(f"{found} names somebody at {domain}")


def nothing_twice(morning):
    for found, count in morning.server.reports().items():
        if count > 1:
            raise Broken(f"{found} was taken {count} times")
    if not (morning.folder / "data/ledger.sqlite").exists():
        return
    try:
        states = morning.states()
    except sqlite3.Error:
        return
    for found, (state, _, _) in states.items():
        if state == "accepted" and not morning.server.taken[found]:
            raise Broken(f"{found} is accepted and was never taken")


MAY_QUOTE = {"withheld": set(), "workbook": {"workbook"}, "email": {"workbook", "message"}}

CLASSES = {
    "subjects": None,
    "export": spoil_export,
    "register": spoil_table("organisations.csv"),
    "settings": spoil_table("migration-monitor.toml"),
    "ledger": None,
    "replies": None,
    "signals": None,
    "clock": None,
}


def attack(kind, seed, built):
    chosen = random.Random(f"{kind}-{seed}")
    server = MailServer()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch).resolve() / "morning"
        folder.mkdir()
        morning = Morning(folder, program(), server)
        rows = [line.split(",") for line in (folder / "organisations.csv").read_text().splitlines()[1:]]
        assert {row[0] for row in rows} == set(CODES)
        what = ""
        try:
            if kind in ("export", "register", "settings"):
                if chosen.randrange(3) == 0:
                    ended_as_it_should(*morning.send())
                what = CLASSES[kind](chosen, morning)
                ended_as_it_should(*morning.send())
                ended_as_it_should(*morning.run("check", "--date", DATE))
                ended_as_it_should(*morning.send())
            elif kind == "subjects":
                what, mark = quote_subjects(chosen, morning)
                ended_as_it_should(*morning.send())
                where = quoted_where(server, mark)
                if where - MAY_QUOTE[what]:
                    raise Broken(f"subject lines stand in {sorted(where)}")
                if what != "withheld" and "workbook" not in where and any("zmu" in name for name in server.bodies):
                    raise Broken("no subject line stands in the workbook: nothing was looked for")
            elif kind == "ledger":
                ended_as_it_should(*morning.send())
                what = spoil_ledger(chosen, morning)
                for _ in range(2):
                    code, said = morning.send()
                    ended_as_it_should(code, said)
                    if code == 0 and "nothing to send" not in said:
                        raise Broken(f"it ended with 0: {said[-300:]}")
            elif kind == "replies":
                answers = {number: chosen.choice(REPLIES) for number in chosen.sample(range(1, 40), chosen.randrange(1, 6))}
                what = str(answers)[:200]
                server.reply = lambda step, number: answers.get(number)
                ended_as_it_should(*morning.send())
                server.reply = lambda step, number: None
                ended_as_it_should(*morning.send())
            elif kind == "signals":
                which = chosen.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
                after = chosen.uniform(0.05, 4)
                what = f"{which.name} after {after:.2f} s"

                def send_signal(process):
                    time.sleep(after)
                    process.send_signal(which)

                code, said = morning.send(before=send_signal)
                if code not in (-9, -15, -2, -1):
                    ended_as_it_should(code, said)
                code, said = morning.send()
                ended_as_it_should(code, said)
                if code not in (0, 6):
                    raise Broken(f"the run after it ended with {code}: {said[-300:]}")
            elif kind == "clock":
                days = chosen.choice([-400, -2, -1, 1, 2, 30])
                what = f"{days} days"
                fail = chosen.random() < 0.5
                server.reply = lambda step, number: "450 4.2.1 later" if fail and step == "rcpt" and number % 3 == 0 else None
                wrong = {"LD_PRELOAD": built, "CLOCK_OFFSET": str(days * 86400)}
                ended_as_it_should(*morning.send(environment=wrong))
                server.reply = lambda step, number: None
                ended_as_it_should(*morning.send(environment=wrong))
                code, said = morning.send()
                ended_as_it_should(code, said)
                if code != 0:
                    raise Broken(f"with the clock put right it ended with {code}: {said[-300:]}")
            nothing_twice(morning)
            leaks(server, rows)
        except Broken as rule:
            return f"{kind} {seed} ({what}): {rule}"
        finally:
            server.close()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=3, help="how many tries of each class")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; each try has the next")
    parser.add_argument("--only", choices=sorted(CLASSES))
    asked = parser.parse_args()
    broken = {}
    with tempfile.TemporaryDirectory() as tools:
        built = shim(tools)
        for kind in CLASSES if not asked.only else [asked.only]:
            broken[kind] = [found for seed in range(asked.seed, asked.seed + asked.number) if (found := attack(kind, seed, built))]
            print(f"{kind:9} {asked.number} tries, {asked.number - len(broken[kind])} held, {len(broken[kind])} broke", flush=True)
            for found in broken[kind]:
                print(f"  BROKE  {found}", flush=True)
    failed = sum(map(len, broken.values()))
    print(f"{asked.number * len(broken) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
