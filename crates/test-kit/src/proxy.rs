//! A network that forwards requests and may swallow the answers.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A proxy in front of a server; it ends with the process.
pub struct Proxy {
    swallows: watch::Sender<bool>,
}

impl Proxy {
    /// A proxy in front of the server in a URL; returns the URL that leads through the proxy.
    pub async fn before(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
        let (authority, path) = rest.split_once('/').expect("a URL has a path");
        let (user, server) = match authority.rsplit_once('@') {
            Some((user, server)) => (format!("{user}@"), server.to_owned()),
            None => (String::new(), authority.to_owned()),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://{user}{}/{path}", listener.local_addr().unwrap());
        let (swallows, swallowing) = watch::channel(false);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let Ok(server) = TcpStream::connect(&server).await else {
                    continue;
                };
                tokio::spawn(pass(client, server, swallowing.clone()));
            }
        });
        (Self { swallows }, url)
    }

    /// From now on answers are swallowed, or forwarded again. A connection that has lost one is dead, and stays open.
    pub fn swallow_answers(&self, swallows: bool) {
        self.swallows.send_replace(swallows);
    }
}

async fn pass(client: TcpStream, server: TcpStream, swallowing: watch::Receiver<bool>) {
    let (mut questions, mut to_client) = client.into_split();
    let (mut answers, mut to_server) = server.into_split();
    let ask = async { copy(&mut questions, &mut to_server).await.map(drop) };
    let answer = async {
        let mut bytes = vec![0; 65_536];
        let mut is_dead = false;
        loop {
            let length = answers.read(&mut bytes).await?;
            if length == 0 {
                return Ok(());
            }
            is_dead |= *swallowing.borrow();
            if !is_dead {
                to_client.write_all(&bytes[..length]).await?;
            }
        }
    };
    // When one side disconnects, the other is disconnected too.
    let _ended: Result<(), std::io::Error> = tokio::select! {
        ended = ask => ended,
        ended = answer => ended,
    };
}
