#!/usr/bin/env python3
"""Each rule of tidy must be able to fail: a small bad tree for each, and a good one that all accept."""

import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import coroutines
import house
import junit
import layers
import source
from tree import Tree

LATER = "TO" "DO"
SKIP = "GTEST" "_SKIP"


class Rules(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def findings(self, rule, files, program=None):
        root = pathlib.Path(self.folder.name)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        if program:
            (root / "myelin").write_text("#!/bin/sh\n" + program)
            (root / "myelin").chmod(0o755)
        return list(rule(Tree(root, str(root / "myelin"))))

    def assert_found(self, rule, files, *wanted, program=None):
        met = "\n".join(self.findings(rule, files, program))
        for pattern in wanted:
            self.assertRegex(met, pattern)

    def assert_clean(self, rule, files, program=None):
        self.assertEqual(self.findings(rule, files, program), [])

    def test_a_room_that_includes_what_stands_above_it_is_found(self):
        self.assert_found(layers.include_edges, {"engine/model/a.h": '//\n#include "engine/store/store.h"\n'}, r"engine/model/a.h:2: engine/model may not see engine/store")

    def test_routes_that_include_the_store_are_found(self):
        self.assert_found(layers.include_edges, {"routes/steps/a.cpp": '#include "engine/store/store.h"\n'}, r"may not see engine/store")

    def test_an_include_that_is_not_from_the_root_is_found(self):
        self.assert_found(layers.include_edges, {"engine/hl7/a.cpp": '#include "tree.h"\n'}, "whole path")

    def test_what_stands_below_may_be_included(self):
        self.assert_clean(layers.include_edges, {"engine/runtime/a.cpp": '#include "engine/store/store.h"\n#include "engine/runtime/b.h"\n',
                                                 "engine/main/b.cpp": '#include "adapters/catalog.h"\n'})

    def test_adapters_that_see_each_other_are_found(self):
        self.assert_found(layers.adapters_are_strangers, {"adapters/http/a.cpp": '#include "adapters/mllp/frame.h"\n'}, "adapters/http/a.cpp:1")

    def test_a_library_outside_its_folder_is_found(self):
        self.assert_found(layers.third_party_headers, {"engine/hl7/a.cpp": "#include <boost/asio.hpp>\n#include <some/new.h>\n"},
                          r"a.cpp:1: .*engine/net", r"a.cpp:2: .*in no row")

    def test_a_library_in_its_folder_is_fine(self):
        self.assert_clean(layers.third_party_headers, {"engine/net/a.cpp": "#include <boost/asio.hpp>\n#include <sys/socket.h>\n#include <vector>\n"})

    def test_too_many_files_that_see_beast_through_a_header_are_found(self):
        files = {"engine/net/http.h": "#include <boost/beast.hpp>\n"}
        files |= {f"engine/net/{n}.cpp": '#include "engine/net/http.h"\n' for n in range(4)}
        self.assert_found(layers.heavy_headers, files, r"one of 4 files that see boost/beast")

    def test_a_long_file_is_found(self):
        self.assert_found(source.file_sizes, {"engine/a.cpp": "\n" * 601}, r"engine/a.cpp:600: 601 lines", "95th percentile")

    def test_a_long_function_is_found_inside_namespaces_and_classes(self):
        body = "  x();\n" * 71
        text = "namespace a {\nclass B {\n int small() { return 1; }\n int big(int c) const {\n" + body + " }\n};\n}\n"
        self.assert_found(source.function_lengths, {"engine/a.cpp": text}, r"engine/a.cpp:4: a function of 73 lines")

    def test_a_long_table_is_no_long_function(self):
        rows = "    {1, 2},\n" * 90
        self.assert_clean(source.function_lengths, {"engine/a.cpp": "const Spec& a() {\n  static const Spec k = {\n" + rows + "  };\n  return k;\n}\n"})

    def test_lengths_of_functions_are_counted_one_by_one(self):
        text = "int a() {\n return 1;\n}\nB::B(int c) : d{c}, e(2) {\n}\nTEST(Lane, sends) {\n\n\n}\n"
        self.assertEqual(list(source.functions(text)), [(1, 3), (4, 2), (6, 4)])

    def test_a_name_that_says_nothing_is_found(self):
        self.assert_found(source.names_that_say_something, {"engine/hl7/string_util.cpp": ""}, "string_util.cpp:1")

    def test_what_is_left_for_later_is_found(self):
        self.assert_found(source.nothing_left_for_later, {"engine/a.cpp": f"\n// {LATER}: later\n"}, "engine/a.cpp:2")

    def test_a_test_that_may_not_run_is_found(self):
        self.assert_found(source.every_test_runs, {"tests/unit/a_test.cpp": f"{SKIP}();\n"}, "a_test.cpp:1")

    def test_a_header_without_a_purpose_is_found(self):
        self.assert_found(source.headers_say_what_for, {"engine/a.h": "int x;\n"}, "what this is for", "pragma once")

    def test_an_empty_room_is_found(self):
        self.assert_found(source.no_placeholders, {"engine/hl7/placeholder.cpp": ""}, "placeholder.cpp:1")

    def test_a_source_that_no_list_names_is_found(self):
        self.assert_found(source.every_source_is_built, {"engine/a/b.cpp": "", "engine/a/CMakeLists.txt": "x SOURCES bb.cpp"}, "engine/a/b.cpp:1")
        self.assert_clean(source.every_source_is_built, {"engine/a/b.cpp": "", "engine/a/CMakeLists.txt": "x SOURCES b.cpp"})

    def test_something_new_at_the_top_is_found(self):
        self.assert_found(house.top_level, {"docs/a.md": "", "engine/a": ""}, "^docs:1")

    def test_a_lock_with_addresses_is_found(self):
        self.assert_found(house.locks_without_addresses, {"tests/package-lock.json": '{\n "resolved": "https://a"\n}\n'}, "package-lock.json:2")

    def test_a_fault_with_the_id_of_another_is_found(self):
        self.assert_found(house.faults_are_unique, {"engine/base/fault.cpp": '{a, "M0101", "a",\n{b, "M0101", "b",\n'}, "fault.cpp:2: M0101")

    def test_diagnostics_outside_the_table_and_rows_that_nothing_draws_are_found(self):
        self.assert_found(house.diagnostics_are_in_the_table, {house.CODES + "a.cpp": '{"C0001"}\n{"C0002"}\n', "routes/a.cpp": 'add("C0001"); add("C0009");\n'},
                          r"routes/a.cpp:1: C0009", r"codes/a.cpp:2: nothing draws C0002")

    def test_a_code_without_a_page_is_found(self):
        rows = {"engine/base/fault.cpp": '{a, "M0101", "a",\n'}
        self.assert_found(house.codes_are_explained, rows, "fault.cpp:1", program="echo $2 short\n")
        self.assert_clean(house.codes_are_explained, rows, program="echo $2 one two three four five six seven eight nine ten eleven twelve\n")

    def test_a_step_without_documentation_is_found(self):
        files = {"routes/steps/catalog.cpp": '{.name = "set",\n{.name = "delete",\n', "routes/README.md": "### `set`\n"}
        self.assert_found(house.catalogues_are_documented, files, r"catalog.cpp:2: delete does not stand")

    def test_an_example_that_does_not_compile_is_found(self):
        self.assert_found(house.examples_compile, {}, "`myelin check conf` exits 1", "adt.yaml:3", program="echo adt.yaml:3; exit 1\n")


class Awaiting(unittest.TestCase):
    """What is hazardous in an expression with co_await, and what only looks like it."""

    BAD = {
        "an aggregate": "co_await send(Frame{1, 2});",
        "an aggregate to the right": "auto x = co_await send(Frame{1, 2});",
        "a braced list": "auto x = co_await send({});",
        "a lambda with a capture": "co_await post([p = std::move(q)] { p(); });",
        "a conditional": "auto x = co_await send(a ? b : c);",
        "a conditional around it": "auto x = ok ? co_await a() : b();",
        "a braced object around it": "co_return Reply{co_await a()};",
        "a subscript": "auto x = co_await send(list[i]);",
        "in a condition": "if (auto x = co_await send(Frame{1}); !x) return;",
        "in the body of a lambda": "auto run = [&]() -> Task<void> { co_await send(Frame{1}); };",
        "in a lambda that is passed on": "spawn(loop, [&]() -> Task<void> { co_await send(Frame{1}); }());",
        "in a function with a default": "Task<int> f(int a = 3) { co_return co_await g(A{a}); }",
        "in a member function": "struct A { Task<int> f() const { co_return co_await g(A{}); } };",
        "inside a test": "TEST(A, b) { run(loop, [&]() -> Task<void> { auto x = co_await f(A{}); }()); }",
        "over lines": "auto x =\n    co_await send(\n        Frame{1});",
    }
    GOOD = {
        "a binding": "auto [ec, n] = co_await read(buffer);",
        "a name": "co_await send(std::move(frame));",
        "an element on the left": "list[i] = co_await next();",
        "a block behind a condition": "if (co_await ready()) { x = A{1}; }",
        "a loop": "while (auto m = co_await next()) { list[0] = 1; }",
        "a loop over a result": "for (auto& x : co_await all()) { use(A{x}); }",
        "a lambda without an await around it": "auto run = [&, a = 1]() -> Task<void> { co_await send(a); };",
        "the statement before": "auto frame = Frame{1, 2}; co_await send(frame);",
        "the statement behind": "co_await send(frame); auto other = a ? b : c;",
        "words in comments and strings": "co_await send(frame); // {[?\n log(\"co_await {?\");",
        "a case": "switch (x) { case 1: { co_await a(); break; } default: co_await b(); }",
        "a constructor with an initializer": "A::A(int b) : c_{b} { d(); } Task<void> A::run() { co_await e(); }",
        "an operator": "bool operator()(int a) { return x[a]; } Task<int> g() { co_return co_await h(); }",
    }

    def test_hazards_are_found(self):
        for what, text in self.BAD.items():
            with self.subTest(what):
                self.assertTrue(coroutines.hazards(text), text)

    def test_what_is_safe_is_left_alone(self):
        for what, text in self.GOOD.items():
            with self.subTest(what):
                self.assertEqual(coroutines.hazards("Task<void> f() {\n" + text + "\n}"), [], text)

    def test_the_line_is_the_line_of_the_sign(self):
        self.assertEqual(coroutines.hazards("\n\nauto x =\n co_await f(\n  A{});"), [(5, "{")])


class Everything(unittest.TestCase):
    def test_every_rule_is_named_in_this_file(self):
        text = pathlib.Path(__file__).read_text()
        for module in (layers, source, house):
            for rule in module.RULES + getattr(module, "RULES_OF_THE_PROGRAM", []):
                self.assertRegex(text, rf"{module.__name__}\.{re.escape(rule.__name__)}\b")


if __name__ == "__main__":
    junit.run_unittest("tidy_rules_can_fail")
