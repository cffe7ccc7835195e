//! A separate database for each test, and an access-control on a free port.

use std::time::Duration;

use access_control::options::{
    AdminOptions, AdministratorOptions, LoginOptions, RegistrationOptions, RunOptions,
};
use access_control::service;
use devstack::Stack;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use service_database::settings::{DatabaseAddress, PostgresOptions};
use service_kit::client::ProxyOptions;
use service_kit::service::Running;
use service_kit::settings::KafkaOptions;
use service_kit::testing;
use service_kit::token::{Claims, TokenKind, TokenOptions, Verifier};
pub(crate) use test_kit::http::Answer;
use test_kit::http::send;
use tokio_postgres::{Client, NoTls};

/// How long to wait for a condition: long enough for a loaded machine.
pub(crate) const WAIT_LIMIT: Duration = Duration::from_mins(1);

pub(crate) const GOOD_PASSWORD: &str = "Lozinka1";
pub(crate) const UNAUTHORIZED: &str = r#"{"msg":"Missing Authorization Header"}"#;

pub(crate) struct World {
    pub(crate) database_url: String,
    pub(crate) access_control: Running,
}

pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

pub(crate) fn options(database_url: &str) -> RunOptions {
    RunOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin: AdminOptions {
            admin_listen: "127.0.0.1:0".parse().unwrap(),
        },
        hashes_at_once: 2,
        logins: LoginOptions {
            login_attempts: 60,
            login_attempt_interval_s: 6,
        },
        registrations: RegistrationOptions {
            registration: None,
            registrations: 600,
            registration_interval_s: 1,
        },
        token: TokenOptions::default(),
        jwt_private_key_file: None,
        kafka: KafkaOptions {
            kafka_brokers: "127.0.0.1:1".to_owned(),
            topic_prefix: String::new(),
        },
        proxies: ProxyOptions::default(),
        administrator: AdministratorOptions {
            admin_email: "admin@admin.com".to_owned(),
            admin_password: None,
            admin_password_file: None,
            admin_forename: "admin".to_owned(),
            admin_surname: "admin".to_owned(),
            admin_jmbg: "0000000000000".to_owned(),
        },
        postgres: PostgresOptions {
            database: DatabaseAddress {
                database_url: database_url.to_owned(),
                ..DatabaseAddress::default()
            },
            database_connections: 4,
        },
    }
}

/// A valid registration.
pub(crate) fn registration(email: &str) -> Value {
    json!({"jmbg": "0101994704401", "forename": "Ana", "surname": "Anić", "email": email, "password": GOOD_PASSWORD})
}

/// What a token says; it must be a good one.
pub(crate) fn claims(token: &str, kind: TokenKind) -> Claims {
    Verifier::new(&testing::secret())
        .verify(token, kind)
        .unwrap()
}

impl World {
    pub(crate) async fn open() -> Self {
        Self::on(devstack::shared().await).await
    }

    pub(crate) async fn on(stack: &Stack) -> Self {
        let database_url = stack.create_database("access").await.unwrap();
        Self::with(&options(&database_url)).await
    }

    pub(crate) async fn with(options: &RunOptions) -> Self {
        let world = Self {
            database_url: options.postgres.database.database_url.clone(),
            access_control: service::start(options).unwrap(),
        };
        world.until_ready().await;
        world
    }

    pub(crate) async fn until_ready(&self) {
        let ready = async {
            while self.health("/health/ready").await.status != 200 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT_LIMIT, ready).await.unwrap();
    }

    /// Sends a request to the administration port.
    pub(crate) async fn health(&self, path: &str) -> Answer {
        let address = self.access_control.admin_address;
        send(address, "GET", path, &[], "").await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [(CONTENT_TYPE.as_str(), "application/json")];
        self.send(Method::POST, path, &headers, &body.to_string())
            .await
    }

    pub(crate) async fn post_with(&self, path: &str, token: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [
            (AUTHORIZATION.as_str(), bearer.as_str()),
            (CONTENT_TYPE.as_str(), "application/json"),
        ];
        self.send(Method::POST, path, &headers, body).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        send(
            self.access_control.address,
            method.as_str(),
            path,
            headers,
            body.to_owned(),
        )
        .await
    }

    pub(crate) async fn register(&self, email: &str) {
        self.post("/register", &registration(email))
            .await
            .is(200, "");
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Tokens {
        let body = json!({"email": email, "password": password});
        let answer = self.post("/login", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let tokens = answer.json();
        assert_eq!(tokens.as_object().unwrap().len(), 2);
        let token = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Tokens {
            access: token("accessToken"),
            refresh: token("refreshToken"),
        }
    }

    pub(crate) async fn log_in_administrator(&self) -> Tokens {
        self.log_in("admin@admin.com", "1").await
    }

    pub(crate) async fn database(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.database_url, NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }

    /// The audit log: who, in which role, what, whose account, and the outcome.
    pub(crate) async fn acts(&self) -> Vec<[String; 5]> {
        let query = "SELECT who, role, what, target, outcome FROM audit_log ORDER BY seq";
        let rows = self.database().await.query(query, &[]).await.unwrap();
        rows.iter()
            .map(|row| std::array::from_fn(|column| row.get(column)))
            .collect()
    }
}
