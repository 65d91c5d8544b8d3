"""The built engine between npm's HTTP clients (axios, undici, fetch) and servers (express, fastify), TLS on both sides."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

import npm
from daemon import Daemon, free_port

MYELIN = os.environ.get("MYELIN", "build/debug/myelin")
PATIENCE_SECONDS = 60
TOKEN = "open-sesame"
CLIENTS, MESSAGES = ("axios", "undici", "fetch"), 10

CONNECTIONS = """order-entry:
  kind: http
  listen: 127.0.0.1:{port}
  paths: [/orders]
  content_types: [application/hl7-v2, multipart/form-data]
  part: message
  auth: {{ bearer: {{ env: MYELIN_E2E_TOKEN }} }}
  tls: {{ certificate: {folder}/server.pem, key: {folder}/server.key }}
desk:
  kind: http
  url: https://127.0.0.1:{express}/orders
  allow: [127.0.0.1]
  tls: {{ authorities: {folder}/authority.pem }}
portal:
  kind: http
  url: "http://127.0.0.1:{fastify}/patients/{{{{ PID-3.1 }}}}/orders"
  headers: {{ X-Ward: =PV1-3.1 }}
  allow: [127.0.0.1]
"""

CHANNEL = """channel: orders
about: from npm's clients to npm's servers
version: "2.5.1"
source: order-entry
routes:
  desk: { to: desk }
  portal: { to: portal, retry: { first: 10ms, longest: 50ms, least: 10ms } }
"""

MESSAGE = ("MSH|^~\\&|OE|H|LAB|H|20260101||ORM^O01|NUMBER|P|2.5.1|||||UNICODE UTF-8\r"
           "PID|1||a/b NUMBER^^^W^MR||Müller^Ann\rPV1|1|I|W1\r")


def certificates(folder):
    """An authority and a certificate for 127.0.0.1 of it."""
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    for words in (["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                   "/CN=authority", "-keyout", "authority.key", "-out", "authority.pem"],
                  ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server", "-keyout",
                   "server.key", "-out", "server.csr"],
                  ["x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial",
                   "-days", "2", "-extfile", "server.ext", "-out", "server.pem"]):
        subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=True)


class Strangers(unittest.TestCase):
    def test_every_message_of_every_client_reaches_every_server_in_order_and_unchanged(self):
        place = npm.modules(HERE)
        if place is None:
            return
        folder = tempfile.TemporaryDirectory(prefix="myelin-strangers-")
        self.addCleanup(folder.cleanup)
        folder = pathlib.Path(folder.name)
        certificates(folder)
        servers = subprocess.Popen(["node", HERE / "servers.mjs", place, folder / "server.pem", folder / "server.key"],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(servers.stdout.close)
        self.addCleanup(servers.wait)
        self.addCleanup(servers.kill)
        ports = json.loads(servers.stdout.readline())
        seen = []
        threading.Thread(target=self.read, args=(servers.stdout, seen), daemon=True).start()

        os.environ["MYELIN_E2E_TOKEN"] = TOKEN
        daemon = Daemon(MYELIN, folder / "engine")
        self.addCleanup(daemon.kill)
        port = free_port()
        daemon.write("connections.yaml", CONNECTIONS.format(port=port, folder=folder, **ports))
        daemon.write("channels/orders.yaml", CHANNEL)
        daemon.start()
        (folder / "order.hl7").write_bytes(MESSAGE.encode())
        done = subprocess.run(["node", HERE / "clients.mjs", place, f"https://127.0.0.1:{port}/orders", TOKEN,
                               folder / "order.hl7"], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
                              env={**os.environ, "NODE_EXTRA_CA_CERTS": str(folder / "authority.pem")})
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = json.loads(done.stdout)

        names = [f"{client}{number}" for client in CLIENTS for number in range(1, MESSAGES + 1)] + ["form1"]
        flat = [answer for client in (*CLIENTS, "form") for answer in answers[client]]
        self.assertEqual([answer["status"] for answer in flat], [200] * len(names), flat[:1])
        for name, answer in zip(names, flat):
            self.assertIn(f"\rMSA|AA|{name}", answer["body"])
        self.wait_for(seen, 2 * len(names))
        for server in ("express", "fastify"):
            got = [base64.b64decode(each["body"]).decode() for each in seen if each["server"] == server]
            self.assertEqual(got, [MESSAGE.replace("NUMBER", name) for name in names])
        fastify = [each for each in seen if each["server"] == "fastify"]
        self.assertEqual([each["url"] for each in fastify], [f"/patients/a%2Fb%20{name}/orders" for name in names])
        self.assertEqual({each["ward"] for each in fastify}, {"W1"})
        self.assertEqual(len({each["key"] for each in seen if each["server"] == "express"}), len(names))

    @staticmethod
    def read(lines, seen):
        for line in lines:
            seen.append(json.loads(line))

    @staticmethod
    def wait_for(seen, count):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(seen) < count and time.monotonic() < deadline:
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
