#ifndef WEIR_IO_TENSOR_BUNDLE_H_
#define WEIR_IO_TENSOR_BUNDLE_H_

// Checkpoints ("tensor bundles"): named tensors in `prefix.data-*-of-*`, and a sorted table
// `prefix.index` that says where (docs/formats.md, "Checkpoint").

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "weir/core/env.h"
#include "weir/core/mutex.h"
#include "weir/core/tensor.h"
#include "weir/io/checkpoint.h"
#include "weir/io/slice_spec.h"
#include "weir/io/table.h"
#include "weir/proto/tensor_bundle.pb.h"

namespace weir {

// "prefix.index" and "prefix.data-00001-of-00004".
std::string BundleIndexPath(absl::string_view prefix);
std::string BundleDataPath(absl::string_view prefix, int shard, int num_shards);

// Writes a checkpoint of one shard. The files appear under their names only in Finish, the index
// last: until then, and after any error, an older checkpoint of the same prefix stays as it was.
// After an error every call returns it. Thread rule: one thread at a time; one writer per prefix.
class BundleWriter {
 public:
  // The directory of `prefix` must exist.
  static absl::StatusOr<std::unique_ptr<BundleWriter>> Create(Env& env, const std::string& prefix);
  // Removes the temporary files unless Finish succeeded.
  ~BundleWriter();

  // InvalidArgument for a name that is empty or was added before ("Adding duplicate key: w"), and
  // for resources and variants.
  absl::Status Add(const std::string& name, const Tensor& tensor);

  // One part of a tensor of shape `full`; the others follow, here or in another bundle that is
  // merged with this one. A slice that is all of the tensor is stored as by Add.
  absl::Status AddSlice(const std::string& name, const Shape& full, const TensorSlice& slice,
                        const Tensor& tensor);

  // Waits until the files are on the device, gives them their names, and removes what older or
  // broken saves left under this prefix.
  absl::Status Finish();

 private:
  BundleWriter(Env& env, std::string prefix);
  absl::Status Guarded(absl::Status status);
  absl::Status CheckNew(const std::string& key) const;
  absl::Status AddData(const std::string& key, const Tensor& tensor);
  absl::Status AddSliceImpl(const std::string& name, const Shape& full, const TensorSlice& slice,
                            const Tensor& tensor);
  absl::Status FinishImpl();

  Env& env_;
  const std::string prefix_;
  const std::string data_path_;   // Temporary.
  const std::string index_path_;  // Temporary.
  std::unique_ptr<WritableFile> data_;
  uint64_t data_size_ = 0;
  std::map<std::string, BundleEntryProto> entries_;
  absl::Status status_;
  bool finished_ = false;
};

// Reads a checkpoint of any number of shards, of either byte order.
class BundleReader final : public CheckpointReader {
 public:
  // NotFound when there is no index file.
  static absl::StatusOr<std::unique_ptr<BundleReader>> Open(Env& env, const std::string& prefix);

  // InvalidArgument for a checkpoint whose names take more than 1 GiB.
  absl::StatusOr<std::vector<Info>> List() const override;
  absl::StatusOr<Info> Find(const std::string& name) const override;
  absl::StatusOr<Tensor> Read(const std::string& name,
                              Allocator& allocator = HeapAllocator()) const override;
  absl::StatusOr<Tensor> ReadSlice(const std::string& name, const TensorSlice& slice,
                                   Allocator& allocator = HeapAllocator()) const override;

  const std::string& prefix() const { return prefix_; }
  const BundleHeaderProto& header() const { return header_; }

 private:
  friend class BundleMerger;
  struct Shard {
    std::unique_ptr<RandomAccessFile> file;
    uint64_t size = 0;
  };
  // An entry whose dtype and shape are valid.
  struct Entry {
    BundleEntryProto proto;
    Shape shape;
  };

  BundleReader(Env& env, std::string prefix) : env_(env), prefix_(std::move(prefix)) {}
  absl::StatusOr<Entry> FindEntry(const std::string& key) const;
  absl::StatusOr<Entry> ParseEntry(absl::string_view key, absl::string_view value) const;
  absl::StatusOr<const Shard*> OpenShard(int id) const;
  // The shard, when the entry's bytes lie inside it and are as many as its type and shape take.
  absl::StatusOr<const Shard*> CheckExtent(const Entry& entry) const;
  absl::StatusOr<Tensor> ReadWhole(const Entry& entry, Allocator& allocator) const;
  absl::Status ReadPlain(const Entry& entry, const Shard& shard, Tensor& out) const;
  absl::Status ReadStrings(const Entry& entry, const Shard& shard, Tensor& out) const;
  absl::StatusOr<Tensor> ReadParts(const std::string& name, const Entry& entry,
                                   const TensorSlice& slice, Allocator& allocator) const;

  Env& env_;
  const std::string prefix_;
  std::shared_ptr<const Table> table_;
  BundleHeaderProto header_;
  mutable Mutex mutex_;
  // Those opened so far; never closed before the end.
  mutable std::map<int, Shard> shards_ ABSL_GUARDED_BY(mutex_);
};

// Makes one checkpoint `destination` of several: their data files are renamed, their entries
// merged, their indexes deleted, and, if asked, their directories where they are then empty. A
// tensor may be in several only in parts (InvalidArgument otherwise). On error before the new index
// is in place the inputs stay as they were.
absl::Status MergeBundles(Env& env, absl::Span<const std::string> prefixes,
                          const std::string& destination, bool delete_old_directories = true);

}  // namespace weir

#endif  // WEIR_IO_TENSOR_BUNDLE_H_
