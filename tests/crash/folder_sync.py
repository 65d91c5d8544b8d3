#!/usr/bin/env python3
"""A file counts as written when its bytes and its name are on the disk: fsync of the file, rename, fsync of the folder.

No kill can show that the last one is missing, and no power can be cut here, so the system calls of the file adapter's
own tests are watched (strace), and the order of the three is judged.
  tests/crash/folder_sync.py build/debug/conformance_file
"""

import re
import subprocess
import sys
import tempfile

CALL = re.compile(r"(?P<call>fsync|fdatasync|renameat2?|rename)\((?P<rest>.*)\) = 0")
PATH = re.compile(r"<([^>]*)>")
LEAST = 5


def calls(program):
    with tempfile.NamedTemporaryFile("r") as log:
        subprocess.run(["strace", "-f", "-y", "-qq", "-e", "trace=fsync,fdatasync,renameat,renameat2,rename", "-o", log.name,
                        program, "--gtest_filter=*DestinationConformance*"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return [met for met in map(CALL.search, log) if met]


def judge(trace):
    """(renames seen, what was wrong)"""
    renames, wrong = 0, []
    for at, met in enumerate(trace):
        if not met["call"].startswith("rename"):
            continue
        source, target = PATH.findall(met["rest"])[:2]
        if ".part" not in met["rest"]:
            continue
        renames += 1
        synced = [PATH.findall(each["rest"])[0] for each in trace[:at] if each["call"].endswith("sync")]
        if not any(path.startswith(source + "/") for path in synced):
            wrong.append(f"{met.group(0)}: the file was not synchronised before")
        after = next((each for each in trace[at + 1:] if each["call"] == "fsync" or each["call"].startswith("rename")), None)
        if after is None or after["call"] != "fsync" or PATH.findall(after["rest"])[0] != target:
            wrong.append(f"{met.group(0)}: its folder was not synchronised after")
    return renames, wrong


def main():
    renames, wrong = judge(calls(sys.argv[1]))
    print(f"{renames} files were given their names; {len(wrong)} of them might be lost with the power")
    for each in wrong[:5]:
        print("  " + each)
    return 1 if wrong or renames < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
