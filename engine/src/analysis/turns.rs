//! Who spoke how much: exact counts of messages, turns and words.

use serde::{Deserialize, Serialize};

use crate::domain::analysis::{Estimate, SpeakerCounts, TalkShare, TurnTaking};
use crate::domain::message::Role;

/// Words below which a share of the words says nothing.
const SHARE_NEEDS_WORDS: u32 = 50;
/// 1 minus the therapist's median share of words, `AnnoMI`, sessions of high and of low quality.
const REFERENCE: (f64, f64) = (0.46, 0.36);

/// Running counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Turns {
    client: SpeakerCounts,
    persona: SpeakerCounts,
    last: Option<Role>,
}

impl Turns {
    /// Takes in one message of `words` words.
    pub(super) fn step(&mut self, role: Role, words: u32) {
        let counts = match role {
            Role::Client => &mut self.client,
            Role::Persona => &mut self.persona,
        };
        counts.messages += 1;
        counts.turns += u32::from(self.last != Some(role));
        counts.words += u64::from(words);
        counts.longest = counts.longest.max(words);
        self.last = Some(role);
    }

    /// Messages of both.
    pub(super) fn messages(&self) -> u32 {
        self.client.messages + self.persona.messages
    }

    /// The counts and the client's share.
    pub(super) fn render(&self) -> TurnTaking {
        let n = self.client.words + self.persona.words;
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of words are far below 2^52"
        )]
        let share = self.client.words as f64 / n.max(1) as f64;
        let client_talk_share = if n >= u64::from(SHARE_NEEDS_WORDS) {
            Estimate::Measured(TalkShare {
                share,
                n,
                reference_high_quality: REFERENCE.0,
                reference_low_quality: REFERENCE.1,
            })
        } else {
            Estimate::Insufficient {
                n: u32::try_from(n).unwrap_or(0),
                needed: SHARE_NEEDS_WORDS,
            }
        };
        TurnTaking {
            client: self.client,
            persona: self.persona,
            client_talk_share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_messages_is_one_turn() {
        let mut turns = Turns::default();
        for (role, words) in [
            (Role::Client, 30),
            (Role::Client, 10),
            (Role::Persona, 8),
            (Role::Client, 12),
        ] {
            turns.step(role, words);
        }
        let shown = turns.render();
        assert_eq!(
            (
                shown.client.messages,
                shown.client.turns,
                shown.client.words
            ),
            (3, 2, 52)
        );
        assert_eq!((shown.client.longest, shown.persona.turns), (30, 1));
        let share = shown.client_talk_share.measured().unwrap();
        assert!((share.share - 52.0 / 60.0).abs() < 1e-12);
    }

    #[test]
    fn a_few_words_give_no_share() {
        let mut turns = Turns::default();
        turns.step(Role::Client, 3);
        assert_eq!(
            turns.render().client_talk_share,
            Estimate::Insufficient {
                n: 3,
                needed: SHARE_NEEDS_WORDS
            }
        );
    }
}
