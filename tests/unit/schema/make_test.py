#!/usr/bin/env python3
"""The files of schemas/hl7 are what make.py makes from the facts, and its grammars are written as they are read."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMAS = ROOT / "schemas" / "hl7"
FACTS = ROOT.parent / "shared" / "facts" / "hl7v2-facts.tsv"
MADE = ("segments.txt", "types.txt", "tables.txt", "structures.txt", "events.txt", "exceptions.txt")
sys.path.insert(0, str(SCHEMAS))
sys.dont_write_bytecode = True

import grammar  # noqa: E402


class Made(unittest.TestCase):
    def test_files_are_what_the_script_makes(self):
        if not FACTS.is_file():
            print("no facts beside the tree: nothing to compare")
            return
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-B", SCHEMAS / "make.py", FACTS, folder], check=True)
            for name in MADE:
                self.assertEqual((pathlib.Path(folder) / name).read_text(encoding="utf-8"),
                                 (SCHEMAS / name).read_text(encoding="utf-8"), f"{name}: run schemas/hl7/make.py")

    def test_lines_have_their_columns(self):
        for name, columns in (("segments.txt", 3), ("types.txt", 3), ("structures.txt", 3), ("events.txt", 2)):
            for number, line in enumerate((SCHEMAS / name).read_text(encoding="utf-8").splitlines(), 1):
                self.assertEqual(line.count("\t") + 1, columns, f"{name}:{number}")


class Grammar(unittest.TestCase):
    def test_text_comes_back_as_it_was(self):
        for text in ("MSH [{NTE}] {ORDER(ORC [{OBR,RXO}] [{OBX}])}", "MSH [(PID [PV1])] A,B"):
            self.assertEqual(grammar.text_of_message(grammar.parse(text)), text)

    def test_nameless_groups_take_the_names_of_an_older_version(self):
        new, old = grammar.parse("MSH {(ORC OBR [{(OBX [PRT])}])}"), grammar.parse("MSH {ORDER(ORC OBR [{RESULT(OBX)}])}")
        grammar.name_groups(new, old)
        self.assertEqual(grammar.text_of_message(new), "MSH {ORDER(ORC OBR [{RESULT(OBX [PRT])}])}")

    def test_nameless_choices_become_choices_again(self):
        new, old = grammar.parse("MSH [{(OBR RXO ODS)}]"), grammar.parse("MSH [D({OBR,RXO,ODS})]")
        grammar.restore_choices(new, old)
        self.assertEqual(grammar.text_of_message(new), "MSH [{OBR,RXO,ODS}]")


if __name__ == "__main__":
    unittest.main()
