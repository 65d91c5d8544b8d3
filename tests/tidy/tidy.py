#!/usr/bin/env python3
"""The rules of the house, as tests. Each rule is a function that yields `file:line: what is wrong`.

  tests/tidy/tidy.py [--myelin build/debug/myelin]     without it, the rules that ask the program are left out
"""

import argparse
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import coroutines
import house
import junit
import layers
import source
from tree import Tree


def main():
    parser = argparse.ArgumentParser(description="checks the rules of the house")
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent.parent)
    parser.add_argument("--myelin", help="the built program")
    options = parser.parse_args()
    tree = Tree(options.root, options.myelin and os.path.abspath(options.myelin))
    rules = layers.RULES + coroutines.RULES + source.RULES + house.RULES
    rules += house.RULES_OF_THE_PROGRAM if options.myelin else []
    results = []
    for rule in rules:
        findings = list(rule(tree))
        results.append(junit.Result("tidy", rule.__name__, "\n".join(findings)))
        if findings:
            print(f"{rule.__name__}: {rule.__doc__}")
            for finding in findings:
                print(f"  {finding}")
    failed = sum(bool(result.failure) for result in results)
    junit.write("tidy", results)
    print(f"{len(results) - failed} rules kept, {failed} broken, {len(tree.files)} files")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
