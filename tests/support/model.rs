//! The room against a plain model of it.
//!
//! After every step, what each connected peer has been told adds up to what the model says is so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use switchboard::protocol::{GateOffer, Limits, Millis, Offer};
use switchboard::room::{Input, Output};

use super::{START, World};

/// What the model takes for granted.
pub const LIMITS: Limits =
    Limits { capacity: 4, messages_per_second: 5, grace_seconds: 30, ping_seconds: 30, ..Limits::DEFAULT };
const STALE: Millis = 75_000;
const GRACE: Millis = 30_000;

/// One of those that there are, whatever their number.
#[derive(Clone, Copy, Debug)]
pub struct Pick(pub u16);

impl Pick {
    fn index(self, count: usize) -> usize {
        usize::from(self.0) % count
    }
}

/// Something that happens to the room.
#[derive(Clone, Debug)]
pub enum Step {
    Join,
    /// With one of all the tokens that were ever issued.
    Resume(Pick),
    Lose(Pick),
    Close(Pick),
    Bye(Pick),
    /// To anybody who ever was here.
    Signal(Pick, Pick),
    FanOut(Pick),
    Flood(Pick, u8),
    Garbage(Pick),
    Check(Pick, Pick),
    Lock(Pick, bool),
    /// `admit`, `deny` or `remove`, about anybody who waits or ever was here.
    Moderate(Pick, &'static str, Pick),
    End(Pick),
    /// Somebody who waits sends this.
    Waiting(Pick, &'static str),
    /// Somebody who waits is gone.
    GiveUp(Pick),
    Ping(Pick),
    /// Time passes; what falls due meanwhile, comes.
    Pass(Millis),
    Hibernate,
    Restart,
}

/// What is so: as plain as it can be said.
#[derive(Default)]
struct Model {
    open: bool,
    /// Oldest first.
    seats: Vec<Seat>,
    host: Option<String>,
    /// Who becomes host again when it returns after a restart.
    claim: Option<String>,
    /// Whether a restart has dropped somebody, and nobody has taken a seat since.
    dropped: bool,
    locked: bool,
    /// Who waits to be let in, oldest first. Their sockets are never `None`.
    waiting: Vec<Seat>,
    removed: Vec<String>,
}

struct Seat {
    peer: String,
    /// None while it is away.
    socket: Option<u32>,
    since: Millis,
    /// The last sign of life that memory holds.
    heard: Millis,
    tokens: u64,
    refilled: Millis,
    dropped: u32,
    malformed: u8,
}

impl Seat {
    fn new(peer: &str, socket: u32, now: Millis) -> Self {
        let mut seat = Self {
            peer: peer.to_owned(),
            socket: None,
            since: now,
            heard: now,
            tokens: 0,
            refilled: now,
            dropped: 0,
            malformed: 0,
        };
        seat.connect(socket, now);
        seat
    }

    fn connect(&mut self, socket: u32, now: Millis) {
        (self.socket, self.since, self.heard, self.malformed) = (Some(socket), now, now, 0);
        self.fill(now);
    }

    fn fill(&mut self, now: Millis) {
        (self.tokens, self.refilled, self.dropped) = (10_000, now, 0);
    }

    /// Whether a frame passes, or else whether its sender is told (Some) or closed (None).
    fn take(&mut self, now: Millis) -> Result<(), Option<bool>> {
        self.tokens = (self.tokens + (now - self.refilled) * 5).min(10_000);
        self.refilled = now;
        self.heard = now;
        if self.tokens == 10_000 {
            self.dropped = 0;
        }
        if self.tokens >= 1000 {
            self.tokens -= 1000;
            return Ok(());
        }
        self.dropped += 1;
        Err((self.dropped <= 10).then_some(self.dropped == 1))
    }
}

impl Model {
    fn connected(&self) -> Vec<(u32, String)> {
        self.seats.iter().filter_map(|seat| Some((seat.socket?, seat.peer.clone()))).collect()
    }

    fn seat(&mut self, peer: &str) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.peer == peer)
    }

    /// A seat for who has none.
    fn take_seat(&mut self, peer: &str, socket: u32, now: Millis) {
        self.waiting.retain(|waiter| waiter.peer != peer);
        self.seats.push(Seat::new(peer, socket, now));
        let host_seated = self.host.as_ref().is_some_and(|host| self.is_seated(host));
        if self.claim.as_deref() == Some(peer) || !host_seated {
            self.host = Some(peer.to_owned());
            if self.claim.as_deref() == Some(peer) {
                self.claim = None;
            }
        }
        (self.open, self.dropped) = (true, false);
    }

    fn is_seated(&self, peer: &str) -> bool {
        self.seats.iter().any(|seat| seat.peer == peer)
    }

    fn longest_present(&self) -> Option<String> {
        let connected = self.seats.iter().find(|seat| seat.socket.is_some());
        connected.or(self.seats.first()).map(|seat| seat.peer.clone())
    }

    fn lose(&mut self, peer: &str, now: Millis) {
        let seat = self.seat(peer).unwrap();
        (seat.socket, seat.since) = (None, now);
    }

    fn leave(&mut self, peer: &str) {
        self.seats.retain(|seat| seat.peer != peer);
        if self.seats.is_empty() {
            // If the room lives on, then because a restart has dropped the others: nobody here has succeeded the host.
            self.claim = self.claim.take().or_else(|| self.host.clone());
            return;
        }
        if self.host.as_deref() == Some(peer) {
            self.host = self.longest_present();
            self.claim = None;
        }
    }

    fn expire(&mut self, now: Millis) {
        let due: Vec<(Millis, usize, String)> = self
            .seats
            .iter()
            .enumerate()
            .filter(|(_, seat)| seat.socket.is_none() && seat.since + GRACE <= now)
            .map(|(order, seat)| (seat.since, order, seat.peer.clone()))
            .collect();
        let mut due = due;
        due.sort();
        for (_, _, peer) in due {
            self.leave(&peer);
        }
    }
}

/// What a connected peer believes, from the frames that it got.
#[derive(Debug, Default)]
struct View {
    own: String,
    host: String,
    others: BTreeMap<String, bool>,
    locked: bool,
    /// Who knocks, as a host is told.
    knocks: BTreeSet<String>,
}

/// The room and the model side by side.
pub struct Run {
    world: World,
    model: Model,
    views: BTreeMap<u32, View>,
    /// Every token that was ever issued, whose it is, and in which life of the room.
    tokens: Vec<(String, String, u32)>,
    life: u32,
    /// What the last step brought: signals and errors, by socket.
    signals: Vec<(u32, String, String)>,
    errors: Vec<(u32, String)>,
    /// Who was told to wait.
    told_to_wait: Vec<u32>,
    count: u32,
}

impl Run {
    pub fn new() -> Self {
        let mut world = World::new(LIMITS);
        world.senses.spread = true;
        Self {
            world,
            model: Model::default(),
            views: BTreeMap::new(),
            tokens: vec![],
            life: 0,
            signals: vec![],
            errors: vec![],
            told_to_wait: vec![],
            count: 0,
        }
    }

    fn absorb(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send { to, text } => self.told(to, &text),
                Output::Broadcast { to, text } => to.into_iter().for_each(|to| self.told(to, &text)),
                Output::Close { socket, .. } => {
                    self.views.remove(&socket);
                }
                Output::Forget => self.life += 1,
                Output::Relay { .. } => unreachable!("a signal is written out"),
                Output::Attach { .. } | Output::Store(_) | Output::AskRelays => {}
            }
        }
    }

    fn told(&mut self, socket: u32, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap();
        let field = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
        match frame["type"].as_str().unwrap() {
            "waiting" => return self.told_to_wait.push(socket),
            "undelivered" => return self.errors.push((socket, field("reason"))),
            "error" => return self.errors.push((socket, field("code"))),
            _ => {}
        }
        let view = self.views.entry(socket).or_default();
        match frame["type"].as_str().unwrap() {
            "welcome" => {
                view.locked = frame["room"]["locked"].as_bool().unwrap();
                let others = frame["peers"].as_array().unwrap().iter();
                view.others = others
                    .map(|peer| (peer["id"].as_str().unwrap().to_owned(), peer["away"].as_bool().unwrap()))
                    .collect();
                (view.own, view.host) = (field("self"), field("host"));
                self.tokens.push((field("resume"), field("self"), self.life));
            }
            "joined" => assert_eq!(view.others.insert(field("peer"), false), None, "joined twice"),
            "away" => assert_eq!(view.others.insert(field("peer"), true), Some(false), "away, but not there"),
            "back" => assert!(view.others.insert(field("peer"), false).is_some(), "back, but never there"),
            "left" => assert!(view.others.remove(&field("peer")).is_some(), "left, but never there"),
            "host" => view.host = field("peer"),
            "locked" => view.locked = frame["locked"].as_bool().unwrap(),
            "knock" => assert!(view.knocks.insert(field("peer")), "knocked twice"),
            "knockEnded" => assert!(view.knocks.remove(&field("peer")), "a knock ended that never was"),
            "signal" => self.signals.push((socket, field("from"), frame["data"].to_string())),
            other => panic!("{other}"),
        }
    }

    /// One of the connected peers, if there is any.
    fn pick(&self, index: Pick) -> Option<(u32, String)> {
        let connected = self.model.connected();
        (!connected.is_empty()).then(|| connected[index.index(connected.len())].clone())
    }

    /// Declares those away that have given no sign of life, as the model sees it.
    fn find_vanished(&mut self, peer: &str) {
        let (now, pings) = (self.world.now, self.world.senses.pings.clone());
        if let Some(seat) = self.model.seat(peer)
            && let Some(socket) = seat.socket
        {
            let alive = seat.heard.max(pings.get(&socket).copied().unwrap_or(0));
            if now - alive > STALE {
                self.model.lose(peer, now);
            }
        }
    }

    fn find_all_vanished(&mut self, but: Option<&str>) {
        let peers: Vec<String> = self.model.seats.iter().map(|seat| seat.peer.clone()).collect();
        for peer in peers.iter().filter(|peer| Some(peer.as_str()) != but) {
            self.find_vanished(peer);
        }
        self.find_vanished_waiters();
    }

    fn find_vanished_waiters(&mut self) {
        let (now, pings) = (self.world.now, &self.world.senses.pings);
        self.model.waiting.retain(|waiter| {
            let ping = pings.get(&waiter.socket.unwrap()).copied().unwrap_or(0);
            now - waiter.heard.max(ping) <= STALE
        });
    }

    fn join(&mut self, token: Option<(String, String, u32)>) {
        let now = self.world.now;
        self.model.expire(now);
        self.settle();
        let valid = token.as_ref().filter(|(_, _, life)| self.model.open && *life == self.life);
        let resumed = valid.map(|(_, peer, _)| peer.clone());
        let removed = resumed.as_ref().is_some_and(|peer| self.model.removed.contains(peer));
        if !removed {
            self.find_all_vanished(resumed.as_deref());
        }
        let seated = resumed.as_ref().is_some_and(|peer| self.model.is_seated(peer));
        let waits = self.model.locked && resumed.is_none();
        let taken = if waits { self.model.waiting.len() } else { self.model.seats.len() };
        let full = !seated && taken >= 4;
        let offer = Offer { resume: token.map(|(token, ..)| token), ..Offer::default() };
        let (socket, outputs) = self.world.open(offer);
        let knocker = outputs.iter().find_map(|output| match output {
            Output::Attach { attachment, .. } if attachment.waiting => Some(attachment.peer.to_string()),
            _ => None,
        });
        self.absorb(outputs);
        if removed || full {
            let code = if removed { "removed" } else { "full" };
            assert_eq!(self.errors, [(socket, code.to_owned())]);
            return;
        }
        if waits {
            assert_eq!(std::mem::take(&mut self.told_to_wait), [socket]);
            self.model.waiting.push(Seat::new(&knocker.unwrap(), socket, now));
            return;
        }
        let own = self.views[&socket].own.clone();
        if let Some(peer) = &resumed {
            assert_eq!(&own, peer, "a valid token gives the same peer");
        }
        if seated {
            if let Some(old) = self.model.seat(&own).unwrap().socket {
                assert_eq!(self.errors, [(old, "replaced".to_owned())]);
            }
            (self.model.open, self.model.dropped) = (true, false);
            self.model.seat(&own).unwrap().connect(socket, now);
        } else {
            assert!(!self.model.is_seated(&own), "a new peer is nobody who is here");
            self.model.take_seat(&own, socket, now);
        }
    }

    /// A command from one of the connected. Says whether it is obeyed.
    fn command(&mut self, from: Pick, text: &str) -> Option<u32> {
        let (socket, peer) = self.pick(from)?;
        let passed = self.frame(socket, &peer, text);
        if passed && self.model.host.as_ref() != Some(&peer) {
            assert_eq!(self.errors, [(socket, "not-host".to_owned())]);
            return None;
        }
        passed.then_some(socket)
    }

    fn moderate(&mut self, socket: u32, what: &str, whom: &str) {
        let now = self.world.now;
        let waiter = |model: &Model| model.waiting.iter().find(|waiter| waiter.peer == whom).and_then(|w| w.socket);
        if what == "admit" {
            self.find_vanished_waiters();
            let Some(there) = waiter(&self.model) else { return };
            if self.model.seats.len() >= 4 {
                assert_eq!(self.errors, [(socket, "full".to_owned())]);
            } else {
                self.model.take_seat(whom, there, now);
            }
            return;
        }
        if let Some(there) = waiter(&self.model) {
            assert_eq!(self.errors, [(there, "denied".to_owned())]);
            self.model.waiting.retain(|waiter| waiter.peer != whom);
        }
        if what == "remove" && self.model.is_seated(whom) {
            if let Some(there) = self.model.seat(whom).and_then(|seat| seat.socket) {
                assert_eq!(self.errors, [(there, "removed".to_owned())]);
            }
            self.model.removed.push(whom.to_owned());
            self.model.leave(whom);
        }
    }

    /// A room that everybody has left is no more. One whose peers a restart has dropped still is.
    fn settle(&mut self) {
        if self.model.seats.is_empty() && !(self.model.dropped && self.world.record.is_some()) {
            self.model = Model::default();
        }
    }

    fn frame(&mut self, socket: u32, peer: &str, text: &str) -> bool {
        let now = self.world.now;
        let outputs = self.world.send(socket, text);
        self.absorb(outputs);
        match self.model.seat(peer).unwrap().take(now) {
            Ok(()) => true,
            Err(Some(told)) => {
                let expected = if told { vec![(socket, "too-many-messages".to_owned())] } else { vec![] };
                assert_eq!(std::mem::take(&mut self.errors), expected);
                false
            }
            Err(None) => {
                self.model.lose(peer, now);
                false
            }
        }
    }

    /// Lets it happen to both, and compares what comes of it.
    pub fn step(&mut self, step: &Step) {
        self.signals.clear();
        self.errors.clear();
        self.told_to_wait.clear();
        let now = self.world.now;
        match step {
            Step::Join => self.join(None),
            Step::Resume(index) => {
                if !self.tokens.is_empty() {
                    let token = self.tokens[index.index(self.tokens.len())].clone();
                    self.join(Some(token));
                }
            }
            Step::Lose(index) => {
                if let Some((socket, peer)) = self.pick(*index) {
                    self.views.remove(&socket);
                    let outputs = self.world.lose(socket);
                    self.absorb(outputs);
                    self.model.lose(&peer, now);
                }
            }
            Step::Close(index) => {
                if let Some((socket, peer)) = self.pick(*index) {
                    self.views.remove(&socket);
                    let outputs = self.world.close(socket, 1001, true);
                    self.absorb(outputs);
                    self.model.leave(&peer);
                }
            }
            Step::Bye(index) => {
                if let Some((socket, peer)) = self.pick(*index)
                    && self.frame(socket, &peer, r#"{"type":"bye"}"#)
                {
                    self.model.leave(&peer);
                }
            }
            Step::Signal(from, to) => {
                if let Some((socket, peer)) = self.pick(*from) {
                    self.count += 1;
                    let to = self.tokens[to.index(self.tokens.len())].1.clone();
                    let text = format!(r#"{{"type":"signal","to":"{to}","data":{}}}"#, self.count);
                    if self.frame(socket, &peer, &text) {
                        self.find_vanished(&to);
                        let count = self.count.to_string();
                        match self.model.seat(&to).map(|seat| seat.socket) {
                            Some(Some(there)) => assert_eq!(self.signals, [(there, peer, count)]),
                            Some(None) => assert_eq!(self.errors, [(socket, "away".to_owned())]),
                            None => assert_eq!(self.errors, [(socket, "unknown".to_owned())]),
                        }
                    }
                }
            }
            Step::FanOut(from) => {
                if let Some((socket, peer)) = self.pick(*from) {
                    let passed = self.frame(socket, &peer, r#"{"type":"signal","data":0}"#);
                    if passed {
                        self.find_all_vanished(Some(&peer));
                    }
                    self.signals.sort();
                    let mut others = self.model.connected();
                    others.retain(|(other, _)| passed && *other != socket);
                    others.sort();
                    let expected: Vec<_> =
                        others.into_iter().map(|(other, _)| (other, peer.clone(), "0".to_owned())).collect();
                    assert_eq!(self.signals, expected);
                }
            }
            Step::Flood(from, count) => {
                if let Some((socket, peer)) = self.pick(*from) {
                    for _ in 0..*count {
                        if self.model.seat(&peer).is_none_or(|seat| seat.socket.is_none()) {
                            break;
                        }
                        if self.frame(socket, &peer, r#"{"type":"signal","data":0}"#) {
                            self.find_all_vanished(Some(&peer));
                        }
                    }
                }
            }
            Step::Garbage(from) => {
                if let Some((socket, peer)) = self.pick(*from)
                    && self.frame(socket, &peer, "garbage")
                {
                    assert_eq!(self.errors, [(socket, "malformed".to_owned())]);
                    let seat = self.model.seat(&peer).unwrap();
                    seat.malformed += 1;
                    if seat.malformed == 10 {
                        self.model.lose(&peer, now);
                    }
                }
            }
            Step::Check(from, whom) => {
                if let Some((socket, peer)) = self.pick(*from) {
                    let whom = self.tokens[whom.index(self.tokens.len())].1.clone();
                    if self.frame(socket, &peer, &format!(r#"{{"type":"check","peer":"{whom}"}}"#)) {
                        self.find_vanished(&whom);
                    }
                }
            }
            Step::Lock(from, locked) => {
                if self.command(*from, &format!(r#"{{"type":"lock","locked":{locked}}}"#)).is_some()
                    && self.model.locked != *locked
                {
                    self.model.locked = *locked;
                    if !locked {
                        self.find_vanished_waiters();
                        let mut refused = vec![];
                        for waiter in std::mem::take(&mut self.model.waiting) {
                            if self.model.seats.len() >= 4 {
                                refused.push((waiter.socket.unwrap(), "full".to_owned()));
                            } else {
                                self.model.take_seat(&waiter.peer, waiter.socket.unwrap(), now);
                            }
                        }
                        assert_eq!(self.errors, refused);
                    }
                }
            }
            Step::Moderate(from, what, whom) => {
                let mut known: Vec<String> = self.model.waiting.iter().map(|waiter| waiter.peer.clone()).collect();
                known.extend(self.tokens.iter().map(|(_, peer, _)| peer.clone()));
                if !known.is_empty() {
                    let whom = known[whom.index(known.len())].clone();
                    if let Some(socket) = self.command(*from, &format!(r#"{{"type":"{what}","peer":"{whom}"}}"#)) {
                        self.moderate(socket, what, &whom);
                    }
                }
            }
            Step::End(from) => {
                let mut everybody: Vec<u32> = self.model.connected().iter().map(|(socket, _)| *socket).collect();
                everybody.sort_unstable();
                everybody.extend(self.model.waiting.iter().filter_map(|waiter| waiter.socket));
                if self.command(*from, r#"{"type":"end"}"#).is_some() {
                    let mut told: Vec<u32> = self.errors.iter().map(|(socket, _)| *socket).collect();
                    assert!(self.errors.iter().all(|(_, code)| code == "ended"));
                    told.sort_unstable();
                    everybody.sort_unstable();
                    assert_eq!(told, everybody);
                    self.model = Model::default();
                }
            }
            Step::Waiting(from, text) => {
                if !self.model.waiting.is_empty() {
                    let at = from.index(self.model.waiting.len());
                    let socket = self.model.waiting[at].socket.unwrap();
                    let outputs = self.world.send(socket, text);
                    self.absorb(outputs);
                    let waiter = &mut self.model.waiting[at];
                    let malformed = match waiter.take(now) {
                        Ok(()) if text.contains("bye") => None,
                        Ok(()) => {
                            waiter.malformed += 1;
                            Some(vec![(socket, "malformed".to_owned())])
                        }
                        Err(Some(true)) => Some(vec![(socket, "too-many-messages".to_owned())]),
                        Err(Some(false)) => Some(vec![]),
                        Err(None) => None,
                    };
                    let stays = malformed.is_some() && waiter.malformed < 10;
                    assert_eq!(self.errors, malformed.unwrap_or_default());
                    if !stays {
                        self.model.waiting.remove(at);
                    }
                }
            }
            Step::GiveUp(from) => {
                if !self.model.waiting.is_empty() {
                    let waiter = self.model.waiting.remove(from.index(self.model.waiting.len()));
                    let outputs = self.world.lose(waiter.socket.unwrap());
                    self.absorb(outputs);
                }
            }
            Step::Ping(from) => {
                if let Some((socket, _)) = self.pick(*from) {
                    self.world.senses.pings.insert(socket, now);
                }
            }
            Step::Pass(time) => self.pass(*time),
            Step::Hibernate => {
                self.world.hibernate();
                assert_eq!(self.world.drain(), []);
                for seat in self.model.seats.iter_mut().chain(&mut self.model.waiting) {
                    if seat.socket.is_some() {
                        seat.heard = seat.since;
                        seat.fill(now);
                    }
                }
            }
            Step::Restart => {
                self.world.restart();
                self.views.clear();
                self.model.dropped |= self.model.seats.iter().any(|seat| seat.socket.is_some());
                self.model.seats.retain(|seat| seat.socket.is_none());
                self.model.waiting.clear();
                if let Some(record) = &self.world.record {
                    let record: Value = serde_json::from_str(record).unwrap();
                    let field = |name: &str| record[name].as_str().map(str::to_owned);
                    let recorded = field("host").unwrap();
                    let acting = field("actingHost").filter(|peer| self.model.is_seated(peer));
                    if self.model.is_seated(&recorded) {
                        (self.model.host, self.model.claim) = (Some(recorded), None);
                    } else {
                        let acting = acting.or_else(|| self.model.longest_present());
                        let claim = if acting.is_some() { Some(recorded.clone()) } else { None };
                        self.model.host = acting.or(Some(recorded.clone()));
                        self.model.claim = claim.or(Some(recorded));
                    }
                }
            }
        }
        self.settle();
    }

    fn pass(&mut self, time: Millis) {
        let end = self.world.now + time;
        while let Some(due) = self.world.room.poll_timeout().filter(|due| *due <= end) {
            assert!(due > self.world.now || self.world.now == START, "a timeout that does not move on");
            self.world.now = due.max(self.world.now);
            self.model.expire(self.world.now);
            let outputs = self.world.drive(Input::Timeout);
            for (_, peer) in self.model.connected() {
                self.find_vanished(&peer);
            }
            if !self.model.seats.is_empty() {
                self.find_vanished_waiters();
            }
            self.absorb(outputs);
        }
        self.world.now = end;
    }

    /// What holds after every step: what each connected peer has been told adds up to what the model says is so.
    pub fn check(&mut self) {
        let world = &mut self.world;
        let seated: Vec<u32> = world.attachments.iter().filter(|(_, a)| a.is_some()).map(|(&s, _)| s).collect();
        let mut connected: Vec<u32> = self.model.connected().iter().map(|(socket, _)| *socket).collect();
        connected.sort_unstable();
        assert_eq!(self.views.keys().copied().collect::<Vec<_>>(), connected);
        connected.extend(self.model.waiting.iter().filter_map(|waiter| waiter.socket));
        connected.sort_unstable();
        assert_eq!(seated, connected, "who holds a seat or waits for one has an attachment, and nobody else has");
        let knocks: BTreeSet<String> = self.model.waiting.iter().map(|waiter| waiter.peer.clone()).collect();
        let nobody = BTreeSet::new();
        for seat in &self.model.seats {
            let Some(socket) = seat.socket else { continue };
            let others = self.model.seats.iter().filter(|other| other.peer != seat.peer);
            let others: BTreeMap<String, bool> =
                others.map(|other| (other.peer.clone(), other.socket.is_none())).collect();
            let view = &self.views[&socket];
            assert_eq!(view.own, seat.peer);
            assert_eq!(view.others, others, "what {} was told of the others", seat.peer);
            assert_eq!(Some(&view.host), self.model.host.as_ref(), "what {} was told of the host", seat.peer);
            assert_eq!(view.locked, self.model.locked, "what {} was told of the lock", seat.peer);
            let told = if view.host == view.own { &knocks } else { &nobody };
            assert_eq!(&view.knocks, told, "what {} was told of who waits", seat.peer);
        }
        assert_eq!(world.record.is_some(), self.model.open, "an open room is recorded, and only an open one");
        assert_eq!(world.room.poll_timeout().is_some(), self.model.open);
        let grace = self.model.seats.iter().filter(|seat| seat.socket.is_none()).map(|seat| seat.since + GRACE).min();
        if let Some(grace) = grace {
            assert!(world.room.poll_timeout().unwrap() <= grace);
        }
        let status = world.room.status(&GateOffer::Absent, START).unwrap();
        assert_eq!((status.present, status.capacity, status.locked), (self.model.seats.len(), 4, self.model.locked));
    }
}
