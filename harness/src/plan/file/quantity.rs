//! Quantities as people write them: `380 ms`, `10 /s`, `20 %`, `< 500 ms`.

use crate::metric::Unit;
use crate::plan::target::{Bound, Relation};
use crate::units::Micros;

/// Nothing in a performance test lasts longer, so more is taken for a slip of the pen.
const LONGEST_SECONDS: f64 = 7.0 * 24.0 * 3_600.0;

pub(super) const DURATION_HINT: &str =
    "a number and one of us, ms, s, min, h, e.g. \"380 ms\" or \"2 min\"";
pub(super) const RATE_HINT: &str = "a number and /s or /min, e.g. \"10 /s\"";
pub(super) const PERCENT_HINT: &str = "a number and %, e.g. \"20 %\"";
pub(super) const BOUND_HINT: &str = "<, <=, > or >=, a number and a unit, e.g. \"< 500 ms\", \"> 100 /min\", \"< 1 %\", \
     \">= 50 users\", \"< 500 MB\"";

/// A span of time.
pub(super) fn duration(text: &str) -> Result<Micros, String> {
    let (number, unit) = number_and_unit(text)?;
    let seconds = number * seconds_of(unit).ok_or_else(|| unknown_unit(unit, "time"))?;
    if seconds > LONGEST_SECONDS {
        return Err(format!("\"{text}\" is longer than 7 days"));
    }
    Ok(Micros((seconds * 1_000_000.0).round() as u64))
}

/// So many per second.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let (number, unit) = number_and_unit(text)?;
    match unit {
        "/s" | "/sec" => Ok(number),
        "/min" => Ok(number / 60.0),
        _ => Err(unknown_unit(unit, "rates")),
    }
}

/// So many percent.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let (number, unit) = number_and_unit(text)?;
    if unit == "%" {
        Ok(number)
    } else {
        Err(unknown_unit(unit, "shares"))
    }
}

/// A relation, a number and its unit.
pub(super) fn bound(text: &str) -> Result<Bound, String> {
    let text = text.trim();
    let relations = [
        ("<=", Relation::AtMost),
        (">=", Relation::AtLeast),
        ("<", Relation::Below),
        (">", Relation::Above),
    ];
    let (relation, rest) = relations
        .into_iter()
        .find_map(|(sign, relation)| Some((relation, text.strip_prefix(sign)?)))
        .ok_or_else(|| format!("\"{text}\" does not say which side is good"))?;
    let (value, unit) = figure(rest)?;
    Ok(Bound {
        relation,
        value,
        unit,
    })
}

/// A number in one of the units of bounds.
pub(super) fn figure(text: &str) -> Result<(f64, Unit), String> {
    let (number, unit) = number_and_unit(text)?;
    let figure = match unit {
        "%" => (number, Unit::Percent),
        "% of baseline" => (number, Unit::PercentOfBaseline),
        "MB/min" => (number, Unit::MegabytesPerMinute),
        "/s" | "/sec" => (number, Unit::PerSecond),
        "/min" => (number, Unit::PerMinute),
        "user" | "users" => (number, Unit::Users),
        "MB" => (number, Unit::Megabytes),
        "GB" => (number * 1_000.0, Unit::Megabytes),
        "ms" => (number, Unit::Milliseconds),
        _ => {
            let seconds = seconds_of(unit).ok_or_else(|| unknown_unit(unit, "bounds"))?;
            (number * seconds * 1_000.0, Unit::Milliseconds)
        }
    };
    Ok(figure)
}

/// How a unit is written in a file.
pub(super) fn written(unit: Unit) -> &'static str {
    match unit {
        Unit::Milliseconds => "ms",
        Unit::Percent => "%",
        Unit::PerSecond => "/s",
        Unit::PerMinute => "/min",
        Unit::Users => "users",
        Unit::Megabytes => "MB",
        Unit::MegabytesPerMinute => "MB/min",
        Unit::PercentOfBaseline => "% of baseline",
    }
}

fn seconds_of(unit: &str) -> Option<f64> {
    match unit {
        "us" | "µs" => Some(0.000_001),
        "ms" => Some(0.001),
        "s" => Some(1.0),
        "min" => Some(60.0),
        "h" => Some(3_600.0),
        _ => None,
    }
}

fn number_and_unit(text: &str) -> Result<(f64, &str), String> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_')))
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.trim();
    if text.starts_with('-') {
        return Err(format!("\"{text}\" is negative"));
    }
    let number: f64 = digits
        .replace('_', "")
        .parse()
        .map_err(|_| format!("\"{text}\" does not begin with a number"))?;
    if unit.is_empty() {
        return Err(format!("\"{text}\" has no unit"));
    }
    Ok((number, unit))
}

fn unknown_unit(unit: &str, of: &str) -> String {
    format!("\"{unit}\" is not a unit of {of}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_in_all_units() {
        for (text, micros) in [
            ("380 ms", 380_000),
            ("2 min", 120_000_000),
            ("1.5s", 1_500_000),
            ("50 us", 50),
            ("0 ms", 0),
            ("1 h", 3_600_000_000),
            ("1_000 ms", 1_000_000),
        ] {
            assert_eq!(duration(text), Ok(Micros(micros)), "{text}");
        }
    }

    #[test]
    fn a_quantity_without_number_unit_or_sense_is_refused() {
        for (text, message) in [
            ("380", "\"380\" has no unit"),
            ("fast", "\"fast\" does not begin with a number"),
            ("380 mss", "\"mss\" is not a unit of time"),
            ("-1 s", "\"-1 s\" is negative"),
            ("8000 h", "\"8000 h\" is longer than 7 days"),
            ("1.2.3 s", "\"1.2.3 s\" does not begin with a number"),
            ("", "\"\" does not begin with a number"),
        ] {
            assert_eq!(duration(text), Err(message.to_owned()), "{text}");
        }
        assert_eq!(
            bound("500 ms"),
            Err("\"500 ms\" does not say which side is good".to_owned())
        );
        assert_eq!(
            bound("< 5 apples"),
            Err("\"apples\" is not a unit of bounds".to_owned())
        );
    }

    #[test]
    fn bounds_are_read_in_all_units() {
        for (text, relation, value, unit) in [
            ("< 500 ms", Relation::Below, 500.0, Unit::Milliseconds),
            ("<2s", Relation::Below, 2_000.0, Unit::Milliseconds),
            ("> 100 /min", Relation::Above, 100.0, Unit::PerMinute),
            (">= 50 users", Relation::AtLeast, 50.0, Unit::Users),
            ("<= 1.5 %", Relation::AtMost, 1.5, Unit::Percent),
            ("< 0.5 GB", Relation::Below, 500.0, Unit::Megabytes),
        ] {
            assert_eq!(
                bound(text),
                Ok(Bound {
                    relation,
                    value,
                    unit
                }),
                "{text}"
            );
        }
    }

    fn unit() -> impl Strategy<Value = Unit> {
        prop::sample::select(vec![
            Unit::Milliseconds,
            Unit::Percent,
            Unit::PerSecond,
            Unit::PerMinute,
            Unit::Users,
            Unit::Megabytes,
            Unit::MegabytesPerMinute,
            Unit::PercentOfBaseline,
        ])
    }

    fn relation() -> impl Strategy<Value = Relation> {
        prop::sample::select(vec![
            Relation::Below,
            Relation::AtMost,
            Relation::Above,
            Relation::AtLeast,
        ])
    }

    proptest! {
        #[test]
        fn a_written_duration_is_read_back(micros in 0_u64..600_000_000_000) {
            prop_assert_eq!(duration(&format!("{micros} us")), Ok(Micros(micros)));
            let millis = format!("{}.{:03} ms", micros / 1_000, micros % 1_000);
            prop_assert_eq!(duration(&millis), Ok(Micros(micros)));
        }

        #[test]
        fn a_written_bound_is_read_back(relation in relation(), value in 0.0_f64..1e9, unit in unit()) {
            let text = format!("{} {} {}", relation.sign(), value, written(unit));
            prop_assert_eq!(bound(&text), Ok(Bound { relation, value, unit }));
        }

        #[test]
        fn no_text_makes_the_parsers_fall(text in ".*") {
            let read = [
                duration(&text).is_ok(),
                rate(&text).is_ok(),
                percent(&text).is_ok(),
                bound(&text).is_ok(),
            ];
            prop_assert!(read.iter().filter(|ok| **ok).count() <= 1);
        }
    }
}
