//! How often a room's gate may be guessed.

use crate::protocol::{GATE_TRIES, GATE_WINDOW, Millis};

/// Counts wrong gates. It lives in memory only: what a room that hibernates forgets is a window in which nobody came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tries {
    since: Millis,
    wrong: u32,
}

impl Tries {
    /// Whether no gate is looked at for now.
    pub fn are_used_up(&self, now: Millis) -> bool {
        self.wrong >= GATE_TRIES && now < self.since.saturating_add(GATE_WINDOW)
    }

    /// A gate was wrong.
    pub fn count(&mut self, now: Millis) {
        if now >= self.since.saturating_add(GATE_WINDOW) {
            *self = Self { since: now, wrong: 0 };
        }
        self.wrong = self.wrong.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = 1_790_000_000_000;

    #[test]
    fn tries_are_used_up_until_a_minute_after_the_first_of_them() {
        let mut tries = Tries::default();
        for n in 0..u64::from(GATE_TRIES) {
            assert!(!tries.are_used_up(START + n));
            tries.count(START + n);
        }
        assert!(tries.are_used_up(START + GATE_WINDOW - 1));
        assert!(!tries.are_used_up(START + GATE_WINDOW));
        tries.count(START + GATE_WINDOW);
        assert!(!tries.are_used_up(START + GATE_WINDOW));
    }
}
