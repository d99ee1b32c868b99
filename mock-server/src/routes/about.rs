//! What is said of the server itself: that it is well, and which keys it signs with.

use axum::Json;
use axum::extract::Extension;
use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::At;

pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(keys))
}

/// It is well.
#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
}

/// Whether the server is there.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "It is there", body = Health)))]
async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The public keys of access tokens (RFC 7517): none with HS256.
#[utoipa::path(get, path = "/.well-known/jwks.json", responses((status = 200, description = "The keys", body = Object)))]
async fn keys(Extension(tenant): At) -> Json<JwkSet> {
    Json(tenant.shared.keys.public())
}
