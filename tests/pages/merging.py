"""The letters of the sheet Tell users, merged by LibreOffice, are what its rows say."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import openpyxl

from shown import Gallery

# Merging takes seconds a workbook; these have letters of every kind, that name items and that may not.
MERGED = ["high/failed-item", "usual/failed-item", "usual/switch-readiness", "subject-lines/failed-item", "mop-up/failed-item", "late/failed-item"]
# LibreOffice's bridge is the system's, and not of a virtual environment.
PYTHON = "/usr/bin/python3"
LETTERS = Path(__file__).parent / "letters.py"


def words(text):
    return " ".join(text.split())


def rows_of(workbook):
    sheet = openpyxl.load_workbook(workbook)["Tell users"]
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headings, row)) for row in rows]


def expected(row):
    return words(" ".join(str(row[field]) for field in ["Greeting", "Paragraph"]))


def check_letters(gallery: Gallery):
    """Each letter says what its row says, all of it."""
    chosen = {f"{page.state}/{page.report}": page for page in gallery.emails}
    count = 0
    for name in [name for name in MERGED if name in chosen]:
        workbook = chosen[name].workbook
        if "Tell users" not in openpyxl.load_workbook(workbook, read_only=True).sheetnames:
            continue
        rows = rows_of(workbook)
        with tempfile.TemporaryDirectory() as folder:
            ended = subprocess.run([PYTHON, LETTERS, workbook, folder], capture_output=True, text=True)
        if ended.returncode != 0:
            gallery.fault(name, f"its letters cannot be merged: {ended.stderr.strip()[-300:]}")
            continue
        letters = sorted(words(letter) for letter in json.loads(ended.stdout))
        count += len(letters)
        if letters != sorted(expected(row) for row in rows):
            gallery.fault(name, f"{len(letters)} letters are not what its {len(rows)} rows say")
    assert count, "no state of the gallery has letters"
    return f"{count} letters are merged, each as its row says"


if __name__ == "__main__":
    # By hand: WORKBOOK …
    for path in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            letters = json.loads(subprocess.run([PYTHON, LETTERS, path, folder], capture_output=True, text=True, check=True).stdout)
        same = sorted(map(words, letters)) == sorted(map(expected, rows_of(path)))
        print(path, len(letters), "letters", "as the rows say" if same else "that differ")
