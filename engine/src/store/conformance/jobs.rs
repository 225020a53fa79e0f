//! Work of the background.

use std::sync::Arc;

use jiff::SignedDuration;

use super::sample::{Sample, tenant_id};
use super::{assert_conflict, assert_missing};
use crate::domain::job::{Job, JobState, ReflectionOutcome, RetryPolicy};
use crate::store::{Hasten, Store, Write, WriteSet};

const POLICY: RetryPolicy = RetryPolicy {
    attempts: 3,
    first_wait: SignedDuration::from_secs(2),
    longest_wait: SignedDuration::from_secs(60),
    lease: SignedDuration::from_secs(30),
};

fn enqueue(job: &Job, hasten: Option<Hasten>) -> WriteSet {
    Write::EnqueueJob {
        job: job.clone(),
        hasten,
    }
    .into()
}

pub(crate) async fn whoever_wants_the_same_work_joins_the_job_that_waits(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let lost = sample.job("acme", "anna", 60);
    assert_missing(store.commit(enqueue(&lost, None)).await, "tenant acme");
    let acme = sample.with_tenant(&*store, "acme").await;
    let mut first = sample.job("acme", "anna", 3_600);
    first.weight = 0.5;
    let mut second = sample.job("acme", "anna", 60);
    second.weight = 0.25;
    let other = sample.job("acme", "ben", 60);
    for job in [&first, &second, &other] {
        store.commit(enqueue(job, None)).await.unwrap();
    }
    let key = first.task.key();
    let waiting = store.waiting_job(&acme, &key).await.unwrap().unwrap();
    assert_eq!(waiting.id, first.id);
    assert_eq!((waiting.weight, waiting.due_at), (0.75, second.due_at));
    assert_eq!(store.job(&acme, &second.id).await.unwrap(), None);
    assert_eq!(store.job(&acme, &other.id).await.unwrap(), Some(other));
    // Once it was started it does not wait any more, and the next one is a job of its own.
    let started = waiting.started(&POLICY, sample.now());
    store
        .commit(Write::UpdateJob(started.clone()).into())
        .await
        .unwrap();
    assert_eq!(store.waiting_job(&acme, &key).await.unwrap(), None);
    store.commit(enqueue(&second, None)).await.unwrap();
    let waiting = store.waiting_job(&acme, &key).await.unwrap();
    assert_eq!(waiting, Some(second));
    // A job that failed and is tried again does not stand in the way of that one.
    let failed = started.failed("the disk is full".to_owned(), true, &POLICY, sample.now());
    store
        .commit(Write::UpdateJob(failed.clone()).into())
        .await
        .unwrap();
    assert_eq!(store.job(&acme, &failed.id).await.unwrap(), Some(failed));
}

pub(crate) async fn a_job_is_hastened_when_enough_has_gathered(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let acme = sample.with_tenant(&*store, "acme").await;
    let first = sample.job("acme", "anna", 3_600);
    let key = first.task.key();
    let soon = sample.now();
    let hasten = Some(Hasten {
        weight: 1.0,
        due_at: soon,
    });
    let mut due = vec![];
    for weight in [0.5, 0.4, 0.2, 0.1] {
        let mut job = sample.job("acme", "anna", 3_600);
        job.weight = weight;
        store.commit(enqueue(&job, hasten)).await.unwrap();
        let waiting = store.waiting_job(&acme, &key).await.unwrap().unwrap();
        due.push(waiting.due_at == soon);
    }
    assert_eq!(due, [false, false, true, true]);
    assert_eq!(store.next_job_due().await.unwrap(), Some(soon));
}

pub(crate) async fn a_due_job_is_taken_by_one_worker(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    sample.with_tenant(&*store, "acme").await;
    sample.with_tenant(&*store, "beta").await;
    assert_eq!(store.next_job_due().await.unwrap(), None);
    let late = sample.job("acme", "anna", 7_200);
    let early = sample.job("beta", "anna", 10);
    for job in [&late, &early] {
        store.commit(enqueue(job, None)).await.unwrap();
    }
    assert_eq!(store.next_job_due().await.unwrap(), Some(early.due_at));
    assert_eq!(store.due_jobs(early.created_at, 9).await.unwrap(), []);
    let due = store.due_jobs(early.due_at, 9).await.unwrap();
    assert_eq!(due, std::slice::from_ref(&early));
    let started = early.clone().started(&POLICY, early.due_at);
    let take = || Write::UpdateJob(started.clone()).into();
    store.commit(take()).await.unwrap();
    assert_conflict(store.commit(take()).await, early.id.as_str());
    assert_eq!(store.due_jobs(early.due_at, 9).await.unwrap(), []);
    // Its worker has gone away: when the lease is over, another takes it.
    let abandoned = store.due_jobs(started.due_at, 9).await.unwrap();
    assert_eq!(abandoned, std::slice::from_ref(&started));
    let outcome = ReflectionOutcome {
        sessions: 3,
        created: 2,
        updated: 1,
        retracted: 0,
    };
    let done = started
        .started(&POLICY, sample.now())
        .done(outcome, sample.now());
    let again = Job {
        state: JobState::Running,
        revision: done.revision - 1,
        ..done.clone()
    };
    for write in [again, done.clone()] {
        store.commit(Write::UpdateJob(write).into()).await.unwrap();
    }
    let kept = store.job(&tenant_id("beta"), &done.id).await.unwrap();
    assert_eq!(kept, Some(done.clone()));
    let far = done.updated_at + SignedDuration::from_hours(48);
    assert_eq!(store.due_jobs(far, 9).await.unwrap(), [late]);
    let missing = Job {
        tenant: tenant_id("acme"),
        ..done
    };
    assert_missing(
        store.commit(Write::UpdateJob(missing).into()).await,
        early.id.as_str(),
    );
}

pub(crate) async fn finished_jobs_are_forgotten_in_time(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let acme = sample.with_tenant(&*store, "acme").await;
    let mut done = vec![];
    for client in ["anna", "ben"] {
        let job = sample.job("acme", client, 0);
        store.commit(enqueue(&job, None)).await.unwrap();
        let job = job.started(&POLICY, sample.now());
        store
            .commit(Write::UpdateJob(job.clone()).into())
            .await
            .unwrap();
        let job = job.done(ReflectionOutcome::default(), sample.now());
        store
            .commit(Write::UpdateJob(job.clone()).into())
            .await
            .unwrap();
        done.push(job);
    }
    let waiting = sample.job("acme", "cleo", 0);
    store.commit(enqueue(&waiting, None)).await.unwrap();
    let forget = Write::ForgetFinishedJobs {
        tenant: acme.clone(),
        before: done[1].updated_at,
    };
    store.commit(forget.into()).await.unwrap();
    assert_eq!(store.job(&acme, &done[0].id).await.unwrap(), None);
    assert!(store.job(&acme, &done[1].id).await.unwrap().is_some());
    assert!(store.job(&acme, &waiting.id).await.unwrap().is_some());
}
