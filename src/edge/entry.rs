//! The fetch entry: answers what concerns no room, and hands the rest to the room's object.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Request, Response, ResponseInit};

use super::platform::{Env, get_random_values, now};
use super::settings::with_config;
use crate::protocol::{HttpBody, HttpError, RoomName};
use crate::route::{self, Location, Route, RouteError};

/// Runs once in each wasm instance, before anything else.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| report("panic", &panic.to_string())));
}

/// Answers a request, or returns the name of the room that is to answer it.
///
/// What has to be waited for is waited for in `worker.js`: a promise of this module's would live in the wasm instance, and be
/// lost with it when a room panics.
///
/// # Errors
///
/// What the runtime throws.
#[wasm_bindgen]
pub fn fetch(request: &Request, env: &Env) -> Result<JsValue, JsValue> {
    let routed =
        match with_config(env, |config| routed(request, |request| route::route(request, &config.allowed_origins))) {
            Ok(routed) => routed?,
            Err(error) => {
                report("configuration", &error.to_string());
                return Ok(error_response(500, "misconfigured", &error.to_string())?.into());
            }
        };
    let response = match routed {
        Ok(Route::Health) => json_response(200, &HttpBody::Health { status: "ok", version: env!("CARGO_PKG_VERSION") }),
        Ok(Route::Preflight) => respond(204, None, &[]),
        Ok(Route::CreateRoom { token }) => {
            let may = with_config(env, |config| config.may_create(token.as_deref(), now()));
            if !may.unwrap_or(false) {
                return Ok(route_error_response(RouteError::TokenNeeded)?.into());
            }
            let mut entropy = [0; RoomName::ENTROPY];
            get_random_values(&mut entropy)?;
            let room = RoomName::fresh(entropy);
            let url = format!("{}/r/{}", Location::of(&request.url()).origin, room.as_str());
            json_response(201, &HttpBody::Created { room: room.as_str(), url: &url })
        }
        Ok(Route::RoomStatus { room, .. } | Route::Socket { room, .. }) => return Ok(room.as_str().into()),
        Err(error) => route_error_response(error),
    };
    Ok(response?.into())
}

/// Whether pages of this origin may read what this host answers.
#[wasm_bindgen(js_name = allowsOrigin)]
#[must_use]
pub fn allows_origin(env: &Env, origin: &str, host: &str) -> bool {
    with_config(env, |config| config.allowed_origins.allow(Some(origin), host)).unwrap_or(false)
}

/// Shows a request to the pure core.
pub fn routed<T>(request: &Request, then: impl FnOnce(&route::Request<'_>) -> T) -> Result<T, JsValue> {
    let (method, url, headers) = (request.method(), request.url(), request.headers());
    let location = Location::of(&url);
    let header = |name| headers.get(name);
    let (upgrade, origin) = (header("upgrade")?, header("origin")?);
    let (subprotocols, authorization) = (header("sec-websocket-protocol")?, header("authorization")?);
    Ok(then(&route::Request {
        method: &method,
        path: location.path,
        host: location.host,
        upgrade: upgrade.as_deref(),
        origin: origin.as_deref(),
        subprotocols: subprotocols.as_deref(),
        authorization: authorization.as_deref(),
    }))
}

/// The answer to a request that cannot be served.
pub fn route_error_response(error: RouteError) -> Result<Response, JsValue> {
    let response = error_response(error.status(), error.code(), error.message())?;
    if let Some((name, value)) = error.header() {
        response.headers().set(name, value)?;
    }
    Ok(response)
}

fn error_response(status: u16, code: &str, message: &str) -> Result<Response, JsValue> {
    json_response(status, &HttpBody::Error { error: HttpError { code, message } })
}

/// A JSON body that nobody may keep.
pub fn json_response(status: u16, body: &HttpBody<'_>) -> Result<Response, JsValue> {
    let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
    respond(status, Some(&body.encode()), &headers)
}

/// A response with these headers.
pub fn respond(status: u16, body: Option<&str>, headers: &[(&str, &str)]) -> Result<Response, JsValue> {
    let init = ResponseInit::new();
    init.set_status(status);
    let response = Response::new_with_opt_str_and_init(body, &init)?;
    for (name, value) in headers {
        response.headers().set(name, value)?;
    }
    Ok(response)
}

/// Logs an error, as `worker.js` does.
pub fn report(place: &str, message: &str) {
    let message = serde_json::to_string(message).unwrap_or_default();
    let line = ["{\"event\":\"error\",\"in\":\"", place, "\",\"message\":", &message, "}"].concat();
    web_sys::console::error_1(&JsValue::from_str(&line));
}

/// An error of the runtime, as the shell reports it.
pub fn describe(error: &JsValue) -> String {
    js_sys::Error::from(error.clone()).to_string().into()
}
