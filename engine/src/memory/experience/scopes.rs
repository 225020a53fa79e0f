//! The scopes that are in memory, least recently used first out.
//!
//! A scope in this table is current: whoever commits an experience makes it known here afterwards,
//! and a scope that enters reads the store after it has entered, so that nothing falls between. What
//! is made known late, after its session was forgotten, is refused.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::OnceCell;

use super::Scope;
use crate::domain::id::{ClientId, SessionId, TenantId};
use crate::domain::memory::{Experience, MemoryScope};

/// How many forgotten sessions are remembered, to refuse what comes late.
const FORGOTTEN: usize = 4096;

/// A scope that may still be on its way from the store.
#[derive(Debug)]
pub(in crate::memory) struct Entry {
    pub(in crate::memory) read: OnceCell<()>,
    pub(in crate::memory) scope: RwLock<Scope>,
}

/// The scopes in memory.
#[derive(Debug)]
pub(in crate::memory) struct Scopes {
    capacity: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    entries: HashMap<MemoryScope, (u64, Arc<Entry>)>,
    /// Counts uses; the smallest number in `entries` is the least recent.
    uses: u64,
    forgotten: HashSet<SessionId>,
    forgotten_in_order: VecDeque<SessionId>,
    /// Clients that were forgotten as a whole, with their sessions unknown here.
    forgotten_clients: VecDeque<(TenantId, ClientId)>,
}

impl Scopes {
    pub(in crate::memory) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            table: Mutex::default(),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry of `scope`, made by `make` if it is not in memory.
    pub(in crate::memory) fn enter(
        &self,
        scope: &MemoryScope,
        make: impl FnOnce() -> Scope,
    ) -> Arc<Entry> {
        let mut table = self.table();
        table.uses += 1;
        let now = table.uses;
        if let Some((used, entry)) = table.entries.get_mut(scope) {
            *used = now;
            return Arc::clone(entry);
        }
        if table.entries.len() >= self.capacity {
            let oldest = table.entries.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(scope, _)| scope.clone()) {
                table.entries.remove(&oldest);
            }
        }
        let entry = Arc::new(Entry {
            read: OnceCell::new(),
            scope: RwLock::new(make()),
        });
        table
            .entries
            .insert(scope.clone(), (now, Arc::clone(&entry)));
        entry
    }

    /// The entry that is to learn of `experience`; none if the scope is not in memory (it will be
    /// read from the store when it is asked for) or the session was forgotten.
    pub(in crate::memory) fn learning(&self, experience: &Experience) -> Option<Arc<Entry>> {
        let mut table = self.table();
        if table.forgotten.contains(&experience.session) {
            return None;
        }
        let Experience { scope, .. } = experience;
        let client = (&scope.tenant, &scope.client);
        if table
            .forgotten_clients
            .iter()
            .any(|(t, c)| (t, c) == client)
        {
            // It cannot be told whether this was committed before or after; the store knows.
            table.entries.remove(scope);
            return None;
        }
        table.entries.get(scope).map(|(_, entry)| Arc::clone(entry))
    }

    /// The entry of `scope`, if it is in memory.
    pub(in crate::memory) fn present(&self, scope: &MemoryScope) -> Option<Arc<Entry>> {
        let table = self.table();
        table.entries.get(scope).map(|(_, entry)| Arc::clone(entry))
    }

    /// Removes everything said in `session`, and what of it may still come.
    pub(in crate::memory) fn forget_session(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        session: &SessionId,
    ) {
        let mut table = self.table();
        if table.forgotten.insert(session.clone()) {
            table.forgotten_in_order.push_back(session.clone());
        }
        if table.forgotten_in_order.len() > FORGOTTEN
            && let Some(oldest) = table.forgotten_in_order.pop_front()
        {
            table.forgotten.remove(&oldest);
        }
        let of_client = table
            .entries
            .iter()
            .filter(|(scope, _)| scope.tenant == *tenant && scope.client == *client)
            .map(|(_, (_, entry))| Arc::clone(entry))
            .collect::<Vec<_>>();
        drop(table);
        for entry in of_client {
            entry
                .scope
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .forget(session);
        }
    }

    /// Removes everything of the client.
    pub(in crate::memory) fn forget_client(&self, tenant: &TenantId, client: &ClientId) {
        let mut table = self.table();
        table
            .entries
            .retain(|scope, _| scope.tenant != *tenant || scope.client != *client);
        table
            .forgotten_clients
            .push_back((tenant.clone(), client.clone()));
        if table.forgotten_clients.len() > FORGOTTEN / 64 {
            table.forgotten_clients.pop_front();
        }
    }

    /// Removes everything of the tenant.
    pub(in crate::memory) fn forget_tenant(&self, tenant: &TenantId) {
        self.table()
            .entries
            .retain(|scope, _| scope.tenant != *tenant);
    }

    /// Removes everything; what is asked for is read from the store again.
    pub(in crate::memory) fn clear(&self) {
        self.table().entries.clear();
    }

    /// How many scopes and how many experiences are in memory.
    pub(in crate::memory) fn count(&self) -> (usize, usize) {
        let table = self.table();
        let entries: Vec<_> = table.entries.values().map(|(_, e)| Arc::clone(e)).collect();
        drop(table);
        let held = |entry: &Arc<Entry>| {
            entry
                .scope
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .len()
        };
        (entries.len(), entries.iter().map(held).sum())
    }
}
