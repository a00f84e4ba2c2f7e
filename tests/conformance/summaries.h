#ifndef WEIR_TESTS_CONFORMANCE_SUMMARIES_H_
#define WEIR_TESTS_CONFORMANCE_SUMMARIES_H_

// Comparison of serialized Summary messages by meaning: bytes may differ by the order of fields and
// by the deflate library behind PNG images.

#include <string>

#include "weir/tests/conformance/compare.h"

namespace weir::conformance {

// Tags, kinds and numbers within `tolerance`, images by their pixels, all else field by field.
// Empty when alike.
std::string SummaryDifference(const std::string& got, const std::string& want,
                              const Tolerance& tolerance);

}  // namespace weir::conformance

#endif  // WEIR_TESTS_CONFORMANCE_SUMMARIES_H_
