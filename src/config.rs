//! What an operator sets: the variables of `wrangler.toml`, validated.

use std::fmt;

use crate::access::JoinSecrets;
use crate::ice::{Ice, IceServers, RelayService, Turn};
use crate::protocol::{Limits, Millis};
use crate::room::RoomConfig;
use crate::secret::Secret;

/// The configuration of a deployment.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every room gets.
    pub room: RoomConfig,
    /// Which other sites may open sockets.
    pub allowed_origins: AllowedOrigins,
    /// Whether `POST /api/rooms` needs a join token.
    pub create_with_token: bool,
    /// Whether requests are counted by the addresses they come from.
    pub rate_limits: bool,
    /// Whether events are logged.
    pub log_events: bool,
    /// What the names in the log are made with.
    pub log_secret: Option<Secret>,
}

/// Which origins (RFC 6454) may open sockets, besides the deployment's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Any.
    All,
    /// These, in the form that browsers send: scheme, host, and port where it is not the scheme's own.
    These(Vec<String>),
}

/// A variable with a value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with its value.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the variable {} is set wrongly: {}", self.variable, self.problem)
    }
}

impl Config {
    /// Reads the variables. One that is absent or blank has its default.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which names the first variable with a value that cannot be used.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = |variable: &str| lookup(variable).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let number = |variable: &'static str, default: u32, min: u32, max: u32| match text(variable) {
            None => Ok(default),
            Some(text) => match text.parse() {
                Ok(number) if (min..=max).contains(&number) => Ok(number),
                Ok(_) | Err(_) => Err(ConfigError {
                    variable,
                    problem: format!("{text:?} is not a whole number from {min} to {max}"),
                }),
            },
        };
        let default = Limits::DEFAULT;
        let limits = Limits {
            // An object holds at most 32,768 hibernating sockets, and each peer of a room is announced to every other.
            capacity: number("ROOM_CAPACITY", default.capacity, 2, 1024)?,
            // workerd takes messages of up to 32 MiB; a description of a large call has some 20 KiB.
            message_bytes: number("MESSAGE_BYTES", default.message_bytes, 1024, 1_048_576)?,
            messages_per_second: number("MESSAGES_PER_SECOND", default.messages_per_second, 1, 100_000)?,
            grace_seconds: number("GRACE_SECONDS", default.grace_seconds, 1, 3600)?,
            ping_seconds: number("PING_SECONDS", default.ping_seconds, 1, 3600)?,
        };
        // Cloudflare's service makes credentials for 48 hours at most; 86,400 seconds are what
        // draft-uberti-behave-turn-rest-00 recommends. Servers may end a relayed connection whose credentials expire.
        let ice = ice(text, number("TURN_TTL_SECONDS", 86_400, 60, 172_800)?)?;
        let allowed_origins = AllowedOrigins::parse(&text("ALLOWED_ORIGINS").unwrap_or_default())
            .map_err(|problem| ConfigError { variable: "ALLOWED_ORIGINS", problem })?;
        let join_secrets = JoinSecrets::new(["JOIN_SECRET", "JOIN_SECRET_PREVIOUS"].into_iter().filter_map(text));
        let create_with_token = match text("CREATE").as_deref() {
            None | Some("anybody") => false,
            Some("token") if join_secrets.are_set() => true,
            Some("token") => {
                return Err(ConfigError { variable: "CREATE", problem: "\"token\" needs JOIN_SECRET".to_owned() });
            }
            Some(other) => {
                let problem = format!("{other:?} is neither \"anybody\" nor \"token\"");
                return Err(ConfigError { variable: "CREATE", problem });
            }
        };
        let switch = |variable| match text(variable).as_deref() {
            None | Some("on") => Ok(true),
            Some("off") => Ok(false),
            Some(other) => Err(ConfigError { variable, problem: format!("{other:?} is neither \"on\" nor \"off\"") }),
        };
        Ok(Self {
            room: RoomConfig { limits, ice, join_secrets },
            allowed_origins,
            create_with_token,
            rate_limits: switch("RATE_LIMITS")?,
            log_events: switch("LOG_EVENTS")?,
            log_secret: text("LOG_SECRET").map(Secret::new),
        })
    }

    /// Whether whoever shows this join token may make a room. Which rooms the token is for does not matter: to make a room is to
    /// get a name that nobody has.
    #[must_use]
    pub fn may_create(&self, token: Option<&str>, now: Millis) -> bool {
        !self.create_with_token || self.room.join_secrets.check(token, None, now).is_ok()
    }
}

/// What there is for ICE, with credentials that last so long.
fn ice(text: impl Fn(&str) -> Option<String>, ttl_seconds: u32) -> Result<Ice, ConfigError> {
    let wrong = |variable| move |problem| ConfigError { variable, problem };
    let listed = text("ICE_SERVERS");
    let servers = IceServers::parse(listed.as_deref().unwrap_or(IceServers::DEFAULT)).map_err(wrong("ICE_SERVERS"))?;
    let turn = pair(&text, "TURN_URLS", "TURN_SECRET")?
        .map(|(urls, secret)| Turn::new(&urls, Secret::new(secret), ttl_seconds).map_err(wrong("TURN_URLS")))
        .transpose()?;
    let endpoint = text("CLOUDFLARE_TURN_ENDPOINT").unwrap_or_else(|| RelayService::ENDPOINT.to_owned());
    if !is_origin(endpoint.trim_end_matches('/')) {
        return Err(wrong("CLOUDFLARE_TURN_ENDPOINT")(format!(
            "{endpoint:?} is no origin such as https://turn.example"
        )));
    }
    let service = pair(&text, "CLOUDFLARE_TURN_KEY_ID", "CLOUDFLARE_TURN_API_TOKEN")?
        .map(|(key_id, token)| {
            // It goes into a header, and the runtime quotes one that it finds odd.
            if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(wrong("CLOUDFLARE_TURN_API_TOKEN")("it has characters that no token has".to_owned()));
            }
            RelayService::new(&endpoint, &key_id, Secret::new(token), ttl_seconds)
                .map_err(wrong("CLOUDFLARE_TURN_KEY_ID"))
        })
        .transpose()?;
    Ok(Ice { servers, turn, service })
}

/// Two variables of which each is nothing without the other.
fn pair(
    text: impl Fn(&str) -> Option<String>,
    first: &'static str,
    second: &'static str,
) -> Result<Option<(String, String)>, ConfigError> {
    let missing = |variable, other| Err(ConfigError { variable, problem: format!("{other} is nothing without it") });
    match (text(first), text(second)) {
        (None, None) => Ok(None),
        (Some(one), Some(other)) => Ok(Some((one, other))),
        (None, Some(_)) => missing(first, second),
        (Some(_), None) => missing(second, first),
    }
}

impl AllowedOrigins {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::All);
        }
        let origins: Vec<String> = text
            .split([',', ' '])
            .map(|origin| origin.trim().to_ascii_lowercase())
            .filter(|origin| !origin.is_empty())
            .collect();
        match origins.iter().find(|origin| !is_origin(origin)) {
            Some(bad) => Err(format!(
                "{bad:?} is no origin such as https://app.example (several are parted by commas; * alone allows all)"
            )),
            None => Ok(Self::These(origins)),
        }
    }

    /// Whether a request from this origin may open a socket on this host. A request without an origin comes from no
    /// browser, so no person's session can be abused with it.
    #[must_use]
    pub fn allow(&self, origin: Option<&str>, own_host: &str) -> bool {
        let Some(origin) = origin else { return true };
        let origin = origin.to_ascii_lowercase();
        // The scheme is left out of the comparison: in front of a local or tunnelled worker TLS ends elsewhere.
        let same = origin.split_once("://").is_some_and(|(_, host)| host == own_host.to_ascii_lowercase());
        same || match self {
            Self::All => true,
            Self::These(origins) => origins.contains(&origin),
        }
    }
}

fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::PeerId;

    fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_vars(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_needs_to_be_set() {
        for variables in [&[][..], &[("ROOM_CAPACITY", " "), ("ICE_SERVERS", ""), ("ALLOWED_ORIGINS", "")]] {
            let config = config(variables).unwrap();
            assert_eq!(config.room.limits, Limits::DEFAULT);
            let members = config.room.ice.for_member(PeerId::fresh([0; 10]), 0, None);
            assert_eq!((members.servers.get(), members.seconds), (IceServers::DEFAULT, None));
            assert!(config.room.ice.service.is_none());
            assert_eq!(config.allowed_origins, AllowedOrigins::These(vec![]));
        }
    }

    #[test]
    fn every_limit_can_be_set() {
        let config = config(&[
            ("ROOM_CAPACITY", "2"),
            ("MESSAGE_BYTES", "1024"),
            ("MESSAGES_PER_SECOND", "7"),
            ("GRACE_SECONDS", "5"),
            ("PING_SECONDS", "9"),
        ]);
        let expected =
            Limits { capacity: 2, message_bytes: 1024, messages_per_second: 7, grace_seconds: 5, ping_seconds: 9 };
        assert_eq!(config.unwrap().room.limits, expected);
    }

    #[test]
    fn rooms_are_made_by_anybody_unless_a_token_is_asked_for() {
        assert!(config(&[("CREATE", "anybody"), ("JOIN_SECRET", "s")]).unwrap().may_create(None, 0));
        assert!(config(&[("JOIN_SECRET", "s")]).unwrap().may_create(None, 0));
        let strict = config(&[("CREATE", "token"), ("JOIN_SECRET_PREVIOUS", "s")]).unwrap();
        assert!(!strict.may_create(None, 0) && !strict.may_create(Some("a.b.c"), 0));
        // {"alg":"HS256"} and {"room":"x","exp":1}, signed with "s".
        let token =
            concat!("eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoieCIsImV4cCI6MX0.", "_yU94DzyMZpsKyAi5Q_huHdg5v4CEUCfBaP1ddr2Bec");
        assert!(strict.may_create(Some(token), 0));
        assert!(!strict.may_create(Some(token), 40_000));
    }

    #[test]
    fn a_bad_value_is_an_error_that_names_its_variable() {
        for (variable, value) in [
            ("ROOM_CAPACITY", "1"),
            ("ROOM_CAPACITY", "1025"),
            ("ROOM_CAPACITY", "many"),
            ("MESSAGE_BYTES", "-1"),
            ("MESSAGES_PER_SECOND", "0"),
            ("MESSAGES_PER_SECOND", "1.5"),
            ("GRACE_SECONDS", "4294967296"),
            ("PING_SECONDS", "30s"),
            ("ICE_SERVERS", "stun:a"),
            ("RATE_LIMITS", "0"),
            ("LOG_EVENTS", "yes"),
            ("TURN_TTL_SECONDS", "59"),
            ("TURN_TTL_SECONDS", "172801"),
            ("CLOUDFLARE_TURN_ENDPOINT", "turn.example"),
            ("CLOUDFLARE_TURN_ENDPOINT", "https://turn.example a"),
            ("ALLOWED_ORIGINS", "app.example"),
            ("ALLOWED_ORIGINS", "https://a.example/path"),
            ("ALLOWED_ORIGINS", "https://a.example, *"),
            ("CREATE", "nobody"),
            ("CREATE", "token"),
        ] {
            let error = config(&[(variable, value)]).unwrap_err();
            assert_eq!(error.variable, variable, "{value:?}");
            assert!(error.to_string().starts_with(&format!("the variable {variable} is set wrongly: ")));
        }
    }

    #[test]
    fn what_a_relay_needs_is_set_as_a_whole_or_not_at_all() {
        for (set, missing) in [
            ("TURN_URLS", "TURN_SECRET"),
            ("TURN_SECRET", "TURN_URLS"),
            ("CLOUDFLARE_TURN_KEY_ID", "CLOUDFLARE_TURN_API_TOKEN"),
            ("CLOUDFLARE_TURN_API_TOKEN", "CLOUDFLARE_TURN_KEY_ID"),
        ] {
            let error = config(&[(set, "north"), (missing, " ")]).unwrap_err();
            let expected = format!("the variable {missing} is set wrongly: {set} is nothing without it");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn relays_can_be_had_from_an_own_server_and_from_a_service() {
        let ice = config(&[
            ("TURN_URLS", "turn:turn.example:3478,turns:turn.example:5349"),
            ("TURN_SECRET", "north"),
            ("TURN_TTL_SECONDS", "60"),
            ("CLOUDFLARE_TURN_KEY_ID", "0123abcd"),
            ("CLOUDFLARE_TURN_API_TOKEN", "token"),
            ("CLOUDFLARE_TURN_ENDPOINT", "http://127.0.0.1:8900/"),
        ]);
        let ice = ice.unwrap().room.ice;
        assert_eq!(ice.for_member(PeerId::fresh([0; 10]), 0, None).seconds, Some(60));
        let service = ice.service.unwrap();
        assert_eq!(
            (service.url.as_str(), service.request().as_str()),
            ("http://127.0.0.1:8900/v1/turn/keys/0123abcd/credentials/generate-ice-servers", r#"{"ttl":60}"#)
        );
    }

    #[test]
    fn a_relay_that_cannot_be_used_is_an_error_that_does_not_tell_its_secret() {
        for (variable, variables) in [
            ("TURN_URLS", [("TURN_URLS", "stun:a"), ("TURN_SECRET", "north")]),
            ("CLOUDFLARE_TURN_KEY_ID", [("CLOUDFLARE_TURN_KEY_ID", "a/b"), ("CLOUDFLARE_TURN_API_TOKEN", "north")]),
            // The runtime quotes a header that it finds odd.
            (
                "CLOUDFLARE_TURN_API_TOKEN",
                [("CLOUDFLARE_TURN_KEY_ID", "a"), ("CLOUDFLARE_TURN_API_TOKEN", "north\u{e9}")],
            ),
            ("CLOUDFLARE_TURN_API_TOKEN", [("CLOUDFLARE_TURN_KEY_ID", "a"), ("CLOUDFLARE_TURN_API_TOKEN", "no north")]),
            // The one put where the other belongs.
            ("TURN_URLS", [("TURN_URLS", "north"), ("TURN_SECRET", "turn:a")]),
            ("ICE_SERVERS", [("ICE_SERVERS", r#"["north"]"#), ("CREATE", "")]),
            ("ICE_SERVERS", [("ICE_SERVERS", r#"[{"urls":"turn:u:north@a"}]"#), ("CREATE", "")]),
            ("ICE_SERVERS", [("ICE_SERVERS", r#"[{"urls":"https://u:north@a"}]"#), ("CREATE", "")]),
        ] {
            let error = config(&variables).unwrap_err();
            assert_eq!(error.variable, variable);
            assert!(!error.problem.contains("north"));
        }
    }

    #[test]
    fn the_own_host_and_the_listed_origins_may_open_sockets() {
        let origins = AllowedOrigins::parse("https://a.example, HTTPS://B.example:8443").unwrap();
        for (origin, allowed) in [
            (None, true),
            (Some("https://call.example"), true),
            (Some("http://call.example"), true),
            (Some("https://call.example:444"), false),
            (Some("https://a.example"), true),
            (Some("http://a.example"), false),
            (Some("https://b.example:8443"), true),
            (Some("https://a.example.evil"), false),
            (Some("https://evil-call.example"), false),
            (Some("null"), false),
            (Some(""), false),
        ] {
            assert_eq!(origins.allow(origin, "call.example"), allowed, "{origin:?}");
        }
        assert!(AllowedOrigins::parse("*").unwrap().allow(Some("null"), "call.example"));
    }
}
