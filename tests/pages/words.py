"""What pages say: the text form says the same, the numbers of a chart stand in the table beside it, its alternative is its finding."""

import datetime
import html.parser
import re

from shown import Gallery

# The width of a text page (src/render/page.rs).
WIDTH = 76
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")


class Words(html.parser.HTMLParser):
    """The words of a page in their order, and the alternatives of its pictures by file name."""

    def __init__(self, markup):
        super().__init__()
        self.words, self.alternatives, self.skipped, self.in_mark = [], {}, 0, False
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.alternatives[attributes["src"].rsplit("/", 1)[-1]] = attributes.get("alt", "")
        self.skipped += tag in ("style", "script", "title")
        # The number of a task, which its text form has as well.
        self.in_mark = tag == "td" and attributes.get("class") == "mark"
        if tag in ("p", "td", "th", "li", "h1", "h2", "div", "caption", "tr"):
            self.words.append(" ")

    def handle_endtag(self, tag):
        self.skipped -= tag in ("style", "script", "title")

    def handle_data(self, text):
        if not self.skipped and not self.in_mark:
            self.words.append(text)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def count(number):
    return f"{number:,}"


def sentences(page):
    """What a model says in words, beside its tables."""
    yield from page["notices"] + page["headline"]["sentences"] + page.get("your_actions", []) + page.get("our_actions", [])
    for figure in page["key_figures"]:
        yield from [figure["label"], figure["value"], figure["note"]]
    for action in page.get("actions", []):
        yield from [action["what"], *action["why"], *action["commands"]]
    for section in page["sections"]:
        # Where there is a chart, its finding is the heading.
        yield from [section["chart"]["title"] if section["chart"] else section["heading"], *section["text"]]


def check_text(gallery: Gallery):
    """Text parts fit their width, say what the page says, and hold its numbers, all of them and no others."""
    lines = numbers = 0
    for page in gallery.emails:
        text = page.text.read_text(encoding="utf-8")
        for place, line in enumerate(text.splitlines(), 1):
            lines += 1
            # A word that is longer than a line stands on a line of its own; a command is one, since it is to be copied.
            is_one_word = " " not in line.strip() or line.strip().startswith("migration-monitor ")
            if len(line) > WIDTH and not is_one_word:
                gallery.fault(f"{page.state}/{page.report}/report.txt:{place}", f"{len(line)} characters in a line, of {WIDTH}: {line[:40]}…")
        said = " ".join(re.sub(r"(?m)^ *\d+\. ", "", text).split())
        words = Words(page.html.read_text(encoding="utf-8"))
        # The text form says in words what a picture's alternative says.
        shown = " ".join([words.text, *words.alternatives.values()])
        in_text, in_page = set(NUMBER.findall(said)), set(NUMBER.findall(shown))
        numbers += len(in_page)
        for missing, where, present in [(in_page - in_text, "text", "page"), (in_text - in_page, "page", "text")]:
            if missing:
                gallery.fault(page.name, f"its {where} does not say {', '.join(sorted(missing)[:5])}, and its {present} does")
        for sentence in sentences(page.model["page"]):
            for where, there in [("text", said), ("page", shown)]:
                if " ".join(sentence.split()) not in there:
                    gallery.fault(page.name, f"its {where} does not say “{sentence}”")
    return f"{lines:,} lines of text fit {WIDTH} columns, and have the {numbers:,} numbers of their pages"


def rows_with(table, *wanted):
    """Whether some row of a table has all of these: each as a cell, or at the beginning of one."""
    def has(row, text):
        return any(cell == text or cell.startswith(text + " ") for cell in row)
    return any(all(has(row, text) for text in wanted) for row in table["rows"])


STATES = {
    "not-started": "Not started", "queued": "Queued", "synchronising": "Synchronising", "in-sync": "In sync",
    "ready-to-switch": "Ready to switch", "switched": "Switched", "stopped": "Stopped", "failed": "Failed", "unrecognised": "Unrecognised",
}


def missing_numbers(chart, table):
    """The numbers of a chart that its table lacks. A table that is cut has those of the rows that it shows."""
    drawing, rows = chart["drawing"], table["rows"]
    is_cut = bool(table["cut"] and table["cut"]["sentence"])
    columns = [column["heading"] for column in table["columns"]]
    kind = drawing["kind"]
    if kind == "states" and len(drawing["rows"]) == 1 and not drawing["rows"][0]["label"]:
        for state, number in drawing["rows"][0]["segments"]:
            listed = sum(STATES[state] in row for row in rows) if "User" in columns else None
            if listed is not None and not is_cut and listed != number or listed is None and not rows_with(table, STATES[state], count(number)):
                yield f"{count(number)} {STATES[state].lower()}"
    elif kind == "states":
        for row in drawing["rows"]:
            label, words = row["label"].rsplit(" · ", 1)[-1], row["value"].split(" of ")
            if not is_cut and words != [""] and not any(label in cells and rows_with({"rows": [cells]}, *words) for cells in rows):
                yield f"{row['value']} of {row['label']}"
    elif kind == "causes":
        for cause in drawing["causes"]:
            if not rows_with(table, cause["label"], count(cause["count"])):
                yield f"{count(cause['count'])} of {cause['label']}"
    elif kind == "progress":
        for day in drawing["days"][-len(rows):]:
            if not rows_with(table, count(day["attempted"]), count(day["total"])):
                yield f"{count(day['attempted'])} on {day['date']}"
        if not is_cut and len(rows) < len(drawing["days"]):
            yield f"{len(drawing['days'])} days, of which it has {len(rows)}"
    elif kind == "ready-over-time":
        days = {datetime.date.fromisoformat(day).strftime("%a %-d %b"): place for place, day in enumerate(drawing["days"])}
        for row in rows:
            for curve in drawing["curves"]:
                ready = curve["ready"][days[row[0].removesuffix(", so far")]]  # a week that is not over
                if ready is not None and not rows_with({"rows": [row]}, count(ready)):
                    yield f"{count(ready)} of {curve['label']} on {row[0]}"
    elif kind == "control-chart":
        unit = next(column for column in columns if column.startswith("Failed of "))
        items = int(unit.removeprefix("Failed of ").replace(",", ""))
        for row, point in zip(rows, reversed(drawing["points"])):
            figure = row[columns.index(unit)]
            rate, below = point["rate"] * items, figure == "below 0.1"
            if (below and not 0 < rate < 0.05) or (not below and abs(float(figure.replace(",", "")) - rate) > 0.0501):
                yield f"the rate of {point['date']}"
        if not is_cut and len(rows) < len(drawing["points"]):
            yield f"{len(drawing['points'])} days, of which it has {len(rows)}"
    elif kind == "causes-over-time":
        for cause in drawing["causes"]:
            if cause["label"] not in columns:
                yield cause["label"]
                continue
            place = columns.index(cause["label"])
            for row, number in zip(rows, reversed(cause["new_failed"])):
                if number is not None and row[place] != count(number):
                    yield f"{number} of {cause['label']} on {row[0]}"
    elif kind == "funnel":
        for point in drawing["points"]:
            if point["mark"] != "usual" and not is_cut and not rows_with(table, point["label"], count(point["attempted"])):
                yield f"{count(point['attempted'])} of {point['label']}"
    else:
        yield f"what is known of charts of the kind {kind}: say in tests/pages/words.py which numbers they hold"


def check_charts(gallery: Gallery):
    """Every chart has a table beside it with its numbers, and an alternative that is its finding."""
    charts = 0
    for page in gallery.emails:
        alternatives = Words(page.html.read_text(encoding="utf-8")).alternatives
        for section in page.model["page"]["sections"]:
            chart, table = section["chart"], section["table"]
            if not chart:
                continue
            charts += 1
            place = f"{page.name}, chart {chart['name']}"
            alternative = alternatives.pop(f"{chart['name']}.png", None)
            if alternative != chart["alternative_text"]:
                gallery.fault(place, f"its alternative is not the model's: {alternative}")
            elif alternative != chart["title"]:
                gallery.fault(place, f"its alternative is not its finding, “{chart['title']}”: {alternative}")
            if table is None:
                gallery.fault(place, "there is no table beside it")
                continue
            missing = list(missing_numbers(chart, table))
            if missing:
                gallery.fault(place, f"the table beside it lacks {'; '.join(missing[:3])}")
        if alternatives:
            gallery.fault(page.name, f"pictures that the model does not have: {', '.join(alternatives)}")
    return f"{charts} charts have their numbers in the table beside them, and their finding as their alternative"
