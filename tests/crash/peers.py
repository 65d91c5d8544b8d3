#!/usr/bin/env python3
"""Lies to the engine from both sides while messages flow, and asks the ledger what that did to them.

  tests/crash/peers.py build/debug/myelin --proxy 20 [--seed 7]   for so many seconds, through proxies that cut, delay and break
                                                                  every connection (proxy.py), to it and from it
  tests/crash/peers.py build/debug/myelin --sink 400              so many messages to peers that are told to misbehave
                                                                  (`myelin sink --behave`), each in every way
  tests/crash/peers.py --self-test                                what a sink's journal may show is judged rightly

Prints one table (tests/faults.py) and, with --json FILE, writes {passed, failures} for tests/run. Exit 1 when a promise broke.
"""

import collections
import multiprocessing
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

import campaign
import daemon
import faults
import ledger
import proxy
import run as kills
import traffic

LANES = kills.LANES
# Of each destination: what is lost is missed soon, and AR is not worth a minute.
WAITS = """, timeout: 1s }
    on_reply:
      - AR: { retry: 2, every: 200ms, then: park }
    retry: { first: 100ms, longest: 300ms"""
PROXY_TROUBLE_ONE_IN = 1    # connections
PROXIED_RATE = 40           # messages a second: more than a fifo lane takes whose every connection breaks would only wait
NO_LARGE = 1 << 40          # none would pass connections that break after 30,000 bytes
LEAST_TROUBLES = 5
SETTLE_SECONDS = 60
REST_SECONDS = 2.5          # nothing arrives for longer than a time limit and a pause together

# How a peer may behave, and whether whoever sent it has then been told AA about this very message.
SAYS_YES = {"ok": True, "slow=50ms": True, "twice": True, "split-ack": True, "late": False, "ae": False, "ar": False, "silent": False,
            "reset": False, "wrong-id": False, "garbage": False, "half-close": False}


# ---- the network ------------------------------------------------------------------------------------------------


class ProxiedSite(kills.Site):
    """Senders, engine and receivers with a proxy in each of the three ways between them."""

    def __init__(self, myelin, folder, seed, rest=0, trouble_one_in=PROXY_TROUBLE_ONE_IN, first=1):
        traffic.LARGE_EVERY = NO_LARGE   # before the processes that send and receive are begun
        fork = multiprocessing.get_context("fork")
        self.trouble_one_in = trouble_one_in
        self.counts = {name: (fork.Value("i", 0), fork.Value("i", 0)) for name in ("in", *LANES)}
        self.doors = {name: socket.create_server(("127.0.0.1", 0), backlog=64) for name in self.counts}
        super().__init__(myelin, folder, seed, waits=WAITS, ways=self.begin, rest=rest, first=first)

    def begin(self, engine, ports):
        """The proxies for the ports behind them; returns the ports before them."""
        ways = [(self.doors[name], {"in": engine, **ports}[name], self.counts[name]) for name in self.doors]
        self.proxies = multiprocessing.get_context("fork").Process(
            target=proxy.run, args=(ways, self.seed, self.trouble_one_in), daemon=True)
        self.proxies.start()
        before = {name: door.getsockname()[1] for name, door in self.doors.items()}
        return before.pop("in"), before

    def close(self):
        super().close()
        self.proxies.kill()
        self.proxies.join()
        for door in self.doors.values():
            door.close()


def judge_connections(site, history):
    """(verdict, troubles, failures) of what went through the proxies."""
    verdict = ledger.judge(history)
    verdict.bound = sum(site.counts[lane][0].value for lane in LANES)
    verdict.strange_duplicates = []  # which they were, the simulator judges; here they are counted
    failures = verdict.failures()
    if history.foreign_acks:
        failures.append(f"MISCREDIT {history.foreign_acks} answers named another message")
    return verdict, sum(met.value for _, met in site.counts.values()), failures


def through_proxies(myelin, seconds, seed):
    """(row, failures). A connection that ends may cost the one delivery that was under way on it, sent once more."""
    with tempfile.TemporaryDirectory(prefix="myelin-proxy-") as folder:
        site = ProxiedSite(myelin, folder, seed, rest=kills.SENDERS / PROXIED_RATE)
        try:
            site.engine.start()
            time.sleep(seconds)
            history = site.finished()
        finally:
            site.close()
    verdict, troubles, failures = judge_connections(site, history)
    if troubles < LEAST_TROUBLES:
        failures.append(f"TOO FEW {troubles} connections were broken; this proves nothing")
    return kills.row("byte proxy: cut, delayed, reset, half-closed, silent", troubles, verdict, seed), failures


# ---- the peers --------------------------------------------------------------------------------------------------


def behaviours(draw, count):
    """Every manner about equally often, a good answer between two of them: three in a row would hold the lane."""
    wild = [name for name in SAYS_YES if name != "ok"]
    chosen = []
    while len(chosen) < count:
        draw.shuffle(wild)
        for name in wild:
            chosen += [name, *["ok"] * draw.randint(1, 3)]
    return chosen


class Sink:
    """`myelin sink` in a process of its own, behaving by a list, with a journal of what came."""

    def __init__(self, myelin, folder, name, manners, port=None):
        self.manners, self.journal = manners, pathlib.Path(folder) / f"{name}.journal"
        self.port = port or daemon.free_port()
        self.process = subprocess.Popen(
            [myelin, "sink", "--listen", f"127.0.0.1:{self.port}", "--journal", str(self.journal), "--behave", ",".join([*manners, "ok"])],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def arrivals(self):
        """[((sender, number), how it was answered)] in the order of arrival."""
        lines = self.journal.read_text(errors="replace").splitlines() if self.journal.exists() else []
        found = []
        for at, line in enumerate(lines):
            sender, _, number = line.split("\t")[1][1:].partition("-")
            found.append(((int(sender), int(number)), self.manners[at] if at < len(self.manners) else "ok"))
        return found

    def close(self):
        self.process.kill()
        self.process.wait()


def judge_sink(lane, arrivals, acked, waiting, keyed):
    """(failures, arrivals more than once, of at most, out of order). `waiting`: what the engine still shows as unfinished."""
    met, said_yes, highest = collections.Counter(), set(), {}
    failures, disorder, bad = [], 0, 0
    for message, manner in arrivals:
        sender, number = message
        if message not in met and not keyed:
            disorder += number < highest.get(sender, 0)
            highest[sender] = max(number, highest.get(sender, 0))
        met[message] += 1
        bad += not SAYS_YES[manner]
        if SAYS_YES[manner] or manner == "late":
            said_yes.add(message)
    never = sorted(acked - set(met) - waiting)
    credited = sorted(message for message in met if message not in said_yes and message not in waiting)
    failures += [f"LOST {lane} {len(never)}: {never[:5]}"] if never else []
    failures += [f"MISCREDIT {lane} {len(credited)} are finished and were never answered AA: {credited[:5]}"] if credited else []
    failures += [f"ORDER {lane} {disorder}"] if disorder else []
    twice = sum(met.values()) - len(met)
    if twice > bad:
        failures.append(f"DUP {lane} {twice} of at most {bad}")
    return failures, twice, bad, disorder


def to_sinks(myelin, messages, seed):
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="myelin-sink-") as folder:
        sinks = {lane: Sink(myelin, folder, lane, behaviours(draw, messages)) for lane in LANES}
        site = kills.Site(myelin, folder, seed, waits=WAITS, messages=-(-messages // kills.SENDERS),
                          ways=lambda engine, _: (engine, {lane: sink.port for lane, sink in sinks.items()}))
        try:
            site.engine.start()
            record = site.records.get(timeout=kills.DRAIN_SECONDS)
            wait_until_quiet(site, sinks.values())
            waiting = site.waiting()
        finally:
            site.close()
            for sink in sinks.values():
                sink.close()
        acked = {(sender, number) for sender, numbers in record.acked.items() for number in numbers}
        failures, twice, bound, disorder, manners = [], 0, 0, 0, set()
        for lane, sink in sinks.items():
            arrivals = sink.arrivals()
            unfinished = {(sender, number) for route, sender, number in waiting if route == lane}
            broken, again, most, swapped = judge_sink(lane, arrivals, acked, unfinished, keyed=lane != "archive")
            failures, twice, bound, disorder = failures + broken, twice + again, bound + most, disorder + swapped
            manners |= {manner for _, manner in arrivals}
    if missing := set(SAYS_YES) - manners:
        failures.append(f"TOO FEW nothing was answered {', '.join(sorted(missing))}; this proves nothing")
    lost = sum(failure.startswith(("LOST", "MISCREDIT")) for failure in failures)
    row = faults.row(f"sink --behave, {len(manners)} manners", bound, len(acked), lost, twice, bound, disorder, seed)
    return row, failures


def wait_until_quiet(site, sinks):
    """What is left is parked, or does not move any more."""
    sizes, since = None, time.monotonic()
    while (rested := time.monotonic() - since) < SETTLE_SECONDS:
        now = [sink.journal.stat().st_size if sink.journal.exists() else 0 for sink in sinks]
        if now != sizes:
            sizes, since = now, time.monotonic()
        elif rested > REST_SECONDS and not site.unfinished("--state", "queued"):
            return
        time.sleep(0.1)


def self_test():
    """A journal as it should be, then each broken promise in it; returns what was not found."""
    fine = [((0, 1), "ok"), ((0, 2), "silent"), ((0, 2), "ok"), ((0, 3), "ae"), ((0, 4), "ok")]
    acked, waiting, wrong = {(0, number) for number in range(1, 5)}, {(0, 3)}, []
    for word, arrivals in (("", fine), ("LOST", fine[:-1]), ("MISCREDIT", [*fine[:2], *fine[3:]]),
                           ("DUP", [*fine, ((0, 4), "ok"), ((0, 1), "ok"), ((0, 1), "ok")]),
                           ("ORDER", [fine[-1], *fine[:-1]])):
        failures = judge_sink("archive", arrivals, acked, waiting, keyed=False)[0]
        if not any(failure.startswith(word) for failure in failures) if word else failures:
            wrong.append(f"{word or 'a journal as it should be'}: {failures}")
    return wrong


def options(parser):
    parser.add_argument("--proxy", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--sink", type=int, default=0, metavar="MESSAGES")


def campaigns(asked):
    for each, size in ((through_proxies, asked.proxy), (to_sinks, asked.sink)):
        if size:
            row, failures = each(asked.myelin, size, asked.seed)
            yield row, failures, int(not failures)


if __name__ == "__main__":
    sys.exit(campaign.main(__doc__, options, campaigns, self_test))
