#!/usr/bin/env python3
"""Kills the engine while files flow: a folder -> a channel -> a folder, and by a second channel to another folder.

  tests/crash/files.py build/debug/myelin [--kills 8] [--files 400] [--seed 7]

What must hold: every file that was dropped arrives in both folders, whole, under one name (LOST, TWICE); at no moment
stands half a file under a name that a reader would take (HALF); the folder that was read ends empty, with every file
in done/ once (LEFT). Exit 1 when a promise broke.
"""

import argparse
import json
import pathlib
import random
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import daemon

DRAIN_SECONDS = 60
RUN_SECONDS = (0.2, 0.8)

TAKES = """channel: takes
source: {{ file: {{ directory: "{inbox}", settle: 100ms, every: 200ms }} }}
routes:
  near: {{ to: {{ file: {{ directory: "{near}", name: "{{control_id}}.hl7" }} }} }}
  over: {{ to: {{ channel: gets }} }}
"""
GETS = """channel: gets
source: {{ channel: {{ }} }}
routes:
  far: {{ to: {{ file: {{ directory: "{far}", name: "{{control_id}}.hl7", exists: number }} }} }}
"""


def message(number):
    lines = [f"MSH|^~\\&|PC|W|M|H|20260101||ORU^R01|F{number}|P|2.5.1", "PID|1||4711^^^W^MR"]
    lines += [f"OBX|{line}|NM|GLU||{number}" for line in range(1, 40)]
    return ("\r".join(lines) + "\r").encode()


class Flow:
    def __init__(self, myelin, folder, files, seed):
        self.files, self.draw, self.failures = files, random.Random(seed), set()
        self.folders = {name: pathlib.Path(folder) / name for name in ("inbox", "near", "far")}
        for path in self.folders.values():
            path.mkdir()
        self.engine = daemon.Daemon(myelin, folder)
        self.engine.write("channels/takes.yaml", TAKES.format(**self.folders))
        self.engine.write("channels/gets.yaml", GETS.format(**self.folders))
        self.dropped = 0

    def drop(self, stop):
        """Every other file is written in place, slowly; the others are renamed into the folder."""
        inbox = self.folders["inbox"]
        while self.dropped < self.files and not stop.is_set():
            number, content = self.dropped, message(self.dropped)
            if number % 2:
                (inbox / ".part").write_bytes(content)
                (inbox / ".part").rename(inbox / f"{number:05}.hl7")
            else:
                with open(inbox / f"{number:05}.hl7", "wb") as file:
                    for at in range(0, len(content), 400):
                        file.write(content[at:at + 400])
                        file.flush()
            self.dropped += 1
            time.sleep(0.002)

    def arrived(self, name):
        """What stands there; anything that is not a whole message of ours is a broken promise."""
        found = {}
        for path in self.folders[name].glob("[!.]*"):
            number = path.name.removeprefix("F").split(".")[0]
            content = path.read_bytes()
            if not number.isdigit() or content != message(int(number)):
                self.failures.add(f"HALF {name}/{path.name}: {len(content)} bytes")
                continue
            found[int(number)] = found.get(int(number), 0) + 1
        return found

    def run(self, kills):
        stop = threading.Event()
        dropping = threading.Thread(target=self.drop, args=(stop,))
        self.engine.start()
        dropping.start()
        try:
            for _ in range(kills):
                time.sleep(self.draw.uniform(*RUN_SECONDS))
                self.engine.kill()
                self.arrived("near"), self.arrived("far")
                self.engine.start()
            dropping.join()
            self.wait()
        finally:
            stop.set()
            dropping.join()
            self.engine.kill()
        self.judge()

    def wait(self):
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline:
            if all(len(list(self.folders[name].glob("F*"))) >= self.files for name in ("near", "far")) and not self.left():
                return
            time.sleep(0.05)

    def left(self):
        return [path.name for path in self.folders["inbox"].iterdir() if path.is_file()]

    def judge(self):
        for name in ("near", "far"):
            found = self.arrived(name)
            self.failures |= {f"LOST {name}: {number}" for number in range(self.files) if number not in found}
            self.failures |= {f"TWICE {name}: {number}" for number, times in found.items() if times > 1}
        done = sorted(path.name for path in (self.folders["inbox"] / "done").iterdir())
        if self.left() or done != [f"{number:05}.hl7" for number in range(self.files)]:
            self.failures.add(f"LEFT {len(self.left())} in the folder, {len(done)} in done")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("myelin")
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--json", type=pathlib.Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="myelin-files-") as folder:
        flow = Flow(asked.myelin, folder, asked.files, asked.seed)
        flow.run(asked.kills)
        if flow.failures:
            print(flow.engine.log.read_text(errors="replace")[-3000:], file=sys.stderr)
    failures = sorted(flow.failures)
    print(f"{asked.files} files, {asked.kills} kills, seed {asked.seed}: "
          f"{len(failures)} broken promises" + "".join(f"\n  {failure}" for failure in failures[:20]))
    if asked.json:
        asked.json.write_text(json.dumps({"passed": not failures, "failures": failures}))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
