//! The room against the model of it, through random joins, losses, resumes, floods, hibernation and restarts.

mod support;

use proptest::prelude::*;
use support::World;
use support::model::{LIMITS, Pick, Run, Step};
use switchboard::protocol::Offer;
use switchboard::room::{Frame, Input};

fn step() -> impl Strategy<Value = Step> {
    let any = || any::<u16>().prop_map(Pick);
    prop_oneof![
        5 => Just(Step::Join),
        5 => any().prop_map(Step::Resume),
        4 => any().prop_map(Step::Lose),
        2 => any().prop_map(Step::Close),
        2 => any().prop_map(Step::Bye),
        5 => (any(), any()).prop_map(|(from, to)| Step::Signal(from, to)),
        3 => any().prop_map(Step::FanOut),
        2 => (any(), 0..40_u8).prop_map(|(from, count)| Step::Flood(from, count)),
        2 => any().prop_map(Step::Garbage),
        3 => (any(), any()).prop_map(|(from, whom)| Step::Check(from, whom)),
        4 => (any(), prop::bool::weighted(0.8)).prop_map(|(from, locked)| Step::Lock(from, locked)),
        6 => (any(), prop::sample::select(&["admit", "deny", "remove"][..]), any())
            .prop_map(|(from, what, whom)| Step::Moderate(from, what, whom)),
        1 => any().prop_map(Step::End),
        2 => (any(), prop::sample::select(&[r#"{"type":"bye"}"#, r#"{"type":"ice"}"#, "garbage"][..]))
            .prop_map(|(from, text)| Step::Waiting(from, text)),
        1 => any().prop_map(Step::GiveUp),
        3 => any().prop_map(Step::Ping),
        4 => (0..40_000_u64).prop_map(Step::Pass),
        1 => (0..90_000_000_u64).prop_map(Step::Pass),
        4 => Just(Step::Hibernate),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_room_does_as_the_model(steps in prop::collection::vec(step(), 1..60)) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
            run.check();
        }
    }

    #[test]
    fn no_input_makes_the_room_panic_or_speak_to_the_closed(
        inputs in prop::collection::vec((0..6_u32, 0..5_u8, any::<String>(), 0..100_000_u64), 1..80),
    ) {
        let mut world = World::new(LIMITS);
        for (socket, kind, text, time) in inputs {
            world.now += time;
            match kind {
                0 => { world.open(Offer { resume: Some(text), ..Offer::default() }); }
                1 if world.attachments.contains_key(&socket) => { world.send(socket, &text); }
                2 => { world.close(socket, 1006, false); }
                3 => { world.drive(Input::Received { socket, frame: Frame::Binary(text.len()) }); }
                _ => { world.drive(Input::Timeout); }
            }
        }
    }
}
