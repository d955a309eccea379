//! A driver for the room core: a world of its own, in which time, entropy, sockets and storage are plain values.

#![allow(dead_code, reason = "not every test file uses all of it")]

pub mod model;

use std::collections::{BTreeMap, BTreeSet};

use switchboard::access::JoinSecrets;
use switchboard::ice::{Ice, IceServers};
use switchboard::protocol::{GateOffer, Limits, Millis, Offer, RoomName, relayed_signal};
use switchboard::room::{Attachment, Environment, Frame, Input, Output, Receivers, Record, Room, RoomConfig, SocketId};

pub const START: Millis = 1_790_000_000_000;
pub const DAY: Millis = 24 * 60 * 60 * 1000;

/// The room, and everything around it that a driver has.
pub struct World {
    pub room: Room,
    pub config: RoomConfig,
    pub now: Millis,
    pub senses: Senses,
    /// What is attached to each open socket, as text: what is not written and read back is not kept.
    pub attachments: BTreeMap<SocketId, Option<String>>,
    /// The stored row, as text.
    pub record: Option<String>,
    pub rows_written: usize,
    next_socket: SocketId,
}

/// Entropy that counts, and pings that a test sets.
#[derive(Default)]
pub struct Senses {
    draws: u64,
    /// Whether no two draws are the same, so that a long run never makes an id twice.
    pub spread: bool,
    pub pings: BTreeMap<SocketId, Millis>,
    /// For which sockets the room asked.
    pub asked: std::cell::RefCell<BTreeSet<SocketId>>,
}

impl Environment for Senses {
    /// The n-th draw is n in every byte, so that the n-th id is ten times the n-th symbol; or, spread, n in base 32, a digit in
    /// each byte.
    fn fill_random(&mut self, buffer: &mut [u8]) {
        self.draws += 1;
        for (place, byte) in buffer.iter_mut().enumerate() {
            let shift = if self.spread { 5 * (place as u32 % 10) } else { 0 };
            *byte = (self.draws >> shift) as u8;
        }
    }

    fn last_ping(&self, socket: SocketId) -> Option<Millis> {
        self.asked.borrow_mut().insert(socket);
        self.pings.get(&socket).copied()
    }
}

pub fn config(limits: Limits) -> RoomConfig {
    let servers = IceServers::parse(r#"[{"urls":["stun:stun.example"]}]"#).unwrap();
    let ice = Ice { servers, turn: None, service: None };
    RoomConfig { limits, ice, join_secrets: JoinSecrets::default() }
}

pub fn name() -> RoomName {
    RoomName::parse("room").unwrap()
}

impl World {
    pub fn new(limits: Limits) -> Self {
        Self::with(config(limits))
    }

    pub fn with(config: RoomConfig) -> Self {
        Self {
            room: Room::restore(name(), config.clone(), None, vec![], START),
            config,
            now: START,
            senses: Senses::default(),
            attachments: BTreeMap::new(),
            record: None,
            rows_written: 0,
            next_socket: 0,
        }
    }

    /// Drives one input and carries out the outputs, which it returns.
    pub fn drive(&mut self, input: Input<'_>) -> Vec<Output> {
        let frame = match input {
            Input::Received { frame: Frame::Text(text), .. } => text.to_owned(),
            _ => String::new(),
        };
        self.room.handle(input, self.now, &mut self.senses);
        self.drain_after(&frame)
    }

    pub fn drain(&mut self) -> Vec<Output> {
        self.drain_after("")
    }

    /// Signals are written out in what is returned, from the frame that came in.
    fn drain_after(&mut self, frame: &str) -> Vec<Output> {
        let written = |output| match output {
            Output::Relay { to, from, data } => {
                let text = relayed_signal(from, &frame[data]);
                match to {
                    Receivers::One(to) => Output::Send { to, text },
                    Receivers::Many(to) => Output::Broadcast { to, text },
                }
            }
            output => output,
        };
        let outputs: Vec<Output> = std::iter::from_fn(|| self.room.poll_output()).map(written).collect();
        for output in &outputs {
            match output {
                Output::Send { to, .. } => assert!(self.attachments.contains_key(to), "a send to a closed socket"),
                Output::Broadcast { to, .. } => {
                    assert!(!to.is_empty(), "a broadcast to nobody");
                    assert!(to.iter().all(|to| self.attachments.contains_key(to)), "a send to a closed socket");
                }
                Output::Close { socket, .. } => {
                    assert!(self.attachments.remove(socket).is_some(), "a socket that is closed already");
                }
                Output::Attach { socket, attachment } => {
                    let slot = self.attachments.get_mut(socket).expect("an attachment for a closed socket");
                    *slot = Some(attachment.encode());
                }
                Output::Store(record) => {
                    self.record = Some(record.encode());
                    self.rows_written += 1;
                }
                Output::Forget => self.record = None,
                Output::AskRelays => {}
                Output::Relay { .. } => unreachable!("a signal is written out"),
            }
        }
        outputs
    }

    pub fn socket(&mut self) -> SocketId {
        self.next_socket += 1;
        self.attachments.insert(self.next_socket, None);
        self.next_socket
    }

    /// A join over a new socket, whose number is returned with the outputs.
    pub fn open(&mut self, offer: Offer) -> (SocketId, Vec<Output>) {
        let socket = self.socket();
        (socket, self.drive(Input::Opened { socket, offer }))
    }

    pub fn join(&mut self) -> SocketId {
        self.open(Offer::default()).0
    }

    /// A join with a resume token.
    pub fn resume(&mut self, token: &str) -> (SocketId, Vec<Output>) {
        self.open(Offer { resume: Some(token.to_owned()), ..Offer::default() })
    }

    pub fn join_with_gate(&mut self, gate: &str) -> (SocketId, Vec<Output>) {
        self.open(Offer { gate: GateOffer::Shown(gate.to_owned()), ..Offer::default() })
    }

    pub fn send(&mut self, socket: SocketId, text: &str) -> Vec<Output> {
        self.drive(Input::Received { socket, frame: Frame::Text(text) })
    }

    /// The connection is over, as the runtime tells it.
    pub fn close(&mut self, socket: SocketId, code: u16, was_clean: bool) -> Vec<Output> {
        self.attachments.remove(&socket);
        self.drive(Input::Closed { socket, code, was_clean })
    }

    pub fn lose(&mut self, socket: SocketId) -> Vec<Output> {
        self.close(socket, 1006, false)
    }

    /// Time goes by until the room's timeout, which comes.
    pub fn wait(&mut self) -> Vec<Output> {
        self.now = self.room.poll_timeout().expect("a timeout");
        self.drive(Input::Timeout)
    }

    /// The room loses its memory and is rebuilt from what outlived it.
    pub fn hibernate(&mut self) {
        let record = self.record.as_deref().map(|text| Record::decode(text).expect("a readable record"));
        let sockets = self
            .attachments
            .iter()
            .filter_map(|(&socket, text)| Some((socket, Attachment::decode(text.as_deref()?).expect("readable"))))
            .collect();
        self.room = Room::restore(name(), self.config.clone(), record, sockets, self.now);
    }

    /// A deploy or a crash: the room loses its memory, and all sockets are gone without an event.
    pub fn restart(&mut self) {
        self.attachments.clear();
        self.hibernate();
    }
}

/// The text of a frame that goes to exactly this socket.
pub fn sent(to: SocketId, text: &str) -> Output {
    Output::Send { to, text: text.to_owned() }
}

pub fn broadcast(to: &[SocketId], text: &str) -> Output {
    Output::Broadcast { to: to.to_vec(), text: text.to_owned() }
}

/// The `welcome` among the outputs.
pub fn welcome(outputs: &[Output]) -> serde_json::Value {
    let texts = outputs.iter().filter_map(|output| match output {
        Output::Send { text, .. } => Some(serde_json::from_str::<serde_json::Value>(text).unwrap()),
        _ => None,
    });
    texts.into_iter().find(|frame| frame["type"] == "welcome").expect("a welcome")
}

pub fn token(outputs: &[Output]) -> String {
    welcome(outputs)["resume"].as_str().unwrap().to_owned()
}
