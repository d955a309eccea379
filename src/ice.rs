//! The ICE servers that a room hands to its members.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// An array of `RTCIceServer` (W3C WebRTC, section 4.2.4), read and found good, kept as the JSON that goes out.
#[derive(Clone, Debug)]
pub struct IceServers(Box<RawValue>);

#[derive(Serialize, Deserialize)]
struct Server {
    #[serde(deserialize_with = "one_or_many")]
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

/// `urls` may be one string or an array of them.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let one = serde_json::from_str::<String>(raw.get()).map(|url| vec![url]);
    one.or_else(|_| serde_json::from_str(raw.get())).map_err(serde::de::Error::custom)
}

impl IceServers {
    /// The servers of a deployment that names none: Cloudflare's public STUN server, which is free of charge
    /// (<https://developers.cloudflare.com/realtime/turn/>).
    pub const DEFAULT: &str = r#"[{"urls":["stun:stun.cloudflare.com:3478"]}]"#;

    /// Reads the JSON array, and writes every `urls` as an array.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it.
    pub fn parse(json: &str) -> Result<Self, String> {
        let servers: Vec<Server> = serde_json::from_str(json)
            .map_err(|error| format!("must be a JSON array of {{urls, username?, credential?}}: {error}"))?;
        for server in &servers {
            if server.urls.is_empty() {
                return Err("a server has no URL".to_owned());
            }
            for url in &server.urls {
                let relay = url.starts_with("turn:") || url.starts_with("turns:");
                if !relay && !url.starts_with("stun:") && !url.starts_with("stuns:") {
                    return Err(format!("{url:?} is no stun:, stuns:, turn: or turns: URL (RFC 7064, RFC 7065)"));
                }
                if relay && (server.username.is_none() || server.credential.is_none()) {
                    return Err(format!("{url:?} needs a username and a credential"));
                }
            }
        }
        serde_json::value::to_raw_value(&servers).map(Self).map_err(|error| error.to_string())
    }

    /// The array as JSON.
    #[must_use]
    pub fn json(&self) -> &RawValue {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_arrays_and_credentials_stay() {
        let servers = IceServers::parse(
            r#"[{"urls":"stun:a:1"},{"urls":["turn:b:2","turns:b:3"],"username":"u","credential":"c"}]"#,
        )
        .unwrap();
        assert_eq!(
            servers.json().get(),
            r#"[{"urls":["stun:a:1"]},{"urls":["turn:b:2","turns:b:3"],"username":"u","credential":"c"}]"#
        );
        assert_eq!(IceServers::parse("[]").unwrap().json().get(), "[]");
        assert_eq!(IceServers::parse(IceServers::DEFAULT).unwrap().json().get(), IceServers::DEFAULT);
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
}
