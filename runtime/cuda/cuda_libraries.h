#ifndef WEIR_RUNTIME_CUDA_CUDA_LIBRARIES_H_
#define WEIR_RUNTIME_CUDA_CUDA_LIBRARIES_H_

#include <memory>

#include "weir/core/mutex.h"
#include "weir/core/status.h"
#include "weir/runtime/cuda/cublas_lt.h"
#include "weir/runtime/cuda/cudnn.h"

namespace weir {

// NVIDIA's libraries as one GPU uses them. Each is opened when a kernel first asks for it; what
// came of that, a handle or the reason why there is none, holds from then on. Reasons are
// Unimplemented, so that a kernel may pass them on and the next one be asked; an error of the
// device is none.
//
// Thread rule: all calls are safe from any thread.
class CudaLibraries {
 public:
  // REQUIRES: `device` outlives it.
  explicit CudaLibraries(CudaDevice& device) : device_(device) {}

  absl::StatusOr<CublasLt*> cublas_lt() { return cublas_lt_.Get(device_); }
  absl::StatusOr<Cudnn*> cudnn() { return cudnn_.Get(device_); }

 private:
  template <typename Library>
  class OnDemand {
   public:
    absl::StatusOr<Library*> Get(CudaDevice& device) {
      MutexLock lock(mu_);
      if (library_ != nullptr) return library_.get();
      RETURN_IF_ERROR(refusal_);
      absl::StatusOr<std::unique_ptr<Library>> opened = Library::Open(device);
      if (absl::IsUnimplemented(opened.status())) refusal_ = opened.status();
      RETURN_IF_ERROR(opened.status());
      library_ = *std::move(opened);
      return library_.get();
    }

   private:
    Mutex mu_;
    std::unique_ptr<Library> library_ ABSL_GUARDED_BY(mu_);
    absl::Status refusal_ ABSL_GUARDED_BY(mu_);
  };

  CudaDevice& device_;
  OnDemand<CublasLt> cublas_lt_;
  OnDemand<Cudnn> cudnn_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDA_LIBRARIES_H_
