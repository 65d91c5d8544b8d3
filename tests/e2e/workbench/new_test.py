"""`myelin new`: a channel from messages that passes as it is, beside what is there already and never over it."""

import json
import unittest

from bench import Desk

ADMISSION = "MSH|^~\\&|PAS|W|LAB|W|20260101080000||ADT^A01|1|P|2.4\rPID|1||42^^^W^MR||DOE^ANN||1970|F\rPV1|1|I\r"


class New(Desk):
    def test_writes_a_channel_that_passes_check_and_test_at_once(self):
        self.write("in/a01.hl7", ADMISSION)
        self.write("in/both.hl7", ADMISSION.replace("A01", "A08") + ADMISSION.replace("A01|1", "A03|3"))
        ended = self.run_myelin("new", "--from", "in/a01.hl7", "in/both.hl7")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        channel = self.read("conf/channels/adt.yaml")
        self.assertIn("types: [ADT^A01, ADT^A03, ADT^A08]", channel)
        self.assertIn('version: "2.4"', channel)
        self.assertEqual(self.run_myelin("check", "conf", "--strict").returncode, 0)
        report = json.loads(self.run_myelin("test", "conf", "--json").stdout)
        self.assertEqual((report["tests"], report["failed"]), (3, 0))
        self.assertEqual(self.run_myelin("fmt", "--check", "conf").returncode, 0)

    def test_stands_beside_other_channels(self):
        self.assertEqual(self.run_myelin("init", "conf").returncode, 0)
        self.write("a01.hl7", ADMISSION)
        self.assertEqual(self.run_myelin("new", "--from", "a01.hl7").returncode, 0)
        self.assertEqual(self.run_myelin("check", "conf", "--strict").returncode, 0)

    def test_writes_over_nothing(self):
        self.write("a01.hl7", ADMISSION)
        self.assertEqual(self.run_myelin("new", "--from", "a01.hl7").returncode, 0)
        before = self.read("conf/connections.yaml")
        ended = self.run_myelin("new", "--from", "a01.hl7")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("is there already", ended.stderr)
        self.assertEqual(self.read("conf/connections.yaml"), before)
        self.assertEqual(self.run_myelin("new", "--from", "a01.hl7", "--name", "second").returncode, 0)
        self.assertEqual(self.run_myelin("check", "conf", "--strict").returncode, 0)

    def test_says_what_is_no_message(self):
        self.write("a.hl7", "PID|1\r")
        ended = self.run_myelin("new", "--from", "a.hl7")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("a.hl7", ended.stderr)


if __name__ == "__main__":
    unittest.main()
