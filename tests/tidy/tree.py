"""The files that tidy's rules look at, and C++ text without its comments and strings."""

import os
import pathlib
import re
import subprocess

CODE = (".h", ".cpp")
ROOMS = ("engine/", "adapters/", "routes/")


class Tree:
    """The tracked files below `root`; all files where it is no git tree (the self-test's)."""

    def __init__(self, root, myelin=None):
        self.root = pathlib.Path(root)
        self.myelin = myelin
        if (self.root / ".git").exists():
            listed = subprocess.run(["git", "ls-files", "-z"], cwd=self.root, capture_output=True, check=True).stdout
            names = [name for name in listed.decode().split("\0") if name]
        else:
            names = [str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()]
        self._texts = {}
        self.files = sorted(name for name in names if (self.root / name).is_file())

    def text(self, name):
        if name not in self._texts:
            self._texts[name] = (self.root / name).read_text(encoding="utf-8", errors="replace")
        return self._texts[name]

    def lines(self, name):
        return self.text(name).splitlines()

    def code(self):
        return [name for name in self.files if name.endswith(CODE)]

    def rooms(self):
        return [name for name in self.code() if name.startswith(ROOMS)]


_QUIET = re.compile(r"""
    //[^\n]*                              # a comment to the end of the line
  | /\*.*?\*/                             # a comment over lines
  | R"([^()\s\\]{0,16})\(.*?\)\1"         # a raw string
  | "(?:\\.|[^"\\\n])*"                   # a string
  | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'  # a character; not the ' of 1'000
""", re.VERBOSE | re.DOTALL)


def without_words(text):
    """C++ with comments blanked and literals emptied; line numbers stay."""
    def blank(match):
        met = match.group(0)
        lines = "\n" * met.count("\n")
        return lines if met.startswith(("//", "/*")) else '""' + lines
    return _QUIET.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0


def basename(name):
    return os.path.basename(name)
