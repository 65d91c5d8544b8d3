"""Rows of many destinations: one message to ten, and one of twenty that is dead."""

import time

import engines
import through
from daemon import free_port
from figures import Figure, at_least, at_most

OUT, MESSAGES = 10, 10_000
DESTINATIONS, RATE, SECONDS = 20, 200, 3


def fan_out(small):
    """Each message goes through ten routes, each with a lane and a connection of its own."""
    count = MESSAGES // 4 if small else MESSAGES
    rates, cpu, bare = [], [], []
    for _ in range(engines.BLOCKS):
        with engines.folder() as place:
            bare.append(engines.bare_commit(place, 64, deliveries=OUT)["rows_per_second"] * OUT)
        found = through.measured(lambda peer: {f"out-{n}": (peer, "") for n in range(OUT)}, count)
        rates.append(found["delivered"])
        cpu.append(found["cpu_us"] / OUT)
    return [Figure("fan.rate", "1 → 10 fan-out: deliveries", "/s", rates, at_least(40_000), "bare SQLite, 64 messages of 10 a commit", bare, True),
            Figure("fan.cpu", "    CPU of the engine a delivery", "µs", cpu)]


def arrivals(journal):
    """MSH-10 -> microseconds since 1970."""
    lines = (line.split("\t", 2) for line in journal.read_text().splitlines())
    return {fields[1]: int(fields[0]) for fields in lines if len(fields) > 1}


def departures(journal):
    lines = (line.split("\t") for line in journal.read_text().splitlines())
    return {fields[1]: int(fields[0]) - int(fields[3]) for fields in lines if len(fields) > 3}


def dead(small):
    """Nineteen routes at a steady rate, with a twentieth whose peer is dead and without: CPU a delivery, and the way of a message."""
    found = {True: {"cpu": [], "p99": [], "ack": []}, False: {"cpu": [], "p99": [], "ack": []}}
    for block in range(engines.BLOCKS):
        for burdened in ((True, False) if block % 2 == 0 else (False, True)):
            for what, value in steady(burdened).items():
                found[burdened][what].append(value)
    dead, alone = found[True], found[False]
    return [Figure("dead.cpu", "1 of 20 destinations dead: CPU a delivery of the others", "µs", dead["cpu"], at_most(1.05, True), "the 19 others alone", alone["cpu"]),
            Figure("dead.p99", "    from sender to peer, p99", "ms", dead["p99"], at_most(2, True), "the 19 others alone", alone["p99"]),
            Figure("dead.ack", "    durable answer, p99", "ms", dead["ack"], at_most(2, True), "the 19 others alone", alone["ack"])]


def steady(burdened):
    """A few seconds of a fresh engine: what the deliveries to living peers cost it, and how long they take."""
    with engines.folder() as place, engines.sink("--journal", place / "in.tsv") as watched, engines.sink() as peer:
        ports = [watched.port, *[peer.port] * (DESTINATIONS - 2), *([free_port()] if burdened else [])]
        with engines.engine(lambda port, _: engines.channel(port, {f"out-{n}": (to, "") for n, to in enumerate(ports)})) as engine:
            file = engines.messages(place)
            engines.load(engine.port, file, 8, "--rate", RATE, "--for", "1s", "--warm-up", "100ms")
            before = engine.cpu_seconds()
            report = engines.load(engine.port, file, 8, "--rate", RATE, "--for", f"{SECONDS}s", "--warm-up", "100ms", "--journal", place / "out.tsv")
            time.sleep(0.3)
            cpu = (engine.cpu_seconds() - before) * 1e6 / report["answered"] / (DESTINATIONS - 1)
        left, there = departures(place / "out.tsv"), arrivals(place / "in.tsv")
        ways = sorted(there[name] - at for name, at in left.items() if name in there)
        return {"cpu": cpu, "p99": ways[int(len(ways) * 0.99)] / 1000, "ack": report["latency_us"]["p99"] / 1000}
