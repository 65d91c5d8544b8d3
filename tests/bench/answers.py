"""Rows of the durable answer: what one sender waits for, what many get, and what they wait for at half of that load."""

import engines
from figures import Figure, at_most

CONNECTIONS = (1, 8, 32, 128)


def answer(small):
    """One connection, each message sent after the answer to the one before; between a bare echo and bare commits."""
    ours, floor, disk = [], [], []
    with engines.sink() as peer, engines.echo() as echo, \
            engines.engine(lambda port, _: engines.channel(port, {"out": (peer.port, "")})) as engine:
        place = engine.daemon.folder
        for block in range(engines.BLOCKS + 2):
            disk.append(engines.fdatasync(place)["p50_us"])
            bare = engines.bare_commit(place, seconds=0.5)["p50_us"]
            bare += engines.asked(engines.PROBE, "echo", echo.port, 2000)["p50_us"]
            floor.append(bare)
            ours.append(engines.asked(engines.PROBE, "ack", engine.port, 800, f"P{block}-")["p50_us"])
    return [Figure("answer.one.p50", "durable answer, 1 connection, p50", "µs", ours, at_most(1.5, True),
                   "bare SQLite commit + bare Asio echo", floor),
            Figure("answer.one.fdatasync", "the same beside the disk alone", "µs", ours, at_most(3, True), "4 KB fdatasync", disk)]


def many(small):
    """Accept to durable answer for 1, 8, 32 and 128 connections, and at half of what 32 reach."""
    rate, bare, p50, p99, single = ({count: [] for count in CONNECTIONS} for _ in range(5))
    half, disk = [], []
    with engines.sink() as peer, engines.engine(lambda port, _: engines.channel(port, {"out": (peer.port, engines.KEYED)})) as engine:
        place = engine.daemon.folder
        file = engines.messages(place)
        for _ in range(engines.BLOCKS):
            for count in CONNECTIONS:
                bare[count].append(engines.bare_commit(place, batch=count, seconds=0.5)["rows_per_second"])
                report = engines.load(engine.port, file, count, "--for", "1500ms", "--warm-up", "300ms")
                rate[count].append(report["per_second"])
                p50[count].append(report["latency_us"]["p50"] / 1000)
                p99[count].append(report["latency_us"]["p99"] / 1000)
                single[count].append(engines.fdatasync(place, 300)["p99_us"] / 1000)
        most = engines.median(rate[32])
        for _ in range(engines.BLOCKS):
            disk.append(engines.fdatasync(place, 1000)["p99_us"] / 1000)
            report = engines.load(engine.port, file, 32, "--rate", int(most / 2), "--for", "2s", "--warm-up", "300ms")
            half.append(report["latency_us"]["p99"] / 1000)
    figures = []
    for count in CONNECTIONS:
        figures.append(Figure(f"answer.{count}.rate", f"accepted and stored, {count} connections", "/s", rate[count], (),
                              f"bare SQLite, {count} rows a commit", bare[count], True))
        figures.append(Figure(f"answer.{count}.p50", f"    durable answer, {count}: p50", "ms", p50[count]))
        figures.append(Figure(f"answer.{count}.p99", f"    durable answer, {count}: p99", "ms", p99[count], (), "4 KB fdatasync p99", single[count]))
    aim = at_most(4, True) if 4 * engines.median(disk) > 5 else at_most(5)
    figures.append(Figure("answer.half.p99", f"half load ({most / 2:,.0f}/s, 32 connections): p99", "ms", half, aim, "4 KB fdatasync p99", disk))
    return figures
