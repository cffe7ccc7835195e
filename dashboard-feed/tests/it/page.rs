//! The page and its files.

use crate::feed::TestFeed;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_its_files_are_served_under_a_strict_policy() {
    let feed = TestFeed::start().await;
    let mut connection = feed.connect().await;
    for (path, media_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
    ] {
        let answer = connection.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_asks_for_nothing_that_is_not_here() {
    let feed = TestFeed::start().await;
    let page = feed.get("/").await;
    let html = str::from_utf8(&page.body).unwrap();
    let references = html.split(['"']).skip(1).step_by(2);
    for reference in references.filter(|value| value.contains('.') && !value.contains(' ')) {
        let answer = feed.get(&format!("/{reference}")).await;
        assert_eq!(answer.status, 200, "{reference}");
    }
    let script = feed.get("/app.js").await;
    let script = str::from_utf8(&script.body).unwrap();
    for unsafe_sink in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ] {
        assert!(!script.contains(unsafe_sink), "{unsafe_sink}");
    }
}
