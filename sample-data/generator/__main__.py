"""Invents organisations: everybody and everything in what it writes is made up.

    python3 sample-data/generator
        rewrites the sample in the folder above: settings, register, schedules, and twelve days of exports.
    python3 sample-data/generator sample --out DIR
        writes it elsewhere, for a comparison.
    python3 sample-data/generator estate --organisations 20 --mailboxes 50000 --days 90 --out DIR
        writes an estate for measurements: any number of organisations and mailboxes, one to ninety days.

The same arguments give the same bytes: nothing depends on the clock, on the order of files in a folder or on Python's hash
seed. Only Python's own library is needed (3.11 or later).
"""

import argparse
import sys

sys.dont_write_bytecode = True      # nothing beside the sample

import estate  # noqa: E402
import sample  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(prog="generator", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    kinds = parser.add_subparsers(dest="kind")
    for kind in (sample, estate):
        kind.arguments(kinds.add_parser(kind.__name__, help=kind.__doc__.split("\n")[0]))
    options = parser.parse_args(sys.argv[1:] or ["sample"])
    {"sample": sample, "estate": estate}[options.kind].write(options)


if __name__ == "__main__":
    main()
