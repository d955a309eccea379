//! The life of a room, scene by scene. Every test asserts all that the room puts out.
//!
//! The ids in here come from entropy that counts: the room's secret is the first draw and the peers are the next ones, so
//! that the first peer is `2222222222` and the second one `3333333333`.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use support::{DAY, START, World, broadcast, sent, token, welcome};
use switchboard::access::JoinSecrets;
use switchboard::protocol::{CloseCode, GateOffer, Limits, Offer, PeerId};
use switchboard::room::{Attachment, AwaySeat, Frame, Input, NoStatus, Output, Record, RoomConfig, Status, V1};

const A: &str = "2222222222";
const B: &str = "3333333333";
const C: &str = "4444444444";

fn world() -> World {
    World::new(Limits::DEFAULT)
}

fn peer(text: &str) -> PeerId {
    PeerId::parse(text).unwrap()
}

fn record(world: &World) -> Record {
    Record::decode(world.record.as_deref().expect("a record")).unwrap()
}

fn attachment(world: &World, socket: u32) -> Attachment {
    Attachment::decode(world.attachments[&socket].as_deref().expect("an attachment")).unwrap()
}

fn closed(socket: u32, code: CloseCode) -> Output {
    Output::Close { socket, code }
}

fn error(to: u32, code: &str, message: &str) -> Output {
    sent(to, &format!(r#"{{"type":"error","code":"{code}","message":"{message}"}}"#))
}

fn joined(peer: &str) -> String {
    format!(r#"{{"type":"joined","peer":"{peer}"}}"#)
}

fn away(peer: &str) -> String {
    format!(r#"{{"type":"away","peer":"{peer}"}}"#)
}

fn back(peer: &str) -> String {
    format!(r#"{{"type":"back","peer":"{peer}"}}"#)
}

fn left(peer: &str, reason: &str) -> String {
    format!(r#"{{"type":"left","peer":"{peer}","reason":"{reason}"}}"#)
}

fn host(peer: &str) -> String {
    format!(r#"{{"type":"host","peer":"{peer}"}}"#)
}

/// The outputs of a join, in which the welcome's token is left out of account: attachment, welcome, and these others.
fn assert_join(world: &World, socket: u32, outputs: &[Output], others: &[Output]) {
    let attach = Output::Attach { socket, attachment: attachment(world, socket) };
    assert_eq!(outputs[0], attach);
    assert!(matches!(&outputs[1], Output::Send { to, .. } if *to == socket));
    assert_eq!(welcome(outputs)["type"], "welcome");
    assert_eq!(&outputs[2..], others);
}

// Opening and joining

#[test]
fn the_first_to_join_opens_the_room_and_is_its_host() {
    let mut world = world();
    let (a, outputs) = world.open(Offer::default());
    let stored = Output::Store(record(&world));
    assert_join(&world, a, &outputs, &[stored]);
    assert_eq!(
        welcome(&outputs),
        serde_json::json!({
            "type": "welcome",
            "self": A,
            "resume": token(&outputs),
            "resumed": false,
            "host": A,
            "room": { "name": "room", "capacity": 8, "locked": false },
            "peers": [],
            "iceServers": [{ "urls": ["stun:stun.example"] }],
            "limits": { "messageBytes": 65536, "messagesPerSecond": 50, "graceSeconds": 30, "pingSeconds": 30 },
        })
    );
    assert_eq!(world.room.poll_timeout(), Some(START + DAY));
}

#[test]
fn whoever_joins_later_is_told_of_the_others_oldest_first_and_stores_nothing() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    let (c, outputs) = world.open(Offer::default());
    assert_join(&world, c, &outputs, &[broadcast(&[a, b], &joined(C))]);
    let others = serde_json::json!([{ "id": A, "away": false }, { "id": B, "away": false }]);
    assert_eq!(welcome(&outputs)["peers"], others);
    assert_eq!(welcome(&outputs)["host"], A);
    assert_eq!(world.rows_written, 1);
}

#[test]
fn a_full_room_refuses_newcomers_and_nobody_notices() {
    let mut world = World::new(Limits { capacity: 2, ..Limits::DEFAULT });
    let (a, _b) = (world.join(), world.join());
    let (c, outputs) = world.open(Offer::default());
    assert_eq!(outputs, [error(c, "full", "every seat in the room is taken"), closed(c, CloseCode::Full)]);
    assert_eq!(world.send(c, r#"{"type":"signal","data":1}"#), []);
    assert_eq!(world.close(c, 4003, true), []);
    world.send(a, r#"{"type":"bye"}"#);
    let (_, outputs) = world.open(Offer::default());
    assert_eq!(welcome(&outputs)["type"], "welcome");
}

#[test]
fn a_full_room_keeps_the_seat_of_who_is_away() {
    let mut world = World::new(Limits { capacity: 2, ..Limits::DEFAULT });
    world.join();
    let (b, outputs) = world.open(Offer::default());
    world.lose(b);
    let (_, refused) = world.open(Offer::default());
    assert!(matches!(refused[1], Output::Close { code: CloseCode::Full, .. }));
    let (_, outputs) = world.resume(&token(&outputs));
    assert_eq!(welcome(&outputs)["self"], B);
}

// Gates

#[test]
fn the_gate_that_opens_a_room_is_needed_from_then_on() {
    let mut world = world();
    let (a, _) = world.join_with_gate("open-sesame");
    for gate in [GateOffer::Absent, GateOffer::Invalid, GateOffer::Shown("other".to_owned())] {
        assert_eq!(world.room.status(&gate, START), Err(NoStatus::Unauthorized));
        let (socket, outputs) = world.open(Offer { gate, ..Offer::default() });
        let refused = error(socket, "unauthorized", "the room's gate was not shown");
        assert_eq!(outputs, [refused, closed(socket, CloseCode::Unauthorized)]);
    }
    let (b, outputs) = world.join_with_gate("open-sesame");
    assert_join(&world, b, &outputs, &[broadcast(&[a], &joined(B))]);
    let status = Status { present: 2, capacity: 8, locked: false };
    assert_eq!(world.room.status(&GateOffer::Shown("open-sesame".to_owned()), START), Ok(status));
}

#[test]
fn a_gate_that_is_none_opens_nothing() {
    let mut world = world();
    let (a, outputs) = world.open(Offer { gate: GateOffer::Invalid, ..Offer::default() });
    let refused = error(a, "unauthorized", "the gate is no base64url");
    assert_eq!(outputs, [refused, closed(a, CloseCode::Unauthorized)]);
    assert_eq!(world.room.poll_timeout(), None);
}

#[test]
fn a_resume_token_does_not_replace_the_gate() {
    let mut world = world();
    let (_, outputs) = world.join_with_gate("open-sesame");
    let (socket, outputs) = world.resume(&token(&outputs));
    let refused = error(socket, "unauthorized", "the room's gate was not shown");
    assert_eq!(outputs, [refused, closed(socket, CloseCode::Unauthorized)]);
}

// Signals

#[test]
fn a_relayed_signal_is_exactly_one_send_and_neither_store_nor_alarm() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    let timeout = world.room.poll_timeout();
    let data = r#"{ "sdp" : "v=0\r\n", "n":1.50e+3, "é":"\u00e9\ud83d" }"#;
    let outputs = world.send(a, &format!(r#"{{"data":{data} , "to":"{B}","type":"signal","x":1}}"#));
    assert_eq!(outputs, [sent(b, &format!(r#"{{"type":"signal","from":"{A}","data":{data}}}"#))]);
    assert_eq!(world.room.poll_timeout(), timeout);
    assert!(world.senses.asked.borrow().is_empty());
}

#[test]
fn a_signal_to_nobody_in_particular_is_one_broadcast_to_the_others_who_are_there() {
    let mut world = world();
    let (a, b, c, d) = (world.join(), world.join(), world.join(), world.join());
    world.lose(c);
    let outputs = world.send(b, r#"{"type":"signal","data":null}"#);
    assert_eq!(outputs, [broadcast(&[a, d], &format!(r#"{{"type":"signal","from":"{B}","data":null}}"#))]);
}

#[test]
fn a_signal_to_nobody_in_particular_from_the_only_one_there_goes_nowhere() {
    let mut world = world();
    let a = world.join();
    assert_eq!(world.send(a, r#"{"type":"signal","data":1}"#), []);
}

#[test]
fn a_signal_that_cannot_be_delivered_is_named_at_once() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.lose(b);
    let undelivered = |rest: &str| sent(a, &format!(r#"{{"type":"undelivered",{rest}}}"#));
    assert_eq!(
        world.send(a, &format!(r#"{{"type":"signal","to":"{B}","data":1,"ref":{{"n": 7}}}}"#)),
        [undelivered(&format!(r#""to":"{B}","ref":{{"n": 7}},"reason":"away""#))]
    );
    assert_eq!(
        world.send(a, &format!(r#"{{"type":"signal","to":"{C}","data":1,"ref":null}}"#)),
        [undelivered(&format!(r#""to":"{C}","ref":null,"reason":"unknown""#))]
    );
    assert_eq!(
        world.send(a, r#"{"type":"signal","to":"no \"id\"","data":1}"#),
        [undelivered(r#""to":"no \"id\"","reason":"unknown""#)]
    );
}

#[test]
fn fresh_ice_servers_are_given_on_request() {
    let mut world = world();
    let a = world.join();
    let expected = r#"{"type":"ice","iceServers":[{"urls":["stun:stun.example"]}]}"#;
    assert_eq!(world.send(a, r#"{"type":"ice"}"#), [sent(a, expected)]);
}

// Losing a connection and coming back

#[test]
fn a_lost_connection_keeps_its_seat_and_the_others_are_told() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.now += 1000;
    let outputs = world.lose(b);
    let record = record(&world);
    assert_eq!(record.away, [AwaySeat { peer: peer(B), order: 1, since: world.now, moderator: false }]);
    assert_eq!(outputs, [broadcast(&[a], &away(B)), Output::Store(record)]);
    assert_eq!(world.room.poll_timeout(), Some(world.now + 30_000));
    let status = Status { present: 2, capacity: 8, locked: false };
    assert_eq!(world.room.status(&GateOffer::Absent, START), Ok(status));
}

#[test]
fn a_peer_that_comes_back_in_time_is_the_same_and_nobody_sees_it_leave() {
    let mut world = world();
    let a = world.join();
    let (b, outputs) = world.open(Offer::default());
    world.lose(b);
    world.now += 29_999;
    let (b, outputs) = world.resume(&token(&outputs));
    assert_eq!(welcome(&outputs)["self"], B);
    assert_eq!(welcome(&outputs)["resumed"], true);
    let record = record(&world);
    assert_eq!(record.away, []);
    assert_join(&world, b, &outputs, &[broadcast(&[a], &back(B)), Output::Store(record)]);
    assert_eq!(world.room.poll_timeout(), Some(START + DAY));
}

#[test]
fn a_peer_that_does_not_come_back_in_time_has_left() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.lose(b);
    let outputs = world.wait();
    assert_eq!(world.now, START + 30_000);
    assert_eq!(outputs, [broadcast(&[a], &left(B, "timeout")), Output::Store(record(&world))]);
    assert_eq!(record(&world).away, []);
}

#[test]
fn an_alarm_that_comes_early_changes_nothing() {
    let mut world = world();
    let (_, b) = (world.join(), world.join());
    world.lose(b);
    world.now += 29_999;
    assert_eq!(world.drive(Input::Timeout), []);
    assert_eq!(world.room.poll_timeout(), Some(START + 30_000));
}

#[test]
fn whoever_comes_back_too_late_joins_anew_under_the_same_id() {
    let mut world = world();
    let a = world.join();
    let (b, outputs) = world.open(Offer::default());
    world.lose(b);
    world.wait();
    let (b, outputs) = world.resume(&token(&outputs));
    assert_eq!(welcome(&outputs)["self"], B);
    assert_eq!(welcome(&outputs)["resumed"], true);
    assert_join(&world, b, &outputs, &[broadcast(&[a], &joined(B))]);
}

#[test]
fn the_newest_connection_of_a_peer_takes_over() {
    let mut world = world();
    let a = world.join();
    let (old, outputs) = world.open(Offer::default());
    let (new, outputs) = world.resume(&token(&outputs));
    assert_eq!(
        outputs[..2],
        [error(old, "replaced", "this peer connected elsewhere"), closed(old, CloseCode::Replaced)]
    );
    assert_join(&world, new, &outputs[2..], &[broadcast(&[a], &back(B))]);
    assert_eq!(world.rows_written, 1);
}

#[test]
fn a_late_close_of_a_replaced_socket_changes_nothing() {
    let mut world = world();
    let a = world.join();
    let (old, outputs) = world.open(Offer::default());
    let (new, _) = world.resume(&token(&outputs));
    assert_eq!(world.close(old, 1000, true), []);
    assert_eq!(world.send(old, r#"{"type":"bye"}"#), []);
    let signal = format!(r#"{{"type":"signal","to":"{B}","data":1}}"#);
    assert_eq!(world.send(a, &signal), [sent(new, &format!(r#"{{"type":"signal","from":"{A}","data":1}}"#))]);
}

#[test]
fn a_token_that_this_room_did_not_issue_makes_a_fresh_join() {
    let mut other = world();
    other.senses.fill_like_another_room();
    let (_, outputs) = other.open(Offer::default());
    let foreign = token(&outputs);
    let mut world = world();
    let a = world.join();
    for forged in [foreign.as_str(), "", "AAAA", "not base64url!"] {
        let (socket, outputs) = world.resume(forged);
        assert_eq!(welcome(&outputs)["resumed"], false, "{forged}");
        world.send(socket, r#"{"type":"bye"}"#);
    }
    assert_eq!(world.send(a, r#"{"type":"ice"}"#).len(), 1);
}

impl support::Senses {
    /// Draws once, so that the next secret is another one.
    fn fill_like_another_room(&mut self) {
        use switchboard::room::Environment as _;
        self.fill_random(&mut [0; 1]);
    }
}

// Leaving

#[test]
fn who_says_goodbye_is_gone_at_once() {
    let mut world = world();
    let (a, b, c) = (world.join(), world.join(), world.join());
    assert_eq!(world.send(b, r#"{"type":"bye"}"#), [closed(b, CloseCode::Normal), broadcast(&[a, c], &left(B, "bye"))]);
    assert_eq!(world.close(b, 1000, true), []);
    assert_eq!(world.close(c, 1001, true), [broadcast(&[a], &left(C, "bye"))]);
    assert_eq!(world.rows_written, 1);
}

#[test]
fn a_close_with_a_complaint_is_a_lost_connection() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    let outputs = world.close(b, 1011, true);
    assert_eq!(outputs, [broadcast(&[a], &away(B)), Output::Store(record(&world))]);
}

#[test]
fn the_last_to_leave_takes_everything_along() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.close(b, 1000, true);
    assert_eq!(world.close(a, 1000, true), [Output::Forget]);
    assert_eq!(world.record, None);
    assert_eq!(world.room.poll_timeout(), None);
    let (_, outputs) = world.open(Offer::default());
    assert_eq!(welcome(&outputs)["peers"], serde_json::json!([]));
    assert_eq!(world.rows_written, 2);
}

#[test]
fn a_room_whose_last_peer_does_not_come_back_is_forgotten() {
    let mut world = world();
    let a = world.join();
    world.lose(a);
    world.hibernate();
    assert_eq!(world.wait(), [Output::Forget]);
    assert_eq!(world.now, START + 30_000);
}

// The host

#[test]
fn when_the_host_leaves_the_longest_present_is_host_and_no_row_is_written() {
    let mut world = world();
    let (a, b, c) = (world.join(), world.join(), world.join());
    let outputs = world.close(a, 1000, true);
    let attach = Output::Attach { socket: b, attachment: attachment(&world, b) };
    assert_eq!(outputs, [broadcast(&[b, c], &left(A, "bye")), attach, broadcast(&[b, c], &host(B))]);
    assert_eq!(attachment(&world, b).host_term, 2);
    assert_eq!(world.rows_written, 1);
}

#[test]
fn a_host_that_is_away_stays_host_until_it_is_gone_for_good() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    assert_eq!(world.lose(a), [broadcast(&[b], &away(A)), Output::Store(record(&world))]);
    let outputs = world.wait();
    let attach = Output::Attach { socket: b, attachment: attachment(&world, b) };
    let told = [broadcast(&[b], &left(A, "timeout")), attach, broadcast(&[b], &host(B))];
    assert_eq!(outputs[..3], told);
    assert_eq!(outputs[3..], [Output::Store(record(&world))]);
    assert_eq!(record(&world).host, peer(B));
}

#[test]
fn who_is_there_succeeds_before_who_is_away() {
    let mut world = world();
    let (a, b, c) = (world.join(), world.join(), world.join());
    world.lose(b);
    let outputs = world.close(a, 1000, true);
    assert_eq!(outputs.last(), Some(&broadcast(&[c], &host(C))));
}

#[test]
fn a_former_host_that_returns_is_a_guest() {
    let mut world = world();
    let (a, outputs) = world.open(Offer::default());
    let token = token(&outputs);
    let b = world.join();
    world.close(a, 1000, true);
    world.hibernate();
    let (a, outputs) = world.resume(&token);
    assert_eq!(welcome(&outputs)["host"], B);
    assert_join(&world, a, &outputs, &[broadcast(&[b], &joined(A))]);
}

#[test]
fn the_host_ends_the_call_for_everybody() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    assert_eq!(world.send(b, r#"{"type":"end"}"#), [error(b, "not-host", "only the host may do this")]);
    let ended = r#"{"type":"error","code":"ended","message":"the host ended the call"}"#;
    let expected =
        [broadcast(&[a, b], ended), closed(a, CloseCode::Ended), closed(b, CloseCode::Ended), Output::Forget];
    assert_eq!(world.send(a, r#"{"type":"end"}"#), expected);
    assert_eq!(world.close(b, 4006, true), []);
}

// Connections that vanished

#[test]
fn a_connection_without_a_sign_of_life_is_found_by_a_check() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    let check = format!(r#"{{"type":"check","peer":"{B}"}}"#);
    world.now += 75_000;
    assert_eq!(world.send(a, &check), []);
    world.now += 1;
    let outputs = world.send(a, &check);
    let expected = [closed(b, CloseCode::Vanished), broadcast(&[a], &away(B)), Output::Store(record(&world))];
    assert_eq!(outputs, expected);
    assert_eq!(world.send(a, &check), []);
}

#[test]
fn a_check_never_harms_a_live_peer() {
    let mut world = world();
    let (a, b, c) = (world.join(), world.join(), world.join());
    world.now += 200_000;
    world.senses.pings.insert(b, world.now - 75_000);
    world.send(c, r#"{"type":"ice"}"#);
    for suspect in [B, C, "nobody"] {
        assert_eq!(world.send(a, &format!(r#"{{"type":"check","peer":"{suspect}"}}"#)), []);
    }
}

#[test]
fn a_connection_without_a_sign_of_life_is_found_by_a_signal_to_it() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.now += 75_001;
    let outputs = world.send(a, &format!(r#"{{"type":"signal","to":"{B}","data":1}}"#));
    assert_eq!(
        outputs,
        [
            closed(b, CloseCode::Vanished),
            broadcast(&[a], &away(B)),
            sent(a, &format!(r#"{{"type":"undelivered","to":"{B}","reason":"away"}}"#)),
            Output::Store(record(&world)),
        ]
    );
}

#[test]
fn connections_without_a_sign_of_life_are_found_by_a_join() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.now += 75_001;
    world.senses.pings.insert(b, world.now);
    let (c, outputs) = world.open(Offer::default());
    assert_eq!(outputs[..2], [closed(a, CloseCode::Vanished), broadcast(&[b], &away(A))]);
    let stored = Output::Store(record(&world));
    assert_join(&world, c, &outputs[2..], &[broadcast(&[b], &joined(C)), stored]);
    let others = serde_json::json!([{ "id": A, "away": true }, { "id": B, "away": false }]);
    assert_eq!(welcome(&outputs)["peers"], others);
}

#[test]
fn whoever_resumes_takes_over_its_own_vanished_connection() {
    let mut world = world();
    let (a, outputs) = world.open(Offer::default());
    let b = world.join();
    world.now += 75_001;
    world.senses.pings.insert(b, world.now);
    let (new, outputs) = world.resume(&token(&outputs));
    let replaced = error(a, "replaced", "this peer connected elsewhere");
    assert_eq!(outputs[..2], [replaced, closed(a, CloseCode::Replaced)]);
    assert_join(&world, new, &outputs[2..], &[broadcast(&[b], &back(A))]);
}

#[test]
fn connections_without_a_sign_of_life_are_found_by_a_signal_to_all() {
    let mut world = world();
    let (a, b, c) = (world.join(), world.join(), world.join());
    world.now += 75_001;
    world.senses.pings.insert(c, world.now);
    let outputs = world.send(a, r#"{"type":"signal","data":1}"#);
    assert_eq!(
        outputs,
        [
            closed(b, CloseCode::Vanished),
            broadcast(&[a, c], &away(B)),
            broadcast(&[c], &format!(r#"{{"type":"signal","from":"{A}","data":1}}"#)),
            Output::Store(record(&world)),
        ]
    );
}

// Limits

#[test]
fn a_frame_that_is_too_large_closes_at_once_and_the_peer_may_resume() {
    let mut world = World::new(Limits { message_bytes: 1024, ..Limits::DEFAULT });
    let a = world.join();
    let (b, outputs) = world.open(Offer::default());
    let token = token(&outputs);
    let frame = |bytes: usize| format!(r#"{{"type":"signal","data":"{}"}}"#, "é".repeat((bytes - 27) / 2));
    assert_eq!((frame(1023).len(), world.send(b, &frame(1023)).len()), (1023, 1));
    let outputs = world.send(b, &frame(1025));
    let told = error(b, "too-large", "the frame is larger than limits.messageBytes");
    let expected =
        [told.clone(), closed(b, CloseCode::TooLarge), broadcast(&[a], &away(B)), Output::Store(record(&world))];
    assert_eq!(outputs, expected);
    for frame in [Frame::Oversized, Frame::Binary(1025)] {
        let (socket, outputs) = world.resume(&token);
        assert_eq!(welcome(&outputs)["self"], B);
        let outputs = world.drive(Input::Received { socket, frame });
        assert_eq!(outputs[1], closed(socket, CloseCode::TooLarge));
    }
}

#[test]
fn malformed_frames_are_answered_and_the_tenth_closes() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    for (count, (frame, message)) in [
        (r"{", "not a JSON object with a text `type`, each field given once"),
        (r#"["signal"]"#, "not a JSON object with a text `type`, each field given once"),
        (r#"{"type":"dance"}"#, "unknown `type`"),
        (r#"{"type":"signal"}"#, "`data` is missing"),
        (r#"{"type":"signal","to":7,"data":1}"#, "`to` must be a string"),
        (r#"{"type":"signal","to":null,"data":1}"#, "`to` must be a string"),
        (r#"{"type":"check"}"#, "`peer` is missing"),
        (r#"{"type":"check","peer":[]}"#, "`peer` must be a string"),
    ]
    .into_iter()
    .enumerate()
    {
        let outputs = world.send(b, frame);
        let attach = Output::Attach { socket: b, attachment: attachment(&world, b) };
        assert_eq!(outputs, [error(b, "malformed", message), attach], "{frame}");
        assert_eq!(usize::from(attachment(&world, b).malformed), count + 1);
        world.hibernate();
    }
    world.drive(Input::Received { socket: b, frame: Frame::Binary(3) });
    let outputs = world.drive(Input::Received { socket: b, frame: Frame::Binary(3) });
    assert_eq!(
        outputs,
        [
            error(b, "malformed", "frames are JSON text, not binary"),
            closed(b, CloseCode::Malformed),
            broadcast(&[a], &away(B)),
            Output::Store(record(&world)),
        ]
    );
}

#[test]
fn frames_above_the_rate_are_dropped_with_one_error_and_who_keeps_on_is_closed() {
    let mut world = World::new(Limits { messages_per_second: 5, ..Limits::DEFAULT });
    let (a, b) = (world.join(), world.join());
    let signal = r#"{"type":"signal","data":1}"#;
    for _ in 0..10 {
        assert_eq!(world.send(b, signal).len(), 1);
    }
    let told = error(b, "too-many-messages", "more than limits.messagesPerSecond: frames are dropped");
    assert_eq!(world.send(b, signal), [told]);
    for _ in 0..9 {
        assert_eq!(world.send(b, signal), []);
    }
    let outputs = world.send(b, signal);
    let stored = Output::Store(record(&world));
    assert_eq!(outputs, [closed(b, CloseCode::TooManyMessages), broadcast(&[a], &away(B)), stored]);
}

// Hibernation, restarts, crashes

#[test]
fn a_room_that_hibernates_goes_on_as_if_nothing_had_happened() {
    let mut world = world();
    let (a, b, c) = (world.join(), world.join(), world.join());
    world.lose(b);
    world.hibernate();
    assert_eq!(world.drain(), []);
    assert_eq!(world.room.poll_timeout(), Some(START + 30_000));
    let signal = format!(r#"{{"type":"signal","to":"{C}","data":1}}"#);
    assert_eq!(world.send(a, &signal), [sent(c, &format!(r#"{{"type":"signal","from":"{A}","data":1}}"#))]);
    let (_, outputs) = world.open(Offer::default());
    let others = serde_json::json!([
        { "id": A, "away": false }, { "id": B, "away": true }, { "id": C, "away": false }
    ]);
    assert_eq!(welcome(&outputs)["peers"], others);
}

#[test]
fn after_a_restart_everybody_resumes_under_the_same_id_and_the_host_is_host_again() {
    let mut world = world();
    let (_, outputs_a) = world.open(Offer::default());
    let (_, outputs_b) = world.open(Offer::default());
    world.restart();
    assert_eq!(world.room.status(&GateOffer::Absent, START).map(|status| status.present), Ok(0));
    let (b, outputs) = world.resume(&token(&outputs_b));
    assert_eq!((&welcome(&outputs)["self"], &welcome(&outputs)["host"]), (&B.into(), &B.into()));
    assert_join(&world, b, &outputs, &[Output::Store(record(&world))]);
    assert_eq!((record(&world).host, record(&world).acting_host), (peer(A), Some(peer(B))));
    let (a, outputs) = world.resume(&token(&outputs_a));
    assert_eq!((&welcome(&outputs)["self"], &welcome(&outputs)["host"]), (&A.into(), &A.into()));
    assert_join(&world, a, &outputs, &[broadcast(&[b], &joined(A)), broadcast(&[b], &host(A))]);
}

#[test]
fn whoever_stands_in_for_the_host_does_so_through_hibernation_and_absence() {
    let mut world = world();
    world.open(Offer::default());
    let (_, outputs_b) = world.open(Offer::default());
    world.restart();
    let (b, _) = world.resume(&token(&outputs_b));
    let c = world.join();
    world.lose(b);
    world.hibernate();
    let (d, outputs) = world.open(Offer::default());
    assert_eq!(welcome(&outputs)["host"], B);
    let outputs = world.wait();
    assert_eq!(outputs[0], broadcast(&[c, d], &left(B, "timeout")));
    assert_eq!(outputs[2], broadcast(&[c, d], &host("4444444444")));
}

#[test]
fn the_gate_outlives_a_restart() {
    let mut world = world();
    world.join_with_gate("open-sesame");
    world.restart();
    let (_, outputs) = world.open(Offer::default());
    assert!(matches!(outputs[1], Output::Close { code: CloseCode::Unauthorized, .. }));
    let (_, outputs) = world.join_with_gate("open-sesame");
    assert_eq!(welcome(&outputs)["type"], "welcome");
}

#[test]
fn a_room_that_a_crash_emptied_is_swept() {
    let mut world = world();
    world.join();
    world.restart();
    world.now = START + DAY;
    let outputs = world.drive(Input::Timeout);
    assert_eq!(outputs, [Output::Store(record(&world))]);
    assert_eq!(record(&world).deserted, Some(world.now));
    world.hibernate();
    assert_eq!(world.room.poll_timeout(), Some(START + DAY + 3_600_000));
    assert_eq!(world.wait(), [Output::Forget]);
}

#[test]
fn an_alarm_just_after_a_restart_does_not_void_anybodys_token() {
    let mut world = world();
    let (a, outputs_a) = world.open(Offer::default());
    let (_, outputs_b) = world.open(Offer::default());
    world.lose(a);
    world.restart();
    // The alarm was set for the end of the grace period, and the last seat that is remembered goes with it.
    world.wait();
    let (b, outputs) = world.resume(&token(&outputs_b));
    assert_eq!(welcome(&outputs)["self"], B);
    assert_eq!(record(&world).deserted, None);
    let (a, outputs) = world.resume(&token(&outputs_a));
    assert_eq!(welcome(&outputs)["self"], A);
    assert_join(&world, a, &outputs, &[broadcast(&[b], &joined(A)), broadcast(&[b], &host(A))]);
}

#[test]
fn a_room_that_everybody_has_left_is_forgotten_though_it_hibernated_meanwhile() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.lose(a);
    let outputs = world.close(b, 1000, true);
    assert_eq!(outputs, [Output::Store(record(&world))]);
    assert!(!record(&world).connected);
    world.hibernate();
    assert_eq!(world.wait(), [Output::Forget]);
}

#[test]
fn what_is_stored_after_a_restart_does_not_hide_that_there_was_one() {
    let mut world = world();
    let (_, outputs_a) = world.open(Offer::default());
    let (b, c) = (world.join(), world.join());
    world.lose(b);
    world.now += 10_000;
    world.lose(c);
    world.restart();
    world.wait();
    world.hibernate();
    world.wait();
    world.hibernate();
    let (_, outputs) = world.resume(&token(&outputs_a));
    assert_eq!(welcome(&outputs)["self"], A);
}

#[test]
fn the_daily_sweep_of_a_room_in_use_finds_those_that_vanished() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.senses.pings.insert(a, START + DAY);
    let outputs = world.wait();
    let expected = [closed(b, CloseCode::Vanished), broadcast(&[a], &away(B)), Output::Store(record(&world))];
    assert_eq!(outputs, expected);
    world.wait();
    assert_eq!(world.room.poll_timeout(), Some(START + 2 * DAY));
}

#[test]
fn sockets_without_a_record_are_sent_away_to_join_anew() {
    let mut world = world();
    let a = world.join();
    world.record = None;
    world.hibernate();
    assert_eq!(world.drain(), [closed(a, CloseCode::Vanished)]);
    assert_eq!(world.room.poll_timeout(), None);
}

// Locking, knocking, removing

fn frame(kind: &str, peer: &str) -> String {
    format!(r#"{{"type":"{kind}","peer":"{peer}"}}"#)
}

const LOCK: &str = r#"{"type":"lock","locked":true}"#;
const UNLOCK: &str = r#"{"type":"lock","locked":false}"#;
const WAITING: &str = r#"{"type":"waiting"}"#;

fn locked(locked: bool) -> String {
    format!(r#"{{"type":"locked","locked":{locked}}}"#)
}

/// A locked room with a host and a guest, and somebody who knocks.
fn knocked() -> (World, [u32; 3]) {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.send(a, LOCK);
    let c = world.join();
    (world, [a, b, c])
}

#[test]
fn a_lock_is_told_to_everybody_and_stored_and_a_second_one_says_nothing() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    let outputs = world.send(a, LOCK);
    assert!(record(&world).locked);
    assert_eq!(outputs, [broadcast(&[a, b], &locked(true)), Output::Store(record(&world))]);
    assert_eq!(world.send(a, LOCK), []);
    let status = Status { present: 2, capacity: 8, locked: true };
    assert_eq!(world.room.status(&GateOffer::Absent, START), Ok(status));
    let outputs = world.send(a, UNLOCK);
    assert_eq!(outputs, [broadcast(&[a, b], &locked(false)), Output::Store(record(&world))]);
}

#[test]
fn a_newcomer_to_a_locked_room_waits_and_the_host_alone_is_asked() {
    let mut world = world();
    let (a, _b) = (world.join(), world.join());
    world.send(a, LOCK);
    let (c, outputs) = world.open(Offer::default());
    let attach = Output::Attach { socket: c, attachment: attachment(&world, c) };
    assert!(attachment(&world, c).waiting);
    assert_eq!(outputs, [attach, sent(c, WAITING), sent(a, &frame("knock", C))]);
    assert_eq!(world.room.status(&GateOffer::Absent, START).map(|status| status.present), Ok(2));
}

#[test]
fn who_is_admitted_is_welcomed_under_the_name_it_knocked_with() {
    let (mut world, [a, b, c]) = knocked();
    let outputs = world.send(a, &frame("admit", C));
    assert_eq!(outputs[0], sent(a, &frame("knockEnded", C)));
    assert_join(&world, c, &outputs[1..], &[broadcast(&[a, b], &joined(C))]);
    assert_eq!(welcome(&outputs)["self"], C);
    assert_eq!(welcome(&outputs)["room"]["locked"], true);
    assert!(!attachment(&world, c).waiting);
    assert_eq!(world.send(a, &frame("admit", C)), []);
}

#[test]
fn who_is_denied_is_told_and_nobody_else_notices() {
    let (mut world, [a, _, c]) = knocked();
    let denied = error(c, "denied", "the host did not let this peer in");
    let outputs = world.send(a, &frame("deny", C));
    assert_eq!(outputs, [sent(a, &frame("knockEnded", C)), denied, closed(c, CloseCode::Denied)]);
    assert_eq!(world.close(c, 4005, true), []);
}

#[test]
fn who_gives_up_waiting_is_no_more_asked_for() {
    for give_up in [
        |world: &mut World, socket: u32| world.lose(socket),
        |world: &mut World, socket: u32| world.close(socket, 1000, true),
    ] {
        let (mut world, [a, _, c]) = knocked();
        assert_eq!(give_up(&mut world, c), [sent(a, &frame("knockEnded", C))]);
        assert_eq!(world.send(a, &frame("admit", C)), []);
    }
    let (mut world, [a, _, c]) = knocked();
    let outputs = world.send(c, r#"{"type":"bye"}"#);
    assert_eq!(outputs, [sent(a, &frame("knockEnded", C)), closed(c, CloseCode::Normal)]);
}

#[test]
fn who_waits_can_neither_speak_nor_ask_for_anything() {
    let (mut world, [_, _, c]) = knocked();
    for text in [
        format!(r#"{{"type":"signal","to":"{A}","data":1}}"#),
        r#"{"type":"signal","data":1}"#.to_owned(),
        r#"{"type":"ice"}"#.to_owned(),
        LOCK.to_owned(),
        UNLOCK.to_owned(),
        frame("check", A),
        frame("admit", C),
        r#"{"type":"end"}"#.to_owned(),
    ] {
        let outputs = world.send(c, &text);
        let attach = Output::Attach { socket: c, attachment: attachment(&world, c) };
        assert_eq!(outputs, [error(c, "malformed", "not let in yet"), attach], "{text}");
    }
    assert_eq!(attachment(&world, c).malformed, 8);
}

#[test]
fn who_waits_hears_nothing_of_what_happens_inside() {
    let (mut world, [a, b, _]) = knocked();
    let signal = format!(r#"{{"type":"signal","from":"{A}","data":1}}"#);
    assert_eq!(world.send(a, r#"{"type":"signal","data":1}"#), [broadcast(&[b], &signal)]);
    let outputs = world.send(b, r#"{"type":"bye"}"#);
    assert_eq!(outputs, [closed(b, CloseCode::Normal), broadcast(&[a], &left(B, "bye"))]);
}

#[test]
fn waiting_survives_hibernation() {
    let (mut world, [a, b, c]) = knocked();
    world.hibernate();
    let outputs = world.send(a, &frame("admit", C));
    assert_join(&world, c, &outputs[1..], &[broadcast(&[a, b], &joined(C))]);
}

#[test]
fn unlocking_lets_in_those_who_wait_as_long_as_there_are_seats() {
    let mut world = World::new(Limits { capacity: 2, ..Limits::DEFAULT });
    let a = world.join();
    world.send(a, LOCK);
    let (b, c) = (world.join(), world.join());
    let outputs = world.send(a, UNLOCK);
    assert_eq!(outputs[..2], [broadcast(&[a], &locked(false)), sent(a, &frame("knockEnded", B))]);
    let full = [
        sent(a, &frame("knockEnded", C)),
        error(c, "full", "every seat in the room is taken"),
        closed(c, CloseCode::Full),
        Output::Store(record(&world)),
    ];
    let others: Vec<Output> = [vec![broadcast(&[a], &joined(B))], full.to_vec()].concat();
    assert_join(&world, b, &outputs[2..], &others);
}

#[test]
fn where_every_seat_is_taken_the_host_is_told_and_the_knock_stays() {
    let mut world = World::new(Limits { capacity: 2, ..Limits::DEFAULT });
    let (a, b) = (world.join(), world.join());
    world.send(a, LOCK);
    let c = world.join();
    let full = error(a, "full", "every seat in the room is taken");
    assert_eq!(world.send(a, &frame("admit", C)), [full]);
    world.send(b, r#"{"type":"bye"}"#);
    let outputs = world.send(a, &frame("admit", C));
    assert_join(&world, c, &outputs[1..], &[broadcast(&[a], &joined(C))]);
}

#[test]
fn no_more_may_wait_than_there_are_seats() {
    let mut world = World::new(Limits { capacity: 2, ..Limits::DEFAULT });
    let a = world.join();
    world.send(a, LOCK);
    world.join();
    world.join();
    let (d, outputs) = world.open(Offer::default());
    assert_eq!(outputs, [error(d, "full", "too many are waiting to be let in"), closed(d, CloseCode::Full)]);
}

#[test]
fn a_member_comes_back_into_a_locked_room_without_asking() {
    let mut world = world();
    let a = world.join();
    let (b, outputs) = world.open(Offer::default());
    let token = token(&outputs);
    world.send(a, LOCK);
    world.send(b, r#"{"type":"bye"}"#);
    let (b, outputs) = world.resume(&token);
    assert_join(&world, b, &outputs, &[broadcast(&[a], &joined(B))]);
}

#[test]
fn the_next_host_is_asked_about_those_who_wait() {
    let (mut world, [a, b, _]) = knocked();
    let outputs = world.send(a, r#"{"type":"bye"}"#);
    let attach = Output::Attach { socket: b, attachment: attachment(&world, b) };
    assert_eq!(
        outputs,
        [
            closed(a, CloseCode::Normal),
            broadcast(&[b], &left(A, "bye")),
            attach,
            broadcast(&[b], &host(B)),
            sent(b, &frame("knock", C)),
        ]
    );
}

#[test]
fn a_host_that_comes_back_is_asked_again_about_those_who_still_wait() {
    let mut world = world();
    let (a, outputs) = world.open(Offer::default());
    let token = token(&outputs);
    world.join();
    world.send(a, LOCK);
    world.lose(a);
    let c = world.socket();
    let attached = world.drive(Input::Opened { socket: c, offer: Offer::default() });
    assert_eq!(attached[1..], [sent(c, WAITING)]);
    let (a, outputs) = world.resume(&token);
    assert_eq!(outputs[1..].iter().filter(|output| **output == sent(a, &frame("knock", C))).count(), 1);
}

#[test]
fn those_who_wait_when_everybody_else_has_left_are_sent_to_join_anew() {
    let (mut world, [a, b, c]) = knocked();
    world.send(b, r#"{"type":"bye"}"#);
    let outputs = world.send(a, r#"{"type":"bye"}"#);
    assert_eq!(outputs, [closed(a, CloseCode::Normal), closed(c, CloseCode::Vanished), Output::Forget]);
    let (_, outputs) = world.open(Offer::default());
    assert_eq!(welcome(&outputs)["room"]["locked"], false);
}

#[test]
fn whoever_is_removed_is_told_and_gone_and_does_not_come_back() {
    let mut world = world();
    let a = world.join();
    let (b, outputs) = world.open(Offer::default());
    let token = token(&outputs);
    let outputs = world.send(a, &frame("remove", B));
    assert_eq!(
        outputs,
        [
            error(b, "removed", "the host removed this peer"),
            closed(b, CloseCode::Removed),
            broadcast(&[a], &left(B, "removed")),
            Output::Store(record(&world)),
        ]
    );
    for restart in [false, true] {
        if restart {
            world.restart();
        }
        let (socket, outputs) = world.resume(&token);
        let refused = error(socket, "removed", "the host removed this peer");
        assert_eq!(outputs, [refused, closed(socket, CloseCode::Removed)]);
    }
    let (_, outputs) = world.open(Offer::default());
    assert_ne!(welcome(&outputs)["self"], B);
}

#[test]
fn whoever_is_away_can_be_removed() {
    let mut world = world();
    let (a, b) = (world.join(), world.join());
    world.lose(b);
    let outputs = world.send(a, &frame("remove", B));
    assert_eq!(outputs, [broadcast(&[a], &left(B, "removed")), Output::Store(record(&world))]);
}

#[test]
fn commands_about_nobody_change_nothing() {
    let (mut world, [a, ..]) = knocked();
    for text in [
        frame("admit", A),
        frame("deny", A),
        frame("admit", "nobody"),
        frame("deny", "9999999999"),
        frame("remove", "9999999999"),
        frame("remove", ""),
    ] {
        assert_eq!(world.send(a, &text), [], "{text}");
    }
}

#[test]
fn nobody_but_the_host_gives_orders() {
    let (mut world, [_, b, _]) = knocked();
    for text in [
        LOCK.to_owned(),
        UNLOCK.to_owned(),
        frame("admit", C),
        frame("deny", C),
        frame("remove", A),
        frame("remove", "nobody"),
        r#"{"type":"end"}"#.to_owned(),
    ] {
        assert_eq!(world.send(b, &text), [error(b, "not-host", "only the host may do this")], "{text}");
    }
}

#[test]
fn the_end_of_the_call_is_told_to_those_who_wait_too() {
    let (mut world, [a, b, c]) = knocked();
    let outputs = world.send(a, r#"{"type":"end"}"#);
    let told = broadcast(&[a, b, c], r#"{"type":"error","code":"ended","message":"the host ended the call"}"#);
    let close = |socket| closed(socket, CloseCode::Ended);
    assert_eq!(outputs, [told, close(a), close(b), close(c), Output::Forget]);
}

#[test]
fn who_waits_and_gives_no_sign_of_life_is_let_go_when_the_host_decides() {
    let (mut world, [a, b, c]) = knocked();
    world.now += 75_001;
    world.senses.pings.insert(a, world.now);
    world.senses.pings.insert(b, world.now);
    let outputs = world.send(a, &frame("admit", C));
    assert_eq!(outputs, [sent(a, &frame("knockEnded", C)), closed(c, CloseCode::Vanished)]);
}

// Join tokens

const SECRET: &str = "a secret that nobody knows";

/// A room that needs join tokens.
fn world_with_tokens() -> World {
    let join_secrets = JoinSecrets::new([SECRET.to_owned()]);
    World::with(RoomConfig { join_secrets, ..support::config(Limits::DEFAULT) })
}

/// A token for the room, good for a minute from the start.
fn jwt(claims: &str) -> String {
    let body = format!(r#"{{"room":"room","exp":{}{claims}}}"#, START / 1000 + 60);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode(body));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn bearing(claims: &str) -> Offer {
    Offer { token: Some(jwt(claims)), ..Offer::default() }
}

#[test]
fn where_join_tokens_are_needed_nobody_opens_or_joins_a_room_without_one() {
    let mut world = world_with_tokens();
    let refused =
        |socket, message: &str| [error(socket, "unauthorized", message), closed(socket, CloseCode::Unauthorized)];
    let (a, outputs) = world.open(Offer::default());
    assert_eq!(outputs, refused(a, "a join token is needed: offer token.<jwt>"));
    let (a, outputs) = world.open(Offer { token: Some("a.b.c".to_owned()), ..Offer::default() });
    assert_eq!(outputs, refused(a, "the join token is not valid"));
    assert_eq!(world.room.poll_timeout(), None);
    let (a, outputs) = world.open(bearing(""));
    let stored = Output::Store(record(&world));
    assert_join(&world, a, &outputs, &[stored]);
    let (b, outputs) = world.open(Offer::default());
    assert_eq!(outputs, refused(b, "a join token is needed: offer token.<jwt>"));
}

#[test]
fn a_member_comes_back_though_its_token_has_expired_meanwhile_and_a_newcomer_does_not_come() {
    let mut world = world_with_tokens();
    let (a, outputs) = world.open(bearing(""));
    let resume = token(&outputs);
    world.now += 3_600_000;
    world.senses.pings.insert(a, world.now);
    let (b, outputs) = world.open(bearing(""));
    let refused = [error(b, "unauthorized", "the join token has expired"), closed(b, CloseCode::Unauthorized)];
    assert_eq!(outputs, refused);
    let (_, outputs) = world.open(Offer { resume: Some(resume.clone()), ..bearing("") });
    assert_eq!(welcome(&outputs)["self"], A);
    let (c, outputs) = world.resume(&resume);
    assert_eq!(outputs[0], error(c, "unauthorized", "a join token is needed: offer token.<jwt>"));
}

#[test]
fn an_expired_token_says_nothing_that_was_not_so_before() {
    let mut world = world_with_tokens();
    let (_, outputs) = world.open(bearing(r#","peer":"Some_one-1""#));
    let other = token(&outputs);
    let (_, outputs) = world.open(bearing(""));
    let guest = token(&outputs);
    let (_, outputs) = world.open(bearing(r#","host":true"#));
    let host = token(&outputs);
    world.now += 3_600_000;
    let expired = |claims: &str, resume: &str| Offer { resume: Some(resume.to_owned()), ..bearing(claims) };
    // Somebody else's resume token does not bring an expired name back to life.
    let (socket, outputs) = world.open(expired(r#","peer":"Some_one-1""#, &guest));
    assert_eq!(outputs[0], error(socket, "unauthorized", "the join token has expired"));
    let (_, outputs) = world.open(expired(r#","peer":"Some_one-1""#, &other));
    assert_eq!(welcome(&outputs)["self"], "Some_one-1");
    // Who was a guest does not become a moderator with a host's expired token, and who was one stays one.
    let (socket, _) = world.open(expired(r#","host":true"#, &guest));
    assert_eq!(world.send(socket, LOCK), [error(socket, "not-host", "only the host may do this")]);
    let (socket, outputs) = world.open(expired(r#","host":true"#, &host));
    assert_eq!(welcome(&outputs)["resumed"], true);
    assert!(matches!(world.send(socket, LOCK)[0], Output::Broadcast { .. }));
}

#[test]
fn who_comes_back_as_somebody_that_may_moderate_is_host_in_place_of_one_that_may_not() {
    let mut world = world_with_tokens();
    let (a, _) = world.open(bearing(r#","peer":"Some_one-1""#));
    let named = r#","peer":"Some_one-2""#;
    world.open(bearing(named));
    let (_, outputs) = world.open(bearing(&format!(r#"{named},"host":true"#)));
    assert_eq!(welcome(&outputs)["host"], "Some_one-2");
    let told = [broadcast(&[a], &back("Some_one-2")), broadcast(&[a], &host("Some_one-2"))];
    assert_eq!(outputs[outputs.len() - 2..], told);
}

#[test]
fn who_waits_where_a_restart_has_dropped_everybody_waits_an_hour_at_most() {
    let mut world = world();
    let a = world.join();
    world.send(a, LOCK);
    world.restart();
    let (b, outputs) = world.open(Offer::default());
    assert_eq!(outputs[1], sent(b, WAITING));
    world.now = world.room.poll_timeout().unwrap();
    assert_eq!(world.now, START + 3_600_000);
    let outputs = world.drive(Input::Timeout);
    assert_eq!(outputs, [closed(b, CloseCode::Vanished), Output::Forget]);
    let (_, outputs) = world.open(Offer::default());
    assert_eq!(welcome(&outputs)["type"], "welcome");
}

#[test]
fn a_token_that_names_a_peer_always_gives_that_peer_and_the_newest_connection_wins() {
    let mut world = world_with_tokens();
    let some = || bearing(r#","peer":"Some_one-1""#);
    let (a, outputs) = world.open(some());
    assert_eq!(welcome(&outputs)["self"], "Some_one-1");
    let (a2, outputs) = world.open(some());
    assert_eq!(outputs[0], error(a, "replaced", "this peer connected elsewhere"));
    assert_eq!(welcome(&outputs)["self"], "Some_one-1");
    assert_eq!(welcome(&outputs)["resumed"], true);
    let (b, outputs) = world.open(bearing(""));
    let resume = token(&outputs);
    world.send(a2, r#"{"type":"bye"}"#);
    // Another's resume token does not make somebody that other.
    let (_, outputs) = world.open(Offer { resume: Some(resume), ..some() });
    assert_eq!((&welcome(&outputs)["self"], &welcome(&outputs)["resumed"]), (&"Some_one-1".into(), &false.into()));
    assert!(world.attachments[&b].is_some());
}

#[test]
fn where_join_tokens_are_needed_those_moderate_whose_token_says_so() {
    let mut world = world_with_tokens();
    let (a, outputs) = world.open(bearing(""));
    assert_eq!(welcome(&outputs)["host"], A);
    assert_eq!(world.send(a, LOCK), [error(a, "not-host", "only the host may do this")]);
    let (b, outputs) = world.open(bearing(r#","host":true"#));
    assert_eq!(welcome(&outputs)["host"], B);
    assert_join(&world, b, &outputs, &[broadcast(&[a], &joined(B)), broadcast(&[a], &host(B))]);
    let (c, _) = world.open(bearing(r#","host":true"#));
    assert_eq!(world.send(c, LOCK)[0], broadcast(&[a, b, c], &locked(true)));
    world.hibernate();
    let (d, outputs) = world.open(bearing(""));
    let knock = frame("knock", "5555555555");
    assert_eq!(outputs[1..], [sent(d, WAITING), sent(b, &knock), sent(c, &knock)]);
    // Who may moderate need not ask.
    let (e, outputs) = world.open(bearing(r#","host":true"#));
    assert_eq!(welcome(&outputs)["type"], "welcome");
    assert_eq!(outputs.last(), Some(&sent(e, &knock)));
}

#[test]
fn a_removed_peer_is_refused_by_name_too() {
    let mut world = world_with_tokens();
    let (a, _) = world.open(bearing(r#","host":true"#));
    let some = || bearing(r#","peer":"Some_one-1""#);
    world.open(some());
    world.send(a, &frame("remove", "Some_one-1"));
    let (b, outputs) = world.open(some());
    let refused = error(b, "removed", "the host removed this peer");
    assert_eq!(outputs, [refused, closed(b, CloseCode::Removed)]);
}

// What outlives memory: whoever changes one of these makes rooms under way unreadable for the next version.

#[test]
fn the_attachment_is_read_by_every_later_version() {
    let text = r#"{"v":1,"peer":"3333333333","order":1,"since":1790000000000,"malformed":2,"hostTerm":3}"#;
    let attachment = Attachment {
        v: V1,
        peer: peer(B),
        order: 1,
        since: START,
        malformed: 2,
        host_term: 3,
        moderator: false,
        waiting: false,
    };
    assert_eq!(attachment.encode(), text);
    assert_eq!(Attachment::decode(text).as_ref(), Some(&attachment));
    let more = text.replace('}', r#","moderator":true,"waiting":true}"#);
    let attachment = Attachment { moderator: true, waiting: true, ..attachment };
    assert_eq!(attachment.encode(), more);
    assert_eq!(Attachment::decode(&more), Some(attachment));
    for unreadable in ["", "{}", "null", &text.replace(r#""v":1"#, r#""v":2"#), &text.replace(B, "UUUUUUUUU!")] {
        assert_eq!(Attachment::decode(unreadable), None, "{unreadable}");
    }
}

#[test]
fn the_record_is_read_by_every_later_version() {
    let mut world = world();
    world.join_with_gate("open-sesame");
    let (b, _) = world.join_with_gate("open-sesame");
    world.lose(b);
    let text = concat!(
        r#"{"v":1,"secret":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","#,
        r#""gate":"1-zfJerz3roPJih3Hb3SLUE4q2zzj5HtAqLKDex8irc","locked":false,"host":"2222222222","hostTerm":1,"actingHost":null,"#,
        r#""away":[{"peer":"3333333333","order":1,"since":1790000000000}],"connected":true,"deserted":null}"#
    );
    assert_eq!(world.record.as_deref(), Some(text));
    assert_eq!(Record::decode(text).unwrap().encode(), text);
    let more = text
        .replace(r#"000}]"#, r#"000,"moderator":true}]"#)
        .replace(r#""deserted":null"#, r#""deserted":null,"removed":["4444444444"]"#);
    assert_eq!(Record::decode(&more).unwrap().encode(), more);
    assert_eq!(Record::decode(&text.replace(r#""v":1"#, r#""v":2"#)), None);
}
