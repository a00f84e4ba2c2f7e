#ifndef WEIR_KERNELS_COMMON_HISTOGRAM_FUNCTIONS_H_
#define WEIR_KERNELS_COMMON_HISTOGRAM_FUNCTIONS_H_

#include <cstdint>

namespace weir {

// Which of the `bins` equal parts of [low, high) has x. The first and the last have what is outside
// as well, and the first has NaN.
constexpr int64_t BinOf(double x, double low, double high, int64_t bins) {
  const double width = (high - low) / static_cast<double>(bins);
  const double bin = (x - low) / width, last = static_cast<double>(bins - 1);
  return bin >= 0 ? static_cast<int64_t>(bin < last ? bin : last) : 0;
}

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_HISTOGRAM_FUNCTIONS_H_
