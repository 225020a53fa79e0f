//! Sessions whose stored analysis another version wrote, folded anew in the background.
//!
//! One session at a time, each in its own write set under its turn lock, so that requests are hardly
//! held up. A session that is done has the present version, so after a stop the walk takes up where
//! it was. Who reads a session that was not reached yet gets it folded on demand.

use std::sync::Arc;

use crate::analysis;
use crate::domain::id::{SessionId, TenantId};
use crate::store::WriteSet;

use super::conversation::Conversations;
use super::core::Scope;
use super::error::ServiceError;
use super::folds::{Changes, Folds};

/// How many sessions are looked up at a time.
const PAGE: u32 = 64;

/// What a walk over the sessions brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refolding {
    /// Sessions folded anew.
    pub folded: usize,
    /// Sessions that could not be; their readers are served on demand.
    pub failed: usize,
}

impl Conversations {
    /// Folds every session anew whose stored analysis is not of this version. May be dropped at any
    /// time.
    ///
    /// # Errors
    /// When the sessions cannot be listed.
    pub async fn refold_outdated(&self) -> Result<Refolding, ServiceError> {
        let mut done = Refolding::default();
        let mut after: Option<(TenantId, SessionId)> = None;
        loop {
            let listed =
                self.parts
                    .store
                    .sessions_folded_otherwise(analysis::VERSION, after.as_ref(), PAGE);
            let sessions = listed.await?;
            let Some(last) = sessions.last() else {
                if done != Refolding::default() {
                    let Refolding { folded, failed } = done;
                    tracing::info!(
                        folded,
                        failed,
                        "analyses of another version were folded anew"
                    );
                }
                return Ok(done);
            };
            after = Some(last.clone());
            for (tenant, session) in sessions {
                match self.refold_one(tenant, &session).await {
                    Ok(()) => done.folded += 1,
                    Err(error) => {
                        done.failed += 1;
                        tracing::warn!(%session, %error, "an analysis was not folded anew");
                    }
                }
            }
        }
    }

    async fn refold_one(&self, tenant: TenantId, id: &SessionId) -> Result<(), ServiceError> {
        let scope = Scope {
            tenant,
            phases: Arc::default(),
        };
        let _turn = self.locks.lock(id).await;
        let read = self.parts.store.session(&scope.tenant, id);
        let Some(session) = read.await? else {
            return Ok(());
        };
        let refolded = self.folds.refold(&scope, &session, &Changes::new()).await?;
        let mut set: WriteSet = refolded.deltas.into_iter().collect();
        set.push(Folds::put(&scope, &session, &refolded.state)?);
        scope.commit(&self.parts, set).await?;
        self.folds.remember(&scope, &session, refolded.state);
        Ok(())
    }
}
