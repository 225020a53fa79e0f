//! How fast files become documents: reading and cutting by format, the whole way into the database and
//! the index, and embedding alone. `cargo bench -p smart-steps-engine --bench ingest`

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark's functions are macros', and what is not there ends it"
)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use smart_steps_engine::config::Layers;
use smart_steps_engine::domain::document::DocumentFormat;
use smart_steps_engine::domain::id::TenantId;
use smart_steps_engine::domain::persona::PersonaKey;
use smart_steps_engine::memory::embed::{Embedder, StaticTable};
use smart_steps_engine::service::{Scope, Services, Source};
use smart_steps_engine::startup;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The texts of the shipped personas: real prose with headings and lists.
fn texts() -> Vec<(String, String)> {
    let personas = Path::new(env!("CARGO_MANIFEST_DIR")).join("personas");
    let mut texts = Vec::new();
    for persona in std::fs::read_dir(personas).unwrap() {
        for file in std::fs::read_dir(persona.unwrap().path().join("documents")).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            texts.push((
                path.file_name().unwrap().to_string_lossy().into_owned(),
                text,
            ));
        }
    }
    texts.sort();
    texts
}

/// The same words as a web page.
fn page(markdown: &str) -> String {
    let mut page = "<!doctype html><html><body>".to_owned();
    for line in markdown.lines() {
        match line.strip_prefix("## ").or_else(|| line.strip_prefix("# ")) {
            Some(heading) => page.push_str(&format!("<h2>{heading}</h2>\n")),
            None => page.push_str(&format!("<p>{line}</p>\n")),
        }
    }
    page + "</body></html>"
}

/// The same words on the pages of a PDF, forty lines on each.
fn pdf(markdown: &str) -> Vec<u8> {
    let lines: Vec<&str> = markdown
        .lines()
        .filter(|line| line.is_ascii() && !line.is_empty())
        .collect();
    let pages: Vec<&[&str]> = lines.chunks(40).collect();
    let kids: String = (0..pages.len())
        .map(|n| format!("{} 0 R ", 4 + 2 * n))
        .collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    for lines in pages {
        let mut drawing = "BT /F1 10 Tf 12 TL 50 760 Td\n".to_owned();
        for line in lines {
            let line = line
                .replace('\\', "")
                .replace('(', "\\(")
                .replace(')', "\\)");
            drawing.push_str(&format!("({line}) Tj T*\n"));
        }
        drawing.push_str("ET");
        let contents = objects.len() + 2;
        objects.push(format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {contents} 0 R >>"));
        objects.push(format!(
            "<< /Length {} >>\nstream\n{drawing}\nendstream",
            drawing.len()
        ));
    }
    let (mut file, mut places) = ("%PDF-1.4\n".to_owned(), String::new());
    for (at, object) in objects.iter().enumerate() {
        places.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let (table, size) = (file.len(), objects.len() + 1);
    file.push_str(&format!("xref\n0 {size}\n0000000000 65535 f \n{places}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    file.into_bytes()
}

fn scope() -> Scope {
    Scope {
        tenant: "bench".parse().unwrap(),
        phases: Arc::default(),
    }
}

/// Services on a fresh database with a persona of the tenant's own.
async fn services(folder: &TempDir) -> Arc<Services> {
    let mut layers = Layers::defaults().unwrap();
    let path = folder.path().join("bench.db").display().to_string();
    layers.lay_flag("bench", "database.path", path).unwrap();
    let most = "10000".to_owned();
    layers
        .lay_flag("bench", "limits.documents_per_persona", most)
        .unwrap();
    let services = startup::services(&layers.build().unwrap()).await.unwrap();
    let scope = scope();
    services
        .auth
        .put_tenant(scope.tenant.clone(), "Bench")
        .await
        .unwrap();
    let therapist = services
        .personas
        .read(&scope, &"therapist".parse().unwrap())
        .await
        .unwrap();
    let own = "own".parse().unwrap();
    services
        .personas
        .create(&scope, own, therapist.profile)
        .await
        .unwrap();
    services
}

fn reading(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = TempDir::new().unwrap();
    let services = runtime.block_on(services(&folder));
    let whole: String = texts().into_iter().map(|(_, text)| text + "\n\n").collect();
    let persona = PersonaKey {
        owner: "bench".parse::<TenantId>().unwrap(),
        id: "own".parse().unwrap(),
    };
    let mut group = c.benchmark_group("ingest_prepare");
    group.sample_size(20);
    for (format, bytes) in [
        (DocumentFormat::Markdown, whole.clone().into_bytes()),
        (DocumentFormat::Text, whole.clone().into_bytes()),
        (DocumentFormat::Html, page(&whole).into_bytes()),
        (DocumentFormat::Pdf, pdf(&whole)),
    ] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let source = Source {
            name: "whole".to_owned(),
            format: Some(format),
            bytes,
        };
        group.bench_function(format.as_str(), |b| {
            b.iter(|| black_box(services.documents.examine(&persona, &source).unwrap()));
        });
    }
    group.finish();
    runtime.block_on(services.close());
}

fn storing(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = TempDir::new().unwrap();
    let services = runtime.block_on(services(&folder));
    let texts = texts();
    let own = "own".parse().unwrap();
    let mut group = c.benchmark_group("ingest_store");
    group.sample_size(20);
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    group.throughput(Throughput::Bytes((bytes / texts.len()) as u64));
    let mut n = 0_usize;
    group.bench_function("document", |b| {
        b.to_async(&runtime).iter_batched(
            || {
                n += 1;
                let (name, text) = &texts[n % texts.len()];
                // Another text each time, under one of two hundred names.
                Source::markdown(
                    format!("{}-{name}", n % 200),
                    format!("{text}\nNumber {n}.\n"),
                )
            },
            |source| {
                let services = Arc::clone(&services);
                let own = &own;
                async move { services.documents.add(&scope(), own, source).await.unwrap() }
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    runtime.block_on(services.close());
}

fn embedding(c: &mut Criterion) {
    let table = StaticTable::shipped().unwrap();
    let passages: Vec<String> = texts()
        .iter()
        .flat_map(|(_, text)| text.split("\n\n").map(str::to_owned).collect::<Vec<_>>())
        .filter(|passage| passage.len() > 200)
        .collect();
    let mut group = c.benchmark_group("embedding");
    group.throughput(Throughput::Elements(passages.len() as u64));
    group.bench_function("static_table", |b| {
        b.iter(|| {
            for passage in &passages {
                black_box(table.embed(passage));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, reading, storing, embedding);
criterion_main!(benches);
