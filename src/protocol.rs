//! The wire protocol, version 1: what peers and the server say to each other.
//!
//! - A peer joins by upgrading `GET /api/rooms/{room}/socket`; its credentials are offered subprotocols ([`Offer`]).
//! - The first frame is the server's `welcome` ([`ServerFrame::Welcome`]), or an `error` and a close ([`CloseCode`]).
//! - From then on both sides send JSON text frames: [`ClientFrame`] up, [`ServerFrame`] down.
//!
//! Written for people in `docs/protocol.md`. Nothing here depends on anything else of this crate.

mod client;
mod close;
mod id;
mod json;
mod limits;
mod offer;
mod server;

pub use client::{ClientFrame, Malformed, Recipient, decode};
pub use close::{CloseCode, ErrorCode, says_goodbye};
pub use id::{BadRoomName, PeerId, RoomName};
pub use json::Json;
pub use limits::{
    BURST_SECONDS, DESERTED_AFTER, DROPPED_SECONDS, GATE_MAX_LEN, GATE_TRIES, GATE_WINDOW, Limits, MALFORMED_FRAMES,
    Millis, REMOVED_MAX, STALE_PINGS_TENTHS, SWEEP_AFTER, WAITING_STALE_AFTER,
};
pub use offer::{GateOffer, Offer};
pub use server::{
    HttpBody, HttpError, LeftReason, PeerEntry, RoomEntry, SIGNAL_TAIL, ServerFrame, UndeliveredReason, relayed_signal,
    signal_head,
};

/// The subprotocol that a client must offer, and the only one that the server ever echoes (RFC 6455, section 1.9).
pub const SUBPROTOCOL: &str = "switchboard.v1";

/// What a client sends as its sign of life. The runtime answers it with [`PONG`] without waking the room.
pub const PING: &str = "ping";

/// The runtime's answer to [`PING`].
pub const PONG: &str = "pong";
