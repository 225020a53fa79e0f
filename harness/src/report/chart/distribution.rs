//! Response times by percentile, one curve per scenario.

use super::Drawing;
use super::axis::Axis;
use super::plot::{Frame, Plot};
use super::sheet::{Drawn, Fault, Head, Ink, Key, Mark, Sheet};
use super::source::{Measured, Source, counted, merged, sentence, supported};
use super::style::{BELOW, FAINT, MARGIN, PLOT_LEFT, Size, TEXT, WIDTH, series};
use crate::metric::Statistic;
use crate::report::{filters, number};
use crate::verdict::distribution::Distribution;

pub(super) const NAME: &str = "response_time_distribution";

const NAMED: [Statistic; 5] = [
    Statistic::Median,
    Statistic::P90,
    Statistic::P95,
    Statistic::P99,
    Statistic::P999,
];

const TOP: f64 = 78.0;
const HEIGHT: f64 = 330.0;
/// Room at the right for the names of the curves.
const NAMES: f64 = 290.0;

/// Height of one of them.
const NAME_ROW: f64 = 44.0;

/// One scenario's curve.
struct Curve<'r> {
    scenario: Measured<'r>,
    times: Distribution,
    /// The largest quantile with enough samples.
    highest: f64,
    colour: usize,
}

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let curves: Vec<Curve<'_>> = source
        .scenarios
        .iter()
        .enumerate()
        .filter_map(curve)
        .collect();
    if curves.is_empty() {
        return Ok(None);
    }
    let samples: u64 = curves.iter().map(|curve| curve.times.count()).sum();
    let head = Head {
        name: NAME,
        title: "Response time distribution",
        subtitle: "From the instant a request was due to the last byte; curves end at the last \
                   percentile with enough samples"
            .to_owned(),
        footer: source.footer(&format!("n = {}", counted(samples, "completed request"))),
        alt: alt(&curves),
    };
    // The names need their room too.
    let height = HEIGHT.max(NAME_ROW * curves.len() as f64);
    Source::finish(head, TOP + height + BELOW, |sheet| {
        paint(sheet, &curves, height)
    })
}

fn curve<'r>((colour, scenario): (usize, &Measured<'r>)) -> Option<Curve<'r>> {
    let times = merged(scenario.record.steps.iter().map(|step| &step.response))?;
    let supported = |statistic: &Statistic| supported(&times, *statistic).is_some();
    let highest = NAMED
        .into_iter()
        .filter(supported)
        .filter_map(Statistic::quantile)
        .next_back()?;
    Some(Curve {
        scenario: *scenario,
        times,
        highest,
        colour,
    })
}

fn paint(sheet: &Sheet<'_>, curves: &[Curve<'_>], height: f64) -> Drawn {
    let highest = curves.iter().map(|curve| curve.highest).fold(0.5, f64::max);
    let lowest = curves
        .iter()
        .filter_map(|curve| at(curve, 0.0))
        .fold(f64::MAX, f64::min);
    let largest = curves
        .iter()
        .filter_map(|curve| at(curve, curve.highest))
        .fold(0.0, f64::max);
    let right = WIDTH - MARGIN - NAMES;
    let frame = Frame {
        left: PLOT_LEFT,
        top: TOP,
        right,
        bottom: TOP + height,
    };
    let plot = Plot::new(
        sheet,
        frame,
        Axis::quantiles(highest),
        Axis::log(lowest, largest),
    );
    plot.grid("percentile of completed requests", "response time (ms)")?;
    for curve in curves {
        let colour = series(curve.colour);
        plot.line(points(curve), colour, 2.0)?;
        for statistic in NAMED {
            let value = supported(&curve.times, statistic).map(|micros| micros / 1_000.0);
            if let (Some(quantile), Some(value)) = (statistic.quantile(), value) {
                plot.dot((quantile, value), 3.2, colour)?;
            }
        }
    }
    names(sheet, right + 18.0, curves)
}

fn names(sheet: &Sheet<'_>, x: f64, curves: &[Curve<'_>]) -> Drawn {
    let room = WIDTH - MARGIN - x - 26.0;
    for (row, curve) in curves.iter().enumerate() {
        let y = TOP + 10.0 + row as f64 * NAME_ROW;
        sheet.mark(x, y, &Key::new(Mark::Line, series(curve.colour), ""))?;
        let name = Size::Text.cut(&curve.scenario.heading(), room);
        sheet.text(x + 26.0, y, name, Ink::new(Size::Text, TEXT))?;
        let figure = supported(&curve.times, Statistic::P95).map_or_else(
            || "too few samples for p95".to_owned(),
            |micros| format!("p95 {} ms", filters::number(micros / 1_000.0)),
        );
        let note = format!("{figure}, n = {}", number::count(curve.times.count()));
        sheet.text(x + 26.0, y + 16.0, note, Ink::new(Size::Small, FAINT))?;
    }
    Ok(())
}

/// In milliseconds.
fn at(curve: &Curve<'_>, quantile: f64) -> Option<f64> {
    let micros = if quantile <= 0.0 {
        curve.times.min()
    } else {
        curve.times.quantile(quantile)
    };
    // Below a microsecond the instrument sees nothing.
    micros.map(|micros| micros.max(1.0) / 1_000.0)
}

fn points(curve: &Curve<'_>) -> Vec<(f64, f64)> {
    const STEPS: u32 = 160;
    let nines = -(1.0 - curve.highest).log10();
    (0..=STEPS)
        .map(|step| 1.0 - 10_f64.powf(-nines * f64::from(step) / f64::from(STEPS)))
        .filter_map(|quantile| at(curve, quantile).map(|value| (quantile, value)))
        .collect()
}

fn alt(curves: &[Curve<'_>]) -> String {
    let clauses: Vec<String> = curves
        .iter()
        .map(|curve| {
            let figure = |statistic, label: &str| {
                supported(&curve.times, statistic)
                    .map(|micros| format!("{label} {} ms", filters::number(micros / 1_000.0)))
            };
            let named = [
                (Statistic::Median, "median"),
                (Statistic::P95, "p95"),
                (Statistic::P99, "p99"),
            ];
            let figures: Vec<String> = named
                .into_iter()
                .filter_map(|(statistic, label)| figure(statistic, label))
                .collect();
            let n = number::count(curve.times.count());
            format!(
                "{} {} (n = {n})",
                curve.scenario.title(),
                figures.join(", ")
            )
        })
        .collect();
    sentence("Response time by percentile on logarithmic axes", &clauses)
}
