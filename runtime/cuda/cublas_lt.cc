#include "weir/runtime/cuda/cublas_lt.h"

#include <algorithm>
#include <complex>

#include "weir/core/dtype.h"
#include "weir/runtime/cuda/cuda_device.h"
#include "weir/runtime/cuda/fastest.h"
#include "weir/runtime/cuda/shared_library.h"

namespace weir {
namespace {

constexpr char kFile[] = "libcublasLt.so.13";
constexpr int kMostCandidates = 8;
// What the library recommends for its fastest algorithms on current GPUs.
constexpr uint64_t kMostWorkspace = uint64_t{32} << 20;
// Multiplications from which on a product fills a good part of a GPU, so that the algorithm
// matters.
constexpr double kLarge = 1 << 24;

size_t ElementBytes(cudaDataType_t type) {
  switch (type) {
    case CUDA_R_16F:
    case CUDA_R_16BF: return 2;
    case CUDA_R_32F: return 4;
    case CUDA_C_64F: return 16;
    default: return 8;
  }
}

// The type of the factors that scale the product and what is added to it.
cudaDataType_t ScaleType(cudaDataType_t type) {
  return ElementBytes(type) == 2 ? CUDA_R_32F : type;
}

// One and zero as that type.
struct Scales {
  std::complex<float> one_float = 1, zero_float = 0;
  std::complex<double> one_double = 1, zero_double = 0;
};
constexpr Scales kScales;

bool IsDouble(cudaDataType_t type) { return type == CUDA_R_64F || type == CUDA_C_64F; }
const void* One(cudaDataType_t type) {
  return IsDouble(type) ? static_cast<const void*>(&kScales.one_double) : &kScales.one_float;
}
const void* Zero(cudaDataType_t type) {
  return IsDouble(type) ? static_cast<const void*>(&kScales.zero_double) : &kScales.zero_float;
}

// Bytes of a batch of matrices of `size` elements.
size_t BatchBytes(const GemmProblem& p, int64_t size, int64_t stride) {
  return static_cast<size_t>((p.batch - 1) * stride + size) * ElementBytes(p.type);
}

}  // namespace

absl::Status CublasLt::Functions::Find(const SharedLibrary& library) {
  RETURN_IF_ERROR(library.Find("cublasLtCreate", &Create));
  RETURN_IF_ERROR(library.Find("cublasLtDestroy", &Destroy));
  RETURN_IF_ERROR(library.Find("cublasLtGetStatusName", &GetStatusName));
  RETURN_IF_ERROR(library.Find("cublasLtGetStatusString", &GetStatusString));
  RETURN_IF_ERROR(library.Find("cublasLtMatmul", &Matmul));
  RETURN_IF_ERROR(library.Find("cublasLtMatmulAlgoGetHeuristic", &MatmulAlgoGetHeuristic));
  RETURN_IF_ERROR(library.Find("cublasLtMatmulDescInit_internal", &MatmulDescInit));
  RETURN_IF_ERROR(library.Find("cublasLtMatmulDescSetAttribute", &MatmulDescSetAttribute));
  RETURN_IF_ERROR(library.Find("cublasLtMatmulPreferenceInit_internal", &MatmulPreferenceInit));
  RETURN_IF_ERROR(
      library.Find("cublasLtMatmulPreferenceSetAttribute", &MatmulPreferenceSetAttribute));
  RETURN_IF_ERROR(library.Find("cublasLtMatrixLayoutInit_internal", &MatrixLayoutInit));
  return library.Find("cublasLtMatrixLayoutSetAttribute", &MatrixLayoutSetAttribute);
}

absl::StatusOr<std::unique_ptr<CublasLt>> CublasLt::Open(CudaDevice& device) {
  ASSIGN_OR_RETURN(const SharedLibrary library, SharedLibrary::Open(kFile));
  Functions functions;
  RETURN_IF_ERROR(functions.Find(library));
  RETURN_IF_ERROR(device.Activate());
  std::unique_ptr<CublasLt> lt(new CublasLt(device, functions));
  const absl::Status created = lt->StatusOf(functions.Create(&lt->handle_), "cublasLtCreate");
  if (!created.ok()) return Unimplemented(kFile, ": ", created.message());
  return lt;
}

CublasLt::~CublasLt() {
  if (handle_ != nullptr) (void)lt_.Destroy(handle_);
}

absl::Status CublasLt::StatusOf(cublasStatus_t status, absl::string_view call) const {
  if (status == CUBLAS_STATUS_SUCCESS) return absl::OkStatus();
  const std::string message =
      absl::StrCat(call, ": ", lt_.GetStatusString(status), " (", lt_.GetStatusName(status), ")");
  return status == CUBLAS_STATUS_ALLOC_FAILED ? absl::ResourceExhaustedError(message)
                                              : absl::InternalError(message);
}

absl::Status CublasLt::InitLayout(const GemmProblem& p, int64_t rows, int64_t columns,
                                  int64_t stride, cublasLtMatrixLayoutOpaque_t* layout) const {
  RETURN_IF_ERROR(
      StatusOf(lt_.MatrixLayoutInit(layout, sizeof(*layout), p.type, static_cast<uint64_t>(rows),
                                    static_cast<uint64_t>(columns), rows),
               "cublasLtMatrixLayoutInit"));
  if (p.batch == 1) return absl::OkStatus();
  const auto set = [&](cublasLtMatrixLayoutAttribute_t attribute, const auto& value) {
    return StatusOf(lt_.MatrixLayoutSetAttribute(layout, attribute, &value, sizeof(value)),
                    "cublasLtMatrixLayoutSetAttribute");
  };
  RETURN_IF_ERROR(set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<int32_t>(p.batch)));
  return set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
}

absl::Status CublasLt::InitOperation(const GemmProblem& p, const void* bias,
                                     cublasLtMatmulDescOpaque_t* operation) const {
  RETURN_IF_ERROR(
      StatusOf(lt_.MatmulDescInit(operation, sizeof(*operation), p.compute, ScaleType(p.type)),
               "cublasLtMatmulDescInit"));
  const auto set = [&](cublasLtMatmulDescAttributes_t attribute, const auto& value) {
    return StatusOf(lt_.MatmulDescSetAttribute(operation, attribute, &value, sizeof(value)),
                    "cublasLtMatmulDescSetAttribute");
  };
  RETURN_IF_ERROR(set(CUBLASLT_MATMUL_DESC_TRANSA, static_cast<int32_t>(p.op_a)));
  RETURN_IF_ERROR(set(CUBLASLT_MATMUL_DESC_TRANSB, static_cast<int32_t>(p.op_b)));
  if (p.epilogue == CUBLASLT_EPILOGUE_DEFAULT) return absl::OkStatus();
  RETURN_IF_ERROR(set(CUBLASLT_MATMUL_DESC_EPILOGUE, static_cast<uint32_t>(p.epilogue)));
  return set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
}

absl::Status CublasLt::InitPreference(cublasLtMatmulPreferenceOpaque_t* preference) const {
  RETURN_IF_ERROR(StatusOf(lt_.MatmulPreferenceInit(preference, sizeof(*preference)),
                           "cublasLtMatmulPreferenceInit"));
  const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
    return StatusOf(lt_.MatmulPreferenceSetAttribute(preference, attribute, &value, sizeof(value)),
                    "cublasLtMatmulPreferenceSetAttribute");
  };
  RETURN_IF_ERROR(set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMostWorkspace));
  // Parts of sums stay as exact as the sums.
  constexpr uint32_t kReductions = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
  RETURN_IF_ERROR(set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, kReductions));
  constexpr auto kTensorAlignment = static_cast<uint32_t>(Allocator::kAlignment);
  for (const auto attribute :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
    RETURN_IF_ERROR(set(attribute, kTensorAlignment));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const GemmPlan>> CublasLt::Plan(const GemmProblem& problem) {
  return plans_.Get(problem, [&] { return MakePlan(problem); });
}

absl::StatusOr<std::shared_ptr<const GemmPlan>> CublasLt::MakePlan(
    const GemmProblem& problem) const {
  RETURN_IF_ERROR(device_.Activate());
  auto plan = std::make_shared<GemmPlan>();
  const GemmProblem& p = plan->problem = problem;
  const auto candidates = Candidates(*plan);
  if (!candidates.ok()) return absl::UnimplementedError(candidates.status().message());
  plan->algorithm = candidates->front().algo;
  plan->workspace_bytes = candidates->front().workspaceSize;
  const double work = static_cast<double>(p.m) * static_cast<double>(p.n) *
                      static_cast<double>(p.k) * static_cast<double>(p.batch);
  if (candidates->size() > 1 && work >= kLarge) {
    RETURN_IF_ERROR(TakeFastest(*candidates, plan.get()));
  }
  return plan;
}

absl::Status CublasLt::InitLayouts(GemmPlan* plan) const {
  const GemmProblem& p = plan->problem;
  const bool plain_a = p.op_a == CUBLAS_OP_N, plain_b = p.op_b == CUBLAS_OP_N;
  RETURN_IF_ERROR(InitLayout(p, plain_a ? p.m : p.k, plain_a ? p.k : p.m, p.a_stride, &plan->a));
  RETURN_IF_ERROR(InitLayout(p, plain_b ? p.k : p.n, plain_b ? p.n : p.k, p.b_stride, &plan->b));
  return InitLayout(p, p.m, p.n, p.m * p.n, &plan->d);
}

absl::StatusOr<std::vector<cublasLtMatmulHeuristicResult_t>> CublasLt::Candidates(
    GemmPlan& plan) const {
  RETURN_IF_ERROR(InitLayouts(&plan));
  // Of the bias the library looks at the alignment alone here.
  const auto* const bias = reinterpret_cast<const void*>(Allocator::kAlignment);
  cublasLtMatmulDescOpaque_t operation;
  RETURN_IF_ERROR(InitOperation(plan.problem, bias, &operation));
  cublasLtMatmulPreferenceOpaque_t preference;
  RETURN_IF_ERROR(InitPreference(&preference));
  std::vector<cublasLtMatmulHeuristicResult_t> results(kMostCandidates);
  int count = 0;
  RETURN_IF_ERROR(
      StatusOf(lt_.MatmulAlgoGetHeuristic(handle_, &operation, &plan.a, &plan.b, &plan.d, &plan.d,
                                          &preference, kMostCandidates, results.data(), &count),
               "cublasLtMatmulAlgoGetHeuristic"));
  results.resize(static_cast<size_t>(count));
  std::erase_if(results, [](const auto& r) { return r.state != CUBLAS_STATUS_SUCCESS; });
  if (results.empty()) return Internal("cuBLASLt has no algorithm");
  return results;
}

absl::Status CublasLt::TakeFastest(const std::vector<cublasLtMatmulHeuristicResult_t>& candidates,
                                   GemmPlan* plan) const {
  const GemmProblem& p = plan->problem;
  size_t workspace = 0;
  for (const auto& candidate : candidates) workspace = std::max(workspace, candidate.workspaceSize);
  const DeviceScratch scratch(
      device_, {BatchBytes(p, p.m * p.k, p.a_stride), BatchBytes(p, p.k * p.n, p.b_stride),
                static_cast<size_t>(p.m) * ElementBytes(p.type),
                BatchBytes(p, p.m * p.n, p.m * p.n), workspace});
  if (!scratch.ok()) {  // The library's first choice, then.
    plan->is_final = false;
    return absl::OkStatus();
  }
  const GemmArguments arguments{scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]};
  const auto take = [&](size_t i) {
    plan->algorithm = candidates[i].algo;
    plan->workspace_bytes = candidates[i].workspaceSize;
  };
  ASSIGN_OR_RETURN(const size_t fastest, FindFastest(device_, candidates.size(), [&](size_t i) {
                     take(i);
                     return Enqueue(*plan, arguments);
                   }));
  take(fastest);
  return absl::OkStatus();
}

absl::Status CublasLt::Enqueue(const GemmPlan& plan, const GemmArguments& arguments) const {
  RETURN_IF_ERROR(device_.Activate());
  // Only this call knows the bias; threads share the plan.
  cublasLtMatmulDescOpaque_t operation;
  RETURN_IF_ERROR(device_.Named(InitOperation(plan.problem, arguments.bias, &operation)));
  // The library's descriptors are not const, even those that it only reads.
  const auto layout = [](const cublasLtMatrixLayoutOpaque_t& l) {
    return const_cast<cublasLtMatrixLayout_t>(&l);
  };
  const cudaDataType_t type = plan.problem.type;
  return device_.Named(
      StatusOf(lt_.Matmul(handle_, &operation, One(type), arguments.a, layout(plan.a), arguments.b,
                          layout(plan.b), Zero(type), arguments.d, layout(plan.d), arguments.d,
                          layout(plan.d), &plan.algorithm, arguments.workspace,
                          plan.workspace_bytes, device_.stream()),
               "cublasLtMatmul"));
}

}  // namespace weir
