//! The operator's variables, as the runtime binds them.

use std::cell::OnceCell;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::platform::{Env, get_random_values};
use crate::config::{Config, ConfigError};

thread_local! {
    /// The bindings of an isolate never change, so they are read once.
    static CONFIG: OnceCell<&'static Result<Config, ConfigError>> = const { OnceCell::new() };
    /// What the names in the log are made with where the operator has set no secret: then they mean something within one
    /// isolate only.
    static LOG_SECRET: OnceCell<[u8; 32]> = const { OnceCell::new() };
}

/// Gives the configuration to `then`.
///
/// # Errors
///
/// What is wrong with it.
pub fn with_config<T>(env: &Env, then: impl FnOnce(&Config) -> T) -> Result<T, ConfigError> {
    config(env).as_ref().map(then).map_err(Clone::clone)
}

/// The configuration, or what is wrong with it.
fn config(env: &Env) -> &'static Result<Config, ConfigError> {
    CONFIG
        .with(|config| *config.get_or_init(|| Box::leak(Box::new(Config::from_vars(|variable| lookup(env, variable))))))
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

/// The relay service, where one is set up: the URL, the body of a request for credentials and the bearer token, parted by spaces.
#[wasm_bindgen(js_name = relayService)]
#[must_use]
pub fn relay_service(env: &Env) -> Option<String> {
    let service = config(env).as_ref().ok()?.room.ice.service.as_ref()?;
    Some(format!("{} {} {}", service.url, service.request(), service.token.expose()))
}

/// Reads the servers in the relay service's answer to a request that was made at `asked_at`, and writes it as a room reads it: until when it is
/// fresh, when it expires, and the servers, parted by spaces.
///
/// # Errors
///
/// What is wrong with the answer.
#[wasm_bindgen(js_name = readRelays)]
pub fn read_relays(env: &Env, servers: &str, asked_at: f64) -> Result<String, JsValue> {
    let Some(service) = config(env).as_ref().ok().and_then(|config| config.room.ice.service.as_ref()) else {
        return Err("there is no relay service".into());
    };
    // A time in milliseconds is a whole number far below 2^53.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let asked_at = asked_at as u64;
    Ok(service.read(servers, asked_at)?.encode())
}

/// Whether a data set of Analytics Engine is bound.
///
/// # Errors
///
/// What the runtime throws.
pub fn counts_signals(env: &Env) -> Result<bool, JsValue> {
    Reflect::has(env, &JsValue::from_str("ANALYTICS"))
}

/// What the names in the journal are made with; `None` where nobody wants one.
///
/// # Errors
///
/// What the runtime throws.
pub fn journal_secret(env: &Env) -> Result<Option<Vec<u8>>, JsValue> {
    let Ok(config) = config(env) else { return Ok(None) };
    if !config.log_events && !counts_signals(env)? {
        return Ok(None);
    }
    if let Some(secret) = &config.log_secret {
        return Ok(Some(secret.expose().as_bytes().to_vec()));
    }
    let mut fresh = [0; 32];
    get_random_values(&mut fresh)?;
    Ok(Some(LOG_SECRET.with(|secret| secret.get_or_init(|| fresh).to_vec())))
}

/// Whether the event log is on.
#[wasm_bindgen(js_name = logsEvents)]
#[must_use]
pub fn logs_events(env: &Env) -> bool {
    config(env).as_ref().is_ok_and(|config| config.log_events)
}

/// Whether requests are counted by the addresses they come from.
#[wasm_bindgen(js_name = limitsRates)]
#[must_use]
pub fn limits_rates(env: &Env) -> bool {
    config(env).as_ref().is_ok_and(|config| config.rate_limits)
}
