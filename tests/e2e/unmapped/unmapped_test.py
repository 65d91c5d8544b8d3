"""The work list of unmapped codes as an analyst works it off: messages wait, one row is added, they go on in order."""

import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from daemon import OneDaemon, free_port
from mllp import Peer, Sender, code_of

PATIENCE_SECONDS = 20

CHANNEL = """channel: adt
source: {{ mllp: {{ listen: "127.0.0.1:{source}" }} }}
routes:
  lab:
    to: {{ mllp: {{ connect: "127.0.0.1:{lab}" }} }}
    steps:
      - map: {{ field: PID-8, table: sex, unmapped: {unmapped} }}
"""


def admission(number, sex):
    return f"MSH|^~\\&|PAS|W|LAB|W|20260101||ADT^A01|{number}|P|2.5.1\rPID|1||{number}||DOE^ANN||1970|{sex}\r"


class Laboratory(Peer):
    """Keeps (control id, PID-8) of what came."""

    def wait_for(self, count):
        super().wait_for(count, PATIENCE_SECONDS)
        lines = [content.decode().split("\r") for _, content in self.received]
        return [(msh.split("|")[9], pid.split("|")[8]) for msh, pid, *_ in lines]


class Unmapped(OneDaemon):
    def begin(self, unmapped):
        source = free_port()
        self.lab = Laboratory()
        self.addCleanup(self.lab.close)
        self.daemon.write("channels/adt.yaml", CHANNEL.format(source=source, lab=self.lab.port, unmapped=unmapped))
        self.table = self.daemon.write("tables/sex.csv", "code,lab\nM,1\n")
        self.daemon.start()
        self.sender = Sender(source)
        self.addCleanup(self.sender.socket.close)

    def send(self, number, sex):
        self.assertEqual(code_of(self.sender.ask(admission(number, sex).encode())), "AA")

    def waiting(self, count):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.daemon.ask("unmapped", "--json", "--conf", str(self.daemon.conf))
            rows = json.loads(answer.stdout)
            if len(rows) == count or time.monotonic() > deadline:
                return [(row["table"], row["code"]) for row in rows]
            time.sleep(0.05)

    def add(self, *words):
        return self.daemon.ask("unmapped", "add", *words, "--conf", str(self.daemon.conf))

    def test_what_waits_for_a_code_goes_on_in_order_when_its_row_is_added(self):
        self.begin("park")
        for number, sex in ((1, "M"), (2, "X"), (3, "Y"), (4, "X")):
            self.send(number, sex)
        self.assertEqual(self.waiting(3), [("sex", "X"), ("sex", "Y"), ("sex", "X")])
        added = self.add("sex", "X", "lab=9")
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertIn("2 deliveries went on", added.stdout)
        self.assertEqual(self.lab.wait_for(3), [("1", "1"), ("2", "9"), ("4", "9")])
        self.assertEqual(self.table.read_text(), "code,lab\nM,1\nX,9\n")
        self.assertEqual(self.waiting(1), [("sex", "Y")])

    def test_a_test_that_fails_with_the_new_row_is_named(self):
        self.begin("park")
        self.daemon.write(
            "channels/adt.test.yaml",
            "tests:\n  - it: waits with a sex that nobody knows\n    given:\n      text: |\n"
            "        MSH|^~\\&|P|W|M|H|20260101080000||ADT^A01^ADT_A01|7|P|2.5.1\n"
            "        PID|1||4711^^^W^MR||DOE^ANN||19700101|X\n"
            "    expect: { lab: { parked: unmapped } }\n",
        )
        self.send(1, "X")
        self.assertEqual(self.waiting(1), [("sex", "X")])
        added = self.add("sex", "X", "lab=9")
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertIn("a test fails now: adt: waits with a sex that nobody knows (", added.stdout)
        self.assertEqual(self.lab.wait_for(1), [("1", "9")])

    def test_a_column_that_is_not_there_changes_nothing(self):
        self.begin("park")
        self.send(1, "X")
        self.assertEqual(self.waiting(1), [("sex", "X")])
        added = self.add("sex", "X", "labb=9")
        self.assertNotEqual(added.returncode, 0)
        self.assertIn("it has lab", added.stderr)
        self.assertEqual(self.table.read_text(), "code,lab\nM,1\n")
        self.assertEqual(self.waiting(1), [("sex", "X")])

    def test_a_lane_that_stands_for_a_code_goes_on_with_all_that_came_behind(self):
        self.begin("hold")
        for number, sex in ((1, "X"), (2, "M")):
            self.send(number, sex)
        self.assertEqual(self.waiting(1), [("sex", "X")])
        self.assertEqual(self.lab.received, [])
        self.assertEqual(self.add("sex", "X", "lab=9").returncode, 0)
        self.assertEqual(self.lab.wait_for(2), [("1", "9"), ("2", "1")])


if __name__ == "__main__":
    unittest.main()
