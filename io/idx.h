#ifndef WEIR_IO_IDX_H_
#define WEIR_IO_IDX_H_

// IDX, the format of the MNIST files: a small header, then row-major big-endian elements.

#include <string>

#include "weir/core/env.h"
#include "weir/core/tensor.h"

namespace weir {

// The array in a file, which may be gzip-compressed (told by its first bytes, not its name):
// uint8, int8, int16, int32, float or double. DataLoss, naming the file, when it is damaged.
absl::StatusOr<Tensor> ReadIdx(Env& env, const std::string& path);

// Writes an uncompressed file; on an error an older one stays. InvalidArgument for other types,
// ranks above 255 and dimensions that do not fit in 32 bits.
absl::Status WriteIdx(Env& env, const std::string& path, const Tensor& tensor);

}  // namespace weir

#endif  // WEIR_IO_IDX_H_
