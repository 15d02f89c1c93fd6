-- The tables of file.sql, in PostgreSQL's words. The same statements read and write both.

-- One row: the format of these tables.
CREATE TABLE ledger_format (
    format BIGINT NOT NULL
);

-- One row for each edition of a report that was rendered and verified.
CREATE TABLE editions (
    report_date   TEXT NOT NULL,
    organisation  TEXT NOT NULL,
    report        TEXT NOT NULL,
    edition       BIGINT NOT NULL CHECK (edition >= 1),
    inputs_digest TEXT NOT NULL,
    prepared_at   TEXT NOT NULL,
    PRIMARY KEY (report_date, organisation, report, edition)
);

-- One row for each message to one recipient. Whoever sends one holds an advisory lock of its number.
CREATE TABLE deliveries (
    id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_date      TEXT NOT NULL,
    organisation     TEXT NOT NULL,
    report           TEXT NOT NULL,
    edition          BIGINT NOT NULL,
    recipient        TEXT NOT NULL,
    recipient_folded TEXT NOT NULL,
    message_id       TEXT NOT NULL UNIQUE,
    message_path     TEXT NOT NULL, -- below the data folder
    message_digest   TEXT NOT NULL, -- SHA-256, hexadecimal
    state            TEXT NOT NULL CHECK (state IN ('prepared', 'sending', 'accepted', 'deferred', 'refused', 'unknown',
                                                    'held', 'superseded', 'expired')),
    attempts         BIGINT NOT NULL DEFAULT 0,
    server_reply     TEXT, -- addresses masked
    reason           TEXT,
    prepared_at      TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    UNIQUE (report_date, organisation, report, edition, recipient_folded),
    FOREIGN KEY (report_date, organisation, report, edition) REFERENCES editions
);

-- What a run looks for first, among years of what is done.
CREATE INDEX open_deliveries ON deliveries (state) WHERE state IN ('prepared', 'sending', 'deferred');
