//! What the ranker looks at in a turn, and what each thing weighs.
//!
//! A turn's score is the weighted sum of its features. The weights were fitted as a softmax over the
//! turns of a conversation (`smart-steps eval weights` repeats it); `docs/retrieval.md` tells on what,
//! and how they fare on conversations that they were not fitted to. None depends on a word.

/// What an explanation sums up features under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The words of the turn itself.
    Words,
    /// The meaning of the turn itself, by its vector.
    Vector,
    /// What was said right before and after it.
    Neighbours,
    /// The rest of its session.
    Session,
    /// Who speaks.
    Speaker,
    /// Questions, and what follows upon them.
    Answer,
    /// Times, where a time is asked for or named.
    Time,
    /// Its length and place.
    Form,
    /// What the best turns of a first pass have in common with it.
    Feedback,
}

impl Kind {
    pub(super) const ALL: [Self; 9] = [
        Self::Words,
        Self::Vector,
        Self::Neighbours,
        Self::Session,
        Self::Speaker,
        Self::Answer,
        Self::Time,
        Self::Form,
        Self::Feedback,
    ];

    /// The name in explanations.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Vector => "vector",
            Self::Neighbours => "neighbours",
            Self::Session => "session",
            Self::Speaker => "speaker",
            Self::Answer => "answer",
            Self::Time => "time",
            Self::Form => "form",
            Self::Feedback => "feedback",
        }
    }
}

macro_rules! features {
    ($($feature:ident $kind:ident $weight:literal $name:literal $meaning:literal;)*) => {
        /// A feature; its number is its place in a [`Row`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Feature {
            $(#[doc = $meaning] $feature,)*
        }

        impl Feature {
            pub(super) const ALL: &[Self] = &[$(Self::$feature),*];

            /// The name by which `eval weights` knows it.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$feature => $name,)* }
            }

            pub(super) fn kind(self) -> Kind {
                match self { $(Self::$feature => Kind::$kind,)* }
            }

            pub(super) fn weight(self) -> f64 {
                match self { $(Self::$feature => $weight,)* }
            }
        }
    };
}

// "z" is a score in standard deviations from the mean of the scope's turns. BM25 is over stems of
// words and caption, without function words and without the names of those who speak; "share" is a
// part of the question's terms, weighed by inverse document frequency.
features! {
    Covered      Words      0.749 "covered"       "The share that the turn has.";
    Rarest       Words      0.298 "rarest"        "How rare the rarest term is that it has, as a part of the rarest asked for.";
    Pair         Words      0.358 "pair"          "How many terms stand side by side in the question and in it.";
    Window       Words      0.230 "window"        "z of BM25 over it and the turn before as one text.";
    Whole        Vector     0.481 "whole"         "z of its cosine with the question.";
    After        Neighbours 0.046 "after"         "The turn after: z of BM25.";
    Further      Neighbours 0.154 "further"       "The turns two before and two after: z of BM25.";
    AfterCosine  Neighbours 0.085 "after_cosine"  "The turn after: z of the cosine with the question without names of speakers.";
    Session      Session    0.600 "session"       "z of BM25 over the whole session.";
    ByNamed      Speaker    1.152 "by_named"      "Whether the question names its speaker.";
    Addresses    Speaker   -0.287 "addresses"     "Whether it says a name of a speaker that the question names: it speaks to them, not as them.";
    Asks         Answer    -0.667 "asks"          "Whether it asks something itself.";
    Answers      Answer     0.317 "answers"       "Whether the turn before asks something.";
    AnswersWords Answer     0.078 "answers_words" "z of BM25 of the turn before if that asks something.";
    AnswersCosine Answer    0.309 "answers_cosine" "z of the cosine of the turn before if that asks something.";
    WhenTime     Time       2.284 "when_time"     "Whether a time is asked for and it speaks of one.";
    TimeTime     Time       0.725 "time_time"     "Whether a time is named and it speaks of one.";
    Day          Time       3.000 "day"           "How much of the day that the question names is the day on which it was said.";
    Length       Form       0.410 "length"        "Logarithm of its length in words.";
    Begins       Form       0.677 "begins"        "Whether it is one of the first two turns of its session, where news is told.";
    Expanded     Feedback   0.016 "expanded"      "z of BM25 over the telling terms of the best turns of a first pass.";
    Hop          Feedback   0.066 "hop"           "z of BM25 over the names that those turns mention and the question does not.";
}

/// How many features there are.
pub(super) const COUNT: usize = Feature::ALL.len();

/// The features of one turn.
pub(in crate::memory) type Row = [f64; COUNT];

/// The weighted sum.
pub(super) fn sum(row: &Row) -> f64 {
    Feature::ALL
        .iter()
        .map(|feature| feature.weight() * row[*feature as usize])
        .sum()
}

/// The features of a turn that has nothing to do with the question: what is above its sum speaks for
/// a turn. It is the mean turn, for most turns of a scope are unrelated; but in a scope of few turns
/// they may all be related, so ten turns with nothing in common with the question are added.
pub(super) fn unrelated(rows: &[Row]) -> Row {
    const SEEN_BEFORE: f64 = 10.0;
    let mut sums = [0.0; COUNT];
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    for feature in Feature::ALL {
        let seen = match feature.kind() {
            Kind::Form | Kind::Speaker => 0.0,
            _ => SEEN_BEFORE,
        };
        sums[*feature as usize] /= (rows.len() as f64 + seen).max(1.0);
    }
    sums
}

/// What each kind adds to the sum of an `unrelated` turn.
pub(super) fn by_kind(row: &Row, unrelated: &Row) -> [(Kind, f64); 9] {
    Kind::ALL.map(|kind| {
        let of = Feature::ALL.iter().filter(|feature| feature.kind() == kind);
        let part = |feature: &Feature| {
            let at = *feature as usize;
            feature.weight() * (row[at] - unrelated[at])
        };
        (kind, of.map(part).sum())
    })
}
