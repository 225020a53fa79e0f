//! A share of a scenario's users, for a load that one machine cannot make.
//!
//! Users keep their numbers: each shard has a block of them, so that all shards together are the same
//! users with the same data and the same choices as one process would have.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scenario::Scenario;

/// One of so many shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Which, from 1.
    pub index: u32,
    /// Of how many.
    pub count: u32,
}

/// A text that names no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no shard; write the second of three as 2/3")]
pub struct ShardError(String);

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let error = || ShardError(text.to_owned());
        let (index, count) = text.split_once('/').ok_or_else(error)?;
        let shard = Self {
            index: index.trim().parse().map_err(|_| error())?,
            count: count.trim().parse().map_err(|_| error())?,
        };
        if (1..=shard.count).contains(&shard.index) {
            Ok(shard)
        } else {
            Err(error())
        }
    }
}

impl Shard {
    /// How many of so many users it has.
    #[must_use]
    pub fn users_of(self, users: u32) -> u32 {
        users / self.count + u32::from(self.index <= users % self.count)
    }

    /// The number, from 0, of its first user.
    #[must_use]
    pub fn first_user_of(self, users: u32) -> u32 {
        (1..self.index)
            .map(|index| Self { index, ..self }.users_of(users))
            .sum()
    }

    /// The scenario with this shard's users alone; none if there is no user left for it.
    #[must_use]
    pub fn part_of(self, scenario: &Scenario) -> Option<Scenario> {
        let users = self.users_of(scenario.load.users);
        if users == 0 {
            return None;
        }
        let mut part = scenario.clone();
        part.load.users = users;
        part.load.ramp_per_second *= f64::from(users) / f64::from(scenario.load.users);
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_read_as_people_write_them() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, count: 3 }));
        for text in ["", "2", "0/3", "4/3", "1/0", "a/b", "-1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn together_the_shards_are_all_users_once() {
        for users in [1_u32, 2, 7, 100, 1_001] {
            for count in [1, 2, 3, 7] {
                let mut next = 0;
                for index in 1..=count {
                    let shard = Shard { index, count };
                    assert_eq!(shard.first_user_of(users), next);
                    next += shard.users_of(users);
                }
                assert_eq!(next, users, "{users} in {count}");
            }
        }
    }
}
