//! The Durable Object of a room: drives the pure [`room::Room`].
//!
//! Every event is handled synchronously: without the promise that the `#[durable_object]` macro makes of each, and without
//! a moment in which another event could see half of this one (docs/adr/0002).

use std::ops::Range;

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Request, Response, ResponseInit};
use worker_sys::ext::ResponseInitExt as _;
use worker_sys::{DurableObjectState, WebSocketPair, WebSocketRequestResponsePair};

use super::entry::{describe, json_response, report, respond, route_error_response, routed};
use super::platform::{Env, Sockets, State, Storage, get_random_values, now};
use super::settings::{counts_signals, journal_secret, with_config};
use crate::config::AllowedOrigins;
use crate::ice::Relays;
use crate::journal::Journal;
use crate::protocol::{
    HttpBody, Millis, Offer, PING, PONG, PeerId, RoomName, SUBPROTOCOL, SWEEP_AFTER, relayed_signal, signal_head,
};
use crate::room::{self, Attachment, Environment, Frame, Input, Output, Receivers, Record, RoomConfig, SocketId};
use crate::route::{self, Route, RouteError};

/// The key of the room's one stored row.
const RECORD_KEY: &str = "room";

/// The header in which `worker.js` hands along what the relay service has given out. It lets none through from outside.
const RELAYS_HEADER: &str = "switchboard-relays";

/// The object that workerd calls, through `worker.js`.
#[wasm_bindgen]
pub struct Room {
    state: DurableObjectState,
    sockets: Sockets,
    config: RoomConfig,
    name: RoomName,
    /// `None` until the first event after the object's memory was made.
    live: Option<Live>,
    /// Whether the relay service is to be asked.
    asks_relays: bool,
    /// What the names in the journal are made with, where one is kept.
    journal_secret: Option<Vec<u8>>,
    /// Whether relayed signals are counted.
    counts_signals: bool,
    /// The lines of the journal that are not written yet, parted by line feeds.
    lines: String,
    /// What the runtime has thrown, if `worker.js` is to throw it on.
    error: Option<JsValue>,
}

/// What `worker.js` has to do after an event, as bits: what may not, or cannot, be done within it.
mod after {
    /// Ask the relay service, and give its answer to `relays`.
    pub const ASK_RELAYS: u32 = 1;
    /// Write what `takeLines` gives.
    pub const WRITE_LINES: u32 = 2;
    /// Soon, count what `takeSignals` gives.
    pub const COUNT_SIGNALS: u32 = 4;
    /// Throw what `takeError` gives. A `Result` of a number would come as an array, which costs more than all else of a signal.
    pub const THROW: u32 = 8;
}

/// What is in memory of a room that something has happened to.
struct Live {
    room: room::Room,
    /// The socket of who wants to join, until the core attaches a seat to it.
    newcomer: Option<Newcomer>,
    /// Who wanted to join, if the core closed the socket instead.
    refusal: Option<Refusal>,
    /// When the alarm will go off at the latest. It may do so earlier: then nothing is due, and it is set again.
    alarm: Option<Millis>,
}

/// A text frame that came in.
#[derive(Clone, Copy)]
struct Came<'a> {
    over: SocketId,
    text: &'a str,
    /// Whether a place in it is the same place in the string that the runtime has.
    is_ascii: bool,
}

/// A socket that is not accepted yet.
struct Newcomer {
    socket: SocketId,
    /// What the core had to say to it.
    told: String,
}

/// A newcomer that got no seat. Its socket is not the object's to hold: while one that was accepted here closes, the
/// runtime keeps the connection for as long as the object is in memory, and the person waits.
struct Refusal {
    told: String,
    code: u16,
    reason: &'static str,
}

#[wasm_bindgen]
impl Room {
    /// Called when the object comes into memory: the first time, and after every hibernation.
    ///
    /// # Errors
    ///
    /// Where a variable is set wrongly, or the object was not made by name.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: &Env, sockets: Sockets) -> Result<Self, JsValue> {
        let config =
            with_config(env, |config| config.room.clone()).map_err(|error| js_sys::Error::new(&error.to_string()))?;
        let name = state.id()?.name().and_then(|name| RoomName::parse(&name).ok());
        let name = name.ok_or_else(|| js_sys::Error::new("a room's object is made by the room's name"))?;
        state.set_websocket_auto_response(&WebSocketRequestResponsePair::new(PING, PONG)?)?;
        let journal_secret = journal_secret(env)?;
        let counts_signals = counts_signals(env)?;
        Ok(Self {
            state,
            sockets,
            config,
            name,
            live: None,
            asks_relays: false,
            journal_secret,
            counts_signals,
            lines: String::new(),
            error: None,
        })
    }

    /// `GET /api/rooms/{room}` and `GET /api/rooms/{room}/socket`.
    ///
    /// # Errors
    ///
    /// What the runtime throws.
    pub fn fetch(&mut self, request: &Request) -> Result<Response, JsValue> {
        let relays = request.headers().get(RELAYS_HEADER)?;
        // The origin was checked before the request came here.
        let routed = routed(request, |request| route::route(request, &AllowedOrigins::All))?;
        match routed {
            Ok(Route::Socket { offer, .. }) => {
                if let Some(relays) = relays.and_then(|text| Relays::decode(&text)) {
                    self.handle(Input::Relays(Some(relays)))?;
                }
                self.accept(offer)
            }
            Ok(Route::RoomStatus { gate, .. }) => match self.live()?.room.status(&gate, now()) {
                Ok(status) => json_response(
                    200,
                    &HttpBody::Room {
                        room: self.name.as_str(),
                        present: status.present,
                        capacity: status.capacity,
                        locked: status.locked,
                    },
                ),
                Err(room::NoStatus::Unauthorized) => route_error_response(RouteError::Unauthorized),
                Err(room::NoStatus::TooManyTries) => route_error_response(RouteError::TooManyTries),
            },
            Ok(Route::Health | Route::Preflight | Route::CreateRoom { .. }) => {
                route_error_response(RouteError::NotFound)
            }
            Err(error) => route_error_response(error),
        }
    }

    /// The longest frame that is taken, in bytes.
    #[wasm_bindgen(js_name = messageBytes)]
    #[must_use]
    pub fn message_bytes(&self) -> u32 {
        self.config.limits.message_bytes
    }

    /// Rebuilds the room from what is attached and stored, unless it is in memory. Only then do its sockets have numbers.
    ///
    /// # Errors
    ///
    /// What the runtime throws.
    pub fn wake(&mut self) -> Result<(), JsValue> {
        self.live().map(|_| ())
    }

    /// A text frame came in, of so many UTF-16 units. Gives what is to be done after it, as `after` does: one call less for each signal.
    #[must_use]
    pub fn received(&mut self, socket: SocketId, text: &str, units: u32, now: f64) -> u32 {
        let came = Came { over: socket, text, is_ascii: text.len() == units as usize };
        // A time in milliseconds is a whole number far below 2^53.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let now = now as Millis;
        let handled = self.handle_at(Input::Received { socket, frame: Frame::Text(text) }, Some(came), now);
        self.after_frame(handled)
    }

    /// A text frame came in that has more UTF-16 units than a frame may have bytes.
    #[wasm_bindgen(js_name = receivedOversized)]
    #[must_use]
    pub fn received_oversized(&mut self, socket: SocketId) -> u32 {
        let handled = self.handle(Input::Received { socket, frame: Frame::Oversized });
        self.after_frame(handled)
    }

    /// A binary frame of so many bytes came in.
    #[wasm_bindgen(js_name = receivedBinary)]
    #[must_use]
    pub fn received_binary(&mut self, socket: SocketId, bytes: usize) -> u32 {
        let handled = self.handle(Input::Received { socket, frame: Frame::Binary(bytes) });
        self.after_frame(handled)
    }

    /// A connection is over.
    ///
    /// # Errors
    ///
    /// What the runtime throws.
    pub fn closed(&mut self, socket: SocketId, code: u16, was_clean: bool) -> Result<(), JsValue> {
        self.sockets.forget(socket);
        self.handle(Input::Closed { socket, code, was_clean })
    }

    /// The relay service was asked: what it gave out, as `readRelays` made it, or nothing where it failed.
    ///
    /// # Errors
    ///
    /// What the runtime throws.
    pub fn relays(&mut self, text: Option<String>) -> Result<(), JsValue> {
        self.handle(Input::Relays(text.and_then(|text| Relays::decode(&text))))
    }

    /// What is to be done after the event that was handled last, as bits.
    #[must_use]
    pub fn after(&self) -> u32 {
        let relayed = self.counts_signals && self.live.as_ref().is_some_and(|live| live.room.has_relayed());
        let bit = |wanted: bool, bit: u32| if wanted { bit } else { 0 };
        bit(self.asks_relays, after::ASK_RELAYS)
            | bit(!self.lines.is_empty(), after::WRITE_LINES)
            | bit(relayed, after::COUNT_SIGNALS)
    }

    /// What the runtime has thrown.
    #[wasm_bindgen(js_name = takeError)]
    #[must_use]
    pub fn take_error(&mut self) -> JsValue {
        self.error.take().unwrap_or_default()
    }

    /// The relay service is being asked.
    #[wasm_bindgen(js_name = askingRelays)]
    pub fn asking_relays(&mut self) {
        self.asks_relays = false;
    }

    /// The lines of the journal that are not written yet, parted by line feeds.
    #[wasm_bindgen(js_name = takeLines)]
    #[must_use]
    pub fn take_lines(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }

    /// The line about the signals that were relayed since this was called last.
    #[wasm_bindgen(js_name = takeSignals)]
    #[must_use]
    pub fn take_signals(&mut self) -> Option<String> {
        let secret = self.journal_secret.as_ref()?;
        let signals = self.live.as_mut()?.room.take_relayed();
        (signals > 0).then(|| Journal::of_day(secret, now()).signals(&self.name, signals))
    }

    /// The alarm went off.
    ///
    /// # Errors
    ///
    /// What the runtime throws.
    pub fn alarm(&mut self) -> Result<(), JsValue> {
        self.live()?.alarm = None;
        self.handle(Input::Timeout)
    }
}

impl Room {
    /// Lets somebody in, or answers with the refusal that the fetch entry tells it.
    fn accept(&mut self, offer: Offer) -> Result<Response, JsValue> {
        let mut pair = WebSocketPair::new()?;
        let mut init = ResponseInit::new();
        init.set_status(101);
        init.websocket(&pair.client()?)?;
        let response = Response::new_with_opt_str_and_init(None, &init)?;
        response.headers().set("sec-websocket-protocol", SUBPROTOCOL)?;
        // First, as it begins the numbering anew.
        self.wake()?;
        let socket = self.sockets.add(&pair.server()?);
        self.live()?.newcomer = Some(Newcomer { socket, told: String::new() });
        self.handle(Input::Opened { socket, offer })?;
        match self.live()?.refusal.take() {
            Some(refusal) => refusal_response(&refusal),
            None => Ok(response),
        }
    }

    fn live(&mut self) -> Result<&mut Live, JsValue> {
        if self.live.is_none() {
            // Numbers that were given by half of it would name other sockets the next time.
            self.live = Some(self.restore().inspect_err(|_| self.sockets.clear())?);
        }
        self.live.as_mut().ok_or(JsValue::UNDEFINED)
    }

    fn restore(&self) -> Result<Live, JsValue> {
        let record = storage(&self.state).kv().get(RECORD_KEY)?.as_string().and_then(|text| Record::decode(&text));
        let mut seated = Vec::new();
        for (socket, attachment) in (0..).zip(self.sockets.restore()?.lines()) {
            match Attachment::decode(attachment) {
                Some(attachment) => seated.push((socket, attachment)),
                None => self.sockets.forget(socket),
            }
        }
        seated.sort_by_key(|(_, attachment)| attachment.order);
        let open = record.is_some();
        let room = room::Room::restore(self.name.clone(), self.config.clone(), record, seated, now());
        // An open room has its daily alarm set, and whether it is the one or another day matters little. What is due sooner is
        // set again: the alarm for it may have been given up by the runtime, or set under another grace period.
        let alarm = if open { room.poll_timeout().filter(|&timeout| timeout >= now() + SWEEP_AFTER) } else { None };
        Ok(Live { room, newcomer: None, refusal: None, alarm })
    }

    /// Drives the core: one input, all outputs, the timeout. Where the runtime refuses something, the room is rebuilt at
    /// the next event from what is attached and stored.
    fn handle(&mut self, input: Input<'_>) -> Result<(), JsValue> {
        self.handle_at(input, None, now())
    }

    /// The same, with the text frame that came in, if one did.
    fn handle_at(&mut self, input: Input<'_>, came: Option<Came<'_>>, now: Millis) -> Result<(), JsValue> {
        let handled = self.drive(input, came, now);
        if handled.is_err() {
            self.live = None;
            self.sockets.clear();
        }
        handled
    }

    fn after_frame(&mut self, handled: Result<(), JsValue>) -> u32 {
        match handled {
            Ok(()) => self.after(),
            Err(error) => {
                self.error = Some(error);
                after::THROW
            }
        }
    }

    fn drive(&mut self, input: Input<'_>, came: Option<Came<'_>>, now: Millis) -> Result<(), JsValue> {
        self.live()?;
        let Some(live) = &mut self.live else { return Ok(()) };
        let mut runtime = Runtime { sockets: &self.sockets };
        live.room.handle(input, now, &mut runtime);
        if let Some(secret) = &self.journal_secret
            && !live.room.events().is_empty()
        {
            let journal = Journal::of_day(secret, now);
            for &event in live.room.events() {
                if !self.lines.is_empty() {
                    self.lines.push('\n');
                }
                self.lines.push_str(&journal.line(&self.name, event));
            }
        }
        while let Some(output) = live.room.poll_output() {
            match output {
                Output::Relay { to, from, data } => {
                    if let Some(came) = came {
                        relay(&self.sockets, came, from, &to, data);
                    }
                }
                Output::Send { to, text } => match &mut live.newcomer {
                    Some(newcomer) if newcomer.socket == to => newcomer.told = text,
                    _ => self.sockets.send(to, &text),
                },
                Output::Broadcast { to, text } => self.sockets.send_all(&to, &text),
                Output::Close { socket, code } => match live.newcomer.take_if(|newcomer| newcomer.socket == socket) {
                    Some(Newcomer { told, .. }) => {
                        self.sockets.forget(socket);
                        live.refusal = Some(Refusal { told, code: code.number(), reason: code.reason() });
                    }
                    None => {
                        if let Err(error) = self.sockets.close(socket, code.number(), code.reason()) {
                            report("close", &format!("an attachment could not be cleared: {}", describe(&error)));
                        }
                    }
                },
                Output::Attach { socket, attachment } => {
                    // A newcomer that gets a seat is accepted now, and no newcomer any more.
                    if live.newcomer.take_if(|newcomer| newcomer.socket == socket).is_some() {
                        self.sockets.accept(socket)?;
                    }
                    self.sockets.attach(socket, &attachment.encode())?;
                }
                Output::Store(record) => storage(&self.state).kv().put(RECORD_KEY, &record.encode())?,
                Output::Forget => {
                    let _settles_by_itself = storage(&self.state).delete_all()?;
                    live.alarm = None;
                }
                Output::AskRelays => self.asks_relays = true,
            }
        }
        if let Some(timeout) = live.room.poll_timeout()
            && live.alarm.is_none_or(|alarm| timeout < alarm)
        {
            // A time in milliseconds is a whole number far below 2^53.
            #[expect(clippy::cast_precision_loss)]
            let _settles_by_itself = storage(&self.state).set_alarm(timeout as f64)?;
            live.alarm = Some(timeout);
        }
        Ok(())
    }
}

fn storage(state: &DurableObjectState) -> Storage {
    state.unchecked_ref::<State>().storage()
}

/// Sends a signal whose data is a part of the frame that came in. Where that is possible, the part never comes back out of the module's
/// memory: it is cut out of the runtime's own string.
fn relay(sockets: &Sockets, came: Came<'_>, from: PeerId, to: &Receivers, data: Range<usize>) {
    if !came.is_ascii {
        let text = relayed_signal(from, came.text.get(data).unwrap_or_default());
        return match to {
            Receivers::One(to) => sockets.send(*to, &text),
            Receivers::Many(to) => sockets.send_all(to, &text),
        };
    }
    let send = || match to {
        Receivers::One(to) => sockets.relay(came.over, *to, data.start, data.end),
        Receivers::Many(to) => sockets.relay_all(came.over, to, data.start, data.end),
    };
    if !send() {
        sockets.set_head(came.over, &signal_head(from));
        send();
    }
}

/// A refusal as the fetch entry understands it: `worker.js` accepts the socket, tells it and closes it.
fn refusal_response(refusal: &Refusal) -> Result<Response, JsValue> {
    let number = refusal.code.to_string();
    let headers = [("switchboard-close-code", number.as_str()), ("switchboard-close-reason", refusal.reason)];
    respond(200, Some(&refusal.told), &headers)
}

/// What the core asks the runtime.
struct Runtime<'a> {
    sockets: &'a Sockets,
}

impl Environment for Runtime<'_> {
    fn fill_random(&mut self, buffer: &mut [u8]) {
        if let Err(error) = get_random_values(buffer) {
            // Never seen: the runtime gives up to 65,536 bytes at once. A room must not open on a secret of zeros.
            report("entropy", &describe(&error));
            core::arch::wasm32::unreachable();
        }
    }

    fn last_ping(&self, socket: SocketId) -> Option<Millis> {
        // A time in milliseconds is a whole number far below 2^53.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.sockets.last_ping(socket).ok()?.map(|time| time as Millis)
    }
}
