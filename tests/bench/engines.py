"""What the rows of make bench share: the engine as a process, its peers, what loads it, and what they cost.

Everything lies in folders below build/bench, on the disk of the tree, and is gone afterwards.
"""

import contextlib
import http.client
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent)]

from daemon import Daemon, free_ports

TREE = ROOT / "build" / "bench"
MYELIN, PROBE, FLOOR, HTTP_PROBE = TREE / "myelin", TREE / "benchmarks/probe", TREE / "benchmarks/floor", TREE / "benchmarks/http_probe"
PLACE = TREE   # of the stores
BLOCKS = 5
PATIENTS = 997


def run(*words, **how):
    done = subprocess.run([str(word) for word in words], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          **{"timeout": 300, **how})
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words[:3]))}: exit {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    return done.stdout


def asked(*words, **how):
    """What a program says as JSON."""
    return json.loads(run(*words, **how))


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="myelin-bench-", dir=PLACE) as name:
        yield pathlib.Path(name)


# ---- messages ------------------------------------------------------------------------------------------------------

def adt(size, patient=1):
    """An ADT^A08 of so many bytes; 200 at least."""
    head = f"MSH|^~\\&|BENCH|WARD|MYELIN|HOUSE|20260101080000||ADT^A08^ADT_A01|B1|P|2.5.1\rEVN|A08|20260101080000\rPID|1||{9_000_000_000 + patient}^^^HOUSE^MR"
    rest = "||TEST^PERSON||19700101|F|||1 SAMPLE STREET^^TOWN^^12345\rPV1|1|I|W1^2^3||||1234^DOCTOR^SAMPLE|||MED||||||||98765^^^HOUSE^VN"
    if len(head) + len(rest) + 9 > size:
        rest = "||TEST^PERSON"
    text = head + rest + "\rNTE|1||"
    return (text + "x" * max(size - len(text) - 1, 0) + "\r").encode()


def messages(place, size=600):
    """A file of messages for `myelin load`: each of another patient; fewer where they are large."""
    file = place / f"adt-{size}.hl7"
    patients = min(PATIENTS, max(8, 2_000_000 // size))
    if not file.exists():
        file.write_bytes(b"".join(adt(size, patient) for patient in range(patients)))
    return file


# ---- the engine ------------------------------------------------------------------------------------------------------

def channel(port, routes, name="bench", more=""):
    """`routes`: name -> (address of the peer, further lines of the route)."""
    lines = [f"channel: {name}", "about: a benchmark", "source:", f"  mllp: {{ listen: 127.0.0.1:{port} }}", *more.splitlines(), "routes:"]
    for route, (peer, further) in routes.items():
        lines += [f"  {route}:", *(f"    {line}" for line in further.splitlines()),
                  f"    to: {{ mllp: {{ connect: \"127.0.0.1:{peer}\" }} }}"]
    return "\n".join(lines) + "\n"


KEYED = "order: { by: PID-3, parallel: 32 }"


class Engine:
    """One daemon with one channel (or those of `channels`: text by port), in a folder of its own."""

    def __init__(self, place, make, count=1):
        self.daemon = Daemon(MYELIN, place)
        self.ports = free_ports(count)
        self.port = self.ports[0]
        for number, port in enumerate(self.ports):
            self.daemon.write(f"channels/bench-{number}.yaml", make(port, number))

    def start(self, seconds=120):
        """Milliseconds until it was ready."""
        began = time.monotonic()
        self.daemon.start(seconds)
        return (time.monotonic() - began) * 1000

    @property
    def pid(self):
        return self.daemon.process.pid

    def cpu_seconds(self):
        """Of all its threads, to the nanosecond."""
        threads = pathlib.Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def memory(self, which="VmRSS"):
        """MiB."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split(which + ":")[1].split()[0]) / 1024

    def ask(self, path, body=None):
        """A request on the admin socket: what it answers, and milliseconds."""
        began = time.monotonic()
        connection = _Unix(str(self.daemon.socket))
        connection.request("POST" if body is not None else "GET", path, json.dumps(body) if body is not None else None,
                           {"Content-Type": "application/json"} if body is not None else {})
        answer = connection.getresponse()
        text = answer.read()
        took = (time.monotonic() - began) * 1000
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {text[:200]}")
        return json.loads(text), took


class _Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


@contextlib.contextmanager
def engine(make, count=1, start=True):
    with folder() as place:
        one = Engine(place, make, count)
        try:
            if start:
                one.start()
            yield one
        finally:
            one.daemon.kill()


# ---- peers and loads -------------------------------------------------------------------------------------------------

class Process:
    """A peer that prints the port on which it listens as its first line."""

    def __init__(self, *words):
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
        self.port = int(self.process.stdout.readline().strip().rsplit(":", 1)[-1])

    def wait(self, timeout=300):
        self.process.wait(timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def sink(*words):
    return Process(MYELIN, "sink", "--listen", "127.0.0.1:0", *words)


def echo():
    return Process(FLOOR, "echo")


def load(port, file, connections, *words, timeout=300):
    """`myelin load`: its report. All must be accepted."""
    return asked(MYELIN, "load", file, "--to", f"127.0.0.1:{port}", "--connections", connections, "--json", *words, timeout=timeout)


def fdatasync(place, count=500):
    return asked(PROBE, "fdatasync", place / "probe.bin", count)


def bare_commit(place, batch=1, size=600, seconds=1.0, deliveries=1):
    """The same rows, committed on one thread with nothing of ours around them: rows a second, microseconds a commit."""
    return asked(FLOOR, "sqlite", place / "bare.db", batch, size, seconds, deliveries)


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
