//! A killed server comes back on its port with its data.

use devstack::{Stack, StackOptions};
use redis::AsyncCommands;

use crate::clients;
use crate::command::turn;

#[tokio::test]
async fn killed_servers_come_back_with_their_data() {
    let _turn = turn().await;
    let stack = Stack::start_with(StackOptions {
        persist_redis: true,
        ..StackOptions::private()
    })
    .await
    .unwrap();
    let database = stack.create_database("roll").await.unwrap();
    clients::postgres(&database)
        .await
        .batch_execute("CREATE TABLE dim_voters AS SELECT 4711 AS id")
        .await
        .unwrap();
    let () = clients::redis(stack.redis_url())
        .await
        .set("tally:{7}", "4711")
        .await
        .unwrap();

    for name in ["kafka", "redis", "postgres"] {
        let before = stack.server(name).unwrap().pid();
        stack.kill(name).await.unwrap();
        stack.restart(name).await.unwrap();
        assert_ne!(stack.server(name).unwrap().pid(), before);
    }

    let row = clients::postgres(&database)
        .await
        .query_one("SELECT id FROM dim_voters", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i32>(0), 4711);
    let value: String = clients::redis(stack.redis_url())
        .await
        .get("tally:{7}")
        .await
        .unwrap();
    assert_eq!(value, "4711");
    stack.stop().await;
}

#[tokio::test]
async fn without_a_log_redis_loses_its_memory() {
    let redis = devstack::shared().await.dedicated_redis().await.unwrap();
    let () = clients::redis(redis.url())
        .await
        .set("tally:{7}", "4711")
        .await
        .unwrap();
    redis.restart().await.unwrap();
    let value: Option<String> = clients::redis(redis.url())
        .await
        .get("tally:{7}")
        .await
        .unwrap();
    assert_eq!(value, None);
}

#[tokio::test]
async fn a_name_that_is_not_there_is_told_with_those_that_are() {
    let stack = devstack::shared().await;
    let error = stack.kill("kafka-2").await.unwrap_err().to_string();
    assert!(
        error.starts_with("this stack runs no kafka-2, only: "),
        "{error}"
    );
}
