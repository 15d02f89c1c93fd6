"""What pages are written in: valid HTML, small enough, and understood by mail programs."""

import json
import shutil
import subprocess
import tempfile
import tomllib

from shown import Gallery

# Gmail cuts what is beyond 102 KB.
MOST_BYTES = 100_000
# In a message, a picture is called by its name in the form of a message's own identifiers (RFC 2392).
MORE_BYTES_PER_PICTURE = len("cid:@migration-monitor")


def check_markup(gallery: Gallery, tools, node_modules):
    """No error of html-validate, but for what is left out on purpose: a role may stand in place of an element of its own,
    and emails may have attributes that HTML no longer knows, since Outlook's Word engine knows no others; the archive's filters
    act as they are filled in, so that their form has no button to submit it."""
    for config, pages in [("markup-of-emails.json", gallery.emails), ("markup.json", [page for page in gallery.pages if not page.is_email])]:
        program = [node_modules / ".bin" / "html-validate", "--config", tools / config, "--formatter", "json"]
        # Into a file: what it writes into a pipe is cut where it ends.
        with tempfile.TemporaryFile() as told:
            ended = subprocess.run([*program, *[page.html for page in pages]], stdout=told).returncode
            told.seek(0)
            files = json.load(told)
        assert ended in (0, 1), f"html-validate ended with {ended}"
        for file in files:
            for told in file["messages"]:
                place = f"{file['filePath'].removeprefix(str(gallery.folder) + '/')}:{told['line']}:{told['column']}"
                gallery.fault(place, f"{told['message']} ({told['ruleId']} of html-validate)")
    return f"{len(gallery.pages)} pages are valid HTML"


def check_size(gallery: Gallery):
    """No email is so long that Gmail would cut it."""
    sizes = []
    for page in gallery.emails:
        html = page.html.read_bytes()
        size = len(html) + MORE_BYTES_PER_PICTURE * html.count(b"<img ")
        sizes.append(size)
        if size >= MOST_BYTES:
            gallery.fault(page.name, f"{size:,} bytes; fewer than {MOST_BYTES:,} are allowed")
    return f"{len(sizes)} emails of {min(sizes):,} to {max(sizes):,} bytes"


def check_support(gallery: Gallery, tools, node_modules):
    """Mail programs do what pages ask of them, but for what is listed and justified."""
    # Modules are looked for from where the script lies.
    script = shutil.copy(tools / "email_support.mjs", node_modules.parent)
    found = subprocess.run(["node", script, *[page.html for page in gallery.emails]], capture_output=True, text=True, check=True)
    found = {(each["feature"], each["program"]): each for each in json.loads(found.stdout)}
    list_of = tools / "email-support.toml"
    listed = set()
    for entry in tomllib.loads(list_of.read_text(encoding="utf-8"))["lacking"]:
        assert len(entry["why"]) > 20, f"{entry['feature']} in {list_of.name} needs a reason"
        for program in entry["programs"]:
            assert (entry["feature"], program) not in listed, f"{entry['feature']} of {program} is listed twice in {list_of.name}"
            listed.add((entry["feature"], program))
    for key in sorted(set(found) - listed):
        each = found[key]
        support = "does not do" if each["support"] == "none" else "does only in part"
        notes = " ".join(each["notes"])
        gallery.fault(
            each["page"].removeprefix(str(gallery.folder) + "/"),
            f"{each['program']} {support} “{each['feature']}”. {notes} Do without it, or list it in tests/pages/{list_of.name} and say why it does no harm",
        )
    for feature, program in sorted(listed - set(found)):
        gallery.fault(f"tests/pages/{list_of.name}", f"no page asks “{feature}” of {program} any more: remove it from the list")
    return f"{len(gallery.emails)} emails ask of mail programs nothing but what they do, and {len(listed)} listed exceptions"
