//! Pages of a listing: opaque cursors in, `{data, next_cursor, has_more}` out.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::page::{Cursor, Page, PageSize};
use crate::service::{PageRequest, ServiceError};

use super::problem::Problem;

/// Which page.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// At most so many items, 1 to 200; 50 when left out.
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// One page of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageAnswer<T> {
    /// The items.
    pub(super) data: Vec<T>,
    /// Where the next page starts; opaque.
    pub(super) next_cursor: Option<String>,
    /// Whether there is a next page.
    pub(super) has_more: bool,
}

/// A listing's digest: its name and its filter, so that a cursor fits no other.
pub(super) fn digest(listing: &str, filter: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    listing.hash(&mut hasher);
    filter.hash(&mut hasher);
    hasher.finish()
}

impl PageParams {
    /// From the two parameters of a listing that has others too.
    pub(super) fn new(limit: Option<u16>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    /// What the store is asked for.
    pub(super) fn request(&self, filter: u64) -> Result<PageRequest, Problem> {
        let size = match self.limit {
            None => PageSize::default(),
            Some(limit) => PageSize::new(limit).ok_or_else(|| {
                Problem::malformed(format!(
                    "limit must be a number from 1 to {}",
                    PageSize::MAX
                ))
            })?,
        };
        let after = match &self.cursor {
            None => None,
            Some(text) => Some(
                Cursor::decode(text, filter)
                    .map_err(ServiceError::from)?
                    .after,
            ),
        };
        Ok(PageRequest { after, size })
    }
}

impl<T> PageAnswer<T> {
    /// A page as it goes over the wire.
    pub(super) fn new<D>(page: Page<D>, filter: u64, item: impl FnMut(D) -> T) -> Self {
        let next_cursor = page.next.map(|after| Cursor { after, filter }.encode());
        let has_more = next_cursor.is_some();
        Self {
            data: page.items.into_iter().map(item).collect(),
            next_cursor,
            has_more,
        }
    }

    /// A listing that is always whole.
    pub(super) fn whole(data: Vec<T>) -> Self {
        Self {
            data,
            next_cursor: None,
            has_more: false,
        }
    }
}
