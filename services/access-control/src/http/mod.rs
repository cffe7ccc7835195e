//! What clients can call.

mod answer;
mod description;
mod handlers;

use actix_web::http::Method;
use actix_web::web;
use service_kit::routes::{Access, Endpoint};

pub use self::description::description;
use crate::accounts::Accounts;
use crate::attempts::Attempts;
use crate::passwords::Passwords;
use crate::tokens::Issuer;

/// What every request needs. Shared by all threads.
pub struct Desk {
    /// The database `access_control`.
    pub accounts: Accounts,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Slows down whoever guesses.
    pub attempts: Attempts,
    /// Signs tokens.
    pub issuer: Issuer,
}

/// All endpoints but those that every service has (health, documentation), which are open to all.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            method: Method::POST,
            path: "/register",
            access: Access::Anyone,
            route: || web::route().to(handlers::register),
        },
        Endpoint {
            method: Method::POST,
            path: "/login",
            access: Access::Anyone,
            route: || web::route().to(handlers::login),
        },
        Endpoint {
            method: Method::POST,
            path: "/refresh",
            access: Access::Refresh,
            route: || web::route().to(handlers::refresh),
        },
        Endpoint {
            method: Method::POST,
            path: "/delete",
            access: Access::Administrator,
            route: || web::route().to(handlers::delete),
        },
    ]
}
