//! What there is to call, and who may, beside what every service has.

use actix_web::http::Method;
use actix_web::web;
use service_kit::routes::{Access, Endpoint};

use crate::vote::post_vote;

/// All endpoints: sets up the server, and drives the test of who is let in.
pub fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint {
        method: Method::POST,
        path: "/vote",
        access: Access::Official,
        route: || web::route().to(post_vote),
    }]
}
