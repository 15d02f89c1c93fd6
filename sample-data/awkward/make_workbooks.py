#!/usr/bin/env python3
"""Writes the workbooks of this folder, always the same bytes.

    python3 -m pip install openpyxl==3.1.5
    python3 sample-data/awkward/make_workbooks.py

openpyxl writes them, so that what the program reads was not written by its own library. The time of writing, which
openpyxl puts into the package, is then replaced.
"""

import datetime
import re
import zipfile
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

FOLDER = Path(__file__).parent
WRITTEN = datetime.datetime(2026, 11, 20, 7, 0, 0)

SYNC_STATE = ["Collection", "Display Name", "Source Mailbox", "Target Mailbox", "Sync State", "Progress (%)",
              "Items Total", "Items Synchronized", "Failed Items", "Mailbox Size (MB)", "Last Synchronized", "Switch Date"]


def mailbox(name, state, progress, total, synchronised, failed, size, last, switch):
    address = name.lower().replace(" ", ".")
    return ["Week 1", name, f"{address}@nm.example", f"{address}@nhs.example", state, progress, total, synchronised,
            failed, size, last, switch]


def save(workbook, name):
    workbook.properties.creator = "invented"
    workbook.properties.created = WRITTEN
    packed = BytesIO()
    workbook.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(FOLDER / name, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "docProps/core.xml":
                time = WRITTEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + time, content)
            target.writestr(zipfile.ZipInfo(part.filename, WRITTEN.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)


def titles_and_several_sheets():
    """A chart and an empty sheet first, notes on a sheet, a hidden stale copy, titles and a blank row above the headings."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    workbook.create_chartsheet("Chart")
    workbook.create_sheet("Empty")
    stale = workbook.create_sheet("Last week")
    stale.sheet_state = "hidden"
    stale.append(SYNC_STATE)
    stale.append(mailbox("Old Person", "New", 0, 10, 0, 0, 1, None, None))
    notes = workbook.create_sheet("Notes")
    notes.append(["Source Mailbox", "Sync State"])
    notes.append(["as the tool prints it", "see the guide"])
    sheet = workbook.create_sheet("Mailboxes")
    sheet["A1"] = "Migration of Northmoor, 20 November 2026"
    sheet["A2"] = "exported by the project office"
    rows = [SYNC_STATE, mailbox("Ife Adeyemi", "In Sync", 100, 1200, 1198, 2, 512.5, None, None),
            mailbox("Joe Bell", "Queued", 0, 800, 0, 0, None, None, None)]
    for line, row in enumerate(rows, start=4):
        for column, value in enumerate(row, start=1):
            sheet.cell(line, column, value)
    sheet["N5"] = "ask about the archive"
    save(workbook, "several-worksheets.xlsx")


def typed_cells(name, epoch=None):
    """Numbers, dates and truth as cells of their own kinds; a count as text, a date without its format, an error."""
    workbook = Workbook()
    if epoch:
        workbook.epoch = epoch
    sheet = workbook.active
    sheet.title = "Export"
    sheet.append(SYNC_STATE)
    switch = datetime.date(2026, 11, 23)
    last = datetime.datetime(2026, 11, 20, 6, 12, 30)
    sheet.append(mailbox("Ife Adeyemi", "In Sync", 0.865, 12345678, 12345676, "2", 512.5, last, switch))
    sheet["F2"].number_format = "0.0%"
    sheet["G2"].number_format = "0.00E+00"
    # 23 November 2026, and a quarter past six in the morning of 20 November 2026, without the format of a date.
    days = 46349 if epoch is None else 46349 - 1462
    sheet.append(mailbox("Joe Bell", "In Sync", 100, 800, "=G3-1", 1, 1e-05, days - 3 + 0.2604166666666667, days))
    sheet["K3"].number_format = "General"
    sheet.append(mailbox("Kim Cole", "In Sync", 100, "#N/A", 10, 0, 1, None, None))
    sheet["G4"].data_type = "e"
    save(workbook, name)


titles_and_several_sheets()
typed_cells("typed-cells.xlsx")
typed_cells("typed-cells-1904.xlsx", CALENDAR_MAC_1904)
