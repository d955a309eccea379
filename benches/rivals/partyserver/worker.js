// A relay made with partyserver, as its README makes one: the frames of docs/protocol.md that it takes to join and to signal.

import { routePartykitRequest, Server } from "partyserver";

export class Room extends Server {
  static options = { hibernate: true };

  onConnect(connection) {
    const peers = [...this.getConnections()].filter(({ id }) => id !== connection.id).map(({ id }) => ({ id }));
    connection.send(JSON.stringify({ type: "welcome", self: connection.id, peers }));
    this.broadcast(JSON.stringify({ type: "joined", peer: connection.id }), [connection.id]);
  }

  onMessage(connection, message) {
    let signal;
    try {
      signal = JSON.parse(message);
    } catch {
      connection.send(JSON.stringify({ type: "error", code: "malformed" }));
      return;
    }
    const { to, data, ref } = signal;
    const relayed = JSON.stringify({ type: "signal", from: connection.id, data });
    if (to === undefined) {
      this.broadcast(relayed, [connection.id]);
      return;
    }
    const recipient = this.getConnection(to);
    if (recipient) recipient.send(relayed);
    else connection.send(JSON.stringify({ type: "undelivered", to, ref, reason: "unknown" }));
  }

  onClose(connection) {
    this.broadcast(JSON.stringify({ type: "left", peer: connection.id }), [connection.id]);
  }
}

export default {
  async fetch(request, env) {
    return (await routePartykitRequest(request, env)) ?? new Response("not found", { status: 404 });
  },
};
