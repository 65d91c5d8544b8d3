"""What a row of make bench is: a figure in blocks, its aim, and the baseline that was measured between its blocks.

A row prints medians. Where its aim is a multiple of the baseline, or the ratio says something, the ratio is that of the
medians. `spread` is half of the distance between the quartiles, of the median: a difference below it is noise.
"""

import dataclasses
import json
import statistics

AT_LEAST, AT_MOST = "≥", "≤"


@dataclasses.dataclass
class Figure:
    key: str                 # stays the same from commit to commit
    title: str
    unit: str
    blocks: list             # numbers, one a block
    aim: tuple = ()          # (AT_LEAST or AT_MOST, number) or (…, number, "×"): of the baseline
    of: str = ""             # what the baseline is
    baseline: list = dataclasses.field(default_factory=list)
    more_is_better: bool = False
    note: str = ""

    def measured(self):
        return statistics.median(self.blocks)

    def base(self):
        return statistics.median(self.baseline) if self.baseline else None

    def ratio(self):
        base = self.base()
        return self.measured() / base if base else None

    def met(self):
        """True, False, or None where there is no aim or nothing to compare with."""
        if not self.aim:
            return None
        value = self.ratio() if len(self.aim) == 3 else self.measured()
        if value is None:
            return None
        return value >= self.aim[1] if self.aim[0] == AT_LEAST else value <= self.aim[1]

    def spread(self):
        return spread(self.blocks)

    def as_json(self):
        return {**dataclasses.asdict(self), "measured": self.measured(), "base": self.base(), "ratio": self.ratio(), "met": self.met()}


def spread(blocks):
    """Half of the interquartile range, as a share of the median."""
    middle = statistics.median(blocks)
    if len(blocks) < 3 or middle == 0:
        return 0.0
    low, _, high = statistics.quantiles(blocks, n=4)
    return abs((high - low) / 2 / middle)


def at_least(number, of_baseline=False):
    return (AT_LEAST, number, "×") if of_baseline else (AT_LEAST, number)


def at_most(number, of_baseline=False):
    return (AT_MOST, number, "×") if of_baseline else (AT_MOST, number)


def written(number):
    """Three digits that mean something."""
    if number is None:
        return ""
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def row(figure):
    aim = ""
    if figure.aim:
        times = len(figure.aim) == 3
        aim = f"{figure.aim[0]} {written(figure.aim[1]) if not times else format(figure.aim[1], 'g')}{' ×' if times else ''}"
    ratio = figure.ratio()
    met = {True: "met", False: "MISSED", None: ""}[figure.met()]
    return (figure.title, f"{written(figure.measured())} {figure.unit}", f"± {figure.spread():.0%}", aim, met, figure.of,
            f"{written(figure.base())} {figure.unit}" if figure.baseline else "", f"{ratio:.2f} ×" if ratio else "")


def table(rows, left=(0, 5)):
    widths = [max(len(each[column]) for each in rows) for column in range(len(rows[0]))]
    for each in rows:
        print("  " + "  ".join(cell.ljust(width) if column in left else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(each, widths))).rstrip(), flush=True)


HEAD = ("figure", "measured", "spread", "aim", "", "baseline", "of the baseline", "ratio")


def print_table(figures):
    table([HEAD, *(row(figure) for figure in figures)])


def save(path, facts, figures, unmeasured):
    path.write_text(json.dumps({**facts, "rows": [figure.as_json() for figure in figures], "not_measured": unmeasured}, indent=1) + "\n")


def load(path):
    whole = json.loads(path.read_text())
    names = {field.name for field in dataclasses.fields(Figure)}
    whole["rows"] = [Figure(**{name: tuple(value) if name == "aim" else value for name, value in each.items() if name in names})
                     for each in whole["rows"]]
    return whole
