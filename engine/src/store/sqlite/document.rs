//! The documents of personas and their chunks.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted, integer, json, removed};
use super::error::Failure;
use crate::domain::document::{DocumentHead, Quarantine, Release};
use crate::domain::id::DocumentId;
use crate::domain::persona::{Chunk, Document, PersonaKey};
use crate::store::StoreError;

pub(super) async fn documents(db: &SqlitePool, key: &PersonaKey) -> Result<Vec<Document>, Failure> {
    let rows = query(
        "SELECT * FROM documents \
         WHERE owner = ? AND persona = ? ORDER BY name",
    )
    .bind(key.owner.as_str())
    .bind(key.id.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read_document).collect::<Result<_, _>>()?)
}

pub(super) async fn document(
    db: &SqlitePool,
    key: &PersonaKey,
    id: &DocumentId,
) -> Result<Option<Document>, Failure> {
    let row = query(
        "SELECT * FROM documents \
         WHERE owner = ? AND persona = ? AND id = ?",
    )
    .bind(key.owner.as_str())
    .bind(key.id.as_str())
    .bind(id.as_str())
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(read_document).transpose()?)
}

fn read_document(row: &SqliteRow) -> Result<Document, StoreError> {
    let row = Columns::of("document", row);
    Ok(Document {
        id: row.id("id")?,
        persona: row.persona("owner", "persona")?,
        name: row.get("name")?,
        title: row.get("title")?,
        format: row.word("format")?,
        content: row.get("content")?,
        digest: row.optional_digest("digest")?,
        quarantine: read_quarantine(&row)?,
        created_at: row.time("created_at")?,
    })
}

fn read_quarantine(row: &Columns<'_>) -> Result<Option<Quarantine>, StoreError> {
    let Some(findings) = row.optional_json("findings")? else {
        return Ok(None);
    };
    let release = match row.optional_time("released_at")? {
        None => None,
        Some(released_at) => Some(Release {
            reason: row.get("release_reason")?,
            released_by: row.get("released_by")?,
            released_at,
        }),
    };
    Ok(Some(Quarantine { findings, release }))
}

pub(super) async fn heads(db: &SqlitePool, key: &PersonaKey) -> Result<Vec<DocumentHead>, Failure> {
    let rows = query(
        "SELECT id, name, title, format, octet_length(content) AS bytes, digest, findings, \
         release_reason, released_by, released_at, created_at FROM documents \
         WHERE owner = ? AND persona = ? ORDER BY name",
    )
    .bind(key.owner.as_str())
    .bind(key.id.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read_head).collect::<Result<_, _>>()?)
}

fn read_head(row: &SqliteRow) -> Result<DocumentHead, StoreError> {
    let row = Columns::of("document", row);
    Ok(DocumentHead {
        id: row.id("id")?,
        name: row.get("name")?,
        title: row.get("title")?,
        format: row.word("format")?,
        bytes: row.integer("bytes")?,
        digest: row.optional_digest("digest")?,
        quarantine: read_quarantine(&row)?,
        created_at: row.time("created_at")?,
    })
}

/// What is quarantined is left out here, so that whoever builds an index cannot forget to.
pub(super) async fn chunks(db: &SqlitePool, key: &PersonaKey) -> Result<Vec<Chunk>, Failure> {
    let rows = query(
        "SELECT chunks.id, chunks.document, chunks.title, chunks.section, chunks.byte_start, \
         chunks.byte_end, chunks.text FROM chunks JOIN documents \
         ON documents.owner = chunks.owner AND documents.persona = chunks.persona \
         AND documents.id = chunks.document \
         WHERE chunks.owner = ? AND chunks.persona = ? \
         AND (documents.findings IS NULL OR documents.released_at IS NOT NULL) \
         ORDER BY chunks.document, chunks.place",
    )
    .bind(key.owner.as_str())
    .bind(key.id.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read_chunk).collect::<Result<_, _>>()?)
}

pub(super) async fn document_chunks(
    db: &SqlitePool,
    key: &PersonaKey,
    id: &DocumentId,
) -> Result<Vec<Chunk>, Failure> {
    let rows = query(
        "SELECT id, document, title, section, byte_start, byte_end, text FROM chunks \
         WHERE owner = ? AND persona = ? AND document = ? ORDER BY place",
    )
    .bind(key.owner.as_str())
    .bind(key.id.as_str())
    .bind(id.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read_chunk).collect::<Result<_, _>>()?)
}

fn read_chunk(row: &SqliteRow) -> Result<Chunk, StoreError> {
    let row = Columns::of("chunk", row);
    Ok(Chunk {
        id: row.id("id")?,
        document: row.id("document")?,
        title: row.get("title")?,
        section: row.get("section")?,
        byte_start: row.integer("byte_start")?,
        byte_end: row.integer("byte_end")?,
        text: row.get("text")?,
    })
}

pub(super) async fn persona_keys(db: &SqlitePool) -> Result<Vec<PersonaKey>, Failure> {
    let rows = query("SELECT DISTINCT owner, persona FROM documents ORDER BY owner, persona")
        .fetch_all(db)
        .await?;
    let read = |row| Columns::of("document", row).persona("owner", "persona");
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The document of the same name goes first, its chunks with it by their foreign key.
pub(super) async fn put(
    db: &mut SqliteConnection,
    document: &Document,
    chunks: &[Chunk],
) -> Result<(), Failure> {
    let (owner, persona) = (
        document.persona.owner.as_str(),
        document.persona.id.as_str(),
    );
    query("DELETE FROM documents WHERE owner = ? AND persona = ? AND name = ?")
        .bind(owner)
        .bind(persona)
        .bind(&document.name)
        .execute(&mut *db)
        .await?;
    let quarantine = document.quarantine.as_ref();
    let release = quarantine.and_then(|quarantine| quarantine.release.as_ref());
    let findings = quarantine
        .map(|quarantine| json("document", &quarantine.findings))
        .transpose()?;
    let outcome = query(
        "INSERT INTO documents (owner, persona, id, name, title, content, created_at, format, \
         digest, findings, release_reason, released_by, released_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(owner)
    .bind(persona)
    .bind(document.id.as_str())
    .bind(&document.name)
    .bind(&document.title)
    .bind(&document.content)
    .bind(document.created_at.as_microsecond())
    .bind(document.format.as_str())
    .bind(document.digest.as_ref().map(|digest| &digest[..]))
    .bind(findings)
    .bind(release.map(|release| release.reason.as_str()))
    .bind(release.map(|release| release.released_by.as_str()))
    .bind(release.map(|release| release.released_at.as_microsecond()))
    .execute(&mut *db)
    .await;
    let parent = || format!("persona {persona} of {owner}");
    inserted(outcome, || format!("document {}", document.id), parent)?;
    for (place, chunk) in chunks.iter().enumerate() {
        let outcome = query(
            "INSERT INTO chunks \
             (owner, persona, document, place, id, title, section, byte_start, byte_end, text) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(owner)
        .bind(persona)
        .bind(chunk.document.as_str())
        .bind(integer("chunk", place)?)
        .bind(chunk.id.as_str())
        .bind(&chunk.title)
        .bind(&chunk.section)
        .bind(integer("chunk", chunk.byte_start)?)
        .bind(integer("chunk", chunk.byte_end)?)
        .bind(&chunk.text)
        .execute(&mut *db)
        .await;
        let parent = || format!("document {} of chunk {}", chunk.document, chunk.id);
        inserted(outcome, || format!("chunk {}", chunk.id), parent)?;
    }
    Ok(())
}

/// Only what is quarantined and not released yet.
pub(super) async fn release(
    db: &mut SqliteConnection,
    persona: &PersonaKey,
    id: &DocumentId,
    release: &Release,
) -> Result<(), Failure> {
    let outcome = query(
        "UPDATE documents SET release_reason = ?, released_by = ?, released_at = ? \
         WHERE owner = ? AND persona = ? AND id = ? \
         AND findings IS NOT NULL AND released_at IS NULL",
    )
    .bind(&release.reason)
    .bind(&release.released_by)
    .bind(release.released_at.as_microsecond())
    .bind(persona.owner.as_str())
    .bind(persona.id.as_str())
    .bind(id.as_str())
    .execute(&mut *db)
    .await?;
    if outcome.rows_affected() == 1 {
        return Ok(());
    }
    let there = query("SELECT 1 FROM documents WHERE owner = ? AND persona = ? AND id = ?")
        .bind(persona.owner.as_str())
        .bind(persona.id.as_str())
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    let what = format!("document {id}");
    Err(match there {
        Some(_) => StoreError::Conflict { what }.into(),
        None => StoreError::Missing { what }.into(),
    })
}

pub(super) async fn delete(
    db: &mut SqliteConnection,
    persona: &PersonaKey,
    id: &DocumentId,
) -> Result<(), Failure> {
    let outcome = query("DELETE FROM documents WHERE owner = ? AND persona = ? AND id = ?")
        .bind(persona.owner.as_str())
        .bind(persona.id.as_str())
        .bind(id.as_str())
        .execute(db)
        .await?;
    removed(&outcome, || format!("document {id}"))
}
