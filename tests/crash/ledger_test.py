#!/usr/bin/env python3
"""The ledger must find what an engine could do wrong: each history here has one mistake, or none."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import junit
from ledger import UNSETTLED, History, judge


def history(arrivals, acked=None, sent=None, kills=1, waiting=()):
    numbers = {number for _, _, number, _ in arrivals}
    return History(kills, {0: max(numbers, default=0)} if sent is None else sent, {0: numbers} if acked is None else acked,
                   {"lab": arrivals}, set(waiting))


def keyed(arrivals, keys):
    """The same on a lane that has 8 in flight; a key is a letter, a merge has two."""
    one = history(arrivals)
    one.keyed = {"lab": (8, lambda sender, number: keys[number] if not keys[number].isdigit() else (keys[number],))}
    return one


def row(numbers, kills=0):
    return [(kills, 0, number, True) for number in numbers]


class Ledger(unittest.TestCase):
    def test_an_honest_engine_passes(self):
        verdict = judge(history(row([1, 2, 3]) + row([2, 3, 4], kills=1)))
        self.assertEqual(verdict.failures(), [])
        self.assertEqual((verdict.acked, verdict.delivered, verdict.duplicates, verdict.bound), (4, 4, 2, UNSETTLED))

    def test_an_acknowledged_message_that_never_arrives_is_lost(self):
        self.assertIn("LOST 1", judge(history(row([1, 3]), acked={0: {1, 2, 3}})).failures()[0])

    def test_what_the_engine_still_holds_is_not_lost(self):
        self.assertEqual(judge(history(row([1, 3]), acked={0: {1, 2, 3}}, waiting={("lab", 0, 2)})).failures(), [])

    def test_a_message_without_an_answer_may_be_missing(self):
        self.assertEqual(judge(history(row([1, 3]), acked={0: {1, 3}})).failures(), [])

    def test_a_loss_on_one_route_of_two_is_found(self):
        two = history(row([1, 2]))
        two.arrivals["archive"] = row([1])
        self.assertIn("LOST 1: [('archive', 0, 2)]", judge(two).failures()[0])

    def test_a_later_message_before_an_earlier_one_is_found(self):
        self.assertIn("ORDER 1", judge(history(row([1, 3, 2]))).failures()[0])

    def test_a_repeat_without_a_kill_is_found(self):
        self.assertIn("outside", judge(history(row([1, 1]))).failures()[0])

    def test_a_repeat_of_what_lies_before_the_unsettled_tail_is_found(self):
        numbers = range(1, UNSETTLED + 2)
        self.assertEqual(judge(history(row(numbers) + row([2], kills=1))).failures(), [])
        self.assertIn("outside", judge(history(row(numbers) + row([1], kills=1))).failures()[0])

    def test_repeats_in_another_order_are_found(self):
        self.assertIn("outside", judge(history(row([1, 2]) + row([2, 1], kills=1))).failures()[0])

    def test_a_repeat_within_one_run_is_found(self):
        self.assertIn("outside", judge(history(row([1, 2]) + row([1, 1], kills=1))).failures()[0])

    def test_a_repeat_behind_a_new_message_is_found(self):
        self.assertIn("outside", judge(history(row([1, 2]) + row([3, 2], kills=1))).failures()[0])

    def test_the_same_tail_may_come_again_after_the_next_kill(self):
        arrivals = row([1, 2]) + row([1, 2], kills=1) + row([1, 2, 3], kills=2)
        self.assertEqual(judge(history(arrivals, kills=2)).failures(), [])

    def test_more_repeats_than_the_bound_are_found(self):
        self.assertIn("DUP 1 of at most 0", judge(history(row([1]) + row([1], kills=1), kills=0)).failures()[0])

    def test_on_a_keyed_lane_keys_pass_each_other(self):
        self.assertEqual(judge(keyed(row([1, 3, 2]), {1: "a", 2: "b", 3: "a"})).failures(), [])

    def test_a_later_message_of_a_key_before_an_earlier_one_is_found(self):
        self.assertIn("ORDER 1", judge(keyed(row([2, 3, 1]), {1: "a", 2: "b", 3: "a"})).failures()[0])

    def test_a_merge_before_a_message_of_either_key_is_found(self):
        self.assertEqual(judge(keyed(row([2, 1, 3]), {1: "a", 2: "b", 3: "ab"})).failures(), [])
        self.assertIn("ORDER 1", judge(keyed(row([1, 3, 2]), {1: "a", 2: "b", 3: "ab"})).failures()[0])

    def test_a_message_that_passes_a_merge_of_its_key_is_found(self):
        self.assertIn("ORDER 1", judge(keyed(row([2, 1]), {1: "ab", 2: "b"})).failures()[0])

    def test_of_each_key_the_unsettled_tail_may_come_again_in_its_order(self):
        keys = {number: "ab"[number % 2] for number in range(1, 2 * UNSETTLED + 3)}
        first = row(range(1, 2 * UNSETTLED + 3))
        self.assertEqual(judge(keyed(first + row([4, 3], kills=1), keys)).failures(), [])
        self.assertIn("outside", judge(keyed(first + row([5, 3], kills=1), keys)).failures()[0])
        self.assertIn("outside", judge(keyed(first + row([1], kills=1), keys)).failures()[0])

    def test_a_keyed_lane_may_repeat_what_was_in_flight_beside(self):
        numbers, keys = range(1, UNSETTLED + 9), {number: str(number) for number in range(1, UNSETTLED + 9)}
        self.assertEqual(judge(keyed(row(numbers[:-1]) + row(numbers[:-1], kills=1), keys)).failures(), [])
        self.assertIn("DUP 40 of at most 39", judge(keyed(row(numbers) + row(numbers, kills=1), keys)).failures()[0])

    def test_what_was_never_sent_is_a_phantom(self):
        self.assertIn("PHANTOM 1", judge(history(row([1, 2]), acked={0: {1}}, sent={0: 1})).failures()[0])

    def test_changed_bytes_are_a_phantom(self):
        self.assertIn("PHANTOM 1", judge(history([(0, 0, 1, False)], acked={0: set()})).failures()[0])


if __name__ == "__main__":
    junit.run_unittest("crash_ledger_can_fail")
