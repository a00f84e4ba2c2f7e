#include <algorithm>
#include <cstring>

#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// The common length of the strings, a multiple of the element's size.
absl::StatusOr<size_t> CommonLength(const Tensor& strings, DataType dtype) {
  const absl::Span<const std::string> values = strings.values<std::string>();
  if (values.empty()) return size_t{0};
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].size() != values[0].size()) {
      return InvalidArgument(
          "DecodeRaw requires input strings to all be the same size, but element ", i, " has size ",
          values[i].size(), " != ", values[0].size());
    }
  }
  const size_t size = DataTypeSize(dtype);
  if (values[0].size() % size != 0) {
    return InvalidArgument("Input to DecodeRaw has length ", values[0].size(),
                           " that is not a multiple of ", size, ", the size of ",
                           DataTypeName(dtype));
  }
  return values[0].size();
}

// Turns the bytes of every part of `size` bytes around.
void SwapBytes(char* data, size_t bytes, size_t size) {
  for (size_t at = 0; at < bytes; at += size) std::reverse(data + at, data + at + size);
}

absl::Status PrepareDecodeRaw(KernelPrepare& k) {
  const Shape& bytes = k.In(0).shape();
  if (bytes.rank() >= kMaxRank) return k.InvalidInput(0, "has too many dimensions");
  const DataType dtype = k.OutType(0);
  // The two parts of a complex number are swapped each on its own.
  const size_t part = DataTypeSize(dtype) / (IsComplexType(dtype) ? 2 : 1);
  const bool swap = !k.Attr<bool>("little_endian") && part > 1;
  k.Out(0).Unsized();
  return k.Run([=](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(const size_t length, CommonLength(r.In(0), dtype));
    Dims dims(r.In(0).shape().dims().begin(), r.In(0).shape().dims().end());
    dims.push_back(static_cast<int64_t>(length / DataTypeSize(dtype)));
    ASSIGN_OR_RETURN(const Shape output, Shape::Make(dims));
    RETURN_IF_ERROR(r.AllocateOutput(0, dtype, output));
    char* out = r.Out(0).mutable_raw_data();
    for (const std::string& s : r.In(0).values<std::string>()) {
      if (length == 0) break;
      std::memcpy(out, s.data(), length);
      if (swap) SwapBytes(out, length, part);
      out += length;
    }
    if (dtype == DT_BOOL) {  // Any byte but zero is true; the type itself knows only 0 and 1.
      uint8_t* truth = r.Out<uint8_t>(0);
      for (int64_t i = 0; i < output.num_elements(); ++i) truth[i] = truth[i] != 0 ? 1 : 0;
    }
    return absl::OkStatus();
  });
}

}  // namespace

void RegisterDecodeRawKernels(KernelRegistry& kernels) {
  kernels.Add("DecodeRaw", "CPU", PrepareDecodeRaw);
}

}  // namespace weir
