#include <limits>
#include <set>

#include "absl/strings/escaping.h"
#include "weir/core/crc32c.h"
#include "weir/io/coding.h"
#include "weir/io/slice_box.h"
#include "weir/io/tensor_bundle.h"

namespace weir {
namespace {

constexpr int kBundleVersion = 1;

// Most that List puts together: keys are prefix-compressed, so a small damaged file can claim much.
constexpr size_t kMaxListBytes = size_t{1} << 30;

absl::Status CheckHeader(const BundleHeaderProto& header) {
  if (header.num_shards() < 1) {
    return DataLoss("the header says ", header.num_shards(), " shards");
  }
  if (header.endianness() != BundleHeaderProto::LITTLE &&
      header.endianness() != BundleHeaderProto::BIG) {
    return DataLoss("the header has an unknown byte order");
  }
  const VersionDef& version = header.version();
  if (version.min_consumer() > kBundleVersion) {
    return InvalidArgument("needs a reader of version ", version.min_consumer(), ", this one has ",
                           kBundleVersion);
  }
  for (const int bad : version.bad_consumers()) {
    if (bad == kBundleVersion) return InvalidArgument("does not allow readers of version ", bad);
  }
  return absl::OkStatus();
}

// The width of the units that byte order applies to.
size_t UnitWidth(DataType dtype) {
  return IsComplexType(dtype) ? DataTypeSize(dtype) / 2 : DataTypeSize(dtype);
}

absl::Status ChecksumMismatch(const std::string& path, const BundleEntryProto& entry,
                              uint32_t calculated) {
  return DataLoss("'", path, "' at byte ", entry.offset(), ": Checksum does not match: stored ",
                  UnmaskCrc(entry.crc32c()), " vs. calculated on the restored bytes ", calculated);
}

}  // namespace

absl::StatusOr<std::unique_ptr<BundleReader>> BundleReader::Open(Env& env,
                                                                 const std::string& prefix) {
  std::unique_ptr<BundleReader> reader(new BundleReader(env, prefix));
  ASSIGN_OR_RETURN(reader->table_, Table::Open(env, BundleIndexPath(prefix)));
  absl::StatusOr<std::string> header = Table::Find(reader->table_, "");
  if (absl::IsNotFound(header.status())) {
    return DataLoss("'", reader->table_->path(), "' has no header entry");
  }
  RETURN_IF_ERROR(header.status());
  if (!reader->header_.ParseFromString(*header)) {
    return DataLoss("'", reader->table_->path(), "': the header entry cannot be parsed");
  }
  RETURN_IF_ERROR(
      Annotate(CheckHeader(reader->header_), absl::StrCat("'", reader->table_->path(), "': ")));
  return reader;
}

absl::StatusOr<BundleReader::Entry> BundleReader::ParseEntry(absl::string_view key,
                                                             absl::string_view value) const {
  Entry entry;
  const auto damaged = [&](absl::string_view what) {
    return DataLoss("'", table_->path(), "': entry '", absl::Utf8SafeCHexEscape(key), "' ", what);
  };
  if (value.size() > static_cast<size_t>(std::numeric_limits<int>::max()) ||
      !entry.proto.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return damaged("cannot be parsed");
  }
  if (!IsValidDataType(entry.proto.dtype())) return damaged("has no valid element type");
  absl::StatusOr<Shape> shape = Shape::FromProto(entry.proto.shape());
  if (!shape.ok()) return damaged(absl::StrCat("has a bad shape: ", shape.status().message()));
  entry.shape = *std::move(shape);
  return entry;
}

absl::StatusOr<BundleReader::Entry> BundleReader::FindEntry(const std::string& key) const {
  absl::StatusOr<std::string> value = Table::Find(table_, key);
  if (absl::IsNotFound(value.status()) || key.empty()) {
    return NotFound("Key ", absl::Utf8SafeCHexEscape(key), " not found in checkpoint");
  }
  RETURN_IF_ERROR(value.status());
  return ParseEntry(key, *value);
}

absl::StatusOr<BundleReader::Info> BundleReader::Find(const std::string& name) const {
  ASSIGN_OR_RETURN(const Entry entry, FindEntry(name));
  return Info{name, entry.proto.dtype(), entry.shape, !entry.proto.slices().empty()};
}

absl::StatusOr<std::vector<BundleReader::Info>> BundleReader::List() const {
  std::vector<Info> infos;
  size_t bytes = 0;
  Table::Iterator it(table_);
  // Slices, whose keys begin with a zero byte, come before all names.
  RETURN_IF_ERROR(it.Seek(absl::string_view("\1", 1)));
  for (; it.valid();) {
    ASSIGN_OR_RETURN(const Entry entry, ParseEntry(it.key(), it.value()));
    bytes += it.key().size() + sizeof(Info);
    if (bytes > kMaxListBytes) {
      return InvalidArgument("'", table_->path(), "' has too many names");
    }
    infos.push_back(
        {std::string(it.key()), entry.proto.dtype(), entry.shape, !entry.proto.slices().empty()});
    RETURN_IF_ERROR(it.Next());
  }
  return infos;
}

absl::StatusOr<const BundleReader::Shard*> BundleReader::OpenShard(int id) const {
  if (id < 0 || id >= header_.num_shards()) {
    return DataLoss("'", table_->path(), "' names shard ", id, " of ", header_.num_shards());
  }
  MutexLock lock(mutex_);
  const auto known = shards_.find(id);
  if (known != shards_.end()) return &known->second;
  const std::string path = BundleDataPath(prefix_, id, header_.num_shards());
  Shard shard;
  ASSIGN_OR_RETURN(shard.file, env_.NewRandomAccessFile(path));
  ASSIGN_OR_RETURN(shard.size, env_.FileSize(path));
  return &shards_.emplace(id, std::move(shard)).first->second;
}

absl::StatusOr<const BundleReader::Shard*> BundleReader::CheckExtent(const Entry& entry) const {
  const BundleEntryProto& proto = entry.proto;
  ASSIGN_OR_RETURN(const Shard* shard, OpenShard(proto.shard_id()));
  const auto damaged = [&](absl::string_view what) {
    return DataLoss("'", shard->file->path(), "' at byte ", proto.offset(), ": ", what);
  };
  const uint64_t offset = static_cast<uint64_t>(proto.offset());
  const uint64_t size = static_cast<uint64_t>(proto.size());
  if (proto.offset() < 0 || proto.size() < 0 || offset > shard->size ||
      size > shard->size - offset) {
    return damaged(absl::StrCat("a tensor of ", proto.size(), " bytes leaves the file, which has ",
                                shard->size));
  }
  const int64_t n = entry.shape.num_elements();
  if (proto.dtype() == DT_STRING) {
    // Each string takes a byte or more for its length, and a checksum follows the lengths.
    if (n == 0 && size == 0) return shard;
    if (size < 4 || static_cast<uint64_t>(n) > size - 4) {
      return damaged(absl::StrCat(n, " strings in ", size, " bytes"));
    }
    return shard;
  }
  if (!IsPlainType(proto.dtype())) {
    return Unimplemented("tensors of type ", DataTypeName(proto.dtype()),
                         " cannot be read from a checkpoint");
  }
  ASSIGN_OR_RETURN(const size_t bytes, Tensor::ByteSize(proto.dtype(), entry.shape));
  if (size != bytes) {
    return damaged(absl::StrCat("a ", DataTypeName(proto.dtype()), " tensor of shape ",
                                entry.shape.ToString(), " in ", size, " bytes instead of ", bytes));
  }
  return shard;
}

absl::StatusOr<Tensor> BundleReader::ReadWhole(const Entry& entry, Allocator& allocator) const {
  ASSIGN_OR_RETURN(const Shard* shard, CheckExtent(entry));
  ASSIGN_OR_RETURN(Tensor tensor, Tensor::Make(entry.proto.dtype(), entry.shape, allocator));
  if (entry.proto.size() == 0) return tensor;
  RETURN_IF_ERROR(entry.proto.dtype() == DT_STRING ? ReadStrings(entry, *shard, tensor)
                                                   : ReadPlain(entry, *shard, tensor));
  return tensor;
}

absl::Status BundleReader::ReadPlain(const Entry& entry, const Shard& shard, Tensor& out) const {
  const size_t bytes = static_cast<size_t>(entry.proto.size());
  char* const data = out.mutable_raw_data();
  // In pieces that stay in the cache between the read and the checksum.
  constexpr size_t kPiece = 1 << 20;
  uint32_t crc = 0;
  for (size_t at = 0; at < bytes; at += kPiece) {
    const size_t piece = std::min(kPiece, bytes - at);
    RETURN_IF_ERROR(shard.file->ReadExactly(entry.proto.offset() + at, piece, data + at));
    crc = ExtendCrc32c(crc, data + at, piece);
  }
  if (MaskCrc(crc) != entry.proto.crc32c()) {
    return ChecksumMismatch(shard.file->path(), entry.proto, crc);
  }
  constexpr auto kNative = std::endian::native == std::endian::little ? BundleHeaderProto::LITTLE
                                                                      : BundleHeaderProto::BIG;
  const size_t width = UnitWidth(out.dtype());
  if (header_.endianness() != kNative && width > 1) SwapBytes(data, width, bytes / width);
  // Any byte but 0 and 1 in a bool object is undefined behaviour.
  if (out.dtype() == DT_BOOL) {
    for (size_t i = 0; i < bytes; ++i) data[i] = data[i] != 0;
  }
  return absl::OkStatus();
}

absl::Status BundleReader::ReadStrings(const Entry& entry, const Shard& shard, Tensor& out) const {
  const auto damaged = [&](absl::string_view what) {
    return DataLoss("'", shard.file->path(), "' at byte ", entry.proto.offset(), ": ", what);
  };
  std::string content(static_cast<size_t>(entry.proto.size()), '\0');
  RETURN_IF_ERROR(shard.file->ReadExactly(entry.proto.offset(), content.size(), content.data()));
  absl::string_view in = content;
  std::vector<uint64_t> lengths(static_cast<size_t>(out.num_elements()));
  uint32_t crc = 0;
  for (uint64_t& length : lengths) {
    if (!ReadVarint(&in, &length)) return damaged("the length of a string is cut");
    std::string fixed;
    if (length <= std::numeric_limits<uint32_t>::max()) {
      AppendInt(static_cast<uint32_t>(length), &fixed);
    } else {
      AppendInt(length, &fixed);
    }
    crc = ExtendCrc32c(crc, fixed.data(), fixed.size());
  }
  if (in.size() < 4 || LoadInt<uint32_t>(in.data()) != MaskCrc(crc)) {
    return damaged("the checksum of the strings' lengths does not match");
  }
  crc = ExtendCrc32c(crc, in.data(), in.size());
  if (MaskCrc(crc) != entry.proto.crc32c()) {
    return ChecksumMismatch(shard.file->path(), entry.proto, crc);
  }
  in.remove_prefix(4);
  std::string* element = out.mutable_data<std::string>();
  for (const uint64_t length : lengths) {
    if (length > in.size()) return damaged("a string leaves its tensor");
    element++->assign(in.data(), length);
    in.remove_prefix(length);
  }
  if (!in.empty()) return damaged("bytes are left over behind the strings");
  return absl::OkStatus();
}

absl::StatusOr<Tensor> BundleReader::Read(const std::string& name, Allocator& allocator) const {
  ASSIGN_OR_RETURN(const Entry entry, FindEntry(name));
  if (entry.proto.slices().empty()) return ReadWhole(entry, allocator);
  return ReadParts(name, entry, TensorSlice::Whole(entry.shape.rank()), allocator);
}

absl::StatusOr<Tensor> BundleReader::ReadSlice(const std::string& name, const TensorSlice& slice,
                                               Allocator& allocator) const {
  ASSIGN_OR_RETURN(const Entry entry, FindEntry(name));
  ASSIGN_OR_RETURN(const SliceBox wanted, SliceBox::Of(slice, entry.shape));
  if (!entry.proto.slices().empty()) return ReadParts(name, entry, slice, allocator);
  ASSIGN_OR_RETURN(Tensor whole, ReadWhole(entry, allocator));
  ASSIGN_OR_RETURN(const Shape shape, slice.ShapeWithin(entry.shape));
  if (shape == entry.shape) return whole;
  ASSIGN_OR_RETURN(Tensor part, Tensor::Make(entry.proto.dtype(), shape, allocator));
  ASSIGN_OR_RETURN(const SliceBox all,
                   SliceBox::Of(TensorSlice::Whole(entry.shape.rank()), entry.shape));
  CopyCommonElements(all, whole, wanted, part);
  return part;
}

absl::StatusOr<Tensor> BundleReader::ReadParts(const std::string& name, const Entry& entry,
                                               const TensorSlice& slice,
                                               Allocator& allocator) const {
  const auto describe = [&] {
    return absl::StrCat("'", table_->path(), "': tensor '", name, "': ");
  };
  ASSIGN_OR_RETURN(const SliceBox wanted, SliceBox::Of(slice, entry.shape));
  std::vector<TensorSlice> slices;
  std::vector<SliceBox> boxes;
  for (const TensorSliceProto& proto : entry.proto.slices()) {
    absl::StatusOr<TensorSlice> stored = TensorSlice::FromProto(proto);
    absl::StatusOr<SliceBox> box =
        stored.ok() ? SliceBox::Of(*stored, entry.shape) : stored.status();
    if (!box.ok()) return DataLoss(describe(), box.status().message());
    slices.push_back(*std::move(stored));
    boxes.push_back(*std::move(box));
  }
  const absl::StatusOr<std::vector<size_t>> covering = CoveringBoxes(wanted, boxes);
  if (!covering.ok()) {
    return InvalidArgument("Does not have sufficient slices for partitioned tensor ", name,
                           " to restore in slice_spec: ", slice.ToString(), " (",
                           covering.status().message(), ")");
  }
  // The parts are disjoint, and so are their bytes in an undamaged checkpoint: together they are no
  // more than the shards hold, and the result is no larger.
  std::vector<Entry> parts;
  std::set<const Shard*> shards;
  uint64_t part_bytes = 0, shard_bytes = 0;
  for (const size_t i : *covering) {
    absl::StatusOr<Entry> part = FindEntry(SliceKey(name, slices[i]));
    if (absl::IsNotFound(part.status())) {
      return DataLoss(describe(), "slice ", slices[i].ToString(), " is missing");
    }
    RETURN_IF_ERROR(part.status());
    if (part->proto.dtype() != entry.proto.dtype() || part->shape.dims() != boxes[i].size) {
      return DataLoss(describe(), "slice ", slices[i].ToString(),
                      " has another type or shape than listed");
    }
    ASSIGN_OR_RETURN(const Shard* shard, CheckExtent(*part));
    if (shards.insert(shard).second) shard_bytes += shard->size;
    part_bytes += static_cast<uint64_t>(part->proto.size());
    if (part_bytes > shard_bytes) return DataLoss(describe(), "slices share bytes");
    parts.push_back(*std::move(part));
  }
  ASSIGN_OR_RETURN(const Shape shape, slice.ShapeWithin(entry.shape));
  ASSIGN_OR_RETURN(Tensor result, Tensor::Make(entry.proto.dtype(), shape, allocator));
  for (size_t p = 0; p < parts.size(); ++p) {
    ASSIGN_OR_RETURN(const Tensor part, ReadWhole(parts[p], HeapAllocator()));
    CopyCommonElements(boxes[(*covering)[p]], part, wanted, result);
  }
  return result;
}

}  // namespace weir
