//! Who gets in: gates, resume tokens and join tokens. Pure: the secret and the time are given.

mod join_token;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::protocol::{GateOffer, Millis, PeerId};

pub use join_token::{Claims, JoinSecrets, TokenError};

/// 32 bytes that are kept in the room's record: as base64url there.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes32([u8; 32]);

impl Bytes32 {
    /// Wraps the bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Bytes32 {
    /// Shows nothing, so that a secret cannot end up in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bytes32(..)")
    }
}

impl Serialize for Bytes32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("not 32 bytes of base64url"))
    }
}

/// Whether two digests are equal, in a time that does not depend on where they differ.
fn equal_in_constant_time(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// A room's gate, as the first to open the room has pinned it: the SHA-256 of the gate's text, or nothing, in a room
/// that was opened without one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PinnedGate(Option<Bytes32>);

impl PinnedGate {
    /// What the gate that opens a room pins; `None` where it is no gate.
    #[must_use]
    pub fn pin(gate: &GateOffer) -> Option<Self> {
        match gate {
            GateOffer::Absent => Some(Self(None)),
            GateOffer::Invalid => None,
            GateOffer::Shown(text) => Some(Self(Some(digest(text)))),
        }
    }

    /// Whether the room has one.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Whether this gate lets its bearer in. A room without a gate lets everybody in.
    #[must_use]
    pub fn admits(&self, gate: &GateOffer) -> bool {
        match (&self.0, gate) {
            (None, _) => true,
            (Some(_), GateOffer::Absent | GateOffer::Invalid) => false,
            (Some(pinned), GateOffer::Shown(text)) => equal_in_constant_time(&pinned.0, &digest(text).0),
        }
    }
}

fn digest(text: &str) -> Bytes32 {
    Bytes32(Sha256::digest(text.as_bytes()).into())
}

/// How many bytes of the HMAC a resume token carries: 128 bits, the least that RFC 2104, section 5 advises for SHA-256.
const MAC_LEN: usize = 16;
const ISSUED_LEN: usize = 8;
const BODY_LEN: usize = PeerId::LEN + ISSUED_LEN + 1;
const TOKEN_LEN: usize = BODY_LEN + MAC_LEN;

/// The token that proves "I was this peer in this room": `peer id ‖ issued ‖ flags ‖ HMAC-SHA-256 (128 bits)` under the
/// room's secret, as base64url. Of the flags, the lowest bit says that the peer may moderate by its join token; the others are 0.
#[must_use]
pub fn issue_resume_token(secret: &Bytes32, peer: PeerId, moderator: bool, issued: Millis) -> String {
    let mut body = Vec::with_capacity(TOKEN_LEN);
    body.extend_from_slice(peer.as_bytes());
    body.extend_from_slice(&issued.to_be_bytes());
    body.push(u8::from(moderator));
    if let Some(mac) = mac(secret, &body) {
        let tag = mac.finalize().into_bytes();
        body.extend(tag.iter().take(MAC_LEN));
    }
    URL_SAFE_NO_PAD.encode(body)
}

/// Whom a resume token was issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// The peer.
    pub peer: PeerId,
    /// Whether it could moderate by its join token.
    pub moderator: bool,
}

/// Whom a resume token was issued to, or `None` for a token that this room did not issue.
#[must_use]
pub fn read_resume_token(secret: &Bytes32, token: &str) -> Option<Resumed> {
    let bytes: [u8; TOKEN_LEN] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    let (body, tag) = bytes.split_at(BODY_LEN);
    mac(secret, body)?.verify_truncated_left(tag).ok()?;
    let peer = PeerId::from_bytes(body.get(..PeerId::LEN)?.try_into().ok()?)?;
    Some(Resumed { peer, moderator: body.last()? & 1 == 1 })
}

fn mac(secret: &Bytes32, body: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes a key of any length (RFC 2104, section 3), so this is never `None`.
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).ok()?;
    mac.update(b"switchboard resume 1");
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Bytes32 {
        Bytes32::new([byte; 32])
    }

    #[test]
    fn a_token_gives_its_peer_back_under_the_secret_that_made_it_and_no_other() {
        let peer = PeerId::fresh([3; 10]);
        for moderator in [false, true] {
            let token = issue_resume_token(&secret(1), peer, moderator, 1_790_000_000_000);
            assert_eq!(read_resume_token(&secret(1), &token), Some(Resumed { peer, moderator }));
            assert_eq!(read_resume_token(&secret(2), &token), None);
        }
    }

    #[test]
    fn a_token_with_any_bit_changed_is_none() {
        let token = issue_resume_token(&secret(1), PeerId::fresh([3; 10]), false, 1_790_000_000_000);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read_resume_token(&secret(1), &URL_SAFE_NO_PAD.encode(forged)), None, "bit {bit}");
        }
    }

    #[test]
    fn text_that_is_no_token_is_none() {
        let token = issue_resume_token(&secret(1), PeerId::fresh([3; 10]), false, 0);
        for text in [
            "",
            "x",
            "!!!",
            token.trim_start_matches(char::is_alphanumeric),
            &format!("{token}A"),
            &format!("{token}="),
        ] {
            assert_eq!(read_resume_token(&secret(1), text), None, "{text:?}");
        }
    }

    #[test]
    fn a_gate_admits_those_who_show_the_same() {
        let gate = |text: &str| GateOffer::Shown(text.to_owned());
        let pinned = PinnedGate::pin(&gate("open-sesame")).unwrap();
        assert!(pinned.admits(&gate("open-sesame")));
        for other in [gate("open-sesamE"), gate("x"), GateOffer::Absent, GateOffer::Invalid] {
            assert!(!pinned.admits(&other), "{other:?}");
        }
    }

    #[test]
    fn a_room_opened_without_a_gate_has_none() {
        let pinned = PinnedGate::pin(&GateOffer::Absent).unwrap();
        assert!(pinned.admits(&GateOffer::Absent) && pinned.admits(&GateOffer::Shown("x".to_owned())));
        assert_eq!(PinnedGate::pin(&GateOffer::Invalid), None);
    }

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", secret(7)), "Bytes32(..)");
    }
}
