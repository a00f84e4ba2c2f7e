#include "weir/tests/conformance/factors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace weir::conformance {
namespace {

// A batch of matrices in the widest type.
struct Matrices {
  int64_t batch = 0, rows = 0, cols = 0;
  std::vector<Complex128> data;

  const Complex128& at(int64_t b, int64_t i, int64_t j) const {
    return data[(b * rows + i) * cols + j];
  }
  Complex128& at(int64_t b, int64_t i, int64_t j) { return data[(b * rows + i) * cols + j]; }

  Tensor ToTensor() const {
    return Tensor::Of<Complex128>(Shape({batch, rows, cols}), absl::MakeConstSpan(data));
  }
};

absl::StatusOr<Matrices> Widen(const Tensor& tensor) {
  if (tensor.rank() < 2) return InvalidArgument("a matrix has rank 2, not ", tensor.rank());
  Matrices m;
  m.batch = tensor.shape().Count(0, tensor.rank() - 2);
  m.rows = tensor.dim(tensor.rank() - 2);
  m.cols = tensor.dim(tensor.rank() - 1);
  RETURN_IF_ERROR((DispatchType<float, double, Complex64, Complex128>(
      tensor.dtype(), [&]<typename T>(TypeTag<T>) {
        for (const T& value : tensor.values<T>()) m.data.push_back(Complex128(value));
        return absl::OkStatus();
      })));
  return m;
}

Matrices Adjoint(const Matrices& a) {
  Matrices out{a.batch, a.cols, a.rows, std::vector<Complex128>(a.data.size())};
  for (int64_t b = 0; b < a.batch; ++b) {
    for (int64_t i = 0; i < a.rows; ++i) {
      for (int64_t j = 0; j < a.cols; ++j) out.at(b, j, i) = std::conj(a.at(b, i, j));
    }
  }
  return out;
}

// a * b over the first min(a.cols, b.rows) terms: full factors have columns that meet only zeros.
Matrices Product(const Matrices& a, const Matrices& b) {
  Matrices out{a.batch, a.rows, b.cols,
               std::vector<Complex128>(static_cast<size_t>(a.batch * a.rows * b.cols))};
  const int64_t terms = std::min(a.cols, b.rows);
  for (int64_t n = 0; n < a.batch; ++n) {
    for (int64_t i = 0; i < a.rows; ++i) {
      for (int64_t j = 0; j < b.cols; ++j) {
        for (int64_t k = 0; k < terms; ++k) out.at(n, i, j) += a.at(n, i, k) * b.at(n, k, j);
      }
    }
  }
  return out;
}

// Column k of `m` times value k of `diagonal`, per batch; columns beyond the diagonal go.
Matrices ScaledColumns(const Matrices& m, const Tensor& diagonal) {
  const int64_t n = diagonal.dim(diagonal.rank() - 1);
  Matrices scale{m.batch, n, n, std::vector<Complex128>(static_cast<size_t>(m.batch * n * n))};
  (void)DispatchType<float, double, Complex64, Complex128>(
      diagonal.dtype(), [&]<typename T>(TypeTag<T>) {
        for (int64_t i = 0; i < m.batch * n; ++i) {
          scale.at(i / n, i % n, i % n) = Complex128(diagonal.data<T>()[i]);
        }
        return absl::OkStatus();
      });
  return Product(m, scale);
}

Matrices Magnitudes(Matrices m) {
  for (Complex128& value : m.data) value = std::abs(value);
  return m;
}

std::string MatrixDifference(absl::string_view what, const Matrices& got, const Matrices& want,
                             const Tolerance& tolerance) {
  const std::string difference = Difference(got.ToTensor(), want.ToTensor(), tolerance);
  return difference.empty() ? "" : absl::StrCat(what, ": ", difference);
}

// m^H m = 1, or for wide matrices m m^H = 1.
std::string UnitaryDifference(absl::string_view what, const Matrices& m,
                              const Tolerance& tolerance) {
  const Matrices product = m.rows >= m.cols ? Product(Adjoint(m), m) : Product(m, Adjoint(m));
  Matrices one = product;
  std::fill(one.data.begin(), one.data.end(), Complex128(0));
  for (int64_t b = 0; b < one.batch; ++b) {
    for (int64_t i = 0; i < one.rows; ++i) one.at(b, i, i) = 1;
  }
  return MatrixDifference(absl::StrCat(what, " is not unitary"), product, one, tolerance);
}

struct Judge {
  const std::vector<Tensor>& got;
  const std::vector<Tensor>& want;
  const Tolerance& tolerance;

  absl::StatusOr<std::string> Qr() const {
    ASSIGN_OR_RETURN(const Matrices q, Widen(got[0]));
    ASSIGN_OR_RETURN(const Matrices r, Widen(got[1]));
    ASSIGN_OR_RETURN(const Matrices want_q, Widen(want[0]));
    ASSIGN_OR_RETURN(const Matrices want_r, Widen(want[1]));
    std::string difference = MatrixDifference("|r|", Magnitudes(r), Magnitudes(want_r), tolerance);
    if (difference.empty()) difference = UnitaryDifference("q", q, tolerance);
    if (!difference.empty()) return difference;
    return MatrixDifference("q * r", Product(q, r), Product(want_q, want_r), tolerance);
  }

  // a = u diag(s) v^H.
  absl::StatusOr<std::string> Svd() const {
    ASSIGN_OR_RETURN(const Matrices u, Widen(got[1]));
    ASSIGN_OR_RETURN(const Matrices v, Widen(got[2]));
    ASSIGN_OR_RETURN(const Matrices want_u, Widen(want[1]));
    ASSIGN_OR_RETURN(const Matrices want_v, Widen(want[2]));
    std::string difference = Difference(got[0], want[0], tolerance);
    if (difference.empty()) difference = UnitaryDifference("u", u, tolerance);
    if (difference.empty()) difference = UnitaryDifference("v", v, tolerance);
    if (!difference.empty()) return difference;
    return MatrixDifference("u * s * v^H", Product(ScaledColumns(u, got[0]), Adjoint(v)),
                            Product(ScaledColumns(want_u, want[0]), Adjoint(want_v)), tolerance);
  }

  // a = v diag(e) v^H.
  absl::StatusOr<std::string> Eigen() const {
    ASSIGN_OR_RETURN(const Matrices v, Widen(got[1]));
    ASSIGN_OR_RETURN(const Matrices want_v, Widen(want[1]));
    std::string difference = Difference(got[0], want[0], tolerance);
    if (difference.empty()) difference = UnitaryDifference("v", v, tolerance);
    if (!difference.empty()) return difference;
    return MatrixDifference("v * e * v^H", Product(ScaledColumns(v, got[0]), Adjoint(v)),
                            Product(ScaledColumns(want_v, want[0]), Adjoint(want_v)), tolerance);
  }
};

}  // namespace

std::string FactorDifference(const std::string& op, const std::vector<Tensor>& got,
                             const std::vector<Tensor>& want, const Tolerance& tolerance) {
  if (want.size() != (op == "Svd" ? 3 : 2)) return absl::StrCat("not the factors of ", op);
  for (size_t i = 0; i < want.size(); ++i) {
    const std::string difference = TypeAndShapeDifference(got[i], want[i]);
    if (!difference.empty()) return absl::StrCat("output ", i, " ", difference);
  }
  const Judge judge{got, want, tolerance};
  const absl::StatusOr<std::string> difference = op == "Qr"    ? judge.Qr()
                                                 : op == "Svd" ? judge.Svd()
                                                               : judge.Eigen();
  return difference.ok() ? *difference : difference.status().ToString();
}

}  // namespace weir::conformance
