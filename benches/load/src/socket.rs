//! A peer: one WebSocket to one room.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::dialect::{Dialect, Greeting};

/// What went wrong, for a person.
#[derive(Debug)]
pub struct Failure(pub String);

impl From<tungstenite::Error> for Failure {
    fn from(error: tungstenite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A TCP connection that counts its bytes.
pub struct Counted {
    stream: TcpStream,
    bytes: Rc<Cell<u64>>,
}

impl Counted {
    fn count(&self, bytes: usize) {
        self.bytes.set(self.bytes.get() + bytes as u64);
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.count(buffer.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, buffer);
        if let Poll::Ready(Ok(written)) = &polled {
            self.count(*written);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Which server, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Server {
    /// Host and port.
    pub address: String,
    /// Its protocol.
    pub dialect: Dialect,
}

/// Somebody who has joined a room.
pub struct Peer {
    /// Under which id.
    pub id: String,
    /// Over what.
    pub socket: WebSocketStream<Counted>,
    /// How many bytes have gone over it in both directions, the upgrade included.
    pub bytes: Rc<Cell<u64>>,
    dialect: Dialect,
}

thread_local! {
    static PEERS: Cell<u32> = const { Cell::new(0) };
}

impl Peer {
    /// Joins: the server has greeted it.
    pub async fn join(server: &Server, room: &str) -> Result<Self, Failure> {
        let own = format!("{:05}{:05}", std::process::id() % 100_000, PEERS.replace(PEERS.get() + 1) % 100_000);
        let url = format!("ws://{}{}", server.address, server.dialect.path(room, &own));
        let mut request = url.into_client_request()?;
        if let Some(subprotocol) = server.dialect.subprotocol() {
            let value = tungstenite::http::HeaderValue::from_static(subprotocol);
            request.headers_mut().insert("sec-websocket-protocol", value);
        }
        let stream = TcpStream::connect(&server.address).await?;
        stream.set_nodelay(true)?;
        let bytes = Rc::new(Cell::new(0));
        let counted = Counted { stream, bytes: bytes.clone() };
        let (socket, _) = tokio_tungstenite::client_async(request, counted).await?;
        let mut peer = Self { id: own, socket, bytes, dialect: server.dialect };
        while server.dialect.greets() {
            let text = peer.text().await?;
            match server.dialect.greeting(&peer.id, &text) {
                Greeting::In(id) => {
                    peer.id = id;
                    break;
                }
                Greeting::NotYet => {}
                Greeting::Refused => return Err(Failure(format!("not let in: {text}"))),
            }
        }
        Ok(peer)
    }

    /// The next frame.
    pub async fn text(&mut self) -> Result<tungstenite::Utf8Bytes, Failure> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(frame))) => return Err(Failure(format!("closed: {frame:?}"))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(Failure("closed".to_owned())),
            }
        }
    }

    /// The next relayed signal; what else the server has to tell is passed over.
    pub async fn signal(&mut self) -> Result<tungstenite::Utf8Bytes, Failure> {
        loop {
            let text = self.text().await?;
            if self.dialect.is_signal(&text) {
                return Ok(text);
            }
            if Dialect::is_error(&text) {
                return Err(Failure(format!("the server says {text}")));
            }
        }
    }

    /// Sends, and waits until the system has it.
    pub async fn send(&mut self, text: impl Into<tungstenite::Utf8Bytes>) -> Result<(), Failure> {
        Ok(self.socket.send(Message::Text(text.into())).await?)
    }

    /// Leaves, as a page does that is closed, and waits for the answer.
    pub async fn leave(mut self) -> Result<(), Failure> {
        let frame = tungstenite::protocol::CloseFrame {
            code: tungstenite::protocol::frame::coding::CloseCode::Normal,
            reason: tungstenite::Utf8Bytes::default(),
        };
        self.socket.close(Some(frame)).await?;
        // workerd may keep the connection open after the closing handshake: nobody waits for that.
        while let Some(Ok(message)) = self.socket.next().await
            && !message.is_close()
        {}
        Ok(())
    }
}
