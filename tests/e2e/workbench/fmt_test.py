"""`myelin fmt`: a file in another engine's habits is shown, rewritten once, and left alone from then on."""

import json
import unittest

from bench import Desk

TYPED = """routes:
  lab: {to: lab}
# the ward
source: pas
channel: adt
steps:
- when: PV1.2 == "P"
  drop: stays here   # for now
"""
STYLED = """channel: adt
# the ward
source: pas
steps:
  - drop: stays here  # for now
    when: PV1-2 == "P"
routes:
  lab: { to: lab }
"""


class Fmt(Desk):
    def test_shows_the_difference_and_changes_nothing_when_it_checks(self):
        path = self.write("conf/channels/adt.yaml", TYPED)
        ended = self.run_myelin("fmt", "--check", "conf")
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("+    when: PV1-2 == \"P\"", ended.stdout)
        self.assertEqual(path.read_text(), TYPED)

    def test_rewrites_and_then_finds_nothing_more(self):
        path = self.write("conf/channels/adt.yaml", TYPED)
        path.chmod(0o640)
        ended = self.run_myelin("fmt", "conf/channels/adt.yaml")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(path.read_text(), STYLED)
        self.assertEqual(path.stat().st_mode & 0o777, 0o640)
        self.assertEqual([each.name for each in path.parent.iterdir()], ["adt.yaml"])
        self.assertEqual(self.run_myelin("fmt", "--check").returncode, 0)

    def test_reads_standard_input_and_writes_standard_output(self):
        ended = self.run_myelin("fmt", "-", given=TYPED)
        self.assertEqual((ended.returncode, ended.stdout), (0, STYLED))

    def test_leaves_what_it_cannot_read_and_says_where(self):
        path = self.write("conf/channels/adt.yaml", "channel: a\nchannel: b\n")
        ended = self.run_myelin("fmt")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("conf/channels/adt.yaml:2:1", ended.stderr)
        self.assertEqual(path.read_text(), "channel: a\nchannel: b\n")

    def test_says_in_json_which_files_differ(self):
        self.write("conf/channels/adt.yaml", TYPED)
        report = json.loads(self.run_myelin("fmt", "--check", "--json").stdout)
        self.assertEqual((report["differ"], report["files"][0]["rewritten"]), (1, False))


if __name__ == "__main__":
    unittest.main()
