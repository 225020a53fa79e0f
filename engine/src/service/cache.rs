//! A small map that forgets what was used longest ago.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

struct Entry<V> {
    value: V,
    used: u64,
}

struct Inner<K, V> {
    entries: HashMap<K, Entry<V>>,
    tick: u64,
}

/// Keeps at most `capacity` entries. When it is full, the eighth that was used longest ago goes, so
/// that making room costs little per insertion.
pub(super) struct Cache<K, V> {
    capacity: usize,
    inner: Mutex<Inner<K, V>>,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        let inner = Inner {
            entries: HashMap::new(),
            tick: 0,
        };
        Self {
            capacity: capacity.max(1),
            inner: Mutex::new(inner),
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        let mut inner = self.lock();
        inner.tick += 1;
        let tick = inner.tick;
        inner.entries.get_mut(key).map(|entry| {
            entry.used = tick;
            entry.value.clone()
        })
    }

    pub(super) fn put(&self, key: K, value: V) {
        let mut inner = self.lock();
        inner.tick += 1;
        let used = inner.tick;
        if inner.entries.len() >= self.capacity && !inner.entries.contains_key(&key) {
            inner.forget(self.capacity.div_ceil(8));
        }
        inner.entries.insert(key, Entry { value, used });
    }

    pub(super) fn remove(&self, key: &K) {
        self.lock().entries.remove(key);
    }

    pub(super) fn retain_keys(&self, keep: impl Fn(&K) -> bool) {
        self.lock().entries.retain(|key, _| keep(key));
    }

    pub(super) fn retain(&self, keep: impl Fn(&V) -> bool) {
        self.lock().entries.retain(|_, entry| keep(&entry.value));
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Inner<K, V> {
    fn forget(&mut self, count: usize) {
        let mut ages: Vec<u64> = self.entries.values().map(|entry| entry.used).collect();
        let last = count.min(ages.len()).saturating_sub(1);
        let (_, &mut limit, _) = ages.select_nth_unstable(last);
        self.entries.retain(|_, entry| entry.used > limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_used_longest_ago() {
        let cache = Cache::new(2);
        cache.put("a", 1);
        cache.put("b", 2);
        assert_eq!(cache.get(&"a"), Some(1));
        cache.put("c", 3);
        assert_eq!(
            (cache.get(&"a"), cache.get(&"b"), cache.get(&"c")),
            (Some(1), None, Some(3))
        );
        cache.put("c", 4);
        assert_eq!((cache.get(&"a"), cache.get(&"c")), (Some(1), Some(4)));
        cache.remove(&"a");
        cache.retain(|value| *value != 4);
        assert_eq!((cache.get(&"a"), cache.get(&"c")), (None, None));
    }
}
