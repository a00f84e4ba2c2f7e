#include <algorithm>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "weir/core/crc32c.h"
#include "weir/io/bundle_files.h"
#include "weir/io/coding.h"
#include "weir/io/tensor_bundle.h"

namespace weir {
namespace {

// Lengths, their checksum, then all bytes. The checksum of the lengths is over fixed-width
// integers, and the entry's goes on from there over what is stored behind the lengths.
absl::Status AppendStrings(const Tensor& tensor, WritableFile& file, BundleEntryProto& entry) {
  std::string lengths;
  uint32_t crc = 0;
  uint64_t total = 0;
  for (const std::string& s : tensor.values<std::string>()) {
    AppendVarint(s.size(), &lengths);
    std::string fixed;
    if (s.size() <= std::numeric_limits<uint32_t>::max()) {
      AppendInt(static_cast<uint32_t>(s.size()), &fixed);
    } else {
      AppendInt(static_cast<uint64_t>(s.size()), &fixed);
    }
    crc = ExtendCrc32c(crc, fixed.data(), fixed.size());
    total += s.size();
  }
  std::string masked;
  AppendInt(MaskCrc(crc), &masked);
  crc = ExtendCrc32c(crc, masked.data(), masked.size());
  lengths += masked;
  RETURN_IF_ERROR(file.Append(lengths));
  for (const std::string& s : tensor.values<std::string>()) {
    crc = ExtendCrc32c(crc, s.data(), s.size());
    RETURN_IF_ERROR(file.Append(s));
  }
  entry.set_size(static_cast<int64_t>(lengths.size() + total));
  entry.set_crc32c(MaskCrc(crc));
  return absl::OkStatus();
}

absl::Status AppendPlain(const Tensor& tensor, WritableFile& file, BundleEntryProto& entry) {
  // In pieces that stay in the cache between the checksum and the copy.
  constexpr size_t kPiece = 1 << 20;
  const absl::string_view bytes(tensor.raw_data(), tensor.bytes());
  uint32_t crc = 0;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    const absl::string_view piece = bytes.substr(at, kPiece);
    crc = ExtendCrc32c(crc, piece.data(), piece.size());
    RETURN_IF_ERROR(file.Append(piece));
  }
  entry.set_size(static_cast<int64_t>(bytes.size()));
  entry.set_crc32c(MaskCrc(crc));
  return absl::OkStatus();
}

// Takes the digits at the front of `text`.
absl::string_view TakeDigits(absl::string_view* text) {
  const size_t n = std::min(text->find_first_not_of("0123456789"), text->size());
  const absl::string_view digits = text->substr(0, n);
  text->remove_prefix(n);
  return digits;
}

std::string TemporaryPath(Env& env, const std::string& path) {
  return absl::StrCat(path, kBundleTemporaryMark, env.Random64());
}

}  // namespace

std::string BundleIndexPath(absl::string_view prefix) { return absl::StrCat(prefix, ".index"); }

std::string BundleDataPath(absl::string_view prefix, int shard, int num_shards) {
  return absl::StrFormat("%s.data-%05d-of-%05d", prefix, shard, num_shards);
}

absl::Status WriteBundleIndex(Env& env, const std::string& path, const BundleHeaderProto& header,
                              const std::map<std::string, BundleEntryProto>& entries) {
  ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, env.NewWritableFile(path));
  TableBuilder table(*file);
  RETURN_IF_ERROR(table.Add("", header.SerializeAsString()));
  for (const auto& [key, entry] : entries) {
    RETURN_IF_ERROR(table.Add(key, entry.SerializeAsString()));
  }
  RETURN_IF_ERROR(table.Finish());
  RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

void RemoveBundleStrays(Env& env, const std::string& prefix, int num_shards) {
  const std::string directory = DirectoryOf(prefix);
  const std::string base = BaseName(prefix);
  const std::string count = absl::StrFormat("%05d", num_shards);
  const absl::StatusOr<std::vector<std::string>> names = env.ListDirectory(directory);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, base)) continue;
    bool stray = absl::StartsWith(rest, absl::StrCat(".index", kBundleTemporaryMark));
    if (absl::ConsumePrefix(&rest, ".data-") && !TakeDigits(&rest).empty() &&
        absl::ConsumePrefix(&rest, "-of-")) {
      const absl::string_view of = TakeDigits(&rest);
      stray = (rest.empty() && !of.empty() && of != count) ||
              absl::StartsWith(rest, kBundleTemporaryMark);
    }
    if (stray) (void)env.DeleteFile(JoinPath(directory, name));
  }
}

BundleWriter::BundleWriter(Env& env, std::string prefix)
    : env_(env),
      prefix_(std::move(prefix)),
      data_path_(TemporaryPath(env, BundleDataPath(prefix_, 0, 1))),
      index_path_(TemporaryPath(env, BundleIndexPath(prefix_))) {}

absl::StatusOr<std::unique_ptr<BundleWriter>> BundleWriter::Create(Env& env,
                                                                   const std::string& prefix) {
  if (prefix.empty() || prefix.back() == '/') {
    return InvalidArgument("'", prefix, "' is no prefix of a checkpoint's files");
  }
  std::unique_ptr<BundleWriter> writer(new BundleWriter(env, prefix));
  ASSIGN_OR_RETURN(writer->data_, env.NewWritableFile(writer->data_path_));
  return writer;
}

BundleWriter::~BundleWriter() {
  if (finished_) return;
  data_.reset();
  (void)env_.DeleteFile(data_path_);
  (void)env_.DeleteFile(index_path_);
}

absl::Status BundleWriter::Guarded(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
  return status_;
}

absl::Status BundleWriter::Add(const std::string& name, const Tensor& tensor) {
  RETURN_IF_ERROR(status_);
  if (name.empty()) return Guarded(InvalidArgument("a tensor in a checkpoint needs a name"));
  return Guarded(AddData(name, tensor));
}

absl::Status BundleWriter::AddSlice(const std::string& name, const Shape& full,
                                    const TensorSlice& slice, const Tensor& tensor) {
  RETURN_IF_ERROR(status_);
  return Guarded(AddSliceImpl(name, full, slice, tensor));
}

absl::Status BundleWriter::CheckNew(const std::string& key) const {
  if (entries_.count(key) == 0) return absl::OkStatus();
  return InvalidArgument("Adding duplicate key: ", absl::Utf8SafeCHexEscape(key));
}

absl::Status BundleWriter::AddData(const std::string& key, const Tensor& tensor) {
  RETURN_IF_ERROR(CheckNew(key));
  const bool strings = tensor.dtype() == DT_STRING;
  if (!tensor.initialized() || (!strings && !IsPlainType(tensor.dtype()))) {
    return InvalidArgument("a ", DataTypeName(tensor.dtype()),
                           " tensor cannot be saved in a checkpoint");
  }
  BundleEntryProto entry;
  entry.set_dtype(tensor.dtype());
  tensor.shape().ToProto(entry.mutable_shape());
  entry.set_offset(static_cast<int64_t>(data_size_));
  RETURN_IF_ERROR(strings ? AppendStrings(tensor, *data_, entry)
                          : AppendPlain(tensor, *data_, entry));
  data_size_ += static_cast<uint64_t>(entry.size());
  entries_.emplace(key, std::move(entry));
  return absl::OkStatus();
}

absl::Status BundleWriter::AddSliceImpl(const std::string& name, const Shape& full,
                                        const TensorSlice& slice, const Tensor& tensor) {
  if (name.empty()) return InvalidArgument("a tensor in a checkpoint needs a name");
  ASSIGN_OR_RETURN(const Shape shape, slice.ShapeWithin(full));
  if (shape != tensor.shape()) {
    return InvalidArgument("slice ", slice.ToString(), " of '", name, "' has shape ",
                           shape.ToString(), ", but the tensor has ", tensor.shape().ToString());
  }
  if (shape == full) return AddData(name, tensor);
  BundleEntryProto whole;
  whole.set_dtype(tensor.dtype());
  full.ToProto(whole.mutable_shape());
  const auto at = entries_.find(name);
  if (at != entries_.end()) {
    const BundleEntryProto& known = at->second;
    if (known.slices().empty()) return CheckNew(name);
    if (known.dtype() != whole.dtype() ||
        known.shape().SerializeAsString() != whole.shape().SerializeAsString()) {
      return InvalidArgument("slices of '", name, "' differ in the type or shape of the tensor");
    }
  }
  RETURN_IF_ERROR(AddData(SliceKey(name, slice), tensor));
  BundleEntryProto& entry = entries_.emplace(name, std::move(whole)).first->second;
  slice.ToProto(entry.add_slices());
  return absl::OkStatus();
}

absl::Status BundleWriter::Finish() {
  RETURN_IF_ERROR(status_);
  RETURN_IF_ERROR(Guarded(FinishImpl()));
  finished_ = true;
  status_ = FailedPrecondition("the checkpoint '", prefix_, "' is finished");
  return absl::OkStatus();
}

absl::Status BundleWriter::FinishImpl() {
  RETURN_IF_ERROR(data_->Sync());
  RETURN_IF_ERROR(data_->Close());
  BundleHeaderProto header;
  header.set_num_shards(1);
  header.mutable_version()->set_producer(1);
  RETURN_IF_ERROR(WriteBundleIndex(env_, index_path_, header, entries_));

  // An older data file of the same name is kept aside until the new index is in place.
  const std::string data = BundleDataPath(prefix_, 0, 1);
  const std::string aside = TemporaryPath(env_, data);
  const bool replaces = env_.FileExists(data);
  if (replaces) RETURN_IF_ERROR(env_.RenameFile(data, aside));
  absl::Status status = env_.RenameFile(data_path_, data);
  if (status.ok()) {
    status = env_.RenameFile(index_path_, BundleIndexPath(prefix_));
    if (!status.ok()) (void)env_.DeleteFile(data);
  }
  if (!status.ok()) {
    if (replaces) (void)env_.RenameFile(aside, data);
    return status;
  }
  // Also when syncing fails: the new files are the ones that readers see.
  status = env_.SyncDirectory(DirectoryOf(prefix_));
  RemoveBundleStrays(env_, prefix_, 1);
  return status;
}

}  // namespace weir
