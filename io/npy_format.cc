#include "weir/io/npy_format.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "weir/io/coding.h"

namespace weir {
namespace {

constexpr absl::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kMaxHeaderBytes = 1 << 20;
constexpr size_t kAlignment = 64;

// Element types by NumPy's kind and width. The first of a type is how it is written; quantised
// types become the integers that they are made of, and bfloat16 the bare bytes that NumPy knows it
// as.
struct NpyType {
  char kind;
  int width;
  DataType dtype;
};
constexpr NpyType kTypes[] = {
    {'b', 1, DT_BOOL},      {'i', 1, DT_INT8},        {'i', 2, DT_INT16},    {'i', 4, DT_INT32},
    {'i', 8, DT_INT64},     {'u', 1, DT_UINT8},       {'u', 2, DT_UINT16},   {'u', 4, DT_UINT32},
    {'u', 8, DT_UINT64},    {'f', 2, DT_HALF},        {'f', 4, DT_FLOAT},    {'f', 8, DT_DOUBLE},
    {'c', 8, DT_COMPLEX64}, {'c', 16, DT_COMPLEX128}, {'V', 2, DT_BFLOAT16}, {'i', 1, DT_QINT8},
    {'i', 2, DT_QINT16},    {'i', 4, DT_QINT32},      {'u', 1, DT_QUINT8},   {'u', 2, DT_QUINT16},
};

struct Header {
  std::string descr;
  bool fortran_order = false;
  Dims dims;
};

// The dictionary of a header: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class HeaderParser {
 public:
  explicit HeaderParser(absl::string_view text) : in_(text) {}

  // "" when the dictionary is sound, else what is wrong.
  std::string Parse(Header* header) {
    bool descr = false, order = false, shape = false;
    if (!Take("{")) return "it does not begin with '{'";
    while (!Take("}")) {
      std::string key;
      if (!String(&key) || !Take(":")) return "a key is expected";
      bool* const seen = key == "descr"           ? &descr
                         : key == "fortran_order" ? &order
                         : key == "shape"         ? &shape
                                                  : nullptr;
      if (seen == nullptr || *seen) return "an unexpected key";
      *seen = true;
      if (seen == &descr && !String(&header->descr)) return "a structured or unknown type";
      if (seen == &order && !Bool(&header->fortran_order)) return "fortran_order is no bool";
      if (seen == &shape && !Tuple(&header->dims)) return "shape is no tuple of sizes";
      if (!Take(",")) {
        if (!Take("}")) return "',' or '}' is expected";
        break;
      }
    }
    if (!descr || !order || !shape) return "a key is missing";
    SkipSpace();
    return in_.empty() ? "" : "text behind the dictionary";
  }

 private:
  void SkipSpace() {
    while (!in_.empty() && (in_[0] == ' ' || in_[0] == '\n' || in_[0] == '\t')) {
      in_.remove_prefix(1);
    }
  }
  bool Take(absl::string_view token) {
    SkipSpace();
    return absl::ConsumePrefix(&in_, token);
  }
  bool String(std::string* out) {
    SkipSpace();
    if (in_.empty() || (in_[0] != '\'' && in_[0] != '"')) return false;
    const size_t end = in_.find(in_[0], 1);
    if (end == absl::string_view::npos) return false;
    *out = std::string(in_.substr(1, end - 1));
    in_.remove_prefix(end + 1);
    return true;
  }
  bool Bool(bool* out) {
    *out = Take("True");
    return *out || Take("False");
  }
  bool Tuple(Dims* out) {
    if (!Take("(")) return false;
    while (!Take(")")) {
      SkipSpace();
      const size_t digits = std::min(in_.find_first_not_of("0123456789"), in_.size());
      int64_t dim;
      if (!absl::SimpleAtoi(in_.substr(0, digits), &dim)) return false;
      in_.remove_prefix(digits);
      out->push_back(dim);
      (void)Take("L");  // Python 2 wrote long integers so.
      if (!Take(",")) return Take(")");
    }
    return true;
  }

  absl::string_view in_;
};

// What "<f4" says. `width` is the number of bytes per element in the file.
absl::Status ParseDescr(absl::string_view descr, DataType* dtype, int* width, bool* big_endian) {
  const absl::Status unknown = Unimplemented("no element type for NumPy's '", descr, "'");
  absl::string_view rest = descr;
  *big_endian = absl::ConsumePrefix(&rest, ">");
  if (!*big_endian && !rest.empty() && (rest[0] == '<' || rest[0] == '|' || rest[0] == '=')) {
    rest.remove_prefix(1);
  }
  if (rest.empty()) return unknown;
  const char kind = rest[0];
  if (rest == "?") {
    *dtype = DT_BOOL;
    *width = 1;
    return absl::OkStatus();
  }
  if (!absl::SimpleAtoi(rest.substr(1), width) || *width < 0) return unknown;
  if (kind == 'S' || kind == 'a') {
    *dtype = DT_STRING;
    return absl::OkStatus();
  }
  for (const NpyType& type : kTypes) {
    if (type.kind == kind && type.width == *width) {
      *dtype = type.dtype;
      return absl::OkStatus();
    }
  }
  return unknown;
}

// Elements stored with the first index running fastest, brought to row-major order.
void FromColumnMajor(const Tensor& from, const Shape& shape, Tensor& to) {
  const size_t width = DataTypeSize(from.dtype());
  const bool strings = from.dtype() == DT_STRING;
  const int rank = shape.rank();
  Dims step(rank, 1);
  for (int i = 1; i < rank; ++i) step[i] = step[i - 1] * shape.dim(i - 1);
  Dims at(rank, 0);
  int64_t source = 0;
  for (int64_t out = 0; out < shape.num_elements(); ++out) {
    if (strings) {
      to.mutable_data<std::string>()[out] = from.data<std::string>()[source];
    } else {
      std::memcpy(to.mutable_raw_data() + out * width, from.raw_data() + source * width, width);
    }
    for (int i = rank - 1; i >= 0; --i) {
      source += step[i];
      if (++at[i] < shape.dim(i)) break;
      source -= step[i] * shape.dim(i);
      at[i] = 0;
    }
  }
}

absl::Status ReadStrings(ByteStream& in, uint64_t width, Tensor& tensor) {
  std::string element;
  for (std::string& s : tensor.mutable_values<std::string>()) {
    element.clear();
    ASSIGN_OR_RETURN(const uint64_t got, in.ReadGrowing(width, &element));
    if (got < width) return DataLoss("'", in.path(), "' ends within a string");
    // NumPy does not tell zeros at the end from padding.
    s = element.substr(0, element.find_last_not_of('\0') + 1);
  }
  return absl::OkStatus();
}

absl::Status ReadElements(ByteStream& in, int width, bool big_endian, Tensor& tensor) {
  if (tensor.dtype() == DT_STRING) return ReadStrings(in, static_cast<uint64_t>(width), tensor);
  char* const data = tensor.mutable_raw_data();
  RETURN_IF_ERROR(in.ReadExactly(tensor.bytes(), data));
  const size_t unit = IsComplexType(tensor.dtype()) ? width / 2 : width;
  if (big_endian && unit > 1) SwapBytes(data, unit, tensor.bytes() / unit);
  if (tensor.dtype() == DT_BOOL) {
    for (size_t i = 0; i < tensor.bytes(); ++i) data[i] = data[i] != 0;
  }
  return absl::OkStatus();
}

absl::StatusOr<Header> ReadHeader(ByteStream& in) {
  const auto damaged = [&](absl::string_view what) {
    return DataLoss("'", in.path(), "' is no NumPy array: ", what);
  };
  char start[8];
  RETURN_IF_ERROR(in.ReadExactly(sizeof(start), start));
  if (absl::string_view(start, kMagic.size()) != kMagic) return damaged("bad magic number");
  const int version = start[6];
  if (version < 1 || version > 3) return damaged("unknown version");
  const size_t size_bytes = version == 1 ? 2 : 4;
  char size[4];
  RETURN_IF_ERROR(in.ReadExactly(size_bytes, size));
  const size_t bytes = version == 1 ? LoadInt<uint16_t>(size) : LoadInt<uint32_t>(size);
  if (bytes > kMaxHeaderBytes) return damaged("the header is too long");
  std::string text(bytes, '\0');
  RETURN_IF_ERROR(in.ReadExactly(bytes, text.data()));
  Header header;
  const std::string wrong = HeaderParser(text).Parse(&header);
  if (!wrong.empty()) return damaged(absl::StrCat("header: ", wrong));
  return header;
}

// The width of a string element: NumPy has no empty ones.
size_t StringWidth(const Tensor& tensor) {
  size_t width = 1;
  for (const std::string& s : tensor.values<std::string>()) width = std::max(width, s.size());
  return width;
}

}  // namespace

absl::StatusOr<Tensor> ReadNpyArray(ByteStream& in, uint64_t byte_limit) {
  ASSIGN_OR_RETURN(const Header header, ReadHeader(in));
  DataType dtype;
  int width;
  bool big_endian;
  RETURN_IF_ERROR(Annotate(ParseDescr(header.descr, &dtype, &width, &big_endian),
                           absl::StrCat("'", in.path(), "': ")));
  absl::StatusOr<Shape> shape = Shape::Make(header.dims);
  int64_t bytes;
  if (!shape.ok() || !CheckedMul(shape->num_elements(), width, &bytes)) {
    return DataLoss("'", in.path(), "': the array's shape is too large");
  }
  // Strings of no bytes would come in any number for free.
  if (dtype == DT_STRING && width == 0 && shape->num_elements() > 0) bytes = shape->num_elements();
  if (static_cast<uint64_t>(bytes) > byte_limit) {
    return DataLoss("'", in.path(), "' is cut: the array has ", bytes, " bytes, the file only ",
                    byte_limit);
  }
  const bool transpose = header.fortran_order && shape->rank() > 1;
  ASSIGN_OR_RETURN(Tensor tensor, Tensor::Make(dtype, *shape));
  RETURN_IF_ERROR(ReadElements(in, width, big_endian, tensor));
  if (!transpose) return tensor;
  ASSIGN_OR_RETURN(Tensor row_major, Tensor::Make(dtype, *shape));
  FromColumnMajor(tensor, *shape, row_major);
  return row_major;
}

absl::StatusOr<std::string> NpyHeader(const Tensor& tensor) {
  std::string descr;
  if (tensor.dtype() == DT_STRING) {
    for (const std::string& s : tensor.values<std::string>()) {
      if (!s.empty() && s.back() == '\0') {
        return InvalidArgument("NumPy's strings cannot end in zero bytes");
      }
    }
    descr = absl::StrCat("|S", StringWidth(tensor));
  } else {
    for (const NpyType& type : kTypes) {
      if (type.dtype != tensor.dtype()) continue;
      descr = absl::StrCat(type.width == 1 ? "|" : "<", std::string(1, type.kind), type.width);
    }
  }
  if (descr.empty()) {
    return InvalidArgument("NumPy has no arrays of type ", DataTypeName(tensor.dtype()));
  }
  const char* const comma = tensor.rank() == 1 ? "," : "";
  std::string text = absl::StrCat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (",
                                  absl::StrJoin(tensor.shape().dims(), ", "), comma, "), }");
  const size_t before = kMagic.size() + 4;
  text.resize((before + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - before - 1,
              ' ');
  text.push_back('\n');
  std::string header(kMagic);
  header.append("\1\0", 2);
  AppendInt(static_cast<uint16_t>(text.size()), &header);
  return header + text;
}

absl::string_view NpyData(const Tensor& tensor, std::string* storage) {
  if (tensor.dtype() != DT_STRING) return absl::string_view(tensor.raw_data(), tensor.bytes());
  const size_t width = StringWidth(tensor);
  storage->clear();
  for (const std::string& s : tensor.values<std::string>()) {
    storage->append(s);
    storage->append(width - s.size(), '\0');
  }
  return *storage;
}

}  // namespace weir
