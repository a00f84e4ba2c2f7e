#include "weir/tests/conformance/compare.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"

namespace weir::conformance {
namespace {

template <typename T>
constexpr bool kIsComplex = std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>;
template <typename T>
constexpr bool kIsFloating = std::is_same_v<T, float> || std::is_same_v<T, double> ||
                             std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;
template <typename T>
constexpr bool kIsQuantized =
    std::is_same_v<T, QInt8> || std::is_same_v<T, QUInt8> || std::is_same_v<T, QInt16> ||
    std::is_same_v<T, QUInt16> || std::is_same_v<T, QInt32>;

// The bound on |got - want| for a finite `want`.
struct Bound {
  double rtol, atol;
  double At(double want) const { return atol + rtol * std::abs(want); }
};

bool Close(double got, double want, const Bound& bound) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
  if (std::isinf(want) || std::isinf(got)) return got == want;
  return std::abs(got - want) <= bound.At(want);
}

bool Close(const Complex128& got, const Complex128& want, const Bound& bound) {
  const bool finite = std::isfinite(got.real()) && std::isfinite(got.imag()) &&
                      std::isfinite(want.real()) && std::isfinite(want.imag());
  if (finite) return std::abs(got - want) <= bound.At(std::abs(want));
  return Close(got.real(), want.real(), bound) && Close(got.imag(), want.imag(), bound);
}

template <typename T>
bool Same(const T& got, const T& want, const Bound& bound, int64_t slack) {
  if constexpr (kIsComplex<T>) {
    return Close(Complex128(got), Complex128(want), bound);
  } else if constexpr (kIsFloating<T>) {
    return Close(static_cast<double>(got), static_cast<double>(want), bound);
  } else if constexpr (kIsQuantized<T>) {
    return got.value == want.value;
  } else if constexpr (std::is_integral_v<T>) {
    return got == want ||
           (slack > 0 && std::abs(static_cast<double>(got) - static_cast<double>(want)) <=
                             static_cast<double>(slack));
  } else {
    return got == want;
  }
}

template <typename T>
std::string Text(const T& value) {
  if constexpr (kIsComplex<T>) {
    return absl::StrFormat("(%.9g, %.9g)", value.real(), value.imag());
  } else if constexpr (kIsFloating<T>) {
    return absl::StrFormat("%.9g", static_cast<double>(value));
  } else if constexpr (kIsQuantized<T>) {
    return absl::StrCat(static_cast<int64_t>(value.value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return absl::StrCat("'", absl::CHexEscape(value.substr(0, 40)), "' of ", value.size(),
                        " bytes");
  } else if constexpr (std::is_same_v<T, int8_t> || std::is_same_v<T, uint8_t>) {
    return absl::StrCat(static_cast<int>(value));
  } else {
    return absl::StrCat(value);
  }
}

template <typename T>
double LargestFinite(const Tensor& tensor) {
  double largest = 0;
  if constexpr (kIsComplex<T> || kIsFloating<T>) {
    for (const T& value : tensor.values<T>()) {
      double size;
      if constexpr (kIsComplex<T>) {
        size = std::abs(Complex128(value));
      } else {
        size = std::abs(static_cast<double>(value));
      }
      if (std::isfinite(size)) largest = std::max(largest, size);
    }
  }
  return largest;
}

template <typename T>
std::string ElementDifference(const Tensor& got, const Tensor& want, const Tolerance& tolerance) {
  const double scale = tolerance.scaled ? std::max(1.0, LargestFinite<T>(want)) : 1.0;
  const Bound bound{tolerance.rtol, tolerance.atol * scale};
  int64_t first = -1, count = 0;
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    if (Same(got.data<T>()[i], want.data<T>()[i], bound, tolerance.integer_slack)) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return "";
  return absl::StrCat("element ", first, " of ", DataTypeName(want.dtype()), " ",
                      want.shape().ToString(), " is ", Text(got.data<T>()[first]), ", expected ",
                      Text(want.data<T>()[first]), " (", count, " of ", want.num_elements(),
                      " differ)");
}

}  // namespace

std::string TypeAndShapeDifference(const Tensor& got, const Tensor& want) {
  if (got.dtype() == want.dtype() && got.shape() == want.shape()) return "";
  return absl::StrCat("is ", DataTypeName(got.dtype()), " ", got.shape().ToString(), ", expected ",
                      DataTypeName(want.dtype()), " ", want.shape().ToString());
}

std::string Difference(const Tensor& got, const Tensor& want, const Tolerance& tolerance) {
  std::string difference = TypeAndShapeDifference(got, want);
  if (!difference.empty()) return difference;
  const absl::Status status =
      DispatchType<Half, BFloat16, float, double, Complex64, Complex128, int8_t, int16_t, int32_t,
                   int64_t, uint8_t, uint16_t, uint32_t, uint64_t, bool, std::string, QInt8, QUInt8,
                   QInt16, QUInt16, QInt32>(want.dtype(), [&]<typename T>(TypeTag<T>) {
        difference = ElementDifference<T>(got, want, tolerance);
        return absl::OkStatus();
      });
  return status.ok() ? difference : std::string(status.message());
}

}  // namespace weir::conformance
