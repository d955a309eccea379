//! The ICE servers that a room hands to its members: what the operator lists, a TURN server of the operator's own with
//! credentials that expire, and what a relay service gives out. Pure: the time and the service's answers are given.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use sha1::Sha1;

use crate::protocol::{Millis, PeerId};
use crate::secret::Secret;

/// What a deployment has for ICE.
#[derive(Clone, Debug)]
pub struct Ice {
    /// What the operator lists.
    pub servers: IceServers,
    /// The operator's own TURN server.
    pub turn: Option<Turn>,
    /// A relay service.
    pub service: Option<RelayService>,
}

/// What one member gets.
#[derive(Clone, Debug)]
pub struct MemberServers {
    /// An array of `RTCIceServer`.
    pub servers: Box<RawValue>,
    /// How long the credentials last that expire first, in seconds; `None` where none does.
    pub seconds: Option<u64>,
}

impl Ice {
    /// Makes the servers, with credentials, for a member of a room.
    #[must_use]
    pub fn for_member(&self, peer: PeerId, now: Millis, relays: Option<&Relays>) -> MemberServers {
        let turn = self.turn.as_ref().map(|turn| turn.server_for(peer, now));
        let relays = relays.filter(|relays| relays.expires_at > now);
        let mut servers = "[".to_owned();
        let lists = [Some(&self.servers.0), turn.as_ref(), relays.map(|relays| &relays.servers)];
        for list in lists.into_iter().flatten().filter(|list| !list.is_empty()) {
            if servers.len() > 1 {
                servers.push(',');
            }
            servers.push_str(list);
        }
        servers.push(']');
        let servers = RawValue::from_string(servers);
        let lasting = self.turn.as_ref().map(|turn| u64::from(turn.ttl_seconds));
        let left = relays.map(|relays| (relays.expires_at - now) / 1000);
        // What is written from JSON is JSON.
        MemberServers { servers: servers.unwrap_or_default(), seconds: lasting.into_iter().chain(left).min() }
    }
}

/// An array of `RTCIceServer` (W3C WebRTC, section 4.2.4), read and found good: its items as JSON.
#[derive(Clone)]
pub struct IceServers(String);

#[derive(Serialize, Deserialize)]
struct Server {
    #[serde(deserialize_with = "one_or_many")]
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

impl std::fmt::Debug for IceServers {
    /// Leaves out the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IceServers(..)")
    }
}

/// `urls` may be one string or an array of them.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let one = serde_json::from_str::<String>(raw.get()).map(|url| vec![url]);
    one.or_else(|_| serde_json::from_str(raw.get())).map_err(serde::de::Error::custom)
}

fn read_servers(json: &str) -> serde_json::Result<Vec<Server>> {
    serde_json::from_str(json)
}

/// Writes the items of an array.
fn items(servers: &[Server]) -> String {
    // Strings: there is nothing in them that serde_json refuses.
    let array = serde_json::to_string(servers).unwrap_or_default();
    array.trim_start_matches('[').trim_end_matches(']').to_owned()
}

fn is_turn(url: &str) -> bool {
    url.starts_with("turn:") || url.starts_with("turns:")
}

impl Server {
    /// Says what is wrong, and quotes nothing: there are credentials in what an operator lists, and in what a service answers.
    fn check(&self) -> Result<(), &'static str> {
        if self.urls.is_empty() {
            return Err("a server has no URL");
        }
        for url in &self.urls {
            if !is_turn(url) && !url.starts_with("stun:") && !url.starts_with("stuns:") {
                return Err("there is another URL than stun:, stuns:, turn: and turns: (RFC 7064, RFC 7065)");
            }
            if is_turn(url) && (self.username.is_none() || self.credential.is_none()) {
                return Err("a TURN server needs a username and a credential");
            }
        }
        Ok(())
    }
}

impl IceServers {
    /// The servers of a deployment that names none: Cloudflare's public STUN server, which is free of charge
    /// (<https://developers.cloudflare.com/realtime/turn/>).
    pub const DEFAULT: &str = r#"[{"urls":["stun:stun.cloudflare.com:3478"]}]"#;

    /// Reads the JSON array.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it.
    pub fn parse(json: &str) -> Result<Self, String> {
        // What the parser says would quote it.
        let servers = read_servers(json).map_err(|error| {
            format!("it is no JSON array of {{urls, username?, credential?}}, as column {} shows", error.column())
        })?;
        servers.iter().try_for_each(Server::check)?;
        Ok(Self(items(&servers)))
    }
}

/// A TURN server that shares a secret with us, and takes credentials that carry their own expiry: `use-auth-secret` of
/// coturn, as draft-uberti-behave-turn-rest-00 describes it.
#[derive(Clone, Debug)]
pub struct Turn {
    /// As JSON.
    urls: String,
    secret: Secret,
    ttl_seconds: u32,
}

impl Turn {
    /// A server at these URLs, parted by commas or spaces.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the URLs.
    pub fn new(urls: &str, secret: Secret, ttl_seconds: u32) -> Result<Self, String> {
        let urls: Vec<String> = urls.split([',', ' ']).filter(|url| !url.is_empty()).map(str::to_owned).collect();
        match urls.iter().find(|url| !is_turn(url)) {
            // It may be the secret, put in the wrong place.
            Some(_) => {
                Err("it names what is no turn: or turns: URL (RFC 7065); several are parted by commas".to_owned())
            }
            None if urls.is_empty() => Err("it names no URL".to_owned()),
            // Strings: there is nothing in them that serde_json refuses.
            None => Ok(Self { urls: serde_json::to_string(&urls).unwrap_or_default(), secret, ttl_seconds }),
        }
    }

    /// The user name is when it expires, in seconds since the Unix epoch, a colon, and the peer; the credential is the
    /// HMAC-SHA1 of the user name under the secret, as base64.
    fn server_for(&self, peer: PeerId, now: Millis) -> String {
        let expires = now / 1000 + u64::from(self.ttl_seconds);
        let username = format!("{expires}:{}", peer.as_str());
        // HMAC takes a key of any length (RFC 2104, section 3), so this is never an error.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.secret.expose().as_bytes()) else { return String::new() };
        mac.update(username.as_bytes());
        let credential = STANDARD.encode(mac.finalize().into_bytes());
        // Neither has a character that JSON has to escape.
        format!(r#"{{"urls":{},"username":"{username}","credential":"{credential}"}}"#, self.urls)
    }
}

/// Cloudflare's TURN service (<https://developers.cloudflare.com/realtime/turn/generate-credentials/>).
#[derive(Clone, Debug)]
pub struct RelayService {
    /// Where credentials are made.
    pub url: String,
    /// The bearer token.
    pub token: Secret,
    /// How long the credentials are to last.
    pub ttl_seconds: u32,
}

impl RelayService {
    /// Where the service is, unless a test has put up another.
    pub const ENDPOINT: &str = "https://rtc.live.cloudflare.com";

    /// The service under one of its keys.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the key's id.
    pub fn new(endpoint: &str, key_id: &str, token: Secret, ttl_seconds: u32) -> Result<Self, String> {
        if key_id.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'-' && byte != b'_') {
            return Err("it is no id of a TURN key: letters, digits, - and _".to_owned());
        }
        let endpoint = endpoint.trim_end_matches('/');
        let url = format!("{endpoint}/v1/turn/keys/{key_id}/credentials/generate-ice-servers");
        Ok(Self { url, token, ttl_seconds })
    }

    /// The body of the request for credentials.
    #[must_use]
    pub fn request(&self) -> String {
        format!(r#"{{"ttl":{}}}"#, self.ttl_seconds)
    }

    /// Reads the array `iceServers` of the answer to a request that was made at `asked_at`.
    ///
    /// Of its servers only the relays are kept: STUN is for `ICE_SERVERS` to say. URLs with port 53 are dropped, because
    /// browsers refuse that port, and take their time to say so.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it, without quoting it.
    pub fn read(&self, answer: &str, asked_at: Millis) -> Result<Relays, String> {
        let Ok(given) = read_servers(answer) else {
            return Err("the answer is not {\"iceServers\":[…]}".to_owned());
        };
        let mut servers = Vec::new();
        for mut server in given {
            server.urls.retain(|url| is_turn(url) && !has_port_53(url));
            if !server.urls.is_empty() {
                server.check()?;
                servers.push(server);
            }
        }
        if servers.is_empty() {
            return Err("there is no relay in the answer".to_owned());
        }
        if !answer.is_ascii() {
            return Err("the answer has more than ASCII in it, which no header can carry".to_owned());
        }
        let ttl = Millis::from(self.ttl_seconds) * 1000;
        let expires_at = asked_at.saturating_add(ttl);
        Ok(Relays { servers: items(&servers), fresh_until: expires_at - ttl / 10, expires_at })
    }
}

fn has_port_53(url: &str) -> bool {
    url.split('?').next().is_some_and(|address| address.ends_with(":53"))
}

/// Relays of a [`RelayService`], with credentials that expire, for any member of any room.
#[derive(Clone, PartialEq, Eq)]
pub struct Relays {
    /// The items of an array, as JSON.
    servers: String,
    /// Until when they are handed out without asking for others: for nine tenths of their life. So nobody gets what is
    /// about to expire, unless the service fails.
    fresh_until: Millis,
    expires_at: Millis,
}

impl Relays {
    /// Whether there is no need to ask for others yet.
    #[must_use]
    pub fn are_fresh(&self, now: Millis) -> bool {
        now < self.fresh_until
    }

    /// Until when [`Relays::are_fresh`].
    #[must_use]
    pub fn fresh_until(&self) -> Millis {
        self.fresh_until
    }

    /// When the credentials expire.
    #[must_use]
    pub fn expires_at(&self) -> Millis {
        self.expires_at
    }

    /// As a text for [`Relays::decode`].
    #[must_use]
    pub fn encode(&self) -> String {
        format!("{} {} {}", self.fresh_until, self.expires_at, self.servers)
    }

    /// Reads what [`Relays::encode`] wrote.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let mut number = || parts.next()?.parse().ok();
        let (fresh_until, expires_at) = (number()?, number()?);
        Some(Self { servers: parts.next()?.to_owned(), fresh_until, expires_at })
    }
}

impl std::fmt::Debug for Relays {
    /// Leaves out the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relays").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_790_000_000_000;

    fn peer() -> PeerId {
        PeerId::fresh([3; 10])
    }

    fn ice(servers: &str) -> Ice {
        Ice { servers: IceServers::parse(servers).unwrap(), turn: None, service: None }
    }

    fn handed_out(ice: &Ice, relays: Option<&Relays>, now: Millis) -> (String, Option<u64>) {
        let given = ice.for_member(peer(), now, relays);
        (given.servers.get().to_owned(), given.seconds)
    }

    fn service() -> RelayService {
        RelayService::new(RelayService::ENDPOINT, "key-1", Secret::new("bearer".to_owned()), 1000).unwrap()
    }

    #[test]
    fn urls_become_arrays_and_credentials_stay() {
        let servers = r#"[{"urls":"stun:a:1"},{"urls":["turn:b:2","turns:b:3"],"username":"u","credential":"c"}]"#;
        let written = r#"[{"urls":["stun:a:1"]},{"urls":["turn:b:2","turns:b:3"],"username":"u","credential":"c"}]"#;
        for (given, expected) in [(servers, written), ("[]", "[]"), (IceServers::DEFAULT, IceServers::DEFAULT)] {
            assert_eq!(handed_out(&ice(given), None, NOW), (expected.to_owned(), None));
        }
    }

    #[test]
    fn what_a_browser_would_refuse_is_refused() {
        for bad in [
            "",
            "{}",
            "[1]",
            r"[{}]",
            r#"[{"urls":[]}]"#,
            r#"[{"urls":"http://a"}]"#,
            r#"[{"urls":"turn:a"}]"#,
            r#"[{"urls":"turn:a","username":"u"}]"#,
        ] {
            assert!(IceServers::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_turn_server_gets_a_user_name_that_says_when_it_expires_and_its_hmac() {
        let turn = Turn::new("turn:t:3478, turns:t:5349", Secret::new("north".to_owned()), 600).unwrap();
        let ice = Ice { turn: Some(turn), ..ice("[]") };
        let name = format!("1790000600:{}", peer().as_str());
        // printf 1790000600:3333333333 | openssl dgst -sha1 -hmac north -binary | base64
        let expected = format!(
            r#"[{{"urls":["turn:t:3478","turns:t:5349"],"username":"{name}","credential":"3mra1EuK64DjJJ0FH2ZQ+om9wW0="}}]"#
        );
        assert_eq!(handed_out(&ice, None, NOW + 999), (expected, Some(600)));
    }

    #[test]
    fn a_turn_server_needs_turn_urls() {
        for bad in ["stun:t", "turn:a, http://b", "t:3478", ",", ""] {
            assert!(Turn::new(bad, Secret::new("north".to_owned()), 600).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_service_is_asked_at_the_url_of_its_key() {
        let service = service();
        assert_eq!(service.url, "https://rtc.live.cloudflare.com/v1/turn/keys/key-1/credentials/generate-ice-servers");
        assert_eq!(service.request(), r#"{"ttl":1000}"#);
        assert!(RelayService::new("http://a", "a/b", Secret::new(String::new()), 60).is_err());
    }

    #[test]
    fn of_an_answer_the_relays_are_kept_that_browsers_can_reach() {
        let answer = r#"[
            {"urls":["stun:s:3478","stun:s:53"]},
            {"urls":["turn:s:3478?transport=udp","turn:s:53?transport=udp","turns:s:443?transport=tcp","turn:s:53"],
             "username":"u","credential":"c","more":1}]"#;
        let relays = service().read(answer, NOW).unwrap();
        let kept =
            r#"{"urls":["turn:s:3478?transport=udp","turns:s:443?transport=tcp"],"username":"u","credential":"c"}"#;
        let listed = ice(r#"[{"urls":"stun:own"}]"#);
        let expected = format!(r#"[{{"urls":["stun:own"]}},{kept}]"#);
        assert_eq!(handed_out(&listed, Some(&relays), NOW), (expected.clone(), Some(1000)));
        assert_eq!(handed_out(&listed, Some(&relays), NOW + 999_001), (expected, Some(0)));
        assert_eq!(
            handed_out(&listed, Some(&relays), NOW + 1_000_000),
            (r#"[{"urls":["stun:own"]}]"#.to_owned(), None)
        );
        assert!(relays.are_fresh(NOW + 899_999) && !relays.are_fresh(NOW + 900_000));
        assert_eq!(Relays::decode(&relays.encode()), Some(relays));
    }

    #[test]
    fn an_answer_that_is_none_is_refused_without_being_quoted() {
        for bad in [
            "",
            "quoted",
            "{}",
            r#"["quoted"]"#,
            "[]",
            r#"[{"urls":["stun:quoted"]}]"#,
            r#"[{"urls":["turn:quoted:53"],"username":"u","credential":"c"}]"#,
            r#"[{"urls":["turn:t"],"username":"quotéd","credential":"c"}]"#,
        ] {
            let problem = service().read(bad, NOW).unwrap_err();
            assert!(!problem.contains("quoted"), "{problem}");
        }
        assert!(service().read(r#"[{"urls":["turn:a"],"username":"u"}]"#, NOW).is_err());
    }

    #[test]
    fn whoever_gets_both_is_told_of_what_expires_first() {
        let turn = Turn::new("turn:t", Secret::new("north".to_owned()), 600).unwrap();
        let both = Ice { turn: Some(turn), ..ice("[]") };
        let answer = r#"[{"urls":["turn:s"],"username":"u","credential":"c"}]"#;
        let relays = service().read(answer, NOW).unwrap();
        assert_eq!(handed_out(&both, Some(&relays), NOW).1, Some(600));
        assert_eq!(handed_out(&both, Some(&relays), NOW + 700_000).1, Some(300));
    }

    #[test]
    fn no_credential_shows_in_debug_output() {
        let ice = ice(r#"[{"urls":"turn:a","username":"u","credential":"north"}]"#);
        let turn = Turn::new("turn:t", Secret::new("north".to_owned()), 600).unwrap();
        let all = Ice { turn: Some(turn), service: Some(service()), ..ice };
        let shown = format!("{all:?}");
        assert!(!shown.contains("north") && !shown.contains("bearer"), "{shown}");
    }
}
