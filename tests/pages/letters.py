"""Fills a letter from each row of the sheet Tell users, by LibreOffice's own mail merge: WORKBOOK FOLDER.

Prints the letters as JSON, a text each, and leaves them in the folder as one document. Needs LibreOffice Writer and its
Python bridge (Debian: libreoffice-writer-nogui, python3-uno), and so the system's Python.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.text.MailMergeType import FILE

SHEET = "Tell users"
SOURCE = "letters"
FIELDS = ["Greeting", "Paragraph"]


def property_of(name, value):
    of = PropertyValue()
    of.Name, of.Value = name, value
    return of


def started(profile):
    """A LibreOffice of our own, and what makes services in it."""
    pipe = f"letters{time.time_ns()}"
    command = ["soffice", "--headless", "--norestore", "--nologo", f"-env:UserInstallation={profile.as_uri()}", f"--accept=pipe,name={pipe};urp"]
    office = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(240):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return office, lambda service: context.ServiceManager.createInstanceWithContext(service, context)
        except Exception:
            time.sleep(0.5)
    office.kill()
    sys.exit("letters: LibreOffice does not start")


def register(create, workbook, folder):
    """Makes the workbook a data source, as LibreOffice's address book assistant does."""
    sources = create("com.sun.star.sdb.DatabaseContext")
    source = sources.createInstance()
    source.URL = f"sdbc:calc:{workbook.as_uri()}"
    source.DatabaseDocument.storeAsURL((folder / "letters.odb").as_uri(), ())
    sources.registerObject(SOURCE, source)


def write_template(create, path):
    """A letter with a field for each column that is one of its parts."""
    desktop = create("com.sun.star.frame.Desktop")
    document = desktop.loadComponentFromURL("private:factory/swriter", "_blank", 0, (property_of("Hidden", True),))
    text = document.Text
    cursor = text.createTextCursor()
    for column in FIELDS:
        master = document.createInstance("com.sun.star.text.fieldmaster.Database")
        master.DataBaseName, master.DataTableName, master.DataColumnName = SOURCE, SHEET, column
        field = document.createInstance("com.sun.star.text.textfield.Database")
        field.attachTextFieldMaster(master)
        text.insertTextContent(cursor, field, False)
        text.insertString(cursor, "\n\n", False)
    document.storeToURL(path.as_uri(), (property_of("FilterName", "writer8"),))
    document.close(True)


def merge(create, template, folder):
    merging = create("com.sun.star.text.MailMerge")
    merging.DataSourceName, merging.CommandType, merging.Command = SOURCE, 0, SHEET
    merging.DocumentURL, merging.OutputType = template.as_uri(), FILE
    merging.OutputURL, merging.FileNamePrefix = folder.as_uri(), "letter"
    merging.SaveFilter = "Text (encoded)"
    merging.SaveAsSingleFile = False
    merging.execute(())


def main():
    workbook, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        office, create = started(pathlib.Path(profile))
        try:
            template = folder / "template.odt"
            register(create, workbook, folder)
            write_template(create, template)
            merge(create, template, folder)
        finally:
            try:
                create("com.sun.star.frame.Desktop").terminate()
                office.wait(30)
            except Exception:
                office.kill()
    letters = sorted(folder.glob("letter*.txt"), key=lambda path: int("".join(filter(str.isdigit, path.stem)) or 0))
    json.dump([letter.read_text(encoding="utf-8-sig") for letter in letters], sys.stdout)


main()
