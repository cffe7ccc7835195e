//! Servers that already run and are named in the environment.

use anyhow::Context;
use tokio::net::TcpStream;

/// Fails unless one of the brokers can be reached.
pub(crate) async fn require_kafka(brokers: &str) -> anyhow::Result<()> {
    let mut last = None;
    for broker in brokers.split(',') {
        match TcpStream::connect(broker.trim()).await {
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| anyhow::anyhow!("no broker is named"), Into::into))
        .context(refusal("KAFKA_BROKERS", brokers))
}

/// Fails unless the server answers.
pub(crate) async fn require_redis(url: &str) -> anyhow::Result<()> {
    let ping = async {
        let mut connection = redis::Client::open(url)?
            .get_multiplexed_async_connection()
            .await?;
        redis::cmd("PING").exec_async(&mut connection).await
    };
    ping.await.context(refusal("REDIS_URL", "its server"))
}

/// Fails unless the server answers.
pub(crate) async fn require_postgres(url: &str) -> anyhow::Result<()> {
    super::execute(url, "SELECT 1")
        .await
        .context(refusal("DATABASE_URL", "its server"))
}

/// Does not show the URL, which may contain a password.
fn refusal(variable: &str, server: &str) -> String {
    format!(
        "{variable} is set, but {server} cannot be reached: start it, or unset the variable to have a private one"
    )
}
