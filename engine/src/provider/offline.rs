//! Extractive.
use async_trait::async_trait;
use super::{Draft, LanguageModel, Prompt, ProviderError};
/// Replies without network.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineModel;
#[async_trait]
impl LanguageModel for OfflineModel {
    fn name(&self) -> &str { "offline" }
    async fn reply(&self, prompt: &Prompt) -> Result<Draft, ProviderError> {
        Ok(Draft { text: prompt.profile.style.questions.first().cloned().unwrap_or_default(), method: "extractive".to_owned(), citations: Vec::new() })
    }
}
