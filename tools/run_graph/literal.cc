#include "weir/tools/run_graph/literal.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace weir::run_graph {
namespace {

constexpr int kMaxDepth = 32;

// Reads nested lists into a flat list of words and the shape.
class ListReader {
 public:
  explicit ListReader(absl::string_view text) : text_(text) {}

  absl::Status Read() {
    RETURN_IF_ERROR(ReadItem(0));
    SkipSpace();
    if (at_ != text_.size()) return Fail("unexpected text");
    return absl::OkStatus();
  }

  const std::vector<std::string>& words() const { return words_; }
  const Dims& dims() const { return dims_; }

 private:
  absl::Status Fail(absl::string_view what) const {
    return InvalidArgument("'", text_, "': ", what, " at character ", at_ + 1);
  }

  void SkipSpace() {
    while (at_ < text_.size() && absl::ascii_isspace(text_[at_])) ++at_;
  }

  absl::Status ReadItem(int depth) {
    SkipSpace();
    if (depth > kMaxDepth) return Fail("lists are nested too deeply");
    if (at_ < text_.size() && text_[at_] == '[') return ReadList(depth);
    // Every word lies at the same depth.
    if (leaf_depth_ >= 0 && leaf_depth_ != depth) return Fail("the lists are ragged");
    leaf_depth_ = depth;
    return ReadWord();
  }

  absl::Status ReadList(int depth) {
    ++at_;
    int64_t n = 0;
    for (SkipSpace(); at_ < text_.size() && text_[at_] != ']'; SkipSpace()) {
      if (n > 0) {
        if (text_[at_] != ',') return Fail("',' or ']' expected");
        ++at_;
      }
      RETURN_IF_ERROR(ReadItem(depth + 1));
      ++n;
    }
    if (at_ == text_.size()) return Fail("']' is missing");
    ++at_;
    if (static_cast<int>(dims_.size()) <= depth) dims_.resize(depth + 1, -1);
    if (dims_[depth] >= 0 && dims_[depth] != n) return Fail("the lists are ragged");
    dims_[depth] = n;
    return absl::OkStatus();
  }

  absl::Status ReadWord() {
    std::string word;
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      const size_t end = text_.find(text_[at_], at_ + 1);
      if (end == absl::string_view::npos) return Fail("the closing quote is missing");
      word = std::string(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
    } else {
      const size_t begin = at_;
      while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ']') ++at_;
      word = std::string(absl::StripAsciiWhitespace(text_.substr(begin, at_ - begin)));
      if (word.empty()) return Fail("a value is missing");
    }
    words_.push_back(std::move(word));
    return absl::OkStatus();
  }

  absl::string_view text_;
  size_t at_ = 0;
  int leaf_depth_ = -1;
  std::vector<std::string> words_;
  Dims dims_;
};

template <typename T>
bool ParseWord(const std::string& word, T* out) {
  if constexpr (std::is_same_v<T, bool>) {
    return absl::SimpleAtob(word, out);
  } else if constexpr (std::is_same_v<T, double>) {
    return absl::SimpleAtod(word, out);
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    return absl::SimpleAtoi(word, out);
  } else if constexpr (std::is_integral_v<T>) {
    int64_t wide;
    if (!absl::SimpleAtoi(word, &wide) ||
        wide < static_cast<int64_t>(std::numeric_limits<T>::min()) ||
        wide > static_cast<int64_t>(std::numeric_limits<T>::max())) {
      return false;
    }
    *out = static_cast<T>(wide);
    return true;
  } else {
    float value;
    if (!absl::SimpleAtof(word, &value)) return false;
    *out = T(value);
    return true;
  }
}

}  // namespace

absl::StatusOr<Tensor> ParseLiteral(absl::string_view text, DataType dtype) {
  const absl::string_view stripped = absl::StripAsciiWhitespace(text);
  if (dtype == DT_STRING && (stripped.empty() || (stripped[0] != '[' && stripped[0] != '"'))) {
    return Tensor::Scalar<std::string>(std::string(text));
  }
  ListReader reader(stripped);
  RETURN_IF_ERROR(reader.Read());
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(reader.dims()));
  ASSIGN_OR_RETURN(Tensor tensor, Tensor::Make(dtype, shape));
  const std::vector<std::string>& words = reader.words();
  if (dtype == DT_STRING) {
    std::copy(words.begin(), words.end(), tensor.mutable_data<std::string>());
    return tensor;
  }
  const absl::Status status =
      DispatchType<float, double, Half, BFloat16, Complex64, int8_t, int16_t, int32_t, int64_t,
                   uint8_t, uint16_t, uint32_t, uint64_t, bool>(
          dtype, [&]<typename T>(TypeTag<T>) -> absl::Status {
            for (size_t i = 0; i < words.size(); ++i) {
              if (!ParseWord(words[i], &tensor.mutable_data<T>()[i])) {
                return InvalidArgument("'", words[i], "' is not a ", DataTypeName(dtype));
              }
            }
            return absl::OkStatus();
          });
  RETURN_IF_ERROR(status);
  return tensor;
}

}  // namespace weir::run_graph
