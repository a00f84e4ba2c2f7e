#include "weir/io/checkpoint_v1.h"

#include <limits>

#include "absl/strings/escaping.h"
#include "weir/io/tensor_bundle.h"
#include "weir/proto/tensor.pb.h"

namespace weir {
namespace {

constexpr int kCheckpointVersion = 1;

bool Matches(absl::string_view pattern, absl::string_view name) {
  // The usual linear scan: on a mismatch, the last star takes one character more.
  size_t p = 0, n = 0, star = absl::string_view::npos, star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// How many elements the typed field of a stored slice holds.
int64_t StoredElements(const TensorProto& proto) {
  switch (proto.dtype()) {
    case DT_FLOAT: return proto.float_val_size();
    case DT_DOUBLE: return proto.double_val_size();
    case DT_INT64: return proto.int64_val_size();
    case DT_UINT32: return proto.uint32_val_size();
    case DT_UINT64: return proto.uint64_val_size();
    case DT_BOOL: return proto.bool_val_size();
    case DT_STRING: return proto.string_val_size();
    case DT_COMPLEX64: return proto.scomplex_val_size() / 2;
    case DT_COMPLEX128: return proto.dcomplex_val_size() / 2;
    case DT_HALF:
    case DT_BFLOAT16: return proto.half_val_size();
    default: return proto.int_val_size();
  }
}

template <typename Message>
bool Parse(const std::string& bytes, Message* message) {
  return bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max()) &&
         message->ParseFromString(bytes);
}

}  // namespace

std::vector<std::string> MatchingFiles(Env& env, const std::string& pattern) {
  if (env.FileExists(pattern) && !env.IsDirectory(pattern)) return {pattern};
  const std::string base = BaseName(pattern);
  std::vector<std::string> paths;
  if (base.find_first_of("?*") == std::string::npos) return paths;
  const std::string directory = DirectoryOf(pattern);
  const absl::StatusOr<std::vector<std::string>> names = env.ListDirectory(directory);
  if (!names.ok()) return paths;
  for (const std::string& name : *names) {
    if (Matches(base, name)) paths.push_back(JoinPath(directory, name));
  }
  return paths;
}

bool CheckpointExists(Env& env, const std::string& prefix) {
  return env.FileExists(BundleIndexPath(prefix)) || !MatchingFiles(env, prefix).empty();
}

absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenCheckpoint(Env& env,
                                                                 const std::string& prefix) {
  if (env.FileExists(BundleIndexPath(prefix)) || MatchingFiles(env, prefix).empty()) {
    ASSIGN_OR_RETURN(std::unique_ptr<BundleReader> reader, BundleReader::Open(env, prefix));
    return std::unique_ptr<CheckpointReader>(std::move(reader));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<CheckpointV1Reader> reader,
                   CheckpointV1Reader::Open(env, prefix));
  return std::unique_ptr<CheckpointReader>(std::move(reader));
}

absl::StatusOr<std::unique_ptr<CheckpointV1Reader>> CheckpointV1Reader::Open(
    Env& env, const std::string& pattern) {
  const std::vector<std::string> paths = MatchingFiles(env, pattern);
  if (paths.empty()) return NotFound("no checkpoint file matches '", pattern, "'");
  std::unique_ptr<CheckpointV1Reader> reader(new CheckpointV1Reader);
  for (const std::string& path : paths) RETURN_IF_ERROR(reader->AddFile(env, path));
  return reader;
}

absl::Status CheckpointV1Reader::AddFile(Env& env, const std::string& path) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Table> table, Table::Open(env, path));
  const absl::StatusOr<std::string> first = Table::Find(table, "");
  if (absl::IsNotFound(first.status())) return DataLoss("'", path, "' has no list of tensors");
  RETURN_IF_ERROR(first.status());
  SavedTensorSlices record;
  if (!Parse(*first, &record)) return DataLoss("'", path, "': the list of tensors is damaged");
  const VersionDef& version = record.meta().versions();
  bool refused = version.min_consumer() > kCheckpointVersion;
  for (const int bad : version.bad_consumers()) refused |= bad == kCheckpointVersion;
  if (refused) {
    return InvalidArgument("'", path, "' does not allow readers of version ", kCheckpointVersion);
  }
  for (const SavedSliceMeta& meta : record.meta().tensor()) {
    RETURN_IF_ERROR(Annotate(
        AddTensor(table, meta),
        absl::StrCat("'", path, "': tensor '", absl::Utf8SafeCHexEscape(meta.name()), "': ")));
  }
  return absl::OkStatus();
}

absl::Status CheckpointV1Reader::AddTensor(const std::shared_ptr<const Table>& table,
                                           const SavedSliceMeta& meta) {
  const DataType dtype = RemoveRef(meta.type());
  if (!IsPlainType(dtype) && dtype != DT_STRING) return DataLoss("no valid element type");
  absl::StatusOr<Shape> shape = Shape::FromProto(meta.shape());
  if (!shape.ok()) return DataLoss(shape.status().message());
  Entry& entry = entries_[meta.name()];
  if (entry.dtype == DT_INVALID) {
    entry.dtype = dtype;
    entry.shape = *std::move(shape);
  } else if (entry.dtype != dtype || entry.shape != *shape) {
    return DataLoss("files differ in its type or shape");
  }
  for (const TensorSliceProto& proto : meta.slice()) {
    Part part;
    absl::StatusOr<TensorSlice> slice = TensorSlice::FromProto(proto);
    if (!slice.ok()) return DataLoss(slice.status().message());
    absl::StatusOr<SliceBox> box = SliceBox::Of(*slice, entry.shape);
    if (!box.ok()) return DataLoss(box.status().message());
    entry.parts.push_back({*std::move(slice), *std::move(box), table});
  }
  return absl::OkStatus();
}

absl::StatusOr<const CheckpointV1Reader::Entry*> CheckpointV1Reader::FindEntry(
    const std::string& name) const {
  const auto at = entries_.find(name);
  if (at != entries_.end()) return &at->second;
  return NotFound("Key ", absl::Utf8SafeCHexEscape(name), " not found in checkpoint");
}

absl::StatusOr<std::vector<CheckpointReader::Info>> CheckpointV1Reader::List() const {
  std::vector<Info> infos;
  for (const auto& [name, entry] : entries_) {
    infos.push_back({name, entry.dtype, entry.shape, entry.parts.size() != 1});
  }
  return infos;
}

absl::StatusOr<CheckpointReader::Info> CheckpointV1Reader::Find(const std::string& name) const {
  ASSIGN_OR_RETURN(const Entry* entry, FindEntry(name));
  return Info{name, entry->dtype, entry->shape, entry->parts.size() != 1};
}

absl::StatusOr<Tensor> CheckpointV1Reader::Read(const std::string& name,
                                                Allocator& allocator) const {
  ASSIGN_OR_RETURN(const Entry* entry, FindEntry(name));
  return ReadSlice(name, TensorSlice::Whole(entry->shape.rank()), allocator);
}

absl::StatusOr<Tensor> CheckpointV1Reader::ReadSlice(const std::string& name,
                                                     const TensorSlice& slice,
                                                     Allocator& allocator) const {
  ASSIGN_OR_RETURN(const Entry* entry, FindEntry(name));
  ASSIGN_OR_RETURN(const SliceBox wanted, SliceBox::Of(slice, entry->shape));
  std::vector<SliceBox> boxes;
  for (const Part& part : entry->parts) boxes.push_back(part.box);
  const absl::StatusOr<std::vector<size_t>> covering = CoveringBoxes(wanted, boxes);
  if (!covering.ok()) {
    return InvalidArgument("Does not have sufficient slices for partitioned tensor ", name,
                           " to restore in slice_spec: ", slice.ToString(), " (",
                           covering.status().message(), ")");
  }
  // All parts are read before memory is taken for the result, whose size is a claim until then.
  std::vector<Tensor> parts;
  for (const size_t i : *covering) {
    ASSIGN_OR_RETURN(Tensor part, ReadPart(name, *entry, entry->parts[i]));
    if (entry->parts[i].box == wanted) return part;
    parts.push_back(std::move(part));
  }
  ASSIGN_OR_RETURN(const Shape shape, slice.ShapeWithin(entry->shape));
  ASSIGN_OR_RETURN(Tensor result, Tensor::Make(entry->dtype, shape, allocator));
  for (size_t p = 0; p < parts.size(); ++p) {
    CopyCommonElements(boxes[(*covering)[p]], parts[p], wanted, result);
  }
  return result;
}

absl::StatusOr<Tensor> CheckpointV1Reader::ReadPart(const std::string& name, const Entry& entry,
                                                    const Part& part) const {
  const auto damaged = [&](absl::string_view what) {
    return DataLoss("'", part.table->path(), "': tensor '", absl::Utf8SafeCHexEscape(name),
                    "': ", what);
  };
  const absl::StatusOr<std::string> value = Table::Find(part.table, SliceKey(name, part.slice));
  if (absl::IsNotFound(value.status())) return damaged("a listed slice is missing");
  RETURN_IF_ERROR(value.status());
  SavedTensorSlices record;
  if (!Parse(*value, &record)) return damaged("a slice cannot be parsed");
  TensorProto& proto = *record.mutable_data()->mutable_data();
  // The message holds values alone: type and shape are those of the list.
  proto.set_dtype(entry.dtype);
  proto.clear_tensor_content();
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(part.box.size));
  shape.ToProto(proto.mutable_tensor_shape());
  if (StoredElements(proto) != shape.num_elements()) {
    return damaged(absl::StrCat("a slice of shape ", shape.ToString(), " has ",
                                StoredElements(proto), " values"));
  }
  absl::StatusOr<Tensor> tensor = TensorFromProto(proto);
  if (!tensor.ok()) return damaged(tensor.status().message());
  return tensor;
}

}  // namespace weir
