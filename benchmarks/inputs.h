#ifndef WEIR_BENCHMARKS_INPUTS_H_
#define WEIR_BENCHMARKS_INPUTS_H_

#include "weir/core/tensor.h"

namespace weir::benchmarks {

// Uniform numbers on [0, 1), the same on every run.
Tensor Numbers(const Shape& shape);
// A random class per row.
Tensor OneHot(int64_t batch, int64_t classes);
Tensor Classes(int64_t batch, int64_t classes);  // int64

}  // namespace weir::benchmarks

#endif  // WEIR_BENCHMARKS_INPUTS_H_
