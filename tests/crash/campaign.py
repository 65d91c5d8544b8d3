"""What the scripts of this folder have in common at the command line: a program, a seed, what is tried, the table, the exit code."""

import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import daemon
import faults

SHOWN = 20


def main(doc, add_options, campaigns, self_test=None):
    """`campaigns(asked)` yields (row of the table, failures, how many cases passed); `self_test()` returns what was not found."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("myelin", nargs="?")
    add_options(parser)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json", type=pathlib.Path)
    if self_test:
        parser.add_argument("--self-test", action="store_true")
    asked = parser.parse_args()
    if self_test and asked.self_test:
        missed = self_test()
        print("\n".join(missed) or "each broken promise was found")
        return 1 if missed else 0
    if not asked.myelin:
        parser.error("which program?")
    rows, failures, passed = [], [], 0
    try:
        for row, broken, good in campaigns(asked):
            rows.append(row)
            failures += broken
            passed += good
    except daemon.NotReady as problem:
        failures.append(f"the engine did not start: {problem}")
    except (RuntimeError, OSError) as problem:
        failures.append(f"the engine did not go on: {problem}")
    print(faults.table(rows) + "".join(f"\n  {failure}" for failure in failures[:SHOWN]))
    faults.add(*rows)
    if asked.json:
        asked.json.write_text(json.dumps({"passed": passed, "failures": failures}))
    return 1 if failures else 0
