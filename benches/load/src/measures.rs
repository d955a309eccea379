//! What is measured.

use std::cell::Cell;
use std::io::{BufRead as _, Write as _};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use futures_util::{FutureExt as _, SinkExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::clock::Stopwatch;
use crate::dialect::{Dialect, signal_data};
use crate::socket::{Failure, Peer, Server};

/// How many sockets are being opened at a time where it does not matter how long that takes.
const OPENING: usize = 16;

/// What a measurement gives.
pub type Outcome = Result<Value, Failure>;

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn quantiles(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let last = times.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let at = |part: f64| times.get((last as f64 * part).round() as usize).copied();
    json!({ "p10": at(0.1), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99) })
}

/// Feeds the same frame so many times, never with more than `allowed` has permits for on the way.
async fn feed(peer: &mut Peer, frame: Utf8Bytes, messages: usize, allowed: &Semaphore) -> Result<(), Failure> {
    let mut sent = 0;
    while sent < messages {
        allowed.acquire().await.map_err(|_| Failure("the receivers have stopped".to_owned()))?.forget();
        peer.socket.feed(Message::Text(frame.clone())).await?;
        sent += 1;
        while sent < messages
            && let Ok(permit) = allowed.try_acquire()
        {
            permit.forget();
            peer.socket.feed(Message::Text(frame.clone())).await?;
            sent += 1;
        }
        peer.socket.flush().await?;
    }
    Ok(())
}

/// Takes in so many signals, the first of which must carry what was sent, and all others as many bytes.
async fn take(
    peer: &mut Peer,
    (dialect, from, data): (Dialect, &str, &str),
    messages: usize,
    mut taken: impl FnMut(),
) -> Result<(), Failure> {
    let mut length = None;
    for _ in 0..messages {
        let text = peer.signal().await?;
        let expected = *length.get_or_insert_with(|| {
            let right = dialect.carries(&text, from, data);
            if right { text.len() } else { 0 }
        });
        if text.len() != expected {
            return Err(Failure(format!("another signal than was sent: {text}")));
        }
        taken();
    }
    Ok(())
}

/// One sends, the other receives, with up to `window` signals on the way at a time.
pub async fn relay(
    server: &Server,
    room: &str,
    pid: Option<u32>,
    bytes: usize,
    window: usize,
    messages: usize,
) -> Outcome {
    let mut sender = Peer::join(server, room).await?;
    let mut receiver = Peer::join(server, room).await?;
    let data = signal_data(bytes);
    let frame = Utf8Bytes::from(server.dialect.directed(&receiver.id, &data));
    let from = sender.id.clone();
    let expected = (server.dialect, from.as_str(), data.as_str());
    let allowed = Semaphore::new(window);
    // What the server does only for the first is not what is measured.
    let warm_up = (messages / 20).clamp(1, 200);
    for count in [warm_up, messages] {
        let stopwatch = Stopwatch::start(pid);
        tokio::try_join!(
            feed(&mut sender, frame.clone(), count, &allowed),
            take(&mut receiver, expected, count, || allowed.add_permits(1)),
        )?;
        if count == messages {
            return finish(json!({ "messages": messages }), stopwatch, [sender, receiver]).await;
        }
    }
    unreachable!("the second round returns")
}

/// One sends, the other receives, and only then the next is sent: the time of each on its way.
pub async fn relay_one_by_one(server: &Server, room: &str, pid: Option<u32>, bytes: usize, messages: usize) -> Outcome {
    let mut sender = Peer::join(server, room).await?;
    let mut receiver = Peer::join(server, room).await?;
    let data = signal_data(bytes);
    let frame = Utf8Bytes::from(server.dialect.directed(&receiver.id, &data));
    for _ in 0..messages.min(20) {
        sender.send(frame.clone()).await?;
        receiver.signal().await?;
    }
    let stopwatch = Stopwatch::start(pid);
    let mut times = Vec::with_capacity(messages);
    for _ in 0..messages {
        let started = Instant::now();
        sender.send(frame.clone()).await?;
        receiver.signal().await?;
        times.push(micros(started.elapsed()));
    }
    finish(json!({ "messages": messages, "micros": quantiles(times) }), stopwatch, [sender, receiver]).await
}

/// Ends a measurement: what it took is added to what it found, and the room is left behind.
async fn finish(mut found: Value, stopwatch: Stopwatch, peers: impl IntoIterator<Item = Peer>) -> Outcome {
    let took = serde_json::to_value(stopwatch.stop()).map_err(|error| Failure(error.to_string()))?;
    if let (Some(found), Value::Object(took)) = (found.as_object_mut(), took) {
        found.extend(took);
    }
    leave(peers).await?;
    Ok(found)
}

async fn leave(peers: impl IntoIterator<Item = Peer>) -> Result<(), Failure> {
    // Not every server answers.
    let leaving = try_join_all(peers.into_iter().map(Peer::leave));
    let _ = tokio::time::timeout(Duration::from_millis(200), leaving).await;
    Ok(())
}

async fn join_many(server: &Server, room: &str, peers: usize) -> Result<Vec<Peer>, Failure> {
    stream::iter(0..peers).map(|_| Peer::join(server, room)).buffered(OPENING).try_collect().await
}

/// One sends to all others of the room, with up to `window` signals on the way to each.
pub async fn fan_out(
    server: &Server,
    room: &str,
    pid: Option<u32>,
    (receivers, bytes): (usize, usize),
    window: usize,
    messages: usize,
) -> Outcome {
    let mut sender = Peer::join(server, room).await?;
    let others = join_many(server, room, receivers).await?;
    let data: Rc<str> = signal_data(bytes).into();
    let frame = Utf8Bytes::from(Dialect::fan_out(&data));
    let from: Rc<str> = sender.id.as_str().into();
    let allowed = Rc::new(Semaphore::new(window));
    let (deliveries, freed) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let warm_up = 2;
    let warm = Rc::new(tokio::sync::Barrier::new(receivers + 1));
    let dialect = server.dialect;
    let tasks: Vec<_> = others
        .into_iter()
        .map(|mut other| {
            let (data, from, allowed) = (data.clone(), from.clone(), allowed.clone());
            let (deliveries, freed, warm) = (deliveries.clone(), freed.clone(), warm.clone());
            tokio::task::spawn_local(async move {
                let mut taken = || {
                    deliveries.set(deliveries.get() + 1);
                    // So many of all deliveries are done that one signal more may be on its way.
                    if deliveries.get() / receivers > freed.get() {
                        freed.set(freed.get() + 1);
                        allowed.add_permits(1);
                    }
                };
                take(&mut other, (dialect, &from, &data), warm_up, &mut taken).await?;
                warm.wait().await;
                take(&mut other, (dialect, &from, &data), messages, &mut taken).await?;
                Ok::<Peer, Failure>(other)
            })
        })
        .collect();
    feed(&mut sender, frame.clone(), warm_up, &allowed).await?;
    warm.wait().await;
    let stopwatch = Stopwatch::start(pid);
    let all = try_join_all(tasks).map(|done| done.map_err(|error| Failure(error.to_string())));
    let ((), others) = tokio::try_join!(feed(&mut sender, frame, messages, &allowed), all)?;
    let others = others.into_iter().collect::<Result<Vec<_>, _>>()?;
    let found = json!({ "messages": messages, "deliveries": messages * receivers });
    finish(found, stopwatch, others.into_iter().chain([sender])).await
}

/// How long somebody takes to be in: who opens a room, and who joins the one that waits.
pub async fn join(server: &Server, room: &str, pid: Option<u32>, times: usize) -> Outcome {
    let (mut opening, mut joining) = (Vec::new(), Vec::new());
    let mut server_seconds = 0.0;
    for count in 0..=times {
        let room = format!("{room}-{count}");
        let stopwatch = Stopwatch::start(pid);
        let started = Instant::now();
        let first = Peer::join(server, &room).await?;
        let opened = started.elapsed();
        let started = Instant::now();
        let second = Peer::join(server, &room).await?;
        let joined = started.elapsed();
        // The first of all pays for what the server does once.
        if count > 0 {
            opening.push(micros(opened));
            joining.push(micros(joined));
            server_seconds += stopwatch.stop().server_seconds.unwrap_or_default();
        }
        leave([first, second]).await?;
    }
    Ok(json!({ "opening": quantiles(opening), "joining": quantiles(joining), "serverSeconds": server_seconds }))
}

/// How long it takes until all of so many are in who come at the same moment.
pub async fn crowd(server: &Server, room: &str, pid: Option<u32>, peers: usize) -> Outcome {
    let stopwatch = Stopwatch::start(pid);
    let started = Instant::now();
    let mut times = Vec::with_capacity(peers);
    let mut coming: stream::FuturesUnordered<_> = (0..peers).map(|_| Peer::join(server, room)).collect();
    let mut all = Vec::with_capacity(peers);
    while let Some(peer) = coming.next().await {
        all.push(peer?);
        times.push(micros(started.elapsed()));
    }
    let last = times.last().copied();
    finish(json!({ "micros": quantiles(times), "last": last }), stopwatch, all).await
}

/// Asks the worker beside the one that is measured to take a room out of memory, as hibernation does.
async fn hibernate(control: &str, room: &str) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(control).await?;
    let request = format!("POST /hibernate?room={room} HTTP/1.1\r\nHost: {control}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(Failure(format!("not put to sleep: {answer}"))) }
}

/// How long a signal takes to somebody in a room that has to be woken for it.
pub async fn wake(
    server: &Server,
    room: &str,
    pid: Option<u32>,
    sockets: usize,
    times: usize,
    control: &str,
) -> Outcome {
    let mut peers = join_many(server, room, sockets.saturating_sub(2)).await?;
    let mut sender = Peer::join(server, room).await?;
    let mut receiver = Peer::join(server, room).await?;
    let data = signal_data(200);
    let frame = Utf8Bytes::from(server.dialect.directed(&receiver.id, &data));
    let mut waking = Vec::with_capacity(times);
    let mut server_seconds = 0.0;
    for count in 0..=times {
        hibernate(control, room).await?;
        let stopwatch = Stopwatch::start(pid);
        let started = Instant::now();
        sender.send(frame.clone()).await?;
        let text = receiver.signal().await?;
        let woken = started.elapsed();
        if !server.dialect.carries(&text, &sender.id, &data) {
            return Err(Failure(format!("another signal than was sent: {text}")));
        }
        if count > 0 {
            waking.push(micros(woken));
            server_seconds += stopwatch.stop().server_seconds.unwrap_or_default();
        }
        // An empty object forwards to everybody.
        for peer in &mut peers {
            while peer.text().now_or_never().transpose()?.is_some() {}
        }
    }
    peers.extend([sender, receiver]);
    leave(peers).await?;
    Ok(json!({ "micros": quantiles(waking), "serverSeconds": server_seconds / count_of(times) }))
}

#[expect(clippy::cast_precision_loss)]
fn count_of(count: usize) -> f64 {
    count as f64
}

/// Starts a server, and says how long it takes until somebody is in.
pub async fn cold(server: &Server, room: &str, command: &[String]) -> Outcome {
    let (program, arguments) = command.split_first().ok_or_else(|| Failure("no command".to_owned()))?;
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let joined = async {
        while TcpStream::connect(&server.address).await.is_err() {
            if let Some(status) = child.try_wait()? {
                return Err(Failure(format!("the server ended: {status}")));
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        let listening = started.elapsed();
        let peer = Peer::join(server, room).await?;
        let times = json!({ "listening": micros(listening), "joined": micros(started.elapsed()) });
        drop(peer);
        Ok(times)
    };
    let joined = joined.await;
    child.kill()?;
    child.wait()?;
    joined
}

/// Opens so many rooms, puts them to sleep where `control` is given, says so, and holds their sockets until standard input ends.
pub async fn hold(server: &Server, room: &str, (rooms, sockets): (usize, usize), control: Option<&str>) -> Outcome {
    let open = |count: usize| async move {
        let room = format!("{room}-{count}");
        let mut peers = Vec::with_capacity(sockets);
        for _ in 0..sockets {
            peers.push(Peer::join(server, &room).await?);
        }
        if let Some(control) = control {
            hibernate(control, &room).await?;
        }
        Ok::<_, Failure>(peers)
    };
    let held: Vec<Vec<Peer>> = stream::iter(0..rooms).map(open).buffer_unordered(OPENING).try_collect().await?;
    let mut output = std::io::stdout();
    writeln!(output, "held")?;
    output.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(json!({ "rooms": held.len() }))
}

/// How many bytes a call of two takes, in both directions of both connections, as the protocol's own client would have it:
/// two join, offer and answer, each finds eight candidates, and after ten minutes both leave.
pub async fn call(server: &Server, room: &str) -> Outcome {
    const CALL: Duration = Duration::from_mins(10);
    let mut first = Peer::join(server, room).await?;
    let mut second = Peer::join(server, room).await?;
    let (to_first, to_second) = (first.id.clone(), second.id.clone());
    let candidates = if server.dialect.batches_candidates() { vec![800, 800] } else { vec![200; 8] };
    let mut send = async |back: bool, bytes: usize| {
        let (from, to, id) =
            if back { (&mut first, &mut second, &to_second) } else { (&mut second, &mut first, &to_first) };
        from.send(server.dialect.directed(id, &signal_data(bytes))).await?;
        to.signal().await
    };
    send(false, 6000).await?;
    send(true, 5000).await?;
    for bytes in candidates {
        send(false, bytes).await?;
        send(true, bytes).await?;
    }
    let joins_and_signals = first.bytes.get() + second.bytes.get();
    if let Some((beat, every, answered)) = server.dialect.heartbeat() {
        for peer in [&mut first, &mut second] {
            for _ in 0..CALL.as_secs() / every.as_secs() {
                peer.send(beat).await?;
                if answered {
                    peer.text().await?;
                }
            }
        }
    }
    let heartbeats = first.bytes.get() + second.bytes.get() - joins_and_signals;
    let counts = [first.bytes.clone(), second.bytes.clone()];
    leave([first]).await?;
    leave([second]).await?;
    let total: u64 = counts.iter().map(|count| count.get()).sum();
    Ok(json!({ "bytes": total, "heartbeats": heartbeats }))
}
