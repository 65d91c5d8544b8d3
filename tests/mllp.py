"""Both ends of MLLP for the suites that meet the built engine: a sender that can misbehave, and a scripted peer. Nothing of
the engine's."""

import re
import socket
import struct
import threading
import time

VT, FS_CR = b"\x0b", b"\x1c\r"
PATIENCE_SECONDS = 15


def message(control_id, kind="ADT^A08", note=""):
    return (f"MSH|^~\\&|FAULTS|WARD|MYELIN|HOUSE|20260101080000||{kind}|{control_id}|P|2.5.1\r"
            f"EVN||20260101080000\rPID|1||90001^^^HOUSE^MR||TEST^PERSON||19700101|F\rPV1|1|I\r" + (f"NTE|1||{note}\r" if note else "")).encode()


def frame(content):
    return VT + content + FS_CR


def control_id(content):
    fields = content.split(b"\r", 1)[0].split(b"|")
    return fields[9].decode(errors="replace") if len(fields) > 9 else ""


class Sender:
    """One connection to the engine."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def write(self, data):
        self.socket.sendall(data)

    def answer(self):
        """The next answer without its frame; None when the engine closed the connection first."""
        while (end := self.buffer.find(FS_CR)) < 0:
            try:
                got = self.socket.recv(65536)
            except ConnectionError:
                got = b""
            if not got:
                return None
            self.buffer += got
        found, self.buffer = self.buffer[:end].lstrip(VT).decode(), self.buffer[end + 2:]
        return found

    def ask(self, content):
        self.write(frame(content))
        return self.answer()

    def closed(self):
        """Whether the engine closes the connection, answers or none."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def code_of(answer):
    met = re.search(r"\rMSA\|(\w+)\|", answer or "")
    return met.group(1) if met else None


def answer_to(content, code="AA", other_id=None, note=""):
    return frame((f"MSH|^~\\&|P|P|F|W|20260101080000||ACK|{time.monotonic_ns()}|P|2.5.1\r"
                  f"MSA|{code}|{other_id or control_id(content)}" + (f"|{note}" if note else "") + "\r").encode())


class Listener:
    """Takes connections on a port; `serve(line)` of whoever derives from it has each on a thread of its own."""

    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(line,), daemon=True).start()

    def close(self):
        self.listener.close()


class Peer:
    """A destination that follows a script: one word for each message that comes, the last word for all the rest.

    AA AE AR CR: that answer · silence · reset · hang-up · slow: AA after a second · garbage: framed noise · foreign: AA
    for another id · unframed: an AA without a frame. `received` has (connection, content) in the order of arrival; `note`
    stands in each answer, also in the garbage.
    """

    def __init__(self, script=("AA",), port=0, listening=True, note=""):
        self.script = list(script)
        self.note = note
        self.received = []
        self.known = set()          # their MSH-10
        self.changed = threading.Condition()
        self.connections = 0
        self.open = set()
        self.listener = None
        self.port = port
        if listening:
            self.listen()

    def listen(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.add(peer)
            threading.Thread(target=self._serve, args=(peer, self.connections), daemon=True).start()

    def _serve(self, peer, connection):
        buffer = b""
        try:
            while got := peer.recv(262144):
                buffer += got
                while (end := buffer.find(FS_CR)) >= 0:
                    content, buffer = buffer[:end].lstrip(VT), buffer[end + 2:]
                    with self.changed:
                        word = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                        self.received.append((connection, content))
                        self.known.add(control_id(content))
                        self.changed.notify_all()
                    if not self._follow(word, peer, content):
                        return
        except OSError:
            pass
        finally:
            self.open.discard(peer)
            peer.close()

    def _follow(self, word, peer, content):
        if word == "reset":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if word == "hang-up":
            return False
        if word == "slow":
            time.sleep(1)
        if word == "garbage":
            peer.sendall(frame(b"these are not the segments you look for " + self.note.encode()))
        elif word == "unframed":
            peer.sendall(answer_to(content, note=self.note)[1:-2])
        elif word == "foreign":
            peer.sendall(answer_to(content, other_id="NOT-YOURS", note=self.note))
        elif word != "silence":
            peer.sendall(answer_to(content, "AA" if word == "slow" else word, note=self.note))
        return True

    def ids(self):
        return [control_id(content) for _, content in self.received]

    def wait_for(self, count, seconds=PATIENCE_SECONDS):
        """Whether so many messages arrived within the time."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.received) >= count, seconds)

    def wait_for_id(self, wanted, seconds=PATIENCE_SECONDS):
        with self.changed:
            return self.changed.wait_for(lambda: wanted in self.known, seconds)

    def close(self):
        if self.listener is not None:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        for peer in list(self.open):
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
