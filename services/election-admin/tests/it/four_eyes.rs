//! What cannot be undone needs two administrators, where that is asked for.

use election_admin::options::Switch;
use jiff::SignedDuration;
use serde_json::{Value, json};
use service_kit::testing;
use service_kit::token::{Role, TokenKind};
use test_kit::http::Answer;

use crate::world::{Admin, World};

fn called(name: &str) -> String {
    let mut claims = testing::claims(Role::Administrator, TokenKind::Access);
    claims.sub = format!("{name}@example.org");
    testing::bearer(&testing::secret(), &claims).unwrap()
}

async fn post(admin: &Admin, who: &str, path: &str, body: &Value) -> Answer {
    let body = ("application/json", body.to_string());
    admin.call("POST", path, Some(&called(who)), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_is_cancelled_when_two_administrators_want_it() {
    let world = World::new().await;
    let mut options = world.options();
    options.four_eyes = Switch::On;
    let admin = world.start_with(&options).await;
    let hour = SignedDuration::from_hours(1);
    admin.election(false, hour, json!({})).await;
    let cancel = async |who: &str, id: u32| {
        let path = format!("/elections/{id}/cancel");
        post(&admin, who, &path, &json!({})).await
    };
    let unknown = cancel("ana", 9).await;
    assert_eq!(unknown.problem(), (404, "no-such-election"));
    for _ in 0..2 {
        let waits = cancel("ana", 1).await;
        assert_eq!(waits.problem(), (202, "waits-for-another"));
    }
    let is_cancelled = async || {
        let sql = "SELECT count(*) FROM audit_log WHERE what = 'cancel' AND outcome = 'success'";
        world
            .sql()
            .await
            .query_one(sql, &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
            == 1
    };
    assert!(!is_cancelled().await);
    let waiting = admin.read("/proposals").await.json();
    assert_eq!(waiting["proposals"][0]["who"], "ana@example.org");
    assert_eq!(waiting["proposals"][0]["what"], "cancel");
    assert_eq!(waiting["proposals"][0]["target"], "election 1");
    assert_eq!(cancel("mira", 1).await.status, 200);
    assert!(is_cancelled().await);
    let nothing = json!({"proposals": []});
    assert_eq!(admin.read("/proposals").await.json(), nothing);
    // What was wanted long ago is forgotten.
    assert_eq!(cancel("ana", 1).await.status, 202);
    let sql = "UPDATE proposals SET at = at - interval '25 hours'";
    world.sql().await.batch_execute(sql).await.unwrap();
    assert_eq!(cancel("mira", 1).await.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn lots_are_taken_when_both_say_the_same() {
    let world = World::new().await;
    let mut options = world.options();
    options.four_eyes = Switch::On;
    let admin = world.start_with(&options).await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    let lots = |order: [u32; 2]| json!({"order": order, "drawn_by": "C", "drawn_at": "2026-06-16T15:00:00Z"});
    let path = "/elections/1/lots";
    for (who, order) in [("ana", [1, 2]), ("mira", [2, 1]), ("ana", [1, 2])] {
        let waits = post(&admin, who, path, &lots(order)).await;
        assert_eq!(waits.problem(), (202, "waits-for-another"));
    }
    // Confirmed, and then judged as always: the result is not final.
    let judged = post(&admin, "mira", path, &lots([1, 2])).await;
    assert_eq!(judged.problem(), (409, "result-is-not-final"));
}
