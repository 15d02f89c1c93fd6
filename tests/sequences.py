"""Random sequences of what people and machines do in a morning, held against a model of what must be true.

Each sequence is a programme of one organisation and a mail server that misbehaves at random. It runs into the outbox and by the
server, reissues, sends again, resolves, purges, backs up, moves to another disk, loses one, is given other exports, decisions and
recipients, kills in the middle, puts an older ledger in place, and tampers. After each step:

- no message arrived more often than once, and once more for each time that a person said so;
- of each report nobody got more than one edition, and one more for each time that a person said so;
- `deliveries verify` finds everything as it was written, and finds each tampering;
- a ledger that knows less than was done sends nothing;
- in the outbox lies what the ledger says to lie there, and nothing of that has arrived.

Half of them are of today, of which a backup cannot know what was sent; the others are of a day long past, which may be purged.

    sequences.py PROGRAM [--sequences N | --seconds S] [--seed SEED] [--steps N]

A sequence is made of its seed alone, but for when a kill hits. What failed is printed with its seed.
"""

import argparse
import contextlib
import datetime
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
import zoneinfo

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLE_DATE = "2026-11-20"
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
        self.earlier = None  # the data folder as it was, copied by hand
        self.backup = None  # a backup by the program
        self.is_today = self.chance.random() < 0.5
        self.date = str(datetime.datetime.now(zoneinfo.ZoneInfo("Europe/London")).date()) if self.is_today else SAMPLE_DATE
        self.by_word = {}  # messages that may arrive once more, by Message-ID
        self.more = 0  # editions and messages that anybody may get once more
        self.keys = {}  # whose each message is: report and recipient
        self.outbox = True
        self.put_there = 0  # copies that a person had put into the outbox
        self.told = []
        sample = ROOT / "sample-data"
        shutil.copytree(sample / "exports/ZTP" / SAMPLE_DATE, self.exports)
        for path in self.exports.iterdir():
            path.touch()
        rows = (sample / "organisations.csv").read_text().splitlines()
        self.heading, self.row = rows[0], next(row for row in rows if row.startswith("ZTP,")).split(",")
        self.register(PEOPLE)
        settings = (sample / "migration-monitor.toml").read_text()
        settings = re.sub(r"messages_per_minute = \d+", "messages_per_minute = 60000", settings)
        settings = re.sub(r"^summary_to = .*\n", "", settings, flags=re.M)
        settings = re.sub(r'^subject_lines.*\n', "", settings, flags=re.M)
        settings += f'\n[mail.smtp]\nhost = "127.0.0.1"\nport = {mail.server_address[1]}\nsecurity = "none"\n'
        self.settings = settings
        self.switch_transport()

    @property
    def exports(self):
        return self.folder / "exports/ZTP" / self.date

    def register(self, people):
        everybody = ";".join(f"{name}@pennyford-hospice.example" for name in people)
        self.row[4:7] = [everybody] * 3
        (self.folder / "organisations.csv").write_text(f"{self.heading}\n{','.join(self.row)}\n")

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

    RUN = "run", "--send-late", "--now"

    def run(self):
        self.maybe_killed(*self.RUN, "--date", self.date)

    def reissue(self):
        words = ["--date", self.date, "--organisation", "ZTP", "--reason", "A trial.", "--anyway"]
        self.more += 1
        self.maybe_killed("reissue", *words)

    def switch_transport(self):
        self.outbox = not self.outbox
        settings = self.settings
        if not self.outbox:
            settings = settings.replace('transport = "outbox"', 'transport = "smtp"')
        (self.folder / "migration-monitor.toml").write_text(settings)
        self.told.append("transport: " + ("outbox" if self.outbox else "smtp"))

    def decide(self):
        """The log of failed items comes back, or is taken away."""
        decisions = self.folder / "exports/ZTP/decisions.csv"
        if decisions.exists():
            decisions.unlink()
        else:
            reference = self.chance.randrange(1000, 10000)
            decisions.write_text(f"Decision,Reference,Ours,Note,Decided by\nAccept,ZTP-2222-{reference},1,,P. Holm\n")
        self.told.append("decisions changed")

    def export_anew(self):
        """The exports of the day come again, and say something else."""
        path = self.exports / "sync-state.csv"
        path.write_text(path.read_text().replace("Ready to Switch", "In Sync", 1))
        self.told.append("exports changed")

    def change_register(self):
        people = self.chance.sample(PEOPLE, self.chance.randint(1, len(PEOPLE)))
        self.register(people)
        self.told.append(f"register: {people}")

    def resend(self):
        known = self.deliveries("accepted", "delivered")
        if known:
            one = self.chance.choice(known)
            to = self.chance.choice(PEOPLE) + "@pennyford-hospice.example"
            self.allow(one)
            self.put_there += self.outbox
            code, _ = self.maybe_killed("deliveries", "resend", str(one["id"]), "--to", to)
            if code == 2:  # a newer edition stands in its place
                self.by_word[one["message_id"]] -= 1

    def resolve(self):
        known = self.deliveries("unknown", "refused")
        if known:
            one = self.chance.choice(known)
            what = self.chance.choice(["--accepted", "--resend"])
            if what == "--resend":
                self.allow(one)  # whoever says so may be wrong: it had arrived
            self.maybe_killed("deliveries", "resolve", str(one["id"]), what)

    def allow(self, delivery):
        self.more += 1
        self.by_word[delivery["message_id"]] = self.by_word.get(delivery["message_id"], 0) + 1

    def purge(self):
        self.maybe_killed("purge", "--from", self.date, "--to", self.date, "--yes")

    def copy_by_hand(self):
        if self.data.exists():
            self.earlier = self.folder / "earlier"
            shutil.rmtree(self.earlier, ignore_errors=True)
            shutil.copytree(self.data, self.earlier)

    def back_up(self):
        """By the program, which may be killed: then there is no backup."""
        if newest_entry(self.data) is not None:
            to = self.folder / f"backup-{len(self.told)}"
            code, said = self.maybe_killed("backup", str(to))
            if code == 0:
                self.backup = to
            elif code is not None:
                self.fail(said)

    def move(self):
        """To another disk, where nothing is sent meanwhile: all is as it was."""
        if newest_entry(self.data) is None:
            return
        before = self.deliveries()
        to = self.folder / f"backup-{len(self.told)}"
        code, said = self.say("backup", str(to))
        if code == 0:
            shutil.rmtree(self.data)
            code, said = self.say("restore", str(to), "--nothing-was-sent-since")
        if code != 0 or self.deliveries() != before:
            self.fail(f"it moved, and is not what it was:\n{said}")

    def lose_disk(self):
        """But for the copy of the audit log. What was sent since the backup is known by that."""
        if not self.is_today or self.backup is None or newest_entry(self.data) is None:
            return
        before = sum(self.mail.arrived.values())
        log = self.folder / f"audit-log-{len(self.told)}"
        (self.data / "audit-log").rename(log)
        shutil.rmtree(self.data)
        code, said = self.say("restore", str(self.backup))
        if code not in (0, 6):
            self.fail(said)
        self.say(*self.RUN, "--date", self.date)
        if sum(self.mail.arrived.values()) != before and self.more == 0:
            self.fail("a backup was believed to know all that was sent")
        shutil.copytree(log, self.data / "audit-log", dirs_exist_ok=True)
        code, said = self.say("ledger", "rebuild")
        if code not in (0, 6):
            self.fail(said)
        self.say(*self.RUN, "--date", self.date, "--new-ledger")

    def restore_ledger(self):
        """An older ledger beside what else knows of the day: nothing may be sent by it."""
        if self.earlier is None or newest_entry(self.earlier) is None:
            return
        if newest_entry(self.earlier) == newest_entry(self.data):
            return
        with self.untouched():
            for path in self.data.glob("ledger.sqlite*"):
                path.unlink()
            for path in self.earlier.glob("ledger.sqlite*"):
                shutil.copy(path, self.data / path.name)
            before = sum(self.mail.arrived.values())
            code, said = self.say(*self.RUN, "--date", self.date)
            if code != 11 or sum(self.mail.arrived.values()) != before:
                self.fail(f"an older ledger was believed:\n{said}")

    def tamper(self):
        if newest_entry(self.data) is None:
            return
        with self.untouched():
            what = self.chance.choice(TAMPERINGS)
            self.told.append(f"tampered: {what.__name__}")
            if what(self, self.chance):
                code, said = self.say("deliveries", "verify")
                if code != 11:
                    self.fail(f"{what.__name__} was not found\n{said}")
                TRIED[what.__name__] = TRIED.get(what.__name__, 0) + 1
                if what in TAMPERINGS[OF_FILES:]:
                    self.be_refused()

    def be_refused(self):
        """Nothing that a person may do goes by a ledger that somebody changed."""
        before, to = sum(self.mail.arrived.values()), self.folder / "refused"
        for words in self.chance.sample(BY_A_PERSON, 2):
            code, said = self.say(*words, *([str(to)] if words == ("backup",) else []))
            if code != 11 or to.exists() or sum(self.mail.arrived.values()) != before:
                self.fail(f"it was believed:\n{said}")

    def untouched(self):
        return Untouched(self.data, self.folder / "aside")

    # What must be true.

    def check(self):
        for delivery in self.deliveries():
            self.keys[delivery["message_id"]] = delivery["report"], delivery["recipient"]
        got = {}
        for name, times in self.mail.arrived.items():
            if times > 1 + self.by_word.get(name, 0):
                self.fail(f"{name} arrived {times} times")
            key = self.keys.get(name, name)
            got[key] = got.get(key, 0) + times
        for key, times in got.items():
            if times > 1 + self.more:
                self.fail(f"{key} got {times} messages")
        for delivery in self.deliveries("outbox"):
            if self.mail.arrived.get(delivery["message_id"], 0) > self.by_word.get(delivery["message_id"], 0):
                self.fail(f"said to lie in the outbox, and arrived: {delivery}")
        if (self.data / "ledger.sqlite").exists():
            code, said = self.say("deliveries", "verify")
            if code != 0:
                self.fail(said)

    def end(self):
        code, said = self.say(*self.RUN, "--date", self.date)
        self.check()
        lies, said_to = list((self.folder / "outbox").rglob("*.eml")), self.deliveries("outbox")
        too_many = len(lies) - len(said_to)
        if not 0 <= too_many <= self.put_there and "was purged" not in said and code != 11:
            self.fail(f"{len(lies)} messages lie in the outbox, and the ledger says {len(said_to)}\n{said}")
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
    """The newest entry of the audit log; None where there is no ledger, or a run was killed before it had one."""
    if not (data / "ledger.sqlite").exists():
        return None
    with opened(data) as ledger:
        if not ledger.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'audit_log'").fetchone()[0]:
            return None
        return ledger.execute("SELECT number, digest FROM audit_log ORDER BY number DESC").fetchone()


# Tamperings: each gives whether there was something to tamper with.


def one_file(morning, chance, pattern):
    files = sorted(morning.data.glob(f"archive/{morning.date}/ZTP/*/edition-*/{pattern}"))
    return chance.choice(files) if files else None


def changed_message(morning, chance):
    if path := one_file(morning, chance, "*.eml"):
        content = bytearray(path.read_bytes())
        content[chance.randrange(len(content))] ^= 1
        path.write_bytes(content)
    return path


def removed_message(morning, chance):
    if path := one_file(morning, chance, "*.eml"):
        path.unlink()
    return path


def added_message(morning, chance):
    if path := one_file(morning, chance, "*.eml"):
        shutil.copy(path, path.with_name("message-0123456789ab.eml"))
    return path


def changed_page(morning, chance):
    if path := one_file(morning, chance, "report.html"):
        path.write_text(path.read_text().replace("mailbox", "mail box"))
    return path


def changed_figures(morning, chance):
    if path := one_file(morning, chance, "model.json"):
        path.write_text(path.read_text() + " ")
    return path


def added_file(morning, chance):
    if path := one_file(morning, chance, "report.txt"):
        path.with_name("note.txt").write_text("forged")
    return path


def by_sql(statement):
    def tampering(morning, chance):
        with opened(morning.data) as ledger:
            table = re.search(r"deliveries|audit_log|editions", statement).group()
            if ledger.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0:
                return False
            ledger.execute("PRAGMA foreign_keys = OFF")
            return ledger.execute(statement).rowcount > 0

    tampering.__name__ = statement
    return tampering


def changed_log_with_its_digests(morning, chance):
    """Whoever knows how digests are made makes all anew after an entry: others know the old ones."""
    with opened(morning.data) as ledger:
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


def emptied_ledger(morning, chance):
    for path in morning.data.glob("ledger.sqlite*"):
        path.unlink()
    return True


OF_FILES = 6
TAMPERINGS = [
    changed_message, removed_message, added_message, changed_page, changed_figures, added_file,  # files
    emptied_ledger,
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
BY_A_PERSON = [
    ("deliveries", "resend", "1"), ("deliveries", "resolve", "1", "--resend"), ("deliveries", "resolve", "1", "--accepted"),
    ("purge", "--before", "2026-11-20", "--yes"), ("backup",),
]

STEPS = [
    (Morning.run, 7), (Morning.reissue, 2), (Morning.resend, 3), (Morning.resolve, 3), (Morning.purge, 1),
    (Morning.switch_transport, 3), (Morning.decide, 2), (Morning.export_anew, 2), (Morning.change_register, 1),
    (Morning.back_up, 2), (Morning.move, 1), (Morning.lose_disk, 2), (Morning.copy_by_hand, 2), (Morning.restore_ledger, 2),
    (Morning.tamper, 4),
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
        if morning.chance.random() < 0.3:
            morning.switch_transport()
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
