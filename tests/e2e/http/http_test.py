"""The built engine between strangers: curl posts to it, and it posts to Python's http.server."""

import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from daemon import OneDaemon, free_port

PATIENCE_SECONDS = 20
TOKEN = "open-sesame"

CONNECTIONS = """order-entry:
  kind: http
  listen: 127.0.0.1:{port}
  paths: [/orders]
  max_body: 64KiB
  auth: {{ bearer: {{ env: MYELIN_E2E_TOKEN }} }}
portal:
  kind: http
  url: http://127.0.0.1:{portal}/results
  allow: [127.0.0.1]
  auth: {{ bearer: {{ env: MYELIN_E2E_TOKEN }} }}
"""

CHANNEL = """channel: orders
about: from curl to a portal
version: "2.5.1"
source: order-entry
accept:
  types: [ORM^O01]
routes:
  portal:
    to: portal
    retry: { first: 50ms, longest: 100ms }
"""


def order(number):
    return f"MSH|^~\\&|OE|H|LAB|H|20260101||ORM^O01|{number}|P|2.5.1\rPID|1||{number}^^^W^MR||Müller^Ann\r".encode()


class Portal:
    """Answers each request with the next of `script` (200 when it is empty) and keeps what came."""

    def __init__(self):
        self.seen = []
        self.script = []
        portal = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                portal.seen.append((self.path, dict(self.headers), body))
                status, more = portal.script.pop(0) if portal.script else (200, {})
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def wait_for(self, count):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.seen) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        return len(self.seen)


def resident(pid):
    """Bytes of memory in use."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Site(OneDaemon):
    """An engine between curl and a portal."""

    connections, channel = CONNECTIONS, CHANNEL

    def setUp(self):
        super().setUp()
        os.environ["MYELIN_E2E_TOKEN"] = TOKEN
        self.portal = Portal()
        self.addCleanup(self.portal.close)
        self.port = free_port()
        self.daemon.write("connections.yaml", self.connections.format(port=self.port, portal=self.portal.port))
        self.daemon.write("channels/orders.yaml", self.channel)
        self.daemon.start()

    def curl(self, body, *more, path="/orders", token=TOKEN, kind="application/hl7-v2"):
        """(status, Content-Type, body) of one POST by the command."""
        (self.folder / "body").write_bytes(body)
        words = ["curl", "-sS", "--max-time", str(PATIENCE_SECONDS), "-H", f"Content-Type: {kind}", "--data-binary",
                 f"@{self.folder / 'body'}", "-o", str(self.folder / "answer"), "-w", "%{http_code} %{content_type}"]
        if token:
            words += ["-H", f"Authorization: Bearer {token}"]
        (self.folder / "answer").write_bytes(b"")
        done = subprocess.run([*words, *more, f"http://127.0.0.1:{self.port}{path}"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        status, _, kind = done.stdout.partition(" ")
        return int(status), kind, (self.folder / "answer").read_bytes()


class Http(Site):
    def test_an_order_is_acknowledged_and_reaches_the_portal_byte_for_byte(self):
        status, kind, answer = self.curl(order(1))
        self.assertEqual((status, kind), (200, "application/hl7-v2"))
        self.assertIn(b"\rMSA|AA|1", answer)
        self.assertEqual(self.portal.wait_for(1), 1)
        path, headers, body = self.portal.seen[0]
        self.assertEqual((path, body), ("/results", order(1)))
        self.assertEqual(headers["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(headers["Content-Type"], "application/hl7-v2")

    def test_chunked_and_expecting_requests_are_taken(self):
        self.assertEqual(self.curl(order(1), "-H", "Transfer-Encoding: chunked")[0], 200)
        self.assertEqual(self.curl(order(2), "-H", "Expect: 100-continue")[0], 200)
        self.assertEqual(self.portal.wait_for(2), 2)
        self.assertEqual([body for _, _, body in self.portal.seen], [order(1), order(2)])

    def test_a_portal_that_is_busy_is_asked_again_and_order_is_kept(self):
        self.portal.script = [(503, {"Retry-After": "0"}), (429, {}), (200, {})]
        self.curl(order(1))
        self.curl(order(2))
        self.assertEqual(self.portal.wait_for(4), 4)
        self.assertEqual([body for _, _, body in self.portal.seen], [order(1)] * 3 + [order(2)])
        keys = [headers["Idempotency-Key"] for _, headers, _ in self.portal.seen]
        self.assertEqual(len(set(keys[:3])), 1)
        self.assertNotEqual(keys[0], keys[3])

    def test_a_refusal_or_a_redirect_parks_the_delivery_and_the_lane_goes_on(self):
        self.portal.script = [(422, {}), (302, {"Location": "http://169.254.169.254/"})]
        for number in (1, 2, 3):
            self.curl(order(number))
        self.assertEqual(self.portal.wait_for(3), 3)
        self.assertEqual(self.portal.seen[2][2], order(3))

    def test_what_is_wrong_with_a_request_is_said_by_its_status(self):
        self.assertEqual(self.curl(order(1), token="wrong")[0], 401)
        self.assertEqual(self.curl(order(1), path="/other")[0], 404)
        self.assertEqual(self.curl(order(1), "-X", "PUT")[0], 405)
        self.assertEqual(self.curl(b"{}", kind="application/json")[0], 415)
        self.assertEqual(self.curl(b"A" * 100_000)[0], 413)
        status, _, answer = self.curl(b"this is no HL7")
        self.assertEqual(status, 400)
        self.assertIn(b"MSA|AR", answer)
        status, kind, answer = self.curl(b"{}", kind="application/json")
        self.assertEqual((kind, json.loads(answer)["fault"]), ("application/json", "M0712"))
        status, _, answer = self.curl(order(9).replace(b"ORM^O01", b"ADT^A01"))
        self.assertIn(b"MSA|AR|9", answer)
        self.assertGreaterEqual(status, 400)
        self.assertEqual(self.portal.seen, [])

    def batch(self, count):
        return b"BHS|^~\\&|OE|H|LAB|H|20260101||B||B1\r" + order(1) + order(2) + b"BTS|" + count + b"\r"

    def test_a_batch_is_taken_message_by_message_and_answered_as_one(self):
        status, kind, answer = self.curl(self.batch(b"2").replace(b"ORM^O01|2|", b"ADT^A01|2|"))
        self.assertEqual((status, kind), (200, "application/hl7-v2"))
        self.assertTrue(answer.startswith(b"BHS|"), answer)
        self.assertIn(b"\rMSA|AA|1", answer)
        self.assertIn(b"\rMSA|AR|2", answer)
        self.assertEqual(self.portal.wait_for(1), 1)
        self.assertEqual(self.portal.seen[0][2], order(1))

    def test_nothing_of_a_batch_that_is_not_all_there_is_taken(self):
        status, _, answer = self.curl(self.batch(b"3"))
        self.assertEqual(status, 400, answer)
        self.assertNotIn(b"MSA|AA", answer)
        self.assertIn(b"\rMSA|AR|1", answer)
        self.assertEqual(self.portal.seen, [])

    def test_a_body_of_100_megabytes_is_refused_before_it_is_read(self):
        began = resident(self.daemon.process.pid)
        with (self.folder / "huge").open("wb") as huge:
            huge.truncate(100 * 1024 * 1024)
        for more in ([], ["-H", "Transfer-Encoding: chunked"]):
            done = subprocess.run(["curl", "-sS", "--max-time", "20", "-H", f"Authorization: Bearer {TOKEN}", "-T",
                                   self.folder / "huge", "-X", "POST", "-o", self.folder / "answer", "-w", "%{http_code}",
                                   "-H", "Content-Type: application/hl7-v2", *more,
                                   f"http://127.0.0.1:{self.port}/orders"], capture_output=True, text=True)
            self.assertEqual(done.stdout, "413", done.stderr)
            self.assertEqual(json.loads((self.folder / "answer").read_text())["fault"], "M0708")
        self.assertLess(resident(self.daemon.process.pid) - began, 32 * 1024 * 1024)
        self.assertEqual(self.curl(order(1))[0], 200)

    def test_what_came_of_a_request_that_could_not_be_taken_is_counted_and_kept(self):
        self.curl(b"{}", kind="application/json")
        self.curl(b"this is no HL7")
        with socket.create_connection(("127.0.0.1", self.port)) as peer:
            peer.sendall(b"POST /orders HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + TOKEN.encode() +
                         b"\r\nContent-Length: 99\r\n\r\nMSH|half")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.refused() < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.refused(), 3)

    def refused(self):
        return json.loads(self.daemon.ask("status", "--json").stdout)["store"]["refused"]

    def test_a_path_that_climbs_is_refused(self):
        for path in ("/orders/../orders", "/orders/%2e%2e/orders"):
            status, _, answer = self.curl(order(1), "--path-as-is", path=path)
            self.assertEqual((status, json.loads(answer)["fault"]), (400, "M0703"), answer)
        self.assertEqual(self.portal.seen, [])

    def test_what_was_acknowledged_survives_a_kill(self):
        self.portal.script = [(503, {"Retry-After": "1"})] * 50
        for number in (1, 2, 3):
            self.assertEqual(self.curl(order(number))[0], 200)
        self.portal.wait_for(1)
        self.daemon.kill()
        self.portal.script = []
        self.portal.seen.clear()
        self.daemon.start()
        self.assertEqual(self.portal.wait_for(3), 3)
        self.assertEqual([body for _, _, body in self.portal.seen], [order(1), order(2), order(3)])


class Json(Site):
    """Bodies in JSON and in forms, a status page, and texts that depend on the message."""

    connections = CONNECTIONS.replace("  max_body", "  content_types: [application/json, multipart/form-data]\n"
                                      "  reply: status\n  max_body").replace(
        "/results\n", "/results?id={{{{ $id }}}}\n  headers: {{ X-From: =$channel }}\n  content_type: application/json\n")
    channel = CHANNEL.replace("  types: [ORM^O01]", "  body: json")

    def page(self, answer, *more):
        """The status page that an answer names."""
        done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *more,
                               f"http://127.0.0.1:{self.port}{json.loads(answer)['status']}"], capture_output=True, text=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    def wait_for_state(self, answer, state):
        deadline = time.monotonic() + PATIENCE_SECONDS
        page = {}
        while page.get("state") != state and time.monotonic() < deadline:
            page = self.page(answer, "-H", f"Authorization: Bearer {TOKEN}")[1]
            time.sleep(0.01)
        return page

    def test_json_goes_through_byte_for_byte_and_its_sender_can_look_later(self):
        body = b'{ "resourceType": "Patient", "weight": 72.50 }\n'
        status, _, answer = self.curl(body, kind="application/json")
        self.assertEqual(status, 202, answer)
        self.assertEqual(self.portal.wait_for(1), 1)
        path, headers, sent = self.portal.seen[0]
        self.assertEqual((sent, headers["X-From"]), (body, "orders"))
        self.assertEqual(path, "/results?id=" + json.loads(answer)["id"])
        page = self.wait_for_state(answer, "delivered")
        self.assertEqual((page["state"], page["deliveries"][0]["route"]), ("delivered", "portal"))
        self.assertEqual(self.page(answer)[0], 401)
        self.portal.script = [(422, {})]
        _, _, answer = self.curl(b"[1]", kind="application/json")
        self.assertEqual(self.wait_for_state(answer, "parked")["deliveries"][0]["fault"], "M0412")
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.wait_for_state(answer, "parked")["state"], "parked")

    def test_what_is_no_json_is_refused(self):
        for body in (b'{"a":"\xff"}', b"{", order(1)):
            status, _, answer = self.curl(body, kind="application/json")
            self.assertEqual((status, json.loads(answer)["fault"]), (400, "M0120"), answer)

    def test_the_file_of_a_form_is_taken(self):
        (self.folder / "reading.json").write_bytes(b"[1]")
        done = subprocess.run(["curl", "-sS", "-F", "ward=W1", "-F", f"reading=@{self.folder / 'reading.json'}", "-H",
                               f"Authorization: Bearer {TOKEN}", f"http://127.0.0.1:{self.port}/orders"],
                              capture_output=True, text=True)
        self.assertIn("status", json.loads(done.stdout))
        self.assertEqual(self.portal.wait_for(1), 1)
        self.assertEqual(self.portal.seen[0][2], b"[1]")


if __name__ == "__main__":
    unittest.main()
