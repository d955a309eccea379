//! The event log: a JSON line for each [`Event`] of a room, in which nobody can be recognised. Pure: the secret and the
//! time are given.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::protocol::{LeftReason, Millis, PeerId, RoomName};
use crate::room::Event;

/// A day, in milliseconds.
const DAY: Millis = 24 * 60 * 60 * 1000;

/// How many bytes of an HMAC stand for a name: a billion names collide with a chance of 1 in 10^10.
const PSEUDONYM_LEN: usize = 12;

/// Writes lines. A room's name and a peer's id stand in them as HMACs under a key that is another one each day (of UTC), so that
/// whoever knows a room's name cannot look for it without the secret, and nobody can be followed from day to day.
#[derive(Clone)]
pub struct Journal {
    key: Vec<u8>,
}

/// A line that is being written: every name and value in it is plain ASCII of ours, which JSON needs no escapes for.
struct Line(String);

impl Line {
    fn text(mut self, name: &str, value: &str) -> Self {
        for part in [name, "\":\"", value, "\",\""] {
            self.0.push_str(part);
        }
        self
    }

    fn plain(mut self, name: &str, value: &str) -> Self {
        for part in [name, "\":", value, ",\""] {
            self.0.push_str(part);
        }
        self
    }

    fn end(mut self) -> String {
        // The comma and the quotation mark that would begin the next.
        self.0.truncate(self.0.len().saturating_sub(2));
        self.0.push('}');
        self.0
    }
}

impl Journal {
    /// The journal of a day.
    #[must_use]
    pub fn of_day(secret: &[u8], now: Millis) -> Self {
        Self { key: mac(secret, &[b"switchboard journal 1", &(now / DAY).to_be_bytes()]) }
    }

    /// The line about an event.
    #[must_use]
    pub fn line(&self, room: &RoomName, event: Event) -> String {
        let about = |event: &str| self.about(room, event);
        let line = match event {
            Event::Opened => about("opened"),
            Event::Joined { peer, resumed, present } => about("joined")
                .text("peer", &self.peer(room, peer))
                .plain("resumed", if resumed { "true" } else { "false" })
                .plain("present", &present.to_string()),
            Event::Left { peer, reason, present } => about("left")
                .text("peer", &self.peer(room, peer))
                .text("reason", word(reason))
                .plain("present", &present.to_string()),
            Event::Refused { code } => about("refused").text("reason", code.reason()),
            Event::Expelled { peer, code } => {
                about("expelled").text("peer", &self.peer(room, peer)).text("reason", code.reason())
            }
            Event::Ended => about("ended"),
        };
        line.end()
    }

    /// The line about so many signals that were relayed.
    #[must_use]
    pub fn signals(&self, room: &RoomName, signals: u32) -> String {
        self.about(room, "signals").plain("signals", &signals.to_string()).end()
    }

    fn about(&self, room: &RoomName, event: &str) -> Line {
        let line = Line("{\"".to_owned()).text("event", event);
        line.text("room", &self.pseudonym(&[room.as_str().as_bytes()]))
    }

    fn peer(&self, room: &RoomName, peer: PeerId) -> String {
        self.pseudonym(&[room.as_str().as_bytes(), b"/", peer.as_bytes()])
    }

    fn pseudonym(&self, parts: &[&[u8]]) -> String {
        let mut mac = mac(&self.key, parts);
        mac.truncate(PSEUDONYM_LEN);
        URL_SAFE_NO_PAD.encode(mac)
    }
}

fn word(reason: LeftReason) -> &'static str {
    match reason {
        LeftReason::Bye => "bye",
        LeftReason::Timeout => "timeout",
        LeftReason::Removed => "removed",
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes a key of any length (RFC 2104, section 3), so this is never `None`.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::CloseCode;

    const NOON: Millis = 1_790_000_000_000 / DAY * DAY + DAY / 2;

    fn room() -> RoomName {
        RoomName::parse("board-room").unwrap()
    }

    fn peer() -> PeerId {
        PeerId::fresh([3; 10])
    }

    #[test]
    fn every_event_has_a_line() {
        let journal = Journal::of_day(b"north", NOON);
        let (r, p) = ("\"room\":\"ROOM\"", "\"peer\":\"PEER\"");
        let opened = journal.line(&room(), Event::Opened);
        let room_name = opened.split('"').nth(7).unwrap().to_owned();
        assert_eq!(room_name.len(), 16);
        let joined = journal.line(&room(), Event::Joined { peer: peer(), resumed: true, present: 2 });
        let peer_name = joined.split('"').nth(11).unwrap().to_owned();
        let lines = [
            (opened, format!(r#"{{"event":"opened",{r}}}"#)),
            (joined, format!(r#"{{"event":"joined",{r},{p},"resumed":true,"present":2}}"#)),
            (
                journal.line(&room(), Event::Left { peer: peer(), reason: LeftReason::Timeout, present: 1 }),
                format!(r#"{{"event":"left",{r},{p},"reason":"timeout","present":1}}"#),
            ),
            (
                journal.line(&room(), Event::Refused { code: CloseCode::Full }),
                format!(r#"{{"event":"refused",{r},"reason":"full"}}"#),
            ),
            (
                journal.line(&room(), Event::Expelled { peer: peer(), code: CloseCode::TooLarge }),
                format!(r#"{{"event":"expelled",{r},{p},"reason":"too-large"}}"#),
            ),
            (journal.line(&room(), Event::Ended), format!(r#"{{"event":"ended",{r}}}"#)),
            (journal.signals(&room(), 7), format!(r#"{{"event":"signals",{r},"signals":7}}"#)),
        ];
        for (line, expected) in lines {
            assert_eq!(line, expected.replace("ROOM", &room_name).replace("PEER", &peer_name));
            assert!(!line.contains("board-room") && !line.contains("3333333333"), "{line}");
        }
    }

    #[test]
    fn a_room_has_the_same_name_all_day_and_another_the_next_day_and_under_another_secret() {
        let line = |secret: &[u8], now| Journal::of_day(secret, now).line(&room(), Event::Opened);
        let today = line(b"north", NOON);
        assert_eq!(line(b"north", NOON + DAY / 2 - 1), today);
        assert_ne!(line(b"north", NOON + DAY / 2), today);
        assert_ne!(line(b"south", NOON), today);
    }

    #[test]
    fn a_peer_has_another_name_in_another_room() {
        let journal = Journal::of_day(b"north", NOON);
        let event = Event::Expelled { peer: peer(), code: CloseCode::Malformed };
        let name = |room: &str| {
            let line = journal.line(&RoomName::parse(room).unwrap(), event);
            line.split('"').nth(11).unwrap().to_owned()
        };
        assert_ne!(name("a"), name("b"));
    }
}
