#include "weir/tests/conformance/harness.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "gtest/gtest.h"

namespace weir::conformance {
namespace {

// A case's name says what becomes of it.
Outcome Act(const std::string&, const std::string& name) {
  if (name == "crash") std::abort();
  if (name == "exit") _exit(3);
  if (name == "hang") pause();
  if (name == "skip") return Outcome::Skipped("no such op");
  if (name == "fail") return Outcome::Failed("differs");
  return Outcome::Passed();
}

std::vector<Outcome> RunNames(const std::vector<std::string>& names, int timeout_s = 60) {
  HarnessOptions options;
  options.timeout_s = timeout_s;
  return RunCases({nullptr, Act}, "", names, options);
}

TEST(Harness, OutcomesComeInTheOrderOfTheCases) {
  const std::vector<Outcome> outcomes = RunNames({"pass", "fail", "skip", "pass"});
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_TRUE(outcomes[0].passed());
  EXPECT_EQ(outcomes[1].kind, Outcome::Kind::kFailed);
  EXPECT_EQ(outcomes[1].detail, "differs");
  EXPECT_EQ(outcomes[2].kind, Outcome::Kind::kSkipped);
  EXPECT_EQ(outcomes[2].detail, "no such op");
  EXPECT_TRUE(outcomes[3].passed());
}

TEST(Harness, ACrashCostsOneCase) {
  const std::vector<Outcome> outcomes = RunNames({"pass", "crash", "pass", "exit", "pass", "pass"});
  for (size_t i : {0, 2, 4, 5}) EXPECT_TRUE(outcomes[i].passed()) << i;
  EXPECT_EQ(outcomes[1].kind, Outcome::Kind::kCrashed);
  EXPECT_EQ(outcomes[1].detail, "crashed: Aborted");
  EXPECT_EQ(outcomes[3].kind, Outcome::Kind::kCrashed);
  EXPECT_EQ(outcomes[3].detail, "crashed: exit status 3");
}

TEST(Harness, ACaseThatHangsIsEnded) {
  const std::vector<Outcome> outcomes = RunNames({"hang", "pass", "pass"}, /*timeout_s=*/1);
  EXPECT_EQ(outcomes[0].kind, Outcome::Kind::kCrashed);
  EXPECT_EQ(outcomes[0].detail, "no end after 1 s");
  EXPECT_TRUE(outcomes[1].passed());
  EXPECT_TRUE(outcomes[2].passed());
}

TEST(Harness, EachCaseHasAnEmptyWorkingDirectory) {
  const auto write = [](const std::string&, const std::string& name) {
    std::error_code error;
    if (!std::filesystem::is_empty(".", error)) return Outcome::Failed("not empty");
    std::filesystem::create_directory(name, error);
    return error ? Outcome::Failed(error.message()) : Outcome::Passed();
  };
  for (const Outcome& outcome : RunCases({nullptr, write}, "", {"a", "b", "c", "d"}, {})) {
    EXPECT_TRUE(outcome.passed()) << outcome.detail;
  }
}

TEST(Harness, FiltersArePartsOfNamesOrGlobs) {
  EXPECT_TRUE(MatchesFilter("", "MatMul/f32"));
  EXPECT_TRUE(MatchesFilter("Mul/f", "MatMul/f32"));
  EXPECT_FALSE(MatchesFilter("Add", "MatMul/f32"));
  EXPECT_TRUE(MatchesFilter("Mat*/f??", "MatMul/f32"));
  EXPECT_FALSE(MatchesFilter("Mul/*", "MatMul/f32"));
}

}  // namespace
}  // namespace weir::conformance
