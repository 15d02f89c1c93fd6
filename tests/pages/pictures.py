"""Pages as they looked when they were last accepted: screenshots, held against those in accepted/."""

import io

from PIL import Image, ImageChops

from shown import Gallery

# So few that they have room in the repository: each report, and what strains a layout. Those with the time of day in
# them, such as a second edition, cannot be among them.
PAGES = [
    "usual/overall-migration", "usual/switch-readiness", "high/failed-item", "mop-up/failed-item", "unknown-totals/overall-migration",
    "long-names/failed-item", "right-to-left/switch-readiness", "summary-mixed/run-summary", "summary-mixed/archive-day", "archive/archive-days",
]
# Name of the view, width, and whether a dark browser turns the colours round by itself, as mail programs do.
VIEWS = [("1200", 1200, False), ("600", 600, False), ("360", 360, False), ("dark", 600, True)]
FLAGS_OF_DARK = ["--enable-features=WebContentsForceDark", "--force-dark-mode"]
# Letters look the same on every machine: in this font, and smoothed in one way.
FLAGS = ["--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"]
SUBSETS = {
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
    "latin-ext": "U+0100-024F,U+1E00-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113",
    "hebrew": "U+0590-05FF,U+20AA,U+25CC,U+FB1D-FB4F",
}
COLOURS = 48
# A block of so many pixels across and down differs where so large a share of it has another colour, by so much in a channel.
BLOCK, SHARE, DIFFERENCE = 8, 0.25, 56
MOST_BYTES = 6_000_000


def font(node_modules):
    """Arimo, which is as wide as Arial, in its place."""
    files = node_modules / "@fontsource" / "arimo" / "files"
    return "\n".join(
        f"@font-face {{ font-family: Arial; font-weight: {weight}; unicode-range: {range_}; "
        f"src: url('{(files / f'arimo-{subset}-{weight}-normal.woff2').as_uri()}') }}"
        for subset, range_ in SUBSETS.items()
        for weight in (400, 700)
    )


def screenshots(gallery: Gallery, launch, node_modules):
    """Every view of every page of the list."""
    pages = {page.name.rsplit("/", 1)[0]: page for page in gallery.pages}
    for is_dark in (False, True):
        browser = launch([*FLAGS, *(FLAGS_OF_DARK if is_dark else [])])
        context = browser.new_context(bypass_csp=True, java_script_enabled=True)
        page = context.new_page()
        for name in PAGES:
            page.goto(pages[name].html.as_uri())
            page.add_style_tag(content=font(node_modules))
            page.evaluate("document.fonts.ready")
            for view, width, _ in [view for view in VIEWS if view[2] == is_dark]:
                page.set_viewport_size({"width": width, "height": 900})
                page.evaluate("Promise.all([...document.fonts].map(font => font.status === 'unloaded' ? null : font.loaded))")
                yield f"{name.replace('/', '-')}-{view}.png", steady(page)
        browser.close()


def steady(page):
    """The page once it is painted: two pictures in a row that are the same, to the last pixel. What scrolls by itself is painted
    apart from the page, and a picture can be taken before it is there."""
    before = None
    for _ in range(10):
        png = page.screenshot(full_page=True, animations="disabled")
        if png == before:
            return Image.open(io.BytesIO(png)).convert("RGB")
        before = png
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    raise RuntimeError(f"{page.url} never looks the same twice")


def difference(accepted, found):
    """In words, how two pictures differ; None where they are alike."""
    if accepted.size != found.size:
        return f"it is {found.size[0]} × {found.size[1]} pixels, and was {accepted.size[0]} × {accepted.size[1]}"
    channels = ImageChops.difference(accepted, found).split()
    largest = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    blocks = largest.point(lambda value: 255 if value > DIFFERENCE else 0).reduce(BLOCK).point(lambda value: 255 if value > 255 * SHARE else 0)
    box = blocks.getbbox()
    if box is None:
        return None
    left, top, right, bottom = (BLOCK * edge for edge in box)
    return f"it differs within {left}–{right} across and {top}–{bottom} down"


def check_pictures(gallery: Gallery, launch, node_modules, folder, keep):
    """Pages look as they did. What differs is kept, to be looked at."""
    accepted = {path.name for path in folder.glob("*.png")}
    found = 0
    for name, picture in screenshots(gallery, launch, node_modules):
        found += 1
        told = difference(Image.open(folder / name).convert("RGB"), picture) if name in accepted else "nobody has accepted it yet"
        accepted.discard(name)
        if told:
            keep.mkdir(parents=True, exist_ok=True)
            picture.save(keep / name)
            gallery.fault(f"tests/pages/accepted/{name}", f"{told}. Look at {keep / name}; where it is right, run: tests/gallery --accept")
    for name in sorted(accepted):
        gallery.fault(f"tests/pages/accepted/{name}", "no page of the gallery looks like that any more. Run: tests/gallery --accept")
    return f"{found} pictures look as they were accepted"


def accept(gallery: Gallery, launch, node_modules, folder):
    """Takes the pages as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.png"):
        path.unlink()
    for name, picture in screenshots(gallery, launch, node_modules):
        # Colours that lie on few pixels are as good as others here: smoothed edges of letters.
        picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(folder / name, optimize=True)
    size = sum(path.stat().st_size for path in folder.glob("*.png"))
    if size > MOST_BYTES:
        gallery.fault(str(folder), f"{size:,} bytes of pictures; at most {MOST_BYTES:,} have room in the repository")
    return f"{len(list(folder.glob('*.png')))} pictures accepted, of {size:,} bytes"
