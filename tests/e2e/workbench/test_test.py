"""`myelin test` beyond pass and fail: what no test reached, blessing what is so now, and running again on each save."""

import json
import subprocess
import unittest

from bench import MYELIN, Desk

ADMISSION = "MSH|^~\\&|PAS|W|LAB|W|20260101080000||ADT^A01|1|P|2.5.1\rPID|1||42||DOE^ANN||1970|F\rPV1|1|I\r"
CONNECTIONS = """pas: { kind: mllp, listen: 127.0.0.1:2575 }
lab: { kind: mllp, connect: 127.0.0.1:2601 }
"""
CHANNEL = """channel: adt
source: pas
accept: { types: [ADT^A01] }
steps:
  - drop: stays here
    when: PV1-2 == "P"
  - if: PV1-2 == "E"
    then:
      - set: { PV1-4: E }
routes:
  lab:
    when: PV1-2 in ["I", "E"]
    to: lab
    steps:
      - map: { field: PID-8, table: sex, unmapped: park }
tests:
  - it: tells the lab
    given: samples/a.hl7
    expect: { ack: AA, lab: { PID-8: "1", PID-5.1: DOE } }
"""


class Test(Desk):
    def setUp(self):
        super().setUp()
        self.write("conf/connections.yaml", CONNECTIONS)
        self.write("conf/tables/sex.csv", "code,lab\nF,2\nM,1\n")
        self.write("conf/channels/samples/a.hl7", ADMISSION)
        self.channel = self.write("conf/channels/adt.yaml", CHANNEL)

    def test_lists_what_no_test_reached(self):
        report = json.loads(self.run_myelin("test", "conf", "--coverage", "--json").stdout)["coverage"]
        gaps = [f"{each['place'].split('/')[-1]} {each['what']}" for each in report["gaps"]]
        self.assertEqual(gaps, [
            "adt.yaml:5:5 the `when` of `drop` was never true",
            "adt.yaml:7:9 this `if` was never true",
            "adt.yaml:9:9 `set` never ran",
            "adt.yaml:12:11 route lab never left a message out",
            "sex.csv row M was never looked up",
        ])
        self.assertEqual(report["counts"]["row"], {"reached": 1, "all": 2})
        self.assertEqual(report["counts"]["step"], {"reached": 2, "all": 4})
        self.assertEqual(report["percent"], 50)

    def test_reaches_everything_with_the_tests_that_were_missing(self):
        self.channel.write_text(CHANNEL + "".join(
            f"  - {{ it: takes {kind}, given: samples/a.hl7, with: {{ PV1-2: {kind}, PID-8: M }}, expect: {{ ack: AA }} }}\n"
            for kind in "PEO"))
        report = json.loads(self.run_myelin("test", "conf", "--coverage", "--json").stdout)["coverage"]
        self.assertEqual((report["percent"], report["gaps"]), (100, []))

    def test_blesses_values_and_files_but_no_answers(self):
        typed = CHANNEL.replace("PID-5.1: DOE", "PID-5.1: ROE").replace("ack: AA", "ack: AE")
        self.channel.write_text(typed + "  - it: is as agreed\n    given: samples/a.hl7\n"
                                        "    expect: { lab: { equals: expected/a.hl7 } }\n")
        ended = self.run_myelin("test", "conf", "--bless")
        self.assertIn("blessed", ended.stdout)
        self.assertEqual(ended.returncode, 1, "the answer is for a person to decide")
        self.assertIn('lab: { PID-8: "2", PID-5.1: DOE }', self.channel.read_text())
        self.assertIn("ack: AE", self.channel.read_text())
        self.assertIn("PID|1||42||DOE^ANN||1970|2", self.read("conf/channels/expected/a.hl7"))
        self.channel.write_text(self.channel.read_text().replace("ack: AE", "ack: AA"))
        self.assertEqual(self.run_myelin("test", "conf").returncode, 0)

    def test_runs_again_on_each_save_until_it_is_ended(self):
        watching = subprocess.Popen([MYELIN, "test", "conf", "--watch", "--json"], cwd=self.folder, text=True,
                                    stdout=subprocess.PIPE)
        self.addCleanup(watching.stdout.close)
        self.addCleanup(watching.wait)
        self.addCleanup(watching.kill)
        self.assertEqual(json.loads(watching.stdout.readline())["failed"], 1)
        self.channel.write_text(CHANNEL.replace('PID-8: "1"', 'PID-8: "2"'))
        self.assertEqual(json.loads(watching.stdout.readline())["failed"], 0)


if __name__ == "__main__":
    unittest.main()
