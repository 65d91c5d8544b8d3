"""The channel on the first page of README.md is what the program takes: checked, tested, and its mistake told as it stands there."""

import pathlib
import re
import shutil
import unittest

from bench import Desk

TREE = pathlib.Path(__file__).resolve().parents[3]
PAGE = (TREE / "README.md").read_text(encoding="utf-8")
PEERS = """pas: { kind: mllp, listen: "127.0.0.1:0" }
lab: { kind: mllp, connect: "127.0.0.1:1" }
adt-archive: { kind: mllp, connect: "127.0.0.1:1" }
"""


class FirstPage(Desk):
    def setUp(self):
        super().setUp()
        self.channel = re.search(r"```yaml\n(channel: .*?)```", PAGE, re.DOTALL).group(1)
        self.write("conf/connections.yaml", PEERS)
        self.write("conf/channels/adt.yaml", self.channel)
        for part in ("tables", "channels/samples"):
            shutil.copytree(TREE / "conf" / part, self.folder / "conf" / part)

    def test_its_channel_has_no_mistake_and_passes_its_test(self):
        for verb in ("check", "test"):
            ended = self.run_myelin(verb, "conf")
            self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_its_mistake_reads_as_it_says(self):
        shown = re.search(r"```\n(error\[.*?)```", PAGE, re.DOTALL).group(1)
        self.write("conf/channels/adt.yaml", self.channel.replace("    to: lab\n", "    to: labb\n"))
        ended = self.run_myelin("check", "conf")
        self.assertIn(shown, ended.stdout + ended.stderr)


if __name__ == "__main__":
    unittest.main()
