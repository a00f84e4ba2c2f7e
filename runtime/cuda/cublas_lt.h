#ifndef WEIR_RUNTIME_CUDA_CUBLAS_LT_H_
#define WEIR_RUNTIME_CUDA_CUBLAS_LT_H_

#include <cublasLt.h>

#include <memory>
#include <tuple>
#include <vector>

#include "weir/core/status.h"
#include "weir/runtime/cuda/plan_cache.h"

namespace weir {

class CudaDevice;
class SharedLibrary;

// A batch of products D = epilogue(op(A) op(B)) as the library sees them: all matrices lie column
// by column, without gaps; op(A) is [m, k] and op(B) [k, n]. The bias has one element per row of D.
struct GemmProblem {
  cudaDataType_t type = CUDA_R_32F;  // Of the matrices and the bias.
  cublasComputeType_t compute = CUBLAS_COMPUTE_32F;
  cublasOperation_t op_a = CUBLAS_OP_N, op_b = CUBLAS_OP_N;
  int64_t m = 0, n = 0, k = 0;
  int64_t batch = 1;
  int64_t a_stride = 0, b_stride = 0;  // Elements from a matrix to the next one; may be 0.
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;

  auto Key() const {
    return std::make_tuple(type, compute, op_a, op_b, m, n, k, batch, a_stride, b_stride, epilogue);
  }
  bool operator==(const GemmProblem& other) const { return Key() == other.Key(); }
  template <typename H>
  friend H AbslHashValue(H h, const GemmProblem& p) {
    return H::combine(std::move(h), p.Key());
  }
};

// A problem with all that the library wants to know to compute it. Immutable once made.
struct GemmPlan {
  GemmProblem problem;
  cublasLtMatrixLayoutOpaque_t a, b, d;
  cublasLtMatmulAlgo_t algorithm;
  size_t workspace_bytes = 0;
  bool is_final = true;  // Otherwise there was no memory to try algorithms in.
};

// The pointers of one product.
struct GemmArguments {
  const void* a = nullptr;
  const void* b = nullptr;
  const void* bias = nullptr;  // For epilogues that add one.
  void* d = nullptr;
  void* workspace = nullptr;  // The plan's, aligned as blocks of the allocator.
};

// cuBLASLt on one GPU: https://docs.nvidia.com/cuda/cublas
//
// Thread rule: all calls are safe from any thread.
class CublasLt {
 public:
  // Unimplemented, with the reason, when the library is not there or does not start.
  static absl::StatusOr<std::unique_ptr<CublasLt>> Open(CudaDevice& device);
  ~CublasLt();
  CublasLt(const CublasLt&) = delete;
  CublasLt& operator=(const CublasLt&) = delete;

  // The first call for a problem asks the library for algorithms, and for a large problem tries on
  // the device which is the fastest; later calls get the same plan. Unimplemented, with the reason,
  // when the library refuses; errors of the device are returned as they are.
  absl::StatusOr<std::shared_ptr<const GemmPlan>> Plan(const GemmProblem& problem);

  // Only enqueues, on the device's stream.
  absl::Status Enqueue(const GemmPlan& plan, const GemmArguments& arguments) const;

 private:
  // The library's functions that Weir calls, by their names.
  struct Functions {
    absl::Status Find(const SharedLibrary& library);

    decltype(&cublasLtCreate) Create;
    decltype(&cublasLtDestroy) Destroy;
    decltype(&cublasLtGetStatusName) GetStatusName;
    decltype(&cublasLtGetStatusString) GetStatusString;
    decltype(&cublasLtMatmul) Matmul;
    decltype(&cublasLtMatmulAlgoGetHeuristic) MatmulAlgoGetHeuristic;
    decltype(&cublasLtMatmulDescInit_internal) MatmulDescInit;
    decltype(&cublasLtMatmulDescSetAttribute) MatmulDescSetAttribute;
    decltype(&cublasLtMatmulPreferenceInit_internal) MatmulPreferenceInit;
    decltype(&cublasLtMatmulPreferenceSetAttribute) MatmulPreferenceSetAttribute;
    decltype(&cublasLtMatrixLayoutInit_internal) MatrixLayoutInit;
    decltype(&cublasLtMatrixLayoutSetAttribute) MatrixLayoutSetAttribute;
  };

  CublasLt(CudaDevice& device, const Functions& functions) : device_(device), lt_(functions) {}

  absl::Status StatusOf(cublasStatus_t status, absl::string_view call) const;
  absl::Status InitLayout(const GemmProblem& p, int64_t rows, int64_t columns, int64_t stride,
                          cublasLtMatrixLayoutOpaque_t* layout) const;
  absl::Status InitOperation(const GemmProblem& p, const void* bias,
                             cublasLtMatmulDescOpaque_t* operation) const;
  absl::Status InitPreference(cublasLtMatmulPreferenceOpaque_t* preference) const;

  absl::StatusOr<std::shared_ptr<const GemmPlan>> MakePlan(const GemmProblem& problem) const;
  absl::Status InitLayouts(GemmPlan* plan) const;
  absl::StatusOr<std::vector<cublasLtMatmulHeuristicResult_t>> Candidates(GemmPlan& plan) const;
  absl::Status TakeFastest(const std::vector<cublasLtMatmulHeuristicResult_t>& candidates,
                           GemmPlan* plan) const;

  CudaDevice& device_;
  const Functions lt_;
  cublasLtHandle_t handle_ = nullptr;
  PlanCache<GemmProblem, GemmPlan> plans_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUBLAS_LT_H_
