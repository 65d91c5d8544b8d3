#!/usr/bin/env python3
"""Kills the engine while files flow: a folder -> a channel -> a folder, by a second channel to another folder, and collected
into batch files in a third.

  tests/crash/files.py build/debug/myelin --kills 8 [--files 400] [--seed 7]    kill -9 at random times
  tests/crash/files.py build/debug/myelin --sync-points 12                      kill -9 at the Nth fsync or write (strace)
  tests/crash/files.py --self-test                                              each promise, broken by hand, is found

What must hold: every file that was dropped arrives in each folder, whole, under one name or in one batch (LOST, TWICE); at no
moment stands half a file or batch under a name that a reader would take (HALF); the folder that was read ends empty, with every file
in done/ once (LEFT). The second channel knows no duplicates (`duplicates: none`) and names each file by the
message it stored: what were handed to it twice would be seen. A file that was found again after a kill is known by its messages; there are at most 64 of them each time, as
many as are read together (AGAIN). Exit 1 when a promise broke.
"""

import collections
import pathlib
import random
import re
import sys
import tempfile
import threading
import time

import campaign
import daemon
import faults

ARRIVES = ("near", "far", BATCHED := "batched")
DRAIN_SECONDS = 60
RUN_SECONDS = (0.2, 0.8)
TOGETHER = 64           # files that a source reads together
SYNC_FILES = 24
SYNC, WRITE = "fdatasync,fsync", "pwrite64"
FIRST = {SYNC: 5, WRITE: 84}    # calls of a thread; those before them open the store

TAKES = """channel: takes
source: {{ file: {{ directory: "{inbox}", settle: 100ms, every: 200ms }} }}
routes:
  near: {{ to: {{ file: {{ directory: "{near}", name: "{{control_id}}.hl7" }} }} }}
  over: {{ to: {{ channel: gets }} }}
  batched:
    to: {{ file: {{ directory: "{batched}", name: "{{control_id}}.{{id}}.hl7" }} }}
    collect: {{ count: 9, within: 1s }}
"""
GETS = """channel: gets
duplicates: none
source: {{ channel: {{ }} }}
routes:
  far: {{ to: {{ file: {{ directory: "{far}", name: "{{control_id}}.{{id}}.hl7" }} }} }}
"""


def message(number):
    lines = [f"MSH|^~\\&|PC|W|M|H|20260101||ORU^R01|F{number}|P|2.5.1", "PID|1||4711^^^W^MR"]
    lines += [f"OBX|{line}|NM|GLU||{number}" for line in range(1, 40)]
    return ("\r".join(lines) + "\r").encode()


def of_batch(content):
    """The messages of a batch file; none unless it is whole and counts them."""
    met = re.fullmatch(rb"FHS\|[^\r]*\rBHS\|[^\r]*\r(MSH\|.*\r)BTS\|(\d+)[^\r]*\rFTS\|1[^\r]*\r", content, re.DOTALL)
    messages = [b"MSH|" + each for each in met[1].split(b"MSH|")[1:]] if met else []
    return messages if met and int(met[2]) == len(messages) else []


def number_of(content):
    met = re.match(rb"MSH(?:\|[^|\r]*){8}\|F(\d+)\|", content)
    return int(met[1]) if met else None


class Flow:
    def __init__(self, myelin, folder, files, seed):
        self.files, self.draw, self.failures, self.kills, self.again = files, random.Random(seed), set(), 0, 0
        self.folders = {name: pathlib.Path(folder) / name for name in ("inbox", *ARRIVES)}
        for path in self.folders.values():
            path.mkdir()
        self.engine = daemon.Daemon(myelin, folder)
        self.engine.write("channels/takes.yaml", TAKES.format(**self.folders))
        self.engine.write("channels/gets.yaml", GETS.format(**self.folders))
        self.dropped = 0

    def drop(self, stop, pause):
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
            time.sleep(pause)

    def arrived(self, name):
        """{number: how often} of what stands there; anything that is not a whole message of ours, or a batch of them, is a broken
        promise."""
        found = collections.Counter()
        for path in self.folders[name].glob("[!.]*"):
            content = path.read_bytes()
            numbers = [number_of(each) for each in (of_batch(content) if name == BATCHED else [content])]
            whole = b"".join(message(number) for number in numbers if number is not None)
            if not numbers or None in numbers or whole not in content or (name != BATCHED and whole != content):
                self.failures.add(f"HALF {name}/{path.name}: {len(content)} bytes")
            found.update(number for number in numbers if number is not None)
        return found

    def kill(self):
        self.engine.kill()
        self.kills += 1
        for name in ARRIVES:
            self.arrived(name)

    def run_at_random(self, kills):
        stop = threading.Event()
        pause = kills * sum(RUN_SECONDS) / 2 / self.files   # so that no kill meets an engine that has nothing to do
        dropping = threading.Thread(target=self.drop, args=(stop, pause))
        self.engine.start()
        dropping.start()
        try:
            for _ in range(kills):
                time.sleep(self.draw.uniform(*RUN_SECONDS))
                self.kill()
                self.engine.start()
            dropping.join()
            self.wait(DRAIN_SECONDS)
        finally:
            stop.set()
            dropping.join()
            self.engine.kill()
        self.judge()

    def run_to_call(self, call, number):
        """Dies when a thread of it begins its Nth such call; a plain run then does the rest. The store was made before."""
        self.engine.start()
        self.engine.stop()
        stop = threading.Event()
        dropping = threading.Thread(target=self.drop, args=(stop, 0.02))
        self.engine.wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                               "-e", f"inject={call}:signal=KILL:when={number}"]
        try:
            self.engine.launch()
            dropping.start()
            self.wait(10)
            self.kill()
            dropping.join()
            self.engine.wrapper = []
            self.engine.start()
            self.wait(DRAIN_SECONDS)
        finally:
            stop.set()
            self.engine.kill()
        self.judge()

    def wait(self, seconds):
        """Until all has arrived, or the engine is dead, or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.engine.running():
            if self.all_there() and not self.left():
                return
            time.sleep(0.02)

    def all_there(self):
        if any(len(list(self.folders[name].glob("F*"))) < self.files for name in ARRIVES if name != BATCHED):
            return False
        return sum(path.read_bytes().count(b"MSH|") for path in self.folders[BATCHED].glob("F*")) >= self.files

    def left(self):
        return [path.name for path in self.folders["inbox"].iterdir() if path.is_file()]

    def judge(self):
        for name in ARRIVES:
            found = self.arrived(name)
            self.failures |= {f"LOST {name}: {number}" for number in range(self.files) if number not in found}
            self.failures |= {f"TWICE {name}: {number}" for number, times in found.items() if times > 1}
        done = sorted(path.name for path in (self.folders["inbox"] / "done").iterdir())
        if self.left() or done != [f"{number:05}.hl7" for number in range(self.files)]:
            self.failures.add(f"LEFT {len(self.left())} in the folder, {len(done)} in done")
        self.again = self.engine.log.read_text(errors="replace").count(" message_duplicate ") if self.engine.log.exists() else 0
        if self.again > TOGETHER * self.kills:
            self.failures.add(f"AGAIN {self.again} files after {self.kills} kills")


def random_kills(myelin, kills, files, seed):
    with tempfile.TemporaryDirectory(prefix="myelin-files-") as folder:
        flow = Flow(myelin, folder, files, seed)
        flow.run_at_random(kills)
        if flow.failures:
            print(flow.engine.log.read_text(errors="replace")[-3000:], file=sys.stderr)
    return flow


def sync_points(myelin, count, seed):
    """Every other one at a sync, and at a write of the store's log: between two commits. Failures name the call."""
    flows = []
    for turn in range(count):
        call = WRITE if turn % 2 else SYNC
        number = FIRST[call] + turn // 2
        with tempfile.TemporaryDirectory(prefix="myelin-files-") as folder:
            flow = Flow(myelin, folder, SYNC_FILES, seed)
            flow.run_to_call(call, number)
        flow.failures = {f"{call} {number}: {failure}" for failure in flow.failures}
        flows.append(flow)
    return flows


def batch(*numbers):
    return b"FHS|^~\\&|\rBHS|^~\\&|\r" + b"".join(map(message, numbers)) + f"BTS|{len(numbers)}\rFTS|1\r".encode()


def self_test():
    """A folder as it should be, then each promise broken in it; returns what was not found."""
    missed = []
    for word, breaking in (("", lambda at: None),
                           ("LOST", lambda at: (at["far"] / "F1.hl7").unlink()),
                           ("TWICE", lambda at: (at["far"] / "F1.1.hl7").write_bytes(message(1))),
                           ("HALF", lambda at: (at["near"] / "F2.hl7").write_bytes(message(2)[:-1])),
                           ("LOST", lambda at: (at[BATCHED] / "F2.hl7").unlink()),
                           ("TWICE", lambda at: (at[BATCHED] / "F3.hl7").write_bytes(batch(1))),
                           ("HALF", lambda at: (at[BATCHED] / "F0.hl7").write_bytes(batch(0, 1)[:-8])),
                           ("HALF", lambda at: (at[BATCHED] / "F0.hl7").write_bytes(batch(0, 1).replace(message(1), b""))),
                           ("LEFT", lambda at: (at["inbox"] / "00000.hl7").write_bytes(message(0))),
                           ("AGAIN", lambda at: (at["inbox"].parent / "engine.log").write_text("Z warn message_duplicate \n" * 65))):
        with tempfile.TemporaryDirectory(prefix="myelin-files-") as folder:
            flow = Flow("myelin", folder, 3, 1)
            flow.kills = 1
            (flow.folders["inbox"] / "done").mkdir()
            for number in range(3):
                (flow.folders["inbox"] / "done" / f"{number:05}.hl7").write_bytes(message(number))
                for name in ("near", "far"):
                    (flow.folders[name] / f"F{number}.hl7").write_bytes(message(number))
            (flow.folders[BATCHED] / "F0.hl7").write_bytes(batch(0, 1))
            (flow.folders[BATCHED] / "F2.hl7").write_bytes(batch(2))
            breaking(flow.folders)
            flow.judge()
        if not any(failure.startswith(word) for failure in flow.failures) if word else flow.failures:
            missed.append(f"{word or 'a folder as it should be'}: {sorted(flow.failures)}")
    return missed


def counted(failures, word):
    return sum(word in failure.split(":")[0 if failure.startswith(word) else 1] for failure in failures)


def row(fault, flows, tries, seed):
    """What a kill may cost is a file that was taken again and known again; none of them arrives twice."""
    failures = [failure for flow in flows for failure in flow.failures]
    kills = sum(flow.kills for flow in flows)
    print(f"  {fault}: {kills} kills; {sum(flow.again for flow in flows)} files found again and known, of at most {TOGETHER * kills}")
    return faults.row(fault, tries, sum(flow.files for flow in flows), counted(failures, "LOST") + counted(failures, "HALF"),
                      counted(failures, "TWICE"), 0, None, seed)


def options(parser):
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--sync-points", type=int, default=0)


def campaigns(asked):
    if asked.kills:
        flow = random_kills(asked.myelin, asked.kills, asked.files, asked.seed)
        yield row("kill -9 while files flow", [flow], asked.kills, asked.seed), sorted(flow.failures), max(0, asked.kills - len(flow.failures))
    if asked.sync_points:
        flows = sync_points(asked.myelin, asked.sync_points, asked.seed)
        failures = sorted(failure for flow in flows for failure in flow.failures)
        yield (row("kill -9 at a sync or write while files flow", flows, asked.sync_points, asked.seed), failures,
               sum(not flow.failures for flow in flows))


if __name__ == "__main__":
    sys.exit(campaign.main(__doc__, options, campaigns, self_test))
