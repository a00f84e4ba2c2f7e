#ifndef WEIR_IO_NPY_H_
#define WEIR_IO_NPY_H_

// NumPy's array files (.npy) and zip archives of them (.npz). docs/formats.md, "NumPy arrays", says
// which element types correspond. Damage is DataLoss, what is sound but has no counterpart here is
// Unimplemented; both name the file. Writing replaces a file when all went well, and otherwise
// leaves it as it was.

#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "weir/core/env.h"
#include "weir/core/tensor.h"

namespace weir {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

absl::StatusOr<Tensor> ReadNpy(Env& env, const std::string& path);

// All arrays of an archive, stored or deflated, in its order, without the ".npy" of their names.
absl::StatusOr<NamedTensors> ReadNpz(Env& env, const std::string& path);

// Strings are written as bytes of the longest one's length, which cannot end in zeros:
// InvalidArgument for such strings, and for resources and variants.
absl::Status WriteNpy(Env& env, const std::string& path, const Tensor& tensor);

// A stored (not deflated) archive. InvalidArgument for archives of 4 GiB and more, or a name that
// occurs twice.
absl::Status WriteNpz(Env& env, const std::string& path,
                      absl::Span<const std::pair<std::string, Tensor>> tensors);

}  // namespace weir

#endif  // WEIR_IO_NPY_H_
