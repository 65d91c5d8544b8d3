"""The ledger outside the engine: what was acknowledged, what arrived where, and what that proves.

Messages are (sender, number); each sender waits for its answer, so its numbers are the order of sending. A lane is one
route. LOST: acknowledged, and neither delivered nor waiting in the engine. ORDER: the first deliveries of one sender, on
one lane, rise. DUP: what arrives again is at most kills × lanes × 32 deliveries, only of the last 32 that the lane had
sent before that kill, and in the order of the first time. PHANTOM: what arrives was sent, byte for byte.
This file has no input or output: ledger_test.py shows that each of the four can be found.
"""

import dataclasses

UNSETTLED = 32


@dataclasses.dataclass
class History:
    """What was seen from outside. `arrivals[lane]` is in the order of arrival: (kills so far, sender, number, intact)."""

    kills: int
    sent: dict            # sender -> highest number that was ever written to a socket
    acked: dict           # sender -> set of numbers that were answered AA
    arrivals: dict        # lane -> [(kills so far, sender, number, intact)]
    waiting: set          # (lane, sender, number) that the engine shows as queued, held or parked
    foreign_acks: int = 0  # answers that named another message than the one sent


@dataclasses.dataclass
class Verdict:
    acked: int
    delivered: int
    lost: list
    out_of_order: list
    duplicates: int
    bound: int
    strange_duplicates: list
    phantoms: list

    def failures(self):
        found = []
        if self.lost:
            found.append(f"LOST {len(self.lost)}: {self.lost[:5]}")
        if self.out_of_order:
            found.append(f"ORDER {len(self.out_of_order)}: {self.out_of_order[:5]}")
        if self.duplicates > self.bound:
            found.append(f"DUP {self.duplicates} of at most {self.bound}")
        if self.strange_duplicates:
            found.append(f"DUP outside of the unsettled tail {len(self.strange_duplicates)}: {self.strange_duplicates[:5]}")
        if self.phantoms:
            found.append(f"PHANTOM {len(self.phantoms)}: {self.phantoms[:5]}")
        return found


def judge(history):
    lanes = list(history.arrivals)
    verdict = Verdict(sum(map(len, history.acked.values())), 0, [], [], 0, history.kills * len(lanes) * UNSETTLED, [], [])
    for lane in lanes:
        firsts = _read_lane(lane, history, verdict)
        for sender, numbers in history.acked.items():
            verdict.lost += [(lane, sender, number) for number in sorted(numbers)
                             if (sender, number) not in firsts and (lane, sender, number) not in history.waiting]
    return verdict


def _read_lane(lane, history, verdict):
    """Counts one lane into the verdict; returns the position at which each message arrived first."""
    firsts, highest = {}, {}
    epoch, tail_begin, behind = 0, 0, -1
    for kills, sender, number, intact in history.arrivals[lane]:
        if not intact or number > history.sent.get(sender, 0):
            verdict.phantoms.append((lane, sender, number))
            continue
        if kills != epoch:
            epoch, tail_begin, behind = kills, max(0, len(firsts) - UNSETTLED), -1
        position = firsts.get((sender, number))
        if position is None:
            if number < highest.get(sender, 0):
                verdict.out_of_order.append((lane, sender, number))
            highest[sender] = max(number, highest.get(sender, 0))
            behind = firsts[(sender, number)] = len(firsts)
            verdict.delivered += 1
            continue
        verdict.duplicates += 1
        if epoch == 0 or position < tail_begin or position <= behind:
            verdict.strange_duplicates.append((lane, sender, number, f"after kill {epoch}"))
        behind = max(behind, position)
    return firsts
