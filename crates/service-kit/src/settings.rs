//! Groups of settings that several programs take: as flags, or from the environment.

use clap::Args;

/// Where Kafka is.
#[derive(Args, Clone, Debug)]
pub struct KafkaOptions {
    /// Kafka brokers to start from: host:port, separated by commas
    #[arg(long, env = "KAFKA_BROKERS", default_value = "127.0.0.1:9092")]
    pub kafka_brokers: String,
    /// Put before the name of every topic, so that several installations can share a Kafka
    #[arg(long, env = "KAFKA_TOPIC_PREFIX", default_value = "")]
    pub topic_prefix: String,
}

/// Where Redis is. Not `Debug`: the URL may hold a password.
#[derive(Args, Clone)]
pub struct RedisOptions {
    /// Redis: `redis://[:password@]host:port[/database]`
    #[arg(
        long,
        env = "REDIS_URL",
        default_value = "redis://127.0.0.1:6379",
        hide_env_values = true
    )]
    pub redis_url: String,
}

/// Where PostgreSQL is. Not `Debug`: the URL may hold a password.
#[derive(Args, Clone)]
pub struct PostgresOptions {
    /// PostgreSQL: `postgresql://user[:password]@host:port/database`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// Connections to PostgreSQL held open at most
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 4)]
    pub database_connections: usize,
}
