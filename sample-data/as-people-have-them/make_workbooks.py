#!/usr/bin/env python3
"""Writes the workbooks of this folder that have a source in cases.toml, always the same bytes.

    python3 -m pip install openpyxl==3.1.5
    python3 sample-data/as-people-have-them/make_workbooks.py
"""

import datetime
import re
import zipfile
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook

FOLDER = Path(__file__).parent
WRITTEN = datetime.datetime(2026, 11, 20, 7, 0, 0)
PEOPLE = ["ada.ash", "bob.birch", "cat.cedar", "dan.dogwood", "eve.elm", "fay.fir"]


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


def a_sheet_for_each_batch():
    """Export-Excel -Title, once for each batch."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for batch, people in (("Wave 01", PEOPLE[:2]), ("Wave 02", PEOPLE[2:5])):
        sheet = workbook.create_sheet(batch)
        sheet.append([f"Migration users of {batch}"])
        sheet.append(["Identity", "Status", "SyncedItemCount", "SkippedItemCount", "LastUpdatedTime"])
        for person in people:
            sheet.append([f"{person}@wharfe.example", "Synced", 1200, 0, WRITTEN])
    save(workbook, "sheet-for-each-batch.xlsx")


def skipped_items():
    """The sheet that a public script writes of Get-MigrationUserStatistics -IncludeSkippedItems."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "migration"
    sheet.append(["Identity", "Kind", "ScoringClassifications", "FolderName", "Sender", "Recipient", "Subject", "MessageSize",
                  "DateSent", "DateReceived", "IsValid", "Failure"])
    for kind, failure in (("CorruptItem", "StoreEc: 0x8004011B"), ("LargeItem", "The message exceeds the maximum supported size")):
        sheet.append(["ada.ash@wharfe.example", kind, "Other", "Inbox", "x@wharfe.example", "y@wharfe.example", "the rota", 31000,
                      WRITTEN, WRITTEN, True, failure])
    save(workbook, "skipped-items.xlsx")


def schedule_of_waves():
    """Instructions first, a sheet for each wave with a logo's row, headings over two rows and a line between the days."""
    workbook = Workbook()
    notes = workbook.active
    notes.title = "Instructions"
    notes.append(["Fill in one sheet for each wave. Do not change the headings."])
    for wave, day, people in (("Nov24Finance", datetime.date(2026, 11, 24), PEOPLE[:3]), ("Nov26Wards", datetime.date(2026, 11, 26), PEOPLE[3:])):
        sheet = workbook.create_sheet(wave)
        sheet["A1"] = "Wharfe NHS Trust"
        sheet.merge_cells("A1:D1")
        sheet["A3"], sheet["B3"], sheet["B4"], sheet["C4"], sheet["D3"] = "Email Address", "User", "Display Name", "VIP", "Switch Date"
        for merged in ("A3:A4", "B3:C3", "D3:D4"):
            sheet.merge_cells(merged)
        sheet["A5"] = "Wave: offices and wards"
        sheet.merge_cells("A5:D5")
        for row, person in enumerate(people, start=6):
            sheet.cell(row, 1, f"{person}@wharfe.example")
            sheet.cell(row, 2, person.replace(".", " ").title())
            sheet.cell(row, 3, "No")
        sheet["D6"] = day
        sheet.merge_cells(start_row=6, end_row=8, start_column=4, end_column=4)
    archive = workbook.create_sheet("Archive")
    archive.sheet_state = "hidden"
    archive.append(["Email Address", "Display Name", "VIP", "Switch Date"])
    archive.append(["gus.gorse@wharfe.example", "Gus Gorse", "No", datetime.date(2026, 10, 1)])
    save(workbook, "schedule-of-waves.xlsx")


a_sheet_for_each_batch()
skipped_items()
schedule_of_waves()
