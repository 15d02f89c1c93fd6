"""Each write, sync, rename, opening and reading of a run fails once; memory runs out; the power goes. See tests/storage."""

import argparse
import pathlib
import random
import resource
import sys
import tempfile

from morning import Broken, MailServer, Morning, ended_as_it_should, program, rules_hold, shim


def attempt(built, seed, kind, at, error, expected, memory=None):
    """One fault in one morning, then a run without any. Gives how the first ended."""
    server = MailServer()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch).resolve() / "morning"
        shadow = pathlib.Path(scratch).resolve() / "shadow"
        folder.mkdir()
        shadow.mkdir()
        morning = Morning(folder, program(), server)
        environment = {
            "LD_PRELOAD": built,
            "FAULT_FOLDERS": str(folder),
            "FAULT_COUNT": str(pathlib.Path(scratch) / "count"),
            "FAULT_AT": str(at),
            "FAULT_ERRNO": str(error),
            "FAULT_KIND": kind,
            "FAULT_SEED": str(seed),
            "FAULT_SHADOW": str(shadow),
        }
        before = None
        if memory:
            environment = {}

            def before(process):
                resource.prlimit(process.pid, resource.RLIMIT_AS, (memory, memory))

        code, said = morning.send(environment=environment, before=before)
        if kind == "power" or memory:
            if code not in (137, -9, -6) and code >= 0:
                ended_as_it_should(code, said)
        else:
            ended_as_it_should(code, said)
        if code == 0 and any(state != "accepted" for state, *_ in morning.states().values()):
            raise Broken(f"it ended with 0, and not all was sent: {said[-500:]}")
        again, said_again = morning.send()
        ended_as_it_should(again, said_again)
        if again not in (0, 6):
            raise Broken(f"the run after it ended with {again}: {said_again[-500:]}")
        if expected is not None:
            rules_hold(morning, expected)
        count = pathlib.Path(scratch) / "count"
        calls = int(count.read_text()) if count.exists() else 0
        found = set(morning.states())
    server.close()
    return code, again, calls, found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", nargs="?", default="30", help="how many faults of each kind, or all")
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--from", dest="first", type=int, default=1, help="with all: the first call")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as tools:
        built = shim(tools)
        code, again, calls, expected = attempt(built, 1, "error", 0, 5, None)
        if (code, again) != (0, 0) or not expected or calls < 100:
            sys.exit(f"without a fault the morning ends with {code} and {again} after {calls} calls")
        print(f"A run makes {calls} calls on files, and {len(expected)} messages.", flush=True)
        chosen = random.Random(asked.seed)
        tries = []
        for kind, errors in (("error", (5, 28)), ("short", (28,)), ("power", (0,))):
            if asked.number == "all":
                places = range(asked.first, calls + 1)
            else:
                places = sorted(chosen.sample(range(1, calls + 1), min(int(asked.number), calls)))
            tries += [(kind, at, errors[at % len(errors)], None) for at in places]
        memories = range(40, 400, 4 if asked.number == "all" else 60)
        tries += [("memory", 0, 0, mebibytes << 20) for mebibytes in memories]
        ends, broken = {}, []
        for kind, at, error, memory in tries:
            name = f"{kind} at {at}" if not memory else f"memory of {memory >> 20} MiB"
            try:
                code, again, _, _ = attempt(built, asked.seed + at, kind, at, error, expected, memory)
                ends.setdefault(kind, {}).setdefault((code, again), []).append(at)
            except Broken as rule:
                broken.append(f"{name} (error {error}): {rule}")
                print(f"BROKEN  {broken[-1]}", flush=True)
        for kind, found in ends.items():
            told = ", ".join(f"{len(places)} ended with {code}, then {again}" for (code, again), places in sorted(found.items()))
            print(f"{kind}: {told}")
        print(f"{len(tries) - len(broken)} passed, {len(broken)} failed")
        sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
