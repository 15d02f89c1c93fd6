"""The same two emails an organisation, written as a competent analyst would in a few days: pandas, Jinja2, matplotlib and
XlsxWriter. It is what the program's speed is held against, not what it is made of.

    python3 benches/peers/straightforward.py ESTATE DATE OUT

ESTATE is a folder of `sample-data/generator estate` --no-switch-readiness. Writes an Overall Migration Report and a Failed Item
Report of each organisation as .eml into OUT, and prints how many mailboxes it reported on and how many messages it wrote.
Both have the sheets of the program's workbooks with the same columns and rows, as many charts of the same size, the same
tables and lists on the page, and a text form that says what the page says.

It leaves out: every check of a row, a heading or an encoding, and so the findings; verdicts that allow for clusters and for
the number of mailboxes (it has a threshold); what is compared with earlier days (the columns First seen and Days open, which are blank on a
first day, and the forecast); references to items; styles beyond a few colours; the reading back of every message; the
archive, the ledger, the index and the Run Summary.
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
STATES = {
    "New": "Not started", "Queued": "Queued", "In Progress": "Synchronising", "In Sync": "In sync",
    "Ready to Switch": "Ready to switch", "Switched": "Switched", "Stopped": "Stopped", "Failed": "Failed",
}
DONE = ["In sync", "Ready to switch", "Switched"]
TEAM, ORGANISATION = "Migration team", "Your organisation"
CAUSES = [
    ("Item too large", r"too large|exceeds? the (?:maximum|limit)|message size", ORGANISATION,
     "Ask the user to save large attachments elsewhere or to delete the message"),
    ("Mailbox over its size limit", r"quota|size limit|mailbox (?:is )?full", ORGANISATION,
     "Ask the user to tidy up, or ask us to raise the limit"),
    ("Permission or folder setting", r"access (?:is )?denied|permission|not authori[sz]ed", TEAM,
     "We correct the setting and copy the item again"),
    ("Temporary fault", r"time-?d? ?out|throttl|server (?:is )?busy|network|connection|try again|unavailable", TEAM,
     "Nothing to do: the item is tried again at the next pass"),
    ("Item corrupted", r"corrupt|cannot be read|could not be (?:read|opened)|not valid|invalid|unknown property", TEAM,
     "We repair corrupted items in bulk during mop-up"),
    ("Other", None, TEAM, "We look into these one by one"),
]
FINDINGS = pd.DataFrame([("–", "Nothing to report", "", "", "", "")],
                        columns=["How much it matters", "What", "File", "Line", "Column", "Code"])

PAGE = Environment(autoescape=True).from_string("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body style="font-family:Arial,sans-serif;color:#212B32">
<h1 style="color:#005EB8">{{ title }}</h1><p>{{ name }} ({{ code }}), {{ date }}</p><p><b>{{ headline }}</b></p>
<table role="presentation">{% for label, value in tiles %}<tr><th align="left">{{ label }}</th><td align="right">{{ value }}</td></tr>{% endfor %}</table>
<h2>What you need to do</h2><ol>{% for action in yours %}<li>{{ action }}</li>{% endfor %}</ol>
<h2>What we are doing</h2><ul>{% for action in ours %}<li>{{ action }}</li>{% endfor %}</ul>
{% for section in sections %}<h2>{{ section.title }}</h2>
{% if section.image %}<p><img src="cid:{{ section.image }}" alt="{{ section.title }}" width="640"></p>{% endif %}
{% for sentence in section.sentences %}<p>{{ sentence }}</p>{% endfor %}
<table border="1" cellspacing="0" cellpadding="4"><tr>{% for heading in section.headings %}<th>{{ heading }}</th>{% endfor %}</tr>
{% for row in section.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>{% endfor %}
<p>All rows are in the attached workbook.</p></body></html>""")

TEXT = Environment(trim_blocks=True).from_string("""{{ title }}
{{ name }} ({{ code }}), {{ date }}

{{ headline }}

{% for label, value in tiles %}
{{ label }}: {{ value }}
{% endfor %}

What you need to do
{% for action in yours %}
{{ loop.index }}. {{ action }}
{% endfor %}

What we are doing
{% for action in ours %}
- {{ action }}
{% endfor %}
{% for section in sections %}

{{ section.title }}
{% for sentence in section.sentences %}
{{ sentence }}
{% endfor %}
{{ section.headings | join(" | ") }}
{% for row in section.rows %}
{{ row | join(" | ") }}
{% endfor %}
{% endfor %}

All rows are in the attached workbook.
""")


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, encoding="utf-8-sig", low_memory=False)


def bars(values: pd.Series, title: str) -> bytes:
    figure, axes = plt.subplots(figsize=(6.4, 2.5), dpi=200)
    axes.barh(values.index.astype(str), values.to_numpy(), color="#005EB8")
    axes.set_title(title, loc="left")
    for place, value in enumerate(values):
        axes.text(value, place, f" {value:,}", va="center")
    figure.tight_layout()
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    plt.close(figure)
    return picture.getvalue()


def workbook(title: str, sheets: dict[str, pd.DataFrame]) -> bytes:
    file = io.BytesIO()
    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with pd.ExcelWriter(file, engine="xlsxwriter", engine_kwargs=options, date_format="dd/mm/yyyy", datetime_format="dd/mm/yyyy hh:mm") as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False, header=False, startrow=4)
            sheet = writer.sheets[name]
            rows, columns = frame.shape
            sheet.write(0, 0, f"{title}: {name}")
            sheet.add_table(3, 0, 3 + max(rows, 1), columns - 1, {"columns": [{"header": heading} for heading in frame.columns]})
            sheet.freeze_panes(4, 0)
            sheet.set_column(0, columns - 1, 20)
    return file.getvalue()


def message(title: str, organisation: pd.Series, date: str, to: str, words: dict, pictures: dict[str, bytes], xlsx: bytes) -> bytes:
    words = {"title": title, "name": organisation["name"], "code": organisation["code"], "date": date, **words}
    email = EmailMessage()
    email["From"] = "reports@nhs.example"
    email["To"] = to
    email["Subject"] = f"{title}: {organisation['name']} ({organisation['code']}), {date}"
    email.set_content(TEXT.render(words))
    email.add_alternative(PAGE.render(words), subtype="html")
    for name, picture in pictures.items():
        email.get_payload()[1].add_related(picture, "image", "png", cid=f"<{name}>")
    email.add_attachment(
        xlsx, maintype="application", subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet", filename=f"{organisation['code']}.xlsx"
    )
    return email.as_bytes()


def section(title: str, frame: pd.DataFrame, rows: int, *sentences: str, image: str | None = None) -> dict:
    shown = frame.head(rows).astype(object).where(frame.head(rows).notna(), "Not reported")
    if len(frame) > rows:
        sentences += (f"Showing {rows} of {len(frame):,}; all are in the workbook.",)
    return {"title": title, "headings": list(frame.columns), "rows": shown.to_numpy().tolist(), "sentences": sentences, "image": image}


def named(names: pd.Series) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(names.head(3)) + more


def rate_words(failed: int, attempted: int) -> str:
    return f"1 in {round(attempted / failed):,}" if failed else "none"


def verdict(rate: float) -> str:
    return "High" if rate > 3 * EXPECTED_RATE else "As expected" if rate > EXPECTED_RATE / 3 else "Lower than expected"


def users_of(sync: pd.DataFrame, schedule: pd.DataFrame, listed: pd.Series, today: pd.Timestamp) -> pd.DataFrame:
    schedule = schedule.rename(columns={"Mailbox": "Source Mailbox"})[["Source Mailbox", "Pilot or Live", "VIP Category"]]
    sync = sync.merge(schedule, on="Source Mailbox", how="left")
    attempted = sync["Items Synchronized"] + sync["Failed Items"]
    rate = (sync["Failed Items"] / attempted.where(attempted > 0)).fillna(0)
    state = sync["Sync State"].map(STATES).fillna("Unrecognised")
    switch = pd.to_datetime(sync["Switch Date"], dayfirst=True)
    attention = pd.Series("", index=sync.index)
    attention[(switch < today) & (state != "Switched")] = "Past its switch date"
    attention[state == "Stopped"] = "It was stopped; we restart it"
    attention[state == "Failed"] = "The tool gave up; we restart it"
    attention[(attention == "") & (rate > 10 * EXPECTED_RATE) & (sync["Failed Items"] > 3)] = "Many failed items"
    users = pd.DataFrame({
        "VIP": sync["VIP Category"], "User": sync["Display Name"], "Source mailbox": sync["Source Mailbox"],
        "Collection": sync["Collection"], "State": state, "Progress": sync["Progress (%)"] / 100, "Switch date": switch.dt.date,
        "Items in total": sync["Items Total"], "Items copied": sync["Items Synchronized"], "Items failed": sync["Failed Items"],
        "Failures": rate.map(verdict), "Needs attention": attention, "Last error": "", "Target mailbox": sync["Target Mailbox"],
        "State as exported": sync["Sync State"],
        "Failed items listed": sync["Source Mailbox"].map(listed).fillna(0).astype(int), "Failure rate": rate,
        "Size (MB)": sync["Mailbox Size (MB)"],
        "Last synchronised": pd.to_datetime(sync["Last Synchronized"], format="%d/%m/%Y %H:%M:%S"), "Phase": sync["Pilot or Live"],
    })
    return users.sort_values("Source mailbox")


def collections_of(users: pd.DataFrame) -> pd.DataFrame:
    done, stopped = users["State"].isin(DONE), users["State"].isin(["Stopped", "Failed"])
    grouped = users.assign(done=done, stopped=stopped, switched=users["State"] == "Switched").groupby("Collection")
    found = grouped.agg(**{
        "First switch date": ("Switch date", "min"), "Last switch date": ("Switch date", "max"), "Mailboxes": ("User", "size"),
        "In sync or switched": ("done", "sum"), "Share in sync or switched": ("done", "mean"), "Switched": ("switched", "sum"),
        "Stopped or failed": ("stopped", "sum"), "Items in total": ("Items in total", "sum"), "Items copied": ("Items copied", "sum"),
        "Items failed": ("Items failed", "sum"),
    }).reset_index().sort_values("First switch date")
    found.insert(10, "Share of items copied", found["Items copied"] / found["Items in total"].where(found["Items in total"] > 0))
    found["Failure rate"] = (found["Items failed"] / (found["Items copied"] + found["Items failed"]).clip(lower=1)).fillna(0)
    found["Failures"] = found["Failure rate"].map(verdict)
    return found


def schedule_differences(sync: pd.DataFrame, schedule: pd.DataFrame) -> pd.DataFrame:
    both = sync.merge(schedule, left_on="Source Mailbox", right_on="Mailbox", how="outer", suffixes=("", " scheduled"))
    differs = pd.Series("", index=both.index)
    open_ = both["Sync State"] != "Switched"
    differs[open_ & (both["Switch Date"] != both["Switch Date scheduled"])] = "The switch dates differ"
    differs[open_ & both["Mailbox"].isna()] = "Not on the schedule"
    differs[both["Source Mailbox"].isna()] = "Not in the export"
    both = both.assign(differs=differs)[differs != ""]
    return pd.DataFrame({
        "What differs": both["differs"], "User": both["Display Name"], "Source mailbox": both["Source Mailbox"].fillna(both["Mailbox"]),
        "Collection": both["Collection"].fillna(both["Collection scheduled"]), "Date on the schedule": both["Switch Date scheduled"],
        "Date in the export": both["Switch Date"], "VIP category": both["VIP Category"], "Next action": "Correct the schedule",
    })


def cause_of(errors: pd.Series) -> pd.Series:
    name = pd.Series("Other", index=errors.index)
    for cause, pattern, _, _ in reversed(CAUSES[:-1]):
        name[errors.str.contains(pattern, case=False, regex=True, na=False)] = cause
    return name


def overall(organisation: pd.Series, date: str, users: pd.DataFrame, differences: pd.DataFrame, by_cause: pd.DataFrame) -> bytes:
    today = pd.Timestamp(date).date()
    done = users["State"].isin(DONE)
    failed, copied = int(users["Items failed"].sum()), int(users["Items copied"].sum())
    collections = collections_of(users)
    coming = users.loc[users["Switch date"] >= today, "Switch date"].min()
    due = users[(users["Switch date"] == coming) & (users["State"] != "Switched")]
    late = users[(users["Switch date"] < today) & (users["State"] != "Switched")]
    vips = users[users["VIP"].notna()]
    attention = users[users["Needs attention"] != ""]
    stopped = int(users["State"].isin(["Stopped", "Failed"]).sum())
    size, size_done = users["Size (MB)"].sum(), users.loc[done, "Size (MB)"].sum()
    states = users["State"].value_counts().reindex(STATES.values(), fill_value=0)
    tiles = [
        ("In sync or switched", f"{done.mean():.0%} ({done.sum():,} of {len(users):,} mailboxes)"),
        ("Items copied", f"{copied / max(users['Items in total'].sum(), 1):.0%}"),
        ("Items failed", f"{failed:,} ({rate_words(failed, copied + failed)})"),
        ("Next switch", f"{coming} ({due['State'].isin(DONE).sum():,} of {len(due):,} ready)"),
    ]
    headline = f"{done.sum():,} of {len(users):,} mailboxes are in sync or switched. Failures: {verdict(failed / max(copied + failed, 1)).lower()}."
    vips_left = vips[~vips["State"].isin(DONE)]
    yours = [f"Tell {len(vips_left)} VIPs that the mailbox may switch later: {named(vips_left['User'])}.",
             f"Tell {len(late)} users that their mailboxes switch by themselves once in sync: {named(late['User'])}."]
    yours += [f"{row.action}: {row.items:,} failed items of {row.users:,} users." for row in by_cause.itertuples() if row.owner == ORGANISATION]
    ours = [f"{stopped} mailboxes have stopped or failed: we find out why and restart them.",
            f"{(~due['State'].isin(DONE)).sum()} mailboxes that switch on {coming} are not in sync yet: we go on copying them."]
    by_state = pd.DataFrame({"State": states.index, "Mailboxes": states.to_numpy(), "Share": [f"{count / len(users):.0%}" for count in states]})
    sections = [
        section("Where the mailboxes are", by_state, 9, f"By size, {size_done / 1048576:.1f} TB of {size / 1048576:.1f} TB is in mailboxes that are in sync or switched.",
                image="states"),
        section("Progress by collection", collections[["Collection", "First switch date", "Mailboxes", "In sync or switched", "Share of items copied", "Items failed", "Failures"]], 15,
                image="progress"),
        section("VIPs", vips_left[["User", "VIP", "State", "Progress", "Switch date"]], 12,
                f"{len(vips) - len(vips_left)} of {len(vips)} VIP mailboxes are in sync or switched."),
        section("Users who need attention", attention[["User", "Needs attention", "State", "Progress", "Items failed"]], 12),
        section("What we found in the exports", FINDINGS[["What"]], 12),
    ]
    summary = pd.DataFrame(
        [(label, value, "") for label, value in tiles] + [(state, count, "mailboxes") for state, count in states.items()]
        + [("Mailboxes", len(users), ""), ("Items in total", users["Items in total"].sum(), ""), ("Items copied", copied, ""),
           ("Items failed", failed, ""), ("Items attempted", copied + failed, ""), ("Failure rate", failed / max(copied + failed, 1), ""),
           ("VIPs", len(vips), ""), ("Past their switch date", len(late), ""), ("Need attention", len(attention), ""),
           ("Size of mailboxes (MB)", size, "")], columns=["Figure", "Value", "Note"])
    xlsx = workbook("Overall Migration Report", {"Summary": summary, "Users": users, "Collections": collections, "Schedule": differences, "Findings": FINDINGS})
    pictures = {"states": bars(states[::-1], f"{done.mean():.0%} of mailboxes are in sync or switched"),
                "progress": bars(collections.set_index("Collection")["In sync or switched"][::-1], "Mailboxes in sync or switched by collection")}
    words = {"headline": headline, "tiles": tiles, "yours": yours, "ours": ours, "sections": sections}
    return message("Overall Migration Report", organisation, date, organisation["overall_migration_to"], words, pictures, xlsx)


def failed_item(organisation: pd.Series, date: str, users: pd.DataFrame, items: pd.DataFrame, by_cause: pd.DataFrame) -> bytes:
    failed, copied = int(users["Items failed"].sum()), int(users["Items copied"].sum())
    with_items = users[(users["Items failed"] > 0) | (users["Failed items listed"] > 0)]
    by_user = pd.DataFrame({
        "VIP": with_items["VIP"], "User": with_items["User"], "Source mailbox": with_items["Source mailbox"], "Collection": with_items["Collection"],
        "Failed items": with_items["Items failed"], "Failed items listed": with_items["Failed items listed"],
        "Attempted items": with_items["Items copied"] + with_items["Items failed"], "Failure rate": with_items["Failure rate"],
        "Failures": with_items["Failures"],
        "Compared with chance": (with_items["Failure rate"] > 10 * EXPECTED_RATE).map({True: "Stands out", False: "Within chance"}),
    }).sort_values("Failed items", ascending=False)
    by_user = pd.concat([by_user[by_user["VIP"].notna()], by_user[by_user["VIP"].isna()]])
    causes = pd.DataFrame({"Cause": by_cause["cause"], "Items": by_cause["items"], "Share": by_cause["items"] / max(len(items), 1),
                           "Users": by_cause["users"], "Who acts": by_cause["owner"], "Next action": by_cause["action"]})
    acts = by_cause.set_index("cause")
    vip = users.set_index("Source mailbox")["VIP"]
    listed = pd.DataFrame({
        "User": items["User"], "Source mailbox": items["Source Mailbox"], "Subject line": items["Subject"], "Folder": items["Folder"],
        "Item date": pd.to_datetime(items["Item Date"], format="%d/%m/%Y").dt.date, "Size (MB)": items["Size (KB)"] / 1024,
        "Cause": items["Cause"], "Who acts": items["Cause"].map(acts["owner"]), "Next action": items["Cause"].map(acts["action"]),
        "First seen": "", "Days open": "", "Reference": "", "VIP": items["Source Mailbox"].map(vip), "Collection": items["Collection"],
        "Kind": items["Item Class"], "Error code": items["Error Code"], "Error": items["Error"],
        "Failed at": pd.to_datetime(items["Failed At"], format="%d/%m/%Y %H:%M:%S"),
    })
    yours = int(by_cause.loc[by_cause["owner"] == ORGANISATION, "items"].sum())
    tiles = [
        ("Items failed", f"{failed:,} (about {(copied + failed) * EXPECTED_RATE:,.0f} would be expected)"),
        ("Failure rate", rate_words(failed, copied + failed)),
        ("Users with failed items", f"{len(by_user):,} of {len(users):,}"), ("For you to act on", f"{yours:,} of {len(items):,}"),
    ]
    actions = lambda owner: [f"{row.action}: {row.items:,} failed items of {row.users:,} users ({row.cause.lower()})." for row in by_cause.itertuples() if row.owner == owner]
    shown = ["User", "Failed items", "Attempted items", "Failure rate", "Compared with chance"]
    vips = by_user[by_user["VIP"].notna()]
    sections = [
        section("Why items failed", causes[["Cause", "Items", "Users", "Who acts", "Next action"]], 12, image="causes"),
        section("VIPs with failed items", vips[["User", "VIP", "Failed items", "Compared with chance"]], 5),
        section("Users with most failed items", by_user.sort_values("Failed items", ascending=False)[shown], 10),
        section("What we found in the exports", FINDINGS[["What"]], 12),
    ]
    headline = f"{failed:,} items failed. Failures: {verdict(failed / max(copied + failed, 1)).lower()}."
    summary = pd.DataFrame(
        [(label, value, "") for label, value in tiles] + [(row.cause, row.items, row.owner) for row in by_cause.itertuples()]
        + [("Items attempted", copied + failed, ""), ("Failure rate", failed / max(copied + failed, 1), ""), ("VIPs with failed items", len(vips), "")],
        columns=["Figure", "Value", "Note"])
    xlsx = workbook("Failed Item Report", {"Summary": summary, "Failed items": listed, "By user": by_user, "By cause": causes, "Findings": FINDINGS})
    pictures = {"causes": bars(causes.set_index("Cause")["Items"][::-1], "Failed items by cause")}
    words = {"headline": headline, "tiles": tiles, "yours": actions(ORGANISATION), "ours": actions(TEAM), "sections": sections}
    return message("Failed Item Report", organisation, date, organisation["failed_item_to"], words, pictures, xlsx)


def reports(estate: Path, organisation: pd.Series, date: str) -> tuple[int, list[bytes]]:
    folder = estate / "exports" / organisation["code"]
    sync, items = read(folder / date / "sync-state.csv"), read(folder / date / "failed-items.csv")
    schedule = read(folder / "migration-schedule.csv")
    items = items.assign(Cause=cause_of(items["Error"])).sort_values("Source Mailbox", kind="stable")
    by_cause = items.groupby("Cause").agg(items=("Error", "size"), users=("Source Mailbox", "nunique")).reset_index(names="cause")
    acts = pd.DataFrame(CAUSES, columns=["cause", "pattern", "owner", "action"])
    by_cause = by_cause.merge(acts, on="cause").sort_values("items", ascending=False)
    users = users_of(sync, schedule, items["Source Mailbox"].value_counts(), pd.Timestamp(date))
    differences = schedule_differences(sync, schedule)
    return len(users), [overall(organisation, date, users, differences, by_cause), failed_item(organisation, date, users, items, by_cause)]


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
