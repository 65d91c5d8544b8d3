"""Rows of the size of a message: 200 B to 1 MB, accepted and delivered, beside bare SQLite rows of the same size."""

import engines
import through
from figures import Figure

SWEEP = ((200, 20_000), (2_000, 12_000), (20_000, 3_000), (200_000, 400), (1_000_000, 80))
ROUTES = lambda peer: {"out": (peer, "order: { by: PID-3, parallel: 8 }")}


def sweep(small):
    """Five sizes, each into a fresh engine with 8 connections, one route by patient."""
    figures = []
    peaks = []
    rates, bare, cpu = ({size: [] for size, _ in SWEEP} for _ in range(3))
    for _ in range(engines.BLOCKS):
        for size, count in SWEEP:
            with engines.folder() as place:
                bare[size].append(engines.bare_commit(place, batch=8, size=size, seconds=0.4)["rows_per_second"])
            found = through.measured(ROUTES, count // (4 if small else 1), size=size, connections=8)
            rates[size].append(found["delivered"])
            cpu[size].append(found["cpu_us"])
            peaks.append(found["peak_mib"])
    for size, _ in SWEEP:
        figures.append(Figure(f"size.{size}", f"{size:,} B: accepted and delivered, 8 connections", "/s", rates[size], (), "bare SQLite, 8 rows a commit", bare[size], True))
        figures.append(Figure(f"size.{size}.cpu", "    CPU of the engine a message", "µs", cpu[size]))
    figures.append(Figure("size.memory", "peak of memory in the sweep", "MiB", [max(peaks)]))
    return figures
