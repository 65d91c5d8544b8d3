"""The manual pages in packaging/man are what the program would write now, and man has nothing to say against them."""

import os
import pathlib
import shutil
import subprocess
import unittest

from bench import Desk

KEPT = pathlib.Path(__file__).resolve().parents[3] / "packaging" / "man"
PAGES = ("myelin.1", "myelin-channel.5", "myelin.bash")


class Docs(Desk):
    def test_pages_are_not_stale(self):
        self.assertEqual(self.run_myelin("docs", "--into", "made").returncode, 0)
        for page in PAGES:
            if os.environ.get("MYELIN_BLESS") == "1":
                KEPT.mkdir(exist_ok=True)
                shutil.copy(self.folder / "made" / page, KEPT / page)
            self.assertEqual(self.read(f"made/{page}"), (KEPT / page).read_text(encoding="utf-8"),
                             "`myelin docs --into packaging/man` writes what is so now")

    def test_man_renders_them_without_a_warning(self):
        if not shutil.which("man"):
            print("man is not installed; its pages were not rendered")
            return
        for page in PAGES[:2]:
            ended = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(KEPT / page)], check=False,
                                   capture_output=True, text=True, timeout=60, env={**os.environ, "MANROFFSEQ": ""})
            self.assertEqual((ended.returncode, ended.stderr), (0, ""), page)

    def test_bash_takes_the_completion(self):
        script = f"source '{KEPT / 'myelin.bash'}'; COMP_WORDS=(myelin chec); COMP_CWORD=1; _myelin; echo ${{COMPREPLY[@]}}"
        ended = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.stdout, "check\n")


if __name__ == "__main__":
    unittest.main()
