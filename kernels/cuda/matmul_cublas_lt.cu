// Matrix products (ops/matmul.cc) through cuBLASLt. For the library matrices lie column by column,
// so the product's rows are columns to it: it computes z^T = y^T x^T, without moving an element.

#include <limits>

#include "weir/kernels/common/matmul_plan.h"
#include "weir/kernels/cuda/library_util.h"
#include "weir/runtime/cuda/cuda_device.h"
#include "weir/runtime/cuda/cuda_libraries.h"

namespace weir {
namespace {

cublasComputeType_t ComputeTypeOf(Float32Math math) {
  switch (math) {
    case Float32Math::kTf32: return CUBLAS_COMPUTE_32F_FAST_TF32;
    case Float32Math::kBFloat16: return CUBLAS_COMPUTE_32F_FAST_16BF;
    case Float32Math::kFloat16: return CUBLAS_COMPUTE_32F_FAST_16F;
    default: return CUBLAS_COMPUTE_32F;
  }
}

// Sums of 16-bit numbers are float32.
absl::Status SetTypes(DataType type, Float32Math math, GemmProblem* p) {
  p->compute = ComputeTypeOf(math);
  switch (type) {
    case DT_HALF: p->type = CUDA_R_16F, p->compute = CUBLAS_COMPUTE_32F; break;
    case DT_BFLOAT16: p->type = CUDA_R_16BF, p->compute = CUBLAS_COMPUTE_32F; break;
    case DT_FLOAT: p->type = CUDA_R_32F; break;
    case DT_COMPLEX64: p->type = CUDA_C_32F; break;
    case DT_DOUBLE: p->type = CUDA_R_64F, p->compute = CUBLAS_COMPUTE_64F; break;
    case DT_COMPLEX128: p->type = CUDA_C_64F, p->compute = CUBLAS_COMPUTE_64F; break;
    default: return Unimplemented("cuBLASLt has no products of ", DataTypeName(type));
  }
  return absl::OkStatus();
}

// Real numbers are their own conjugates.
cublasOperation_t OperationOf(bool transpose, bool conjugate, DataType type) {
  if (!transpose) return CUBLAS_OP_N;
  return conjugate && IsComplexType(type) ? CUBLAS_OP_C : CUBLAS_OP_T;
}

absl::StatusOr<GemmProblem> ProblemOf(const MatMulPlan& plan, DataType type, Float32Math math) {
  if (plan.m == 0 || plan.n == 0 || plan.k == 0 || plan.batch == 0) {
    return absl::UnimplementedError("cuBLASLt has no empty products");
  }
  if (plan.batches.sizes.size() > 1 || plan.batch > std::numeric_limits<int32_t>::max()) {
    return absl::UnimplementedError("cuBLASLt has one stride per input from matrix to matrix");
  }
  GemmProblem p;
  RETURN_IF_ERROR(SetTypes(type, math, &p));
  p.op_a = OperationOf(plan.transpose_y, plan.conjugate_y, type);
  p.op_b = OperationOf(plan.transpose_x, plan.conjugate_x, type);
  p.m = plan.n;
  p.n = plan.m;
  p.k = plan.k;
  p.batch = plan.batch;
  if (p.batch > 1) {
    p.a_stride = plan.batches.y_strides[0] * plan.y_size();
    p.b_stride = plan.batches.x_strides[0] * plan.x_size();
  }
  return p;
}

absl::Status RunPlan(KernelPrepare& k, const absl::StatusOr<MatMulPlan>& plan,
                     cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT) {
  if (!plan.ok()) return plan.status();
  auto& device = static_cast<CudaDevice&>(k.device());
  ASSIGN_OR_RETURN(GemmProblem problem, ProblemOf(*plan, k.In(0).dtype(), device.float32_math()));
  problem.epilogue = epilogue;
  ASSIGN_OR_RETURN(CublasLt* const lt, device.libraries().cublas_lt());
  ASSIGN_OR_RETURN(const std::shared_ptr<const GemmPlan> gemm, lt->Plan(problem));
  const size_t workspace = AskForLibraryWorkspace(k, gemm->workspace_bytes);
  return k.Run([lt, gemm, workspace](KernelRun& r) {
    GemmArguments arguments;
    arguments.a = r.In(1).raw_data();
    arguments.b = r.In(0).raw_data();
    if (gemm->problem.epilogue != CUBLASLT_EPILOGUE_DEFAULT) arguments.bias = r.In(2).raw_data();
    arguments.d = r.Out(0).mutable_raw_data();
    arguments.workspace = LibraryWorkspace(r, workspace);
    return lt->Enqueue(*gemm, arguments);
  });
}

absl::Status PrepareFusedMatMul(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const FusedMatMulPlan plan, PlanFusedMatMul(k));
  return RunPlan(k, plan.product, plan.relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS);
}

}  // namespace

void RegisterMatmulCublasLtCudaKernels(KernelRegistry& registry) {
  constexpr char kName[] = "cublaslt";
  registry.Add("MatMul", "GPU", [](KernelPrepare& k) { return RunPlan(k, PlanMatMul(k)); }, kName);
  registry.Add("_FusedMatMul", "GPU", PrepareFusedMatMul, kName);
  registry.Add(
      "BatchMatMul", "GPU", [](KernelPrepare& k) { return RunPlan(k, PlanBatchMatMul(k, false)); },
      kName);
  registry.Add(
      "BatchMatMulV2", "GPU", [](KernelPrepare& k) { return RunPlan(k, PlanBatchMatMul(k, true)); },
      kName);
}

}  // namespace weir
