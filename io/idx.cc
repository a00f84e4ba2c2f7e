#include "weir/io/idx.h"

#include <limits>

#include "weir/io/byte_stream.h"
#include "weir/io/coding.h"

namespace weir {
namespace {

struct IdxType {
  uint8_t code;
  DataType dtype;
};
constexpr IdxType kTypes[] = {{0x08, DT_UINT8}, {0x09, DT_INT8},  {0x0b, DT_INT16},
                              {0x0c, DT_INT32}, {0x0d, DT_FLOAT}, {0x0e, DT_DOUBLE}};

// Reads an array whose data has at most `byte_limit` bytes.
absl::StatusOr<Tensor> ReadArray(ByteStream& in, uint64_t byte_limit) {
  const auto damaged = [&](absl::string_view what) {
    return DataLoss("'", in.path(), "' is no IDX file: ", what);
  };
  char start[4];
  RETURN_IF_ERROR(in.ReadExactly(sizeof(start), start));
  if (start[0] != 0 || start[1] != 0) return damaged("bad magic number");
  DataType dtype = DT_INVALID;
  for (const IdxType& type : kTypes) {
    if (type.code == static_cast<uint8_t>(start[2])) dtype = type.dtype;
  }
  if (dtype == DT_INVALID) return damaged("unknown element type");
  Dims dims;
  for (int i = 0; i < static_cast<uint8_t>(start[3]); ++i) {
    char dim[4];
    RETURN_IF_ERROR(in.ReadExactly(sizeof(dim), dim));
    dims.push_back(LoadInt<uint32_t>(dim, std::endian::big));
  }
  const absl::StatusOr<Shape> shape = Shape::Make(dims);
  if (!shape.ok()) return damaged(shape.status().message());
  const absl::StatusOr<size_t> bytes = Tensor::ByteSize(dtype, *shape);
  if (!bytes.ok()) return damaged(bytes.status().message());
  if (*bytes > byte_limit) {
    return damaged(absl::StrCat("an array of shape ", shape->ToString(), " does not fit in it"));
  }
  ASSIGN_OR_RETURN(Tensor tensor, Tensor::Make(dtype, *shape));
  RETURN_IF_ERROR(in.ReadExactly(*bytes, tensor.mutable_raw_data()));
  const size_t width = DataTypeSize(dtype);
  if (width > 1) SwapBytes(tensor.mutable_raw_data(), width, *bytes / width);
  char more;
  ASSIGN_OR_RETURN(const size_t left_over, in.Read(1, &more));
  if (left_over > 0) return damaged("bytes are left over behind the array");
  return tensor;
}

}  // namespace

absl::StatusOr<Tensor> ReadIdx(Env& env, const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, env.NewRandomAccessFile(path));
  ASSIGN_OR_RETURN(const uint64_t size, env.FileSize(path));
  char magic[2] = {};
  RETURN_IF_ERROR(file->Read(0, sizeof(magic), magic).status());
  FileStream stored(*file);
  if (magic[0] != '\x1f' || magic[1] != '\x8b') return ReadArray(stored, size);
  const std::unique_ptr<ByteStream> unpacked = NewInflateStream(stored, Compression::kGzip);
  const bool small = size < std::numeric_limits<uint64_t>::max() / kMaxDeflateRatio;
  return ReadArray(*unpacked, small ? size * kMaxDeflateRatio : size);
}

absl::Status WriteIdx(Env& env, const std::string& path, const Tensor& tensor) {
  std::string header(2, '\0');
  for (const IdxType& type : kTypes) {
    if (type.dtype == tensor.dtype()) header.push_back(static_cast<char>(type.code));
  }
  if (header.size() != 3 || tensor.rank() > 255) {
    return InvalidArgument("IDX files have no arrays of type ", DataTypeName(tensor.dtype()),
                           " and rank ", tensor.rank());
  }
  header.push_back(static_cast<char>(tensor.rank()));
  for (const int64_t dim : tensor.shape().dims()) {
    if (dim > std::numeric_limits<uint32_t>::max()) {
      return InvalidArgument("IDX files have no arrays of shape ", tensor.shape().ToString());
    }
    std::string bytes;
    AppendInt(static_cast<uint32_t>(dim), &bytes);
    header.append(bytes.rbegin(), bytes.rend());
  }
  std::string data(tensor.raw_data(), tensor.bytes());
  const size_t width = DataTypeSize(tensor.dtype());
  if (width > 1) SwapBytes(data.data(), width, data.size() / width);
  return env.AtomicWriteFile(path, header + data);
}

}  // namespace weir
