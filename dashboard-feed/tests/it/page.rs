//! The page and its files.

use hyper::Method;

use crate::client::{Answer, Connection};
use crate::feed::TestFeed;

/// The paths of the files that the page asks for.
fn references(page: &Answer) -> Vec<String> {
    let html = str::from_utf8(&page.body).unwrap();
    let attributes = html.split('"').skip(1).step_by(2);
    attributes
        .filter_map(|value| value.strip_prefix("./"))
        .map(|path| format!("/{path}"))
        .collect()
}

fn with_extension<'a>(files: &'a [String], extension: &str) -> &'a str {
    let found = files.iter().find(|path| path.ends_with(extension));
    found.unwrap_or_else(|| panic!("no {extension} in {files:?}"))
}

/// A feed's connection, with the page that it has answered and the paths that this names.
async fn page(feed: &TestFeed) -> (Connection, Answer, Vec<String>) {
    let mut connection = feed.connect().await;
    let page = connection.get("/").await;
    let files = references(&page);
    (connection, page, files)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_its_files_are_served_under_a_strict_policy() {
    let feed = TestFeed::start().await;
    let (mut connection, page, files) = page(&feed).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(
        files.len(),
        3,
        "a script, a style sheet and an icon: {files:?}"
    );
    for path in files.iter().map(String::as_str).chain(["/"]) {
        let answer = connection.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    for (extension, media_type) in [
        (".js", "text/javascript; charset=utf-8"),
        (".css", "text/css; charset=utf-8"),
        (".svg", "image/svg+xml"),
    ] {
        let path = with_extension(&files, extension);
        assert_eq!(
            connection.get(path).await.header("content-type"),
            media_type
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_asks_for_nothing_from_elsewhere() {
    let feed = TestFeed::start().await;
    let page = feed.get("/").await;
    let html = str::from_utf8(&page.body).unwrap();
    assert!(!html.contains("//"), "{html}");
    assert!(!html.contains("style="), "{html}");
    assert!(!html.contains("<script>"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_for_ever_and_the_page_is_asked_for_again() {
    let feed = TestFeed::start().await;
    let (mut connection, page, files) = page(&feed).await;
    for path in &files {
        let answer = connection.get(path).await;
        assert_eq!(
            answer.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
    }
    assert_eq!(page.header("cache-control"), "no-cache");
    let tag = page.header("etag").to_owned();
    let again = connection
        .get_with("/", Some(("if-none-match", &tag)))
        .await;
    assert_eq!(again.status, 304);
    assert!(again.body.is_empty());
    assert_eq!(again.header("etag"), tag);
    let changed = connection
        .get_with("/", Some(("if-none-match", "\"other\"")))
        .await;
    assert_eq!(changed.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_as_small_as_the_client_takes_them() {
    let feed = TestFeed::start().await;
    let (mut connection, _page, files) = page(&feed).await;
    let script = with_extension(&files, ".js");
    let plain = connection.get(script).await;
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_eq!(plain.header("vary"), "Accept-Encoding");
    let mut tags = vec![plain.header("etag").to_owned()];
    for (accepted, encoding) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
    ] {
        let header = Some(("accept-encoding", accepted));
        let answer = connection.get_with(script, header).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{accepted}");
        assert!(answer.body.len() * 2 < plain.body.len(), "{accepted}");
        tags.push(answer.header("etag").to_owned());
    }
    // Another encoding is another content; the same is the same, however it was asked for.
    assert_eq!(tags[2], tags[3]);
    tags.dedup();
    assert_eq!(tags.len(), 3, "{tags:?}");
    for accepted in ["identity", "zstd", "*", "br;q=0"] {
        let header = Some(("accept-encoding", accepted));
        let answer = connection.get_with(script, header).await;
        assert!(
            !answer.headers.contains_key("content-encoding"),
            "{accepted}"
        );
        assert_eq!(answer.body, plain.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_as_get_without_the_body() {
    let feed = TestFeed::start().await;
    let (mut connection, page, files) = page(&feed).await;
    for path in files.iter().map(String::as_str).chain(["/"]) {
        let get = connection.get(path).await;
        let head = connection.request(Method::HEAD, path, None).await;
        assert_eq!(head.status, 200, "{path}");
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-length"), get.body.len().to_string());
        assert_eq!(head.header("etag"), get.header("etag"));
    }
    assert_eq!(page.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_not_is_not_found() {
    let feed = TestFeed::start().await;
    let (mut connection, _page, files) = page(&feed).await;
    let compressed = format!("{}.br", files[0]);
    for path in [
        "/index.html",
        "/assets/",
        "/assets/app.js",
        "/favicon.ico",
        &compressed,
    ] {
        let answer = connection.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    let answer = connection.request(Method::POST, "/", None).await;
    answer.expect_problem(405, "method-not-allowed");
}
