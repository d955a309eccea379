//! Time: of the wall, of this process, and of the server's.

use std::fs;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// What a stretch of work took.
pub struct Stopwatch {
    server: Option<u32>,
    started: Instant,
    own: Duration,
    theirs: Option<Duration>,
}

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
        let theirs =
            self.server.and_then(computed).zip(self.theirs).map(|(after, before)| after.saturating_sub(before));
        Took { seconds, client_busy: own / seconds, server_seconds: theirs.map(|time| time.as_secs_f64()) }
    }
}

fn own_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// How long all threads of a process have been on a processor (Documentation/scheduler/sched-stats in the kernel's sources).
fn computed(process: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let time = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    Some(Duration::from_nanos(threads.filter_map(Result::ok).filter_map(time).sum::<u64>()))
}
