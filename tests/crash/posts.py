#!/usr/bin/env python3
"""Kills the engine while requests flow: HTTP senders -> an http source -> an http destination -> a server outside of it.

  tests/crash/posts.py build/debug/myelin [--kills 8] [--seconds 8] [--seed 7]

Each sender has one connection, and sends a message again, the same bytes, until it gets a 2xx. What must hold: every
message that got a 2xx arrives, unchanged (LOST); of each sender in the order in which it sent (ORDER); not more are
doubled than may be in doubt after a kill (TWICE). Exit 1 when a promise broke.
"""

import collections
import http.client
import http.server
import json
import random
import sys
import tempfile
import threading
import time

import campaign
import daemon
import faults

SENDERS = 8
RUN_SECONDS = (0.3, 1.0)
DRAIN_SECONDS = 60
IN_DOUBT = 32  # kUnsettled: so many of a lane may be sent once more after a kill
LEAST_MESSAGES = 100
PROMISES = {"LOST", "ORDER", "TWICE", "CHANGED"}

CHANNEL = """channel: requests
about: the kill harness over HTTP
source:
  http: {{ listen: "127.0.0.1:{port}", paths: [/in], reply: status, max_connections: 100 }}
routes:
  out:
    to: {{ http: {{ url: "http://127.0.0.1:{peer}/out", allow: [127.0.0.1] }} }}
    retry: {{ first: 20ms, longest: 100ms, least: 20ms }}
"""


def message(sender, number):
    return (f"MSH|^~\\&|S{sender}|W|M|H|20260101||ADT^A08|S{sender}-{number}|P|2.5.1\rPID|1||{sender}{number:09d}^^^H^MR\r"
            f"NTE|1||{'x' * (300 + number % 100)}\r").encode()


class Peer(http.server.ThreadingHTTPServer):
    """Keeps every body in the order in which it came, and says 200."""

    daemon_threads = True

    def __init__(self):
        self.bodies = []
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if len(body) == int(self.headers["Content-Length"]):
                    peer.bodies.append(body)
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request, client_address):
        """A connection that the kill cut is none of ours to report."""


class Flow:
    def __init__(self, myelin, folder, seed):
        self.doubled = 0
        self.draw, self.failures, self.stop = random.Random(seed), [], threading.Event()
        self.peer = Peer()
        self.port = daemon.free_port()
        self.engine = daemon.Daemon(myelin, folder)
        self.engine.write("channels/requests.yaml", CHANNEL.format(port=self.port, peer=self.peer.server_address[1]))
        self.taken = {sender: 0 for sender in range(SENDERS)}  # the highest number that got a 2xx; all below did too

    def send_all(self, sender):
        connection, number = None, 1
        while not self.stop.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("POST", "/in", message(sender, number), {"Content-Type": "application/hl7-v2"})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                if connection:
                    connection.close()
                connection = None
                time.sleep(0.01)
                continue
            if answer.status == 202 and json.loads(body)["status"].startswith("/in/status/"):
                self.taken[sender] = number
                number += 1
            elif answer.status < 500:
                self.failures.append(f"REFUSED S{sender}-{number}: {answer.status} {body[:200]}")
                return

    def run(self, kills, seconds):
        senders = [threading.Thread(target=self.send_all, args=(sender,)) for sender in range(SENDERS)]
        self.engine.start()
        for sender in senders:
            sender.start()
        try:
            for _ in range(kills):
                time.sleep(self.draw.uniform(*RUN_SECONDS))
                self.engine.kill()
                self.engine.start()
            time.sleep(max(seconds - kills * sum(RUN_SECONDS) / 2, 0.5))
            self.stop.set()
            for sender in senders:
                sender.join()
            self.drain()
        finally:
            self.stop.set()
            self.engine.kill()
            self.peer.shutdown()
            self.peer.server_close()
        self.judge(kills)

    def drain(self):
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline:
            came = set(self.peer.bodies)
            if all(message(sender, last) in came for sender, last in self.taken.items() if last):
                return
            time.sleep(0.1)

    def judge(self, kills):
        times = collections.Counter(self.peer.bodies)
        known = {message(sender, number): (sender, number) for sender, last in self.taken.items() for number in range(1, last + 2)}
        self.failures += [f"CHANGED {body[:60]!r}" for body in times if body not in known]
        self.failures += [f"LOST S{sender}-{number}" for body, (sender, number) in known.items()
                          if number <= self.taken[sender] and body not in times]
        doubled = sum(count - 1 for count in times.values())
        if doubled > kills * IN_DOUBT:
            self.failures.append(f"TWICE {doubled} after {kills} kills, at most {kills * IN_DOUBT} may be")
        highest, met = {}, set()
        for body in self.peer.bodies:
            if body in met or body not in known:
                continue
            met.add(body)
            sender, number = known[body]
            if number != highest.get(sender, 0) + 1:
                self.failures.append(f"ORDER S{sender}-{number} came after {highest.get(sender, 0)}")
            highest[sender] = number
        if sum(self.taken.values()) < LEAST_MESSAGES:
            self.failures.append(f"TOO FEW {sum(self.taken.values())} messages were taken; this proves nothing")
        self.doubled = doubled


def options(parser):
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=8)


def campaigns(asked):
    with tempfile.TemporaryDirectory(prefix="myelin-requests-") as folder:
        flow = Flow(asked.myelin, folder, asked.seed)
        flow.run(asked.kills, asked.seconds)
        if flow.failures:
            print(flow.engine.log.read_text(errors="replace")[-3000:], file=sys.stderr)
    words = [failure.split()[0] for failure in flow.failures]
    row = faults.row("kill -9 while requests flow", asked.kills, sum(flow.taken.values()), words.count("LOST"), flow.doubled,
                     asked.kills * IN_DOUBT, words.count("ORDER"), asked.seed)
    yield row, flow.failures, len(PROMISES - set(words))


if __name__ == "__main__":
    sys.exit(campaign.main(__doc__, options, campaigns))
