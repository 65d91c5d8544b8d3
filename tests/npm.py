#!/usr/bin/python3
"""Other people's JavaScript that the suites meet: installed as tests/e2e/NAME/package-lock.json says into build/npm/NAME,
once for all runs (`make deps` does it beforehand). Where the registry of npm cannot be reached a suite says so and
passes: modules() gives None then.
"""

import fcntl
import functools
import pathlib
import shutil
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parent.parent
FOR_SECONDS = 150


def _install(suite, place):
    wanted = (suite / "package-lock.json").read_bytes()
    done = place / "installed"
    if done.exists() and done.read_bytes() == wanted:
        return None
    for name in ("package.json", "package-lock.json"):
        shutil.copy(suite / name, place / name)
    try:
        ran = subprocess.run(["npm", "ci", "--prefix", place, "--no-audit", "--no-fund", "--loglevel=error",
                              "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000",
                              "--fetch-retry-maxtimeout=5000", "--fetch-timeout=30000"],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FOR_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    if ran.returncode != 0:
        return ran.stderr.strip()[-300:]
    done.write_bytes(wanted)
    return None


@functools.cache   # a registry that did not answer is not asked twice
def modules(suite):
    """The folder that has node_modules for this folder of tests/e2e, or None after saying why not."""
    suite = pathlib.Path(suite)
    place = TREE / "build/npm" / suite.name
    place.mkdir(parents=True, exist_ok=True)
    with open(place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        problem = _install(suite, place)
    if problem is None:
        return place
    print(f"npm's packages for {suite.name} cannot be had, so nothing was tried with them: {problem}")
    return None


if __name__ == "__main__":
    for lock in sorted(TREE.glob("tests/e2e/*/package-lock.json")):
        if modules(lock.parent):
            print(f"npm: {lock.parent.name} is there")
    sys.exit(0)
