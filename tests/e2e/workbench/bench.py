"""The built program in a folder of its own, as an analyst at her desk meets it."""

import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

MYELIN = os.path.abspath(os.environ.get("MYELIN", "build/debug/myelin"))


class Desk(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="myelin-desk-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def on_a_terminal(self, *words):
        """What the program sends to a terminal, as bytes."""
        ours, its = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if key != "MYELIN_CONF"} | {"TERM": "xterm"}
        with subprocess.Popen([MYELIN, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=its, stderr=its,
                              env=environment) as process:
            os.close(its)
            shown = b""
            while True:
                try:
                    part = os.read(ours, 65536)
                except OSError:  # EIO: the last who had the terminal open has closed it
                    break
                if not part:
                    break
                shown += part
            process.wait(timeout=60)
        os.close(ours)
        return shown

    def run_myelin(self, *words, given=""):
        environment = {key: value for key, value in os.environ.items() if key != "MYELIN_CONF"}
        return subprocess.run([MYELIN, *words], cwd=self.folder, input=given, capture_output=True, text=True,
                              timeout=60, check=False, env=environment)
