"""A random attacker: each try spoils one thing of a small morning, by a seed, and then holds what came of it. See tests/attack."""

import argparse
import email
import email.policy
import gzip
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
import threading
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
    files = sorted(file for file in (morning.folder / "exports").rglob("*.*") if file.exists())  # no dangling link
    files = [file for file in files if ".csv" in file.name] or files
    file = chosen.choice(files)
    data = bytearray(file.read_bytes())
    how = chosen.randrange(9)
    if how == 0:
        data = data[: chosen.randrange(len(data) + 1)]
    elif how == 1:
        for _ in range(chosen.randrange(1, 30)):
            data[chosen.randrange(len(data))] = chosen.randrange(256)
    elif how == 2:
        shutil.copy(chosen.choice([other for other in files if other != file]), file)
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


# What a person may do with a ledger that somebody spoilt: all of it is refused.
BY_A_PERSON = [
    ("deliveries", "resend", "1"), ("deliveries", "resend", "3"), ("deliveries", "resolve", "3", "--resend"),
    ("deliveries", "resolve", "2", "--accepted"), ("purge", "--older-than", "1d", "--yes"), ("backup", "backup"),
    ("reissue", "--date", DATE, "--reason", "A trial.", "--anyway"),
]


def spoil_ledger(chosen, morning):
    ledger = morning.folder / "data/ledger.sqlite"
    how = chosen.randrange(6)
    if how < 4:
        statements = [
            "DELETE FROM deliveries WHERE id % 2 = 0", "UPDATE deliveries SET state = 'prepared'", "DELETE FROM audit_log",
            "UPDATE deliveries SET recipient = 'mallory@nhs.example'", "DELETE FROM audit_log WHERE number % 3 = 0",
            "UPDATE deliveries SET state = 'deferred', attempts = 0 WHERE id = 3", "UPDATE deliveries SET state = 'unknown' WHERE id = 3",
            "UPDATE deliveries SET organisation = 'ZTP' WHERE organisation <> 'ZTP'",
            "UPDATE deliveries SET (message_path, message_digest) = (SELECT message_path, message_digest FROM deliveries WHERE id = 2) WHERE id = 1",
            "DELETE FROM deliveries; DELETE FROM editions",
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
        # One slip may make an address of nobody, within the allowed domains; it may not make another's.
        others = [other for other in domains if other != code]
        for recipient in server.recipients[found] - recipients[code]:
            at = recipient.rpartition("@")[2]
            if any(recipient in recipients[other] or at in domains[other] for other in others):
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


def pack_export(chosen, morning):
    """An export in a .zip or .gz, or in the place of a workbook, with something that does not belong there."""
    files = sorted(file for file in (morning.folder / "exports").rglob("*.csv") if file.exists())  # no dangling link
    file = chosen.choice(files)
    data = file.read_bytes()
    how = chosen.choice(["names", "twice", "many", "other", "bomb", "gz", "torn", "workbook"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        if how == "names":
            archive.writestr(chosen.choice(["../../x.csv", "/etc/x.csv", "a\u202evsc.csv", "\x1b]0;owned\x07.csv", "C:\\x.csv"]), data)
        elif how == "twice":
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as deeper:
                deeper.writestr("x.csv", data)
            archive.writestr("x.zip", inner.getvalue())
        elif how == "many":
            for number in range(chosen.choice([2, 50, 1500])):
                archive.writestr(f"{number}.csv", data if number == 0 else b"a,b\n1,2\n")
        elif how == "other":
            archive.writestr("readme.exe", b"MZ")
            archive.writestr("x.csv", data)
        elif how == "bomb":
            archive.writestr("x.csv", data + b"," * (60 << 20))
        elif how == "workbook":
            tabs = "".join(f'<sheet name="S{number}" sheetId="{number}" r:id="r1"/>' for number in range(chosen.choice([0, 1, 5000])))
            archive.writestr("_rels/.rels", "<Relationships/>")
            archive.writestr("xl/workbook.xml", f"<workbook><sheets>{tabs}</sheets></workbook>")
        else:
            archive.writestr("x.csv", data)
    data = gzip.compress(data) if how == "gz" else packed.getvalue()
    if how == "torn":
        data = data[: chosen.randrange(len(data))]
    ending = ".csv.gz" if how == "gz" else ".xlsx" if how == "workbook" else ".zip"
    file.unlink()
    (file.parent / (file.stem + ending)).write_bytes(data)
    return f"{file.name} packed, {how}"


def spoil_data(chosen, morning):
    """A file of the archive, the history, the anchors or the copy of the audit log is changed, emptied or gone."""
    files = sorted(path for path in (morning.folder / "data").rglob("*") if path.is_file() and not path.name.startswith("ledger.sqlite"))
    file = chosen.choice(files)
    how = chosen.choice(["gone", "empty", "torn", "changed", "link"])
    data = bytearray(file.read_bytes())
    if how == "changed" and data:
        data[chosen.randrange(len(data))] ^= 1 << chosen.randrange(8)
        file.write_bytes(data)
    elif how == "torn" and data:
        file.write_bytes(data[: chosen.randrange(len(data))])
    elif how in ("gone", "link"):
        file.unlink()
        if how == "link":
            os.symlink("/nowhere", file)
    else:
        file.write_bytes(b"")
    return f"{file.relative_to(morning.folder / 'data')}, {how}"


def forge_returns(chosen, morning, server):
    """Bounces, delivery reports and nonsense, of messages that were sent and of others."""
    with (morning.folder / "migration-monitor.toml").open("a") as settings:
        settings.write('\n[mail.returns]\nfolder = "returns"\n')
    folder = morning.folder / "returns"
    folder.mkdir()
    ids = sorted(server.taken) + ["20261120.zzz.0000@nhs.example"]
    for number in range(chosen.randrange(1, 8)):
        found = chosen.choice(ids)
        recipient = chosen.choice(sorted(server.recipients.get(found, {"mallory@nhs.example"})))
        action = chosen.choice(["failed", "delayed", "delivered", "relayed", "expanded", "FAILED", "resend"])
        status = chosen.choice(["5.1.1", "4.4.7", "2.0.0", "5.7.1", "9.9.9", "x"])
        text = (
            f"From: MAILER-DAEMON@mail.example\r\nTo: reports@nhs.example\r\nSubject: {chosen.choice(HOSTILE)[:200]}\r\n"
            f"In-Reply-To: <{found}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            f"--b\r\nContent-Type: text/plain\r\n\r\n<{found}> {chosen.choice(HOSTILE)[:200]}\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            f"Reporting-MTA: dns; mail.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n--b--\r\n"
        )
        data = bytearray(text.encode("utf-8", "surrogateescape"))
        if chosen.randrange(3) == 0:
            for _ in range(chosen.randrange(1, 20)):
                data[chosen.randrange(len(data))] = chosen.randrange(256)
        (folder / f"{number}.eml").write_bytes(data)


MAY_QUOTE = {"withheld": set(), "workbook": {"workbook"}, "email": {"workbook", "message"}}

CLASSES = {
    "subjects": None,
    "export": spoil_export,
    "packed": pack_export,
    "register": spoil_table("organisations.csv"),
    "settings": spoil_table("migration-monitor.toml"),
    "ledger": None,
    "data": None,
    "backup": None,
    "returns": None,
    "twins": None,
    "replies": None,
    "signals": None,
    "clock": None,
    "several": None,
}


def back_up_and_restore(chosen, morning):
    """A run is backed up at some moment and killed or not; the backup, spoilt or not, is put back on another path."""
    killed, after = chosen.random() < 0.5, chosen.uniform(0.3, 3)
    backup, codes = morning.folder / "backup", []

    def copy(process):
        time.sleep(after)
        codes.append(morning.run("backup", str(backup)))
        if killed:
            process.kill()

    code, said = morning.send(before=copy)
    if not killed:
        ended_as_it_should(code, said)
    ended_as_it_should(*codes[0])
    if codes[0][0] == 0:
        spoilt = None
        if chosen.randrange(3) == 0:
            file = chosen.choice(sorted(path for path in backup.rglob("*") if path.is_file()))
            spoilt = file.name
            file.write_bytes(chosen.randbytes(chosen.randrange(100)))
        (morning.folder / "data").rename(morning.folder / "data-before")
        code, said = morning.run("restore", str(backup))
        ended_as_it_should(code, said)
        if spoilt and code != 3:
            raise Broken(f"{spoilt} was spoilt, and restore ended with {code}")
        if spoilt:
            (morning.folder / "data-before").rename(morning.folder / "data")
    code, said = morning.send()
    ended_as_it_should(code, said)
    return f"backup after {after:.2f} s{', killed' if killed else ''}, ended with {codes[0][0]}"


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
            if kind in ("export", "packed", "register", "settings", "several"):
                if chosen.randrange(3) == 0:
                    ended_as_it_should(*morning.send())
                spoil = [CLASSES[kind]]
                if kind == "several":
                    spoil = chosen.sample([CLASSES[one] for one in ("export", "packed", "register", "settings")], 2)
                what = "; ".join(one(chosen, morning) for one in spoil)
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
                for command in chosen.sample(BY_A_PERSON, 3):
                    code, said = morning.run(*command)
                    ended_as_it_should(code, said)
                    if code == 0 or (morning.folder / "backup").exists():
                        raise Broken(f"{command} believed it: {said[-300:]}")
                for _ in range(2):
                    code, said = morning.send()
                    ended_as_it_should(code, said)
                    if code == 0 and "nothing to send" not in said:
                        raise Broken(f"it ended with 0: {said[-300:]}")
            elif kind == "data":
                ended_as_it_should(*morning.send())
                what = spoil_data(chosen, morning)
                for command in chosen.sample(["run", "status", "check", "verify", "run"], 5):
                    if command == "run":
                        ended_as_it_should(*morning.send())
                    elif command == "verify":
                        # It names recipients, for whoever proves a day: only how it ends is looked at.
                        ended_as_it_should(morning.run("deliveries", "verify", "--date", DATE)[0], "said")
                    else:
                        ended_as_it_should(*morning.run(command, "--date", DATE))
            elif kind == "backup":
                what = back_up_and_restore(chosen, morning)
            elif kind == "returns":
                ended_as_it_should(*morning.send())
                forge_returns(chosen, morning, server)
                what = "forged returns"
                for _ in range(2):
                    ended_as_it_should(*morning.run("returns"))
                    ended_as_it_should(*morning.send())
            elif kind == "twins":
                what = "two runs, the lock removed between them"
                lock = morning.folder / "data/run.lock"
                with (morning.folder / "migration-monitor.toml").open("r+") as settings:
                    text = settings.read().replace("[programme]\n", '[programme]\nsummary_to = ["team@nhs.example"]\n', 1)
                    settings.seek(0)
                    settings.write(text)
                after = [chosen.uniform(0, 2) for _ in range(2)]

                def begin_another(_):
                    time.sleep(after[0])
                    lock.unlink(missing_ok=True)
                    others.append(threading.Thread(target=lambda: ended.append(morning.send())))
                    others[0].start()
                    time.sleep(after[1])
                    lock.unlink(missing_ok=True)

                others, ended = [], []
                ended.append(morning.send(before=begin_another))
                others[0].join()
                for end in ended:
                    ended_as_it_should(*end)
                ended_as_it_should(*morning.send())
                summaries = [count for found, count in server.taken.items() if "run-summary" in found]
                if any(count > 1 for count in summaries):
                    raise Broken(f"a Run Summary was taken {summaries} times")
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


def once_broken(kind):
    """The seeds of tries that once broke a rule, of this class: they are tried each time."""
    lines = pathlib.Path(__file__).with_name("seeds").read_text().splitlines()
    return [int(line.split()[1]) for line in lines if line.split()[:1] == [kind]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=3, help="how many tries of each class")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; each try has the next")
    parser.add_argument("--only", choices=sorted(CLASSES))
    asked = parser.parse_args()
    broken, tries = {}, 0
    with tempfile.TemporaryDirectory() as tools:
        built = shim(tools)
        for kind in CLASSES if not asked.only else [asked.only]:
            seeds = [*once_broken(kind), *range(asked.seed, asked.seed + asked.number)]
            broken[kind] = [found for seed in seeds if (found := attack(kind, seed, built))]
            tries += len(seeds)
            print(f"{kind:9} {len(seeds)} tries, {len(seeds) - len(broken[kind])} held, {len(broken[kind])} broke", flush=True)
            for found in broken[kind]:
                print(f"  BROKE  {found}", flush=True)
    failed = sum(map(len, broken.values()))
    print(f"{tries - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
