#!/usr/bin/env python3
"""What tests/README.md says of a test is true of the sources: every test that it names is there.

Names stand in backticks: `Suite.test_name` of GoogleTest, `test_name` of unittest, `folder/script.py`, and with … where a name is
cut. Whoever renames a test finds here that a promise has lost its proof.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROMISES = ("## What is promised, and which test says so", "## Bad input over HTTP and in folders")
GTEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
ENTRY = re.compile(r"(?:myelin_test\(|add_test\(NAME )(\w+)")
PYTEST = re.compile(r"^\s+def (test_\w+)\(", re.MULTILINE)


def known():
    """({suite: {test}}, {python test})"""
    suites, functions = {"ctest": set()}, set()
    for path in (ROOT / "tests").rglob("*"):
        if path.suffix == ".cpp":
            for suite, name in GTEST.findall(path.read_text()):
                suites.setdefault(suite, set()).add(name)
        elif path.suffix == ".py":
            functions |= set(PYTEST.findall(path.read_text()))
        elif path.name == "CMakeLists.txt":
            suites["ctest"] |= set(ENTRY.findall(path.read_text()))
    return suites, functions


def fits(name, names):
    """`…` stands for anything."""
    pattern = re.compile(".*".join(map(re.escape, name.split("…"))) + "$")
    return any(pattern.match(each) for each in names)


def missing(text, suites, functions):
    """Of each backticked name that looks like a test: those that no source has."""
    wrong = []
    every = set().union(*suites.values()) if suites else set()
    for name in re.findall(r"`([^`\n]+)`", text):
        name = name.removeprefix("e2e/http: ").removeprefix("e2e/folders: ").removeprefix("fault: ")
        if re.fullmatch(r"[A-Z]\w+\.[\w…]+", name):
            suite, test = name.split(".", 1)
            found = fits(test, suites.get(suite, ()))
        elif re.fullmatch(r"test_[\w…]+", name):
            found = fits(name, functions)
        elif re.fullmatch(r"[a-z]+(_[\w…]+){3,}", name):
            found = fits(name, every)
        elif re.fullmatch(r"[\w/]+/\w+\.py", name):
            found = (ROOT / "tests" / name).exists() or (ROOT / name).exists()
        else:
            continue
        if not found:
            wrong.append(name)
    return wrong


def main():
    text = (ROOT / "tests/README.md").read_text()
    suites, functions = known()
    parts = [text.split(head, 1)[1].split("\n## ", 1)[0] for head in PROMISES]
    wrong = [name for part in parts for name in missing(part, suites, functions)]
    if missing("`Nobody.has_such_a_test`", suites, functions) != ["Nobody.has_such_a_test"]:
        wrong.append("what is not there is not found")
    for name in wrong:
        print(f"tests/README.md names {name}, which is not there")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
