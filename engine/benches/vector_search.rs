//! The engine's side of `tools/vector-search/compare.py`: builds an index over vectors from a file and
//! answers queries one at a time, as told line by line on standard input, so that one program can
//! measure this engine and other libraries in turns.
//!
//! ```text
//! vector_search embed PASSAGES.jsonl OUT.f32     embeds with the shipped table
//! vector_search serve VECTORS.f32 DIMENSIONS COUNT QUERIES
//! ```
//!
//! `serve` takes the first COUNT rows as the set and the last QUERIES rows as queries, and understands
//! `build KIND`, `search KIND PARAMETER K FROM TO` and `rss`. It answers each with one line of JSON.

#![expect(
    clippy::print_stdout,
    reason = "standard output is how the program answers"
)]

use std::error::Error;
use std::io::{BufRead, Write};
use std::time::Instant;

use hnsw_rs::prelude::{DistDot, DistL2, Hnsw};
use smart_steps_engine::domain::embedding::Embedding;
use smart_steps_engine::memory::embed::{Embedder, StaticTable};
use smart_steps_engine::memory::index::{
    ExactIndex, HnswIndex, HnswParams, StagedIndex, VectorIndex, VectorSetting,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const LINKS: usize = 16;
const EF_CONSTRUCTION: usize = 200;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["embed", passages, out] => embed(passages, out),
        ["serve", vectors, dimensions, count, queries] => serve(
            vectors,
            dimensions.parse()?,
            count.parse()?,
            queries.parse()?,
        ),
        _ => {
            println!("run by tools/vector-search/compare.py; nothing to do without a command");
            Ok(())
        }
    }
}

fn embed(passages: &str, out: &str) -> Outcome<()> {
    #[derive(serde::Deserialize)]
    struct Passage {
        text: String,
    }
    let table = StaticTable::shipped()?;
    let lines = std::io::BufReader::new(std::fs::File::open(passages)?).lines();
    let mut out = std::io::BufWriter::new(std::fs::File::create(out)?);
    for line in lines {
        let passage: Passage = serde_json::from_str(&line?)?;
        for value in table.embed(&passage.text).as_slice() {
            out.write_all(&value.to_le_bytes())?;
        }
    }
    Ok(out.flush()?)
}

/// The indexes that were built.
#[derive(Default)]
struct Built {
    exact: Option<ExactIndex<u32>>,
    staged: Option<StagedIndex<u32>>,
    auto: Option<VectorIndex<u32>>,
    hnsw: Option<HnswIndex<u32>>,
    plain_l2: Option<Hnsw<'static, f32, DistL2>>,
    plain_dot: Option<Hnsw<'static, f32, DistDot>>,
}

fn serve(path: &str, dimensions: usize, count: usize, queries: usize) -> Outcome<()> {
    let bytes = std::fs::read(path)?;
    let rows: Vec<Embedding> = bytes
        .chunks_exact(dimensions * 4)
        .map(|row| {
            let value = |b: &[u8; 4]| f32::from_le_bytes(*b);
            Embedding::normalised(row.as_chunks::<4>().0.iter().map(value).collect())
        })
        .collect();
    drop(bytes);
    let queries = rows[rows.len() - queries..].to_vec();
    let mut rows = rows;
    rows.truncate(count);
    rows.shrink_to_fit();
    let mut built = Built::default();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["build", kind] => {
                let (before, start) = (resident(), processor_seconds());
                built.build(kind, &rows, dimensions)?;
                let seconds = processor_seconds() - start;
                let bytes = resident().saturating_sub(before);
                println!("{{\"seconds\": {seconds}, \"bytes\": {bytes}}}");
            }
            ["search", kind, parameter, k, from, to] => {
                let part = &queries[from.parse()?..to.parse()?];
                let (mut micros, mut found) = (Vec::new(), Vec::new());
                for query in part {
                    let start = Instant::now();
                    let hits = built.search(kind, parameter.parse()?, query, k.parse()?)?;
                    micros.push(start.elapsed().as_nanos() as f64 / 1000.0);
                    found.push(hits);
                }
                println!("{{\"micros\": {micros:?}, \"found\": {found:?}}}");
            }
            ["rss"] => println!("{{\"bytes\": {}}}", resident()),
            _ => return Err(format!("not understood: {line:?}").into()),
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}

impl Built {
    fn build(&mut self, kind: &str, rows: &[Embedding], dimensions: usize) -> Outcome<()> {
        let numbered = || (0u32..).zip(rows);
        match kind {
            "exact" => {
                let mut index = ExactIndex::new(dimensions);
                numbered().for_each(|(key, row)| index.insert(key, row));
                self.exact = Some(index);
            }
            "staged" => {
                let mut index = StagedIndex::new(dimensions);
                numbered().for_each(|(key, row)| index.insert(key, row));
                self.staged = Some(index);
            }
            "auto" => {
                let mut index = VectorIndex::new(dimensions, VectorSetting::Auto);
                numbered().for_each(|(key, row)| index.insert(key, row));
                self.auto = Some(index);
            }
            "hnsw" => {
                let params = HnswParams {
                    links: LINKS,
                    ef_construction: EF_CONSTRUCTION,
                    ef_search: 64,
                };
                let mut index = HnswIndex::new(dimensions, params);
                numbered().for_each(|(key, row)| index.insert(key, row));
                self.hnsw = Some(index);
            }
            "hnsw_rs-l2" => {
                let graph = Hnsw::new(LINKS, rows.len(), 16, EF_CONSTRUCTION, DistL2);
                for (key, row) in rows.iter().enumerate() {
                    graph.insert_slice((row.as_slice(), key));
                }
                self.plain_l2 = Some(graph);
            }
            "hnsw_rs-dot" => {
                let graph = Hnsw::new(LINKS, rows.len(), 16, EF_CONSTRUCTION, DistDot);
                for (key, row) in rows.iter().enumerate() {
                    graph.insert_slice((&shortened(row), key));
                }
                self.plain_dot = Some(graph);
            }
            _ => return Err(format!("no index of kind {kind:?}").into()),
        }
        Ok(())
    }

    fn search(
        &mut self,
        kind: &str,
        parameter: f32,
        query: &Embedding,
        k: usize,
    ) -> Outcome<Vec<u32>> {
        let missing = || format!("{kind} was not built");
        let ef = parameter as usize;
        let hits = match kind {
            "exact" => self.exact.as_ref().ok_or_else(missing)?.search(query, k),
            "auto" => self.auto.as_ref().ok_or_else(missing)?.search(query, k),
            "staged" => {
                let index = self.staged.as_mut().ok_or_else(missing)?;
                index.set_margin(parameter);
                index.search(query, k)
            }
            "hnsw" => {
                let index = self.hnsw.as_ref().ok_or_else(missing)?;
                index.search_with(query, k, ef)
            }
            "hnsw_rs-l2" => {
                let graph = self.plain_l2.as_ref().ok_or_else(missing)?;
                let hits = graph.search(query.as_slice(), k, ef);
                return Ok(hits.iter().map(|hit| hit.d_id as u32).collect());
            }
            "hnsw_rs-dot" => {
                let graph = self.plain_dot.as_ref().ok_or_else(missing)?;
                let hits = graph.search(&shortened(query), k, ef);
                return Ok(hits.iter().map(|hit| hit.d_id as u32).collect());
            }
            _ => return Err(format!("no index of kind {kind:?}").into()),
        };
        Ok(hits.into_iter().map(|hit| hit.key).collect())
    }
}

/// `DistDot` refuses a norm that rounding made larger than one.
fn shortened(row: &Embedding) -> Vec<f32> {
    row.as_slice().iter().map(|v| v * 0.9999).collect()
}

/// Seconds that this thread has had a processor; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = times.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    nanos.unwrap_or(0.0) / 1e9
}

/// Bytes of memory that the process holds; 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
