#!/usr/bin/env python3
"""Makes the dictionary (segments, types, tables, structures, events, exceptions .txt) from the file of facts.

    make.py FACTS [FOLDER]     writes into FOLDER, by default the one this file stands in

Only facts come over: names, types, numbers, codes and their short texts, never sentences. What differs from the facts
is listed in exceptions.txt with the rule below or the correction (corrections.txt) that changed it.
"""

import pathlib
import re
import sys
from collections import defaultdict

import grammar
from chapters import chapter

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = "2.1 2.2 2.3 2.3.1 2.4 2.5 2.5.1 2.6 2.7 2.7.1 2.8 2.8.1 2.8.2".split()
LATE = ("2.7", "2.7.1", "2.8", "2.8.1", "2.8.2")
EARLY = ("2.1", "2.2", "2.3", "2.3.1")  # each event had a structure of its own
WITHDRAWN = "-"
ANY = "ANY"  # in a grammar: any segment
RENAMED = {"OMG_019": "OMG_O19", "OML_021": "OML_O21", "OML_033": "OML_O33", "OML_035": "OML_O35",
           "ORB_028": "ORB_O28"}
GROUP_SLIPS = {"Observation/Result_Group:(": "OBSERVATION_RESULT(", "PERSON/ANIMAL_": "PERSON_OR_ANIMAL_",
               "POPULATION/LOCATION_": "POPULATION_OR_LOCATION_", "LOCATIONL_": "LOCATION_",
               "GenericSegment": ANY, "ANYHL7SEGMENT": ANY}
# Groups that came with 2.8 and so have no older name; parent, first segments, name (2.8, 7.3.1 and 4.4).
NEW_GROUPS = [("ORDER_OBSERVATION", ("ORC",), "COMMON_ORDER"), ("COMMON_ORDER", ("OBX",), "ORDER_DOCUMENT")]
NAME_WORDS = {"Id": "ID", "Ids": "IDs", "Drg": "DRG", "Ssn": "SSN", "Icd": "ICD", "Si": "SI", "Mfn": "MFN",
              "Hmo": "HMO", "Cob": "COB", "Dt": "DT", "Dea": "DEA", "Vip": "VIP", "Ub": "UB", "Udi": "UDI"}


def versions_in(text):
    first, _, last = text.partition("-")
    return VERSIONS[VERSIONS.index(first):VERSIONS.index(last or first) + 1]


def read_cells(cells):
    """{version: what stands there} of 2.1-2.3:X 2.4:Y"""
    parted = (cell.split(":", 1) for cell in cells)
    return {version: WITHDRAWN if body.startswith("WD") else body
            for spans, body in parted for version in versions_in(spans)}


def spans_of(by_version):
    """[(2.1-2.3, X), (2.4, Y)]: neighbours that say the same are one."""
    spans = []
    for version in VERSIONS:
        if version not in by_version:
            continue
        body, at = by_version[version], VERSIONS.index(version)
        if spans and spans[-1][2] == body and spans[-1][1] == at - 1:
            spans[-1][1] = at
        else:
            spans.append([at, at, body])
    return [(VERSIONS[a] if a == b else f"{VERSIONS[a]}-{VERSIONS[b]}", body) for a, b, body in spans]


class Exceptions:
    def __init__(self):
        self.rows = []

    def note(self, kind, row, before, after, rule):
        """`before` and `after` by version; one line for each run of versions that changed, with its chapter."""
        changed = {v: f"{before.get(v, '')} > {after.get(v, '')}" for v in VERSIONS if before.get(v) != after.get(v)}
        for spans, change in spans_of(changed):
            why = rule if "(" in rule else f"{rule} (chapter {chapter(kind, row)})"
            self.rows.append("\t".join((kind, row, spans, change.strip(), why)))


def read_facts(path):
    rows = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, *rest = line.split("\t")
            rows[kind].append(rest)
    return rows


def read_corrections():
    found = defaultdict(list)
    for line in (HERE / "corrections.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, row, spans, body, why = line.split("\t")
            found[kind, row].append((versions_in(spans), body, why))
    return found


def withdrawn(cells):
    """Rule `withdrawn`: 2.8 gives a row up (WD, or a hole in the numbering); where 2.7 has but a bare ST or the old
    type without its length, 2.7 had given it up already (2.7, 2.8.4 and the chapters' W rows)."""
    given_up = [v for v in LATE if cells.get(v) == WITHDRAWN]
    hole = "2.7.1" in cells and "2.8" not in cells
    if not given_up and not hole:
        return cells
    result = dict(cells)
    for version in LATE[2:] if hole else ():
        result[version] = WITHDRAWN
    for version in LATE[:2]:
        body, before = result.get(version, WITHDRAWN), result.get("2.6", "")
        if body.split("#")[0].rstrip("*") == "ST" and not before.startswith("ST") or hole:
            result[version] = WITHDRAWN
    return result


def carried_over(cells):
    """Rule `carried`: of components, 2.8 to 2.8.2 came without table and usage; those of 2.7.1 hold where the type is
    the same."""
    result, old = dict(cells), cells.get("2.7.1", "")
    for version in ("2.8", "2.8.1", "2.8.2"):
        if cells.get(version) and re.match(r"\w+", old) and cells[version] == re.match(r"\w+", old).group(0):
            result[version] = re.sub(r"/\d+", "", old)
    return result


def corrected(kind, row, cells, corrections, exceptions):
    for versions, body, why in corrections.pop((kind, row), []):
        result = cells | dict.fromkeys(versions, body)
        exceptions.note(kind, row, cells, result, f"corrected: {why}")
        cells = result
    return dict(cells)


def tidy_name(name, owner):
    words = [NAME_WORDS.get(word, word) for word in name.split()]
    text = " ".join(words)
    text = re.sub(r"(\w) S (?=[A-Z])", r"\1's ", text)
    if len(words) > 1 and words[-1].upper() == owner:
        text = " ".join(words[:-1]) + " - " + owner
    return text


def living_in(rows):
    """{segment or type: versions} in which any of its parts stands."""
    living = defaultdict(set)
    for owner, _, _, cells in rows:
        living[owner] |= set(read_cells(cells.split(" ")))
    return living


def header(owner, title, living):
    return f"{owner}\t{title}\t" + ",".join(spans for spans, _ in spans_of(dict.fromkeys(living[owner], "")))


def make_segments(rows, corrections, exceptions):
    titles = dict(line.split("\t") for line in (HERE / "titles.txt").read_text(encoding="utf-8").splitlines()
                  if line and not line.startswith("#"))
    living, lines, current = living_in(rows), [], ""
    for segment, number, name, text in rows:
        if segment != current:
            lines.append(header(segment, titles.get(segment, ""), living))
            current = segment
        before = read_cells(text.split(" "))
        after, row = dict(before), f"{segment}-{number}"
        if "2.8" in living[segment]:
            after = withdrawn(before)
            exceptions.note("S", row, before, after, "withdrawn")
        final = corrected("S", row, after, corrections, exceptions)
        cells = " ".join(f"{spans}:{body}" for spans, body in spans_of(final))
        lines.append(f"{row}\t{tidy_name(name, segment)}\t{cells}")
    return lines


def make_types(rows, corrections, exceptions):
    living, lines, current = living_in(rows), [], ""
    for name, number, title, text in rows:
        if name != current:
            lines.append(header(name, "", living))
            current = name
        before, row = read_cells(text.split(" ")), f"{name}.{number}"
        after = withdrawn(before) if "2.8" in living[name] else dict(before)
        exceptions.note("C", row, before, after, "withdrawn")
        fixed = corrected("C", row, after, corrections, exceptions)
        final = carried_over(fixed)
        exceptions.note("C", row, fixed, final, "carried")
        cells = " ".join(f"{spans}:{body}" for spans, body in spans_of(final))
        lines.append(f"{row}\t{title.strip()}\t{cells}")
    return lines


def first_sentence(text):
    """Up to a full stop before a capital letter; one between parentheses ("i.e. ...") ends nothing."""
    for stop in re.finditer(r"(?<=[a-z]{4}|.{3}\))\. (?=[A-Z(])", text):
        if text.count("(", 0, stop.start()) == text.count(")", 0, stop.start()):
            return text[:stop.start()]
    return text


def make_tables(rows, corrections, exceptions):
    """One line per code. Rule `shortened`: behind a full stop a source's explanation begins, and stays there."""
    lines = []
    for number, title, text in rows:
        lines.append(f"{int(number):04}\t{title.strip()}")
        for entry in re.split(r";(?=[^;=]*=)", text):
            code, _, shown = entry.partition("=")
            full = re.sub(r"\s+", " ", shown.replace(";", "; ")).strip()
            full = re.sub(r"(?<=^Release \d\.) (?=\d)", "", full)  # "Release 2. 1"
            shown = first_sentence(re.split(r"; *Can only", full)[0].replace("?R)", ")"))
            if not code.strip():
                continue
            row = f"{int(number):04}.{code.strip()}"
            before, after = (dict.fromkeys(VERSIONS, text) for text in (full, shown))
            exceptions.note("T", row, before, after, "shortened")
            lines.append(f"{row}\t{corrected('T', row, after, corrections, exceptions)[VERSIONS[0]]}")
    return lines


def clean_grammar(text):
    for slip, instead in GROUP_SLIPS.items():
        text = text.replace(slip, instead)
    if re.match(r"[A-Z]{3}_\w{3} ", text):  # a structure's name stands where MSH belongs
        text = "MSH" + text[7:]
    return text if text.startswith("MSH") else "MSH " + text


def fill_choices(root, neighbours):
    """A choice whose options a source lost takes those of the group of the same name that has as many."""
    for _, group in grammar.groups(root):
        for choice in (child for child in group.children if child.kind == "choice"):
            if any(option.name for option in choice.children):
                continue
            for other in (g for tree in neighbours for _, g in grammar.groups(tree) if g.name == group.name):
                for found in (child for child in other.children if child.kind == "choice"):
                    if len(found.children) == len(choice.children) and found.children[0].name:
                        choice.children = found.children
            if not choice.children[0].name:  # the first with any length
                pool = [c for tree in neighbours for _, g in grammar.groups(tree) for c in g.children
                        if c.kind == "choice" and len(c.children) == len(choice.children) and c.children[0].name]
                choice.children = pool[0].children if pool else choice.children


def name_new_groups(root):
    for _, parent in [((), root), *grammar.groups(root)]:
        for child in parent.children:
            for owner, first, name in NEW_GROUPS:
                if child.kind == "group" and not child.name and parent.name == owner and \
                        tuple(child.segments()[:1]) == first:
                    child.name = name


def read_structures(rows, exceptions):
    texts = defaultdict(dict)
    for name, *cells in sorted(rows, key=lambda row: row[0] in RENAMED):
        for version, text in read_cells(cells).items():
            if version not in texts[RENAMED.get(name, name)]:
                texts[RENAMED.get(name, name)][version] = text
        if name in RENAMED:
            exceptions.note("M", name, read_cells(cells), {}, f"renamed {RENAMED[name]}")
    return texts


def make_structures(rows, exceptions):
    texts, lines = read_structures(rows, exceptions), []
    trees = {name: {v: grammar.parse(clean_grammar(t)) for v, t in by.items()} for name, by in texts.items()}
    complete = [tree for name, by in sorted(trees.items()) if name[:3] in ("CCI", "CCR") for tree in by.values()]
    for name, by_version in sorted(trees.items()):
        for version in (v for v in VERSIONS if v in by_version):
            tree = by_version[version]
            fill_choices(tree, complete)
            older = [v for v in reversed(VERSIONS[:VERSIONS.index(version)]) if v in by_version]
            for other in older:
                grammar.restore_choices(tree, by_version[other])
                grammar.name_groups(tree, by_version[other])
            name_new_groups(tree)
        after = {v: grammar.text_of_message(tree) for v, tree in by_version.items()}
        exceptions.note("M", name, {v: "".join(t.split()) for v, t in texts[name].items()},
                        {v: "".join(t.split()) for v, t in after.items()}, "grammar")
        lines += [f"{name}\t{spans}\t{text}" for spans, text in spans_of(after)]
    return lines, {name: set(by) for name, by in trees.items()}


def make_events(tables, structures):
    """CODE^EVENT and the structure each version gives it: its own if that exists, else the one of table 0354."""
    listed = defaultdict(list)
    for number, _, text in tables:
        for entry in text.split(";") if number == "354" else ():
            name, _, events = entry.partition("=")
            for event in re.findall(r"[A-Z0-9]{3}", events):
                listed[name[:3], event].append(name)
    keys = {(name[:3], name[4:]) for name in structures if len(name) == 7} | set(listed)
    lines = []
    for code, event in sorted(keys):
        own, by_version = f"{code}_{event}", {}
        for version in VERSIONS:
            names = (own, *listed[code, event]) if version in EARLY else (*listed[code, event], own)
            fitting = [name for name in names if version in structures.get(name, ())]
            if fitting:
                by_version[version] = fitting[0]
        cells = " ".join(f"{spans}:{name}" for spans, name in spans_of(by_version))
        if cells:
            lines.append(f"{code}^{event}\t{cells}")
    return lines


def write(folder, name, lines):
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(facts, folder):
    rows, corrections, exceptions = read_facts(pathlib.Path(facts)), read_corrections(), Exceptions()
    write(folder, "segments.txt", make_segments(rows["S"], corrections, exceptions))
    write(folder, "types.txt", make_types(rows["C"], corrections, exceptions))
    write(folder, "tables.txt", make_tables(rows["T"], corrections, exceptions))
    lines, structures = make_structures(rows["M"], exceptions)
    write(folder, "structures.txt", lines)
    write(folder, "events.txt", make_events(rows["T"], structures))
    write(folder, "exceptions.txt", exceptions.rows)
    if corrections:
        raise SystemExit(f"corrections without a row: {sorted(corrections)}")


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE)
