//! Strangers' requests to every endpoint of every service: whatever is sent, the answer is one that the interface's
//! description names, and none says that the service failed.

use std::collections::BTreeMap;
use std::time::Duration;

use end_to_end::night::{Night, State};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value, json};
use test_kit::http::{send, try_send};

/// The same requests at every run.
const SEED: u64 = 14;
/// Requests to each endpoint.
const REQUESTS: usize = 80;
const PATIENCE: Duration = Duration::from_secs(20);
/// A stream of events never ends: its head came long before.
const PATIENCE_FOR_EVENTS: Duration = Duration::from_millis(300);
const SERVICES: [&str; 5] = [
    "access-control",
    "election-admin",
    "ballot-station",
    "vote-ingest",
    "dashboard-feed",
];

/// Texts that were trouble somewhere.
const TEXTS: [&str; 20] = [
    "",
    " ",
    "0",
    "1",
    "-1",
    "7",
    "007",
    "1e400",
    "99999999999999999999999999",
    "true",
    "null",
    "\u{0}",
    "a\r\nb: c",
    "\u{202e}x",
    "𝟏",
    "../../etc/passwd",
    "' OR 1=1 --",
    "28f8a8e0-f4c7-4e3f-93fb-000000000001",
    "2026-06-16T15:55:46",
    "ana@example.rs",
];

/// An endpoint, as its service describes it.
struct Endpoint {
    address: std::net::SocketAddr,
    method: String,
    path: String,
    described: Value,
    schemas: Value,
}

/// Who asks.
struct Callers {
    tokens: Vec<Option<String>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_one_that_the_interface_describes() {
    let night = Night::begin(100, &[]).await;
    let callers = Callers::of(&night.state()).await;
    let mut random = StdRng::seed_from_u64(SEED);
    let (mut wrong, mut asked) = (BTreeMap::new(), 0);
    for endpoint in endpoints(&night.state()).await {
        for _ in 0..REQUESTS {
            let request = Request::make(&endpoint, &callers, &mut random);
            asked += 1;
            if let Some(status) = request.send(&endpoint).await
                && !endpoint.describes(status)
            {
                let Endpoint { method, path, .. } = &endpoint;
                let answer = format!("{method} {path} answers {status}");
                wrong.entry(answer).or_insert_with(|| request.shown());
            }
        }
    }
    assert!(asked > 20 * REQUESTS, "only {asked} requests were sent");
    assert!(wrong.is_empty(), "{wrong:#?}");
    night.end().await;
}

async fn endpoints(state: &State) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for service in SERVICES {
        let url = &state.process(service).url;
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        let document = send(address, "GET", "/openapi.json", &[], "").await.json();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, described) in methods.as_object().unwrap() {
                endpoints.push(Endpoint {
                    address,
                    method: method.to_uppercase(),
                    path: path.clone(),
                    described: described.clone(),
                    schemas: document["components"]["schemas"].clone(),
                });
            }
        }
    }
    endpoints
}

impl Endpoint {
    fn describes(&self, status: u16) -> bool {
        self.described["responses"]
            .get(status.to_string())
            .is_some()
    }

    fn parameters(&self, place: &str) -> Vec<String> {
        let all = self.described["parameters"].as_array();
        let named = all.into_iter().flatten().filter(|one| one["in"] == place);
        named
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The names of the fields of the body, which say what a request looks like that is almost right.
    fn fields(&self) -> Vec<String> {
        let schema = &self.described["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"]
            .as_str()
            .and_then(|path| path.rsplit('/').next());
        let schema = name.map_or(schema, |name| &self.schemas[name]);
        let fields = schema["properties"].as_object();
        fields.into_iter().flat_map(Map::keys).cloned().collect()
    }
}

impl Callers {
    async fn of(state: &State) -> Self {
        let call = async |path: &str, body: Value| {
            let address = state
                .process("access-control")
                .url
                .strip_prefix("http://")
                .unwrap()
                .parse()
                .unwrap();
            let headers = [("content-type", "application/json")];
            send(address, "POST", path, &headers, body.to_string()).await
        };
        let official = json!({"jmbg": "0101994704401", "forename": "Ana", "surname": "Anić", "email": "ana@example.rs", "password": "Aa345678"});
        assert_eq!(call("/register", official).await.status, 200);
        let mut tokens = vec![None, Some("junk".to_owned()), Some(String::new())];
        for (email, password) in [("admin@admin.com", "1"), ("ana@example.rs", "Aa345678")] {
            let answer = call("/login", json!({"email": email, "password": password}))
                .await
                .json();
            for kind in ["accessToken", "accessToken", "refreshToken"] {
                tokens.push(Some(answer[kind].as_str().unwrap().to_owned()));
            }
        }
        Self { tokens }
    }
}

struct Request {
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Request {
    fn make(endpoint: &Endpoint, callers: &Callers, random: &mut StdRng) -> Self {
        let mut target = endpoint.path.clone();
        for name in endpoint.parameters("path") {
            target = target.replace(&format!("{{{name}}}"), &in_a_url(text(random)));
        }
        let mut separator = '?';
        for name in endpoint.parameters("query") {
            if random.random_bool(0.7) {
                target = format!("{target}{separator}{name}={}", in_a_url(text(random)));
                separator = '&';
            }
        }
        let mut headers = Vec::new();
        if let Some(token) = callers.tokens.choose(random).unwrap() {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        let content = endpoint.described["requestBody"]["content"].as_object();
        let wanted = content.and_then(|content| content.keys().next());
        let types = [
            "text/plain",
            "application/json",
            "multipart/form-data",
            "",
            "multipart/form-data; boundary=lines",
        ];
        let content_type = match wanted.map(String::as_str) {
            Some("multipart/form-data") if random.random_bool(0.8) => types[4],
            Some("application/json") if random.random_bool(0.8) => types[1],
            _ => types.choose(random).unwrap(),
        };
        headers.push(("content-type", content_type.to_owned()));
        Self {
            target,
            headers,
            body: if content_type.ends_with("lines") {
                form(random)
            } else {
                json_body(&endpoint.fields(), random)
            },
        }
    }

    fn shown(&self) -> String {
        let Self {
            target,
            headers,
            body,
        } = self;
        format!(
            "{target} {headers:.60?} {:.200}",
            String::from_utf8_lossy(body)
        )
    }

    /// The status of the answer; `None` if it goes on for ever, or the connection was closed, as it may be before a
    /// body was read that is too long.
    async fn send(&self, endpoint: &Endpoint) -> Option<u16> {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = try_send(
            endpoint.address,
            &endpoint.method,
            &self.target,
            &headers,
            self.body.clone(),
        );
        let never_ends = endpoint.path.ends_with("/events");
        let patience = if never_ends {
            PATIENCE_FOR_EVENTS
        } else {
            PATIENCE
        };
        let answer = tokio::time::timeout(patience, answer).await;
        assert!(
            answer.is_ok() || never_ends,
            "no answer to {}",
            self.shown()
        );
        answer.ok().flatten().map(|answer| answer.status.as_u16())
    }
}

fn text(random: &mut StdRng) -> &'static str {
    TEXTS.choose(random).unwrap()
}

/// Every byte that is no letter or digit as `%..`.
fn in_a_url(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    // An empty segment would be another path.
    if text.is_empty() {
        "%20".to_owned()
    } else {
        text.bytes().map(byte).collect()
    }
}

fn json_body(fields: &[String], random: &mut StdRng) -> Vec<u8> {
    let text = match random.random_range(0..10) {
        0 => String::new(),
        1 => "{".to_owned(),
        2 => "[".repeat(3_000),
        3 => format!(
            "{{\"{}\": 1e999}}",
            fields.first().map_or("x", String::as_str)
        ),
        4 => return vec![0xff, 0xfe, 0x00, 0x7b],
        5 => value(random).to_string(),
        _ => {
            let mut object = Map::new();
            for field in fields {
                if random.random_bool(0.9) {
                    object.insert(field.clone(), value(random));
                }
            }
            Value::Object(object).to_string()
        }
    };
    text.into_bytes()
}

fn value(random: &mut StdRng) -> Value {
    match random.random_range(0..12) {
        0 => Value::Null,
        1 => json!(random.random_bool(0.5)),
        2 => json!(random.random::<i64>()),
        3 => json!(random.random_range(-2..9)),
        4 => json!(-0.5),
        5 => json!([value(random), value(random)]),
        6 => json!({"id": value(random), "name": value(random)}),
        7 => json!("x".repeat(random.random_range(200..6_000))),
        8 => json!([1, 2, 3]),
        _ => json!(text(random)),
    }
}

fn form(random: &mut StdRng) -> Vec<u8> {
    let lines: Vec<String> = (0..random.random_range(0..4))
        .map(|_| format!("{},{}", text(random), text(random)))
        .collect();
    let name = ["file", "file", "file", "constituency", ""]
        .choose(random)
        .unwrap();
    let part = format!(
        "--lines\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"b.csv\"\r\n\r\n{}\r\n",
        lines.join("\n")
    );
    match random.random_range(0..6) {
        0 => Vec::new(),
        1 => part.into_bytes(),
        2 => "--lines--\r\n".into(),
        _ => [part.as_bytes(), b"--lines--\r\n"].concat(),
    }
}
