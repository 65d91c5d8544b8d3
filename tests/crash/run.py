#!/usr/bin/env python3
"""Kills the engine under load and asks a ledger outside of it what was lost.

Everything goes to two lanes, one fifo, one ordered by patient with merges among them; each kill meets both.

  tests/crash/run.py build/debug/myelin --kills 40 [--seed 7]     kill -9 at random times under load
  tests/crash/run.py build/debug/myelin --sync-points 12          kill -9 at the Nth fdatasync (strace)
  tests/crash/run.py build/debug/myelin --stops 20 --reloads 20   SIGTERM, and reloads, under load: nothing twice either
  tests/crash/run.py build/debug/myelin --accepted 40             kill -9 between CA and the application's answer
  tests/crash/run.py --self-test                                              a stand-in engine breaks each promise

Prints one table (tests/faults.py) and, with --json FILE, writes {passed, failures} for tests/run. Exit 1 when a promise broke.
"""

import concurrent.futures
import functools
import json
import multiprocessing
import pathlib
import random
import socket
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import campaign
import daemon
import faults
import ledger
import traffic

LANES = ("archive", "lab")      # fifo; ordered by patient
PARALLEL = 8
SENDERS = 8
LEAST_RATE = 2000
KILLS_A_SITE = 200
STOPS_A_SITE = 250
RUN_SECONDS = (0.1, 0.9)        # how long the engine lives before each kill
LEAST_ARRIVED = 40              # … and how many deliveries there must have been by then
SLOW_DISK_SECONDS = 20
DRAIN_SECONDS = 120
REST_SECONDS = 0.5              # nothing arrived for so long and nothing waits: drained

CHANNEL = """channel: crash
about: the kill harness; everything goes to both lanes, unchanged
source:
  mllp:
    listen: 127.0.0.1:{port}
{more}accept:
  types: [ADT^A08, ADT^A40]
routes:
  archive:
    to:
      mllp: {{ connect: "127.0.0.1:{archive}"{waits} }}
  lab:
    to:
      mllp: {{ connect: "127.0.0.1:{lab}"{waits} }}
    order:
      by: [ "PID[*]-3[5=MR].1", "MRG[*]-1[5=MR].1" ]
      parallel: {parallel}
"""


# Both answers are asked for (MSH-15, MSH-16); the application's is the archive's, which takes its time.
ASKS = "|||AL|AL"
ACCEPTED = """    ack: msh
reply: { from: archive, within: 20s, then: deliver }
"""
APPLICATION_SECONDS = 0.02


class Site:
    """An engine with its peers: senders and receivers in processes of their own, which outlive each kill.

    `ways`: called with the engine's port and those of the lanes; returns the ports that are used instead, of a proxy or of
    other peers. `waits`: more of each destination. `asks`: MSH-15 and on of each message; the answer is the archive's then.
    """

    def __init__(self, myelin, folder, seed, fault=None, wrapper=(), messages=None, waits="", ways=None, rest=0, asks="", first=1):
        self.seed, self.accepted = seed, 0
        self.listeners = {lane: socket.create_server(("127.0.0.1", 0), backlog=64) for lane in LANES}
        ports = {lane: listener.getsockname()[1] for lane, listener in self.listeners.items()}
        self.engine = daemon.Daemon(myelin, folder, wrapper)
        self.port = daemon.free_port()
        way_in, ports = ways(self.port, ports) if ways else (self.port, ports)
        self.engine.write("channels/crash.yaml", CHANNEL.format(port=self.port, parallel=PARALLEL, waits=waits, more=ACCEPTED if asks else "", **ports))
        if fault:
            self.engine.write("stand_in.json", json.dumps({"port": self.port, "lanes": ports, "fault": fault}))
        fork = multiprocessing.get_context("fork")
        self.kills, self.arrived = fork.Value("i", 0), fork.Value("q", 0)
        self.traffic = {"port": way_in, "last": messages, "rest": rest, "asks": asks}
        self.begin_traffic(first)

    def begin_traffic(self, first):
        """Receivers, and senders each from its message `first` on; finished() ends both, and they may begin again."""
        fork, asks = multiprocessing.get_context("fork"), self.traffic["asks"]
        self.stop_senders, self.finish, self.stop_receiver = fork.Event(), fork.Event(), fork.Event()
        self.records, self.arrivals = fork.Queue(), fork.Queue()
        self.receiver = fork.Process(target=traffic.run_receiver, daemon=True,
                                     args=(self.listeners, self.seed, self.kills, self.stop_receiver, self.arrivals, self.arrived, asks,
                                           APPLICATION_SECONDS if asks else 0))
        self.senders = fork.Process(target=traffic.run_senders, daemon=True, kwargs=self.traffic,
                                    args=(SENDERS, self.seed, self.stop_senders, self.records, self.finish, first))
        self.receiver.start()
        self.senders.start()

    def run_for(self, seconds):
        """Until the time is over and some messages have come through, so that each kill meets traffic."""
        began, arrived = time.monotonic(), self.arrived.value
        while self.engine.running() and time.monotonic() - began < SLOW_DISK_SECONDS:
            if time.monotonic() - began >= seconds and self.arrived.value - arrived >= LEAST_ARRIVED:
                return
            time.sleep(0.001)

    def kill(self):
        self.engine.kill()
        self.kills.value += 1

    def finished(self):
        """Ends the traffic, lets the engine deliver what it has, and returns the History."""
        self.finish.set()
        record = self.records.get(timeout=DRAIN_SECONDS)
        self.accepted = record.accepted
        self.wait_until_drained()
        self.stop_receiver.set()
        arrivals = self.arrivals.get(timeout=DRAIN_SECONDS)
        history = ledger.History(self.kills.value, record.sent, record.acked, arrivals, set(), record.foreign_acks,
                                 {"lab": (PARALLEL, functools.partial(traffic.patients, self.seed))})
        if ledger.judge(history).lost:
            history.waiting = self.waiting()
        return history

    def wait_until_drained(self):
        """However much waits, as long as it moves: a slow machine is no loss."""
        count, since = -1, time.monotonic()
        while (rested := time.monotonic() - since) < DRAIN_SECONDS:
            if self.arrived.value != count:
                count, since = self.arrived.value, time.monotonic()
            elif rested > REST_SECONDS and not self.unfinished():
                return
            time.sleep(0.05)

    def unfinished(self, *words):
        """The first of what the engine says it still has."""
        return (self.engine.ask_json("queue", "--limit", "1", *words) or {}).get("deliveries")

    def waiting(self):
        """{(lane, sender, number)} that the engine says it still has; asked only when something did not arrive."""
        lanes, after = {}, []
        while True:
            page = self.engine.ask_json("queue", "--limit", "1000", *after) or {}
            for row in page.get("deliveries", []):
                lanes.setdefault(row["message"], set()).add(row["route"])
            if not page.get("next"):
                break
            after = ["--after", page["next"]]
        found = set()
        for message, routes in lanes.items():
            traced = self.engine.ask_json("trace", message) or {}
            sender, _, number = traced["message"]["control_id"][1:].partition("-")
            found |= {(route, int(sender), int(number)) for route in routes}
        return found

    def close(self):
        self.engine.kill()
        for process in (self.senders, self.receiver):
            process.kill()
            process.join()
        for listener in self.listeners.values():
            listener.close()


def random_kills(myelin, kills, seed, fault=None, asks=""):
    """`kills` times kill -9 under load; returns the verdict, failures, and figures for the table."""
    draw, up, ready = random.Random(seed), 0.0, []
    with tempfile.TemporaryDirectory(prefix="myelin-crash-") as folder:
        site = Site(myelin, folder, seed, fault, asks=asks)
        try:
            for _ in range(kills):
                begun = time.monotonic()
                site.engine.start()
                began = time.monotonic()
                ready.append(began - begun)
                site.run_for(draw.uniform(*RUN_SECONDS))
                if not site.engine.running():
                    raise daemon.NotReady(site.engine.process.returncode, site.engine.said())
                site.kill()
                up += time.monotonic() - began
            site.engine.start()
            began = time.monotonic()
            site.run_for(RUN_SECONDS[0])
            history = site.finished()
        finally:
            site.close()
    verdict = ledger.judge(history)
    failures = verdict.failures()
    if history.foreign_acks:
        failures.append(f"{history.foreign_acks} answers named another message")
    if asks and site.accepted < LEAST_ARRIVED:
        failures.append(f"TOO FEW {site.accepted} were accepted before their answer; this proves nothing")
    return verdict, failures, up, ready


def campaign_of_kills(myelin, kills, seed):
    """In sites of their own, so that neither store nor ledger grows for ever: (row, failures, answered a second)."""
    total, failures, up, ready = ledger.Verdict(0, 0, [], [], 0, 0, [], []), [], 0.0, []
    for at, begun in enumerate(range(0, kills, KILLS_A_SITE)):
        verdict, broken, lived, starts = random_kills(myelin, min(KILLS_A_SITE, kills - begun), seed + at)
        total.add(verdict)
        failures += [f"{failure} (seed {seed + at})" for failure in broken]
        up, ready = up + lived, ready + starts
    ready.sort()
    print(f"  ready again after {ready[len(ready) // 2]:.2f} s, of a hundred after {ready[len(ready) * 99 // 100]:.2f} s, at most {ready[-1]:.2f} s")
    rate = total.acked / up if up else 0.0
    return row(f"kill -9 at random, {rate:,.0f} answered a second", kills, total, seed), failures, rate


def campaign_in_order(myelin, count, seed, reloads, rate):
    """In sites of their own, as the kills; `rate`: messages a second, 0 as many as go."""
    total, failures = ledger.Verdict(0, 0, [], [], 0, 0, [], []), []
    for at, begun in enumerate(range(0, count, STOPS_A_SITE)):
        verdict, broken = orderly(myelin, min(STOPS_A_SITE, count - begun), seed + at, reloads, rate)
        total.add(verdict)
        failures += [f"{failure} (seed {seed + at})" for failure in broken]
    return total, failures


def orderly(myelin, count, seed, reloads, rate):
    """`count` times SIGTERM and a new start, or a reload that changes the channel, under load: nothing may come twice either."""
    draw, failures = random.Random(seed), []
    with tempfile.TemporaryDirectory(prefix="myelin-orderly-") as folder:
        site = Site(myelin, folder, seed, rest=SENDERS / rate if rate else 0)
        try:
            site.engine.start()
            memory = []
            for turn in range(count):
                site.run_for(draw.uniform(*RUN_SECONDS))
                if reloads:
                    path = site.engine.conf / "channels/crash.yaml"
                    path.write_text(path.read_text().replace("about: ", f"about: {turn} ", 1))
                    done = site.engine.ask("reload")
                    failures += [f"reload {turn}: {done.stdout}{done.stderr}"] if done.returncode else []
                    memory.append(resident(site.engine.process.pid))
                else:
                    code = site.engine.stop()
                    failures += [f"stop {turn}: exit {code}"] if code else []
                    site.engine.start()
            site.run_for(RUN_SECONDS[0])
            history = site.finished()
        finally:
            site.close()
    if len(memory) >= 4:
        print(f"  memory at the end of {count} reloads beside the middle of them: {memory[-1] / memory[len(memory) // 2] - 1:+.1%}, {memory[-1]} KiB")
    verdict = ledger.judge(history)
    return verdict, failures + verdict.failures()


def resident(pid):
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])


def sync_points(myelin, points, seed):
    """One engine for each N: it dies when a thread of it begins its Nth fdatasync; a plain run then delivers the rest.

    Every second one begins with a store that is there already, so that making it and using it are both cut short.
    """
    failures, total = [], ledger.Verdict(0, 0, [], [], 0, 0, [], [])
    for turn, point in enumerate(points):
        name = f"sync {point} of a {'used' if turn % 2 else 'new'} store"
        inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", f"inject=fdatasync,fsync:signal=KILL:when={point}"]
        with tempfile.TemporaryDirectory(prefix="myelin-sync-") as folder:
            site = Site(myelin, folder, seed + point, messages=40)
            try:
                if turn % 2:
                    site.engine.start()
                    site.engine.stop()
                site.engine.wrapper = inject
                site.engine.launch()
                deadline = time.monotonic() + 10
                while site.engine.running() and site.records.empty() and time.monotonic() < deadline:
                    time.sleep(0.01)
                site.kill()
                site.engine.wrapper = []
                site.engine.start()
                history = site.finished()
            except daemon.NotReady as problem:
                failures.append(f"{name}: did not start again: {problem}")
                continue
            finally:
                site.close()
        verdict = ledger.judge(history)
        failures += [f"{name}: {failure}" for failure in verdict.failures()]
        total.add(verdict)
    return total, failures


def spread(count):
    """N of the sync points, each twice (a new store and a used one): each of the first eight, then ever wider."""
    points, at = [], 1
    while len(points) < count:
        points += [at, at]
        at += 1 if at < 8 else 1 + at // 6
    return points[:count]


def row(fault, tries, verdict, seed):
    return faults.row(fault, tries, verdict.acked, len(verdict.lost), verdict.duplicates, verdict.bound, len(verdict.out_of_order), seed)


SELF_TEST = {"honest": None, "ack-before-sync": "LOST", "swap": "ORDER", "resend": "DUP", "invent": "PHANTOM"}


def self_test():
    """The stand-in breaks one promise at a time, and the whole harness must say which. Beside each other: they mostly wait."""
    missed = []
    with concurrent.futures.ProcessPoolExecutor(len(SELF_TEST)) as pool:
        runs = [pool.submit(random_kills, HERE / "stand_in.py", 1, 1, fault) for fault in SELF_TEST]
    for (fault, wanted), run in zip(SELF_TEST.items(), runs):
        failures = run.result()[1]
        met = [failure.split()[0] for failure in failures]
        if wanted not in met if wanted else met:
            missed.append(f"{fault}: {failures or 'nothing found'}")
    return missed


def options(parser):
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--sync-points", type=int, default=0)
    parser.add_argument("--accepted", type=int, default=0)
    parser.add_argument("--stops", type=int, default=0)
    parser.add_argument("--reloads", type=int, default=0)
    parser.add_argument("--rate", type=int, default=0, help="messages a second while stopped and reloaded; 0: as many as go")


def campaigns(asked):
    if asked.kills:
        killed, failures, rate = campaign_of_kills(asked.myelin, asked.kills, asked.seed)
        if rate < LEAST_RATE:
            print(f"note: {rate:.0f} msg/s; the record asks for {LEAST_RATE}", file=sys.stderr)
        yield killed, failures, asked.kills - bool(failures)
    if asked.accepted:
        verdict, broken, _, _ = random_kills(asked.myelin, asked.accepted, asked.seed, asks=ASKS)
        title = "kill -9 between CA and the application's answer"
        yield row(title, asked.accepted, verdict, asked.seed), broken, 0 if broken else asked.accepted
    if asked.sync_points:
        points = spread(asked.sync_points)
        verdict, broken = sync_points(asked.myelin, points, asked.seed)
        good = len(points) - len({failure.split(":")[0] for failure in broken})
        yield row("kill -9 at the Nth fdatasync", len(points), verdict, asked.seed), broken, good
    for title, count, reloads in (("SIGTERM under load", asked.stops, False), ("reload under load", asked.reloads, True)):
        if count:
            verdict, broken = campaign_in_order(asked.myelin, count, asked.seed, reloads, asked.rate)
            yield row(title, count, verdict, asked.seed), broken, 0 if broken else count


if __name__ == "__main__":
    sys.exit(campaign.main(__doc__, options, campaigns, self_test))
