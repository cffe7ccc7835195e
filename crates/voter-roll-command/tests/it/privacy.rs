//! The content of the databases does not lead from a voter to a ballot.

use std::collections::HashMap;

use redis::AsyncCommands;

use crate::world::World;

type Buckets = HashMap<String, HashMap<Vec<u8>, Vec<u8>>>;

async fn dump(world: &World) -> Buckets {
    let mut redis = world.redis_connection().await;
    let mut buckets = Buckets::new();
    for key in redis.keys::<_, Vec<String>>("*").await.unwrap() {
        let hash = redis.hgetall(&key).await.unwrap();
        buckets.insert(key, hash);
    }
    buckets
}

/// The voters' entries: all other keys have different names.
fn entries(buckets: &Buckets) -> impl Iterator<Item = &Vec<u8>> {
    let fields = buckets.values().flatten();
    fields
        .filter(|(field, _)| field.len() == 16)
        .map(|(_, entry)| entry)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[tokio::test]
async fn redis_holds_neither_voters_nor_serials_in_clear() {
    let world = World::loaded(1000).await;
    let roll = world.roll();
    let voters = world.voters().await;
    // All states: voted, pending, free.
    for voter in &voters[..300] {
        voter.vote(&roll, 1).await;
    }
    for voter in &voters[300..600] {
        voter.claim(&roll, 2).await.unwrap();
    }
    let buckets = dump(&world).await;
    assert_eq!(buckets.len(), 14);
    let mut all = Vec::new();
    for (key, hash) in &buckets {
        all.extend(key.bytes());
        for (field, value) in hash {
            all.extend(field);
            all.push(b' ');
            all.extend(value);
            all.push(b' ');
        }
    }
    for voter in voters.iter().step_by(7) {
        assert!(!contains(&all, voter.guid.as_bytes()));
        assert!(!contains(&all, voter.guid_text.as_bytes()));
        assert!(!contains(&all, voter.guid_text.replace('-', "").as_bytes()));
        assert!(!contains(&all, voter.personal_id.as_bytes()));
    }

    // Serials are below 1250. Masked serials are arbitrary 32-bit numbers, so hardly any of them looks like a serial.
    let masked: Vec<_> = entries(&buckets)
        .map(|entry| u32::from_le_bytes(entry[3..7].try_into().unwrap()))
        .collect();
    assert_eq!(masked.len(), 1000);
    let like_serials = masked.iter().filter(|bits| **bits < 1250).count();
    assert!(
        like_serials < 3,
        "{like_serials} entries show what may be a serial"
    );
}

#[tokio::test]
async fn a_vote_leaves_no_trace_of_the_choice() {
    let world = World::loaded(100).await;
    let roll = world.roll();
    for (voter, choice) in world
        .voters()
        .await
        .iter()
        .zip([1, 2, 3].into_iter().cycle())
    {
        voter.vote(&roll, choice).await;
    }
    let buckets = dump(&world).await;
    let entries: Vec<_> = entries(&buckets).collect();
    assert_eq!(entries.len(), 100);
    assert!(
        entries
            .iter()
            .all(|entry| entry[0] == 2 && entry.len() == 15),
        "no tag is left"
    );
}

#[tokio::test]
async fn two_elections_name_the_same_voter_differently() {
    let world = World::loaded(100).await;
    let (redis, progress) = (world.redis(), indicatif::ProgressBar::hidden());
    voter_roll_command::load(&world.database, &redis, &world.keys, 8, None, &progress)
        .await
        .unwrap();
    let buckets = dump(&world).await;
    let fields = |election: &str| -> Vec<_> {
        let prefix = format!("roll:{election}:");
        let of_it = buckets.iter().filter(|(key, _)| key.starts_with(&prefix));
        of_it
            .flat_map(|(_, hash)| hash.keys().filter(|field| field.len() == 16))
            .collect()
    };
    let (seven, eight) = (fields("7"), fields("8"));
    assert_eq!((seven.len(), eight.len()), (100, 100));
    assert!(seven.iter().all(|field| !eight.contains(field)));
}

#[tokio::test]
async fn postgresql_has_no_place_for_a_ballot() {
    let world = World::loaded(10).await;
    world.voters().await[0].vote(&world.roll(), 1).await;
    let columns = world
        .database
        .query(
            "SELECT table_name || '.' || column_name FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name <> 'refinery_schema_history'
             ORDER BY table_name, ordinal_position",
            &[],
        )
        .await
        .unwrap();
    let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
    // Before adding a column here, ask what it can be joined with.
    assert_eq!(
        columns,
        [
            "audit_head.single",
            "audit_head.seq",
            "audit_head.hash",
            "audit_log.seq",
            "audit_log.at",
            "audit_log.who",
            "audit_log.role",
            "audit_log.what",
            "audit_log.target",
            "audit_log.address",
            "audit_log.outcome",
            "audit_log.previous_hash",
            "audit_log.hash",
            "dim_voters.row_number",
            "dim_voters.personal_id",
            "dim_voters.guid",
            "dim_voters.first_name",
            "dim_voters.last_name",
            "dim_voters.birth_date",
            "dim_voters.gender",
            "dim_voters.region",
            "dim_voters.district",
            "dim_voters.first_guid",
            "dim_voters.struck_at",
            "former_guids.guid",
            "former_guids.row_number",
            "roll_loads.election",
            "roll_loads.key_fingerprint",
            "roll_loads.capacity",
            "roll_loads.voters",
            "roll_loads.first_loaded_at",
            "roll_loads.loaded_at",
            "roll_loads.purged_at",
            "roll_loads.loaded_rows",
        ]
    );
}
