//! What the templates of one user know: who it is, which iteration it is in, its rows of the data
//! feeds, and what it has captured.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::plan::scenario::{Advance, Feed};

/// The variables of one user.
#[derive(Debug)]
pub(super) struct Variables {
    values: Map<String, Value>,
    feeds: Vec<Cursor>,
}

#[derive(Debug)]
struct Cursor {
    name: String,
    advance: Advance,
    rows: Arc<Vec<Value>>,
    place: usize,
    /// Row of the first arrival.
    shift: u64,
}

impl Variables {
    /// Of the user with this number, from 0. `run` tells phases apart, so that names made of it are
    /// new in each; `shift` moves the users of a warm-up to rows of their own.
    pub(super) fn new(user: u32, shift: u32, run: &str, feeds: &[Feed]) -> Self {
        let mut values = Map::new();
        values.insert("user".to_owned(), Value::from(u64::from(user) + 1));
        values.insert("iteration".to_owned(), Value::from(1));
        values.insert("run".to_owned(), Value::from(run));
        let seat = user as usize + shift as usize;
        let feeds: Vec<Cursor> = feeds
            .iter()
            .filter(|feed| !feed.rows.is_empty())
            .map(|feed| Cursor {
                name: feed.name.clone(),
                advance: feed.advance,
                rows: Arc::clone(&feed.rows),
                shift: u64::from(shift),
                place: match feed.starts.len() {
                    0 => seat % feed.rows.len(),
                    starts => feed.starts[seat % starts] % feed.rows.len(),
                },
            })
            .collect();
        for feed in &feeds {
            values.insert(feed.name.clone(), feed.rows[feed.place].clone());
        }
        Self { values, feeds }
    }

    /// The next iteration begins; `number` counts from 0.
    pub(super) fn begin_iteration(&mut self, number: u32) {
        self.values
            .insert("iteration".to_owned(), Value::from(u64::from(number) + 1));
        if number > 0 {
            self.advance(Advance::Iteration);
        }
    }

    /// The iteration of an arrival begins: its rows follow from its number, whoever takes it.
    pub(super) fn begin_arrival(&mut self, number: u64) {
        self.values
            .insert("iteration".to_owned(), Value::from(number + 1));
        for feed in self
            .feeds
            .iter_mut()
            .filter(|feed| feed.advance != Advance::User)
        {
            let rows = feed.rows.len() as u64;
            feed.place = usize::try_from((number + feed.shift) % rows).unwrap_or(0);
            self.values
                .insert(feed.name.clone(), feed.rows[feed.place].clone());
        }
    }

    /// The next request of an iteration comes; `first` if the user has made none before.
    pub(super) fn begin_request(&mut self, first: bool) {
        if !first {
            self.advance(Advance::Request);
        }
    }

    fn advance(&mut self, when: Advance) {
        for feed in self.feeds.iter_mut().filter(|feed| feed.advance == when) {
            feed.place = (feed.place + 1) % feed.rows.len();
            self.values
                .insert(feed.name.clone(), feed.rows[feed.place].clone());
        }
    }

    /// Keeps what an answer gave.
    pub(super) fn capture(&mut self, values: Vec<(String, Value)>) {
        self.values.extend(values);
    }

    /// Forgets what a failed request should have given: a value of an earlier answer would send the
    /// following requests to the wrong place.
    pub(super) fn forget<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        for name in names {
            self.values.remove(name);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(super) fn values(&self) -> &Map<String, Value> {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn feed(advance: Advance, rows: &[i32], starts: &[usize]) -> Feed {
        Feed {
            name: "row".to_owned(),
            file: "rows.jsonl".to_owned(),
            sha256: String::new(),
            advance,
            explode: None,
            rows: Arc::new(rows.iter().map(|row| json!(row)).collect()),
            starts: Arc::new(starts.to_vec()),
        }
    }

    fn walk(advance: Advance) -> Vec<Value> {
        let mut vars = Variables::new(1, 0, "r", &[feed(advance, &[10, 20, 30], &[])]);
        let mut seen = Vec::new();
        let mut first = true;
        for iteration in 0..2 {
            vars.begin_iteration(iteration);
            for _ in 0..2 {
                vars.begin_request(first);
                first = false;
                seen.push(vars.values()["row"].clone());
            }
        }
        seen
    }

    #[test]
    fn rows_move_on_when_the_feed_says_so() {
        assert_eq!(walk(Advance::User), [20, 20, 20, 20]);
        assert_eq!(walk(Advance::Iteration), [20, 20, 30, 30]);
        assert_eq!(walk(Advance::Request), [20, 30, 10, 20]);
    }

    #[test]
    fn users_start_at_whole_rows_of_their_own() {
        let feeds = [feed(Advance::Request, &[1, 2, 3, 4, 5], &[0, 3])];
        let start = |user, shift| Variables::new(user, shift, "r", &feeds).values()["row"].clone();
        assert_eq!(
            [start(0, 0), start(1, 0), start(2, 0), start(0, 1)],
            [1, 4, 1, 4]
        );
    }

    #[test]
    fn users_and_iterations_count_from_one() {
        let mut vars = Variables::new(0, 0, "20250511_094532-load", &[]);
        vars.begin_iteration(4);
        let expected = json!({"user": 1, "iteration": 5, "run": "20250511_094532-load"});
        assert_eq!(Value::Object(vars.values().clone()), expected);
    }

    #[test]
    fn a_captured_value_is_forgotten_when_it_could_not_be_had_again() {
        let mut vars = Variables::new(0, 0, "r", &[]);
        vars.capture(vec![("id".to_owned(), json!("a"))]);
        assert!(vars.has("id"));
        vars.forget(["id"].into_iter());
        assert!(!vars.has("id"));
    }
}
