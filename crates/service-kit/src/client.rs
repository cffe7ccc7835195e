//! The client at the other end of a connection.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::ServiceConfig;
use clap::Args;
use ipnet::IpNet;

/// Header in which a proxy names its client; the nearest one comes last.
const FORWARDED_FOR: &str = "X-Forwarded-For";

/// The proxies that are trusted.
#[derive(Args, Clone, Debug, Default)]
pub struct ProxyOptions {
    /// Proxies whose X-Forwarded-For is trusted: addresses or networks (172.16.0.0/12), separated by commas. The client address counts for the limit of failed logins and is recorded in the audit log
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "ADDRESS",
        value_parser = network
    )]
    pub trusted_proxies: Vec<IpNet>,
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "neither an address nor a network such as 172.16.0.0/12".to_owned())
}

/// The proxies that [`ip`] trusts, as server data.
#[derive(Clone)]
struct Trusted(Arc<[IpNet]>);

/// Makes [`ip`] trust these proxies.
pub fn behind(proxies: &ProxyOptions) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let trusted = Trusted(proxies.trusted_proxies.as_slice().into());
    |config| {
        config.app_data(trusted);
    }
}

/// The address that a request came from. The header is believed only from a trusted proxy, and then only its
/// last address that is not itself a trusted proxy: the client may have invented anything before that.
pub fn ip(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let Some(Trusted(proxies)) = request.app_data() else {
        return Some(peer);
    };
    let is_trusted = |ip: &IpAddr| proxies.iter().any(|network| network.contains(ip));
    let mut nearest = peer;
    let headers: Vec<_> = request.headers().get_all(FORWARDED_FOR).collect();
    let mut forwarded = headers
        .into_iter()
        .rev()
        .flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    while is_trusted(&nearest) {
        let before = forwarded.next().and_then(|text| text.trim().parse().ok());
        match before {
            Some(before) => nearest = IpAddr::to_canonical(&before),
            None => break,
        }
    }
    Some(nearest)
}

/// [`ip`] as text.
pub fn address(request: &HttpRequest) -> String {
    ip(request).map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let networks = trusted.iter().map(|text| network(text).unwrap());
        let mut request = TestRequest::default()
            .peer_addr(format!("{peer}:7").parse().unwrap())
            .app_data(Trusted(networks.collect()));
        for value in forwarded {
            request = request.append_header((FORWARDED_FOR, *value));
        }
        address(&request.to_http_request())
    }

    #[test]
    fn headers_are_not_believed_of_anybody() {
        let claim = ["198.51.100.1"];
        assert_eq!(seen("[::ffff:192.0.2.1]", &claim, &[]), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", &claim, &["10.0.0.0/8"]), "192.0.2.1");
        assert_eq!(
            address(&TestRequest::default().to_http_request()),
            "unknown"
        );
    }

    #[test]
    fn a_trusted_proxy_says_who_asks() {
        let trusted = ["10.0.0.0/8", "192.0.2.7", "::1"];
        for (peer, forwarded, who) in [
            ("10.1.2.3", &["198.51.100.1"][..], "198.51.100.1"),
            ("10.1.2.3", &["198.51.100.1, 192.0.2.7"], "198.51.100.1"),
            ("10.1.2.3", &["198.51.100.1", "10.0.0.9"], "198.51.100.1"),
            // Anything before it was written by the client.
            ("10.1.2.3", &["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
            ("[::1]", &["2001:db8::5"], "2001:db8::5"),
            // Not usable: only the proxy is known.
            ("10.1.2.3", &[], "10.1.2.3"),
            ("10.1.2.3", &["nonsense"], "10.1.2.3"),
            ("10.1.2.3", &["198.51.100.1, "], "10.1.2.3"),
        ] {
            assert_eq!(seen(peer, forwarded, &trusted), who, "{forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0"] {
            assert!(network(text).is_err(), "{text}");
        }
    }
}
