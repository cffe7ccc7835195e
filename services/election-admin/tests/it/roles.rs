//! Who is let in, endpoint by endpoint, from the table that the server is made from.

use election_admin::http::endpoints;
use serde_json::Value;
use service_kit::routes::Access;
use service_kit::testing;
use service_kit::token::{Role, TokenKind};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_let_in_whatever_they_send() {
    let world = World::new().await;
    let admin = world.start().await;
    let good = testing::claims(Role::Administrator, TokenKind::Access);
    let intruders = |access| testing::intruders(&testing::secret(), access, &good).unwrap();
    let bodies = [
        ("application/json", String::new()),
        ("application/json", "{".to_owned()),
        ("multipart/form-data; boundary=x", "--x--".to_owned()),
        ("text/plain", "x".repeat(2 << 20)),
    ];
    for endpoint in endpoints() {
        // Nothing here is public yet.
        assert_ne!(endpoint.access, Access::Anyone, "{}", endpoint.path);
        let path = endpoint.path.replace("{id}", "1");
        for (n, intruder) in intruders(endpoint.access).iter().enumerate() {
            let body = bodies[n % bodies.len()].clone();
            let authorization = intruder.authorization.as_deref();
            let answer = admin
                .call(endpoint.method.as_str(), &path, authorization, body)
                .await;
            let expected = (401, r#"{"msg":"Missing Authorization Header"}"#);
            assert_eq!(answer.exactly(), expected, "{path}, {}", intruder.why);
            assert_eq!(answer.headers["content-type"], "application/json");
        }
        let nothing = ("application/json", String::new());
        let let_in = testing::bearer(&testing::secret(), &good).unwrap();
        let answer = admin
            .call(endpoint.method.as_str(), &path, Some(&let_in), nothing)
            .await;
        assert_ne!(answer.status, 401, "{path}");
    }
    // Nobody did anything; only the holder of the other role is known by name, and recorded.
    let sql = "SELECT who, role, outcome FROM audit_log WHERE outcome LIKE '%Missing Authorization Header'";
    let rows = world.sql().await.query(sql, &[]).await.unwrap();
    assert!(rows.len() >= endpoints().len());
    let others = intruders(Access::Administrator);
    let others = others
        .iter()
        .filter(|one| one.why.starts_with("of "))
        .count();
    assert!(rows.len() <= others * endpoints().len());
    assert!(
        rows.iter()
            .all(|row| row.get::<_, &str>(1) != "administrator")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_is_described_and_nothing_else() {
    let world = World::new().await;
    let admin = world.start().await;
    let document = admin.get("/openapi.json", None).await.json();
    let described: Vec<(&String, &Value)> = document["paths"].as_object().unwrap().iter().collect();
    assert_eq!(described.len(), endpoints().len());
    for endpoint in endpoints() {
        let method = endpoint.method.as_str().to_lowercase();
        let operation = &document["paths"][endpoint.path.as_str()][method.as_str()];
        assert!(operation["summary"].is_string(), "{}", endpoint.path);
        assert!(
            operation["responses"]["401"].is_object(),
            "{}",
            endpoint.path
        );
        assert_eq!(
            operation["requestBody"].is_object(),
            endpoint.path.starts_with("/create") || endpoint.path.ends_with("/lots")
        );
    }
    assert_eq!(admin.get("/docs", None).await.status, 200);
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(admin.get(path, None).await.status, 404, "{path}");
    }
}
