"""What a peer that sends may do wrong, and what it is answered. After each, an ordinary message goes through."""

import time

from mllp import FS_CR, VT, Sender, code_of, frame, message
from site_under_test import Site

MIB = 1024 * 1024


class Input(Site):
    def setUp(self):
        super().setUp()
        self.archive = self.peer()
        self.engine(self.archive)

    def tearDown(self):
        self.assert_takes("AFTERWARDS", self.archive)
        self.assert_never_says_content()
        self.assertEqual(self.daemon.stop(), 0, "SIGTERM did not end in order")

    def test_a_truncated_frame_is_kept_as_an_incident_and_not_delivered(self):
        with Sender(self.port) as sender:
            sender.write(VT + message("CUT")[:60])
        self.assert_says("M0102")
        self.assertNotIn("CUT", self.archive.ids())

    def test_a_frame_without_its_end_is_an_incident_and_the_next_one_is_taken(self):
        with Sender(self.port) as sender:
            sender.write(VT + message("UNENDED") + frame(message("NEXT")))
            self.assertIn("MSA|AA|NEXT", sender.answer())
        self.assert_says("M0106")
        self.assertTrue(self.archive.wait_for_id("NEXT"))

    def test_a_frame_without_the_last_carriage_return_is_taken(self):
        with Sender(self.port) as sender:
            sender.write(VT + message("NO-CR") + FS_CR[:1])
            self.assertIn("MSA|AA|NO-CR", sender.answer())
            self.assertEqual(code_of(sender.ask(message("WITH-CR"))), "AA")
        self.assertTrue(self.archive.wait_for_id("WITH-CR"))
        self.assertEqual(self.archive.ids(), ["NO-CR", "WITH-CR"])

    def test_several_frames_in_one_write_are_answered_one_by_one_in_order(self):
        names = [f"PACKED-{number}" for number in range(40)]
        with Sender(self.port) as sender:
            sender.write(b"".join(frame(message(name)) for name in names))
            for name in names:
                self.assertIn(f"MSA|AA|{name}\r", sender.answer())
        self.assertTrue(self.archive.wait_for(len(names)))
        self.assertEqual(self.archive.ids(), names)

    def test_a_frame_that_comes_byte_by_byte_is_taken(self):
        with Sender(self.port) as sender:
            for byte in frame(message("DRIPPING")):
                sender.write(bytes([byte]))
            self.assertIn("MSA|AA|DRIPPING", sender.answer())

    def test_bytes_before_the_frame_are_an_incident_and_the_frame_is_taken(self):
        with Sender(self.port) as sender:
            sender.write(b"GET / HTTP/1.0\r\n\r\n" + frame(message("BEHIND-JUNK")))
            self.assertIn("MSA|AA|BEHIND-JUNK", sender.answer())
        self.assert_says("M0104")

    def test_a_frame_over_the_limit_is_answered_ar_and_the_connection_closed(self):
        with Sender(self.port) as sender:
            try:
                sender.write(VT + message("HUGE")[:-1])
                for _ in range(65):
                    sender.write(b"x" * MIB)
            except ConnectionError:
                pass
            answer = sender.answer()
            self.assertIn(code_of(answer), ("AR", None))
            self.assertTrue(sender.closed())
        self.assert_says("M0101")
        self.assertNotIn("HUGE", self.archive.ids())

    def test_bytes_without_msh_are_answered_ar(self):
        with Sender(self.port) as sender:
            self.assertEqual(code_of(sender.ask(b"PID|1||90001\r")), "AR")
        self.assert_says("M0110")

    def test_an_msh_shorter_than_its_delimiters_is_answered_ar(self):
        with Sender(self.port) as sender:
            self.assertEqual(code_of(sender.ask(b"MSH|^")), "AR")
        self.assert_says("M0111")

    def test_noise_in_a_frame_is_answered_ar(self):
        noise = bytes(byte for byte in range(256) if byte not in (0x0B, 0x1C)) * 4
        with Sender(self.port) as sender:
            self.assertEqual(code_of(sender.ask(noise)), "AR")
        self.assert_says("M0110")

    def test_an_empty_frame_is_answered_ar_and_counted(self):
        with Sender(self.port) as sender:
            sender.write(frame(b"") + frame(message("BEHIND-EMPTY")))
            answers = [sender.answer()]
            if "BEHIND-EMPTY" not in (answers[0] or ""):
                answers.append(sender.answer())
            self.assertIn("MSA|AA|BEHIND-EMPTY", answers[-1])

    def test_an_unknown_type_is_answered_ar_with_table_0357_and_not_delivered(self):
        with Sender(self.port) as sender:
            answer = sender.ask(message("OTHER", kind="ORU^R01"))
        self.assertIn("MSA|AR|OTHER", answer)
        self.assertIn("\rERR|", answer)
        self.assertIn("|200", answer)
        self.assert_says("M0201")
        self.assertNotIn("OTHER", self.archive.ids())

    def test_a_peer_that_never_reads_its_answers_harms_nobody_else(self):
        deaf = self.sender()
        deaf.socket.settimeout(0.2)
        written, content = 0, message("DEAF", note="x" * 4096)
        began = time.monotonic()
        try:
            while time.monotonic() - began < 3:
                deaf.write(frame(content))
                written += 1
        except TimeoutError:
            pass
        self.assertGreater(written, 0)
        self.assert_takes("NOT-DEAF", self.archive)
        deaf.socket.close()

    def test_a_peer_that_hangs_up_before_the_answer_is_answered_again_and_delivered_once(self):
        content = message("HUNG-UP")
        rude = self.sender()
        rude.write(frame(content))
        rude.reset()
        with Sender(self.port) as sender:
            self.assertIn("MSA|AA|HUNG-UP", sender.ask(content))
        self.assert_takes("BEHIND", self.archive)
        self.assertEqual(self.archive.ids(), ["HUNG-UP", "BEHIND"])
