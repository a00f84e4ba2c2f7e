#include <utility>

#include "weir/io/bundle_files.h"
#include "weir/io/tensor_bundle.h"

namespace weir {

// Gathers the entries of all inputs, then moves the files.
class BundleMerger {
 public:
  BundleMerger(Env& env, std::string destination)
      : env_(env), destination_(std::move(destination)) {}

  absl::Status Gather(const std::string& prefix) {
    ASSIGN_OR_RETURN(const std::unique_ptr<BundleReader> reader, BundleReader::Open(env_, prefix));
    const BundleHeaderProto& header = reader->header();
    if (prefixes_.empty()) {
      header_ = header;
    } else {
      if (header.endianness() != header_.endianness() ||
          header.version().SerializeAsString() != header_.version().SerializeAsString()) {
        return InvalidArgument("'", prefix, "' and '", prefixes_[0],
                               "' differ in byte order or version and cannot be merged");
      }
      int shards;
      if (__builtin_add_overflow(header_.num_shards(), header.num_shards(), &shards)) {
        return InvalidArgument("too many shards in '", prefix, "'");
      }
      header_.set_num_shards(shards);
    }
    prefixes_.push_back(prefix);
    Table::Iterator it(reader->table_);
    RETURN_IF_ERROR(it.SeekToFirst());
    for (; it.valid();) {
      if (!it.key().empty()) RETURN_IF_ERROR(AddEntry(*reader, it.key(), it.value()));
      RETURN_IF_ERROR(it.Next());
    }
    for (int i = 0; i < header.num_shards(); ++i) {
      std::string path = BundleDataPath(prefix, i, header.num_shards());
      if (numbers_.count(path) > 0) continue;
      const absl::StatusOr<uint64_t> size = env_.FileSize(path);
      if (!size.ok()) break;  // A count of shards without files: nothing to tidy.
      if (*size == 0) empty_files_.push_back(std::move(path));
    }
    return absl::OkStatus();
  }

  // On an error all files are back where they were, unless in_place().
  absl::Status Move() {
    const std::string index = BundleIndexPath(destination_);
    const std::string temporary = absl::StrCat(index, kBundleTemporaryMark, env_.Random64());
    std::vector<std::pair<std::string, std::string>> moved;
    const auto rename = [&](const std::string& from, const std::string& to) {
      const absl::Status status = env_.RenameFile(from, to);
      if (status.ok()) moved.emplace_back(from, to);
      return status;
    };
    const auto move = [&]() -> absl::Status {
      RETURN_IF_ERROR(WriteBundleIndex(env_, temporary, header_, entries_));
      for (size_t i = 0; i < data_files_.size(); ++i) {
        const std::string to =
            BundleDataPath(destination_, static_cast<int>(i), header_.num_shards());
        // An older checkpoint's data is kept aside until the new index is in place.
        if (to != data_files_[i] && env_.FileExists(to)) {
          RETURN_IF_ERROR(rename(to, absl::StrCat(to, kBundleTemporaryMark, env_.Random64())));
        }
        RETURN_IF_ERROR(rename(data_files_[i], to));
      }
      return env_.RenameFile(temporary, index);
    };
    const absl::Status status = move();
    if (!status.ok()) {
      for (; !moved.empty(); moved.pop_back()) {
        (void)env_.RenameFile(moved.back().second, moved.back().first);
      }
      (void)env_.DeleteFile(temporary);
      return status;
    }
    in_place_ = true;
    return env_.SyncDirectory(DirectoryOf(destination_));
  }

  // The merged checkpoint is the one that readers see.
  bool in_place() const { return in_place_; }

  // Removes what is left of the inputs. Their data is safe, so failures do no harm.
  void CleanUp(bool delete_directories) {
    for (const std::string& prefix : prefixes_) {
      if (prefix != destination_) (void)env_.DeleteFile(BundleIndexPath(prefix));
    }
    // Shards without a tensor were not moved.
    for (const std::string& path : empty_files_) (void)env_.DeleteFile(path);
    RemoveBundleStrays(env_, destination_, header_.num_shards());
    if (!delete_directories) return;
    const std::string kept = DirectoryOf(destination_);
    for (const std::string& prefix : prefixes_) {
      const std::string directory = DirectoryOf(prefix);
      if (directory != kept) (void)env_.DeleteDirectory(directory);
    }
  }

 private:
  absl::Status AddEntry(const BundleReader& reader, absl::string_view key,
                        absl::string_view value) {
    ASSIGN_OR_RETURN(BundleReader::Entry entry, reader.ParseEntry(key, value));
    BundleEntryProto& proto = entry.proto;
    const auto at = entries_.find(std::string(key));
    if (at != entries_.end()) return AddSlices(key, proto, at->second);
    if (proto.slices().empty()) {
      // The data must be there before anything is moved; of types that are not known here, the
      // size cannot be checked.
      const absl::Status extent = reader.CheckExtent(entry).status();
      if (!extent.ok() && !absl::IsUnimplemented(extent)) return extent;
      std::string path =
          BundleDataPath(reader.prefix(), proto.shard_id(), reader.header().num_shards());
      const auto [number, is_new] =
          numbers_.emplace(std::move(path), static_cast<int>(data_files_.size()));
      if (is_new) data_files_.push_back(number->first);
      proto.set_shard_id(number->second);
    }
    entries_.emplace(std::string(key), std::move(proto));
    return absl::OkStatus();
  }

  absl::Status AddSlices(absl::string_view key, const BundleEntryProto& from,
                         BundleEntryProto& to) {
    if (from.slices().empty() || to.slices().empty()) {
      return InvalidArgument("tensor '", key, "' is in several of the checkpoints to merge");
    }
    if (from.dtype() != to.dtype() ||
        from.shape().SerializeAsString() != to.shape().SerializeAsString()) {
      return InvalidArgument("the slices of tensor '", key,
                             "' differ in the type or shape of the tensor");
    }
    to.mutable_slices()->MergeFrom(from.slices());
    return absl::OkStatus();
  }

  Env& env_;
  const std::string destination_;
  std::vector<std::string> prefixes_;
  BundleHeaderProto header_;
  std::map<std::string, BundleEntryProto> entries_;
  std::vector<std::string> data_files_;  // In the order of their new numbers.
  std::vector<std::string> empty_files_;
  std::map<std::string, int> numbers_;  // The new number of each data file.
  bool in_place_ = false;
};

absl::Status MergeBundles(Env& env, absl::Span<const std::string> prefixes,
                          const std::string& destination, bool delete_old_directories) {
  if (prefixes.empty()) return InvalidArgument("no checkpoints to merge");
  BundleMerger merger(env, destination);
  for (const std::string& prefix : prefixes) RETURN_IF_ERROR(merger.Gather(prefix));
  const absl::Status status = merger.Move();
  if (merger.in_place()) merger.CleanUp(delete_old_directories);
  return status;
}

}  // namespace weir
