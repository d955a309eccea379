//! Switchboard: WebRTC signaling as a Cloudflare Worker whose rooms are Durable Objects.
//!
//! The crate compiles twice. On the host it is everything that decides something, and is tested there; on wasm32 a thin
//! shell, `edge`, binds that to Cloudflare's runtime.
//!
//! | module | what is in it | may use |
//! | --- | --- | --- |
//! | [`protocol`] | frames, ids, limits, close codes, offered subprotocols | nothing of ours |
//! | [`access`] | gates and resume tokens | `protocol` |
//! | [`ice`] | the ICE servers that members get, and their credentials | `protocol`, `secret` |
//! | [`secret`] | a text that shows up in no log | nothing of ours |
//! | [`room`] | the room, a sans-IO state machine; its documentation has the driver contract | `protocol`, `access`, `ice` |
//! | [`config`] | the operator's variables, validated | `protocol`, `ice`, `room` |
//! | [`route`] | what a request asks for | `protocol`, `config` |
//! | [`journal`] | the event log, in which nobody can be recognised | `protocol`, `room` |
//! | `edge` (wasm32) | the fetch entry and the Durable Object: sockets, clock, entropy, storage, alarm | everything |
//!
//! Nothing but `edge` sees a clock, a source of entropy, a socket or the `worker` crate, which a native build does not
//! even have.

#![deny(missing_docs, unsafe_code)]
// A panic in wasm is shared by every room of the isolate, so whatever could panic is not written; and what comes out of
// the core has one order, so nothing is iterated that has none (clippy.toml).
#![deny(
    clippy::dbg_macro,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

pub mod access;
pub mod config;
pub mod ice;
pub mod journal;
pub mod protocol;
pub mod room;
pub mod route;
pub mod secret;

#[cfg(target_arch = "wasm32")]
mod edge;
