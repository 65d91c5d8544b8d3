"""What a destination may do wrong, and what follows: retried, parked, held; never lost, never out of order."""

from mllp import Sender, code_of, message
from site_under_test import Site


class Destination(Site):
    def send(self, *names):
        with Sender(self.port) as sender:
            for name in names:
                self.assertEqual(code_of(sender.ask(message(name))), "AA")

    def test_a_peer_that_is_down_gets_all_in_order_when_it_is_back(self):
        peer = self.peer()
        peer.close()
        self.engine(peer)
        self.send("ONE", "TWO", "THREE")
        self.assert_says("M0401")
        self.assert_waits("queued")
        peer.listen()
        self.assertTrue(peer.wait_for(3))
        self.assertEqual(peer.ids(), ["ONE", "TWO", "THREE"])

    def test_a_slow_peer_gets_each_message_once(self):
        peer = self.peer("slow", "AA")
        self.engine(peer, more="").wait_for("engine_ready")
        self.daemon.kill()
        self.rewrite("timeout: 1s", "timeout: 5s")
        self.send("ONE", "TWO")
        self.assertTrue(peer.wait_for_id("TWO"))
        self.assertEqual(peer.ids(), ["ONE", "TWO"])

    def rewrite(self, old, new):
        path = self.daemon.conf / "channels" / "adt.yaml"
        path.write_text(path.read_text().replace(old, new))
        self.daemon.start()

    def assert_repeated_then_settled(self, script, code):
        """ONE meets `script`, comes again with the same bytes, is settled, and TWO follows."""
        peer = self.peer(*script, "AA")
        self.engine(peer)
        self.send("ONE", "TWO")
        self.assertTrue(peer.wait_for_id("TWO"), self.daemon.said()[-2000:])
        self.assert_says(code)
        self.assertEqual(peer.ids(), ["ONE"] * (len(script) + 1) + ["TWO"])
        self.assertEqual(len({content for _, content in peer.received[:len(script) + 1]}), 1, "other bytes the second time")
        return peer

    def test_a_peer_that_resets_the_connection_gets_the_same_bytes_again(self):
        self.assert_repeated_then_settled(["reset"], "M0403")

    def test_a_peer_that_hangs_up_gets_the_same_bytes_again(self):
        self.assert_repeated_then_settled(["hang-up", "hang-up"], "M0403")

    def test_a_peer_that_does_not_answer_gets_the_same_bytes_again_on_a_new_connection(self):
        peer = self.assert_repeated_then_settled(["silence"], "M0402")
        self.assertEqual([connection for connection, _ in peer.received], [1, 2, 2])

    def test_an_answer_for_another_id_is_credited_to_nobody(self):
        self.assert_repeated_then_settled(["foreign"], "M0406")

    def test_an_answer_without_a_frame_is_no_answer(self):
        self.assert_repeated_then_settled(["unframed"], "M040")

    def test_garbage_for_an_answer_is_retried(self):
        self.assert_repeated_then_settled(["garbage"], "M0407")

    def test_garbage_three_times_holds_the_lane_until_a_person_releases_it(self):
        peer = self.peer("garbage", "garbage", "garbage", "AA")
        self.engine(peer)
        self.send("ONE", "TWO")
        self.assert_says("lane_held")
        self.assertEqual(peer.ids(), ["ONE"] * 3)
        released = self.daemon.ask("release", "adt/lab", "--reason", "the peer is well again")
        self.assertEqual(released.returncode, 0, released.stdout + released.stderr)
        self.assertTrue(peer.wait_for_id("TWO"))
        self.assertEqual(peer.ids(), ["ONE"] * 4 + ["TWO"])

    def test_ae_parks_the_message_and_the_lane_goes_on(self):
        peer = self.peer("AE", "AA")
        self.engine(peer)
        self.send("ONE", "TWO")
        self.assertTrue(peer.wait_for_id("TWO"))
        self.assertEqual(peer.ids(), ["ONE", "TWO"])
        self.assert_says("M0404")
        self.assert_waits("parked")

    def test_ar_is_retried_and_then_parked(self):
        peer = self.peer("AR", "AR", "AR", "AA")
        self.engine(peer, more="    on_reply:\n      - AR: { retry: 2, every: 100ms, then: park }\n")
        self.send("ONE", "TWO")
        self.assertTrue(peer.wait_for_id("TWO"))
        self.assertEqual(peer.ids(), ["ONE"] * 3 + ["TWO"])
        self.assert_says("M0405")
        self.assert_waits("parked")

    def test_three_messages_refused_in_a_row_hold_the_lane(self):
        peer = self.peer("AE")
        self.engine(peer)
        self.send("ONE", "TWO", "THREE", "FOUR")
        self.assert_says("M0409")
        self.assertEqual(peer.ids(), ["ONE", "TWO", "THREE"])

    def test_what_waits_for_a_peer_survives_kill_9(self):
        peer = self.peer()
        peer.close()
        self.engine(peer)
        self.send("ONE", "TWO", "THREE")
        self.daemon.kill()
        peer.listen()
        self.daemon.start()
        self.assertTrue(peer.wait_for(3))
        self.assertEqual(peer.ids(), ["ONE", "TWO", "THREE"])

    def test_a_message_in_flight_at_kill_9_is_sent_again_and_marked(self):
        peer = self.peer("silence", "AA")
        self.engine(peer)
        self.send("ONE")
        self.assertTrue(peer.wait_for(1))
        self.daemon.kill()
        self.daemon.start()
        self.assertTrue(peer.wait_for(2))
        self.assertEqual(peer.ids(), ["ONE", "ONE"])
        self.assertEqual(peer.received[0][1], peer.received[1][1])
        self.assert_says("restart_in_doubt")

    def test_what_may_have_gone_before_kill_9_goes_again_as_it_went_after_an_edit_and_a_stop(self):
        peer = self.peer("silence", "AA")
        self.engine(peer, more="    steps: [ { set: { PID-5.1: WRITTEN-BEFORE } } ]\n")
        self.send("ONE", "TWO", "THREE")
        self.assertTrue(peer.wait_for(1))
        self.daemon.kill()
        peer.close()
        self.rewrite("WRITTEN-BEFORE", "WRITTEN-AFTER")
        self.assertEqual(self.daemon.stop(), 0)
        peer.listen()
        self.daemon.start()
        self.send("FOUR")
        self.assertTrue(peer.wait_for_id("FOUR"), self.daemon.said()[-2000:])
        self.assertEqual(peer.ids(), ["ONE", "ONE", "TWO", "THREE", "FOUR"])
        self.assertEqual(peer.received[0][1], peer.received[1][1])
        self.assertEqual(["WRITTEN-AFTER" in str(content) for _, content in peer.received], [False] * 4 + [True])
        self.assertGreaterEqual(self.daemon.said().count("delivery_possible_duplicate"), 2)   # ONE was tried once more meanwhile
