//! The fetch entry: answers what concerns no room, and hands the rest to the room's object.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{Env, Request, Response, Result, console_error};

use super::platform::{get_random_values, now};
use super::settings::with_config;
use crate::protocol::{HttpBody, HttpError, RoomName};
use crate::route::{self, Location, Route, RouteError};

/// Answers a request, or returns the name of the room that is to answer it.
///
/// What has to be waited for is waited for in `worker.js`: a promise of this module's would live in the wasm instance, and be
/// lost with it when a room panics.
///
/// # Errors
///
/// What the runtime throws.
#[wasm_bindgen]
pub fn fetch(request: web_sys::Request, env: &Env) -> std::result::Result<JsValue, JsValue> {
    let request = Request::from(request);
    let routed =
        match with_config(env, |config| routed(&request, |request| route::route(request, &config.allowed_origins))) {
            Ok(routed) => routed?,
            Err(error) => {
                report("configuration", &error.to_string());
                return respond(error_response(500, "misconfigured", &error.to_string()));
            }
        };
    match routed {
        Ok(Route::Health) => {
            let body = HttpBody::Health { status: "ok", version: env!("CARGO_PKG_VERSION") };
            respond(json_response(200, &body))
        }
        Ok(Route::Preflight) => respond(Response::empty().map(|response| response.with_status(204))),
        Ok(Route::CreateRoom { token }) => {
            let may = with_config(env, |config| config.may_create(token.as_deref(), now()));
            if !may.unwrap_or(false) {
                return respond(route_error_response(RouteError::TokenNeeded));
            }
            let mut entropy = [0; RoomName::ENTROPY];
            get_random_values(&mut entropy)?;
            let room = RoomName::fresh(entropy);
            let url = format!("{}/r/{}", Location::of(&request.inner().url()).origin, room.as_str());
            respond(json_response(201, &HttpBody::Created { room: room.as_str(), url: &url }))
        }
        Ok(Route::RoomStatus { room, .. } | Route::Socket { room, .. }) => Ok(room.as_str().into()),
        Err(error) => respond(route_error_response(error)),
    }
}

/// Whether pages of this origin may read what this host answers.
#[wasm_bindgen(js_name = allowsOrigin)]
#[must_use]
pub fn allows_origin(env: &Env, origin: &str, host: &str) -> bool {
    with_config(env, |config| config.allowed_origins.allow(Some(origin), host)).unwrap_or(false)
}

fn respond(response: Result<Response>) -> std::result::Result<JsValue, JsValue> {
    Ok(web_sys::Response::from(response?).into())
}

/// Shows a request to the pure core.
pub fn routed<T>(request: &Request, then: impl FnOnce(&route::Request<'_>) -> T) -> Result<T> {
    let url = request.inner().url();
    let location = Location::of(&url);
    let header = |name| request.headers().get(name);
    let (upgrade, origin) = (header("upgrade")?, header("origin")?);
    let (subprotocols, authorization) = (header("sec-websocket-protocol")?, header("authorization")?);
    Ok(then(&route::Request {
        method: request.inner().method().as_str(),
        path: location.path,
        host: location.host,
        upgrade: upgrade.as_deref(),
        origin: origin.as_deref(),
        subprotocols: subprotocols.as_deref(),
        authorization: authorization.as_deref(),
    }))
}

/// The answer to a request that cannot be served.
pub fn route_error_response(error: RouteError) -> Result<Response> {
    let response = error_response(error.status(), error.code(), error.message())?;
    if let Some((name, value)) = error.header() {
        response.headers().set(name, value)?;
    }
    Ok(response)
}

fn error_response(status: u16, code: &str, message: &str) -> Result<Response> {
    json_response(status, &HttpBody::Error { error: HttpError { code, message } })
}

/// A JSON body that nobody may keep.
pub fn json_response(status: u16, body: &HttpBody<'_>) -> Result<Response> {
    let response = Response::ok(body.encode())?.with_status(status);
    response.headers().set("content-type", "application/json")?;
    response.headers().set("cache-control", "no-store")?;
    Ok(response)
}

/// Logs an error, as `worker.js` does.
pub fn report(place: &str, message: &str) {
    let message = serde_json::to_string(message).unwrap_or_default();
    console_error!("{{\"event\":\"error\",\"in\":\"{place}\",\"message\":{message}}}");
}

/// An error of the runtime, as the shell reports it.
pub fn describe(error: &JsValue) -> String {
    js_sys::Error::from(error.clone()).to_string().into()
}
