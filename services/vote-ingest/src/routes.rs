//! The endpoints, in addition to those that every service has.

use service_kit::routes::{Access, Endpoint};
use service_kit::{endpoint, openapi};

use crate::vote;

/// All endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(Access::Anyone, vote::post_vote)]
}

/// The OpenAPI document.
pub fn description() -> String {
    openapi::document("vote-ingest", "Takes votes.", &endpoints())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_description_is_committed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        service_kit::testing::assert_committed(path, &super::description());
    }
}
