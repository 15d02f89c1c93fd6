"""Every sentence of the reports in one file to be read as a whole, docs/sentences.md: those that some state of the gallery says, on
pages, in cells of tables and in workbooks, and of the code's own words those that none does. Figures are #, but for 1, which has words of
its own; days are DAY, names are NAME: so the file changes where the words do and nowhere else."""

import pathlib
import re
import tomllib
import warnings

import openpyxl

from shown import Gallery

ROOT = pathlib.Path(__file__).parents[2]
FILE = ROOT / "docs" / "sentences.md"
TITLE = """# Sentences

Every sentence that the reports, their workbooks and the Run Summary say in any state of the gallery, each once, and at the end what
the code can say and no state does: `tests/gallery` holds this page equal to both, and `tests/gallery --accept` writes it. A figure is
#, but for 1; a day is DAY, and who or what is named is NAME. Read it through as a whole before you take a change of it, as the person
in the hospital would.
"""
# Headings of columns whose cells are names.
NAMES = {"User", "Organisation", "Collection", "Source mailbox", "Mailbox", "VIP", "Category", "VIP category", "Code", "Subject line"}
# Headings of columns whose cells are in other people's words: of exports, of the organisation, of files.
OTHERS = {"Folder", "Kind", "Error code", "Error", "Last error", "State as exported", "Reference", "Send to", "Target mailbox", "Note", "Decided by",
          "File", "From collection", "To collection", "Greeting", "For", "Where"}
# Cells of such columns that are no names.
WORDS = {"None", "No", "Pilot", "Live", "Not reported", "No collection reported", "All", "Other", "Yes"}
PARTS = ["Subject lines", "Answers", "Sentences below the answer", "Figures", "What you need to do", "What we are doing", "What to do", "What to do: why",
         "Headings and findings of charts", "Sentences of sections", "Captions of tables", "Cells of tables", "Where a list is cut",
         "Sheets of workbooks", "Letters to users"]
WEEKDAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DAY = re.compile(rf"\b(?:{WEEKDAY} )?\d{{1,2}} {MONTH}(?: \d{{4}})?\b|\b{WEEKDAY}\b|\btoday\b(?= is the day)")
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?(?: million)?%?(?:st|nd|rd|th)?\b|\d+%|under #%")
# One of something is "1 item", and never "1 items"; of other numbers it is the other way round.
THINGS = "item|mailbox|user|day|message|organisation|VIP|letter|point|week|account|collection|decision|setting|promise|mailboxe"
WRONG_NUMBER = re.compile(rf"(?<![\d,.] )(?<![\d,.])\b1 (?:failed |new )?(?:{THINGS})s\b|(?<![\d,.])\b(?:0|[2-9]|\d[\d,]*\d) (?:failed |new )?(?:{THINGS.removesuffix('|mailboxe')})\b")
# A word of the code in quotation marks, a comment, or a letter in quotation marks.
TOKEN = re.compile(r"""//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""", re.DOTALL)
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
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


def figure(found):
    """#, but for 1 of something."""
    return "1" if found[0] == "1" and re.match(r" (?!in \d)[a-z]", found.string[found.end():]) else "#"


def pattern(sentence, names):
    """A sentence without what differs from organisation to organisation and from day to day."""
    for name in names:
        if name in sentence:
            sentence = sentence.replace(name, "NAME")
    sentence = DAY.sub("DAY", sentence)
    sentence = FIGURE.sub(figure, sentence)
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
            headings = [column["heading"] for column in section["table"]["columns"]]
            yield from (("Cells of tables", f"{heading}: {cell}") for row in section["table"]["rows"] for heading, cell in zip(headings, row) if has_words(heading, cell))
            cut = section["table"]["cut"]
            if cut and cut["sentence"]:
                yield "Where a list is cut", cut["sentence"]
    if model.get("letters"):
        yield "What you need to do", model["letters"]


def has_words(heading, cell):
    """Whether a cell says something in our own words."""
    return isinstance(cell, str) and heading not in NAMES | OTHERS and re.search("[a-z]{2}", cell) and not re.fullmatch(r"\w{3} \d+ \w{3}( \d{4})?", cell)


def said_in_workbook(page):
    """What a page's workbook says, in the lines above tables and in cells."""
    if not page.workbook:
        return
    for sheet in openpyxl.load_workbook(page.workbook, read_only=True).worksheets:
        headings, part = None, "Letters to users" if sheet.title == "Tell users" else "Sheets of workbooks"
        called = re.sub(r"\d+$", "#", sheet.title)
        for row in sheet.iter_rows(values_only=True):
            filled = [cell for cell in row if cell is not None]
            if headings is None and (len(filled) > 1 or part == "Letters to users"):
                headings = [str(cell) for cell in row]
            elif headings is None:
                yield from ((part, f"{called}: {cell}") for cell in filled if isinstance(cell, str))
            else:
                for heading, cell in zip(headings, row):
                    # Cells of the others are those of the pages, or in other people's words.
                    if sheet.title in ("Guide", "Summary", "Tell users") and has_words(heading, cell):
                        # An item that a letter names is in other people's words.
                        yield from ((part, f"{called}, {heading}: {paragraph}") for paragraph in cell.split("\n") if paragraph and not re.match("• (?!and )", paragraph))


def words_of_code():
    """What the rules of wording are made of: every literal of more than a word in the code of reports, and what causes say."""
    for path in sorted((ROOT / "src" / "report").rglob("*.rs")):
        if path.name == "tests.rs" or "tests" in path.parts[len(ROOT.parts):-1]:
            continue
        code = path.read_text(encoding="utf-8").split("\n#[cfg(test)]\nmod tests", 1)[0]
        for token in TOKEN.findall(code):
            words = re.sub(r"\\\n\s*", "", token[1:-1]).replace('\\"', '"').strip()
            if token.startswith('"') and re.search(r"[a-z]{2}[^{}]* [a-zA-Z“{]|\} [a-z]{2}", words) and "{:?}" not in words:
                yield words
    causes = tomllib.loads((ROOT / "src" / "metrics" / "causes.toml").read_text(encoding="utf-8"))
    for cause in [*causes["rule"], causes["other"]]:
        yield from [cause["action"], cause["told"]]


def is_said(words, said):
    """Whether some line says these words of the code, whatever it puts into them: pieces are looked for one behind the other, in each
    line that has the longest. (A pattern of them all tries each place of each: for hours, where a letter is long.)"""
    pieces = [piece for piece in PLACEHOLDER.split(words) if piece]
    longest, at = max(pieces, key=len), -1
    while (at := said.find(longest, at + 1)) >= 0:
        begin, end = said.rfind("\n", 0, at) + 1, said.find("\n", at)
        place, end = begin, end if end >= 0 else len(said)
        for piece in pieces:
            place = said.find(piece, place, end)
            if place < 0:
                break
            place += len(piece)
        else:
            return True
        at = end - 1
    return False


def page_of(gallery: Gallery):
    """The whole file."""
    parts, everything = {}, set()
    for page in gallery.emails:
        # What they say, others say; their names and numbers only strain a page.
        if page.state in ("long-names", "right-to-left", "many-users"):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = names_of(page)
            workbook = list(said_in_workbook(page))
        report = page.model["page"]["title"]
        for part, sentence in [*said(page), *workbook]:
            parts.setdefault(report, {}).setdefault(part, set()).add(pattern(sentence, names))
            everything.add(sentence)
            if wrong := WRONG_NUMBER.search(sentence):
                gallery.fault(page.name, f"“{wrong[0]}” in “{sentence}”")
    lines = [TITLE]
    for report in sorted(parts):
        lines.append(f"\n## {report}\n")
        for part, sentences in sorted(parts[report].items(), key=lambda each: (PARTS.index(each[0].split(" (")[0]), each[0])):
            lines.append(f"\n### {part}\n\n")
            lines.extend(f"- {sentence}\n" for sentence in sorted(sentences))
    said_by_some = "\n".join(sorted(everything))
    unsaid = {PLACEHOLDER.sub("#", words) for words in words_of_code() if not is_said(words, said_by_some)}
    lines.append("\n## What no state of the gallery says\n\nWords of the code, of which sentences are put together.\n\n")
    lines.extend(f"- {words}\n" for words in sorted(unsaid))
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
