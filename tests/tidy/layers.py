"""Include edges: which room may see which, and in which folder a third-party header may stand (architecture.md)."""

import re

from tree import basename

PURE = {"engine/base", "engine/config", "engine/hl7", "engine/fhir", "engine/schema"}
NOUNS = PURE | {"engine/model"}

# room -> rooms that it may include besides itself. The longest prefix of a file's path is its room.
MAY_SEE = {
    "engine/base": set(),
    "engine/config": {"engine/base"},
    "engine/hl7": {"engine/base"},
    "engine/fhir": {"engine/base"},
    "engine/schema": {"engine/base", "engine/config", "engine/hl7"},
    "engine/model": PURE,
    "engine/net": {"engine/base", "engine/model"},
    "engine/store": {"engine/base", "engine/hl7", "engine/model"},
    "engine/runtime": {"engine/base", "engine/hl7", "engine/fhir", "engine/model", "engine/store"},
    "engine/admin": NOUNS | {"engine/net", "engine/store", "engine/runtime"},
    "adapters": NOUNS | {"engine/net"},
    "routes/expr": NOUNS,
    "routes/map": NOUNS | {"routes/expr"},
    "routes/reverse": NOUNS | {"routes/map"},
    "routes/dictionary": NOUNS,
    "routes/profile": NOUNS | {"routes/expr"},
    "routes/steps": NOUNS | {"routes/expr", "routes/map", "routes/profile", "routes/reverse"},
    "routes/compile": NOUNS | {"routes/expr", "routes/steps", "routes/map", "routes/profile", "routes/dictionary"},
    "routes/format": NOUNS | {"routes/expr", "routes/steps"},
}
SEES_ALL = ("engine/main", "tests")

# header -> where it may be included (folders end in /, a name's beginning does not); tests may include any.
THIRD_PARTY = [
    (r"boost/", ("engine/net/",)),
    (r"sqlite3", ("engine/store/sqlite/",)),
    (r"yaml-cpp/", ("engine/config/node.cpp",)),
    (r"re2/", ("routes/expr/",)),
    (r"spdlog/", ("engine/base/event.cpp",)),
    (r"CLI/", ("engine/main/",)),
    (r"simdjson", ("engine/fhir/",)),
    (r"openssl/", ("engine/net/tls", "engine/base/crypto")),
    (r"date/", ("engine/hl7/zone",)),
    (r"pugixml", ("engine/schema/xml",)),
    (r"iconv\.h", ("engine/hl7/charset",)),
    (r"zstd", ("engine/store/",)),
    (r"lua", ("routes/steps/script",)),
    (r"crypt\.h", ("engine/admin/auth",)),
    (r"fmt/", ("engine/", "adapters/", "routes/")),
]
SYSTEM = re.compile(r"(sys|netinet|arpa|net|linux|bits)/|[a-z]*intrin\.h$|"
                    r"(unistd|fcntl|signal|errno|poll|netdb|pwd|grp|dirent|termios|dlfcn|pthread|sched|time|cpuid|locale|malloc|"
                    r"string|stdio|stdlib|stdint|stddef|limits|float|math|ctype|glob|getopt|spawn|syslog|ifaddrs)\.h$")
MOST_FILES = {"boost/beast": 3, "boost/asio": 12}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]')


def includes(tree, name):
    for number, line in enumerate(tree.lines(name), 1):
        met = INCLUDE.match(line)
        if met:
            yield number, met.group(1) == '"', met.group(2)


def room_of(path):
    fitting = [room for room in MAY_SEE if path.startswith(room + "/")]
    return max(fitting, key=len, default="")


def include_edges(tree):
    """each room includes only what stands below it"""
    for name in tree.rooms():
        room = room_of(name)
        if name.startswith(SEES_ALL):
            continue
        for number, own, header in includes(tree, name):
            if not own:
                continue
            target = room_of(header)
            if header.startswith("engine/main/") or header.startswith("tests/"):
                yield f"{name}:{number}: {header} is seen by nobody but its own room"
            elif not room:
                if not (name.startswith("routes/") and header.startswith(("engine/model", "routes/"))):
                    yield f"{name}:{number}: this file stands in no room of the layer table"
            elif not target:
                yield f"{name}:{number}: write the whole path from the root of the tree, not \"{header}\""
            elif target != room and target not in MAY_SEE[room]:
                yield f"{name}:{number}: {room} may not see {target} ({header})"


def adapters_are_strangers(tree):
    """an adapter includes no other adapter, only adapters/options; the catalogue alone sees them all"""
    for name in tree.rooms():
        parts = name.split("/")
        if parts[0] != "adapters" or basename(name).startswith("catalog"):
            continue
        for number, own, header in includes(tree, name):
            other = header.split("/")
            shared = parts[1:2] + ["options"] if len(parts) > 2 else []
            if own and other[0] == "adapters" and len(other) > 2 and other[1] not in shared:
                yield f"{name}:{number}: adapters never see each other ({header})"


def third_party_headers(tree):
    """each third-party header in its one folder"""
    for name in tree.rooms():
        for number, own, header in includes(tree, name):
            if own:
                continue
            rule = next((places for pattern, places in THIRD_PARTY if re.match(pattern, header)), None)
            if rule is None:
                if ("/" in header or header.endswith((".h", ".hpp"))) and not SYSTEM.match(header):
                    yield f"{name}:{number}: <{header}> is in no row of the table of libraries (tests/tidy/layers.py)"
            elif not name.startswith(rule):
                yield f"{name}:{number}: <{header}> belongs in {' or '.join(rule)}"


def heavy_headers(tree):
    """few translation units see Asio and Beast, directly or through our own headers"""
    direct = {name: list(includes(tree, name)) for name in tree.code()}

    def reach(name, seen):
        if name in seen:
            return set()
        seen.add(name)
        found = set()
        for _, own, header in direct.get(name, ()):
            found |= reach(header, seen) if own else {heavy for heavy in MOST_FILES if header.startswith(heavy)}
        return found

    users = {heavy: [] for heavy in MOST_FILES}
    for name in tree.code():
        if name.endswith(".cpp"):
            for heavy in reach(name, set()):
                users[heavy].append(name)
    for heavy, names in users.items():
        if len(names) > MOST_FILES[heavy]:
            for name in names:
                yield f"{name}:1: one of {len(names)} files that see {heavy}; at most {MOST_FILES[heavy]} may"


RULES = [include_edges, adapters_are_strangers, third_party_headers, heavy_headers]
