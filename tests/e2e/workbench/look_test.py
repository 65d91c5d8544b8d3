"""The microscope: two messages compared field by field, and the map of all channels."""

import json
import unittest

from bench import Desk

BEFORE = "MSH|^~\\&|PAS|W|LAB|W|20260101080000||ADT^A01|1|P|2.5.1\rPID|1||42||DOE^ANN||1970|F\r"
AFTER = "MSH|^~\\&|PAS|W|LAB|W|20260102080000||ADT^A01|2|P|2.5.1\nPID|1||42||ROE^ANN||1970|F\nZPI|1\n"
CHANNEL = "channel: adt\nsource: pas\naccept: { types: [ADT^A01] }\nroutes:\n  all: { to: adt-archive }\n"


class Look(Desk):
    def test_names_the_fields_that_differ(self):
        self.write("a.hl7", BEFORE)
        self.write("b.hl7", AFTER)
        ended = self.run_myelin("diff", "a.hl7", "b.hl7", "--ignore", "MSH-7", "--ignore", "MSH-10")
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(ended.stdout, r"PID\[1\]-5.1 +Family Name +DOE -> ROE")
        self.assertNotIn("MSH", ended.stdout)
        report = json.loads(self.run_myelin("diff", "a.hl7", "b.hl7", "--json").stdout)
        self.assertIn("ZPI", json.dumps(report))

    def test_finds_no_difference_in_line_ends(self):
        self.write("a.hl7", BEFORE)
        self.write("b.hl7", BEFORE.replace("\r", "\r\n"))
        self.assertEqual(self.run_myelin("diff", "a.hl7", "b.hl7").returncode, 0)

    def test_tries_a_message_with_the_names_of_what_changes(self):
        self.write("conf/connections.yaml", "pas: { kind: mllp, listen: 127.0.0.1:2575 }\n"
                                            "lab: { kind: mllp, connect: 127.0.0.1:2601 }\n")
        self.write("conf/channels/adt.yaml", CHANNEL.replace("adt-archive", "lab, steps: [{ set: { PID-8: M } }]"))
        self.write("a.hl7", BEFORE)
        self.assertRegex(self.run_myelin("try", "adt", "a.hl7").stdout, r"PID\[1\]-8 +Administrative Sex +F -> M")
        report = json.loads(self.run_myelin("try", "adt", "a.hl7", "--json").stdout)
        self.assertEqual(report["routes"][0]["deliveries"][0]["steps"][0]["changes"],
                         [{"path": "PID[1]-8", "name": "Administrative Sex", "before": "F", "after": "M"}])

    def test_explains_a_function_and_a_step_that_is_one_too(self):
        self.assertIn("coalesce(value, …)", self.run_myelin("explain", "coalesce").stdout)
        replace = self.run_myelin("explain", "replace").stdout
        self.assertIn("pattern", replace)
        self.assertIn("replace(text, pattern, by)", replace)

    def test_draws_the_channels(self):
        self.write("conf/connections.yaml", "pas: { kind: mllp, listen: 127.0.0.1:2575 }\n"
                                            "adt-archive: { kind: mllp, connect: 127.0.0.1:2601 }\n")
        self.write("conf/channels/adt.yaml", CHANNEL)
        self.assertIn("→ adt-archive", self.run_myelin("graph").stdout)
        self.assertIn('channel_adt -->|"all"| peer_adt_2darchive', self.run_myelin("graph", "--format", "mermaid").stdout)
        self.assertIn('channel_adt -> peer_adt_2darchive [label="all"];',
                      self.run_myelin("graph", "--format", "dot").stdout)
        self.assertEqual(json.loads(self.run_myelin("graph", "--json").stdout)["channels"][0]["source"], "pas")


if __name__ == "__main__":
    unittest.main()
