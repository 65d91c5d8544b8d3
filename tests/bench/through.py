"""Rows of the way from a source to a destination: by patient over 32 connections, one fifo lane, and a server without a store."""

import os
import time

import engines
import npm
from figures import Figure, at_least

CONNECTIONS = 64
MESSAGES = 60_000


def measured(routes, messages, size=600, connections=CONNECTIONS):
    """Loads a fresh engine: accepted and delivered a second, CPU of the engine in microseconds a message, its peak of memory.

    `routes`: those of its channel, from the port of the peer; each gets each message.
    """
    outs = len(routes(0))
    with engines.sink("--count", messages * outs) as peer, \
            engines.engine(lambda port, _: engines.channel(port, routes(peer.port))) as engine:
        file = engines.messages(engine.daemon.folder, size)
        before, began = engine.cpu_seconds(), time.monotonic()
        report = engines.load(engine.port, file, connections, "--count", messages)
        peer.wait()
        took = time.monotonic() - began
        cpu = (engine.cpu_seconds() - before) * 1e6 / messages
        return {"accepted": report["per_second"], "delivered": messages * outs / took, "cpu_us": cpu, "peak_mib": engine.memory("VmHWM")}


def through(small):
    """64 connections, 600 B: one route ordered by patient over 32 connections to the peer; then one fifo lane."""
    count = MESSAGES // 4 if small else MESSAGES
    keyed, fifo, bare = [], [], []
    for _ in range(engines.BLOCKS):
        with engines.folder() as place:
            bare.append(engines.bare_commit(place, batch=CONNECTIONS)["rows_per_second"])
        keyed.append(measured(lambda peer: {"out": (peer, engines.KEYED)}, count))
        fifo.append(measured(lambda peer: {"out": (peer, "")}, count))

    def of(runs, what):
        return [each[what] for each in runs]
    floor = f"bare SQLite, {CONNECTIONS} rows a commit"
    return [Figure("through.keyed.delivered", "by patient, 32 peer connections: accepted and delivered", "/s", of(keyed, "delivered"), at_least(20_000), floor, bare, True),
            Figure("through.keyed.cpu", "    CPU of the engine a message", "µs", of(keyed, "cpu_us")),
            Figure("through.fifo.accepted", "one fifo lane: accepted", "/s", of(fifo, "accepted"), at_least(20_000), floor, bare, True),
            Figure("through.fifo.delivered", "one fifo lane: delivered", "/s", of(fifo, "delivered"), at_least(8_000), floor, bare, True),
            Figure("through.fifo.cpu", "    CPU of the engine a message", "µs", of(fifo, "cpu_us")),
            Figure("through.memory", "peak of memory under these loads", "MiB", of(keyed, "peak_mib") + of(fifo, "peak_mib"))]


def stranger(small):
    """@medplum/hl7's server parses, answers, and stores nothing; the same load on ours, which stores and delivers."""
    place = npm.modules(engines.ROOT / "tests/e2e/strangers")
    if place is None:
        raise RuntimeError("@medplum/hl7 cannot be had from the registry of npm")
    stored, delivered, theirs = [], [], []
    os.environ["MYELIN_NPM"] = str(place)
    for _ in range(engines.BLOCKS):
        with engines.Process("node", engines.HERE / "medplum_server.cjs") as server, engines.folder() as folder:
            theirs.append(engines.load(server.port, engines.messages(folder), CONNECTIONS, "--for", "2s", "--warm-up", "500ms")["per_second"])
        with engines.engine(lambda port, _: engines.channel(port, {"out": (1, "when: false")})) as engine:
            stored.append(engines.load(engine.port, engines.messages(engine.daemon.folder), CONNECTIONS, "--for", "2s", "--warm-up", "500ms")["per_second"])
        delivered.append(measured(lambda peer: {"out": (peer, engines.KEYED)}, 20_000)["delivered"])
    their_server = "@medplum/hl7's server, stores nothing"
    return [Figure("through.stranger", "accepted and stored, 64 connections", "/s", stored, at_least(5, True), their_server, theirs, True),
            Figure("through.stranger.delivered", "accepted, stored and delivered", "/s", delivered, (), their_server, theirs, True)]
