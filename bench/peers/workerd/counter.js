// The durable counter as a Durable Object: each WebSocket message adds one, and the answer, the count in
// 16 digits, leaves only when the count is stored (the object's output gate sees to that).
import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.count = 0;
    state.blockConcurrencyWhile(async () => {
      this.count = (await state.storage.get("count")) ?? 0;
    });
  }

  async fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener("message", () => {
      this.count += 1;
      this.ctx.storage.put("count", this.count);
      server.send(new TextEncoder().encode(String(this.count).padStart(16, "0")));
    });
    return new Response(null, { status: 101, webSocket: client });
  }
}

export default {
  fetch(request, env) {
    return env.COUNTER.get(env.COUNTER.idFromName("one")).fetch(request);
  },
};
