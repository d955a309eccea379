use super::support::model::{Pick, Run, Step};

/// The most that happens in one run: more of the same finds nothing, and takes long.
const STEPS: usize = 200;

/// A life of a room, in a few bytes a step, side by side with the model.
pub fn room(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut run = Run::new();
    for _ in 0..STEPS {
        let Some(step) = bytes.step() else { return };
        run.step(&step);
        run.check();
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn pick(&mut self) -> Option<Pick> {
        self.byte().map(|byte| Pick(u16::from(byte)))
    }

    fn step(&mut self) -> Option<Step> {
        let step = match self.byte()? % 21 {
            0 => Step::Join,
            1 => Step::Resume(self.pick()?),
            2 => Step::Lose(self.pick()?),
            3 => Step::Close(self.pick()?),
            4 => Step::Bye(self.pick()?),
            5 => Step::Signal(self.pick()?, self.pick()?),
            6 => Step::FanOut(self.pick()?),
            7 => Step::Flood(self.pick()?, self.byte()? % 40),
            8 => Step::Garbage(self.pick()?),
            9 => Step::Check(self.pick()?, self.pick()?),
            10 => Step::Lock(self.pick()?, true),
            11 => Step::Lock(self.pick()?, false),
            12 => Step::Moderate(self.pick()?, "admit", self.pick()?),
            13 => Step::Moderate(self.pick()?, "deny", self.pick()?),
            14 => Step::Moderate(self.pick()?, "remove", self.pick()?),
            15 => Step::End(self.pick()?),
            16 => {
                let texts = [r#"{"type":"bye"}"#, r#"{"type":"ice"}"#, "garbage"];
                Step::Waiting(self.pick()?, texts[usize::from(self.byte()? % 3)])
            }
            17 => Step::GiveUp(self.pick()?),
            18 => Step::Ping(self.pick()?),
            // From a millisecond to a bit more than a day.
            19 => Step::Pass(1 << (self.byte()? % 27)),
            _ if self.byte()? < 200 => Step::Hibernate,
            _ => Step::Restart,
        };
        Some(step)
    }
}
