//! A server that does nothing but forward, natively: what the client itself is measured against.

use std::cell::RefCell;
use std::io::Write as _;
use std::rc::Rc;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message;

use crate::socket::Failure;

type Everybody = Rc<RefCell<Vec<(usize, UnboundedSender<Message>)>>>;

/// Serves until it is killed: whatever one sends goes to all others. Says first where it listens.
pub async fn serve() -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    let everybody = Everybody::default();
    for own in 0.. {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let everybody = everybody.clone();
        tokio::task::spawn_local(async move {
            let (sender, receiver) = unbounded_channel();
            // Whoever goes without a word is gone all the same.
            let _ = connection(stream, own, &everybody, sender, receiver).await;
            everybody.borrow_mut().retain(|(other, _)| *other != own);
        });
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    own: usize,
    everybody: &Everybody,
    sender: UnboundedSender<Message>,
    mut receiver: UnboundedReceiver<Message>,
) -> Result<(), Failure> {
    let (mut sink, mut source) = tokio_tungstenite::accept_async(stream).await?.split();
    everybody.borrow_mut().push((own, sender));
    let outgoing = async {
        while let Some(message) = receiver.recv().await {
            sink.feed(message).await?;
            while let Ok(message) = receiver.try_recv() {
                sink.feed(message).await?;
            }
            sink.flush().await?;
        }
        Ok::<(), Failure>(())
    };
    let incoming = async {
        while let Some(Ok(message)) = source.next().await {
            if message.is_text() {
                for (other, sender) in everybody.borrow().iter() {
                    if *other != own {
                        let _ = sender.send(message.clone());
                    }
                }
            }
        }
    };
    tokio::select! {
        done = outgoing => done,
        () = incoming => Ok(()),
    }
}
