//! Endpoints: what a service offers, who may call it, and how it is described, in one table.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError, Route};
use futures_util::future::LocalBoxFuture;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::{self, OpenApi};

use crate::budget::Exhausted;
use crate::problem::Problem;
pub use crate::token::Access;
use crate::token::{Holder, Unauthorized, Verifier, keep};

/// The description of `429`, where an endpoint has no own.
const TOO_MANY: &str =
    "`too-many-requests`: this account has sent too many; try again after Retry-After seconds";

/// An endpoint: made by [`endpoint!`](crate::endpoint), which takes method, path and description from the handler's
/// `#[utoipa::path]`.
#[derive(Clone)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: String,
    /// Who may call it; enforced before the handler is called.
    pub access: Access,
    answers_head: bool,
    description: OpenApi,
    route: fn() -> Route,
}

/// The endpoint of a handler that has a `#[utoipa::path]`: `endpoint!(Access::Anyone, tokens::login)`.
#[macro_export]
macro_rules! endpoint {
    ($access:expr, $($handler:ident)::+) => {{
        #[derive(::utoipa::OpenApi)]
        #[openapi(paths($($handler)::+))]
        struct Described;
        $crate::routes::Endpoint::new(
            $access,
            <Described as ::utoipa::OpenApi>::openapi(),
            || ::actix_web::web::route().to($($handler)::+),
        )
    }};
}

impl Endpoint {
    /// The endpoint that `description`, an OpenAPI document with one operation, describes.
    ///
    /// # Panics
    /// If it describes no operation, or one with a method that no endpoint has.
    pub fn new(access: Access, description: OpenApi, route: fn() -> Route) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "every #[utoipa::path] gives one path with one operation"
        )]
        let (method, path) = operation(&description).expect("one path with GET or POST");
        Self {
            method,
            path,
            access,
            answers_head: false,
            description,
            route,
        }
    }

    /// Answers `HEAD` as well as `GET`.
    #[must_use]
    pub fn with_head(mut self) -> Self {
        self.answers_head = true;
        self
    }

    /// The name of its requests in the audit log: the last segment of the path that is not a parameter.
    pub fn act(&self) -> &str {
        let mut segments = self.path.rsplit('/');
        segments
            .find(|segment| !segment.starts_with('{'))
            .unwrap_or(&self.path)
    }

    /// Its OpenAPI document: one operation and its schemas, with the token that it requires.
    pub(crate) fn description(&self) -> OpenApi {
        let mut description = self.description.clone();
        for item in description.paths.paths.values_mut() {
            for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
                operation.security = self.access.security();
                if self.access != Access::Anyone {
                    let too_many = openapi::Response::new(TOO_MANY);
                    let responses = &mut operation.responses.responses;
                    let documented = responses.entry("429".to_owned());
                    documented.or_insert_with(|| openapi::RefOr::T(too_many));
                }
            }
        }
        description
    }

    fn methods(&self) -> Vec<Method> {
        let head = self.answers_head.then_some(Method::HEAD);
        [self.method.clone()].into_iter().chain(head).collect()
    }

    fn routes(&self, refused: Option<&OnRefused>) -> Vec<Route> {
        let route = |method| {
            let route = (self.route)().method(method);
            if self.access == Access::Anyone {
                return route;
            }
            let gate = Gate {
                access: self.access,
                act: self.act().to_owned(),
                refused: refused.cloned(),
            };
            let gate = Arc::new(gate);
            route.wrap(from_fn(move |request, next| {
                Arc::clone(&gate).pass(request, next)
            }))
        };
        self.methods().into_iter().map(route).collect()
    }
}

fn operation(description: &OpenApi) -> Option<(Method, String)> {
    let (path, item) = description.paths.paths.first_key_value()?;
    let method = match item {
        PathItem { get: Some(_), .. } => Method::GET,
        PathItem { post: Some(_), .. } => Method::POST,
        _ => return None,
    };
    Some((method, path.clone()))
}

impl Access {
    /// The token's name in the OpenAPI document, and whose token it is.
    pub(crate) fn scheme(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Anyone => None,
            Self::Refresh => Some(("refreshToken", "A refresh token.")),
            Self::Administrator | Self::AdministratorUntilPublic => {
                Some(("accessToken", "An administrator's access token."))
            }
            Self::Official => Some(("accessToken", "An official's access token.")),
            Self::OfficialOrAdministrator => {
                let whose = "An official's or an administrator's access token.";
                Some(("eitherAccessToken", whose))
            }
        }
    }

    fn security(self) -> Option<Vec<openapi::SecurityRequirement>> {
        let (name, _) = self.scheme()?;
        let scopes: [&str; 0] = [];
        let mut either = vec![openapi::SecurityRequirement::new(name, scopes)];
        if self == Self::AdministratorUntilPublic {
            either.push(openapi::SecurityRequirement::default());
        }
        Some(either)
    }
}

/// Called when the holder of a valid token is refused because of their role. The answer waits for it.
pub type OnRefused = Arc<dyn Fn(HttpRequest, Holder) -> LocalBoxFuture<'static, ()> + Send + Sync>;

/// Checks tokens before a handler is called.
struct Gate {
    access: Access,
    act: String,
    refused: Option<OnRefused>,
}

impl Gate {
    async fn pass(
        self: Arc<Self>,
        request: ServiceRequest,
        next: Next<BoxBody>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let checked = self.access.check(request.request(), &self.act);
        if let Err(exhausted) = count(request.request(), &checked) {
            let answer = too_many_requests(exhausted).error_response();
            return Ok(request.into_response(answer));
        }
        if self.access != Access::AdministratorUntilPublic
            && let Err(unauthorized) = checked
        {
            if let (Some(holder), Some(refused)) = (unauthorized.holder(), &self.refused) {
                refused(request.request().clone(), holder.clone()).await;
            }
            return Ok(request.into_response(unauthorized.error_response()));
        }
        if let Some(checked) = checked.transpose() {
            keep(request.request(), checked);
        }
        next.call(request).await
    }
}

/// Counts a request of whoever has a valid token, also of those whose role does not allow it.
fn count(
    request: &HttpRequest,
    checked: &Result<Option<Holder>, Unauthorized>,
) -> Result<(), Exhausted> {
    let holder = match checked {
        Ok(holder) => holder.as_ref(),
        Err(unauthorized) => unauthorized.holder(),
    };
    match holder.zip(request.app_data::<Data<Verifier>>()) {
        Some((holder, verifier)) => verifier.count_request(&holder.claims),
        None => Ok(()),
    }
}

fn too_many_requests(exhausted: Exhausted) -> Problem {
    let title = "Too many requests come from this account.";
    let kind = "too-many-requests";
    let seconds = exhausted.retry_after_s();
    Problem::new(actix_web::http::StatusCode::TOO_MANY_REQUESTS, kind, title)
        .detail(format!("Try again in {seconds} seconds."))
        .retry_after_s(seconds)
}

/// Adds endpoints to a server; tokens are checked here. Another method on one of their paths gets `405`.
pub fn mount(
    endpoints: Vec<Endpoint>,
    refused: Option<OnRefused>,
) -> impl FnOnce(&mut ServiceConfig) {
    let mut paths: BTreeMap<String, Vec<Endpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        let path = endpoint.path.clone();
        paths.entry(path).or_default().push(endpoint);
    }
    move |config| {
        for (path, endpoints) in paths {
            let methods: Vec<Method> = endpoints.iter().flat_map(Endpoint::methods).collect();
            let allowed: Vec<&str> = methods.iter().map(Method::as_str).collect();
            let allowed = allowed.join(", ");
            let routes = endpoints
                .iter()
                .flat_map(|endpoint| endpoint.routes(refused.as_ref()));
            let resource = routes.fold(web::resource(&path), actix_web::Resource::route);
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
        "The method is not allowed at this path.",
    );
    let mut response = problem
        .detail(format!("{} takes {allowed}.", request.path()))
        .error_response();
    if let Ok(allowed) = allowed.parse() {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}
