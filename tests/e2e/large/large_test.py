"""A result with a large document (base64 in OBX-5) through the whole engine: validated, changed, delivered. What it costs
in memory (the peak of the process) is at most four times its size, eight times the size costs about eight times the
time, and the messages of other channels are answered meanwhile.
"""

import base64
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from daemon import Daemon, free_ports

MYELIN = os.environ.get("MYELIN", "build/debug/myelin")
MIB = 1024 * 1024
PATIENCE_SECONDS = 90
LARGE_ONES = int(os.environ.get("MYELIN_LARGE_ONES", "1"))   # more, to measure
ALWAYS_BEARABLE_SECONDS = 0.1   # of a machine that does other things too, and of a build for tests

DOCUMENTS = """channel: documents
about: large documents
source:
  mllp: {{ listen: "127.0.0.1:{listen}", max_frame: 128MiB }}
accept:
  validate: {{ profile: standard }}
routes:
  out:
    to:
      mllp: {{ connect: "127.0.0.1:{connect}", timeout: 60s }}
    steps:
      - set: {{ MSH-5: ARCHIVE }}
"""
FILED = """channel: filed
about: the document alone, byte for byte, into a folder
version: "2.5.1"
source:
  mllp: {{ listen: "127.0.0.1:{listen}", max_frame: 128MiB }}
routes:
  out:
    to:
      file: {{ directory: "{folder}", name: "{{control_id}}.pdf" }}
    steps:
      - render: {{ text: "=unbase64(OBX[2=ED]-5.5)" }}
"""
WARD = """channel: ward
about: what the others send meanwhile
source:
  mllp: {{ listen: "127.0.0.1:{listen}" }}
routes:
  out:
    to:
      mllp: {{ connect: "127.0.0.1:{connect}" }}
"""


def document(number, size):
    return (f"MSH|^~\\&|LIS|LAB|EHR|H|20260114||ORU^R01^ORU_R01|{number}|P|2.5.1\rPID|1||7^^^H^MR||A^B\rOBR|1|||a^b^L\r"
            "OBX|1|ED|1^a^L||^APPLICATION^PDF^Base64^").encode() + b"QUJD" * (size // 4) + b"||||||F\r"


class Archive:
    """Accepts everything; keeps the sizes and the last bytes of what came for ARCHIVE."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.came = []
        self.changed = threading.Condition()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        size, head, tail = 0, b"", b""
        while got := connection.recv(MIB):
            head, tail, size = (head + got[:256])[:256], (tail + got)[-16:], size + len(got)
            if not tail.endswith(b"\x1c\r"):
                continue
            fields = head.split(b"|")
            connection.sendall(b"\x0bMSH|^~\\&|A|A|M|H|20260101||ACK|1|P|2.5.1\rMSA|AA|" + fields[9] + b"\r\x1c\r")
            if fields[4] == b"ARCHIVE":
                with self.changed:
                    self.came.append((size, tail))
                    self.changed.notify_all()
            size, head, tail = 0, b"", b""
        connection.close()

    def wait_for(self, count):
        with self.changed:
            self.changed.wait_for(lambda: len(self.came) >= count, PATIENCE_SECONDS)
            return list(self.came)


class Others:
    """others.py, and how to ask it."""

    def __init__(self, port, peer_port):
        self.process = subprocess.Popen([sys.executable, str(HERE / "others.py"), str(port), str(peer_port)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.since_last()

    def since_last(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Large(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="myelin-large-")
        self.addCleanup(folder.cleanup)
        self.archive = Archive()
        self.addCleanup(self.archive.listener.close)
        self.daemon = Daemon(MYELIN, pathlib.Path(folder.name))
        self.addCleanup(self.daemon.kill)
        self.port, self.ward_port, self.peer_port, self.filed_port = free_ports(4)
        self.filed = pathlib.Path(folder.name) / "filed"
        self.filed.mkdir()
        self.daemon.write("channels/filed.yaml", FILED.format(listen=self.filed_port, folder=self.filed))
        self.daemon.write("channels/documents.yaml", DOCUMENTS.format(listen=self.port, connect=self.archive.port))
        self.daemon.write("channels/ward.yaml", WARD.format(listen=self.ward_port, connect=self.peer_port))
        self.daemon.start()
        self.sanitized = b"__asan_init" in pathlib.Path(MYELIN).read_bytes()

    def peak(self):
        status = pathlib.Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def processor_seconds(self):
        words = pathlib.Path(f"/proc/{self.daemon.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def send(self, number, size):
        content = document(number, size)
        before, seconds = len(self.archive.came), self.processor_seconds()
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as line:
            line.sendall(b"\x0b" + content + b"\x1c\r")
            answer = line.recv(65536)
        self.assertIn(f"MSA|AA|{number}".encode(), answer)
        arrived, tail = self.archive.wait_for(before + 1)[before]
        self.assertEqual(arrived, len(content) + 3 + len("ARCHIVE") - len("EHR"))
        self.assertEqual(tail, (content + b"\x1c\r")[-16:])
        return self.processor_seconds() - seconds

    def test_memory_is_at_most_four_times_the_size_and_time_grows_with_it(self):
        small = self.send("D1", 8 * MIB)
        large = self.send("D2", 64 * MIB)
        self.assertLess(large, 3 * 8 * small + 0.5)
        if not self.sanitized:
            self.assertLess(self.peak(), 4 * 64 * MIB)

    def file(self, number, encoded):
        """Sends it; the bytes of the file that came of it."""
        head = (f"MSH|^~\\&|LIS|LAB|EHR|H|20260114||ORU^R01^ORU_R01|{number}|P|2.5.1\rPID|1||7\rOBR|1|||a^b^L\r"
                "OBX|1|TX|1^a^L||see below\rOBX|2|ED|1^a^L||^APPLICATION^PDF^Base64^").encode()
        with socket.create_connection(("127.0.0.1", self.filed_port), timeout=PATIENCE_SECONDS) as line:
            line.sendall(b"\x0b" + head + encoded + b"||||||F\r\x1c\r")
            self.assertIn(f"MSA|AA|{number}".encode(), line.recv(65536))
        path, deadline = self.filed / f"{number}.pdf", time.monotonic() + PATIENCE_SECONDS
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return path.read_bytes()

    def test_a_document_in_obx_becomes_a_file_byte_for_byte(self):
        every = bytes(range(256)) * 40
        self.assertEqual(self.file("F1", base64.b64encode(every)), every)
        lines = base64.encodebytes(every).strip()   # 76 characters, as mail cuts them
        self.assertEqual(self.file("F2", lines.replace(b"\n", b"\\X0D\\\\X0A\\")), every)
        self.assertEqual(self.file("F3", lines.replace(b"\n", b"\\.br\\")), every)
        large = random.Random(64).randbytes(48 * MIB - 1)
        self.assertTrue(self.file("F4", base64.b64encode(large)) == large)   # no difference of 48 MiB is printed
        if not self.sanitized:
            self.assertLess(self.peak(), 4 * 64 * MIB)

    def test_the_others_are_answered_and_delivered_meanwhile(self):
        others = Others(self.ward_port, self.peer_port)
        self.addCleanup(others.end)
        time.sleep(3)   # what they take when nothing large passes
        quiet = others.since_last()
        for number in range(LARGE_ONES):
            self.send(f"D{number}", 64 * MIB)
        passing = others.since_last()
        for name, each in (("nothing large passes", quiet), ("64 MiB pass", passing)):
            print(f"others' p99 while {name}: answered in {each['answered'] * 1e3:.1f} ms, delivered in "
                  f"{each['delivered'] * 1e3:.1f} ms, of {each['count']}")
        self.assertGreater(passing["count"], 10)
        self.assertEqual(passing["refused"], 0)
        if not self.sanitized:
            self.assertLess(passing["answered"], max(2 * quiet["answered"], ALWAYS_BEARABLE_SECONDS))
            self.assertLess(passing["delivered"], max(2 * quiet["delivered"], ALWAYS_BEARABLE_SECONDS))


if __name__ == "__main__":
    unittest.main()
