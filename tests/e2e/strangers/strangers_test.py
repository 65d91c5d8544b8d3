"""The built engine between strangers, both ways and over TLS: other people's HL7 v2 clients send to it, and it delivers to
their servers. Each stranger is a process of its own (peer.cjs, peer.py). Where the registry of npm cannot be reached for
the libraries (once, then they lie below build/), its strangers are not met, and the run says so.
"""

import itertools
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

import mllp
import npm
from daemon import Daemon, free_port

MYELIN = os.environ.get("MYELIN", "build/debug/myelin")
NPM = HERE.parent.parent.parent / "build/npm/strangers"
PATIENCE_SECONDS = 30
ALL = ("medplum", "simple", "node-hl7", "hl7")
FAST_RETRY = "retry: { first: 50ms, longest: 200ms }"

CHANNEL = """channel: met
about: from one stranger to another
version: "2.5.1"
source:
  mllp: {{ listen: "127.0.0.1:{listen}"{source_tls} }}
routes:
  out:
    to:
      mllp: {{ connect: "localhost:{connect}"{target_tls} }}
    {retry}
"""


def words_of(library, *more):
    if library == "hl7":
        return ["/usr/bin/python3", HERE / "peer.py", library, *map(str, more)]
    return ["node", HERE / "peer.cjs", library, *map(str, more)]


def certificate(folder):
    """A key and its own certificate for localhost, as files."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", folder / "key.pem", "-out", folder / "certificate.pem", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    (folder / "key.pem").chmod(0o600)
    return folder / "key.pem", folder / "certificate.pem"


class Receiver:
    """A stranger's server as a process; the ids that it said it got."""

    def __init__(self, library, port, environment):
        self.process = subprocess.Popen(words_of(library, "receive", port), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment)
        self.lines = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def wait_for(self, *wanted):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not all(line in self.lines for line in wanted):
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        return list(self.lines)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()
        self.process.stderr.close()


class Strangers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="myelin-strangers-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def need(self, library):
        missing = None
        if library == "hl7":
            ran = subprocess.run(["/usr/bin/python3", "-c", "import hl7.mllp"], capture_output=True, text=True)
            missing = ran.stderr.strip()[-200:] if ran.returncode else None
        else:
            missing = None if npm.modules(HERE) else "no packages of npm"
        if missing:
            print(f"{library} is not met: {missing}", file=sys.stderr)
        return missing is None

    def meet(self, sender, receiver, tls=()):
        """One message from the one through the engine to the other; `tls` names the sides that are encrypted."""
        if not (self.need(sender) and self.need(receiver)):
            return
        folder = self.folder / f"{sender}-{receiver}-{len(tls)}"
        folder.mkdir()
        key, own = certificate(folder) if tls else (None, None)
        listen, target = free_port(), free_port()
        of_sender, of_receiver = dict(os.environ, MYELIN_NPM=str(NPM)), dict(os.environ, MYELIN_NPM=str(NPM))
        if "sender" in tls:
            of_sender["MYELIN_CA"] = str(own)
        if "receiver" in tls:
            of_receiver.update(MYELIN_KEY=str(key), MYELIN_CERTIFICATE=str(own))
        peer = Receiver(receiver, target, of_receiver)
        self.addCleanup(peer.close)
        self.assertEqual(peer.wait_for("ready"), ["ready"], f"{receiver} does not listen")
        daemon = Daemon(MYELIN, folder)
        self.addCleanup(daemon.kill)
        daemon.write("channels/met.yaml", CHANNEL.format(
            listen=listen, connect=target, retry=FAST_RETRY,
            source_tls=f", tls: {{ certificate: {own}, key: {key} }}" if "sender" in tls else "",
            target_tls=f", tls: {{ authorities: {own} }}" if "receiver" in tls else ""))
        daemon.start()
        number = f"{sender}-{receiver}"[:20]
        said = subprocess.run(words_of(sender, "send", listen, number), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_SECONDS, env=of_sender)
        self.assertTrue(said.stdout.startswith(f"MSA|AA|{number}"), f"{sender}: {said.stdout}{said.stderr}")
        self.assertEqual(peer.wait_for(number), ["ready", number])
        daemon.kill()
        peer.close()

    def test_each_sends_and_each_receives(self):
        for sender, receiver in itertools.product(ALL, ALL):
            with self.subTest(sender=sender, receiver=receiver):
                self.meet(sender, receiver)

    def test_each_sends_and_receives_with_tls_on_both_sides(self):
        for library in ALL:
            with self.subTest(library=library):
                self.meet(library, library, tls=("sender", "receiver"))

    def half_closed(self, with_notice):
        """What is answered over TLS to a sender that sends one frame and closes its side, with close_notify or by TCP alone."""
        key, own = certificate(self.folder)
        listen, target = free_port(), free_port()
        daemon = Daemon(MYELIN, self.folder)
        self.addCleanup(daemon.kill)
        daemon.write("channels/met.yaml", CHANNEL.format(listen=listen, connect=target, retry=FAST_RETRY, target_tls="",
                                                         source_tls=f", tls: {{ certificate: {own}, key: {key} }}"))
        daemon.start()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = ssl.create_default_context(cafile=own).wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", listen), timeout=PATIENCE_SECONDS) as line:
            def until(step):
                while True:
                    try:
                        done = step()
                    except ssl.SSLWantReadError:
                        done = None
                    if outgoing.pending:
                        line.sendall(outgoing.read())
                    if done is not None:
                        return done
                    got = line.recv(65536)
                    if not got:
                        return b""
                    incoming.write(got)
            until(lambda: tls.do_handshake() or True)
            tls.write(mllp.frame(mllp.message("HALF")))
            if with_notice:
                try:
                    tls.unwrap()
                except ssl.SSLWantReadError:
                    pass
            line.sendall(outgoing.read())
            line.shutdown(socket.SHUT_WR)
            return until(lambda: tls.read(65536) or None)

    def test_a_sender_that_closes_its_side_over_tls_is_answered(self):
        self.assertIn(b"MSA|AA|HALF", self.half_closed(with_notice=False))

    def test_a_sender_that_says_over_tls_that_it_has_ended_is_answered(self):
        self.assertIn(b"MSA|AA|HALF", self.half_closed(with_notice=True))


if __name__ == "__main__":
    unittest.main()
