//! Response times over time as a map: darker where more requests took so long. Drawn from the
//! interval logs, because the record keeps one histogram per step and not one per second.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::Drawing;
use super::axis::{Axis, time_unit};
use super::plot::{Frame, Plot};
use super::sheet::{Drawn, Fault, Head, Ink, Key, Mark, Sheet};
use super::source::{Measured, Source, counted, sentence};
use super::style::{MARGIN, PLOT_RIGHT, Size, TEXT};
use crate::measurement::raw::read_interval_log;
use crate::report::{filters, number};

pub(super) const NAME: &str = "latency_heatmap";

const TOP: f64 = 98.0;
const PANEL: f64 = 150.0;
const ROW: f64 = 22.0 + PANEL + 52.0;
const COLUMNS: usize = 2;

/// Cells across and along: finer ones would hold one request each.
const MOST_ACROSS: u64 = 60;
const PER_DECADE: f64 = 8.0;

/// From a few requests to most of a column; one hue, so that lightness alone carries the count.
const SHADES: [RGBColor; 5] = [
    RGBColor(0xd6, 0xe6, 0xf2),
    RGBColor(0xa3, 0xc8, 0xe3),
    RGBColor(0x5f, 0xa2, 0xd0),
    RGBColor(0x1f, 0x78, 0xb4),
    RGBColor(0x08, 0x3d, 0x77),
];

/// The lower bounds of the shades, as shares of the requests of a column.
const SHARES: [f64; 5] = [0.0, 0.05, 0.15, 0.35, 0.6];

/// One scenario's cells: column and row to requests.
struct Panel<'r> {
    scenario: Measured<'r>,
    cells: BTreeMap<(u64, i32), u64>,
    /// Seconds of a column.
    width: u64,
    requests: u64,
    fastest: f64,
    slowest: f64,
}

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let panels: Vec<Panel<'_>> = source
        .scenarios
        .iter()
        .filter_map(|scenario| panel(source, scenario))
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let requests: u64 = panels.iter().map(|panel| panel.requests).sum();
    let head = Head {
        name: NAME,
        title: "Response times over time",
        subtitle: "Each column is a span of time, each row a range of response times; the darker, \
                   the larger its share of the span's requests"
            .to_owned(),
        footer: source.footer(&format!("n = {}", counted(requests, "completed request"))),
        alt: alt(&panels),
    };
    let columns = COLUMNS.min(panels.len());
    let rows = panels.len().div_ceil(columns);
    Source::finish(head, TOP + rows as f64 * ROW + 26.0, |sheet| {
        let keys: Vec<Key> = SHADES
            .into_iter()
            .zip(SHARES)
            .map(|(shade, share)| {
                let text = if share == 0.0 {
                    "under 5 %".to_owned()
                } else {
                    format!("from {:.0} %", share * 100.0)
                };
                Key::new(Mark::Block, shade, text)
            })
            .collect();
        sheet.legend(&keys)?;
        panels.iter().enumerate().try_for_each(|(index, panel)| {
            paint(sheet, panel, index / columns, index % columns, columns)
        })
    })
}

/// None without a readable log of every step that has requests: half a map would mislead.
fn panel<'r>(source: &Source<'r>, scenario: &Measured<'r>) -> Option<Panel<'r>> {
    let record = scenario.record;
    let longest = record.duration.as_secs().ceil().max(1.0) as u64;
    let width = longest.div_ceil(MOST_ACROSS);
    let mut panel = Panel {
        scenario: *scenario,
        cells: BTreeMap::new(),
        width,
        requests: 0,
        fastest: f64::MAX,
        slowest: 0.0,
    };
    for step in record.steps.iter().filter(|step| step.completed > 0) {
        for interval in read_interval_log(source.dir, &record.name, &step.step).ok()? {
            // The last answers may come in the second after the last whole one.
            let column = interval.second.min(longest - 1) / width;
            for bucket in interval.times.iter_recorded() {
                let millis = bucket.value_iterated_to().max(1) as f64 / 1_000.0;
                let count = bucket.count_at_value();
                *panel.cells.entry((column, row_of(millis))).or_default() += count;
                panel.requests += count;
                panel.fastest = panel.fastest.min(millis);
                panel.slowest = panel.slowest.max(millis);
            }
        }
    }
    (panel.requests > 0).then_some(panel)
}

fn row_of(millis: f64) -> i32 {
    (millis.log10() * PER_DECADE).floor() as i32
}

fn lower_edge(row: i32) -> f64 {
    10_f64.powf(f64::from(row) / PER_DECADE)
}

fn paint(sheet: &Sheet<'_>, panel: &Panel<'_>, row: usize, column: usize, columns: usize) -> Drawn {
    let cell = (PLOT_RIGHT - MARGIN) / columns as f64;
    let left = MARGIN + cell * column as f64 + 54.0;
    let right = MARGIN + cell * (column + 1) as f64 - if column + 1 < columns { 10.0 } else { 0.0 };
    let top = TOP + ROW * row as f64 + 22.0;
    let name = Size::Text.cut(&panel.scenario.heading(), right - left);
    sheet.text(left, top - 12.0, name, Ink::new(Size::Text, TEXT).bold())?;
    let frame = Frame {
        left,
        top,
        right,
        bottom: top + PANEL,
    };
    let length = panel.scenario.record.duration.as_secs().max(0.001);
    let low = lower_edge(row_of(panel.fastest));
    let high = lower_edge(row_of(panel.slowest) + 1);
    let plot = Plot::new(
        sheet,
        frame,
        Axis::time(length, right - left),
        Axis::log(low, high),
    );
    plot.grid(&format!("time ({})", time_unit(length)), "response (ms)")?;
    let mut totals: BTreeMap<u64, u64> = BTreeMap::new();
    for ((column, _), count) in &panel.cells {
        *totals.entry(*column).or_default() += count;
    }
    for ((column, row), count) in &panel.cells {
        let share = *count as f64 / totals[column] as f64;
        let from = (column * panel.width) as f64;
        let to = (from + panel.width as f64).min(length);
        plot.block(
            (from.min(length), lower_edge(*row)),
            (to, lower_edge(row + 1)),
            shade(share),
        )?;
    }
    Ok(())
}

fn shade(share: f64) -> RGBColor {
    let index = SHARES.iter().rposition(|bound| share >= *bound);
    SHADES[index.unwrap_or(0)]
}

fn alt(panels: &[Panel<'_>]) -> String {
    let clauses: Vec<String> = panels
        .iter()
        .map(|panel| {
            format!(
                "{} from {} to {} ms (n = {})",
                panel.scenario.title(),
                filters::number(panel.fastest),
                filters::number(panel.slowest),
                number::count(panel.requests)
            )
        })
        .collect();
    sentence("Response times over time as a map of counts", &clauses)
}
