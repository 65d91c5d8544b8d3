#!/usr/bin/env python3
"""Runs one engine for a long time under load with faults, and looks whether it grows.

  tests/crash/endure.py build/debug/myelin --minutes 20 [--rate 400] [--every 60] [--seed 7]     a fault every 60 s
  tests/crash/endure.py build/debug/myelin --minutes 480 --site /srv/endure    the same, in as many sittings as it takes
  tests/crash/endure.py build/debug/myelin --minutes 480 --hurry 12     eight hours of the engine's clocks in forty minutes of ours
  tests/crash/endure.py --self-test

Two streams go through the engine. Of the witnessed one all connections go through the proxies of peers.py; --rate is how much it
tries. Beside it, through a channel of its own, `myelin load` sends what makes the engine work (--beside N a second) to a
`myelin sink`, and compares what was answered with what came. The faults, in turn: a reload that changes the witnessed channel; a
lane of it held for some seconds; connections that say nothing, and junk. What may not happen: LOST, ORDER, PHANTOM, more repetitions than connections
that ended; more descriptors or threads at the end than before; memory that goes on growing (GROWS), by more than one percent an
hour where there are hours. The engine deletes what is older than an hour all the while.

Every quarter of an hour the traffic ends for a moment and the ledger judges it; the engine goes on. With --site FOLDER its store and
a line for each such chapter (chapters.jsonl) and each look at the process (looks.csv) stay there. Whoever calls it again, after the
machine was needed or has died, goes on with the store, an engine begun anew and the chapters that are missing: the row then tells of
all of them.

With --hurry N the engine's clocks go N times as fast as ours (hurried/clock.cpp, preloaded): all minutes and --every are the engine's
then, rates and the quarters of an hour stay ours. What grows with its timers, its retention and its faults is met so, as are as many
messages as come meanwhile; what grows with the hours of the machine is not. Prints the table of tests/faults.py and, with --json FILE, writes {passed, failures} for tests/run.
"""

import contextlib
import dataclasses
import itertools
import json
import math
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import campaign
import daemon
import faults
import peers
import run as kills

LOOK_SECONDS = 2
CHAPTER_MINUTES = 15
NUMBERS = 1_000_000          # of each sender in a chapter, at most
TROUBLE_ONE_IN = 20          # connections
HELD_SECONDS = 3
STRANGERS = 50
SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "conf/channels/samples/adt-a01-admitted.hl7"
RETAIN = "retain:\n  days: 1\n  bytes: 1GiB\n"   # never those of the last hour
MORE_DESCRIPTORS = 8         # a connection that ends while another begins
MORE_MEMORY = 0.05           # of what it has, where there is less than an hour
MORE_MEMORY_AN_HOUR = 0.01
NOISE_KIB = 1024
LONG_HOURS = 0.5             # between two thirds of a life
LEAST_LOOKS = 15             # in a life that tells something


@dataclasses.dataclass
class Look:
    """What the process holds, seen from outside; memory in KiB, the store in bytes."""

    at: float
    descriptors: int
    threads: int
    memory: int
    store: int


class Watch:
    """Looks at a process and notes each, by the process's clock, in a file, where those of the processes before it stand already."""

    def __init__(self, pid, store, notes, hurry):
        self.pid, self.store, self.notes, self.hurry = pid, store, notes, hurry

    def look(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        look = Look(time.time() * self.hurry, len(list(pathlib.Path(f"/proc/{self.pid}/fd").iterdir())),
                    int(re.search(r"Threads:\s+(\d+)", status)[1]), int(re.search(r"VmRSS:\s+(\d+)", status)[1]), self.on_disk())
        with open(self.notes, "a", encoding="utf-8") as out:
            print(self.pid, *dataclasses.astuple(look), sep=",", file=out)

    def on_disk(self):
        total = 0
        for each in self.store.rglob("*"):
            with contextlib.suppress(OSError):   # gone meanwhile
                total += each.stat().st_size
        return total

    def lives(self):
        """[Look] of each process."""
        rows = (line.split(",") for line in self.notes.read_text().splitlines())
        return [[Look(float(row[1]), *map(int, row[2:])) for row in life] for _, life in itertools.groupby(rows, key=lambda row: row[0])]


def growth(looks):
    """What grows in a life: its last third beside the middle one; the first is the warming up."""
    third = len(looks) // 3
    before, after = looks[third:2 * third], looks[-third:]
    found = []
    for name, room in (("descriptors", MORE_DESCRIPTORS), ("threads", 0)):
        was, now = (max(getattr(look, name) for look in part) for part in (before, after))
        if now > was + room:
            found.append(f"GROWS {name} from {was} to {now}")
    was, now = (statistics.median(look.memory for look in part) for part in (before, after))
    hours = (after[0].at - before[0].at) / 3600
    room = was * MORE_MEMORY + NOISE_KIB if hours < LONG_HOURS else was * MORE_MEMORY_AN_HOUR * hours
    if now > was + room:
        found.append(f"GROWS memory from {was:.0f} to {now:.0f} KiB in {hours:.1f} hours")
    return found


def said(looks):
    last, most = looks[-1], max(look.store for look in looks)
    return (f"a process of {(last.at - looks[0].at) / 3600:.2f} hours: {last.descriptors} descriptors, {last.threads} threads, "
            f"{last.memory} KiB, {last.store >> 20} MiB of store (at most {most >> 20}) at the end")


def reload(site, turn, _):
    path = site.engine.conf / "channels/crash.yaml"
    path.write_text(re.sub(r"about: .*", f"about: the engine endures, {turn}", path.read_text()))
    done = site.engine.ask("reload")
    if done.returncode != 0:
        raise RuntimeError(f"reload: {done.stdout}{done.stderr}")


def hold(site, turn, hurry):
    lane = f"crash/{kills.LANES[turn % 2]}"
    for words in (("hold", lane, "--reason", "endurance"), ("release", lane, "--reason", "endurance")):
        done = site.engine.ask(*words)
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]}: {done.stdout}{done.stderr}")
        time.sleep(HELD_SECONDS / hurry)


def strangers(site, *_):
    held = [socket.create_connection(("127.0.0.1", site.port), timeout=5) for _ in range(STRANGERS)]
    for number, each in enumerate(held):
        if number % 2:
            each.sendall(b"GET / HTTP/1.0\r\n\r\n" * number)
    time.sleep(1)
    for each in held:
        each.close()


FAULTS = (reload, hold, strangers)


BESIDE = """channel: wards
about: what makes the engine work, beside the witnessed stream
source:
  mllp:
    listen: 127.0.0.1:{port}
routes:
  archive:
    to:
      mllp: {{ connect: "127.0.0.1:{sink}" }}
"""


class Beside:
    """`myelin load` and `myelin sink` around a channel of their own, a pair of them for each chapter."""

    def __init__(self, site, folder, rate):
        self.site, self.folder, self.rate = site, folder, rate
        self.port, self.sink_port = daemon.free_ports(2)
        site.engine.write("channels/wards.yaml", BESIDE.format(port=self.port, sink=self.sink_port))
        self.sink = self.load = None

    def begin(self, seconds):
        myelin = self.site.engine.myelin
        self.sink = peers.Sink(myelin, self.folder, "wards", [], self.sink_port)
        self.load = subprocess.Popen(
            [myelin, "load", str(SAMPLE), "--to", f"127.0.0.1:{self.port}", "--rate", str(self.rate), "--for", f"{seconds:.0f}s", "--drain",
             f"{kills.DRAIN_SECONDS}s", "--received", str(self.sink.journal), "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def judged(self):
        """(row, failures) when the last of it has come."""
        said = json.loads(self.load.communicate()[0])
        came = said["received"][0]
        self.end()
        failures = [f"{word} {came[key]} beside" for word, key in (("LOST", "lost"), ("DUP", "doubled"), ("ORDER", "out_of_order")) if came[key]]
        if said["answered"] != said["replies"]["AA"]:
            failures.append(f"REFUSED beside: {said['replies']}")
        return faults.row("endurance", 0, came["accepted"], came["lost"], came["doubled"], 0, came["out_of_order"], self.site.seed), failures

    def end(self):
        if self.sink:
            self.load.kill()
            self.load.wait()
            self.sink.close()
            self.sink.journal.unlink(missing_ok=True)
            self.sink = None


class Chapters:
    """What was judged so far, in a file that outlives this process: a line when a chapter begins, another when it was judged."""

    def __init__(self, path, seed):
        self.path = path
        self.lines = faults.read(path)
        self.seed = self.lines[0]["seed"] if self.lines else seed

    def begin(self):
        """The first number of each sender: none that a chapter before it may have used, judged or not."""
        first = 1 + NUMBERS * sum("first" in line for line in self.lines)
        self.add({"seed": self.seed, "first": first})
        return first

    def add(self, line):
        self.lines.append(line)
        faults.append(self.path, [line])

    def judged(self):
        return [line for line in self.lines if "row" in line]

    def minutes(self):
        return sum(line["minutes"] for line in self.judged())

    def failures(self):
        return [each for line in self.judged() for each in line["failures"]]

    def row(self):
        total = faults.summed([line["row"] for line in self.judged()])[0]
        ours = sum(line["minutes"] / line["hurry"] for line in self.judged())
        lasted = f"{self.minutes():.0f} minutes" + (f" of its clock in {ours:.0f} of ours" if ours < self.minutes() else "")
        return {**total, "fault": f"endurance, {lasted} at {total['answered'] / ours / 60:.0f} a second"}


def chapter(site, watch, minutes, every, turn):
    """Until its time is over, with a fault whenever one is due; how many those were. `turn`: the number of the first."""
    began, met = time.monotonic(), 0
    while (now := (time.monotonic() - began) * watch.hurry) < minutes * 60:
        if now > (met + 1) * every:
            FAULTS[(turn + met) % len(FAULTS)](site, turn + met, watch.hurry)
            met += 1
        time.sleep(LOOK_SECONDS)
        watch.look()
    return met


def judged(site, beside, met, minutes, hurry):
    """The line of a chapter that has ended."""
    loaded, refused = beside.judged()
    verdict, troubles, failures = peers.judge_connections(site, site.finished())
    for count in itertools.chain(*site.counts.values()):
        count.value = 0
    return {"minutes": minutes, "hurry": hurry, "faults": met, "row": faults.summed([kills.row("endurance", met + troubles, verdict, site.seed), loaded])[0],
            "failures": failures + refused}


def endure(myelin, folder, minutes, rate, beside_rate, every, seed, hurry=1, clock=None):
    """(row, failures) of all chapters of the site in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chapters = Chapters(folder / "chapters.jsonl", seed)
    length = minutes / math.ceil(minutes / (CHAPTER_MINUTES * hurry))
    every = min(every, length * 60 / len(FAULTS) / 3)
    site = peers.ProxiedSite(myelin, folder, chapters.seed, rest=kills.SENDERS / rate, trouble_one_in=TROUBLE_ONE_IN, first=chapters.begin())
    beside = Beside(site, folder, beside_rate)
    if hurry > 1:
        site.engine.wrapper = hurried(clock or pathlib.Path(myelin).parent / "libhurried_clock.so", hurry)
    try:
        (site.engine.conf / "myelin.yaml").open("a").write(RETAIN)
        site.engine.start()
        watch = Watch(site.engine.process.pid, site.engine.store, folder / "looks.csv", hurry)
        while True:
            beside.begin(length * 60 / hurry)
            met = chapter(site, watch, length, every, sum(line["faults"] for line in chapters.judged()))
            chapters.add(judged(site, beside, met, length, hurry))
            if chapters.minutes() > minutes - length / 2:   # parts of it, added up
                break
            site.begin_traffic(chapters.begin())
    finally:
        beside.end()
        site.close()
    lives = [looks for looks in watch.lives() if len(looks) >= LEAST_LOOKS]
    print("".join(f"  {said(looks)}\n" for looks in lives), end="")
    return chapters.row(), chapters.failures() + [each for looks in lives for each in growth(looks)]


def hurried(clock, hurry):
    """The words before a program whose clocks shall hurry."""
    if not clock.exists():
        raise SystemExit(f"{clock}: there is no such file; --clock says where the target hurried_clock is built")
    return ["env", f"LD_PRELOAD={clock.resolve()}", f"MYELIN_HURRY={hurry}"]


def self_test():
    """A process as it should be, then one that grows; returns what was not found."""
    wrong = []
    cases = (("", 2, 0, 0, 0), ("GROWS descriptors", 2, 1, 0, 0), ("GROWS threads", 2, 0, 1, 0), ("GROWS memory", 2, 0, 0, 400),
             ("", 600, 0, 0, 40), ("GROWS memory", 600, 0, 0, 120))
    for word, seconds, descriptors, threads, memory in cases:
        looks = [Look(at * seconds, 40 + descriptors * at, 5 + threads * at, 30_000 + memory * at, 0) for at in range(30)]
        found = growth(looks)
        if [each for each in found if not each.startswith(word)] or bool(found) != bool(word):
            wrong.append(f"{word or 'a process as it should be'}: {found}")
    return wrong


def options(parser):
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=int, default=400)
    parser.add_argument("--beside", type=int, default=2000, metavar="RATE")
    parser.add_argument("--every", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--hurry", type=int, default=1, metavar="N", help="the engine's clocks go N times as fast as ours")
    parser.add_argument("--clock", type=pathlib.Path, metavar="FILE", help="libhurried_clock.so; without it that beside the program")
    parser.add_argument("--site", type=pathlib.Path, metavar="FOLDER", help="where the store and the chapters stay; without it they go at the end")


def campaigns(asked):
    with contextlib.nullcontext(asked.site) if asked.site else tempfile.TemporaryDirectory(prefix="myelin-endure-") as folder:
        row, failures = endure(asked.myelin, pathlib.Path(folder), asked.minutes, asked.rate, asked.beside, asked.every, asked.seed,
                               asked.hurry, asked.clock)
    yield row, failures, int(not failures)


if __name__ == "__main__":
    sys.exit(campaign.main(__doc__, options, campaigns, self_test))
