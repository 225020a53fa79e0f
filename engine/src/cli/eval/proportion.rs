//! A share of a count with its 95 % interval (Wilson 1927, without continuity correction).

use std::fmt;

use serde::Serialize;

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Proportion {
    /// How many.
    of: u32,
    /// Of how many.
    n: u32,
    /// Their share; none of nothing.
    share: Option<f64>,
    /// Lower end of the interval.
    low: f64,
    /// Upper end of the interval.
    high: f64,
}

impl Proportion {
    /// `of` out of `n`.
    pub(super) fn new(of: u32, n: u32) -> Self {
        if n == 0 {
            return Self {
                of,
                n,
                share: None,
                low: 0.0,
                high: 1.0,
            };
        }
        let (p, n_float) = (f64::from(of) / f64::from(n), f64::from(n));
        let spread = Z * Z / n_float;
        let centre = p + spread / 2.0;
        let half = Z * (p * (1.0 - p) / n_float + spread / (4.0 * n_float)).sqrt();
        Self {
            of,
            n,
            share: Some(p),
            low: ((centre - half) / (1.0 + spread)).max(0.0),
            high: ((centre + half) / (1.0 + spread)).min(1.0),
        }
    }

    /// The complaint when the share is below `bound`; of nothing there is no share to meet it.
    pub(super) fn below(&self, what: &str, bound: Option<f64>) -> Option<String> {
        let bound = bound?;
        match self.share {
            Some(share) if share >= bound => None,
            Some(share) => Some(format!("{what} is {share:.4}, below the bound {bound}")),
            None => Some(format!("{what} cannot be told: there is nothing to count")),
        }
    }
}

impl fmt::Display for Proportion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.share {
            Some(share) => write!(
                f,
                "{share:.3} [{:.3}, {:.3}]  {}/{}",
                self.low, self.high, self.of, self.n
            ),
            None => write!(f, "none to count"),
        }
    }
}

/// A bound given on the command line: from 0 to 1.
pub(super) fn parse_bound(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bound) if (0.0..=1.0).contains(&bound) => Ok(bound),
        _ => Err("must be a number from 0 to 1, for example 0.98".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
        let found = Proportion::new(81, 263);
        assert!((found.low - 0.2553).abs() < 1e-4 && (found.high - 0.3662).abs() < 1e-4);
        // And 0 of 20 gives 0 to 0.1611.
        let none = Proportion::new(0, 20);
        assert!(none.low.abs() < 1e-12 && (none.high - 0.1611).abs() < 1e-4);
    }

    #[test]
    fn bounds_are_held() {
        assert_eq!(Proportion::new(98, 100).below("it", Some(0.98)), None);
        assert!(Proportion::new(97, 100).below("it", Some(0.98)).is_some());
        assert!(Proportion::new(0, 0).below("it", Some(0.1)).is_some());
        assert_eq!(Proportion::new(0, 9).below("it", None), None);
        assert!(parse_bound("1.2").is_err() && parse_bound("0.6") == Ok(0.6));
    }
}
