//! Live results over server-sent events, and the page that shows them.

use clap::Parser;
use dashboard_feed::{Application, Options};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    service_kit::telemetry::init();
    let application = Application::build(&options)?;
    application
        .run_until(service_kit::shutdown::requested())
        .await
}
