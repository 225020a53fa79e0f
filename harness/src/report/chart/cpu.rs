//! CPU use over time, in percent of all cores, from CPU-time clocks: of the system under test, the
//! generator and the whole machine.

use super::Drawing;
use super::axis::Axis;
use super::sheet::{Drawn, Fault, Head, Key, Mark, Sheet};
use super::source::{Source, counted, sentence};
use super::style::{BLUE, GREY, ORANGE, PLOT_TOP, RED};
use super::timeline::{Band, Timeline};
use crate::measurement::resource::{ResourceSample, ResourceSeries};
use crate::report::filters;
use crate::units::Micros;

pub(super) const NAME: &str = "cpu_usage";

const HEIGHT: f64 = 250.0;

/// Shares are taken over at least this long, in seconds: shorter ones show the scheduler.
const LEAST: f64 = 0.95;

/// Steal from this share on, in percent, is worth a line.
const VISIBLE_STEAL: f64 = 0.5;

/// The share of all cores between two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Share {
    from: f64,
    to: f64,
    percent: f64,
}

/// The curves of one scenario.
struct Curves {
    server: Vec<Share>,
    generator: Vec<Share>,
    busy: Vec<Share>,
    steal: Vec<Share>,
}

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let Some(timeline) = Timeline::of(source, PLOT_TOP) else {
        return Ok(None);
    };
    let curves: Vec<Curves> = timeline.bands.iter().map(curves).collect();
    let samples: usize = curves
        .iter()
        .map(|curve| curve.server.len() + curve.generator.len())
        .sum();
    if samples == 0 {
        return Ok(None);
    }
    let seen = curves.iter().any(|curve| !curve.server.is_empty());
    let note = if seen {
        ""
    } else {
        "; the system under test cannot be seen from here"
    };
    let head = Head {
        name: NAME,
        title: "CPU usage over time",
        subtitle: format!("CPU time used, as a share of all cores, over about one second{note}"),
        footer: source.footer(&format!("n = {}", counted(samples as u64, "interval"))),
        alt: alt(&timeline, &curves),
    };
    Source::finish(head, timeline.height(HEIGHT), |sheet| {
        paint(sheet, &timeline, &curves, seen)
    })
}

fn paint(sheet: &Sheet<'_>, timeline: &Timeline<'_>, curves: &[Curves], seen: bool) -> Drawn {
    let stolen = curves
        .iter()
        .any(|curve| peak(&curve.steal) >= VISIBLE_STEAL);
    let mut keys = Vec::new();
    if seen {
        keys.push(Key::new(Mark::Line, BLUE, "system under test"));
    }
    keys.push(Key::new(Mark::Line, ORANGE, "load generator"));
    keys.push(Key::new(Mark::Line, GREY, "whole machine, busy"));
    if stolen {
        keys.push(Key::new(Mark::Line, RED, "stolen by the hypervisor"));
    }
    sheet.legend(&keys)?;
    let all = curves
        .iter()
        .flat_map(|curve| [&curve.server, &curve.generator, &curve.busy]);
    let most = all.map(|shares| peak(shares)).fold(0.0, f64::max);
    let plot = timeline.plot(sheet, HEIGHT, Axis::percent(most), "CPU (% of all cores)")?;
    for (band, curve) in timeline.bands.iter().zip(curves) {
        plot.line(line(band, &curve.busy), GREY, 1.0)?;
        if stolen {
            plot.line(line(band, &curve.steal), RED, 1.0)?;
        }
        plot.line(line(band, &curve.generator), ORANGE, 1.5)?;
        plot.line(line(band, &curve.server), BLUE, 2.0)?;
    }
    Ok(())
}

fn line(band: &Band<'_>, shares: &[Share]) -> Vec<(f64, f64)> {
    shares
        .iter()
        .flat_map(|share| [(share.from, share.percent), (share.to, share.percent)])
        .map(|(at, percent)| (band.start + at.min(band.length), percent))
        .collect()
}

fn curves(band: &Band<'_>) -> Curves {
    let record = band.scenario.record;
    let server = record.server.as_ref();
    Curves {
        server: server
            .map(|series| shares(series, |sample| sample.cpu))
            .unwrap_or_default(),
        generator: shares(&record.generator, |sample| sample.cpu),
        busy: shares(&record.generator, |sample| sample.host_busy),
        steal: shares(&record.generator, |sample| sample.host_steal),
    }
}

fn shares(series: &ResourceSeries, used: impl Fn(&ResourceSample) -> Micros) -> Vec<Share> {
    let Some(first) = series.samples.first() else {
        return Vec::new();
    };
    let mut shares: Vec<Share> = Vec::new();
    let (mut since, mut before) = (first.at.as_secs(), used(first));
    for (index, sample) in series.samples.iter().enumerate().skip(1) {
        let length = sample.at.as_secs() - since;
        let last = index + 1 == series.samples.len();
        let enough = length >= LEAST || (last && (length >= LEAST / 4.0 || shares.is_empty()));
        if !enough || length <= 0.0 {
            continue;
        }
        let time = used(sample).0.saturating_sub(before.0) as f64 / 1e6;
        let percent = 100.0 * time / (length * f64::from(series.cores.max(1)));
        shares.push(Share {
            from: since,
            to: sample.at.as_secs(),
            percent,
        });
        (since, before) = (sample.at.as_secs(), used(sample));
    }
    shares
}

fn peak(shares: &[Share]) -> f64 {
    shares.iter().map(|share| share.percent).fold(0.0, f64::max)
}

/// Over the whole time, not the mean of the shares.
fn average(shares: &[Share]) -> Option<f64> {
    let length: f64 = shares.iter().map(|share| share.to - share.from).sum();
    let used: f64 = shares
        .iter()
        .map(|share| share.percent * (share.to - share.from))
        .sum();
    (length > 0.0).then(|| used / length)
}

fn alt(timeline: &Timeline<'_>, curves: &[Curves]) -> String {
    let percent = |shares: &[Share]| {
        average(shares).map(|average| {
            format!(
                "{}% on average and {}% at most",
                filters::percent(average),
                filters::percent(peak(shares))
            )
        })
    };
    let clauses: Vec<String> = timeline
        .bands
        .iter()
        .zip(curves)
        .map(|(band, curve)| {
            let server = percent(&curve.server).unwrap_or_else(|| "not visible".to_owned());
            let generator = average(&curve.generator).map_or_else(String::new, |average| {
                format!(", the load generator {}%", filters::percent(average))
            });
            format!("{} {server}{generator}", band.scenario.title())
        })
        .collect();
    sentence(
        "CPU use of the system under test as a share of all cores",
        &clauses,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::sample;

    #[test]
    fn shares_are_cpu_time_over_time_and_cores() {
        let mut series = sample::record().scenarios.remove(0).generator;
        series.cores = 2;
        series.samples.truncate(3);
        for (sample, (at, cpu)) in
            series
                .samples
                .iter_mut()
                .zip([(0, 50), (1_000, 550), (3_000, 4_550)])
        {
            sample.at = Micros(at * 1_000);
            sample.cpu = Micros(cpu * 1_000);
        }
        let shares = shares(&series, |sample| sample.cpu);
        let percents: Vec<f64> = shares.iter().map(|share| share.percent).collect();
        assert_eq!(percents, [25.0, 100.0]);
        assert_eq!(average(&shares), Some(75.0));
    }
}
