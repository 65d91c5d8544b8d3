"""The microscope: two messages compared field by field, and the map of all channels."""

import json
import subprocess
import unittest

from bench import MYELIN, Desk

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

    def test_takes_for_left_out_only_what_names_a_place(self):
        self.write("a.hl7", BEFORE)
        self.write("b.hl7", AFTER)
        for wrong, why in (("XX", "three characters"), ("PID-99", "PID-99 does not exist in HL7 2.5.1"),
                           ("PI1", "is no segment of HL7 2.5.1"), ("PID-3[5=MR]", "write a segment, a field")):
            ended = self.run_myelin("diff", "a.hl7", "b.hl7", "--ignore", wrong)
            self.assertEqual(ended.returncode, 2, wrong)
            self.assertIn(f"--ignore {wrong}: ", ended.stderr)
            self.assertIn(why, ended.stderr)
        ended = self.run_myelin("diff", "a.hl7", "b.hl7", *(word for path in ("MSH", "PID.5.1", "ZPI[1]") for word in
                                                            ("--ignore", path)))
        self.assertEqual((ended.returncode, ended.stdout), (0, "no difference in any field\n"))

    def test_says_of_a_place_that_cannot_be_there_that_it_is_so(self):
        self.write("a.hl7", BEFORE)
        for path, why in (("PID-99", "PID-99 does not exist in HL7 2.5.1; PID ends at PID-39"),
                          ("PID-3.99.1", "PID-3.99 does not exist in HL7 2.5.1"),
                          ("PIF-3", "did you mean PID?"), ("NOWHERE/PID-3", "ADT_A01 has no group NOWHERE")):
            ended = self.run_myelin("get", path, "a.hl7")
            self.assertEqual((ended.returncode, ended.stdout), (1, ""), path)
            self.assertIn(why, ended.stderr)
        for path in ("PID-9", "PV1-2", "ZPI-1", "PID-3.4", "PROCEDURE/PR1-3"):
            ended = self.run_myelin("get", path, "a.hl7")
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (1, "", ""), path)

    def test_shows_no_control_character_of_others_on_a_terminal_and_all_of_it_in_a_pipe(self):
        evil = BEFORE.replace("DOE", "DOE\x1b]0;owned\x07\x9b2J")
        self.write("a.hl7", evil.encode("latin-1"))
        self.write("b.hl7", BEFORE)
        for words in (("get", "PID-5.1", "a.hl7"), ("parse", "a.hl7"), ("diff", "a.hl7", "b.hl7")):
            shown = self.on_a_terminal(*words)
            self.assertIn("DOE␛]0;owned␇".encode(), shown, words)
            for byte in (b"\x1b]", b"\x07", b"\xed\x9b", b"e\x9b"):
                self.assertNotIn(byte, shown, words)
        self.assertEqual(self.run_myelin("get", "PID-5.1", "b.hl7").stdout, "DOE\n")
        piped = subprocess.run([MYELIN, "get", "PID-5.1", "a.hl7"], cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(piped.stdout, b"DOE\x1b]0;owned\x07\x9b2J\n")
        self.write("conf/connections.yaml", "pas: { kind: mllp, listen: 127.0.0.1:2575 }\n")
        self.write("conf/channels/adt.yaml", b"channel: adt  # \x1b[2J\xff\nsource: pas\n")
        said = self.on_a_terminal("check")
        self.assertIn("␛[2J\ufffd".encode(), said)
        self.assertNotIn(b"\x1b[2J", said)

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
