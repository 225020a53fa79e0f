//! Requests per second over time, one panel per scenario with a scale of its own.

use super::Drawing;
use super::axis::{Axis, time_unit};
use super::bucket::{Bucket, buckets, width};
use super::plot::{Frame, Plot};
use super::sheet::{Drawn, Fault, Head, Ink, Key, Mark, Sheet};
use super::source::{Measured, Source, counted, sentence};
use super::style::{BLUE, MARGIN, PLOT_RIGHT, RED, Size, TEXT, WIDTH};
use crate::report::{filters, number};

pub(super) const NAME: &str = "throughput_over_time";

const TOP: f64 = 98.0;
const PANEL: f64 = 150.0;
/// Panel title above, ticks and axis title below.
const ROW: f64 = 22.0 + PANEL + 52.0;

struct Panel<'r> {
    scenario: Measured<'r>,
    buckets: Vec<Bucket>,
}

impl Panel<'_> {
    fn completed(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.completed).sum()
    }

    fn failed(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.failed).sum()
    }

    fn length(&self) -> f64 {
        self.buckets.last().map_or(0.0, |bucket| bucket.end)
    }
}

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let longest = source
        .scenarios
        .iter()
        .map(|s| s.record.duration.as_secs())
        .fold(0.0, f64::max);
    let seconds = width(longest);
    let panel = |scenario: &Measured<'_>| buckets(scenario.record, seconds);
    let panels: Vec<Panel<'_>> = source
        .scenarios
        .iter()
        .map(|scenario| Panel {
            scenario: *scenario,
            buckets: panel(scenario),
        })
        .filter(|panel| panel.completed() + panel.failed() > 0)
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let requests: u64 = panels
        .iter()
        .map(|panel| panel.completed() + panel.failed())
        .sum();
    let window = if seconds == 1 {
        "one second".to_owned()
    } else {
        format!("{seconds} seconds")
    };
    let scales = if panels.len() > 1 {
        "; each panel has its own scale"
    } else {
        ""
    };
    let head = Head {
        name: NAME,
        title: "Throughput over time",
        subtitle: format!("Requests per second in windows of {window}{scales}"),
        footer: source.footer(&format!("n = {}", counted(requests, "request"))),
        alt: alt(&panels),
    };
    let columns = columns(panels.len());
    let rows = panels.len().div_ceil(columns);
    Source::finish(head, TOP + rows as f64 * ROW + 26.0, |sheet| {
        let mut keys = vec![Key::new(Mark::Line, BLUE, "completed")];
        let failed: u64 = panels.iter().map(Panel::failed).sum();
        keys.push(Key::new(
            Mark::Block,
            RED,
            if failed == 0 {
                "failed (none)".to_owned()
            } else {
                "failed".to_owned()
            },
        ));
        sheet.legend(&keys)?;
        panels.iter().enumerate().try_for_each(|(index, panel)| {
            paint(sheet, panel, index / columns, index % columns, columns)
        })
    })
}

fn columns(panels: usize) -> usize {
    match panels {
        0 | 1 => 1,
        2 | 4 => 2,
        _ => 3,
    }
}

fn paint(sheet: &Sheet<'_>, panel: &Panel<'_>, row: usize, column: usize, columns: usize) -> Drawn {
    let cell = (PLOT_RIGHT - MARGIN) / columns as f64;
    let left = MARGIN + cell * column as f64 + 50.0;
    let right = MARGIN + cell * (column + 1) as f64 - if column + 1 < columns { 10.0 } else { 0.0 };
    let top = TOP + ROW * row as f64 + 22.0;
    let name = Size::Text.cut(&panel.scenario.heading(), right - left);
    sheet.text(left, top - 12.0, name, Ink::new(Size::Text, TEXT).bold())?;
    let frame = Frame {
        left,
        top,
        right: right.min(WIDTH - MARGIN),
        bottom: top + PANEL,
    };
    let peak = panel
        .buckets
        .iter()
        .map(|b| b.completed_rate().max(b.failed_rate()));
    let y = Axis::from_zero(peak.fold(0.0, f64::max), 4);
    let plot = Plot::new(sheet, frame, Axis::time(panel.length(), right - left), y);
    plot.grid(
        &format!("time ({})", time_unit(panel.length())),
        "requests/s",
    )?;
    let steps = steps(&panel.buckets);
    plot.surface(&steps, BLUE)?;
    plot.line(steps, BLUE, 1.5)?;
    for bucket in panel.buckets.iter().filter(|bucket| bucket.failed > 0) {
        // Never thinner than can be seen.
        let least = (panel.length() / (right - left)) * 2.0;
        let end = bucket.end.max(bucket.start + least);
        plot.block((bucket.start, 0.0), (end, bucket.failed_rate()), RED)?;
    }
    Ok(())
}

/// A rate holds for its whole window.
fn steps(buckets: &[Bucket]) -> Vec<(f64, f64)> {
    buckets
        .iter()
        .flat_map(|bucket| {
            let rate = bucket.completed_rate();
            [(bucket.start, rate), (bucket.end, rate)]
        })
        .collect()
}

fn alt(panels: &[Panel<'_>]) -> String {
    let clauses: Vec<String> = panels
        .iter()
        .map(|panel| {
            let mean = panel.completed() as f64 / panel.length();
            let peak = panel
                .buckets
                .iter()
                .map(Bucket::completed_rate)
                .fold(0.0, f64::max);
            let failed = match panel.failed() {
                0 => "none failed".to_owned(),
                failed => format!("{} failed", number::count(failed)),
            };
            format!(
                "{} {} requests/s on average, {} at most, {failed}",
                panel.scenario.title(),
                filters::number(mean),
                filters::number(peak),
            )
        })
        .collect();
    sentence(
        "Completed and failed requests per second over time",
        &clauses,
    )
}
