//! `smart-steps eval weights`

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::cli::error::CliError;
use crate::cli::output::say;
use crate::cli::settings::SettingsArgs;
use crate::domain::id::PersonaId;
use crate::memory::Memories;

use super::conversation::{self, Conversation};
use super::fit::{self, Example};
use super::recall::{self, Tally};
use super::subject::Subject;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Labelled conversations, at least two, one JSON object a line
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How strongly weights are held near zero
    #[arg(long, value_name = "NUMBER", default_value_t = 0.002)]
    ridge: f64,
    /// Leave out this feature; may be repeated
    #[arg(long, value_name = "FEATURE")]
    without: Vec<String>,
    /// Also tell what is lost without each feature
    #[arg(long)]
    ablate: bool,
    /// The persona that remembers
    #[arg(long, value_name = "ID", default_value = "therapist")]
    persona: PersonaId,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// A question with what the ranker sees.
struct Case<'c> {
    conversation: usize,
    question: &'c conversation::Question,
    ids: Vec<String>,
    relevant: Vec<bool>,
    example: Example,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let conversations = conversation::read(&args.file)?;
    let names = Memories::ranker_weights();
    for name in &args.without {
        if !names.iter().any(|(known, _)| known == name) {
            let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            return Err(CliError::Values(format!(
                "--without {name}: there is no such feature; there are {}",
                known.join(", ")
            )));
        }
    }
    let cases = cases(&conversations, &args).await?;
    let mut used: Vec<bool> = names
        .iter()
        .map(|(name, _)| !args.without.iter().any(|left_out| left_out == name))
        .collect();
    let present: Vec<f64> = names.iter().map(|(_, weight)| *weight).collect();
    let mut text = format!(
        "in force\n{}\n",
        recall::table(&judge(&cases, |_| &present))
    );
    let folds = folds(&cases, conversations.len(), &used, args.ridge);
    let left_out = judge(&cases, |case| &folds[case.conversation]);
    let all: Vec<&Example> = cases.iter().map(|case| &case.example).collect();
    let fitted = fit::fit(&all, &used, args.ridge);
    let _ = write!(
        text,
        "\nfitted on the other conversations\n{}\n\nfitted on all\n{}\n\nfeature          in force   fitted   from  to (left out)",
        recall::table(&left_out),
        recall::table(&judge(&cases, |_| &fitted)),
    );
    for (at, (name, weight)) in names.iter().enumerate() {
        let of_folds = || folds.iter().map(|fold| fold[at]);
        let least = of_folds().fold(f64::MAX, f64::min);
        let most = of_folds().fold(f64::MIN, f64::max);
        let _ = write!(
            text,
            "\n{name:<16} {weight:>8.3} {:>8.3}   {least:.3}  {most:.3}",
            fitted[at]
        );
        if args.ablate && used[at] {
            used[at] = false;
            let without = self::folds(&cases, conversations.len(), &used, args.ridge);
            let quality = judge(&cases, |case| &without[case.conversation]).overall();
            used[at] = true;
            let _ = write!(
                text,
                "   without: R@5 {:.1} R@10 {:.1} R@25 {:.1} R@50 {:.1}",
                quality.at_5 * 100.0,
                quality.at_10 * 100.0,
                quality.at_25 * 100.0,
                quality.at_50 * 100.0
            );
        }
    }
    say(&text)
}

/// Every question as the ranker sees it.
async fn cases<'c>(
    conversations: &'c [Conversation],
    args: &Args,
) -> Result<Vec<Case<'c>>, CliError> {
    let subject = Subject::open(&args.settings).await?;
    let mut cases = Vec::new();
    for (number, conversation) in conversations.iter().enumerate() {
        let remembered = subject.remember(conversation, &args.persona).await?;
        for question in &conversation.questions {
            let (mut ids, mut relevant) = (Vec::new(), Vec::new());
            let (mut rows, mut priors) = (Vec::new(), Vec::new());
            for (id, seen) in subject.view(&remembered, &question.text).await? {
                ids.push(id);
                relevant.push(seen.relevant);
                rows.push(seen.features);
                priors.push(seen.prior);
            }
            let wanted = (0..ids.len())
                .filter(|at| question.evidence.contains(&ids[*at]))
                .collect();
            cases.push(Case {
                conversation: number,
                question,
                ids,
                relevant,
                example: Example {
                    rows,
                    priors,
                    wanted,
                },
            });
        }
    }
    subject.close().await;
    Ok(cases)
}

/// For each conversation the weights fitted on the others.
fn folds(cases: &[Case<'_>], conversations: usize, used: &[bool], ridge: f64) -> Vec<Vec<f64>> {
    let fold = |left_out: usize| {
        let others: Vec<&Example> = cases
            .iter()
            .filter(|case| case.conversation != left_out)
            .map(|case| &case.example)
            .collect();
        fit::fit(&others, used, ridge)
    };
    (0..conversations).map(fold).collect()
}

/// How the weights that `of` gives for each case do.
fn judge<'w>(cases: &[Case<'_>], of: impl Fn(&Case<'_>) -> &'w Vec<f64>) -> Tally {
    let mut tally = Tally::default();
    for case in cases {
        let weights = of(case);
        let example = &case.example;
        let mut ranked: Vec<(f64, &str)> = (0..case.ids.len())
            .filter(|at| case.relevant[*at])
            .map(|at| {
                let sum = fit::score(weights, &example.rows[at], example.priors[at]);
                (sum, case.ids[at].as_str())
            })
            .collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let ranked: Vec<&str> = ranked.into_iter().map(|(_, id)| id).collect();
        tally.count(&case.question.category, &ranked, &case.question.evidence);
    }
    tally
}
