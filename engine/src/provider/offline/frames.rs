//! Which sentence frame is taken.

use sha2::{Digest, Sha256};

use crate::domain::message::{Message, Role};
use crate::provider::Prompt;

/// Chooses frames for one reply.
pub(super) struct Frames<'a> {
    digest: [u8; 32],
    /// What the persona said lately.
    said: Vec<&'a str>,
}

impl<'a> Frames<'a> {
    pub(super) fn new(prompt: &'a Prompt) -> Self {
        let mut hash = Sha256::new();
        hash.update(prompt.session.as_str());
        hash.update([0]);
        hash.update(prompt.turn.to_le_bytes());
        hash.update(&prompt.message.content);
        let spoken = |m: &'a Message| (m.role == Role::Persona).then_some(m.content.as_str());
        Self {
            digest: hash.finalize().into(),
            said: prompt.recent.iter().filter_map(spoken).collect(),
        }
    }

    /// One of `frames` for the part of the reply called `part`: the first from the digest's place
    /// on that was not used lately, else the one at that place. `fits` bars frames that cannot be
    /// filled.
    pub(super) fn choose<'f>(
        &self,
        part: &str,
        frames: &'f [String],
        fits: impl Fn(&str) -> bool,
    ) -> Option<&'f str> {
        let usable: Vec<&str> = frames
            .iter()
            .map(String::as_str)
            .filter(|f| fits(f))
            .collect();
        let start = usize::try_from(self.number(part))
            .unwrap_or(0)
            .checked_rem(usable.len())?;
        let in_turn = (0..usable.len()).map(|step| usable[(start + step) % usable.len()]);
        in_turn
            .clone()
            .find(|frame| !self.was_said(frame))
            .or(in_turn.into_iter().next())
    }

    /// A number that follows from the prompt, another for each part of the reply.
    pub(super) fn number(&self, part: &str) -> u32 {
        let mut hash = Sha256::new();
        hash.update(self.digest);
        hash.update(part);
        let hash: [u8; 32] = hash.finalize().into();
        hash.first_chunk::<4>()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn was_said(&self, frame: &str) -> bool {
        let longest = literal_parts(frame)
            .max_by_key(|part| part.len())
            .unwrap_or("")
            .trim();
        !longest.is_empty() && self.said.iter().any(|text| text.contains(longest))
    }
}

/// What of a frame stands in the reply as it is.
fn literal_parts(frame: &str) -> impl Iterator<Item = &str> {
    frame.split(['{', '}']).step_by(2)
}
