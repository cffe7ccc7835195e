//! A connection that a handler may take away from the HTTP server.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What the HTTP server reads from and writes to.
///
/// Once the socket has been taken, the server sees a peer that has gone: reads return end of file, and writes
/// are discarded. So it finishes with the connection and frees its buffers, while the socket stays open.
pub(crate) struct Connection {
    socket: Rc<RefCell<Option<TcpStream>>>,
}

/// Reaches the socket of a [`Connection`] from the handler of a request that came over it.
pub(crate) struct ConnectionHandle {
    socket: Rc<RefCell<Option<TcpStream>>>,
}

impl Connection {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket: Rc::new(RefCell::new(Some(socket))),
        }
    }

    pub(crate) fn handle(&self) -> ConnectionHandle {
        ConnectionHandle {
            socket: Rc::clone(&self.socket),
        }
    }

    /// Polls the socket, or returns `taken` once the socket is gone.
    fn poll<T>(
        &self,
        taken: T,
        poll: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match self.socket.borrow_mut().as_mut() {
            Some(socket) => poll(Pin::new(socket)),
            None => Poll::Ready(Ok(taken)),
        }
    }
}

impl ConnectionHandle {
    /// Takes the socket. The answer that the handler then returns to the server is never sent.
    pub(crate) fn take(&self) -> Option<TcpStream> {
        self.socket.borrow_mut().take()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll((), |socket| socket.poll_read(context, buffer))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(bytes.len(), |socket| socket.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll((), |socket| socket.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll((), |socket| socket.poll_shutdown(context))
    }
}
