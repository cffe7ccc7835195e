//! The content of the ballot box after several files, sent in parallel and again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ballot_log::Ballot;
use ballot_log::record::PaperLine;
use uuid::Uuid;

use crate::tokens;
use crate::world::{WAIT_LIMIT, World, file, guid, paper};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_two_lines_with_one_guid_is_first_in_the_log() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    // Every GUID three times, near and far.
    let far = (0..6000).map(|number| (number % 2000, number / 2000 + 1));
    let near = (0..6000).map(|number| (10_000 + number / 3, 1));
    assert_eq!(station.send(file(far.chain(near))).await.status, 200);
    let mut lines = BTreeMap::<Uuid, Vec<u32>>::new();
    for record in world.records() {
        let (guid, line) = paper(&record);
        lines.entry(guid).or_default().push(line);
    }
    assert_eq!(lines.len(), 4000);
    for lines in lines.values() {
        assert!(
            lines.len() == 3 && lines.iter().min() == lines.first(),
            "{lines:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_with_one_guid_do_not_wait_for_each_other() {
    const LINES: usize = 20_000;
    let world = World::open(devstack::shared().await).await;
    // So long that the test would never end if each line waited for the one before.
    let station = world.start_with(&["--linger-ms", "100"]).await;
    let file = file((0..20_000).map(|_| (1, 1)));
    let recorded = tokio::time::timeout(WAIT_LIMIT, station.send(&file)).await;
    assert_eq!(recorded.unwrap().status, 200);
    let lines: Vec<u32> = world
        .records()
        .iter()
        .map(|record| paper(record).1)
        .collect();
    assert_eq!(lines[0], 0, "the first is first");
    let different: BTreeSet<u32> = lines.iter().copied().collect();
    assert_eq!((lines.len(), different.len()), (LINES, LINES));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_sent_at_once_through_several_stations_all_arrive() {
    let world = World::open(devstack::shared().await).await;
    // Fewer permits than files: some wait for their turn.
    let wait_limit = "--place-timeout-s=120";
    let stations = [
        world.start_with(&["--files", "2", wait_limit]).await,
        world.start_with(&["--files", "1", wait_limit]).await,
        world.start_with(&["--files", "4", wait_limit]).await,
    ];
    let files: Vec<String> = (0..12_u128)
        .map(|number| file((0..5000).map(|line| (number * 5000 + line, line % 4 + 1))))
        .collect();
    let sending = files
        .iter()
        .enumerate()
        .map(|(number, file)| stations[number % 3].send(file));
    for answer in futures_util::future::join_all(sending).await {
        assert_eq!(answer.exactly(), (200, ""));
    }
    let records = world.records();
    assert_eq!(records.len(), 60_000);
    let guids: BTreeSet<Uuid> = records.iter().map(|record| paper(record).0).collect();
    assert_eq!(guids.len(), 60_000);
    // Each before its ballots, and when they are all in the log.
    assert_eq!(world.acts(24).await.len(), 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_again_is_the_same_lines_of_the_same_official() {
    let world = World::open(devstack::shared().await).await;
    let (one, other) = (world.start().await, world.start().await);
    let file = format!("{},1\n{},2\n", guid(1), guid(2));
    for station in [&one, &other, &one] {
        assert_eq!(station.send(&file).await.status, 200);
    }
    let colleague = tokens::official_with_jmbg("0000000000001");
    assert_eq!(one.send_as(&colleague, &file).await.status, 200);
    assert_eq!(one.send(format!("{file}\n")).await.status, 200);
    let mut lines = HashMap::<PaperLine, u32>::new();
    for record in world.records() {
        let Ballot::Paper(_, line) = record.ballot else {
            panic!("officials bring paper");
        };
        *lines.entry(line).or_default() += 1;
    }
    let mut sent: Vec<u32> = lines.values().copied().collect();
    sent.sort_unstable();
    // Two lines three times; the colleague's two lines, and those of a file with one more byte, are different lines.
    assert_eq!(sent, [1, 1, 1, 1, 3, 3]);
    let officials: BTreeSet<u64> = lines.keys().map(|line| line.official).collect();
    assert_eq!(
        officials.into_iter().collect::<Vec<_>>(),
        [1, 101_994_704_401]
    );
}
