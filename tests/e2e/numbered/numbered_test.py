"""The sequence number protocol (HL7 v2, chapter 2) between the built engine and both ends of it, written from the standard's
text: a sender that counts, and a receiver that expects. The engine is killed in between."""

import pathlib
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from daemon import OneDaemon, free_ports
from mllp import FS_CR, VT, Listener, Sender, frame

PATIENCE_SECONDS = 20

CHANNEL = """channel: counted
about: numbered on both sides
source:
  mllp: {{ listen: "127.0.0.1:{listen}", sequence: hold }}
routes:
  out:
    to:
      mllp: {{ connect: "127.0.0.1:{connect}", sequence: {on_mismatch}, timeout: 2s }}
    retry: {{ first: 50ms, longest: 200ms }}
"""


def message(control_id, number):
    return (f"MSH|^~\\&|PEER|THERE|MYELIN|HERE|20260101||ADT^A08|{control_id}|P|2.5.1|{number}\r"
            f"EVN||20260101\rPID|1||{control_id}^^^H^MR||TEST^PERSON\r").encode()


def cell(content, segment, number):
    for line in content.decode().split("\r"):
        cells = line.split("|")
        if cells[0] == segment:
            at = number - 1 if segment == "MSH" else number
            return cells[at] if at < len(cells) else ""
    return ""


class Receiver(Listener):
    """Expects a number, as the standard says; `lose` makes it keep that many answers to itself and hang up."""

    def __init__(self, port, expected=-1):
        self.expected, self.lose = expected, 0
        self.taken, self.starts = [], 0
        self.changed = threading.Condition()
        super().__init__(port)

    def serve(self, line):
        buffer = b""
        with line:
            try:
                while got := line.recv(65536):
                    buffer += got
                    while FS_CR in buffer:
                        content, buffer = buffer.split(FS_CR, 1)
                        answer = self.judge(content.lstrip(VT))
                        if answer is None:
                            return
                        line.sendall(frame(answer))
            except ConnectionError:   # the engine was killed
                pass

    def judge(self, content):
        number, known = int(cell(content, "MSH", 13)), cell(content, "MSH", 10)
        with self.changed:
            code, told = "AA", number
            if number == 0:
                self.starts += 1
                told = self.expected
            elif number == -1:
                self.expected = -1
            elif self.expected in (-1, number):
                self.taken.append((number, known))
                self.expected = number + 1
                if self.lose:
                    self.lose -= 1
                    return None
            else:
                code, told = "AE", self.expected
            self.changed.notify_all()
        return f"MSH|^~\\&|P|P|M|H|20260101||ACK|A{time.monotonic_ns()}|P|2.5.1\rMSA|{code}|{known}||{told}\r".encode()

    def wait_for(self, count):
        with self.changed:
            self.changed.wait_for(lambda: len(self.taken) >= count, PATIENCE_SECONDS)
            return list(self.taken)


class Numbered(OneDaemon):
    def begin(self, on_mismatch="hold", expected=-1):
        self.listen, target = free_ports(2)
        self.peer = Receiver(target, expected)
        self.addCleanup(self.peer.close)
        self.daemon.write("channels/counted.yaml", CHANNEL.format(listen=self.listen, connect=target, on_mismatch=on_mismatch))
        self.daemon.start()

    def ask(self, control_id, number):
        """MSA-1 and MSA-4."""
        with Sender(self.listen) as sender:
            answer = sender.ask(message(control_id, number)).encode()
        return cell(answer, "MSA", 1), cell(answer, "MSA", 4)

    def test_a_source_takes_each_number_once_and_in_order_also_after_it_was_killed(self):
        self.begin()
        self.assertEqual(self.ask("S0", 0), ("AA", "-1"))
        self.assertEqual(self.ask("A", 17), ("AA", "17"))
        self.assertEqual(self.ask("C", 19), ("AE", "18"))
        self.assertEqual(self.ask("A", 17), ("AA", "18"))   # its answer was lost: it is known
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.ask("S1", 0), ("AA", "18"))
        self.assertEqual(self.ask("B", 18), ("AA", "18"))
        self.assertEqual(self.ask("R", -1), ("AA", "-1"))
        self.assertEqual(self.ask("D", 5), ("AA", "5"))
        count = 3   # and one more where the kill came before the engine had heard the peer's answer to A
        while "D" not in (came := [known for _, known in self.peer.wait_for(count)]) and count < 5:
            count += 1
        self.assertEqual(list(dict.fromkeys(came)), ["A", "B", "D"])

    def test_a_destination_counts_on_after_it_was_killed(self):
        self.begin()
        for number, known in enumerate("ABC", 1):
            self.assertEqual(self.ask(known, number)[0], "AA")
        self.assertEqual(self.peer.wait_for(3), [(1, "A"), (2, "B"), (3, "C")])
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.ask("D", 4)[0], "AA")
        self.assertEqual(self.peer.wait_for(4)[3:], [(4, "D")])

    def test_a_message_whose_answer_was_lost_does_not_go_twice(self):
        self.begin()
        self.peer.lose = 1
        self.assertEqual(self.ask("A", 1)[0], "AA")
        self.assertEqual(self.ask("B", 2)[0], "AA")
        self.assertEqual(self.peer.wait_for(2), [(1, "A"), (2, "B")])
        self.peer.lose = 1
        self.assertEqual(self.ask("C", 3)[0], "AA")
        self.peer.wait_for(3)
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.ask("D", 4)[0], "AA")
        self.assertEqual(self.peer.wait_for(4)[2:], [(3, "C"), (4, "D")])

    def test_a_peer_that_expects_another_number_holds_the_route(self):
        self.begin()
        self.assertEqual(self.ask("A", 1)[0], "AA")
        self.peer.wait_for(1)
        with self.peer.changed:
            self.peer.expected = 9
        self.assertEqual(self.ask("B", 2)[0], "AA")
        self.daemon.wait_for("M0419")
        self.assertEqual(self.peer.taken, [(1, "A")])

    def test_or_its_numbers_begin_anew(self):
        self.begin(on_mismatch="resynchronise")
        self.assertEqual(self.ask("A", 1)[0], "AA")
        self.peer.wait_for(1)
        with self.peer.changed:
            self.peer.expected = 9
        self.assertEqual(self.ask("B", 2)[0], "AA")
        self.assertEqual(self.peer.wait_for(2)[1:], [(2, "B")])


if __name__ == "__main__":
    unittest.main()
