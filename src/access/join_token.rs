//! Join tokens: JSON Web Tokens (RFC 7519) that an operator's own backend makes, signed with HMAC-SHA-256 (`HS256`, RFC 7518,
//! section 3.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::Sha256;

use crate::protocol::{Millis, PeerId, RoomName};

/// How far the clock of who made a token may be off, in milliseconds.
const SKEW: Millis = 30_000;

/// The longest token, in characters.
const TOKEN_MAX_LEN: usize = 4096;

/// The secrets that join tokens are signed with: none where anybody may join, two while one replaces the other.
#[derive(Clone, Default)]
pub struct JoinSecrets(Vec<Vec<u8>>);

impl std::fmt::Debug for JoinSecrets {
    /// Shows nothing, so that a secret cannot end up in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JoinSecrets({})", self.0.len())
    }
}

/// What a token says of its bearer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `host`: whether it may moderate.
    pub host: bool,
    /// `peer`: the id that it always has.
    pub peer: Option<PeerId>,
}

/// Why a token lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// None was shown.
    Missing,
    /// It is no token that these secrets signed, or not one that is used so.
    Invalid,
    /// It is for another room.
    OtherRoom,
    /// Its time has not come.
    TooEarly,
    /// Its time is over. Apart from that it says so much.
    Expired(Claims),
}

impl TokenError {
    /// A sentence for developers.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Missing => "a join token is needed: offer token.<jwt>",
            Self::Invalid => "the join token is not valid",
            Self::OtherRoom => "the join token is for another room",
            Self::TooEarly => "the join token is not valid yet",
            Self::Expired(_) => "the join token has expired",
        }
    }
}

/// The header (RFC 7515, section 4.1). `crit` names extensions that must be understood: there are none.
#[derive(Deserialize)]
struct Header {
    alg: String,
    crit: Option<serde::de::IgnoredAny>,
}

/// The claims.
#[derive(Deserialize)]
struct Payload {
    room: String,
    exp: NumericDate,
    nbf: Option<NumericDate>,
    host: Option<bool>,
    peer: Option<String>,
}

/// A `NumericDate` (RFC 7519, section 2): seconds since the epoch, which may have a fraction. Kept in milliseconds.
///
/// It is read without floating-point numbers: the code for them would weigh more than all the rest of this file.
struct NumericDate(Millis);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let (seconds, fraction) = raw.get().split_once('.').unwrap_or((raw.get(), ""));
        let thousandths = fraction.bytes().chain(*b"000").enumerate().try_fold(0, |sum, (place, digit)| {
            let sum = if place < 3 { sum * 10 + Millis::from(digit.wrapping_sub(b'0')) } else { sum };
            digit.is_ascii_digit().then_some(sum)
        });
        let millis =
            |(seconds, thousandths): (Millis, Millis)| seconds.saturating_mul(1000).saturating_add(thousandths);
        seconds
            .parse()
            .ok()
            .zip(thousandths)
            .map(millis)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("no number of seconds"))
    }
}

impl JoinSecrets {
    /// The secrets: texts, the bytes of which are the keys.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        Self(secrets.into_iter().map(String::into_bytes).collect())
    }

    /// Whether joining needs a token at all.
    #[must_use]
    pub fn are_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// What the token says of who wants to join this room, or into any room where none is given. Where no secret is set, a token
    /// is not looked at.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub fn check(&self, token: Option<&str>, room: Option<&RoomName>, now: Millis) -> Result<Claims, TokenError> {
        if !self.are_set() {
            return Ok(Claims::default());
        }
        let payload = self.verified(token.ok_or(TokenError::Missing)?).ok_or(TokenError::Invalid)?;
        let peer = match &payload.peer {
            Some(text) => Some(PeerId::parse(text).ok_or(TokenError::Invalid)?),
            None => None,
        };
        let admits = |room: &RoomName| match payload.room.strip_suffix('*') {
            Some(prefix) => room.as_str().starts_with(prefix),
            None => room.as_str() == payload.room,
        };
        if !room.is_none_or(admits) {
            return Err(TokenError::OtherRoom);
        }
        let claims = Claims { host: payload.host.unwrap_or_default(), peer };
        if payload.nbf.is_some_and(|from| now.saturating_add(SKEW) < from.0) {
            return Err(TokenError::TooEarly);
        }
        if now.saturating_sub(SKEW) >= payload.exp.0 {
            return Err(TokenError::Expired(claims));
        }
        Ok(claims)
    }

    /// The payload of a token that one of the secrets has signed.
    fn verified(&self, token: &str) -> Option<Payload> {
        if token.len() > TOKEN_MAX_LEN {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.0.iter().find(|secret| is_signed_with(secret, signed, &signature))?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header.alg != "HS256" || header.crit.is_some() {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }
}

fn is_signed_with(secret: &[u8], signed: &str, signature: &[u8]) -> bool {
    // HMAC takes a key of any length (RFC 2104, section 3).
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    mac.update(signed.as_bytes());
    mac.verify_slice(signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_790_000_000_000;
    const SECOND: i64 = 1_790_000_000;
    const SECRET: &str = "a secret that nobody knows";

    fn signed(header: &str, payload: &str, secret: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn token(payload: &str) -> String {
        signed(r#"{"alg":"HS256","typ":"JWT"}"#, payload, SECRET)
    }

    fn check(token: &str) -> Result<Claims, TokenError> {
        let room = RoomName::parse("team-7").unwrap();
        JoinSecrets::new([SECRET.to_owned()]).check(Some(token), Some(&room), NOW)
    }

    fn valid(rest: &str) -> String {
        format!(r#"{{"room":"team-7","exp":{}{rest}}}"#, SECOND + 60)
    }

    #[test]
    fn without_a_secret_everybody_may_join_and_no_token_says_anything() {
        let token = token(&valid(r#","host":true"#));
        for token in [None, Some("nonsense"), Some(token.as_str())] {
            assert_eq!(JoinSecrets::default().check(token, None, NOW), Ok(Claims::default()));
        }
    }

    #[test]
    fn a_token_says_who_may_moderate_and_who_somebody_is() {
        assert_eq!(check(&token(&valid(""))), Ok(Claims::default()));
        assert_eq!(check(&token(&valid(r#","host":true,"more":[1]"#))), Ok(Claims { host: true, peer: None }));
        assert_eq!(check(&token(&valid(r#","host":null,"peer":null,"nbf":null"#))), Ok(Claims::default()));
        let peer = PeerId::parse("Some_one-1");
        assert_eq!(check(&token(&valid(r#","peer":"Some_one-1""#))), Ok(Claims { host: false, peer }));
        assert_eq!(check(&token(&valid(r#","peer":"somebody""#))), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_is_for_one_room_or_for_all_with_a_prefix() {
        let to = |room: &str| check(&token(&format!(r#"{{"room":"{room}","exp":{}}}"#, SECOND + 60)));
        for room in ["team-7", "team-*", "t*", "team-7*", "*"] {
            assert_eq!(to(room), Ok(Claims::default()), "{room:?}");
        }
        for room in ["", "team-", "team-77", "Team-7", "team-8*", "*7", "team-7 ", "te*m-7", "team-**"] {
            assert_eq!(to(room), Err(TokenError::OtherRoom), "{room:?}");
        }
    }

    #[test]
    fn clocks_may_differ_by_thirty_seconds() {
        let at = |exp: i64, nbf: i64| check(&token(&format!(r#"{{"room":"*","exp":{exp},"nbf":{nbf}}}"#)));
        assert_eq!(at(SECOND - 29, SECOND + 30), Ok(Claims::default()));
        assert_eq!(at(SECOND - 30, 0), Err(TokenError::Expired(Claims::default())));
        assert_eq!(at(SECOND + 60, SECOND + 31), Err(TokenError::TooEarly));
        assert_eq!(check(&token(&format!(r#"{{"room":"*","exp":{}.5}}"#, SECOND - 30))), Ok(Claims::default()));
        assert_eq!(at(i64::MAX, 0), Ok(Claims::default()));
    }

    #[test]
    fn either_of_two_secrets_signs() {
        let secrets = JoinSecrets::new(["new".to_owned(), SECRET.to_owned()]);
        for (secret, expected) in [("new", true), (SECRET, true), ("old", false), ("", false)] {
            let token = signed(r#"{"alg":"HS256"}"#, &valid(""), secret);
            assert_eq!(secrets.check(Some(&token), None, NOW).is_ok(), expected, "{secret:?}");
        }
    }

    #[test]
    fn any_other_algorithm_and_any_extension_is_refused() {
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":"HS384"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"ES256"}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":null}"#,
            r#"{"typ":"JWT"}"#,
            r#"{"alg":"HS256","alg":"none"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            "{}",
            "[]",
            "",
        ] {
            assert_eq!(check(&signed(header, &valid(""), SECRET)), Err(TokenError::Invalid), "{header}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let good = token(&valid(""));
        let (signed_part, signature) = good.rsplit_once('.').unwrap();
        let (header, payload) = signed_part.split_once('.').unwrap();
        for bad in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            "...".to_owned(),
            signed_part.to_owned(),
            format!("{signed_part}."),
            format!("{good}."),
            format!("{good}="),
            format!("{good}A"),
            format!(".{good}"),
            format!("{payload}.{header}.{signature}"),
            format!("{header}..{signature}"),
            good.to_uppercase(),
            format!("{header}.{payload}.{}", "A".repeat(43)),
            format!("{header}.{payload}.{}", "A".repeat(TOKEN_MAX_LEN)),
            "x".repeat(1_000_000),
        ] {
            assert_eq!(check(&bad), Err(TokenError::Invalid), "{bad:.100}");
        }
        for cut in 0..good.len() {
            assert_eq!(check(good.get(..cut).unwrap()), Err(TokenError::Invalid), "cut at {cut}");
        }
    }

    #[test]
    fn a_payload_that_lacks_something_or_says_it_in_another_way_is_refused() {
        for payload in [
            "",
            "{}",
            "[]",
            r#"{"room":"team-7"}"#,
            r#"{"exp":9999999999}"#,
            r#"{"room":"team-7","exp":"9999999999"}"#,
            r#"{"room":"team-7","exp":null}"#,
            r#"{"room":"team-7","exp":-1}"#,
            r#"{"room":"team-7","exp":9e9}"#,
            r#"{"room":"team-7","exp":9999999999.9e1}"#,
            r#"{"room":"team-7","exp":9999999999.999e-9}"#,
            r#"{"room":"team-7","exp":99999999999999999999}"#,
            r#"{"room":["team-7"],"exp":9999999999}"#,
            r#"{"room":"team-7","exp":9999999999,"nbf":"0"}"#,
            r#"{"room":"team-7","exp":9999999999,"host":"true"}"#,
            r#"{"room":"team-7","exp":9999999999,"host":1}"#,
            r#"{"room":"team-7","exp":9999999999,"peer":1}"#,
            r#"{"room":"team-7","exp":9999999999,"peer":""}"#,
            r#"{"room":"team-7","exp":0,"exp":9999999999}"#,
        ] {
            assert_eq!(check(&token(payload)), Err(TokenError::Invalid), "{payload}");
        }
    }

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", JoinSecrets::new([SECRET.to_owned()])), "JoinSecrets(1)");
    }
}
