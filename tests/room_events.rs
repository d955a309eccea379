//! What the operator learns of a room, and how a room's gate can be guessed.

mod support;

use support::{START, World, token, welcome};
use switchboard::protocol::{CloseCode, GATE_TRIES, GATE_WINDOW, GateOffer, LeftReason, Limits, Offer, PeerId};
use switchboard::room::{Event, NoStatus, Output};

const LIMITS: Limits = Limits { capacity: 2, ..Limits::DEFAULT };

fn id(outputs: &[Output]) -> PeerId {
    PeerId::parse(welcome(outputs)["self"].as_str().unwrap()).unwrap()
}

fn gate(text: &str) -> GateOffer {
    GateOffer::Shown(text.to_owned())
}

fn closed_with(outputs: &[Output]) -> Option<CloseCode> {
    outputs.iter().find_map(|output| match output {
        Output::Close { code, .. } => Some(*code),
        _ => None,
    })
}

#[test]
fn events_tell_what_the_last_input_has_brought_about() {
    let mut world = World::new(LIMITS);
    let (a, outputs) = world.open(Offer::default());
    let first = id(&outputs);
    assert_eq!(world.room.events(), [Event::Opened, Event::Joined { peer: first, resumed: false, present: 1 }]);
    let (b, outputs) = world.open(Offer::default());
    let second = id(&outputs);
    assert_eq!(world.room.events(), [Event::Joined { peer: second, resumed: false, present: 2 }]);
    world.join();
    assert_eq!(world.room.events(), [Event::Refused { code: CloseCode::Full }]);
    world.send(a, r#"{"type":"signal","data":1}"#);
    assert_eq!(world.room.events(), []);
    for _ in 0..10 {
        world.send(b, "nonsense");
    }
    assert_eq!(world.room.events(), [Event::Expelled { peer: second, code: CloseCode::Malformed }]);
    world.wait();
    assert_eq!(world.room.events(), [Event::Left { peer: second, reason: LeftReason::Timeout, present: 1 }]);
    world.close(a, 1000, true);
    assert_eq!(world.room.events(), [Event::Left { peer: first, reason: LeftReason::Bye, present: 0 }, Event::Ended]);
}

#[test]
fn who_is_put_out_has_left_and_was_not_refused() {
    let mut world = World::new(LIMITS);
    let a = world.join();
    let (_, outputs) = world.open(Offer::default());
    let peer = id(&outputs);
    world.send(a, &format!(r#"{{"type":"remove","peer":"{}"}}"#, peer.as_str()));
    assert_eq!(world.room.events(), [Event::Left { peer, reason: LeftReason::Removed, present: 1 }]);
}

#[test]
fn relayed_signals_are_counted_and_others_are_not() {
    let mut world = World::new(LIMITS);
    let a = world.join();
    let (_, outputs) = world.open(Offer::default());
    let peer = id(&outputs);
    assert!(!world.room.has_relayed());
    world.send(a, r#"{"type":"signal","data":1}"#);
    world.send(a, &format!(r#"{{"type":"signal","to":"{}","data":1}}"#, peer.as_str()));
    world.send(a, r#"{"type":"signal","to":"nobody","data":1}"#);
    assert_eq!((world.room.take_relayed(), world.room.take_relayed()), (2, 0));
}

#[test]
fn after_too_many_wrong_gates_none_is_looked_at_for_the_rest_of_a_minute() {
    let mut world = World::new(Limits::DEFAULT);
    let (a, outputs) = world.join_with_gate("right");
    let token = token(&outputs);
    for _ in 0..GATE_TRIES {
        let (_, outputs) = world.join_with_gate("wrong");
        assert_eq!(closed_with(&outputs), Some(CloseCode::Unauthorized));
    }
    let (_, outputs) = world.join_with_gate("right");
    assert_eq!(closed_with(&outputs), Some(CloseCode::TooManyMessages));
    assert_eq!(world.room.status(&gate("right"), START), Err(NoStatus::TooManyTries));
    // Who shows none tries nothing, and learns nothing.
    assert_eq!(world.room.status(&GateOffer::Absent, START), Err(NoStatus::Unauthorized));
    world.lose(a);
    let (a, outputs) = world.open(Offer { gate: gate("right"), resume: Some(token), ..Offer::default() });
    assert_eq!(welcome(&outputs)["resumed"], true);
    world.now = START + GATE_WINDOW;
    world.send(a, "ping");
    let (_, outputs) = world.join_with_gate("right");
    assert_eq!(closed_with(&outputs), None);
}

#[test]
fn a_room_without_a_gate_has_none_to_guess() {
    let mut world = World::new(Limits { capacity: 64, ..Limits::DEFAULT });
    for _ in 0..=GATE_TRIES {
        assert_eq!(closed_with(&world.join_with_gate("any").1), None);
    }
    let mut open = World::new(Limits { capacity: 64, ..Limits::DEFAULT });
    open.join();
    for _ in 0..=GATE_TRIES {
        assert_eq!(closed_with(&open.join_with_gate("any").1), None);
    }
}
