//! Isolation between the tests of a binary.

use redis::AsyncCommands;

use crate::clients;

#[tokio::test]
async fn each_database_is_new_and_empty() {
    let stack = devstack::shared().await;
    let (first, second) =
        tokio::join!(stack.create_database("roll"), stack.create_database("roll"));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first, second);
    for url in [first, second] {
        clients::postgres(&url)
            .await
            .batch_execute("CREATE TABLE dim_voters (id int)")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn each_logical_database_of_redis_is_empty() {
    let stack = devstack::shared().await;
    let (first, second) = tokio::join!(stack.redis_url_fresh(), stack.redis_url_fresh());
    let mut first = clients::redis(&first.unwrap()).await;
    let mut second = clients::redis(&second.unwrap()).await;
    let () = first.set("results:{7}", "a").await.unwrap();
    let seen: Option<String> = second.get("results:{7}").await.unwrap();
    assert_eq!(seen, None);
}

#[tokio::test]
async fn a_dedicated_redis_has_channels_of_its_own() {
    let stack = devstack::shared().await;
    let (first, second) = tokio::join!(stack.dedicated_redis(), stack.dedicated_redis());
    let (first, second) = (first.unwrap(), second.unwrap());
    let mut subscriber = redis::Client::open(first.url())
        .unwrap()
        .get_async_pubsub()
        .await
        .unwrap();
    subscriber.subscribe("results:{7}").await.unwrap();

    let heard_elsewhere: u32 = clients::redis(second.url())
        .await
        .publish("results:{7}", "x")
        .await
        .unwrap();
    let heard: u32 = clients::redis(first.url())
        .await
        .publish("results:{7}", "x")
        .await
        .unwrap();

    assert_eq!((heard_elsewhere, heard), (0, 1));
}

#[test]
fn the_shared_stack_outlives_the_runtime_that_started_it() {
    let first = tokio::runtime::Runtime::new().unwrap();
    first.block_on(devstack::shared());
    drop(first);
    let second = tokio::runtime::Runtime::new().unwrap();
    second
        .block_on(async { devstack::shared().await.create_database("roll").await })
        .unwrap();
}
