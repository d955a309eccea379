// Two other signaling protocols as Durable Objects with hibernating sockets, as somebody would write them who knows the platform
// and leaves the protocol as it is: its heartbeats are messages, and nothing answers them. They keep nothing in storage.

import { DurableObject } from "cloudflare:workers";

function upgraded(client) {
  return new Response(null, { status: 101, webSocket: client });
}

/** PeerServer 1.0: ids in the query, `{type, src, dst, payload}`, a HEARTBEAT every five seconds. */
export class PeerServer extends DurableObject {
  fetch(request) {
    const id = new URL(request.url).searchParams.get("id") ?? "";
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server, [id]);
    server.serializeAttachment({ id, heard: Date.now() });
    server.send('{"type":"OPEN"}');
    return upgraded(client);
  }

  webSocketMessage(socket, text) {
    const message = JSON.parse(text);
    const { id } = socket.deserializeAttachment();
    if (message.type === "HEARTBEAT") {
      socket.serializeAttachment({ id, heard: Date.now() });
      return;
    }
    const [to] = this.ctx.getWebSockets(message.dst);
    const { type, dst, payload } = message;
    to?.send(JSON.stringify({ type, src: id, dst, payload }));
  }

  webSocketClose(socket, code) {
    socket.close(code === 1005 ? undefined : code);
  }
}

/** matchbox_server 0.14: ids from the server, `{"Signal":{…}}`, a "KeepAlive" every ten seconds. */
export class Matchbox extends DurableObject {
  fetch() {
    const id = crypto.randomUUID();
    const others = this.ctx.getWebSockets();
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server, [id]);
    server.serializeAttachment(id);
    server.send(JSON.stringify({ IdAssigned: id }));
    for (const other of others) other.send(JSON.stringify({ NewPeer: id }));
    return upgraded(client);
  }

  webSocketMessage(socket, text) {
    const message = JSON.parse(text);
    if (message === "KeepAlive") return;
    const { receiver, data } = message.Signal;
    const [to] = this.ctx.getWebSockets(receiver);
    to?.send(JSON.stringify({ Signal: { sender: socket.deserializeAttachment(), data } }));
  }

  webSocketClose(socket, code) {
    const left = JSON.stringify({ PeerLeft: socket.deserializeAttachment() });
    for (const other of this.ctx.getWebSockets()) if (other !== socket) other.send(left);
    socket.close(code === 1005 ? undefined : code);
  }
}
