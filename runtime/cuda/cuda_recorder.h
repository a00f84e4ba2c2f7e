#ifndef WEIR_RUNTIME_CUDA_CUDA_RECORDER_H_
#define WEIR_RUNTIME_CUDA_CUDA_RECORDER_H_

#include <cuda_runtime.h>

#include "weir/runtime/device.h"

namespace weir {

class CudaDevice;

// Records CUDA graphs: a stream that is captured takes the compute stream's place for the thread
// that records, while it does.
class CudaRecorder final : public Recorder {
 public:
  static absl::StatusOr<std::unique_ptr<Recorder>> Start(CudaDevice& device);
  ~CudaRecorder() override;

  absl::Status Record(absl::FunctionRef<absl::Status()> enqueue) override;
  absl::StatusOr<std::unique_ptr<Recording>> Finish() override;

  // The stream on which the calling thread records for the device; nullptr when it does not.
  static cudaStream_t StreamOf(const CudaDevice& device);

 private:
  explicit CudaRecorder(CudaDevice& device) : device_(device) {}

  CudaDevice& device_;
  cudaStream_t stream_ = nullptr;
  bool is_capturing_ = false;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_CUDA_RECORDER_H_
