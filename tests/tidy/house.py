"""Rules over the tree as a whole and over what the built program says: top level, locks, codes, catalogues, examples."""

import re
import subprocess

from tree import basename

TOP = {"CMakeLists.txt", "CMakePresets.json", "Makefile", "README.md", "LICENSE", "SECURITY.md", "CHANGELOG.md",
       "engine", "adapters", "routes", "schemas", "conf", "tests", "packaging"}
FAULT_ROW = re.compile(r'\{\s*(\w+),\s*"(M\d{4})",\s*"(\w+)"')
DIAGNOSTIC = re.compile(r'"([CWH]\d{4})"')
CODES = "engine/config/codes/"
LEAST_WORDS = 12


def top_level(tree):
    """the top of the tree holds what the customer fixed, nothing else"""
    for name in sorted({name.split("/")[0] for name in tree.files}):
        if name not in TOP and not name.startswith("."):
            yield f"{name}:1: the top level is fixed; put it into a room"


def locks_without_addresses(tree):
    """npm's lock files name no host: they are written with omit-lockfile-registry-resolved"""
    for name in tree.files:
        if basename(name) == "package-lock.json":
            for number, line in enumerate(tree.lines(name), 1):
                if '"resolved"' in line and "file:" not in line:
                    yield f"{name}:{number}: npm config set omit-lockfile-registry-resolved true, then write it anew"


def faults_are_unique(tree):
    """each fault has its own id and its own name"""
    met = {}
    for name in tree.files:
        if name == "engine/base/fault.cpp":
            for number, line in enumerate(tree.lines(name), 1):
                row = FAULT_ROW.search(line)
                for word in row.groups()[1:] if row else ():
                    if word in met:
                        yield f"{name}:{number}: {word} stands in line {met[word]} already"
                    met[word] = number


def diagnostics_are_in_the_table(tree):
    """each diagnostic code in the source has a row in engine/config/codes, and each row is drawn somewhere"""
    table = {code: f"{name}:{number}" for name in tables(tree) for number, line in enumerate(tree.lines(name), 1)
             for code in DIAGNOSTIC.findall(line)[:1]}
    if not table:
        return
    used = set()
    for name in tree.rooms():
        if name.startswith(CODES) or name == "engine/config/diagnostic.h":
            continue
        for number, line in enumerate(tree.lines(name), 1):
            for code in DIAGNOSTIC.findall(line.split("//")[0]):
                used.add(code)
                if code not in table:
                    yield f"{name}:{number}: {code} is not in {CODES}"
    for code, place in table.items():
        if code not in used:
            yield f"{place}: nothing draws {code}"


def tables(tree):
    """the files with the rows of diagnostics"""
    return [name for name in tree.files if name.startswith(CODES) and name.endswith(".cpp")]


def codes_are_explained(tree):
    """`myelin explain` prints a page for every fault and every diagnostic"""
    for name, pattern in (("engine/base/fault.cpp", FAULT_ROW), *((name, DIAGNOSTIC) for name in tables(tree))):
        if name not in tree.files:
            continue
        for number, line in enumerate(tree.lines(name), 1):
            met = pattern.search(line)
            if met:
                code = met.group(2 if pattern is FAULT_ROW else 1)
                done = run(tree, "explain", code)
                if done.returncode != 0 or len(done.stdout.split()) < LEAST_WORDS or code not in done.stdout:
                    yield f"{name}:{number}: `myelin explain {code}` says too little (exit {done.returncode})"


CATALOGUES = {"routes/steps/catalog.cpp": ("routes/README.md", re.compile(r'\.name = "([a-z_]+)"')),
              "adapters/catalog.cpp": ("adapters/README.md", re.compile(r"\b(\w+)::(?:kind|adapter)\(\)"))}


def catalogues_are_documented(tree):
    """each step and each adapter of the catalogues stands in its room's README"""
    for catalogue, (readme, pattern) in CATALOGUES.items():
        if catalogue not in tree.files:
            continue
        entries = [(number, entry) for number, line in enumerate(tree.lines(catalogue), 1) for entry in pattern.findall(line)]
        if not entries:
            yield f"{catalogue}:1: no entry found in the catalogue"
        pages = tree.text(readme) if readme in tree.files else ""
        for number, entry in entries:
            if not re.search(rf"`{re.escape(entry)}[:`]|^#+ .*\b{re.escape(entry)}\b", pages, re.MULTILINE):
                yield f"{catalogue}:{number}: {entry} does not stand in {readme}"


def examples_compile(tree):
    """every example in conf/ is checked and its tests pass"""
    for verb in ("check", "test"):
        done = run(tree, verb, "conf")
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip().splitlines()
            yield f"conf:1: `myelin {verb} conf` exits {done.returncode}" + "".join(f"\n    {line}" for line in said[-30:])


def run(tree, *words):
    return subprocess.run([tree.myelin, *words], cwd=tree.root, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60)


RULES = [top_level, locks_without_addresses, faults_are_unique, diagnostics_are_in_the_table, catalogues_are_documented]
RULES_OF_THE_PROGRAM = [codes_are_explained, examples_compile]
