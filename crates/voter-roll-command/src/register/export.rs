//! The roll as a CSV file, for programs that simulate voters.

use futures_util::TryStreamExt;
use indicatif::ProgressBar;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};
use tokio_postgres::Client;

use crate::error::RollError;

/// Writes `personal_id,guid,district` of every voter who may vote, in the order of the roll, under that header;
/// says how many voters.
///
/// # Errors
/// If PostgreSQL fails or the file cannot be written.
pub async fn export(
    database: &Client,
    file: impl AsyncWrite + Unpin,
    progress: &ProgressBar,
) -> Result<u64, RollError> {
    let rows = database
        .copy_out(
            "COPY (SELECT personal_id, guid, district FROM dim_voters WHERE struck_at IS NULL
                   ORDER BY row_number)
             TO STDOUT (FORMAT csv, HEADER)",
        )
        .await?;
    let mut rows = std::pin::pin!(rows);
    // PostgreSQL sends every line separately.
    let mut file = BufWriter::with_capacity(1 << 18, file);
    let mut lines: u64 = 0;
    while let Some(chunk) = rows.try_next().await? {
        let ended = chunk.split(|byte| *byte == b'\n').count() - 1;
        lines += ended as u64;
        file.write_all(&chunk).await?;
        progress.set_position(lines.saturating_sub(1));
    }
    file.flush().await?;
    Ok(lines.saturating_sub(1))
}
