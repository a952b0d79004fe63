// The echo actor in JavaScript: every message goes back to the connection it came from.
import websocketServer from "theater:actor/websocket-server@0.1.0";

export const lifecycle = {
  init() {
    return [new Uint8Array()];
  },
};

export const websocketServerHandler = {
  handleEvents(state, events) {
    for (const { id, payload } of events) {
      if (payload.tag === "message") {
        websocketServer.send(id, payload.val);
      }
    }
    return [state];
  },
};
