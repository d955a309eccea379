//! What members get as ICE servers where credentials expire: from the operator's own TURN server, and from a relay service.

mod support;

use serde_json::Value;
use support::{START, World, broadcast, sent};
use switchboard::ice::{Ice, IceServers, RelayService, Relays, Turn};
use switchboard::protocol::{Limits, Millis};
use switchboard::room::{Input, Output, RoomConfig, SocketId};
use switchboard::secret::Secret;

const ASK: &str = r#"{"type":"ice"}"#;
const STUN: &str = r#"{"urls":["stun:stun.example"]}"#;
/// How long the credentials of a service last, in seconds.
const TTL: u32 = 1000;
const FRESH: Millis = 900_000;

fn service() -> RelayService {
    RelayService::new(RelayService::ENDPOINT, "key", Secret::new("bearer".to_owned()), TTL).unwrap()
}

fn relays(user: &str, asked_at: Millis) -> Relays {
    let answer = format!(r#"[{{"urls":["turn:t"],"username":"{user}","credential":"c"}}]"#);
    service().read(&answer, asked_at).unwrap()
}

fn relay(user: &str) -> String {
    format!(r#"{{"urls":["turn:t"],"username":"{user}","credential":"c"}}"#)
}

/// A world whose rooms have this for ICE. Everything in it is alike but for that.
fn world(turn: Option<Turn>, service: Option<RelayService>) -> World {
    let servers = IceServers::parse(&format!("[{STUN}]")).unwrap();
    World::with(RoomConfig { ice: Ice { servers, turn, service }, ..support::config(Limits::DEFAULT) })
}

fn with_service() -> World {
    world(None, Some(service()))
}

/// The frames among the outputs, by their receivers.
fn frames(outputs: &[Output]) -> Vec<(SocketId, Value)> {
    let read = |text: &str| serde_json::from_str(text).unwrap();
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Send { to, text } => Some((*to, read(text))),
            _ => None,
        })
        .collect()
}

/// The ICE servers of the one frame among the outputs, as JSON, and how long they last.
fn given(outputs: &[Output]) -> (String, Option<u64>) {
    let frames = frames(outputs);
    let [(_, frame)] = &frames[..] else { panic!("{frames:?}") };
    (frame["iceServers"].to_string(), frame["iceSeconds"].as_u64())
}

fn same(given: (String, Option<u64>), servers: &[&str], seconds: Option<u64>) {
    let expected: Value = serde_json::from_str(&format!("[{}]", servers.join(","))).unwrap();
    assert_eq!(given, (expected.to_string(), seconds));
}

fn asks(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| **output == Output::AskRelays).count()
}

#[test]
fn every_member_gets_credentials_of_its_own_and_fresh_ones_when_it_asks() {
    let turn = Turn::new("turn:own", Secret::new("north".to_owned()), 600).unwrap();
    let mut world = world(Some(turn), None);
    let (a, outputs) = world.open(Default::default());
    let first = frames(&outputs)[0].1.clone();
    assert_eq!(
        first["iceServers"][1]["username"],
        format!("{}:{}", START / 1000 + 600, first["self"].as_str().unwrap())
    );
    assert_eq!(first["iceSeconds"], 600);
    let (b, outputs) = world.open(Default::default());
    let second = frames(&outputs)[0].1.clone();
    assert_ne!(first["iceServers"][1]["credential"], second["iceServers"][1]["credential"]);
    world.now += 60_000;
    let again = frames(&world.send(b, ASK));
    let [(to, again)] = &again[..] else { panic!("{again:?}") };
    assert_eq!((*to, again["type"].as_str()), (b, Some("ice")));
    assert_eq!(
        again["iceServers"][1]["username"],
        format!("{}:{}", START / 1000 + 660, second["self"].as_str().unwrap())
    );
    assert_eq!(world.send(a, "nonsense").len(), 2);
}

#[test]
fn who_is_refused_gets_no_credentials() {
    let turn = Turn::new("turn:own", Secret::new("north".to_owned()), 600).unwrap();
    let mut world = world(Some(turn), Some(service()));
    world.drive(Input::Relays(Some(relays("u", START))));
    world.join_with_gate("right");
    let (_, outputs) = world.join_with_gate("wrong");
    let frames = frames(&outputs);
    let [(_, frame)] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(frame["code"], "unauthorized");
    assert!(!frame.to_string().contains("turn:"), "{frame}");
    assert_eq!(asks(&outputs), 0);
}

#[test]
fn what_came_along_with_a_join_is_in_its_welcome_and_nobody_is_asked() {
    let mut world = with_service();
    assert_eq!(world.drive(Input::Relays(Some(relays("u", START)))), []);
    let (a, outputs) = world.open(Default::default());
    same(given(&outputs), &[STUN, &relay("u")], Some(1000));
    assert_eq!(asks(&outputs), 0);
    world.now += FRESH - 1;
    let outputs = world.send(a, ASK);
    same(given(&outputs), &[STUN, &relay("u")], Some(100));
    assert_eq!(asks(&outputs), 0);
}

#[test]
fn who_joins_without_is_told_when_the_service_has_answered_and_only_then() {
    let mut world = with_service();
    let (a, outputs) = world.open(Default::default());
    same(given(&outputs), &[STUN], None);
    assert_eq!(asks(&outputs), 1);
    let (b, outputs) = world.open(Default::default());
    assert_eq!(asks(&outputs), 0, "the service is asked once");
    let outputs = world.drive(Input::Relays(Some(relays("u", START))));
    let text = format!(r#"{{"type":"ice","iceServers":[{STUN},{}],"iceSeconds":1000}}"#, relay("u"));
    assert_eq!(outputs, [sent(a, &text), sent(b, &text)]);
    let (_, outputs) = world.open(Default::default());
    same(given(&outputs), &[STUN, &relay("u")], Some(1000));
}

#[test]
fn a_service_that_fails_is_told_to_who_asked_as_what_there_is() {
    let mut world = with_service();
    let (_, _) = world.open(Default::default());
    let (b, _) = world.open(Default::default());
    assert_eq!(world.send(b, ASK), []);
    let stun = format!(r#"{{"type":"ice","iceServers":[{STUN}]}}"#);
    assert_eq!(world.drive(Input::Relays(None)), [sent(b, &stun)]);
    assert_eq!(world.drive(Input::Relays(None)), []);
    // It is asked anew.
    assert_eq!(world.send(b, ASK), [Output::AskRelays]);
}

#[test]
fn near_their_end_relays_are_replaced_and_serve_on_if_that_fails() {
    let mut world = with_service();
    world.drive(Input::Relays(Some(relays("old", START))));
    let a = world.join();
    world.now += FRESH;
    assert_eq!(world.send(a, ASK), [Output::AskRelays]);
    same(given(&world.drive(Input::Relays(None))), &[STUN, &relay("old")], Some(100));
    assert_eq!(world.send(a, ASK), [Output::AskRelays]);
    let now = world.now;
    same(given(&world.drive(Input::Relays(Some(relays("new", now))))), &[STUN, &relay("new")], Some(1000));
}

#[test]
fn who_left_before_the_service_answered_is_told_nothing() {
    let mut world = with_service();
    let a = world.join();
    let b = world.join();
    world.send(b, ASK);
    let outputs = world.close(b, 1000, true);
    assert!(matches!(&outputs[..], [Output::Broadcast { to, .. }] if *to == [a]), "{outputs:?}");
    let now = world.now;
    let outputs = world.drive(Input::Relays(Some(relays("u", now))));
    assert_eq!(frames(&outputs).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [a]);
}

#[test]
fn a_signal_passes_while_the_service_is_asked() {
    let mut world = with_service();
    let a = world.join();
    let b = world.join();
    assert_eq!(world.send(a, ASK), []);
    let outputs = world.send(a, r#"{"type":"signal","data":1}"#);
    assert_eq!(outputs, [broadcast(&[b], r#"{"type":"signal","from":"2222222222","data":1}"#)]);
}
