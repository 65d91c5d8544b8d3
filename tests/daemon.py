"""The built engine as a child process, for the suites that meet it as a stranger does: over sockets and signals.

Daemon(myelin, folder) keeps a configuration in folder/conf, the store in folder/store and what the engine says in
folder/engine.log. start() returns when `engine_ready` was said; kill() is SIGKILL. Nothing here reads the engine's files.
A suite of tests with one engine each is an OneDaemon.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

MYELIN = os.environ.get("MYELIN", "build/debug/myelin")
READY_SECONDS = 30
STORE_RESERVE = "16MiB"


class NotReady(Exception):
    """The engine ended, or said nothing in time, before it was ready; `code` and `said` tell how."""

    def __init__(self, code, said):
        super().__init__(f"exit {code}: {said[-2000:]}")
        self.code = code
        self.said = said


def free_port():
    return free_ports(1)[0]


def free_ports(count):
    """Different from each other: all are held until the last is known."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Daemon:
    def __init__(self, myelin, folder, wrapper=()):
        self.myelin = os.path.abspath(myelin)
        self.folder = pathlib.Path(folder)
        self.conf = self.folder / "conf"
        self.store = self.folder / "store"
        self.socket = self.folder / "myelin.sock"
        self.log = self.folder / "engine.log"
        self.wrapper = list(wrapper)   # strace … before the program
        self.process = None
        self.said_from = 0
        (self.conf / "channels").mkdir(parents=True, exist_ok=True)
        self.write("myelin.yaml", f"store:\n  reserve: {STORE_RESERVE}\n")

    def write(self, name, text):
        path = self.conf / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def words(self):
        return [self.myelin, "run", "--conf", str(self.conf), "--store", str(self.store), "--socket", str(self.socket)]

    def launch(self):
        self.said_from = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*self.wrapper, *self.words()], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

    def start(self, seconds=READY_SECONDS):
        self.launch()
        self.wait_for("engine_ready", seconds)
        return self

    def said(self):
        """What this run of the engine has written so far."""
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as log:
            log.seek(self.said_from)
            return log.read().decode(errors="replace")

    def wait_for(self, words, seconds=READY_SECONDS):
        """Returns when the engine has said `words`; NotReady when it ended or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            code = self.process.poll()
            if words in self.said():
                return
            if code is not None:
                raise NotReady(code, self.said())
            time.sleep(0.002)
        raise NotReady(None, self.said())

    def wait_until(self, holds, what, seconds=READY_SECONDS):
        """What `holds()` returns when it is true at last; else fails with `what` and the last words of the engine."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := holds():
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what}; the engine said:\n{self.said()[-2000:]}")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL to the engine and to what wraps it."""
        if self.process is not None:
            self._signal_all(signal.SIGKILL)
            self.process.wait()
            deadline = time.monotonic() + READY_SECONDS
            while self.wrapper and self._signal_all(0) and time.monotonic() < deadline:
                time.sleep(0.01)   # what was wrapped may end later, and has the store until then

    def _signal_all(self, number):
        """False: nobody of them is left."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return False
        return True

    def stop(self, seconds=READY_SECONDS):
        """SIGTERM; the exit code."""
        if not self.running():
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def ask(self, *words, timeout=20):
        """A verb of the command against this daemon: `ask("queue", "--json")`."""
        return subprocess.run([self.myelin, *words, "--socket", str(self.socket)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout)

    def ask_json(self, *words):
        done = self.ask(*words, "--json")
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else None


class OneDaemon(unittest.TestCase):
    """Each test has an engine, not started yet, in a folder of its own; both are gone when it ends, however it ends."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="myelin-e2e-", ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.daemon = Daemon(MYELIN, self.folder)
        self.addCleanup(self.daemon.kill)
