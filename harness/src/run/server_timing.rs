//! The `Server-Timing` response header: phases inside the server, in its own words
//! (W3C Server Timing, <https://www.w3.org/TR/server-timing/>).

use std::time::Duration;

/// Phases kept of one answer; a server that sends more is not measured by the rest.
const MOST_PHASES: usize = 32;
/// The longest name that is taken for the name of a phase.
const LONGEST_NAME: usize = 64;

/// The phases of an answer with their durations. A metric without a usable `dur` is left out; one
/// that is named twice counts with its sum.
pub(super) fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<(String, Duration)> {
    let mut phases: Vec<(String, Duration)> = Vec::new();
    for value in values {
        for metric in split(value, ',') {
            let Some((name, duration)) = parse_metric(metric) else {
                continue;
            };
            if let Some((_, sum)) = phases.iter_mut().find(|(known, _)| known == name) {
                *sum = sum.saturating_add(duration);
            } else if phases.len() < MOST_PHASES {
                phases.push((name.to_owned(), duration));
            }
        }
    }
    phases
}

fn parse_metric(metric: &str) -> Option<(&str, Duration)> {
    let mut parts = split(metric, ';');
    let name = parts.next()?.trim();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_token) {
        return None;
    }
    // The first of two parameters with the same name counts, as the specification says.
    let duration = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case("dur")
            .then(|| value.trim().trim_matches('"'))
    })?;
    let millis: f64 = duration.trim().parse().ok()?;
    let duration = Duration::try_from_secs_f64(millis / 1_000.0).ok()?;
    Some((name, duration))
}

/// Splits at a separator that does not stand within quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        if escaped {
            escaped = false;
        } else {
            match c {
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ => {}
            }
        }
        c == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micros(values: &[&str]) -> Vec<(String, u128)> {
        parse(values.iter().copied())
            .into_iter()
            .map(|(name, duration)| (name, duration.as_micros()))
            .collect()
    }

    fn named(phases: &[(&str, u128)]) -> Vec<(String, u128)> {
        phases
            .iter()
            .map(|(name, micros)| ((*name).to_owned(), *micros))
            .collect()
    }

    #[test]
    fn names_and_durations_of_one_or_more_headers() {
        assert_eq!(
            micros(&["db;dur=53.2, app;dur=47", "cache ; DUR = 0.25"]),
            named(&[("db", 53_200), ("app", 47_000), ("cache", 250)])
        );
    }

    #[test]
    fn a_description_may_hold_anything() {
        assert_eq!(
            micros(&[r#"db;desc="a, b; dur=9 \" c";dur=2, x;dur="3""#]),
            named(&[("db", 2_000), ("x", 3_000)])
        );
    }

    #[test]
    fn what_has_no_usable_duration_is_left_out() {
        let none: [(String, u128); 0] = [];
        for value in [
            "miss",
            "a;dur=",
            "a;dur=x",
            "a;dur=-1",
            "a;dur=NaN",
            "a;dur=inf",
            "a b;dur=1",
            ";dur=1",
            "",
            ",,;;",
        ] {
            assert_eq!(micros(&[value]), none, "{value}");
        }
    }

    #[test]
    fn a_phase_that_ran_twice_counts_with_its_sum_and_the_first_duration_of_a_metric_counts() {
        assert_eq!(
            micros(&["db;dur=1, db;dur=2;dur=7"]),
            named(&[("db", 3_000)])
        );
    }

    #[test]
    fn an_endless_header_is_cut() {
        let value: String = (0..1_000).map(|n| format!("p{n};dur=1,")).collect();
        assert_eq!(micros(&[&value]).len(), MOST_PHASES);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,200}") {
            prop_assert!(parse([text.as_str()]).len() <= MOST_PHASES);
        }
    }
}
