#!/usr/bin/env python3
"""A small engine in Python that can be told to break each promise: proof that the harness sees it.

Takes MLLP, writes each message to a journal with fdatasync, answers AA, and passes all on, in order, to each lane.
  stand_in.py run --conf DIR --store PATH --socket PATH       DIR/stand_in.json: port, lanes, and `fault`:
  honest | ack-before-sync (loses) | swap (breaks the order) | resend (doubles without a kill) | invent (a phantom)
"""

import json
import os
import pathlib
import socket
import socketserver
import sys
import threading

from traffic import END, START


class Engine:
    def __init__(self, conf, store):
        self.settings = json.loads((conf / "stand_in.json").read_text())
        store.mkdir(parents=True, exist_ok=True)
        self.fault = self.settings["fault"]
        self.accepted = 0
        self.store = store
        self.changed = threading.Condition()
        self.journal = open(store / "journal", "ab+")
        self.journal.seek(0)
        self.messages = [bytes.fromhex(line.decode()) for line in self.journal.read().split(b"\n")[:-1]]
        self.known = set(self.messages)

    def accept(self, frame):
        with self.changed:
            if frame in self.known:
                return
            self.accepted += 1
            if self.fault == "ack-before-sync" and self.accepted % 10 == 0:
                return
            self.journal.write(frame.hex().encode() + b"\n")
            self.journal.flush()
            os.fdatasync(self.journal.fileno())
            self.known.add(frame)
            self.messages.append(frame)
            self.changed.notify_all()

    def deliver(self, lane, port):
        mark = self.store / f"{lane}.sent"
        at = int(mark.read_text()) if mark.exists() else 0
        peer = socket.create_connection(("127.0.0.1", port))
        while True:
            wanted = 32 if self.fault == "swap" else 1
            with self.changed:
                self.changed.wait_for(lambda: len(self.messages) >= at + wanted, 0.2)
                batch = self.messages[at:at + wanted]
            odd = at % 10 == 0
            for frame in reversed(batch) if self.fault == "swap" else batch:
                sent = frame.replace(b"PERSON", b"NOBODY") if self.fault == "invent" and odd else frame
                for _ in range(2 if self.fault == "resend" and odd else 1):
                    peer.sendall(START + sent + END)
                    peer.recv(65536)
            at += len(batch)
            mark.with_suffix(".new").write_text(str(at))
            mark.with_suffix(".new").rename(mark)


def main():
    words = dict(zip(sys.argv[2::2], sys.argv[3::2]))
    engine = Engine(pathlib.Path(words["--conf"]), pathlib.Path(words["--store"]))

    class Connection(socketserver.BaseRequestHandler):
        def handle(self):
            buffer = b""
            while got := self.request.recv(65536):
                buffer += got
                while (end := buffer.find(END)) >= 0:
                    frame, buffer = buffer[:end].lstrip(START), buffer[end + 2:]
                    engine.accept(frame)
                    control_id = frame.split(b"|", 10)[9]
                    self.request.sendall(START + b"MSH|^~\\&|E|E|S|S|20260101||ACK|1|P|2.5.1\rMSA|AA|" + control_id + b"\r" + END)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    server = Server(("127.0.0.1", engine.settings["port"]), Connection)
    for lane, port in engine.settings["lanes"].items():
        threading.Thread(target=engine.deliver, args=(lane, port), daemon=True).start()
    print("engine_ready", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
