//! Telling other services which sessions have ended: by the topic `ended_sessions`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballot_log::EndedSession;
use ballot_log::ended_sessions::Teller;
use tokio::sync::Notify;

use crate::accounts::Accounts;

/// How often to look: another instance may have ended before it told.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often to forget sessions whose tokens have expired.
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// Sessions looked up at a time.
const AT_A_TIME: i64 = 1_000;

/// Tells of every session once it has ended, for ever; at once when `ended` says so.
pub async fn tell(accounts: Accounts, teller: Teller, ended: Arc<Notify>) -> Infallible {
    let mut forgotten: Option<Instant> = None;
    loop {
        if let Err(error) = tell_all(&accounts, &teller).await {
            let error = format!("{error:#}");
            tracing::warn!(error, "others do not know yet which sessions have ended");
        }
        if forgotten.is_none_or(|last| last.elapsed() >= FORGET_EVERY) {
            forgotten = Some(Instant::now());
            if let Err(error) = accounts.forget_expired().await {
                tracing::warn!(%error, "sessions that have expired stay for another hour");
            }
        }
        let _woken = tokio::time::timeout(LOOK_EVERY, ended.notified()).await;
    }
}

async fn tell_all(accounts: &Accounts, teller: &Teller) -> anyhow::Result<()> {
    let sessions = accounts.to_tell(AT_A_TIME).await?;
    if sessions.is_empty() {
        return Ok(());
    }
    for session in &sessions {
        let ended = EndedSession {
            id: session.id.to_string(),
            until: session.until.as_second(),
        };
        teller.tell(&ended).await?;
    }
    // To tell of one again, where that was not noted, changes nothing.
    let ids: Vec<_> = sessions.iter().map(|session| session.id).collect();
    Ok(accounts.are_told(&ids).await?)
}
