"""Pages as a browser shows them: nothing that WCAG 2.2 AA does not allow, contrast of all words, nothing beyond the edge."""

from shown import Gallery

# The rules of axe-core that stand for WCAG 2.2, levels A and AA.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PLACING = ["target-size", "scrollable-region-focusable"]
WIDE, NARROW = 1200, 360

# Every pair of a text's colour and the colour behind it that is seen, with its contrast (WCAG 2.2, 1.4.3), once each.
PAIRS = """() => {
    const parse = colour => {
        const parts = colour.match(/[\\d.]+/g).map(Number);
        return { r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1 };
    };
    const over = (top, ground) => ({
        r: top.r * top.a + ground.r * (1 - top.a), g: top.g * top.a + ground.g * (1 - top.a),
        b: top.b * top.a + ground.b * (1 - top.a), a: 1,
    });
    const luminance = ({ r, g, b }) => {
        const linear = channel => channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;
        return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const chain = element => { const all = []; for (let one = element; one; one = one.parentElement) all.unshift(one); return all; };
    const pairs = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, element = node.parentElement;
        const words = node.textContent.trim();
        if (!words || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        if (box.width < 2 || box.height < 2) continue;
        let ground = { r: 255, g: 255, b: 255, a: 1 }, image = false;
        for (const one of chain(element)) {
            const style = getComputedStyle(one);
            ground = over(parse(style.backgroundColor), ground);
            image = image || style.backgroundImage !== 'none';
        }
        const style = getComputedStyle(element);
        const ink = over(parse(style.color), ground);
        const [light, dark] = [luminance(ink), luminance(ground)].sort((one, other) => other - one);
        const size = parseFloat(style.fontSize), weight = parseInt(style.fontWeight);
        // Large is 18 points, or 14 in bold.
        const isLarge = size >= 24 || (size >= 56 / 3 && weight >= 700);
        const hidden = size < 6;
        const key = [style.color, JSON.stringify(ground), isLarge, hidden, image].join();
        if (!pairs.has(key)) pairs.set(key, { ratio: (light + 0.05) / (dark + 0.05), isLarge, hidden, image, words: words.slice(0, 40),
            ink: style.color, ground: `rgb(${Math.round(ground.r)}, ${Math.round(ground.g)}, ${Math.round(ground.b)})` });
    }
    return [...pairs.values()];
}"""


def check_contrast(gallery: Gallery, page, shown, pairs):
    """Words stand out from what is behind them: 4.5 to 1, large ones 3 to 1."""
    for pair in page.evaluate(PAIRS):
        pairs.add((pair["ink"], pair["ground"], pair["isLarge"]))
        place = f"{shown.name}, “{pair['words']}”"
        if pair["image"]:
            gallery.fault(place, "a picture is behind the words, whose contrast cannot be told")
        elif pair["hidden"]:
            gallery.fault(place, "the words are too small to be read; hide them or enlarge them")
        elif pair["ratio"] < (3 if pair["isLarge"] else 4.5):
            gallery.fault(place, f"{pair['ink']} on {pair['ground']} has a contrast of {pair['ratio']:.2f}")


def check_access(gallery: Gallery, page, shown):
    """No violation of axe-core; narrow, of the rules that ask where things are."""
    for width, only in [(WIDE, {"type": "tag", "values": WCAG}), (NARROW, {"type": "rule", "values": PLACING})]:
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate("only => axe.run(document, { runOnly: only, resultTypes: ['violations'] })", only)
        for each in found["violations"]:
            gallery.fault(f"{shown.name} at {width} pixels", f"{each['help']} ({each['id']} of axe-core): {each['nodes'][0]['html'][:160]}")
        if width == WIDE and not found["passes"]:
            gallery.fault(shown.name, "axe-core looked at nothing")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            gallery.fault(f"{shown.name} at {width} pixels", "the page is wider than its window")


def check_rendering(gallery: Gallery, browser, axe):
    """All of this on every page."""
    # The archive's own policy forbids everything that is not in the page; axe-core is let in by the browser.
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    wrong, pairs = [], set()
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(f"asks for {request.url}") if not request.url.startswith(("file:", "data:")) else None)
    page.on("requestfailed", lambda request: wrong.append(f"not found: {request.url}"))
    for shown in gallery.pages:
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.goto(shown.html.as_uri())
        page.evaluate(axe)
        check_contrast(gallery, page, shown, pairs)
        check_access(gallery, page, shown)
        for told in wrong:
            gallery.fault(shown.name, told)
        wrong.clear()
    context.close()
    return f"axe-core finds nothing on {len(gallery.pages)} pages at two widths, and {len(pairs)} pairs of colours have their contrast"
