//! Running it: the first administrator, secrets, the description.

use access_control::service;
use futures_util::future::join_all;
use serde_json::{Value, json};
use service_kit::secret::Environment;

use crate::world::{UNAUTHORIZED, WAIT_LIMIT, World, options, registration};

#[tokio::test]
async fn many_instances_create_one_administrator() {
    let stack = devstack::shared().await;
    let database_url = stack.create_database("access").await.unwrap();
    let options = options(&database_url);
    let worlds = join_all((0..4).map(|_| World::with(&options))).await;
    let administrators = "SELECT count(*) FROM users WHERE role = 'administrator'";
    let client = worlds[0].database().await;
    let count: i64 = client.query_one(administrators, &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
    let acts = worlds[0].acts().await;
    assert_eq!(
        acts,
        [[
            "access-control",
            "",
            "createAdministrator",
            "admin@admin.com",
            "success"
        ]]
    );
    // Another start changes nothing, whatever its settings say.
    let mut others = options.clone();
    others.administrator.admin_email = "other@admin.com".to_owned();
    let world = World::with(&others).await;
    let login = json!({"email": "other@admin.com", "password": "1"});
    world
        .post("/login", &login)
        .await
        .refuses("Invalid credentials.");
    worlds[1].log_in_administrator().await;
}

#[tokio::test]
async fn production_refuses_publicly_known_secrets() {
    let refusal = |password: Option<&str>, secret: Option<&str>| {
        let mut options = options("postgresql://nobody@127.0.0.1:1/none");
        options.token.environment = Environment::Production;
        options.token.jwt_secret = secret.map(ToOwned::to_owned);
        options.administrator.admin_password = password.map(ToOwned::to_owned);
        service::start(&options)
            .err()
            .map(|error| error.to_string())
    };
    let secret = Some("0123456789abcdef0123456789abcdef");
    assert!(
        refusal(Some("Own1"), None)
            .unwrap()
            .starts_with("JWT_SECRET is missing")
    );
    assert!(
        refusal(None, secret)
            .unwrap()
            .starts_with("ADMIN_PASSWORD is missing")
    );
    assert!(
        refusal(Some("1"), secret)
            .unwrap()
            .starts_with("ADMIN_PASSWORD is the publicly known default")
    );
    assert_eq!(refusal(Some("Own1"), secret), None);
}

#[tokio::test]
async fn the_interface_is_described() {
    let world = World::open().await;
    let document: Value = world.get("/openapi.json").await.json();
    for endpoint in access_control::http::endpoints() {
        let method = endpoint.method.as_str().to_lowercase();
        let described = &document["paths"][endpoint.path.as_str()][&method];
        assert!(
            described["responses"]["200"].is_object(),
            "{}",
            endpoint.path
        );
    }
    let page = world.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("docs/page.js"));
    for part in ["/docs/page.js", "/docs/page.css"] {
        assert_eq!(world.get(part).await.status, 200);
    }
    assert_eq!(world.get("/health/live").await.status, 404);
    assert_eq!(world.health("/health/live").await.status, 200);
}

#[tokio::test]
async fn deleting_the_last_administrator_brings_the_first_one_back() {
    let world = World::open().await;
    for _ in 0..2 {
        let administrator = world.log_in_administrator().await;
        let body = json!({"email": "admin@admin.com"}).to_string();
        let deleted = world.post_with("/delete", &administrator.access, &body);
        deleted.await.is(200, "");
        let again = world.post_with("/delete", &administrator.access, &body);
        again.await.is(401, UNAUTHORIZED);
        // Nobody can register the address in between.
        let same = registration("admin@admin.com");
        let taken = world.post("/register", &same).await;
        taken.refuses("Email already exists.");
    }
    world.log_in_administrator().await;
    let created = world.acts().await;
    let created = created.iter().filter(|act| act[2] == "createAdministrator");
    assert_eq!(created.count(), 3);
}

#[tokio::test]
async fn an_administrator_who_vanishes_is_created_again() {
    let world = World::open().await;
    let client = world.database().await;
    client.execute("DELETE FROM users", &[]).await.unwrap();
    let created = async {
        while client
            .query("SELECT FROM users", &[])
            .await
            .unwrap()
            .is_empty()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WAIT_LIMIT, created).await.unwrap();
    world.log_in_administrator().await;
}

#[tokio::test]
async fn nobody_registers_with_the_first_administrators_address() {
    let world = World::open().await;
    let mut others = options(&world.database_url);
    others.administrator.admin_email = "first@admin.com".to_owned();
    // There is another administrator, so there is no such account.
    let other = World::with(&others).await;
    let same = registration("first@admin.com");
    let taken = other.post("/register", &same).await;
    taken.refuses("Email already exists.");
    // Compared as accounts are.
    other.register("First@admin.com").await;
}
