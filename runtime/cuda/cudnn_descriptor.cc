#include "weir/runtime/cuda/cudnn_descriptor.h"

#include <algorithm>
#include <utility>

#include "weir/runtime/cuda/shared_library.h"

namespace weir {

absl::Status CudnnFunctions::Find(const SharedLibrary& library) {
  RETURN_IF_ERROR(library.Find("cudnnCreate", &Create));
  RETURN_IF_ERROR(library.Find("cudnnDestroy", &Destroy));
  RETURN_IF_ERROR(library.Find("cudnnGetErrorString", &GetErrorString));
  RETURN_IF_ERROR(library.Find("cudnnSetStream", &SetStream));
  RETURN_IF_ERROR(library.Find("cudnnBackendCreateDescriptor", &CreateDescriptor));
  RETURN_IF_ERROR(library.Find("cudnnBackendDestroyDescriptor", &DestroyDescriptor));
  RETURN_IF_ERROR(library.Find("cudnnBackendExecute", &Execute));
  RETURN_IF_ERROR(library.Find("cudnnBackendFinalize", &Finalize));
  RETURN_IF_ERROR(library.Find("cudnnBackendGetAttribute", &GetAttribute));
  return library.Find("cudnnBackendSetAttribute", &SetAttribute);
}

absl::Status CudnnFunctions::StatusOf(cudnnStatus_t status, absl::string_view call) const {
  if (status == CUDNN_STATUS_SUCCESS) return absl::OkStatus();
  return Internal(call, ": ", GetErrorString(status));
}

CudnnDescriptor::CudnnDescriptor(const CudnnFunctions& dnn, cudnnBackendDescriptorType_t type)
    : dnn_(dnn),
      status_(
          dnn.StatusOf(dnn.CreateDescriptor(type, &descriptor_), "cudnnBackendCreateDescriptor")) {}

CudnnDescriptor::CudnnDescriptor(CudnnDescriptor&& other) noexcept
    : dnn_(other.dnn_),
      descriptor_(std::exchange(other.descriptor_, nullptr)),
      status_(std::move(other.status_)) {}

CudnnDescriptor::~CudnnDescriptor() {
  if (descriptor_ != nullptr) (void)dnn_.DestroyDescriptor(descriptor_);
}

CudnnDescriptor& CudnnDescriptor::SetRaw(cudnnBackendAttributeName_t name,
                                         cudnnBackendAttributeType_t type, size_t count,
                                         const void* values) {
  if (!status_.ok()) return *this;
  status_ =
      dnn_.StatusOf(dnn_.SetAttribute(descriptor_, name, type, static_cast<int64_t>(count), values),
                    "cudnnBackendSetAttribute");
  return *this;
}

CudnnDescriptor& CudnnDescriptor::Set(cudnnBackendAttributeName_t name,
                                      const std::vector<CudnnDescriptor>& parts) {
  std::vector<cudnnBackendDescriptor_t> pointers;
  for (const CudnnDescriptor& part : parts) pointers.push_back(part.descriptor_);
  return SetRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, pointers.size(), pointers.data());
}

absl::Status CudnnDescriptor::Finalize() {
  if (status_.ok()) status_ = dnn_.StatusOf(dnn_.Finalize(descriptor_), "cudnnBackendFinalize");
  return status_;
}

absl::StatusOr<size_t> CudnnDescriptor::GetRaw(cudnnBackendAttributeName_t name,
                                               cudnnBackendAttributeType_t type, size_t most,
                                               void* values) const {
  int64_t count = 0;
  RETURN_IF_ERROR(dnn_.StatusOf(
      dnn_.GetAttribute(descriptor_, name, type, static_cast<int64_t>(most), &count, values),
      "cudnnBackendGetAttribute"));
  return std::min(static_cast<size_t>(count), most);
}

absl::StatusOr<std::vector<CudnnDescriptor>> CudnnDescriptor::Get(cudnnBackendAttributeName_t name,
                                                                  cudnnBackendDescriptorType_t type,
                                                                  size_t most) const {
  std::vector<CudnnDescriptor> descriptors;
  std::vector<cudnnBackendDescriptor_t> pointers;
  for (size_t i = 0; i < most; ++i) {
    descriptors.emplace_back(dnn_, type);
    RETURN_IF_ERROR(descriptors.back().status_);
    pointers.push_back(descriptors.back().descriptor_);
  }
  ASSIGN_OR_RETURN(const size_t count,
                   GetRaw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, pointers.data()));
  while (descriptors.size() > count) descriptors.pop_back();
  return descriptors;
}

}  // namespace weir
