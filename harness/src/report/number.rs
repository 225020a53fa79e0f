//! Counts, ticks and clocks, which have no unit and so no place in [`filters`](super::filters).

use crate::units::Micros;

/// A count with groups of three: `12,345`.
pub(super) fn count(value: u64) -> String {
    group(&value.to_string())
}

/// A number that somebody wrote down, e.g. a bound or a tick: `0.5`, `2,000`.
pub(super) fn plain(value: f64) -> String {
    let text = format!("{value:.6}");
    group(text.trim_end_matches('0').trim_end_matches('.'))
}

/// A span of time in minutes and seconds: `0:07`, `12:30`, `1:02:03`.
pub(super) fn clock(time: Micros) -> String {
    let seconds = time.0 / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

fn group(text: &str) -> String {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits
        .split_once('.')
        .map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut out = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_numbers_come_back_as_written() {
        assert_eq!(
            [0.5, 1.0, 10.0, 1_000.0, -2_500.25].map(plain),
            ["0.5", "1", "10", "1,000", "-2,500.25"]
        );
    }

    #[test]
    fn clocks_grow_with_the_time() {
        let shown = [0, 7, 750, 3_723].map(|seconds| clock(Micros(seconds * 1_000_000)));
        assert_eq!(shown, ["0:00", "0:07", "12:30", "1:02:03"]);
    }
}
