//! The HTTP interface. Tokens are checked first, then the body; the checks of the body are in the order in which
//! clients expect them.

mod accounts;
mod answer;
mod audit;
mod deletion;
mod keys;
mod password;
mod registration;
mod sessions;
mod state;
mod tokens;

use std::sync::Arc;

use actix_web::web::Data;
use service_database::audit::AuditEntry;
use service_kit::routes::{Access, Endpoint, OnRefused};
use service_kit::{endpoint, openapi};

pub use self::state::State;

/// All endpoints except those that every service has (health, documentation), which are open to all.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(Access::Anyone, registration::register),
        endpoint!(Access::Anyone, tokens::login),
        endpoint!(Access::Refresh, tokens::refresh),
        endpoint!(Access::OfficialOrAdministrator, password::password),
        endpoint!(Access::Anyone, keys::jwks),
        endpoint!(Access::Administrator, deletion::delete),
        endpoint!(Access::Administrator, accounts::list),
        endpoint!(Access::Administrator, accounts::approve),
        endpoint!(Access::Administrator, sessions::revoke),
        endpoint!(Access::Administrator, registration::create),
        endpoint!(Access::Administrator, audit::audit_log),
        endpoint!(Access::OfficialOrAdministrator, sessions::logout),
    ]
}

/// The OpenAPI document.
pub fn description() -> String {
    openapi::document("access-control", "Accounts and tokens.", &endpoints())
}

/// Records requests of holders whose role does not allow them.
pub fn on_refused(state: Data<State>) -> OnRefused {
    Arc::new(move |request, holder| {
        let state = state.clone();
        Box::pin(async move {
            let entry = AuditEntry::by(&holder, &request, "");
            state.note(entry.refused("not an administrator")).await;
        })
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_description_is_committed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        service_kit::testing::assert_committed(path, &super::description());
    }
}
