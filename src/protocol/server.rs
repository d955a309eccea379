//! What the server sends: [`ServerFrame`].

use serde::Serialize;
use serde_json::value::RawValue;

use super::{ErrorCode, Json, Limits, PeerId};

/// A frame from the server. A relayed signal is not among them: it is made by [`relayed_signal`] without a serializer.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ServerFrame<'a> {
    /// The first frame of every connection that got a seat.
    Welcome {
        /// The receiver's own id.
        #[serde(rename = "self")]
        own: PeerId,
        /// The token that gives the same id back after a lost connection.
        resume: &'a str,
        /// Whether this join came with a valid resume token.
        resumed: bool,
        /// Who is host.
        host: PeerId,
        /// The room.
        room: RoomEntry<'a>,
        /// The others, oldest first.
        peers: Vec<PeerEntry>,
        /// An array of `RTCIceServer` (W3C WebRTC, section 4.2.4).
        #[serde(rename = "iceServers")]
        ice_servers: &'a RawValue,
        /// How long their credentials last, in seconds, where they do not last for ever.
        #[serde(rename = "iceSeconds", skip_serializing_if = "Option::is_none")]
        ice_seconds: Option<u64>,
        /// What a client has to keep to.
        limits: Limits,
    },
    /// Somebody took a seat.
    Joined {
        /// Who.
        peer: PeerId,
    },
    /// A connection was lost; the seat is kept for `graceSeconds`.
    Away {
        /// Whose.
        peer: PeerId,
    },
    /// The same peer on a new connection: send it again what it did not acknowledge.
    Back {
        /// Who.
        peer: PeerId,
    },
    /// A peer left for good.
    Left {
        /// Who.
        peer: PeerId,
        /// Why.
        reason: LeftReason,
    },
    /// At once, for a signal to a peer that is not there.
    Undelivered {
        /// The recipient as the sender gave it.
        to: Json<'a>,
        /// The sender's `ref`, where it gave one.
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<Json<'a>>,
        /// Why.
        reason: UndeliveredReason,
    },
    /// Who is host now.
    Host {
        /// Who.
        peer: PeerId,
    },
    /// The lock changed.
    Locked {
        /// Whether newcomers have to wait for the host.
        locked: bool,
    },
    /// The first frame of a connection that has to wait: the room is locked, and the host has been asked.
    Waiting,
    /// To the host: somebody waits.
    Knock {
        /// Who.
        peer: PeerId,
    },
    /// To the host: somebody waits no more, whether let in, turned away or gone.
    KnockEnded {
        /// Who.
        peer: PeerId,
    },
    /// Fresh ICE servers.
    Ice {
        /// An array of `RTCIceServer`.
        #[serde(rename = "iceServers")]
        ice_servers: &'a RawValue,
        /// How long their credentials last, in seconds, where they do not last for ever.
        #[serde(rename = "iceSeconds", skip_serializing_if = "Option::is_none")]
        ice_seconds: Option<u64>,
    },
    /// What was wrong with the last frame, or why the socket closes.
    Error {
        /// A word for programs.
        code: ErrorCode,
        /// A sentence for developers.
        message: &'a str,
    },
}

/// The room, in `welcome`.
#[derive(Clone, Debug, Serialize)]
pub struct RoomEntry<'a> {
    /// Its name.
    pub name: &'a str,
    /// How many seats it has.
    pub capacity: u32,
    /// Whether newcomers have to wait for the host.
    pub locked: bool,
}

/// Another peer, in `welcome`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerEntry {
    /// Its id.
    pub id: PeerId,
    /// Whether its connection is lost and its seat kept.
    pub away: bool,
}

/// Why a peer left for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LeftReason {
    /// It said so.
    Bye,
    /// Its connection was lost and did not come back in time.
    Timeout,
    /// The host put it out.
    Removed,
}

/// Why a signal was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UndeliveredReason {
    /// The recipient's connection is lost and its seat kept: send it again on `back`.
    Away,
    /// Nobody has that id.
    Unknown,
}

impl ServerFrame<'_> {
    /// The frame as JSON text.
    #[must_use]
    pub fn encode(&self) -> String {
        // Strings, numbers and JSON that was read before: there is nothing in a frame that serde_json refuses.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What stands before the `data` of the frame `{"type":"signal","from","data"}`; after it stands [`SIGNAL_TAIL`].
#[must_use]
pub fn signal_head(from: PeerId) -> String {
    [r#"{"type":"signal","from":""#, from.as_str(), r#"","data":"#].concat()
}

/// What stands after the `data` of a signal.
pub const SIGNAL_TAIL: &str = "}";

/// The frame `{"type":"signal","from","data"}`, with `data` byte for byte as it was sent.
#[must_use]
pub fn relayed_signal(from: PeerId, data: &str) -> String {
    [&signal_head(from), data, SIGNAL_TAIL].concat()
}

/// What the HTTP endpoints answer with: JSON bodies.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum HttpBody<'a> {
    /// `GET /api/health`
    Health {
        /// Always `ok`.
        status: &'a str,
        /// The version of this crate.
        version: &'a str,
    },
    /// `POST /api/rooms`
    Created {
        /// The room's name.
        room: &'a str,
        /// The room's link.
        url: &'a str,
    },
    /// `GET /api/rooms/{room}`
    Room {
        /// The room's name.
        room: &'a str,
        /// How many seats are taken, away ones included.
        present: usize,
        /// How many seats there are.
        capacity: u32,
        /// Whether newcomers have to wait for the host.
        locked: bool,
    },
    /// Any error.
    Error {
        /// What went wrong.
        error: HttpError<'a>,
    },
}

/// What went wrong, in an [`HttpBody::Error`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct HttpError<'a> {
    /// A word for programs.
    pub code: &'a str,
    /// A sentence for developers.
    pub message: &'a str,
}

impl HttpBody<'_> {
    /// The body as JSON text.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
