"""An engine with one channel for a fault test: written, started, asked, taken down."""

import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from daemon import MYELIN, Daemon, NotReady, free_port
from mllp import PATIENCE_SECONDS, Peer, Sender, code_of, message

CHANNEL = """channel: {name}
about: the fault suite
source:
  mllp:
    listen: 127.0.0.1:{port}
accept:
  types: [ADT^A01, ADT^A08]
routes:
  lab:
    to:
      mllp:
        connect: 127.0.0.1:{peer}
        timeout: 1s
    retry: {{ first: 100ms, longest: 200ms }}
{more}"""


class Site(unittest.TestCase):
    """Each test has a folder; engine() starts the program there. Everything ends with the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="myelin-fault-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.daemon = None

    def peer(self, *script, **how):
        peer = Peer(script or ("AA",), **how)
        self.addCleanup(peer.close)
        return peer

    def engine(self, peer, more="", name="adt", start=True):
        """One channel from self.port to `peer`; started and ready unless told otherwise."""
        if self.daemon is None:
            self.daemon = Daemon(MYELIN, self.folder)
            self.addCleanup(self.daemon.kill)
        self.port = free_port()
        self.daemon.write(f"channels/{name}.yaml", CHANNEL.format(name=name, port=self.port, peer=peer.port, more=more))
        return self.daemon.start() if start else self.daemon

    def sender(self, port=None):
        sender = Sender(port or self.port)
        self.addCleanup(sender.socket.close)
        return sender

    def assert_takes(self, control_id, peer=None):
        """An ordinary message on a connection of its own is answered AA, and arrives where a peer is given."""
        with Sender(self.port) as sender:
            self.assertEqual(code_of(sender.ask(message(control_id))), "AA")
        if peer is not None:
            self.assertTrue(peer.wait_for_id(control_id), f"{control_id} was acknowledged and did not arrive")

    def assert_says(self, words, seconds=PATIENCE_SECONDS):
        """The engine says `words` on standard error."""
        try:
            self.daemon.wait_for(words, seconds)
        except NotReady:
            self.fail(f"the engine never said {words!r}:\n{self.daemon.said()[-3000:]}")

    def assert_never_says_content(self):
        """No patient's data in what the engine writes."""
        for word in ("TEST^PERSON", "90001", "19700101"):
            self.assertNotIn(word, self.daemon.said())

    def assert_waits(self, state, count=1, seconds=PATIENCE_SECONDS):
        """The queue shows so many deliveries in `state`."""
        deadline, listed = time.monotonic() + seconds, ""
        while time.monotonic() < deadline:
            listed = self.daemon.ask("queue").stdout
            if sum(state in line for line in listed.splitlines()) >= count:
                return
            time.sleep(0.05)
        self.fail(f"nothing {state} in the queue:\n{listed}\n{self.daemon.said()[-2000:]}")
