//! Connections to PostgreSQL that end if it accepts a query and does not answer it.
//!
//! A proxy may swallow answers, and a server may be paused: the connection stays up, and the client would wait
//! forever. So the byte stream of a connection is watched here, below all clients.

use std::convert::Infallible;
use std::future::{Future as _, Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

/// How long PostgreSQL may be silent while an answer is due.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Watches connections. It takes the place of TLS, because that sees every byte; it changes none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnswersInTime;

impl<S: AsyncRead + AsyncWrite + Unpin> MakeTlsConnect<S> for AnswersInTime {
    type Stream = Watched<S>;
    type TlsConnect = Self;
    type Error = Infallible;

    fn make_tls_connect(&mut self, _host: &str) -> Result<Self, Infallible> {
        Ok(*self)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for AnswersInTime {
    type Stream = Watched<S>;
    type Error = Infallible;
    type Future = Ready<Result<Watched<S>, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(Watched {
            stream,
            asked: Frames::beginning_without_a_type(),
            answered: Frames::default(),
            due: 1,
            heard: Instant::now(),
            alarm: Box::pin(sleep(ANSWER_TIMEOUT)),
        }))
    }
}

/// A connection, and how many answers are due.
pub(crate) struct Watched<S> {
    stream: S,
    asked: Frames,
    answered: Frames,
    /// Requests that PostgreSQL has not finished yet; the first one is the login.
    due: u64,
    /// When the first of them was sent, or when bytes of an answer last arrived.
    heard: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl<S> Watched<S> {
    /// Ready with an error once PostgreSQL has been silent for too long.
    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.due > 0 {
            let late = self.heard + ANSWER_TIMEOUT;
            if Instant::now() >= late {
                let seconds = ANSWER_TIMEOUT.as_secs();
                let message = format!("PostgreSQL has not answered for {seconds} s");
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)));
            }
            if self.alarm.deadline() != late {
                self.alarm.as_mut().reset(late);
            }
            ready!(self.alarm.as_mut().poll(context));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(context, buffer) else {
            return this.poll_alarm(context);
        };
        let done = this.answered.count(&buffer.filled()[before..], b"Z");
        this.due = this.due.saturating_sub(done);
        this.heard = Instant::now();
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, bytes))?;
        // Further requests are no sign of life: one client may have given up, and another may have sent the next
        // request.
        if this.due == 0 {
            this.heard = Instant::now();
        }
        // A simple query, or the end of any other: each is answered by "ready for query". (Copying into PostgreSQL
        // would have two ends and one answer, and is done on other connections.)
        this.due += this.asked.count(&bytes[..written], b"QS");
        // Also needed if nothing is read again before the answer is late.
        let _not_late_yet = this.poll_alarm(context);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Watched<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// Messages of PostgreSQL's protocol, as they come in pieces: a type of one byte, then four bytes with the length of
/// the rest, including themselves. The first message of a client has no type.
#[derive(Debug, Default)]
struct Frames {
    head: Vec<u8>,
    has_no_type: bool,
    /// Bytes of the body still to come.
    left: usize,
}

impl Frames {
    fn beginning_without_a_type() -> Self {
        Self {
            has_no_type: true,
            ..Self::default()
        }
    }

    /// How many messages of these types begin in `bytes`.
    fn count(&mut self, mut bytes: &[u8], types: &[u8]) -> u64 {
        let mut found = 0;
        while let [first, rest @ ..] = bytes {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len());
                self.left -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            if self.head.is_empty() && self.has_no_type {
                self.has_no_type = false;
                self.head.push(0);
            }
            self.head.push(*first);
            bytes = rest;
            if let [kind, length @ ..] = self.head.as_slice()
                && let Ok(length) = <[u8; 4]>::try_from(length)
            {
                found += u64::from(types.contains(kind));
                let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                self.left = length.saturating_sub(4);
                self.head.clear();
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        let startup = b"\0\0\0\x0aQQQQQQ";
        let sent = b"Q\0\0\0\x08SQL\0P\0\0\0\x06QSS\0\0\0\x04";
        for length in 1..20 {
            let mut frames = Frames::beginning_without_a_type();
            let bytes = [&startup[..], &sent[..]].concat();
            let found: u64 = bytes
                .chunks(length)
                .map(|bytes| frames.count(bytes, b"QS"))
                .sum();
            assert_eq!(found, 2, "in pieces of {length}");
            assert_eq!(frames.count(b"S\0\0\0\x04", b"QS"), 1);
        }
    }
}
