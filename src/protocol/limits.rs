//! Every bound of the protocol. Those that an operator may set are fields of [`Limits`]; the rest are constants.

use serde::Serialize;

/// A moment, in milliseconds since the Unix epoch.
pub type Millis = u64;

/// How many malformed frames close a connection: the tenth one does.
pub const MALFORMED_FRAMES: u8 = 10;

/// The rate limit is a token bucket that holds this many seconds' worth of messages.
pub const BURST_SECONDS: u32 = 2;

/// A peer that has had this many seconds' worth of messages dropped since its bucket was last full is closed.
pub const DROPPED_SECONDS: u32 = 2;

/// A connection counts as vanished when its last sign of life is older than this many tenths of the ping interval:
/// two missed pings and the time that one may take.
pub const STALE_PINGS_TENTHS: u64 = 25;

/// How long after the room was last looked at an alarm looks for what a crash has left behind: a day, in milliseconds.
pub const SWEEP_AFTER: Millis = 24 * 60 * 60 * 1000;

/// How long a room that was found without a seat after a restart waits for its peers to resume: an hour, in milliseconds.
pub const DESERTED_AFTER: Millis = 60 * 60 * 1000;

/// A connection that waits to be let in has not been told how often to ping: it counts as vanished when its last sign of life is
/// older than this, which is two and a half times the interval of our own client, in milliseconds.
pub const WAITING_STALE_AFTER: Millis = 75_000;

/// So many removed peers are remembered by a room; of more, those that were removed first may come back.
pub const REMOVED_MAX: usize = 256;

/// The longest gate, in characters of base64url: room for 768 bits.
pub const GATE_MAX_LEN: usize = 128;

/// So many wrong gates are looked at in a room within [`GATE_WINDOW`]; then none is, right or wrong.
pub const GATE_TRIES: u32 = 30;

/// A minute, in milliseconds.
pub const GATE_WINDOW: Millis = 60_000;

/// The limits of a room that its operator sets, and that `welcome` tells every client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// How many seats a room has. Told in `welcome.room`, not in `welcome.limits`.
    #[serde(skip)]
    pub capacity: u32,
    /// The largest frame that a client may send, in bytes of UTF-8.
    pub message_bytes: u32,
    /// How many frames a client may send each second; a bucket of [`BURST_SECONDS`] absorbs bursts.
    pub messages_per_second: u32,
    /// How long the seat of a lost connection is kept, in seconds.
    pub grace_seconds: u32,
    /// How often a client sends [`PING`](super::PING), in seconds.
    pub ping_seconds: u32,
}

impl Limits {
    /// The limits of a deployment that sets none.
    pub const DEFAULT: Self =
        Self { capacity: 8, message_bytes: 65_536, messages_per_second: 50, grace_seconds: 30, ping_seconds: 30 };

    /// How long the seat of a lost connection is kept, in milliseconds.
    #[must_use]
    pub fn grace(&self) -> Millis {
        u64::from(self.grace_seconds) * 1000
    }

    /// How old the last sign of life of a vanished connection is, in milliseconds.
    #[must_use]
    pub fn stale_after(&self) -> Millis {
        u64::from(self.ping_seconds) * 100 * STALE_PINGS_TENTHS
    }
}
