"""MLLP release 2 between the built engine and a peer that was written from the specification alone (peer.py)."""

import pathlib
import socket
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from daemon import OneDaemon, free_ports
from peer import ACK, NAK, CR, Line, acknowledgement, dial, field

CHANNEL = """channel: two
about: release 2 on both sides
source:
  mllp: {{ listen: "127.0.0.1:{listen}", release: 2 }}
routes:
  out:
    to:
      mllp: {{ connect: "127.0.0.1:{connect}", release: 2 }}
    retry: {{ first: 50ms, longest: 200ms }}
"""


def message(number):
    return CR.join((f"MSH|^~\\&|PEER|THERE|MYELIN|HERE|20260101||ADT^A08|{number}|P|2.5.1".encode(), b"EVN||20260101",
                    b"PID|1||7^^^H^MR||TEST^PERSON", b""))


class Release2(OneDaemon):
    def setUp(self):
        super().setUp()
        self.listen, target = free_ports(2)
        self.listener = socket.create_server(("127.0.0.1", target))
        self.listener.settimeout(20)
        self.addCleanup(self.listener.close)
        self.daemon.write("channels/two.yaml", CHANNEL.format(listen=self.listen, connect=target))
        self.daemon.start()

    def dial(self):
        line = dial(self.listen)
        self.addCleanup(line.close)
        return line

    def accept(self):
        line = Line(self.listener.accept()[0])
        self.addCleanup(line.close)
        return line

    def test_content_is_committed_then_answered_and_the_line_goes_on(self):
        line = self.dial()
        for number in ("1", "2"):
            commit, answer = line.exchange(message(number))
            self.assertEqual(commit, ACK)
            self.assertEqual((field(answer, b"MSA", 1), field(answer, b"MSA", 2)), (b"AA", number.encode()))

    def test_what_is_refused_is_committed_too_since_it_is_kept(self):
        commit, answer = self.dial().exchange(b"HELLO" + CR)
        self.assertEqual(commit, ACK)
        self.assertIn(field(answer, b"MSA", 1), (b"AR", b"AE"))

    def test_the_engine_waits_for_the_commit_and_commits_the_answer(self):
        self.dial().exchange(message("7"))
        peer = self.accept()
        content = peer.next_block()
        self.assertEqual(content, message("7"))
        peer.send_block_in_pieces(ACK)
        peer.send_block(acknowledgement(content))
        self.assertEqual(peer.next_block(), ACK)
        self.dial().exchange(message("8"))
        self.assertEqual(field(peer.next_block(), b"MSH", 10), b"8")

    def test_what_was_not_committed_comes_again_with_the_same_bytes(self):
        self.dial().exchange(message("9"))
        peer = self.accept()
        first = peer.next_block()
        peer.send_block(NAK)
        again = self.accept() if peer.next_block() is None else peer
        second = again.next_block()
        self.assertEqual(second, first)
        again.send_block(ACK)
        again.send_block(acknowledgement(second))
        self.assertEqual(again.next_block(), ACK)


if __name__ == "__main__":
    unittest.main()
