#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "weir/kernels/cpu/index_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using Strings = std::vector<absl::string_view>;

// ---- Joining ----

absl::Status PrepareStringJoin(KernelPrepare& k) {
  Shape shape;
  for (int i = 0; i < k.num_inputs(); ++i) {
    const Shape& in = k.In(i).shape();
    if (in.rank() == 0) continue;
    if (shape.rank() != 0 && in != shape) {
      return InvalidArgument("Input shapes do not match: ", shape.ToString(), " and ",
                             in.ToString());
    }
    shape = in;
  }
  k.Out(0).SetShape(shape);
  const int n = k.num_inputs();
  const std::string separator = k.Attr<std::string>("separator");
  return k.Run([=](KernelRun& r) -> absl::Status {
    std::string* out = r.Out<std::string>(0);
    for (int64_t e = 0; e < shape.num_elements(); ++e) {
      std::string joined;
      for (int i = 0; i < n; ++i) {
        if (i > 0) joined += separator;
        joined += r.In<std::string>(i)[r.In(i).rank() == 0 ? 0 : e];
      }
      out[e] = std::move(joined);
    }
    return absl::OkStatus();
  });
}

struct JoinDim {
  int64_t size;
  int64_t step;
};

// Calls fn(offset) for all positions of the dimensions, the first of which runs fastest.
template <typename F>
void ForPositions(const std::vector<JoinDim>& dims, F&& fn) {
  int64_t count = 1;
  for (const JoinDim& d : dims) count *= d.size;
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, offset = 0;
    for (const JoinDim& d : dims) {
      offset += rest % d.size * d.step;
      rest /= d.size;
    }
    fn(offset);
  }
}

absl::Status PrepareReduceJoin(KernelPrepare& k) {
  const Shape& in = k.In(0).shape();
  ASSIGN_OR_RETURN(const Dims indices, k.IntValues(1));
  std::vector<JoinDim> joined, kept;
  std::vector<bool> reduced(in.rank(), false);
  for (int64_t i : indices) {
    const int64_t d = i < 0 ? i + in.rank() : i;
    if (d < 0 || d >= in.rank()) {
      return InvalidArgument("Invalid reduction dimension ", i, " for input with ", in.rank(),
                             " dimension(s)");
    }
    if (reduced[d]) return InvalidArgument("Duplicate reduction dimension ", i);
    reduced[d] = true;
    const int at = static_cast<int>(d);
    joined.push_back({in.dim(at), in.Count(at + 1, in.rank())});
  }
  Dims dims;
  for (int d = 0; d < in.rank(); ++d) {
    if (!reduced[d]) {
      dims.push_back(in.dim(d));
      kept.insert(kept.begin(), {in.dim(d), in.Count(d + 1, in.rank())});
    } else if (k.Attr<bool>("keep_dims")) {
      dims.push_back(1);
    }
  }
  ASSIGN_OR_RETURN(const Shape output, Shape::Make(dims));
  k.Out(0).SetShape(output);
  const std::string separator = k.Attr<std::string>("separator");
  return k.Run([=](KernelRun& r) -> absl::Status {
    const std::string* strings = r.In<std::string>(0);
    std::string* out = r.Out<std::string>(0);
    ForPositions(kept, [&](int64_t base) {
      std::string text;
      bool first = true;
      ForPositions(joined, [&](int64_t offset) {
        if (!first) text += separator;
        first = false;
        text += strings[base + offset];
      });
      *out++ = std::move(text);
    });
    return absl::OkStatus();
  });
}

// ---- Numbers ----

// "%" with fill, width and precision as the attrs say, without the conversion character.
absl::StatusOr<std::string> FormatPrefix(const KernelPrepare& k, bool is_float) {
  const std::string fill = k.Attr<std::string>("fill");
  const int64_t width = k.Attr<int64_t>("width"), precision = k.Attr<int64_t>("precision");
  constexpr int64_t kMost = 4096;
  if (fill.size() > 1) {
    return InvalidArgument("Fill string must be one or fewer characters");
  }
  if (!fill.empty() && std::string(" +0-").find(fill) == std::string::npos) {
    return InvalidArgument("Fill argument not supported: ", fill);
  }
  if (k.Attr<bool>("scientific") && k.Attr<bool>("shortest")) {
    return InvalidArgument("Cannot select both scientific and shortest notation");
  }
  const bool float_only = k.Attr<bool>("scientific") || k.Attr<bool>("shortest") || precision > -1;
  if (!is_float && float_only) {
    return InvalidArgument("scientific, shortest and precision are not supported for datatype ",
                           DataTypeName(k.In(0).dtype()));
  }
  if (width > kMost || precision > kMost) {
    return InvalidArgument("width and precision must be at most ", kMost);
  }
  std::string format = "%";
  if (width > -1) absl::StrAppend(&format, fill, width);
  if (precision > -1) absl::StrAppend(&format, ".", precision);
  return format;
}

template <typename T>
absl::Status RunFormat(KernelPrepare& k, const std::function<std::string(const T&)>& format) {
  return k.Run([format](KernelRun& r) -> absl::Status {
    std::string* out = r.Out<std::string>(0);
    for (const T& value : r.In(0).values<T>()) *out++ = format(value);
    return absl::OkStatus();
  });
}

absl::Status PrepareAsString(KernelPrepare& k) {
  const DataType dtype = k.In(0).dtype();
  k.Out(0).SetShape(k.In(0).shape());
  if (dtype == DT_BOOL) {
    return RunFormat<bool>(k, [](bool b) { return std::string(b ? "true" : "false"); });
  }
  const bool is_float = IsFloatingType(dtype) || IsComplexType(dtype);
  ASSIGN_OR_RETURN(std::string format, FormatPrefix(k, is_float));
  if (!is_float) {
    using Format = absl::ParsedFormat<absl::FormatConversionCharSet::d>;
    const std::shared_ptr<const Format> parsed = Format::New(format + "d");
    if (parsed == nullptr) return InvalidArgument("cannot format with '", format, "d'");
    return DispatchType<int8_t, int16_t, int32_t, int64_t>(dtype, [&]<typename T>(TypeTag<T>) {
      return RunFormat<T>(
          k, [parsed](T v) { return absl::StrFormat(*parsed, static_cast<int64_t>(v)); });
    });
  }
  format += k.Attr<bool>("scientific") ? 'e' : k.Attr<bool>("shortest") ? 'g' : 'f';
  using Format = absl::ParsedFormat<absl::FormatConversionCharSet::kFloating>;
  const std::shared_ptr<const Format> parsed = Format::New(format);
  if (parsed == nullptr) return InvalidArgument("cannot format with '", format, "'");
  const auto text = [parsed](double v) { return absl::StrFormat(*parsed, v); };
  if (IsComplexType(dtype)) {
    return DispatchType<Complex64, Complex128>(dtype, [&]<typename T>(TypeTag<T>) {
      return RunFormat<T>(k, [text](const T& v) {
        return absl::StrCat("(", text(static_cast<double>(v.real())), ",",
                            text(static_cast<double>(v.imag())), ")");
      });
    });
  }
  return DispatchType<float, double>(dtype, [&]<typename T>(TypeTag<T>) {
    return RunFormat<T>(k, [text](T v) { return text(static_cast<double>(v)); });
  });
}

bool ParseNumber(absl::string_view text, float* out) { return absl::SimpleAtof(text, out); }
bool ParseNumber(absl::string_view text, double* out) { return absl::SimpleAtod(text, out); }
template <typename T>
bool ParseNumber(absl::string_view text, T* out) {
  return absl::SimpleAtoi(text, out);
}

absl::Status PrepareStringToNumber(KernelPrepare& k) {
  k.Out(0).SetShape(k.In(0).shape());
  return k.ForType<float, double, int32_t, int64_t>("out_type", [&]<typename T>() {
    return k.Run([](KernelRun& r) -> absl::Status {
      T* out = r.Out<T>(0);
      for (const std::string& text : r.In(0).values<std::string>()) {
        if (!ParseNumber(text, out++)) {
          return InvalidArgument("StringToNumberOp could not correctly convert string: ", text);
        }
      }
      return absl::OkStatus();
    });
  });
}

// ---- Characters ----

// The bytes that begin a character; malformed text has no more characters than bytes.
bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

int64_t Length(absl::string_view text, bool utf8) {
  if (!utf8) return static_cast<int64_t>(text.size());
  return std::count_if(text.begin(), text.end(), BeginsCharacter);
}

// The byte at which character `n` begins. REQUIRES: 0 <= n <= Length(text, true).
size_t ByteOfCharacter(absl::string_view text, int64_t n) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (BeginsCharacter(text[at]) && n-- == 0) return at;
  }
  return text.size();
}

absl::StatusOr<absl::string_view> Piece(absl::string_view text, int64_t pos, int64_t len,
                                        bool utf8) {
  const int64_t size = Length(text, utf8);
  if (pos < -size || pos > size) {
    return InvalidArgument("pos ", pos, " out of range for string b'", absl::CHexEscape(text), "'");
  }
  const int64_t begin = pos < 0 ? pos + size : pos;
  const int64_t n = std::clamp<int64_t>(len, 0, size - begin);
  if (!utf8) return text.substr(static_cast<size_t>(begin), static_cast<size_t>(n));
  const size_t from = ByteOfCharacter(text, begin);
  return text.substr(from, ByteOfCharacter(text, begin + n) - from);
}

// The element of an input that broadcasts to `output` at its flat position `at`.
int64_t BroadcastElement(const Shape& input, const Shape& output, int64_t at) {
  int64_t element = 0, step = 1;
  for (int d = 1; d <= output.rank(); ++d) {
    const int64_t index = at % output.dim(-d);
    at /= output.dim(-d);
    if (d > input.rank()) continue;
    if (input.dim(-d) != 1) element += index * step;
    step *= input.dim(-d);
  }
  return element;
}

absl::Status PrepareSubstr(KernelPrepare& k) {
  const Shape& pos = k.In(1).shape();
  if (pos != k.In(2).shape()) {
    return InvalidArgument("pos and len should have the same shape, got: ", pos.ToString(), " vs. ",
                           k.In(2).shape().ToString());
  }
  ASSIGN_OR_RETURN(const Shape output, BroadcastShapes(k.In(0).shape(), pos));
  k.Out(0).SetShape(output);
  const bool utf8 = k.Attr<std::string>("unit") == "UTF8_CHAR";
  const size_t pos_at = k.Workspace(sizeof(int64_t) * pos.num_elements());
  const size_t len_at = k.Workspace(sizeof(int64_t) * pos.num_elements());
  return k.Run([=](KernelRun& r) -> absl::Status {
    int64_t* positions = r.Workspace<int64_t>(pos_at);
    int64_t* lengths = r.Workspace<int64_t>(len_at);
    ReadIndices(r.In(1), positions);
    ReadIndices(r.In(2), lengths);
    std::string* out = r.Out<std::string>(0);
    for (int64_t i = 0; i < output.num_elements(); ++i) {
      const int64_t p = BroadcastElement(r.In(1).shape(), output, i);
      const std::string& text = r.In<std::string>(0)[BroadcastElement(r.In(0).shape(), output, i)];
      ASSIGN_OR_RETURN(const absl::string_view piece, Piece(text, positions[p], lengths[p], utf8));
      out[i] = std::string(piece);
    }
    return absl::OkStatus();
  });
}

absl::Status PrepareStringLength(KernelPrepare& k) {
  k.Out(0).SetShape(k.In(0).shape());
  const bool utf8 = k.Attr<std::string>("unit") == "UTF8_CHAR";
  return k.Run([=](KernelRun& r) -> absl::Status {
    int32_t* out = r.Out<int32_t>(0);
    for (const std::string& s : r.In(0).values<std::string>()) {
      *out++ = static_cast<int32_t>(Length(s, utf8));
    }
    return absl::OkStatus();
  });
}

// A kernel that rewrites every string on its own.
PrepareFn EachString(std::string (*rewrite)(absl::string_view)) {
  return [rewrite](KernelPrepare& k) -> absl::Status {
    const std::string encoding = k.Attr<std::string>("encoding");  // Not all the ops have it.
    if (!encoding.empty()) return Unimplemented("encoding '", encoding, "'");
    k.Out(0).SetShape(k.In(0).shape());
    return k.Run([=](KernelRun& r) -> absl::Status {
      std::string* out = r.Out<std::string>(0);
      for (const std::string& s : r.In(0).values<std::string>()) *out++ = rewrite(s);
      return absl::OkStatus();
    });
  };
}

// ---- Splitting ----

Strings SplitAtBytes(absl::string_view text, absl::string_view delimiters, bool skip_empty) {
  Strings pieces;
  if (text.empty()) return pieces;
  if (delimiters.empty()) {
    for (size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
    return pieces;
  }
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && delimiters.find(text[i]) == absl::string_view::npos) continue;
    if (i > begin || !skip_empty) pieces.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return pieces;
}

Strings SplitAtSpaces(absl::string_view text, int64_t most) {
  Strings pieces;
  text = absl::StripLeadingAsciiWhitespace(text);
  while (!text.empty()) {
    if (most >= 0 && static_cast<int64_t>(pieces.size()) == most) {
      pieces.push_back(text);
      break;
    }
    size_t end = 0;
    while (end < text.size() && !absl::ascii_isspace(static_cast<unsigned char>(text[end]))) ++end;
    pieces.push_back(text.substr(0, end));
    text = absl::StripLeadingAsciiWhitespace(text.substr(end));
  }
  return pieces;
}

Strings SplitAtString(absl::string_view text, absl::string_view separator, int64_t most) {
  Strings pieces;
  for (;;) {
    const bool enough = most >= 0 && static_cast<int64_t>(pieces.size()) == most;
    const size_t at = enough ? absl::string_view::npos : text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == absl::string_view::npos) return pieces;
    text.remove_prefix(at + separator.size());
  }
}

// Hands out the pieces of all strings as a sparse matrix.
absl::Status WritePieces(KernelRun& r, const std::vector<Strings>& pieces) {
  int64_t total = 0, most = 0;
  for (const Strings& row : pieces) {
    total += static_cast<int64_t>(row.size());
    most = std::max(most, static_cast<int64_t>(row.size()));
  }
  RETURN_IF_ERROR(r.AllocateOutput(0, DT_INT64, Shape({total, 2})));
  RETURN_IF_ERROR(r.AllocateOutput(1, DT_STRING, Shape({total})));
  int64_t* index = r.Out<int64_t>(0);
  std::string* value = r.Out<std::string>(1);
  for (size_t row = 0; row < pieces.size(); ++row) {
    for (size_t i = 0; i < pieces[row].size(); ++i) {
      *index++ = static_cast<int64_t>(row);
      *index++ = static_cast<int64_t>(i);
      *value++ = std::string(pieces[row][i]);
    }
  }
  r.Out<int64_t>(2)[0] = static_cast<int64_t>(pieces.size());
  r.Out<int64_t>(2)[1] = most;
  return absl::OkStatus();
}

using SplitFn = std::function<Strings(absl::string_view text, absl::string_view separator)>;

absl::Status PrepareSplit(KernelPrepare& k, const SplitFn& split) {
  if (k.In(0).shape().rank() != 1) return k.InvalidInput(0, "must be a vector");
  if (k.In(1).shape().num_elements() != 1) return k.InvalidInput(1, "must be a scalar");
  k.Out(0).Unsized();
  k.Out(1).Unsized();
  k.Out(2).SetShape(Shape({2}));
  return k.Run([split](KernelRun& r) -> absl::Status {
    const std::string& separator = *r.In<std::string>(1);
    std::vector<Strings> pieces;
    for (const std::string& text : r.In(0).values<std::string>()) {
      pieces.push_back(split(text, separator));
    }
    return WritePieces(r, pieces);
  });
}

absl::Status PrepareStringSplit(KernelPrepare& k) {
  const bool skip_empty = k.Attr<bool>("skip_empty");
  return PrepareSplit(k, [=](absl::string_view text, absl::string_view delimiters) {
    return SplitAtBytes(text, delimiters, skip_empty);
  });
}

absl::Status PrepareStringSplitV2(KernelPrepare& k) {
  const int64_t maxsplit = k.Attr<int64_t>("maxsplit");
  return PrepareSplit(k, [=](absl::string_view text, absl::string_view separator) {
    if (maxsplit == 0) return Strings{text};
    return separator.empty() ? SplitAtSpaces(text, maxsplit)
                             : SplitAtString(text, separator, maxsplit);
  });
}

}  // namespace

void RegisterStringKernels(KernelRegistry& kernels) {
  kernels.Add("StringJoin", "CPU", PrepareStringJoin);
  kernels.Add("ReduceJoin", "CPU", PrepareReduceJoin);
  kernels.Add("AsString", "CPU", PrepareAsString);
  kernels.Add("StringToNumber", "CPU", PrepareStringToNumber);
  kernels.Add("Substr", "CPU", PrepareSubstr);
  kernels.Add("StringLength", "CPU", PrepareStringLength);
  kernels.Add("StringLower", "CPU",
              EachString([](absl::string_view s) { return absl::AsciiStrToLower(s); }));
  kernels.Add("StringUpper", "CPU",
              EachString([](absl::string_view s) { return absl::AsciiStrToUpper(s); }));
  kernels.Add("StringStrip", "CPU", EachString([](absl::string_view s) {
                return std::string(absl::StripAsciiWhitespace(s));
              }));
  kernels.Add("StringSplit", "CPU", PrepareStringSplit);
  kernels.Add("StringSplitV2", "CPU", PrepareStringSplitV2);
}

}  // namespace weir
