//! Times of single calls of the benchmarked functions.

use super::Drawing;
use super::axis::Axis;
use super::plot::{Frame, Plot};
use super::sheet::{Drawn, Fault, Head, Ink, Key, Mark, Sheet};
use super::source::{Source, counted, merged, sentence, supported};
use super::style::{AXIS, BELOW, BLUE, FAINT, MARGIN, RED, SKY, Size, TEXT, WIDTH};
use crate::measurement::bench::FunctionRecord;
use crate::metric::Statistic;
use crate::report::{filters, number};

pub(super) const NAME: &str = "benchmark_functions";

const TOP: f64 = 98.0;
const ROW: f64 = 34.0;
const NAMES: f64 = 180.0;
const FIGURES: f64 = 196.0;

/// Benchmarked calls are kept in nanoseconds.
const NANOS_PER_MILLI: f64 = 1e6;

/// One function; figures in milliseconds.
struct Row<'r> {
    name: &'r str,
    n: u64,
    min: f64,
    mean: f64,
    max: f64,
    p95: Option<f64>,
    target: Option<f64>,
}

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let functions = source
        .record
        .bench
        .as_ref()
        .map(|bench| bench.functions.as_slice());
    let rows: Vec<Row<'_>> = functions
        .unwrap_or_default()
        .iter()
        .filter_map(|function| row(source, function))
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let calls: u64 = rows.iter().map(|row| row.n).sum();
    let head = Head {
        name: NAME,
        title: "Benchmark functions",
        subtitle: "Time of single calls from the fastest to the slowest, logarithmic".to_owned(),
        footer: source.footer(&format!("n = {}", counted(calls, "call"))),
        alt: alt(&rows),
    };
    let height = rows.len() as f64 * ROW;
    Source::finish(head, TOP + height + BELOW, |sheet| {
        paint(sheet, &rows, height)
    })
}

fn row<'r>(source: &Source<'r>, function: &'r FunctionRecord) -> Option<Row<'r>> {
    let calls = merged([&function.calls])?;
    let plan = source.record.suite.bench.as_ref();
    let planned = plan.and_then(|plan| plan.functions.iter().find(|f| f.name == function.name));
    Some(Row {
        name: &function.name,
        n: calls.count(),
        min: calls.min()?.max(1.0) / NANOS_PER_MILLI,
        mean: calls.mean()? / NANOS_PER_MILLI,
        max: calls.max()? / NANOS_PER_MILLI,
        p95: supported(&calls, Statistic::P95).map(|nanos| nanos / NANOS_PER_MILLI),
        target: planned.map(|function| function.target_ms),
    })
}

fn paint(sheet: &Sheet<'_>, rows: &[Row<'_>], height: f64) -> Drawn {
    let mut keys = vec![
        Key::new(Mark::Line, AXIS, "fastest to slowest"),
        Key::new(Mark::Block, SKY, "mean to p95"),
        Key::new(Mark::Dot, BLUE, "p95"),
    ];
    if rows.iter().any(|row| row.target.is_some()) {
        keys.push(Key::new(Mark::Stroke, RED, "p95 target"));
    }
    sheet.legend(&keys)?;
    let lowest = rows.iter().map(|row| row.min).fold(f64::MAX, f64::min);
    let most = rows
        .iter()
        .map(|row| row.target.unwrap_or(0.0).max(row.max))
        .fold(0.0, f64::max);
    let frame = Frame {
        left: MARGIN + NAMES,
        top: TOP,
        right: WIDTH - MARGIN - FIGURES,
        bottom: TOP + height,
    };
    let plot = Plot::new(sheet, frame, Axis::log(lowest, most), Axis::places(1));
    plot.columns("time per call (ms)")?;
    rows.iter()
        .enumerate()
        .try_for_each(|(index, row)| range(sheet, &plot, row, TOP + ROW * (index as f64 + 0.5)))
}

fn range(sheet: &Sheet<'_>, plot: &Plot<'_, '_>, row: &Row<'_>, y: f64) -> Drawn {
    let name = Size::Text.cut(row.name, NAMES - 18.0);
    sheet.text(
        MARGIN + NAMES - 10.0,
        y,
        name,
        Ink::new(Size::Text, TEXT).ending(),
    )?;
    if let Some(target) = row.target {
        let x = plot.pixel_x(target);
        sheet.line(&[(x, y - 11.0), (x, y + 11.0)], RED, 2.5)?;
    }
    let (min, mean, max) = (
        plot.pixel_x(row.min),
        plot.pixel_x(row.mean),
        plot.pixel_x(row.max),
    );
    sheet.line(&[(min, y), (max, y)], AXIS, 2.0)?;
    for end in [min, max] {
        sheet.line(&[(end, y - 5.0), (end, y + 5.0)], AXIS, 2.0)?;
    }
    // A few slow calls can lift the mean above the 95th percentile.
    let p95 = row.p95.map_or(mean, |p95| plot.pixel_x(p95));
    let (from, to) = (mean.min(p95), mean.max(p95));
    sheet.block((from - 1.0, y - 6.0), (to + 1.0, y + 6.0), SKY)?;
    if row.p95.is_some() {
        sheet.dot(p95, y, 4.5, BLUE)?;
    }
    let x = WIDTH - MARGIN - FIGURES + 14.0;
    let mean = filters::number(row.mean);
    let p95 = row.p95.map_or_else(
        || "too few calls for p95".to_owned(),
        |p95| format!("p95 {} ms", filters::number(p95)),
    );
    sheet.text(
        x,
        y - 7.5,
        format!("mean {mean} ms, {p95}"),
        Ink::new(Size::Small, TEXT),
    )?;
    let n = format!("n = {}", number::count(row.n));
    sheet.text(x, y + 7.5, n, Ink::new(Size::Small, FAINT))
}

fn alt(rows: &[Row<'_>]) -> String {
    let clauses: Vec<String> = rows
        .iter()
        .map(|row| {
            let p95 = row.p95.map_or_else(String::new, |p95| {
                format!(", p95 {} ms", filters::number(p95))
            });
            format!(
                "{} mean {} ms{p95}, {} to {} ms",
                row.name,
                filters::number(row.mean),
                filters::number(row.min),
                filters::number(row.max),
            )
        })
        .collect();
    sentence("Time of single calls", &clauses)
}
