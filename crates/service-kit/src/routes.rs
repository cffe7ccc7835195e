//! What there is to call, and who may: one table that sets up the server and drives the test of who is let
//! in.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError, Route};

use crate::problem::Problem;

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// Whoever has a refresh token.
    Refresh,
    /// Whoever has an administrator's access token.
    Administrator,
    /// Whoever has an administrator's access token, and everybody once what is asked for is public.
    AdministratorUntilPublic,
    /// Whoever has an official's access token.
    Official,
}

/// Something to call.
#[derive(Clone)]
pub struct Endpoint {
    /// How.
    pub method: Method,
    /// Where.
    pub path: &'static str,
    /// Who may. The handler's extractor enforces it; the test of who is let in holds both together.
    pub access: Access,
    /// What answers.
    pub route: fn() -> Route,
}

/// Adds endpoints to a server. Another method at one of their paths is answered `405`.
pub fn mount(endpoints: Vec<Endpoint>) -> impl FnOnce(&mut ServiceConfig) {
    let mut paths: BTreeMap<&'static str, Vec<Endpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        paths.entry(endpoint.path).or_default().push(endpoint);
    }
    move |config| {
        for (path, endpoints) in paths {
            let methods: Vec<&str> = endpoints.iter().map(|here| here.method.as_str()).collect();
            let allowed = methods.join(", ");
            let mut resource = web::resource(path);
            for endpoint in &endpoints {
                resource = resource.route((endpoint.route)().method(endpoint.method.clone()));
            }
            let refuse = move |request: HttpRequest| {
                let answer = wrong_method(&request, &allowed);
                async move { answer }
            };
            config.service(resource.default_service(web::to(refuse)));
        }
    }
}

fn wrong_method(request: &HttpRequest, allowed: &str) -> HttpResponse {
    let problem = Problem::new(
        actix_web::http::StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "This address does not take that method.",
    );
    let mut response = problem
        .detail(format!("{} takes {allowed}.", request.path()))
        .error_response();
    if let Ok(allowed) = allowed.parse() {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}
