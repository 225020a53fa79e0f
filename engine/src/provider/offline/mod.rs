//! Replies without a network and without a language model: the persona's own sentence frames, filled
//! with words quoted from the client and from the persona's documents.
//!
//! The same prompt gives the same reply. Which frames are taken follows from a digest of session,
//! turn and message, passing over frames of the latest replies. Every quotation is cited, byte for
//! byte equal to its source. It refuses to state anything of its own about the client or the world,
//! and never quotes what a persona said.

mod compose;
mod frames;
mod passage;
mod quote;

#[cfg(test)]
mod tests;

use async_trait::async_trait;

use super::{Draft, LanguageModel, Prompt, ProviderError};
use crate::domain::message::Role;

/// What [`Draft::method`] says of these replies.
const METHOD: &str = "extractive";

/// The extractive provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineModel;

#[async_trait]
impl LanguageModel for OfflineModel {
    fn name(&self) -> &str {
        "offline"
    }

    async fn reply(&self, prompt: &Prompt) -> Result<Draft, ProviderError> {
        if prompt.message.role != Role::Client {
            return Err(ProviderError::NotFromClient {
                message: prompt.message.id.to_string(),
            });
        }
        let style = &prompt.profile.style;
        for (list, frames) in [
            ("acknowledgements", &style.acknowledgements),
            ("questions", &style.questions),
            ("no_knowledge", &style.no_knowledge),
        ] {
            if frames.is_empty() {
                let persona = prompt.profile.name.clone();
                return Err(ProviderError::NoFrames { persona, list });
            }
        }
        let (text, citations) = compose::reply(prompt);
        Ok(Draft {
            text,
            method: METHOD.to_owned(),
            citations,
        })
    }
}
