//! What a Redis keeps on disk.

use std::fs;
use std::path::Path;

use redis::aio::MultiplexedConnection;

/// The content of its append-only files; nothing where it keeps none.
pub async fn read(redis: &mut MultiplexedConnection) -> Vec<Vec<u8>> {
    let directory = setting(redis, "dir").await;
    let directory = Path::new(&directory).join(setting(redis, "appenddirname").await);
    let files = fs::read_dir(directory).into_iter().flatten();
    // Redis may remove a file that it has written anew.
    files
        .map(|file| fs::read(file.unwrap().path()).unwrap_or_default())
        .collect()
}

async fn setting(redis: &mut MultiplexedConnection, name: &str) -> String {
    let mut asking = redis::cmd("CONFIG");
    let asking = asking.arg("GET").arg(name).query_async(redis);
    let (_, value): (String, String) = asking.await.unwrap();
    value
}
