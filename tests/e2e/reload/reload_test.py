"""A reload, as the analyst meets it: what is edited and tested goes live, a mistake or a failing test changes nothing."""

import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from daemon import MYELIN, OneDaemon, free_port
from mllp import Sender, code_of

CHANNEL = """channel: {name}
source: {{ mllp: {{ listen: "127.0.0.1:0" }} }}
index: {{ mrn: "PID-3.1" }}
routes:
  lab:
    to: lab
    order: none
    steps:
      - map: {{ field: PID-8, table: sex, unmapped: park }}
      - set: {{ MSH-5: {receiver} }}
tests:
  - it: is sent to the laboratory
    given: samples/a01.hl7
    expect: {{ lab: {{ MSH-5: LAB, PID-8: "2" }} }}
  - it: waits for a code that the table does not have
    given: samples/a01.hl7
    with: {{ PID-8: X }}
    expect: {{ lab: {{ parked: unmapped }} }}
"""
SAMPLE = "MSH|^~\\&|PAS|W|M|H|20260101||ADT^A01|1|P|2.5.1\rPID|1||1^^^W^MR||ZZCANARY^ANN||1970|F\r"


UMLAUT = b"MSH|^~\\&|PAS|W|M|H|20260101||ADT^A01|1|P|2.5.1\rPID|1||1^^^W^MR||ZZCANARY^J\xfcrg||1970|X\r"
SHARED = """channel: shared
source: pas
steps:
  - map: {{ field: PID-8, table: sex, unmapped: park }}
routes:
  out: {{ to: {{ file: {{ directory: "{out}" }} }} }}
"""


class UnreadableTest(OneDaemon):
    def connection(self, charset):
        self.daemon.write("connections.yaml",
                          f"pas: {{ kind: mllp, listen: '127.0.0.1:{self.port}', charset: {charset} }}\n")

    def test_one_message_that_a_configuration_cannot_read_stops_no_channel_at_a_start(self):
        self.port = free_port()
        out = self.folder / "out"
        out.mkdir()
        self.connection("windows-1252")
        self.daemon.write("tables/sex.csv", "from,to\nM,1\n")
        self.daemon.write("channels/shared.yaml", SHARED.format(out=out))
        self.daemon.start()
        with Sender(self.port) as sender:
            self.assertEqual(code_of(sender.ask(UMLAUT)), "AA")
        [row] = self.daemon.ask_json("queue")["deliveries"]
        self.connection("UTF-8")
        self.assertEqual(self.daemon.ask("reload").returncode, 0)
        self.daemon.ask("retry", row["id"], "--reason", "look again")
        [row] = self.daemon.ask_json("queue")["deliveries"]
        self.assertEqual((row["state"], row["fault"]), ("parked", "M0116"))
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.daemon.ask_json("status", "shared")["state"], "running")
        with Sender(self.port) as sender:
            self.assertEqual(code_of(sender.ask(SAMPLE.replace("|F\r", "|M\r").encode())), "AA")
        self.daemon.wait_until(lambda: list(out.iterdir()), "nothing is delivered")


class ReloadTest(OneDaemon):
    def setUp(self):
        super().setUp()
        self.daemon.write("connections.yaml", 'lab: { kind: mllp, connect: "127.0.0.1:1" }\n')
        self.daemon.write("tables/sex.csv", "code,lab\nM,1\nF,2\n")
        self.daemon.write("channels/samples/a01.hl7", SAMPLE)
        for name in ("adt", "other"):
            self.write(name, "LAB")
        self.daemon.start()

    def write(self, name, receiver):
        self.daemon.write(f"channels/{name}.yaml", CHANNEL.format(name=name, receiver=receiver))

    def reload(self):
        done = subprocess.run([MYELIN, "reload", "--socket", str(self.daemon.socket), "--json"], capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout), done.stdout + done.stderr

    def test_what_is_edited_and_passes_its_tests_goes_live_alone(self):
        path = self.daemon.conf / "channels/adt.yaml"
        path.write_text(path.read_text() + "about: edited\n")
        code, report, _ = self.reload()
        self.assertEqual((code, report["changed"], report["unchanged"]), (0, ["adt"], ["other"]))

    def test_a_test_that_fails_changes_nothing_and_is_named_without_its_values(self):
        self.write("adt", "RIS")
        code, _, said = self.reload()
        self.assertNotEqual(code, 0)
        self.assertIn("adt: is sent to the laboratory", said)
        self.assertIn("channels/adt.yaml:", said)
        self.assertNotIn("ZZCANARY", said + self.daemon.said())
        self.write("adt", "LAB")
        code, report, _ = self.reload()
        self.assertEqual((code, sorted(report["unchanged"])), (0, ["adt", "other"]))

    def test_a_file_that_is_no_longer_read_is_named(self):
        path = self.daemon.conf / "channels/adt.yaml"
        path.rename(path.with_suffix(".yml"))
        code, report, said = self.reload()
        self.assertEqual((code, report["removed"]), (0, ["adt"]))
        self.assertIn("W0159", said)
        self.assertIn("channels/adt.yml is not read", said)
        self.assertIn("call it adt.yaml", said)

    def test_hints_are_for_check(self):
        path = self.daemon.conf / "channels/adt.yaml"
        path.write_text(path.read_text().replace("    to: lab\n", "    when: =present(PID)\n    to: lab\n", 1))
        code, report, said = self.reload()
        self.assertEqual((code, report["changed"]), (0, ["adt"]))
        self.assertNotIn("H0101", said)
        self.daemon.stop()
        self.daemon.start()
        self.assertNotIn("H0101", self.daemon.said())
        checked = subprocess.run([MYELIN, "check", str(self.daemon.conf)], capture_output=True, text=True)
        self.assertIn("hint[H0101]", checked.stdout)
        tried = subprocess.run([MYELIN, "try", "adt", str(self.daemon.conf / "channels/samples/a01.hl7"), "--conf",
                                str(self.daemon.conf)], capture_output=True, text=True)
        self.assertEqual((tried.returncode, tried.stderr), (0, ""))

    def test_a_rehearsal_is_no_event(self):
        path = self.daemon.conf / "channels/adt.yaml"
        path.write_text(path.read_text() + "about: edited\n")
        before = self.daemon.said().count("channel_started")
        self.reload()
        self.assertEqual(self.daemon.said().count("channel_started"), before)
        self.assertNotIn("delivery_parked", self.daemon.said())

    def test_the_index_of_messages_is_made_anew_for_other_keys_and_for_nothing_else(self):
        rebuilt = lambda: self.daemon.said().count("search_rebuilding")
        path = self.daemon.conf / "channels/adt.yaml"
        self.assert_finds(1)
        path.write_text(path.read_text() + "about: edited\n")
        self.daemon.write("tables/sex.csv", "code,lab\nM,1\nF,2\nU,3\n")
        self.assertEqual(self.reload()[0], 0)
        self.assert_finds(2)   # by whom indexes after the reload
        self.assertEqual(rebuilt(), 0)
        path.write_text(path.read_text().replace("PID-3.1", "PID-2.1"))
        self.assertEqual(self.reload()[0], 0)
        self.daemon.wait_until(rebuilt, "other keys, and the index stays as it was")

    def assert_finds(self, number):
        """A message of this number is taken, and found by it."""
        _, _, port = self.daemon.ask_json("status", "adt")["address"].rpartition(":")
        content = SAMPLE.replace("|1||1^", f"|1||{number}^").replace("A01|1|", f"A01|{number}|")
        with Sender(int(port)) as sender:
            self.assertEqual(code_of(sender.ask(content.encode())), "AA")
        found = lambda: self.daemon.ask_json("messages", f"mrn={number}")["messages"]
        self.daemon.wait_until(found, f"message {number} is not found")

    def test_a_table_may_grow_by_a_code_that_a_test_still_misses(self):
        self.daemon.write("tables/sex.csv", "code,lab\nM,1\nF,2\nX,9\n")
        code, report, _ = self.reload()
        self.assertEqual((code, sorted(report["changed"])), (0, ["adt", "other"]))


if __name__ == "__main__":
    unittest.main()
