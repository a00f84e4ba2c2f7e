// The program around a suite: flags, list of expected cases, report and closing line.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "weir/tests/conformance/harness.h"

ABSL_FLAG(std::string, root, "", "Folder that holds the cases");
ABSL_FLAG(std::string, filter, "",
          "Runs only the cases whose name holds this, or matches this glob");
ABSL_FLAG(std::string, report, "", "Writes a CSV file: case,status,detail");
ABSL_FLAG(std::string, expected, "", "File that names the cases that must pass, one a line");
ABSL_FLAG(bool, strict_list, false, "A case that passes but is not in --expected is a failure");
ABSL_FLAG(std::string, write_expected, "", "Writes the list of the cases that passed");
ABSL_FLAG(int, jobs, 2, "Cases that run at the same time");
ABSL_FLAG(int, timeout_s, 60, "Seconds that a case may take");
ABSL_FLAG(bool, show_output, false, "Shows what the cases print");

namespace weir::conformance {
namespace {

namespace fs = std::filesystem;

const char* KindName(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kPassed: return "passed";
    case Outcome::Kind::kFailed: return "failed";
    case Outcome::Kind::kSkipped: return "skipped";
    case Outcome::Kind::kCrashed: return "crashed";
  }
  return "?";
}

// The names in a list: one a line, blank lines and lines from # on left out.
bool ReadList(const std::string& path, std::set<std::string>* names) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const absl::string_view name = absl::StripAsciiWhitespace(line);
    if (!name.empty() && name[0] != '#') names->emplace(name);
  }
  return file.eof();
}

bool WriteList(const std::string& path, const std::vector<std::string>& names,
               const std::vector<Outcome>& outcomes) {
  std::ofstream file(path);
  file << "# The cases that must pass, as --write_expected wrote them.\n";
  for (size_t i = 0; i < names.size(); ++i) {
    if (outcomes[i].passed()) file << names[i] << "\n";
  }
  file.close();
  return file.good();
}

std::string OneLine(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\r", " "}, {"\n", " "}});
}

bool WriteReport(const std::string& path, const std::vector<std::string>& names,
                 const std::vector<Outcome>& outcomes) {
  std::ofstream file(path);
  file << "case,status,detail\n";
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string detail = absl::StrReplaceAll(OneLine(outcomes[i].detail), {{"\"", "\"\""}});
    file << "\"" << names[i] << "\"," << KindName(outcomes[i].kind) << ",\"" << detail << "\"\n";
  }
  file.close();
  return file.good();
}

// Counts outcomes against the list of expected cases, and prints what is worth a line.
class Verdict {
 public:
  Verdict(const std::set<std::string>* expected, bool strict)
      : expected_(expected), strict_(strict) {}

  void Add(const std::string& name, const Outcome& outcome) {
    const bool listed = expected_ == nullptr || expected_->count(name) > 0;
    const std::string detail = OneLine(outcome.detail);
    if (outcome.passed()) {
      ++passed_;
      if (listed) return;
      std::printf("ADD TO LIST %s\n", name.c_str());
      if (strict_) ++unlisted_passes_;
      return;
    }
    const bool skipped = outcome.kind == Outcome::Kind::kSkipped;
    const bool must_pass = expected_ != nullptr && listed;
    if (must_pass || (listed && !skipped)) {
      ++failed_;
      std::printf("FAILED %s: %s\n", name.c_str(), detail.c_str());
      return;
    }
    ++skipped_;
    if (skipped) return;
    ++known_failures_;
    std::printf("not in the list: %s: %s\n", name.c_str(), detail.c_str());
  }

  // A listed case that is not in the material. The lists would otherwise lose cases unseen.
  void AddAbsent(const std::string& name) { Add(name, Outcome::Failed("there is no such case")); }

  // Prints the closing line; returns the exit status.
  int Close() const {
    if (known_failures_ > 0) {
      std::printf("%d of the skipped cases run, fail, and are not in the list of expected cases\n",
                  known_failures_);
    }
    if (unlisted_passes_ > 0) {
      std::printf("%d of the passed cases are missing in the list\n", unlisted_passes_);
    }
    std::printf("%d passed, %d failed, %d skipped\n", passed_ - unlisted_passes_,
                failed_ + unlisted_passes_, skipped_);
    return failed_ + unlisted_passes_ == 0 ? 0 : 1;
  }

 private:
  const std::set<std::string>* expected_;
  const bool strict_;
  int passed_ = 0, failed_ = 0, skipped_ = 0;
  int known_failures_ = 0, unlisted_passes_ = 0;
};

}  // namespace

int RunnerMain(int argc, char** argv, const Suite& suite) {
  absl::SetProgramUsageMessage("Replays recorded cases. See tests/conformance/README.md.");
  absl::ParseCommandLine(argc, argv);
  std::error_code error;
  const std::string root = fs::absolute(absl::GetFlag(FLAGS_root), error).string();
  if (absl::GetFlag(FLAGS_root).empty() || !fs::is_directory(root, error)) {
    std::fprintf(stderr, "--root must name the folder of the cases\n");
    return 2;
  }
  std::set<std::string> expected;
  const std::string list = absl::GetFlag(FLAGS_expected);
  if (!list.empty() && !ReadList(list, &expected)) {
    std::fprintf(stderr, "cannot read --expected=%s\n", list.c_str());
    return 2;
  }
  std::vector<std::string> names;
  for (std::string& name : suite.find(root)) {
    if (MatchesFilter(absl::GetFlag(FLAGS_filter), name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  HarnessOptions options;
  options.jobs = absl::GetFlag(FLAGS_jobs);
  options.timeout_s = absl::GetFlag(FLAGS_timeout_s);
  options.show_output = absl::GetFlag(FLAGS_show_output);
  const std::vector<Outcome> outcomes = RunCases(suite, root, names, options);
  const std::string report = absl::GetFlag(FLAGS_report);
  if (!report.empty() && !WriteReport(report, names, outcomes)) {
    std::fprintf(stderr, "cannot write --report=%s\n", report.c_str());
    return 2;
  }
  const std::string new_list = absl::GetFlag(FLAGS_write_expected);
  if (!new_list.empty() && !WriteList(new_list, names, outcomes)) {
    std::fprintf(stderr, "cannot write --write_expected=%s\n", new_list.c_str());
    return 2;
  }
  Verdict verdict(list.empty() ? nullptr : &expected, absl::GetFlag(FLAGS_strict_list));
  for (size_t i = 0; i < names.size(); ++i) verdict.Add(names[i], outcomes[i]);
  for (const std::string& name : expected) {
    if (!std::binary_search(names.begin(), names.end(), name) &&
        MatchesFilter(absl::GetFlag(FLAGS_filter), name)) {
      verdict.AddAbsent(name);
    }
  }
  return verdict.Close();
}

}  // namespace weir::conformance
