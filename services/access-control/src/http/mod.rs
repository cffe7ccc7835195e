//! What clients can call. Tokens come first, then the body; the checks of the body are in the order in which
//! clients expect them.

mod answer;
mod audit;
mod deletion;
mod description;
mod desk;
mod registration;
mod tokens;

use actix_web::http::Method;
use actix_web::web;
use service_kit::routes::{Access, Endpoint};

pub use self::description::description;
pub use self::desk::Desk;

/// All endpoints but those that every service has (health, documentation), which are open to all.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            method: Method::POST,
            path: "/register",
            access: Access::Anyone,
            route: || web::route().to(registration::register),
        },
        Endpoint {
            method: Method::POST,
            path: "/login",
            access: Access::Anyone,
            route: || web::route().to(tokens::login),
        },
        Endpoint {
            method: Method::POST,
            path: "/refresh",
            access: Access::Refresh,
            route: || web::route().to(tokens::refresh),
        },
        Endpoint {
            method: Method::POST,
            path: "/delete",
            access: Access::Administrator,
            route: || web::route().to(deletion::delete),
        },
        Endpoint {
            method: Method::GET,
            path: "/audit",
            access: Access::Administrator,
            route: || web::route().to(audit::audit_log),
        },
    ]
}
