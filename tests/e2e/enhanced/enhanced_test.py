"""Enhanced mode (HL7 v2, chapter 2) between the built engine and peers written from the standard's text: MSH-15 and 16 with
each of AL, NE, ER and SU, at a source and at a destination; acceptance before the application's answer, which comes on the
same connection or on another.
"""

import contextlib
import itertools
import pathlib
import queue
import sqlite3
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from daemon import OneDaemon, free_ports
from mllp import FS_CR, VT, Listener, Sender, code_of, frame

WORDS = ("AL", "NE", "ER", "SU")
PATIENCE_SECONDS = 15

ASKED = """channel: asked
about: answers as MSH-15 and 16 ask
source:
  mllp: {{ listen: "127.0.0.1:{listen}", ack: msh }}
accept: {{ types: [ADT^A08] }}
routes:
  out:
    to:
      mllp: {{ connect: "127.0.0.1:{connect}", application_timeout: 1h }}
    retry: {{ first: 50ms, longest: 200ms }}
"""
WITHIN_SECONDS = 10
RELAYED = ASKED + """reply: {{ from: out, within: {within}s, then: deliver }}
"""


def message(control_id, accept="", application="", kind="ADT^A08"):
    return (f"MSH|^~\\&|PEER|THERE|MYELIN|HERE|20260101||{kind}|{control_id}|P|2.5.1|||{accept}|{application}\r"
            f"EVN||20260101\rPID|1||{control_id}^^^H^MR||TEST^PERSON\r").encode()


def acknowledgement(control_id, code, accept=""):
    own = f"P{time.monotonic_ns()}"[:20]
    return (f"MSH|^~\\&|MYELIN|HERE|PEER|THERE|20260101||ACK|{own}|P|2.5.1|||{accept}|NE\r"
            f"MSA|{code}|{control_id}\r").encode()


class Application(Listener):
    """Takes what the engine delivers; each message waits in `came` with the line on which it may be answered."""

    def __init__(self, port):
        self.came = queue.Queue()
        super().__init__(port)

    def serve(self, line):
        buffer = b""
        try:
            while got := line.recv(65536):
                buffer += got
                while FS_CR in buffer:
                    content, buffer = buffer.split(FS_CR, 1)
                    self.came.put((content.lstrip(VT).decode(), line))
        except OSError:
            pass

    def next(self):
        return self.came.get(timeout=PATIENCE_SECONDS)


class Enhanced(OneDaemon):
    def begin(self, channel):
        self.listen, target = free_ports(2)
        self.application = Application(target)
        self.addCleanup(self.application.close)
        self.daemon.write("channels/asked.yaml", channel.format(listen=self.listen, connect=target, within=WITHIN_SECONDS))
        self.daemon.start()

    def state_of(self, wanted):
        """Whether a delivery comes into this state, as `myelin queue` tells it; "" for none that waits."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            said = self.daemon.ask("queue", "--json").stdout
            if (wanted in said) if wanted else ("awaiting" not in said and "queued" not in said and "parked" not in said):
                return True
            time.sleep(0.05)
        return False

    def test_a_source_says_of_each_message_what_msh_15_and_16_ask(self):
        self.begin(ASKED)
        threading.Thread(target=self.take_all, daemon=True).start()
        with Sender(self.listen) as sender:
            for number, (accept, application, good) in enumerate(itertools.product(WORDS, WORDS, (True, False))):
                control_id = f"M{number}"
                wanted = []
                if accept == "AL" or accept == ("SU" if good else "ER"):
                    wanted.append("CA" if good else "CR")
                if application == "AL" or application == ("SU" if good else "ER"):
                    wanted.append("AA" if good else "AR")
                sender.write(frame(message(control_id, accept, application, "ADT^A08" if good else "ADT^A01")))
                sender.write(frame(message(control_id + "X")))   # original mode: its AA tells that nothing more comes
                told = []
                while (answer := sender.answer()) and f"|{control_id}X" not in answer:
                    told.append(code_of(answer))
                self.assertEqual(told, wanted, (accept, application, good))

    def take_all(self):
        while True:
            content, line = self.application.came.get()
            line.sendall(frame(acknowledgement(content.split("|")[9], "AA")))

    def test_acceptance_does_not_wait_for_the_application(self):
        self.begin(RELAYED)
        with Sender(self.listen) as sender:
            began = time.monotonic()
            sender.write(frame(message("E1", "AL", "AL")))
            self.assertEqual(code_of(sender.answer()), "CA")
            self.assertLess(time.monotonic() - began, WITHIN_SECONDS - 1, "it waited for the application")
            _, line = self.application.next()   # it has not answered yet
            line.sendall(frame(acknowledgement("E1", "AE")))
            self.assertEqual(code_of(sender.answer()), "AE")

    def killed_with_a_question_open(self, then, told):
        self.begin(RELAYED.replace("then: deliver", f"then: {then}"))
        with Sender(self.listen) as sender:
            sender.write(frame(message("K1", "AL", "AL")))
            self.application.next()                                 # it has the message, and says nothing
            self.assertEqual(self.told(sender, len(told)), told)
            self.daemon.kill()
        self.daemon.start()

    def test_what_was_accepted_goes_on_after_a_kill(self):
        self.killed_with_a_question_open("deliver", ["CA"])
        _, line = self.application.next()
        line.sendall(frame(acknowledgement("K1", "AA")))
        self.assertTrue(self.state_of(""))

    def test_what_may_be_discarded_is_not_accepted_before_its_answer_also_after_a_kill(self):
        self.killed_with_a_question_open("discard", [])
        with Sender(self.listen) as sender:                         # nobody has told it anything: it asks again
            sender.write(frame(message("K1", "AL", "AL")))
            _, line = self.application.next()
            line.sendall(frame(acknowledgement("K1", "AA")))
            self.assertEqual(self.told(sender, 2), ["CA", "AA"])
        self.assertTrue(self.state_of(""))

    def test_of_what_was_discarded_nobody_hears_that_it_was_accepted(self):
        self.begin(RELAYED.replace("then: deliver", "then: discard").replace("within: {within}s", "within: 1s"))
        with Sender(self.listen) as sender:
            for application, told in (("AL", ["CE", "AE"]), ("NE", ["CE"])):
                sender.write(frame(message(f"D{application}", "AL", application)))
                self.application.next()
                self.assertEqual(self.told(sender, len(told)), told, application)

    @staticmethod
    def told(sender, count):
        """The codes of so many answers, and of any that come right behind them."""
        codes = [code_of(sender.answer()) for _ in range(count)]
        sender.socket.settimeout(0.5)
        try:
            codes.append(code_of(sender.answer()))
        except TimeoutError:
            pass
        sender.socket.settimeout(PATIENCE_SECONDS)
        return codes

    def test_a_destination_is_content_with_ca_where_the_application_is_not_asked(self):
        self.begin(ASKED)
        for accept, application in itertools.product(WORDS, ("NE", "")):
            control_id = f"N{accept}{application}"
            with Sender(self.listen) as sender:
                sender.write(frame(message(control_id, accept, application)))
                _, line = self.application.next()
                line.sendall(frame(acknowledgement(control_id, "CA")))
        self.assertTrue(self.state_of(""))

    def test_an_application_answers_later_on_the_same_connection_or_on_another(self):
        self.begin(ASKED)
        for application, another in itertools.product(("AL", "SU", "ER"), (False, True)):
            control_id = f"L{application}{another:d}"
            with Sender(self.listen) as sender:
                sender.write(frame(message(control_id, "NE", application)))
                _, line = self.application.next()
                line.sendall(frame(acknowledgement(control_id, "CA")))
                self.assertTrue(self.state_of("awaiting_reply"), control_id)
                answer = acknowledgement(control_id, "AA", accept="AL")
                if another:
                    with Sender(self.listen) as other:
                        self.assertEqual(code_of(other.ask(answer)), "CA", "the answer is accepted as it asks")
                else:
                    line.sendall(frame(answer))
                    taken, _ = self.application.next()
                    self.assertEqual(code_of(taken), "CA", "the answer is accepted as it asks")
            self.assertTrue(self.state_of(""), control_id)

    def test_damaged_bytes_of_what_an_application_owes_stop_no_channel_at_a_start(self):
        self.begin(ASKED)
        with Sender(self.listen) as sender:
            sender.write(frame(message("B1", "NE", "AL")))
            _, line = self.application.next()
            line.sendall(frame(acknowledgement("B1", "CA")))
            self.assertTrue(self.state_of("awaiting_reply"))
        self.daemon.stop()
        with contextlib.closing(sqlite3.connect(self.daemon.store / "myelin.db")) as store:
            store.execute("UPDATE rendered SET bytes=CAST(replace(bytes, 'PERSON', 'NOBODY') AS BLOB)")
            store.commit()
            self.assertEqual(store.total_changes, 1)
        self.daemon.start()
        self.assertEqual(self.daemon.ask_json("status", "asked")["state"], "running")
        [row] = self.daemon.ask_json("queue", "--state", "parked")["deliveries"]
        self.assertEqual(row["fault"], "M0503")
        with Sender(self.listen) as sender:
            sender.write(frame(message("B2", "AL", "NE")))
            self.assertEqual(code_of(sender.answer()), "CA")
            self.application.next()

    def test_a_later_refusal_of_the_application_parks_the_delivery(self):
        self.begin(ASKED)
        with Sender(self.listen) as sender:
            sender.write(frame(message("R1", "AL", "AL")))
            _, line = self.application.next()
            line.sendall(frame(acknowledgement("R1", "CA")))
            line.sendall(frame(acknowledgement("R1", "AE")))
        self.assertTrue(self.state_of("parked"))


if __name__ == "__main__":
    unittest.main()
