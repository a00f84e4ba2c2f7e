#include <vector>

#include "weir/core/dtype.h"
#include "weir/tests/cuda_emulation/cublasLt.h"
#include "weir/tests/cuda_emulation/libraries.h"

using cuda_emulation::Record;

#define ENTER(name)                                                             \
  if (const int injected = cuda_emulation::InjectedStatus(name); injected != 0) \
  return static_cast<cublasStatus_t>(injected)

#define REQUIRE(condition) \
  if (!(condition)) return CUBLAS_STATUS_INVALID_VALUE

namespace {

constexpr size_t kWorkspace = size_t{64} << 10;  // Of algorithm 1.
constexpr int kAlgorithms = 3;
constexpr uint64_t kMark = 0x616c676f;

template <typename V>
cublasStatus_t Set(const void* value, size_t size, V* to) {
  REQUIRE(value != nullptr && size == sizeof(V));
  std::memcpy(to, value, sizeof(V));
  return CUBLAS_STATUS_SUCCESS;
}

struct Extents {
  int64_t rows, columns;
};
Extents After(int32_t operation, const cublasLtMatrixLayoutOpaque_t& m) {
  return operation == CUBLAS_OP_N ? Extents{m.rows, m.columns} : Extents{m.columns, m.rows};
}

bool IsAligned(const void* data, size_t bytes) {
  return reinterpret_cast<uintptr_t>(data) % bytes == 0;
}

// Whether the library computes with these types.
bool TypesAgree(const cublasLtMatmulDescOpaque_t& o, cudaDataType_t type) {
  switch (type) {
    case CUDA_R_16F:
    case CUDA_R_16BF: return o.compute == CUBLAS_COMPUTE_32F && o.scale == CUDA_R_32F;
    case CUDA_R_32F:
    case CUDA_C_32F:
      return (o.compute == CUBLAS_COMPUTE_32F || o.compute == CUBLAS_COMPUTE_32F_FAST_16F ||
              o.compute == CUBLAS_COMPUTE_32F_FAST_16BF ||
              o.compute == CUBLAS_COMPUTE_32F_FAST_TF32) &&
             o.scale == type;
    default: return o.compute == CUBLAS_COMPUTE_64F && o.scale == type;
  }
}

cublasStatus_t Check(const cublasLtMatmulDescOpaque_t& o, const cublasLtMatrixLayoutOpaque_t& a,
                     const cublasLtMatrixLayoutOpaque_t& b, const cublasLtMatrixLayoutOpaque_t& c,
                     const cublasLtMatrixLayoutOpaque_t& d) {
  const Extents x = After(o.trans_a, a), y = After(o.trans_b, b);
  REQUIRE(x.rows == d.rows && y.columns == d.columns && x.columns == y.rows);
  REQUIRE(c.rows == d.rows && c.columns == d.columns && c.ld == d.ld && c.stride == d.stride);
  for (const auto* m : {&a, &b, &c, &d}) {
    REQUIRE(m->rows > 0 && m->columns > 0 && m->ld >= m->rows && m->batch == d.batch);
    REQUIRE(m->type == d.type);
  }
  REQUIRE(d.batch == 1 || d.stride >= d.ld * d.columns);
  return TypesAgree(o, d.type) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED;
}

template <typename T>
struct Sums {
  using Type = T;
  static T Conj(T v) { return v; }
};
template <>
struct Sums<weir::Half> : Sums<float> {};
template <>
struct Sums<weir::BFloat16> : Sums<float> {};
template <typename T>
struct Sums<std::complex<T>> {
  using Type = std::complex<T>;
  static Type Conj(Type v) { return std::conj(v); }
};

// A call of cublasLtMatmul, as its work on the stream sees it.
struct Product {
  cublasLtMatmulDescOpaque_t operation;
  cublasLtMatrixLayoutOpaque_t a, b, d;
  const void *a_data, *b_data;
  void* d_data;

  template <typename T>
  void Run() const {
    for (int64_t i = 0; i < d.batch; ++i) {
      const T* const x = static_cast<const T*>(a_data) + i * a.stride;
      const T* const y = static_cast<const T*>(b_data) + i * b.stride;
      T* const z = static_cast<T*>(d_data) + i * d.stride;
      RunOne(x, y, z);
    }
  }

  template <typename T>
  void RunOne(const T* x, const T* y, T* z) const {
    using S = typename Sums<T>::Type;
    const int64_t k = After(operation.trans_a, a).columns;
    const auto element = [](const T* data, const auto& m, int32_t trans, int64_t r, int64_t c) {
      const S v = static_cast<S>(trans == CUBLAS_OP_N ? data[c * m.ld + r] : data[r * m.ld + c]);
      return trans == CUBLAS_OP_C ? Sums<T>::Conj(v) : v;
    };
    for (int64_t c = 0; c < d.columns; ++c) {
      for (int64_t r = 0; r < d.rows; ++r) {
        S sum = 0;
        for (int64_t i = 0; i < k; ++i) {
          sum += element(x, a, operation.trans_a, r, i) * element(y, b, operation.trans_b, i, c);
        }
        z[c * d.ld + r] = T(Finish<T>(sum, r));
      }
    }
  }

  template <typename T, typename S>
  S Finish(S sum, int64_t row) const {
    if (operation.epilogue == CUBLASLT_EPILOGUE_DEFAULT) return sum;
    sum += static_cast<S>(static_cast<const T*>(operation.bias)[row]);
    if constexpr (std::is_floating_point_v<S>) {
      if (operation.epilogue == CUBLASLT_EPILOGUE_RELU_BIAS && sum < 0) return 0;
    }
    return sum;
  }

  void Run() const {
    switch (d.type) {
      case CUDA_R_16F: return Run<weir::Half>();
      case CUDA_R_16BF: return Run<weir::BFloat16>();
      case CUDA_R_32F: return Run<float>();
      case CUDA_R_64F: return Run<double>();
      case CUDA_C_32F: return Run<std::complex<float>>();
      case CUDA_C_64F: return Run<std::complex<double>>();
    }
  }
};

template <typename T>
bool Is(const void* value, T wanted) {
  return *static_cast<const T*>(value) == wanted;
}
// Whether the scale is this number; alpha and beta are read when the call is made.
bool IsScale(cudaDataType_t type, const void* value, int wanted) {
  switch (type) {
    case CUDA_C_32F: return Is(value, std::complex<float>(static_cast<float>(wanted)));
    case CUDA_C_64F: return Is(value, std::complex<double>(wanted));
    case CUDA_R_64F: return Is(value, static_cast<double>(wanted));
    default: return Is(value, static_cast<float>(wanted));
  }
}

}  // namespace

const char* cublasLtGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED: return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_ARCH_MISMATCH: return "CUBLAS_STATUS_ARCH_MISMATCH";
    case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INTERNAL_ERROR: return "CUBLAS_STATUS_INTERNAL_ERROR";
    case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
  }
  return "unknown status";
}
const char* cublasLtGetStatusString(cublasStatus_t /*status*/) { return "emulated"; }

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  ENTER("cublasLtCreate");
  *handle = reinterpret_cast<cublasLtHandle_t>(new int(0));
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<int*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutInit_internal(cublasLtMatrixLayout_t layout, size_t size,
                                                 cudaDataType type, uint64_t rows, uint64_t columns,
                                                 int64_t ld) {
  ENTER("cublasLtMatrixLayoutInit_internal");
  REQUIRE(size == sizeof(*layout));
  *layout = {type, static_cast<int64_t>(rows), static_cast<int64_t>(columns), ld, 1, 0};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute,
                                                const void* value, size_t size) {
  ENTER("cublasLtMatrixLayoutSetAttribute");
  switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: return Set(value, size, &layout->batch);
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: return Set(value, size, &layout->stride);
  }
  return CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulDescInit_internal(cublasLtMatmulDesc_t operation, size_t size,
                                               cublasComputeType_t compute, cudaDataType_t scale) {
  ENTER("cublasLtMatmulDescInit_internal");
  REQUIRE(size == sizeof(*operation));
  *operation = {compute, scale, CUBLAS_OP_N, CUBLAS_OP_N, CUBLASLT_EPILOGUE_DEFAULT, nullptr};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, size_t size) {
  ENTER("cublasLtMatmulDescSetAttribute");
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return Set(value, size, &operation->trans_a);
    case CUBLASLT_MATMUL_DESC_TRANSB: return Set(value, size, &operation->trans_b);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return Set(value, size, &operation->epilogue);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return Set(value, size, &operation->bias);
  }
  return CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulPreferenceInit_internal(cublasLtMatmulPreference_t preference,
                                                     size_t size) {
  ENTER("cublasLtMatmulPreferenceInit_internal");
  REQUIRE(size == sizeof(*preference));
  *preference = {0, 7, {256, 256, 256, 256}};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, size_t size) {
  ENTER("cublasLtMatmulPreferenceSetAttribute");
  if (attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES) {
    return Set(value, size, &preference->workspace);
  }
  if (attribute == CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK) {
    return Set(value, size, &preference->reductions);
  }
  return Set(value, size,
             &preference->alignments[attribute - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES]);
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle,
                                              cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t results[],
                                              int* returned) {
  ENTER("cublasLtMatmulAlgoGetHeuristic");
  *returned = 0;
  REQUIRE(handle != nullptr && requested > 0);
  REQUIRE(operation->epilogue == CUBLASLT_EPILOGUE_DEFAULT || operation->bias != nullptr);
  if (const cublasStatus_t status = Check(*operation, *a, *b, *c, *d);
      status != CUBLAS_STATUS_SUCCESS) {
    return status;
  }
  // The alignments are part of what an algorithm asks of the pointers.
  for (uint64_t id = 0; id < kAlgorithms && *returned < requested; ++id) {
    const size_t workspace = id == 1 ? kWorkspace : 0;
    if (workspace > preference->workspace) continue;
    const uint64_t alignment =
        *std::min_element(preference->alignments, preference->alignments + 4);
    results[(*returned)++] = {{{kMark, id, alignment}}, workspace, CUBLAS_STATUS_SUCCESS, 1, {}};
  }
  Record("cublasLt candidates", *returned);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                              const void* alpha, const void* a_data, cublasLtMatrixLayout_t a,
                              const void* b_data, cublasLtMatrixLayout_t b, const void* beta,
                              const void* c_data, cublasLtMatrixLayout_t c, void* d_data,
                              cublasLtMatrixLayout_t d, const cublasLtMatmulAlgo_t* algorithm,
                              void* workspace, size_t workspace_bytes, cudaStream_t stream) {
  ENTER("cublasLtMatmul");
  REQUIRE(handle != nullptr && algorithm->data[0] == kMark && c_data == d_data);
  if (const cublasStatus_t status = Check(*operation, *a, *b, *c, *d);
      status != CUBLAS_STATUS_SUCCESS) {
    return status;
  }
  const uint64_t id = algorithm->data[1], alignment = algorithm->data[2];
  for (const void* data : {a_data, b_data, static_cast<const void*>(d_data)}) {
    REQUIRE(data != nullptr && IsAligned(data, alignment));
  }
  if (id == 1) REQUIRE(workspace_bytes >= kWorkspace && IsAligned(workspace, 256));
  REQUIRE(operation->epilogue == CUBLASLT_EPILOGUE_DEFAULT || operation->bias != nullptr);
  REQUIRE(IsScale(operation->scale, alpha, 1) && IsScale(operation->scale, beta, 0));
  Record("cublasLt compute", operation->compute);
  Record("cublasLt scale", operation->scale);
  Record("cublasLt epilogue", operation->epilogue);
  Record("cublasLt algorithm", static_cast<int64_t>(id));
  const Product product{*operation, *a, *b, *d, a_data, b_data, d_data};
  cudaLaunchConfig_t config{};
  config.stream = stream;
  const cudaError_t launched =
      cuda_emulation::Launch(config, [product, id, workspace, workspace_bytes] {
        if (id == 1) std::memset(workspace, 0xff, workspace_bytes);
        product.Run();
        cuda_emulation::PassTime(id == 1 ? 1 : 2);
      });
  return launched == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

const cuda_emulation::Symbols& cuda_emulation::CublasLtSymbols() {
#define SYMBOL(name) {#name, reinterpret_cast<void*>(&name)}
  static const Symbols* const symbols = new Symbols{
      SYMBOL(cublasLtCreate),
      SYMBOL(cublasLtDestroy),
      SYMBOL(cublasLtGetStatusName),
      SYMBOL(cublasLtGetStatusString),
      SYMBOL(cublasLtMatmul),
      SYMBOL(cublasLtMatmulAlgoGetHeuristic),
      SYMBOL(cublasLtMatmulDescInit_internal),
      SYMBOL(cublasLtMatmulDescSetAttribute),
      SYMBOL(cublasLtMatmulPreferenceInit_internal),
      SYMBOL(cublasLtMatmulPreferenceSetAttribute),
      SYMBOL(cublasLtMatrixLayoutInit_internal),
      SYMBOL(cublasLtMatrixLayoutSetAttribute),
  };
#undef SYMBOL
  return *symbols;
}
