-- Messages can be edited and removed. Places are never used twice, so the next one is counted apart
-- from the number of messages; `edits` counts changes of what was said, so that an analysis can tell
-- whether it is that of the present messages.

ALTER TABLE sessions ADD COLUMN next_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN edits INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET next_seq = message_count;

ALTER TABLE session_folds ADD COLUMN edits INTEGER NOT NULL DEFAULT 0;

-- What the analysis took from a message, so that a session can be folded anew without reading its
-- texts again. Apart from the messages, whose rows are listed far more often than folded.
CREATE TABLE message_deltas (
    tenant  TEXT    NOT NULL,
    session TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    version INTEGER NOT NULL,
    delta   BLOB    NOT NULL,
    PRIMARY KEY (tenant, session, seq),
    FOREIGN KEY (tenant, session, seq) REFERENCES messages (tenant, session, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
