//! A network that fails: it forwards bytes, and sometimes cuts a connection instead of forwarding the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;

/// When the network fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    /// Every n-th answer is lost, and its connection with it.
    EveryAnswer(u64),
    /// With the n-th answer all connections are cut, and new ones are refused for a moment.
    Outage(u64),
}

/// Forwards to `target` (`http://host:port`) and returns its own URL.
pub(crate) async fn proxy(target: &str, failure: Failure) -> String {
    let target = target.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answers = Arc::new(AtomicU64::new(0));
    let (cut, mut down) = broadcast::channel(1);
    tokio::spawn(async move {
        let mut listener = listener;
        loop {
            tokio::select! {
                client = listener.accept() => {
                    let server = TcpStream::connect(&target).await.unwrap();
                    tokio::spawn(pass(client.unwrap().0, server, failure, Arc::clone(&answers), cut.clone()));
                }
                _ = down.recv() => {
                    drop(listener);
                    listener = TcpListener::bind(address).await.unwrap();
                }
            }
        }
    });
    format!("http://{address}")
}

async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    failure: Failure,
    answers: Arc<AtomicU64>,
    cut: broadcast::Sender<()>,
) {
    let mut down = cut.subscribe();
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read {
                Ok(length) if length > 0 => server.write_all(&asked[..length]).await.unwrap(),
                _ => return,
            },
            read = server.read(&mut answered) => {
                let number = answers.fetch_add(1, Ordering::Relaxed) + 1;
                match (failure, read) {
                    (Failure::EveryAnswer(n), _) if number.is_multiple_of(n) => return,
                    (Failure::Outage(n), _) if number == n => {
                        cut.send(()).unwrap();
                        return;
                    }
                    (_, Ok(length)) if length > 0 => {
                        if client.write_all(&answered[..length]).await.is_err() {
                            return;
                        }
                    }
                    _ => return,
                }
            },
            _ = down.recv() => return,
        }
    }
}
