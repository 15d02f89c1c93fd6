"""The same two emails an organisation, written as a competent analyst would in an afternoon: pandas, Jinja2, matplotlib and
XlsxWriter. It is what the program's speed is held against, not what it is made of: no check of a row, no verdict that allows
for clusters, no comparison with earlier days, no verification, no ledger.

    python3 benches/peers/straightforward.py ESTATE DATE OUT

ESTATE is a folder of benches/generate_estate.py. Writes one .eml a report and organisation into OUT, and prints how many
mailboxes it reported on and how many messages it wrote.
"""

import io
import sys
from email.message import EmailMessage
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from jinja2 import Environment

EXPECTED_RATE = 0.0001
DONE = ["In Sync", "Ready to Switch", "Switched"]
CAUSES = [
    ("Item too large", "too large|exceeds the maximum", "Your organisation", "Ask the user to save large attachments elsewhere"),
    ("Item corrupted", "corrupt", "Migration team", "We repair corrupted items in bulk during mop-up"),
    ("Mailbox over its size limit", "quota|over its", "Your organisation", "Ask the user to tidy up"),
    ("Permission or folder setting", "permission|access|folder", "Migration team", "We correct the setting"),
    ("Temporary fault", "time|throttl|unavailable", "Migration team", "Nothing to do: it is tried again"),
]

PAGE = Environment(autoescape=True).from_string("""<!DOCTYPE html>
<html lang="en"><head><title>{{ title }}</title></head><body style="font-family:Arial,sans-serif;color:#212B32">
<h1 style="color:#005EB8">{{ title }}</h1><p>{{ name }} ({{ code }}), {{ date }}</p><p><b>{{ headline }}</b></p>
<table>{% for label, value in tiles %}<tr><th align="left">{{ label }}</th><td align="right">{{ value }}</td></tr>{% endfor %}</table>
{% for image in images %}<p><img src="cid:{{ image }}" alt="{{ headline }}" width="600"></p>{% endfor %}
{% for table in tables %}<h2>{{ table.title }}</h2><table border="1" cellspacing="0" cellpadding="4">
<tr>{% for heading in table.headings %}<th>{{ heading }}</th>{% endfor %}</tr>
{% for row in table.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>{% endfor %}
<p>All rows are in the attached workbook.</p></body></html>""")


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False, low_memory=False)


def bars(values: pd.Series, title: str) -> bytes:
    figure, axes = plt.subplots(figsize=(6, 2.5), dpi=200)
    axes.barh(values.index.astype(str), values.to_numpy(), color="#005EB8")
    axes.set_title(title, loc="left")
    for place, value in enumerate(values):
        axes.text(value, place, f" {value:,}", va="center")
    figure.tight_layout()
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    plt.close(figure)
    return picture.getvalue()


def workbook(sheets: dict[str, pd.DataFrame]) -> bytes:
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="xlsxwriter") as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False, header=False, startrow=1)
            sheet = writer.sheets[name]
            rows, columns = frame.shape
            sheet.add_table(0, 0, max(rows, 1), columns - 1, {"columns": [{"header": str(heading)} for heading in frame.columns]})
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, columns - 1, 20)
    return file.getvalue()


def message(title: str, organisation: pd.Series, date: str, to: str, page: str, pictures: dict[str, bytes], xlsx: bytes) -> bytes:
    email = EmailMessage()
    email["From"] = "reports@nhs.example"
    email["To"] = to
    email["Subject"] = f"{title}: {organisation['name']} ({organisation['code']}), {date}"
    email.set_content(f"{title}\n{organisation['name']}\nThe figures are in the workbook.\n")
    email.add_alternative(page, subtype="html")
    for name, picture in pictures.items():
        email.get_payload()[1].add_related(picture, "image", "png", cid=f"<{name}>")
    email.add_attachment(
        xlsx, maintype="application", subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet", filename=f"{organisation['code']}.xlsx"
    )
    return email.as_bytes()


def cause_of(errors: pd.Series) -> pd.DataFrame:
    name = pd.Series("Other", index=errors.index)
    for cause, pattern, _, _ in reversed(CAUSES):
        name[errors.str.contains(pattern, case=False, regex=True)] = cause
    return name


def reports(estate: Path, organisation: pd.Series, date: str) -> tuple[int, list[bytes]]:
    folder = estate / "exports" / organisation["code"] / date
    users, items = read(folder / "sync-state.csv"), read(folder / "failed-items.csv")
    attempted = users["Items Synchronized"] + users["Failed Items"]
    done = users["Sync State"].isin(DONE)
    failed = int(users["Failed Items"].sum())
    rate = failed / max(int(attempted.sum()), 1)
    verdict = "as expected" if rate <= 3 * EXPECTED_RATE else "above what is expected"
    headline = f"{int(done.sum()):,} of {len(users):,} mailboxes are in sync or switched. Failures are {verdict}: {rate:.4%}."
    collections = users.assign(done=done).groupby("Collection").agg(
        mailboxes=("done", "size"), done=("done", "sum"), items=("Items Total", "sum"), failed=("Failed Items", "sum")
    ).reset_index()
    attention = users[~done].sort_values("Progress (%)").head(25)
    states = bars(users["Sync State"].value_counts().sort_values(), f"{done.mean():.0%} of mailboxes are in sync or switched")
    progress = bars(collections.set_index("Collection")["done"], "Mailboxes in sync or switched by collection")
    common = {"name": organisation["name"], "code": organisation["code"], "date": date, "headline": headline}
    tiles = [("Mailboxes", f"{len(users):,}"), ("Items failed", f"{failed:,}"), ("Failure rate", f"{rate:.4%}")]
    table = lambda title, frame: {"title": title, "headings": list(frame.columns), "rows": frame.to_numpy().tolist()}
    overall_page = PAGE.render(
        title="Overall Migration Report", tiles=tiles, images=["states", "progress"],
        tables=[table("Collections", collections), table("Users who need attention", attention.iloc[:, :8])], **common,
    )
    overall_book = workbook({"Summary": pd.DataFrame(tiles, columns=["Figure", "Value"]), "Users": users, "Collections": collections})
    overall = message("Overall Migration Report", organisation, date, organisation["overall_migration_to"], overall_page,
                      {"states": states, "progress": progress}, overall_book)

    items = items.assign(Cause=cause_of(items["Error"]))
    by_cause = items.groupby("Cause").agg(items=("Subject", "size"), users=("Source Mailbox", "nunique")).sort_values("items").reset_index()
    by_user = items.groupby(["User", "Source Mailbox"]).size().rename("items").sort_values(ascending=False).reset_index()
    causes = bars(by_cause.set_index("Cause")["items"], "Why items failed")
    by_day = bars(pd.to_datetime(items["Failed At"], dayfirst=True).dt.date.value_counts().sort_index().tail(14), "Failed items by day")
    failed_page = PAGE.render(
        title="Failed Item Report", tiles=tiles, images=["causes", "days"],
        tables=[table("Causes", by_cause), table("Users with most failed items", by_user.head(25))], **common,
    )
    failed_book = workbook({"Failed items": items, "By user": by_user, "By cause": by_cause})
    failed_item = message("Failed Item Report", organisation, date, organisation["failed_item_to"], failed_page,
                          {"causes": causes, "days": by_day}, failed_book)
    return len(users), [overall, failed_item]


def main() -> None:
    estate, date, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    mailboxes = messages = 0
    for _, organisation in read(estate / "organisations.csv").iterrows():
        count, emails = reports(estate, organisation, date)
        mailboxes += count
        for number, email in enumerate(emails):
            (out / f"{organisation['code']}-{number}.eml").write_bytes(email)
            messages += 1
    print(f"{mailboxes} mailboxes, {messages} messages")


if __name__ == "__main__":
    main()
