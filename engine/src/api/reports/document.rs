//! The report in blocks and words. Every form shows the same.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::analysis::{Estimate, GoalKind};
use crate::domain::id::SessionId;
use crate::domain::insight::{DetectorTest, Evidence, InsightStatus};
use crate::domain::instrument::ChangeVerdict;
use crate::domain::progress::{
    Attention, FollowThroughStatus, GoalFollowThrough, InstrumentProgress, MeanSentiment, Trend,
    TrendDirection, TrendUnit,
};
use crate::domain::report::{ClientReport, ReportFlag, ReportInsight, SessionExcerpt};

/// A whole document.
pub(super) struct Document {
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// One part of it.
pub(super) enum Block {
    /// A chapter (1) or a section of one (2).
    Heading(u8, String),
    Paragraph(String),
    /// What must not be overlooked.
    Notice(Item),
    Items(Vec<Item>),
    Quotes(Vec<Quoted>),
    Table {
        head: Vec<&'static str>,
        rows: Vec<Vec<String>>,
    },
}

/// A line with what it rests on.
pub(super) struct Item {
    pub(super) text: String,
    pub(super) note: Option<String>,
    pub(super) quotes: Vec<Quoted>,
}

/// Somebody's words.
pub(super) struct Quoted {
    pub(super) words: String,
    pub(super) source: String,
}

/// Quotations shown below a line.
const QUOTES: usize = 3;

/// The report in blocks.
pub(super) fn of(report: &ClientReport) -> Document {
    let writer = Writer::of(report);
    let mut blocks = vec![Block::Paragraph(basis(report))];
    blocks.extend(writer.attention(report));
    blocks.push(chapter("Progress"));
    blocks.extend(writer.instruments(&report.progress.instruments));
    blocks.extend(sentiment(report));
    blocks.extend(writer.goals(report));
    blocks.extend(topics(report));
    blocks.extend(writer.insights(&report.insights));
    if let Some(latest) = &report.latest_session {
        blocks.extend(writer.latest(latest));
    }
    blocks.push(chapter("What this report does not say"));
    let limits = report.limits.iter().cloned();
    blocks.push(Block::Items(limits.map(Item::plain).collect()));
    Document {
        title: format!("Report on {}", report.client_id),
        blocks,
    }
}

impl Item {
    fn plain(text: String) -> Self {
        Self {
            text,
            note: None,
            quotes: Vec::new(),
        }
    }
}

fn chapter(text: &str) -> Block {
    Block::Heading(1, text.to_owned())
}

fn section(text: &str) -> Block {
    Block::Heading(2, text.to_owned())
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// "1 session", "3 sessions".
fn counted(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn basis(report: &ClientReport) -> String {
    let basis = &report.basis;
    let (Some(as_of), Some(first)) = (basis.as_of, basis.first_session_at) else {
        return match basis.instrument_entries {
            0 => "Nothing is stored on this client.".to_owned(),
            n => format!(
                "No session is stored on this client, only {}.",
                counted(n, "questionnaire", "questionnaires")
            ),
        };
    };
    let personas: Vec<&str> = basis.personas.iter().map(|id| id.as_str()).collect();
    format!(
        "As of {}. It rests on {} with {} since {}, with {} of which {} are the client's, and on {}.",
        date(as_of),
        counted(basis.sessions, "session", "sessions"),
        personas.join(", "),
        date(first),
        counted(basis.messages, "message", "messages"),
        basis.client_messages,
        counted(basis.instrument_entries, "questionnaire", "questionnaires"),
    )
}

fn sentiment(report: &ClientReport) -> Vec<Block> {
    let sessions = &report.progress.sessions;
    if sessions.is_empty() {
        return Vec::new();
    }
    let rows = sessions.iter().map(|point| {
        vec![
            date(point.held_at),
            point.messages.to_string(),
            point.sentences.to_string(),
            point.negative_sentences.to_string(),
            mean(&point.sentiment),
        ]
    });
    let words = match &report.progress.sentiment {
        Estimate::Insufficient { n, needed } => format!(
            "Too little for a trend: {n} of the {needed} sessions needed have enough sentences for a mean."
        ),
        Estimate::Measured(trend) => format!(
            "From session to session the mean {}. {}",
            moves(trend),
            figures(trend)
        ),
    };
    vec![
        section("How the client's sentences sound"),
        Block::Table {
            head: vec![
                "Session",
                "Messages",
                "Client's sentences",
                "Negative",
                "Mean (-1 to 1)",
            ],
            rows: rows.collect(),
        },
        Block::Paragraph(words),
    ]
}

fn mean(estimate: &Estimate<MeanSentiment>) -> String {
    match estimate {
        Estimate::Measured(found) => format!("{:+.2}", found.mean),
        Estimate::Insufficient { n, needed } => format!("too little ({n} of {needed} sentences)"),
    }
}

fn moves(trend: &Trend) -> &'static str {
    match trend.direction {
        TrendDirection::Rising => "rises",
        TrendDirection::Falling => "falls",
        TrendDirection::NotShown => "shows no trend that the test can tell from chance",
    }
}

fn figures(trend: &Trend) -> String {
    let per = match trend.per {
        TrendUnit::Session => "session",
        TrendUnit::Week => "week",
    };
    format!(
        "Median slope {:+.2} per {per}, 95 % interval {:+.2} to {:+.2}, {}, n = {}.",
        trend.slope,
        trend.interval.low,
        trend.interval.high,
        p_value("p", trend.p),
        trend.n
    )
}

fn p_value(name: &str, p: f64) -> String {
    if p < 0.001 {
        format!("{name} < 0.001")
    } else {
        format!("{name} = {p:.3}")
    }
}

fn topics(report: &ClientReport) -> Vec<Block> {
    let mut blocks = vec![chapter("What was spoken of")];
    if report.topics.is_empty() {
        let none = "No topic came up in more than two messages.";
        blocks.push(Block::Paragraph(none.to_owned()));
        return blocks;
    }
    let rows = report.topics.iter().map(|topic| {
        vec![
            topic.label.clone(),
            topic.sessions.to_string(),
            topic.messages.to_string(),
            format!("{} of {}", topic.negative_sentences, topic.sentences),
            format!("{} to {}", date(topic.first_at), date(topic.latest_at)),
        ]
    });
    blocks.push(Block::Table {
        head: vec![
            "Topic, in the client's words",
            "Sessions",
            "Messages",
            "Sentences that sound negative",
            "Sessions from, to",
        ],
        rows: rows.collect(),
    });
    blocks
}

fn total(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// What needs to know when sessions were held.
struct Writer<'r> {
    held: HashMap<&'r SessionId, Timestamp>,
}

impl<'r> Writer<'r> {
    fn of(report: &'r ClientReport) -> Self {
        let sessions = report.progress.sessions.iter();
        Self {
            held: sessions.map(|it| (&it.session_id, it.held_at)).collect(),
        }
    }

    fn quoted(&self, evidence: &Evidence) -> Quoted {
        match evidence {
            Evidence::Message {
                session_id, quote, ..
            } => Quoted {
                words: quote.clone(),
                source: match self.held.get(session_id) {
                    Some(at) => format!("session of {}", date(*at)),
                    None => format!("session {session_id}"),
                },
            },
            Evidence::Document { quote, .. } => Quoted {
                words: quote.clone(),
                source: "the persona's documents".to_owned(),
            },
        }
    }

    fn quotes<'e>(&self, evidence: impl IntoIterator<Item = &'e Evidence>) -> Vec<Quoted> {
        evidence.into_iter().map(|it| self.quoted(it)).collect()
    }

    fn attention(&self, report: &ClientReport) -> Vec<Block> {
        let mut blocks = vec![chapter("To look at first")];
        let entries = &report.progress.attention;
        blocks.extend(entries.iter().map(|it| Block::Notice(entry_notice(it))));
        let flags = report.risk_flags.iter();
        blocks.extend(flags.map(|flag| self.flag(flag)));
        if report.more_risk_flags {
            let more = "There are more open risk flags than are shown here.";
            blocks.push(Block::Paragraph(more.to_owned()));
        }
        if blocks.len() == 1 {
            let none =
                "No risk flag is open and no answer asks for attention. That is no sign of safety.";
            blocks.push(Block::Paragraph(none.to_owned()));
        }
        blocks
    }

    fn flag(&self, flag: &ReportFlag) -> Block {
        let urgent = if flag.requires_human {
            " A person must respond."
        } else {
            ""
        };
        let item = Item {
            text: format!(
                "Open risk flag: {}, severity {} of 6 ({}).{urgent}",
                flag.category.replace('_', " "),
                flag.severity,
                flag.assertion.replace('_', " "),
            ),
            note: Some(format!(
                "Raised on {}, flag {}.",
                date(flag.raised_at),
                flag.id
            )),
            quotes: self.quotes([&flag.evidence]),
        };
        if flag.requires_human {
            Block::Notice(item)
        } else {
            Block::Items(vec![item])
        }
    }

    fn instruments(&self, instruments: &[InstrumentProgress]) -> Vec<Block> {
        let mut blocks = vec![section("Questionnaires")];
        if instruments.is_empty() {
            blocks.push(Block::Paragraph("None was entered.".to_owned()));
        }
        for instrument in instruments {
            let rows = instrument.entries.iter().map(|entry| {
                vec![
                    instrument.title.clone(),
                    date(entry.taken_at),
                    total(entry.total),
                    entry.band.clone(),
                ]
            });
            blocks.push(Block::Table {
                head: vec!["Questionnaire", "Date", "Total", "Published band"],
                rows: rows.collect(),
            });
            blocks.push(Block::Paragraph(course(instrument)));
        }
        blocks
    }

    fn goals(&self, report: &ClientReport) -> Vec<Block> {
        let goals = &report.progress.goals;
        let mut blocks = vec![section("Goals and undertakings")];
        if goals.is_empty() {
            let none = "No goal was recognised in the client's words.";
            blocks.push(Block::Paragraph(none.to_owned()));
            return blocks;
        }
        let counts = report.progress.follow_through;
        blocks.push(Block::Paragraph(format!(
            "{} recognised; the client told of having done {}; {} not found again in later sessions.",
            counted(counts.stated, "statement", "statements"),
            counts.done,
            counts.not_mentioned
        )));
        blocks.push(Block::Items(
            goals.iter().map(|goal| self.goal(goal)).collect(),
        ));
        blocks
    }

    fn goal(&self, goal: &GoalFollowThrough) -> Item {
        let kind = match goal.kind {
            GoalKind::Goal => "Wish",
            GoalKind::Commitment => "Undertaking",
        };
        let later = counted(goal.later_sessions, "later session", "later sessions");
        let outcome = match goal.status {
            FollowThroughStatus::Done => "told of as done".to_owned(),
            FollowThroughStatus::Open if goal.later_sessions == 0 => {
                "open, stated in the latest session".to_owned()
            }
            FollowThroughStatus::Open => {
                format!("open, spoken of in {} of {later}", goal.later_mentions)
            }
            FollowThroughStatus::NotMentioned => format!("not found again in {later}"),
        };
        Item {
            text: format!("{kind}, {outcome}."),
            note: None,
            quotes: self.quotes(std::iter::once(&goal.statement).chain(&goal.completion)),
        }
    }

    fn insights(&self, insights: &[ReportInsight]) -> Vec<Block> {
        let mut blocks = vec![chapter("Insights")];
        if insights.is_empty() {
            let none = "None is stored that was not rejected or retracted. Nothing stood out, or nobody has looked yet.";
            blocks.push(Block::Paragraph(none.to_owned()));
            return blocks;
        }
        let of_client = |insight: &&ReportInsight| !is_of_documents(insight);
        // Goals have a section of their own, with every one of them.
        let shown = |insight: &&ReportInsight| insight.detector != "goal_progress";
        for (status, heading) in [
            (InsightStatus::Accepted, "Accepted by a reviewer"),
            (InsightStatus::Draft, "Not reviewed yet"),
        ] {
            let of: Vec<Item> = insights
                .iter()
                .filter(of_client)
                .filter(shown)
                .filter(|insight| insight.status == status)
                .map(|insight| self.insight(insight))
                .collect();
            if !of.is_empty() {
                blocks.push(section(heading));
                blocks.push(Block::Items(of));
            }
        }
        let documents = insights.iter().filter(|it| is_of_documents(it));
        let documents: Vec<Item> = documents
            .map(|insight| Item::plain(insight.statement.clone()))
            .collect();
        if !documents.is_empty() {
            blocks.push(section("What the persona's documents hold on it"));
            blocks.push(Block::Items(documents));
        }
        blocks
    }

    fn insight(&self, insight: &ReportInsight) -> Item {
        Item {
            text: insight.statement.clone(),
            note: Some(format!(
                "{}; {}; confidence {:.2}.",
                insight.detector.replace('_', " "),
                test(&insight.test),
                insight.confidence
            )),
            quotes: self.quotes(telling(&insight.evidence)),
        }
    }

    fn latest(&self, latest: &SessionExcerpt) -> Vec<Block> {
        let mut blocks = vec![
            Block::Heading(1, format!("The latest session, {}", date(latest.held_at))),
            Block::Paragraph(format!(
                "Mean of the client's sentences: {}.",
                mean(&latest.sentiment)
            )),
        ];
        for (heading, evidence) in [
            ("In the client's own sentences", &latest.summary),
            ("What sounds the most burdened", &latest.concerns),
            ("What the client told of having managed", &latest.strengths),
        ] {
            if !evidence.is_empty() {
                blocks.push(section(heading));
                blocks.push(Block::Quotes(self.quotes(evidence)));
            }
        }
        blocks
    }
}

/// Whether it says something of the persona's documents rather than of the client.
fn is_of_documents(insight: &ReportInsight) -> bool {
    matches!(insight.detector.as_str(), "knowledge_link" | "coverage_gap")
}

/// A few quotations, whole sentences before single words.
fn telling(evidence: &[Evidence]) -> impl Iterator<Item = &Evidence> {
    let is_sentence = |it: &&Evidence| match it {
        Evidence::Message { quote, .. } | Evidence::Document { quote, .. } => quote.contains(' '),
    };
    let sentences = evidence.iter().filter(is_sentence);
    let words = evidence.iter().filter(move |it| !is_sentence(it));
    sentences.chain(words).take(QUOTES)
}

fn entry_notice(attention: &Attention) -> Item {
    let text = match attention.reason.as_str() {
        "phq9_item_9" => {
            "PHQ-9, item 9 (thoughts of being better off dead, or of self-harm) was answered above 0. A person must ask."
                .to_owned()
        }
        other => format!("An answer asks for attention: {}.", other.replace('_', " ")),
    };
    Item {
        text,
        note: Some(filled_in(attention)),
        quotes: Vec::new(),
    }
}

fn filled_in(attention: &Attention) -> String {
    let on = date(attention.taken_at);
    match attention.later_entries_without {
        0 => format!("Filled in on {on}; no later entry answers it with 0."),
        n => format!(
            "Filled in on {on}; {} it with 0.",
            counted(n, "later entry answers", "later entries answer")
        ),
    }
}

fn course(instrument: &InstrumentProgress) -> String {
    let better = if instrument.higher_is_better {
        "Higher is better."
    } else {
        "Lower is better."
    };
    let mut words = vec![better.to_owned()];
    if let Some(change) = instrument.change {
        let verdict = match (change.verdict, instrument.reliable_change) {
            (ChangeVerdict::ReliablyImproved, Some(least)) => {
                format!("a reliable improvement ({} points or more)", total(least))
            }
            (ChangeVerdict::ReliablyWorse, Some(least)) => {
                format!("a reliable worsening ({} points or more)", total(least))
            }
            (ChangeVerdict::NotReliable, Some(least)) => format!(
                "less than the {} points that count as reliable",
                total(least)
            ),
            _ => "no reliable change is published for it".to_owned(),
        };
        words.push(format!(
            "From the first to the latest entry: {:+}, {verdict}.",
            change.difference
        ));
    }
    words.push(match &instrument.trend {
        Estimate::Measured(trend) => format!("The total {}. {}", moves(trend), figures(trend)),
        Estimate::Insufficient { n, needed } => {
            format!("Too few entries for a trend ({n} of {needed}).")
        }
    });
    words.push(instrument.source.clone());
    words.join(" ")
}

fn test(test: &DetectorTest) -> String {
    let name = test.name.replace('_', " ");
    let effect = match test.name.as_str() {
        "poisson_tail" => format!("{:.1} times the mean of the client's topics", test.effect),
        "fisher_exact" => format!("odds ratio {:.2}", test.effect),
        "mann_kendall" | "least_squares_slope" => format!("slope {:+.3}", test.effect),
        "pettitt_permutation" => format!("shift {:+.2}", test.effect),
        _ => format!("effect {:.2}", test.effect),
    };
    let effect = format!("{name}, n = {}, {effect}", test.n);
    match (test.p, test.q) {
        (Some(p), Some(q)) => format!("{effect}, {}, {}", p_value("p", p), p_value("q", q)),
        _ => effect,
    }
}
