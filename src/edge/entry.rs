//! The fetch entry: answers what concerns no room, and hands the rest to the room's object.

use wasm_bindgen::JsValue;
use worker::{Context, Env, Request, Response, Result, console_error, event};

use super::platform::get_random_values;
use super::settings::with_config;
use crate::protocol::{HttpBody, HttpError, RoomName};
use crate::route::{self, Location, Route, RouteError};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let routed =
        match with_config(&env, |config| routed(&request, |request| route::route(request, &config.allowed_origins))) {
            Ok(routed) => routed?,
            Err(error) => {
                console_error!("{error}");
                return error_response(500, "misconfigured", &error.to_string());
            }
        };
    match routed {
        Ok(Route::Health) => json_response(200, &HttpBody::Health { status: "ok", version: env!("CARGO_PKG_VERSION") }),
        Ok(Route::CreateRoom) => {
            let mut entropy = [0; RoomName::ENTROPY];
            get_random_values(&mut entropy)?;
            let room = RoomName::fresh(entropy);
            let url = format!("{}/r/{}", Location::of(&request.inner().url()).origin, room.as_str());
            json_response(201, &HttpBody::Created { room: room.as_str(), url: &url })
        }
        Ok(Route::RoomStatus { room, .. } | Route::Socket { room, .. }) => {
            env.durable_object("ROOM")?.get_by_name(room.as_str())?.fetch_with_request(request).await
        }
        Err(error) => route_error_response(error),
    }
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

/// An error of the runtime, as the shell reports it.
pub fn describe(error: &JsValue) -> String {
    js_sys::Error::from(error.clone()).to_string().into()
}
