"""Relays between plain sockets and TLS: one lets clients without TLS test a server that has it, one
lets clients with TLS be tested by a server that has none."""

import asyncio
import ssl
import subprocess
import threading

READ_BYTES = 256 * 1024


def make_certificate(folder, name="IP:127.0.0.1"):
    """(certificate, key) for an address or "DNS:name", signed by itself; PEM files in `folder`."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=theater", "-addext", f"subjectAltName={name}", "-keyout", key,
                    "-out", certificate], check=True, capture_output=True, timeout=60)
    return certificate, key


class _Relay:
    """Listens on a port of its own and passes bytes to and from 127.0.0.1:`target`. Use as a
    context."""

    def __init__(self, target, near=None, far=None):
        """What either connection is wrapped in."""
        self.target, self.near, self.far = target, near, far
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self.started = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self.near))
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target,
                                                                   ssl=self.far)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader, writer):
        try:
            while part := await reader.read(READ_BYTES):
                writer.write(part)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def __enter__(self):
        self.thread.start()
        self.started.wait(10)
        return self

    def __exit__(self, *exception):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class TlsRelay(_Relay):
    """The server behind it has TLS."""

    def __init__(self, target, certificate):
        super().__init__(target, far=ssl.create_default_context(cafile=str(certificate)))


class TlsFront(_Relay):
    """It has TLS; the server behind it has none."""

    def __init__(self, target, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        super().__init__(target, near=context)
