#ifndef WEIR_RUNTIME_CUDA_CUDNN_H_
#define WEIR_RUNTIME_CUDA_CUDNN_H_

#include <array>
#include <memory>
#include <tuple>
#include <vector>

#include "weir/core/mutex.h"
#include "weir/runtime/cuda/cudnn_descriptor.h"
#include "weir/runtime/cuda/plan_cache.h"

namespace weir {

class CudaDevice;

// A convolution of images as the library sees it: dimensions are batch, channels, height and width,
// those of filters output channels, input channels, height and width. With `channels_last` each
// point's channels lie side by side in memory, otherwise each channel's points.
struct ConvolutionProblem {
  enum Pass { kForward, kBackwardData, kBackwardFilter };
  // What a forward convolution is followed by: a number is added to each channel, and negative sums
  // become zero.
  enum Epilogue { kNone, kBias, kBiasRelu };

  Pass pass = kForward;
  Epilogue epilogue = kNone;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;  // Sums of 16-bit numbers are float32.
  bool tensor_cores = true;                 // Which round factors of float32 to TF32.
  bool half_factors = false;                // Factors of float32 may be rounded to half.
  bool channels_last = true;
  std::array<int64_t, 4> image, filter, output;
  std::array<int64_t, 2> strides, dilations, padding;

  auto Key() const {
    return std::make_tuple(pass, epilogue, type, tensor_cores, half_factors, channels_last, image,
                           filter, output, strides, dilations, padding);
  }
  bool operator==(const ConvolutionProblem& other) const { return Key() == other.Key(); }
  template <typename H>
  friend H AbslHashValue(H h, const ConvolutionProblem& p) {
    return H::combine(std::move(h), p.Key());
  }
};

// A graph of operations, and the engine that computes it. Immutable once made.
struct CudnnPlan {
  std::shared_ptr<const CudnnDescriptor> graph;
  CudnnDescriptor config, engine;
  size_t workspace_bytes = 0;
  bool is_final = true;  // Otherwise there was no memory to try engines in.
};

// cuDNN on one GPU, through its graph API: https://docs.nvidia.com/deeplearning/cudnn
//
// Thread rule: all calls are safe from any thread.
class Cudnn {
 public:
  // Unimplemented, with the reason, when the library is not there or does not start.
  static absl::StatusOr<std::unique_ptr<Cudnn>> Open(CudaDevice& device);
  ~Cudnn();
  Cudnn(const Cudnn&) = delete;
  Cudnn& operator=(const Cudnn&) = delete;

  // The first call for a problem asks the library for engines, and for a large problem tries on the
  // device which is the fastest; later calls get the same plan. Engines whose sums depend on the
  // order in which threads arrive are left out. Unimplemented, with the reason, when the library
  // refuses; errors of the device are returned as they are. The plan's tensors are image, filter,
  // output and, with an epilogue, the bias.
  absl::StatusOr<std::shared_ptr<const CudnnPlan>> Plan(const ConvolutionProblem& problem);

  // Only enqueues, on the device's stream. `workspace` is the plan's, aligned as blocks of the
  // allocator.
  absl::Status Enqueue(const CudnnPlan& plan, absl::Span<void* const> tensors, void* workspace);

 private:
  using Graph = std::shared_ptr<const CudnnDescriptor>;

  Cudnn(CudaDevice& device, const CudnnFunctions& functions) : device_(device), dnn_(functions) {}

  absl::StatusOr<std::shared_ptr<const CudnnPlan>> MakePlan(const ConvolutionProblem& problem);
  absl::StatusOr<Graph> MakeGraph(const ConvolutionProblem& problem) const;
  absl::StatusOr<std::vector<CudnnPlan>> Candidates(const ConvolutionProblem& problem) const;
  absl::StatusOr<std::vector<CudnnPlan>> CandidatesOf(const ConvolutionProblem& problem,
                                                      const Graph& graph,
                                                      cudnnBackendHeurMode_t mode) const;
  absl::StatusOr<CudnnPlan> MakeCandidate(const ConvolutionProblem& problem, const Graph& graph,
                                          CudnnDescriptor config) const;
  absl::StatusOr<CudnnPlan> TakeFastest(std::vector<CudnnPlan> plans,
                                        const ConvolutionProblem& problem);

  CudaDevice& device_;
  const CudnnFunctions dnn_;
  cudnnHandle_t handle_ = nullptr;
  Mutex handle_mu_;  // One thread at a time may use the handle.
  PlanCache<ConvolutionProblem, CudnnPlan> plans_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDNN_H_
