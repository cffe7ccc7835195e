//! Redis goes away and comes back.

use voter_roll::{ClaimError, Roll, RollOptions};

use crate::world::{ELECTION, World};

#[tokio::test]
async fn scripts_that_redis_forgot_are_loaded_again() {
    // SCRIPT FLUSH affects the whole server.
    let server = devstack::shared().await.dedicated_redis().await.unwrap();
    let mut world = World::on_redis(server.url().to_owned()).await;
    world.generate(100, 1).await.unwrap();
    world.load().await.unwrap();
    let roll = world.roll();
    let voters = world.voters().await;
    voters[0].vote(&roll, 1).await;
    let mut redis = world.redis_connection().await;
    let () = redis::cmd("SCRIPT")
        .arg("FLUSH")
        .query_async(&mut redis)
        .await
        .unwrap();
    let claims = voters[1..].iter().map(|voter| voter.claim(&roll, 1));
    for claim in futures_util::future::join_all(claims).await {
        claim.unwrap();
    }
}

#[tokio::test]
async fn without_redis_the_answer_is_unavailable_and_afterwards_it_goes_on() {
    let stack = devstack::shared().await;
    let server = stack.dedicated_redis_with(true).await.unwrap();
    // With a busy disk, the log of writes could be up to two seconds behind the answers.
    let client = redis::Client::open(server.url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let always = ["SET", "appendfsync", "always"];
    redis::cmd("CONFIG")
        .arg(&always)
        .exec_async(&mut redis)
        .await
        .unwrap();
    let mut world = World::on_redis(server.url().to_owned()).await;
    world.generate(100, 1).await.unwrap();
    world.load().await.unwrap();
    let roll = world.roll();
    let voters = world.voters().await;
    voters[0].vote(&roll, 1).await;
    let pending = voters[1].claim(&roll, 1).await.unwrap();
    roll.check_writable().await.unwrap();

    server.kill().await;
    assert!(roll.check_writable().await.is_err());
    let claims = voters.iter().map(|voter| voter.claim(&roll, 1));
    for refused in futures_util::future::join_all(claims).await {
        assert!(
            matches!(refused, Err(ClaimError::Unavailable(_))),
            "{refused:?}"
        );
    }
    let unconfirmed = roll.confirm(pending.clone()).await;
    assert!(matches!(unconfirmed, Err(ClaimError::Unavailable(_))));

    server.restart().await.unwrap();
    roll.check_writable().await.unwrap();
    assert!(matches!(
        voters[0].claim(&roll, 1).await,
        Err(ClaimError::AlreadyVoted)
    ));
    assert_eq!(
        voters[1].claim(&roll, 1).await.unwrap().serial,
        pending.serial
    );
    roll.confirm(pending).await.unwrap();
    voters[2].vote(&roll, 1).await;
}

#[tokio::test]
async fn a_restart_between_two_votes_goes_unnoticed() {
    let stack = devstack::shared().await;
    let server = stack.dedicated_redis_with(true).await.unwrap();
    let mut world = World::on_redis(server.url().to_owned()).await;
    world.generate(10, 1).await.unwrap();
    world.load().await.unwrap();
    let roll = world.roll();
    let voters = world.voters().await;
    voters[0].vote(&roll, 1).await;
    server.restart().await.unwrap();
    voters[1].vote(&roll, 1).await;
    assert!(matches!(
        voters[0].claim(&roll, 1).await,
        Err(ClaimError::AlreadyVoted)
    ));
}

#[tokio::test]
async fn a_service_that_does_not_run_is_an_outage_and_no_hang() {
    let world = World::loaded(1).await;
    let voter = world.voters().await.remove(0);
    let (roll, service) = Roll::open(world.redis(), world.keys.clone(), RollOptions::default());
    drop(service);
    let refused = roll
        .claim(ELECTION, &voter.guid, &voter.personal_id, 1)
        .await;
    assert!(matches!(refused, Err(ClaimError::Unavailable(_))));
}

#[tokio::test]
async fn the_service_ends_with_its_last_handle_and_answers_everybody_before() {
    let world = World::loaded(50).await;
    let (roll, service) = Roll::open(world.redis(), world.keys.clone(), RollOptions::default());
    let running = tokio::spawn(service.run());
    let voters = world.voters().await;
    let claims: Vec<_> = voters
        .into_iter()
        .map(|voter| {
            let roll = roll.clone();
            tokio::spawn(async move { voter.claim(&roll, 1).await })
        })
        .collect();
    drop(roll);
    for claim in claims {
        claim.await.unwrap().unwrap();
    }
    running.await.unwrap();
}
