// MatrixBandPart (ops/matrix_band_part.cc).

#include <algorithm>

#include "weir/kernels/cpu/matrix_band_part_util.h"

namespace weir {
namespace {

absl::Status PrepareMatrixBandPart(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const BandPlan plan, PrepareBand(k));
  const Shape& shape = k.In(0).shape();
  if (shape.num_elements() == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  return DispatchWidth(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([plan, n = shape.num_elements() / plan.columns](KernelRun& r) {
      const int64_t columns = plan.columns;
      const T* in = r.In<T>(0);
      T* out = r.Out<T>(0);
      r.ParallelFor(n, static_cast<double>(columns), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t row = i % plan.rows;
          const int64_t first = std::clamp<int64_t>(row - plan.lower, 0, columns);
          const int64_t last = std::clamp<int64_t>(row + plan.upper + 1, first, columns);
          const T* from = in + i * columns;
          T* to = out + i * columns;
          std::fill(to, to + first, T(0));
          if (from != to) std::copy(from + first, from + last, to + first);
          std::fill(to + last, to + columns, T(0));
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

absl::StatusOr<BandPlan> PrepareBand(KernelPrepare& k) {
  const Shape& shape = k.In(0).shape();
  if (shape.rank() < 2) return k.InvalidInput(0, "needs rank >= 2");
  const int64_t rows = shape.dim(-2), columns = shape.dim(-1);
  for (int i = 1; i < 3; ++i) {
    if (k.In(i).shape().rank() != 0) return k.InvalidInput(i, "must be a scalar");
  }
  ASSIGN_OR_RETURN(int64_t lower, k.IntValue(1));
  ASSIGN_OR_RETURN(int64_t upper, k.IntValue(2));
  if (lower > rows) {
    return InvalidArgument("num_lower must be negative or less or equal to number of rows (", rows,
                           ") got: ", lower);
  }
  if (upper > columns) {
    return InvalidArgument("num_upper must be negative or less or equal to number of columns (",
                           columns, ") got: ", upper);
  }
  if (lower < 0) lower = rows;
  if (upper < 0) upper = columns;
  k.Out(0).SetShape(shape).MayReuse(0);
  return BandPlan{rows, columns, lower, upper};
}

void RegisterMatrixBandPartKernels(KernelRegistry& registry) {
  registry.Add("MatrixBandPart", "CPU", PrepareMatrixBandPart);
}

}  // namespace weir
