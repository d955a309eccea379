// The least that a Durable Object with hibernation can do: what comes over one socket goes to the others, as it came.

import { DurableObject } from "cloudflare:workers";

export class Room extends DurableObject {
  #sockets = this.ctx.getWebSockets();

  fetch() {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#sockets.push(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, message) {
    for (const other of this.#sockets) {
      if (other !== socket) other.send(message);
    }
  }

  webSocketClose(socket) {
    this.#sockets = this.#sockets.filter((other) => other !== socket);
    socket.close();
  }
}

export default {
  fetch(request, env) {
    const [, , , room] = new URL(request.url).pathname.split("/");
    return env.ROOM.getByName(room).fetch(request);
  },
};
