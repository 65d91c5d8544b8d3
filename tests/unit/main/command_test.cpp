#include "engine/main/command.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

struct Seen {
  std::string file;
  std::int64_t count = 1;
  Duration wait = seconds(1);
  std::vector<std::string> names, more;
  bool loud = false, json = false;
  int runs = 0;
};

struct Outcome {
  int code;
  std::string out, err;
};

class CommandLine : public testing::Test {
 protected:
  Outcome run(std::vector<const char*> words) {
    words.insert(words.begin(), "myelin");
    Commands commands;
    auto seen = std::make_shared<Seen>();
    seen_ = seen;
    commands.add(Group::bench, "show", "shows a thing")
        .argument("FILE", seen->file, "what")
        .optional_list("MORE", seen->more, "and more")
        .option("--count", "N", seen->count, "how often")
        .option("--wait", "TIME", seen->wait, "how long")
        .repeated("--name", "NAME", seen->names, "a name")
        .flag("--loud", seen->loud, "say it loud")
        .json()
        .example("myelin show x")
        .run([seen](Console& console) {
          ++seen->runs;
          seen->json = console.json();
          return Exit::refused;
        });
    commands.add(Group::watch, "status", "the daemon").example("myelin status").run([](Console&) { return Exit::ok; });
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = commands.run(static_cast<int>(words.size()), words.data());
    auto out = testing::internal::GetCapturedStdout();
    return {code, std::move(out), testing::internal::GetCapturedStderr()};
  }

  std::shared_ptr<Seen> seen_;
};

TEST_F(CommandLine, hands_options_to_the_verb_and_returns_its_exit_code) {
  const auto ended =
      run({"show", "-", "a", "b", "--count", "3", "--wait", "2m", "--name", "x", "--name", "y", "--loud", "--json"});
  EXPECT_EQ(ended.code, 5);
  EXPECT_EQ(seen_->runs, 1);
  EXPECT_EQ(seen_->file, "-");
  EXPECT_EQ(seen_->more, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(seen_->count, 3);
  EXPECT_EQ(seen_->wait, minutes(2));
  EXPECT_EQ(seen_->names, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(seen_->loud);
  EXPECT_TRUE(seen_->json);
}

TEST_F(CommandLine, suggests_the_verb_that_was_meant) {
  const auto ended = run({"shwo", "x"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("did you mean show?"), std::string::npos) << ended.err;
}

TEST_F(CommandLine, suggests_the_option_that_was_meant) {
  const auto ended = run({"show", "x", "--cuont", "3"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("did you mean --count?"), std::string::npos) << ended.err;
  EXPECT_EQ(seen_->runs, 0);
}

TEST_F(CommandLine, refuses_a_value_that_is_none_and_a_missing_argument) {
  EXPECT_EQ(run({"show", "x", "--count", "many"}).code, 2);
  EXPECT_EQ(run({"show", "x", "--wait", "soon"}).code, 2);
  EXPECT_EQ(run({"show"}).code, 2);
  EXPECT_EQ(seen_->runs, 0);
}

TEST_F(CommandLine, says_what_value_was_expected_and_what_stands_there) {
  EXPECT_NE(run({"show", "x", "--count", "abc"}).err.find("--count: 'abc' is not a whole number\n"), std::string::npos);
  EXPECT_NE(run({"show", "x", "--count", "3x"}).err.find("'3x' is not a whole number"), std::string::npos);
  EXPECT_NE(run({"show", "x", "--wait", "soon"}).err.find("'soon' is not a span of time, such as 30s"),
            std::string::npos);
  EXPECT_NE(run({"show", "x", "--count"}).err.find("--count has no value; write --count N\n"), std::string::npos);
  EXPECT_NE(run({"show", "x", "--count", "1", "--count", "2"}).err.find("--count is given twice"), std::string::npos);
  EXPECT_EQ(seen_->runs, 0);
}

TEST_F(CommandLine, takes_an_argument_that_is_called_as_a_verb_for_an_argument) {
  EXPECT_EQ(run({"show", "status", "show", "status"}).code, 5);
  EXPECT_EQ(seen_->file, "status");
  EXPECT_EQ(seen_->more, (std::vector<std::string>{"show", "status"}));
  EXPECT_EQ(run({"show", "x", "--name", "status", "status"}).code, 5);
  EXPECT_EQ(seen_->names, (std::vector<std::string>{"status"}));
  EXPECT_EQ(seen_->more, (std::vector<std::string>{"status"}));
}

TEST_F(CommandLine, refuses_one_argument_too_many) {
  for (const auto* const word : {"x", "show", "status"}) {
    const auto ended = run({"status", word});
    EXPECT_EQ(ended.code, 2) << word;
    EXPECT_NE(ended.err.find("one argument too many: '" + std::string(word) + "'"), std::string::npos) << ended.err;
  }
}

TEST_F(CommandLine, lists_verbs_by_group_and_shows_a_verb_with_its_example) {
  const auto all = run({"--help"});
  EXPECT_EQ(all.code, 0);
  EXPECT_LT(all.out.find("\nwatch: "), all.out.find("\nbench: "));
  const auto one = run({"show", "--help"});
  EXPECT_EQ(one.code, 0);
  EXPECT_NE(one.out.find("Example:\n  myelin show x"), std::string::npos) << one.out;
  EXPECT_EQ(run({"help", "show"}).out, one.out);
  EXPECT_EQ(run({}).code, 2);
}

TEST(Arguments, that_may_be_of_a_patient_are_not_left_where_everybody_sees_them) {
  std::vector<std::string> given = {"myelin",      "try",         "adt",     "m.hl7",    "mrn=4711",
                                    "--header",    "X-Ward: B2",  "--user",  "A. Nurse", "--query",
                                    "visit=98765", "--named=a.b", "--conf=c"};
  std::vector<char*> argv;
  for (auto& word : given) argv.push_back(word.data());
  const auto taken = take_arguments(static_cast<int>(argv.size()), argv.data());
  EXPECT_STREQ(taken[6], "X-Ward: B2");
  EXPECT_STREQ(taken[10], "visit=98765");
  EXPECT_EQ(given,
            (std::vector<std::string>{"myelin", "try", "adt", "m.hl7", "mrn=****", "--header", "**********", "--user",
                                      "********", "--query", "***********", "--named=***", "--conf=c"}));
}

}  // namespace
}  // namespace myelin
