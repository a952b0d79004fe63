// An HTTP/2 server over TLS for the tests of the http-client family; of HTTP/1.1 it only has /big:
//   node h2_server.mjs CERTIFICATE KEY
// Prints its port and that of a plain page of statistics. Paths: /hello; /slow?ms=N; /big?count=N;
// /echo (tells how many bytes it got); /hang (no answer); /reset (before an answer), /cut (in the
// middle of one); /leave (answers, then GOAWAY); /drop (the connection ends without an answer);
// /refuse (GOAWAY that says the request was not looked at, once; then as /hello).
import { readFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";

const [certificate, key] = process.argv.slice(2);
const statistics = { plain: 0, sessions: 0, open: 0, streams: 0, most: 0, sent: 0, asked: {}, closed: {} };
let refused = false;

function feed(stream, count) {
  const chunk = Buffer.alloc(65536, "x");
  let left = count;
  const more = () => {
    while (left > 0 && !stream.destroyed) {
      const piece = chunk.subarray(0, Math.min(left, chunk.length));
      left -= piece.length;
      statistics.sent += piece.length;
      if (!stream.write(piece)) return stream.once("drain", more);
    }
    if (!stream.destroyed) stream.end();
  };
  more();
}

const answers = {
  "/hello": (stream) => stream.end("hello"),
  "/slow": (stream, value) => setTimeout(() => stream.destroyed || stream.end("slow"), value),
  "/big": (stream, value) => feed(stream, value),
  "/cut": (stream) => {
    stream.write("only this");
    setTimeout(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR), 50);
  },
  "/leave": (stream) => {
    stream.end("last");
    stream.session.goaway(http2.constants.NGHTTP2_NO_ERROR);
  },
};
const silences = {
  "/hang": () => {},
  "/reset": (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
  "/drop": (stream) => stream.session.destroy(),
};

const server = http2.createSecureServer({
  cert: readFileSync(certificate), key: readFileSync(key), allowHTTP1: true,
});
server.on("request", (request, response) => {
  if (request.httpVersionMajor !== 1) return;
  const url = new URL(request.url, "https://t");
  if (url.pathname !== "/big") return response.writeHead(505).end();
  statistics.plain += 1;
  response.on("error", () => {});
  response.on("close", () => { statistics.plain -= 1; });
  feed(response, Number(url.searchParams.get("count")));
});
server.on("session", (session) => {
  statistics.sessions += 1;
  statistics.open += 1;
  session.on("close", () => { statistics.open -= 1; });
  session.on("error", () => {});
});
server.on("stream", (stream, headers) => {
  const url = new URL(headers[":path"], "https://t");
  const value = Number(url.searchParams.values().next().value ?? 0);
  statistics.asked[url.pathname] = (statistics.asked[url.pathname] ?? 0) + 1;
  statistics.streams += 1;
  statistics.most = Math.max(statistics.most, statistics.streams);
  stream.on("error", () => {});
  
  stream.on("close", () => {
    statistics.streams -= 1;
    statistics.closed[url.pathname] = (statistics.closed[url.pathname] ?? 0) + 1;
  });
  if (url.pathname === "/refuse" && !refused) {
    refused = true;
    stream.session.goaway(http2.constants.NGHTTP2_NO_ERROR, 0);
    return setTimeout(() => stream.session?.destroy(), 50);
  }
  const silence = silences[url.pathname];
  if (silence) return silence(stream);
  if (url.pathname === "/echo") {
    let bytes = 0;
    stream.on("data", (data) => { bytes += data.length; });
    return stream.on("end", () => {
      stream.respond({ ":status": 200 });
      stream.end(String(bytes));
    });
  }
  const length = url.pathname === "/cut" ? { "content-length": 100 } : {};
  stream.respond({ ":status": 200, ...length });
  (answers[url.pathname] ?? answers["/hello"])(stream, value);
});

const page = http.createServer((_, response) => response.end(JSON.stringify(statistics)));
server.listen(0, "127.0.0.1", () => page.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port, page: page.address().port }));
}));
