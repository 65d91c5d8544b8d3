"""What went live is kept, shown and brought back: `myelin history` and `myelin rollback` beside a daemon and its restarts."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from daemon import OneDaemon

CHANNEL = """channel: adt
source: {{ mllp: {{ listen: "127.0.0.1:0" }} }}
routes:
  lab:
    to: lab
    steps:
      - set: {{ MSH-5: {receiver} }}
      - map: {{ field: PID-8, table: sex, unmapped: park }}
tests:
  - it: is sent to the laboratory
    given: samples/a01.hl7
    expect: {{ lab: {{ MSH-5: {receiver} }} }}
"""
SAMPLE = "MSH|^~\\&|PAS|W|M|H|20260101||ADT^A01|1|P|2.5.1\rPID|1||1^^^W^MR||ZZCANARY^ANN||1970|F\r"


class History(OneDaemon):
    def setUp(self):
        super().setUp()
        self.daemon.write("connections.yaml", 'lab: { kind: mllp, connect: "127.0.0.1:1" }\n')
        self.daemon.write("tables/sex.csv", "code,lab\nM,1\nF,2\n")
        self.daemon.write("channels/samples/a01.hl7", SAMPLE)
        self.write("LAB")
        self.daemon.start()

    def write(self, receiver):
        self.daemon.write("channels/adt.yaml", CHANNEL.format(receiver=receiver))

    def go_live(self, receiver):
        self.write(receiver)
        done = self.daemon.ask("reload")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def rows(self):
        return [(one["number"], one["how"], one.get("of")) for one in self.daemon.ask_json("history")["configurations"]]

    def running(self):
        """The hash of the channel that runs: which of both files it is made of."""
        return self.daemon.ask_json("status", "adt")["hash"]

    def test_lists_what_went_live_and_shows_what_changed(self):
        self.go_live("RIS")
        self.assertEqual(self.rows(), [(2, "reload", None), (1, "start", None)])
        shown = self.daemon.ask("history", "2").stdout
        self.assertIn("channels/adt.yaml  changed", shown)
        self.assertIn("+      - set: { MSH-5: RIS }", shown)
        report = json.loads(self.daemon.ask("history", "1", "2", "--json").stdout)
        self.assertEqual([(one["path"], one["change"]) for one in report["files"]], [("channels/adt.yaml", "changed")])

    def test_a_reload_of_the_same_files_is_nothing_new(self):
        self.go_live("LAB")
        self.assertEqual(self.rows(), [(1, "start", None)])

    def test_rolls_back_says_so_and_keeps_to_it_after_a_restart(self):
        first = self.running()
        self.go_live("RIS")
        edited = self.running()
        done = self.daemon.ask("rollback", "--reason", "results do not arrive")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("rolled back to configuration 1", done.stdout)
        self.assertEqual(self.running(), first)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(self.running(), first)
        self.assertIn("runs configuration 1 again", self.daemon.said())
        self.assertIn("rolled back to configuration 1", self.daemon.ask("status").stdout)
        plan = self.daemon.ask("plan", str(self.daemon.conf)).stdout
        self.assertIn("rolled back to configuration 1", plan)
        self.assertIn("adt  changes", plan)
        self.assertEqual(self.daemon.ask("reload").returncode, 0)
        self.assertEqual(self.running(), edited)
        self.assertNotIn("rolled back", self.daemon.ask("status").stdout)
        self.assertEqual(self.rows(), [(4, "reload", None), (3, "rollback", 1), (2, "reload", None), (1, "start", None)])

    def test_is_in_the_log_without_its_reason(self):
        self.go_live("RIS")
        self.daemon.ask("rollback", "1", "--reason", "ZZREASON")
        self.assertIn("verb=rollback", self.daemon.said())
        self.assertNotIn("ZZREASON", self.daemon.said())
        self.assertIn("ZZREASON", self.daemon.ask("history").stdout)

    def test_goes_back_although_the_files_of_today_are_broken_and_the_samples_gone(self):
        first = self.running()
        self.go_live("RIS")
        self.daemon.write("channels/adt.yaml", "channel: adt\nsource: nobody\n")
        (self.daemon.conf / "channels/samples/a01.hl7").unlink()
        self.assertEqual(self.daemon.ask("rollback", "--reason", "x").returncode, 0)
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.running(), first)

    def test_a_code_is_not_added_beside_what_was_rolled_back(self):
        self.go_live("RIS")
        self.daemon.ask("rollback", "--reason", "x")
        done = self.daemon.ask("unmapped", "add", "sex", "X", "lab=9", "--conf", str(self.daemon.conf))
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        self.assertEqual((self.daemon.conf / "tables/sex.csv").read_text(), "code,lab\nM,1\nF,2\n")
        self.assertEqual(self.rows()[0], (3, "rollback", 1))

    def test_a_table_is_shown_as_it_runs_and_not_as_the_file_says(self):
        self.daemon.write("tables/sex.csv", "code,lab\nM,1\nF,2\nX,9\n")
        (listed,) = self.daemon.ask_json("table")["tables"]
        self.assertEqual(listed, {"table": "sex", "rows": 2, "columns": ["code", "lab"], "named_by": "channels/adt"})
        self.assertEqual(self.daemon.ask_json("table", "sex", "F")["rows"], [{"code": "F", "lab": "2"}])
        self.assertEqual(self.daemon.ask("table", "sex").stdout, "code  lab\nF     2\nM     1\n")
        missing = self.daemon.ask("table", "sex", "X")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("myelin unmapped add sex X", missing.stderr)
        self.assertIn("did you mean sex?", self.daemon.ask("table", "sez").stderr)
        self.daemon.ask("reload")
        self.assertEqual(self.daemon.ask_json("table", "sex", "X")["rows"], [{"code": "X", "lab": "9"}])

    def test_refuses_what_there_is_not(self):
        for words in (["rollback", "9", "--reason", "x"], ["history", "9"]):
            done = self.daemon.ask(*words)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertIn("M0509", done.stderr)
        self.assertIn("no other configuration", self.daemon.ask("rollback", "--reason", "x").stderr)
        self.assertEqual(self.rows(), [(1, "start", None)])


if __name__ == "__main__":
    unittest.main()
