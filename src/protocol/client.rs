//! What clients send: [`ClientFrame`], read by [`decode`].

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Json, PeerId};

/// A frame from a client. What it carries is borrowed from the frame's text and never understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientFrame<'a> {
    /// Relay `data` to one peer, or to every other seated peer.
    Signal {
        /// The one peer; `None` fans out.
        to: Option<Recipient<'a>>,
        /// Any JSON value, relayed byte for byte.
        data: Json<'a>,
        /// Any JSON value, given back in `undelivered`.
        reference: Option<Json<'a>>,
    },
    /// Leave now.
    Bye,
    /// "I think this peer is gone."
    Check {
        /// The peer; `None` for a text that is no peer id and so names nobody.
        peer: Option<PeerId>,
    },
    /// Ask for fresh ICE servers.
    Ice,
    /// Let newcomers wait for the host, or let them in. Host only.
    Lock {
        /// Which.
        locked: bool,
    },
    /// Let somebody in who waits. Host only.
    Admit {
        /// Who; `None` for a text that is no peer id and so names nobody.
        peer: Option<PeerId>,
    },
    /// Turn somebody away who waits. Host only.
    Deny {
        /// Who, as in [`Self::Admit`].
        peer: Option<PeerId>,
    },
    /// Put somebody out of the room. Host only.
    Remove {
        /// Who, as in [`Self::Admit`].
        peer: Option<PeerId>,
    },
    /// End the call for everybody. Host only.
    End,
}

/// Whom a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient<'a> {
    /// The peer; `None` for a text that is no peer id and so names nobody.
    pub peer: Option<PeerId>,
    /// The JSON string as it was sent, to be given back in `undelivered`.
    pub text: Json<'a>,
}

/// Why a frame could not be read. Displayed, it is the `message` of the `error` frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A binary frame.
    Binary,
    /// No JSON object.
    NotJson,
    /// A `type` that this version does not know, or none.
    UnknownType,
    /// A field that the frame's type needs is missing.
    Missing(&'static str),
    /// A field that must be a string is none.
    NotText(&'static str),
    /// A field that must be `true` or `false` is neither.
    NotBoolean(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary => f.write_str("frames are JSON text, not binary"),
            Self::NotJson => f.write_str("not a JSON object with a text `type`, each field given once"),
            Self::UnknownType => f.write_str("unknown `type`"),
            Self::Missing(field) => write!(f, "`{field}` is missing"),
            Self::NotText(field) => write!(f, "`{field}` must be a string"),
            Self::NotBoolean(field) => write!(f, "`{field}` must be true or false"),
        }
    }
}

/// The fields of all frames together, none of them understood yet: a field that the frame's type does not have is
/// ignored, whatever is in it.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "given")]
    to: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    data: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "ref", deserialize_with = "given")]
    reference: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    peer: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    locked: Option<&'a RawValue>,
}

/// Keeps a `null` that was given apart from a field that was not.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads a text frame. The caller has checked its size.
///
/// # Errors
///
/// [`Malformed`], for anything but a JSON object (RFC 8259) with a known `type` and that type's fields.
pub fn decode(text: &str) -> Result<ClientFrame<'_>, Malformed> {
    if let Some(signal) = plain_signal(text) {
        return Ok(signal);
    }
    if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
        return Err(Malformed::NotJson);
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_| Malformed::NotJson)?;
    match envelope.kind.as_ref() {
        "signal" => Ok(ClientFrame::Signal {
            to: envelope
                .to
                .map(|text| peer("to", text).map(|peer| Recipient { peer, text: text.into() }))
                .transpose()?,
            data: envelope.data.ok_or(Malformed::Missing("data"))?.into(),
            reference: envelope.reference.map(Json::from),
        }),
        "bye" => Ok(ClientFrame::Bye),
        "check" => Ok(ClientFrame::Check { peer: named(envelope.peer)? }),
        "ice" => Ok(ClientFrame::Ice),
        "lock" => Ok(ClientFrame::Lock { locked: boolean("locked", envelope.locked)? }),
        "admit" => Ok(ClientFrame::Admit { peer: named(envelope.peer)? }),
        "deny" => Ok(ClientFrame::Deny { peer: named(envelope.peer)? }),
        "remove" => Ok(ClientFrame::Remove { peer: named(envelope.peer)? }),
        "end" => Ok(ClientFrame::End),
        _ => Err(Malformed::UnknownType),
    }
}

/// Reads a signal as clients write it: `type` first, no white space between the fields, none of them unknown or given twice, no
/// escape in their names, `to` a string without escapes. `None` for anything else, which may well be a frame.
fn plain_signal(text: &str) -> Option<ClientFrame<'_>> {
    let mut rest = text.strip_prefix(r#"{"type":"signal""#)?;
    let (mut to, mut data, mut reference) = (None, None, None);
    while let Some(fields) = rest.strip_prefix(',') {
        let (field, value) = if let Some(value) = fields.strip_prefix(r#""to":"#) {
            (&mut to, value)
        } else if let Some(value) = fields.strip_prefix(r#""data":"#) {
            (&mut data, value)
        } else {
            (&mut reference, fields.strip_prefix(r#""ref":"#)?)
        };
        let (value, after) = Json::take(value)?;
        if field.replace(value).is_some() {
            return None;
        }
        rest = after;
    }
    let to = match to {
        None => None,
        Some(text) => {
            let name = text.get().strip_prefix('"')?.strip_suffix('"').filter(|name| !name.contains('\\'))?;
            Some(Recipient { peer: PeerId::parse(name), text })
        }
    };
    (rest == "}").then_some(ClientFrame::Signal { to, data: data?, reference })
}

/// The peer in the field `peer`.
fn named(field: Option<&RawValue>) -> Result<Option<PeerId>, Malformed> {
    peer("peer", field.ok_or(Malformed::Missing("peer"))?)
}

fn boolean(field: &'static str, value: Option<&RawValue>) -> Result<bool, Malformed> {
    match value.map(RawValue::get) {
        None => Err(Malformed::Missing(field)),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(Malformed::NotBoolean(field)),
    }
}

/// The peer that a JSON string names; `None` where it is the name of none.
fn peer(field: &'static str, text: &RawValue) -> Result<Option<PeerId>, Malformed> {
    let text: Cow<'_, str> = Text::read(text).ok_or(Malformed::NotText(field))?;
    Ok(PeerId::parse(&text))
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    fn read(raw: &RawValue) -> Option<Cow<'_, str>> {
        serde_json::from_str::<Text<'_>>(raw.get()).ok().map(|text| text.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_our_client_sends_is_read_the_short_way() {
        let sent = [
            r#"{"type":"signal","data":{"v":1,"s":"0123456789abcdef"}}"#,
            r#"{"type":"signal","to":"2222222222","data":{"v":1,"s":"0123456789abcdef","n":3,"d":"c2VhbGVk"}}"#,
            r#"{"type":"signal","to":"nobody","data":null}"#,
            r#"{"type":"signal","data":[1, 2],"ref":{"n":1},"to":"2222222222"}"#,
        ];
        for text in sent {
            assert_eq!(plain_signal(text), decode(text).ok(), "{text}");
            assert!(plain_signal(text).is_some(), "{text}");
        }
    }

    #[test]
    fn whatever_else_may_be_a_signal_is_read_the_long_way() {
        let sent = [
            r#"{ "type":"signal","data":1}"#,
            r#"{"type":"signal", "data":1}"#,
            r#"{"type":"signal","data": 1}"#,
            r#"{"type":"signal","data":1 }"#,
            r#"{"type":"signal","data":1} "#,
            r#"{"data":1,"type":"signal"}"#,
            r#"{"type":"signal","d\u0061ta":1}"#,
            r#"{"type":"signal","data":1,"more":2}"#,
            r#"{"type":"signal","to":"\u0032222222222","data":1}"#,
        ];
        for text in sent {
            assert_eq!(plain_signal(text), None, "{text}");
            assert!(decode(text).is_ok(), "{text}");
        }
        let refused =
            [r#"{"type":"signal","data":1,"data":2}"#, r#"{"type":"signal","to":5,"data":1}"#, r#"{"type":"signal"}"#];
        for text in refused {
            assert_eq!(plain_signal(text), None, "{text}");
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
