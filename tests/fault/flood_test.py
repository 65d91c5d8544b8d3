"""Too much of everything: connections, drips, repetitions. The sender who was there before notices nothing.

MYELIN_FLOOD=N connections and MYELIN_STORM=N messages instead of a few (make soak PART=storms)."""

import collections
import os
import random
import socket
import time

import faults
from mllp import FS_CR, VT, Sender, code_of, frame, message
from site_under_test import Site

DESCRIPTORS = 64
FLOOD = int(os.environ.get("MYELIN_FLOOD", 400))    # connections that are tried
STORM = int(os.environ.get("MYELIN_STORM", 60))     # messages that come one to three times in each of three lives
REMEMBERED = 50_000  # of which an engine that begins anew is sure to know; a storm of more comes piece by piece
AT_ONCE = 20         # messages under way
DRIPPING = 100       # of those that were let in, send a byte now and then and never end
ANSWERS = 100


class Flood(Site):
    def flood(self):
        """So many connections as are tried at once; some begin a frame that they never end. More wait than the system queues."""
        tried = []
        for _ in range(FLOOD):
            one = socket.socket()
            self.addCleanup(one.close)
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.port))
            tried.append(one)
        for one in tried[:DRIPPING]:
            self.drip(one, VT + b"MSH|")
        return tried

    @staticmethod
    def drip(one, data):
        try:
            one.send(data)
        except OSError:
            pass

    def test_a_flood_of_connections_and_drips_with_few_descriptors_harms_nobody_who_was_there(self):
        peer = self.peer()
        self.engine(peer, start=False)
        self.daemon.wrapper = ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]
        self.daemon.start()
        with Sender(self.port) as established:
            self.assertEqual(code_of(established.ask(message("BEFORE"))), "AA")
            held = self.flood()
            slowest = 0.0
            for number in range(ANSWERS):
                began = time.monotonic()
                self.assertEqual(code_of(established.ask(message(f"DURING-{number}"))), "AA")
                slowest = max(slowest, time.monotonic() - began)
                self.drip(held[number % len(held)], b"x")
            self.assertLess(slowest, 2)
            for one in held:
                one.close()
            deadline, answer = time.monotonic() + 5, None
            while answer is None and time.monotonic() < deadline:
                try:
                    with Sender(self.port) as fresh:
                        answer = fresh.ask(message("AFTER"))
                except OSError:
                    time.sleep(0.05)
            self.assertEqual(code_of(answer), "AA", "nobody is let in five seconds after the flood")
        self.assertTrue(peer.wait_for_id("AFTER"))
        self.assertEqual(peer.ids(), ["BEFORE", *(f"DURING-{number}" for number in range(ANSWERS)), "AFTER"])

    def test_a_frame_that_drips_ends_with_its_limit_and_the_place_is_free_again(self):
        peer = self.peer()
        self.engine(peer, start=False)
        path = self.daemon.conf / "channels/adt.yaml"
        path.write_text(path.read_text().replace(f"listen: 127.0.0.1:{self.port}",
                                                 f"listen: 127.0.0.1:{self.port}\n    max_connections: 2\n    frame_timeout: 1s"))
        self.daemon.start()
        dripping = [self.sender(), self.sender()]
        for sender in dripping:
            sender.write(VT + b"MSH|")
        for sender in dripping:
            self.assertTrue(sender.closed())
        self.assert_takes("AFTER", peer)

    def test_a_storm_of_repetitions_is_forwarded_once_and_each_is_answered_with_the_same_bytes(self):
        draw = random.Random(4711)
        peer = self.peer()
        self.engine(peer)
        asked = 0
        names = [f"STORM-{number}" for number in range(STORM)]
        for begun in range(0, STORM, REMEMBERED):
            asked += self.storm(draw, peer, names[begun:begun + REMEMBERED])
        self.assert_takes("LAST", peer)
        came = collections.Counter(peer.ids())
        self.assertEqual(list(dict.fromkeys(peer.ids()))[:len(names)], names)
        again = sum(came[name] for name in names) - len(names)
        bound = 32 * len(range(0, STORM, REMEMBERED))
        faults.add(faults.row("a message comes again, also after SIGTERM and kill -9", asked, asked, 0, again, bound, 0, 4711))
        self.assertLessEqual(again, bound, "more came again than a kill leaves in doubt")

    def storm(self, draw, peer, names):
        """Each comes one to three times in each of three lives, some under way at once; how many that were."""
        asked, first = 0, {}
        for turn in range(3):
            with Sender(self.port) as sender:
                for begun in range(0, len(names), AT_ONCE):
                    sent = [name for name in names[begun:begun + AT_ONCE] for _ in range(draw.randint(1, 3))]
                    sender.write(b"".join(frame(message(name)) for name in sent))
                    asked += len(sent)
                    for name in sent:
                        answer = sender.answer()
                        self.assertEqual(code_of(answer), "AA")
                        self.assertEqual(first.setdefault(name, answer).split("\r")[1], answer.split("\r")[1], "another MSA")
            self.assertTrue(peer.wait_for_id(names[-1], 60))
            if turn == 0:
                self.assertEqual(self.daemon.stop(), 0)
            elif turn == 1:
                self.daemon.kill()
            if turn < 2:
                self.daemon.start()
        return asked

    def test_a_message_of_forty_megabytes_holds_no_small_one_up(self):
        peer = self.peer()
        self.engine(peer)
        large = self.sender()
        large.socket.settimeout(60)
        large.write(VT + message("LARGE")[:-1] + b"\rNTE|1||")
        for _ in range(40):
            large.write(b"y" * (1 << 20))
        self.assert_takes("SMALL", peer)
        large.write(b"\r" + FS_CR)
        self.assertEqual(code_of(large.answer()), "AA")
        self.assertTrue(peer.wait_for_id("LARGE", 60))  # it goes last: what else the machine does comes first
        large.write(frame(message("NEXT")))
        self.assertEqual(code_of(large.answer()), "AA")
