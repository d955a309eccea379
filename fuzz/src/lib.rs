//! What is fuzzed: each function takes any bytes at all, and panics where the core does not keep a promise.
//!
//! The fuzzers in `targets/` and the replay of the committed inputs, `tests/fuzz_corpus.rs`, run the same functions.

mod frames;
mod requests;
mod room;
mod stored;
#[path = "../../tests/support/mod.rs"]
mod support;
mod tokens;

pub use frames::frames;
pub use requests::requests;
pub use room::room;
pub use stored::stored;
pub use tokens::tokens;

/// The bytes' longest beginning that is text.
fn text(data: &[u8]) -> &str {
    match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&data[..error.valid_up_to()]).unwrap(),
    }
}
