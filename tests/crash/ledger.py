"""The ledger outside the engine: what was acknowledged, what arrived where, and what that proves.

Messages are (sender, number); each sender waits for its answer, so its numbers are the order of sending. A lane is one
route: fifo, or ordered by keys, with several messages in flight. LOST: acknowledged, and neither delivered nor waiting in
the engine. ORDER: the first deliveries of one sender rise, on a fifo lane all of them, on a keyed lane those of each key
(a merge has two, so it stands behind all that came before it of either, and before all that followed). DUP: what arrives
again is, for each kill and lane, at most 32 deliveries and what is in flight beside, only of the last 32 that the lane,
or each of the keys, had sent before that kill, and in the order of the first time. PHANTOM: what arrives was sent, byte
for byte.
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
    keyed: dict = dataclasses.field(default_factory=dict)  # lane -> (in flight at most, keys of (sender, number))


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

    def add(self, other):
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

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
    beside = sum(parallel - 1 for parallel, _ in history.keyed.values())
    bound = history.kills * (len(lanes) * UNSETTLED + beside)
    verdict = Verdict(sum(map(len, history.acked.values())), 0, [], [], 0, bound, [], [])
    for lane in lanes:
        arrived = _read_lane(lane, history, verdict)
        for sender, numbers in history.acked.items():
            verdict.lost += [(lane, sender, number) for number in sorted(numbers)
                             if (sender, number) not in arrived and (lane, sender, number) not in history.waiting]
    return verdict


@dataclasses.dataclass
class _Queue:
    """What must stay in order: a fifo lane, or one key."""

    firsts: dict = dataclasses.field(default_factory=dict)  # (sender, number) -> position of its first arrival
    tail_begin: int = 0                                     # what lies before it may not come again after this kill
    behind: int = -1                                        # the newest position that came since

    def begin_epoch(self):
        self.tail_begin, self.behind = max(0, len(self.firsts) - UNSETTLED), -1


def _read_lane(lane, history, verdict):
    """Counts one lane into the verdict; returns which messages arrived."""
    _, keys_of = history.keyed.get(lane, (1, None))
    arrived, queues, highest, epoch = set(), {}, {}, 0
    for kills, sender, number, intact in history.arrivals[lane]:
        if not intact or number > history.sent.get(sender, 0):
            verdict.phantoms.append((lane, sender, number))
            continue
        if kills != epoch:
            epoch = kills
            for queue in queues.values():
                queue.begin_epoch()
        keys = keys_of(sender, number) if keys_of else (None,)
        mine = [queues.setdefault((sender, key) if keys_of else None, _Queue()) for key in keys]
        if (sender, number) not in arrived:
            arrived.add((sender, number))
            verdict.delivered += 1
            if any(number < highest.get((sender, key), 0) for key in keys):
                verdict.out_of_order.append((lane, sender, number))
            for key in keys:
                highest[(sender, key)] = max(number, highest.get((sender, key), 0))
            for queue in mine:
                queue.behind = queue.firsts[(sender, number)] = len(queue.firsts)
            continue
        verdict.duplicates += 1
        positions = [queue.firsts[(sender, number)] for queue in mine]
        if epoch == 0 or any(at < queue.tail_begin or at <= queue.behind for at, queue in zip(positions, mine)):
            verdict.strange_duplicates.append((lane, sender, number, f"after kill {epoch}"))
        for at, queue in zip(positions, mine):
            queue.behind = max(queue.behind, at)
    return arrived
