//! The names of rooms and peers.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Crockford's base 32 in lower case: 32 symbols without the look-alikes `i`, `l`, `o` and `u`
/// (<https://www.crockford.com/base32.html>).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn symbol(byte: u8) -> u8 {
    ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// A room's name: `[A-Za-z0-9_-]{1,64}`, case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomName(String);

/// The text is no room name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRoomName;

impl RoomName {
    /// The longest name, in characters.
    pub const MAX_LEN: usize = 64;

    /// How many random bytes [`RoomName::fresh`] takes.
    pub const ENTROPY: usize = 12;

    /// Reads a name as it is, or refuses it: nothing is trimmed, decoded or folded.
    ///
    /// # Errors
    ///
    /// [`BadRoomName`] for anything that is not `[A-Za-z0-9_-]{1,64}`.
    pub fn parse(text: &str) -> Result<Self, BadRoomName> {
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(is_name_byte) {
            return Err(BadRoomName);
        }
        Ok(Self(text.to_owned()))
    }

    /// A fresh name such as `k7m2-9qxw-3fzt`: five bits of each byte, 60 random bits in all.
    #[must_use]
    pub fn fresh(entropy: [u8; Self::ENTROPY]) -> Self {
        let mut name = String::with_capacity(14);
        for (index, byte) in entropy.into_iter().enumerate() {
            if index == 4 || index == 8 {
                name.push('-');
            }
            name.push(char::from(symbol(byte)));
        }
        Self(name)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A peer's id: 10 of the characters `A-Za-z0-9_-`, unique in its room. The server makes them from Crockford's alphabet; a
/// join token may name any other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerId([u8; Self::LEN]);

impl PeerId {
    /// How many characters an id has, and how many random bytes [`PeerId::fresh`] takes.
    pub const LEN: usize = 10;

    /// A fresh id: five bits of each byte, 50 random bits in all.
    #[must_use]
    pub fn fresh(entropy: [u8; Self::LEN]) -> Self {
        Self(entropy.map(symbol))
    }

    /// Reads an id, or `None` where the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(text.as_bytes().try_into().ok()?)
    }

    /// Reads an id from its characters.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Option<Self> {
        bytes.iter().copied().all(is_name_byte).then_some(Self(bytes))
    }

    /// The id's characters.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // An id holds nothing but ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for PeerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PeerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a peer id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_name_is_taken_as_it_is_or_refused() {
        for good in ["a", "A-b_9", "k7m2-9qxw-3fzt", &"x".repeat(64)] {
            assert_eq!(RoomName::parse(good).map(|name| name.as_str().to_owned()), Ok(good.to_owned()));
        }
        for bad in ["", " a", "a b", "a/b", "a%20b", "é", "a.b", "a\n", &"x".repeat(65)] {
            assert_eq!(RoomName::parse(bad), Err(BadRoomName), "{bad:?}");
        }
    }

    #[test]
    fn fresh_names_have_three_groups_and_every_symbol_can_occur() {
        assert_eq!(RoomName::fresh([0; 12]).as_str(), "0000-0000-0000");
        assert_eq!(RoomName::fresh([255; 12]).as_str(), "zzzz-zzzz-zzzz");
        let symbols: std::collections::BTreeSet<u8> = (0..=255).map(symbol).collect();
        assert_eq!(symbols.len(), 32);
    }

    #[test]
    fn a_peer_id_reads_back_what_it_writes_and_nothing_else() {
        let id = PeerId::fresh([7; 10]);
        assert_eq!(PeerId::parse(id.as_str()), Some(id));
        assert_eq!(PeerId::parse("Some_one-1").map(|id| id.to_string()), Some("Some_one-1".to_owned()));
        for bad in ["", "7777", "77777777777", "777777777!", "777777777.", "éé777777"] {
            assert_eq!(PeerId::parse(bad), None, "{bad:?}");
        }
    }
}
