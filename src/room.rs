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
//! is away the seat is in the [`Record`]. Who waits to be let in has no seat, and is in its socket's attachment alone. Memory is a cache of the two, so hibernation can strike after any drain.

mod event;
mod persisted;
mod rate;
mod tries;

use std::collections::VecDeque;
use std::ops::Range;

use litemap::LiteMap;

use crate::access::{Bytes32, Claims, JoinSecrets, PinnedGate, TokenError, issue_resume_token, read_resume_token};
use crate::ice::{Ice, Relays};
use crate::protocol::{
    ClientFrame, CloseCode, DESERTED_AFTER, ErrorCode, GateOffer, Json, LeftReason, Limits, MALFORMED_FRAMES,
    Malformed, Millis, Offer, PeerEntry, PeerId, REMOVED_MAX, RoomEntry, RoomName, SWEEP_AFTER, ServerFrame,
    UndeliveredReason, WAITING_STALE_AFTER, decode, says_goodbye,
};

use tries::Tries;

pub use event::Event;
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
    /// Somebody wants to join over this socket. It has a seat, or waits to be let in, with the first [`Output::Attach`] for it,
    /// and is refused with an [`Output::Close`] instead; until then the driver need not have accepted it.
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
    /// Send a signal: [`relayed_signal`](crate::protocol::relayed_signal) of `from` and this part of the frame that came in. It is
    /// not written out, since a driver may have a cheaper way than to copy it.
    Relay {
        /// To whom; never empty.
        to: Receivers,
        /// Whose signal it is.
        from: PeerId,
        /// Which bytes of the frame are its data.
        data: Range<usize>,
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

/// To whom a signal goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receivers {
    /// To one.
    One(SocketId),
    /// To everybody else.
    Many(Vec<SocketId>),
}

/// How a room is set up.
#[derive(Clone, Debug)]
pub struct RoomConfig {
    /// Its limits.
    pub limits: Limits,
    /// What its members get for ICE.
    pub ice: Ice,
    /// What join tokens are signed with.
    pub join_secrets: JoinSecrets,
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

/// Why a room does not show itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStatus {
    /// The gate that was shown is not the room's.
    Unauthorized,
    /// Too many wrong ones were shown: none is looked at for now.
    TooManyTries,
}

/// A room of peers. See the [module documentation](self) for how it is driven.
#[derive(Debug)]
pub struct Room {
    name: RoomName,
    config: RoomConfig,
    /// What only an open room has. A room is open from the first seat taken until the last one is left for good.
    open: Option<Opened>,
    seats: LiteMap<PeerId, Seat>,
    /// The sockets of the seats.
    sockets: LiteMap<SocketId, PeerId>,
    /// Who waits to be let in.
    waiting: LiteMap<PeerId, Waiter>,
    /// Their sockets.
    waiting_sockets: LiteMap<SocketId, PeerId>,
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
    wanting_relays: LiteMap<SocketId, bool>,
    gate_tries: Tries,
    /// How many signals were relayed since [`Room::take_relayed`] was called last.
    relayed: u32,
    events: Vec<Event>,
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
    /// Who was put out, oldest first.
    removed: Vec<PeerId>,
}

enum GateVerdict {
    Right,
    Wrong,
    Unlooked,
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
    /// Whether the peer's join token lets it moderate.
    moderator: bool,
    link: Link,
}

/// Somebody who has asked to be let in.
#[derive(Debug)]
struct Waiter {
    order: u32,
    connection: Connection,
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
            seats: LiteMap::new(),
            sockets: LiteMap::new(),
            waiting: LiteMap::new(),
            waiting_sockets: LiteMap::new(),
            grace_ends_at: None,
            sweep_at: now.saturating_add(SWEEP_AFTER),
            next_order: 0,
            record_changed: false,
            relays: None,
            wanting_relays: LiteMap::new(),
            gate_tries: Tries::default(),
            relayed: 0,
            events: Vec::new(),
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
            let link = Link::Away { since: away.since };
            room.seat(away.peer, Seat { order: away.order, moderator: away.moderator, link });
        }
        let recorded_host = Host { peer: record.host, term: record.host_term };
        let mut host: Option<Host> = None;
        let dropped = record.connected && sockets.iter().all(|(_, attachment)| attachment.waiting);
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
            let Attachment { peer, order, moderator, .. } = attachment;
            if attachment.waiting {
                room.wait(peer, Waiter { order, connection });
            } else {
                room.sockets.insert(socket, peer);
                room.seat(peer, Seat { order, moderator, link: Link::Connected(connection) });
            }
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
            removed: record.removed,
        });
        room.find_grace_end();
        room
    }

    /// Handles one input. Afterwards the outputs wait in [`Room::poll_output`].
    pub fn handle(&mut self, input: Input<'_>, now: Millis, environment: &mut dyn Environment) {
        self.events.clear();
        // A socket that is gone is told nothing more, so its end comes before what falls due only now.
        if let Input::Closed { socket, code, was_clean } = input {
            if let Some(peer) = self.sockets.remove(&socket) {
                if says_goodbye(code, was_clean) {
                    self.leave(peer, LeftReason::Bye);
                } else {
                    self.lose(peer, now);
                }
            } else if let Some(&peer) = self.waiting_sockets.get(&socket) {
                self.end_knock(peer);
            }
        }
        if self.grace_ends_at.is_some_and(|deadline| deadline <= now) {
            self.give_up_away_seats(now);
        }
        match input {
            Input::Opened { socket, offer } => self.join(socket, &offer, now, environment),
            Input::Received { socket, frame } => {
                if let Some(&peer) = self.sockets.get(&socket).or_else(|| self.waiting_sockets.get(&socket)) {
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

    /// What the last input has brought about, for the operator.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many signals were relayed, to one or to many, since this was asked last or the room was restored.
    pub fn take_relayed(&mut self) -> u32 {
        std::mem::take(&mut self.relayed)
    }

    /// Whether any were.
    #[must_use]
    pub fn has_relayed(&self) -> bool {
        self.relayed > 0
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
    /// [`NoStatus`] where the room has a gate and another one, or none, was shown.
    pub fn status(&mut self, gate: &GateOffer, now: Millis) -> Result<Status, NoStatus> {
        match self.check_gate(gate, now) {
            GateVerdict::Right => {}
            GateVerdict::Wrong => return Err(NoStatus::Unauthorized),
            GateVerdict::Unlooked => return Err(NoStatus::TooManyTries),
        }
        Ok(Status {
            present: self.seats.len(),
            capacity: self.config.limits.capacity,
            locked: self.open.as_ref().is_some_and(|open| open.locked),
        })
    }

    /// Looks at a gate, unless too many wrong ones were shown. One that is missing tries nothing.
    fn check_gate(&mut self, gate: &GateOffer, now: Millis) -> GateVerdict {
        let Some(open) = &self.open else { return GateVerdict::Right };
        let guesses = open.gate.is_set() && matches!(gate, GateOffer::Shown(_));
        if guesses && self.gate_tries.are_used_up(now) {
            return GateVerdict::Unlooked;
        }
        if open.gate.admits(gate) {
            return GateVerdict::Right;
        }
        if guesses {
            self.gate_tries.count(now);
        }
        GateVerdict::Wrong
    }

    // Joining

    fn join(&mut self, socket: SocketId, offer: &Offer, now: Millis, environment: &mut dyn Environment) {
        let secret = self.open.as_ref().map(|open| &open.secret);
        let resumed = secret.zip(offer.resume.as_ref()).and_then(|(secret, token)| read_resume_token(secret, token));
        let claims = match self.config.join_secrets.check(offer.token.as_deref(), Some(&self.name), now) {
            Ok(claims) => claims,
            // Whoever was let in is not shut out because a call lasts longer than the token it began with. The token says nothing
            // any more that was not so then.
            Err(error @ TokenError::Expired(expired)) => match resumed {
                Some(resumed) if expired.peer.is_none_or(|named| named == resumed.peer) => {
                    Claims { host: expired.host && resumed.moderator, ..expired }
                }
                _ => return self.refuse_unauthorized(socket, error.message()),
            },
            Err(error) => return self.refuse_unauthorized(socket, error.message()),
        };
        let resumed = resumed.map(|resumed| resumed.peer);
        let locked = match &self.open {
            // Whoever was let in need not suffer by others who guess.
            Some(open) if resumed.is_some() && open.gate.admits(&offer.gate) => open.locked,
            Some(open) => {
                let locked = open.locked;
                match self.check_gate(&offer.gate, now) {
                    GateVerdict::Right => locked,
                    GateVerdict::Wrong => return self.refuse_unauthorized(socket, "the room's gate was not shown"),
                    GateVerdict::Unlooked => {
                        let message = "too many wrong gates were shown to this room: try again in a minute";
                        return self.refuse(socket, ErrorCode::TooManyMessages, CloseCode::TooManyMessages, message);
                    }
                }
            }
            None => {
                let Some(gate) = PinnedGate::pin(&offer.gate) else {
                    return self.refuse_unauthorized(socket, "the gate is no base64url");
                };
                return self.open(socket, gate, claims, now, environment);
            }
        };
        // A token that says who somebody is outweighs what the server once said.
        let resumed = resumed.filter(|&peer| claims.peer.is_none_or(|named| named == peer));
        let known = claims.peer.or(resumed);
        if known.is_some_and(|peer| self.is_removed(peer)) {
            return self.refuse(socket, ErrorCode::Removed, CloseCode::Removed, REMOVED);
        }
        // Whoever resumes takes over its own old connection, vanished or not.
        self.find_vanished(known, now, environment);
        match known {
            Some(peer) if self.seats.contains_key(&peer) => self.come_back(peer, socket, claims.host, now),
            _ if locked && resumed.is_none() && !claims.host => {
                let peer = known.unwrap_or_else(|| self.fresh_peer(environment));
                self.knock(peer, socket, now);
            }
            _ if self.is_full() => {
                self.refuse(socket, ErrorCode::Full, CloseCode::Full, "every seat in the room is taken");
            }
            _ => {
                let peer = known.unwrap_or_else(|| self.fresh_peer(environment));
                self.take_seat(peer, socket, claims.host, resumed.is_some(), now);
            }
        }
    }

    fn open(
        &mut self,
        socket: SocketId,
        gate: PinnedGate,
        claims: Claims,
        now: Millis,
        environment: &mut dyn Environment,
    ) {
        let mut secret = [0; 32];
        environment.fill_random(&mut secret);
        let peer = claims.peer.unwrap_or_else(|| self.fresh_peer(environment));
        let host = Host { peer, term: 1 };
        self.open = Some(Opened {
            secret: Bytes32::new(secret),
            gate,
            locked: false,
            host,
            recorded_host: host,
            recorded_connected: false,
            dropped: false,
            deserted: None,
            removed: Vec::new(),
        });
        self.sweep_at = now.saturating_add(SWEEP_AFTER);
        self.record_changed = true;
        self.events.push(Event::Opened);
        self.take_seat(peer, socket, claims.host, false, now);
    }

    fn is_removed(&self, peer: PeerId) -> bool {
        self.open.as_ref().is_some_and(|open| open.removed.contains(&peer))
    }

    fn fresh_peer(&self, environment: &mut dyn Environment) -> PeerId {
        loop {
            let mut entropy = [0; PeerId::LEN];
            environment.fill_random(&mut entropy);
            let peer = PeerId::fresh(entropy);
            let is_known = self.seats.contains_key(&peer) || self.waiting.contains_key(&peer) || self.is_removed(peer);
            if !is_known {
                return peer;
            }
        }
    }

    fn take_seat(&mut self, peer: PeerId, socket: SocketId, moderator: bool, resumed: bool, now: Millis) {
        // Who waited, and is let in over another connection, waits no more.
        self.turn_away(peer, ErrorCode::Replaced, CloseCode::Replaced, REPLACED);
        let order = self.next_order;
        self.connect(peer, order, socket, moderator, now);
        self.events.push(Event::Joined { peer, resumed, present: self.seats.len() });
        let former = self.open.as_ref().map(|open| open.host.peer);
        let host_changed = self.host_returns(peer);
        self.attach(peer);
        self.welcome(peer, socket, resumed, now);
        self.tell_others(peer, &ServerFrame::Joined { peer });
        if host_changed {
            self.tell_others(peer, &ServerFrame::Host { peer });
            self.tell_of_no_knocks(former);
        }
        self.tell_of_knocks(peer);
    }

    /// Makes a peer that takes a seat host where the seat is the first one, or the peer the recorded host in whose place
    /// another one stands, or its join token lets it moderate and the host's does not. Says whether others have to be told.
    fn host_returns(&mut self, peer: PeerId) -> bool {
        let alone = self.seats.len() == 1;
        let moderates = |peer| self.seats.get(&peer).is_some_and(|seat| seat.moderator);
        let Some(open) = &mut self.open else { return false };
        if open.recorded_host.peer == peer && open.recorded_host.term > open.host.term {
            open.host = open.recorded_host;
            !alone
        } else if !self.seats.contains_key(&open.host.peer) {
            open.host = Host { peer, term: 0 };
            self.record_changed = true;
            false
        } else if moderates(peer) && !moderates(open.host.peer) {
            let term = open.host.term.max(open.recorded_host.term).saturating_add(1);
            open.host = Host { peer, term };
            !alone
        } else {
            false
        }
    }

    fn come_back(&mut self, peer: PeerId, socket: SocketId, moderator: bool, now: Millis) {
        let Some(seat) = self.seats.get(&peer) else { return };
        let order = seat.order;
        match &seat.link {
            Link::Connected(old) => {
                let old = old.socket;
                self.sockets.remove(&old);
                self.send_error(old, ErrorCode::Replaced, REPLACED);
                self.outputs.push_back(Output::Close { socket: old, code: CloseCode::Replaced });
            }
            Link::Away { .. } => self.record_changed = true,
        }
        self.connect(peer, order, socket, moderator, now);
        let host_changed = self.host_returns(peer);
        self.attach(peer);
        self.welcome(peer, socket, true, now);
        self.tell_others(peer, &ServerFrame::Back { peer });
        if host_changed {
            self.tell_others(peer, &ServerFrame::Host { peer });
        }
        self.tell_of_knocks(peer);
    }

    fn connect(&mut self, peer: PeerId, order: u32, socket: SocketId, moderator: bool, now: Millis) {
        let connection = self.fresh_connection(socket, now);
        self.sockets.insert(socket, peer);
        self.seat(peer, Seat { order, moderator, link: Link::Connected(connection) });
        self.find_grace_end();
        if let Some(open) = &mut self.open {
            open.dropped = false;
            let was_deserted = open.deserted.take().is_some();
            self.record_changed |= was_deserted || !open.recorded_connected;
        }
    }

    fn fresh_connection(&self, socket: SocketId, now: Millis) -> Connection {
        let bucket = Bucket::full(&self.config.limits, now);
        Connection { socket, since: now, alive_at: now, malformed: 0, bucket }
    }

    fn welcome(&mut self, peer: PeerId, socket: SocketId, resumed: bool, now: Millis) {
        let ice = self.config.ice.for_member(peer, now, self.relays.as_ref());
        let Some(open) = &self.open else { return };
        let moderator = self.seats.get(&peer).is_some_and(|seat| seat.moderator);
        let mut others: Vec<(u32, PeerEntry)> = self
            .seats
            .iter()
            .filter(|&(&id, _)| id != peer)
            .map(|(&id, seat)| (seat.order, PeerEntry { id, away: matches!(seat.link, Link::Away { .. }) }))
            .collect();
        others.sort_by_key(|&(order, _)| order);
        let frame = ServerFrame::Welcome {
            own: peer,
            resume: &issue_resume_token(&open.secret, peer, moderator, now),
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
        self.events.push(Event::Refused { code });
        self.send_error(socket, error, message);
        self.outputs.push_back(Output::Close { socket, code });
    }

    // Waiting to be let in

    /// Asks whoever moderates. A peer that asks again, over another connection, is still the same who asks.
    fn knock(&mut self, peer: PeerId, socket: SocketId, now: Millis) {
        let asked = self.waiting.remove(&peer);
        if asked.is_none() && self.waiting.len() >= self.capacity() {
            return self.refuse(socket, ErrorCode::Full, CloseCode::Full, "too many are waiting to be let in");
        }
        if let Some(Waiter { connection: old, .. }) = &asked {
            self.waiting_sockets.remove(&old.socket);
            self.send_error(old.socket, ErrorCode::Replaced, REPLACED);
            self.outputs.push_back(Output::Close { socket: old.socket, code: CloseCode::Replaced });
        }
        let order = asked.as_ref().map_or(self.next_order, |asked| asked.order);
        let connection = self.fresh_connection(socket, now);
        self.wait(peer, Waiter { order, connection });
        self.find_deserted(now);
        self.attach(peer);
        self.send(socket, &ServerFrame::Waiting);
        if asked.is_none() {
            self.tell_moderators(&ServerFrame::Knock { peer });
        }
    }

    /// Where a restart has dropped everybody, nobody is there to be asked. If none of them comes back, the room is given up, and who
    /// waits is free to open it anew.
    fn find_deserted(&mut self, now: Millis) {
        if !self.seats.is_empty() {
            return;
        }
        let Some(open) = &mut self.open else { return };
        let deserted = *open.deserted.get_or_insert_with(|| {
            self.record_changed = true;
            now
        });
        self.sweep_at = self.sweep_at.min(deserted.saturating_add(DESERTED_AFTER));
    }

    fn wait(&mut self, peer: PeerId, waiter: Waiter) {
        self.next_order = self.next_order.max(waiter.order.saturating_add(1));
        self.waiting_sockets.insert(waiter.connection.socket, peer);
        self.waiting.insert(peer, waiter);
    }

    /// Somebody waits no more. Says over which socket it did.
    fn end_knock(&mut self, peer: PeerId) -> Option<SocketId> {
        let socket = self.waiting.remove(&peer)?.connection.socket;
        self.waiting_sockets.remove(&socket);
        self.tell_moderators(&ServerFrame::KnockEnded { peer });
        Some(socket)
    }

    /// Tells a peer that moderates, and has just come or become host, who is waiting.
    fn tell_of_knocks(&mut self, peer: PeerId) {
        if self.waiting.is_empty() || !self.moderates(peer) {
            return;
        }
        let Some(socket) = self.connection(peer).map(|connection| connection.socket) else { return };
        for peer in self.waiters() {
            self.send(socket, &ServerFrame::Knock { peer });
        }
    }

    /// Tells a peer that was host, and has no powers any more, that those who wait are not its concern.
    fn tell_of_no_knocks(&mut self, former: Option<PeerId>) {
        let Some(former) = former.filter(|&former| !self.moderates(former)) else { return };
        let Some(socket) = self.connection(former).map(|connection| connection.socket) else { return };
        if self.config.join_secrets.are_set() {
            return;
        }
        for peer in self.waiters() {
            self.send(socket, &ServerFrame::KnockEnded { peer });
        }
    }

    /// Who is waiting, those who came first at the front.
    fn waiters(&self) -> Vec<PeerId> {
        let mut waiters: Vec<(u32, PeerId)> = self.waiting.iter().map(|(&peer, waiter)| (waiter.order, peer)).collect();
        waiters.sort_unstable();
        waiters.into_iter().map(|(_, peer)| peer).collect()
    }

    fn admit(&mut self, peer: PeerId, now: Millis) {
        if let Some(socket) = self.end_knock(peer) {
            self.take_seat(peer, socket, false, false, now);
        }
    }

    fn turn_away(&mut self, peer: PeerId, error: ErrorCode, code: CloseCode, message: &str) {
        if let Some(socket) = self.end_knock(peer) {
            self.refuse(socket, error, code, message);
        }
    }

    /// Lets go of those who wait and give no sign of life.
    fn find_vanished_waiters(&mut self, now: Millis, environment: &dyn Environment) {
        let stale_after = self.config.limits.stale_after().max(WAITING_STALE_AFTER);
        for peer in self.waiters() {
            let Some(Waiter { connection, .. }) = self.waiting.get_mut(&peer) else { continue };
            if connection.is_stale(stale_after, now, environment)
                && let Some(socket) = self.end_knock(peer)
            {
                self.outputs.push_back(Output::Close { socket, code: CloseCode::Vanished });
            }
        }
    }

    // Moderating

    /// Whether a peer has a host's powers: those whose join token says so, or, where there are no join tokens, the host.
    fn moderates(&self, peer: PeerId) -> bool {
        if self.config.join_secrets.are_set() {
            return self.seats.get(&peer).is_some_and(|seat| seat.moderator);
        }
        self.open.as_ref().is_some_and(|open| open.host.peer == peer)
    }

    fn tell_moderators(&mut self, frame: &ServerFrame<'_>) {
        let to: Vec<SocketId> =
            self.sockets.iter().filter(|&(_, &peer)| self.moderates(peer)).map(|(&socket, _)| socket).collect();
        for to in to {
            self.send(to, frame);
        }
    }

    /// What only a host may ask for.
    fn moderate(&mut self, socket: SocketId, command: Command, now: Millis, environment: &dyn Environment) {
        match command {
            Command::Lock(locked) => self.set_locked(locked, now, environment),
            Command::Admit(peer) => {
                self.find_vanished_waiters(now, environment);
                if self.waiting.contains_key(&peer) && self.is_full() {
                    return self.send_error(socket, ErrorCode::Full, "every seat in the room is taken");
                }
                self.admit(peer, now);
            }
            Command::Deny(peer) => self.turn_away(peer, ErrorCode::Denied, CloseCode::Denied, DENIED),
            Command::Remove(peer) => {
                self.turn_away(peer, ErrorCode::Denied, CloseCode::Denied, DENIED);
                self.remove(peer);
            }
            Command::End => self.end(),
        }
    }

    fn set_locked(&mut self, locked: bool, now: Millis, environment: &dyn Environment) {
        let Some(open) = &mut self.open else { return };
        if open.locked == locked {
            return;
        }
        open.locked = locked;
        self.record_changed = true;
        self.tell_all(&ServerFrame::Locked { locked });
        if locked {
            return;
        }
        self.find_vanished_waiters(now, environment);
        for peer in self.waiters() {
            if self.is_full() {
                self.turn_away(peer, ErrorCode::Full, CloseCode::Full, "every seat in the room is taken");
            } else {
                self.admit(peer, now);
            }
        }
    }

    /// Puts a peer out. Neither its resume token nor its name in a join token lets it in again.
    fn remove(&mut self, peer: PeerId) {
        if !self.seats.contains_key(&peer) {
            return;
        }
        if let Some(open) = &mut self.open {
            if open.removed.len() >= REMOVED_MAX {
                open.removed.remove(0);
            }
            open.removed.push(peer);
            self.record_changed = true;
        }
        if let Some(socket) = self.connection(peer).map(|connection| connection.socket) {
            self.sockets.remove(&socket);
            self.send_error(socket, ErrorCode::Removed, REMOVED);
            self.outputs.push_back(Output::Close { socket, code: CloseCode::Removed });
        }
        self.leave(peer, LeftReason::Removed);
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
        let Some(connection) = self.any_connection(peer) else { return };
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
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Binary(_) | Frame::Oversized => {
                return self.complain(peer, socket, &Malformed::Binary.to_string(), now);
            }
        };
        match decode(text) {
            Ok(frame) if self.seats.contains_key(&peer) => self.obey(peer, socket, text, frame, now, environment),
            Ok(ClientFrame::Bye) => {
                self.end_knock(peer);
                self.outputs.push_back(Output::Close { socket, code: CloseCode::Normal });
            }
            Ok(_) => self.complain(peer, socket, "not let in yet", now),
            Err(malformed) => self.complain(peer, socket, &malformed.to_string(), now),
        }
    }

    fn obey(
        &mut self,
        peer: PeerId,
        socket: SocketId,
        text: &str,
        frame: ClientFrame<'_>,
        now: Millis,
        environment: &mut dyn Environment,
    ) {
        match frame {
            ClientFrame::Signal { to: Some(to), data, reference } => {
                let reason = match to.peer.and_then(|to| self.reach(to, now, environment)) {
                    Some(Reach::Connected(to)) => {
                        return self.relay(peer, Receivers::One(to), text, data);
                    }
                    Some(Reach::Away) => UndeliveredReason::Away,
                    None => UndeliveredReason::Unknown,
                };
                self.send(socket, &ServerFrame::Undelivered { to: to.text, reference, reason });
            }
            ClientFrame::Signal { to: None, data, .. } => {
                self.find_vanished(Some(peer), now, environment);
                let to = self.others(peer);
                if to.is_empty() {
                    self.relayed = self.relayed.saturating_add(1);
                } else {
                    self.relay(peer, Receivers::Many(to), text, data);
                }
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
            ClientFrame::Lock { locked } => self.command(peer, socket, Some(Command::Lock(locked)), now, environment),
            ClientFrame::Admit { peer: whom } => {
                self.command(peer, socket, whom.map(Command::Admit), now, environment);
            }
            ClientFrame::Deny { peer: whom } => self.command(peer, socket, whom.map(Command::Deny), now, environment),
            ClientFrame::Remove { peer: whom } => {
                self.command(peer, socket, whom.map(Command::Remove), now, environment);
            }
            ClientFrame::End => self.command(peer, socket, Some(Command::End), now, environment),
        }
    }

    fn relay(&mut self, from: PeerId, to: Receivers, text: &str, data: Json<'_>) {
        self.relayed = self.relayed.saturating_add(1);
        self.outputs.push_back(Output::Relay { to, from, data: place_in(text, data.get()) });
    }

    /// Obeys a command if it comes from somebody who may give it; `None` is one about nobody.
    fn command(
        &mut self,
        peer: PeerId,
        socket: SocketId,
        command: Option<Command>,
        now: Millis,
        environment: &dyn Environment,
    ) {
        if !self.moderates(peer) {
            return self.send_error(socket, ErrorCode::NotHost, "only the host may do this");
        }
        if let Some(command) = command {
            self.moderate(socket, command, now, environment);
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

    fn complain(&mut self, peer: PeerId, socket: SocketId, message: &str, now: Millis) {
        self.send_error(socket, ErrorCode::Malformed, message);
        let Some(connection) = self.any_connection(peer) else { return };
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
            if !matches!(code, CloseCode::Vanished) {
                self.events.push(Event::Expelled { peer, code });
            }
            self.lose(peer, now);
        } else if let Some(socket) = self.end_knock(peer) {
            self.outputs.push_back(Output::Close { socket, code });
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
        self.events.push(Event::Left { peer, reason, present: self.seats.len() });
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
        self.tell_of_knocks(peer);
    }

    /// The oldest seat that is connected, or the oldest one where none is; first among those who may moderate by their token.
    fn longest_present(&self) -> Option<PeerId> {
        let rank = |seat: &Seat| (!seat.moderator, matches!(seat.link, Link::Away { .. }), seat.order);
        self.seats.iter().min_by_key(|&(_, seat)| rank(seat)).map(|(&peer, _)| peer)
    }

    fn end(&mut self) {
        let mut sockets: Vec<SocketId> =
            std::mem::take(&mut self.sockets).into_iter().map(|(socket, _)| socket).collect();
        sockets.extend(std::mem::take(&mut self.waiting_sockets).into_iter().map(|(socket, _)| socket));
        self.waiting.clear();
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
        self.waiting.clear();
        // Whoever still waits comes back by itself, and nobody is there any more to ask.
        for (socket, _) in std::mem::take(&mut self.waiting_sockets) {
            self.outputs.push_back(Output::Close { socket, code: CloseCode::Vanished });
        }
        self.grace_ends_at = None;
        self.next_order = 0;
        self.record_changed = false;
        self.events.push(Event::Ended);
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
        let stale_after = self.config.limits.stale_after();
        let mut vanished = Vec::new();
        for (&peer, seat) in self.seats.iter_mut() {
            if let Link::Connected(connection) = &mut seat.link
                && Some(peer) != but
                && connection.is_stale(stale_after, now, environment)
            {
                vanished.push(peer);
            }
        }
        for peer in vanished {
            self.expel(peer, CloseCode::Vanished, now);
        }
        self.find_vanished_waiters(now, environment);
    }

    /// Where a signal to this peer goes. Finds out whether its connection has vanished, and declares it away if so.
    fn reach(&mut self, peer: PeerId, now: Millis, environment: &mut dyn Environment) -> Option<Reach> {
        let stale_after = self.config.limits.stale_after();
        let connection = match &mut self.seats.get_mut(&peer)?.link {
            Link::Away { .. } => return Some(Reach::Away),
            Link::Connected(connection) => connection,
        };
        if connection.is_stale(stale_after, now, environment) {
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

    fn capacity(&self) -> usize {
        usize::try_from(self.config.limits.capacity).unwrap_or(usize::MAX)
    }

    fn is_full(&self) -> bool {
        self.seats.len() >= self.capacity()
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

    /// The connection of a peer that has a seat, or waits for one.
    fn any_connection(&mut self, peer: PeerId) -> Option<&mut Connection> {
        match self.waiting.get_mut(&peer) {
            Some(waiter) => Some(&mut waiter.connection),
            None => match &mut self.seats.get_mut(&peer)?.link {
                Link::Connected(connection) => Some(connection),
                Link::Away { .. } => None,
            },
        }
    }

    fn attach(&mut self, peer: PeerId) {
        let (order, moderator, connection, waiting) = match (self.seats.get(&peer), self.waiting.get(&peer)) {
            (Some(Seat { order, moderator, link: Link::Connected(connection) }), _) => {
                (*order, *moderator, connection, false)
            }
            (None, Some(waiter)) => (waiter.order, false, &waiter.connection, true),
            (_, _) => return,
        };
        let host = self.open.as_ref().map(|open| open.host).filter(|host| host.peer == peer && !waiting);
        let attachment = Attachment {
            v: V1,
            peer,
            order,
            since: connection.since,
            malformed: connection.malformed,
            host_term: host.map_or(0, |host| host.term),
            moderator,
            waiting,
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
                Link::Away { since } => Some(AwaySeat { peer, order: seat.order, since, moderator: seat.moderator }),
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
            removed: open.removed.clone(),
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
        let to = self.others(peer);
        if !to.is_empty() {
            self.outputs.push_back(Output::Broadcast { to, text: frame.encode() });
        }
    }

    fn tell_all(&mut self, frame: &ServerFrame<'_>) {
        let to: Vec<SocketId> = self.sockets.keys().copied().collect();
        if !to.is_empty() {
            self.outputs.push_back(Output::Broadcast { to, text: frame.encode() });
        }
    }

    /// Sends to every connected peer but this one, in the order in which they connected.
    /// The sockets of all seats but one.
    fn others(&self, but: PeerId) -> Vec<SocketId> {
        self.sockets.iter().filter(|&(_, &peer)| peer != but).map(|(&socket, _)| socket).collect()
    }
}

/// Which bytes of `text` its part `part` is.
fn place_in(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    start..start.wrapping_add(part.len())
}

/// Where a signal to a seated peer goes.
enum Reach {
    Connected(SocketId),
    Away,
}

/// What a host asks for.
#[derive(Clone, Copy)]
enum Command {
    Lock(bool),
    Admit(PeerId),
    Deny(PeerId),
    Remove(PeerId),
    End,
}

const REPLACED: &str = "this peer connected elsewhere";
const REMOVED: &str = "the host removed this peer";
const DENIED: &str = "the host did not let this peer in";

impl Connection {
    /// Whether the last sign of life is too old. Asks the runtime only where the one in memory is.
    fn is_stale(&mut self, stale_after: Millis, now: Millis, environment: &dyn Environment) -> bool {
        let is_stale = |alive_at: Millis| now.saturating_sub(alive_at) > stale_after;
        if is_stale(self.alive_at)
            && let Some(ping) = environment.last_ping(self.socket)
        {
            self.alive_at = self.alive_at.max(ping);
        }
        is_stale(self.alive_at)
    }
}
