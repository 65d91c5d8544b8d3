"""Rules over the text of single files: sizes, names, words, and what must stand at their head."""

import re

from tree import basename, line_of, percentile, without_words

LONGEST_FILE, USUAL_FILE = 600, 400
LONGEST_FUNCTION, USUAL_FUNCTION = 70, 40
MOST_STATEMENTS_OF_A_TABLE = 3
PROGRAMS = (".h", ".cpp", ".py", ".ts", ".tsx", ".mjs")
EMPTY_NAMES = re.compile(r"manager|helper|utils?(?![a-z])|common|misc", re.IGNORECASE)
# Written in halves, so that this file does not find itself.
LATER = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK")) + r")\b")
SKIPPED = re.compile("|".join(("GTEST" "_SKIP", "DISABLED" "_", r"\bit\." "skip", r"\btest\." "skip", "unittest" r"\.skip", r"skip" "Test")))


def programs(tree):
    return [name for name in tree.files if name.endswith(PROGRAMS) or name in ("tests/run", "tests/bench/run")]


def file_sizes(tree):
    """no file over 600 lines; nineteen of twenty within 400"""
    sizes = {name: len(tree.lines(name)) for name in programs(tree)}
    for name, size in sizes.items():
        if size > LONGEST_FILE:
            yield f"{name}:{LONGEST_FILE}: {size} lines; split it at {LONGEST_FILE}"
    usual = percentile(sizes.values(), 0.95)
    if usual > USUAL_FILE:
        yield f".:1: the 95th percentile of file sizes is {usual} lines; {USUAL_FILE} is the aim"


HEAD = re.compile(r"\)\s*(?:const|noexcept|override|final|mutable|&|&&|\s|->\s*[\w:<>,&*\s]+|:\s*[^;{}]*(?:\{[^{};]*\}[^;{}]*)*)*$")


MEMBER = re.compile(r"\)\s*:(?!:)[^;]*(?<!:)[,:]\s*\w+\s*$|\)\s*:\s*\w+\s*$")  # `A::A() : member{…}`


def functions(text):
    """(line, length) of each function body, roughly: a `{` behind `)` that no other function contains.

    A body of at most three statements is a table with a door; its length is the table's.
    """
    clean = re.sub(r"^[ \t]*#.*$", "", without_words(text), flags=re.MULTILINE)
    depth, began, inside, head = 0, 0, 0, 0
    for match in re.finditer(r"[{};]", clean):
        sign, at = match.group(0), match.start()
        if sign == "{":
            before = clean[head:at]
            if not inside and HEAD.search(before) and not MEMBER.search(before) and "=" not in before.split("(")[0]:
                inside, began = depth + 1, at
            depth += 1
            if not inside and not MEMBER.search(before):
                head = at + 1
        elif sign == "}":
            member = not inside and MEMBER.search(clean[head:clean.rfind("{", head, at)] if "{" in clean[head:at] else "")
            if inside == depth:
                if clean.count(";", began, at) > MOST_STATEMENTS_OF_A_TABLE or clean.count("\n", began, at) < USUAL_FUNCTION:
                    yield line_of(clean, began), clean.count("\n", began, at) + 1
                inside = 0
            depth -= 1
            if not inside and not member:
                head = at + 1
        elif not inside:
            head = at + 1


def function_lengths(tree):
    """no function over 70 lines; nineteen of twenty within 40"""
    lengths = []
    for name in tree.code():
        for number, length in functions(tree.text(name)):
            lengths.append(length)
            if length > LONGEST_FUNCTION:
                yield f"{name}:{number}: a function of {length} lines; split it at {LONGEST_FUNCTION}"
    usual = percentile(lengths, 0.95)
    if usual > USUAL_FUNCTION:
        yield f".:1: the 95th percentile of function lengths is {usual} lines; {USUAL_FUNCTION} is the aim"


def names_that_say_something(tree):
    """no file is called after a drawer: every name says what is inside"""
    for name in tree.files:
        if EMPTY_NAMES.search(basename(name)):
            yield f"{name}:1: the name says nothing; call it after what it holds"


def nothing_left_for_later(tree):
    """no marks that something is left for later"""
    for name in tree.files:
        if not name.endswith((".hl7", ".db", ".json", ".txt")) or name.endswith("CMakeLists.txt"):
            for number, line in enumerate(tree.lines(name), 1):
                if LATER.search(line):
                    yield f"{name}:{number}: {LATER.search(line).group(0)} is left for later"


def every_test_runs(tree):
    """no test is skipped or disabled"""
    for name in programs(tree):
        if name.startswith("tests/"):
            for number, line in enumerate(tree.lines(name), 1):
                if SKIPPED.search(line):
                    yield f"{name}:{number}: this test may not run"


def headers_say_what_for(tree):
    """each header begins by saying what it is for, and is included once"""
    for name in tree.rooms():
        if name.endswith(".h"):
            if not tree.text(name).startswith("//"):
                yield f"{name}:1: say in two to eight lines what this is for"
            if "\n#pragma once" not in tree.text(name):
                yield f"{name}:1: no #pragma once"


def no_placeholders(tree):
    """no room is kept open by an empty file"""
    for name in tree.files:
        if basename(name) == "placeholder.cpp":
            yield f"{name}:1: the room is still empty"


def every_source_is_built(tree):
    """each .cpp stands in the list of its room or test"""
    lists = {name: tree.text(name) for name in tree.files if basename(name) == "CMakeLists.txt"}
    for name in tree.code():
        if not name.endswith(".cpp"):
            continue
        above, listed = name, False
        while "/" in above and not listed:
            above, _, _ = above.rpartition("/")
            inside = name[len(above) + 1:]
            listed = re.search(rf"(?<![\w/.]){re.escape(inside)}(?![\w.])", lists.get(f"{above}/CMakeLists.txt", "")) is not None
        if not listed and not any(name in text for text in lists.values()):
            yield f"{name}:1: no CMakeLists.txt above it lists this file"


RULES = [file_sizes, function_lengths, names_that_say_something, nothing_left_for_later, every_test_runs,
         headers_say_what_for, no_placeholders, every_source_is_built]
