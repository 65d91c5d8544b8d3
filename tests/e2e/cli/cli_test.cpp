// The built program as a person or a script meets it: what it prints, and with which code it ends.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Ended {
  int code;
  std::string out, err;
};

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Command : public testing::Test {
 protected:
  Command() {
    auto pattern = (std::filesystem::temp_directory_path() / "myelin-cli-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~Command() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
  }

  // `words` as a shell reads them; run in a directory of its own, so that no configuration lies about.
  Ended run(const std::string& words) const {
    const auto out = path("out.txt"), err = path("err.txt");
    const auto line = "cd " + directory_ + " && env -u MYELIN_CONF " MYELIN_PROGRAM " " + words + " >" + out + " 2>" +
                      err + " </dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, slurp(out), slurp(err)};
  }

  void replace(const std::string& name, const std::string& old_text, const std::string& new_text) {
    auto text = slurp(path(name));
    const auto at = text.find(old_text);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, old_text.size(), new_text);
    std::ofstream(path(name)) << text;
  }

  std::string directory_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The verbs that `myelin --help` lists: two blanks, a word, blanks, what it does.
std::vector<std::string> verbs(const std::string& help) {
  std::vector<std::string> found;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("  ") && line.size() > 3 && line[2] != ' ')
      found.push_back(line.substr(2, line.find(' ', 2) - 2));
  return found;
}

TEST_F(Command, explains_every_verb_with_an_example) {
  const auto all = verbs(run("--help").out);
  EXPECT_GE(all.size(), 10U);
  for (const auto& verb : all) {
    const auto ended = run(verb + " --help");
    EXPECT_EQ(ended.code, 0) << verb;
    EXPECT_TRUE(has(ended.out, "\n  myelin " + verb)) << verb << " has no example:\n" << ended.out;
  }
}

TEST_F(Command, ends_with_2_and_a_suggestion_for_what_it_does_not_know) {
  EXPECT_EQ(run("").code, 2);
  const auto verb = run("chekc");
  EXPECT_EQ(verb.code, 2);
  EXPECT_TRUE(has(verb.err, "did you mean check?")) << verb.err;
  const auto option = run("check --strcit");
  EXPECT_EQ(option.code, 2);
  EXPECT_TRUE(has(option.err, "did you mean --strict?")) << option.err;
}

TEST_F(Command, makes_a_first_configuration_that_passes_its_own_check_and_tests) {
  EXPECT_EQ(run("init site").code, 0);
  const auto checked = run("check site --strict");
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  EXPECT_TRUE(has(checked.out, "no mistakes")) << checked.out;
  const auto tested = run("test site");
  EXPECT_EQ(tested.code, 0) << tested.out << tested.err;
  EXPECT_TRUE(has(tested.out, "2 tests, 2 passed, 0 failed")) << tested.out;
  EXPECT_EQ(run("init site").code, 1) << "a directory that is not empty was written to";
}

TEST_F(Command, shows_mistakes_with_their_place_and_ends_with_1) {
  run("init site");
  replace("site/channels/hello.yaml", "    to: archive", "    to: archvie");
  const auto ended = run("check site");
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(has(ended.out, "site/channels/hello.yaml:")) << ended.out;
  EXPECT_TRUE(has(ended.out, "^^^^^^^")) << ended.out;
  EXPECT_TRUE(has(ended.out, "archive")) << ended.out;
  EXPECT_TRUE(has(ended.out, "1 error, 0 warnings. Nothing was changed; the running configuration stays."))
      << ended.out;
  const auto json = run("check site --json");
  EXPECT_EQ(json.code, 1);
  EXPECT_TRUE(has(json.out, "\"errors\":1")) << json.out;
}

TEST_F(Command, counts_myelin_yaml_among_the_files_and_finds_its_mistakes) {
  run("init site");
  replace("site/myelin.yaml", "level: info", "level: loud");
  const auto ended = run("check site");
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(has(ended.out, "site/myelin.yaml:")) << ended.out;
}

TEST_F(Command, ends_with_1_when_there_is_no_configuration) {
  const auto ended = run("check nowhere");
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(has(ended.err, "nowhere: there is no such file or directory")) << ended.err;
}

TEST_F(Command, says_of_a_file_that_is_not_there_or_no_channel_that_it_is_so_and_tests_nothing) {
  run("init site");
  const auto none = run("test adt.yaml");
  EXPECT_EQ(none.code, 1);
  EXPECT_TRUE(has(none.err, "adt.yaml: there is no such file or directory")) << none.err;
  write("site/channels/notes.txt", "nothing");
  const auto other = run("test site/channels/notes.txt");
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(has(other.err, "site/channels/notes.txt is no channel file of site")) << other.err;
  EXPECT_EQ(run("test site/channels/hello.yaml").code, 0);
}

// The word is a verb's name as well: what was typed is done, or refused.
TEST_F(Command, checks_the_directory_that_is_called_as_a_verb) {
  run("init conf");
  run("init test");
  replace("test/channels/hello.yaml", "source:", "sauce:");
  EXPECT_EQ(run("check").code, 0);
  const auto ended = run("check test");
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(has(ended.out, "test/channels/hello.yaml:")) << ended.out;
  EXPECT_EQ(run("graph test").code, 1);
  EXPECT_EQ(run("init version").code, 0);
  EXPECT_TRUE(std::filesystem::exists(path("version/channels/hello.yaml")));
  for (const auto* const words : {"check typo test", "check conf test", "version status", "explain C0001 version"}) {
    const auto refused = run(words);
    EXPECT_EQ(refused.code, 2) << words;
    EXPECT_TRUE(has(refused.err, "one argument too many")) << refused.err;
  }
}

TEST_F(Command, shows_what_a_failed_test_expected_and_got) {
  run("init site");
  replace("site/channels/hello.yaml", "PID-5.1: EXAMPLE", "PID-5.1: SAMPLE");
  const auto ended = run("test site --junit report.xml");
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(has(ended.out, "archive PID-5.1  expected \"SAMPLE\"")) << ended.out;
  EXPECT_TRUE(has(ended.out, "got      \"EXAMPLE\"")) << ended.out;
  EXPECT_TRUE(has(ended.out, "site/channels/hello.yaml:")) << ended.out;
  EXPECT_TRUE(has(ended.out, "2 tests, 1 passed, 1 failed")) << ended.out;
  EXPECT_TRUE(has(slurp(path("report.xml")), "failures=\"1\""));
  EXPECT_EQ(run("test site --filter refuses").code, 0);
  EXPECT_EQ(run("test site/channels/hello.yaml --filter refuses").code, 0);
  EXPECT_EQ(run("test site --filter nonsense").code, 1);
}

TEST_F(Command, tries_a_message_and_shows_each_change_with_its_line) {
  run("init site");
  const auto ended = run("try hello site/channels/samples/adt-a01.hl7 --conf site");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "MSA|AA|HELLO-1")) << ended.out;
  EXPECT_TRUE(has(ended.out, "PID[1]-5.1")) << ended.out;
  EXPECT_TRUE(has(ended.out, "Example -> EXAMPLE")) << ended.out;
  EXPECT_TRUE(has(ended.out, "site/channels/hello.yaml:")) << ended.out;
  EXPECT_FALSE(has(ended.out, "\x1b[")) << "colour where there is no terminal";
  const auto json = run("try hello site/channels/samples/adt-a01.hl7 --conf site --json");
  EXPECT_TRUE(has(json.out, "\"after\":\"EXAMPLE\"")) << json.out;
  const auto unknown = run("try helo site/channels/samples/adt-a01.hl7 --conf site");
  EXPECT_EQ(unknown.code, 1);
  EXPECT_TRUE(has(unknown.err, "did you mean hello?")) << unknown.err;
}

TEST_F(Command, reads_messages_by_path) {
  write("one.hl7", "MSH|^~\\&|A||||20260101||ADT^A01|1|P|2.5.1\rPID|1||7^^^W^MR~8^^^W^PI\r");
  EXPECT_EQ(run("get \"PID-3[5=PI].1\" one.hl7").out, "8\n");
  EXPECT_EQ(run("get \"PID-3[*].1\" one.hl7").out, "7\n8\n");
  EXPECT_EQ(run("get PID-8 one.hl7").code, 1);
  EXPECT_EQ(run("get PID-0 one.hl7").code, 2);
  EXPECT_TRUE(has(run("parse one.hl7").out, "PID-3[2].5"));
  EXPECT_TRUE(has(run("parse one.hl7 --json").out, "\"PID-3[2].5\":\"PI\""));
  EXPECT_EQ(run("parse missing.hl7").code, 1);
}

TEST_F(Command, explains_faults_mistakes_steps_and_states) {
  EXPECT_TRUE(has(run("explain M0203").out, "required_missing"));
  EXPECT_TRUE(has(run("explain unmapped").out, "M0301"));
  EXPECT_TRUE(has(run("explain c0001").out, "C0001"));
  EXPECT_TRUE(has(run("explain map").out, "step map"));
  EXPECT_TRUE(has(run("explain states").out, "parked"));
  EXPECT_TRUE(has(run("explain myelin.yaml").out, "store.path"));
  EXPECT_TRUE(has(run("explain tls").out, "key"));
  for (const auto* option : {"open", "alerts", "priority", "source", "after", "delay", "zone", "index", "expect",
                             "replies", "given", "with", "on_fault", "was", "duplicates"})
    EXPECT_EQ(run("explain " + std::string(option)).code, 0) << option;
  EXPECT_TRUE(has(run("explain open").out, "in route"));
  EXPECT_TRUE(has(run("explain split").out, "in route"));
  EXPECT_TRUE(has(run("explain split").out, "split(text"));
  EXPECT_TRUE(has(run("explain channel").out, "source: { channel: {} }"));
  const auto unknown = run("explain unmaped");
  EXPECT_EQ(unknown.code, 1);
  EXPECT_TRUE(has(unknown.err, "did you mean unmapped?")) << unknown.err;
}

TEST_F(Command, ends_with_4_when_nobody_listens) {
  write("one.hl7", "MSH|^~\\&|A||||20260101||ADT^A01|1|P|2.5.1\r");
  EXPECT_EQ(run("send one.hl7 --to 127.0.0.1:1").code, 4);
  EXPECT_EQ(run("send one.hl7 --to nonsense").code, 2);
}

// A sink of the same program, on a port of its own choice, until `count` messages came.
class Sink {
 public:
  Sink(const std::string& arguments)
      : pipe_(popen((MYELIN_PROGRAM " sink --listen 127.0.0.1:0 " + arguments + " 2>/dev/null").c_str(), "r")) {
    std::array<char, 100> line{};
    if (std::fgets(line.data(), line.size(), pipe_)) address_ = line.data();
    if (address_.ends_with('\n')) address_.pop_back();
  }
  ~Sink() { pclose(pipe_); }
  const std::string& address() const { return address_; }

 private:
  FILE* pipe_;
  std::string address_;
};

TEST_F(Command, sends_to_a_sink_and_shows_its_answer) {
  write("one.hl7", "MSH|^~\\&|A||||20260101||ADT^A01|77|P|2.5.1\nPID|1||4711\n");
  const Sink sink("--count 3 --behave ok,ae,ok --fields PID-3.1 --journal " + path("sink.tsv"));
  const auto accepted = run("send one.hl7 --to " + sink.address());
  EXPECT_EQ(accepted.code, 0) << accepted.err;
  EXPECT_TRUE(has(accepted.out, "MSA|AA|77")) << accepted.out;
  const auto refused = run("send one.hl7 --to " + sink.address());
  EXPECT_EQ(refused.code, 5);
  EXPECT_TRUE(has(refused.out, "MSA|AE|77")) << refused.out;
  const auto json = run("send one.hl7 --json --to " + sink.address());
  EXPECT_TRUE(has(json.out, "\"AA\":1")) << json.out;
  EXPECT_TRUE(has(slurp(path("sink.tsv")), "\t77\tADT^A01\t")) << slurp(path("sink.tsv"));
  EXPECT_TRUE(has(slurp(path("sink.tsv")), "\t4711\n"));
}

TEST_F(Command, measures_a_load_with_an_id_of_its_own_for_each_message) {
  write("one.hl7", "MSH|^~\\&|A||||20260101||ADT^A01|77|P|2.5.1\r");
  const Sink sink("--count 500 --journal " + path("sink.tsv"));
  const auto ended = run("send one.hl7 --repeat 500 --connections 8 --to " + sink.address());
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "500 messages, 500 answered")) << ended.out;
  EXPECT_TRUE(has(ended.out, "AA 500")) << ended.out;
}

TEST_F(Command, checks_and_tests_the_examples_of_this_repository) {
  const auto checked = run("check " MYELIN_SOURCE_DIR "/conf");
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  const auto tested = run("test " MYELIN_SOURCE_DIR "/conf");
  EXPECT_EQ(tested.code, 0) << tested.out << tested.err;
}

}  // namespace
