"""Rows of an engine at rest: memory and the time until it is ready."""

import time

import engines
from figures import Figure, at_most

CHANNELS = 100


def idle(small):
    """A daemon with 100 channels and no traffic."""
    resident, ready, bare = [], [], []
    for _ in range(engines.BLOCKS):
        began = time.monotonic()
        engines.run(engines.MYELIN, "--version")
        bare.append((time.monotonic() - began) * 1000)
        make = lambda port, number: engines.channel(port, {"out": (1, "")}, name=f"bench-{number}")
        with engines.engine(make, CHANNELS, start=False) as engine:
            ready.append(engine.start())
            time.sleep(1)
            resident.append(engine.memory())
    return [Figure("idle.memory", f"idle, {CHANNELS} channels: memory", "MiB", resident, at_most(40)),
            Figure("idle.ready", f"idle, {CHANNELS} channels: start to READY", "ms", ready, at_most(300), "myelin --version", bare)]
