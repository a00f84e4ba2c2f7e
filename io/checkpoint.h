#ifndef WEIR_IO_CHECKPOINT_H_
#define WEIR_IO_CHECKPOINT_H_

// Reading of checkpoints, of whichever format.

#include <memory>
#include <string>
#include <vector>

#include "weir/core/env.h"
#include "weir/core/tensor.h"
#include "weir/io/slice_spec.h"

namespace weir {

// Named tensors on disk. Everything read is checked against its checksum, and every size against
// the files before memory is taken for it; damage is DataLoss naming the file. Thread rule: safe
// from any thread.
class CheckpointReader {
 public:
  struct Info {
    std::string name;
    DataType dtype = DT_INVALID;
    Shape shape;          // Of the whole tensor.
    bool sliced = false;  // Stored in parts.
  };

  virtual ~CheckpointReader() = default;

  // All tensors, sorted by name.
  virtual absl::StatusOr<std::vector<Info>> List() const = 0;
  // NotFound "Key w not found in checkpoint".
  virtual absl::StatusOr<Info> Find(const std::string& name) const = 0;
  virtual absl::StatusOr<Tensor> Read(const std::string& name,
                                      Allocator& allocator = HeapAllocator()) const = 0;
  // A part of a tensor, put together from whatever parts are stored. InvalidArgument when they do
  // not cover it.
  virtual absl::StatusOr<Tensor> ReadSlice(const std::string& name, const TensorSlice& slice,
                                           Allocator& allocator = HeapAllocator()) const = 0;
};

// The checkpoint `prefix`: a tensor bundle when there is `prefix.index`, else a file (or files:
// '?' and '*' in the last part of the path stand for one and for any characters) of the older
// format. NotFound when there is neither.
absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenCheckpoint(Env& env,
                                                                 const std::string& prefix);

// True when OpenCheckpoint would find files.
bool CheckpointExists(Env& env, const std::string& prefix);

}  // namespace weir

#endif  // WEIR_IO_CHECKPOINT_H_
