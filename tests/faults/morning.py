"""A small morning in a folder of its own, a mail server that counts, and what must hold after anything that befalls it."""

import collections
import hashlib
import os
import pathlib
import re
import shutil
import socketserver
import sqlite3
import subprocess
import sys
import threading

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
DATE = "2026-11-20"
CODES = ("ZTP", "ZMU", "ZCA")


class MailServer:
    """Takes every message, and counts how often it took each. `reply` may answer otherwise."""

    def __init__(self):
        self.taken = collections.Counter()
        self.recipients = collections.defaultdict(set)
        self.bodies = {}
        self.reply = lambda step, number: None
        self.number = 0
        outer = self

        class Dialogue(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    self.talk()
                except (ConnectionError, OSError, ValueError):
                    pass

            def say(self, step, usual):
                outer.number += 1
                other = outer.reply(step, outer.number)
                if other == "drop":
                    raise ConnectionError
                self.answer(other or usual)
                return not other or other[:1] in "23"

            def answer(self, text):
                self.wfile.write((text + "\r\n").encode("latin-1"))
                # An answer that has begun and does not go on: the connection is lost, sooner than anybody's patience.
                if text[3:4] == "-":
                    raise ConnectionError

            def talk(self):
                recipient = None
                if not self.say("greeting", "220 mail.example ESMTP"):
                    return
                while line := self.rfile.readline():
                    word = line[:4].upper().strip()
                    if word in (b"EHLO", b"HELO"):
                        self.wfile.write(b"250-mail.example\r\n250 8BITMIME\r\n")
                    elif word == b"MAIL":
                        self.say("mail", "250 ok")
                    elif word == b"RCPT":
                        recipient = re.search(rb"<(.*?)>", line)[1].decode().lower()
                        self.say("rcpt", "250 ok")
                    elif word == b"DATA":
                        if not self.say("data", "354 go on"):
                            continue
                        body = b""
                        while (part := self.rfile.readline()) != b".\r\n":
                            if not part:
                                raise ConnectionError
                            body += part
                        # Taken only where it is answered so, or the answer is lost.
                        outer.number += 1
                        answer = outer.reply("end", outer.number)
                        if not answer or answer == "drop":
                            found = re.search(rb"(?im)^message-id:\s*<(.*?)>", body)[1].decode()
                            outer.taken[found] += 1
                            outer.recipients[found].add(recipient)
                            outer.bodies[found] = body
                        if answer == "drop":
                            raise ConnectionError
                        self.answer(answer or "250 taken")
                    elif word == b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    else:
                        self.wfile.write(b"250 ok\r\n")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Dialogue)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reports(self):
        """How often each report was taken; Run Summaries, of which there may be more editions, are none."""
        return {found: count for found, count in self.taken.items() if "run-summary" not in found}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Morning:
    """Three organisations of the sample, who get six messages."""

    def __init__(self, folder, program, server):
        self.folder = pathlib.Path(folder)
        self.program = program
        self.server = server
        sample = CHECKOUT / "sample-data"
        for code in CODES:
            (self.folder / "exports" / code).mkdir(parents=True)
            shutil.copytree(sample / "exports" / code / DATE, self.folder / "exports" / code / DATE)
        rows = (sample / "organisations.csv").read_text().splitlines()
        kept = [rows[0]] + [row for row in rows if row.split(",")[0] in CODES]
        cells = [row.split(",") for row in kept]
        for row in cells[1:]:
            row[6] = ""
        (self.folder / "organisations.csv").write_text("".join(",".join(row) + "\n" for row in cells))
        settings = (sample / "migration-monitor.toml").read_text()
        settings = re.sub(r"(?m)^summary_to.*\n", "", settings)
        settings = settings.replace('transport = "outbox"', 'transport = "smtp"')
        settings = re.sub(r"(?m)^messages_per_minute.*\n", "", settings)
        settings = settings.replace("[mail]\n", "[mail]\nmessages_per_minute = 100000\n", 1)
        settings += f'\n[mail.smtp]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        (self.folder / "migration-monitor.toml").write_text(settings)

    def run(self, *arguments, environment=None, timeout=300, before=None):
        variables = {name: value for name, value in os.environ.items() if not name.startswith("MIGRATION_MONITOR")}
        variables.update(environment or {})
        command = [self.program, *arguments, "--settings", str(self.folder / "migration-monitor.toml")]
        process = subprocess.Popen(
            command, cwd=self.folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        if before:
            before(process)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Broken("it hangs: " + " ".join(arguments)) from None
        return process.returncode, out.decode("utf-8", "replace") + err.decode("utf-8", "replace")

    def send(self, **more):
        return self.run("run", "--date", DATE, "--send-late", "--now", **more)

    def states(self):
        with sqlite3.connect(self.folder / "data/ledger.sqlite") as ledger:
            rows = ledger.execute("SELECT message_id, state, message_path, message_digest FROM deliveries").fetchall()
        return {found: (state, path, digest) for found, state, path, digest in rows}


class Broken(Exception):
    """A rule that does not hold."""


def ended_as_it_should(code, said):
    """A run that met a fault ends by itself, with a code of its own and a sentence that names no person."""
    if code < 0 or code > 11:
        raise Broken(f"it ended with {code}: {said[-400:]}")
    if "the program failed" in said or "panicked" in said:
        raise Broken(f"it failed by itself: {said[-400:]}")
    if code and not said.strip():
        raise Broken(f"it ended with {code} and no word")
    # How an address is written is told by one that is nobody's.
    for leak in re.findall(r"[\w.'+-]{2,}@[\w.-]+\.example", said.replace("name@organisation.example", "")):
        raise Broken(f"it printed an address: {leak}")


def rules_hold(morning, expected):
    """Nothing twice, nothing lost unseen, nothing to anybody else, and the archive as the ledger has it."""
    taken, states = morning.server.reports(), morning.states()
    for found, count in taken.items():
        if count > 1:
            raise Broken(f"{found} was taken {count} times")
        if found not in states:
            raise Broken(f"{found} was taken, and the ledger does not know it")
    for found, recipients in morning.server.recipients.items():
        if len(recipients) > 1:
            raise Broken(f"{found} went to several")
    for found, (state, path, digest) in states.items():
        if state == "accepted" and taken.get(found) != 1:
            raise Broken(f"{found} is accepted and was never taken")
        if state in ("prepared", "deferred", "sending"):
            raise Broken(f"{found} is {state} at the end")
        file = morning.folder / "data" / path
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            raise Broken(f"{found} is not in the archive as it was recorded")
    if set(states) != expected:
        raise Broken(f"{len(states)} deliveries, and {len(expected)} were to be made")
    left = [str(path) for path in morning.folder.rglob(".unfinished-*")]
    if left:
        raise Broken(f"unfinished files are left: {left}")


def program():
    """The program as it was built, or as PROGRAM names it."""
    named = os.environ.get("PROGRAM")
    if named:
        return named
    target = os.environ.get("CARGO_TARGET_DIR", str(CHECKOUT / "target"))
    built = pathlib.Path(target) / "debug/migration-monitor"
    if not built.exists():
        sys.exit(f"{built} is not there: run cargo build first, or name the program in PROGRAM")
    return str(built)


def shim(folder):
    """Builds the shim into a folder; None where there is no compiler, which is said."""
    built = pathlib.Path(folder) / "shim.so"
    source = pathlib.Path(__file__).with_name("shim.c")
    made = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", built, source, "-ldl", "-lpthread"], check=False)
    if made.returncode:
        sys.exit("the shim cannot be built: install a C compiler (cc)")
    return str(built)
