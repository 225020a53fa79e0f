//! A questionnaire that moves one way while the client's sentences move the other.
//!
//! The totals must differ by at least the instrument's reliable change between its first and latest
//! entry. Fisher's exact test compares the negative sentences of the sessions held closest to the
//! two. Which of the two is right is not said: it is a question to ask.

use super::history::{SessionHistory, View};
use super::trend::extreme;
use super::{Finding, Tested};
use crate::analysis::sentiment::NEEDED;
use crate::analysis::statistics::Table;
use crate::domain::instrument::{ChangeVerdict, Instrument, InstrumentEntry};

/// A session stands for an entry if it was held within so many days of it.
const DAYS: i64 = 21;

pub(super) fn test<'v>(view: &'v View<'_>) -> Vec<Tested<'v>> {
    Instrument::ALL
        .iter()
        .filter_map(|instrument| of(view, *instrument))
        .collect()
}

fn of<'v>(view: &'v View<'_>, instrument: Instrument) -> Option<Tested<'v>> {
    let entries = view.history.instruments.iter();
    let mut entries = entries.filter(|entry| entry.instrument == instrument);
    let first = entries.next()?;
    let latest = entries.next_back()?;
    let improved = match instrument.change(first.total, latest.total).verdict {
        ChangeVerdict::ReliablyImproved => true,
        ChangeVerdict::ReliablyWorse => false,
        ChangeVerdict::NotReliable | ChangeVerdict::NoPublishedThreshold => return None,
    };
    let early = closest(view, first)?;
    let late = closest(view, latest)?;
    if early.session == late.session {
        return None;
    }
    let (all_early, negative_early) = early.state.sentiment.counts();
    let (all_late, negative_late) = late.state.sentiment.counts();
    if all_early < NEEDED || all_late < NEEDED {
        return None;
    }
    let table = Table {
        with_yes: negative_late,
        with_no: all_late - negative_late,
        without_yes: negative_early,
        without_no: all_early - negative_early,
    };
    let odds = table.odds_ratio();
    let more_negative = odds > 1.0;
    let p = table.fisher_exact();
    if more_negative != improved {
        return Some(Tested::without_finding(p));
    }
    Some(Tested::with(p, move || {
        let how = if more_negative { "more" } else { "less" };
        let which = if improved { "better" } else { "worse" };
        Finding {
            detector: "discrepancy",
            slot: instrument.as_str().to_owned(),
            statement: format!(
                "The {} went from {} to {}, which is reliably {which}, while the client's sentences sound negative {how} often in the session closest to the latest entry ({negative_late} of {all_late}) than in the one closest to the first ({negative_early} of {all_early}).",
                instrument.title(),
                first.total,
                latest.total,
            ),
            test: "fisher_exact",
            n: all_early + all_late,
            effect: odds,
            weight: f64::from(all_early + all_late).sqrt(),
            evidence: [extreme(early, !more_negative), extreme(late, more_negative)]
                .into_iter()
                .flatten()
                .collect(),
        }
    }))
}

fn closest<'v>(view: &'v View<'_>, entry: &InstrumentEntry) -> Option<&'v SessionHistory> {
    let away = |session: &SessionHistory| {
        let seconds = session.at.duration_since(entry.taken_at).as_secs();
        seconds.abs()
    };
    let sessions = view.history.sessions.iter();
    sessions
        .filter(|session| away(session) <= DAYS * 86_400)
        .min_by_key(|session| away(session))
}
