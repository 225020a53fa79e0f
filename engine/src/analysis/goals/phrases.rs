//! The words by which goals, commitments and deeds are told.

use crate::domain::analysis::GoalKind;

/// Rule, kind and phrase; the first that fits counts.
pub(super) const INTENTIONS: [(&str, GoalKind, &str); 17] = [
    ("want_to", GoalKind::Goal, "i really? want|wanna to?"),
    (
        "would_like_to",
        GoalKind::Goal,
        "i'd|id really? like|love to",
    ),
    (
        "would_like_to",
        GoalKind::Goal,
        "i would really? like|love to",
    ),
    ("goal_is", GoalKind::Goal, "my|the goal|aim is|was to?"),
    (
        "goal_is",
        GoalKind::Goal,
        "that's|thats|that is my|the goal|aim",
    ),
    ("hope_to", GoalKind::Goal, "i hope|hoping to"),
    ("need_to", GoalKind::Goal, "i need to"),
    (
        "try_to",
        GoalKind::Commitment,
        "i'm|im going|gonna to? try to?",
    ),
    ("going_to", GoalKind::Commitment, "i'm|im going to"),
    ("going_to", GoalKind::Commitment, "i am going to"),
    ("going_to", GoalKind::Commitment, "i'm|im gonna"),
    ("will", GoalKind::Commitment, "i'll"),
    ("will", GoalKind::Commitment, "i will"),
    ("plan_to", GoalKind::Commitment, "i plan|intend|mean to"),
    ("plan_to", GoalKind::Commitment, "i'm|im planning to|on"),
    (
        "decided_to",
        GoalKind::Commitment,
        "i decided|promise|promised|agreed to",
    ),
    (
        "decided_to",
        GoalKind::Commitment,
        "i've|ive|i have? decided|promised|agreed to",
    ),
];

/// Words after an intention that make it none: manners of speaking, feelings, refusals.
pub(super) const NO_INTENTION: [&str; 42] = [
    "a",
    "admit",
    "an",
    "ask",
    "believe",
    "cry",
    "describe",
    "die",
    "disappear",
    "explode",
    "feel",
    "go",
    "hardly",
    "hurt",
    "just",
    "kill",
    "know",
    "like",
    "lose",
    "me",
    "mean",
    "mention",
    "my",
    "need",
    "never",
    "no",
    "not",
    "only",
    "point",
    "probably",
    "regret",
    "say",
    "scream",
    "see",
    "tell",
    "that",
    "the",
    "think",
    "throw",
    "understand",
    "vanish",
    "you",
];

/// After "be" these make it none either: "I'll be honest".
pub(super) const NO_INTENTION_TO_BE: [&str; 12] = [
    "able", "alone", "back", "clear", "dead", "fine", "frank", "gone", "honest", "late", "ok",
    "okay",
];

/// Words before an intention that leave it one: "the last thing I'm going to smell" is none.
pub(super) const LEADS: [&str; 25] = [
    "actually",
    "also",
    "and",
    "because",
    "but",
    "friday",
    "honestly",
    "maybe",
    "monday",
    "now",
    "or",
    "so",
    "still",
    "sunday",
    "that",
    "then",
    "think",
    "thursday",
    "today",
    "tomorrow",
    "tonight",
    "tuesday",
    "week",
    "what",
    "wednesday",
];

/// Words that make a sentence no statement of a goal or of a deed.
pub(super) const UNREAL: [&str; 11] = [
    "if",
    "unless",
    "wish",
    "wished",
    "imagine",
    "suppose",
    "would've",
    "should've",
    "could've",
    "almost",
    "nearly",
];

pub(super) const NEGATIONS: [&str; 22] = [
    "not", "never", "no", "nothing", "nobody", "didn't", "didnt", "don't", "dont", "haven't",
    "havent", "hadn't", "couldn't", "couldnt", "can't", "cant", "wasn't", "won't", "wouldn't",
    "failed", "without", "neither",
];

pub(super) const ACHIEVEMENTS: [&str; 12] = [
    "i managed to",
    "i've|ive managed to",
    "i did it",
    "i finally",
    "i've|ive finally",
    "i'm|im|i am? so? proud",
    "for the first time",
    "i was able to",
    "i got through",
    "i stood up",
    "i stuck to|with",
    "it worked",
];
