#ifndef WEIR_TESTS_CONFORMANCE_COMPARE_H_
#define WEIR_TESTS_CONFORMANCE_COMPARE_H_

// Comparison of tensors within tolerances.

#include <string>

#include "weir/core/tensor.h"

namespace weir::conformance {

// |got - want| <= atol * max(1, max |want|) + rtol * |want| with `scaled`, else
// |got - want| <= atol + rtol * |want|. Complex numbers by absolute value.
struct Tolerance {
  double rtol = 0;
  double atol = 0;
  bool scaled = true;
  int64_t integer_slack = 0;  // Integers may be so far apart.
};

// Empty when `got` is `want`: same dtype and shape; floating and complex elements within
// `tolerance` (NaN equals NaN, infinities agree in sign); all others equal. Else one line that
// names the first element that differs: "element 3 of float [2,3] is 1.5, expected 2 (2 of 6
// differ)".
std::string Difference(const Tensor& got, const Tensor& want, const Tolerance& tolerance);

// The same for dtype and shape only.
std::string TypeAndShapeDifference(const Tensor& got, const Tensor& want);

}  // namespace weir::conformance

#endif  // WEIR_TESTS_CONFORMANCE_COMPARE_H_
