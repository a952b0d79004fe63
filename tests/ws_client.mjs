// Echoes texts and binaries of the given sizes through npm's ws, then closes with 4001.
//   node ws_client.mjs ADDRESS PATH-OF-WS SIZE...
import { createRequire } from "node:module";

const [address, library, ...sizes] = process.argv.slice(2);
const WebSocket = createRequire(import.meta.url)(library);
const messages = sizes.flatMap((size) => {
  const count = Number(size);
  return ["a".repeat(count), Buffer.alloc(count, 7)];
});
const client = new WebSocket(address, { perMessageDeflate: false, maxPayload: 0 });
let next = 0;

function sendNext() {
  if (next < messages.length) {
    client.send(messages[next]);
  } else {
    client.close(4001, "enough");
  }
}

client.on("open", sendNext);
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
client.on("error", (error) => {
  console.error(String(error));
  process.exit(1);
});
