//! What every store must do, as tests that know nothing of the backend. Each law takes an empty
//! store; `conformance_suite!` makes a test of each.

mod atomicity;
mod changes;
mod erasure;
mod insights;
mod instruments;
mod isolation;
mod jobs;
mod messages;
mod personas;
mod risk;
pub(crate) mod sample;
mod sessions;
mod tenants;

pub(crate) use atomicity::*;
pub(crate) use changes::*;
pub(crate) use erasure::*;
pub(crate) use insights::*;
pub(crate) use instruments::*;
pub(crate) use isolation::*;
pub(crate) use jobs::*;
pub(crate) use messages::*;
pub(crate) use personas::*;
pub(crate) use risk::*;
pub(crate) use sessions::*;
pub(crate) use tenants::*;

use super::{PageRequest, StoreError};
use crate::domain::page::{Page, PageSize};

/// Makes a test of every law. `$make` is an async function that gives an empty store, as
/// `Arc<dyn Store>`, and whatever must live as long as it.
macro_rules! conformance_suite {
    ($make:path) => {
        $crate::store::conformance::conformance_suite!($make:
            a_tenant_is_made_once,
            an_api_key_is_found_by_its_hash,
            an_api_key_is_revoked_once_and_by_its_tenant,
            a_persona_is_replaced_with_its_documents_kept,
            personas_are_listed_with_the_shipped_ones,
            an_own_persona_comes_before_the_shipped_one,
            a_document_replaces_the_one_of_its_name,
            a_deleted_persona_takes_its_documents_along,
            a_quarantined_document_is_found_only_when_released,
            the_heads_of_documents_say_what_the_documents_say,
            a_session_comes_back_as_it_was,
            a_session_is_updated_from_the_revision_before,
            sessions_are_listed_by_filter,
            pages_of_sessions_are_stable_under_inserts,
            messages_are_read_in_order,
            a_message_needs_its_session_and_a_free_place,
            a_changed_message_keeps_its_place_and_loses_what_rested_on_its_words,
            a_removed_message_takes_along_what_rests_on_it,
            other_data_of_a_message_disturbs_nothing,
            only_what_is_there_is_changed,
            deltas_come_with_their_messages,
            replies_are_found_by_what_they_quote,
            sessions_folded_otherwise_are_walked_in_order,
            a_fold_is_replaced,
            the_newest_folds_of_a_client_come_oldest_first,
            experiences_come_oldest_first,
            an_insight_is_replaced_with_its_evidence,
            insights_are_listed_newest_first,
            an_insight_quotes_only_sessions_of_its_client,
            what_is_quoted_must_stand_there,
            reviews_are_counted_by_detector,
            instrument_entries_come_oldest_first,
            whoever_wants_the_same_work_joins_the_job_that_waits,
            a_job_is_hastened_when_enough_has_gathered,
            a_due_job_is_taken_by_one_worker,
            finished_jobs_are_forgotten_in_time,
            knowledge_is_replaced_by_domain,
            gains_of_knowledge_add_up_whoever_comes_first,
            a_risk_flag_is_closed_once,
            risk_flags_are_listed_newest_first,
            an_idempotency_key_keeps_one_answer,
            a_deleted_session_takes_along_what_rests_on_it,
            what_is_not_there_cannot_be_deleted,
            a_deleted_client_takes_everything_along,
            a_deleted_tenant_takes_everything_along,
            a_sound_store_has_no_defects,
            a_tenant_sees_nothing_of_another,
            the_same_ids_serve_two_tenants,
            a_refused_set_leaves_nothing,
            later_writes_of_a_set_see_the_earlier,
            an_empty_set_is_applied,
            concurrent_commits_are_all_stored,
            of_two_writers_of_one_place_one_wins,
            a_caller_that_goes_away_disturbs_nobody,
            a_read_sees_what_was_committed_before,
            a_closed_store_says_so,
        );
    };
    ($make:path: $($law:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                let (store, _guard) = $make().await;
                $crate::store::conformance::$law(store).await;
            }
        )*
    };
}

pub(crate) use conformance_suite;

/// The first page of `size`.
fn first(size: u16) -> PageRequest {
    PageRequest {
        after: None,
        size: PageSize::new(size).unwrap(),
    }
}

/// The page that follows.
fn following<T>(page: &Page<T>, size: u16) -> PageRequest {
    let after = Some(page.next.clone().expect("a further page"));
    PageRequest {
        after,
        size: PageSize::new(size).unwrap(),
    }
}

#[track_caller]
fn assert_conflict(outcome: Result<(), StoreError>, named: &str) {
    match outcome {
        Err(StoreError::Conflict { what }) => {
            assert!(what.contains(named), "{what:?} names {named:?}");
        }
        other => panic!("a conflict about {named:?}, not {other:?}"),
    }
}

#[track_caller]
fn assert_missing(outcome: Result<(), StoreError>, named: &str) {
    match outcome {
        Err(StoreError::Missing { what }) => {
            assert!(what.contains(named), "{what:?} names {named:?}");
        }
        other => panic!("{named:?} is missing, not {other:?}"),
    }
}
