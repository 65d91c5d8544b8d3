"""What is kept, as those meet it who work with it: searched by a patient's number, sent again, copied and put back; and the
canary: values that no log, status, fault or argument may ever show, sent through every way in which a message can fail."""

import json
import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from daemon import MYELIN, OneDaemon, free_port
from mllp import Peer, Sender, code_of

PATIENCE_SECONDS = 60   # an AR is tried again after 20

CHANNEL = """channel: adt
source: {{ mllp: {{ listen: "127.0.0.1:{source}" }} }}
accept:
  types: [ADT^A01, ADT^A08]
  validate:
    - require: [PID-3]
index:
  mrn: PID-3.1
routes:
  lab:
    when: PV1-2 != "X"
    to: {{ mllp: {{ connect: "127.0.0.1:{lab}" }} }}
    steps:
      - map: {{ field: PID-8, table: sex, unmapped: park }}
    alerts:
      - {{ oldest: 1s, severity: critical }}
"""

CANARIES = ["ZZCANARYNAME", "77001122334", "ZZCANARYSTREET", "ZZCANARYNOTE"]


def admission(number, mrn="77001122334", sex="F", ward="I", segments=""):
    return (f"MSH|^~\\&|PAS|W|LAB|W|20260101||ADT^A01|{number}|P|2.5.1\r"
            f"PID|1||{mrn}||ZZCANARYNAME^ANN||1970|{sex}|||ZZCANARYSTREET\rPV1|1|{ward}\r{segments}")


class KeptTest(OneDaemon):
    def setUp(self):
        super().setUp()
        self.source = free_port()
        self.lab = Peer(note="ZZCANARYNOTE")
        self.addCleanup(self.lab.close)
        self.daemon.write("channels/adt.yaml", CHANNEL.format(source=self.source, lab=self.lab.port))
        self.daemon.write("tables/sex.csv", "code,to\nF,2\nM,1\n")
        self.daemon.start()

    def ask(self, content):
        with Sender(self.source) as sender:
            return sender.ask(content)

    def send(self, message):
        return code_of(self.ask(message.encode()))

    def until(self, condition):
        return self.daemon.wait_until(condition, "it never came", PATIENCE_SECONDS)

    def found(self, *words, keys=None):
        done = subprocess.run([MYELIN, "messages", *words, *(["-"] if keys else []), "--json", "--socket", str(self.daemon.socket)],
                              input=keys or "", capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["messages"]

    def test_a_message_is_found_by_a_patients_number_that_stands_in_no_argument_and_in_no_log(self):
        self.assertEqual(self.send(admission("M1")), "AA")
        self.assertEqual(self.send(admission("M2", mrn="4712")), "AA")
        rows = self.until(lambda: self.found(keys="mrn=77001122334\n"))
        self.assertEqual([row["control_id"] for row in rows], ["M1"])
        self.assertEqual([row["control_id"] for row in self.until(lambda: self.found("--control-id", "M2"))], ["M2"])
        self.assertEqual(len(self.found("--type", "ADT^*", "--since", "1h")), 2)
        self.assertIn("verb=search", self.daemon.said())
        self.assertIn("reason=mrn", self.daemon.said())
        self.assertNotIn("77001122334", self.daemon.said())

    def test_a_number_that_was_typed_as_an_argument_is_not_seen_in_the_list_of_processes(self):
        silent = str(self.folder / "silent.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(silent)
            listener.listen()
            verb = subprocess.Popen([MYELIN, "messages", "mrn=77001122334", "--socket", silent], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            self.addCleanup(verb.wait)
            self.addCleanup(verb.kill)
            asked, _ = listener.accept()
            with asked:
                self.assertIn(b"77001122334", asked.recv(65536))
                words = pathlib.Path(f"/proc/{verb.pid}/cmdline").read_bytes().split(b"\0")
        self.assertEqual(words[1:5], [b"messages", b"mrn=***********", b"--socket", silent.encode()])

    def test_a_duplicate_is_kept_and_forwarded_when_a_person_says_so(self):
        self.send(admission("M1"))
        self.assertEqual(self.send(admission("M1")), "AA")
        self.until(lambda: len(self.lab.received) == 1)
        self.until(lambda: len(self.found("--control-id", "M1")) == 2)   # what is committed is indexed a moment later
        twice = self.found("--control-id", "M1")
        self.assertEqual([bool(row["deliveries"]) for row in twice], [False, True])
        self.assertEqual([row["duplicate_of"] for row in twice], [twice[1]["id"], None])
        self.assertIn("the same message as " + twice[1]["id"], self.daemon.ask("trace", twice[0]["id"]).stdout)
        done = self.daemon.ask("replay", twice[0]["id"], "--reason", "the ward asked")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.until(lambda: len(self.lab.received) == 2)

    def test_a_backup_is_taken_while_messages_come_and_restored_in_place_of_the_store(self):
        for number in range(20):
            self.assertEqual(self.send(admission(f"M{number}")), "AA")
        copy = self.folder / "copy"
        done = self.daemon.ask("backup", str(copy))
        self.assertEqual(done.returncode, 0, done.stderr)
        checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=copy, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.send(admission("LATER"))
        restore = [MYELIN, "restore", str(copy), "--store", str(self.daemon.store)]
        refused = subprocess.run(restore, capture_output=True, text=True)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("in use by process", refused.stderr)
        self.assertEqual(self.daemon.stop(), 0)
        restored = subprocess.run(restore, capture_output=True, text=True)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        self.daemon.start()
        self.until(lambda: len(self.found("--channel", "adt")) == 20)
        self.assertEqual(self.found("--control-id", "LATER"), [])

    def test_no_canary_reaches_a_log_a_status_a_fault_or_an_argument_on_any_way_a_message_can_fail(self):
        said = []

        def ask(*words, code=None):
            done = self.daemon.ask(*words)
            said.append(done.stdout + done.stderr)
            if code is not None:
                self.assertEqual(done.returncode, code, done.stderr)
            return done

        self.assertEqual(self.send(admission("OK")), "AA")
        self.assertEqual(self.send(admission("OK")), "AA")                                 # a duplicate
        self.assertEqual(self.send(admission("NOID", mrn="")), "AE")                       # refused by accept
        self.assertEqual(self.send(admission("PARKED", sex="ZZCANARYNOTE")), "AA")         # an unmapped code
        self.assertEqual(self.send(admission("FILTERED", ward="X")), "AA")                 # no route wants it
        self.assertEqual(self.send(admission("TYPE").replace("ADT^A01", "ZZCANARYNOTE")), "AR")
        self.ask(b"ZZCANARYNOTE no HL7")
        with socket.create_connection(("127.0.0.1", self.source)) as connection:           # not framed, then gone
            connection.sendall(b"ZZCANARYNOTE" * 100)
        self.lab.script = ["AE", "garbage", "hang-up", "AR", "AA"]                         # and AA for ever
        for number in range(3):
            self.send(admission(f"FAIL{number}"))
        self.until(lambda: "FAIL2" in self.lab.ids())
        self.until(lambda: self.daemon.ask_json("status")["alerts"])
        ask("status", code=0)
        ask("status", "adt", code=0)
        ask("queue", code=0)
        for row in self.found():
            ask("trace", row["id"], code=0)
        ask("trace", "ZZCANARYNOTE")
        ask("messages", "--state", "no-such-state")
        ask("replay", self.until(lambda: self.found("--control-id", "FILTERED"))[0]["id"], "--reason", "a look")
        for process in pathlib.Path("/proc").glob(f"{self.daemon.process.pid}/cmdline"):
            said.append(process.read_bytes().decode())
        self.daemon.ask("reload")
        self.assertEqual(self.daemon.stop(), 0)
        said.append(self.daemon.log.read_text())
        self.assertGreater(len(self.daemon.log.read_text().splitlines()), 10)
        for canary in CANARIES:
            for text in said:
                for line in text.splitlines():
                    self.assertNotIn(canary, line.replace("`ZZCANARYNOTE` is no id", ""))


if __name__ == "__main__":
    unittest.main()
