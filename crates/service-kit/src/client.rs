//! Who is at the other end of a connection.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::web::Data;
use clap::Args;

/// What a gateway calls the client that it speaks for.
const FORWARDED_FOR: &str = "X-Forwarded-For";

/// How clients come.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ClientOptions {
    /// Every request comes through a gateway, which names the client in X-Forwarded-For: nobody else can connect
    #[arg(long, env = "BEHIND_GATEWAY")]
    pub behind_gateway: bool,
}

/// The address that a request came from. What a header says is believed only of a gateway: where the
/// application's data hold [`ClientOptions`] that know one.
pub fn ip(request: &HttpRequest) -> Option<IpAddr> {
    let options = request.app_data::<Data<ClientOptions>>();
    if options.is_some_and(|options| options.behind_gateway)
        && let Some(client) = forwarded_for(request)
    {
        return Some(client.to_canonical());
    }
    Some(request.peer_addr()?.ip().to_canonical())
}

/// The last one is the gateway's word; those before it are the client's.
fn forwarded_for(request: &HttpRequest) -> Option<IpAddr> {
    let last = request.headers().get_all(FORWARDED_FOR).last()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

/// [`ip`] in words.
pub fn address(request: &HttpRequest) -> String {
    ip(request).map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(forwarded_for: &str) -> TestRequest {
        TestRequest::default()
            .peer_addr("[::ffff:192.0.2.1]:7".parse().unwrap())
            .insert_header((FORWARDED_FOR, forwarded_for))
    }

    fn behind(behind_gateway: bool) -> Data<ClientOptions> {
        Data::new(ClientOptions { behind_gateway })
    }

    #[test]
    fn headers_are_not_believed() {
        let request = request("198.51.100.1").app_data(behind(false));
        assert_eq!(address(&request.to_http_request()), "192.0.2.1");
        assert_eq!(
            address(&TestRequest::default().to_http_request()),
            "unknown"
        );
    }

    #[test]
    fn a_gateway_is_believed_about_the_last_address() {
        for (header, client) in [
            ("198.51.100.1", "198.51.100.1"),
            ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
            ("203.0.113.9, nonsense", "192.0.2.1"),
        ] {
            let request = request(header).app_data(behind(true));
            assert_eq!(address(&request.to_http_request()), client);
        }
    }
}
