//! The room: a state machine that decides everything and does nothing.
//!
//! # The driver contract
//!
//! The driver (in production the Durable Object, `edge/room_object.rs`; in tests a few lines) makes a room with
//! [`Room::restore`] each time its memory is new: the first time, and after every wake from hibernation. Then, for
//! each event,
//!
//! 1. it calls [`Room::handle`] with the [`Input`] and the time;
//! 2. it calls [`Room::poll_output`] until that is `None`, and carries out each [`Output`] in order;
//! 3. it reads [`Room::poll_timeout`], and sees to it that [`Input::Timeout`] comes at that time, or soon after.
//!
//! Outputs are drained completely before the next input. Whatever a peer sends gets an answer and never an error of the
//! room's: there is nothing that a driver has to handle.
//!
//! # What is where
//!
//! A seat is a peer's place in the room. While the peer is connected the seat is in its socket's [`Attachment`]; while it
//! is away the seat is in the [`Record`]. Memory is a cache of the two, so hibernation can strike after any drain.

mod persisted;
mod rate;

use std::collections::{BTreeMap, VecDeque};

use crate::access::{Bytes32, PinnedGate, issue_resume_token, read_resume_token};
use crate::ice::{Ice, Relays};
use crate::protocol::{
    ClientFrame, CloseCode, DESERTED_AFTER, ErrorCode, GateOffer, LeftReason, Limits, MALFORMED_FRAMES, Malformed,
    Millis, Offer, PeerEntry, PeerId, RoomEntry, RoomName, SWEEP_AFTER, ServerFrame, UndeliveredReason, decode,
    relayed_signal, says_goodbye,
};

pub use persisted::{Attachment, AwaySeat, Record, V1};
pub use rate::{Bucket, Verdict};

/// The driver's name for a socket. It means nothing beyond the driver's memory and is never used twice in it.
pub type SocketId = u32;

/// What a room has to know of the world beyond its inputs. Both are asked for rarely, never for a relayed signal between
/// peers that show signs of life.
pub trait Environment {
    /// Fills the buffer with cryptographically strong random bytes.
    fn fill_random(&mut self, buffer: &mut [u8]);

    /// When the runtime last answered a `ping` on this socket, if it ever did.
    fn last_ping(&self, socket: SocketId) -> Option<Millis>;
}

/// What happens to a room.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Somebody wants to join over this socket. It has a seat with the first [`Output::Attach`] for it, and is refused
    /// with an [`Output::Close`] instead; until then the driver need not have accepted it.
    Opened {
        /// The new socket.
        socket: SocketId,
        /// What it offered at the upgrade.
        offer: Offer,
    },
    /// A frame came in.
    Received {
        /// From where.
        socket: SocketId,
        /// The frame.
        frame: Frame<'a>,
    },
    /// The connection is over, whoever ended it.
    Closed {
        /// Which.
        socket: SocketId,
        /// The close code (RFC 6455, section 7.4); 1006 where there was none.
        code: u16,
        /// Whether there was a closing handshake.
        was_clean: bool,
    },
    /// The time that [`Room::poll_timeout`] named has come.
    Timeout,
    /// What the relay service gives out for now; `None` where it did not answer an [`Output::AskRelays`]. It may also come
    /// unasked, and lies in memory only.
    Relays(Option<Relays>),
}

/// A frame as the driver received it.
#[derive(Clone, Copy, Debug)]
pub enum Frame<'a> {
    /// A text frame.
    Text(&'a str),
    /// A text frame that the driver did not read, because it saw that it is larger than [`Limits::message_bytes`].
    Oversized,
    /// A binary frame of so many bytes.
    Binary(usize),
}

/// What the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send a text frame.
    Send {
        /// To whom.
        to: SocketId,
        /// The frame.
        text: String,
    },
    /// Send one text frame to many.
    Broadcast {
        /// To whom; never empty.
        to: Vec<SocketId>,
        /// The frame.
        text: String,
    },
    /// Clear the socket's attachment and close it. What still happens on it concerns the room no more.
    Close {
        /// Which.
        socket: SocketId,
        /// With which code and reason.
        code: CloseCode,
    },
    /// Keep this with the socket.
    Attach {
        /// Which.
        socket: SocketId,
        /// What.
        attachment: Attachment,
    },
    /// Store the record in place of the one before.
    Store(Record),
    /// Delete everything that is stored, alarm included.
    Forget,
    /// Ask the relay service. [`Input::Relays`] is to follow, whenever the answer is there; nothing waits for it but who asked.
    AskRelays,
}

/// How a room is set up.
#[derive(Clone, Debug)]
pub struct RoomConfig {
    /// Its limits.
    pub limits: Limits,
    /// What its members get for ICE.
    pub ice: Ice,
}

/// A room, seen from outside: `GET /api/rooms/{room}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// How many seats are taken, away ones included.
    pub present: usize,
    /// How many seats there are.
    pub capacity: u32,
    /// Whether newcomers have to wait for the host.
    pub locked: bool,
}

/// The gate that was shown is not the room's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unauthorized;

/// A room of peers. See the [module documentation](self) for how it is driven.
#[derive(Debug)]
pub struct Room {
    name: RoomName,
    config: RoomConfig,
    /// What only an open room has. A room is open from the first seat taken until the last one is left for good.
    open: Option<Opened>,
    seats: BTreeMap<PeerId, Seat>,
    sockets: BTreeMap<SocketId, PeerId>,
    /// When the next away seat is given up.
    grace_ends_at: Option<Millis>,
    /// When to look for what a crash has left behind.
    sweep_at: Millis,
    next_order: u32,
    /// Whether the record has to be stored once the input is handled.
    record_changed: bool,
    /// What the relay service gave out last.
    relays: Option<Relays>,
    /// Which sockets the relay service's answer is for, and whether they asked.
    wanting_relays: BTreeMap<SocketId, bool>,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
struct Opened {
    secret: Bytes32,
    gate: PinnedGate,
    locked: bool,
    host: Host,
    /// The host that the record names. It may be neither seated nor host: then it becomes host again when it returns
    /// after a restart, unless somebody has succeeded it since.
    recorded_host: Host,
    /// Whether the record says that a socket held a seat.
    recorded_connected: bool,
    /// Whether a restart has dropped all connections, and nobody has taken a seat since. Then nobody knows who was here,
    /// and a room without seats is not one that everybody has left.
    dropped: bool,
    /// When the room was first found without a seat after such a restart.
    deserted: Option<Millis>,
}

/// Who is host, and the how-manieth. Who merely stands in for a recorded host that a restart has not yet brought back
/// has term 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Host {
    peer: PeerId,
    term: u32,
}

#[derive(Debug)]
struct Seat {
    order: u32,
    link: Link,
}

#[derive(Debug)]
enum Link {
    Connected(Connection),
    Away { since: Millis },
}

#[derive(Debug)]
struct Connection {
    socket: SocketId,
    since: Millis,
    /// The last sign of life that is known in memory; the runtime may know of a later one.
    alive_at: Millis,
    malformed: u8,
    bucket: Bucket,
}

impl Room {
    /// Rebuilds a room from what outlived its memory. Costs nothing and decides nothing: a room that was never opened is
    /// restored from no record and no sockets.
    #[must_use]
    pub fn restore(
        name: RoomName,
        config: RoomConfig,
        record: Option<Record>,
        sockets: Vec<(SocketId, Attachment)>,
        now: Millis,
    ) -> Self {
        let mut room = Self {
            name,
            config,
            open: None,
            seats: BTreeMap::new(),
            sockets: BTreeMap::new(),
            grace_ends_at: None,
            sweep_at: now.saturating_add(SWEEP_AFTER),
            next_order: 0,
            record_changed: false,
            relays: None,
            wanting_relays: BTreeMap::new(),
            outputs: VecDeque::new(),
        };
        let Some(record) = record else {
            // Sockets of a room without a record can never resume it. They come back as newcomers.
            for (socket, _) in sockets {
                room.outputs.push_back(Output::Close { socket, code: CloseCode::Vanished });
            }
            return room;
        };
        for away in &record.away {
            room.seat(away.peer, Seat { order: away.order, link: Link::Away { since: away.since } });
        }
        let recorded_host = Host { peer: record.host, term: record.host_term };
        let mut host: Option<Host> = None;
        let dropped = record.connected && sockets.is_empty();
        for (socket, attachment) in sockets {
            if attachment.host_term > host.map_or(0, |host| host.term) {
                host = Some(Host { peer: attachment.peer, term: attachment.host_term });
            }
            let connection = Connection {
                socket,
                since: attachment.since,
                alive_at: attachment.since,
                malformed: attachment.malformed,
                bucket: Bucket::full(&room.config.limits, now),
            };
            room.sockets.insert(socket, attachment.peer);
            room.seat(attachment.peer, Seat { order: attachment.order, link: Link::Connected(connection) });
        }
        if host.is_none_or(|host| host.term < recorded_host.term) && room.seats.contains_key(&recorded_host.peer) {
            host = Some(recorded_host);
        }
        let acting = record.acting_host.filter(|peer| room.seats.contains_key(peer)).or_else(|| room.longest_present());
        let host = host.or_else(|| acting.map(|peer| Host { peer, term: 0 })).unwrap_or(recorded_host);
        room.record_changed = host.term == 0 && record.acting_host != Some(host.peer);
        if let Some(deserted) = record.deserted {
            room.sweep_at = deserted.saturating_add(DESERTED_AFTER);
        }
        room.open = Some(Opened {
            secret: record.secret,
            gate: record.gate,
            locked: record.locked,
            host,
            recorded_host,
            recorded_connected: record.connected,
            dropped,
            deserted: record.deserted,
        });
        room.find_grace_end();
        room
    }

    /// Handles one input. Afterwards the outputs wait in [`Room::poll_output`].
    pub fn handle(&mut self, input: Input<'_>, now: Millis, environment: &mut dyn Environment) {
        // A socket that is gone is told nothing more, so its end comes before what falls due only now.
        if let Input::Closed { socket, code, was_clean } = input
            && let Some(peer) = self.sockets.remove(&socket)
        {
            if says_goodbye(code, was_clean) {
                self.leave(peer, LeftReason::Bye);
            } else {
                self.lose(peer, now);
            }
        }
        if self.grace_ends_at.is_some_and(|deadline| deadline <= now) {
            self.give_up_away_seats(now);
        }
        match input {
            Input::Opened { socket, offer } => self.join(socket, &offer, now, environment),
            Input::Received { socket, frame } => {
                if let Some(&peer) = self.sockets.get(&socket) {
                    self.receive(peer, socket, frame, now, environment);
                }
            }
            Input::Closed { .. } => {}
            Input::Timeout => self.sweep(now, environment),
            Input::Relays(relays) => self.receive_relays(relays, now),
        }
        if std::mem::take(&mut self.record_changed) {
            self.store();
        }
    }

    /// The next thing that the driver has to do, if any is left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due; `None` while the room is not open.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.open.as_ref()?;
        Some(self.grace_ends_at.map_or(self.sweep_at, |deadline| deadline.min(self.sweep_at)))
    }

    /// The room as `GET /api/rooms/{room}` shows it. A room that nobody has opened is an empty one.
    ///
    /// # Errors
    ///
    /// [`Unauthorized`] where the room has a gate and another one, or none, was shown.
    pub fn status(&self, gate: &GateOffer) -> Result<Status, Unauthorized> {
        if self.open.as_ref().is_some_and(|open| !open.gate.admits(gate)) {
            return Err(Unauthorized);
        }
        Ok(Status {
            present: self.seats.len(),
            capacity: self.config.limits.capacity,
            locked: self.open.as_ref().is_some_and(|open| open.locked),
        })
    }

    // Joining

    fn join(&mut self, socket: SocketId, offer: &Offer, now: Millis, environment: &mut dyn Environment) {
        let secret = match &self.open {
            Some(open) if open.gate.admits(&offer.gate) => open.secret.clone(),
            Some(_) => return self.refuse_unauthorized(socket, "the room's gate was not shown"),
            None => {
                let Some(gate) = PinnedGate::pin(&offer.gate) else {
                    return self.refuse_unauthorized(socket, "the gate is no base64url");
                };
                return self.open(socket, gate, now, environment);
            }
        };
        let resumed = offer.resume.as_ref().and_then(|token| read_resume_token(&secret, token));
        // Whoever resumes takes over its own old connection, vanished or not.
        self.find_vanished(resumed, now, environment);
        match resumed {
            Some(peer) if self.seats.contains_key(&peer) => self.come_back(peer, socket, now),
            _ if self.is_full() => {
                self.refuse(socket, ErrorCode::Full, CloseCode::Full, "every seat in the room is taken");
            }
            Some(peer) => self.take_seat(peer, socket, true, now),
            None => {
                let peer = self.fresh_peer(environment);
                self.take_seat(peer, socket, false, now);
            }
        }
    }

    fn open(&mut self, socket: SocketId, gate: PinnedGate, now: Millis, environment: &mut dyn Environment) {
        let mut secret = [0; 32];
        environment.fill_random(&mut secret);
        let host = Host { peer: self.fresh_peer(environment), term: 1 };
        self.open = Some(Opened {
            secret: Bytes32::new(secret),
            gate,
            locked: false,
            host,
            recorded_host: host,
            recorded_connected: false,
            dropped: false,
            deserted: None,
        });
        self.sweep_at = now.saturating_add(SWEEP_AFTER);
        self.record_changed = true;
        self.take_seat(host.peer, socket, false, now);
    }

    fn fresh_peer(&self, environment: &mut dyn Environment) -> PeerId {
        loop {
            let mut entropy = [0; PeerId::LEN];
            environment.fill_random(&mut entropy);
            let peer = PeerId::fresh(entropy);
            if !self.seats.contains_key(&peer) {
                return peer;
            }
        }
    }

    fn take_seat(&mut self, peer: PeerId, socket: SocketId, resumed: bool, now: Millis) {
        let order = self.next_order;
        self.connect(peer, order, socket, now);
        let host_changed = self.host_returns(peer);
        self.attach(peer);
        self.welcome(peer, socket, resumed, now);
        self.tell_others(peer, &ServerFrame::Joined { peer });
        if host_changed {
            self.tell_others(peer, &ServerFrame::Host { peer });
        }
    }

    /// Makes a peer that takes a seat host where the seat is the first one, or the peer the recorded host in whose place
    /// another one stands. Says whether others have to be told.
    fn host_returns(&mut self, peer: PeerId) -> bool {
        let alone = self.seats.len() == 1;
        let Some(open) = &mut self.open else { return false };
        if open.recorded_host.peer == peer && open.recorded_host.term > open.host.term {
            open.host = open.recorded_host;
            !alone
        } else {
            if !self.seats.contains_key(&open.host.peer) {
                open.host = Host { peer, term: 0 };
                self.record_changed = true;
            }
            false
        }
    }

    fn come_back(&mut self, peer: PeerId, socket: SocketId, now: Millis) {
        let Some(seat) = self.seats.get(&peer) else { return };
        let order = seat.order;
        match &seat.link {
            Link::Connected(old) => {
                let old = old.socket;
                self.sockets.remove(&old);
                self.send_error(old, ErrorCode::Replaced, "this peer connected elsewhere");
                self.outputs.push_back(Output::Close { socket: old, code: CloseCode::Replaced });
            }
            Link::Away { .. } => self.record_changed = true,
        }
        self.connect(peer, order, socket, now);
        self.attach(peer);
        self.welcome(peer, socket, true, now);
        self.tell_others(peer, &ServerFrame::Back { peer });
    }

    fn connect(&mut self, peer: PeerId, order: u32, socket: SocketId, now: Millis) {
        let connection = Connection {
            socket,
            since: now,
            alive_at: now,
            malformed: 0,
            bucket: Bucket::full(&self.config.limits, now),
        };
        self.sockets.insert(socket, peer);
        self.seat(peer, Seat { order, link: Link::Connected(connection) });
        self.find_grace_end();
        if let Some(open) = &mut self.open {
            open.dropped = false;
            let was_deserted = open.deserted.take().is_some();
            self.record_changed |= was_deserted || !open.recorded_connected;
        }
    }

    fn welcome(&mut self, peer: PeerId, socket: SocketId, resumed: bool, now: Millis) {
        let ice = self.config.ice.for_member(peer, now, self.relays.as_ref());
        let Some(open) = &self.open else { return };
        let mut others: Vec<(u32, PeerEntry)> = self
            .seats
            .iter()
            .filter(|&(&id, _)| id != peer)
            .map(|(&id, seat)| (seat.order, PeerEntry { id, away: matches!(seat.link, Link::Away { .. }) }))
            .collect();
        others.sort_by_key(|&(order, _)| order);
        let frame = ServerFrame::Welcome {
            own: peer,
            resume: &issue_resume_token(&open.secret, peer, now),
            resumed,
            host: open.host.peer,
            room: RoomEntry { name: self.name.as_str(), capacity: self.config.limits.capacity, locked: open.locked },
            peers: others.into_iter().map(|(_, entry)| entry).collect(),
            ice_servers: &ice.servers,
            ice_seconds: ice.seconds,
            limits: self.config.limits,
        };
        let text = frame.encode();
        self.outputs.push_back(Output::Send { to: socket, text });
        if self.lacks_relays(now) {
            self.ask_relays(socket, false);
        }
    }

    fn refuse_unauthorized(&mut self, socket: SocketId, message: &str) {
        self.refuse(socket, ErrorCode::Unauthorized, CloseCode::Unauthorized, message);
    }

    fn refuse(&mut self, socket: SocketId, error: ErrorCode, code: CloseCode, message: &str) {
        self.send_error(socket, error, message);
        self.outputs.push_back(Output::Close { socket, code });
    }

    // Frames

    fn receive(
        &mut self,
        peer: PeerId,
        socket: SocketId,
        frame: Frame<'_>,
        now: Millis,
        environment: &mut dyn Environment,
    ) {
        let limits = self.config.limits;
        let largest = usize::try_from(limits.message_bytes).unwrap_or(usize::MAX);
        let oversized = match frame {
            Frame::Text(text) => text.len() > largest,
            Frame::Binary(length) => length > largest,
            Frame::Oversized => true,
        };
        if oversized {
            self.send_error(socket, ErrorCode::TooLarge, "the frame is larger than limits.messageBytes");
            return self.expel(peer, CloseCode::TooLarge, now);
        }
        let Some(connection) = self.connection(peer) else { return };
        connection.alive_at = connection.alive_at.max(now);
        match connection.bucket.take(&limits, now) {
            Verdict::Pass => {}
            Verdict::DropAndTell => {
                let message = "more than limits.messagesPerSecond: frames are dropped";
                return self.send_error(socket, ErrorCode::TooManyMessages, message);
            }
            Verdict::Drop => return,
            Verdict::Close => return self.expel(peer, CloseCode::TooManyMessages, now),
        }
        let decoded = match frame {
            Frame::Text(text) => decode(text),
            Frame::Binary(_) | Frame::Oversized => Err(Malformed::Binary),
        };
        match decoded {
            Ok(frame) => self.obey(peer, socket, frame, now, environment),
            Err(malformed) => self.complain(peer, socket, &malformed, now),
        }
    }

    fn obey(
        &mut self,
        peer: PeerId,
        socket: SocketId,
        frame: ClientFrame<'_>,
        now: Millis,
        environment: &mut dyn Environment,
    ) {
        match frame {
            ClientFrame::Signal { to: Some(to), data, reference } => {
                let reason = match to.peer.and_then(|to| self.reach(to, now, environment)) {
                    Some(Reach::Connected(to)) => {
                        self.outputs.push_back(Output::Send { to, text: relayed_signal(peer, data) });
                        return;
                    }
                    Some(Reach::Away) => UndeliveredReason::Away,
                    None => UndeliveredReason::Unknown,
                };
                self.send(socket, &ServerFrame::Undelivered { to: to.text, reference, reason });
            }
            ClientFrame::Signal { to: None, data, .. } => {
                self.find_vanished(Some(peer), now, environment);
                self.broadcast(peer, || relayed_signal(peer, data));
            }
            ClientFrame::Bye => {
                self.sockets.remove(&socket);
                self.outputs.push_back(Output::Close { socket, code: CloseCode::Normal });
                self.leave(peer, LeftReason::Bye);
            }
            ClientFrame::Check { peer: suspect } => {
                if let Some(suspect) = suspect {
                    self.reach(suspect, now, environment);
                }
            }
            ClientFrame::Ice if self.lacks_relays(now) => self.ask_relays(socket, true),
            ClientFrame::Ice => self.send_ice(peer, socket, now),
            ClientFrame::End => {
                if self.open.as_ref().is_some_and(|open| open.host.peer == peer) {
                    self.end();
                } else {
                    self.send_error(socket, ErrorCode::NotHost, "only the host may do this");
                }
            }
        }
    }

    // ICE servers

    /// Whether the relay service has to be asked before a member can have what the operator has set up.
    fn lacks_relays(&self, now: Millis) -> bool {
        self.config.ice.service.is_some() && !self.relays.as_ref().is_some_and(|relays| relays.are_fresh(now))
    }

    fn ask_relays(&mut self, socket: SocketId, asked: bool) {
        if self.wanting_relays.is_empty() {
            self.outputs.push_back(Output::AskRelays);
        }
        *self.wanting_relays.entry(socket).or_default() |= asked;
    }

    /// Without an answer from the relay service, only who asked is told what there is: the others have just been.
    fn receive_relays(&mut self, relays: Option<Relays>, now: Millis) {
        let answered = relays.is_some();
        if answered {
            self.relays = relays;
        }
        for (socket, asked) in std::mem::take(&mut self.wanting_relays) {
            if (answered || asked)
                && let Some(&peer) = self.sockets.get(&socket)
            {
                self.send_ice(peer, socket, now);
            }
        }
    }

    fn send_ice(&mut self, peer: PeerId, socket: SocketId, now: Millis) {
        let ice = self.config.ice.for_member(peer, now, self.relays.as_ref());
        self.send(socket, &ServerFrame::Ice { ice_servers: &ice.servers, ice_seconds: ice.seconds });
    }

    fn complain(&mut self, peer: PeerId, socket: SocketId, malformed: &Malformed, now: Millis) {
        self.send_error(socket, ErrorCode::Malformed, &malformed.to_string());
        let Some(connection) = self.connection(peer) else { return };
        connection.malformed = connection.malformed.saturating_add(1);
        if connection.malformed >= MALFORMED_FRAMES {
            self.expel(peer, CloseCode::Malformed, now);
        } else {
            self.attach(peer);
        }
    }

    // Losing and leaving

    /// Closes a connection; the peer may resume.
    fn expel(&mut self, peer: PeerId, code: CloseCode, now: Millis) {
        if let Some(connection) = self.connection(peer) {
            let socket = connection.socket;
            self.sockets.remove(&socket);
            self.outputs.push_back(Output::Close { socket, code });
            self.lose(peer, now);
        }
    }

    /// The peer's connection is gone; its seat is kept.
    fn lose(&mut self, peer: PeerId, now: Millis) {
        if let Some(seat) = self.seats.get_mut(&peer) {
            seat.link = Link::Away { since: now };
            self.record_changed = true;
            self.find_grace_end();
            self.tell_others(peer, &ServerFrame::Away { peer });
        }
    }

    /// The peer is gone for good.
    fn leave(&mut self, peer: PeerId, reason: LeftReason) {
        let Some(seat) = self.seats.remove(&peer) else { return };
        if let Link::Away { .. } = seat.link {
            self.record_changed = true;
        }
        self.find_grace_end();
        if self.seats.is_empty() {
            if !self.open.as_ref().is_some_and(|open| open.dropped) {
                self.forget();
            }
            return;
        }
        if self.sockets.is_empty() {
            // Else the record would say that a restart has dropped those who have left.
            self.record_changed |= self.open.as_ref().is_some_and(|open| open.recorded_connected);
        }
        self.tell_others(peer, &ServerFrame::Left { peer, reason });
        self.succeed();
    }

    /// Where the host is gone for good, makes the longest present peer host.
    fn succeed(&mut self) {
        let Some(peer) = self.longest_present() else { return };
        let Some(open) = &mut self.open else { return };
        if self.seats.contains_key(&open.host.peer) {
            return;
        }
        let term = open.host.term.max(open.recorded_host.term).saturating_add(1);
        open.host = Host { peer, term };
        // A connected host keeps its term on its socket. Only a host that is away needs the record for it.
        if self.connection(peer).is_some() {
            self.attach(peer);
        } else {
            self.record_changed = true;
        }
        self.tell_all(&ServerFrame::Host { peer });
    }

    /// The oldest seat that is connected, or the oldest one where none is.
    fn longest_present(&self) -> Option<PeerId> {
        let rank = |seat: &Seat| (matches!(seat.link, Link::Away { .. }), seat.order);
        self.seats.iter().min_by_key(|&(_, seat)| rank(seat)).map(|(&peer, _)| peer)
    }

    fn end(&mut self) {
        let sockets: Vec<SocketId> = std::mem::take(&mut self.sockets).into_keys().collect();
        let frame = ServerFrame::Error { code: ErrorCode::Ended, message: "the host ended the call" };
        self.outputs.push_back(Output::Broadcast { to: sockets.clone(), text: frame.encode() });
        for socket in sockets {
            self.outputs.push_back(Output::Close { socket, code: CloseCode::Ended });
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.open = None;
        self.seats.clear();
        self.sockets.clear();
        self.grace_ends_at = None;
        self.next_order = 0;
        self.record_changed = false;
        self.outputs.push_back(Output::Forget);
    }

    // Time

    fn give_up_away_seats(&mut self, now: Millis) {
        let grace = self.config.limits.grace();
        let mut due: Vec<(Millis, u32, PeerId)> = self
            .seats
            .iter()
            .filter_map(|(&peer, seat)| match seat.link {
                Link::Away { since } if since.saturating_add(grace) <= now => Some((since, seat.order, peer)),
                Link::Away { .. } | Link::Connected(_) => None,
            })
            .collect();
        due.sort_unstable();
        for (_, _, peer) in due {
            self.leave(peer, LeftReason::Timeout);
        }
    }

    /// Looks for what a crash has left behind: a room without seats, connections that nobody has missed.
    fn sweep(&mut self, now: Millis, environment: &mut dyn Environment) {
        let Some(open) = &mut self.open else { return };
        if !self.seats.is_empty() {
            if self.sweep_at <= now {
                self.sweep_at = now.saturating_add(SWEEP_AFTER);
            }
            return self.find_vanished(None, now, environment);
        }
        // The alarm may have been set for something else, and come just after a restart whose peers are on their way
        // back. So a room that is found deserted is left alone for a while.
        let deserted = *open.deserted.get_or_insert_with(|| {
            self.record_changed = true;
            now
        });
        self.sweep_at = deserted.saturating_add(DESERTED_AFTER);
        if self.sweep_at <= now {
            self.forget();
        }
    }

    /// Declares away every connection whose last sign of life is too old, but that of one peer.
    fn find_vanished(&mut self, but: Option<PeerId>, now: Millis, environment: &mut dyn Environment) {
        let peers: Vec<PeerId> = self.seats.keys().copied().filter(|&peer| Some(peer) != but).collect();
        for peer in peers {
            self.reach(peer, now, environment);
        }
    }

    /// Where a signal to this peer goes. Finds out whether its connection has vanished, and declares it away if so.
    fn reach(&mut self, peer: PeerId, now: Millis, environment: &mut dyn Environment) -> Option<Reach> {
        let stale_after = self.config.limits.stale_after();
        let connection = match &mut self.seats.get_mut(&peer)?.link {
            Link::Away { .. } => return Some(Reach::Away),
            Link::Connected(connection) => connection,
        };
        let is_stale = |alive_at: Millis| now.saturating_sub(alive_at) > stale_after;
        if is_stale(connection.alive_at)
            && let Some(ping) = environment.last_ping(connection.socket)
        {
            connection.alive_at = connection.alive_at.max(ping);
        }
        if is_stale(connection.alive_at) {
            self.expel(peer, CloseCode::Vanished, now);
            return Some(Reach::Away);
        }
        Some(Reach::Connected(connection.socket))
    }

    fn find_grace_end(&mut self) {
        let since = self.seats.values().filter_map(|seat| match seat.link {
            Link::Away { since } => Some(since),
            Link::Connected(_) => None,
        });
        self.grace_ends_at = since.min().map(|since| since.saturating_add(self.config.limits.grace()));
    }

    // Seats

    fn is_full(&self) -> bool {
        self.seats.len() >= usize::try_from(self.config.limits.capacity).unwrap_or(usize::MAX)
    }

    fn seat(&mut self, peer: PeerId, seat: Seat) {
        self.next_order = self.next_order.max(seat.order.saturating_add(1));
        self.seats.insert(peer, seat);
    }

    fn connection(&mut self, peer: PeerId) -> Option<&mut Connection> {
        match &mut self.seats.get_mut(&peer)?.link {
            Link::Connected(connection) => Some(connection),
            Link::Away { .. } => None,
        }
    }

    fn attach(&mut self, peer: PeerId) {
        let Some(Seat { order, link: Link::Connected(connection) }) = self.seats.get(&peer) else { return };
        let host = self.open.as_ref().map(|open| open.host).filter(|host| host.peer == peer);
        let attachment = Attachment {
            v: V1,
            peer,
            order: *order,
            since: connection.since,
            malformed: connection.malformed,
            host_term: host.map_or(0, |host| host.term),
        };
        self.outputs.push_back(Output::Attach { socket: connection.socket, attachment });
    }

    fn store(&mut self) {
        let Some(open) = &mut self.open else { return };
        if open.host.term > open.recorded_host.term {
            open.recorded_host = open.host;
        }
        let mut away: Vec<AwaySeat> = self
            .seats
            .iter()
            .filter_map(|(&peer, seat)| match seat.link {
                Link::Away { since } => Some(AwaySeat { peer, order: seat.order, since }),
                Link::Connected(_) => None,
            })
            .collect();
        away.sort_by_key(|seat| seat.order);
        open.recorded_connected = open.dropped || !self.sockets.is_empty();
        self.outputs.push_back(Output::Store(Record {
            v: V1,
            secret: open.secret.clone(),
            gate: open.gate.clone(),
            locked: open.locked,
            host: open.recorded_host.peer,
            host_term: open.recorded_host.term,
            acting_host: (open.host.term == 0).then_some(open.host.peer),
            away,
            connected: open.recorded_connected,
            deserted: open.deserted,
        }));
    }

    // Sending

    fn send(&mut self, to: SocketId, frame: &ServerFrame<'_>) {
        self.outputs.push_back(Output::Send { to, text: frame.encode() });
    }

    fn send_error(&mut self, to: SocketId, code: ErrorCode, message: &str) {
        self.send(to, &ServerFrame::Error { code, message });
    }

    fn tell_others(&mut self, peer: PeerId, frame: &ServerFrame<'_>) {
        self.broadcast(peer, || frame.encode());
    }

    fn tell_all(&mut self, frame: &ServerFrame<'_>) {
        let to: Vec<SocketId> = self.sockets.keys().copied().collect();
        if !to.is_empty() {
            self.outputs.push_back(Output::Broadcast { to, text: frame.encode() });
        }
    }

    /// Sends to every connected peer but this one, in the order in which they connected.
    fn broadcast(&mut self, but: PeerId, text: impl FnOnce() -> String) {
        let to: Vec<SocketId> =
            self.sockets.iter().filter(|&(_, &peer)| peer != but).map(|(&socket, _)| socket).collect();
        if !to.is_empty() {
            self.outputs.push_back(Output::Broadcast { to, text: text() });
        }
    }
}

/// Where a signal to a seated peer goes.
enum Reach {
    Connected(SocketId),
    Away,
}
