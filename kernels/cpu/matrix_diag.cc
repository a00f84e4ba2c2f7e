#include <algorithm>
#include <optional>

#include "weir/kernels/cpu/matrix_diag_util.h"
#include "weir/kernels/cpu/move_util.h"

namespace weir {
namespace {

// Calls f(first element of a diagonal in the matrix, first element in its row of diagonals,
// length) for all diagonals of one matrix. Neighbours of a diagonal are columns + 1 apart in the
// matrix.
template <typename F>
void ForEachDiag(const DiagPlan& plan, const F& f) {
  for (int64_t m = 0; m < plan.band.count(); ++m) {
    const int64_t d = plan.band.upper - m;
    const int64_t y = std::max<int64_t>(-d, 0), x = std::max<int64_t>(d, 0);
    const int64_t length = std::min(DiagLength(plan.rows, plan.columns, d), plan.longest);
    f(y * plan.columns + x, m * plan.longest, length);
  }
}

// Calls f(begin, end) over blocks of matrices.
template <typename F>
void ForMatrices(KernelRun& r, const DiagPlan& plan, const F& f) {
  r.ParallelFor(plan.batch, static_cast<double>(plan.matrix_size() + plan.diags_size()) + 8, f);
}

// Writes diagonals into matrices that hold something already.
template <typename T>
void WriteDiags(const DiagPlan& plan, const T* diags, T* matrix) {
  ForEachDiag(plan, [&](int64_t at, int64_t row, int64_t length) {
    for (int64_t n = 0; n < length; ++n) matrix[at + n * (plan.columns + 1)] = diags[row + n];
  });
}

// `padding` is the input that holds the value elsewhere; -1: zero.
absl::Status RunMatrixDiag(KernelPrepare& k, const DiagPlan& plan, int padding) {
  return DispatchElements(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return k.Run([plan, padding](KernelRun& r) {
      const T fill = padding < 0 ? T() : *r.In<T>(padding);
      const T* in = r.In<T>(0);
      T* out = r.Out<T>(0);
      ForMatrices(r, plan, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) {
          T* matrix = out + b * plan.matrix_size();
          std::fill_n(matrix, plan.matrix_size(), fill);
          WriteDiags(plan, in + b * plan.diags_size(), matrix);
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status RunMatrixDiagPart(KernelPrepare& k, const DiagPlan& plan, int padding) {
  return DispatchElements(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return k.Run([plan, padding](KernelRun& r) {
      const T fill = padding < 0 ? T() : *r.In<T>(padding);
      const T* in = r.In<T>(0);
      T* out = r.Out<T>(0);
      ForMatrices(r, plan, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) {
          const T* matrix = in + b * plan.matrix_size();
          T* diags = out + b * plan.diags_size();
          ForEachDiag(plan, [&](int64_t at, int64_t row, int64_t length) {
            for (int64_t n = 0; n < length; ++n)
              diags[row + n] = matrix[at + n * (plan.columns + 1)];
            std::fill(diags + row + length, diags + row + plan.longest, fill);
          });
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status RunMatrixSetDiag(KernelPrepare& k, const DiagPlan& plan, int) {
  return DispatchElements(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return k.Run([plan](KernelRun& r) {
      const T* in = r.In<T>(0);
      const T* diags = r.In<T>(1);
      T* out = r.Out<T>(0);
      ForMatrices(r, plan, [&](int64_t begin, int64_t end) {
        const int64_t size = plan.matrix_size();
        if (in != out) CopyRow(in + begin * size, out + begin * size, (end - begin) * size);
        for (int64_t b = begin; b < end; ++b) {
          WriteDiags(plan, diags + b * plan.diags_size(), out + b * size);
        }
      });
      return absl::OkStatus();
    });
  });
}

// The band in input `i`, or the main diagonal for ops without that input (i < 0).
absl::StatusOr<DiagBand> Band(KernelPrepare& k, int i) {
  if (i < 0) return DiagBand();
  ASSIGN_OR_RETURN(const Dims values, k.IntValues(i));
  return BandOf(values);
}

absl::Status CheckPadding(KernelPrepare& k, int i) {
  if (i < 0 || k.In(i).shape().rank() == 0) return absl::OkStatus();
  return k.InvalidInput(i, "must be a scalar");
}

// For an op whose input 0 holds matrices.
absl::StatusOr<DiagPlan> PlanOfMatrices(KernelPrepare& k, int band_input) {
  const Shape& x = k.In(0).shape();
  if (x.rank() < 2) return k.InvalidInput(0, "must be at least 2-dim");
  ASSIGN_OR_RETURN(const DiagBand band, Band(k, band_input));
  ASSIGN_OR_RETURN(const int64_t longest, LongestDiag(x.dim(-2), x.dim(-1), band));
  return DiagPlan{.batch = x.Count(0, x.rank() - 2),
                  .rows = x.dim(-2),
                  .columns = x.dim(-1),
                  .band = band,
                  .longest = longest};
}

absl::StatusOr<Shape> DiagsShape(const Shape& x, const DiagPlan& plan) {
  Dims dims(x.dims().begin(), x.dims().end() - 2);
  if (plan.band.count() > 1) dims.push_back(plan.band.count());
  dims.push_back(plan.longest);
  return Shape::Make(dims);
}

// Diag and DiagPart are a matrix's main diagonal once the halves of the axes are joined.
DiagPlan PlanOfHalves(int64_t n) {
  return {.batch = 1, .rows = n, .columns = n, .band = {}, .longest = n};
}

absl::Status PrepareMatrixDiagPart(KernelPrepare& k, bool v2, DiagRun run) {
  RETURN_IF_ERROR(CheckPadding(k, v2 ? 2 : -1));
  ASSIGN_OR_RETURN(const DiagPlan plan, PlanOfMatrices(k, v2 ? 1 : -1));
  ASSIGN_OR_RETURN(const Shape shape, DiagsShape(k.In(0).shape(), plan));
  k.Out(0).SetShape(shape);
  return run(k, plan, v2 ? 2 : -1);
}

absl::Status PrepareMatrixSetDiag(KernelPrepare& k, bool v2, DiagRun run) {
  ASSIGN_OR_RETURN(const DiagPlan plan, PlanOfMatrices(k, v2 ? 2 : -1));
  ASSIGN_OR_RETURN(const Shape want, DiagsShape(k.In(0).shape(), plan));
  if (k.In(1).shape() != want) {
    return k.InvalidInput(1, absl::StrCat("must have shape ", want.ToString()));
  }
  k.Out(0).SetShape(k.In(0).shape()).MayReuse(0);
  return run(k, plan, -1);
}

absl::Status PrepareMatrixDiag(KernelPrepare& k, bool v2, DiagRun run) {
  const Shape& diagonal = k.In(0).shape();
  RETURN_IF_ERROR(CheckPadding(k, v2 ? 4 : -1));
  ASSIGN_OR_RETURN(const DiagBand band, Band(k, v2 ? 1 : -1));
  const int inner = band.count() > 1 ? 2 : 1;
  if (diagonal.rank() < inner || (inner == 2 && diagonal.dim(-2) != band.count())) {
    return k.InvalidInput(0, absl::StrCat("must hold ", band.count(), " diagonals per matrix"));
  }
  int64_t rows = -1, columns = -1;
  if (v2) {
    ASSIGN_OR_RETURN(rows, k.IntValue(2));
    ASSIGN_OR_RETURN(columns, k.IntValue(3));
  }
  const int64_t longest = diagonal.dim(-1);
  ASSIGN_OR_RETURN(const MatrixExtents matrix, MatrixOfDiags(band, longest, rows, columns));
  Dims dims(diagonal.dims().begin(), diagonal.dims().end() - inner);
  dims.push_back(matrix.rows);
  dims.push_back(matrix.columns);
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  k.Out(0).SetShape(shape);
  const DiagPlan plan = {.batch = diagonal.Count(0, diagonal.rank() - inner),
                         .rows = matrix.rows,
                         .columns = matrix.columns,
                         .band = band,
                         .longest = longest};
  return run(k, plan, v2 ? 4 : -1);
}

absl::Status PrepareDiag(KernelPrepare& k, DiagRun run) {
  const Shape& diagonal = k.In(0).shape();
  if (diagonal.rank() == 0) return k.InvalidInput(0, "must be at least rank 1");
  Dims dims(diagonal.dims().begin(), diagonal.dims().end());
  dims.insert(dims.end(), diagonal.dims().begin(), diagonal.dims().end());
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  k.Out(0).SetShape(shape);
  return run(k, PlanOfHalves(diagonal.num_elements()), -1);
}

absl::Status PrepareDiagPart(KernelPrepare& k, DiagRun run) {
  const Shape& x = k.In(0).shape();
  const size_t half = static_cast<size_t>(x.rank() / 2);
  if (x.rank() == 0 || x.rank() % 2 != 0 || x.dims().subspan(0, half) != x.dims().subspan(half)) {
    return k.InvalidInput(0, "must have an even rank and two equal halves of extents");
  }
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(x.dims().subspan(half)));
  k.Out(0).SetShape(shape);
  return run(k, PlanOfHalves(shape.num_elements()), -1);
}

}  // namespace

void AddDiagKernels(KernelRegistry& kernels, absl::string_view device, DiagRun diag, DiagRun part,
                    DiagRun set) {
  for (const bool v2 : {false, true}) {
    const char* const suffix = v2 ? "V2" : "";
    kernels.Add(absl::StrCat("MatrixDiag", suffix), device,
                [=](KernelPrepare& k) { return PrepareMatrixDiag(k, v2, diag); });
    kernels.Add(absl::StrCat("MatrixDiagPart", suffix), device,
                [=](KernelPrepare& k) { return PrepareMatrixDiagPart(k, v2, part); });
    kernels.Add(absl::StrCat("MatrixSetDiag", suffix), device,
                [=](KernelPrepare& k) { return PrepareMatrixSetDiag(k, v2, set); });
  }
  kernels.Add("Diag", device, [=](KernelPrepare& k) { return PrepareDiag(k, diag); });
  kernels.Add("DiagPart", device, [=](KernelPrepare& k) { return PrepareDiagPart(k, part); });
}

void RegisterMatrixDiagKernels(KernelRegistry& kernels) {
  AddDiagKernels(kernels, "CPU", RunMatrixDiag, RunMatrixDiagPart, RunMatrixSetDiag);
}

}  // namespace weir
