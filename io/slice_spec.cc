#include "weir/io/slice_spec.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "weir/io/ordered_code.h"
#include "weir/proto/tensor_slice.pb.h"

namespace weir {
namespace {

// Decimal digits only: no sign, no spaces.
bool ParseSize(absl::string_view text, int64_t* value) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return absl::SimpleAtoi(text, value);
}

bool IsValid(const TensorSlice::Extent& extent) {
  int64_t end;
  if (extent.whole()) return extent.start == 0;
  return extent.start >= 0 && extent.length > 0 && CheckedAdd(extent.start, extent.length, &end);
}

}  // namespace

TensorSlice TensorSlice::Whole(int rank) {
  TensorSlice slice;
  slice.extents_.resize(static_cast<size_t>(rank));
  return slice;
}

absl::StatusOr<TensorSlice> TensorSlice::Parse(absl::string_view text) {
  TensorSlice slice;
  if (text.empty()) return slice;
  for (const absl::string_view item : absl::StrSplit(text, ':')) {
    Extent extent;
    if (item != "-") {
      const std::vector<absl::string_view> parts = absl::StrSplit(item, ',');
      if (parts.size() != 2 || !ParseSize(parts[0], &extent.start) ||
          !ParseSize(parts[1], &extent.length) || !IsValid(extent)) {
        return InvalidArgument(
            "expected pairs of non-negative start and positive length, or '-' "
            "in slice specification '",
            text, "'");
      }
    }
    slice.extents_.push_back(extent);
  }
  if (slice.rank() > kMaxRank) return InvalidArgument("a slice of rank ", slice.rank());
  return slice;
}

absl::StatusOr<TensorSlice> TensorSlice::FromProto(const TensorSliceProto& proto) {
  if (proto.extent_size() > kMaxRank)
    return InvalidArgument("a slice of rank ", proto.extent_size());
  TensorSlice slice;
  for (const TensorSliceProto::Extent& stored : proto.extent()) {
    Extent extent{stored.start(), kWhole};
    if (stored.has_length_case() == TensorSliceProto::Extent::kLength) {
      extent.length = stored.length();
      // In the code of a key, -1 means the whole dimension; as a length it has no place.
      if (extent.whole()) return InvalidArgument("a slice of length -1");
    }
    if (!IsValid(extent)) {
      return InvalidArgument("a slice that begins at ", extent.start, " with length ",
                             extent.length);
    }
    slice.extents_.push_back(extent);
  }
  return slice;
}

absl::StatusOr<Shape> TensorSlice::ShapeWithin(const Shape& full) const {
  if (rank() != full.rank()) {
    return InvalidArgument("slice ", ToString(), " has rank ", rank(), ", but the tensor is ",
                           full.ToString());
  }
  Dims dims(full.dims().begin(), full.dims().end());
  for (int i = 0; i < rank(); ++i) {
    const Extent& extent = extents_[i];
    if (extent.whole()) continue;
    if (extent.start > dims[i] || extent.length > dims[i] - extent.start) {
      return InvalidArgument("slice ", ToString(), " leaves dimension ", i, " of ",
                             full.ToString());
    }
    dims[i] = extent.length;
  }
  return Shape::Make(dims);
}

void TensorSlice::ToProto(TensorSliceProto* proto) const {
  proto->Clear();
  for (const Extent& extent : extents_) {
    TensorSliceProto::Extent* stored = proto->add_extent();
    if (extent.whole()) continue;
    stored->set_start(extent.start);
    stored->set_length(extent.length);
  }
}

std::string TensorSlice::ToString() const {
  std::string text;
  for (const Extent& extent : extents_) {
    absl::StrAppend(&text, text.empty() ? "" : ":");
    if (extent.whole()) {
      absl::StrAppend(&text, "-");
    } else {
      absl::StrAppend(&text, extent.start, ",", extent.length);
    }
  }
  return text;
}

absl::StatusOr<ShapeAndSlice> ParseShapeAndSlice(absl::string_view text) {
  ShapeAndSlice result;
  if (text.empty()) return result;
  result.whole = false;
  std::vector<absl::string_view> items = absl::StrSplit(text, ' ');
  const absl::string_view slice = items.back();
  items.pop_back();
  Dims dims;
  for (const absl::string_view item : items) {
    int64_t dim;
    if (!ParseSize(item, &dim)) {
      return InvalidArgument("expected sizes and a slice separated by single spaces, but got '",
                             text, "'");
    }
    dims.push_back(dim);
  }
  const auto fill = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(result.full_shape, Shape::Make(dims));
    ASSIGN_OR_RETURN(result.slice, TensorSlice::Parse(slice));
    ASSIGN_OR_RETURN(result.slice_shape, result.slice.ShapeWithin(result.full_shape));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(Annotate(fill(), absl::StrCat("shape and slice '", text, "': ")));
  return result;
}

std::string SliceKey(absl::string_view tensor_name, const TensorSlice& slice) {
  std::string key;
  AppendOrderedUint64(0, &key);
  AppendOrderedString(tensor_name, &key);
  AppendOrderedUint64(static_cast<uint64_t>(slice.rank()), &key);
  for (int i = 0; i < slice.rank(); ++i) {
    AppendOrderedInt64(slice.extent(i).start, &key);
    AppendOrderedInt64(slice.extent(i).length, &key);
  }
  return key;
}

absl::Status ParseSliceKey(absl::string_view key, std::string* tensor_name, TensorSlice* slice) {
  const absl::Status bad = InvalidArgument("a key of ", key.size(), " bytes is no slice key");
  uint64_t zero, rank;
  if (!ReadOrderedUint64(&key, &zero) || zero != 0 || !ReadOrderedString(&key, tensor_name) ||
      !ReadOrderedUint64(&key, &rank) || rank > static_cast<uint64_t>(kMaxRank)) {
    return bad;
  }
  TensorSliceProto proto;
  for (uint64_t i = 0; i < rank; ++i) {
    int64_t start, length;
    if (!ReadOrderedInt64(&key, &start) || !ReadOrderedInt64(&key, &length)) return bad;
    TensorSliceProto::Extent* extent = proto.add_extent();
    extent->set_start(start);
    if (length != TensorSlice::kWhole) extent->set_length(length);
  }
  if (!key.empty()) return bad;
  absl::StatusOr<TensorSlice> parsed = TensorSlice::FromProto(proto);
  if (!parsed.ok()) return parsed.status();
  *slice = *std::move(parsed);
  return absl::OkStatus();
}

}  // namespace weir
