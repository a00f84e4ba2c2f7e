#include "weir/kernels/cpu/matrix_diag_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// Where elements of matrices and of their diagonals are (DiagPlan).
struct DiagIndex {
  int64_t rows, columns, lower, upper, longest;

  explicit DiagIndex(const DiagPlan& plan)
      : rows(plan.rows),
        columns(plan.columns),
        lower(plan.band.lower),
        upper(plan.band.upper),
        longest(plan.longest) {}

  // The place among the diagonals of element i of the matrices; -1 if it is on none of them.
  __device__ int64_t OnDiagonal(int64_t i) const {
    const int64_t line = i / columns, column = i - line * columns;
    const int64_t matrix = line / rows, row = line - matrix * rows;
    const int64_t d = column - row;
    if (d < lower || d > upper) return -1;
    const int64_t at = d < 0 ? column : row;
    if (at >= longest) return -1;
    return (matrix * (upper - lower + 1) + upper - d) * longest + at;
  }
  // The place in the matrices of element i of the diagonals; -1 if it is behind its diagonal's end.
  __device__ int64_t InMatrix(int64_t i) const {
    const int64_t line = i / longest, at = i - line * longest, count = upper - lower + 1;
    const int64_t matrix = line / count, d = upper - (line - matrix * count);
    const int64_t row = d < 0 ? at - d : at, column = d < 0 ? at : at + d;
    return row < rows && column < columns ? (matrix * rows + row) * columns + column : -1;
  }
};

// y[i] = diagonals[...] on diagonals, and elsewhere x[i], *fill or zero.
template <typename W>
struct ToMatrix {
  DiagIndex index;
  const W* diagonals;
  const W* x;
  const W* fill;
  W* y;

  __device__ void operator()(int64_t i) const {
    const int64_t from = index.OnDiagonal(i);
    if (from >= 0) {
      y[i] = diagonals[from];
    } else if (x != nullptr) {
      y[i] = x[i];
    } else {
      y[i] = fill != nullptr ? *fill : W{};
    }
  }
};

template <typename W>
struct ToDiagonals {
  DiagIndex index;
  const W* x;
  const W* fill;
  W* y;

  __device__ void operator()(int64_t i) const {
    const int64_t from = index.InMatrix(i);
    if (from >= 0) {
      y[i] = x[from];
    } else {
      y[i] = fill != nullptr ? *fill : W{};
    }
  }
};

// Ends a preparation with a kernel that calls make(TypeTag<W>(), r) for each element of output 0.
template <typename Make>
absl::Status RunForElements(KernelPrepare& k, const Make& make) {
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  const int64_t n = k.Out(0).shape.num_elements();
  const auto size = static_cast<int64_t>(DataTypeSize(k.OutType(0)));
  return DispatchWord(size, [&]<typename W>(TypeTag<W> tag) {
    return k.Run([=](KernelRun& r) { return ForEach(r, n, make(tag, r)); });
  });
}

absl::Status RunMatrixDiag(KernelPrepare& k, const DiagPlan& plan, int padding) {
  return RunForElements(k,
                        [index = DiagIndex(plan), padding]<typename W>(TypeTag<W>, KernelRun& r) {
                          return ToMatrix<W>{index, r.In<W>(0), nullptr,
                                             padding < 0 ? nullptr : r.In<W>(padding), r.Out<W>(0)};
                        });
}

absl::Status RunMatrixSetDiag(KernelPrepare& k, const DiagPlan& plan, int) {
  return RunForElements(k, [index = DiagIndex(plan)]<typename W>(TypeTag<W>, KernelRun& r) {
    return ToMatrix<W>{index, r.In<W>(1), r.In<W>(0), nullptr, r.Out<W>(0)};
  });
}

absl::Status RunMatrixDiagPart(KernelPrepare& k, const DiagPlan& plan, int padding) {
  return RunForElements(k, [index = DiagIndex(plan), padding]<typename W>(TypeTag<W>,
                                                                          KernelRun& r) {
    return ToDiagonals<W>{index, r.In<W>(0), padding < 0 ? nullptr : r.In<W>(padding), r.Out<W>(0)};
  });
}

}  // namespace

void RegisterMatrixDiagCudaKernels(KernelRegistry& registry) {
  AddDiagKernels(registry, "GPU", RunMatrixDiag, RunMatrixDiagPart, RunMatrixSetDiag);
}

}  // namespace weir
