#include "weir/kernels/cpu/index_util.h"

#include "absl/strings/str_join.h"

namespace weir {
namespace {

// Reads through volatile: exactly one load, whatever the optimiser thinks of the memory.
template <typename I>
int64_t ReadOnce(const I* element) {
  return static_cast<int64_t>(*const_cast<const volatile I*>(element));
}

template <typename F>
absl::Status ForIndexType(const Tensor& indices, F&& f) {
  return DispatchType<int32_t, int64_t>(indices.dtype(), f);
}

}  // namespace

std::string ElementName(absl::string_view tensor, const Shape& shape, int64_t flat) {
  Dims position(shape.rank());
  for (int d = shape.rank() - 1; d >= 0; --d) {
    position[d] = flat % shape.dim(d);
    flat /= shape.dim(d);
  }
  return absl::StrCat(tensor, "[", absl::StrJoin(position, ","), "]");
}

void ReadIndices(const Tensor& indices, int64_t* out) {
  (void)ForIndexType(indices, [&]<typename I>(TypeTag<I>) -> absl::Status {
    const I* in = indices.data<I>();
    for (int64_t i = 0, n = indices.num_elements(); i < n; ++i) out[i] = ReadOnce(in + i);
    return absl::OkStatus();
  });
}

absl::Status ReadIndices(const Tensor& indices, absl::string_view name, int64_t limit,
                         int64_t* out) {
  ReadIndices(indices, out);
  for (int64_t i = 0, n = indices.num_elements(); i < n; ++i) {
    if (static_cast<uint64_t>(out[i]) >= static_cast<uint64_t>(limit)) {
      return InvalidArgument(ElementName(name, indices.shape(), i), " = ", out[i],
                             " is not in [0, ", limit, ")");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<NdIndexing> MakeNdIndexing(const Shape& indices, const Shape& target) {
  if (indices.rank() < 1) return InvalidArgument("indices must be at least a vector");
  NdIndexing nd;
  nd.depth = indices.dim(-1);
  if (nd.depth > target.rank()) {
    return InvalidArgument(
        "index innermost dimension length must be <= the rank of the indexed "
        "tensor; saw: ",
        nd.depth, " vs. ", target.rank());
  }
  const int depth = static_cast<int>(nd.depth);
  nd.slice = target.Count(depth, target.rank());
  ASSIGN_OR_RETURN(nd.outer, Shape::Make(indices.dims().subspan(0, indices.rank() - 1)));
  nd.count = nd.outer.num_elements();
  return nd;
}

absl::Status ReadNdIndices(const Tensor& indices, const NdIndexing& nd, const Shape& target,
                           int64_t* offsets) {
  return ForIndexType(indices, [&]<typename I>(TypeTag<I>) -> absl::Status {
    const I* in = indices.data<I>();
    for (int64_t i = 0; i < nd.count; ++i, in += nd.depth) {
      int64_t at = 0;
      for (int64_t d = 0; d < nd.depth; ++d) {
        const int64_t index = ReadOnce(in + d);
        const int64_t size = target.dim(static_cast<int>(d));
        if (static_cast<uint64_t>(index) >= static_cast<uint64_t>(size)) {
          return InvalidArgument(ElementName("indices", nd.outer, i), " = [",
                                 absl::StrJoin(in, in + nd.depth, ", "),
                                 "] does not index into shape ", target.ToString());
        }
        at = at * size + index;
      }
      offsets[i] = at * nd.slice;
    }
    return absl::OkStatus();
  });
}

}  // namespace weir
