-- Everything that belongs to a tenant starts its key with the tenant. What is a client's is indexed
-- by tenant and client; where the program asks by id alone, the key is tenant and id.
--
-- Tables are STRICT. Those whose rows are short, or are read in key order, are clustered by their
-- key (WITHOUT ROWID); those with long rows are not, so that their keys stay dense.
-- Instants are microseconds since 1970-01-01T00:00:00Z. Structured columns are JSON text.

-- "SmSt": how the program knows its own file.
PRAGMA application_id = 1399673716;

CREATE TABLE tenants (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    tenant     TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- The one index without a tenant in front: the key is what says who the tenant is.
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);

-- No reference to tenants: the personas that ship with the program have an owner that is none.
CREATE TABLE personas (
    owner      TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    profile    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (owner, id)
) STRICT;

CREATE TABLE documents (
    owner      TEXT    NOT NULL,
    persona    TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    content    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, persona, id),
    UNIQUE (owner, persona, name),
    FOREIGN KEY (owner, persona) REFERENCES personas (owner, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE chunks (
    owner      TEXT    NOT NULL,
    persona    TEXT    NOT NULL,
    document   TEXT    NOT NULL,
    place      INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    section    TEXT    NOT NULL,
    byte_start INTEGER NOT NULL,
    byte_end   INTEGER NOT NULL,
    text       TEXT    NOT NULL,
    PRIMARY KEY (owner, persona, document, place),
    FOREIGN KEY (owner, persona, document) REFERENCES documents (owner, persona, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- No reference to personas: a session outlives the persona that it was held with.
CREATE TABLE sessions (
    tenant        TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id            TEXT    NOT NULL,
    client        TEXT    NOT NULL,
    persona_owner TEXT    NOT NULL,
    persona       TEXT    NOT NULL,
    title         TEXT,
    goals         TEXT    NOT NULL,
    metadata      TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    message_count INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- Unique so that what is a client's can refer to the session and the client at once.
CREATE UNIQUE INDEX sessions_by_client ON sessions (tenant, client, id);
CREATE INDEX sessions_by_persona ON sessions (tenant, persona_owner, persona, id);
CREATE INDEX sessions_by_state ON sessions (tenant, state, id);

CREATE TABLE messages (
    tenant     TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    content    TEXT    NOT NULL,
    reply      TEXT,
    metadata   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, session, seq),
    FOREIGN KEY (tenant, session) REFERENCES sessions (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX messages_by_id ON messages (tenant, id);

CREATE TABLE session_folds (
    tenant  TEXT    NOT NULL,
    session TEXT    NOT NULL,
    client  TEXT    NOT NULL,
    version INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    state   BLOB    NOT NULL,
    PRIMARY KEY (tenant, session),
    FOREIGN KEY (tenant, client, session) REFERENCES sessions (tenant, client, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX session_folds_by_client ON session_folds (tenant, client, session);

CREATE TABLE experiences (
    tenant        TEXT    NOT NULL,
    client        TEXT    NOT NULL,
    persona_owner TEXT    NOT NULL,
    persona       TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    session       TEXT    NOT NULL,
    message       TEXT    NOT NULL,
    text          TEXT    NOT NULL,
    topics        TEXT    NOT NULL,
    affect        REAL    NOT NULL,
    importance    REAL    NOT NULL,
    kind          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, client, persona_owner, persona, id),
    FOREIGN KEY (tenant, client, session) REFERENCES sessions (tenant, client, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX experiences_by_session ON experiences (tenant, client, session);

CREATE TABLE insights (
    tenant        TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id            TEXT    NOT NULL,
    client        TEXT    NOT NULL,
    persona_owner TEXT    NOT NULL,
    persona       TEXT    NOT NULL,
    detector      TEXT    NOT NULL,
    slot          TEXT    NOT NULL,
    statement     TEXT    NOT NULL,
    test          TEXT    NOT NULL,
    confidence    REAL    NOT NULL,
    status        TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX insights_by_age ON insights (tenant, created_at, id);
CREATE INDEX insights_by_client ON insights (tenant, client, created_at, id);

-- Session is null where a document is quoted.
CREATE TABLE insight_evidence (
    tenant   TEXT    NOT NULL,
    insight  TEXT    NOT NULL,
    place    INTEGER NOT NULL,
    client   TEXT    NOT NULL,
    session  TEXT,
    evidence TEXT    NOT NULL,
    PRIMARY KEY (tenant, insight, place),
    FOREIGN KEY (tenant, insight) REFERENCES insights (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, client, session) REFERENCES sessions (tenant, client, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX insight_evidence_by_session ON insight_evidence (tenant, client, session);

CREATE TABLE knowledge_domains (
    tenant        TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    persona_owner TEXT    NOT NULL,
    persona       TEXT    NOT NULL,
    domain        TEXT    NOT NULL,
    alpha         REAL    NOT NULL,
    beta          REAL    NOT NULL,
    answered      INTEGER NOT NULL,
    abstained     INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, persona_owner, persona, domain)
) STRICT, WITHOUT ROWID;

CREATE TABLE risk_flags (
    tenant            TEXT    NOT NULL,
    id                TEXT    NOT NULL,
    client            TEXT    NOT NULL,
    session           TEXT    NOT NULL,
    message           TEXT    NOT NULL,
    category          TEXT    NOT NULL,
    severity          INTEGER NOT NULL,
    assertion         TEXT    NOT NULL,
    rule              TEXT    NOT NULL,
    byte_start        INTEGER NOT NULL,
    byte_end          INTEGER NOT NULL,
    quote             TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    resolution_reason TEXT,
    resolved_by       TEXT,
    resolved_at       INTEGER,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, client, session) REFERENCES sessions (tenant, client, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX risk_flags_by_session ON risk_flags (tenant, client, session);
CREATE INDEX risk_flags_open ON risk_flags (tenant, id) WHERE resolved_at IS NULL;

CREATE TABLE kept_answers (
    tenant     TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    session    TEXT,
    request    BLOB    NOT NULL,
    status     INTEGER NOT NULL,
    location   TEXT,
    body       BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key),
    FOREIGN KEY (tenant, session) REFERENCES sessions (tenant, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX kept_answers_by_session ON kept_answers (tenant, session);
