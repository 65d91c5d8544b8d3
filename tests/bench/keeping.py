"""Rows of what is kept: search, purge, and bytes on the disk."""

import os
import time

import engines
from figures import Figure, at_most

KEPT, SMALL, LARGE = 300_000, 60_000, 10_000_000
BYTES_EACH, SECONDS_EACH = 1_150, 1 / 9_000   # of disk, search.db and its journal included; to fill, index, search and purge
INDEX = "index:\n  patient: PID-3.1\n"
SEARCHES = 40


def search_and_purge(small, kept=None):
    """A store filled with messages of 95 to 100 days ago: found by a patient's number, then purged while others commit."""
    kept = kept or (SMALL if small else KEPT)
    make = lambda port, _: engines.channel(port, {"out": (1, "")}, more=INDEX)
    with engines.engine(make, start=False) as engine:
        engine.daemon.store.mkdir()
        path = engine.daemon.store / "myelin.db"
        engines.run(engines.FLOOR, "fill", path, kept, 600, timeout=3600)
        engine.start(300)
        times = searches(engine, kept)
        engine.daemon.stop(120)
        purge = engines.asked(engines.FLOOR, "purge", path, engines.BLOCKS, 1.5)
    purging = [each for each in purge["purging"] if each["purged_per_second"] > 0]   # few are gone before the last block begins
    if not purging:
        raise RuntimeError("the retention deleted nothing while commits were measured")
    late = [each["max_ms"] for each in purging]
    quiet = [each["max_ms"] for each in purge["quiet"]]
    beyond = [one - engines.median(quiet) for one in late]
    what = f"{kept:,} kept"
    return [Figure("kept.search", f"{what}: search by an index key", "ms", times, at_most(50)),
            Figure("kept.purge.delay", f"{what}: longest commit while purging, beyond the longest without", "ms", beyond, at_most(20)),
            Figure("kept.purge.max", "    the longest commit of a block", "ms", late, (), "without purge", quiet),
            Figure("kept.purge.p99", "    p99 of a block", "ms", [each["p99_ms"] for each in purging], (), "without purge",
                   [each["p99_ms"] for each in purge["quiet"]]),
            Figure("kept.purge.rate", "    purged", "/s", [each["purged_per_second"] for each in purging], more_is_better=True)]


def searches(engine, kept):
    """Milliseconds of each, when the index is complete: a patient who is there, another each time."""
    deadline = time.monotonic() + 600 + kept / 5_000
    while not engine.ask("/api/v1/messages/search", {"keys": {"patient": "9000000001"}})[0].get("complete"):
        if time.monotonic() > deadline:
            raise RuntimeError("the index did not become complete in time")
        time.sleep(0.5)
    times = []
    for number in range(SEARCHES):
        found, took = engine.ask("/api/v1/messages/search", {"keys": {"patient": str(9_000_000_000 + number * 7919 % kept)}, "limit": 50})
        if not found["messages"]:
            raise RuntimeError("a search found nothing")
        times.append(took)
    return times


def disk(small):
    """Bytes of myelin.db and search.db after a clean stop, which checkpoints, for a message, by its size."""
    figures = []
    for size, count in ((200, 20_000), (600, 20_000), (2_000, 10_000), (5_000, 6_000), (20_000, 1_500), (200_000, 150), (1_000_000, 30)):
        with engines.sink() as peer, engines.engine(lambda port, _: engines.channel(port, {"out": (peer.port, engines.KEYED)}, more=INDEX)) as engine:
            file = engines.messages(engine.daemon.folder, size)
            engines.load(engine.port, file, 16, "--count", count)
            time.sleep(0.5)   # for the index to follow
            engine.daemon.stop(60)
            bytes_each = sum(os.path.getsize(engine.daemon.store / name) for name in ("myelin.db", "search.db")) / count
        figures.append(Figure(f"disk.{size}", f"bytes on disk, a message of {size:,}", "B", [bytes_each], at_most(1.6 * size + 500),
                              "its own size", [size]))
    return figures
