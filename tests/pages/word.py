"""Pages as Outlook for Windows lays them out, which does so by Word's engine: padding counts in cells of tables and nowhere else;
media queries, pseudo-elements, most widths of style, floats, rounded corners and pictures behind words count not at all
(caniemail.com; Microsoft, “Rendering Outlook email”). A page that asks for none of that looks the same in both."""

import html.parser
import re

from shown import Gallery

# A wide window: the sheet has its full width, since what narrows it is a media query.
WIDTH = 900
SHEET = 640
# So far, in pixels, may a part of the page lie from where a browser has it.
DIFFERENCE = 1
UNKNOWN = re.compile(r"(?:^|;)\s*(max-width|min-width|max-height|min-height|border-radius|box-shadow|background-image|float|clear|position|top|left|right|bottom|"
                     r"transform|opacity|flex[a-z-]*|grid[a-z-]*|gap|align-items|justify-content|box-sizing|overflow|overflow-[xy])\s*:")
# The line that a list of messages shows is hidden from the page.
HIDDEN = "mso-hide: all"
CELLS, LISTS = ("td", "th"), ("ul", "ol", "li", "dl")

# Where each part of a page stands, and how large it is.
PLACES = """() => Array.from(document.querySelectorAll('h1, h2, p, td, th, caption, img')).filter(one => one.checkVisibility()).map(one => {
    const { left, top, width, height } = one.getBoundingClientRect();
    return { what: `${one.tagName.toLowerCase()} “${one.textContent.trim().slice(0, 40)}”`, box: [left, top, width, height] };
})"""
# What Word leaves out.
AS_WORD = """() => {
    document.querySelectorAll('style').forEach(one => one.remove());
    const sheet = document.createElement('style');
    sheet.textContent = `:not(td, th) { padding: 0 !important } * { max-width: none !important; min-width: 0 !important; max-height: none !important;
        border-radius: 0 !important; box-shadow: none !important; background-image: none !important; float: none !important; position: static !important; }`;
    document.head.append(sheet);
}"""


class Styles(html.parser.HTMLParser):
    """The elements of a page with what they ask of Word that it does not do."""

    def __init__(self, markup):
        super().__init__()
        self.found, self.widths = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        style = attributes.get("style", "")
        if HIDDEN in style:
            return
        if tag in LISTS:
            self.found.append(f"<{tag}>: Word indents lists as it likes; a list is a table")
        if tag not in CELLS and re.search(r"(?:^|;)\s*padding", style):
            self.found.append(f"<{tag} class=\"{attributes.get('class', '')}\"> has padding, which counts in cells only")
        for name in UNKNOWN.findall(style):
            self.found.append(f"<{tag} class=\"{attributes.get('class', '')}\"> has {name}, which Word does not know")
        if tag in ("table", "td", "th", "img") and attributes.get("width", "").isdigit():
            self.widths.append(int(attributes["width"]))


def asked(markup):
    """What a page asks of Word that it does not do."""
    styles = Styles(markup)
    yield from dict.fromkeys(styles.found)
    if max(styles.widths) > SHEET:
        yield f"something is {max(styles.widths)} pixels wide; at most {SHEET} are seen beside the list of messages"


def moved(page):
    """The parts of an open page that are elsewhere, or of another size, where Word lays it out."""
    before = page.evaluate(PLACES)
    page.evaluate(AS_WORD)
    for was, now in zip(before, page.evaluate(PLACES), strict=True):
        if any(abs(one - other) > DIFFERENCE for one, other in zip(was["box"], now["box"])):
            yield f"{was['what']} stands at {[round(side) for side in now['box']]} where Word lays it out, and at {[round(side) for side in was['box']]} elsewhere"


def check_word(gallery: Gallery, browser):
    """Every email, and that a spoilt one would be found."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    for shown in gallery.emails:
        for told in asked(shown.html.read_text(encoding="utf-8")):
            gallery.fault(shown.name, told)
        page.goto(shown.html.as_uri())
        for told in list(moved(page))[:1]:
            gallery.fault(shown.name, told)
    first = gallery.emails[0].html
    for style in ["padding: 32px 0 8px 0", "float: right", "max-width: 50px"]:
        spoilt = re.sub(r"<h2 style=\"", f'<h2 style="{style}; ', first.read_text(encoding="utf-8"))
        page.set_content(spoilt)
        assert list(asked(spoilt)) and list(moved(page)), f"{style} would not be found"
    assert list(asked("<ul><li>x</li></ul><table width=\"641\">")) != [], "lists and wide tables would not be found"
    page.close()
    return f"{len(gallery.emails)} emails look in Word as in a browser"
