//! The wire format against the golden frames in `tests/fixtures`, which the JavaScript tests read too.

use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;
use switchboard::protocol::{
    ClientFrame, ErrorCode, LeftReason, Limits, PeerEntry, PeerId, RoomEntry, ServerFrame, UndeliveredReason, decode,
    relayed_signal,
};

fn fixtures(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn server_frames() -> Vec<Value> {
    fixtures(include_str!("fixtures/server-frames.json"))
}

fn client_frames() -> Vec<Value> {
    fixtures(include_str!("fixtures/client-frames.json"))
}

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

fn peer(digit: char) -> PeerId {
    PeerId::parse(&digit.to_string().repeat(10)).unwrap()
}

#[test]
fn the_server_writes_the_golden_frames() {
    let ice = r#"[{"urls":["stun:stun.example:3478"]},{"urls":["turn:turn.example"],"username":"u","credential":"c"}]"#;
    let written = [
        (
            "welcome",
            ServerFrame::Welcome {
                own: peer('3'),
                resume: "dG9rZW4",
                resumed: false,
                host: peer('2'),
                room: RoomEntry { name: "k7m2-9qxw-3fzt", capacity: 8, locked: false },
                peers: vec![PeerEntry { id: peer('2'), away: false }, PeerEntry { id: peer('4'), away: true }],
                ice_servers: raw(ice),
                ice_seconds: Some(86_400),
                limits: Limits::DEFAULT,
            }
            .encode(),
        ),
        ("joined", ServerFrame::Joined { peer: peer('3') }.encode()),
        ("away", ServerFrame::Away { peer: peer('3') }.encode()),
        ("back", ServerFrame::Back { peer: peer('3') }.encode()),
        ("left with bye", ServerFrame::Left { peer: peer('3'), reason: LeftReason::Bye }.encode()),
        ("left by timeout", ServerFrame::Left { peer: peer('3'), reason: LeftReason::Timeout }.encode()),
        ("left by removal", ServerFrame::Left { peer: peer('3'), reason: LeftReason::Removed }.encode()),
        ("locked", ServerFrame::Locked { locked: true }.encode()),
        ("waiting", ServerFrame::Waiting.encode()),
        ("knock", ServerFrame::Knock { peer: peer('3') }.encode()),
        ("knockEnded", ServerFrame::KnockEnded { peer: peer('3') }.encode()),
        ("signal", relayed_signal(peer('2'), r#"{ "candidates":[ ] , "n":1.0e+2,"é":"\u00e9"}"#)),
        (
            "undelivered with ref",
            ServerFrame::Undelivered {
                to: raw(r#""3333333333""#).into(),
                reference: Some(raw("[1, 2]").into()),
                reason: UndeliveredReason::Away,
            }
            .encode(),
        ),
        (
            "undelivered without ref",
            ServerFrame::Undelivered {
                to: raw(r#""nobody""#).into(),
                reference: None,
                reason: UndeliveredReason::Unknown,
            }
            .encode(),
        ),
        ("host", ServerFrame::Host { peer: peer('3') }.encode()),
        (
            "ice",
            ServerFrame::Ice { ice_servers: raw(r#"[{"urls":["stun:stun.example:3478"]}]"#), ice_seconds: None }
                .encode(),
        ),
        ("error", ServerFrame::Error { code: ErrorCode::Malformed, message: "unknown `type`" }.encode()),
    ];
    let golden = server_frames();
    assert_eq!(written.len(), golden.len());
    for ((name, text), golden) in written.into_iter().zip(golden) {
        assert_eq!((golden["name"].as_str(), golden["text"].as_str()), (Some(name), Some(text.as_str())));
    }
}

#[test]
fn the_server_reads_the_golden_frames() {
    for golden in client_frames() {
        let text = golden["text"].as_str().unwrap();
        let read = match decode(text) {
            Ok(frame) => ("reads", describe(frame)),
            Err(malformed) => ("malformed", malformed.to_string().into()),
        };
        assert_eq!(golden.get(read.0), Some(&read.1), "{}", golden["name"]);
    }
}

/// A frame as the fixtures write it: what is relayed is text, byte for byte.
fn describe(frame: ClientFrame<'_>) -> Value {
    let id = |peer: Option<PeerId>| peer.map_or(Value::Null, |peer| peer.as_str().into());
    match frame {
        ClientFrame::Signal { to, data, reference } => {
            let mut fields = serde_json::json!({ "type": "signal", "data": data.get() });
            if let Some(to) = to {
                fields["to"] = id(to.peer);
            }
            if let Some(reference) = reference {
                fields["ref"] = reference.get().into();
            }
            fields
        }
        ClientFrame::Bye => serde_json::json!({ "type": "bye" }),
        ClientFrame::Check { peer } => serde_json::json!({ "type": "check", "peer": id(peer) }),
        ClientFrame::Ice => serde_json::json!({ "type": "ice" }),
        ClientFrame::Lock { locked } => serde_json::json!({ "type": "lock", "locked": locked }),
        ClientFrame::Admit { peer } => serde_json::json!({ "type": "admit", "peer": id(peer) }),
        ClientFrame::Deny { peer } => serde_json::json!({ "type": "deny", "peer": id(peer) }),
        ClientFrame::Remove { peer } => serde_json::json!({ "type": "remove", "peer": id(peer) }),
        ClientFrame::End => serde_json::json!({ "type": "end" }),
    }
}

/// Whatever comes in, reading it ends, what was read is a part of what came in, and the short way of reading a signal, which white
/// space before the first field bars, sees nothing that the long one does not see too.
fn reading_is_safe(text: &str) {
    if let Some(fields) = text.strip_prefix('{') {
        assert_eq!(decode(text), decode(&format!("{{ {fields}")));
    }
    if let Ok(ClientFrame::Signal { to, data, reference }) = decode(text) {
        let parts = [Some(data), to.map(|to| to.text), reference];
        assert!(parts.into_iter().flatten().all(|part| text.contains(part.get())));
    }
}

#[test]
fn truncated_frames_never_panic() {
    for golden in client_frames().into_iter().chain(server_frames()) {
        let text = golden["text"].as_str().unwrap();
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            reading_is_safe(&text[..end]);
        }
    }
}

#[test]
fn deep_nesting_is_relayed_and_does_not_overflow_the_stack() {
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let text = format!(r#"{{"type":"signal","data":{deep}}}"#);
    assert!(matches!(decode(&text), Ok(ClientFrame::Signal { data, .. }) if data.get() == deep));
    reading_is_safe(&text[..text.len() - 10]);
}

/// JSON of any shape, with odd spacing and escapes.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<f64>().prop_filter("JSON has no such number", |n| n.is_finite()).prop_map(|n| format!("{n:e}")),
        any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
        "(\\\\u[0-9a-fA-F]{4}|[a-z ]){0,8}".prop_map(|s| format!("\"{s}\"")),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let space = "[ \t\r\n]{0,2}";
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..4), space)
                .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(","))),
            (prop::collection::vec((any::<String>(), inner), 0..4), space).prop_map(|(fields, space)| {
                let fields: Vec<String> = fields
                    .into_iter()
                    .map(|(key, value)| format!("{}{space}:{value}", serde_json::to_string(&key).unwrap()))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_relayed_byte_for_byte(data in json(), reference in json()) {
        let text = format!(r#"{{"type":"signal","to":"2222222222","ref":{reference},"data":{data}}}"#);
        match decode(&text) {
            Ok(ClientFrame::Signal { to: Some(to), data: read, reference: Some(read_reference) }) => {
                prop_assert_eq!(to.peer, Some(peer('2')));
                prop_assert_eq!(read.get(), data.as_str());
                prop_assert_eq!(read_reference.get(), reference.as_str());
                let relayed = relayed_signal(peer('3'), read.get());
                prop_assert_eq!(relayed, format!(r#"{{"type":"signal","from":"3333333333","data":{data}}}"#));
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn a_signal_with_flipped_bytes_is_read_as_what_it_is(
        data in json(),
        reference in json(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), "[\\x00-~]"), 0..3),
    ) {
        let mut text = format!(r#"{{"type":"signal","to":"2222222222","data":{data},"ref":{reference}}}"#);
        for (at, by) in flips {
            let at = at.index(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                text.replace_range(at..=at, &by);
            }
        }
        reading_is_safe(&text);
    }

    #[test]
    fn random_text_never_panics(text in any::<String>()) {
        reading_is_safe(&text);
    }

    #[test]
    fn flipped_bytes_never_panic(which in any::<prop::sample::Index>(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let golden = client_frames();
        let mut bytes = golden[which.index(golden.len())]["text"].as_str().unwrap().as_bytes().to_vec();
        for (at, byte) in flips {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= byte;
            }
        }
        reading_is_safe(&String::from_utf8_lossy(&bytes));
    }
}
