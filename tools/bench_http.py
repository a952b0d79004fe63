"""The bars of HTTP: hello through an actor beside bare Beast, and many parked long polls."""

import resource
import selectors
import socket
import threading
import time

import bench_idle

CONNECTIONS = 64
PACES = (5_000, 10_000)  # requests a second of all connections
BAR_PACE = 10_000
SYNCS = 3  # the bar of p50, in fdatasyncs
POLLS = 10_000
WAVE = 100  # polls that are sent before the actor has parked them
POLL_SECONDS = 20
SETTLE_SECONDS = 2  # until memory is what it will be
DESCRIPTORS_SPARE = 200
POLL = b"GET /api/notes?after=0 HTTP/1.1\r\nHost: t\r\n\r\n"
HELLO = b"GET /api/hello HTTP/1.1\r\nHost: t\r\n\r\n"
NOTE = b"POST /api/notes HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nnews"
MANIFEST = "actors/board/board.toml"
NEIGHBOUR = "actors/echo/echo.toml"  # on the same shard
NEIGHBOUR_CONNECTIONS, NEIGHBOUR_BYTES = 10, 64
NEIGHBOUR_SECONDS = 8
SLOWER_MAX = 2


def command(bench, folder, port, options, *more):
    made = bench.node_command([MANIFEST, *more], folder, port, options)
    return [*made, "--var", "client_max=100000", "--var", f"parked_max={2 * POLLS}"]


def hello_rows(bench, folder, options):
    """In a closed loop p50 is what throughput leaves: 64 connections divided by the rate. What an
    answer takes shows at a pace below that."""
    beast, board = bench.free_port(), bench.free_port()
    ports = {"beast": (beast, "/"), "actor": (board, "/api/hello")}
    figures = {(name, pace): [] for name in ports for pace in (None, *PACES)}
    with bench.Server([bench.BUILD / "bench" / "beast_http", str(beast)]), \
            bench.Server(command(bench, folder / "hello", board, options)):
        for _ in range(options.rounds):
            for (name, pace), runs in figures.items():
                how = ("--http",) if pace is None else ("--http", "--rate", str(pace))
                runs.append(bench.load(*ports[name], CONNECTIONS, 0, options.seconds, *how))
    sync = bench.raw_sync(folder)["p50_us"]
    middle = {key: bench.middle(runs) for key, runs in figures.items()}
    beast, actor = middle["beast", None], middle["actor", None]
    ratio = actor["per_second"] / beast["per_second"]
    what = f"HTTP hello, durable, {CONNECTIONS} connections"
    closed = [(f"{what}, of bare Beast", ">= 0.35", f"{ratio:.2f} ({actor['per_second']:,.0f} of "
               f"{beast['per_second']:,.0f}/s)", ""),
              (f"{what}, p50 as fast as they can", "", p50_text(actor, beast), "")]
    return closed + [pace_row(what, pace, middle, sync) for pace in PACES]


def pace_row(what, pace, middle, sync):
    bar = f"<= {SYNCS} x {sync:,.0f} us" if pace == BAR_PACE else ""
    return (f"{what}, p50 at {pace:,}/s", bar, p50_text(middle["actor", pace],
                                                         middle["beast", pace]), "")


def p50_text(actor, beast):
    return f"{actor['p50_us']:,.0f} us (bare Beast {beast['p50_us']:,.0f} us)"


def poll_count():
    """As many polls as descriptors allow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(100, min(POLLS, hard - DESCRIPTORS_SPARE))


def poll_rows(bench, folder, options):
    count, port = poll_count(), bench.free_port()
    with bench.Server(command(bench, folder / "polls", port, options, NEIGHBOUR)) as server:
        alone = neighbour(bench, port)
        before = bench_idle.resident_bytes(server.process.pid)
        polls = park(port, count)
        time.sleep(SETTLE_SECONDS)
        each = (bench_idle.resident_bytes(server.process.pid) - before) / count
        parked = neighbour(bench, port)
        seconds, answered = wake_all(port, polls)
        with Rounds(port, polls) as rounds:
            woken = neighbour(bench, port)
        for poll in polls:
            poll.close()
    what = f"{count:,} parked long polls"
    return [(f"{what}: memory of each", "<= 6 KiB", f"{each / 1024:.1f} KiB", ""),
            (f"{what}: all answered by one event", "<= 2 s",
             f"{seconds:.2f} s ({answered:,} answered)", ""),
            beside(f"{what}: p99 of an echo actor on their shard", alone, parked, ""),
            beside(f"{what}: that while they are answered and ask again", alone, woken,
                   f", {rounds.count} times")]


def neighbour(bench, port):
    return bench.load(port, "/echo", NEIGHBOUR_CONNECTIONS, NEIGHBOUR_BYTES, NEIGHBOUR_SECONDS)


def beside(what, alone, now, more):
    return (what, f"<= {SLOWER_MAX} x {alone['p99_us']:,.0f} us",
            f"{now['p99_us'] / alone['p99_us']:.1f} x ({now['p99_us']:,.0f} us{more}; "
            f"longest {now['max_us'] / 1000:,.0f} ms, alone {alone['max_us'] / 1000:,.0f} ms)", "")


class Rounds:
    """Answers all polls and lets them ask again, for as long as the context lasts."""

    def __init__(self, port, polls):
        self.port, self.polls, self.count = port, polls, 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.is_over.is_set():
            ask_again(self.port, self.polls, 1 + self.count)
            wake_all(self.port, self.polls)
            self.count += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.is_over.set()
        self.thread.join(2 * POLL_SECONDS)


def ask_again(port, polls, notes):
    """Each of them polls for what comes after so many notes."""
    poll = POLL.replace(b"after=0", b"after=%d" % notes)
    with socket.create_connection(("127.0.0.1", port)) as pace:
        for begin in range(0, len(polls), WAVE):
            for each in polls[begin:begin + WAVE]:
                each.setblocking(True)
                each.sendall(poll)
            pace.sendall(HELLO)
            if not pace.recv(4096).startswith(b"HTTP/1.1 200"):
                raise SystemExit("bench: the board does not keep up")


def park(port, count):
    """Opens polls wave by wave: the actor answers a hello behind each."""
    polls = []
    with socket.create_connection(("127.0.0.1", port)) as pace:
        while len(polls) < count:
            for _ in range(min(WAVE, count - len(polls))):
                polls.append(socket.create_connection(("127.0.0.1", port)))
                polls[-1].sendall(POLL)
            pace.sendall(HELLO)
            if not pace.recv(4096).startswith(b"HTTP/1.1 200"):
                raise SystemExit("bench: the board does not keep up")
    return polls


def wake_all(port, polls):
    """Pins one note; how long it takes until everybody has it."""
    selector = selectors.DefaultSelector()
    for poll in polls:
        poll.setblocking(False)
        selector.register(poll, selectors.EVENT_READ)
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as writer:
        writer.sendall(NOTE)
        answered = 0
        while answered < len(polls) and time.monotonic() - begin < POLL_SECONDS:
            for key, _ in selector.select(1):
                answer = key.fileobj.recv(4096)
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise SystemExit(f"bench: a poll was answered with {answer[:40]}")
                selector.unregister(key.fileobj)
                answered += 1
        return time.monotonic() - begin, answered
