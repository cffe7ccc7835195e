//! The HTTP interface.

mod elections;
mod events;
mod page;
mod schema;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::http::header::{
    EntityTag, Header, IfNoneMatch, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, Route, guard};
use anyhow::Context;
use service_kit::problem::{Problem, not_found};
use service_kit::routes::{Access, Endpoint, mount};
use service_kit::server::cannot_listen;
use service_kit::{endpoint, openapi};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;

use crate::ElectionId;
use crate::latest::{Absence, LatestResults};
use crate::options::RunOptions;
use crate::stream::Connection;

/// The most that the kernel buffers for one client, in bytes (Linux doubles it).
///
/// A socket's send buffer is a queue too: if it could grow, it would keep minutes of old results for a client
/// that cannot keep up.
const SEND_BUFFER: u32 = 32 * 1024;

/// Connections that may wait to be accepted: a crowd reconnects all at once.
const BACKLOG: u32 = 4096;

/// Idle connections are cut this long after the request to stop.
const SHUTDOWN_TIMEOUT_S: u64 = 1;

/// Binds `address`; port 0 takes a free one.
fn listen(address: SocketAddr) -> anyhow::Result<std::net::TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit this.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    let listener = socket
        .bind(address)
        .and_then(|()| socket.listen(BACKLOG))
        .with_context(|| cannot_listen(address, "--listen"))?;
    Ok(listener.into_std()?)
}

/// Serves the whole interface over HTTP/1.1; gives the address with the actual port.
pub(crate) fn serve(
    options: &RunOptions,
    latest: &LatestResults,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = listen(options.listen)?;
    let address = listener.local_addr()?;
    let latest = Data::new(latest.clone());
    let places = usize::try_from(options.max_observers)?.min(Semaphore::MAX_PERMITS);
    let places = Data::from(Arc::new(Semaphore::new(places)));
    let document = description();
    let service = move || {
        let app = App::new()
            .app_data(latest.clone())
            .app_data(places.clone())
            .configure(openapi::routes(document.clone()))
            .configure(mount(endpoints(), None))
            .configure(page::routes)
            .default_service(web::to(no_route))
            .wrap(
                DefaultHeaders::new()
                    .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
                    .add((REFERRER_POLICY, "no-referrer")),
            );
        let http = HttpService::build()
            .on_connect_ext(|connection: &Connection, extensions| {
                extensions.insert(connection.handle());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        fn_service(async |socket: TcpStream| {
            let peer = socket.peer_addr().ok();
            // Frames are written whole, so waiting for more data would only delay them.
            let _without = socket.set_nodelay(true);
            Ok::<_, DispatchError>((Connection::new(socket), peer))
        })
        .and_then(http)
    };
    let server = Server::build()
        .workers(options.threads.into())
        .shutdown_timeout(SHUTDOWN_TIMEOUT_S)
        .disable_signals()
        .listen("dashboard-feed", listener, service)?;
    Ok((address, server.run()))
}

/// All endpoints except the page and those that every service has.
fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(Access::Anyone, elections::list).with_head(),
        endpoint!(Access::Anyone, elections::results).with_head(),
        endpoint!(Access::Anyone, events::events),
    ]
}

/// The OpenAPI document.
fn description() -> String {
    let about = "Results, as they come in. Open to everyone.";
    openapi::document("dashboard-feed", about, &endpoints())
}

fn get_or_head() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// For everything without a route. Nothing here can be changed, so any other method is wrong on every path.
async fn no_route(method: Method) -> Result<HttpResponse, Problem> {
    if method == Method::GET || method == Method::HEAD {
        return not_found().await;
    }
    Err(Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "Results can only be read.",
    )
    .detail(format!("{method} is not allowed: use GET.")))
}

/// Whether the client already has the content with this tag.
fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

/// The election that a path names.
fn election_id(text: &str) -> Result<ElectionId, Problem> {
    text.parse().map_err(|_| {
        no_such_election(format!(
            "“{text}” is not the number of an election; GET /api/elections lists what there is."
        ))
    })
}

/// Explains why there is no result for `election`, or no list of elections.
fn absence(absence: Absence, election: Option<ElectionId>) -> Problem {
    match (absence, election) {
        (Absence::Unknown(known), Some(election)) => {
            let numbers: Vec<String> = known.iter().map(ToString::to_string).collect();
            let there_is = match numbers.as_slice() {
                [] => "no election has one yet".to_owned(),
                _ => format!("there are results of: {}", numbers.join(", ")),
            };
            let detail = format!("There is no result of election {election}; {there_is}.");
            no_such_election(detail).field("elections", known)
        }
        _ => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "results-not-available",
            "The results cannot be shown at the moment.",
        )
        .detail("The results have not been read yet, or the service is stopping: try again in a moment.")
        .retry_after_s(1),
    }
}

fn no_such_election(detail: String) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-election",
        "There is no such election.",
    )
    .detail(detail)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_description_is_committed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        service_kit::testing::assert_committed(path, &super::description());
    }
}
