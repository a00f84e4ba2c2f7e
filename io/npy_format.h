#ifndef WEIR_IO_NPY_FORMAT_H_
#define WEIR_IO_NPY_FORMAT_H_

// One array in NumPy's format, wherever it lies.

#include <cstdint>
#include <string>

#include "weir/core/tensor.h"
#include "weir/io/byte_stream.h"

namespace weir {

// Reads an array of at most `byte_limit` bytes of data from `in`.
absl::StatusOr<Tensor> ReadNpyArray(ByteStream& in, uint64_t byte_limit);

// The header of a tensor's file; its data follows.
absl::StatusOr<std::string> NpyHeader(const Tensor& tensor);
// The data: the tensor's own bytes, or `storage` filled with padded strings.
absl::string_view NpyData(const Tensor& tensor, std::string* storage);

}  // namespace weir

#endif  // WEIR_IO_NPY_FORMAT_H_
