//! The HTTP interface.

mod administration;
mod answer;
mod batches;
mod cancellation;
mod election_request;
mod lots;
mod proposals;
mod query;
mod records;
mod results;
mod state;

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use service_kit::routes::{Access, Endpoint, OnRefused, mount};
use service_kit::token::Verifier;
use service_kit::{endpoint, openapi, problem};

pub use state::State;

/// Every endpoint except health and documentation, which are open to all. Full results and turnout are only for
/// administrators until the result of the election is final, and then for everyone.
pub fn endpoints() -> Vec<Endpoint> {
    use Access::{Administrator, AdministratorUntilPublic, OfficialOrAdministrator};
    vec![
        endpoint!(Administrator, administration::create_participant),
        endpoint!(Administrator, administration::get_participants),
        endpoint!(Administrator, administration::create_election),
        endpoint!(Administrator, administration::get_elections),
        endpoint!(Administrator, proposals::list),
        endpoint!(Administrator, cancellation::cancel),
        endpoint!(Administrator, lots::lots),
        endpoint!(Administrator, results::get_results),
        endpoint!(AdministratorUntilPublic, records::results_json),
        endpoint!(AdministratorUntilPublic, records::results_csv),
        endpoint!(AdministratorUntilPublic, records::turnout),
        endpoint!(Administrator, records::rejected),
        endpoint!(Administrator, records::audit_log),
        endpoint!(Administrator, administration::finalise),
        endpoint!(OfficialOrAdministrator, batches::list),
        endpoint!(OfficialOrAdministrator, batches::find),
        endpoint!(OfficialOrAdministrator, batches::withdraw),
    ]
}

/// The OpenAPI document.
pub fn description() -> String {
    let about = "Participants, elections and results. Endpoints take an administrator's access token; those of batches an official's as well.";
    openapi::document("election-admin", about, &endpoints())
}

/// Adds every endpoint.
pub fn routes(state: State, verifier: Verifier) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .configure(mount(endpoints(), Some(on_refused(state.clone()))))
            .app_data(Data::new(state))
            .app_data(Data::new(verifier))
            .default_service(web::to(problem::not_found));
    }
}

/// Records requests of holders whose role does not allow them.
fn on_refused(state: State) -> OnRefused {
    Arc::new(move |request, holder| {
        let state = state.clone();
        Box::pin(async move { state.note_refused(&holder, &request).await })
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
