//! Tenants and their API keys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::id::{ApiKeyId, IdSource, TenantId};

/// A customer of the service: everything stored belongs to exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An API key as it is kept: never the secret, only its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its public name.
    pub id: ApiKeyId,
    /// Whose data it opens.
    pub tenant: TenantId,
    /// What the owner calls it.
    pub label: String,
    /// SHA-256 of the secret.
    pub hash: KeyHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it opens nothing, if it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// SHA-256 of a key's secret. The secret has 256 random bits, so no salt or slow hash is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

/// The secret itself, shown once when the key is made. Its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

impl KeySecret {
    /// A new secret: `ssk_` and 256 random bits in hexadecimal.
    #[must_use]
    pub fn new(ids: &IdSource) -> Self {
        let mut bytes = [0u8; 32];
        ids.fill(&mut bytes);
        Self(format!(
            "ssk_{}",
            bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()
        ))
    }

    /// A secret that a caller presented.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret in clear, to be shown to its owner once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl std::fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeySecret(hidden)")
    }
}
