//! What Cloudflare's runtime offers and `worker-sys` does not bind (<https://developers.cloudflare.com/durable-objects/api/>).

use js_sys::{Date, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::WebSocket;

#[wasm_bindgen]
extern "C" {
    /// The bindings and variables of the worker.
    pub type Env;

    /// `DurableObjectState`.
    pub type State;

    #[wasm_bindgen(method, getter)]
    pub fn storage(this: &State) -> Storage;

    /// `DurableObjectStorage`.
    pub type Storage;

    /// The synchronous key-value store of an object with SQLite storage.
    #[wasm_bindgen(method, getter)]
    pub fn kv(this: &Storage) -> SyncKv;

    /// The promise is for errors only, which reset the object: the write itself holds back what is sent after it.
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    pub fn set_alarm(this: &Storage, at: f64) -> Result<Promise, JsValue>;

    /// Deletes the alarm too (compatibility date 2026-02-24 or later).
    #[wasm_bindgen(method, catch, js_name = deleteAll)]
    pub fn delete_all(this: &Storage) -> Result<Promise, JsValue>;

    /// `SyncKvStorage`.
    pub type SyncKv;

    #[wasm_bindgen(method, catch)]
    pub fn get(this: &SyncKv, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub fn put(this: &SyncKv, key: &str, value: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    pub fn get_random_values(buffer: &mut [u8]) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// `Sockets` of sockets.js, whose methods say what they do.
    pub type Sockets;

    #[wasm_bindgen(method)]
    pub fn add(this: &Sockets, socket: &WebSocket) -> u32;

    #[wasm_bindgen(method)]
    pub fn forget(this: &Sockets, id: u32);

    #[wasm_bindgen(method)]
    pub fn clear(this: &Sockets);

    #[wasm_bindgen(method, catch)]
    pub fn restore(this: &Sockets) -> Result<String, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub fn accept(this: &Sockets, id: u32) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    pub fn attach(this: &Sockets, id: u32, attachment: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method)]
    pub fn send(this: &Sockets, id: u32, text: &str);

    #[wasm_bindgen(method, js_name = sendAll)]
    pub fn send_all(this: &Sockets, ids: &[u32], text: &str);

    #[wasm_bindgen(method, js_name = setHead)]
    pub fn set_head(this: &Sockets, from: u32, head: &str);

    #[wasm_bindgen(method)]
    pub fn relay(this: &Sockets, from: u32, to: u32, start: usize, end: usize) -> bool;

    #[wasm_bindgen(method, js_name = relayAll)]
    pub fn relay_all(this: &Sockets, from: u32, ids: &[u32], start: usize, end: usize) -> bool;

    #[wasm_bindgen(method, catch)]
    pub fn close(this: &Sockets, id: u32, code: u16, reason: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = lastPing)]
    pub fn last_ping(this: &Sockets, id: u32) -> Result<Option<f64>, JsValue>;
}

/// Milliseconds since the Unix epoch.
pub fn now() -> u64 {
    // A time in milliseconds is a whole number far below 2^53.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let now = Date::now() as u64;
    now
}
