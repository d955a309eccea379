//! What outlives the memory of a room: an [`Attachment`] on each socket, which survives hibernation, and one [`Record`]
//! in storage, which survives everything.
//!
//! Both are JSON with a version. A format that was ever deployed must stay readable: an object may wake under new code
//! with what old code has left.

use serde::{Deserialize, Serialize};

use crate::access::{Bytes32, PinnedGate};
use crate::protocol::{Millis, PeerId};

/// Version 1, which is refused if it is any other number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub struct V1;

impl From<V1> for u8 {
    fn from(_: V1) -> Self {
        1
    }
}

impl TryFrom<u8> for V1 {
    type Error = &'static str;

    fn try_from(version: u8) -> Result<Self, Self::Error> {
        if version == 1 { Ok(Self) } else { Err("a version that this code does not know") }
    }
}

/// Who sits behind a socket. At most 16,384 bytes by the platform's rule; it takes about 100.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The format.
    pub v: V1,
    /// The seat's peer.
    pub peer: PeerId,
    /// The seat's place in the order of arrival; lower is older.
    pub order: u32,
    /// When this connection was made: its first sign of life.
    pub since: Millis,
    /// How many malformed frames have come over this connection.
    pub malformed: u8,
    /// Which host of the room this peer is: 1 for who opened it, 2 for the next; 0 for who is not.
    pub host_term: u32,
    /// Whether the peer's join token lets it moderate.
    #[serde(default, skip_serializing_if = "is_false")]
    pub moderator: bool,
    /// Whether this is no seat: the peer waits to be let in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub waiting: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The room's one stored row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The format.
    pub v: V1,
    /// The key of the room's resume tokens.
    pub secret: Bytes32,
    /// The pinned gate.
    pub gate: PinnedGate,
    /// Whether newcomers have to wait for the host.
    pub locked: bool,
    /// The host when the record was written.
    pub host: PeerId,
    /// Which host that was, as in [`Attachment::host_term`].
    pub host_term: u32,
    /// Who stands in for the host: a restart has dropped everybody, and others have come back before it.
    pub acting_host: Option<PeerId>,
    /// The seats that no socket holds, oldest first.
    pub away: Vec<AwaySeat>,
    /// Whether a socket held a seat when the record was written. If none is left after all, a restart has dropped them.
    pub connected: bool,
    /// When the room was first found without a seat after such a restart.
    pub deserted: Option<Millis>,
    /// Who was put out and may not come back, oldest first: at most [`REMOVED_MAX`](crate::protocol::REMOVED_MAX).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<PeerId>,
}

/// A seat whose connection is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaySeat {
    /// The seat's peer.
    pub peer: PeerId,
    /// The seat's place in the order of arrival.
    pub order: u32,
    /// When the connection was lost.
    pub since: Millis,
    /// Whether the peer's join token lets it moderate.
    #[serde(default, skip_serializing_if = "is_false")]
    pub moderator: bool,
}

macro_rules! json {
    ($persisted:ty) => {
        impl $persisted {
            /// Writes it as JSON.
            #[must_use]
            pub fn encode(&self) -> String {
                // Numbers, booleans, short strings: there is nothing in it that serde_json refuses.
                serde_json::to_string(self).unwrap_or_default()
            }

            /// Reads it, or `None` where the text was not written by this format.
            #[must_use]
            pub fn decode(text: &str) -> Option<Self> {
                serde_json::from_str(text).ok()
            }
        }
    };
}

json!(Attachment);
json!(Record);
