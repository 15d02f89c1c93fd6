-- One row for each edition of a report that was rendered and verified.
CREATE TABLE IF NOT EXISTS editions (
    report_date   TEXT NOT NULL,
    organisation  TEXT NOT NULL,
    report        TEXT NOT NULL,
    edition       INTEGER NOT NULL CHECK (edition >= 1),
    inputs_digest TEXT NOT NULL,
    prepared_at   TEXT NOT NULL,
    PRIMARY KEY (report_date, organisation, report, edition)
) STRICT, WITHOUT ROWID;

-- One row for each message to one recipient. Numbers are not used again (AUTOINCREMENT), since people write them down.
CREATE TABLE IF NOT EXISTS deliveries (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    report_date      TEXT NOT NULL,
    organisation     TEXT NOT NULL,
    report           TEXT NOT NULL,
    edition          INTEGER NOT NULL,
    recipient        TEXT NOT NULL,
    recipient_folded TEXT NOT NULL,
    message_id       TEXT NOT NULL UNIQUE,
    message_path     TEXT NOT NULL, -- below the data folder
    message_digest   TEXT NOT NULL, -- SHA-256, hexadecimal
    state            TEXT NOT NULL CHECK (state IN (/* states */)),
    attempts         INTEGER NOT NULL DEFAULT 0,
    server_reply     TEXT, -- addresses masked
    reason           TEXT,
    prepared_at      TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    accepted_at      TEXT, -- when a server took it over
    UNIQUE (report_date, organisation, report, edition, recipient_folded),
    FOREIGN KEY (report_date, organisation, report, edition) REFERENCES editions
) STRICT;

-- One row for each report of a delivery that was understood: a bounce, a table of a message trace. It is not read again.
CREATE TABLE IF NOT EXISTS reports_read (
    digest  TEXT PRIMARY KEY, -- SHA-256 of its bytes, hexadecimal
    read_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
