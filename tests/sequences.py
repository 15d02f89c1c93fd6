"""Random sequences of what people and machines do in a morning, held against a model of what must be true.

Each sequence is a programme of one organisation and a mail server that misbehaves at random. It runs, reissues, sends again,
resolves, purges, kills in the middle, puts an older ledger in place, and tampers. After each step:

- no message arrived more often than once, and once more for each time that a person said so;
- `deliveries verify` finds everything as it was written, and finds each tampering;
- a ledger that knows less than was done sends nothing.

    sequences.py PROGRAM [--sequences N | --seconds S] [--seed SEED] [--steps N]

A sequence is made of its seed alone, but for when a kill hits. What failed is printed with its seed.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATE = "2026-11-20"
PEOPLE = ["matron", "lead", "desk"]


class Mail(socketserver.ThreadingTCPServer):
    """A mail server that takes messages, puts them off, refuses them, or cuts the line when it has them."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Dialogue)
        self.chance = random.Random(0)
        self.arrived = {}
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that was killed


class Dialogue(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda line: self.wfile.write(line.encode() + b"\r\n")
        server = self.server
        say("220 mail.example ESMTP")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word in (b"EHLO", b"HELO"):
                say("250 mail.example")
            elif word == b"RCPT" and server.chance.random() < 0.03:
                say("550 5.1.1 no such user")
            elif word == b"DATA":
                say("354 go on")
                lines = []
                while (text := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(text)
                if not text:
                    return
                fate = server.chance.random()
                if fate < 0.06:
                    say("451 4.3.0 try later")
                    continue
                found = re.search(rb"^Message-ID: *<([^>]*)>", b"".join(lines), re.M | re.I)
                with server.lock:
                    name = found.group(1).decode()
                    server.arrived[name] = server.arrived.get(name, 0) + 1
                if fate < 0.12:
                    return  # it has the message, and nobody hears so
                say("250 2.0.0 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


class Morning:
    def __init__(self, program, seed, mail):
        self.program, self.seed, self.mail = program, seed, mail
        self.chance = random.Random(seed)
        mail.chance = random.Random(seed + 1)
        mail.arrived = {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sequences-"))
        self.data = self.folder / "data"
        self.backup = None
        self.by_word = {}
        self.told = []
        sample = ROOT / "sample-data"
        shutil.copytree(sample / "exports/ZTP" / DATE, self.folder / "exports/ZTP" / DATE)
        rows = (sample / "organisations.csv").read_text().splitlines()
        row = next(row for row in rows if row.startswith("ZTP,")).split(",")
        everybody = ";".join(f"{name}@pennyford-hospice.example" for name in PEOPLE)
        row[4:7] = [everybody] * 3
        (self.folder / "organisations.csv").write_text(f"{rows[0]}\n{','.join(row)}\n")
        settings = (sample / "migration-monitor.toml").read_text()
        settings = settings.replace('transport = "outbox"', 'transport = "smtp"')
        settings = re.sub(r"messages_per_minute = \d+", "messages_per_minute = 60000", settings)
        settings = re.sub(r"^summary_to = .*\n", "", settings, flags=re.M)
        settings = re.sub(r'^subject_lines.*\n', "", settings, flags=re.M)
        settings += f'\n[mail.smtp]\nhost = "127.0.0.1"\nport = {mail.server_address[1]}\nsecurity = "none"\n'
        (self.folder / "migration-monitor.toml").write_text(settings)

    def say(self, *words, kill_after=None):
        """The exit code and what was printed; None where it was killed."""
        command = [self.program, *words, "--settings", str(self.folder / "migration-monitor.toml")]
        self.told.append(" ".join(words) + (f"  [killed after {kill_after:.3f} s]" if kill_after else ""))
        ran = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder)
        try:
            out, err = ran.communicate(timeout=kill_after or 120)
        except subprocess.TimeoutExpired:
            ran.kill()
            ran.communicate()
            if kill_after is None:
                self.fail("it did not end")
            return None, ""
        self.told[-1] += f" -> {ran.returncode}"
        if ran.returncode in (1, 101) or ran.returncode < 0:
            self.fail(out + err)
        return ran.returncode, out + err

    def fail(self, why):
        raise AssertionError("\n".join([f"seed {self.seed}, in {self.folder}", *self.told, why]))

    def maybe_killed(self, *words):
        kill_after = self.chance.uniform(0.02, 0.5) if self.chance.random() < 0.25 else None
        return self.say(*words, kill_after=kill_after)

    def deliveries(self, *states):
        if not (self.data / "ledger.sqlite").exists():
            return []
        words = [word for state in states for word in ("--state", state)]
        code, said = self.say("deliveries", "--format", "json", *words)
        if code != 0:
            self.fail(said)
        return json.loads(said[said.index("{"):])["deliveries"]

    # What people and machines do.

    def run(self):
        self.maybe_killed("run", "--date", DATE, "--send-late", "--now")

    def reissue(self):
        words = ["--date", DATE, "--organisation", "ZTP", "--reason", "A trial.", "--anyway"]
        self.maybe_killed("reissue", *words)

    def resend(self):
        known = self.deliveries("accepted", "delivered")
        if known:
            one = self.chance.choice(known)
            to = self.chance.choice(PEOPLE) + "@pennyford-hospice.example"
            self.allow(one)
            code, _ = self.maybe_killed("deliveries", "resend", str(one["id"]), "--to", to)
            if code == 2:  # a newer edition stands in its place
                self.by_word[one["message_id"]] -= 1

    def resolve(self):
        known = self.deliveries("unknown", "refused")
        if known:
            one = self.chance.choice(known)
            what = self.chance.choice(["--accepted", "--resend"])
            if what == "--resend":
                self.allow(one)
            self.maybe_killed("deliveries", "resolve", str(one["id"]), what)

    def allow(self, delivery):
        self.by_word[delivery["message_id"]] = self.by_word.get(delivery["message_id"], 0) + 1

    def purge(self):
        self.maybe_killed("purge", "--from", DATE, "--to", DATE, "--yes")

    def back_up(self):
        if self.data.exists():
            self.backup = self.folder / "backup"
            shutil.rmtree(self.backup, ignore_errors=True)
            shutil.copytree(self.data, self.backup)

    def restore_ledger(self):
        """An older ledger beside what else knows of the day: nothing may be sent by it."""
        if self.backup is None or not (self.backup / "ledger.sqlite").exists():
            return
        if newest_entry(self.backup) == newest_entry(self.data):
            return
        with self.untouched():
            for path in self.data.glob("ledger.sqlite*"):
                path.unlink()
            for path in self.backup.glob("ledger.sqlite*"):
                shutil.copy(path, self.data / path.name)
            before = sum(self.mail.arrived.values())
            code, said = self.say("run", "--date", DATE, "--send-late", "--now")
            if code != 11 or sum(self.mail.arrived.values()) != before:
                self.fail(f"an older ledger was believed:\n{said}")

    def tamper(self):
        if not (self.data / "ledger.sqlite").exists() or newest_entry(self.data) is None:
            return
        with self.untouched():
            what = self.chance.choice(TAMPERINGS)
            self.told.append(f"tampered: {what.__name__}")
            if what(self.data, self.chance):
                code, said = self.say("deliveries", "verify")
                if code != 11:
                    self.fail(f"{what.__name__} was not found\n{said}")
                TRIED[what.__name__] = TRIED.get(what.__name__, 0) + 1

    def untouched(self):
        return Untouched(self.data, self.folder / "aside")

    # What must be true.

    def check(self):
        for name, times in self.mail.arrived.items():
            if times > 1 + self.by_word.get(name, 0):
                self.fail(f"{name} arrived {times} times")
        if (self.data / "ledger.sqlite").exists():
            code, said = self.say("deliveries", "verify")
            if code != 0:
                self.fail(said)

    def end(self):
        code, said = self.say("run", "--date", DATE, "--send-late", "--now")
        self.check()
        for delivery in self.deliveries("accepted"):
            if self.mail.arrived.get(delivery["message_id"], 0) == 0 and "a person" not in (delivery["because"] or ""):
                self.fail(f"said to be accepted, and never arrived: {delivery}")


class Untouched:
    """Puts a folder back as it was."""

    def __init__(self, folder, aside):
        self.folder, self.aside = folder, aside

    def __enter__(self):
        shutil.copytree(self.folder, self.aside)

    def __exit__(self, *_):
        if _[0] is None:
            shutil.rmtree(self.folder)
            self.aside.rename(self.folder)


@contextlib.contextmanager
def opened(data):
    with contextlib.closing(sqlite3.connect(data / "ledger.sqlite")) as ledger, ledger:
        yield ledger


def newest_entry(data):
    """The newest entry of the audit log; None where a run was killed before it had one."""
    with opened(data) as ledger:
        if not ledger.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'audit_log'").fetchone()[0]:
            return None
        return ledger.execute("SELECT number, digest FROM audit_log ORDER BY number DESC").fetchone()


# Tamperings: each gives whether there was something to tamper with.


def one_file(data, chance, pattern):
    files = sorted(data.glob(f"archive/{DATE}/ZTP/*/edition-*/{pattern}"))
    return chance.choice(files) if files else None


def changed_message(data, chance):
    if path := one_file(data, chance, "*.eml"):
        content = bytearray(path.read_bytes())
        content[chance.randrange(len(content))] ^= 1
        path.write_bytes(content)
    return path


def removed_message(data, chance):
    if path := one_file(data, chance, "*.eml"):
        path.unlink()
    return path


def added_message(data, chance):
    if path := one_file(data, chance, "*.eml"):
        shutil.copy(path, path.with_name("message-0123456789ab.eml"))
    return path


def changed_page(data, chance):
    if path := one_file(data, chance, "report.html"):
        path.write_text(path.read_text().replace("mailbox", "mail box"))
    return path


def changed_figures(data, chance):
    if path := one_file(data, chance, "model.json"):
        path.write_text(path.read_text() + " ")
    return path


def added_file(data, chance):
    if path := one_file(data, chance, "report.txt"):
        path.with_name("note.txt").write_text("forged")
    return path


def by_sql(statement):
    def tampering(data, chance):
        with opened(data) as ledger:
            table = re.search(r"deliveries|audit_log|editions", statement).group()
            if ledger.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0:
                return False
            ledger.execute("PRAGMA foreign_keys = OFF")
            return ledger.execute(statement).rowcount > 0

    tampering.__name__ = statement
    return tampering


def changed_log_with_its_digests(data, chance):
    """Whoever knows how digests are made makes all anew after an entry: others know the old ones."""
    with opened(data) as ledger:
        columns = "number, at, who, action, report_date, organisation, amount, why, delivery, row_digest, detail"
        entries = ledger.execute(f"SELECT {columns}, digest FROM audit_log ORDER BY number").fetchall()
        if not entries:
            return False
        victim = chance.choice(entries)[0]
        before = ""
        for entry in entries:
            fields = list(entry[:-1])
            if fields[0] == victim:
                fields[2] = "somebody else"
            texts = [before] + ["" if field is None else str(field) for field in fields[:8]]
            if any(field is not None for field in fields[8:]):
                texts += ["" if field is None else str(field) for field in fields[8:]]
            digest = hashlib.sha256()
            for text in texts:
                digest.update(len(text.encode()).to_bytes(8, "big") + text.encode())
            before = digest.hexdigest()
            if fields[0] < victim and before != entry[-1]:
                raise AssertionError("this script does not know how digests are made")
            ledger.execute("UPDATE audit_log SET who = ?, digest = ? WHERE number = ?", (fields[2], before, fields[0]))
    return True


def emptied_ledger(data, chance):
    for path in data.glob("ledger.sqlite*"):
        path.unlink()
    return True


TAMPERINGS = [
    changed_message, removed_message, added_message, changed_page, changed_figures, added_file, emptied_ledger,
    changed_log_with_its_digests,
    by_sql("UPDATE deliveries SET state = 'delivered' WHERE id = (SELECT max(id) FROM deliveries)"),
    by_sql("UPDATE deliveries SET recipient = 'somebody@pennyford-hospice.example' WHERE id = 1"),
    by_sql("UPDATE deliveries SET message_digest = 'abc' WHERE id = 1"),
    by_sql("UPDATE deliveries SET accepted_at = '2026-11-20T07:00:00.000Z', attempts = 9 WHERE id = 1"),
    by_sql("DELETE FROM deliveries WHERE id = (SELECT max(id) FROM deliveries)"),
    by_sql("INSERT INTO deliveries SELECT id + 1000, report_date, organisation, report, edition, 'x@nhs.example',"
           " 'x@nhs.example', 'forged', message_path, message_digest, state, attempts, server_reply, reason, prepared_at,"
           " updated_at, accepted_at FROM deliveries LIMIT 1"),
    by_sql("UPDATE audit_log SET who = 'somebody else' WHERE number = (SELECT max(number) FROM audit_log)"),
    by_sql("UPDATE audit_log SET why = 'asked by phone' WHERE number = 1"),
    by_sql("DELETE FROM audit_log WHERE number = 2"),
    by_sql("DELETE FROM audit_log WHERE number = (SELECT max(number) FROM audit_log)"),
    by_sql("DELETE FROM audit_log WHERE number > 3"),
]
TRIED = {}

STEPS = [
    (Morning.run, 6), (Morning.reissue, 2), (Morning.resend, 3), (Morning.resolve, 3), (Morning.purge, 1),
    (Morning.back_up, 2), (Morning.restore_ledger, 2), (Morning.tamper, 4),
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program")
    arguments.add_argument("--sequences", type=int)
    arguments.add_argument("--seconds", type=float, default=30)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--steps", type=int, default=8)
    asked = arguments.parse_args()
    mail, began, done, did = Mail(), time.monotonic(), 0, {}
    is_over = lambda: done >= asked.sequences if asked.sequences else time.monotonic() - began > asked.seconds
    while not is_over():
        morning = Morning(os.path.abspath(asked.program), asked.seed + done, mail)
        morning.run()
        morning.check()
        for _ in range(asked.steps):
            step = morning.chance.choices([step for step, _ in STEPS], [weight for _, weight in STEPS])[0]
            step(morning)
            did[step.__name__] = did.get(step.__name__, 0) + 1
            morning.check()
        morning.end()
        shutil.rmtree(morning.folder)
        done += 1
        if done % 100 == 0:
            print(f"{done} sequences", flush=True)
    print(f"{done} sequences in {time.monotonic() - began:.0f} s: {did}")
    for name, times in sorted(TRIED.items()):
        print(f"  found {times} times: {name}")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as failure:
        sys.exit(f"sequences.py: {failure}")
