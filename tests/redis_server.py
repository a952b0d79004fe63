"""A Redis server of the test's own, on a free port of the loopback; its data is nowhere."""

import shutil
import signal
import socket
import subprocess
import time

from support import free_port

START_SECONDS = 20


def is_installed():
    return shutil.which("redis-server") is not None


class RedisServer:
    """`tls`: (certificate, key), files; then it speaks nothing else."""

    def __init__(self, password=None, tls=None):
        self.port, self.password, self.tls = free_port(), password, tls
        self.process = None
        self.start()

    def start(self):
        command = ["redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                   "--loglevel", "warning", "--databases", "4"]
        if self.tls:
            command += ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no",
                        "--tls-cert-file", str(self.tls[0]), "--tls-key-file", str(self.tls[1])]
        else:
            command += ["--port", str(self.port)]
        if self.password:
            command += ["--requirepass", self.password]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError("the server does not start")
            time.sleep(0.05)

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGKILL):
        if self.process:
            self.process.send_signal(number)
            self.process.wait(START_SECONDS)
            self.process = None

    def command(self, *words):
        """What redis-cli prints."""
        how = ["-a", self.password, "--no-auth-warning"] if self.password else []
        if self.tls:
            how += ["--tls", "--cacert", str(self.tls[0])]
        return subprocess.run(["redis-cli", "-p", str(self.port), *how, *words],
                              capture_output=True, text=True, timeout=START_SECONDS,
                              check=False).stdout.strip()
