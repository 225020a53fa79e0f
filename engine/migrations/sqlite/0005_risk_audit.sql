-- What became of each risk flag. Written by the database itself, in the transaction that raises or
-- resolves the flag, so that no path around it exists. Holds none of the client's words and no client
-- id, and stays when the session is erased.
CREATE TABLE risk_audit (
    tenant    TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    flag      TEXT    NOT NULL,
    event     TEXT    NOT NULL CHECK (event IN ('raised', 'resolved')),
    at        INTEGER NOT NULL,
    category  TEXT    NOT NULL,
    severity  INTEGER NOT NULL,
    assertion TEXT    NOT NULL,
    actor     TEXT,
    PRIMARY KEY (tenant, flag, event)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER risk_flag_raised AFTER INSERT ON risk_flags
BEGIN
    INSERT OR IGNORE INTO risk_audit (tenant, flag, event, at, category, severity, assertion)
    VALUES (new.tenant, new.id, 'raised', new.created_at, new.category, new.severity, new.assertion);
END;

CREATE TRIGGER risk_flag_resolved AFTER UPDATE OF resolved_at ON risk_flags
WHEN old.resolved_at IS NULL AND new.resolved_at IS NOT NULL
BEGIN
    INSERT OR IGNORE INTO risk_audit (tenant, flag, event, at, category, severity, assertion, actor)
    VALUES (new.tenant, new.id, 'resolved', new.resolved_at, new.category, new.severity,
            new.assertion, new.resolved_by);
END;

-- A flag that is resolved stays resolved.
CREATE TRIGGER risk_flag_stays_resolved BEFORE UPDATE OF resolved_at ON risk_flags
WHEN old.resolved_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a resolved risk flag stays resolved');
END;
