//! The Durable Object of a room: drives the pure [`room::Room`].
//!
//! Every event is handled synchronously: without the promise that the `#[durable_object]` macro makes of each, and without
//! a moment in which another event could see half of this one (docs/adr/0002).

use std::ops::Range;

use js_sys::{ArrayBuffer, JsString, Map};
use litemap::LiteMap;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Request, Response, ResponseInit, WebSocket};
use worker_sys::ext::ResponseInitExt as _;
use worker_sys::{DurableObjectState, WebSocketPair, WebSocketRequestResponsePair};

use super::entry::{describe, json_response, report, respond, route_error_response, routed};
use super::platform::{Env, Socket, State, Storage, get_random_values, now, signal};
use super::settings::{counts_signals, journal_secret, with_config};
use crate::config::AllowedOrigins;
use crate::ice::Relays;
use crate::journal::Journal;
use crate::protocol::{
    CloseCode, HttpBody, Millis, Offer, PING, PONG, PeerId, RoomName, SUBPROTOCOL, SWEEP_AFTER, relayed_signal,
    signal_head,
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
}

/// What `worker.js` has to do after an event, as bits: what may not, or cannot, be done within it.
mod after {
    /// Ask the relay service, and give its answer to `relays`.
    pub const ASK_RELAYS: u32 = 1;
    /// Write what `takeLines` gives.
    pub const WRITE_LINES: u32 = 2;
    /// Soon, count what `takeSignals` gives.
    pub const COUNT_SIGNALS: u32 = 4;
}

/// What is in memory of a room that something has happened to.
struct Live {
    room: room::Room,
    sockets: Sockets,
    /// When the alarm will go off at the latest. It may do so earlier: then nothing is due, and it is set again.
    alarm: Option<Millis>,
}

/// The sockets that the core knows, under the core's names for them.
struct Sockets {
    by_id: LiteMap<SocketId, Held>,
    /// From a `WebSocket` to its id.
    ids: Map,
    next_id: SocketId,
    /// The socket of who wants to join, until the core attaches a seat to it.
    newcomer: Option<Newcomer>,
    /// Who wanted to join, if the core closed the socket instead.
    refusal: Option<Refusal>,
}

/// A socket, and what is kept with it.
struct Held {
    socket: WebSocket,
    /// What stands before the data of every signal that came over it, once one did.
    signal_head: Option<JsValue>,
}

/// A text frame that came in.
#[derive(Clone, Copy)]
struct Came<'a> {
    over: SocketId,
    text: &'a str,
    /// The same, as the runtime has it.
    script: &'a JsValue,
    /// Whether a place in the one is the same place in the other.
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
    code: CloseCode,
}

#[wasm_bindgen]
impl Room {
    /// Called when the object comes into memory: the first time, and after every hibernation.
    ///
    /// # Errors
    ///
    /// Where a variable is set wrongly, or the object was not made by name.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: &Env) -> Result<Self, JsValue> {
        let config =
            with_config(env, |config| config.room.clone()).map_err(|error| js_sys::Error::new(&error.to_string()))?;
        let name = state.id()?.name().and_then(|name| RoomName::parse(&name).ok());
        let name = name.ok_or_else(|| js_sys::Error::new("a room's object is made by the room's name"))?;
        state.set_websocket_auto_response(&WebSocketRequestResponsePair::new(PING, PONG)?)?;
        let journal_secret = journal_secret(env)?;
        let counts_signals = counts_signals(env)?;
        let lines = String::new();
        Ok(Self { state, config, name, live: None, asks_relays: false, journal_secret, counts_signals, lines })
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

    /// A frame came in. Gives what is to be done after it, as `after` does: one call less for each signal.
    ///
    /// # Errors
    ///
    /// What the runtime throws.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn web_socket_message(&mut self, socket: &WebSocket, message: &JsValue) -> Result<u32, JsValue> {
        let largest = self.config.limits.message_bytes;
        let live = self.live()?;
        let Some(socket) = live.sockets.id(socket) else { return Ok(0) };
        let text;
        let mut came = None;
        let frame = match message.dyn_ref::<JsString>() {
            // A string has at least as many bytes as UTF-16 units, so what is too long need not be copied to know it.
            Some(string) if string.length() > largest => Frame::Oversized,
            Some(string) => {
                text = String::from(string);
                let is_ascii = text.len() == string.length() as usize;
                came = Some(Came { over: socket, text: &text, script: message, is_ascii });
                Frame::Text(&text)
            }
            None => Frame::Binary(message.dyn_ref::<ArrayBuffer>().map_or(0, |buffer| buffer.byte_length() as usize)),
        };
        self.handle_frame(Input::Received { socket, frame }, came)?;
        Ok(self.after())
    }

    /// A connection is over.
    ///
    /// # Errors
    ///
    /// What the runtime throws.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn web_socket_close(&mut self, socket: &WebSocket, code: u16, was_clean: bool) -> Result<(), JsValue> {
        // The runtime does not answer the close of a hibernatable socket by itself. The answer has the code that came
        // (RFC 6455, section 5.5.1), unless it is one that no script may send. There is nobody left to tell where this
        // throws: the connection is gone, or the close was the answer to ours.
        let _ = match code {
            1000 | 3000..=4999 => socket.close_with_code(code),
            _ => socket.close(),
        };
        match self.live()?.sockets.forget(socket) {
            Some(socket) => self.handle(Input::Closed { socket, code, was_clean }),
            None => Ok(()),
        }
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
        let socket = self.live()?.sockets.add_newcomer(pair.server()?);
        self.handle(Input::Opened { socket, offer })?;
        match self.live()?.sockets.refusal.take() {
            Some(refusal) => refusal_response(&refusal),
            None => Ok(response),
        }
    }

    fn live(&mut self) -> Result<&mut Live, JsValue> {
        if self.live.is_none() {
            self.live = Some(self.restore()?);
        }
        self.live.as_mut().ok_or(JsValue::UNDEFINED)
    }

    fn restore(&self) -> Result<Live, JsValue> {
        let record = self.storage().kv().get(RECORD_KEY)?.as_string().and_then(|text| Record::decode(&text));
        let mut sockets = Sockets::new();
        let mut seated = Vec::new();
        for socket in self.state.get_websockets()? {
            let attachment = socket.unchecked_ref::<Socket>().deserialize_attachment()?;
            let attachment = attachment.as_string().and_then(|text| Attachment::decode(&text));
            // A socket that was refused, or that the room has closed, holds no seat. Its close event finds no id and is
            // ignored. One that the other side is closing holds it still: its close event may be what woke the room.
            if let Some(attachment) = attachment {
                seated.push((socket, attachment));
            }
        }
        seated.sort_by_key(|(_, attachment)| attachment.order);
        let seated = seated.into_iter().map(|(socket, attachment)| (sockets.add(socket), attachment)).collect();
        let open = record.is_some();
        let room = room::Room::restore(self.name.clone(), self.config.clone(), record, seated, now());
        // An open room has its daily alarm set, and whether it is the one or another day matters little. What is due sooner is
        // set again: the alarm for it may have been given up by the runtime, or set under another grace period.
        let alarm = if open { room.poll_timeout().filter(|&timeout| timeout >= now() + SWEEP_AFTER) } else { None };
        Ok(Live { room, sockets, alarm })
    }

    fn storage(&self) -> Storage {
        self.state.unchecked_ref::<State>().storage()
    }

    /// Drives the core: one input, all outputs, the timeout. Where the runtime refuses something, the room is rebuilt at
    /// the next event from what is attached and stored.
    fn handle(&mut self, input: Input<'_>) -> Result<(), JsValue> {
        self.handle_frame(input, None)
    }

    /// The same, with the text frame that came in, if one did.
    fn handle_frame(&mut self, input: Input<'_>, came: Option<Came<'_>>) -> Result<(), JsValue> {
        let handled = self.drive(input, came);
        if handled.is_err() {
            self.live = None;
        }
        handled
    }

    fn drive(&mut self, input: Input<'_>, came: Option<Came<'_>>) -> Result<(), JsValue> {
        self.live()?;
        let storage = self.storage();
        let Some(live) = &mut self.live else { return Ok(()) };
        let mut runtime = Runtime { state: &self.state, sockets: &live.sockets };
        live.room.handle(input, now(), &mut runtime);
        if let Some(secret) = &self.journal_secret
            && !live.room.events().is_empty()
        {
            let journal = Journal::of_day(secret, now());
            for &event in live.room.events() {
                if !self.lines.is_empty() {
                    self.lines.push('\n');
                }
                self.lines.push_str(&journal.line(&self.name, event));
            }
        }
        while let Some(output) = live.room.poll_output() {
            match output {
                Output::Send { to, text } => live.sockets.send(to, &text),
                Output::Broadcast { to, text } => {
                    // One string for all of them, so that it is made once.
                    let text = JsValue::from_str(&text);
                    for to in to {
                        live.sockets.send_string(to, &text);
                    }
                }
                Output::Relay { to, from, data } => {
                    let Some(came) = came else { continue };
                    let signal = live.sockets.signal(came, from, data);
                    match to {
                        Receivers::One(to) => live.sockets.send_string(to, &signal),
                        Receivers::Many(to) => to.into_iter().for_each(|to| live.sockets.send_string(to, &signal)),
                    }
                }
                Output::Close { socket, code } => live.sockets.close(socket, code),
                Output::Attach { socket, attachment } => {
                    if let Some(newcomer) = live.sockets.admit(socket) {
                        self.state.accept_websocket(newcomer)?;
                    }
                    live.sockets.attach(socket, &attachment.encode())?;
                }
                Output::Store(record) => storage.kv().put(RECORD_KEY, &record.encode())?,
                Output::Forget => {
                    let _settles_by_itself = storage.delete_all()?;
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
            let _settles_by_itself = storage.set_alarm(timeout as f64)?;
            live.alarm = Some(timeout);
        }
        Ok(())
    }
}

/// A refusal as the fetch entry understands it: `worker.js` accepts the socket, tells it and closes it.
fn refusal_response(refusal: &Refusal) -> Result<Response, JsValue> {
    let number = refusal.code.number().to_string();
    let headers = [("switchboard-close-code", number.as_str()), ("switchboard-close-reason", refusal.code.reason())];
    respond(200, Some(&refusal.told), &headers)
}

impl Sockets {
    fn new() -> Self {
        Self { by_id: LiteMap::new(), ids: Map::new(), next_id: 0, newcomer: None, refusal: None }
    }

    fn add_newcomer(&mut self, socket: WebSocket) -> SocketId {
        let id = self.add(socket);
        self.newcomer = Some(Newcomer { socket: id, told: String::new() });
        id
    }

    /// The newcomer's socket, if this is it: it is to be accepted now, and no newcomer's any more.
    fn admit(&mut self, socket: SocketId) -> Option<&WebSocket> {
        self.newcomer.take_if(|newcomer| newcomer.socket == socket)?;
        self.by_id.get(&socket).map(|held| &held.socket)
    }

    fn add(&mut self, socket: WebSocket) -> SocketId {
        let id = self.next_id;
        self.next_id += 1;
        self.ids.set(&socket, &JsValue::from(id));
        self.by_id.insert(id, Held { socket, signal_head: None });
        id
    }

    fn id(&self, socket: &WebSocket) -> Option<SocketId> {
        // Ids are whole numbers that were put in by `add`.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.ids.get(socket).as_f64().map(|id| id as SocketId)
    }

    fn forget(&mut self, socket: &WebSocket) -> Option<SocketId> {
        let id = self.id(socket)?;
        self.ids.delete(socket);
        self.by_id.remove(&id);
        Some(id)
    }

    fn send(&mut self, to: SocketId, text: &str) {
        match &mut self.newcomer {
            Some(newcomer) if newcomer.socket == to => text.clone_into(&mut newcomer.told),
            _ => self.send_string(to, &JsValue::from_str(text)),
        }
    }

    /// The signal whose data is this part of the frame that came in. Where that is possible it is cut out of the runtime's own string:
    /// a copy into the module's memory and back costs more than all the rest of relaying a long one.
    fn signal(&mut self, came: Came<'_>, from: PeerId, data: Range<usize>) -> JsValue {
        match self.by_id.get_mut(&came.over) {
            Some(kept) if came.is_ascii => {
                let head = kept.signal_head.get_or_insert_with(|| JsValue::from_str(&signal_head(from)));
                signal(head, came.script, data.start, data.end)
            }
            _ => JsValue::from_str(&relayed_signal(from, came.text.get(data).unwrap_or_default())),
        }
    }

    /// Sends, unless the connection is already gone: then its close event is on its way, and tells the core.
    fn send_string(&self, to: SocketId, text: &JsValue) {
        if let Some(Held { socket, .. }) = self.by_id.get(&to) {
            let _ = socket.unchecked_ref::<Socket>().send(text);
        }
    }

    fn attach(&self, socket: SocketId, attachment: &str) -> Result<(), JsValue> {
        match self.by_id.get(&socket) {
            Some(held) => held.socket.unchecked_ref::<Socket>().serialize_attachment(&JsValue::from_str(attachment)),
            None => Ok(()),
        }
    }

    /// Closes, unless the connection is already gone. The socket stays listed by the runtime until the other side
    /// answers, so its attachment is cleared: whoever wakes meanwhile must not take it for a seat.
    fn close(&mut self, socket: SocketId, code: CloseCode) {
        let Some(Held { socket: closing, .. }) = self.by_id.remove(&socket) else { return };
        self.ids.delete(&closing);
        if let Some(Newcomer { told, .. }) = self.newcomer.take_if(|newcomer| newcomer.socket == socket) {
            self.refusal = Some(Refusal { told, code });
            return;
        }
        if let Err(error) = closing.unchecked_ref::<Socket>().serialize_attachment(&JsValue::NULL) {
            report("close", &format!("an attachment could not be cleared: {}", describe(&error)));
        }
        let _ = closing.close_with_code_and_reason(code.number(), code.reason());
    }
}

/// What the core asks the runtime.
struct Runtime<'a> {
    state: &'a DurableObjectState,
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
        let Held { socket, .. } = self.sockets.by_id.get(&socket)?;
        let date = self.state.unchecked_ref::<State>().auto_response_timestamp(socket).ok()??;
        // A time in milliseconds is a whole number far below 2^53.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(date.get_time() as Millis)
    }
}
