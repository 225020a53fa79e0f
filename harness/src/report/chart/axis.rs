//! Axes with ticks that a person would have chosen.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::report::number;

/// How values lie along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Linear,
    Log,
    /// Quantiles by 1 / (1 - q): each further nine takes the same space.
    Nines,
}

/// A line of the grid, with its label if it has one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: Option<String>,
}

/// One axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    ticks: Vec<Tick>,
}

impl Axis {
    /// From zero to a round number at or above `max`, with about `lines` lines.
    pub(super) fn from_zero(max: f64, lines: u32) -> Self {
        let max = if max.is_finite() && max > 0.0 {
            max
        } else {
            1.0
        };
        let step = round_step(max / f64::from(lines));
        let count = (max / step - 1e-9).ceil().max(1.0) as u32;
        let ticks = (0..=count)
            .map(|index| {
                let value = f64::from(index) * step;
                Tick {
                    value,
                    label: Some(number::plain(value)),
                }
            })
            .collect();
        Self {
            scale: Scale::Linear,
            low: 0.0,
            high: f64::from(count) * step,
            ticks,
        }
    }

    /// From zero to a round number, in whole steps, for counts.
    pub(super) fn counts(max: f64, lines: u32) -> Self {
        if max <= f64::from(lines) {
            Self::from_zero(max.ceil(), max.ceil().max(1.0) as u32)
        } else {
            Self::from_zero(max, lines)
        }
    }

    /// Zero to a hundred percent or, where all is far below, to a round number above `max`.
    pub(super) fn percent(max: f64) -> Self {
        if max > 40.0 && max <= 100.0 {
            Self::from_zero(100.0, 5)
        } else {
            Self::from_zero(max, 5)
        }
    }

    /// Logarithmic, from the round number below `min` to the one above `max`.
    pub(super) fn log(min: f64, max: f64) -> Self {
        let min = if min.is_finite() && min > 0.0 {
            min
        } else {
            0.001
        };
        let max = if max.is_finite() && max > min {
            max
        } else {
            min
        };
        let (mut low, mut high) = (round_below(min), round_above(max));
        if high / low < 9.0 {
            low = power_of_ten(low.log10().floor() as i32);
            high = high.max(low * 10.0);
        }
        let decades = (high / low).log10();
        let mut ticks = Vec::new();
        for exponent in (low.log10().floor() as i32)..=(high.log10().ceil() as i32) {
            for factor in 1..10 {
                let value = power_of_ten(exponent) * f64::from(factor);
                if value < low * 0.999 || value > high * 1.001 {
                    continue;
                }
                let named = factor == 1
                    || (decades <= 4.0 && factor == 5)
                    || (decades <= 2.5 && factor == 2);
                if named || decades <= 2.0 || (decades <= 4.0 && factor == 2) {
                    let label = named.then(|| number::plain(value));
                    ticks.push(Tick { value, label });
                }
            }
        }
        Self {
            scale: Scale::Log,
            low,
            high,
            ticks,
        }
    }

    /// Quantiles from 0 up to `high`.
    pub(super) fn quantiles(high: f64) -> Self {
        let ticks = [
            (0.0, "min"),
            (0.5, "p50"),
            (0.75, "p75"),
            (0.9, "p90"),
            (0.95, "p95"),
            (0.99, "p99"),
            (0.999, "p99.9"),
        ];
        let ticks = ticks
            .into_iter()
            .filter(|(value, _)| *value <= high)
            .map(|(value, label)| Tick {
                value,
                label: Some(label.to_owned()),
            })
            .collect();
        Self {
            scale: Scale::Nines,
            low: 0.0,
            high,
            ticks,
        }
    }

    /// Seconds from 0 to exactly `length`, with as many labels as fit into `pixels`.
    pub(super) fn time(length: f64, pixels: f64) -> Self {
        const STEPS: [u32; 17] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800,
            86_400,
        ];
        let length = if length.is_finite() && length > 0.0 {
            length
        } else {
            1.0
        };
        let fitting = (pixels / 56.0).max(1.0);
        let step = if length < 2.0 {
            round_step(length / fitting)
        } else {
            let wanted = |step: &u32| length / f64::from(*step) <= fitting;
            f64::from(STEPS.into_iter().find(wanted).unwrap_or(86_400))
        };
        let count = (length / step + 1e-9).floor() as u32;
        let ticks = (0..=count)
            .map(|index| {
                let value = f64::from(index) * step;
                Tick {
                    value,
                    label: Some(time_label(value, length)),
                }
            })
            .collect();
        Self {
            scale: Scale::Linear,
            low: 0.0,
            high: length,
            ticks,
        }
    }

    /// Places for `count` things, the first at 0, without ticks.
    pub(super) fn places(count: usize) -> Self {
        Self {
            scale: Scale::Linear,
            low: -0.5,
            high: count as f64 - 0.5,
            ticks: Vec::new(),
        }
    }

    pub(super) fn ticks(&self) -> &[Tick] {
        &self.ticks
    }

    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// How far along the axis a value lies, 0 to 1; what lies beyond it is drawn at its end.
    pub(super) fn share(&self, value: f64) -> f64 {
        let place = |value: f64| match self.scale {
            Scale::Linear => value,
            Scale::Log => value.max(f64::MIN_POSITIVE).log10(),
            Scale::Nines => -(1.0 - value).max(1e-9).log10(),
        };
        let (low, high) = (place(self.low), place(self.high));
        if high > low {
            ((place(value) - low) / (high - low)).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// What the labels of [`Axis::time`] are in.
pub(super) fn time_unit(length: f64) -> &'static str {
    if length <= 120.0 {
        "s"
    } else if length <= 7_200.0 {
        "min:s"
    } else {
        "h:min"
    }
}

fn time_label(seconds: f64, length: f64) -> String {
    let whole = seconds.round() as u64;
    match time_unit(length) {
        "s" => number::plain(seconds),
        "min:s" => format!("{}:{:02}", whole / 60, whole % 60),
        _ => format!("{}:{:02}", whole / 3_600, whole / 60 % 60),
    }
}

fn power_of_ten(exponent: i32) -> f64 {
    // Through text, because powers of ten below one come out a hair off when multiplied.
    format!("1e{exponent}").parse().unwrap_or(1.0)
}

/// The next of 1, 2, 5, 10 … at or above.
fn round_step(value: f64) -> f64 {
    round_above(value)
}

fn round_above(value: f64) -> f64 {
    let base = power_of_ten(value.log10().floor() as i32);
    [1.0, 2.0, 5.0]
        .map(|f| f * base)
        .into_iter()
        .find(|r| *r >= value * 0.999_999)
        .unwrap_or(base * 10.0)
}

fn round_below(value: f64) -> f64 {
    let base = power_of_ten(value.log10().floor() as i32);
    [5.0, 2.0]
        .map(|f| f * base)
        .into_iter()
        .find(|r| *r <= value * 1.000_001)
        .unwrap_or(base)
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        limit.0 + (f64::from(limit.1 - limit.0) * self.share(*value)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.value).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        number::plain(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks()
            .iter()
            .filter_map(|tick| tick.label.as_deref())
            .collect()
    }

    #[test]
    fn linear_axes_begin_at_zero_and_end_above_all() {
        assert_eq!(
            labels(&Axis::from_zero(126.0, 5)),
            ["0", "50", "100", "150"]
        );
        assert_eq!(
            labels(&Axis::from_zero(0.37, 4)),
            ["0", "0.1", "0.2", "0.3", "0.4"]
        );
        assert_eq!(labels(&Axis::from_zero(0.0, 4)).first(), Some(&"0"));
        assert_eq!(labels(&Axis::counts(2.0, 5)), ["0", "1", "2"]);
        assert_eq!(Axis::percent(62.0).high, 100.0);
    }

    #[test]
    fn logarithmic_axes_show_round_numbers() {
        assert_eq!(
            labels(&Axis::log(0.6, 1_400.0)),
            ["0.5", "1", "5", "10", "50", "100", "500", "1,000"]
        );
        assert_eq!(labels(&Axis::log(3.0, 4.0)), ["1", "2", "5", "10"]);
        assert_eq!(labels(&Axis::log(0.002, 90_000.0)).first(), Some(&"0.01"));
        assert_eq!(Axis::log(0.0, 0.0).low(), 0.001);
    }

    #[test]
    fn each_nine_takes_the_same_space() {
        let axis = Axis::quantiles(0.999);
        let place = |q| (axis.share(q) * 1_000.0).round();
        assert_eq!(
            [place(0.0), place(0.9), place(0.99), place(0.999)],
            [0.0, 333.0, 667.0, 1_000.0]
        );
        assert_eq!(labels(&Axis::quantiles(0.9)), ["min", "p50", "p75", "p90"]);
    }

    #[test]
    fn time_is_labelled_in_the_unit_of_its_length() {
        assert_eq!(labels(&Axis::time(12.0, 300.0)), ["0", "5", "10"]);
        assert_eq!(
            labels(&Axis::time(300.0, 400.0)),
            ["0:00", "1:00", "2:00", "3:00", "4:00", "5:00"]
        );
        assert_eq!(time_unit(14_400.0), "h:min");
        assert_eq!(
            labels(&Axis::time(14_400.0, 300.0)),
            ["0:00", "1:00", "2:00", "3:00", "4:00"]
        );
    }
}
