// Every registered op is complete: declared without an error, with a shape function, a CPU kernel,
// an answer about its gradient, and tests of its shape, values and gradient.

#include "weir/ops/standard_ops.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "weir/runtime/kernel.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

// ---- What the tests of this folder speak of ----

// A test, helper or table of a test file, from its first line to the brace that closes it.
struct Block {
  std::string name;  // What others use it by; empty for a test.
  std::string text;
  std::set<std::string> words;   // All identifiers.
  std::set<std::string> quoted;  // Identifiers that are whole string literals.
};

bool IsWordChar(char c) { return absl::ascii_isalnum(c) || c == '_'; }

void FindWords(Block* block) {
  const std::string& text = block->text;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    while (i < text.size() && IsWordChar(text[i])) ++i;
    if (i == begin) {
      ++i;
      continue;
    }
    const std::string word = text.substr(begin, i - begin);
    const bool is_quoted = begin > 0 && text[begin - 1] == '"' && i < text.size() && text[i] == '"';
    // ops::Softmax(...) is the builder of Softmax.
    const bool is_builder = begin >= 5 && text.compare(begin - 5, 5, "ops::") == 0;
    if (is_quoted || is_builder) block->quoted.insert(word);
    block->words.insert(word);
  }
}

// What a definition names: the word after struct or class, else the last one before "([={;". The
// parameters of a suite go by the suite's name.
std::string DefinedName(absl::string_view line) {
  size_t end = line.find_first_of("([={;");
  if (absl::ConsumePrefix(&line, "INSTANTIATE_TEST_SUITE_P(")) {
    line.remove_prefix(std::min(line.size(), line.find(", ") + 2));
    end = line.find(',');
  } else if (absl::ConsumePrefix(&line, "struct ") || absl::ConsumePrefix(&line, "class ")) {
    end = line.find_first_of(" {");
  }
  if (end == absl::string_view::npos) end = line.size();
  while (end > 0 && !IsWordChar(line[end - 1])) --end;
  size_t begin = end;
  while (begin > 0 && IsWordChar(line[begin - 1])) --begin;
  return std::string(line.substr(begin, end - begin));
}

// Relies on the formatter: what starts in the first column goes on until a brace there, or, as long
// as no line has opened a brace, until a semicolon.
std::vector<Block> ReadBlocks(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Block> blocks;
  bool open = false, in_braces = false;
  for (std::string line; std::getline(file, line);) {
    const bool starts = !line.empty() && absl::ascii_isalpha(line[0]);
    const bool ends = !line.empty() && line[0] == '}';
    const bool prelude = absl::StartsWith(line, "namespace") || absl::StartsWith(line, "template");
    if (!open && starts && !prelude) {
      open = true;
      in_braces = false;
      const bool is_test = absl::StartsWith(line, "TEST");
      blocks.push_back({is_test ? "" : DefinedName(line), "", {}, {}});
    }
    if (!open) continue;
    absl::StrAppend(&blocks.back().text, line, "\n");
    in_braces = in_braces || absl::EndsWith(line, "{");
    const bool one_line = absl::EndsWith(line, ";") || absl::EndsWith(line, "}");
    if (ends || (!in_braces && one_line)) open = false;
  }
  for (Block& block : blocks) FindWords(&block);
  return blocks;
}

// A test together with the helpers and tables that it uses, directly or not.
Block WithHelpers(const Block& test, const std::vector<Block>& blocks) {
  Block whole = test;
  std::set<std::string> taken;
  for (bool grew = true; grew;) {
    grew = false;
    for (const Block& helper : blocks) {
      if (helper.name.empty() || whole.words.count(helper.name) == 0) continue;
      if (!taken.insert(absl::StrCat(helper.name, helper.text)).second) continue;
      grew = true;
      whole.text += helper.text;
      whole.words.insert(helper.words.begin(), helper.words.end());
      whole.quoted.insert(helper.quoted.begin(), helper.quoted.end());
    }
  }
  return whole;
}

// Whether a name is quoted, whole or in pieces: "Resource" and "ScatterAdd". Names of attrs, such
// as "T" and "N", are no pieces.
bool IsQuoted(absl::string_view name, const std::set<std::string>& quoted) {
  if (name.empty()) return true;
  return std::any_of(quoted.begin(), quoted.end(), [&](const std::string& piece) {
    return piece.size() > 2 && absl::StartsWith(name, piece) &&
           IsQuoted(name.substr(piece.size()), quoted);
  });
}

// The names that stand in tests of each kind.
struct Tested {
  std::set<std::string> shape, values, gradient;
};

bool UsesAny(const Block& test, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return test.words.count(word) > 0; });
}

Tested ReadTests() {
  Tested tested;
  for (const auto& entry : std::filesystem::directory_iterator("ops")) {
    if (!absl::EndsWith(entry.path().string(), "_test.cc")) continue;
    if (entry.path().filename() == "standard_ops_test.cc") continue;
    const std::vector<Block> blocks = ReadBlocks(entry.path());
    for (const Block& block : blocks) {
      if (!block.name.empty()) continue;
      const Block test = WithHelpers(block, blocks);
      const auto add = [&](std::set<std::string>* names) {
        for (const std::unique_ptr<OpSpec>& op : StandardOps().ops()) {
          if (IsQuoted(op->name, test.quoted)) names->insert(op->name);
        }
      };
      if (UsesAny(test, {"EXPECT_SHAPE", "EXPECT_SHAPE_ERROR"}) ||
          absl::StrContains(test.text, "shape().ToString()")) {
        add(&tested.shape);
      }
      if (UsesAny(test, {"OpTest", "Session"})) add(&tested.values);
      if (UsesAny(test, {"GradientTest", "AddGradients", "AddDenseGradients"})) {
        add(&tested.gradient);
      }
    }
  }
  return tested;
}

// ---- The check ----

std::vector<std::string> Lacks(const OpSpec& op, const Tested& tested) {
  std::vector<std::string> lacks;
  if (op.doc.empty()) lacks.push_back("a doc");
  if (op.shape == nullptr) lacks.push_back("a shape function");
  if (StandardKernels().Find(op.name, "CPU").empty()) lacks.push_back("a CPU kernel");
  if (op.gradient_kind == GradientKind::kMissing) {
    lacks.push_back("a gradient (or NotDifferentiable)");
  }
  // Without outputs there is no shape to be inferred.
  if (!op.outputs.empty() && tested.shape.count(op.name) == 0) lacks.push_back("a shape test");
  if (tested.values.count(op.name) == 0) lacks.push_back("a value test");
  if (op.gradient_kind == GradientKind::kFunction && tested.gradient.count(op.name) == 0) {
    lacks.push_back("a gradient test");
  }
  return lacks;
}

TEST(StandardOps, AreDeclaredWithoutError) {
  EXPECT_TRUE(StandardOps().status().ok()) << StandardOps().status();
}

TEST(StandardOps, AreComplete) {
  const Tested tested = ReadTests();
  EXPECT_GT(tested.values.size(), StandardOps().ops().size() / 2) << "the tests were not read";
  std::vector<std::string> incomplete;
  for (const std::unique_ptr<OpSpec>& op : StandardOps().ops()) {
    const std::vector<std::string> lacks = Lacks(*op, tested);
    if (!lacks.empty()) {
      incomplete.push_back(absl::StrCat(op->name, " lacks ", absl::StrJoin(lacks, ", ")));
    }
  }
  EXPECT_TRUE(incomplete.empty()) << absl::StrJoin(incomplete, "\n");
}

}  // namespace
}  // namespace weir
