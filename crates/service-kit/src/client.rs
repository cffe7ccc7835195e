//! Who is at the other end of a connection.

use std::net::IpAddr;

use actix_web::HttpRequest;

/// The address that a request came from. What a client or a proxy says in a header is not believed.
pub fn ip(request: &HttpRequest) -> Option<IpAddr> {
    Some(request.peer_addr()?.ip().to_canonical())
}

/// [`ip`] in words.
pub fn address(request: &HttpRequest) -> String {
    ip(request).map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn headers_are_not_believed() {
        let request = TestRequest::default()
            .peer_addr("[::ffff:192.0.2.1]:7".parse().unwrap())
            .insert_header(("X-Forwarded-For", "198.51.100.1"))
            .to_http_request();
        assert_eq!(address(&request), "192.0.2.1");
        assert_eq!(
            address(&TestRequest::default().to_http_request()),
            "unknown"
        );
    }
}
