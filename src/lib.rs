//! Switchboard: WebRTC signaling as a Cloudflare Worker whose rooms are Durable Objects.
//!
//! The crate compiles twice. On the host it is everything that decides something, and is tested there; on wasm32 a thin
//! shell, `edge`, binds that to Cloudflare's runtime.
//!
//! | module | what is in it | may use |
//! | --- | --- | --- |
//! | [`protocol`] | frames, ids, limits, close codes, offered subprotocols | nothing of ours |
//! | [`access`] | gates and resume tokens | `protocol` |
//! | [`ice`] | the ICE servers that members get | `protocol` |
//! | [`room`] | the room, a sans-IO state machine; its documentation has the driver contract | `protocol`, `access`, `ice` |
//! | [`config`] | the operator's variables, validated | `protocol`, `ice`, `room` |
//! | [`route`] | what a request asks for | `protocol`, `config` |
//! | `edge` (wasm32) | the fetch entry and the Durable Object: sockets, clock, entropy, storage, alarm | everything |
//!
//! Nothing but `edge` sees a clock, a source of entropy, a socket or the `worker` crate, which a native build does not
//! even have.

pub mod access;
pub mod config;
pub mod ice;
pub mod protocol;
pub mod room;
pub mod route;

#[cfg(target_arch = "wasm32")]
mod edge;
