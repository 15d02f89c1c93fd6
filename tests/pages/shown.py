"""The gallery as its checks see it."""

import json
import pathlib


class Page:
    """One page of the gallery, with the text, the model and the workbook that belong to it."""

    def __init__(self, folder, entry):
        self.name = entry["html"]
        self.state, self.report, self.is_email = entry["state"], entry["report"], entry["is_email"]
        self.html = folder / entry["html"]
        self.text = folder / entry["text"] if "text" in entry else None
        self.workbook = folder / entry["workbook"] if "workbook" in entry else None
        self.model = json.loads((folder / entry["model"]).read_text(encoding="utf-8")) if "model" in entry else None


class Gallery:
    """All pages, and what was found wrong with them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        entries = json.loads((self.folder / "gallery.json").read_text(encoding="utf-8"))
        self.pages = [Page(self.folder, entry) for entry in entries]
        self.faults = []

    @property
    def emails(self):
        return [page for page in self.pages if page.is_email]

    def fault(self, place, told):
        self.faults.append(f"{place}: {told}")
