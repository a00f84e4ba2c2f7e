#ifndef WEIR_OPS_SPARSE_TO_DENSE_H_
#define WEIR_OPS_SPARSE_TO_DENSE_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct SparseToDenseOptions {
  bool validate_indices = true;  // Indices must increase in lexicographic order, without repeats.
};

// A tensor of shape `output_shape`, default_value everywhere but for
//   dense[sparse_indices[i, 0], sparse_indices[i, 1], ...] = sparse_values[i].
// A vector of indices is one position each in a dense vector, a scalar is one position; a scalar
// sparse_values stands in all places. InvalidArgument for indices outside the shape and, unless
// switched off, out of order or repeated.
Output SparseToDense(const OpScope& scope, const Input& sparse_indices, const Input& output_shape,
                     const Input& sparse_values, const Input& default_value,
                     const SparseToDenseOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_SPARSE_TO_DENSE_H_
