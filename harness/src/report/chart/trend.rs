//! The figures of comparable runs in their order, one panel per summary-worthy target, with the
//! levels that the change points leave.

use super::Drawing;
use super::axis::Axis;
use super::plot::{Frame, Plot};
use super::sheet::{Drawn, Fault, Head, Ink, Key, Mark, Sheet};
use super::source::{Source, counted, sentence};
use super::style::{BLUE, MARGIN, ORANGE, PLOT_RIGHT, Size, TEXT};
use crate::findings::trend::{Trend, TrendRow};
use crate::report::{filters, phrase};
use crate::verdict::judgement::Quantity;

pub(super) const NAME: &str = "trend_lines";

const TOP: f64 = 98.0;
const PANEL: f64 = 110.0;
const ROW: f64 = 22.0 + PANEL + 52.0;
const COLUMNS: usize = 3;

/// More panels than this nobody compares; those that changed come first.
const MOST: usize = 12;

/// Fewer runs are a list of differences and no line.
const LEAST: usize = 3;

struct Panel<'r> {
    row: &'r TrendRow,
    place: String,
    /// Index of the run and figure.
    points: Vec<(f64, f64)>,
}

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let trend = source.trend;
    let runs = trend.earlier.len() + 1;
    if runs < LEAST {
        return Ok(None);
    }
    let panels = panels(source, trend);
    if panels.is_empty() {
        return Ok(None);
    }
    let changes: usize = trend.rows.iter().map(|row| row.changes.len()).sum();
    let head = Head {
        name: NAME,
        title: "Trends",
        subtitle: format!(
            "Figures of {runs} comparable runs in their order, the latest at the right; the level \
             line steps where it changed"
        ),
        footer: source.footer(&format!("n = {}", counted(runs as u64, "run"))),
        alt: alt(&panels, runs, changes),
    };
    let rows = panels.len().div_ceil(COLUMNS);
    Source::finish(head, TOP + rows as f64 * ROW + 26.0, |sheet| {
        sheet.legend(&[
            Key::new(Mark::Dot, BLUE, "run"),
            Key::new(Mark::Line, ORANGE, "level"),
        ])?;
        panels.iter().enumerate().try_for_each(|(index, panel)| {
            paint(sheet, panel, runs, index / COLUMNS, index % COLUMNS)
        })
    })
}

fn panels<'r>(source: &Source<'r>, trend: &'r Trend) -> Vec<Panel<'r>> {
    let mut rows: Vec<&TrendRow> = trend.rows.iter().collect();
    rows.sort_by_key(|row| row.changes.is_empty());
    rows.into_iter()
        .map(|row| Panel {
            row,
            place: phrase::place(source.record, &row.scenario),
            points: row
                .earlier
                .iter()
                .chain([&row.now])
                .enumerate()
                .filter_map(|(index, value)| Some((index as f64, (*value)?)))
                .collect(),
        })
        .filter(|panel| panel.points.len() >= LEAST)
        .take(MOST)
        .collect()
}

fn paint(sheet: &Sheet<'_>, panel: &Panel<'_>, runs: usize, row: usize, column: usize) -> Drawn {
    let cell = (PLOT_RIGHT - MARGIN) / COLUMNS as f64;
    let left = MARGIN + cell * column as f64 + 50.0;
    let right = MARGIN + cell * (column + 1) as f64 - if column + 1 < COLUMNS { 10.0 } else { 0.0 };
    let top = TOP + ROW * row as f64 + 22.0;
    let now = panel.row.now.map_or_else(String::new, |now| {
        format!(
            ", {}",
            filters::with_unit(now, panel.row.unit, Quantity::CallTime)
        )
    });
    let name = format!("{}: {}{now}", panel.place, panel.row.label);
    let name = Size::Small.cut(&name, cell - 20.0);
    sheet.text(
        left - 40.0,
        top - 12.0,
        name,
        Ink::new(Size::Small, TEXT).bold(),
    )?;
    let frame = Frame {
        left,
        top,
        right,
        bottom: top + PANEL,
    };
    let highest = panel.points.iter().map(|(_, y)| *y).fold(0.0, f64::max);
    let plot = Plot::new(
        sheet,
        frame,
        Axis::places(runs),
        Axis::from_zero(highest, 3),
    );
    plot.grid("runs, oldest first", "")?;
    for level in levels(panel) {
        plot.line(level, ORANGE, 2.0)?;
    }
    panel
        .points
        .iter()
        .try_for_each(|point| plot.dot(*point, 2.6, BLUE))
}

/// The means between the changes, each as a level line.
fn levels(panel: &Panel<'_>) -> Vec<Vec<(f64, f64)>> {
    let Some(first) = panel.row.changes.first() else {
        return Vec::new();
    };
    let mut values = vec![first.old];
    values.extend(panel.row.changes.iter().map(|change| change.new));
    let mut edges = vec![0];
    edges.extend(panel.row.changes.iter().map(|change| change.at as usize));
    edges.push(panel.points.len());
    values
        .into_iter()
        .zip(edges.windows(2))
        .filter_map(|(value, edge)| {
            let (from, to) = (panel.points.get(edge[0])?, panel.points.get(edge[1] - 1)?);
            Some(vec![(from.0 - 0.4, value), (to.0 + 0.4, value)])
        })
        .collect()
}

fn alt(panels: &[Panel<'_>], runs: usize, changes: usize) -> String {
    let clauses: Vec<String> = panels
        .iter()
        .map(|panel| {
            let change = panel
                .row
                .change
                .map_or_else(|| "no change known".to_owned(), filters::signed_percent);
            format!("{}, {}: {change}", panel.place, panel.row.label)
        })
        .collect();
    let found = match changes {
        0 => "no change of level".to_owned(),
        1 => "1 change of level".to_owned(),
        many => format!("{many} changes of level"),
    };
    sentence(
        &format!("Figures of {runs} comparable runs, {found}; change since the run before"),
        &clauses,
    )
}
