//! `bindgen INPUT.wasm OUT_DIR` writes `index.js` and `index_bg.wasm`: the JavaScript and the module that
//! workerd instantiates.
//!
//! It does what the `wasm-bindgen` command line does, from the same library. As a member of the workspace it takes its
//! version from the same `Cargo.lock` as the crate, so the two can never differ, which `wasm-bindgen` requires.

use std::process::ExitCode;

use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir] = arguments.as_slice() else {
        eprintln!("usage: bindgen INPUT.wasm OUT_DIR");
        return ExitCode::from(2);
    };
    match generate(input, out_dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn generate(input: &str, out_dir: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(input)
        .out_name("index")
        .module(true)?
        .typescript(false)
        .omit_default_module_path(true)
        // Without an array between a JavaScript string and the memory of the module.
        .encode_into(EncodeInto::Always)
        // `__wbg_reset_state`, with which worker.js starts afresh after a panic.
        .reset_state_function(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.generate(out_dir)?;
    Ok(())
}
