// Options read by a Spec: values, defaults, secrets and fingerprints. Mistakes are in tests/golden/diagnostics/config.
#include "engine/config/spec.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace myelin::config {
namespace {

Spec retry_spec() {
  return {.name = "retry",
          .doc = "how often",
          .options = {{.name = "first", .type = Type::duration, .fallback = "1s", .doc = "", .example = ""}}};
}

const Spec& peer_spec() {
  static const Spec retry = retry_spec();
  static const Spec spec{
      .name = "peer",
      .doc = "for this test",
      .options = {{.name = "address", .type = Type::address, .fallback = "", .doc = "", .example = ""},
                  {.name = "timeout", .type = Type::duration, .fallback = "30s", .doc = "", .example = ""},
                  {.name = "connections",
                   .type = Type::integer,
                   .fallback = "64",
                   .doc = "",
                   .example = "",
                   .least = 1,
                   .most = 100},
                  {.name = "limit", .type = Type::size, .fallback = "64MiB", .doc = "", .example = ""},
                  {.name = "keep_alive", .type = Type::boolean, .fallback = "true", .doc = "", .example = ""},
                  {.name = "password", .type = Type::secret, .fallback = "", .doc = "", .example = ""},
                  {.name = "allow", .type = Type::names, .fallback = "", .doc = "", .example = ""},
                  {.name = "retry", .type = Type::map, .fallback = "", .doc = "", .example = "", .nested = &retry},
                  {.name = "rows", .type = Type::list, .fallback = "", .doc = "", .example = "", .nested = &retry},
                  {.name = "own", .type = Type::any, .fallback = "", .doc = "", .example = ""}}};
  return spec;
}

struct Read {
  Options options;
  Diagnostics diagnostics;
};

Read read(std::string text) {
  Read result;
  const Node node = load_yaml(std::make_shared<const SourceText>("case.yaml", std::move(text)), result.diagnostics);
  result.options = read_options(peer_spec(), node, result.diagnostics);
  return result;
}

TEST(Options, hold_what_was_typed) {
  const auto result = read(
      "address: '[::1]:2575'\ntimeout: 1m30s\nconnections: 7\nlimit: 2KiB\nkeep_alive: false\nallow: [a, b]\n"
      "retry: { first: 5ms }\nrows:\n  - { first: 1h }\n  - {}\nown: { x: y }\n");
  ASSERT_TRUE(result.diagnostics.ok());
  const Options& options = result.options;
  EXPECT_EQ(options.text("address"), "[::1]:2575");
  EXPECT_EQ(options.duration("timeout"), seconds(90));
  EXPECT_EQ(options.integer("connections"), 7);
  EXPECT_EQ(options.size("limit"), 2048);
  EXPECT_FALSE(options.boolean("keep_alive"));
  EXPECT_EQ(options.names("allow"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options.nested("retry")->duration("first"), milliseconds(5));
  ASSERT_EQ(options.items("rows").size(), 2U);
  EXPECT_EQ(options.items("rows")[0]->duration("first"), hours(1));
  EXPECT_EQ(options.items("rows")[1]->duration("first"), seconds(1));
  EXPECT_EQ(options.node("own").find("x")->text(), "y");
  EXPECT_EQ(options.place("timeout").line, 2);
  EXPECT_TRUE(options.given("timeout"));
}

TEST(Options, fall_back_to_their_defaults) {
  const auto result = read("{}\n");
  ASSERT_TRUE(result.diagnostics.ok());
  EXPECT_EQ(result.options.duration("timeout"), seconds(30));
  EXPECT_EQ(result.options.integer("connections"), 64);
  EXPECT_EQ(result.options.size("limit"), 64 << 20);
  EXPECT_TRUE(result.options.boolean("keep_alive"));
  EXPECT_FALSE(result.options.given("timeout"));
  EXPECT_EQ(result.options.text("address"), "");
  EXPECT_EQ(result.options.nested("retry"), nullptr);
  EXPECT_EQ(result.options.node("own").kind(), Node::Kind::missing);
}

TEST(Options, take_one_name_for_a_list_of_names) {
  EXPECT_EQ(read("allow: x\n").options.names("allow"), std::vector<std::string>{"x"});
}

TEST(Options, read_secrets_when_asked_and_not_before) {
  const auto result = read("password: { env: MYELIN_TEST_SECRET }\n");
  ASSERT_TRUE(result.diagnostics.ok());
  ::unsetenv("MYELIN_TEST_SECRET");
  const auto absent = result.options.secret("password");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, FaultCode::secret_missing);
  EXPECT_EQ(absent.error().place, "case.yaml:1:11");
  ::setenv("MYELIN_TEST_SECRET", "s3cret", 1);
  EXPECT_EQ(result.options.secret("password").value_or(""), "s3cret");
  EXPECT_EQ(result.options.fingerprint().find("s3cret"), std::string::npos);
  ::unsetenv("MYELIN_TEST_SECRET");
}

TEST(Options, read_secrets_from_files_and_credentials_without_the_line_end) {
  const std::string folder = ::testing::TempDir();
  const std::string name = "secret_" + std::to_string(::getpid());
  const std::string path = folder + name;
  std::ofstream(path) << "from-file\n";
  EXPECT_EQ(read("password: { file: " + path + " }\n").options.secret("password").value_or(""), "from-file");
  ::setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
  EXPECT_EQ(read("password: { credential: " + name + " }\n").options.secret("password").value_or(""), "from-file");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_FALSE(read("password: { credential: " + name + " }\n").options.secret("password"));
  std::ofstream(path) << "";
  EXPECT_FALSE(read("password: { file: " + path + " }\n").options.secret("password"));
  std::remove(path.c_str());
  EXPECT_FALSE(read("{}\n").options.secret("password"));
}

TEST(Options, do_not_repeat_a_literal_secret) {
  const auto result = read("password: hunter2\n");
  ASSERT_EQ(result.diagnostics.errors(), 1U);
  EXPECT_EQ(result.diagnostics.all()[0].code, "C0006");
  EXPECT_EQ(result.diagnostics.all()[0].message.find("hunter2"), std::string::npos);
  EXPECT_EQ(result.options.fingerprint(), read("password: other\n").options.fingerprint());
}

TEST(Options, have_a_fingerprint_that_changes_with_a_value_only) {
  const auto fingerprint = [](const char* text) { return read(text).options.fingerprint(); };
  EXPECT_EQ(fingerprint("timeout: 5s\nconnections: 3\n"), fingerprint("# moved\nconnections: 3\ntimeout: 5s\n"));
  EXPECT_NE(fingerprint("timeout: 5s\n"), fingerprint("timeout: 6s\n"));
  EXPECT_NE(fingerprint("retry: { first: 1s }\n"), fingerprint("retry: { first: 2s }\n"));
  EXPECT_NE(fingerprint("allow: [ab]\n"), fingerprint("allow: [a, b]\n"));
  EXPECT_NE(fingerprint("password: { env: A }\n"), fingerprint("password: { env: B }\n"));
}

TEST(Scalars, read_durations) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("30s"), seconds(30));
  EXPECT_EQ(parse_duration("1h30m"), minutes(90));
  EXPECT_EQ(parse_duration("7d"), hours(168));
  EXPECT_EQ(parse_duration("0"), Duration::zero());
  for (const auto* text : {"", "5", "s", "5x", "-5s", "5 s", "1.5s", "30m1h", "5s5s", "99999999999999d"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Scalars, read_sizes) {
  EXPECT_EQ(parse_size("512"), 512);
  EXPECT_EQ(parse_size("64KiB"), 65536);
  EXPECT_EQ(parse_size("1GiB"), 1 << 30);
  for (const auto* text : {"", "KiB", "5MB", "5 MiB", "-1", "99999999999999GiB"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Scalars, read_addresses) {
  EXPECT_EQ(parse_address("lab:2575")->host, "lab");
  EXPECT_EQ(parse_address("lab:2575")->port, 2575);
  EXPECT_EQ(parse_address(":2575")->host, "");
  EXPECT_EQ(parse_address("[::1]:0")->host, "::1");
  for (const auto* text : {"", "lab", "lab:", "lab:99999", "::1:2575", "a b:1", "[::1]", "lab:25x", "[]:1", "lab:-1"})
    EXPECT_FALSE(parse_address(text)) << text;
  for (const auto* text : {"lab:99999", ":65536", "[::1]:4294967297", "lab:99999999999999999999"}) {
    EXPECT_FALSE(parse_address(text)) << text;
    EXPECT_NE(port_mistake(text).find(" is out of range: 1 to 65535"), std::string::npos) << text;
  }
  for (const auto* text : {"", "lab", "lab:", "::1:2575", "a b:1", "lab:-1", "lab:25x"})
    EXPECT_EQ(port_mistake(text), "") << text;
}

}  // namespace
}  // namespace myelin::config
