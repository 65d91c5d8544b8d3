"""The built program in a folder of its own, as an analyst at her desk meets it."""

import os
import pathlib
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

    def run_myelin(self, *words, given=""):
        environment = {key: value for key, value in os.environ.items() if key != "MYELIN_CONF"}
        return subprocess.run([MYELIN, *words], cwd=self.folder, input=given, capture_output=True, text=True,
                              timeout=60, check=False, env=environment)
