#!/usr/bin/env python3
"""codes.txt from the guide's concept maps: schemas/maps/make.py FACTS/ig/codes.tsv. Takes the tables that the maps here
name with `via` and do not have as `codes` of their own: table, HL7 table, v2 code, FHIR code, its system."""
import pathlib
import re
import sys

here = pathlib.Path(__file__).parent
texts = "\n".join(path.read_text() for path in sorted(here.glob("*.txt")) if path.name != "codes.txt")
wanted = set(re.findall(r"\bvia (\S+)", texts)) - set(re.findall(r"^codes (\S+)", texts, re.M))
rows, seen = [], set()
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    if line.startswith("#"):
        continue
    cells = (line.split("\t") + [""] * 7)[:7]
    table, code, v2, condition, fhir, _, system = cells
    if table in wanted and code and fhir and not condition and (table, code) not in seen:
        seen.add((table, code))
        rows.append("\t".join([table, v2.removeprefix("HL7"), code, fhir, system]))
missing = wanted - {table for table, _ in seen}
if missing:
    sys.exit(f"no such concept map: {', '.join(sorted(missing))}")
head = "# Made by make.py of HL7's v2-to-FHIR guide 1.0.0 (CC0-1.0), HL7/v2-to-fhir@8c9b414.\n"
head += "# table, HL7 table, code, FHIR code, system of the FHIR code\n"
(here / "codes.txt").write_text(head + "\n".join(rows) + "\n")
