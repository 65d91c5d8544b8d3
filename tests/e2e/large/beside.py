"""What others feel while 64 MiB pass: their 99th percentile in turns of three blocks, on a machine that is otherwise quiet.

    beside.py MYELIN [--turns 5] [--seconds 3] [--mib 64] [--every 1] [--rate 0]

    quiet       nothing large passes
    elsewhere   64 MiB go from one process to another by a loopback socket, not through the engine: what the sender and
                the receiver, who share the machine with the engine here and nowhere else, cost the others
    engine      64 MiB go through the engine: validated, changed, stored, delivered

Sender and receiver of the large ones stand for other machines, so they go last on this one. They are the same processes in
both, and the next begins --every second, or when the last was delivered, if that is later. They are sent as fast as the
socket takes them, or --rate MiB a second (112: as by a network of 1 Gbit/s). Prints every turn, and the median of the turns' factors; exit 1 if that of `engine` against
`quiet` is above 2. "strangers" is the share of the processors that programs took which have nothing to do with this: a turn
with more than 5 % does not count, and with fewer than three that do nothing was measured (exit 2).
"""

import argparse
import multiprocessing
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import threading
import time

from large_test import DOCUMENTS, MIB, WARD, Others, document

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from daemon import Daemon, free_ports

MOST = 2.0
STRANGERS, LEAST_TURNS = 0.05, 3  # what others may take in a turn that counts; how many must count
PIECE = 64 * 1024


def go_last():
    """Also where the kernel divides the time among sessions before it looks at who is nice."""
    os.setsid()
    os.nice(19)
    group = pathlib.Path("/proc/self/autogroup")
    if group.exists():
        group.write_text("19")


def receive(listener, answers):
    """Takes whatever comes, and answers each message whole; the engine's connection stays, the sender's do not."""
    go_last()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, answers), daemon=True).start()


def answer(connection, answers):
    room, head, tail = memoryview(bytearray(PIECE)), b"", b""
    while size := connection.recv_into(room):
        head, tail = head or bytes(room[:256]), (tail + bytes(room[max(size - 2, 0):size]))[-2:]
        if tail != b"\x1c\r":
            continue
        connection.sendall(b"\x0bMSH|^~\\&|A|A|M|H|20260101||ACK|1|P|2.5.1\rMSA|AA|" + head.split(b"|")[9] + b"\r\x1c\r")
        answers.release()
        head = tail = b""
    connection.close()


def send(ports, size, words, where, passed, delivered):
    """One after the other, each when the last was answered and delivered, as long as `where` names one of the ports."""
    go_last()
    number, head = 0, b"\x0b" + document("D%d", 0).split(b"||||||")[0]
    pieces = memoryview(document("", size).split(b"Base64^")[1] + b"\x1c\r")   # once: what it costs is not the engine's
    while True:
        if where.value < 0:
            time.sleep(0.005)
            continue
        number += 1
        with socket.create_connection(("127.0.0.1", ports[where.value])) as line:
            began = time.monotonic()
            line.sendall(head % number)
            for at in range(0, len(pieces), PIECE):
                line.sendall(pieces[at:at + PIECE])
                if words.rate:
                    time.sleep(max(began + at / (words.rate * MIB) - time.monotonic(), 0))
            if b"MSA|AA|" not in line.recv(65536):
                raise SystemExit("a large message was refused")
        delivered.acquire()
        passed.value += 1
        while where.value >= 0 and time.monotonic() < began + words.every:
            time.sleep(0.005)


class Processors:
    """Who took how much of them since the last time it was asked."""

    def __init__(self, ours):
        self.ours = ours
        self.last = self.now()

    def now(self):
        words = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        busy, all_of_it = sum(map(int, words[:3] + words[5:7])), sum(map(int, words[:8]))
        own = 0
        for process in self.ours:
            words = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            own += int(words[11]) + int(words[12])
        return busy, own, all_of_it

    def strangers(self):
        before, self.last = self.last, self.now()
        busy, own, all_of_it = (after - each for after, each in zip(self.last, before))
        return max(busy - own, 0) / max(all_of_it, 1)


def milliseconds(seconds):
    return "-" if seconds is None else f"{seconds * 1e3:.2f}"


def main():
    words = argparse.ArgumentParser()
    words.add_argument("myelin")
    words.add_argument("--turns", type=int, default=5)
    words.add_argument("--seconds", type=float, default=3)
    words.add_argument("--mib", type=int, default=64)
    words.add_argument("--every", type=float, default=1)
    words.add_argument("--rate", type=float, default=0)
    words = words.parse_args()
    large = socket.create_server(("127.0.0.1", 0))
    port, ward_port, peer_port = free_ports(3)
    where, passed, delivered = multiprocessing.Value("i", -1), multiprocessing.Value("i", 0), multiprocessing.Semaphore(0)
    ports = (large.getsockname()[1], port)   # the receiver itself; the engine
    processes = [multiprocessing.Process(target=receive, args=(large, delivered), daemon=True),
                 multiprocessing.Process(target=send, args=(ports, words.mib * MIB, words, where, passed, delivered),
                                         daemon=True)]
    with tempfile.TemporaryDirectory(prefix="myelin-beside-") as folder:
        daemon = Daemon(words.myelin, pathlib.Path(folder))
        daemon.write("channels/documents.yaml", DOCUMENTS.format(listen=port, connect=ports[0]))
        daemon.write("channels/ward.yaml", WARD.format(listen=ward_port, connect=peer_port))
        for process in processes:
            process.start()
        daemon.start()
        others = Others(ward_port, peer_port)
        try:
            ours = [os.getpid(), daemon.process.pid, others.process.pid] + [process.pid for process in processes]
            return turns(words, daemon, others, where, passed, Processors(ours))
        finally:
            for process in processes:
                process.kill()
            others.end()
            daemon.kill()


def block(words, others, where, passed, place, processors):
    others.since_last()
    processors.strangers()
    before, where.value, began = passed.value, place, time.monotonic()
    time.sleep(words.seconds)
    where.value = -1
    found = others.since_last()
    found["strangers"] = processors.strangers()
    found["large"] = (passed.value - before) / (time.monotonic() - began)
    time.sleep(1.5)   # what is under way
    return found


def turns(words, daemon, others, where, passed, processors):
    time.sleep(1)
    factors = {name: {"answered": [], "delivered": []} for name in ("elsewhere", "engine")}
    for turn in range(words.turns):
        found = {name: block(words, others, where, passed, place, processors)
                 for name, place in (("quiet", -1), ("elsewhere", 0), ("engine", 1))}
        for name, each in found.items():
            print(f"turn {turn + 1} {name:9s} p99 answered {milliseconds(each['answered'])} delivered "
                  f"{milliseconds(each['delivered'])} | median {milliseconds(each['answered_median'])} longest "
                  f"{milliseconds(each['answered_longest'])} ms | {each['count']} sent, {each['refused']} refused, "
                  f"{each['large']:.1f} large a second | strangers {each['strangers']:.0%}", flush=True)
        if max(each["strangers"] for each in found.values()) > STRANGERS:
            print(f"turn {turn + 1} does not count: the machine was not ours")
            continue
        for name, of in factors.items():
            for what in of:
                of[what].append(found[name][what] / found["quiet"][what])
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    counted = len(factors["engine"]["answered"])
    if counted < LEAST_TURNS:
        print(f"not measured: {counted} of {words.turns} turns count; other programs had more than {STRANGERS:.0%} of the processors")
        return 2
    for name, of in factors.items():
        print(f"{name:9s} against quiet, median of {counted}: answered {statistics.median(of['answered']):.2f}, delivered "
              f"{statistics.median(of['delivered']):.2f}")
    print(f"peak of the engine's memory {int(status.split('VmHWM:')[1].split()[0]) // 1024} MiB")
    return int(max(statistics.median(each) for each in factors["engine"].values()) > MOST)


if __name__ == "__main__":
    sys.exit(main())
