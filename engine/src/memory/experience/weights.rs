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

// "z" is a score in standard deviations from the mean of the scope's turns. BM25 is over stems
// without function words; "own" is words and caption without the names of those who speak.
features! {
    Own          Words      0.6  "own"           "z of BM25 over its words and caption.";
    Full         Words      0.3  "full"          "z of BM25 over the same with speaker and date.";
    Window       Words      0.5  "window"        "z of BM25 over it and the turn before as one text.";
    Covered      Words      0.0  "covered"       "Part of the question's terms it has, by inverse document frequency.";
    Rarest       Words      0.0  "rarest"        "The inverse document frequency of the rarest term it shares, as part of the rarest asked.";
    Pair         Words      0.0  "pair"          "Terms that stand next to each other in the question and in it.";
    Whole        Vector     0.3  "whole"         "z of the cosine with the question.";
    Rest         Vector     0.3  "rest"          "z of the cosine with the question without names of speakers.";
    Before       Neighbours 0.2  "before"        "The turn before: its own BM25.";
    After        Neighbours 0.2  "after"         "The turn after: its own BM25.";
    Further      Neighbours 0.1  "further"       "The turns two before and two after: their own BM25.";
    BeforeRest   Neighbours 0.1  "before_vector" "The turn before: its cosine.";
    AfterRest    Neighbours 0.1  "after_vector"  "The turn after: its cosine.";
    Session      Session    0.1  "session"       "z of BM25 over the whole session.";
    SessionBest  Session    0.0  "session_best"  "The best own BM25 of its session.";
    SessionRest  Session    0.0  "session_mean"  "The mean cosine of its session.";
    ByNamed      Speaker    0.5  "by_named"      "Whether the question names its speaker.";
    ByOther      Speaker   -0.2  "by_other"      "Whether the question names a speaker, and another one.";
    Addresses    Speaker    0.0  "addresses"     "Whether it says the name of a speaker that the question names.";
    Asks         Answer     0.0  "asks"          "Whether it is a question.";
    AsksOwn      Answer     0.0  "asks_own"      "Its own BM25 if it is a question.";
    Answers      Answer     0.0  "answers"       "Whether the turn before is a question.";
    AnswersOwn   Answer     0.1  "answers_own"   "The own BM25 of the turn before if that is a question.";
    AnswersRest  Answer     0.0  "answers_vector" "The cosine of the turn before if that is a question.";
    WhenTime     Time       0.3  "when_time"     "Whether a time is asked for and it speaks of one.";
    TimeTime     Time       0.0  "time_time"     "Whether a time is named and it speaks of one.";
    Date         Time       0.0  "date"          "Part of the question's terms that its date has.";
    Length       Form       0.2  "length"        "Logarithm of its length in words.";
    LengthSquare Form       0.0  "length_square" "The square of that.";
    Begins       Form       0.0  "begins"        "Whether it is one of the first two turns of its session.";
    Ends         Form       0.0  "ends"          "Whether it is one of the last two turns of its session.";
    Shows        Form       0.0  "shows"         "Whether a picture was sent with it.";
    Expanded     Feedback   0.1  "expanded"      "z of BM25 over the telling terms of the best turns of the first pass.";
    Centre       Feedback   0.1  "centre"        "z of the cosine with the mean of those turns.";
    Hop          Feedback   0.0  "hop"           "z of BM25 over the names that those turns mention and the question does not.";
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

/// What each kind contributes to the sum, relative to the `mean` turn.
pub(super) fn by_kind(row: &Row, mean: &Row) -> [(Kind, f64); 9] {
    Kind::ALL.map(|kind| {
        let of = Feature::ALL.iter().filter(|feature| feature.kind() == kind);
        let part = |feature: &Feature| {
            let at = *feature as usize;
            feature.weight() * (row[at] - mean[at])
        };
        (kind, of.map(part).sum())
    })
}
