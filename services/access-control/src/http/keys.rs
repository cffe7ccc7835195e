//! The public keys that tokens are checked by.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::Value;
use utoipa::ToSchema;

use super::state::State;

/// A JSON Web Key Set (RFC 7517).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct KeySet {
    /// Ed25519 keys; none where tokens are signed with a secret
    keys: Vec<Value>,
}

/// Lists the public keys that tokens are checked by
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    responses((status = 200, body = KeySet)),
)]
pub(super) async fn jwks(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.keys.jwks())
}
