#ifndef WEIR_IO_CHECKPOINT_V1_H_
#define WEIR_IO_CHECKPOINT_V1_H_

// Checkpoints of the older format: each file a sorted table of tensor slices (docs/formats.md,
// "Checkpoint, version 1"). They are read only.

#include <map>

#include "weir/io/checkpoint.h"
#include "weir/io/slice_box.h"
#include "weir/io/table.h"
#include "weir/proto/saved_tensor_slice.pb.h"

namespace weir {

class CheckpointV1Reader final : public CheckpointReader {
 public:
  // `pattern` as for OpenCheckpoint. NotFound when no file matches.
  static absl::StatusOr<std::unique_ptr<CheckpointV1Reader>> Open(Env& env,
                                                                  const std::string& pattern);

  absl::StatusOr<std::vector<Info>> List() const override;
  absl::StatusOr<Info> Find(const std::string& name) const override;
  absl::StatusOr<Tensor> Read(const std::string& name,
                              Allocator& allocator = HeapAllocator()) const override;
  absl::StatusOr<Tensor> ReadSlice(const std::string& name, const TensorSlice& slice,
                                   Allocator& allocator = HeapAllocator()) const override;

 private:
  struct Part {
    TensorSlice slice;
    SliceBox box;
    std::shared_ptr<const Table> table;
  };
  struct Entry {
    DataType dtype = DT_INVALID;
    Shape shape;
    std::vector<Part> parts;
  };

  CheckpointV1Reader() = default;
  absl::Status AddFile(Env& env, const std::string& path);
  absl::Status AddTensor(const std::shared_ptr<const Table>& table, const SavedSliceMeta& meta);
  absl::StatusOr<const Entry*> FindEntry(const std::string& name) const;
  absl::StatusOr<Tensor> ReadPart(const std::string& name, const Entry& entry,
                                  const Part& part) const;

  std::map<std::string, Entry> entries_;
};

// The files that `pattern` names, sorted: itself when it exists, else those of its directory that
// match its last part.
std::vector<std::string> MatchingFiles(Env& env, const std::string& pattern);

}  // namespace weir

#endif  // WEIR_IO_CHECKPOINT_V1_H_
