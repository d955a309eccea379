//! What a request asks for, decided from its method, path and headers alone.

use crate::config::AllowedOrigins;
use crate::protocol::{BadRoomName, GateOffer, Offer, RoomName};

/// The parts of an absolute URL, as it came: nothing is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// Scheme, host and port, such as `https://call.example:8443`.
    pub origin: &'a str,
    /// Host and port; the port only where it is not the scheme's own.
    pub host: &'a str,
    /// The path, from its first slash on.
    pub path: &'a str,
}

impl<'a> Location<'a> {
    /// Splits a URL that the runtime has parsed and written again (WHATWG URL, section 4.5): the first slash after the
    /// host begins the path, and a question mark or a hash ends it.
    #[must_use]
    pub fn of(url: &'a str) -> Self {
        let url = url.split_once(['?', '#']).map_or(url, |(before, _)| before);
        let after_scheme = url.find("://").map_or(0, |at| at + 3);
        let path_at = url.get(after_scheme..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| after_scheme + at);
        let part = |from: usize, to: usize| url.get(from..to).unwrap_or_default();
        Self { origin: part(0, path_at), host: part(after_scheme, path_at), path: part(path_at, url.len()) }
    }
}

/// What of a request a route depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The URL's path, as it came: nothing is decoded.
    pub path: &'a str,
    /// The host and port that the request was made to.
    pub host: &'a str,
    /// The header `Upgrade`.
    pub upgrade: Option<&'a str>,
    /// The header `Origin`.
    pub origin: Option<&'a str>,
    /// The header `Sec-WebSocket-Protocol`.
    pub subprotocols: Option<&'a str>,
    /// The header `Authorization`.
    pub authorization: Option<&'a str>,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `GET /api/health`
    Health,
    /// `OPTIONS`: a page of an allowed site asks what it may send.
    Preflight,
    /// `POST /api/rooms`: a fresh name.
    CreateRoom {
        /// The join token from `Authorization: Bearer <jwt>`.
        token: Option<String>,
    },
    /// `GET /api/rooms/{room}`
    RoomStatus {
        /// Which room.
        room: RoomName,
        /// The gate from `Authorization: Gate <base64url>`.
        gate: GateOffer,
    },
    /// `GET /api/rooms/{room}/socket`: an upgrade.
    Socket {
        /// Which room.
        room: RoomName,
        /// What the client offers.
        offer: Offer,
    },
}

/// Why a request is answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// 400: the name of the room is none.
    BadRoom,
    /// 400: `switchboard.v1` is not among the offered subprotocols.
    MissingSubprotocol,
    /// 401: the room has a gate, and another one or none was shown.
    Unauthorized,
    /// 401: only bearers of a join token make rooms here, and none, or no good one, was shown.
    TokenNeeded,
    /// 403: another site's page, which is not among the allowed.
    OriginNotAllowed,
    /// 404: there is nothing at this path.
    NotFound,
    /// 405: the path takes other methods.
    MethodNotAllowed {
        /// Which, as the header `Allow` says it.
        allow: &'static str,
    },
    /// 429: too many wrong gates were shown to this room.
    TooManyTries,
    /// 426: not an upgrade to a WebSocket.
    UpgradeRequired,
}

impl RouteError {
    /// The HTTP status (RFC 9110, section 15).
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BadRoom | Self::MissingSubprotocol => 400,
            Self::Unauthorized | Self::TokenNeeded => 401,
            Self::OriginNotAllowed => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::UpgradeRequired => 426,
            Self::TooManyTries => 429,
        }
    }

    /// The word for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BadRoom => "bad-room",
            Self::MissingSubprotocol => "missing-subprotocol",
            Self::Unauthorized | Self::TokenNeeded => "unauthorized",
            Self::OriginNotAllowed => "origin-not-allowed",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed { .. } => "method-not-allowed",
            Self::UpgradeRequired => "upgrade-required",
            Self::TooManyTries => "too-many-requests",
        }
    }

    /// The sentence for developers.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::BadRoom => "a room's name has 1 to 64 of the characters A-Z, a-z, 0-9, _ and -",
            Self::MissingSubprotocol => "offer the subprotocol switchboard.v1",
            Self::Unauthorized => "this room needs its gate: Authorization: Gate <base64url>",
            Self::TokenNeeded => "rooms are made with a join token: Authorization: Bearer <jwt>",
            Self::OriginNotAllowed => "this origin is not in ALLOWED_ORIGINS",
            Self::NotFound => "there is nothing here",
            Self::MethodNotAllowed { .. } => "this path does not take this method",
            Self::UpgradeRequired => "this path takes WebSocket upgrades only",
            Self::TooManyTries => "too many wrong gates were shown to this room: try again in a minute",
        }
    }

    /// The header that the status asks for (RFC 9110), if it asks for any.
    #[must_use]
    pub fn header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Unauthorized => Some(("www-authenticate", "Gate")),
            Self::TokenNeeded => Some(("www-authenticate", "Bearer")),
            Self::MethodNotAllowed { allow } => Some(("allow", allow)),
            Self::UpgradeRequired => Some(("upgrade", "websocket")),
            // They are counted by the minute.
            Self::TooManyTries => Some(("retry-after", "60")),
            Self::BadRoom | Self::MissingSubprotocol | Self::OriginNotAllowed | Self::NotFound => None,
        }
    }
}

impl From<BadRoomName> for RouteError {
    fn from(_: BadRoomName) -> Self {
        Self::BadRoom
    }
}

/// Reads a request.
///
/// # Errors
///
/// [`RouteError`], which is the answer.
pub fn route(request: &Request<'_>, origins: &AllowedOrigins) -> Result<Route, RouteError> {
    let path = request.path.strip_prefix("/api/").ok_or(RouteError::NotFound)?;
    if is_preflight(request, origins) {
        return Ok(Route::Preflight);
    }
    let mut segments = path.split('/');
    match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some("health"), None, None, None) => {
            read_only(request)?;
            Ok(Route::Health)
        }
        (Some("rooms"), None, None, None) => {
            if request.method != "POST" {
                return Err(RouteError::MethodNotAllowed { allow: "POST" });
            }
            Ok(Route::CreateRoom { token: credentials(request.authorization, "bearer").map(str::to_owned) })
        }
        (Some("rooms"), Some(room), None, None) => {
            let room = RoomName::parse(room)?;
            read_only(request)?;
            let gate = credentials(request.authorization, "gate").map_or(GateOffer::Absent, GateOffer::read);
            Ok(Route::RoomStatus { room, gate })
        }
        (Some("rooms"), Some(room), Some("socket"), None) => {
            let room = RoomName::parse(room)?;
            socket(request, origins).map(|offer| Route::Socket { room, offer })
        }
        _ => Err(RouteError::NotFound),
    }
}

fn is_preflight(request: &Request<'_>, origins: &AllowedOrigins) -> bool {
    request.method == "OPTIONS" && request.origin.is_some() && origins.allow(request.origin, request.host)
}

fn read_only(request: &Request<'_>) -> Result<(), RouteError> {
    match request.method {
        "GET" | "HEAD" => Ok(()),
        _ => Err(RouteError::MethodNotAllowed { allow: "GET, HEAD" }),
    }
}

fn socket(request: &Request<'_>, origins: &AllowedOrigins) -> Result<Offer, RouteError> {
    if request.method != "GET" {
        return Err(RouteError::MethodNotAllowed { allow: "GET" });
    }
    if !request.upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket")) {
        return Err(RouteError::UpgradeRequired);
    }
    if !origins.allow(request.origin, request.host) {
        return Err(RouteError::OriginNotAllowed);
    }
    let offer = Offer::read(request.subprotocols.unwrap_or_default());
    if offer.speaks_v1 { Ok(offer) } else { Err(RouteError::MissingSubprotocol) }
}

/// What the header `Authorization` carries under this scheme (RFC 9110, section 11.4).
fn credentials<'a>(header: Option<&'a str>, scheme: &str) -> Option<&'a str> {
    let (shown, credentials) = header?.trim().split_once(' ')?;
    shown.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(request: Request<'_>) -> Result<Route, RouteError> {
        route(&request, &AllowedOrigins::These(vec![]))
    }

    fn get(path: &str) -> Request<'_> {
        Request { method: "GET", path, host: "call.example", ..Request::default() }
    }

    fn upgrade(path: &str) -> Request<'_> {
        Request { upgrade: Some("websocket"), subprotocols: Some("switchboard.v1"), ..get(path) }
    }

    fn name(text: &str) -> RoomName {
        RoomName::parse(text).unwrap()
    }

    #[test]
    fn a_url_falls_into_origin_host_and_path() {
        for (url, origin, host, path) in [
            ("https://a.example/r/x?q=/1#/2", "https://a.example", "a.example", "/r/x"),
            ("http://[::1]:8787/", "http://[::1]:8787", "[::1]:8787", "/"),
            ("http://a.example#x", "http://a.example", "a.example", ""),
            ("", "", "", ""),
        ] {
            assert_eq!(Location::of(url), Location { origin, host, path }, "{url}");
        }
    }

    #[test]
    fn every_endpoint_is_found() {
        assert_eq!(routed(get("/api/health")), Ok(Route::Health));
        assert_eq!(routed(Request { method: "HEAD", ..get("/api/health") }), Ok(Route::Health));
        let create = Request { method: "POST", ..get("/api/rooms") };
        assert_eq!(routed(create), Ok(Route::CreateRoom { token: None }));
        let bearing = Request { authorization: Some("bearer  a.b.c "), ..create };
        assert_eq!(routed(bearing), Ok(Route::CreateRoom { token: Some("a.b.c".to_owned()) }));
        assert_eq!(
            routed(get("/api/rooms/a-B_9")),
            Ok(Route::RoomStatus { room: name("a-B_9"), gate: GateOffer::Absent })
        );
        assert_eq!(
            routed(Request { authorization: Some("gate abc"), ..get("/api/rooms/a") }),
            Ok(Route::RoomStatus { room: name("a"), gate: GateOffer::Shown("abc".to_owned()) })
        );
        assert_eq!(
            routed(upgrade("/api/rooms/a/socket")),
            Ok(Route::Socket { room: name("a"), offer: Offer { speaks_v1: true, ..Offer::default() } })
        );
    }

    #[test]
    fn what_is_nowhere_is_not_found() {
        for path in
            ["/", "/api", "/api/", "/api/nothing", "/api/health/", "/api/rooms/a/b", "/api/rooms/a/socket/", "/r/a"]
        {
            assert_eq!(routed(get(path)), Err(RouteError::NotFound), "{path}");
        }
    }

    #[test]
    fn a_bad_room_name_is_a_bad_request_whatever_else_is_wrong() {
        let long = format!("/api/rooms/{}/socket", "x".repeat(65));
        for path in ["/api/rooms/", "/api/rooms//socket", "/api/rooms/a%20b", "/api/rooms/a.b/socket", &long] {
            assert_eq!(routed(Request { method: "PUT", ..get(path) }), Err(RouteError::BadRoom), "{path}");
        }
    }

    #[test]
    fn other_methods_are_told_which_are_allowed() {
        let told = |method, path| match routed(Request { method, ..get(path) }) {
            Err(error @ RouteError::MethodNotAllowed { allow }) => {
                assert_eq!((error.status(), error.header()), (405, Some(("allow", allow))));
                allow
            }
            other => panic!("{method} {path}: {other:?}"),
        };
        assert_eq!(told("POST", "/api/health"), "GET, HEAD");
        assert_eq!(told("GET", "/api/rooms"), "POST");
        assert_eq!(told("DELETE", "/api/rooms/a"), "GET, HEAD");
        assert_eq!(told("POST", "/api/rooms/a/socket"), "GET");
    }

    #[test]
    fn allowed_sites_may_ask_what_they_may_send_and_others_may_not() {
        let these = AllowedOrigins::These(vec!["https://app.example".to_owned()]);
        for path in ["/api/rooms", "/api/rooms/a", "/api/health"] {
            let ask = |origin| route(&Request { method: "OPTIONS", origin, ..get(path) }, &these);
            assert_eq!(ask(Some("https://app.example")), Ok(Route::Preflight), "{path}");
            for origin in [None, Some("https://evil.example")] {
                assert!(matches!(ask(origin), Err(RouteError::MethodNotAllowed { .. })), "{path} {origin:?}");
            }
        }
    }

    #[test]
    fn a_socket_is_for_upgrades_from_here_that_speak_the_protocol() {
        let path = "/api/rooms/a/socket";
        assert_eq!(routed(get(path)), Err(RouteError::UpgradeRequired));
        assert_eq!(routed(Request { upgrade: Some("h2c"), ..upgrade(path) }), Err(RouteError::UpgradeRequired));
        let foreign = Request { origin: Some("https://evil.example"), ..upgrade(path) };
        assert_eq!(routed(foreign), Err(RouteError::OriginNotAllowed));
        let mute = Request { subprotocols: None, ..upgrade(path) };
        assert_eq!(routed(mute), Err(RouteError::MissingSubprotocol));
        let other = Request { subprotocols: Some("chat"), ..upgrade(path) };
        assert_eq!(routed(other), Err(RouteError::MissingSubprotocol));
        assert!(routed(Request { upgrade: Some("WebSocket"), ..upgrade(path) }).is_ok());
    }
}
