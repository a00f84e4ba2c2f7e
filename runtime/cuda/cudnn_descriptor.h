#ifndef WEIR_RUNTIME_CUDA_CUDNN_DESCRIPTOR_H_
#define WEIR_RUNTIME_CUDA_CUDNN_DESCRIPTOR_H_

#include <cudnn.h>

#include <array>
#include <vector>

#include "absl/types/span.h"
#include "weir/core/status.h"

namespace weir {

class SharedLibrary;

// The functions of cuDNN that Weir calls.
struct CudnnFunctions {
  absl::Status Find(const SharedLibrary& library);
  absl::Status StatusOf(cudnnStatus_t status, absl::string_view call) const;

  decltype(&cudnnCreate) Create;
  decltype(&cudnnDestroy) Destroy;
  decltype(&cudnnGetErrorString) GetErrorString;
  decltype(&cudnnSetStream) SetStream;
  decltype(&cudnnBackendCreateDescriptor) CreateDescriptor;
  decltype(&cudnnBackendDestroyDescriptor) DestroyDescriptor;
  decltype(&cudnnBackendExecute) Execute;
  decltype(&cudnnBackendFinalize) Finalize;
  decltype(&cudnnBackendGetAttribute) GetAttribute;
  decltype(&cudnnBackendSetAttribute) SetAttribute;
};

// What the library calls the types of attributes.
constexpr auto CudnnTypeOf(const int64_t*) { return CUDNN_TYPE_INT64; }
constexpr auto CudnnTypeOf(const float*) { return CUDNN_TYPE_FLOAT; }
constexpr auto CudnnTypeOf(const double*) { return CUDNN_TYPE_DOUBLE; }
constexpr auto CudnnTypeOf(void* const*) { return CUDNN_TYPE_VOID_PTR; }
constexpr auto CudnnTypeOf(const cudnnHandle_t*) { return CUDNN_TYPE_HANDLE; }
constexpr auto CudnnTypeOf(const cudnnDataType_t*) { return CUDNN_TYPE_DATA_TYPE; }
constexpr auto CudnnTypeOf(const cudnnConvolutionMode_t*) { return CUDNN_TYPE_CONVOLUTION_MODE; }
constexpr auto CudnnTypeOf(const cudnnBackendHeurMode_t*) { return CUDNN_TYPE_HEUR_MODE; }
constexpr auto CudnnTypeOf(const cudnnBackendNumericalNote_t*) { return CUDNN_TYPE_NUMERICAL_NOTE; }
constexpr auto CudnnTypeOf(const cudnnPointwiseMode_t*) { return CUDNN_TYPE_POINTWISE_MODE; }
constexpr auto CudnnTypeOf(const bool*) { return CUDNN_TYPE_BOOLEAN; }

// A part of a graph, or what the library makes of one: attributes are set, and then it is final.
class CudnnDescriptor {
 public:
  // An error, as those of Set, shows in Finalize. REQUIRES: `dnn` outlives it.
  CudnnDescriptor(const CudnnFunctions& dnn, cudnnBackendDescriptorType_t type);
  ~CudnnDescriptor();
  CudnnDescriptor(CudnnDescriptor&& other) noexcept;
  CudnnDescriptor& operator=(CudnnDescriptor&&) = delete;

  template <typename T>
  CudnnDescriptor& Set(cudnnBackendAttributeName_t name, absl::Span<const T> values) {
    return SetRaw(name, CudnnTypeOf(values.data()), values.size(), values.data());
  }
  template <typename T, size_t n>
  CudnnDescriptor& Set(cudnnBackendAttributeName_t name, const std::array<T, n>& values) {
    return Set(name, absl::Span<const T>(values));
  }
  template <typename T>
  CudnnDescriptor& Set(cudnnBackendAttributeName_t name, const T& value) {
    return Set(name, absl::Span<const T>(&value, 1));
  }
  CudnnDescriptor& Set(cudnnBackendAttributeName_t name, const CudnnDescriptor& part) {
    return SetRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part.descriptor_);
  }

  CudnnDescriptor& Set(cudnnBackendAttributeName_t name, const std::vector<CudnnDescriptor>& parts);

  absl::Status Finalize();

  // Up to `most` values. REQUIRES: it is final, here and below.
  template <typename T>
  absl::StatusOr<std::vector<T>> Get(cudnnBackendAttributeName_t name, size_t most) const {
    std::vector<T> values(most);
    ASSIGN_OR_RETURN(const size_t count,
                     GetRaw(name, CudnnTypeOf(values.data()), most, &values[0]));
    values.resize(count);
    return values;
  }
  // Up to `most` descriptors of the type, which are final.
  absl::StatusOr<std::vector<CudnnDescriptor>> Get(cudnnBackendAttributeName_t name,
                                                   cudnnBackendDescriptorType_t type,
                                                   size_t most) const;

  cudnnBackendDescriptor_t get() const { return descriptor_; }

 private:
  CudnnDescriptor& SetRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                          size_t count, const void* values);
  absl::StatusOr<size_t> GetRaw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                size_t most, void* values) const;

  const CudnnFunctions& dnn_;
  cudnnBackendDescriptor_t descriptor_ = nullptr;
  absl::Status status_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDNN_DESCRIPTOR_H_
