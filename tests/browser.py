"""Opens pages of the archive in Chromium. Called by tests/browser: PAGES AXE CHROMIUM [PICTURES]."""

import pathlib
import sys

from playwright.sync_api import sync_playwright

DAY = "2026-11-20"
# The rules of axe-core that stand for WCAG 2.2, levels A and AA.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Longer than this, in seconds, a person's thought is interrupted (Nielsen 1993).
DELAY = 1.0


def values(page, column):
    """What the visible rows of a column are sorted by."""
    script = """column => Array.from(document.querySelectorAll('tbody')).filter(body => !body.hidden).map(body => {
        const cell = body.rows[0].cells[column];
        return cell.hasAttribute('data-value') ? cell.getAttribute('data-value') : cell.textContent.trim();
    })"""
    return page.evaluate(script, column)


def column_of(page, heading):
    headings = page.locator("thead th").all_inner_texts()
    # The arrow of the sorted column is drawn, not written.
    return [text.strip() for text in headings].index(heading)


def is_in_order(figures, largest_first):
    known = [float(figure) for figure in figures if figure != ""]
    # What is not known is last, whichever way.
    return figures[: len(known)] == [figure for figure in figures if figure != ""] and known == sorted(known, reverse=largest_first)


def visible_rows(page):
    return page.evaluate("Array.from(document.querySelectorAll('tbody')).filter(body => body.offsetParent !== null).length")


def check_sorting(page):
    for heading in ["Past the date", "Failure rate", "Not ready, 7 days"]:
        column = column_of(page, heading)
        cell = page.locator("thead th").nth(column)
        cell.get_by_role("button").click()
        assert cell.get_attribute("aria-sort") == "descending" and is_in_order(values(page, column), True), heading
        # The keyboard does the same.
        cell.get_by_role("button").focus()
        page.keyboard.press("Enter")
        assert cell.get_attribute("aria-sort") == "ascending" and is_in_order(values(page, column), False), heading
        assert page.locator("th[aria-sort]").count() == 1
    code = column_of(page, "Code")
    page.locator("thead th").nth(code).get_by_role("button").click()
    codes = values(page, code)
    assert codes == sorted(codes, key=str.lower), codes[:10]


def check_filters(page, total):
    status = page.get_by_role("status")
    assert status.inner_text() == f"Showing {total} of {total}.", status.inner_text()
    words = page.get_by_label("Code, name or other words")
    code = values(page, column_of(page, "Code"))[0]
    words.fill(code.lower())
    assert 1 <= visible_rows(page) < total, code
    assert status.inner_text() == f"Showing {visible_rows(page)} of {total}."
    words.fill("no such words anywhere")
    assert visible_rows(page) == 0 and status.inner_text() == f"Showing 0 of {total}."
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("total => document.querySelector('.count').textContent === `Showing ${total} of ${total}.`", arg=total)
    for label, column in [("Reports", "Reports"), ("Verdict", "Verdict"), ("Stage", "Stage")]:
        choice = page.get_by_label(label, exact=True)
        for option in choice.locator("option").all_inner_texts()[1:]:
            choice.select_option(option)
            shown = values(page, column_of(page, column))
            assert shown and set(shown) == {option}, (label, option, set(shown))
        choice.select_option("")
    assert visible_rows(page) == total


def check_links(page):
    link = page.locator("td.reports a").first
    name = link.inner_text()
    link.click()
    assert page.locator("h1").count() == 1 and page.url.endswith("/report.html"), (name, page.url)
    page.go_back()
    page.get_by_role("link", name="All days").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Archive of reports"
    page.locator(f"a[href='{DAY}/index.html']").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Run Summary")


def check_speed(page):
    """From the key to the page that is laid out anew, in the page's own time; the best of three, since machines have other work."""
    laid_out = "document.body.offsetHeight; return (performance.now() - began) / 1000;"
    sort = "column => { const began = performance.now(); document.querySelectorAll('thead th')[column].firstChild.click(); " + laid_out + " }"
    fill = """words => { const began = performance.now(); const box = document.querySelector('input[type=search]');
        box.value = words; box.dispatchEvent(new Event('input', { bubbles: true })); """ + laid_out + " }"
    sorting = min(page.evaluate(sort, column_of(page, heading)) for heading in ["Failure rate", "Organisation", "Stopped or failed"])
    filtering = min(page.evaluate(fill, words) for words in ["trust number 1", "", "refused"])
    print(f"tests/browser: 600 organisations sorted in {sorting:.3f} s, filtered in {filtering:.3f} s")
    assert sorting < DELAY and filtering < DELAY
    page.get_by_role("button", name="Show all").click()


def check_access(page, axe, name):
    """No violation at WCAG 2.2 AA, and nothing beyond the edge of a narrow page."""
    page.evaluate(axe)
    for width in [1280, 360]:
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate("tags => axe.run(document, { runOnly: { type: 'tag', values: tags } })", WCAG)
        told = [(each["id"], each["help"], each["nodes"][0]["html"]) for each in found["violations"]]
        assert not told, (name, width, told)
        assert found["passes"], "axe-core looked at nothing"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width, "the page is wider than its window")
    page.set_viewport_size({"width": 1280, "height": 900})


def check_width(page, name):
    """Every column is in sight where the table is one, and every figure where it is not."""
    for width in [1440, 1161, 1160, 768, 360]:
        page.set_viewport_size({"width": width, "height": 900})
        beyond = page.evaluate("(() => { const box = document.querySelector('.scroll'); return box.scrollWidth - box.clientWidth; })()")
        assert beyond <= 0, (name, width, f"{beyond} pixels of the table are out of sight")
        assert page.locator("tbody").first.locator("td.number").last.is_visible(), (name, width)
    page.set_viewport_size({"width": 1280, "height": 900})


def check_print(page):
    page.emulate_media(media="print")
    assert not page.locator(".controls").is_visible() and page.locator("table").is_visible()
    page.emulate_media(media="screen")


def main():
    pages, axe, chromium = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"), sys.argv[3]
    pictures = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
    sample, many, days = pages / "sample" / DAY / "index.html", pages / "many" / DAY / "index.html", pages / "sample" / "index.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for name, path, total in [("sample", sample, 7), ("many", many, 601), ("days", days, 2)]:
            # The page's own policy forbids everything that is not in it; axe-core is let in by the browser.
            context = browser.new_context(bypass_csp=True)
            page = context.new_page()
            wrong = []
            page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
            page.on("requestfailed", lambda request: wrong.append(f"not found: {request.url}"))
            page.goto(path.as_uri())
            assert page.locator("tbody").count() == total, (name, page.locator("tbody").count())
            if name != "days":
                check_filters(page, total)
                check_sorting(page)
                check_print(page)
            check_width(page, name)
            check_access(page, axe, name)
            if name == "many":
                check_speed(page)
            if pictures:
                pictures.mkdir(parents=True, exist_ok=True)
                for width in [1200, 360]:
                    page.set_viewport_size({"width": width, "height": 900})
                    page.screenshot(path=pictures / f"{name}-{width}.png", full_page=name != "many")
            if name == "sample":
                check_links(page)
            assert not wrong, (name, wrong)
            context.close()

            # As it is delivered: under its own policy, nothing is refused, and without JavaScript the table is there.
            for has_script in [True, False]:
                context = browser.new_context(java_script_enabled=has_script)
                page = context.new_page()
                page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
                page.goto(path.as_uri())
                assert page.locator("table").is_visible() and page.locator(".controls").is_visible() == has_script, (name, has_script)
                assert page.locator("thead th button").count() == 0 or has_script
                context.close()
            assert not wrong, (name, wrong)
        browser.close()
    print("tests/browser: the pages of the archive work, and axe-core finds nothing against WCAG 2.2 AA")


main()
