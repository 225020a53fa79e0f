//! Pages of a listing, walked by an opaque cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// How many items a page may hold: 1 to 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

impl PageSize {
    /// The largest page.
    pub const MAX: u16 = 200;

    /// A page of that size, for walking a whole listing.
    pub const LARGEST: Self = Self(Self::MAX);

    /// A size within the limits.
    #[must_use]
    pub fn new(size: u16) -> Option<Self> {
        (1..=Self::MAX).contains(&size).then_some(Self(size))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

/// Where a page starts: after the item with this sort key. Opaque to callers, and bound to the
/// filter it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The last item's sort key.
    pub after: String,
    /// A digest of the listing's filter.
    pub filter: u64,
}

/// The text is not a cursor that this service made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor was not made by this listing; start again without one")]
pub struct BadCursor;

impl Cursor {
    /// The form that goes over the wire.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{:016x}{}", self.filter, self.after))
    }

    /// Back from the wire; the filter must be the one it was made for.
    ///
    /// # Errors
    /// [`BadCursor`] when the text is not such a cursor, or one of another filter.
    pub fn decode(text: &str, filter: u64) -> Result<Self, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let text = String::from_utf8(bytes).map_err(|_| BadCursor)?;
        let (head, after) = text.split_at_checked(16).ok_or(BadCursor)?;
        let made_for = u64::from_str_radix(head, 16).map_err(|_| BadCursor)?;
        if made_for != filter {
            return Err(BadCursor);
        }
        Ok(Self {
            after: after.to_owned(),
            filter,
        })
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items, in the listing's order.
    pub items: Vec<T>,
    /// The sort key after which the next page starts; none on the last.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_a_foreign_one_does_not() {
        let cursor = Cursor {
            after: "ses_1".to_owned(),
            filter: 7,
        };
        assert_eq!(Cursor::decode(&cursor.encode(), 7), Ok(cursor.clone()));
        assert_eq!(Cursor::decode(&cursor.encode(), 8), Err(BadCursor));
        assert_eq!(Cursor::decode("%%%", 7), Err(BadCursor));
        assert_eq!(Cursor::decode("", 7), Err(BadCursor));
    }
}
