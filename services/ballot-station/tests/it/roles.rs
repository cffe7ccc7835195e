//! Who is let in: every endpoint of the table, with every token that must be refused.

use std::collections::BTreeSet;

use ballot_station::routes;
use hyper::Method;
use hyper::body::Bytes;
use service_kit::routes::Access;
use service_kit::testing;

use crate::tokens;
use crate::world::{World, form, guid};

/// What every service has, open to all.
const OPEN_TO_ALL: [&str; 2] = ["/openapi.json", "/docs"];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_the_right_token_whatever_the_body() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let (multipart, file) = form("file", Some("f.csv"), format!("{},1\n", guid(1)));
    let bodies: [(Option<&str>, Vec<u8>); 6] = [
        (None, Vec::new()),
        (Some("application/json"), Vec::new()),
        (Some("application/json"), b"{}".to_vec()),
        (Some("application/json"), b"{".to_vec()),
        (Some("text/plain"), vec![0; 100_000]),
        (Some(&multipart), file.clone()),
    ];
    for endpoint in routes::endpoints() {
        let method: Method = endpoint.method.as_str().parse().unwrap();
        assert_eq!(endpoint.access, Access::Official);
        let intruders = testing::intruders(&testing::secret(), endpoint.access, &tokens::claims());
        for intruder in intruders.unwrap() {
            for (content_type, body) in &bodies {
                let mut headers = Vec::new();
                headers.extend(
                    intruder
                        .authorization
                        .as_deref()
                        .map(|value| ("authorization", value)),
                );
                headers.extend(content_type.map(|value| ("content-type", value)));
                let answer = station
                    .request(
                        method.clone(),
                        &endpoint.path,
                        &headers,
                        Bytes::from(body.clone()),
                    )
                    .await
                    .unwrap();
                let case = format!(
                    "{} {}, {}, {content_type:?}",
                    endpoint.method, endpoint.path, intruder.why
                );
                assert_eq!(
                    answer.exactly(),
                    (401, r#"{"msg":"Missing Authorization Header"}"#),
                    "{case}"
                );
                assert_eq!(answer.headers["content-type"], "application/json", "{case}");
            }
        }
        let right = format!("Bearer {}", tokens::official());
        let answer = station
            .request(
                method,
                &endpoint.path,
                &[("authorization", &right)],
                Bytes::new(),
            )
            .await
            .unwrap();
        assert_ne!(answer.status, 401);
    }
    assert_eq!(
        world.size(),
        0,
        "nobody who was turned away recorded anything"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_official_whose_jmbg_no_ballot_can_bear_has_no_usable_token() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    for jmbg in ["", "1", "010199470440x", "01019947044010", "+101994704401"] {
        let answer = station
            .send_as(&tokens::official_with_jmbg(jmbg), format!("{},1", guid(1)))
            .await;
        assert_eq!(answer.status, 401, "{jmbg}");
    }
    assert_eq!(world.size(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_nothing_to_call_that_the_table_does_not_know() {
    let world = World::on(devstack::shared().await).await;
    let station = world.start_unready(&[]);
    let answer = station.get("/openapi.json").await;
    let document = answer.json();
    let documented: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let table: BTreeSet<String> = routes::endpoints()
        .iter()
        .map(|endpoint| endpoint.path.clone())
        .collect();
    let open: BTreeSet<String> = OPEN_TO_ALL.map(str::to_owned).into();
    assert!(table.is_subset(&documented));
    assert!(documented.is_subset(&(&table | &open)));
    for endpoint in routes::endpoints() {
        let method = endpoint.method.as_str().to_lowercase();
        assert!(document["paths"][endpoint.path.as_str()][method]["security"].is_array());
    }
    let found = station
        .request(Method::GET, "/vote/", &[], Bytes::new())
        .await
        .unwrap();
    assert_eq!(found.status, 404);
}
