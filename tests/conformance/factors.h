#ifndef WEIR_TESTS_CONFORMANCE_FACTORS_H_
#define WEIR_TESTS_CONFORMANCE_FACTORS_H_

// Matrix factors that are determined only up to signs, or unit factors: judged by what they make
// together.

#include <string>
#include <vector>

#include "weir/tests/conformance/compare.h"

namespace weir::conformance {

// Compares the outputs of Qr (q, r), Svd (s, u, v) or SelfAdjointEigV2 (e, v): types and shapes
// agree; values that are unique (s, e, |r|) are close; unitary factors are unitary; and the product
// of the factors is the one that `want` has. Empty when all holds.
std::string FactorDifference(const std::string& op, const std::vector<Tensor>& got,
                             const std::vector<Tensor>& want, const Tolerance& tolerance);

}  // namespace weir::conformance

#endif  // WEIR_TESTS_CONFORMANCE_FACTORS_H_
