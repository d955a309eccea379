//! The rate limit of one connection.

use crate::protocol::{BURST_SECONDS, DROPPED_SECONDS, Limits, Millis};

/// A token bucket of [`BURST_SECONDS`] worth of messages.
///
/// It lives in memory only: a room that hibernated was idle for longer than a bucket takes to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Thousandths of a message, so that a refill of every millisecond is a whole number.
    thousandths: u64,
    refilled_at: Millis,
    /// How many messages were dropped since the bucket was last full.
    dropped: u32,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is within the limit.
    Pass,
    /// It is dropped, and its sender is told: it is the first since the bucket was last full.
    DropAndTell,
    /// It is dropped.
    Drop,
    /// It is one too many: the connection is closed.
    Close,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn full(limits: &Limits, now: Millis) -> Self {
        Self { thousandths: Self::capacity(limits), refilled_at: now, dropped: 0 }
    }

    /// Judges a message that arrives now.
    pub fn take(&mut self, limits: &Limits, now: Millis) -> Verdict {
        let elapsed = now.saturating_sub(self.refilled_at);
        let refill = elapsed.saturating_mul(u64::from(limits.messages_per_second));
        self.thousandths = self.thousandths.saturating_add(refill).min(Self::capacity(limits));
        self.refilled_at = self.refilled_at.max(now);
        if self.thousandths == Self::capacity(limits) {
            self.dropped = 0;
        }
        if let Some(left) = self.thousandths.checked_sub(1000) {
            self.thousandths = left;
            return Verdict::Pass;
        }
        self.dropped = self.dropped.saturating_add(1);
        if self.dropped > limits.messages_per_second.saturating_mul(DROPPED_SECONDS) {
            Verdict::Close
        } else if self.dropped == 1 {
            Verdict::DropAndTell
        } else {
            Verdict::Drop
        }
    }

    fn capacity(limits: &Limits) -> u64 {
        u64::from(limits.messages_per_second) * u64::from(BURST_SECONDS) * 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { messages_per_second: 10, ..Limits::DEFAULT };

    fn verdicts(bucket: &mut Bucket, count: usize, now: Millis) -> Vec<Verdict> {
        (0..count).map(|_| bucket.take(&LIMITS, now)).collect()
    }

    #[test]
    fn a_burst_of_two_seconds_passes_then_one_is_told_then_all_are_dropped_then_it_closes() {
        let mut bucket = Bucket::full(&LIMITS, 0);
        assert_eq!(verdicts(&mut bucket, 20, 0), [Verdict::Pass; 20]);
        assert_eq!(verdicts(&mut bucket, 1, 0), [Verdict::DropAndTell]);
        assert_eq!(verdicts(&mut bucket, 19, 0), [Verdict::Drop; 19]);
        assert_eq!(verdicts(&mut bucket, 1, 0), [Verdict::Close]);
    }

    #[test]
    fn the_rate_itself_passes_for_ever() {
        let mut bucket = Bucket::full(&LIMITS, 0);
        assert!((0..10_000).all(|message| bucket.take(&LIMITS, message * 100) == Verdict::Pass));
    }

    #[test]
    fn a_bucket_that_filled_up_forgives_and_tells_again() {
        let mut bucket = Bucket::full(&LIMITS, 0);
        verdicts(&mut bucket, 30, 0);
        assert_eq!(verdicts(&mut bucket, 20, 2000), [Verdict::Pass; 20]);
        assert_eq!(verdicts(&mut bucket, 1, 2000), [Verdict::DropAndTell]);
    }

    #[test]
    fn a_peer_that_stays_above_the_rate_is_closed_however_slowly() {
        let mut bucket = Bucket::full(&LIMITS, 0);
        let closed = (0..1000).position(|message| bucket.take(&LIMITS, message * 90) == Verdict::Close);
        assert!(closed.is_some());
    }

    #[test]
    fn a_clock_that_goes_back_refills_nothing() {
        let mut bucket = Bucket::full(&LIMITS, 5000);
        verdicts(&mut bucket, 20, 5000);
        assert_eq!(verdicts(&mut bucket, 2, 1000), [Verdict::DropAndTell, Verdict::Drop]);
        assert_eq!(verdicts(&mut bucket, 2, 5100), [Verdict::Pass, Verdict::Drop]);
    }
}
