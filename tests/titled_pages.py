"""A web server for the newsroom's test: pages with a title, without one, hostile, slow, broken."""

import http.server
import threading
import time


class Pages(http.server.ThreadingHTTPServer):
    """A server whose pages have titles, most of them; it notes what it is asked."""

    daemon_threads = True
    titled = {"/salt": "Salt & Pepper", "/script": "<script>alert(1)</script> &amp;",
              "/wrong": "\ufffd is no UTF-8", "/many": "first"}

    def __init__(self):
        super().__init__(("127.0.0.1", 0), PageHandler)
        self.asked = []
        self.home = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # a client that was killed


class PageHandler(http.server.BaseHTTPRequestHandler):
    pages = {
        "/none": b"<p>No title</p>",
        "/open": b"<title>It never ends",
        "/salt": b"<html><title>Salt &amp;\n\t Pepper</title>",
        "/script": b"<TITLE a='b'>&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;</TITLE>",
        "/wrong": b"<title>\xff is no UTF-8</title>",
        "/many": b"<titles>no</titles><title>first</title><title>second</title>",
        "/big": b"<title>Too big</title>" + b"." * 400_000,
    }

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/gone":
            return self.send_error(410)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/salt")
            return self.end_headers()
        if self.path == "/slow":
            time.sleep(4)  # longer than the manifest of the test allows
        if self.path == "/short":
            return self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<title>a")
        page = self.pages.get(self.path, f"<title>Page {self.path[1:]}</title>".encode())
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return self.wfile.write(page)

    def log_message(self, *_):
        pass
