//! One observer of one election.

use std::io;
use std::time::{Duration, SystemTime};

use actix_web::http::header::HttpDate;
use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};

use crate::latest::Results;

/// A comment is sent after this long without any other data, so that no proxy considers the stream dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const KEEP_ALIVE_COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// An observer that reads nothing for this long is disconnected: it would show an old result.
const STALLED: Duration = Duration::from_secs(30);

/// Sends one election's results to one socket until either ends.
pub(crate) struct Observer {
    socket: TcpStream,
    results: Results,
    /// Counts against the maximum number of observers.
    _place: OwnedSemaphorePermit,
}

impl Observer {
    pub(crate) fn new(socket: TcpStream, results: Results, place: OwnedSemaphorePermit) -> Self {
        Self {
            socket,
            results,
            _place: place,
        }
    }

    /// Runs until the observer has gone, has stalled, or the latest is closed.
    ///
    /// `seen` is the position that the client has already, from its `Last-Event-ID`, and `retry`
    /// how long it should wait before it connects again.
    pub(crate) async fn run(mut self, seen: Option<u64>, retry: Duration) {
        // How it ends does not matter: with a crowd, it is not worth a log line.
        let _ended = self.send_results(seen, retry).await;
    }

    async fn send_results(&mut self, seen: Option<u64>, retry: Duration) -> io::Result<()> {
        let opening = self.opening(seen, retry);
        self.send(opening).await?;
        loop {
            let next = tokio::select! {
                changed = self.results.changed() => match changed {
                    // Only the newest: this is where a slow observer skips results.
                    Ok(()) => self.results.borrow_and_update().event().clone(),
                    Err(_closed) => return self.socket.shutdown().await,
                },
                gone = hung_up(&self.socket) => return gone,
                () = sleep(KEEP_ALIVE) => KEEP_ALIVE_COMMENT,
            };
            self.send(next).await?;
        }
    }

    /// The head of the response and the first event, unless the client has it already.
    ///
    /// The body has no length and ends with the connection.
    fn opening(&mut self, seen: Option<u64>, retry: Duration) -> Bytes {
        let date = HttpDate::from(SystemTime::now());
        let retry_ms = retry.as_millis();
        let mut opening = format!(
            "HTTP/1.1 200 OK\r\n\
             content-type: text/event-stream\r\n\
             cache-control: no-store\r\n\
             x-accel-buffering: no\r\n\
             x-content-type-options: nosniff\r\n\
             connection: close\r\n\
             date: {date}\r\n\
             \r\n\
             retry: {retry_ms}\n\n"
        )
        .into_bytes();
        let newest = self.results.borrow_and_update();
        if seen == Some(newest.position()) {
            opening.extend_from_slice(b": nothing new\n\n");
        } else {
            opening.extend_from_slice(newest.event());
        }
        opening.into()
    }

    async fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        timeout(STALLED, self.socket.write_all(&bytes)).await?
    }
}

/// Completes when the client has closed its side. Anything it sends is discarded.
async fn hung_up(socket: &TcpStream) -> io::Result<()> {
    loop {
        socket.readable().await?;
        let mut ignored = [0; 256];
        match socket.try_read(&mut ignored) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::net::TcpListener;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::latest::{LatestResults, sample};

    /// There is one of these for each of ten thousand observers; including the kernel's and the runtime's
    /// share, an observer must stay under 4 kB.
    #[tokio::test]
    async fn an_observer_is_small() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = TcpStream::connect(address).await.unwrap();
        let latest = LatestResults::default();
        latest.show(sample(1, 0, ""));
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let observer = Observer::new(socket, latest.subscribe(1).unwrap(), place);
        let future = observer.run(None, Duration::ZERO);
        let size = size_of_val(&future);
        assert!(size <= 1024, "{size} bytes");
    }
}
