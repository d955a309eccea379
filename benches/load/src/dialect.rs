//! What the servers speak: how to join a room, and what a signal looks like on its way in and on its way out.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// A server's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// `switchboard.v1`.
    Switchboard,
    /// The same frames, joined as `partysocket` joins.
    Party,
    /// Whatever comes goes to the others of the room as it came. Nobody is greeted, and nobody has an id.
    Forward,
    /// The one that `PeerServer` speaks.
    Peerjs,
    /// The one that matchbox speaks.
    Matchbox,
}

/// What a server says first, as far as it matters.
pub enum Greeting {
    /// The frame is not the greeting.
    NotYet,
    /// The peer is in, under this id.
    In(String),
    /// It is not let in.
    Refused,
}

impl Dialect {
    /// Where to join a room. `own` is an id that nobody else has, for a protocol in which peers choose theirs.
    pub fn path(self, room: &str, own: &str) -> String {
        match self {
            Self::Switchboard | Self::Forward => format!("/api/rooms/{room}/socket"),
            Self::Party => format!("/parties/room/{room}"),
            Self::Peerjs => format!("/peerjs?key=peerjs&id={own}&token={own}&version=1.5.5"),
            Self::Matchbox => format!("/{room}"),
        }
    }

    /// The subprotocol that the server is to echo.
    pub fn subprotocol(self) -> Option<&'static str> {
        matches!(self, Self::Switchboard).then_some("switchboard.v1")
    }

    /// Whether the server greets whoever joins.
    pub fn greets(self) -> bool {
        self != Self::Forward
    }

    /// Reads the server's first frames.
    pub fn greeting(self, own: &str, text: &str) -> Greeting {
        let Ok(frame) = serde_json::from_str::<Value>(text) else { return Greeting::NotYet };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (id, refused) = match self {
            Self::Switchboard | Self::Party => {
                (text(&frame["self"]).filter(|_| frame["type"] == "welcome"), frame["type"] == "error")
            }
            Self::Peerjs => ((frame["type"] == "OPEN").then(|| own.to_owned()), frame["type"] != "OPEN"),
            Self::Matchbox => (text(&frame["IdAssigned"]), false),
            Self::Forward => (Some(own.to_owned()), false),
        };
        match id {
            Some(id) => Greeting::In(id),
            None if refused => Greeting::Refused,
            None => Greeting::NotYet,
        }
    }

    /// A signal to one, as its sender sends it.
    pub fn directed(self, to: &str, data: &str) -> String {
        match self {
            Self::Switchboard | Self::Party | Self::Forward => {
                format!(r#"{{"type":"signal","to":"{to}","data":{data}}}"#)
            }
            Self::Peerjs => format!(r#"{{"type":"OFFER","payload":{data},"dst":"{to}"}}"#),
            Self::Matchbox => format!(r#"{{"Signal":{{"receiver":"{to}","data":{data}}}}}"#),
        }
    }

    /// A signal to everybody else, where the protocol has that.
    pub fn fan_out(data: &str) -> String {
        format!(r#"{{"type":"signal","data":{data}}}"#)
    }

    /// Whether a frame from the server is a relayed signal.
    pub fn is_signal(self, text: &str) -> bool {
        text.starts_with(match self {
            Self::Switchboard | Self::Party | Self::Forward => r#"{"type":"signal""#,
            Self::Peerjs => r#"{"type":"OFFER""#,
            Self::Matchbox => r#"{"Signal""#,
        })
    }

    /// Whether a frame from the server says that something went wrong.
    pub fn is_error(text: &str) -> bool {
        text.starts_with(r#"{"type":"error""#) || text.starts_with(r#"{"type":"undelivered""#)
    }

    /// Whether this is the signal with which `data` arrives from `from`.
    pub fn carries(self, text: &str, from: &str, data: &str) -> bool {
        let (Ok(frame), Ok(data)) = (serde_json::from_str::<Value>(text), serde_json::from_str::<Value>(data)) else {
            return false;
        };
        match self {
            Self::Switchboard | Self::Party => frame["from"] == from && frame["data"] == data,
            Self::Forward => frame["data"] == data,
            Self::Peerjs => frame["src"] == from && frame["payload"] == data,
            Self::Matchbox => frame["Signal"]["sender"] == from && frame["Signal"]["data"] == data,
        }
    }

    /// What the protocol's own client sends to keep its connection, how often, and whether that is answered.
    pub fn heartbeat(self) -> Option<(&'static str, Duration, bool)> {
        match self {
            Self::Switchboard => Some(("ping", Duration::from_secs(30), true)),
            Self::Party | Self::Forward => None,
            Self::Peerjs => Some((r#"{"type":"HEARTBEAT"}"#, Duration::from_secs(5), false)),
            Self::Matchbox => Some((r#""KeepAlive""#, Duration::from_secs(10), false)),
        }
    }

    /// Whether the protocol's own client gathers the candidates of a moment into one signal.
    pub fn batches_candidates(self) -> bool {
        matches!(self, Self::Switchboard)
    }
}

/// What a browser would signal, of exactly so many bytes: candidates, or from 4096 bytes on a description.
///
/// # Panics
///
/// With fewer bytes than the least takes.
pub fn signal_data(bytes: usize) -> String {
    const CANDIDATE: &str = r#"{"candidate":"candidate:842163049 1 udp 1677729535 198.51.100.7 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag EsAw network-cost 999","sdpMid":"0","sdpMLineIndex":0},"#;
    const LINES: [&str; 6] = [
        r"a=rtpmap:96 VP8/90000\r\n",
        r"a=rtcp-fb:96 goog-remb\r\n",
        r"a=rtcp-fb:96 ccm fir\r\n",
        r"a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n",
        r"a=fmtp:97 apt=96;level-idc=5;profile-id=0\r\n",
        r"a=ssrc:3735928559 cname:Zb3k0ZlQ4m8x1c5A\r\n",
    ];
    let (mut text, tail) = if bytes < 4096 {
        (r#"{"candidates":["#.to_owned(), r#"{"candidate":""#)
    } else {
        (r#"{"description":{"type":"offer","sdp":"v=0\r\n"#.to_owned(), "")
    };
    let end = if bytes < 4096 { r#""}]}"# } else { r#""}}"# };
    let mut whole = if bytes < 4096 { [CANDIDATE].iter().cycle() } else { LINES.iter().cycle() };
    while let Some(part) = whole.next().filter(|part| text.len() + part.len() + tail.len() + end.len() <= bytes) {
        text.push_str(part);
    }
    text.push_str(tail);
    let filled = bytes.checked_sub(text.len() + end.len()).expect("room for the least that can be signaled");
    text.extend(std::iter::repeat_n('a', filled));
    text.push_str(end);
    text
}
