use switchboard::config::AllowedOrigins;
use switchboard::protocol::{GateOffer, Offer, RoomName};
use switchboard::route::{Location, Request, Route, RouteError, route};

/// Requests, a part in each line: method, URL, `Upgrade`, `Origin`, `Sec-WebSocket-Protocol`, `Authorization`, and whether all
/// origins are allowed. What is read survives being written and read again, and nothing gets by that the rules keep out.
pub fn requests(data: &[u8]) {
    let mut lines = super::text(data).split('\n');
    let mut line = || lines.next();
    let (method, url) = (line().unwrap_or_default(), line().unwrap_or_default());
    let mut header = || line().filter(|value| !value.is_empty());
    let (upgrade, origin, subprotocols, authorization) = (header(), header(), header(), header());
    let origins = if header().is_some() { AllowedOrigins::All } else { AllowedOrigins::These(vec![]) };

    let Location { origin: own, host, path } = Location::of(url);
    assert!(url.starts_with(&format!("{own}{path}")) && own.ends_with(host), "the parts of {url:?}");
    assert!(path.is_empty() || path.starts_with('/'), "the path of {url:?}");
    assert!(!host.contains(['/', '?', '#']) && !path.contains(['?', '#']), "the parts of {url:?}");

    let request = Request { method, path, host, upgrade, origin, subprotocols, authorization };
    match route(&request, &origins) {
        Ok(routed) => {
            assert_eq!(again(&routed), Ok(routed.clone()), "{request:?}");
            let may = origins.allow(origin, host);
            match routed {
                Route::Socket { room, offer } => {
                    assert!(may && method == "GET" && offer.speaks_v1, "{request:?}");
                    assert!(subprotocols.is_some_and(|offered| offered.contains("switchboard.v1")), "{request:?}");
                    assert_eq!(path, format!("/api/rooms/{}/socket", room.as_str()));
                }
                Route::RoomStatus { room, .. } => assert_eq!(path, format!("/api/rooms/{}", room.as_str())),
                Route::CreateRoom { .. } => assert_eq!((method, path), ("POST", "/api/rooms")),
                Route::Preflight => assert!(may && method == "OPTIONS" && origin.is_some(), "{request:?}"),
                Route::Health => assert_eq!(path, "/api/health"),
            }
        }
        Err(error) => {
            assert!((400..500).contains(&error.status()) && !error.code().is_empty() && !error.message().is_empty());
            assert_eq!(error.header().is_some(), matches!(error.status(), 401 | 405 | 426 | 429), "{error:?}");
        }
    }
    if let Some(offered) = subprotocols {
        let offer = Offer::read(offered);
        assert_eq!(Offer::read(&written(&offer)), offer, "{offered:?}");
    }
    let name = authorization.unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let is_room = (1..=64).contains(&name.len()) && name.bytes().all(is_name);
    assert_eq!(RoomName::parse(name).is_ok_and(|room| room.as_str() == name), is_room);
}

/// The header that offers the same.
fn written(offer: &Offer) -> String {
    let mut items = vec![];
    if offer.speaks_v1 {
        items.push("switchboard.v1".to_owned());
    }
    match &offer.gate {
        GateOffer::Absent => {}
        GateOffer::Invalid => items.push("gate.".to_owned()),
        GateOffer::Shown(gate) => items.push(format!("gate.{gate}")),
    }
    items.extend(offer.resume.iter().map(|token| format!("resume.{token}")));
    items.extend(offer.token.iter().map(|token| format!("token.{token}")));
    items.join(", ")
}

/// What a request for the same comes to.
fn again(routed: &Route) -> Result<Route, RouteError> {
    let (mut path, mut authorization, mut subprotocols) = (String::new(), None, None);
    let mut request = Request { method: "GET", host: "call.example", ..Request::default() };
    match routed {
        Route::Health => path.push_str("/api/health"),
        Route::Preflight => {
            path.push_str("/api/rooms");
            (request.method, request.origin) = ("OPTIONS", Some("https://call.example"));
        }
        Route::CreateRoom { token } => {
            path.push_str("/api/rooms");
            request.method = "POST";
            authorization = token.as_ref().map(|token| format!("Bearer {token}"));
        }
        Route::RoomStatus { room, gate } => {
            path = format!("/api/rooms/{}", room.as_str());
            authorization = match gate {
                GateOffer::Absent => None,
                GateOffer::Invalid => Some("Gate !".to_owned()),
                GateOffer::Shown(gate) => Some(format!("Gate {gate}")),
            };
        }
        Route::Socket { room, offer } => {
            path = format!("/api/rooms/{}/socket", room.as_str());
            request.upgrade = Some("websocket");
            subprotocols = Some(written(offer));
        }
    }
    (request.path, request.authorization) = (&path, authorization.as_deref());
    request.subprotocols = subprotocols.as_deref();
    route(&request, &AllowedOrigins::These(vec![]))
}
