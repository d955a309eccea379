//! What of a room its operator may want to know. Nobody in the room is told of it.

use crate::protocol::{CloseCode, LeftReason, PeerId};

/// Something that has happened to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody took the first seat.
    Opened,
    /// Somebody took a seat.
    Joined {
        /// Who.
        peer: PeerId,
        /// Whether it came back after a restart, or after its seat was given up.
        resumed: bool,
        /// How many seats are taken now.
        present: usize,
    },
    /// Somebody left for good.
    Left {
        /// Who.
        peer: PeerId,
        /// Why.
        reason: LeftReason,
        /// How many seats are taken still.
        present: usize,
    },
    /// Somebody was not let in.
    Refused {
        /// Why.
        code: CloseCode,
    },
    /// A member's connection was closed for what came over it; its seat is kept.
    Expelled {
        /// Whose.
        peer: PeerId,
        /// Why.
        code: CloseCode,
    },
    /// Nothing is left of the room.
    Ended,
}
