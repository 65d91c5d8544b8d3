"""MLLP release 2 between the built engine and a peer that was written from the specification alone (peer.py)."""

import http.client
import json
import os
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


class OverSocket(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


class FullDisk(OneDaemon):
    def test_nothing_is_committed_at_the_reserve_neither_alone_nor_in_a_batch(self):
        listen, target = free_ports(2)
        space = os.statvfs(self.folder)
        reserve = space.f_bavail * space.f_frsize // 2**30 + 50
        self.daemon.write("myelin.yaml", f"store:\n  reserve: {reserve}GiB\n")
        self.daemon.write("channels/two.yaml", CHANNEL.format(listen=listen, connect=target))
        self.daemon.start()
        batch = CR.join((b"BHS|^~\\&|PEER", message("2") + message("3") + b"BTS|2", b""))
        for content in (message("1"), batch):
            line = dial(listen)
            self.addCleanup(line.close)
            line.send_block(content)
            self.assertEqual(line.next_block(), NAK)
        probe = OverSocket(str(self.daemon.socket))
        self.addCleanup(probe.close)
        probe.request("GET", "/api/v1/ready")
        answer = probe.getresponse()
        self.assertEqual((answer.status, json.loads(answer.read())["fault"]), (503, "M0501"))


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

    def test_two_messages_in_one_block_are_not_taken_for_one(self):
        other = message("12").replace(b"|7^", b"|990012^")
        line = self.dial()
        commit, answer = line.exchange(message("11") + other)
        self.assertEqual((commit, field(answer, b"MSA", 1), field(answer, b"MSA", 2)), (ACK, b"AR", b"11"))
        self.assertIn(b"second MSH", answer)
        _, answer = line.exchange(message("13"))
        self.assertEqual(field(answer, b"MSA", 1), b"AA")
        self.assertEqual(self.accept().next_block(), message("13"))   # and nothing before it

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
