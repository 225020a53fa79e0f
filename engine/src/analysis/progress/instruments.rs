//! The filled-in instruments over time.

use super::slope;
use crate::domain::instrument::{Instrument, InstrumentEntry};
use crate::domain::progress::{Attention, InstrumentPoint, InstrumentProgress, TrendUnit};

const WEEK: f64 = 7.0 * 86_400.0;

/// One line for each instrument that was filled in; `entries` are in order of time.
pub(super) fn progress(entries: &[InstrumentEntry]) -> Vec<InstrumentProgress> {
    Instrument::ALL
        .iter()
        .filter_map(|instrument| {
            let of: Vec<&InstrumentEntry> = entries
                .iter()
                .filter(|entry| entry.instrument == *instrument)
                .collect();
            (!of.is_empty()).then(|| line(*instrument, &of))
        })
        .collect()
}

fn line(instrument: Instrument, entries: &[&InstrumentEntry]) -> InstrumentProgress {
    let weeks = |entry: &InstrumentEntry| entry.taken_at.as_second() as f64 / WEEK;
    let points: Vec<(f64, f64)> = entries
        .iter()
        .map(|entry| (weeks(entry), entry.total))
        .collect();
    let change = match entries {
        [first, .., latest] => Some(instrument.change(first.total, latest.total)),
        _ => None,
    };
    let point = |entry: &&InstrumentEntry| InstrumentPoint {
        entry_id: entry.id.clone(),
        taken_at: entry.taken_at,
        total: entry.total,
        band: instrument.band(entry.total).to_owned(),
    };
    InstrumentProgress {
        instrument,
        title: instrument.title().to_owned(),
        higher_is_better: instrument.higher_is_better(),
        entries: entries.iter().map(point).collect(),
        change,
        reliable_change: instrument.reliable_change(),
        trend: slope::trend(&points, TrendUnit::Week),
        source: instrument.source().to_owned(),
    }
}

/// What a person must look at, the latest first.
pub(super) fn attention(entries: &[InstrumentEntry]) -> Vec<Attention> {
    let without = |entry: &&InstrumentEntry| entry.items.is_some() && entry.attention().is_none();
    let found = |(at, entry): (usize, &InstrumentEntry)| {
        let later = entries.get(at + 1..).unwrap_or_default().iter();
        let later = later.filter(|other| other.instrument == entry.instrument);
        Some(Attention {
            reason: entry.attention()?.to_owned(),
            entry_id: entry.id.clone(),
            taken_at: entry.taken_at,
            later_entries_without: u32::try_from(later.filter(without).count()).unwrap_or(u32::MAX),
        })
    };
    entries.iter().enumerate().rev().filter_map(found).collect()
}
