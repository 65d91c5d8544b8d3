#!/usr/bin/env python3
"""Runs one engine for a long time under load with faults, and looks whether it grows.

  tests/crash/endure.py build/debug/myelin --minutes 20 [--rate 400] [--every 60] [--seed 7]     a fault every 60 s
  tests/crash/endure.py --self-test

All connections go through the proxies of peers.py. The faults, in turn: a reload that changes the channel; a lane held for some
seconds; connections that say nothing, and junk. What may not happen: LOST, ORDER, PHANTOM, more repetitions than connections
that ended; more descriptors or threads at the end than before; memory that goes on growing (GROWS). Prints the table of
tests/faults.py and, with --json FILE, writes {passed, failures} for tests/run.
"""

import pathlib
import re
import socket
import statistics
import sys
import tempfile
import time

import campaign
import peers
import run as kills

LOOK_SECONDS = 2
TROUBLE_ONE_IN = 20          # connections
HELD_SECONDS = 3
STRANGERS = 50
MORE_DESCRIPTORS = 8         # a connection that ends while another begins
MORE_MEMORY = 1.05


class Watch:
    """What the process holds, seen from outside."""

    def __init__(self, pid):
        self.pid, self.looks = pid, []

    def look(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        self.looks.append((len(list(pathlib.Path(f"/proc/{self.pid}/fd").iterdir())), int(re.search(r"Threads:\s+(\d+)", status)[1]),
                           int(re.search(r"VmRSS:\s+(\d+)", status)[1])))

    def failures(self):
        """The last third beside the middle one; the first is the warming up."""
        third = len(self.looks) // 3
        if third < 5:
            return ["TOO FEW looks at the process"]
        before, after = self.looks[third:2 * third], self.looks[-third:]
        found = []
        for at, name, room in ((0, "descriptors", MORE_DESCRIPTORS), (1, "threads", 0)):
            most = max(look[at] for look in before)
            if max(look[at] for look in after) > most + room:
                found.append(f"GROWS {name} from {most} to {max(look[at] for look in after)}")
        was, now = (statistics.median(look[2] for look in part) for part in (before, after))
        if now > was * MORE_MEMORY + 1024:
            found.append(f"GROWS memory from {was:.0f} to {now:.0f} KiB")
        return found

    def said(self):
        descriptors, threads, memory = self.looks[-1]
        return f"{descriptors} descriptors, {threads} threads, {memory} KiB at the end"


def reload(site, turn):
    path = site.engine.conf / "channels/crash.yaml"
    path.write_text(re.sub(r"about: .*", f"about: the engine endures, {turn}", path.read_text()))
    done = site.engine.ask("reload")
    if done.returncode != 0:
        raise RuntimeError(f"reload: {done.stdout}{done.stderr}")


def hold(site, turn):
    lane = f"crash/{kills.LANES[turn % 2]}"
    for words in (("hold", lane, "--reason", "endurance"), ("release", lane, "--reason", "endurance")):
        done = site.engine.ask(*words)
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]}: {done.stdout}{done.stderr}")
        time.sleep(HELD_SECONDS)


def strangers(site, _):
    held = [socket.create_connection(("127.0.0.1", site.port), timeout=5) for _ in range(STRANGERS)]
    for number, each in enumerate(held):
        if number % 2:
            each.sendall(b"GET / HTTP/1.0\r\n\r\n" * number)
    time.sleep(1)
    for each in held:
        each.close()


FAULTS = (reload, hold, strangers)


def endure(myelin, minutes, rate, every, seed):
    with tempfile.TemporaryDirectory(prefix="myelin-endure-") as folder:
        site = peers.ProxiedSite(myelin, folder, seed, rest=kills.SENDERS / rate, trouble_one_in=TROUBLE_ONE_IN)
        try:
            site.engine.start()
            watch, began, turn = Watch(site.engine.process.pid), time.monotonic(), 0
            step = min(every, minutes * 60 / len(FAULTS) / 3)
            while time.monotonic() - began < minutes * 60:
                time.sleep(LOOK_SECONDS)
                watch.look()
                if time.monotonic() - began > (turn + 1) * step:
                    FAULTS[turn % len(FAULTS)](site, turn)
                    turn += 1
            history = site.finished()
        finally:
            site.close()
    verdict, troubles, failures = peers.judge_connections(site, history)
    print(f"  {watch.said()}")
    return kills.row(f"endurance, {minutes:g} minutes at {rate} a second", turn + troubles, verdict, seed), failures + watch.failures()


def self_test():
    """A process as it should be, then one that grows; returns what was not found."""
    wrong = []
    for word, grow in (("", (0, 0, 0)), ("GROWS descriptors", (1, 0, 0)), ("GROWS threads", (0, 1, 0)), ("GROWS memory", (0, 0, 400))):
        watch = Watch(0)
        watch.looks = [(40 + grow[0] * at, 5 + grow[1] * at, 30_000 + grow[2] * at) for at in range(30)]
        found = watch.failures()
        if [each for each in found if not each.startswith(word)] or bool(found) != bool(word):
            wrong.append(f"{word or 'a process as it should be'}: {found}")
    return wrong


def options(parser):
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=int, default=400)
    parser.add_argument("--every", type=float, default=60, metavar="SECONDS")


def campaigns(asked):
    row, failures = endure(asked.myelin, asked.minutes, asked.rate, asked.every, asked.seed)
    yield row, failures, int(not failures)


if __name__ == "__main__":
    sys.exit(campaign.main(__doc__, options, campaigns, self_test))
