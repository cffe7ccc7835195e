//! What can be asked over HTTP.

mod administration;
mod answer;
mod description;
mod election_request;
mod query;
mod records;
mod results;
mod state;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use service_kit::problem;
use service_kit::routes::{Access, Endpoint, mount};
use service_kit::token::Verifier;

pub use description::document;
pub use state::State;

/// Every endpoint but those of health and documentation, which are open to all. Results in full and turnout
/// are an administrator's until the result of the election is final, and everybody's from then on.
pub fn endpoints() -> Vec<Endpoint> {
    let of = |method, path, route| Endpoint {
        method,
        path,
        access: Access::Administrator,
        route,
    };
    let until_final = |path, route| Endpoint {
        method: Method::GET,
        path,
        access: Access::AdministratorUntilPublic,
        route,
    };
    vec![
        of(Method::POST, "/createParticipant", || {
            web::route().to(administration::create_participant)
        }),
        of(Method::GET, "/getParticipants", || {
            web::route().to(administration::get_participants)
        }),
        of(Method::POST, "/createElection", || {
            web::route().to(administration::create_election)
        }),
        of(Method::GET, "/getElections", || {
            web::route().to(administration::get_elections)
        }),
        of(Method::GET, "/getResults", || {
            web::route().to(results::get_results)
        }),
        until_final("/elections/{id}/results.json", || {
            web::route().to(records::results_json)
        }),
        until_final("/elections/{id}/results.csv", || {
            web::route().to(records::results_csv)
        }),
        until_final("/elections/{id}/turnout", || {
            web::route().to(records::turnout)
        }),
        of(Method::GET, "/elections/{id}/rejected", || {
            web::route().to(records::rejected)
        }),
        of(Method::GET, "/audit", || {
            web::route().to(records::audit_log)
        }),
    ]
}

/// Adds every endpoint.
pub fn routes(state: State, verifier: Verifier) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(state))
            .app_data(Data::new(verifier))
            .configure(mount(endpoints()))
            .default_service(web::to(problem::not_found));
    }
}
