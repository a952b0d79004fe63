// A server of npm's ws for a client that sends everything back: one case with messages of the given
// sizes, then a close with 4001.
//   node ws_server.mjs PORT PATH-OF-WS SIZE...
import { createRequire } from "node:module";

const [port, library, ...sizes] = process.argv.slice(2);
const { WebSocketServer } = createRequire(import.meta.url)(library);
const messages = sizes.flatMap((size) => {
  const count = Number(size);
  return ["a".repeat(count), Buffer.alloc(count, 7)];
});
const server = new WebSocketServer({
  host: "127.0.0.1", port: Number(port), perMessageDeflate: true, maxPayload: 0,
});

function runCase(client) {
  let next = 0;
  const sendNext = () => {
    if (next < messages.length) client.send(messages[next]);
    else client.close(4001, "enough");
  };
  client.on("message", (data, isBinary) => {
    const sent = messages[next];
    if (isBinary !== Buffer.isBuffer(sent) || !data.equals(Buffer.from(sent))) {
      console.error(`message ${next} of ${data.length} bytes came back changed`);
      process.exit(1);
    }
    next += 1;
    sendNext();
  });
  client.on("close", (code) => console.log(`${next} messages came back; closed with ${code}`));
  sendNext();
}

server.on("connection", (client, request) => {
  if (request.url === "/getCaseCount") {
    client.send("1");
    client.close(1000);
  } else if (request.url.startsWith("/runCase")) {
    runCase(client);
  } else {
    client.close(1000);
    server.close();
  }
});
