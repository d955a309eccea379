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

    #[wasm_bindgen(method, catch, js_name = getWebSocketAutoResponseTimestamp)]
    pub fn auto_response_timestamp(this: &State, socket: &WebSocket) -> Result<Option<Date>, JsValue>;

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

    /// A hibernatable `WebSocket`.
    pub type Socket;

    #[wasm_bindgen(method, catch, js_name = send)]
    pub fn send(this: &Socket, text: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = serializeAttachment)]
    pub fn serialize_attachment(this: &Socket, attachment: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = deserializeAttachment)]
    pub fn deserialize_attachment(this: &Socket) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    pub fn get_random_values(buffer: &mut [u8]) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(module = "/src/edge/signal.js")]
extern "C" {
    /// The signal whose data is a part of an incoming frame: what stands before it, then the frame's characters from `start` to `end`.
    pub fn signal(head: &JsValue, frame: &JsValue, start: usize, end: usize) -> JsValue;
}

/// Milliseconds since the Unix epoch.
pub fn now() -> u64 {
    // A time in milliseconds is a whole number far below 2^53.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let now = Date::now() as u64;
    now
}
