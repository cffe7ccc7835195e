//! Three brokers.

use devstack::{Stack, StackOptions};

use crate::command::turn;

#[tokio::test]
async fn one_broker_of_three_may_be_killed_and_comes_back() {
    let _turn = turn().await;
    let stack = Stack::start_with(StackOptions {
        brokers: 3,
        ..StackOptions::private()
    })
    .await
    .unwrap();
    assert_eq!(stack.kafka_brokers().split(',').count(), 3);

    stack.kill("kafka-2").await.unwrap();
    // It is ready only when the cluster has all three brokers again.
    stack.restart("kafka-2").await.unwrap();

    stack.stop().await;
}

#[tokio::test]
async fn other_numbers_are_refused() {
    let error = Stack::start_with(StackOptions {
        brokers: 2,
        ..StackOptions::private()
    })
    .await
    .unwrap_err();
    assert_eq!(error.to_string(), "a cluster has 1 or 3 brokers, not 2");
}
