//! What a client costs as a whole: insights over 20 sessions, progress, patterns, a report.
//!
//! The sessions are held through the use cases on a database file, with what clients say in the load
//! scenarios. `first` begins without stored insights, so that all of them are written; `again` finds
//! what is known already.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use smart_steps_engine::config::Layers;
use smart_steps_engine::domain::id::{ClientId, TenantId};
use smart_steps_engine::domain::page::PageSize;
use smart_steps_engine::service::{
    InsightRequest, NewMessage, NewSession, Outcome, PageRequest, Scope, Services,
};
use smart_steps_engine::startup;

type Failure = Box<dyn std::error::Error>;

const UTTERANCES: &str = include_str!("../../scenarios/data/utterances.jsonl");
const SESSIONS: usize = 20;

struct Practice {
    services: Arc<Services>,
    scope: Scope,
    utterances: Vec<String>,
    next: usize,
    _folder: tempfile::TempDir,
}

impl Practice {
    async fn open() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let mut config = Layers::defaults()?.build()?;
        config.database.path = folder.path().join("practice.db");
        let services = startup::services(&config).await?;
        let tenant: TenantId = "bench".parse()?;
        services.auth.put_tenant(tenant.clone(), "Bench").await?;
        let mut utterances = Vec::new();
        for line in UTTERANCES.lines().filter(|line| !line.trim().is_empty()) {
            let value: serde_json::Value = serde_json::from_str(line)?;
            let text = value["text"].as_str().or_else(|| value["content"].as_str());
            utterances.push(text.ok_or("an utterance without text")?.to_owned());
        }
        let scope = Scope {
            tenant,
            phases: Arc::default(),
        };
        Ok(Self {
            services,
            scope,
            utterances,
            next: 0,
            _folder: folder,
        })
    }

    /// Holds the client's sessions; each has so many messages, both roles counted.
    async fn hold(&mut self, client: &ClientId, messages: usize) -> Result<(), Failure> {
        for _ in 0..SESSIONS {
            let new = NewSession {
                client: client.clone(),
                persona: "therapist".parse()?,
                title: None,
                goals: Vec::new(),
                metadata: serde_json::Map::new(),
            };
            let made = self
                .services
                .sessions
                .create(&self.scope, new, None)
                .await?;
            let Outcome::Done(session) = made else {
                return Err("a new session was a repetition".into());
            };
            let mut batch = Vec::new();
            for _ in 0..messages / 2 {
                self.next = (self.next + 1) % self.utterances.len();
                batch.push(NewMessage {
                    content: self.utterances[self.next].clone(),
                    client: None,
                    metadata: serde_json::Map::new(),
                });
            }
            self.services
                .conversations
                .say(&self.scope, &session.id, batch, None)
                .await?;
        }
        Ok(())
    }

    async fn forget(&self, client: &ClientId) -> Result<(), Failure> {
        let size = PageSize::new(PageSize::MAX).unwrap_or_default();
        let page = PageRequest { after: None, size };
        let insights = &self.services.insights;
        for insight in insights.list(&self.scope, Some(client), &page).await?.items {
            insights.delete(&self.scope, &insight.id).await?;
        }
        Ok(())
    }

    async fn draw(&self, client: &ClientId) {
        let request = InsightRequest::of(client.clone());
        let run = self.services.insights.generate(&self.scope, &request).await;
        assert!(run.is_ok_and(|run| run.sessions == SESSIONS && !run.insights.is_empty()));
    }
}

fn main() -> Result<(), Failure> {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut practice = runtime.block_on(Practice::open())?;
    let mut group = criterion.benchmark_group("client_of_20_sessions");
    for messages in [50, 100] {
        let client: ClientId = format!("talks{messages}").parse()?;
        runtime.block_on(practice.hold(&client, messages))?;
        let practice = &practice;
        group.bench_function(format!("insights_first/{messages}"), |bencher| {
            bencher.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    assert!(runtime.block_on(practice.forget(&client)).is_ok());
                    let began = Instant::now();
                    runtime.block_on(practice.draw(&client));
                    spent += began.elapsed();
                }
                spent
            });
        });
        group.bench_function(format!("insights_again/{messages}"), |bencher| {
            bencher.iter(|| runtime.block_on(practice.draw(&client)));
        });
        group.bench_function(format!("progress/{messages}"), |bencher| {
            bencher.iter(|| {
                let read = practice.services.progress.read(&practice.scope, &client);
                assert!(runtime.block_on(read).is_ok());
            });
        });
        group.bench_function(format!("report/{messages}"), |bencher| {
            bencher.iter(|| {
                let read = practice.services.reports.client(&practice.scope, &client);
                assert!(runtime.block_on(read).is_ok());
            });
        });
    }
    group.finish();
    criterion.final_summary();
    runtime.block_on(practice.services.close());
    Ok(())
}
