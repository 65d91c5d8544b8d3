"""Rows of HTTP: 32 keep-alive connections post, one fifo route posts on."""

import time

import engines
from figures import Figure, at_least

REQUESTS, CONNECTIONS = 40_000, 32
CHANNEL = """channel: bench
about: a benchmark over HTTP
source:
  http: {{ listen: "127.0.0.1:{port}", paths: [/in] }}
routes:
  out:
    to: {{ http: {{ url: "http://127.0.0.1:{peer}/out", allow: [127.0.0.1] }} }}
"""


def http(small):
    """Durable requests accepted and delivered a second."""
    count = REQUESTS // 4 if small else REQUESTS
    accepted, delivered, bare = [], [], []
    for _ in range(engines.BLOCKS):
        with engines.folder() as place:
            bare.append(engines.bare_commit(place, CONNECTIONS)["rows_per_second"])
        with engines.Process(engines.HTTP_PROBE, "sink", count) as peer, \
                engines.engine(lambda port, _: CHANNEL.format(port=port, peer=peer.port)) as engine:
            began = time.monotonic()
            accepted.append(engines.asked(engines.HTTP_PROBE, "post", engine.port, count, CONNECTIONS)["per_second"])
            peer.wait()
            delivered.append(count / (time.monotonic() - began))
    floor = f"bare SQLite, {CONNECTIONS} rows a commit"
    return [Figure("http.accepted", f"HTTP: accepted, {CONNECTIONS} connections", "/s", accepted, at_least(5000), floor, bare, True),
            Figure("http.delivered", "HTTP: delivered through one lane meanwhile", "/s", delivered, at_least(5000), floor, bare, True)]
