use switchboard::ice::Relays;
use switchboard::protocol::{GateOffer, Offer};
use switchboard::room::{Attachment, Input, Record, Room};

use super::support::{self, START, Senses};

/// What outlives a room's memory: a record in the first line, an attachment in each further one, and what a relay service has given
/// out. What is read survives being written and read again, and a room that is rebuilt from it still answers.
pub fn stored(data: &[u8]) {
    let text = super::text(data);
    let mut lines = text.split('\n');
    let record = lines.next().and_then(Record::decode);
    if let Some(record) = &record {
        assert_eq!(Record::decode(&record.encode()).as_ref(), Some(record));
    }
    let mut sockets = vec![];
    for (line, socket) in lines.take(8).zip(0..) {
        if let Some(attachment) = Attachment::decode(line) {
            assert_eq!(Attachment::decode(&attachment.encode()).as_ref(), Some(&attachment));
            sockets.push((socket, attachment));
        }
        if let Some(relays) = Relays::decode(line) {
            let written = relays.encode();
            assert_eq!(Relays::decode(&written).map(|relays| relays.encode()), Some(written));
        }
    }
    // As the shell does.
    sockets.sort_by_key(|(_, attachment)| attachment.order);
    let mut room = Room::restore(support::name(), support::config(support::model::LIMITS), record, sockets, START);
    let mut senses = Senses::default();
    senses.spread = true;
    let mut now = START;
    for socket in 100..103 {
        room.handle(
            Input::Opened { socket, offer: Offer { gate: GateOffer::Absent, ..Offer::default() } },
            now,
            &mut senses,
        );
        while room.poll_output().is_some() {}
        if let Some(timeout) = room.poll_timeout() {
            now = now.max(timeout);
            room.handle(Input::Timeout, now, &mut senses);
            while room.poll_output().is_some() {}
        }
    }
    let _ = room.status(&GateOffer::Absent, now);
}
