//! Has the load generator launch the users of one phase. It is named here and in `step` alone.
//!
//! goose is told as little as possible: each user runs one transaction once, and ramp, iterations,
//! pauses and ends are the script's. Its console output, controllers and log are off; its statistics
//! are handed back as they are.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use goose::GooseAttack;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction};
use goose::metrics::GooseMetrics;

use super::exchange::Destination;
use super::step::Seat;
use crate::measurement::raw::GeneratorRow;

/// The load generator refused to start or broke off.
#[derive(Debug, thiserror::Error)]
#[error("the load generator cannot run the users: {0}")]
pub(super) struct AttackError(String);

/// What one user does, given its number from 0 and its place in the load generator.
pub(super) type Act = Arc<
    dyn for<'r> Fn(u32, Seat<'r>) -> Pin<Box<dyn Future<Output = ()> + Send + 'r>> + Send + Sync,
>;

/// Which scenario and phase the generator's own rows belong to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label<'a> {
    pub(super) scenario: &'a str,
    pub(super) phase: &'a str,
}

/// Launches the users at once and returns when all of them have ended.
pub(super) async fn launch(
    users: u32,
    to: &Destination,
    label: Label<'_>,
    act: Act,
) -> Result<Vec<GeneratorRow>, AttackError> {
    be_silent();
    let failed = |error: goose::GooseError| AttackError(error.to_string());
    let client = to.client.clone();
    let next = AtomicU32::new(0);
    let transaction: TransactionFunction = Arc::new(move |user: &mut GooseUser| {
        // One client with its connections serves all users; one for each costs milliseconds and
        // a hundred kilobytes.
        user.client = client.clone();
        let number = next.fetch_add(1, Ordering::Relaxed);
        let done = act(number, Seat::new(user));
        Box::pin(async move {
            done.await;
            Ok(())
        })
    });
    let scenario =
        Scenario::new(label.scenario).register_transaction(Transaction::new(transaction));
    let metrics = GooseAttack::initialize_with_config(configuration(users, &to.base))
        .map_err(failed)?
        // Its own client is never used, so it is built once and not for each user.
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())
        .map_err(failed)?
        .register_scenario(scenario)
        .execute()
        .await
        .map_err(failed)?;
    Ok(rows(&metrics, label))
}

/// The load generator by itself, as its documentation shows it: users who get one path without
/// pauses and read the answer. Returns the number of requests by its own count.
pub(super) async fn plain_loop(
    users: u32,
    base: &str,
    path: &'static str,
    seconds: u32,
) -> Result<u64, AttackError> {
    be_silent();
    let failed = |error: goose::GooseError| AttackError(error.to_string());
    let mut configuration = configuration(users, base);
    configuration.iterations = None;
    configuration.run_time = Some(format!("{seconds}s"));
    configuration.no_reset_metrics = true;
    configuration.no_transaction_metrics = false;
    configuration.no_scenario_metrics = false;
    let transaction: TransactionFunction = Arc::new(move |user: &mut GooseUser| {
        Box::pin(async move {
            let sent = user.get(path).await?;
            if let Ok(response) = sent.response {
                // An answer that is not read costs the connection.
                let _body = response.bytes().await;
            }
            Ok(())
        })
    });
    let scenario = Scenario::new("plain").register_transaction(Transaction::new(transaction));
    let metrics = GooseAttack::initialize_with_config(configuration)
        .map_err(failed)?
        .register_scenario(scenario)
        .execute()
        .await
        .map_err(failed)?;
    let requests = metrics.requests.values();
    Ok(requests.map(|row| row.raw_data.counter as u64).sum())
}

fn configuration(users: u32, base: &str) -> GooseConfiguration {
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(base.to_owned());
    configuration.users = Some(users as usize);
    // All users within a quarter of a second; the script has them begin at their time.
    configuration.increase_rate = Some((u64::from(users) * 4).max(20).to_string());
    configuration.iterations = Some(1);
    configuration.no_telnet = true;
    configuration.no_websocket = true;
    configuration.no_print_metrics = true;
    configuration.no_error_summary = true;
    configuration.no_transaction_metrics = true;
    configuration.no_scenario_metrics = true;
    configuration.quiet = 2;
    configuration
}

/// Without a logger goose installs its own, which writes a line for each failed request.
fn be_silent() {
    struct Silence;
    impl log::Log for Silence {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            false
        }
        fn log(&self, _: &log::Record<'_>) {}
        fn flush(&self) {}
    }
    // Where there is a logger already, it does as well.
    if log::set_logger(&Silence).is_ok() {
        log::set_max_level(log::LevelFilter::Off);
    }
}

fn rows(metrics: &GooseMetrics, label: Label<'_>) -> Vec<GeneratorRow> {
    let mut rows: Vec<GeneratorRow> = metrics
        .requests
        .values()
        .map(|request| {
            let times = &request.raw_data;
            GeneratorRow {
                scenario: label.scenario.to_owned(),
                phase: label.phase.to_owned(),
                method: request.method.to_string(),
                name: request.path.clone(),
                requests: times.counter as u64,
                failures: request.fail_count as u64,
                min: times.minimum_time_us,
                mean: match times.counter {
                    0 => 0.0,
                    count => times.total_time_us as f64 / count as f64,
                },
                p50: times.percentile_us(0.5),
                p95: times.percentile_us(0.95),
                p99: times.percentile_us(0.99),
                max: times.maximum_time_us,
            }
        })
        .collect();
    rows.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::load::UserCounts;
    use crate::run::heartbeat::Heartbeat;
    use crate::run::reins::Reins;
    use crate::run::user::contain;

    /// goose itself would wait for the user for ever, and never say a word.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_user_that_panics_is_lost_and_the_others_finish() {
        let heartbeat = Arc::new(Heartbeat::new(3));
        let reins = Arc::new(Reins::new());
        let to = Destination {
            base: "http://127.0.0.1:1".to_owned(),
            client: reqwest::Client::new(),
        };
        let act: Act = {
            let (heartbeat, reins) = (Arc::clone(&heartbeat), Arc::clone(&reins));
            Arc::new(move |number, _seat| {
                let (heartbeat, reins) = (Arc::clone(&heartbeat), Arc::clone(&reins));
                Box::pin(async move {
                    let mut pulse = heartbeat.launch();
                    let work = async move {
                        pulse.begin();
                        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                        assert!(number != 1, "it breaks");
                        pulse.finish();
                    };
                    contain(&reins, number, work).await;
                })
            })
        };
        let label = Label {
            scenario: "panic",
            phase: "measured",
        };
        let rows = launch(3, &to, label, act).await.unwrap();
        assert_eq!(rows, []);
        let counts = heartbeat.counts();
        let peak = counts.peak;
        assert_eq!(
            counts,
            UserCounts {
                planned: 3,
                started: 3,
                finished: 2,
                lost: 1,
                peak
            }
        );
        assert_eq!(
            reins.take_notes(),
            ["user 2 panicked and is lost: it breaks"]
        );
    }
}
