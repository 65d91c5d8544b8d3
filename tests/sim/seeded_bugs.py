#!/usr/bin/env python3
"""The tests can fail: each promise that is broken on purpose (engine/base/sabotage.h) is found by the test that is named here.

  tests/sim/seeded_bugs.py build/debug                     all of them; prints one line for each
  tests/sim/seeded_bugs.py build/debug late_answer_credited
A bug counts as found when the named test fails and says one of the words beside it. That a shipped program knows nothing
of all this: --clean PROGRAM looks for its traces.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SEEDS = "Simulator.keeps_every_promise_for_every_seed"
LIMIT_SECONDS = 100

# bug -> (program, test, words of which its failure has one)
BUGS = {
    "ack_before_commit": ("sim_engine", SEEDS, "ACK|STATE"),
    "duplicate_before_commit": ("sim_engine", SEEDS, "ACK"),
    "merge_ignores_a_key": ("sim_engine", SEEDS, "ORDER"),
    "sources_before_recall": ("sim_engine", SEEDS, "DUP stored twice"),
    "late_answer_credited": ("sim_engine", SEEDS, "MISCREDIT"),
    "answer_id_not_checked": ("sim_engine", SEEDS, "MISCREDIT"),
    "pipelined_tail_dropped": ("unit_mllp", "SessionTest.answers_pipelined_frames_one_after_the_other_in_order", "FAILED"),
    "retry_renders_anew": ("sim_engine", SEEDS, "BYTES"),
    "pause_on_wall_clock": ("sim_clock", "ClockIsSet.and_the_next_attempt_comes_when_it_would_have_come", "FAILED"),
    "probe_sends_twice": ("sim_engine", SEEDS, "DUP"),
    "window_skips_one": ("unit_runtime", "FieldFailure.ngc_1682_no_message_beside_the_edge_of_the_window_is_forgotten", "FAILED"),
    "settle_forgotten_at_stop": ("sim_engine", SEEDS, "DUP"),
    "held_key_overtaken": ("sim_engine", SEEDS, "ORDER"),
    "synchronous_normal": ("crash_power_cut", "PowerCut.takes_nothing_that_was_answered", "FAILED"),
    "park_in_two_transactions": ("crash_power_cut", "PowerCut.takes_nothing_that_was_answered", "not parked"),
    "checksum_not_verified": ("unit_store", "Damage.of_any_bit_never_changes_what_is_delivered", "not what was stored"),
    "folder_not_synchronised": ("crash/folder_sync.py", "", "folder was not synchronised"),
}


def declared():
    """The bugs that the header knows."""
    text = (ROOT / "engine/base/sabotage.h").read_text().split("enum class Bug", 1)[1].split("};", 1)[0]
    return [name for name in re.findall(r"^\s+(\w+),", text, re.MULTILINE) if name != "none"]


def seek(tree, bug):
    """(found, seconds, the first words of the failure)"""
    program, test, words = BUGS[bug]
    script = ROOT / "tests" / program
    command = [sys.executable, script, tree / "conformance_file"] if program.endswith(".py") else [tree / program, f"--gtest_filter={test}"]
    began = time.monotonic()
    try:
        done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_SECONDS,
                              env={**os.environ, "MYELIN_SEEDED_BUG": bug, "MYELIN_SIM_SEEDS": "150", "MYELIN_POWER_CUTS": "8", "GTEST_OUTPUT": "", "MYELIN_FAULTS": ""})
    except subprocess.TimeoutExpired:
        return False, time.monotonic() - began, f"nothing in {LIMIT_SECONDS} s"
    said = [line.strip() for line in done.stdout.splitlines() if re.search(words, line)]
    return done.returncode != 0 and bool(said), time.monotonic() - began, said[0] if said else f"exit {done.returncode}"


def traces(program):
    """What of sabotage stands in a program."""
    content = pathlib.Path(program).read_bytes()
    return [name for name in ["MYELIN_SEEDED_BUG", *declared()] if name.encode() in content]


def main():
    parser = argparse.ArgumentParser(description="proves that the tests can fail")
    parser.add_argument("tree", nargs="?")
    parser.add_argument("bugs", nargs="*")
    parser.add_argument("--clean", metavar="PROGRAM", help="a program that is shipped")
    options = parser.parse_args()
    if options.clean:
        found = traces(options.clean)
        print(f"{options.clean}: {'traces of ' + ', '.join(found) if found else 'no trace of a seeded bug'}")
        return 1 if found else 0
    missing = sorted(set(declared()) ^ set(BUGS))
    if missing:
        print(f"no test is named for {', '.join(missing)}")
    wrong = len(missing)
    for bug in options.bugs or BUGS:
        found, seconds, said = seek(pathlib.Path(options.tree), bug)
        wrong += not found
        print(f"{'found' if found else 'MISSED':<6} {bug:<26} {BUGS[bug][0]:<20} {seconds:5.1f} s  {said[:110]}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
