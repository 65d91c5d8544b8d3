"""What a configuration promises, held by the built engine: a queue outlives the renaming of its route over a restart, several
recipients each get what a stranger's client sent, a question is asked once, and what was refused can be looked at."""

import http.server
import json
import pathlib
import subprocess
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from daemon import MYELIN, OneDaemon, free_port
from mllp import Peer, Sender, code_of, message

STRANGER = HERE.parent / "strangers/peer.py"   # Debian's python3-hl7
PATIENCE_SECONDS = 30

CHANNEL = """channel: {channel}
version: "2.5.1"
source:
  mllp: {{ listen: "127.0.0.1:{listen}" }}
{was}routes:
"""
ROUTE = """  {route}:
    to:
      mllp: {{ connect: "127.0.0.1:{peer}" }}
    retry: {{ first: 100ms, longest: 200ms }}
"""


class Promises(OneDaemon):
    def setUp(self):
        super().setUp()
        self.listen = free_port()

    def peer(self, *script, **how):
        peer = Peer(script or ("AA",), **how)
        self.addCleanup(peer.close)
        return peer

    def send(self, *names, **how):
        with Sender(self.listen) as sender:
            for name in names:
                self.assertEqual(code_of(sender.ask(message(name, **how))), "AA")

    def queue(self):
        return [(row["channel"], row["route"], row["state"]) for row in self.daemon.ask_json("queue")["deliveries"]]


class Was(Promises):
    def old(self, port):
        self.daemon.write("channels/adt.yaml", CHANNEL.format(channel="adt", listen=self.listen, was="")
                          + ROUTE.format(route="lab", peer=port))

    def new(self, port, was):
        (self.daemon.conf / "channels/adt.yaml").unlink()
        channel_was, route_was = ("was: adt\n", "    was: lab\n") if was else ("", "")
        self.daemon.write("channels/admissions.yaml", CHANNEL.format(channel="admissions", listen=self.listen, was=channel_was)
                          + ROUTE.format(route="laboratory", peer=port) + route_was)

    def rename(self, end, was=True):
        """Three wait under the old names; the daemon ends, is started with the new ones, and gets a fourth."""
        port = free_port()
        self.old(port)
        self.daemon.start()
        self.send("ONE", "TWO", "THREE")
        self.assertEqual(self.queue(), [("adt", "lab", "queued")] * 3)
        end()
        self.new(port, was)
        peer = self.peer(port=port)
        self.daemon.start()
        self.send("FOUR")
        return peer

    def test_a_queue_goes_on_under_the_new_names_after_an_orderly_restart(self):
        peer = self.rename(lambda: self.assertEqual(self.daemon.stop(), 0))
        self.assertTrue(peer.wait_for_id("FOUR"))
        self.assertEqual(peer.ids(), ["ONE", "TWO", "THREE", "FOUR"])
        self.daemon.wait_until(lambda: not self.queue(), "something waits still")

    def test_a_queue_goes_on_under_the_new_names_after_kill_9(self):
        peer = self.rename(self.daemon.kill)
        self.assertTrue(peer.wait_for_id("FOUR"))
        self.assertEqual(sorted(set(peer.ids()), key=peer.ids().index), ["ONE", "TWO", "THREE", "FOUR"])

    def test_without_was_the_old_queue_stays_and_is_seen(self):
        peer = self.rename(lambda: self.daemon.stop(), was=False)
        self.assertTrue(peer.wait_for_id("FOUR"))
        self.assertEqual(peer.ids(), ["FOUR"])
        self.daemon.wait_until(lambda: self.queue() == [("adt", "lab", "queued")] * 3, "not only the old queue waits")

    def test_a_route_that_a_person_held_stays_held_under_its_new_name_until_it_is_released(self):
        port = free_port()
        self.old(port)
        self.daemon.start()
        held = self.daemon.ask("hold", "adt/lab", "--reason", "their upgrade")
        self.assertEqual(held.returncode, 0, held.stdout + held.stderr)
        self.send("ONE")
        self.daemon.kill()
        self.new(port, was=True)
        peer = self.peer(port=port)
        self.daemon.start()
        self.send("TWO")
        self.assertFalse(peer.wait_for(1, seconds=1))
        released = self.daemon.ask("release", "admissions/laboratory", "--reason", "it is done")
        self.assertEqual(released.returncode, 0, released.stdout + released.stderr)
        self.assertTrue(peer.wait_for(2))
        self.assertEqual(peer.ids(), ["ONE", "TWO"])


class Recipients(Promises):
    def test_each_gets_what_a_strangers_client_sent_and_one_that_is_away_gets_it_later(self):
        north, south = self.peer(), self.peer(port=free_port(), listening=False)
        self.daemon.write("connections.yaml", f"north: {{ kind: mllp, connect: '127.0.0.1:{north.port}' }}\n"
                                              f"south: {{ kind: mllp, connect: '127.0.0.1:{south.port}' }}\n")
        self.daemon.write("channels/adt.yaml", CHANNEL.format(channel="adt", listen=self.listen, was="")
                          + "  both:\n    to: [north, south]\n    retry: { first: 100ms, longest: 200ms }\n")
        self.daemon.start()
        for number in ("FIRST", "SECOND"):
            said = subprocess.run(["/usr/bin/python3", STRANGER, "hl7", "send", str(self.listen), number],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
            self.assertTrue(said.stdout.startswith(f"MSA|AA|{number}"), said.stdout + said.stderr)
        self.assertTrue(north.wait_for(2))
        self.assertEqual(north.ids(), ["FIRST", "SECOND"])
        self.daemon.wait_until(lambda: [row[1] for row in self.queue()] == ["both:south"] * 2, "not only the one that is away waits")
        self.daemon.kill()
        south.listen()
        self.daemon.start()
        self.assertTrue(south.wait_for_id("SECOND"))
        self.daemon.wait_until(lambda: not self.queue(), "something waits still")
        self.assertEqual(sorted(set(south.ids()), key=south.ids().index), ["FIRST", "SECOND"])
        self.assertEqual(set(north.ids()), {"FIRST", "SECOND"})


class Insurers(http.server.ThreadingHTTPServer):
    """Answers which insurer a patient has, and remembers who was asked about."""

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), Asked)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self):
        self.shutdown()
        self.server_close()


class Asked(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        patient = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["patient"]
        self.server.asked.append(patient)
        body = json.dumps({"insurer": f"OF-{patient}"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Call(Promises):
    def run_with(self, cache):
        """Two messages about one patient and one about another; (who was asked about, what the peer got in IN1-3)."""
        insurers, peer = Insurers(), self.peer()
        self.addCleanup(insurers.end)
        self.daemon.write("connections.yaml", f"""insurers:
  kind: http
  url: "http://127.0.0.1:{insurers.server_port}/coverage"
  allow: [127.0.0.1]
  content_type: application/json
""")
        self.daemon.write("channels/adt.yaml", CHANNEL.format(channel="adt", listen=self.listen, was="")
                          + ROUTE.format(route="lab", peer=peer.port) + f"""    steps:
      - call:
          to: insurers
          send: '{{"patient": "{{{{ PID-3.1 }}}}"}}'
          within: 5s
          {cache}
          take: {{ insurer: =insurer }}
          otherwise: park
      - set: {{ PV1-3: =insurer }}
""")
        self.daemon.start()
        with Sender(self.listen) as sender:
            for name, patient in (("ONE", b"90001"), ("TWO", b"90001"), ("THREE", b"90002")):
                self.assertEqual(code_of(sender.ask(message(name).replace(b"90001", patient))), "AA")
        self.assertTrue(peer.wait_for(3), self.daemon.said()[-2000:])
        return insurers.asked, [content.split(b"PV1|", 1)[1].split(b"\r")[0].split(b"|")[2] for _, content in peer.received]

    def test_with_a_cache_the_same_question_is_asked_once_and_another_is_another(self):
        asked, told = self.run_with("cache: 10m")
        self.assertEqual(asked, ["90001", "90002"])
        self.assertEqual(told, [b"OF-90001", b"OF-90001", b"OF-90002"])

    def test_without_a_cache_each_message_asks(self):
        asked, told = self.run_with("")
        self.assertEqual(asked, ["90001", "90001", "90002"])
        self.assertEqual(told, [b"OF-90001", b"OF-90001", b"OF-90002"])


class Refused(Promises):
    """Nobody has to ask the sender what it was."""

    def channel(self, peer, accept):
        self.daemon.write("channels/adt.yaml", CHANNEL.format(channel="adt", listen=self.listen, was=f"accept: {{ types: [{accept}] }}\n")
                          + ROUTE.format(route="lab", peer=peer.port))

    def said(self, *words, code=0):
        done = self.daemon.ask(*words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_what_was_refused_is_listed_shown_and_given_to_its_channel_again(self):
        peer = self.peer()
        self.channel(peer, "ADT^A01")
        self.daemon.start()
        with Sender(self.listen) as sender:
            answer = sender.ask(message("ONE", kind="ADT^A08"))
            self.assertEqual(code_of(answer), "AR")
            incident = answer.split("|")[9]   # MSH-10
            sender.write(b"MSH|without its start byte\r")
        self.assertIn(f"incident={incident}", self.daemon.said())
        rows = self.daemon.wait_until(lambda: len(rows := self.daemon.ask_json("incidents", "--channel", "adt")["incidents"]) == 2
                                      and rows, "two were refused")
        self.assertEqual([(row["fault"], row["control_id"]) for row in rows], [("M0104", None), ("M0201", "ONE")])
        self.assertRegex(rows[0]["detail"], "^2[67] bytes")
        self.assertEqual(rows[1]["id"], incident)

        listed = self.said("incidents")
        self.assertIn("M0201 type_not_accepted", listed)
        self.assertNotIn("90001", listed)
        self.assertEqual(self.said("incidents", "--ids").split(), [rows[0]["id"], incident])
        self.assertEqual(self.said("incidents", "--ids", "--control-id", "ONE").split(), [incident])
        self.assertIn(f"myelin incidents {incident}", self.said("messages", "--control-id", "ONE"))
        for verb in ("incidents", "trace"):
            shown = self.said(verb, incident)
            self.assertIn("ADT^A08", shown)
            self.assertIn(f"myelin replay {incident}", shown)
            self.assertNotIn("90001", shown)
        self.assertNotIn("verb=read", self.daemon.said())
        self.assertIn("90001", self.said("incidents", incident, "--bytes"))
        self.assertIn("verb=read", self.daemon.said())

        again = ("replay", incident, "--reason", "accept has it now")
        self.assertIn("M0201", self.said(*again, code=1))
        self.channel(peer, "ADT^A01, ADT^A08")
        self.said("reload")
        message_id = self.said(*again).split()[-1]
        self.assertTrue(peer.wait_for_id("ONE"))
        self.assertIn(f"refused as incident {incident}", self.said("trace", message_id))
        self.assertIn(f"since taken as message {message_id}", self.said("incidents", incident))
        self.assertIn(message_id, self.said(*again, code=5))
        self.assertIn("whole message", self.said("replay", rows[0]["id"], "--reason", "it may work", code=5))

        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(len(self.daemon.ask_json("incidents")["incidents"]), 2)


if __name__ == "__main__":
    unittest.main()
