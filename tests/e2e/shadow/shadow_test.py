"""`myelin shadow`, `top` and `doctor` beside a daemon that took real frames: what an edit would do to yesterday's messages."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from daemon import MYELIN, OneDaemon, free_ports

CHANNEL = """channel: adt
source: {{ mllp: {{ listen: "127.0.0.1:{port}" }} }}
routes:
  lab:
    to: {{ mllp: {{ connect: "127.0.0.1:{peer}" }} }}
    steps:
      - set: {{ MSH-5: {receiver} }}
{more}"""
SAMPLE = "MSH|^~\\&|PAS|W|M|H|20260101||ADT^A01|{number}|P|2.5.1\rPID|1||{number}^^^W^MR||ZZCANARY^ANN||1970|F\r"


class Shadow(OneDaemon):
    def setUp(self):
        super().setUp()
        self.port, self.peer = free_ports(2)
        self.write("LAB")
        self.daemon.start()
        files = [self.daemon.write(f"../m{number}.hl7", SAMPLE.format(number=number)) for number in (1, 2, 3)]
        sent = self.run_myelin("send", *map(str, files), "--to", f"127.0.0.1:{self.port}")
        self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)

    def write(self, receiver, more=""):
        self.daemon.write("channels/adt.yaml",
                          CHANNEL.format(port=self.port, peer=self.peer, receiver=receiver, more=more))

    def run_myelin(self, *words):
        return subprocess.run([MYELIN, *words], capture_output=True, text=True, timeout=60)

    def shadow(self, *words):
        return self.daemon.ask("shadow", "adt", "--conf", str(self.daemon.conf), *words)

    def test_says_that_nothing_was_edited(self):
        done = self.shadow()
        self.assertEqual((done.returncode, done.stdout), (0, "adt says what runs: nothing would go otherwise.\n"), done.stderr)

    def test_an_edit_that_changes_no_message_is_none(self):
        self.write("LAB", more="      - set: { MSH-5: LAB }\n")
        done = self.shadow()
        self.assertEqual((done.returncode, done.stdout), (0, "3 messages: adt would do the same with each.\n"), done.stderr)

    def test_shows_only_what_differs_counted_and_field_by_field(self):
        self.write("RIS")
        done = self.shadow("--show", "1")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("3 of 3 messages would go otherwise:", done.stdout)
        self.assertIn("       3  route lab  MSH-5\n", done.stdout)
        self.assertEqual(done.stdout.count("MSH[1]-5"), 1)
        self.assertIn("LAB -> RIS", done.stdout)
        self.assertNotIn("ZZCANARY", done.stdout)
        report = json.loads(self.shadow("--json", "--limit", "2").stdout)
        self.assertEqual((report["compared"], report["differ"]), (2, 2))

    def test_sends_nothing_and_stores_nothing_and_is_in_the_log(self):
        before = self.daemon.ask_json("status")["store"]["messages"]
        self.write("RIS")
        self.shadow()
        self.assertEqual(self.daemon.ask_json("status")["store"]["messages"], before)
        self.assertEqual(self.daemon.said().count("verb=read"), 3)
        self.assertNotIn("ZZCANARY", self.daemon.said())

    def test_beside_what_was_rolled_back_to(self):
        self.write("RIS")
        self.assertEqual(self.daemon.ask("reload").returncode, 0)
        self.assertEqual(self.daemon.ask("rollback", "--reason", "x").returncode, 0)
        self.assertIn("LAB -> RIS", self.shadow().stdout)

    def test_shows_mistakes_instead(self):
        self.write("RIS", more="      - sett: { MSH-5: LAB }\n")
        done = self.shadow()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("did you mean", done.stderr)

    def test_top_counts_what_waits_by_route(self):
        view = json.loads(self.daemon.ask("top", "--once", "--every", "100ms", "--json").stdout)
        route = view["channels"][0]["routes"][0]
        self.assertEqual((route["route"], route["waiting"]), ("lab", 3))
        self.assertIn("adt", self.daemon.ask("top", "adt", "--once", "--every", "100ms").stdout)
        self.assertEqual(self.daemon.ask("top", "nobody", "--once", "--every", "100ms").returncode, 1)

    def doctor(self, *words):
        done = self.daemon.ask("doctor", "--conf", str(self.daemon.conf), "--store", str(self.daemon.store), "--json", *words)
        return done.returncode, {one["subject"]: one for one in json.loads(done.stdout)["findings"]}

    def test_doctor_says_what_is_wrong_and_what_to_do(self):
        code, found = self.doctor()
        self.assertEqual(found["configuration"]["level"], "ok")
        self.assertEqual(found["daemon"]["level"], "ok")
        self.assertEqual(found["store"]["level"], "ok")
        self.daemon.ask("hold", "adt/lab", "--reason", "x")
        self.write("RIS", more="      - sett: { MSH-5: LAB }\n")
        os.chmod(self.daemon.store, 0o755)
        code, found = self.doctor()
        self.assertEqual(code, 1)
        self.assertEqual(found["configuration"]["level"], "trouble")
        self.assertIn("myelin check", found["configuration"]["remedy"])
        self.assertEqual(found["lane adt/lab"]["level"], "warning")
        self.assertIn("myelin release adt/lab", found["lane adt/lab"]["remedy"])
        self.assertIn("chmod 700", found["store"]["remedy"])

    def test_doctor_says_that_no_daemon_answers(self):
        self.daemon.stop()
        code, found = self.doctor()
        self.assertEqual((code, found["daemon"]["level"]), (1, "trouble"))


if __name__ == "__main__":
    unittest.main()
