#include "weir/kernels/cpu/moving_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

absl::Status PrepareSlice(KernelPrepare& k, BoxCopy copy) {
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const Dims begin, k.IntValues(1));
  ASSIGN_OR_RETURN(Dims size, k.IntValues(2));
  const size_t rank = static_cast<size_t>(x.rank());
  if (begin.size() != rank || size.size() != rank) {
    return k.InvalidInput(0, absl::StrCat("needs one entry of begin and size per dimension, but ",
                                          begin.size(), " and ", size.size(), " came"));
  }
  Box box;
  const Dims from = DenseSteps(x);
  for (int d = 0; d < x.rank(); ++d) {
    if (begin[d] < 0 || begin[d] > x.dim(d)) {
      return InvalidArgument("Expected begin[", d, "] in [0, ", x.dim(d), "], but got ", begin[d]);
    }
    const int64_t room = x.dim(d) - begin[d];
    if (size[d] == -1) size[d] = room;
    if (size[d] < 0 || size[d] > room) {
      return InvalidArgument("Expected size[", d, "] in [0, ", room, "], but got ", size[d]);
    }
    box.from_offset += begin[d] * from[d];
  }
  ASSIGN_OR_RETURN(const Shape y, Shape::Make(size));
  if (y == x) {
    k.Out(0).SetShape(y).Alias(0);
    return k.NothingToRun();
  }
  k.Out(0).SetShape(y);
  const Dims to = DenseSteps(y);
  for (int d = 0; d < x.rank(); ++d) box.dims.push_back({y.dim(d), from[d], to[d]});
  const DataType dtype = k.In(0).dtype();
  return k.Run([=](KernelRun& r) {
    return copy(r, dtype, box, r.In(0).raw_data(), r.Out(0).mutable_raw_data());
  });
}

void RegisterSliceKernels(KernelRegistry& kernels) {
  kernels.Add("Slice", "CPU", PrepareMove<PrepareSlice, CopyBox>);
}

}  // namespace weir
