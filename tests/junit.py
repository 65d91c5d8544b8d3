"""JUnit reports for the Python suites: tests/run counts their cases as it counts GoogleTest's.

A report is written as $MYELIN_REPORTS/<ctest name>.xml, and nowhere when that is not set.
"""

import dataclasses
import os
import pathlib
import sys
import unittest
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass
class Result:
    suite: str
    name: str
    failure: str = ""


def write(name, results):
    folder = os.environ.get("MYELIN_REPORTS")
    if not folder:
        return
    root = ElementTree.Element("testsuite", name=name, tests=str(len(results)))
    for result in results:
        case = ElementTree.SubElement(root, "testcase", classname=result.suite, name=result.name)
        if result.failure:
            ElementTree.SubElement(case, "failure", message="failed").text = result.failure
    ElementTree.ElementTree(root).write(pathlib.Path(folder) / f"{name}.xml", encoding="utf-8")


class _Listed(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self.begun = getattr(self, "begun", []) + [test]


def run_unittest(name, module="__main__", argv=None):
    """unittest.main with a report; exits with 1 when a case failed or there was none."""
    program = unittest.main(module=module, argv=argv or sys.argv, exit=False, verbosity=2,
                            testRunner=unittest.TextTestRunner(resultclass=_Listed, verbosity=2))
    result = program.result
    failures = {str(test): trace for test, trace in result.failures + result.errors}
    cases = [Result(type(test).__name__, test._testMethodName, failures.pop(str(test), "")) for test in getattr(result, "begun", [])]
    cases += [Result("setup", name, trace) for name, trace in failures.items()]
    write(name, cases)
    sys.exit(0 if result.wasSuccessful() and cases else 1)
