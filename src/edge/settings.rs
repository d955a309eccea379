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
