#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>
#include <utility>

#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Everything is computed in double, or complex double: one set of algorithms, and more exact than
// the element type asks for.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>,
                                Complex128, double>;

double Conj(double x) { return x; }
Complex128 Conj(const Complex128& x) { return std::conj(x); }

// A row-major matrix in memory that is owned by somebody else.
template <typename W>
struct Matrix {
  W* data;
  int64_t rows;
  int64_t columns;

  W& operator()(int64_t i, int64_t j) const { return data[i * columns + j]; }
  W* row(int64_t i) const { return data + i * columns; }
};

template <typename T, typename W>
void Load(const T* from, bool adjoint, const Matrix<W>& to) {
  for (int64_t i = 0; i < to.rows; ++i) {
    for (int64_t j = 0; j < to.columns; ++j) {
      to(i, j) = adjoint ? Conj(W(from[j * to.rows + i])) : W(from[i * to.columns + j]);
    }
  }
}

template <typename T, typename W>
void Store(const Matrix<W>& from, T* to) {
  for (int64_t i = 0; i < from.rows * from.columns; ++i) to[i] = static_cast<T>(from.data[i]);
}

// a -= factor * b over a row.
template <typename W>
void SubtractRow(W* a, W factor, const W* b, int64_t n) {
  for (int64_t j = 0; j < n; ++j) a[j] -= factor * b[j];
}

// Gaussian elimination with partial pivoting of `a`, done to `b` as well (which may have no
// columns). False when a pivot is zero; `odd` says whether the rows were permuted oddly.
template <typename W>
bool Eliminate(const Matrix<W>& a, const Matrix<W>& b, bool* odd) {
  *odd = false;
  for (int64_t k = 0; k < a.rows; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < a.rows; ++i) {
      if (std::abs(a(i, k)) > std::abs(a(pivot, k))) pivot = i;
    }
    if (a(pivot, k) == W(0)) return false;
    if (pivot != k) {
      std::swap_ranges(a.row(k), a.row(k) + a.columns, a.row(pivot));
      std::swap_ranges(b.row(k), b.row(k) + b.columns, b.row(pivot));
      *odd = !*odd;
    }
    for (int64_t i = k + 1; i < a.rows; ++i) {
      const W factor = a(i, k) / a(k, k);
      if (factor == W(0)) continue;
      SubtractRow(a.row(i) + k, factor, a.row(k) + k, a.columns - k);
      SubtractRow(b.row(i), factor, b.row(k), b.columns);
    }
  }
  return true;
}

// Solves a x = b in place for a triangular `a`; only its half is read. False for a zero on the
// diagonal.
template <typename W>
bool SolveTriangular(const Matrix<W>& a, bool lower, const Matrix<W>& b) {
  for (int64_t step = 0; step < a.rows; ++step) {
    const int64_t i = lower ? step : a.rows - 1 - step;
    if (a(i, i) == W(0)) return false;
    for (int64_t j = lower ? 0 : i + 1; j < (lower ? i : a.rows); ++j) {
      SubtractRow(b.row(i), a(i, j), b.row(j), b.columns);
    }
    for (int64_t j = 0; j < b.columns; ++j) b(i, j) /= a(i, i);
  }
  return true;
}

template <typename W>
bool Solve(const Matrix<W>& a, const Matrix<W>& b) {
  bool odd;
  return Eliminate(a, b, &odd) && SolveTriangular(a, /*lower=*/false, b);
}

// Turns `a` into its lower Cholesky factor. False unless it is positive definite.
template <typename W>
bool Factor(const Matrix<W>& a) {
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      W sum = a(i, j);
      for (int64_t k = 0; k < j; ++k) sum -= a(i, k) * Conj(a(j, k));
      if (i > j) {
        a(i, j) = sum / a(j, j);
        continue;
      }
      const double square = std::real(sum);
      if (!(square > 0) || !std::isfinite(square)) return false;
      a(i, i) = std::sqrt(square);
    }
    for (int64_t j = i + 1; j < a.columns; ++j) a(i, j) = 0;
  }
  return true;
}

// The matrices of a batch: the last two dimensions of `shape`.
struct Batch {
  int64_t count = 0;
  int64_t n = 0;
};

absl::StatusOr<Batch> SquareBatch(const KernelPrepare& k, int i) {
  const Shape& shape = k.In(i).shape();
  if (shape.rank() < 2) return k.InvalidInput(i, "must have rank >= 2");
  if (shape.dim(-1) != shape.dim(-2)) return k.InvalidInput(i, "must be square matrices");
  Batch batch = {shape.Count(0, shape.rank() - 2), shape.dim(-1)};
  // Products of the sizes must not overflow, also where there are no elements.
  if (batch.n > (int64_t{1} << 28)) return k.InvalidInput(i, "has too large matrices");
  return batch;
}

template <typename F>
absl::Status ForLinalgType(KernelPrepare& k, F&& f) {
  return k.ForType<float, double, Complex64, Complex128>("T", f);
}

// The failures of a batch's matrices: the first one counts, whatever the threads did.
absl::Status FirstFailure(const bool* failed, int64_t count, absl::string_view message) {
  const bool any = std::any_of(failed, failed + count, [](bool f) { return f; });
  return any ? InvalidArgument(message) : absl::OkStatus();
}

constexpr absl::string_view kSingular = "Input matrix is not invertible.";

// Runs one(b) -> bool for every matrix of the batch; false means failure with `message`.
template <typename F>
absl::Status ForMatrices(const KernelRun& r, int64_t count, double cost, size_t failed_at,
                         absl::string_view message, F&& one) {
  bool* failed = r.Workspace<bool>(failed_at);
  r.ParallelFor(count, cost, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) failed[b] = !one(b);
  });
  return FirstFailure(failed, count, message);
}

double CubeOf(int64_t n) {
  return static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
}

size_t MatrixWorkspace(KernelPrepare& k, size_t element, int64_t count, int64_t rows,
                       int64_t columns) {
  return k.Workspace(element * static_cast<size_t>(count * rows * columns));
}

absl::Status PrepareInverse(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Batch batch, SquareBatch(k, 0));
  const Shape shape = k.In(0).shape();
  k.Out(0).SetShape(shape);
  const int64_t n = batch.n, count = shape.num_elements() == 0 ? 0 : batch.count;
  const bool adjoint = k.Attr<bool>("adjoint");
  const size_t failed = k.Workspace(static_cast<size_t>(count));
  return ForLinalgType(k, [&]<typename T>() {
    using W = Wide<T>;
    const size_t a_at = MatrixWorkspace(k, sizeof(W), count, n, n);
    const size_t x_at = MatrixWorkspace(k, sizeof(W), count, n, n);
    return k.Run([=](KernelRun& r) {
      return ForMatrices(r, count, CubeOf(n), failed, "Input is not invertible.", [&](int64_t b) {
        const Matrix<W> a{r.Workspace<W>(a_at) + b * n * n, n, n};
        const Matrix<W> x{r.Workspace<W>(x_at) + b * n * n, n, n};
        Load(r.In<T>(0) + b * n * n, adjoint, a);
        std::fill_n(x.data, n * n, W(0));
        for (int64_t i = 0; i < n; ++i) x(i, i) = W(1);
        if (!Solve(a, x)) return false;
        Store(x, r.Out<T>(0) + b * n * n);
        return true;
      });
    });
  });
}

enum class SolveKind { kFull, kLower, kUpper };

absl::Status PrepareSolveOf(KernelPrepare& k, SolveKind kind) {
  ASSIGN_OR_RETURN(const Batch batch, SquareBatch(k, 0));
  const Shape rhs = k.In(1).shape();
  const Shape& matrix = k.In(0).shape();
  if (rhs.rank() != matrix.rank() ||
      rhs.dims().subspan(0, rhs.rank() - 1) != matrix.dims().subspan(0, matrix.rank() - 1)) {
    return InvalidArgument("Input matrix and rhs are incompatible: ", matrix.ToString(), " vs ",
                           rhs.ToString());
  }
  k.Out(0).SetShape(rhs);
  const int64_t n = batch.n, columns = rhs.dim(-1);
  const int64_t count = rhs.num_elements() == 0 ? 0 : batch.count;
  const bool adjoint = k.Attr<bool>("adjoint");
  const size_t failed = k.Workspace(static_cast<size_t>(count));
  return ForLinalgType(k, [&]<typename T>() {
    using W = Wide<T>;
    const size_t a_at = MatrixWorkspace(k, sizeof(W), count, n, n);
    const size_t x_at = MatrixWorkspace(k, sizeof(W), count, n, columns);
    return k.Run([=](KernelRun& r) {
      return ForMatrices(r, count, CubeOf(n), failed, kSingular, [&](int64_t b) {
        const Matrix<W> a{r.Workspace<W>(a_at) + b * n * n, n, n};
        const Matrix<W> x{r.Workspace<W>(x_at) + b * n * columns, n, columns};
        Load(r.In<T>(0) + b * n * n, adjoint, a);
        Load(r.In<T>(1) + b * n * columns, /*adjoint=*/false, x);
        // The adjoint of a lower half is an upper one.
        const bool lower = (kind == SolveKind::kLower) != adjoint;
        if (!(kind == SolveKind::kFull ? Solve(a, x) : SolveTriangular(a, lower, x))) return false;
        Store(x, r.Out<T>(0) + b * n * columns);
        return true;
      });
    });
  });
}

absl::Status PrepareSolve(KernelPrepare& k) { return PrepareSolveOf(k, SolveKind::kFull); }

absl::Status PrepareTriangularSolve(KernelPrepare& k) {
  return PrepareSolveOf(k, k.Attr<bool>("lower") ? SolveKind::kLower : SolveKind::kUpper);
}

// The sign (or unit complex number) and the logarithm of the absolute value of det(a); `a` is
// overwritten. The determinant of the empty matrix is 1.
template <typename W>
std::pair<W, double> SignAndLog(const Matrix<W>& a) {
  bool odd;
  const Matrix<W> nothing{nullptr, a.rows, 0};
  if (!Eliminate(a, nothing, &odd)) {
    return {W(0), -std::numeric_limits<double>::infinity()};
  }
  W sign = odd ? W(-1) : W(1);
  double log = 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    const double size = std::abs(a(i, i));
    sign *= a(i, i) / size;
    log += std::log(size);
  }
  return {sign, log};
}

template <typename W>
W DeterminantOf(const Matrix<W>& a) {
  bool odd;
  if (!Eliminate(a, Matrix<W>{nullptr, a.rows, 0}, &odd)) return W(0);
  W product = odd ? W(-1) : W(1);
  for (int64_t i = 0; i < a.rows; ++i) product *= a(i, i);
  return product;
}

// Calls finish(r, b, a) with every matrix of the batch, copied.
template <typename T, typename F>
absl::Status RunDeterminants(KernelPrepare& k, const Batch& batch, F finish) {
  using W = Wide<T>;
  const int64_t n = batch.n, count = batch.count;
  const size_t a_at = MatrixWorkspace(k, sizeof(W), n == 0 ? 0 : count, n, n);
  return k.Run([=](KernelRun& r) -> absl::Status {
    r.ParallelFor(count, CubeOf(n) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const Matrix<W> a{r.Workspace<W>(a_at) + b * n * n, n, n};
        Load(r.In<T>(0) + b * n * n, /*adjoint=*/false, a);
        finish(r, b, a);
      }
    });
    return absl::OkStatus();
  });
}

absl::Status PrepareDeterminant(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Batch batch, SquareBatch(k, 0));
  const Shape& input = k.In(0).shape();
  ASSIGN_OR_RETURN(const Shape output, Shape::Make(input.dims().subspan(0, input.rank() - 2)));
  for (int i = 0; i < k.num_outputs(); ++i) k.Out(i).SetShape(output);
  const bool logarithm = k.num_outputs() == 2;
  return ForLinalgType(k, [&]<typename T>() {
    using W = Wide<T>;
    return RunDeterminants<T>(k, batch, [=](KernelRun& r, int64_t b, const Matrix<W>& a) {
      if (!logarithm) {
        r.Out<T>(0)[b] = static_cast<T>(DeterminantOf(a));
        return;
      }
      const auto [sign, log] = SignAndLog(a);
      r.Out<T>(0)[b] = static_cast<T>(sign);
      r.Out<T>(1)[b] = static_cast<T>(W(log));
    });
  });
}

absl::Status PrepareCholesky(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Batch batch, SquareBatch(k, 0));
  const Shape shape = k.In(0).shape();
  k.Out(0).SetShape(shape);
  const int64_t n = batch.n, count = shape.num_elements() == 0 ? 0 : batch.count;
  const size_t failed = k.Workspace(static_cast<size_t>(count));
  return ForLinalgType(k, [&]<typename T>() {
    using W = Wide<T>;
    const size_t a_at = MatrixWorkspace(k, sizeof(W), count, n, n);
    return k.Run([=](KernelRun& r) {
      return ForMatrices(r, count, CubeOf(n), failed,
                         "Cholesky decomposition was not successful. The input might not be valid.",
                         [&](int64_t b) {
                           const Matrix<W> a{r.Workspace<W>(a_at) + b * n * n, n, n};
                           Load(r.In<T>(0) + b * n * n, /*adjoint=*/false, a);
                           if (!Factor(a)) return false;
                           Store(a, r.Out<T>(0) + b * n * n);
                           return true;
                         });
    });
  });
}

// Over real numbers: m = l' grad, its lower half with half of the diagonal, s = l^-T m l^-1, and
// (s + s') / 2. l^-T m is a triangular solve, and so is the second product from the transpose.
bool CholeskyGradient(const Matrix<double>& l, const Matrix<double>& grad, const Matrix<double>& m,
                      const Matrix<double>& transposed) {
  const int64_t n = l.rows;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      transposed(i, j) = j >= i ? l(j, i) : 0;
      double sum = 0;
      if (j <= i) {
        for (int64_t k = i; k < n; ++k) sum += l(k, i) * grad(k, j);
      }
      m(i, j) = i == j ? sum / 2 : sum;
    }
  }
  if (!SolveTriangular(transposed, /*lower=*/false, m)) return false;  // m = l^-T m
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) grad(j, i) = m(i, j);
  }
  if (!SolveTriangular(transposed, /*lower=*/false, grad)) return false;  // grad = s'
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) m(i, j) = (grad(i, j) + grad(j, i)) / 2;
  }
  return true;
}

absl::Status PrepareCholeskyGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Batch batch, SquareBatch(k, 0));
  const Shape shape = k.In(0).shape();
  if (k.In(1).shape() != shape) return k.InvalidInput(1, "must have the shape of l");
  k.Out(0).SetShape(shape);
  const int64_t n = batch.n, count = shape.num_elements() == 0 ? 0 : batch.count;
  const size_t failed = k.Workspace(static_cast<size_t>(count));
  const size_t work_at = MatrixWorkspace(k, sizeof(double), count, n, 4 * n);
  return k.ForType<float, double>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      return ForMatrices(r, count, CubeOf(n), failed, kSingular, [&](int64_t b) {
        double* work = r.Workspace<double>(work_at) + b * 4 * n * n;
        const Matrix<double> l{work, n, n}, grad{work + n * n, n, n}, m{work + 2 * n * n, n, n};
        Load(r.In<T>(0) + b * n * n, /*adjoint=*/false, l);
        Load(r.In<T>(1) + b * n * n, /*adjoint=*/false, grad);
        if (!CholeskyGradient(l, grad, m, {work + 3 * n * n, n, n})) return false;
        Store(m, r.Out<T>(0) + b * n * n);
        return true;
      });
    });
  });
}

}  // namespace

void RegisterLinalgKernels(KernelRegistry& kernels) {
  kernels.Add("MatrixInverse", "CPU", PrepareInverse);
  kernels.Add("MatrixSolve", "CPU", PrepareSolve);
  kernels.Add("MatrixTriangularSolve", "CPU", PrepareTriangularSolve);
  kernels.Add("MatrixDeterminant", "CPU", PrepareDeterminant);
  kernels.Add("LogMatrixDeterminant", "CPU", PrepareDeterminant);
  kernels.Add("Cholesky", "CPU", PrepareCholesky);
  kernels.Add("CholeskyGrad", "CPU", PrepareCholeskyGrad);
}

}  // namespace weir
