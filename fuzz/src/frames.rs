use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use switchboard::protocol::{
    ClientFrame, ErrorCode, Malformed, PeerId, Recipient, ServerFrame, UndeliveredReason, decode, relayed_signal,
};

/// Frames from clients: what is read is the same by either way of reading, means what a plain reader of JSON sees in it, survives
/// being written and read again, and is relayed byte for byte.
pub fn frames(data: &[u8]) {
    let text = super::text(data);
    let frame = decode(text);
    // White space before the first field bars the short way of reading a signal.
    if let Some(fields) = text.strip_prefix('{') {
        assert_eq!(frame, decode(&format!("{{ {fields}")), "the short way and the long one read the same");
    }
    let plain: Option<Map<String, Value>> = serde_json::from_str(text).ok();
    match &frame {
        Ok(frame) => {
            let again = encode(frame);
            assert_eq!(encode(&decode(&again).expect("what was written can be read")), again);
            relay(frame);
        }
        Err(error) => {
            let told = ServerFrame::Error { code: ErrorCode::Malformed, message: &error.to_string() }.encode();
            assert_eq!(read(&told)["code"], "malformed");
        }
    }
    // A plain reader gives up on numbers beyond its range and on deep nesting, and takes the last of two fields for the one.
    if let Some(plain) = plain
        && frame.as_ref().map_or_else(|error| *error != Malformed::NotJson, |_| true)
    {
        let said = frame.map(|frame| read(&encode(&frame)));
        assert_eq!(said, expected(&plain));
    }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("what the server writes is JSON")
}

/// What a client would have sent to say the same.
fn encode(frame: &ClientFrame<'_>) -> String {
    let peer = |kind: &str, peer: &Option<PeerId>| match peer {
        Some(peer) => format!(r#"{{"type":"{kind}","peer":"{peer}"}}"#),
        None => format!(r#"{{"type":"{kind}","peer":""}}"#),
    };
    match frame {
        ClientFrame::Signal { to, data, reference } => {
            let to = to.map(|to| format!(r#","to":{}"#, to.text.get())).unwrap_or_default();
            let reference = reference.map(|text| format!(r#","ref":{}"#, text.get())).unwrap_or_default();
            format!(r#"{{"type":"signal"{to},"data":{}{reference}}}"#, data.get())
        }
        ClientFrame::Bye => r#"{"type":"bye"}"#.to_owned(),
        ClientFrame::Check { peer: whom } => peer("check", whom),
        ClientFrame::Ice => r#"{"type":"ice"}"#.to_owned(),
        ClientFrame::Lock { locked } => format!(r#"{{"type":"lock","locked":{locked}}}"#),
        ClientFrame::Admit { peer: whom } => peer("admit", whom),
        ClientFrame::Deny { peer: whom } => peer("deny", whom),
        ClientFrame::Remove { peer: whom } => peer("remove", whom),
        ClientFrame::End => r#"{"type":"end"}"#.to_owned(),
    }
}

/// What the protocol makes of a JSON object.
fn expected(frame: &Map<String, Value>) -> Result<Value, Malformed> {
    let kind = frame.get("type").and_then(Value::as_str).expect("a frame without a type is not read");
    let peer = || {
        let peer = frame.get("peer").ok_or(Malformed::Missing("peer"))?;
        let peer = peer.as_str().ok_or(Malformed::NotText("peer"))?;
        Ok(json!({ "type": kind, "peer": if is_id(peer) { peer } else { "" } }))
    };
    match kind {
        "signal" => {
            if frame.get("to").is_some_and(|to| !to.is_string()) {
                return Err(Malformed::NotText("to"));
            }
            frame.get("data").ok_or(Malformed::Missing("data"))?;
            let mut signal = frame.clone();
            signal.retain(|field, _| ["type", "to", "data", "ref"].contains(&field.as_str()));
            Ok(Value::Object(signal))
        }
        "bye" | "ice" | "end" => Ok(json!({ "type": kind })),
        "check" | "admit" | "deny" | "remove" => peer(),
        "lock" => match frame.get("locked") {
            None => Err(Malformed::Missing("locked")),
            Some(Value::Bool(locked)) => Ok(json!({ "type": "lock", "locked": locked })),
            Some(_) => Err(Malformed::NotBoolean("locked")),
        },
        _ => Err(Malformed::UnknownType),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// What others are told of a signal has its parts as they came.
fn relay(frame: &ClientFrame<'_>) {
    let ClientFrame::Signal { to, data, reference } = frame else { return };
    let from = PeerId::parse("0123456789").unwrap();
    let relayed = relayed_signal(from, data.get());
    assert_eq!(relayed, format!(r#"{{"type":"signal","from":"0123456789","data":{}}}"#, data.get()));
    serde_json::from_str::<&RawValue>(&relayed).expect("what is relayed is JSON");
    if let Some(Recipient { peer, text }) = to {
        let named: String = serde_json::from_str(text.get()).unwrap();
        assert_eq!(peer.is_some_and(|peer| peer.as_str() == named), is_id(&named));
        let told = ServerFrame::Undelivered { to: *text, reference: *reference, reason: UndeliveredReason::Unknown };
        let reference = reference.map(|text| format!(r#","ref":{}"#, text.get())).unwrap_or_default();
        let expected = format!(r#"{{"type":"undelivered","to":{}{reference},"reason":"unknown"}}"#, text.get());
        assert_eq!(told.encode(), expected);
    }
}
