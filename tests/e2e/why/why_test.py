"""The engine says why: what a message waits for, that the disk is full, that a route is gone, that a channel is down. As a
person on call meets it, with nothing but the command."""

import pathlib
import re
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from daemon import OneDaemon, free_port, free_ports
from mllp import Peer, Sender, code_of, message

CHANNEL = """channel: adt
source: {{ mllp: {{ listen: "127.0.0.1:{source}" }} }}
routes:
  {route}:
    to: {{ mllp: {{ connect: "127.0.0.1:{lab}" }} }}
    order: {order}
    retry: {{ longest: 1s }}
"""
BY_PATIENT = '{ by: "PID-3" }'


class Why(OneDaemon):
    def setUp(self):
        super().setUp()
        self.source = free_port()
        self.lab = Peer()
        self.addCleanup(self.lab.close)

    def write(self, order="fifo", route="lab", lab=None):
        self.daemon.write("channels/adt.yaml",
                          CHANNEL.format(source=self.source, lab=lab or self.lab.port, order=order, route=route))

    def send(self, *ids):
        with Sender(self.source) as sender:
            for each in ids:
                self.assertEqual(code_of(sender.ask(message(each))), "AA")

    def message(self, control_id):
        (found,) = self.daemon.ask_json("messages", "--control-id", control_id)["messages"]
        return found["id"]

    def delivery(self, control_id):
        return self.daemon.ask_json("trace", self.message(control_id))["deliveries"][0]

    def waits(self, control_id, what):
        def told():
            waits = self.delivery(control_id)["waits"]
            return waits if waits and waits["for"] == what else None
        return self.daemon.wait_until(told, f"{control_id} does not wait for {what}")

    def trace(self, control_id):
        done = self.daemon.ask("trace", self.message(control_id))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, *words):
        """What a verb says that does not do it."""
        done = self.daemon.ask(*words)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def test_a_trace_tells_what_a_message_waits_for(self):
        self.lab.script = ["silence"]
        self.write()
        self.daemon.start()
        self.send("1", "2")
        self.lab.wait_for(1)
        self.waits("1", "sending")
        self.assertIn("queued: is being sent at this moment", self.trace("1"))
        behind = self.waits("2", "sending")["behind"]
        self.assertEqual(behind, self.delivery("1")["id"])
        self.assertIn(f"queued: behind {behind}, which is being sent at this moment", self.trace("2"))
        self.assertIn(f"behind {behind}, which is being sent", self.daemon.ask("queue").stdout)
        self.assertEqual(self.daemon.ask("hold", "adt/lab", "--reason", "the peer is serviced").returncode, 0)
        self.waits("2", "lane")
        said = self.trace("2")
        self.assertRegex(said, r"queued: waits, since route adt/lab is held by .*: the peer is serviced")
        self.assertIn("next: myelin release adt/lab --reason", said)

    def test_a_trace_names_the_held_message_of_the_same_patient(self):
        self.lab.script = ["AE"]
        self.write(order=BY_PATIENT)
        self.daemon.start()
        self.send("1", "2")
        behind = self.waits("2", "release")["behind"]
        self.assertEqual(behind, self.delivery("1")["id"])
        said = self.trace("2")
        self.assertIn(f"queued: behind {behind}, which is held (M0404", said)
        self.assertIn(f"next: myelin release {behind} --reason", said)
        held = self.trace("1")
        self.assertIn(f"next: myelin release {behind}", held)
        self.assertNotIn("The delivery is parked", held)

    def test_a_peer_that_is_down_is_named_and_who_had_it_tried_now_is_kept(self):
        down = free_port()
        self.write(lab=down)
        self.daemon.start()
        self.send("1")
        self.daemon.wait_until(lambda: re.search(r"queued: waits for its next attempt.* so far", self.trace("1")),
                               "it is not tried again")
        delivery = self.delivery("1")["id"]
        self.assertEqual(self.daemon.ask("retry", delivery, "--reason", "the cable is in").returncode, 0)
        self.assertRegex(self.trace("1"), r"tried now by .*: the cable is in")
        self.daemon.wait_until(lambda: re.search(r"queued: waits for .+, which does not answer", self.trace("1")),
                               "the peer is not said to be down")

    def test_a_full_disk_is_the_first_that_status_says(self):
        self.daemon.write("myelin.yaml", "store:\n  reserve: 1000000GiB\n")
        self.write()
        self.daemon.start()
        with Sender(self.source) as sender:
            self.assertNotEqual(code_of(sender.ask(message("1"))), "AA")
        status = self.daemon.ask("status").stdout
        first = re.search(r"^! .*$", status, re.MULTILINE).group()
        self.assertRegex(first, r"every new message is refused: the disk of the store has .* free, and .* must stay free")
        self.assertIn("every new message is refused", self.daemon.ask("top", "--once", "--every", "100ms").stdout)
        self.assertTrue(self.daemon.ask_json("status")["store"]["disk"]["refuses"])

    def test_what_waits_on_a_route_that_is_gone_is_said_and_not_sent_to_nowhere(self):
        self.write(lab=free_port())
        self.daemon.start()
        self.send("1", "2")
        self.write(route="laboratory")
        self.assertEqual(self.daemon.ask("reload").returncode, 0)
        status = self.daemon.ask("status").stdout
        self.assertIn("no route", status)
        self.assertIn("! adt/lab: 2 wait on a route that is gone", status)
        self.assertIn("say `was: lab`", status)
        self.assertIn("no route any more; 2", self.daemon.ask("doctor", "--conf", str(self.daemon.conf)).stdout)
        self.assertEqual(self.waits("1", "no_route")["behind"], None)
        self.assertIn("next: bring the route back", self.trace("1"))
        delivery = self.delivery("1")["id"]
        self.assertIn("channel adt has no route lab any more", self.refused("retry", delivery, "--reason", "x"))
        self.assertIn("channel adt has no route lab any more", self.refused("release", "adt/lab", "--reason", "x"))
        self.write()
        self.assertEqual(self.daemon.ask("reload").returncode, 0)
        self.assertTrue(self.lab.wait_for(2), "it is back, and they go")

    def test_a_reload_names_a_channel_that_is_down_and_tries_it_again(self):
        with socket.create_server(("127.0.0.1", self.source)):
            self.write()
            self.daemon.start()
            self.assertIn("engine_ready count=0", self.daemon.said())
            done = self.daemon.ask("reload")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stdout, r"failed +adt  M0601 .*; it is tried again every 10 s")
            self.assertIn("unchanged  adt", done.stdout)
            self.assertIn("it is tried again every 10 s", self.daemon.ask("status").stdout)
            self.assertIn("it is tried again every 10 s",
                          self.daemon.ask("doctor", "--conf", str(self.daemon.conf)).stdout)
        self.assertEqual(self.daemon.ask("reload").returncode, 0)
        self.send("1")
        self.assertTrue(self.lab.wait_for(1))

    def test_a_rollback_passes_over_what_failed_to_start(self):
        self.write()
        self.daemon.start()
        said = self.refused("rollback", "--reason", "x")
        self.assertIn("no other configuration than the one that runs", said)
        good, (taken,) = self.source, free_ports(1)
        with socket.create_server(("127.0.0.1", taken)):
            self.source = taken
            self.write()
            self.assertEqual(self.daemon.ask("reload").returncode, 1)
        self.source = good
        self.write(order="none")
        self.assertEqual(self.daemon.ask("reload").returncode, 0)
        self.assertRegex(self.daemon.ask("history").stdout, r" 2 .*failed: adt")
        self.assertEqual([one["failed"] for one in self.daemon.ask_json("history")["configurations"]], [[], ["adt"], []])
        self.assertEqual(self.daemon.ask("rollback", "--reason", "x").returncode, 0)
        self.assertEqual(self.daemon.ask_json("history")["configurations"][0]["of"], 1)

    def test_what_does_not_do_anything_does_not_say_that_it_did(self):
        self.lab.script = ["AA"]
        self.write()
        self.daemon.start()
        self.send("1")
        self.assertTrue(self.lab.wait_for(1))
        id = self.message("1")
        self.assertIn("nothing is held on adt/lab", self.refused("release", "adt/lab", "--reason", "x"))
        self.assertIn(f"has no delivery {id}.9", self.refused("trace", f"{id}.9"))
        self.assertIn("channel adt has no route nope; there is lab", self.refused("replay", id, "--route", "nope", "--reason", "x"))
        self.assertIn("there is no channel adtt; did you mean adt?", self.refused("messages", "--channel", "adtt"))
        self.assertIn("there is no channel adtt; did you mean adt?", self.refused("status", "adtt"))
        self.assertIn("channel adt has no route labb; did you mean lab?", self.refused("queue", "adt/labb"))
        self.assertIn("is no time", self.refused("messages", "--since", "2026-13-45"))
        self.assertIn("is no time", self.refused("messages", "--since", "2026-02-30"))
        self.assertEqual(self.daemon.ask("messages", "--channel", "adt", "--state", "parked").returncode, 0)
        self.daemon.ask("replay", id, "--reason", "once more")
        one = self.daemon.ask("trace", f"{id}.1").stdout
        self.assertIn(f"{id}.1", one)
        self.assertNotIn(f"{id}.0", one)
        self.assertIn("has one delivery more", one)


if __name__ == "__main__":
    unittest.main()
