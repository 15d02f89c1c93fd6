-- What a run looks for first among years of what is done, and who looks back at one organisation or for what became of the ledger.
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state);
CREATE INDEX IF NOT EXISTS deliveries_by_organisation ON deliveries (organisation, report_date);
CREATE INDEX IF NOT EXISTS audit_log_by_action ON audit_log (action, number);
