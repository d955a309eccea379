//! The operator's variables, as the runtime binds them.

use std::cell::OnceCell;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::Env;

use crate::config::{Config, ConfigError};

thread_local! {
    /// The bindings of an isolate never change, so they are read once.
    static CONFIG: OnceCell<Result<Config, ConfigError>> = const { OnceCell::new() };
}

/// Gives the configuration to `then`.
///
/// # Errors
///
/// What is wrong with it.
pub fn with_config<T>(env: &Env, then: impl FnOnce(&Config) -> T) -> Result<T, ConfigError> {
    CONFIG.with(|config| match config.get_or_init(|| Config::from_vars(|variable| lookup(env, variable))) {
        Ok(config) => Ok(then(config)),
        Err(error) => Err(error.clone()),
    })
}

/// A variable's text. `wrangler.toml` may also give it as a number, or as JSON.
fn lookup(env: &Env, variable: &str) -> Option<String> {
    let value = Reflect::get(env, &JsValue::from_str(variable)).ok()?;
    if value.is_undefined() || value.is_null() {
        return None;
    }
    match value.as_string() {
        Some(text) => Some(text),
        None => js_sys::JSON::stringify(&value).ok().map(String::from),
    }
}

/// What is wrong with the configuration, if anything is: asked once, when the worker starts.
#[wasm_bindgen(js_name = configurationProblem)]
#[must_use]
pub fn configuration_problem(env: &Env) -> Option<String> {
    with_config(env, |_| ()).err().map(|error| error.to_string())
}

/// The relay service, where one is set up: the URL, the bearer token and the body of a request for credentials.
#[wasm_bindgen(js_name = relayService)]
#[must_use]
pub fn relay_service(env: &Env) -> Option<Vec<JsValue>> {
    let service = with_config(env, |config| config.room.ice.service.clone()).ok()??;
    Some(vec![service.url.as_str().into(), service.token.expose().into(), service.request().into()])
}

/// Reads the relay service's answer to a request that was made at `asked_at`: the text for a room, until when it is fresh, and
/// when it expires.
///
/// # Errors
///
/// What is wrong with the answer.
#[wasm_bindgen(js_name = readRelays)]
pub fn read_relays(env: &Env, answer: &str, asked_at: f64) -> Result<Vec<JsValue>, JsValue> {
    // Times in milliseconds are whole numbers far below 2^53.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let read = with_config(env, |config| {
        config.room.ice.service.as_ref().map(|service| service.read(answer, asked_at as u64))
    });
    let relays = match read {
        Ok(Some(read)) => read?,
        Ok(None) => return Err("there is no relay service".into()),
        Err(error) => return Err(error.to_string().into()),
    };
    #[expect(clippy::cast_precision_loss)]
    let number = |time: u64| JsValue::from(time as f64);
    Ok(vec![relays.encode().into(), number(relays.fresh_until()), number(relays.expires_at())])
}
