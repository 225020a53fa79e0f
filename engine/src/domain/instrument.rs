//! Questionnaires that a client filled in elsewhere, as numbers: scoring, bands and the smallest
//! change that counts. The questions themselves are not kept; those of ORS and SRS may not be
//! reproduced without a licence.
//!
//! A band is the instrument's published cut point and no diagnosis.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{ClientId, InstrumentEntryId, TenantId};

/// Which questionnaire.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    /// Patient Health Questionnaire: nine items from 0 to 3 (Kroenke, Spitzer, Williams 2001).
    #[serde(rename = "phq9")]
    Phq9,
    /// Generalised Anxiety Disorder scale: seven items from 0 to 3 (Spitzer and others 2006).
    #[serde(rename = "gad7")]
    Gad7,
    /// Outcome Rating Scale: four lines from 0 to 10 (Miller, Duncan 2000).
    Ors,
    /// Session Rating Scale: four lines from 0 to 10 (Johnson, Miller, Duncan 2000).
    Srs,
}

/// What an instrument's figures mean.
struct Scoring {
    items: usize,
    item_max: f64,
    whole: bool,
    higher_is_better: bool,
    /// Names of the bands with their lowest total, ascending.
    bands: &'static [(f64, &'static str)],
    reliable_change: Option<f64>,
    source: &'static str,
}

const PHQ9: Scoring = Scoring {
    items: 9,
    item_max: 3.0,
    whole: true,
    higher_is_better: false,
    bands: &[
        (0.0, "minimal"),
        (5.0, "mild"),
        (10.0, "moderate"),
        (15.0, "moderately severe"),
        (20.0, "severe"),
    ],
    reliable_change: Some(6.0),
    source: "Bands: Kroenke, Spitzer, Williams 2001. Reliable change of 6 points: NHS Talking Therapies Manual.",
};

const GAD7: Scoring = Scoring {
    items: 7,
    item_max: 3.0,
    whole: true,
    higher_is_better: false,
    bands: &[
        (0.0, "minimal"),
        (5.0, "mild"),
        (10.0, "moderate"),
        (15.0, "severe"),
    ],
    reliable_change: Some(4.0),
    source: "Bands: Spitzer, Kroenke, Williams, Löwe 2006. Reliable change of 4 points: NHS Talking Therapies Manual.",
};

const ORS: Scoring = Scoring {
    items: 4,
    item_max: 10.0,
    whole: false,
    higher_is_better: true,
    bands: &[(0.0, "clinical range"), (25.0, "non-clinical range")],
    reliable_change: Some(5.0),
    source: "Cut point of 25 for adults and reliable change of 5 points: Miller, Duncan 2004.",
};

const SRS: Scoring = Scoring {
    items: 4,
    item_max: 10.0,
    whole: false,
    higher_is_better: true,
    bands: &[(0.0, "alliance to be discussed"), (36.0, "no concern")],
    reliable_change: None,
    source: "Cut point of 36: Miller, Duncan 2004. No reliable change is published.",
};

/// Why answers cannot be scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InstrumentError {
    /// Too few or too many answers.
    #[error(
        "{instrument} has {wanted} items, {found} were given; send all of them or only `total`"
    )]
    Items {
        /// The instrument's name.
        instrument: &'static str,
        /// Items it has.
        wanted: usize,
        /// Items given.
        found: usize,
    },
    /// An answer beyond its scale.
    #[error("item {number} is {value}; {scale} from 0 to {max} are taken")]
    Item {
        /// Which item, from 1.
        number: usize,
        /// What was given.
        value: f64,
        /// `whole numbers` or `numbers`.
        scale: &'static str,
        /// The highest answer.
        max: f64,
    },
    /// A total beyond its scale.
    #[error("the total is {value}; {scale} from 0 to {max} are taken")]
    Total {
        /// What was given.
        value: f64,
        /// `whole numbers` or `numbers`.
        scale: &'static str,
        /// The highest total.
        max: f64,
    },
    /// The total is not the sum of the items.
    #[error("the total is {total}, but the items add up to {sum}; leave one of the two out")]
    Sum {
        /// The total given.
        total: f64,
        /// What the items add up to.
        sum: f64,
    },
    /// Neither items nor total.
    #[error("send `items` or `total`")]
    Nothing,
}

impl Instrument {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Phq9, Self::Gad7, Self::Ors, Self::Srs];

    /// The name used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phq9 => "phq9",
            Self::Gad7 => "gad7",
            Self::Ors => "ors",
            Self::Srs => "srs",
        }
    }

    /// The name for a reader.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Phq9 => "PHQ-9",
            Self::Gad7 => "GAD-7",
            Self::Ors => "ORS",
            Self::Srs => "SRS",
        }
    }

    fn scoring(self) -> &'static Scoring {
        match self {
            Self::Phq9 => &PHQ9,
            Self::Gad7 => &GAD7,
            Self::Ors => &ORS,
            Self::Srs => &SRS,
        }
    }

    /// The highest total.
    #[must_use]
    pub fn max_total(self) -> f64 {
        let scoring = self.scoring();
        scoring.item_max * scoring.items as f64
    }

    /// Whether a higher total is the better one.
    #[must_use]
    pub fn higher_is_better(self) -> bool {
        self.scoring().higher_is_better
    }

    /// The band that a total falls in, by the published cut points.
    #[must_use]
    pub fn band(self, total: f64) -> &'static str {
        let bands = self.scoring().bands;
        let within = bands.iter().rev().find(|(from, _)| total >= *from);
        within
            .or_else(|| bands.first())
            .map_or("", |(_, name)| name)
    }

    /// The smallest change of the total that is more than the instrument's own error.
    #[must_use]
    pub fn reliable_change(self) -> Option<f64> {
        self.scoring().reliable_change
    }

    /// Where bands and reliable change were published.
    #[must_use]
    pub fn source(self) -> &'static str {
        self.scoring().source
    }

    /// The total of the answers, or the total as given.
    ///
    /// # Errors
    /// [`InstrumentError`] says which answer cannot be scored.
    pub fn score(self, items: Option<&[f64]>, total: Option<f64>) -> Result<f64, InstrumentError> {
        let scoring = self.scoring();
        let scale = if scoring.whole {
            "whole numbers"
        } else {
            "numbers"
        };
        let fits = |value: f64, max: f64| {
            (0.0..=max).contains(&value) && (!scoring.whole || value.fract() == 0.0)
        };
        let max = self.max_total();
        if let Some(value) = total.filter(|value| !fits(*value, max)) {
            return Err(InstrumentError::Total { value, scale, max });
        }
        let Some(items) = items else {
            return total.ok_or(InstrumentError::Nothing);
        };
        if items.len() != scoring.items {
            return Err(InstrumentError::Items {
                instrument: self.title(),
                wanted: scoring.items,
                found: items.len(),
            });
        }
        let max = scoring.item_max;
        let mut numbered = items.iter().zip(1..);
        if let Some((value, number)) = numbered.find(|(value, _)| !fits(**value, max)) {
            return Err(InstrumentError::Item {
                number,
                value: *value,
                scale,
                max,
            });
        }
        let sum: f64 = items.iter().sum();
        match total {
            Some(total) if (total - sum).abs() > 1e-6 => Err(InstrumentError::Sum { total, sum }),
            _ => Ok(sum),
        }
    }

    /// What a person must look at whatever the total is: item 9 of the PHQ-9, which asks for thoughts
    /// of being better off dead or of self-harm, answered with anything but 0.
    #[must_use]
    pub fn attention(self, items: Option<&[f64]>) -> Option<&'static str> {
        let ninth = items.and_then(|items| items.get(8)).copied();
        (self == Self::Phq9 && ninth.is_some_and(|answer| answer > 0.0)).then_some("phq9_item_9")
    }

    /// How a total stands to an earlier one.
    #[must_use]
    pub fn change(self, earlier: f64, later: f64) -> Change {
        let difference = later - earlier;
        let verdict = match self.reliable_change() {
            None => ChangeVerdict::NoPublishedThreshold,
            Some(least) if difference.abs() < least => ChangeVerdict::NotReliable,
            Some(_) if (difference > 0.0) == self.higher_is_better() => {
                ChangeVerdict::ReliablyImproved
            }
            Some(_) => ChangeVerdict::ReliablyWorse,
        };
        Change {
            difference,
            verdict,
        }
    }
}

/// A difference between two totals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Later minus earlier.
    pub difference: f64,
    /// What it may be called.
    pub verdict: ChangeVerdict,
}

/// What a difference may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeVerdict {
    /// Better by at least the reliable change.
    ReliablyImproved,
    /// Worse by at least the reliable change.
    ReliablyWorse,
    /// Within the instrument's own error.
    NotReliable,
    /// Nobody has published how much counts.
    NoPublishedThreshold,
}

/// One filled-in instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstrumentEntry {
    /// Its id.
    pub id: InstrumentEntryId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who filled it in.
    pub client: ClientId,
    /// Which instrument.
    pub instrument: Instrument,
    /// The answers, where they were given.
    pub items: Option<Vec<f64>>,
    /// Their sum.
    pub total: f64,
    /// When it was filled in.
    pub taken_at: Timestamp,
    /// When it was entered here.
    pub created_at: Timestamp,
}

impl InstrumentEntry {
    /// What a person must look at whatever the total is.
    #[must_use]
    pub fn attention(&self) -> Option<&'static str> {
        self.instrument.attention(self.items.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_fall_into_the_published_bands() {
        let bands = |instrument: Instrument, totals: &[f64]| -> Vec<&'static str> {
            totals.iter().map(|total| instrument.band(*total)).collect()
        };
        assert_eq!(
            bands(
                Instrument::Phq9,
                &[0.0, 4.0, 5.0, 9.0, 10.0, 14.0, 15.0, 19.0, 20.0, 27.0]
            ),
            [
                "minimal",
                "minimal",
                "mild",
                "mild",
                "moderate",
                "moderate",
                "moderately severe",
                "moderately severe",
                "severe",
                "severe"
            ]
        );
        assert_eq!(
            bands(Instrument::Gad7, &[4.0, 5.0, 9.0, 10.0, 14.0, 15.0, 21.0]),
            [
                "minimal", "mild", "mild", "moderate", "moderate", "severe", "severe"
            ]
        );
        assert_eq!(
            bands(Instrument::Ors, &[24.9, 25.0]),
            ["clinical range", "non-clinical range"]
        );
        assert_eq!(
            bands(Instrument::Srs, &[35.9, 36.0]),
            ["alliance to be discussed", "no concern"]
        );
    }

    #[test]
    fn answers_are_checked_and_added_up() {
        let answers = [1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0, 0.0, 1.0];
        assert_eq!(Instrument::Phq9.score(Some(&answers), None), Ok(13.0));
        assert_eq!(Instrument::Phq9.score(None, Some(27.0)), Ok(27.0));
        assert_eq!(
            Instrument::Ors.score(Some(&[5.5, 6.1, 7.0, 4.4]), None),
            Ok(23.0)
        );
        let refused = |instrument: Instrument, items: Option<&[f64]>, total| {
            instrument.score(items, total).unwrap_err().to_string()
        };
        assert_eq!(
            refused(Instrument::Gad7, None, None),
            "send `items` or `total`"
        );
        assert_eq!(
            refused(Instrument::Gad7, Some(&answers), None),
            "GAD-7 has 7 items, 9 were given; send all of them or only `total`"
        );
        assert_eq!(
            refused(
                Instrument::Phq9,
                Some(&[0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
                None
            ),
            "item 2 is 0.5; whole numbers from 0 to 3 are taken"
        );
        assert_eq!(
            refused(Instrument::Srs, None, Some(f64::NAN)),
            "the total is NaN; numbers from 0 to 40 are taken"
        );
        assert_eq!(
            refused(Instrument::Phq9, Some(&answers), Some(12.0)),
            "the total is 12, but the items add up to 13; leave one of the two out"
        );
    }

    #[test]
    fn a_change_counts_from_the_reliable_one_on_and_in_its_direction() {
        use ChangeVerdict::{NoPublishedThreshold, NotReliable, ReliablyImproved, ReliablyWorse};
        let verdict = |i: Instrument, a, b| i.change(a, b).verdict;
        assert_eq!(verdict(Instrument::Phq9, 16.0, 10.0), ReliablyImproved);
        assert_eq!(verdict(Instrument::Phq9, 16.0, 11.0), NotReliable);
        assert_eq!(verdict(Instrument::Gad7, 6.0, 10.0), ReliablyWorse);
        assert_eq!(verdict(Instrument::Ors, 18.0, 23.0), ReliablyImproved);
        assert_eq!(verdict(Instrument::Ors, 23.0, 18.0), ReliablyWorse);
        assert_eq!(verdict(Instrument::Srs, 20.0, 40.0), NoPublishedThreshold);
    }

    #[test]
    fn item_nine_of_the_phq9_is_never_lost_in_the_total() {
        let mut answers = [0.0; 9];
        assert_eq!(Instrument::Phq9.attention(Some(&answers)), None);
        answers[8] = 1.0;
        assert_eq!(
            Instrument::Phq9.attention(Some(&answers)),
            Some("phq9_item_9")
        );
        assert_eq!(Instrument::Phq9.attention(None), None);
        assert_eq!(Instrument::Gad7.attention(Some(&answers)), None);
    }
}
