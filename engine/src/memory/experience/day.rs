//! Days that a question names by weekday, day, month and year, however much of it it says.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Parts of dates. All parts of one kind are alternatives: "in May or June".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Days {
    weekdays: Vec<i8>,
    days: Vec<i8>,
    months: Vec<i8>,
    years: Vec<i16>,
}

impl Days {
    /// The parts that stand among `words`. Months and weekdays are names and begin with a capital; a
    /// number is a day only beside a month.
    pub(super) fn named(words: &[&str]) -> Self {
        let mut named = Self::default();
        let name = |names: &[&str], word: &str| {
            let capital = word.starts_with(char::is_uppercase);
            let at = names
                .iter()
                .position(|name| word.eq_ignore_ascii_case(name))?;
            i8::try_from(at + 1).ok().filter(|_| capital)
        };
        for (at, word) in words.iter().enumerate() {
            if let Some(month) = name(&MONTHS, word) {
                named.months.push(month);
                let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
                named.days.extend(
                    beside
                        .filter_map(|at| words.get(at))
                        .filter_map(|word| {
                            word.trim_end_matches(char::is_alphabetic)
                                .parse::<i8>()
                                .ok()
                        })
                        .filter(|day| (1..=31).contains(day)),
                );
            }
            named.weekdays.extend(name(&WEEKDAYS, word));
            let year = word
                .parse::<i16>()
                .ok()
                .filter(|year| (1900..2100).contains(year));
            named.years.extend(year.filter(|_| word.len() == 4));
        }
        named
    }

    /// How much of what is named fits the day of `said_at` (in UTC), from 0 to 1; 0 if no day is
    /// named.
    pub(super) fn fit(&self, said_at: Timestamp) -> f64 {
        let date: Date = said_at.to_zoned(TimeZone::UTC).date();
        let kinds = [
            (
                self.weekdays.len(),
                self.weekdays
                    .contains(&date.weekday().to_monday_one_offset()),
            ),
            (self.days.len(), self.days.contains(&date.day())),
            (self.months.len(), self.months.contains(&date.month())),
            (self.years.len(), self.years.contains(&date.year())),
        ];
        let named = kinds.iter().filter(|(count, _)| *count > 0).count();
        let fitting = kinds.iter().filter(|(_, fits)| *fits).count();
        fitting as f64 / named.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Days {
        Days::named(&text.split(' ').collect::<Vec<_>>())
    }

    #[test]
    fn parts_of_a_date_fit_one_by_one() {
        let said_at: Timestamp = "2023-05-08T13:56:00Z".parse().unwrap();
        let fit = |text: &str| named(text).fit(said_at);
        assert_eq!(fit("on 8 May 2023"), 1.0);
        assert_eq!(fit("on May 8th 2023"), 1.0);
        assert_eq!(fit("on Monday"), 1.0);
        assert_eq!(fit("in May 2022"), 0.5);
        assert_eq!(fit("in June or May"), 1.0);
        assert_eq!(fit("on 9 June 2023"), 1.0 / 3.0);
    }

    #[test]
    fn small_words_and_bare_numbers_are_no_dates() {
        assert_eq!(named("she may march with 8 friends"), Days::default());
        assert_ne!(named("in 2023"), Days::default());
    }
}
