//! Failed requests per second over time.

use super::Drawing;
use super::axis::Axis;
use super::bucket::{Bucket, buckets, width};
use super::sheet::{Drawn, Fault, Head, Ink, Sheet};
use super::source::{Source, counted, sentence};
use super::style::{FAINT, PLOT_LEFT, PLOT_RIGHT, RED, Size, WIDTH};
use super::timeline::Timeline;
use crate::report::{filters, number};

pub(super) const NAME: &str = "errors_over_time";

/// There is no legend above.
const TOP: f64 = 74.0;
const HEIGHT: f64 = 200.0;

/// Kinds of failure that are named.
const KINDS: usize = 3;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let Some(timeline) = Timeline::of(source, TOP) else {
        return Ok(None);
    };
    let seconds = width(timeline.total);
    let failures: Vec<Vec<Bucket>> = timeline
        .bands
        .iter()
        .map(|band| buckets(band.scenario.record, seconds))
        .collect();
    let ended: u64 = failures
        .iter()
        .flatten()
        .map(|b| b.completed + b.failed)
        .sum();
    if ended == 0 {
        return Ok(None);
    }
    let failed: u64 = failures.iter().flatten().map(|bucket| bucket.failed).sum();
    let head = Head {
        name: NAME,
        title: "Errors over time",
        subtitle: subtitle(source, failed, ended),
        footer: source.footer(&format!("n = {}", counted(ended, "request"))),
        alt: alt(&timeline, &failures, failed, ended),
    };
    Source::finish(head, timeline.height(HEIGHT), |sheet| {
        paint(sheet, &timeline, &failures, failed, ended)
    })
}

fn paint(
    sheet: &Sheet<'_>,
    timeline: &Timeline<'_>,
    failures: &[Vec<Bucket>],
    failed: u64,
    ended: u64,
) -> Drawn {
    let most = failures
        .iter()
        .flatten()
        .map(Bucket::failed_rate)
        .fold(0.0, f64::max);
    let y = Axis::counts(most, 5);
    let plot = timeline.plot(sheet, HEIGHT, y, "failed requests/s")?;
    if failed == 0 {
        let middle = f64::midpoint(PLOT_LEFT, PLOT_RIGHT);
        let text = format!("No failed request among {}", number::count(ended));
        let ink = Ink::new(Size::Title, FAINT).centred();
        return sheet.text(middle, TOP + 20.0 + HEIGHT / 2.0, text, ink);
    }
    let least = timeline.total / WIDTH * 2.0;
    for (band, buckets) in timeline.bands.iter().zip(failures) {
        for bucket in buckets.iter().filter(|bucket| bucket.failed > 0) {
            let from = band.start + bucket.start;
            let to = (band.start + bucket.end.min(band.length)).max(from + least);
            plot.block((from, 0.0), (to, bucket.failed_rate()), RED)?;
        }
    }
    Ok(())
}

fn subtitle(source: &Source<'_>, failed: u64, ended: u64) -> String {
    if failed == 0 {
        return "Requests without an answer, or with another one than the plan expects".to_owned();
    }
    let mut kinds: Vec<(&str, u64)> = Vec::new();
    for error in source
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.record.errors)
    {
        match kinds.iter_mut().find(|(kind, _)| *kind == error.kind) {
            Some((_, count)) => *count += error.count,
            None => kinds.push((&error.kind, error.count)),
        }
    }
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let named: Vec<String> = kinds
        .iter()
        .take(KINDS)
        .map(|(kind, count)| format!("{kind} ({})", number::count(*count)))
        .collect();
    let share = filters::percent(100.0 * failed as f64 / ended as f64);
    let failed = number::count(failed);
    if named.is_empty() {
        format!(
            "{failed} of {} requests failed ({share}%)",
            number::count(ended)
        )
    } else {
        let ended = number::count(ended);
        format!(
            "{failed} of {ended} requests failed ({share}%), most often: {}",
            named.join(", ")
        )
    }
}

fn alt(timeline: &Timeline<'_>, failures: &[Vec<Bucket>], failed: u64, ended: u64) -> String {
    if failed == 0 {
        return format!(
            "No failed request among {} in {}.",
            number::count(ended),
            counted(timeline.bands.len() as u64, "scenario"),
        );
    }
    let clauses: Vec<String> = timeline
        .bands
        .iter()
        .zip(failures)
        .filter_map(|(band, buckets)| {
            let failed: u64 = buckets.iter().map(|bucket| bucket.failed).sum();
            let most = buckets.iter().map(Bucket::failed_rate).fold(0.0, f64::max);
            (failed > 0).then(|| {
                let failed = number::count(failed);
                format!(
                    "{} {failed} with up to {} a second",
                    band.scenario.title(),
                    filters::number(most)
                )
            })
        })
        .collect();
    let opening = format!(
        "Failed requests per second over time, {} of {} in all",
        number::count(failed),
        number::count(ended),
    );
    sentence(&opening, &clauses)
}
