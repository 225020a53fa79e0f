-- Instruments that were filled in outside of sessions, and work that is done in the background.

-- Items are a JSON list of numbers, or null where only the total is known. Item texts are not kept:
-- some instruments may not be reproduced. No reference to sessions: an entry stands by itself.
CREATE TABLE instrument_entries (
    tenant     TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    client     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    instrument TEXT    NOT NULL,
    items      TEXT,
    total      REAL    NOT NULL,
    taken_at   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, client, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX instrument_entries_by_age ON instrument_entries (tenant, client, taken_at, id);

-- `waiting_for` is set while a job was never started: of one kind of work for one thing there is at
-- most one such job, and whoever wants the same work joins it. `due_at` of a running job is the end
-- of its lease: if the process that runs it dies, the job is due again then.
CREATE TABLE jobs (
    tenant      TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id          TEXT    NOT NULL,
    client      TEXT    NOT NULL,
    task        TEXT    NOT NULL,
    waiting_for TEXT,
    state       TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    weight      REAL    NOT NULL,
    due_at      INTEGER NOT NULL,
    outcome     TEXT,
    error       TEXT,
    revision    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX jobs_waiting ON jobs (tenant, waiting_for) WHERE waiting_for IS NOT NULL;
CREATE INDEX jobs_by_client ON jobs (tenant, client);
CREATE INDEX jobs_finished ON jobs (tenant, updated_at) WHERE state IN ('done', 'failed');
-- The one index that does not start with the tenant: the worker serves all of them.
CREATE INDEX jobs_due ON jobs (due_at) WHERE state IN ('queued', 'running');

CREATE INDEX insights_by_verdict ON insights (tenant, persona_owner, persona, detector, status)
    WHERE status IN ('accepted', 'rejected');
