"""Senders and receivers of the kill harness: MLLP in 150 lines of their own, sharing nothing with the engine.

Senders run in one process, each with one connection: a message, its answer, the next. What got no answer is sent again,
the same bytes, for ever; but what was accepted (CA) is never sent again, whether the application's answer came or not. The
receiver is another process: one listening socket a lane, answers AA at once or after a pause, remembers what came in the
order in which it came. Both return their records when their stop event is set.
"""

import random
import selectors
import socket
import time

START, END = b"\x0b", b"\x1c\r"
IDLE_SECONDS = 0.02
RETRY_SECONDS = 0.01
REFUSED_PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 5
PATIENTS, MERGE_EVERY = 4, 10  # of each sender
LARGE_EVERY, LARGE = 499, 1_300_000  # of each sender: a body that the store writes in parts


def patients(seed, sender, number):
    """Whom the message concerns: one of the sender's own few patients, or, with every tenth message, two (a merge)."""
    draw = (seed * 1000003 + sender * 7919 + number) * 2654435761 >> 7
    first = draw % PATIENTS
    second = (first + 1 + (draw >> 8) % (PATIENTS - 1)) % PATIENTS
    return (first, second) if number % MERGE_EVERY == 0 else (first,)


def message(seed, sender, number, asks=""):
    """About 600 bytes of an invented admission or merge, some of more than a mebibyte; the same bytes whenever the same one is
    asked for."""
    draw = (seed * 1000003 + sender * 7919 + number) & 0x7FFFFFFF
    names = [f"{sender}{patient:09d}^^^HOUSE^MR" for patient in patients(seed, sender, number)]
    note = LARGE if number % LARGE_EVERY == 0 else 200 + draw % 100
    event, merged = ("A40^ADT_A39", f"MRG|{names[1]}\r") if len(names) > 1 else ("A08^ADT_A01", "")
    return (f"MSH|^~\\&|S{sender}|WARD{sender}|MYELIN|HOUSE|20260101080000||ADT^{event}|S{sender}-{number}|P|2.5.1{asks}\r"
            f"EVN|{event[:3]}|20260101080000\r"
            f"PID|1||{names[0]}||TEST{draw % 977}^PERSON{draw % 31}||19{draw % 90 + 10}0101|{'FMU'[draw % 3]}|||{draw % 200} SAMPLE STREET^^TOWN^^{draw % 100000:05d}\r{merged}"
            f"PV1|1|I|W{draw % 9}^{draw % 40}^{draw % 4}|||||||||||||||||{draw:010d}|||||||||||||||||||||||||20260101080000\r"
            f"NTE|1||{'x' * note}\r").encode()


class Record:
    """What the senders know: the highest number written, and which were answered AA."""

    def __init__(self, senders):
        self.sent = {sender: 0 for sender in range(senders)}
        self.acked = {sender: set() for sender in range(senders)}
        self.foreign_acks = 0
        self.accepted = 0
        self.refused = 0


class _Sender:
    def __init__(self, name, port, seed, first, rest, asks):
        self.name, self.port, self.seed, self.rest, self.asks = name, port, seed, rest, asks
        self.number = first
        self.accepted = False   # CA: it need not be kept
        self.socket = None
        self.buffer = b""
        self.at = 0.0  # when to connect or to send again
        self.until = float("inf")  # when an answer comes too late

    def connect(self, record, selector):
        try:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=1)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.settimeout(5)
            self.buffer = b""
            selector.register(self.socket, selectors.EVENT_READ, self)
            self.send(record, selector)
        except OSError:
            self.close(selector)

    def send(self, record, selector):
        self.at, self.until = float("inf"), time.monotonic() + ANSWER_SECONDS
        record.sent[self.name] = max(self.number, record.sent[self.name])
        try:
            self.socket.sendall(START + message(self.seed, self.name, self.number, self.asks) + END)
        except OSError:
            self.close(selector)

    def close(self, selector):
        if self.socket is not None:
            try:
                selector.unregister(self.socket)
            except KeyError:
                pass
            self.socket.close()
            self.socket = None
        if self.accepted:
            self.accepted, self.number = False, self.number + 1
        self.at, self.until = time.monotonic() + RETRY_SECONDS, float("inf")

    def read(self, record, selector, last):
        try:
            got = self.socket.recv(65536)
        except OSError:
            got = b""
        if not got:
            return self.close(selector)
        self.buffer += got
        while self.socket is not None and (end := self.buffer.find(END)) >= 0:
            frame, self.buffer = self.buffer[:end], self.buffer[end + 2:]
            self.take(_acknowledgement(frame), record, selector, last)
        return None

    def take(self, fields, record, selector, last):
        if fields is None or fields[1] != f"S{self.name}-{self.number}":
            record.foreign_acks += 1
            return self.close(selector)
        if fields[0] == "CA":
            self.accepted = True
            record.acked[self.name].add(self.number)
            record.accepted += 1
            return None
        if fields[0] != "AA" and not self.accepted:
            record.refused += 1
            self.at = time.monotonic() + REFUSED_PAUSE_SECONDS
            return None
        record.acked[self.name].add(self.number)
        self.accepted = False
        if last is not None and self.number >= last:
            self.close(selector)
            self.at = float("inf")
            return None
        self.number += 1
        if not self.rest:
            return self.send(record, selector)
        self.at, self.until = time.monotonic() + self.rest, float("inf")
        return None


def _acknowledgement(frame):
    """(code, id) of an MSA segment; None where there is none."""
    at = frame.find(b"\rMSA|")
    if at < 0:
        return None
    fields = frame[at + 1:].split(b"\r", 1)[0].split(b"|")
    return (fields[1].decode(), fields[2].decode()) if len(fields) > 2 else None


def run_senders(senders, seed, stop, answer, finish, first, port, last=None, rest=0, asks=""):
    """Sends until `stop` is set (a message without an answer is repeated first); puts the Record on `answer`.

    `finish` set: no new messages, each sender ends when its current one is answered. `first`, `last`: numbers of each one's messages.
    `rest`: seconds between an answer and the next message. `asks`: MSH-13 and on.
    """
    record, selector = Record(senders), selectors.DefaultSelector()
    everyone = [_Sender(name, port, seed, first, rest, asks) for name in range(senders)]
    while not stop.is_set():
        now = time.monotonic()
        for sender in everyone:
            if sender.until <= now:
                sender.close(selector)
            if sender.at <= now:
                sender.connect(record, selector) if sender.socket is None else sender.send(record, selector)
        for key, _ in selector.select(IDLE_SECONDS):
            key.data.read(record, selector, key.data.number if finish.is_set() else last)
        if all(sender.socket is None and sender.at == float("inf") for sender in everyone):
            break
    answer.put(record)


def run_receiver(listeners, seed, kills, stop, answer, count, asks="", slow=0):
    """Answers every frame on each lane's socket AA; puts {lane: [(kills so far, sender, number, intact)]} on `answer`.

    `kills` counts the SIGKILLs so far; a connection belongs to the run of the engine that made it. `count` is how many
    frames have arrived, for whoever waits until it rests. `slow`: seconds before each answer.
    """
    selector = selectors.DefaultSelector()
    arrivals = {lane: [] for lane in listeners}
    for lane, listener in listeners.items():
        listener.setblocking(False)
        selector.register(listener, selectors.EVENT_READ, (lane, None))
    while not stop.is_set():
        for key, _ in selector.select(IDLE_SECONDS):
            lane, connection = key.data
            if connection is None:
                peer, _ = key.fileobj.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(peer, selectors.EVENT_READ, (lane, {"buffer": b"", "epoch": kills.value}))
                continue
            try:
                got = key.fileobj.recv(262144)
            except OSError:
                got = b""
            if not got:
                selector.unregister(key.fileobj)
                key.fileobj.close()
                continue
            connection["buffer"] += got
            replies = _take_frames(connection, seed, arrivals[lane], asks)
            time.sleep(slow * len(replies))
            count.value += len(replies)
            try:
                key.fileobj.sendall(b"".join(replies))
            except OSError:
                pass
    answer.put(arrivals)


def _take_frames(connection, seed, into, asks):
    replies = []
    while (end := connection["buffer"].find(END)) >= 0:
        frame, connection["buffer"] = connection["buffer"][:end].lstrip(START), connection["buffer"][end + 2:]
        control_id = frame.split(b"|", 10)[9].decode()
        try:
            sender, number = (int(part) for part in control_id[1:].split("-"))
            intact = frame == message(seed, sender, number, asks)
        except ValueError:
            sender, number, intact = -1, -1, False
        into.append((connection["epoch"], sender, number, intact))
        replies.append(START + f"MSH|^~\\&|R|R|S|S|20260101080000||ACK|{random.getrandbits(40)}|P|2.5.1\rMSA|AA|{control_id}\r".encode() + END)
    return replies
