"""Workbooks as a person who analyses them wants them: tables, types, what is printed, and how LibreOffice prints it."""

import datetime
import re
import subprocess
import tempfile
import warnings
import xml.etree.ElementTree
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries

from shown import Gallery

# Larger ones take openpyxl minutes; of these, only the form of the file is looked at.
MOST_BYTES = 1_500_000
# Rows that are printed of a sheet in which things are looked up.
PRINTED_ROWS = 100
# What LibreOffice is asked to print: one of each report, and what strains a page.
PRINTED = ["usual/overall-migration", "high/failed-item", "usual/switch-readiness", "held/run-summary", "long-names/overall-migration"]
# Half of the words on a page are at least so many points high, from the foot of a g to the head of an l: type of 7 points.
LEAST_HEIGHT = 7.0
FORMATS = {"#,##0", "#,##0.0", "0.0%", '[=0]0.0000%;[<0.0000005]"under 0.0001%";0.0000%'}
DATES = {"dd/mm/yyyy", "dd/mm/yyyy hh:mm"}


def check_form(page):
    """What can be wrong with the file as such, in words."""
    with zipfile.ZipFile(page.workbook) as file:
        names = file.namelist()
        for name in names:
            if name.endswith((".xml", ".rels")):
                xml.etree.ElementTree.fromstring(file.read(name))
        if any("vba" in name.lower() or "externalLink" in name or "connections" in name for name in names):
            yield "it holds macros or links to other files"
        properties = file.read("docProps/app.xml").decode()
        if f"<Company>{page.model['programme']['name']}</Company>" not in properties:
            yield "its properties lack the company"
        sheets = [name for name in names if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
        tables = [name for name in names if name.startswith("xl/tables/")]
        if len(sheets) != len(tables):
            yield f"{len(sheets)} sheets have {len(tables)} tables"


def check_sheet(sheet, is_first):
    """What can be wrong with a sheet, in words."""
    if len(sheet.tables) != 1:
        yield f"has {len(sheet.tables)} tables"
        return
    table = next(iter(sheet.tables.values()))
    left, header, right, last = range_boundaries(table.ref)
    if (left, last) != (1, sheet.max_row) or right != sheet.max_column:
        yield f"its table is {table.ref}, and its cells end at {sheet.dimensions}"
    headings = [sheet.cell(header, column).value for column in range(1, right + 1)]
    if [column.name for column in table.tableColumns] != headings or len(set(headings)) != len(headings):
        yield "its table has other headings than its cells"
    if table.autoFilter is None or table.autoFilter.ref != table.ref:
        yield "its table has no filter"
    # What stands above a summary would leave no room for what moves.
    if sheet.title == "Summary":
        if sheet.freeze_panes:
            yield f"the summary is frozen at {sheet.freeze_panes}"
    elif not sheet.freeze_panes or int(re.search(r"\d+", sheet.freeze_panes).group()) != header + 1 or sheet.freeze_panes.startswith("A"):
        yield f"its headings are not frozen, with what names a row: {sheet.freeze_panes}"

    setup = sheet.page_setup
    is_one_page = sheet.title == "Summary"
    if (setup.orientation, str(setup.paperSize)) != ("landscape", "9") or not sheet.sheet_properties.pageSetUpPr.fitToPage:
        yield "it is not printed on A4 across, as wide as the page"
    if (setup.fitToWidth or 1, setup.fitToHeight) != (1, 1 if is_one_page else 0) and not (is_one_page and setup.fitToHeight is None):
        yield f"it is printed on {setup.fitToWidth} × {setup.fitToHeight} pages"
    if sheet.print_title_rows != f"${header}:${header}":
        yield f"its headings are not repeated on each page: {sheet.print_title_rows}"
    area = range_boundaries(sheet.print_area.split("!")[-1].replace("$", "")) if sheet.print_area else None
    has_charts = bool(sheet._charts)
    # What is to be worked is printed whole, of the others what somebody wants on paper.
    printed = last if sheet.title.startswith("Action ") else min(last, header + PRINTED_ROWS)
    if not area or area[:2] != (1, 1) or area[3] < printed or (not has_charts and (area[3] != printed or area[2] > right)):
        yield f"what is printed is {sheet.print_area}"
    elif printed < last and f"{last - printed:,} more row" not in sheet.oddFooter.right.text:
        yield "the foot of the page does not say that rows are left to the screen"
    elif area[2] < right and f"{right - area[2]} more column" not in sheet.oddFooter.right.text:
        yield "the foot of the page does not say that columns are left to the screen"
    if is_first != is_one_page:
        yield "the summary is not the first sheet"

    bars = {str(ranges.sqref) for ranges in sheet.conditional_formatting for rule in ranges.rules if rule.type == "dataBar"}
    for column in range(1, right + 1):
        letter = get_column_letter(column)
        width = sheet.column_dimensions[letter].width
        if not 5 <= width <= 105:
            yield f"column {headings[column - 1]} is {width} wide"
        formats = set()
        for row in range(header + 1, last + 1):
            cell = sheet.cell(row, column)
            place = f"{letter}{row}"
            if cell.value is None:
                yield f"{place} is empty"
            elif cell.data_type == "f":
                yield f"{place} is a formula"
            elif isinstance(cell.value, (datetime.datetime, datetime.date)):
                if cell.number_format not in DATES:
                    yield f"{place} is a date, written as {cell.number_format}"
            elif isinstance(cell.value, (int, float)):
                formats.add(cell.number_format)
                if cell.number_format not in FORMATS:
                    yield f"{place} is a number, written as {cell.number_format}"
            elif isinstance(cell.value, str) and re.fullmatch(r"[\d,.]+%|\d{1,3}(,\d{3})+|\d\d/\d\d/\d{4}", cell.value):
                yield f"{place} is a number or a date, written as text"
            elif cell.value != "Not reported":
                formats.add("words")
        # A column of figures of several kinds, or of words among them, has no scale.
        if formats == {"0.0%"} and f"{letter}{header + 1}:{letter}{last}" not in bars and f"{letter}{header + 1}" not in bars:
            yield f"column {headings[column - 1]} has no bars"


def title(model: dict) -> str:
    """What a workbook is called: a report by its organisation and day, the Run Summary by its subject."""
    page, organisation = model["page"], model.get("organisation")
    return f'{page["title"]}: {organisation["name"]} ({organisation["code"]}), {page["date"]}' if organisation else page["subject"]


def check_workbooks(gallery: Gallery):
    """Every workbook."""
    sheets = 0
    # Of bars, openpyxl does not know what newer versions of Excel add: how they are filled.
    warnings.filterwarnings("ignore", module="openpyxl")
    for page in gallery.emails:
        place = f"{page.state}/{page.report}/{page.workbook.name}"
        for told in check_form(page):
            gallery.fault(place, told)
        if page.workbook.stat().st_size > MOST_BYTES:
            continue
        book = openpyxl.load_workbook(page.workbook)
        properties = book.properties
        if properties.title != title(page.model) or not properties.subject or properties.creator != page.model["programme"]["name"]:
            gallery.fault(place, f"its properties are {properties.title}, {properties.subject}, {properties.creator}")
        if properties.created != datetime.datetime.fromisoformat(page.model["report_date"]).replace(hour=7):
            gallery.fault(place, f"it was created on {properties.created}")
        for number, sheet in enumerate(book.worksheets):
            sheets += 1
            for told in list(check_sheet(sheet, number == 0))[:5]:
                gallery.fault(f"{place}, sheet {sheet.title}", told)
    return f"{sheets} sheets of {len(gallery.emails)} workbooks have their tables, types, widths, and page set-up"


def pages_of(pdf):
    """The words of each page of a PDF, and how high they are."""
    boxes = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True).stdout
    for page in boxes.split("<page ")[1:]:
        words = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]*)<', page)
        heights = sorted(float(bottom) - float(top) for top, bottom, _ in words)
        yield " ".join(word for *_, word in words), heights[len(heights) // 2] if heights else 0.0


def squeezed(words):
    """Without spaces."""
    return re.sub(r"\s", "", words)


def check_printing(gallery: Gallery):
    """LibreOffice prints a summary on one page, and every page in type that can be read, under its headings."""
    chosen = {f"{page.state}/{page.report}": page for page in gallery.emails}
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        copies = {name: Path(folder) / f"{name.replace('/', '-')}.xlsx" for name in PRINTED}
        for name, copy in copies.items():
            copy.write_bytes(chosen[name].workbook.read_bytes())
        program = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "pdf", "--outdir", folder]
        ended = subprocess.run([*program, *copies.values()], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        for name, copy in copies.items():
            book = openpyxl.load_workbook(copy)
            pages = list(pages_of(copy.with_suffix(".pdf")))
            count += len(pages)
            sheets = []
            for sheet in book.worksheets:
                _, header, *_ = range_boundaries(next(iter(sheet.tables.values())).ref)
                sheets.append((sheet.title, " ".join(sheet.cell(1, 1).value.split()), sheet.cell(header, 1).value, sheet))
            place, of_sheet = 0, {}
            for number, (words, height) in enumerate(pages, 1):
                # A long name breaks at its hyphens.
                if place + 1 < len(sheets) and number > 1 and squeezed(words).startswith(squeezed(sheets[place + 1][1].split(" (")[0])):
                    place += 1
                title, _, heading, _ = sheets[place]
                of_sheet.setdefault(title, []).append(words)
                if heading not in words:
                    gallery.fault(f"{name}, page {number} of its workbook", f"the headings of sheet {title} are not on it")
                if height < LEAST_HEIGHT:
                    gallery.fault(f"{name}, page {number} of its workbook", f"its words are {height:.1f} points high, of at least {LEAST_HEIGHT}")
            if len(of_sheet) != len(sheets):
                gallery.fault(name, f"of the sheets {', '.join(title for title, *_ in sheets)} only {', '.join(of_sheet)} were printed")
            elif len(of_sheet.get("Summary", [])) != 1:
                gallery.fault(name, f"its summary is printed on {len(of_sheet.get('Summary', []))} pages")
    return f"{len(PRINTED)} workbooks are printed on {count} pages that can be read, each summary on one"
