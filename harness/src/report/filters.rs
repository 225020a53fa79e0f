//! The only place where numbers become text. A figure shows three significant digits, because the
//! histograms hold no more; nothing is printed finer than it was seen.

use tera::{Kwargs, State, Tera};

use crate::metric::{Metric, Unit};
use crate::plan::target::Bound;
use crate::units::{Bytes, Micros};
use crate::verdict::judgement::{Interval, Judgement, Method, Quantity};

/// What stands where there is no figure.
pub(super) const NOT_MEASURED: &str = "not measured";

/// Three significant digits, or all digits before the point; at most six after it.
#[must_use]
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return NOT_MEASURED.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = usize::try_from((2 - magnitude).clamp(0, 6)).unwrap_or(0);
    format!("{value:.decimals$}")
}

/// A share in percent, without the sign: one decimal, two below one.
#[must_use]
pub(super) fn percent(value: f64) -> String {
    if !value.is_finite() {
        return NOT_MEASURED.to_owned();
    }
    // Rounding must not leave "-0.0".
    let value = if value.abs() < 0.005 {
        value.abs()
    } else {
        value
    };
    match value.abs() {
        0.0 => "0.0".to_owned(),
        small if small < 0.005 => "< 0.01".to_owned(),
        small if small < 1.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// A change in percent, with its sign on both sides.
#[must_use]
pub(super) fn signed_percent(value: f64) -> String {
    format!("{value:+.1}%")
}

/// Microseconds as milliseconds.
#[must_use]
pub(super) fn millis(micros: f64) -> String {
    number(micros / 1_000.0)
}

/// Nanoseconds as milliseconds.
#[must_use]
pub(super) fn nanos_as_millis(nanos: f64) -> String {
    number(nanos / 1e6)
}

/// Megabytes with one decimal.
#[must_use]
pub(super) fn megabytes(bytes: Bytes) -> String {
    format!("{:.1}", bytes.as_megabytes())
}

/// The difference of two amounts in megabytes, with its sign.
#[must_use]
pub(super) fn megabytes_between(from: Bytes, to: Bytes) -> String {
    let difference = to.as_megabytes() - from.as_megabytes();
    if difference.abs() < 0.05 {
        "0.0".to_owned()
    } else {
        format!("{difference:+.1}")
    }
}

/// A span of time for people: `850 ms`, `12.3 s`, `4 min 05 s`, `1 h 02 min`.
#[must_use]
pub(super) fn duration(time: Micros) -> String {
    let seconds = time.as_secs();
    let whole = seconds.round() as u64;
    match whole {
        0 => format!("{} ms", number(time.as_millis())),
        1..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
    }
}

/// A figure with its unit.
#[must_use]
pub(super) fn with_unit(value: f64, unit: Unit, quantity: Quantity) -> String {
    let per_user = if quantity == Quantity::Measured(Metric::ThroughputPerUser) {
        "/user"
    } else {
        ""
    };
    match unit {
        Unit::Milliseconds => format!("{} ms", number(value)),
        Unit::Percent => format!("{}%", percent(value)),
        Unit::PerSecond => format!("{}/sec{per_user}", number(value)),
        Unit::PerMinute => format!("{}/min{per_user}", number(value)),
        Unit::Users => format!("{value:.0}"),
        Unit::Megabytes => format!("{value:.1} MB"),
        Unit::MegabytesPerMinute => format!("{} MB/min", number(value)),
        Unit::PercentOfBaseline => format!("{}% of baseline", percent(value)),
    }
}

/// A bound: `< 500 ms`. Written as in the plan, not rounded.
#[must_use]
pub(super) fn bound(bound: &Bound, quantity: Quantity) -> String {
    let sign = bound.relation.sign();
    let per_user = if quantity == Quantity::Measured(Metric::ThroughputPerUser) {
        "/user"
    } else {
        ""
    };
    let value = bound.value;
    match bound.unit {
        Unit::Milliseconds => format!("{sign} {value} ms"),
        Unit::Percent => format!("{sign} {value}%"),
        Unit::PerSecond => format!("{sign} {value}/sec{per_user}"),
        Unit::PerMinute => format!("{sign} {value}/min{per_user}"),
        Unit::Users => format!("{sign} {value}"),
        Unit::Megabytes => format!("{sign} {value} MB"),
        Unit::MegabytesPerMinute => format!("{sign} {value} MB/min"),
        Unit::PercentOfBaseline => format!("{sign} {value}% of baseline"),
    }
}

/// The figure of a judgement.
#[must_use]
pub(super) fn value(judgement: &Judgement) -> String {
    judgement.value.map_or_else(
        || NOT_MEASURED.to_owned(),
        |value| with_unit(value, judgement.unit, judgement.quantity),
    )
}

/// The interval of a judgement, in its unit.
#[must_use]
pub(super) fn interval(judgement: &Judgement) -> String {
    match (judgement.interval, judgement.value) {
        (Some(interval), _) => ends(&interval, judgement.unit),
        (None, Some(_)) => "observed, no interval".to_owned(),
        (None, None) => NOT_MEASURED.to_owned(),
    }
}

fn ends(interval: &Interval, unit: Unit) -> String {
    let text = |value: f64| match unit {
        Unit::Percent | Unit::PercentOfBaseline => percent(value),
        Unit::Users => format!("{value:.0}"),
        Unit::Megabytes => format!("{value:.1}"),
        Unit::Milliseconds | Unit::PerSecond | Unit::PerMinute | Unit::MegabytesPerMinute => {
            number(value)
        }
    };
    format!("{} to {}", text(interval.low), text(interval.high))
}

/// The name of a method, with what is needed to repeat it.
#[must_use]
pub(super) fn method(method: Method) -> String {
    match method {
        Method::OrderStatistics => "order statistics".to_owned(),
        Method::Wilson => "Wilson score".to_owned(),
        Method::Bootstrap {
            windows,
            resamples,
            seed,
        } => {
            format!("bootstrap, {resamples} draws over {windows} windows of 1 s, seed {seed}")
        }
        Method::StudentWindows { windows } => {
            format!("Student's t over {windows} windows of 1 s")
        }
        Method::StudentSamples => "Student's t over samples".to_owned(),
        Method::TheilSen => "slopes of all pairs (Theil and Sen)".to_owned(),
        Method::Quotient => "quotient of two intervals".to_owned(),
    }
}

/// Text for a cell of a Markdown table: no bar, no line break, no HTML. A `<` before a space or a
/// digit opens no tag and stays readable.
#[must_use]
pub(super) fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let tag = rest
            .peek()
            .is_some_and(|next| !next.is_ascii_digit() && *next != ' ');
        match character {
            '|' => escaped.push_str("\\|"),
            '\n' | '\r' | '\t' => escaped.push(' '),
            '<' if tag => escaped.push_str("&lt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Makes the filters known to templates.
pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("cell", |text: &str, _: Kwargs, _: &State<'_>| cell(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_show_three_significant_digits() {
        let table = [
            (1_625.4, "1625"),
            (367.2, "367"),
            (42.34, "42.3"),
            (1.234, "1.23"),
            (0.012_34, "0.0123"),
            (0.000_083, "0.000083"),
            (0.0, "0"),
            (-12.34, "-12.3"),
            (f64::NAN, NOT_MEASURED),
            (f64::INFINITY, NOT_MEASURED),
        ];
        for (value, text) in table {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn shares_never_round_to_a_zero_that_is_none() {
        assert_eq!(percent(0.0), "0.0");
        assert_eq!(percent(0.001), "< 0.01");
        assert_eq!(percent(0.25), "0.25");
        assert_eq!(percent(17.94), "17.9");
        assert_eq!(percent(-3.2), "-3.2");
        assert_eq!(percent(f64::NAN), NOT_MEASURED);
    }

    #[test]
    fn times_read_as_people_write_them() {
        assert_eq!(duration(Micros(12_000)), "12.0 ms");
        assert_eq!(duration(Micros(12_340_000)), "12.3 s");
        assert_eq!(duration(Micros(245_000_000)), "4 min 05 s");
        assert_eq!(duration(Micros(3_720_000_000)), "1 h 02 min");
    }

    #[test]
    fn cells_cannot_break_their_table() {
        assert_eq!(cell("a|b\nc<d>"), "a\\|b c&lt;d>");
        assert_eq!(cell("< 500 ms"), "< 500 ms");
    }
}
