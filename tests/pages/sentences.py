"""Every sentence of the reports, of every state of the gallery, in one file to be read as a whole: docs/sentences.md. Figures are #,
days are DAY, names are NAME, so that the file changes where the words do and nowhere else."""

import pathlib
import re
import warnings

import openpyxl

from shown import Gallery

FILE = pathlib.Path(__file__).parents[2] / "docs" / "sentences.md"
TITLE = """# Sentences

Every sentence that the reports and the Run Summary say in any state of the gallery, each once: `tests/gallery` holds this page
equal to what they say, and `tests/gallery --accept` writes it. A figure is #, a day is DAY, and who or what is named is NAME.
Read it through as a whole before you take a change of it, as the person in the hospital would.
"""
# Headings of columns whose cells are names.
NAMES = {"User", "Organisation", "Collection", "Source mailbox", "Mailbox", "VIP", "Category", "VIP category", "Code", "Subject line"}
# Cells of such columns that are no names.
WORDS = {"None", "No", "Pilot", "Live", "Not reported", "No collection reported", "All", "Other", "Yes"}
PARTS = ["Subject lines", "Answers", "Sentences below the answer", "Figures", "What you need to do", "What we are doing", "What to do", "What to do: why",
         "Headings and findings of charts", "Sentences of sections", "Captions of tables", "Where a list is cut"]
WEEKDAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DAY = re.compile(rf"\b(?:{WEEKDAY} )?\d{{1,2}} {MONTH}(?: \d{{4}})?\b|\b{WEEKDAY}\b|\btoday\b(?= is the day)")
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?(?: million)?%?(?:st|nd|rd|th)?\b|\d+%|under #%")
LIST = re.compile(r"NAME(?:(?: \([^)]*\))?(?:, | and )NAME)*(?: \([^)]*\))?(?: and # more)?")


def names_of(page):
    """What a page's organisation calls its people, mailboxes and collections."""
    model = page.model
    organisation = model.get("organisation", {})
    names = {organisation.get("name"), organisation.get("code"), model.get("programme", {}).get("name")}
    if page.workbook:
        for sheet in openpyxl.load_workbook(page.workbook, read_only=True).worksheets:
            places = []
            for row in sheet.iter_rows(values_only=True):
                if not places:
                    places = [place for place, cell in enumerate(row) if cell in NAMES]
                    continue
                names.update(str(row[place]) for place in places if place < len(row) and row[place])
    for section in model["page"]["sections"]:
        table = section["table"]
        if table:
            places = [place for place, column in enumerate(table["columns"]) if column["heading"] in NAMES]
            names.update(row[place] for row in table["rows"] for place in places)
    return sorted((name for name in names - WORDS if name and len(name) > 2 and not name.isdigit()), key=len, reverse=True)


def pattern(sentence, names):
    """A sentence without what differs from organisation to organisation and from day to day."""
    for name in names:
        if name in sentence:
            sentence = sentence.replace(name, "NAME")
    sentence = DAY.sub("DAY", sentence)
    sentence = FIGURE.sub("#", sentence)
    sentence = re.sub(r"\bZ[A-Z]{2,7}\b", "NAME", sentence)
    return LIST.sub("NAME", sentence.replace("“NAME”", "NAME"))


def said(page):
    """What a page says, by the part in which it says it."""
    model = page.model["page"]
    headline = model["headline"]
    yield "Subject lines", model["subject"]
    yield f"Answers ({headline['tone']})", headline["label"]
    yield from (("Sentences below the answer", sentence) for sentence in headline["sentences"])
    for figure in model["key_figures"]:
        change = f" · {figure['change']}" if figure.get("change") else ""
        yield "Figures", f"{figure['label']}: {figure['value']} · {figure['note']}{change}"
    yield from (("What you need to do", action) for action in model.get("your_actions", []))
    yield from (("What we are doing", action) for action in model.get("our_actions", []))
    for action in model.get("actions", []):
        yield "What to do", action["what"]
        yield from (("What to do: why", why) for why in action["why"])
    for section in model["sections"]:
        yield "Headings and findings of charts", section["chart"]["title"] if section["chart"] else section["heading"]
        yield from (("Sentences of sections", text) for text in section["text"])
        if section["table"]:
            yield "Captions of tables", section["table"]["caption"]
            cut = section["table"]["cut"]
            if cut and cut["sentence"]:
                yield "Where a list is cut", cut["sentence"]


def page_of(gallery: Gallery):
    """The whole file."""
    parts = {}
    for page in gallery.emails:
        # What they say, others say; their names and numbers only strain a page.
        if page.state in ("long-names", "right-to-left", "many-users"):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = names_of(page)
        report = page.model["page"]["title"]
        for part, sentence in said(page):
            parts.setdefault(report, {}).setdefault(part, set()).add(pattern(sentence, names))
    lines = [TITLE]
    for report in sorted(parts):
        lines.append(f"\n## {report}\n")
        for part, sentences in sorted(parts[report].items(), key=lambda each: (PARTS.index(each[0].split(" (")[0]), each[0])):
            lines.append(f"\n### {part}\n\n")
            lines.extend(f"- {sentence}\n" for sentence in sorted(sentences))
    return "".join(lines)


def check_sentences(gallery: Gallery):
    """The file says what the pages say."""
    page, before = page_of(gallery), FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    if page != before:
        differing = sorted(set(page.splitlines()) ^ set(before.splitlines()))
        gallery.fault("docs/sentences.md", f"{len(differing)} lines differ, such as “{differing[0] if differing else ''}”. Read what changed; where it is right, run: tests/gallery --accept")
    return f"{page.count(chr(10) + '- ')} sentences stand in docs/sentences.md"


def accept(gallery: Gallery):
    """Takes the sentences as they are."""
    FILE.write_text(page_of(gallery), encoding="utf-8")
    return "docs/sentences.md is written"
