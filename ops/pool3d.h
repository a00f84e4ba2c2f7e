#ifndef WEIR_OPS_POOL3D_H_
#define WEIR_OPS_POOL3D_H_

#include <string>
#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// As PoolOptions of pool.h, with five entries per list.
struct Pool3DOptions {
  std::vector<int64_t> ksize = {1, 2, 2, 2, 1};
  std::vector<int64_t> strides = {1, 2, 2, 2, 1};
  std::string padding = "VALID";
  std::string data_format = "NDHWC";  // Or "NCDHW".
};

// As MaxPool and AvgPool, over volumes [batch, depth, height, width, channels].
Output MaxPool3D(const OpScope& scope, const Input& input, const Pool3DOptions& options = {});
Output AvgPool3D(const OpScope& scope, const Input& input, const Pool3DOptions& options = {});

// As MaxPoolGrad, MaxPoolGradGrad and AvgPoolGrad.
Output MaxPool3DGrad(const OpScope& scope, const Input& orig_input, const Input& orig_output,
                     const Input& grad, const Pool3DOptions& options = {});
Output MaxPool3DGradGrad(const OpScope& scope, const Input& orig_input, const Input& orig_output,
                         const Input& grad, const Pool3DOptions& options = {});
Output AvgPool3DGrad(const OpScope& scope, const Input& orig_input_shape, const Input& grad,
                     const Pool3DOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_POOL3D_H_
