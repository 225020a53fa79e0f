//! The OpenAPI document, generated from the handlers.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Smart Steps AI",
        description = "Professional personas that hold sessions with clients, remember in four layers and analyse.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/")),
    security(("bearer" = []), ("api_key" = [])),
    modifiers(&Keys),
    tags(
        (name = "sessions", description = "A client, a persona, goals, a state."),
        (name = "conversations", description = "Messages and replies."),
        (name = "clients", description = "The people who are served."),
        (name = "personas", description = "Who answers, and from which documents."),
        (name = "analysis", description = "What sessions show, in the client's own words."),
        (name = "insights", description = "Statements derived from a client's sessions, each with its test and evidence."),
        (name = "jobs", description = "Work of the background."),
        (name = "risk", description = "Words that a person must look at."),
        (name = "auth", description = "API keys."),
        (name = "operations", description = "Health, metrics, version."),
    ),
)]
pub(super) struct Root;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("ssk_…")
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let header = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(header));
    }
}

/// The document that `/openapi.json` serves.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    // The limit is enforced, not documented.
    super::router::documented(usize::MAX).into_openapi()
}
