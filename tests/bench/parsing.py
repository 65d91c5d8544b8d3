"""Rows without a daemon: parsing, what a channel costs, compiling a thousand of them."""

import shutil
import subprocess

import engines
from figures import Figure, at_least, at_most

def node_modules():
    """@medplum/core below build/, so that the tree stays as it was cloned."""
    place = engines.TREE / "npm"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(engines.HERE / name, place / name)
    if not (place / "node_modules/@medplum/core").exists():
        engines.run("npm", "ci", "--prefix", place, "--no-audit", "--no-fund", "--loglevel=error", timeout=120)
    return place


def parse(small):
    """Parse and index a 2 KB ORU on one core; the same bytes with @medplum/core."""
    ours, theirs = [], []
    try:
        place = node_modules()
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as problem:
        place = None
        print(f"  @medplum/core is not there: {problem}")
    for _ in range(engines.BLOCKS):
        out = engines.asked(engines.TREE / "benchmarks/bench_hl7", "--benchmark_filter=^parse_and_index$", "--benchmark_format=json",
                            "--benchmark_min_time=0.3")
        ours.append(out["benchmarks"][0]["bytes_per_second"] / 1e6)
        if place:
            theirs.append(engines.asked("node", engines.HERE / "medplum.mjs", place, engines.HERE / "oru.hl7", 1)["megabytes_per_second"])
    return [Figure("parse.oru", "parse and index, 2 KB ORU", "MB/s", ours, at_least(1000), "@medplum/core", theirs, True)]


def channel(small):
    """What `accept`, ten steps and two routes cost beyond parsing and writing, and what a thousand channels cost to compile."""
    beyond, bare, thousand = [], [], []
    for _ in range(engines.BLOCKS):
        out = engines.asked(engines.TREE / "benchmarks/bench_channel", "--benchmark_format=json", "--benchmark_min_time=0.1",
                            "--benchmark_filter=parse_and_write|ten_steps|compile_a_thousand_channels")
        times = {each["name"].split("/")[0]: each["cpu_time"] for each in out["benchmarks"]}
        bare.append(times["parse_and_write"] / 1000)
        beyond.append((times["ten_steps_and_two_routes"] - times["parse_and_write"]) / 1000)
        thousand.append(times["compile_a_thousand_channels"] / 1000)
    return [Figure("channel.steps", "ADT, accept, 10 steps, 2 routes: CPU beyond", "µs", beyond, at_most(10), "parse, write twice", bare),
            Figure("channel.compile", "compile and check 1,000 channels", "s", thousand, at_most(2))]
