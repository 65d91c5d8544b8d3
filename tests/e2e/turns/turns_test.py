"""When a route sends, and what a peer's later answer does, with the built engine between strangers: messages are read and
written by Debian's python3-hl7, over plain sockets. priority, open, after, answers, the application's answer after CA on
the same and on another connection, and collect into files and requests, also after SIGKILL.
"""

import datetime
import http.server
import pathlib
import socket
import sys
import threading
import time
import unittest

import hl7

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from daemon import OneDaemon, free_ports

PATIENCE_SECONDS = 20
FAST = "retry: { first: 50ms, longest: 100ms }"


def order(number, patient="1", urgency="R", ask=""):
    return (f"MSH|^~\\&|WARD|WEST|MYELIN|HUB|20260105093000||ORM^O01^ORM_O01|{number}|P|2.5.1|||{ask}\r"
            f"PID|1||{patient}^^^WEST^MR||TEST^PERSON\rORC|NW|ORD{number}|||||^^^^^{urgency}\rOBR|1|ORD{number}||K^Potassium\r")


def answer(code, number, ask=""):
    return (f"MSH|^~\\&|LAB|WEST|MYELIN|HUB|20260105093001||ACK^O01^ACK|L{number}|P|2.5.1|||{ask}\r"
            f"MSA|{code}|{number}\r")


def framed(text):
    return b"\x0b" + text.encode() + b"\x1c\r"


class Frames:
    """What comes on one connection, frame by frame, as python3-hl7 reads it."""

    def __init__(self, connection):
        self.connection = connection
        self.rest = b""

    def next(self):
        while b"\x1c\r" not in self.rest:
            data = self.connection.recv(65536)
            if not data:
                return None
            self.rest += data
        frame, self.rest = self.rest.split(b"\x1c\r", 1)
        return hl7.parse(frame.lstrip(b"\x0b").decode())


class Peer:
    """A server that answers each message with `code`, and keeps what came. An acknowledgement is a message only to one
    that collects them."""

    def __init__(self, port, code="AA", collects=False):
        self.code = code
        self.collects = collects
        self.got = []
        self.connections = []
        self.server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        frames = Frames(connection)
        while (message := frames.next()) is not None:
            self.got.append(message)
            if self.collects or "MSA" not in str(message):
                connection.sendall(framed(answer(self.code, message["MSH.F10"])))

    def ids(self):
        return [str(message["MSH.F10"]) for message in self.got]

    def close(self):
        self.server.close()
        for connection in self.connections:
            connection.close()


class Posts:
    """A web server that keeps each body; while `silent` it answers nothing."""

    def __init__(self, port):
        self.bodies = []
        self.silent = True
        posts = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                posts.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                if posts.silent:
                    self.rfile.read(1)  # until the engine is gone
                    return
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def soon(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


class Turns(OneDaemon):
    def setUp(self):
        super().setUp()
        self.listen, self.answers, self.lab, self.archive = free_ports(4)

    def channel(self, routes, head=""):
        self.daemon.write("channels/orders.yaml", f"""channel: orders
version: "2.5.1"
zone: UTC
{head}source: {{ mllp: {{ listen: "127.0.0.1:{self.listen}" }} }}
routes:
{routes}""")

    def answers_channel(self):
        self.daemon.write("channels/answers.yaml", f"""channel: answers
version: "2.5.1"
source: {{ mllp: {{ listen: "127.0.0.1:{self.answers}", ack: msh }} }}
accept: {{ types: ["ACK^*"] }}
routes:
  reader: {{ to: {{ mllp: {{ connect: "127.0.0.1:{self.archive}" }} }} }}
""")

    def peer(self, port, code="AA", collects=False):
        peer = Peer(port, code, collects)
        self.addCleanup(peer.close)
        return peer

    def send(self, *messages):
        with socket.create_connection(("127.0.0.1", self.listen), 10) as connection:
            frames = Frames(connection)
            for message in messages:
                connection.sendall(framed(message))
                self.assertEqual(str(frames.next()["MSA.F1"]), "AA")

    def lane(self, route="lab"):
        channels = self.daemon.ask_json("status")["channels"]
        lanes = next(each["lanes"] for each in channels if each["name"] == "orders")
        return next(each for each in lanes if each["route"] == route)

    def test_urgent_orders_go_before_what_waits_also_after_a_kill(self):
        self.channel(f"""  lab:
    to: {{ mllp: {{ connect: "127.0.0.1:{self.lab}" }} }}
    order: {{ by: "PID-3.1", parallel: 1 }}
    priority: =if(any(ORC, ORC-7.6 == "S"), "critical", "normal")
    {FAST}
""")
        self.daemon.start()
        self.daemon.ask("hold", "orders/lab", "--reason", "test")
        self.send(order("1", "anna"), order("2", "ben"), order("3", "anna", "S"), order("4", "carl", "S"))
        self.daemon.kill()
        self.daemon.start()
        lab = self.peer(self.lab)
        self.daemon.ask("release", "orders/lab", "--reason", "test")
        self.assertTrue(soon(lambda: len(lab.got) == 4), lab.ids())
        # Carl's passes what others have waiting; Anna's second waits for her first.
        self.assertEqual(lab.ids()[0], "4")
        self.assertLess(lab.ids().index("1"), lab.ids().index("3"))

    def test_a_closed_peer_gets_nothing_until_it_opens(self):
        lab = self.peer(self.lab)
        now = datetime.datetime.now(datetime.timezone.utc)
        closed = now + datetime.timedelta(hours=2)
        self.channel(f"""  lab:
    to: {{ mllp: {{ connect: "127.0.0.1:{self.lab}" }} }}
    open: "{closed:%H}:00-{closed:%H}:30"
""")
        self.daemon.start()
        self.send(order("1"))
        self.assertTrue(soon(lambda: self.lane()["opens_at"]))
        self.assertEqual(self.lane()["opens_at"][11:16], f"{closed:%H}:00")
        self.assertIn("closed", self.daemon.ask("status").stdout)
        self.assertEqual(lab.got, [])
        self.channel(f"""  lab:
    to: {{ mllp: {{ connect: "127.0.0.1:{self.lab}" }} }}
    open: ["00:00-12:00", "12:00-24:00"]
""")
        self.assertEqual(self.daemon.ask("reload").returncode, 0)
        self.assertTrue(soon(lambda: lab.ids() == ["1"]), lab.ids())

    def test_a_route_waits_until_another_has_delivered(self):
        lab = self.peer(self.lab)
        self.channel(f"""  archive:
    to: {{ mllp: {{ connect: "127.0.0.1:{self.archive}" }} }}
    {FAST}
  lab:
    to: {{ mllp: {{ connect: "127.0.0.1:{self.lab}" }} }}
    after: archive
""")
        self.daemon.start()
        self.send(order("1"), order("2"))
        self.assertTrue(soon(lambda: self.lane("archive")["fault"]))
        self.assertEqual(lab.got, [])
        archive = self.peer(self.archive)
        self.assertTrue(soon(lambda: lab.ids() == ["1", "2"]), lab.ids())
        self.assertEqual(archive.ids(), ["1", "2"])
        began = time.monotonic()
        self.send(*[order(str(number)) for number in range(3, 53)])
        self.assertTrue(soon(lambda: len(lab.got) == 52), lab.ids())
        self.assertLess(time.monotonic() - began, 10)  # nobody waits for the look of every minute

    def test_an_answer_becomes_a_message_of_another_channel(self):
        lab, reader = self.peer(self.lab), self.peer(self.archive, collects=True)
        self.answers_channel()
        self.channel(f"""  lab:
    to: {{ mllp: {{ connect: "127.0.0.1:{self.lab}" }} }}
    answers: {{ channel: answers }}
""")
        self.daemon.start()
        self.send(order("7"))
        self.assertTrue(soon(lambda: reader.ids() == ["L7"]), reader.ids())
        self.assertEqual(str(reader.got[0]["MSA.F2"]), "7")
        self.assertEqual(lab.ids(), ["7"])

    def test_the_applications_answer_on_the_same_connection_and_on_another_settles_the_delivery(self):
        lab = self.peer(self.lab, "CA")
        reader = self.peer(self.archive, collects=True)
        self.answers_channel()
        self.channel(f"""  lab:
    to: {{ mllp: {{ connect: "127.0.0.1:{self.lab}", application_timeout: 1h }} }}
    answers: {{ channel: answers }}
""")
        self.daemon.start()
        self.send(order("1", ask="AL|AL"), order("2", ask="AL|AL"), order("3", ask="AL|AL"))
        self.assertTrue(soon(lambda: self.lane()["awaiting_reply"] == 3), self.lane())
        self.assertIn("awaiting", self.daemon.ask("status").stdout)
        # On the same connection, and accepted there.
        lab.connections[0].sendall(framed(answer("AA", "1", "AL|NE")))
        self.assertTrue(soon(lambda: self.lane()["awaiting_reply"] == 2), self.lane())
        self.assertTrue(soon(lambda: len(lab.got) == 4), lab.ids())
        self.assertEqual((str(lab.got[3]["MSA.F1"]), str(lab.got[3]["MSA.F2"])), ("CA", "L1"))
        # On another connection, after the engine was killed.
        self.daemon.kill()
        self.daemon.start()
        with socket.create_connection(("127.0.0.1", self.answers), 10) as connection:
            frames = Frames(connection)
            connection.sendall(framed(answer("AA", "2", "AL|NE")))
            self.assertEqual(str(frames.next()["MSA.F1"]), "CA")
            connection.sendall(framed(answer("AE", "3", "AL|NE")))
            self.assertEqual(str(frames.next()["MSA.F1"]), "CA")
        self.assertTrue(soon(lambda: self.lane()["parked"] == 1 and self.lane()["awaiting_reply"] == 0), self.lane())
        # Both that were taken are messages of the other channel, each once.
        self.assertTrue(soon(lambda: reader.ids() == ["L1", "L2"]), reader.ids())

    def test_what_is_collected_becomes_one_file_whatever_happens_meanwhile(self):
        out = self.folder / "out"
        out.mkdir()
        self.channel(f"""  lab:
    to: {{ file: {{ directory: "{out}", name: "charges-{{id}}.hl7" }} }}
    collect: {{ count: 3, within: 1h }}
""")
        self.daemon.start()
        self.send(order("1"), order("2"))
        self.assertTrue(soon(lambda: self.lane()["collected"] == 2), self.lane())
        self.assertIn("collecting", self.daemon.ask("status").stdout)
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(list(out.glob("*.hl7")), [])
        self.send(order("3"), order("4"))
        self.assertTrue(soon(lambda: self.lane()["waiting"] == 1), self.lane())
        files = list(out.glob("*.hl7"))
        self.assertEqual(len(files), 1)
        read = hl7.parse_file(files[0].read_bytes().decode())
        self.assertEqual([str(each["MSH.F10"]) for batch in read for each in batch], ["1", "2", "3"])
        # What is left goes when a person says so.
        left = self.daemon.ask_json("queue")["deliveries"][0]["id"]
        self.daemon.ask("retry", left, "--reason", "test")
        self.assertTrue(soon(lambda: len(list(out.glob("*.hl7"))) == 2))

    def test_a_request_of_which_nobody_knows_whether_it_arrived_is_the_same_after_a_kill(self):
        posts = Posts(self.lab)
        self.addCleanup(posts.close)
        self.channel(f"""  lab:
    to: {{ http: {{ url: "http://127.0.0.1:{self.lab}/", allow: [127.0.0.1] }} }}
    collect: {{ count: 3, within: 2s }}
""")
        self.daemon.start()
        self.send(order("1"), order("2"))
        self.assertTrue(soon(lambda: len(posts.bodies) == 1))
        self.daemon.kill()
        posts.silent = False
        self.daemon.start()
        self.send(order("3"))
        self.assertTrue(soon(lambda: len(posts.bodies) == 3), posts.bodies)
        self.assertEqual(posts.bodies[0], posts.bodies[1])
        self.assertIn("BTS|2", posts.bodies[1])
        self.assertIn("BTS|1", posts.bodies[2])
        self.assertTrue(soon(lambda: self.lane()["waiting"] == 0), self.lane())


if __name__ == "__main__":
    unittest.main()
