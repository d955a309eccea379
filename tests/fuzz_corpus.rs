//! The inputs that the fuzzers have found worth keeping, through the functions that they were found with (`npm run fuzz`).

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let inputs = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut count = 0;
    for input in inputs {
        let input = input.unwrap().path();
        // The name of the input is what whoever sees this fail looks for first.
        println!("{}", input.display());
        run(&fs::read(&input).unwrap());
        count += 1;
    }
    assert!(count > 0, "no inputs in {}", folder.display());
}

#[test]
fn every_kept_frame_is_read_as_it_was_meant() {
    replay("frames", fuzz::frames);
}

#[test]
fn every_kept_request_is_routed_by_the_rules() {
    replay("requests", fuzz::requests);
}

#[test]
fn every_kept_token_lets_in_whom_it_was_made_for() {
    replay("tokens", fuzz::tokens);
}

#[test]
fn every_kept_record_rebuilds_a_room() {
    replay("stored", fuzz::stored);
}

#[test]
fn every_kept_life_of_a_room_goes_as_the_model_says() {
    replay("room", fuzz::room);
}
