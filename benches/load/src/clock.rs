//! Time: of the wall, of this process, and of the server's.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// What a stretch of work took.
pub struct Stopwatch {
    server: Option<u32>,
    started: Instant,
    own: Duration,
    theirs: Option<Threads>,
}

/// How long each thread has been on a processor, in nanoseconds, by its id.
type Threads = BTreeMap<OsString, u64>;

/// What [`Stopwatch::stop`] says.
#[derive(Serialize)]
pub struct Took {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Which part of that this process was computing: near 1, the client is the limit.
    #[serde(rename = "clientBusy")]
    pub client_busy: f64,
    /// How long the server's process was computing, in seconds, where it is known.
    #[serde(rename = "serverSeconds")]
    pub server_seconds: Option<f64>,
}

impl Stopwatch {
    /// Starts. `server` is the id of the server's process.
    pub fn start(server: Option<u32>) -> Self {
        let theirs = server.and_then(computed);
        Self { server, own: own_time(), theirs, started: Instant::now() }
    }

    /// Stops.
    pub fn stop(self) -> Took {
        let seconds = self.started.elapsed().as_secs_f64();
        let own = own_time().saturating_sub(self.own).as_secs_f64();
        let theirs = self.server.and_then(computed).zip(self.theirs).map(|(after, before)| since(&before, &after));
        Took { seconds, client_busy: own / seconds, server_seconds: theirs.map(|time| time.as_secs_f64()) }
    }
}

fn own_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// How long the threads of a process have been on a processor (Documentation/scheduler/sched-stats in the kernel's sources).
fn computed(process: u32) -> Option<Threads> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let time = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        Some((thread.file_name(), text.split(' ').next()?.parse().ok()?))
    };
    Some(threads.filter_map(Result::ok).filter_map(time).collect())
}

/// What was computed in between. Of a thread that has ended meanwhile nothing is known any more: it must not count as less than nothing.
fn since(before: &Threads, after: &Threads) -> Duration {
    let spent = |(thread, time): (&OsString, &u64)| time.saturating_sub(before.get(thread).copied().unwrap_or(0));
    Duration::from_nanos(after.iter().map(spent).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_has_ended_takes_nothing_away_from_the_others() {
        let threads = |times: &[(&str, u64)]| times.iter().map(|&(thread, time)| (thread.into(), time)).collect();
        let before = threads(&[("1", 100), ("2", 5_000)]);
        let after = threads(&[("1", 130), ("3", 20)]);
        assert_eq!(since(&before, &after), Duration::from_nanos(50));
    }
}
