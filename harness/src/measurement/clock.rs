//! The wall clock, passed in wherever a date is needed. Durations are measured on the monotonic
//! clock and never with this.

use jiff::Timestamp;

/// Tells the date and time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the ambient clock is read"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still, for tests that compare what was written.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// `YYYYMMDD_HHMMSS` in UTC: the name of a run's folder and files.
#[must_use]
pub fn stamp(at: Timestamp) -> String {
    at.strftime("%Y%m%d_%H%M%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_the_date_and_time_in_utc() {
        let at: Timestamp = "2025-05-11T09:45:32.9+02:00".parse().unwrap();
        assert_eq!(stamp(at), "20250511_074532");
    }
}
