"""Raw HTTP/1 cases: what is sent, byte for byte, and what a strict server answers (RFC 9110, 9112).

Written for the sample `board`: GET /api/hello answers 200, POST /api/notes answers 201.
"""

from typing import NamedTuple

HELLO = b"GET /api/hello HTTP/1.1\r\nHost: t\r\n\r\n"
KEPT, ENDED, WAITS = "kept", "ended", "waits"


class Case(NamedTuple):
    name: str
    data: bytes
    statuses: tuple  # of the final answers, in order
    then: str        # the connection stays, ends, or more is waited for
    bare: bool = False  # the answers have no body: HEAD


CASES: list[Case] = []


def case(name, data, *statuses, then=None, bare=False):
    if isinstance(data, str):
        data = data.encode("latin-1")
    if then is None:
        then = KEPT if statuses and all(s < 400 or s in (404, 405) for s in statuses) else ENDED
    CASES.append(Case(name, data, statuses, then, bare))


def line(text):
    return f"{text}\r\nHost: t\r\n\r\n"


def fields(text, method="GET /api/hello"):
    return f"{method} HTTP/1.1\r\nHost: t\r\n{text}\r\n"


def note(text, body=""):
    return fields(text, "POST /api/notes") + body


def chunked(body, before="Transfer-Encoding: chunked\r\n"):
    return note(before, body)


# Request lines.
case("a plain request", HELLO, 200)
case("an empty line first", b"\r\n" + HELLO, 200)
case("two empty lines first", b"\r\n\r\n" + HELLO, 400)
case("no version", line("GET /api/hello"), 400)
case("two spaces after the method", line("GET  /api/hello HTTP/1.1"), 400)
case("two spaces after the target", line("GET /api/hello  HTTP/1.1"), 400)
case("a tab for a space", line("GET\t/api/hello HTTP/1.1"), 400)
case("a space in front", line(" GET /api/hello HTTP/1.1"), 400)
case("a space behind", line("GET /api/hello HTTP/1.1 "), 400)
case("a space in the target", line("GET /api/ hello HTTP/1.1"), 400)
case("no target", line("GET HTTP/1.1"), 400)
case("only a method", line("GET"), 400)
case("a version in lower case", line("GET /api/hello http/1.1"), 400)
case("a version without minor", line("GET /api/hello HTTP/1"), 400)
case("a version with two digits", line("GET /api/hello HTTP/1.10"), 400)
case("a version with a comma", line("GET /api/hello HTTP/1,1"), 400)
case("another protocol", line("GET /api/hello SIP/2.0"), 400)
case("version 1.2 is read as 1.1", line("GET /api/hello HTTP/1.2"), 200)
case("version 2.0", line("GET /api/hello HTTP/2.0"), 505)
case("version 0.9", line("GET /api/hello HTTP/0.9"), 505)
case("HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)
case("HTTP/0.9's simple request", b"GET /api/hello\r\n\r\n", 400)
case("TLS instead of HTTP", b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", 400)
case("a NUL in the target", b"GET /api\x00/hello HTTP/1.1\r\nHost: t\r\n\r\n", 400)
case("a DEL in the target", b"GET /api/\x7f HTTP/1.1\r\nHost: t\r\n\r\n", 400)
case("UTF-8 in the target", "GET /api/h\xc3\xa9 HTTP/1.1\r\nHost: t\r\n\r\n", 400)
case("a fragment in the target", line("GET /api/hello#top HTTP/1.1"), 400)
case("a relative target", line("GET api/hello HTTP/1.1"), 400)
case("an absolute target", line("GET http://t/api/hello HTTP/1.1"), 200)
case("an absolute target with a port", line("GET http://t:80/api/hello HTTP/1.1"), 200)
case("an absolute target in upper case", line("GET HTTP://t/api/hello HTTP/1.1"), 200)
case("an absolute target of another scheme", line("GET ftp://t/api/hello HTTP/1.1"), 400)
case("an absolute target without host", line("GET http:///api/hello HTTP/1.1"), 400)
case("an absolute target with a user", line("GET http://u@t/api/hello HTTP/1.1"), 400)
case("a query", line("GET /api/hello?a=b&c=%20 HTTP/1.1"), 200)
case("a query without path", line("GET ?a HTTP/1.1"), 400)
case("another path", line("GET /api/nothing HTTP/1.1"), 404)
case("an asterisk of GET", line("GET * HTTP/1.1"), 400)

# Methods.
case("HEAD", line("HEAD /api/hello HTTP/1.1"), 200, bare=True)
case("HEAD of what is missing", line("HEAD /api/nothing HTTP/1.1"), 404, bare=True)
case("OPTIONS of the server", line("OPTIONS * HTTP/1.1"), 204)
case("OPTIONS of a path", line("OPTIONS /api/hello HTTP/1.1"), 405)
case("DELETE", line("DELETE /api/hello HTTP/1.1"), 405)
case("a method of our own", line("PATCH /api/hello HTTP/1.1"), 405)
case("a method with a dash", line("M-SEARCH /api/hello HTTP/1.1"), 405)
case("a method in lower case", line("get /api/hello HTTP/1.1"), 501)
case("TRACE", line("TRACE /api/hello HTTP/1.1"), 501)
case("CONNECT", line("CONNECT t:443 HTTP/1.1"), 501)
case("a very long method", line("A" * 40 + " /api/hello HTTP/1.1"), 501)
case("a method that is no token", line("GE(T /api/hello HTTP/1.1"), 400)
case("a method with a colon", line("GET: /api/hello HTTP/1.1"), 400)

# Host.
case("no Host", b"GET /api/hello HTTP/1.1\r\n\r\n", 400)
case("no Host in 1.0", b"GET /api/hello HTTP/1.0\r\n\r\n", 200, then=ENDED)
case("two Hosts", fields("Host: t\r\n"), 400)
case("two different Hosts", fields("Host: u\r\n"), 400)
for bad in ("", " ", "a b", "a/b", "u@t", "t:port", "t:999999", ":80", "a?b", "a,b", "<t>", "a\\b"):
    case(f"Host: {bad!r}", f"GET /api/hello HTTP/1.1\r\nHost: {bad}\r\n\r\n", 400)
for good in ("t:80", "127.0.0.1", "[::1]:8080", "a-b.example"):
    case(f"Host: {good}", f"GET /api/hello HTTP/1.1\r\nHost: {good}\r\n\r\n", 200)
case("Host against an absolute target", b"GET http://t/api/hello HTTP/1.1\r\nHost: u\r\n\r\n", 200)

# Fields and line ends.
case("a folded field", fields("X: a\r\n b\r\n"), 400)
case("a field folded by a tab", fields("X: a\r\n\tb\r\n"), 400)
case("a first field that is folded", b"GET /api/hello HTTP/1.1\r\n Host: t\r\n\r\n", 400)
case("a space before the colon", fields("X : a\r\n"), 400)
case("a tab before the colon", fields("X\t: a\r\n"), 400)
case("a field without colon", fields("X\r\n"), 400)
case("a field without name", fields(": a\r\n"), 400)
case("a field without value", fields("X:\r\n"), 200)
case("a space in a name", fields("X Y: a\r\n"), 400)
case("a quote in a name", fields("X\"Y: a\r\n"), 400)
case("a byte above 127 in a name", fields("X\xe9: a\r\n"), 400)
case("bytes above 127 in a value", fields("X: \xc3\xa9\r\n"), 200)
case("a tab in a value", fields("X: a\tb\r\n"), 200)
case("a NUL in a value", fields("X: a\0b\r\n"), 400)
case("a vertical tab in a value", fields("X: a\x0bb\r\n"), 400)
case("an escape in a value", fields("X: \x1b[1m\r\n"), 400)
case("a bare LF behind the request line", b"GET /api/hello HTTP/1.1\nHost: t\r\n\r\n", 400)
case("a bare LF behind a field", b"GET /api/hello HTTP/1.1\r\nHost: t\n\r\n", 400)
case("bare LFs only", b"GET /api/hello HTTP/1.1\nHost: t\n\n", 400)
case("a bare CR in a value", fields("X: a\rb\r\n"), 400)
case("a bare CR behind a field", b"GET /api/hello HTTP/1.1\r\nHost: t\r\r\n\r\n", 400)
case("a bare CR for the end", b"GET /api/hello HTTP/1.1\r\nHost: t\r\n\rX", 400)
case("a head that is not complete", b"GET /api/hello HTTP/1.1\r\nHost: t\r\n", then=WAITS)
case("Upgrade is ignored", fields("Connection: Upgrade\r\nUpgrade: h2c\r\n"), 200)
case("many fields", fields("X: y\r\n" * 127), 200)
case("too many fields", fields("X: y\r\n" * 128), 431)
case("a large field", fields("X: " + "y" * 30_000 + "\r\n"), 200)
case("a field that is too large", fields("X: " + "y" * 33_000 + "\r\n"), 431)
case("a head that never ends", "GET /api/hello HTTP/1.1\r\nX: " + "y" * 40_000, 431)
case("a long target", line("GET /api/hello?" + "a" * 8_000 + " HTTP/1.1"), 200)
case("a target that is too long", line("GET /api/hello?" + "a" * 9_000 + " HTTP/1.1"), 414)
case("a target that never ends", "GET /" + "a" * 20_000, 414)

# Lengths.
case("a body", note("Content-Length: 3\r\n", "abc"), 201)
case("a length with zeros in front", note("Content-Length: 003\r\n", "abc"), 201)
case("a body of GET", fields("Content-Length: 3\r\n") + "abc", 200)
case("length 0", note("Content-Length: 0\r\n"), 400, then=KEPT)
case("a body that is not complete", note("Content-Length: 4\r\n", "abc"), then=WAITS)
case("a body and the next request", note("Content-Length: 3\r\n", "abc") + HELLO.decode(), 201, 200)
for bad in ("+3", "-3", "3 3", "3, 3", "3,3", "3;q=1", "0x3", "3.0", "three", "", "3\t3", "1e1",
            "99999999999999999999", "\u00b3"):
    case(f"Content-Length: {bad!r}", note(f"Content-Length: {bad}\r\n", "abc"), 400)
case("the same length twice", note("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400)
case("two lengths", note("Content-Length: 3\r\nContent-Length: 2\r\n", "abc"), 400)
case("a body that is too large", note("Content-Length: 70000\r\n", "abc"), 413)
case("a body that is far too large", note("Content-Length: 999999999999999\r\n"), 413)

# Transfer codings; smuggling.
case("chunks", chunked("3\r\nabc\r\n0\r\n\r\n"), 201)
case("the coding in another case", chunked("1\r\na\r\n0\r\n\r\n", "transfer-encoding: Chunked\r\n"),
     201)
SMUGGLED = "GET /api/nothing HTTP/1.1\r\nHost: t\r\n\r\n"
case("CL.TE", note("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"), 400)
case("TE.CL", note("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                   "5c\r\n" + SMUGGLED + "\r\n0\r\n\r\n"), 400)
case("CL.0", note("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400)
for coding in ("xchunked", "chunked, chunked", "chunked, identity", "identity", "chunked;a=b",
               "\"chunked\"", "chunked,", "", "gzip", "chunked, gzip", "\x0bchunked", "chunke"):
    case(f"Transfer-Encoding: {coding!r}",
         chunked("0\r\n\r\n" + SMUGGLED, f"Transfer-Encoding: {coding}\r\n"), 400)
case("a coding we do not know", chunked("0\r\n\r\n", "Transfer-Encoding: gzip, chunked\r\n"), 501)
case("TE.TE: twice", chunked("0\r\n\r\n", "Transfer-Encoding: chunked\r\n" * 2), 400)
case("TE.TE: and another", chunked("0\r\n\r\n", "Transfer-Encoding: chunked\r\n"
                                   "Transfer-Encoding: cow\r\n"), 400)
case("TE.TE: a space before the colon", chunked("0\r\n\r\n", "Transfer-Encoding : chunked\r\n"),
     400)
case("TE.TE: folded", chunked("0\r\n\r\n", "Transfer-Encoding:\r\n chunked\r\n"), 400)
case("TE.TE: a tab is white space",
     chunked("1\r\na\r\n0\r\n\r\n", "Transfer-Encoding:\tchunked\r\n"), 201)
case("TE.TE: behind a bare LF", chunked("0\r\n\r\n", "X: y\nTransfer-Encoding: chunked\r\n"), 400)
case("a coding in 1.0", b"POST /api/notes HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"0\r\n\r\n", 400)
case("a length in an underscore's name", note("Content_Length: 3\r\n"), 400, then=KEPT)

# Chunks.
for name, size in (("an upper-case size", "A"), ("a lower-case size", "a"),
                   ("a size with zeros in front", "000a")):
    case(name, chunked(f"{size}\r\n0123456789\r\n0\r\n\r\n"), 201)
case("many chunks", chunked("1\r\na\r\n" * 50 + "0\r\n\r\n"), 201)
case("an extension", chunked("3;a=b\r\nabc\r\n0;c\r\n\r\n"), 201)
case("a quoted extension", chunked("3;a=\"b;c\"\r\nabc\r\n0\r\n\r\n"), 201)
case("a trailer", chunked("3\r\nabc\r\n0\r\nX: y\r\nZ: \r\n\r\n"), 201)
case("a trailer that frames", chunked("3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n")
     + HELLO.decode(), 400)
case("a trailer that routes", chunked("3\r\nabc\r\n0\r\nHost: u\r\n\r\n"), 400)
case("chunks and the next request", chunked("3\r\nabc\r\n0\r\n\r\n") + HELLO.decode(), 201, 200)
case("chunks that do not end", chunked("3\r\nabc\r\n"), then=WAITS)
case("no empty line behind the last chunk", chunked("3\r\nabc\r\n0\r\n"), then=WAITS)
for name, body in (("no size", "\r\nabc\r\n0\r\n\r\n"), ("a size in letters", "xyz\r\nabc\r\n"),
                   ("a negative size", "-3\r\nabc\r\n0\r\n\r\n"),
                   ("a signed size", "+3\r\nabc\r\n"),
                   ("a size with 0x", "0x3\r\nabc\r\n0\r\n\r\n"),
                   ("a space before the size", " 3\r\nabc\r\n0\r\n\r\n"),
                   ("a space behind the size", "3 \r\nabc\r\n0\r\n\r\n"),
                   ("a size that overflows", "ffffffffffffffff1\r\nabc\r\n0\r\n\r\n"),
                   ("a huge size", "fffffffffffffff\r\nabc"),
                   ("a size with an underscore", "1_0\r\nabc"),
                   ("a bare LF behind the size", "3\nabc\r\n0\r\n\r\n"),
                   ("a bare CR behind the size", "3\rabc\r\n0\r\n\r\n"),
                   ("a chunk that is too long", "3\r\nabcd\r\n0\r\n\r\n"),
                   ("a chunk that is too short", "4\r\nabc\r\n0\r\n\r\n"),
                   ("a bare LF behind a chunk", "3\r\nabc\n0\r\n\r\n"),
                   ("a bare LF in an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"),
                   ("a control character in an extension", "3;a\x01\r\nabc\r\n0\r\n\r\n"),
                   ("long extensions", "3;" + "a" * 5000 + "\r\nabc\r\n0\r\n\r\n"),
                   ("a folded trailer", "0\r\nX: y\r\n z\r\n\r\n"),
                   ("a trailer without colon", "0\r\nX\r\n\r\n"),
                   ("a bare LF in the trailer", "0\r\nX: y\n\r\n")):
    case(name, chunked(body), 400)
case("a large trailer", chunked("0\r\nX: " + "y" * 9000 + "\r\n\r\n"), 431)
case("chunks that are too large together", chunked(("4000\r\n" + "a" * 0x4000 + "\r\n") * 5), 413)

# Connections.
case("close", fields("Connection: close\r\n"), 200, then=ENDED)
case("close in another case", fields("Connection: CLOSE\r\n"), 200, then=ENDED)
case("close in a list", fields("Connection: x, close\r\n"), 200, then=ENDED)
case("close in the second field", fields("Connection: x\r\nConnection: close\r\n"), 200, then=ENDED)
case("something else than close", fields("Connection: closed\r\n"), 200)
case("keep-alive in 1.1", fields("Connection: keep-alive\r\n"), 200)
case("1.0 ends", b"GET /api/hello HTTP/1.0\r\nHost: t\r\n\r\n", 200, then=ENDED)
case("1.0 that stays", b"GET /api/hello HTTP/1.0\r\nHost: t\r\nConnection: keep-alive\r\n\r\n", 200)
case("two requests at once", HELLO * 2, 200, 200)
case("ten requests at once", HELLO * 10, *[200] * 10)
case("nothing behind close is read", fields("Connection: close\r\n") + HELLO.decode(), 200,
     then=ENDED)
case("nothing behind nonsense is read", b"NONSENSE\r\n\r\n" + HELLO, 400)
case("HEAD, then GET", b"HEAD /api/hello HTTP/1.1\r\nHost: t\r\n\r\n", 200, bare=True)

# Expect.
case("100-continue with the body",
     note("Expect: 100-continue\r\nContent-Length: 3\r\n", "abc"), 201)
case("100-continue in another case", note("Expect: 100-Continue\r\nContent-Length: 3\r\n", "abc"),
     201)
case("100-continue without body", fields("Expect: 100-continue\r\n"), 200)
case("100-continue of what is too large",
     note("Expect: 100-continue\r\nContent-Length: 70000\r\n"), 413)
case("another expectation", note("Expect: tea\r\nContent-Length: 3\r\n", "abc"), 417)

# Where python3-h11 judges otherwise, and why we do not follow it.
_REASONS = {
    "h11 ends here, we answer: RFC 9112, 2.2 asks servers to ignore one empty line, and what "
    "stands behind a request with `close` is never looked at": (
        "an empty line first", "nothing behind close is read"),
    "h11 leaves version, method and target to the program behind it": (
        "version 2.0", "version 0.9", "HTTP/2's preface", "a fragment in the target",
        "a relative target", "an absolute target of another scheme",
        "an absolute target without host", "an absolute target with a user",
        "a query without path", "an asterisk of GET", "a method in lower case", "TRACE", "CONNECT",
        "a very long method", "another expectation"),
    "h11 does not look into Host; a router or cache behind would": tuple(
        c.name for c in CASES if c.name.startswith("Host: ") and c.then == ENDED),
    "h11 unfolds; RFC 9112, 5.2 lets a server refuse, and folding is how fields are hidden": (
        "a folded field", "a field folded by a tab", "TE.TE: folded", "a folded trailer"),
    "h11 takes a bare LF or CR for a line's end; readers that do not see another message": (
        "a bare LF behind the request line", "a bare LF behind a field", "bare LFs only",
        "a bare CR for the end", "TE.TE: behind a bare LF", "a bare LF in the trailer"),
    "h11 lets control characters pass": (
        "an escape in a value", "a control character in an extension"),
    "h11 joins equal lengths and prefers chunks to a length; RFC 9112, 6.3 lets a server refuse, "
    "and each is how requests are smuggled": (
        "Content-Length: '3, 3'", "Content-Length: '3,3'", "the same length twice", "CL.TE",
        "TE.CL", "CL.0", "a coding in 1.0"),
    "h11 allows white space behind a chunk's size; RFC 9112, 7.1.1 only before an extension": (
        "a space behind the size",),
    "h11 takes any trailer; RFC 9110, 6.5.1 forbids to send those that frame or route": (
        "a trailer that frames", "a trailer that routes"),
    "h11 has no such bound": (
        "too many fields", "a field that is too large", "a target that is too long",
        "a target that never ends", "Content-Length: '99999999999999999999'",
        "a body that is too large", "a body that is far too large", "a size that overflows",
        "a huge size", "long extensions", "a large trailer", "chunks that are too large together",
        "100-continue of what is too large"),
}
DIFFERENCES = {name: why for why, names in _REASONS.items() for name in names}
