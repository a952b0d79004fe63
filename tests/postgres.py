"""A PostgreSQL server of the test's own, reached by a socket in its folder, or by a port too."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
START_SECONDS = 60


def is_installed():
    return (PROGRAMS / "postgres").exists()


class Postgres:
    """Runs as the user `postgres` if the test is root's: the server refuses to be root."""

    def __init__(self, port=None):
        """`port`: on loopback, for those who cannot use the socket."""
        self.listens = "127.0.0.1" if port else ""
        self.port = port or 5432  # names the socket, too
        self.folder = tempfile.mkdtemp(prefix="theater-pg-", dir="/tmp")
        self.where = ("-h", self.folder, "-p", str(self.port))
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        self._run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", "theater",
                  "-E", "UTF8", "--no-locale", "--no-sync").check_returncode()
        self.process = None
        self.start()

    def _how(self):
        return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": self.user,
                "stdin": subprocess.DEVNULL, "cwd": "/"}

    def _run(self, program, *arguments):
        return subprocess.run([PROGRAMS / program, *arguments], timeout=START_SECONDS,
                              check=False, **self._how())

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAMS / "postgres", "-D", f"{self.folder}/data", "-k", self.folder, "-p",
             str(self.port), "-c", f"listen_addresses={self.listens}", "-c",
             "max_connections=100"], **self._how())
        end = time.monotonic() + START_SECONDS
        while self._run("pg_isready", "-q", *self.where, "-d", "postgres").returncode != 0:
            if time.monotonic() > end:
                raise AssertionError("the server does not start")
            time.sleep(0.05)

    def stop(self, number=signal.SIGINT):
        """SIGINT: fast; SIGQUIT: as a crash."""
        if self.process:
            self.process.send_signal(number)
            self.process.wait(START_SECONDS)
            self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def connection(self):
        return f"host={self.folder} port={self.port} dbname=postgres user=theater"

    def rows(self, sql):
        """What a query gives, one line a row."""
        run = subprocess.run([PROGRAMS / "psql", "-X", "-A", "-t", *self.where, "-U",
                              "theater", "-d", "postgres", "-c", sql], capture_output=True,
                             text=True, timeout=START_SECONDS, check=False)
        return run.stdout.splitlines() if run.returncode == 0 else []
