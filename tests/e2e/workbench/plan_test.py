"""`myelin plan` beside a daemon: what a reload would do, said before it is done, and that it then does just this."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

import unittest

from bench import MYELIN, Desk
from daemon import Daemon, free_ports

CHANNEL = """channel: {name}
source: {{ mllp: {{ listen: "127.0.0.1:{source}" }} }}
routes:
  {route}:
    to: {{ mllp: {{ connect: "127.0.0.1:{peer}" }} }}
"""
MESSAGE = "MSH|^~\\&|PAS|W|LAB|W|20260101||ADT^A01|1|P|2.5.1\rPID|1||42\r"


class Plan(Desk):
    def setUp(self):
        super().setUp()
        self.adt, self.lab, self.new, self.nobody = free_ports(4)
        self.daemon = Daemon(MYELIN, self.folder)
        self.channel("adt", self.adt)
        self.channel("lab", self.lab)
        self.daemon.start()
        self.addCleanup(self.daemon.kill)

    def channel(self, name, source, route="out"):
        self.daemon.write(f"channels/{name}.yaml", CHANNEL.format(name=name, source=source, peer=self.nobody, route=route))

    def plan(self, *words):
        return self.run_myelin("plan", "conf", "--socket", str(self.daemon.socket), *words)

    def test_says_that_nothing_would_change(self):
        ended = self.plan()
        self.assertEqual((ended.returncode, ended.stdout),
                         (0, "A reload would change nothing: the channels are as they run.\n"), ended.stderr)

    def test_names_what_starts_changes_and_stops_and_what_waits(self):
        self.write("a.hl7", MESSAGE)
        sent = self.run_myelin("send", "a.hl7", "--to", f"127.0.0.1:{self.adt}")
        self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)
        self.channel("adt", self.adt, route="other")
        (self.daemon.conf / "channels/lab.yaml").unlink()
        self.channel("fresh", self.new)
        report = {each["channel"]: each for each in json.loads(self.plan("--json").stdout)["channels"]}
        self.assertEqual({name: each["change"] for name, each in report.items()},
                         {"adt": "changes", "lab": "stops", "fresh": "starts"})
        self.assertEqual(report["adt"]["words"],
                         ["route out is gone: 1 message on it stay until a route of that name is back"])
        reloaded = self.run_myelin("reload", "--socket", str(self.daemon.socket), "--json")
        done = json.loads(reloaded.stdout)
        self.assertEqual((done["started"], done["changed"], done["removed"]), (["fresh"], ["adt"], ["lab"]))
        self.assertIn("would change nothing", self.plan().stdout)

    def test_shows_mistakes_instead(self):
        self.daemon.write("channels/lab.yaml", "channel: lab\nsource: nobody\nroutes: {}\n")
        ended = self.plan()
        self.assertEqual(ended.returncode, 1)
        self.assertIn("A reload would change nothing.", ended.stderr)


if __name__ == "__main__":
    unittest.main()
