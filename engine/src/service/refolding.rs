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

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::analysis::SessionState;
    use crate::config::Layers;
    use crate::domain::id::{ClientId, PersonaId};
    use crate::service::{MessageChange, NewMessage, NewSession, Services};
    use crate::startup;
    use crate::store::{DeltaRecord, FoldRecord, Store, Write};

    struct Practice {
        services: Arc<Services>,
        scope: Scope,
        _folder: tempfile::TempDir,
    }

    impl Practice {
        async fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut layers = Layers::defaults().unwrap();
            let path = folder.path().join("test.db").display().to_string();
            layers.lay_flag("test", "database.path", path).unwrap();
            let services = startup::services(&layers.build().unwrap()).await.unwrap();
            let tenant: TenantId = "acme".parse().unwrap();
            services
                .auth
                .put_tenant(tenant.clone(), "Acme")
                .await
                .unwrap();
            let scope = Scope {
                tenant,
                phases: Arc::default(),
            };
            Self {
                services,
                scope,
                _folder: folder,
            }
        }

        fn store(&self) -> &dyn Store {
            &*self.services.conversations.parts.store
        }

        async fn session(&self) -> SessionId {
            let new = NewSession {
                title: None,
                client: "anna".parse::<ClientId>().unwrap(),
                persona: "therapist".parse::<PersonaId>().unwrap(),
                goals: Vec::new(),
                metadata: Map::new(),
            };
            let made = self
                .services
                .sessions
                .create(&self.scope, new, None)
                .await
                .unwrap();
            match made {
                crate::service::Outcome::Done(session) => session.id,
                crate::service::Outcome::Replayed(_) => panic!("nothing was kept"),
            }
        }

        async fn say(&self, session: &SessionId, words: &str) {
            let message = NewMessage {
                content: words.to_owned(),
                client: None,
                metadata: Map::new(),
            };
            let conversations = &self.services.conversations;
            let said = conversations.say(&self.scope, session, vec![message], None);
            said.await.unwrap();
        }

        /// The stored fold is that of the stored messages, byte for byte, and so is each delta.
        async fn check(&self, id: &SessionId) {
            let (store, tenant) = (self.store(), &self.scope.tenant);
            let messages = store.messages(tenant, id, 0, u32::MAX).await.unwrap();
            let session = store.session(tenant, id).await.unwrap().unwrap();
            assert_eq!(session.message_count as usize, messages.len());
            let fold = store.fold(tenant, id).await.unwrap().unwrap();
            assert_eq!(
                (fold.version, fold.edits),
                (analysis::VERSION, session.edits)
            );
            assert!(fold.state == SessionState::fold(&messages).to_bytes().unwrap());
            let taken = store
                .messages_with_deltas(tenant, id, 0, u32::MAX)
                .await
                .unwrap();
            for (message, delta) in taken {
                let wanted = analysis::Delta::of(&message).to_bytes().unwrap();
                assert_eq!(delta.map(|record| record.delta), Some(wanted));
            }
        }
    }

    const WORDS: [&str; 7] = [
        "My sister Clara sold the piano without asking me.",
        "I want to call the notary about the house. Why is it so hard?",
        "I sleep badly since the piano is gone, and I hate the silence.",
        "Yesterday I called the notary about the house!",
        "I don't want to be here any more.",
        "The house, always the house. My sister laughs about it.",
        "It was a good, warm evening with my sister, and I slept.",
    ];

    #[tokio::test]
    async fn a_session_that_was_changed_again_and_again_has_the_fold_of_what_remains() {
        let practice = Practice::open().await;
        let id = practice.session().await;
        let conversations = &practice.services.conversations;
        // A fixed sequence that looks random: a linear congruential generator.
        let mut dice = 7u64;
        let mut throw = |sides: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(dice >> 33).unwrap() % sides
        };
        for turn in 0..60 {
            let said = practice
                .store()
                .messages(&practice.scope.tenant, &id, 0, u32::MAX)
                .await
                .unwrap();
            let at = throw(said.len().max(1));
            match (throw(6), said.get(at)) {
                (0, Some(message)) => {
                    conversations
                        .remove(&practice.scope, &id, &message.id, None)
                        .await
                        .unwrap();
                }
                (1, Some(message)) if message.reply.is_none() => {
                    let change = MessageChange {
                        content: Some(WORDS[throw(7)].to_owned()),
                        metadata: None,
                    };
                    conversations
                        .edit(&practice.scope, &id, &message.id, change, None)
                        .await
                        .unwrap();
                }
                _ => practice.say(&id, WORDS[throw(7)]).await,
            }
            if turn % 6 == 5 {
                practice.check(&id).await;
            }
        }
    }

    #[tokio::test]
    async fn folds_of_another_version_are_folded_anew_and_read_on_demand() {
        let practice = Practice::open().await;
        let mut sessions = Vec::new();
        for n in 0..3 {
            let id = practice.session().await;
            for words in &WORDS[n..n + 4] {
                practice.say(&id, words).await;
            }
            sessions.push(id);
        }
        let conversations = &practice.services.conversations;
        assert_eq!(
            conversations.refold_outdated().await.unwrap(),
            Refolding::default()
        );
        let tenant = &practice.scope.tenant;
        for id in &sessions[..2] {
            let fold = practice.store().fold(tenant, id).await.unwrap().unwrap();
            let older = FoldRecord {
                version: analysis::VERSION - 1,
                state: vec![1, 0, 0, 0, 9],
                ..fold
            };
            let delta = DeltaRecord {
                tenant: tenant.clone(),
                session: id.clone(),
                seq: 0,
                version: analysis::VERSION - 1,
                delta: vec![1, 0, 0, 0, 9],
            };
            let set = WriteSet::from_iter([Write::PutFold(older), Write::PutDelta(delta)]);
            practice.store().commit(set).await.unwrap();
            practice.services.conversations.folds.forget(tenant, id);
        }
        let analyses = &practice.services.analyses;
        let session = analyses
            .session(&practice.scope, &sessions[0])
            .await
            .unwrap();
        let depth = crate::domain::analysis::Depth::Standard;
        let read = analyses
            .render(&practice.scope, &session, depth)
            .await
            .unwrap();
        assert_eq!(read.messages, 8);
        let done = conversations.refold_outdated().await.unwrap();
        assert_eq!(
            done,
            Refolding {
                folded: 2,
                failed: 0
            }
        );
        for id in &sessions {
            practice.check(id).await;
        }
        assert_eq!(
            conversations.refold_outdated().await.unwrap(),
            Refolding::default()
        );
    }
}
