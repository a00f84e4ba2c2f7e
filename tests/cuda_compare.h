#ifndef WEIR_TESTS_CUDA_COMPARE_H_
#define WEIR_TESTS_CUDA_COMPARE_H_

// For tests of the GPU's kernels over the emulated CUDA runtime: the same op on both devices.

#include <functional>
#include <vector>

#include "weir/graph/scope.h"
#include "weir/runtime/session.h"

namespace weir {

using BuildOp = std::function<Operation(const Scope&, const std::vector<Output>&)>;

// Numbers in [-2, 2] + offset, all different for a while; fifty times that, in whole numbers, for
// integers; mostly true for booleans.
Tensor Numbers(DataType type, const Shape& shape, uint32_t seed = 1, double offset = 0);
// A usual bound of relative errors.
double ToleranceOf(DataType type);

// Options of a session with an emulated GPU, on which an op that asks for it must run.
SessionOptions WithGpu();
// The outputs of the op that `build` makes of the inputs, which are fed.
absl::StatusOr<std::vector<Tensor>> RunOnGpu(const std::vector<Tensor>& inputs,
                                             const BuildOp& build);
// Expects them to be those of the CPU, up to `tolerance` of the larger of 1 and a number.
void ExpectSame(const std::vector<Tensor>& inputs, double tolerance, const BuildOp& build);
// Variables of either kind, and an op that updates them.
struct Updates {
  std::string op;
  bool resources = true;
  std::vector<Tensor> variables = {};
  std::vector<Tensor> inputs = {};  // The op's inputs after the variables.
};

// The values of the variables after two updates by the op on the device.
absl::StatusOr<std::vector<Tensor>> Update(absl::string_view device, const SessionOptions& options,
                                           const Updates& u);
// Expects them to be those of the CPU, up to `tolerance`.
void ExpectSameUpdates(const Updates& u, double tolerance);

// For outputs that are there already.
void ExpectClose(const std::vector<Tensor>& got, const std::vector<Tensor>& want, double tolerance);

}  // namespace weir

#endif  // WEIR_TESTS_CUDA_COMPARE_H_
