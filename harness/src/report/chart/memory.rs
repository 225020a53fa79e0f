//! Resident memory of the system under test and of the generator over time.

use super::Drawing;
use super::axis::Axis;
use super::sheet::{Drawn, Fault, Head, Key, Mark, Sheet};
use super::source::{Source, counted};
use super::style::{BLUE, ORANGE, PLOT_TOP};
use super::timeline::{Band, Timeline};
use crate::measurement::resource::ResourceSeries;
use crate::report::filters::megabytes;
use crate::units::Bytes;

pub(super) const NAME: &str = "memory_usage";

const HEIGHT: f64 = 250.0;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let Some(timeline) = Timeline::of(source, PLOT_TOP) else {
        return Ok(None);
    };
    let servers = || {
        source
            .scenarios
            .iter()
            .filter_map(|s| s.record.server.as_ref())
    };
    let generators = || {
        source
            .scenarios
            .iter()
            .map(|scenario| &scenario.record.generator)
    };
    let samples = servers()
        .chain(generators())
        .map(|series| series.samples.len() as u64)
        .sum();
    if samples == 0 {
        return Ok(None);
    }
    let seen = servers().any(|series| !series.samples.is_empty());
    let note = if seen {
        ""
    } else {
        "; the system under test cannot be seen from here"
    };
    let head = Head {
        name: NAME,
        title: "Memory usage over time",
        subtitle: format!("Resident memory of each process tree{note}"),
        footer: source.footer(&format!("n = {}", counted(samples, "sample"))),
        alt: alt(source),
    };
    let most = servers()
        .chain(generators())
        .flat_map(|series| &series.samples);
    let most = most
        .map(|sample| sample.rss.as_megabytes())
        .fold(0.0, f64::max);
    Source::finish(head, timeline.height(HEIGHT), |sheet| {
        paint(sheet, &timeline, most, seen)
    })
}

fn paint(sheet: &Sheet<'_>, timeline: &Timeline<'_>, most: f64, seen: bool) -> Drawn {
    let generator = Key::new(Mark::Line, ORANGE, "load generator");
    let server = Key::new(Mark::Line, BLUE, "system under test");
    sheet.legend(&if seen {
        vec![server, generator]
    } else {
        vec![generator]
    })?;
    let plot = timeline.plot(
        sheet,
        HEIGHT,
        Axis::from_zero(most, 5),
        "resident memory (MB)",
    )?;
    for band in &timeline.bands {
        plot.line(line(band, &band.scenario.record.generator), ORANGE, 1.5)?;
        if let Some(server) = &band.scenario.record.server {
            plot.line(line(band, server), BLUE, 2.0)?;
        }
    }
    Ok(())
}

/// Samples taken a moment before or after the phase are drawn at its ends.
fn line(band: &Band<'_>, series: &ResourceSeries) -> Vec<(f64, f64)> {
    series
        .samples
        .iter()
        .map(|sample| {
            (
                band.start + sample.at.as_secs().min(band.length),
                sample.rss.as_megabytes(),
            )
        })
        .collect()
}

fn alt(source: &Source<'_>) -> String {
    let servers: Vec<Bytes> = source
        .scenarios
        .iter()
        .filter_map(|scenario| scenario.record.server.as_ref())
        .flat_map(|series| &series.samples)
        .map(|sample| sample.rss)
        .collect();
    let generators = source
        .scenarios
        .iter()
        .flat_map(|s| &s.record.generator.samples);
    let generator = generators
        .map(|sample| sample.rss)
        .max()
        .unwrap_or_default();
    let generator = format!(
        "the load generator used at most {} MB",
        megabytes(generator)
    );
    let server = match (servers.first(), servers.iter().max(), servers.last()) {
        (Some(first), Some(peak), Some(last)) => format!(
            "the system under test began at {} MB, peaked at {} MB and ended at {} MB",
            megabytes(*first),
            megabytes(*peak),
            megabytes(*last),
        ),
        _ => "the system under test could not be seen".to_owned(),
    };
    format!(
        "Resident memory over {}: {server}; {generator}.",
        counted(source.scenarios.len() as u64, "scenario"),
    )
}
