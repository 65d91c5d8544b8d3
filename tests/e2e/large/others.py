"""The others: one connection that sends 200 small messages a second over a channel of its own, and the peer to which they
are delivered. A process beside the test, so that Python's lock is not what is measured.

    others.py LISTEN CONNECT     the channel's port, and the port at which the peer listens

For each line on its input it says on its output, as JSON, what came of the messages since the last line: how many, how
many were refused, and of the seconds until the answer and until the delivery the 99th percentile, the median and the
longest.

When something came is what the kernel wrote down as it reached the socket (SO_TIMESTAMPNS), as a tap on the wire would:
how long this process then waited for a processor beside the sender of 64 MiB is no time of the engine's.
"""

import json
import socket
import struct
import sys
import threading
import time

EVERY_SECONDS = 1 / 200
TIMESTAMPS = getattr(socket, "SO_TIMESTAMPNS", 35)   # Linux's number; not every Python has its name
ANSWER = b"\x0bMSH|^~\\&|A|A|M|H|20260101||ACK|1|P|2.5.1\rMSA|AA|%s\r\x1c\r"


def now():
    return time.clock_gettime(time.CLOCK_REALTIME)


def receive_with_time(line, most):
    """The bytes, and when they reached the socket."""
    got, notes, _, _ = line.recvmsg(most, socket.CMSG_SPACE(16))
    for level, kind, data in notes:
        if (level, kind) == (socket.SOL_SOCKET, TIMESTAMPS):
            seconds, nanoseconds = struct.unpack("qq", data)
            return got, seconds + nanoseconds * 1e-9
    return got, now()


class Others:
    def __init__(self, port, listener):
        self.lock = threading.Lock()
        self.sent, self.answered, self.delivered, self.refused = {}, [], [], 0
        self.listener = listener
        self.line = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.line.setsockopt(socket.SOL_SOCKET, TIMESTAMPS, 1)
        for work in (self.receive, self.send):
            threading.Thread(target=work, daemon=True).start()

    def send(self):
        number, due = 0, time.monotonic()
        while True:
            number, due = number + 1, max(due + EVERY_SECONDS, time.monotonic() - 1)
            time.sleep(max(due - time.monotonic(), 0))
            name = b"W%d" % number
            began = self.sent[name] = now()
            self.line.sendall(b"\x0bMSH|^~\\&|A|B|C|D|20260101||ADT^A01|%s|P|2.5.1\rPID|1||7\r\x1c\r" % name)
            answer, came = receive_with_time(self.line, 4096)
            took = came - began
            with self.lock:
                self.answered.append(took)
                self.refused += b"MSA|AA|%s" % name not in answer

    def receive(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.SOL_SOCKET, TIMESTAMPS, 1)
            came = b""
            while True:
                got, at = receive_with_time(connection, 65536)
                if not got:
                    break
                frames = (came + got).split(b"\x1c\r")
                came = frames.pop()
                for frame in frames:
                    name = frame.split(b"|")[9]
                    with self.lock:
                        self.delivered.append(at - self.sent.pop(name))
                    connection.sendall(ANSWER % name)

    def since_last(self):
        with self.lock:
            answered, self.answered = self.answered, []
            delivered, self.delivered = self.delivered, []
            refused, self.refused = self.refused, 0
        said = {"count": len(answered), "refused": refused}
        for name, each in (("answered", sorted(answered)), ("delivered", sorted(delivered))):
            at = [each[int(len(each) * part)] if each else None for part in (0.99, 0.5)]
            said |= {name: at[0], f"{name}_median": at[1], f"{name}_longest": each[-1] if each else None}
        return said


if __name__ == "__main__":
    others = Others(int(sys.argv[1]), socket.create_server(("127.0.0.1", int(sys.argv[2]))))
    for _ in sys.stdin:
        print(json.dumps(others.since_last()), flush=True)
