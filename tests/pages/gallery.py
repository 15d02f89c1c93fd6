"""Holds the gallery against all that its pages must be. Called by tests/gallery: GALLERY NODE_MODULES CHROMIUM DIFFERING
[--accept]. Pictures that differ from accepted ones are put into the folder DIFFERING."""

import pathlib
import sys
import time

from playwright.sync_api import sync_playwright

import markup
import merging
import pictures
import rendering
import sentences
import word
import words
import workbooks
from shown import Gallery

TOOLS = pathlib.Path(__file__).parent


def main():
    gallery = Gallery(sys.argv[1])
    node_modules, chromium, differing = pathlib.Path(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
    accepted = TOOLS / "accepted"

    def checked(check, *more):
        began, before = time.monotonic(), len(gallery.faults)
        told = check(gallery, *more)
        faults = len(gallery.faults) - before
        print(f"tests/gallery: {told if faults == 0 else f'{faults} faults ({check.__name__})'} ({time.monotonic() - began:.1f} s)", flush=True)

    with sync_playwright() as playwright:
        # Letters are smoothed in one way.
        flags = ["--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        if sys.argv[5:] == ["--accept"]:
            checked(sentences.accept)
            checked(pictures.accept, browser, node_modules, accepted)
        else:
            checked(markup.check_markup, TOOLS, node_modules)
            checked(markup.check_size)
            checked(markup.check_support, TOOLS, node_modules)
            checked(sentences.check_sentences)
            checked(words.check_text)
            checked(words.check_charts)
            checked(workbooks.check_workbooks)
            checked(workbooks.check_printing)
            checked(merging.check_letters)
            checked(word.check_word, browser)
            checked(rendering.check_rendering, browser, (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
            checked(pictures.check_pictures, browser, node_modules, accepted, differing)
    for fault in gallery.faults:
        print(f"tests/gallery: {fault}", file=sys.stderr)
    sys.exit(1 if gallery.faults else 0)


main()
