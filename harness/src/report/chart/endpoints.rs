//! Median and p95 of each step or endpoint, beside its p95 target where it has one.

use super::Drawing;
use super::axis::Axis;
use super::plot::{Frame, Plot};
use super::sheet::{Drawn, Fault, Head, Ink, Key, Mark, Sheet};
use super::source::{Measured, Source, counted, merged, sentence, supported};
use super::style::{AXIS, BAND, BELOW, BLUE, FAINT, MARGIN, RED, SKY, Size, TEXT, WIDTH};
use crate::measurement::load::StepRecord;
use crate::metric::{Metric, Statistic};
use crate::plan::scenario::View;
use crate::report::{filters, number};

pub(super) const NAME: &str = "endpoint_comparison";

const TOP: f64 = 98.0;
const ROW: f64 = 22.0;
/// Room at the left for names, at the right for figures.
const NAMES: f64 = 224.0;
const FIGURES: f64 = 196.0;

/// One step, or one endpoint with its steps; figures in milliseconds.
struct Row {
    name: String,
    n: u64,
    median: Option<f64>,
    p95: Option<f64>,
    /// The p95 bound of it alone.
    target: Option<f64>,
    /// The p95 bound of a mix of requests that it is a part of.
    shared: Option<f64>,
}

struct Group<'r> {
    scenario: Measured<'r>,
    rows: Vec<Row>,
}

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let groups: Vec<Group<'_>> = source
        .scenarios
        .iter()
        .map(|scenario| Group {
            scenario: *scenario,
            rows: rows(scenario),
        })
        .filter(|group| group.rows.iter().any(|row| row.median.is_some()))
        .collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let samples: u64 = groups
        .iter()
        .flat_map(|group| &group.rows)
        .map(|row| row.n)
        .sum();
    let head = Head {
        name: NAME,
        title: "Response time by endpoint",
        subtitle: "From the median to the 95th percentile of completed requests, logarithmic"
            .to_owned(),
        footer: source.footer(&format!("n = {}", counted(samples, "completed request"))),
        alt: alt(&groups),
    };
    let lines: usize = groups.iter().map(|group| group.rows.len() + 1).sum();
    let height = lines as f64 * ROW;
    Source::finish(head, TOP + height + BELOW, |sheet| {
        paint(sheet, &groups, height)
    })
}

fn rows(scenario: &Measured<'_>) -> Vec<Row> {
    let by_endpoint = scenario
        .plan
        .is_some_and(|plan| plan.view == View::Endpoints);
    let mut names: Vec<&str> = Vec::new();
    let name_of = |step: &'_ StepRecord| -> String {
        if by_endpoint {
            step.endpoint.clone()
        } else {
            step.step.clone()
        }
    };
    let all: Vec<String> = scenario.record.steps.iter().map(name_of).collect();
    for name in &all {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let steps: Vec<&StepRecord> = scenario
                .record
                .steps
                .iter()
                .filter(|step| name_of(step) == name)
                .collect();
            row(name, scenario, &steps)
        })
        .collect()
}

fn row(name: &str, scenario: &Measured<'_>, steps: &[&StepRecord]) -> Row {
    let times = merged(steps.iter().map(|step| &step.response));
    let figure = |statistic| {
        let micros = times.as_ref().and_then(|times| supported(times, statistic));
        micros.map(|micros: f64| micros.max(1.0) / 1_000.0)
    };
    let targets = scenario
        .plan
        .map(|plan| plan.targets.as_slice())
        .unwrap_or_default();
    let within = |name: &String| steps.iter().any(|step| step.step == *name);
    let whole = steps.len() == scenario.record.steps.len();
    let strictest = |alone: bool| {
        targets
            .iter()
            .filter(|target| {
                let all = target.steps.is_empty();
                let touched = all || target.steps.iter().any(within);
                let own = (all && whole) || (!all && target.steps.iter().all(within));
                target.metric == Metric::ResponseTime
                    && target.statistic == Some(Statistic::P95)
                    && touched
                    && own == alone
            })
            .map(|target| target.bound.value)
            .reduce(f64::min)
    };
    Row {
        name: name.to_owned(),
        n: times.as_ref().map_or(0, |times| times.count()),
        median: figure(Statistic::Median),
        p95: figure(Statistic::P95),
        target: strictest(true),
        shared: strictest(false),
    }
}

fn paint(sheet: &Sheet<'_>, groups: &[Group<'_>], height: f64) -> Drawn {
    let rows = || groups.iter().flat_map(|group| &group.rows);
    let mut keys = vec![
        Key::new(Mark::Block, SKY, "median to p95"),
        Key::new(Mark::Dot, BLUE, "p95"),
    ];
    if rows().any(|row| row.target.is_some()) {
        keys.push(Key::new(Mark::Stroke, RED, "p95 target"));
    }
    if rows().any(|row| row.shared.is_some()) {
        keys.push(Key::new(
            Mark::Stroke,
            AXIS,
            "p95 target of several steps together",
        ));
    }
    sheet.legend(&keys)?;
    let values = || {
        rows()
            .flat_map(|row| [row.median, row.p95, row.target, row.shared])
            .flatten()
    };
    let x = Axis::log(
        values().fold(f64::MAX, f64::min),
        values().fold(0.0, f64::max),
    );
    let frame = Frame {
        left: MARGIN + NAMES,
        top: TOP,
        right: WIDTH - MARGIN - FIGURES,
        bottom: TOP + height,
    };
    let plot = Plot::new(sheet, frame, x, Axis::places(1));
    plot.columns("response time (ms)")?;
    let mut y = TOP;
    for group in groups {
        let name = Size::Text.cut(&group.scenario.heading(), NAMES + 180.0);
        sheet.block((MARGIN, y + 1.0), (WIDTH - MARGIN, y + ROW - 1.0), BAND)?;
        sheet.text(
            MARGIN + 6.0,
            y + ROW / 2.0,
            name,
            Ink::new(Size::Text, TEXT).bold(),
        )?;
        y += ROW;
        for row in &group.rows {
            bar(sheet, &plot, row, y + ROW / 2.0)?;
            y += ROW;
        }
    }
    Ok(())
}

fn bar(sheet: &Sheet<'_>, plot: &Plot<'_, '_>, row: &Row, y: f64) -> Drawn {
    let name = Size::Text.cut(&row.name, NAMES - 18.0);
    sheet.text(
        MARGIN + NAMES - 10.0,
        y,
        name,
        Ink::new(Size::Text, TEXT).ending(),
    )?;
    if let Some(shared) = row.shared {
        let x = plot.pixel_x(shared);
        sheet.line(&[(x, y - ROW / 2.0), (x, y + ROW / 2.0)], AXIS, 1.5)?;
    }
    if let Some(target) = row.target {
        let x = plot.pixel_x(target);
        sheet.line(&[(x, y - 9.0), (x, y + 9.0)], RED, 2.5)?;
    }
    if let Some(median) = row.median {
        let from = plot.pixel_x(median);
        let to = row.p95.map_or(from, |p95| plot.pixel_x(p95));
        sheet.block((from, y - 5.0), (to.max(from + 2.0), y + 5.0), SKY)?;
    }
    if let Some(p95) = row.p95 {
        sheet.dot(plot.pixel_x(p95), y, 4.5, BLUE)?;
    }
    let x = WIDTH - MARGIN - FIGURES + 14.0;
    sheet.text(
        x,
        y,
        note(row),
        Ink::new(Size::Small, if row.p95.is_some() { TEXT } else { FAINT }),
    )
}

fn note(row: &Row) -> String {
    let n = number::count(row.n);
    match (row.p95, row.median) {
        (Some(p95), _) => format!("p95 {} ms, n = {n}", filters::number(p95)),
        (None, Some(_)) => format!("n = {n}, too few for p95"),
        (None, None) if row.n == 0 => "no completed request".to_owned(),
        (None, None) => format!("n = {n}, too few to show"),
    }
}

fn alt(groups: &[Group<'_>]) -> String {
    let clauses: Vec<String> = groups
        .iter()
        .flat_map(|group| group.rows.iter().map(move |row| (group, row)))
        .filter_map(|(group, row)| {
            let p95 = filters::number(row.p95?);
            let target = row.target.map_or_else(String::new, |target| {
                format!(" (target {} ms)", number::plain(target))
            });
            Some(format!(
                "{} in scenario {} {p95} ms{target}",
                row.name,
                group.scenario.number()
            ))
        })
        .collect();
    sentence(
        "95th percentile of the response time by step or endpoint",
        &clauses,
    )
}
