"""The one table of the fault harness: what was done to the engine, how often, and what it cost.

Whoever breaks something on purpose, a script or a test program (tests/fault_row.h), adds its row to the file that
$MYELIN_FAULTS names; tests/run shows all of a run in one table. A row is one JSON object on one line.
"""

import json
import os
import pathlib

HEADS = {"fault": "fault", "tries": "tries", "answered": "answered", "lost": "lost", "twice": "twice", "bound": "of at most",
         "disorder": "order breaks", "seed": "seed"}


def row(fault, tries, answered, lost, twice, bound, disorder, seed):
    """`bound` and `disorder` may be None: not judged by this one."""
    return dict(zip(HEADS, (fault, tries, answered, lost, twice, bound, disorder, seed)))


def add(*rows):
    if path := os.environ.get("MYELIN_FAULTS"):
        append(path, rows)


def append(path, rows):
    with open(path, "a", encoding="utf-8") as out:
        out.writelines(json.dumps(each) + "\n" for each in rows)


def summed(rows):
    """One row for each fault, of those that several runs of it made; its seed is the first of theirs."""
    of_each = {}
    for each in rows:
        total = of_each.setdefault(each["fault"], {})
        if not total:
            total.update(each)
            continue
        for key in ("tries", "answered", "lost", "twice", "bound", "disorder"):
            total[key] = None if None in (total[key], each[key]) else total[key] + each[key]
        total["seed"] = min(total["seed"], each["seed"])
    return list(of_each.values())


def read(path):
    path = pathlib.Path(path)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def cell(value):
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def table(rows):
    if not rows:
        return ""
    lines = [list(HEADS.values())] + [[cell(each.get(key)) if key != "seed" else str(each.get(key)) for key in HEADS] for each in rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADS))]
    return "\n".join("  " + line[0].ljust(widths[0]) + "".join(f"  {text.rjust(width)}" for text, width in zip(line[1:], widths[1:]))
                     for line in lines)
