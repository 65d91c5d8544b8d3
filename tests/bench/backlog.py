"""Rows of a backlog: a peer that is away while a million messages come, and then is there again."""

import subprocess

import engines
import through
from daemon import free_port
from figures import Figure, at_least, at_most

MESSAGES, SMALL = 1_000_000, 100_000
EMPTY_RUN = 45_000
PAIRS = 11  # of accepting full and empty: two seconds each, on a machine that is a tenth faster and slower by turns
KEYED_ROUTE = lambda peer: {"out": (peer, engines.KEYED)}


def make(peer):
    return lambda port, _: engines.channel(port, {"out": (peer, engines.KEYED)})


def fill(engine, messages):
    """So many, as fast as they are taken."""
    file = engines.messages(engine.daemon.folder)
    engines.load(engine.port, file, 64, "--count", messages, timeout=600)


def accept_rate(engine):
    return engines.load(engine.port, engines.messages(engine.daemon.folder), 64, "--for", "1300ms", "--warm-up", "300ms")["per_second"]


def backlog(small):
    """Accepting beside an empty engine in turns; then the peer comes back. The drain is measured beside a fresh in-to-out run."""
    count = SMALL if small else MESSAGES
    away = free_port()
    full_rate, empty_rate, queue, status = [], [], [], []
    with engines.engine(make(away)) as full:
        fill(full, count)
        resident = full.memory()
        with engines.engine(make(away)) as empty:
            for block in range(PAIRS):
                for which, rates in ((full, full_rate), (empty, empty_rate))[::1 if block % 2 == 0 else -1]:
                    rates.append(accept_rate(which))
                queue.append(full.ask("/api/v1/queue")[1])
                status.append(full.ask("/api/v1/status")[1])
        waiting = sum(lane["waiting"] for each in full.ask("/api/v1/status")[0]["channels"] for lane in each["lanes"])
        ready_clean = []
        for _ in range(3):
            if full.daemon.stop(60) != 0:
                raise RuntimeError("it did not stop cleanly")
            ready_clean.append(full.start())
        fresh = [through.measured(KEYED_ROUTE, EMPTY_RUN // (3 if small else 1))["delivered"] for _ in range(3)]
        full.daemon.kill()
        ready_killed = [full.start()]   # last, so that the breaker has not yet learnt to wait long
        drained, peak = drain(full, away, waiting)
        fresh += [through.measured(KEYED_ROUTE, EMPTY_RUN // (3 if small else 1))["delivered"] for _ in range(2)]
    what = f"backlog of {waiting:,}"
    return [Figure("backlog.accept", f"{what}: accepted", "/s", full_rate, at_least(0.9, True), "accepted while empty", empty_rate, True),
            Figure("backlog.drain", f"{what}: drained", "/s", drained, at_least(0.8, True), "accepted and delivered while empty", fresh, True),
            Figure("backlog.memory", f"{what}: memory (RSS)", "MiB", [max(resident, peak)], at_most(192)),
            Figure("backlog.ready", f"{what}: start to READY", "ms", ready_clean, at_most(1000)),
            Figure("backlog.ready.killed", f"{what}: start to READY after kill -9", "ms", ready_killed),
            Figure("backlog.queue", f"{what}: `queue` answers", "ms", queue, at_most(50)),
            Figure("backlog.status", f"{what}: `status` answers", "ms", status)]


def drain(full, port, waiting):
    """The peer listens again: deliveries a second in slices, and the engine's peak of memory."""
    journal = full.daemon.folder / "drained.tsv"
    words = [engines.MYELIN, "sink", "--listen", f"127.0.0.1:{port}", "--count", waiting, "--journal", journal]
    peer = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        peer.wait(timeout=600)
        peak = full.memory("VmHWM")
    finally:
        peer.kill()
        peer.wait()
    with journal.open("rb") as lines:
        times = sorted(int(line.split(b"\t", 1)[0]) for line in lines)
    size = max(len(times) // engines.BLOCKS, 2)
    parts = [times[start:start + size] for start in range(0, size * engines.BLOCKS, size)]
    return [(len(part) - 1) * 1e6 / max(part[-1] - part[0], 1) for part in parts if len(part) > 1], peak
