//! The endpoints, in addition to those that every service has.

use std::sync::Arc;

use actix_web::web::Data;
use service_kit::routes::{Access, Endpoint, OnRefused};
use service_kit::{endpoint, openapi};

use crate::vote::{self, BallotStation};

/// All endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(Access::Official, vote::post_vote)]
}

/// The OpenAPI document.
pub fn description() -> String {
    let about = "Takes officials' files of paper ballots.";
    openapi::document("ballot-station", about, &endpoints())
}

/// Records holders of valid tokens who requested something that their role does not allow. Requests without a valid
/// token are not recorded: anyone could fill the audit log with them.
pub(crate) fn on_refused(station: Data<BallotStation>) -> OnRefused {
    Arc::new(move |request, holder| {
        station.note_refused(&holder, &request);
        Box::pin(std::future::ready(()))
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
