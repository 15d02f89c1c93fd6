"""Pages as they looked when they were last accepted: a picture each of what no other check sees, held against those in accepted/
so that another build of Chromium passes. A line may break elsewhere, and letters be smoothed otherwise; what is lost, laid out or
painted otherwise is found. Each picture proves it: its page is spoilt too, and must not pass."""

import io
from typing import NamedTuple

from PIL import Image, ImageChops, ImageStat

from shown import Gallery


class View(NamedTuple):
    """A page as a window shows it, and a rule of style that spoils it in the way that this picture is for."""

    page: str
    width: int
    is_dark: bool
    finds: str
    spoilt: str

    @property
    def file(self):
        return f"{self.page.replace('/', '-')}-{self.width}{'-dark' if self.is_dark else ''}.png"


# Those with the time of day in them, such as a second edition, cannot be among them.
VIEWS = [
    View("usual/overall-migration", 1200, False, "tiles that no longer stand side by side", ".tile { display: block !important }"),
    View("usual/overall-migration", 360, False, "a chart wider than a phone", ".picture img { width: 700px !important; max-width: none !important }"),
    View("usual/overall-migration", 600, True, "a sheet that stays white in the dark", ".sheet { background-color: #FFFFFF !important }"),
    View("high/failed-item", 600, False, "a chart that is not painted", ".picture img { visibility: hidden !important }"),
    View("long-names/overall-migration", 360, False, "long names that make a table wider than its page", ".rows th, .rows td { white-space: nowrap !important }"),
    View("right-to-left/switch-readiness", 1200, False, "names that turn their table round", ".rows { direction: rtl !important }"),
    View("summary-mixed/run-summary", 600, False, "a verdict without its colour", ".verdict { background-color: transparent !important }"),
    View("summary-mixed/archive-day", 1200, False, "the archive's page without its style sheet", "* { font-size: 10px !important }"),
]
SUBSETS = {
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
    "latin-ext": "U+0100-024F,U+1E00-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113",
    "hebrew": "U+0590-05FF,U+20AA,U+25CC,U+FB1D-FB4F",
}
# Pictures are kept at half their size, in few colours: enough to compare, and for a person to see what was accepted.
SCALE, COLOURS = 2, 160
# Bands of this height are looked for where they stood, or as far up or down as a line that breaks elsewhere moves them, and
# compared by squares: the means of their colours. All in pixels of the kept picture.
SQUARE, STEP, MOST_MOVED = 24, 2, 16
# So far a square's mean may be off in a channel, and so many squares of a page further than that. Builds 150 and 156 of Chromium,
# and letters hinted otherwise, differ in no square; the spoilt pages in 5 to 1,155.
DIFFERENCE, MOST_SQUARES = 14, 3


def font(node_modules):
    """Arimo, which is as wide as Arial, in its place: letters are the same on every machine."""
    files = node_modules / "@fontsource" / "arimo" / "files"
    return "\n".join(
        f"@font-face {{ font-family: Arial; font-weight: {weight}; unicode-range: {range_}; "
        f"src: url('{(files / f'arimo-{subset}-{weight}-normal.woff2').as_uri()}') }}"
        for subset, range_ in SUBSETS.items()
        for weight in (400, 700)
    )


def screenshots(gallery: Gallery, browser, node_modules):
    """Each view, and how to spoil and take it once more."""
    pages = {page.name.rsplit("/", 1)[0]: page for page in gallery.pages}
    for view in VIEWS:
        context = browser.new_context(
            bypass_csp=True, viewport={"width": view.width, "height": 900}, color_scheme="dark" if view.is_dark else "light"
        )
        page = context.new_page()
        page.goto(pages[view.page].html.as_uri())
        page.add_style_tag(content=font(node_modules))
        page.evaluate("Promise.all([...document.fonts].map(font => font.status === 'unloaded' ? null : font.loaded))")

        def spoilt():
            page.add_style_tag(content=view.spoilt)
            return steady(page)

        yield view, steady(page), spoilt
        context.close()


def steady(page):
    """The page once it is painted: two pictures in a row that are the same, to the last pixel. What scrolls by itself is painted
    apart from the page, and a picture can be taken before it is there."""
    before = None
    for _ in range(10):
        png = page.screenshot(full_page=True, animations="disabled")
        if png == before:
            return Image.open(io.BytesIO(png)).convert("RGB").reduce(SCALE)
        before = png
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    raise RuntimeError(f"{page.url} never looks the same twice")


def difference(accepted, found):
    """In words, how two pictures differ; None where they are alike."""
    if accepted.width != found.width:
        return f"it is {SCALE * found.width} pixels wide, and was {SCALE * accepted.width}"
    moved, off = 0, []
    for top in range(0, accepted.height - SQUARE, SQUARE):
        band = accepted.crop((0, top, accepted.width, top + SQUARE))
        moved = place_of(band, top, found, moved)
        there = found.crop((0, top + moved, found.width, top + moved + SQUARE))
        means = ImageChops.difference(band.reduce(SQUARE), there.reduce(SQUARE))
        off += [top] * sum(max(mean) > DIFFERENCE for mean in means.getdata())
    if len(off) > MOST_SQUARES:
        return f"{len(off)} squares differ, between {SCALE * off[0]} and {SCALE * (off[-1] + SQUARE)} pixels down"
    if abs(accepted.height + moved - found.height) > MOST_MOVED:
        return f"it is {SCALE * found.height} pixels high, and was {SCALE * accepted.height}"
    return None


def place_of(band, top, found, before):
    """How far a band has moved: as far as the one above it, where it lies as well there as anywhere."""
    def distance(moved):
        there = found.crop((0, top + moved, found.width, top + moved + SQUARE))
        means = ImageStat.Stat(ImageChops.difference(band.reduce((8, 2)), there.reduce((8, 2)))).mean
        return round(sum(means), 1), abs(moved - before)

    return min(range(before - MOST_MOVED, before + MOST_MOVED + 1, STEP), key=distance)


def check_pictures(gallery: Gallery, browser, node_modules, folder, keep):
    """Pages look as they did, and spoilt ones do not. What differs is kept, to be looked at."""
    accepted = {path.name for path in folder.glob("*.png")}
    for view, picture, spoilt in screenshots(gallery, browser, node_modules):
        place = f"tests/pages/accepted/{view.file}"
        if view.file not in accepted:
            gallery.fault(place, "nobody has accepted it yet. Run: tests/gallery --accept")
            continue
        accepted.discard(view.file)
        before = Image.open(folder / view.file).convert("RGB")
        told = difference(before, picture)
        if told:
            keep.mkdir(parents=True, exist_ok=True)
            picture.save(keep / view.file)
            gallery.fault(place, f"{told}. Look at {keep / view.file}; where it is right, run: tests/gallery --accept")
        elif not difference(before, spoilt()):
            gallery.fault(place, f"{view.finds} would not be found")
    for name in sorted(accepted):
        gallery.fault(f"tests/pages/accepted/{name}", "no page of the gallery looks like that any more. Run: tests/gallery --accept")
    return f"{len(VIEWS)} pictures look as they were accepted, and spoilt they do not"


def accept(gallery: Gallery, browser, node_modules, folder):
    """Takes the pages as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.png"):
        path.unlink()
    for view, picture, _ in screenshots(gallery, browser, node_modules):
        picture.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE).save(folder / view.file, optimize=True)
    return f"{len(VIEWS)} pictures accepted, of {sum(path.stat().st_size for path in folder.glob('*.png')):,} bytes"
