-- What a document was, by which digest its file is known, and whether it is withheld from searches.
-- Documents stored before have no digest: they are taken for changed once, and cut anew.
ALTER TABLE documents ADD COLUMN format          TEXT NOT NULL DEFAULT 'markdown';
ALTER TABLE documents ADD COLUMN digest          BLOB;
-- What was found in it that is not meant for a reader; null where nothing was.
ALTER TABLE documents ADD COLUMN findings        TEXT;
ALTER TABLE documents ADD COLUMN release_reason  TEXT;
ALTER TABLE documents ADD COLUMN released_by     TEXT;
ALTER TABLE documents ADD COLUMN released_at     INTEGER;
