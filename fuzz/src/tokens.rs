use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value};
use sha2::Sha256;
use switchboard::access::{Bytes32, Claims, JoinSecrets, TokenError, issue_resume_token, read_resume_token};
use switchboard::protocol::{Millis, PeerId, RoomName};

const NOW: Millis = 1_790_000_000_000;
const SECRET: &str = "a secret that nobody knows";

/// Tokens. The first byte says which: join tokens, signed or not, and resume tokens, whole or changed.
pub fn tokens(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind % 4 {
        0 => unsigned(super::text(rest)),
        1 => signed(super::text(rest)),
        2 => unissued(super::text(rest)),
        _ => issued(rest),
    }
}

fn check(token: &str) -> Result<Claims, TokenError> {
    let room = RoomName::parse("team-7").unwrap();
    JoinSecrets::new([SECRET.to_owned()]).check(Some(token), Some(&room), NOW)
}

fn mac(signed: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A text that nobody has signed is no token.
fn unsigned(text: &str) {
    assert_eq!(check(text), Err(TokenError::Invalid));
}

/// A header and a payload, in a line each, that were signed: whoever is let in shows the claims that a plain reader finds.
fn signed(text: &str) {
    let (header, payload) = text.split_once('\n').unwrap_or((r#"{"alg":"HS256"}"#, text));
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac(&signed)));
    let checked = check(&token);
    let mut forged = token.clone().into_bytes();
    let at = payload.len() % forged.len();
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    assert_eq!(check(&String::from_utf8(forged).unwrap()), Err(TokenError::Invalid), "a token that was changed");

    let claims = match checked {
        Ok(claims) | Err(TokenError::Expired(claims)) => claims,
        Err(_) => return,
    };
    let (header, payload): (Option<Value>, Option<Value>) =
        (serde_json::from_str(header).ok(), serde_json::from_str(payload).ok());
    // A plain reader gives up on numbers beyond its range and on deep nesting; a duplicate field is refused by ours.
    let (Some(header), Some(payload)) = (header, payload) else { return };
    let (header, payload) =
        (fields(header, &["alg", "crit"]), fields(payload, &["room", "exp", "nbf", "host", "peer"]));
    assert_eq!(header.get("alg"), Some(&Value::from("HS256")));
    assert!(header.get("crit").is_none_or(Value::is_null));
    assert!(matches!(
        payload["room"].as_str().unwrap(),
        "team-7" | "team-7*" | "team-*" | "team*" | "tea*" | "te*" | "t*" | "*"
    ));
    assert_eq!(claims.host, payload.get("host").is_some_and(|host| !host.is_null() && host.as_bool().unwrap()));
    let peer = payload.get("peer").and_then(Value::as_str).map(str::to_owned);
    assert_eq!(claims.peer.map(|peer| peer.to_string()), peer);
    let millis = |field: &str| payload.get(field).and_then(Value::as_f64).map(|seconds| seconds * 1000.0);
    let (exp, nbf) = (millis("exp").unwrap(), millis("nbf").unwrap_or(0.0));
    // What a floating-point number cannot tell apart is not compared.
    let near = |limit: f64, time: f64| (limit - time).abs() < 1.5;
    let now = NOW as f64;
    assert!(near(exp, now - 30_000.0) || (exp > now - 30_000.0) == checked.is_ok(), "{exp}");
    assert!(near(nbf, now + 30_000.0) || nbf < now + 30_000.0, "{nbf}");
}

/// The fields by name. An array is read as the fields in their order, as serde does.
fn fields(value: Value, names: &[&str]) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Array(values) => names.iter().map(|name| (*name).to_owned()).zip(values).collect(),
        other => panic!("{other} was read as an object"),
    }
}

/// A text that the room has not issued is no resume token.
fn unissued(text: &str) {
    assert_eq!(read_resume_token(&Bytes32::new([7; 32]), text), None);
}

/// The room's secret, a peer, a time, and what is done to the token: unchanged it is read, changed it is not.
fn issued(data: &[u8]) {
    let Some((secret, data)) = data.split_first() else { return };
    let Some((entropy, data)) = data.split_first_chunk::<10>() else { return };
    let Some((issued, changes)) = data.split_first_chunk::<8>() else { return };
    let (secret, peer, moderator) = (Bytes32::new([*secret; 32]), PeerId::fresh(*entropy), entropy[0] & 32 != 0);
    let token = issue_resume_token(&secret, peer, moderator, Millis::from_be_bytes(*issued));
    let mut changed = token.clone().into_bytes();
    for (byte, change) in changed.iter_mut().zip(changes) {
        *byte ^= change & 0x7f;
    }
    let changed = String::from_utf8(changed).unwrap();
    let resumed = read_resume_token(&secret, &changed);
    if changed == token {
        assert_eq!(resumed.map(|resumed| (resumed.peer, resumed.moderator)), Some((peer, moderator)));
        assert_eq!(issue_resume_token(&secret, peer, moderator, Millis::from_be_bytes(*issued)), token);
    } else {
        assert_eq!(resumed, None, "a token that was changed");
    }
}
