//! The shell: binds the pure core to Cloudflare's runtime. It exists on wasm32 only and decides nothing.
//!
//! `worker.js` beside this module is what workerd loads. It forwards each event to what is exported here.

mod entry;
mod platform;
mod room_object;
mod settings;
