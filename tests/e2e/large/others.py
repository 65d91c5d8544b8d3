"""The others: one connection that sends 200 small messages a second over a channel of its own, and the peer to which they
are delivered. A process beside the test, so that Python's lock is not what is measured.

    others.py LISTEN CONNECT     the channel's port, and the port at which the peer listens

For each line on its input it says on its output, as JSON, what came of the messages since the last line: how many, how
many were refused, and the 99th percentile of the seconds until the answer and until the delivery.
"""

import json
import socket
import sys
import threading
import time

EVERY_SECONDS = 1 / 200
ANSWER = b"\x0bMSH|^~\\&|A|A|M|H|20260101||ACK|1|P|2.5.1\rMSA|AA|%s\r\x1c\r"


class Others:
    def __init__(self, port, listener):
        self.lock = threading.Lock()
        self.sent, self.answered, self.delivered, self.refused = {}, [], [], 0
        self.listener = listener
        self.line = socket.create_connection(("127.0.0.1", port), timeout=60)
        for work in (self.receive, self.send):
            threading.Thread(target=work, daemon=True).start()

    def send(self):
        number, due = 0, time.monotonic()
        while True:
            number, due = number + 1, max(due + EVERY_SECONDS, time.monotonic() - 1)
            time.sleep(max(due - time.monotonic(), 0))
            name = b"W%d" % number
            began = self.sent[name] = time.monotonic()
            self.line.sendall(b"\x0bMSH|^~\\&|A|B|C|D|20260101||ADT^A01|%s|P|2.5.1\rPID|1||7\r\x1c\r" % name)
            answer = self.line.recv(4096)
            took = time.monotonic() - began
            with self.lock:
                self.answered.append(took)
                self.refused += b"MSA|AA|%s" % name not in answer

    def receive(self):
        while True:
            connection, _ = self.listener.accept()
            came = b""
            while got := connection.recv(65536):
                frames = (came + got).split(b"\x1c\r")
                came = frames.pop()
                for frame in frames:
                    name = frame.split(b"|")[9]
                    with self.lock:
                        self.delivered.append(time.monotonic() - self.sent.pop(name))
                    connection.sendall(ANSWER % name)

    def since_last(self):
        with self.lock:
            answered, self.answered = self.answered, []
            delivered, self.delivered = self.delivered, []
            refused, self.refused = self.refused, 0
        p99 = [sorted(each)[int(len(each) * 0.99)] if each else None for each in (answered, delivered)]
        return {"count": len(answered), "refused": refused, "answered": p99[0], "delivered": p99[1]}


if __name__ == "__main__":
    others = Others(int(sys.argv[1]), socket.create_server(("127.0.0.1", int(sys.argv[2]))))
    for _ in sys.stdin:
        print(json.dumps(others.since_last()), flush=True)
