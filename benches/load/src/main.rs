//! `load JOB`: plays peers against one server, as the JSON object JOB says, and prints what it measured as another.
//!
//! `npm run bench` runs it. It has one thread, so that it leaves the other processors to the server, and says of each measurement
//! which part of the time that thread was busy.

#![deny(clippy::pedantic, missing_docs, unsafe_code)]

mod clock;
mod dialect;
mod forward;

mod measures;
mod socket;

use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;

use dialect::Dialect;
use measures::Outcome;
use socket::{Failure, Server};

/// No measurement takes as long as this: something has got stuck.
const PATIENCE: Duration = Duration::from_mins(2);

/// What to do.
#[derive(Deserialize)]
struct Job {
    /// Host and port of the server.
    address: String,
    dialect: Dialect,
    /// The room's name, or how the rooms' names begin.
    room: String,
    /// The id of the server's process.
    pid: Option<u32>,
    #[serde(flatten)]
    measurement: Measurement,
}

/// What to measure: see the functions of these names.
#[derive(Deserialize)]
#[serde(tag = "measure", rename_all = "kebab-case")]
enum Measurement {
    Relay { bytes: usize, window: usize, messages: usize },
    RelayOneByOne { bytes: usize, messages: usize },
    FanOut { receivers: usize, bytes: usize, window: usize, messages: usize },
    Join { times: usize },
    Crowd { peers: usize },
    Wake { sockets: usize, times: usize, control: String },
    Cold { command: Vec<String> },
    Hold { rooms: usize, sockets: usize, control: Option<String> },
    Call,
}

async fn measure(Job { address, dialect, room, pid, measurement }: Job) -> Outcome {
    let server = Server { address, dialect };
    match measurement {
        Measurement::Relay { bytes, window, messages } => {
            measures::relay(&server, &room, pid, bytes, window, messages).await
        }
        Measurement::RelayOneByOne { bytes, messages } => {
            measures::relay_one_by_one(&server, &room, pid, bytes, messages).await
        }
        Measurement::FanOut { receivers, bytes, window, messages } => {
            measures::fan_out(&server, &room, pid, (receivers, bytes), window, messages).await
        }
        Measurement::Join { times } => measures::join(&server, &room, pid, times).await,
        Measurement::Crowd { peers } => measures::crowd(&server, &room, pid, peers).await,
        Measurement::Wake { sockets, times, control } => {
            measures::wake(&server, &room, pid, sockets, times, &control).await
        }
        Measurement::Cold { command } => measures::cold(&server, &room, &command).await,
        Measurement::Hold { rooms, sockets, control } => {
            measures::hold(&server, &room, (rooms, sockets), control.as_deref()).await
        }
        Measurement::Call => measures::call(&server, &room).await,
    }
}

async fn run(argument: &str) -> Outcome {
    if argument == "serve" {
        forward::serve().await?;
    }
    let job: Job = serde_json::from_str(argument).map_err(|error| Failure(error.to_string()))?;
    if matches!(job.measurement, Measurement::Hold { .. }) {
        return measure(job).await;
    }
    let stuck = |_| Failure(format!("got stuck: nothing for {} seconds", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, measure(job)).await.map_err(stuck)?
}

fn main() -> ExitCode {
    let Some(argument) = std::env::args().nth(1) else {
        eprintln!("load JOB, or load serve");
        return ExitCode::FAILURE;
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("load: {error}");
            return ExitCode::FAILURE;
        }
    };
    match tokio::task::LocalSet::new().block_on(&runtime, run(&argument)) {
        Ok(found) => {
            println!("{found}");
            ExitCode::SUCCESS
        }
        Err(Failure(message)) => {
            eprintln!("load: {message}");
            ExitCode::FAILURE
        }
    }
}
